//! History and live traffic of the demo.

use std::collections::BTreeMap;
use std::time::Duration;

use rand::{RngExt, SeedableRng, rngs::StdRng};
use tokio::time::MissedTickBehavior;

use super::catalog::DemoTopic;
use super::records;
use crate::batch::Record;
use crate::clock::now_ms;
use crate::cluster::Local;

/// Traffic is written in small bursts this far apart.
const BURST: Duration = Duration::from_millis(200);
/// History reaches back this far.
const HISTORY_MS: i64 = 6 * 3_600_000;
/// Records of one history batch.
const HISTORY_BATCH: usize = 50;

/// Writes the demo's records.
pub(super) struct Traffic {
    local: Local,
    topics: &'static [DemoTopic],
    rng: StdRng,
    /// Fractions of records owed, by topic.
    owed: Vec<f64>,
    written: Vec<u64>,
    bursts: u64,
}

impl Traffic {
    pub(super) fn new(local: Local, topics: &'static [DemoTopic], seed: u64) -> Self {
        let rng = StdRng::seed_from_u64(seed);
        Self {
            local,
            topics,
            rng,
            owed: vec![0.0; topics.len()],
            written: vec![0; topics.len()],
            bursts: 0,
        }
    }

    /// Fills the topics with records spread over the hours before now.
    pub(super) fn write_history(&mut self) {
        let now = now_ms();
        for index in 0..self.topics.len() {
            let Some(topic) = self.topics.get(index) else { return };
            let mut done = 0;
            while done < topic.history {
                let count = HISTORY_BATCH.min(topic.history - done);
                let share = i64::try_from(done).unwrap_or(0) * HISTORY_MS
                    / i64::try_from(topic.history.max(1)).unwrap_or(1);
                self.write(index, count, now - HISTORY_MS + share);
                done += count;
            }
        }
    }

    /// Writes until it is dropped.
    pub(super) async fn run(mut self) {
        let mut burst = tokio::time::interval(BURST);
        burst.set_missed_tick_behavior(MissedTickBehavior::Skip);
        loop {
            burst.tick().await;
            self.bursts += 1;
            // Business comes in waves of a minute and a half.
            let phase = f64::from(u32::try_from(self.bursts % 450).unwrap_or(0)) / 450.0;
            let wave = 1.0 + 0.6 * (phase * std::f64::consts::TAU).sin();
            for index in 0..self.topics.len() {
                let rate = self.topics.get(index).map_or(0.0, |t| t.rate);
                let jitter = f64::from(self.rng.random_range(50_u32..150)) / 100.0;
                let Some(owed) = self.owed.get_mut(index) else { break };
                *owed += rate * BURST.as_secs_f64() * wave * jitter;
                let mut count = 0;
                while *owed >= 1.0 {
                    *owed -= 1.0;
                    count += 1;
                }
                if count > 0 {
                    self.write(index, count, now_ms());
                }
            }
        }
    }

    fn write(&mut self, index: usize, count: usize, at: i64) {
        let (Some(topic), Some(written)) = (self.topics.get(index), self.written.get_mut(index))
        else {
            return;
        };
        let mut by_partition: BTreeMap<i32, Vec<Record>> = BTreeMap::new();
        for _ in 0..count {
            *written += 1;
            let record = records::record(topic.shape, *written, at, &mut self.rng);
            let partition =
                partition_of(record.key.as_deref().unwrap_or_default(), topic.partitions);
            by_partition.entry(partition).or_default().push(record);
        }
        let done = if topic.transactional {
            let commit = self.rng.random_bool(0.9);
            let id = format!("{}-writer", topic.name);
            self.local.transact(&id, topic.name, &by_partition, commit)
        } else {
            by_partition.iter().try_for_each(|(partition, list)| {
                self.local.append_compressed(topic.name, *partition, list, topic.codec).map(|_| ())
            })
        };
        if let Err(error) = done {
            // A visitor may have deleted or changed the topic: the demo goes on without it.
            tracing::debug!(topic = topic.name, %error, "demo traffic refused");
        }
    }
}

/// The same key always goes to the same partition.
fn partition_of(key: &[u8], partitions: i32) -> i32 {
    let hash = key.iter().fold(17_i32, |h, b| h.wrapping_mul(31).wrapping_add(i32::from(*b)));
    hash.rem_euclid(partitions.max(1))
}
