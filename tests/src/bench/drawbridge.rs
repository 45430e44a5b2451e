//! The gateway's release binary, told over REST what to mirror.

use std::{
    path::Path,
    process::Command,
    time::{Duration, Instant},
};

use anyhow::{Context, Result, bail, ensure};
use serde_json::{Value, json};
use tokio::{
    io::{AsyncReadExt as _, AsyncWriteExt as _},
    net::TcpStream,
    time::sleep,
};

use super::child::Child;
use crate::bed::Cluster;

/// How long it may take to start, and to take an order.
const PATIENCE: Duration = Duration::from_secs(60);
const BEAT: Duration = Duration::from_millis(50);

/// A gateway with a link.
#[derive(Debug)]
pub(super) struct Gateway {
    pub(super) process: Child,
    address: String,
    link: String,
}

impl Gateway {
    /// Starts one that knows the destination, and makes a link that pulls from the source.
    pub(super) async fn start(
        program: &Path,
        (source, destination): (&Cluster, &Cluster),
        dir: &Path,
        turn: u32,
    ) -> Result<Self> {
        let properties = dir.join("destination.properties");
        std::fs::write(&properties, destination.properties("admin"))?;
        let mut command = Command::new(program);
        command
            .args(["serve", "--listen", "127.0.0.1:0", "--log", "warn", "--clusters-dir"])
            .arg(dir.join(format!("clusters-{turn}")))
            .arg("--cluster")
            .arg(format!("destination={}", properties.display()));
        let process = Child::start(command, &dir.join(format!("drawbridge-{turn}.log")))?;
        let links = format!("/kafka/v3/clusters/{}/links", destination.id());
        let mut gateway =
            Self { process, address: String::new(), link: format!("{links}/bench-{turn}") };
        gateway.listening().await?;
        let body = json!({
            "source_cluster_id": source.id(),
            "configs": [{"name": "bootstrap.servers", "value": source.back_door()}],
        });
        gateway.surely("POST", &format!("{links}?link_name=bench-{turn}"), &body).await?;
        Ok(gateway)
    }

    async fn listening(&mut self) -> Result<()> {
        let deadline = Instant::now() + PATIENCE;
        loop {
            let said = self.process.said();
            if let Some((_, rest)) = said.split_once("console at http://") {
                rest.lines().next().unwrap_or_default().trim().clone_into(&mut self.address);
                return Ok(());
            }
            self.process.must_run()?;
            ensure!(Instant::now() < deadline, "the gateway does not start:\n{said}");
            sleep(BEAT).await;
        }
    }

    /// Mirrors a topic.
    pub(super) async fn mirror(&self, topic: &str) -> Result<()> {
        let body = json!({"source_topic_name": topic});
        self.surely("POST", &format!("{}/mirrors", self.link), &body).await
    }

    /// Host and port of its console.
    pub(super) fn address(&self) -> &str {
        &self.address
    }

    /// The link's name.
    pub(super) fn link_name(&self) -> &str {
        self.link.rsplit('/').next().unwrap_or_default()
    }

    /// Records that all mirrors of the link are behind; fails while that is not known of one.
    pub(super) async fn lag(&self) -> Result<i64> {
        let (status, answer) =
            self.ask("GET", &format!("{}/mirrors", self.link), &Value::Null).await?;
        ensure!(status == 200, "{status}: {answer}");
        let answer: Value = serde_json::from_str(&answer)?;
        let mirrors = answer["data"].as_array().context("mirrors")?;
        let rows = mirrors.iter().filter_map(|mirror| mirror["mirror_lags"].as_array()).flatten();
        rows.map(|row| row["lag"].as_i64().filter(|lag| *lag >= 0).context("a lag")).sum()
    }

    /// Deletes the link and ends the gateway.
    pub(super) async fn stop(self) -> Result<()> {
        self.surely("DELETE", &format!("{}?force=true", self.link), &Value::Null).await?;
        self.process.stop().await
    }

    /// Asks until the answer is a success: right after its start the gateway does not know its cluster yet.
    async fn surely(&self, method: &str, path: &str, body: &Value) -> Result<()> {
        let deadline = Instant::now() + PATIENCE;
        loop {
            let (status, answer) = self.ask(method, path, body).await?;
            if status < 300 {
                return Ok(());
            }
            if Instant::now() > deadline {
                bail!("{method} {path}: {status}: {answer}");
            }
            sleep(BEAT).await;
        }
    }

    async fn ask(&self, method: &str, path: &str, body: &Value) -> Result<(u16, String)> {
        let body = if body.is_null() { String::new() } else { body.to_string() };
        let mut stream = TcpStream::connect(&self.address).await?;
        let request = format!(
            "{method} {path} HTTP/1.1\r\nHost: {}\r\nConnection: close\r\n\
             Content-Type: application/json\r\nContent-Length: {}\r\n\r\n{body}",
            self.address,
            body.len()
        );
        stream.write_all(request.as_bytes()).await?;
        let mut answer = String::new();
        stream.read_to_string(&mut answer).await?;
        let (head, body) = answer.split_once("\r\n\r\n").context("a head")?;
        let status = head.split(' ').nth(1).context("a status")?.parse()?;
        Ok((status, body.to_owned()))
    }
}
