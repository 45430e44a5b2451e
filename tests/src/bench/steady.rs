//! Mirroring what comes at a steady rate: how much later a record can be read on the mirror than on the source.
//!
//! A consumer on either side notes when it got which offsets; a record's added latency is the difference.

use std::time::{Duration, Instant};

use anyhow::{Result, ensure};
use kafka_protocol::messages::{
    FetchRequest,
    fetch_request::{FetchPartition, FetchTopic},
};

use super::{contender::Setting, options::Pace, tools};
use crate::wire::{Wire, admin::topic_name, batch::Batch};

/// Up to this version partitions are named by topic name.
const FETCH: i16 = 12;
/// How long nothing may come.
const PATIENCE: Duration = Duration::from_secs(90);

/// Added latency.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Latency {
    /// Records per second that were asked for.
    pub rate: u32,
    /// Records counted.
    pub records: usize,
    /// Half of them were on the mirror within.
    pub p50: Duration,
    /// All but a hundredth.
    pub p99: Duration,
    /// All.
    pub max: Duration,
}

/// Offsets up to `end` were there at that time.
#[derive(Debug, Clone, Copy)]
struct Arrival {
    end: i64,
    at: Instant,
}

/// Fills `topic` at a steady rate and reads it on both sides. Records of the first part, while the contender finds
/// the topic and warms up, do not count.
pub(super) async fn measure(setting: &Setting<'_>, topic: &str, pace: &Pace) -> Result<Latency> {
    let jars = setting.source.jars();
    let bootstrap = setting.source.back_door();
    let (cell, batching) = (setting.cell, pace.batching);
    let warm = u64::from(pace.rate) * u64::from(pace.warm_seconds);
    let counted = u64::from(pace.rate) * u64::from(pace.seconds);
    let records = warm + counted;
    let produced =
        tools::produce(jars, &bootstrap, (topic, cell, records), batching, Some(pace.rate));
    let here = setting.destination.back_door();
    let (_, there, here) = tokio::try_join!(
        produced,
        read(&bootstrap, topic, cell.partitions, records),
        read(&here, topic, cell.partitions, records),
    )?;
    let end = there.iter().flatten().map(|arrival| arrival.at).max().unwrap_or_else(Instant::now);
    let since = end - Duration::from_secs(u64::from(pace.seconds));
    let mut added = Vec::new();
    for (there, here) in there.iter().zip(&here) {
        let mut here = here.iter().peekable();
        let mut offset = 0;
        for arrival in there {
            while offset < arrival.end {
                while here.next_if(|mirrored| mirrored.end <= offset).is_some() {}
                let Some(mirrored) = here.peek() else { break };
                if arrival.at >= since {
                    added.push(mirrored.at.saturating_duration_since(arrival.at));
                }
                offset += 1;
            }
        }
    }
    ensure!(!added.is_empty(), "no record was read on both sides");
    added.sort_unstable();
    let at = |hundredths: usize| added[(added.len() * hundredths / 100).min(added.len() - 1)];
    Ok(Latency { rate: pace.rate, records: added.len(), p50: at(50), p99: at(99), max: at(100) })
}

/// When which offsets of each partition could be read, until so many records have come.
async fn read(
    bootstrap: &str,
    topic: &str,
    partitions: i32,
    records: u64,
) -> Result<Vec<Vec<Arrival>>> {
    let mut wire = Wire::connect(bootstrap).await?;
    let version = wire.version::<FetchRequest>(FETCH)?;
    let mut arrivals = vec![Vec::new(); usize::try_from(partitions)?];
    let mut next = vec![0_i64; arrivals.len()];
    let wanted = i64::try_from(records)?;
    let mut progress = Instant::now();
    while next.iter().sum::<i64>() < wanted {
        ensure!(progress.elapsed() < PATIENCE, "{topic} on {bootstrap} is stuck at {next:?}");
        let asked = (0..partitions).zip(&next).map(|(index, offset)| {
            FetchPartition::default()
                .with_partition(index)
                .with_fetch_offset(*offset)
                .with_partition_max_bytes(1 << 20)
        });
        let request = FetchRequest::default()
            .with_max_wait_ms(500)
            .with_min_bytes(1)
            .with_max_bytes(16 << 20)
            .with_session_epoch(-1)
            .with_topics(vec![
                FetchTopic::default()
                    .with_topic(topic_name(topic))
                    .with_partitions(asked.collect()),
            ]);
        let answer = wire.call_at(version, &request).await?;
        let at = Instant::now();
        let mut missing = false;
        for partition in answer.responses.into_iter().flat_map(|topic| topic.partitions) {
            missing |= partition.error_code != 0;
            let Some(last) = Batch::split(partition.records.unwrap_or_default()).pop() else {
                continue;
            };
            let index = usize::try_from(partition.partition_index)?;
            next[index] = last.next_offset();
            arrivals[index].push(Arrival { end: last.next_offset(), at });
            progress = at;
        }
        if missing {
            // The mirror topic is not there yet.
            tokio::time::sleep(Duration::from_millis(50)).await;
        }
    }
    Ok(arrivals)
}
