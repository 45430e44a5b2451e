//! Mirroring what is there already, as fast as it goes.

use std::time::{Duration, Instant};

use anyhow::{Result, ensure};

use super::{
    contender::{Running, Setting},
    ends::Ends,
    process,
};

/// Between two looks at the mirror.
const BEAT: Duration = Duration::from_millis(20);
/// How long without any progress is too long.
const PATIENCE: Duration = Duration::from_secs(120);

/// What it took. All figures are from the first record that was seen on the mirror on: a JVM that starts and a
/// Connect group that forms are not speed.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct CatchUp {
    /// From the start of the process to the first record.
    pub startup: Duration,
    /// From there to the last one.
    pub took: Duration,
    /// Records that arrived in that time.
    pub records: u64,
    /// Processor time of the replicator.
    pub replicator_cpu: Duration,
    /// Processor time of the destination's broker.
    pub broker_cpu: Duration,
    /// Processor time of the source's broker.
    pub source_cpu: Duration,
    /// Largest resident size of the replicator, bytes.
    pub peak_memory: u64,
}

struct Sample {
    at: Instant,
    records: i64,
    cpu: [Duration; 3],
}

/// Follows a contender until the mirror of `topic` has `wanted` records.
pub(super) async fn follow(
    running: &mut Running,
    setting: &Setting<'_>,
    (topic, wanted): (&str, u64),
    begun: Instant,
) -> Result<CatchUp> {
    let wanted = i64::try_from(wanted)?;
    let bootstrap = setting.destination.back_door();
    let mut ends = Ends::of(&bootstrap, topic, setting.cell.partitions).await?;
    let pid = running.process().id();
    let broker = setting.destination.broker(1).pid().unwrap_or_default();
    let source = setting.source.broker(1).pid().unwrap_or_default();
    let sample = |records| -> Result<Sample> {
        let cpu = [process::cpu(pid)?, process::cpu(broker)?, process::cpu(source)?];
        Ok(Sample { at: Instant::now(), records, cpu })
    };
    let mut first: Option<Sample> = None;
    let mut last = (Instant::now(), 0);
    loop {
        let total = ends.total().await?;
        if total > 0 && first.is_none() {
            first = Some(sample(total)?);
        }
        if total >= wanted {
            break;
        }
        if total > last.1 {
            last = (Instant::now(), total);
        }
        running.process().must_run()?;
        ensure!(last.0.elapsed() < PATIENCE, "stuck at {total} of {wanted} records");
        tokio::time::sleep(BEAT).await;
    }
    let end = sample(ends.total().await?)?;
    ensure!(end.records == wanted, "{} records instead of {wanted}", end.records);
    let first = first.unwrap_or(Sample { records: 0, at: begun, ..sample(0)? });
    let [replicator_cpu, broker_cpu, source_cpu] =
        std::array::from_fn(|n| end.cpu[n].saturating_sub(first.cpu[n]));
    Ok(CatchUp {
        startup: first.at - begun,
        took: end.at - first.at,
        records: u64::try_from(end.records - first.records)?,
        replicator_cpu,
        broker_cpu,
        source_cpu,
        peak_memory: process::peak_memory(pid)?,
    })
}
