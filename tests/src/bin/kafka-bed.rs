//! `kafka-bed up|down|status|stop NAME|start NAME|fetch`: two real Kafka clusters for hand work.
//!
//! `up` starts a keeper in the background, which holds both clusters until `down` ends it. They are
//! called `onprem` (`SASL_PLAINTEXT` with SCRAM, an authorizer) and `cloud` (`SASL_SSL` with PLAIN),
//! each with one broker and a plaintext listener besides, and log in as `admin` or `alice`.
//! `fetch` only fetches the jars that tests need.
//! `stop` and `start` end and restart the broker of one of them, as an outage would; it keeps its data.
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
use drawbridge_tests::bed::{Cluster, Door, Jars, Kafka, Version, cache_root};
use rustix::process::{Pid, Signal, kill_process, test_kill_process};
use tokio::{
    io::{AsyncBufReadExt as _, AsyncReadExt as _, AsyncWriteExt as _, BufReader},
    net::{UnixListener, UnixStream},
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
        ["fetch"] => {
            Version::ALL.into_iter().try_for_each(|version| Jars::fetch(version).map(drop))
        }
        [order @ ("stop" | "start"), name] => ask_keeper(&place, order, name).await,
        _ => bail!("usage: kafka-bed up|down|status|stop NAME|start NAME|fetch"),
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

    /// The socket where the keeper takes orders.
    fn control(&self) -> PathBuf {
        self.dir.join("control")
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
    // Left behind by a keeper that was killed.
    fs::remove_file(place.control()).ok();
    let orders = UnixListener::bind(place.control()).context("listening for orders")?;
    fs::rename(draft, place.ready())?;
    let clusters = [("onprem", &onprem), ("cloud", &cloud)];
    loop {
        tokio::select! {
            asked = orders.accept() => answer(asked?.0, &clusters).await,
            _ = terminated.recv() => break,
        }
    }
    fs::remove_file(place.control())?;
    fs::remove_file(place.ready())?;
    Ok(())
}

/// Gives the keeper an order and waits until it is carried out.
async fn ask_keeper(place: &Place, order: &str, name: &str) -> Result<()> {
    let mut socket = UnixStream::connect(place.control())
        .await
        .context("no clusters are running; start them with: ./dev kafka up")?;
    socket.write_all(format!("{order} {name}\n").as_bytes()).await?;
    let mut said = String::new();
    socket.read_to_string(&mut said).await?;
    match said.trim_end().strip_prefix("done: ") {
        Some(done) => println!("{done}"),
        None => bail!("{}", said.trim_end()),
    }
    Ok(())
}

/// Carries one order out; what came of it goes back as a line.
async fn answer(socket: UnixStream, clusters: &[(&str, &Cluster)]) {
    let mut socket = BufReader::new(socket);
    let mut order = String::new();
    let said = match socket.read_line(&mut order).await {
        Ok(_) => carry_out(order.trim_end(), clusters).await,
        Err(error) => Err(error.into()),
    };
    let line = match said {
        Ok(done) => format!("done: {done}\n"),
        Err(error) => format!("{error:#}\n"),
    };
    // Who asked may be gone by now.
    socket.write_all(line.as_bytes()).await.ok();
}

async fn carry_out(order: &str, clusters: &[(&str, &Cluster)]) -> Result<String> {
    let (order, name) = order.split_once(' ').context("an order is a word and a name")?;
    let found = clusters.iter().find(|(own, _)| *own == name);
    let (_, cluster) = found.with_context(|| format!("no cluster is called '{name}'"))?;
    match order {
        "stop" => cluster.broker(1).kill().await?,
        "start" => cluster.settled().await?,
        _ => bail!("no order is called '{order}'"),
    }
    Ok(format!("{name}: {order}"))
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
