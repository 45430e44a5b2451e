//! `kafka-bed up|down|status`: two real Kafka clusters for hand work.
//!
//! `up` starts a keeper in the background, which holds both clusters until `down` ends it. They are
//! called `onprem` (`SASL_PLAINTEXT` with SCRAM, an authorizer) and `cloud` (`SASL_SSL` with PLAIN),
//! each with one broker and a plaintext listener besides, and log in as `admin` or `alice`.
#![allow(clippy::print_stdout, reason = "a command that prints its result")]

use std::{
    env, fs,
    fs::File,
    os::unix::process::CommandExt as _,
    path::{Path, PathBuf},
    process::{Child, Command, Stdio},
    time::Duration,
};

use anyhow::{Context, Result, bail};
use drawbridge_tests::bed::{Cluster, Door, Kafka, Version, cache_root};
use rustix::process::{Pid, Signal, kill_process, test_kill_process};
use tokio::{
    signal::unix::{SignalKind, signal},
    time::sleep,
};

const BEAT: Duration = Duration::from_millis(100);

#[tokio::main(flavor = "current_thread")]
async fn main() -> Result<()> {
    let place = Place::new();
    let words: Vec<String> = env::args().skip(1).collect();
    let words: Vec<&str> = words.iter().map(String::as_str).collect();
    match words.as_slice() {
        ["up"] => up(&place).await,
        ["down"] => down(&place).await,
        ["status"] => status(&place),
        ["keep"] => keep(&place).await,
        _ => bail!("usage: kafka-bed up|down|status"),
    }
}

/// Where the keeper leaves its traces.
struct Place {
    dir: PathBuf,
}

impl Place {
    fn new() -> Self {
        Self { dir: cache_root().join("kafka-bed") }
    }

    /// Written by the keeper when both clusters answer: what `status` prints.
    fn ready(&self) -> PathBuf {
        self.dir.join("ready")
    }

    fn log(&self) -> PathBuf {
        self.dir.join("keeper.log")
    }

    /// The keeper that is alive, if any.
    fn keeper(&self) -> Option<Pid> {
        let text = fs::read_to_string(self.dir.join("pid")).ok()?;
        let pid = Pid::from_raw(text.trim().parse().ok()?)?;
        let name = fs::read_to_string(format!("/proc/{}/cmdline", pid.as_raw_nonzero())).ok()?;
        (test_kill_process(pid).is_ok() && name.contains("keep")).then_some(pid)
    }
}

async fn up(place: &Place) -> Result<()> {
    if place.keeper().is_none() {
        fs::create_dir_all(&place.dir)?;
        fs::remove_file(place.ready()).ok();
        let log = File::create(place.log())?;
        let mut keeper = Command::new(env::current_exe()?)
            .arg("keep")
            .stdin(Stdio::null())
            .stderr(log.try_clone()?)
            .stdout(log)
            .process_group(0)
            .spawn()?;
        fs::write(place.dir.join("pid"), keeper.id().to_string())?;
        println!("Starting two Apache Kafka clusters (the first time the jars are fetched) …");
        wait_until_ready(place, Some(&mut keeper)).await?;
    } else {
        wait_until_ready(place, None).await?;
    }
    status(place)
}

async fn wait_until_ready(place: &Place, mut keeper: Option<&mut Child>) -> Result<()> {
    while !place.ready().is_file() {
        let ended = match keeper.as_mut() {
            Some(child) => child.try_wait()?.is_some(),
            None => place.keeper().is_none(),
        };
        if ended {
            bail!("the clusters did not start:\n{}", fs::read_to_string(place.log())?);
        }
        sleep(BEAT).await;
    }
    Ok(())
}

async fn down(place: &Place) -> Result<()> {
    let Some(keeper) = place.keeper() else {
        println!("No clusters are running.");
        return Ok(());
    };
    kill_process(keeper, Signal::TERM).context("ending the keeper")?;
    while place.keeper().is_some() {
        sleep(BEAT).await;
    }
    println!("Both clusters are gone.");
    Ok(())
}

fn status(place: &Place) -> Result<()> {
    if place.keeper().is_none() {
        println!("No clusters are running. Start them with: ./dev kafka up");
    } else if place.ready().is_file() {
        println!("{}", fs::read_to_string(place.ready())?.trim_end());
    } else {
        println!("Two clusters are starting.");
    }
    Ok(())
}

/// Runs the clusters until told to end.
async fn keep(place: &Place) -> Result<()> {
    let mut terminated = signal(SignalKind::terminate())?;
    let version = Version::V4;
    let onprem = Kafka::scram(version).user("cp-to-cloud-link").unlimited();
    let cloud = Kafka::sasl_ssl(version).door(Door::Mtls).authorizer().unlimited();
    let (onprem, cloud) = tokio::select! {
        clusters = async { tokio::try_join!(onprem.start(), cloud.start()) } => clusters?,
        _ = terminated.recv() => return Ok(()),
    };
    let mut text = format!("Apache Kafka {version}, until ./dev kafka down\n");
    text += &describe(&place.dir, "onprem", &onprem, &[Door::Scram, Door::Plain])?;
    text += &describe(&place.dir, "cloud", &cloud, &[Door::SaslSsl, Door::Mtls, Door::Plain])?;
    let file = |name: &str| place.dir.join(name).display().to_string();
    text += &format!(
        "\n./dev serve --cluster onprem={} --cluster cloud={}\n",
        file("onprem.properties"),
        file("cloud.properties")
    );
    let draft = place.dir.join("ready.draft");
    fs::write(&draft, text)?;
    fs::rename(draft, place.ready())?;
    terminated.recv().await;
    fs::remove_file(place.ready())?;
    Ok(())
}

/// Writes the `.properties` of every door and user, and says which they are.
fn describe(dir: &Path, name: &str, cluster: &Cluster, doors: &[Door]) -> Result<String> {
    let mut text = format!("\n{name}  cluster id {}\n", cluster.id());
    for (index, door) in doors.iter().enumerate() {
        for user in ["admin", "alice"] {
            let mut file = format!("{name}.properties");
            if index > 0 || user != "admin" {
                file = format!("{name}-{}-{user}.properties", door.listener().to_lowercase());
            }
            if *door == Door::Plain && user != "admin" {
                continue;
            }
            let path = dir.join(file);
            fs::write(&path, cluster.properties_of(*door, user))?;
            let who = door.principal(user);
            text += &format!(
                "  {:<15} {:<16} {:<16} {}\n",
                door.protocol(),
                cluster.bootstrap_of(*door),
                who,
                path.display()
            );
        }
    }
    Ok(text)
}
