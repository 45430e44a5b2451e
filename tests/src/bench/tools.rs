//! Kafka's own performance tools: who fills the topics, and what brokers can do with nothing in between.

use anyhow::{Context, Result, ensure};
use tokio::process::Command;

use super::cells::Cell;
use crate::bed::Jars;

/// A tool's rate.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Rate {
    /// Records per second.
    pub records: f64,
    /// Megabytes of values per second.
    pub megabytes: f64,
}

impl Rate {
    fn of(cell: &Cell, records: f64) -> Self {
        Self { records, megabytes: records * f64::from(cell.size) / 1e6 }
    }
}

/// How the producer makes its batches.
#[derive(Debug, Clone, Copy)]
pub struct Batching {
    /// `batch.size`.
    pub bytes: u32,
    /// `linger.ms`.
    pub linger_ms: u32,
}

/// `kafka-producer-perf-test`: so many records, as fast as it can or at so many per second.
///
/// # Errors
/// The tool failed; the message carries what it said.
pub async fn produce(
    jars: &Jars,
    bootstrap: &str,
    (topic, cell, records): (&str, &Cell, u64),
    batching: Batching,
    per_second: Option<u32>,
) -> Result<Rate> {
    let pace = per_second.map_or_else(|| "-1".to_owned(), |rate| rate.to_string());
    let mut java = Command::from(jars.fast().java());
    java.arg("org.apache.kafka.tools.ProducerPerformance")
        .args(["--bootstrap-server", bootstrap, "--topic", topic, "--throughput", &pace])
        .args(["--num-records", &records.to_string(), "--record-size", &cell.size.to_string()])
        .arg("--command-property")
        .arg(format!("compression.type={}", cell.codec))
        .arg(format!("batch.size={}", batching.bytes))
        .arg(format!("linger.ms={}", batching.linger_ms))
        .arg("acks=all");
    let said = run(java).await?;
    let last = said.lines().rev().find(|line| line.contains("records/sec")).context("a rate")?;
    let rate = last.split(" records/sec").next().and_then(|line| line.rsplit(' ').next());
    // It writes numbers as the language of the machine wants them.
    let rate = rate.context("a rate")?.replace(',', ".").parse();
    Ok(Rate::of(cell, rate.with_context(|| last.to_owned())?))
}

/// `kafka-consumer-perf-test` over a whole topic, without the time its group takes to form.
///
/// # Errors
/// The tool failed; the message carries what it said.
pub async fn consume(
    jars: &Jars,
    bootstrap: &str,
    (topic, cell, records): (&str, &Cell, u64),
) -> Result<Rate> {
    let mut java = Command::from(jars.fast().java());
    java.arg("org.apache.kafka.tools.ConsumerPerformance")
        .args(["--bootstrap-server", bootstrap, "--topic", topic, "--hide-header"])
        .args(["--num-records", &records.to_string(), "--timeout", "60000"]);
    let said = run(java).await?;
    let row = said.lines().find(|line| line.matches(", ").count() >= 9).context(said.clone())?;
    let rate = row.split(", ").last().context("a rate")?.trim().parse::<f64>();
    Ok(Rate::of(cell, rate.with_context(|| row.to_owned())?))
}

async fn run(mut java: Command) -> Result<String> {
    let output = java.env("LC_ALL", "C").kill_on_drop(true).output().await?;
    let text = |bytes: &[u8]| String::from_utf8_lossy(bytes).into_owned();
    ensure!(output.status.success(), "{}{}", text(&output.stdout), text(&output.stderr));
    Ok(text(&output.stdout))
}
