//! Compares a mirror with its source as consumers see them, offset by offset.
//!
//! Nothing of Drawbridge takes part: both sides are read through [`crate::wire`], and what transactions
//! aborted is left out by the rule every consumer follows.

use std::collections::{BTreeMap, HashSet};

use anyhow::{Context as _, Result, bail, ensure};
use bytes::Bytes;

use crate::wire::{
    Isolation, Routed,
    batch::{Batch, bits},
};

/// So many differences are told, of all partitions together.
const TOLD: usize = 12;

/// A record as a consumer gets it.
#[derive(Clone, PartialEq, Eq)]
pub struct Seen {
    /// Key.
    pub key: Option<Bytes>,
    /// Value.
    pub value: Option<Bytes>,
    /// Headers in their order.
    pub headers: Vec<(String, Option<Bytes>)>,
    /// Milliseconds since 1970: the producer's, or the broker's if the batch says so.
    pub timestamp: i64,
}

/// What a partition holds, at one moment.
#[derive(Clone, Debug, Default)]
pub struct Log {
    /// Log start offset.
    pub start: i64,
    /// Up to where `read_committed` consumers read: the log end without open transactions.
    pub stable: i64,
    /// Log end offset.
    pub end: i64,
    /// What a `read_committed` consumer sees.
    pub committed: BTreeMap<i64, Seen>,
    /// What a `read_uncommitted` consumer sees.
    pub uncommitted: BTreeMap<i64, Seen>,
}

impl std::fmt::Debug for Seen {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        let short = |bytes: &Option<Bytes>| match bytes {
            None => "null".to_owned(),
            Some(bytes) if bytes.len() <= 40 => format!("{:?}", String::from_utf8_lossy(bytes)),
            Some(bytes) => format!("{} bytes, CRC {:08x}", bytes.len(), crc32c::crc32c(bytes)),
        };
        write!(f, "{} = {} at {}", short(&self.key), short(&self.value), self.timestamp)?;
        if !self.headers.is_empty() {
            write!(f, " with {:?}", self.headers)?;
        }
        Ok(())
    }
}

impl Log {
    /// Reads a partition from its log start to its end.
    ///
    /// # Errors
    /// It cannot be read.
    pub async fn read(topic: &mut Routed, partition: i32) -> Result<Self> {
        let consumer = |isolation| (-1, isolation);
        let (replica, committed) = consumer(Isolation::Committed);
        let stable = topic.offset(partition, -1, replica, committed).await?;
        let end = topic.offset(partition, -1, -2, Isolation::Uncommitted).await?;
        let start = topic.offset(partition, -2, -1, Isolation::Uncommitted).await?;
        Ok(Self {
            start,
            stable,
            end,
            committed: visible(topic, partition, start, stable, Isolation::Committed).await?,
            uncommitted: visible(topic, partition, start, end, Isolation::Uncommitted).await?,
        })
    }

    /// With what was there when `earlier` was read and was deleted since.
    #[must_use]
    pub fn with_earlier(mut self, earlier: &Self) -> Self {
        let before = self.start;
        let gone = |of: &BTreeMap<i64, Seen>| -> Vec<(i64, Seen)> {
            of.range(..before).map(|(offset, seen)| (*offset, seen.clone())).collect()
        };
        self.committed.extend(gone(&earlier.committed));
        self.start = self.start.min(earlier.start);
        self
    }
}

/// Reads all partitions of a topic.
///
/// # Errors
/// One cannot be read.
pub async fn read(bootstrap: &str, topic: &str) -> Result<Vec<Log>> {
    let mut topic = Routed::open(bootstrap, topic).await?;
    let mut logs = Vec::new();
    for partition in 0..topic.partitions() {
        logs.push(Log::read(&mut topic, partition).await?);
    }
    Ok(logs)
}

/// The log end and last stable offset of each partition.
///
/// # Errors
/// One cannot be asked.
pub async fn ends(topic: &mut Routed) -> Result<Vec<(i64, i64)>> {
    let mut ends = Vec::new();
    for partition in 0..topic.partitions() {
        let stable = topic.offset(partition, -1, -1, Isolation::Committed).await?;
        ends.push((topic.offset(partition, -1, -2, Isolation::Uncommitted).await?, stable));
    }
    Ok(ends)
}

/// How the mirror differs from its source from offset `from` on, in words; nothing if it does not.
///
/// Every record that a `read_committed` consumer of the source sees has to be on the mirror, equal, at its
/// offset; no other offset of the mirror may be visible in either isolation; the mirror has to end where the
/// source's stable part ends.
pub fn differences(source: &Log, mirror: &Log, from: i64) -> Vec<String> {
    let mut told = Vec::new();
    if mirror.end != source.stable {
        told.push(format!(
            "the mirror ends at {}, the source at {} (stable up to {})",
            mirror.end, source.end, source.stable
        ));
    }
    if mirror.stable != mirror.end {
        told.push(format!("the mirror is stable up to {} of {}", mirror.stable, mirror.end));
    }
    let wanted: BTreeMap<i64, &Seen> =
        source.committed.range(from..).map(|(offset, seen)| (*offset, seen)).collect();
    let kinds = [("read_committed", &mirror.committed), ("read_uncommitted", &mirror.uncommitted)];
    for (isolation, seen) in kinds {
        for (offset, record) in &wanted {
            match seen.get(offset) {
                Some(there) if there == *record => {}
                Some(there) => told.push(format!(
                    "offset {offset} ({isolation}): the source has {record:?}, the mirror {there:?}"
                )),
                None => told.push(format!(
                    "offset {offset} ({isolation}): the source has {record:?}, the mirror nothing"
                )),
            }
        }
        let too_many = seen.iter().filter(|(offset, _)| !wanted.contains_key(offset));
        told.extend(too_many.map(|(offset, there)| {
            format!("offset {offset} ({isolation}): the source has nothing, the mirror {there:?}")
        }));
    }
    told
}

/// Compares all partitions and fails with the first differences.
///
/// # Errors
/// The first differences, in words.
pub fn compare(source: &[Log], mirror: &[Log], from: &[i64]) -> Result<()> {
    ensure!(
        source.len() == mirror.len(),
        "the source has {} partitions, the mirror {}",
        source.len(),
        mirror.len()
    );
    let mut told = Vec::new();
    for (partition, (source, mirror)) in source.iter().zip(mirror).enumerate() {
        let from = from.get(partition).copied().unwrap_or(0);
        let found = differences(source, mirror, from);
        told.extend(found.into_iter().map(|what| format!("partition {partition}: {what}")));
    }
    if told.is_empty() {
        return Ok(());
    }
    let more = told.len().saturating_sub(TOLD);
    told.truncate(TOLD);
    bail!("the mirror is not its source:\n{}\nand {more} more", told.join("\n"))
}

/// Compares all partitions, one after the other so that only one has to be held, and returns how many
/// records there are.
///
/// # Errors
/// The first differences, in words; a side cannot be read.
pub async fn check(source: &mut Routed, mirror: &mut Routed) -> Result<usize> {
    let (there, here) = (source.partitions(), mirror.partitions());
    ensure!(there == here, "the source has {there} partitions, the mirror {here}");
    let mut records = 0;
    for partition in 0..there {
        let log = Log::read(source, partition).await?;
        let copy = Log::read(mirror, partition).await?;
        compare(std::slice::from_ref(&log), std::slice::from_ref(&copy), &[])
            .with_context(|| format!("partition {partition} of {}", mirror.name()))?;
        records += log.committed.len();
    }
    Ok(records)
}

/// What a consumer of that isolation gets from `start` up to `end`.
async fn visible(
    topic: &mut Routed,
    partition: i32,
    start: i64,
    end: i64,
    isolation: Isolation,
) -> Result<BTreeMap<i64, Seen>> {
    let mut seen = BTreeMap::new();
    let mut at = start;
    while at < end {
        let read = topic.read(partition, at, isolation).await?;
        let code = read.partition.error_code;
        ensure!(code == 0, "reading {}-{partition} at {at}: error {code}", topic.name());
        let Some(last) = read.batches.last() else {
            bail!("{}-{partition} ends at {at}, not at {end} ({isolation:?})", topic.name())
        };
        let next = last.next_offset();
        let mut aborted = read.partition.aborted_transactions.unwrap_or_default();
        aborted.sort_by_key(|transaction| transaction.first_offset);
        let mut aborted = aborted.into_iter().peekable();
        let mut aborting: HashSet<i64> = HashSet::new();
        for batch in &read.batches {
            while let Some(transaction) =
                aborted.next_if(|transaction| transaction.first_offset < batch.next_offset())
            {
                aborting.insert(transaction.producer_id.0);
            }
            if batch.has(bits::CONTROL) {
                aborting.remove(&batch.producer_id());
            } else if !(batch.has(bits::TRANSACTIONAL) && aborting.contains(&batch.producer_id())) {
                seen.extend(records(batch).filter(|(offset, _)| (at..end).contains(offset)));
            }
        }
        ensure!(next > at, "{}-{partition} does not go on at {at}", topic.name());
        at = next;
    }
    Ok(seen)
}

fn records(batch: &Batch) -> impl Iterator<Item = (i64, Seen)> {
    let appended = batch.has(bits::LOG_APPEND_TIME).then(|| batch.max_timestamp());
    batch.records().into_iter().map(move |record| {
        let headers = record.headers.into_iter().map(|(name, value)| (name.to_string(), value));
        let seen = Seen {
            key: record.key,
            value: record.value,
            headers: headers.collect(),
            timestamp: appended.unwrap_or(record.timestamp),
        };
        (record.offset, seen)
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    fn log(offsets: &[i64], end: i64) -> Log {
        let seen = |offset: &i64| Seen {
            key: None,
            value: Some(Bytes::from(offset.to_string())),
            headers: Vec::new(),
            timestamp: *offset,
        };
        let records: BTreeMap<i64, Seen> =
            offsets.iter().map(|offset| (*offset, seen(offset))).collect();
        Log { start: 0, stable: end, end, committed: records.clone(), uncommitted: records }
    }

    #[test]
    fn equal_logs_do_not_differ_whatever_lies_between_their_records() {
        assert_eq!(differences(&log(&[3, 5], 9), &log(&[3, 5], 9), 0), [""; 0]);
    }

    #[test]
    fn what_is_lost_repeated_shifted_changed_or_short_is_told() {
        let source = log(&[3, 5], 9);
        let told = |mirror: Log| differences(&source, &mirror, 0).join("; ");
        assert!(told(log(&[3], 9)).contains("offset 5 (read_committed): the source has"));
        assert!(told(log(&[3, 5, 6], 9)).contains("the source has nothing, the mirror null"));
        assert!(told(log(&[3, 5], 8)).contains("ends at 8, the source at 9"));
        let mut changed = log(&[3, 5], 9);
        changed.uncommitted.get_mut(&5).unwrap().timestamp = 1;
        assert!(told(changed).starts_with("offset 5 (read_uncommitted)"));
    }

    #[test]
    fn what_lies_before_the_start_of_the_mirror_is_not_missed() {
        assert_eq!(differences(&log(&[3, 5], 9), &log(&[5], 9), 4), [""; 0]);
        assert_eq!(differences(&log(&[3, 5], 9), &log(&[3, 5], 9), 4).len(), 2);
    }
}
