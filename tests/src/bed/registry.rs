//! A real schema registry: Apicurio Registry from Maven Central, in memory, asked through its API that is compatible
//! with Confluent's.

use std::{
    fmt, fs,
    os::unix::process::CommandExt as _,
    path::PathBuf,
    process::{Child, Command, Stdio},
    time::{Duration, Instant},
};

use anyhow::{Context, Result, bail, ensure};
use serde_json::{Value, json};
use tokio::{
    io::{AsyncReadExt as _, AsyncWriteExt as _},
    net::TcpStream,
};

use super::{
    jars::{cache_root, lock},
    ports::Port,
    watchdog,
};

const VERSION: &str = "3.0.9";
const API: &str = "/apis/ccompat/v7";
const PATIENCE: Duration = Duration::from_secs(240);
const BEAT: Duration = Duration::from_millis(100);

/// A running registry; ended when it is dropped.
pub struct SchemaRegistry {
    port: Port,
    process: Option<Child>,
}

impl fmt::Debug for SchemaRegistry {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("SchemaRegistry").field("url", &self.url()).finish_non_exhaustive()
    }
}

impl SchemaRegistry {
    /// Starts one and waits until it answers.
    ///
    /// # Errors
    /// It cannot be fetched, ends by itself or does not answer in time.
    pub async fn start() -> Result<Self> {
        let home = tokio::task::spawn_blocking(fetch).await??;
        let port = Port::claim()?;
        let log = fs::File::create(
            std::env::temp_dir().join(format!("drawbridge-registry-{}.log", port.number())),
        )?;
        let mut java = Command::new("java");
        java.args(["-Xms64m", "-Xmx256m", "-XX:+UseSerialGC", "-XX:TieredStopAtLevel=1"])
            .arg("-Dquarkus.http.host=127.0.0.1")
            .arg(format!("-Dquarkus.http.port={}", port.number()))
            .arg("-jar")
            .arg(home.join(format!("apicurio-registry-app-{VERSION}-runner.jar")))
            .current_dir(&home)
            .stdin(Stdio::null())
            .stderr(log.try_clone()?)
            .stdout(log)
            .process_group(0);
        let child = java.spawn().context("starting java (version 17 or newer)")?;
        watchdog::guard_process(child.id())?;
        let mut registry = Self { port, process: Some(child) };
        registry.answering().await?;
        Ok(registry)
    }

    async fn answering(&mut self) -> Result<()> {
        let deadline = Instant::now() + PATIENCE;
        loop {
            if matches!(self.ask("GET", "/subjects", "").await, Ok((200, _))) {
                return Ok(());
            }
            if let Some(status) = self.process.as_mut().map(Child::try_wait).transpose()?.flatten()
            {
                bail!("the schema registry ended with {status}");
            }
            ensure!(Instant::now() < deadline, "the schema registry does not answer");
            tokio::time::sleep(BEAT).await;
        }
    }

    /// What `schema.registry.url` is for it.
    #[must_use]
    pub fn url(&self) -> String {
        format!("http://127.0.0.1:{}{API}", self.port.number())
    }

    /// Registers a schema; its id. `references` are name and subject, each in version 1.
    ///
    /// # Errors
    /// The registry does not take it.
    pub async fn register(
        &self,
        subject: &str,
        kind: &str,
        schema: &str,
        references: &[(&str, &str)],
    ) -> Result<u32> {
        let references: Vec<Value> = references
            .iter()
            .map(|(name, subject)| json!({ "name": name, "subject": subject, "version": 1 }))
            .collect();
        let body = json!({ "schemaType": kind, "schema": schema, "references": references });
        let path = format!("/subjects/{subject}/versions");
        let (status, answer) = self.ask("POST", &path, &body.to_string()).await?;
        ensure!(status == 200, "{subject} was not registered: {status} {answer}");
        let answer: Value = serde_json::from_str(&answer)?;
        Ok(u32::try_from(answer["id"].as_u64().context("no id")?)?)
    }

    async fn ask(&self, method: &str, path: &str, body: &str) -> Result<(u16, String)> {
        let mut stream = TcpStream::connect(("127.0.0.1", self.port.number())).await?;
        let request = format!(
            "{method} {API}{path} HTTP/1.0\r\nHost: localhost\r\nContent-Type: application/json\r\nContent-Length: {}\r\n\r\n{body}",
            body.len()
        );
        stream.write_all(request.as_bytes()).await?;
        let mut answer = String::new();
        stream.read_to_string(&mut answer).await?;
        let (head, body) = answer.split_once("\r\n\r\n").context("no answer")?;
        let status = head.split(' ').nth(1).context("no status")?.parse()?;
        Ok((status, body.to_owned()))
    }

    /// Ends it.
    ///
    /// # Errors
    /// The signal cannot be sent.
    pub fn stop(&mut self) -> Result<()> {
        let Some(mut child) = self.process.take() else { return Ok(()) };
        child.kill()?;
        child.wait()?;
        watchdog::release_process(child.id())
    }
}

impl Drop for SchemaRegistry {
    fn drop(&mut self) {
        self.stop().ok();
    }
}

/// Where it is, fetched with `mvn` when it is not in the cache yet.
fn fetch() -> Result<PathBuf> {
    let cache = cache_root().join("registry");
    let home = cache.join(VERSION);
    if home.is_dir() {
        return Ok(home);
    }
    fs::create_dir_all(&cache).with_context(|| format!("creating {}", cache.display()))?;
    let _lock = lock(&cache.join("lock"))?;
    if home.is_dir() {
        return Ok(home);
    }
    let output = Command::new("mvn")
        .args(["-q", "-B", "dependency:copy"])
        .arg(format!("-Dartifact=io.apicurio:apicurio-registry-app:{VERSION}:tar.gz:all"))
        .arg(format!("-DoutputDirectory={}", cache.display()))
        .current_dir(&cache)
        .output()
        .context("running mvn (Debian package: maven)")?;
    ensure!(
        output.status.success(),
        "mvn could not fetch Apicurio Registry {VERSION}:\n{}",
        String::from_utf8_lossy(&output.stdout)
    );
    let archive = cache.join(format!("apicurio-registry-app-{VERSION}-all.tar.gz"));
    let incoming = cache.join("incoming");
    fs::create_dir_all(&incoming)?;
    let unpacked =
        Command::new("tar").arg("xzf").arg(&archive).arg("-C").arg(&incoming).status()?;
    ensure!(unpacked.success(), "{} cannot be unpacked", archive.display());
    fs::remove_file(&archive)?;
    fs::rename(&incoming, &home)?;
    Ok(home)
}
