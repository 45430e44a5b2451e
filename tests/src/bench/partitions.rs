//! What a gateway keeps resident with very many mirror partitions under modest traffic.

use std::{path::Path, time::Duration};

use anyhow::Result;

use super::{
    cells::Cell,
    contender::{Contender, Running, Setting},
    options::Pace,
    process, steady,
    tools::{self, Batching},
};
use crate::{bed::Cluster, wire::Wire};

/// What it came to.
#[derive(Debug, Clone, Copy)]
pub struct Memory {
    /// Mirror partitions.
    pub partitions: i32,
    /// Bytes with everything mirrored, before new records come.
    pub quiet: u64,
    /// Bytes after so many seconds of traffic.
    pub busy: u64,
    /// The most at any time.
    pub peak: u64,
    /// Processor time per second of traffic.
    pub cpu_share: f64,
    /// Added latency under this traffic.
    pub latency: steady::Latency,
}

/// Records that each topic holds before it is mirrored.
const FIRST: u64 = 20_000;

/// Measures it with topics of a hundred partitions.
///
/// # Errors
/// The gateway or a broker does not do its part.
pub async fn measure(
    (source, destination): (&Cluster, &Cluster),
    (dir, program): (&Path, &Path),
    topics: usize,
) -> Result<Memory> {
    let cell = Cell::new(1024, "lz4", 100);
    let names: Vec<String> = (0..topics).map(|n| format!("bench-{n}")).collect();
    let mut topics: Vec<&str> = names.iter().map(String::as_str).collect();
    let batching = Batching { bytes: 16_384, linger_ms: 5 };
    let mut wire = Wire::connect(&source.back_door()).await?;
    let bootstrap = source.back_door();
    for topic in &topics {
        wire.create_topic(topic, cell.partitions, 1, &[]).await?;
    }
    for topic in topics.iter().take(2) {
        tools::produce(source.jars(), &bootstrap, (topic, &cell, FIRST), batching, None).await?;
    }
    let steady = "steady-0";
    wire.create_topic(steady, cell.partitions, 1, &[]).await?;
    topics.push(steady);
    let setting =
        Setting { source, destination, dir, program, cell: &cell, topics: &topics, turn: 0 };
    let mut running = Running::start(Contender::Drawbridge, &setting).await?;
    tokio::time::sleep(Duration::from_secs(15)).await;
    let pid = running.process().id();
    let quiet = process::resident(pid)?;
    let pace = Pace { rate: 5_000, seconds: 30, warm_seconds: 5, batching };
    let before = process::cpu(pid)?;
    let latency = steady::measure(&setting, steady, &pace).await?;
    let spent = process::cpu(pid)?.saturating_sub(before);
    let (busy, peak) = (process::resident(pid)?, process::peak_memory(pid)?);
    running.stop().await?;
    Ok(Memory {
        partitions: i32::try_from(topics.len())? * cell.partitions,
        quiet,
        busy,
        peak,
        cpu_share: spent.as_secs_f64() / f64::from(pace.seconds + pace.warm_seconds),
        latency,
    })
}
