//! Compacted topics, with the holes the cleaner leaves.

use std::time::{Duration, Instant};

use anyhow::{Result, ensure};
use drawbridge_tests::{
    bed::unique,
    checker::Log,
    wire::{
        Isolation, Routed, Wire,
        batch::{Batch, Compression, Entry, now},
    },
};

use super::{
    bed::Bed,
    write::{CODECS, Transactional, append},
};
use crate::{
    experiments::appends::alter,
    support::{Version, eventually},
};

on_each_version!(
    a_thinned_topic_is_mirrored_with_its_holes,
    a_thinned_topic_of_transactions_is_mirrored_with_its_holes,
    a_thinned_and_trimmed_topic_is_mirrored_with_its_holes,
);

/// The cleaner comes by four times a second: it is done when nothing has changed for so long.
const QUIET: Duration = Duration::from_secs(3);

pub(crate) const EAGER: [(&str, &str); 5] = [
    ("cleanup.policy", "compact"),
    ("segment.ms", "60000"),
    ("min.cleanable.dirty.ratio", "0.001"),
    ("max.compaction.lag.ms", "1"),
    ("delete.retention.ms", "0"),
];

/// For a mirror that is compared: its own cleaner would take records that were superseded and that the
/// source's cleaner has left. This config is not synced unless the link says so.
pub(crate) const UNCLEANED: (&str, &str) = ("min.cleanable.dirty.ratio", "1");

/// Ten keys, of which most appear again and again; a tombstone now and then.
pub(crate) fn updates(round: usize, time: i64) -> Vec<Entry> {
    (0..60)
        .map(|n| {
            let key = format!("k{}", (n * 7 + round) % 10);
            let value = format!("{round}/{n}");
            Entry::new(Some(&key), (n % 13 != 5).then_some(value.as_str())).at(time)
        })
        .collect()
}

/// Has everything so far cleaned, and nothing any more.
///
/// The cleaner may come while the topic is still being written, and more than once: what counts is how much
/// of all that was written is left, and that it stays so. `wire` leads to a broker of the topic.
pub(crate) async fn clean(
    mut wire: Wire,
    topic: &mut Routed,
    partition: i32,
    time: i64,
) -> Result<()> {
    let later = Entry::new(Some("roll"), Some("roll")).at(time + 120_000);
    append(topic, partition, &Batch::build(&[later], Compression::None)).await?;
    eventually("the topic is cleaned", async || {
        let log = Log::read(topic, partition).await?;
        let left = i64::try_from(log.committed.len())?;
        Ok((log.stable == log.end && left < log.end / 3).then_some(()))
    })
    .await?;
    for (key, value) in
        [("min.cleanable.dirty.ratio", "1"), ("max.compaction.lag.ms", "9223372036854775807")]
    {
        assert_eq!(alter(&mut wire, topic.name(), key, value).await?, 0);
    }
    let mut before = (Vec::new(), Instant::now());
    eventually("the cleaner is done", async || {
        let now = seen(topic, partition).await?;
        if now != before.0 {
            before = (now, Instant::now());
        }
        Ok((before.1.elapsed() > QUIET).then_some(()))
    })
    .await
}

async fn seen(topic: &mut Routed, partition: i32) -> Result<Vec<i64>> {
    let log = Log::read(topic, partition).await?;
    Ok(log.committed.into_keys().collect())
}

async fn a_thinned_topic_is_mirrored_with_its_holes(version: Version) -> Result<()> {
    let bed = Bed::shared(version).await?;
    let mut topic = bed.topic(1, &EAGER).await?;
    let time = now() - 3_600_000;
    for (round, codec) in (0..).zip(CODECS) {
        append(&mut topic, 0, &Batch::build(&updates(round, time), codec)).await?;
    }
    clean(bed.source().await?, &mut topic, 0, time).await?;
    let link = bed.link(&[]).await?;
    link.mirror_with(topic.name(), &[UNCLEANED]).await?;
    let there = link.holds(topic.name(), topic.name()).await?;
    assert_eq!(there[0].end, 301);
    append(&mut topic, 0, &Batch::build(&updates(9, now()), Compression::Lz4)).await?;
    link.holds(topic.name(), topic.name()).await?;
    link.delete().await
}

async fn a_thinned_topic_of_transactions_is_mirrored_with_its_holes(
    version: Version,
) -> Result<()> {
    let bed = Bed::shared(version).await?;
    let mut topic = bed.topic(1, &EAGER).await?;
    let time = now();
    let mut producer = Transactional::new(&bed.source.back_door(), &unique("thin"), 1).await?;
    for round in 0..8 {
        producer.write(&mut topic, 0, &updates(round, time), CODECS[round % 5]).await?;
        producer.end(round % 3 != 1).await?;
    }
    clean(bed.source().await?, &mut topic, 0, time).await?;
    let link = bed.link(&[]).await?;
    link.mirror_with(topic.name(), &[UNCLEANED]).await?;
    link.holds(topic.name(), topic.name()).await?;
    producer.write(&mut topic, 0, &updates(20, now()), Compression::Zstd).await?;
    producer.end(true).await?;
    link.holds(topic.name(), topic.name()).await?;
    link.delete().await
}

async fn a_thinned_and_trimmed_topic_is_mirrored_with_its_holes(version: Version) -> Result<()> {
    let bed = Bed::shared(version).await?;
    let mut configs = EAGER;
    configs[0] = ("cleanup.policy", "compact,delete");
    let mut topic = bed.topic(1, &configs).await?;
    let time = now() - 3_600_000;
    for round in 0..20 {
        append(&mut topic, 0, &Batch::build(&updates(round, time), CODECS[round % 5])).await?;
    }
    clean(bed.source().await?, &mut topic, 0, time).await?;
    topic.delete_records(0, 803).await?;
    let start = topic.offset(0, -2, -1, Isolation::Uncommitted).await?;
    ensure!(start == 803, "the source begins at {start}");
    let link = bed.link(&[]).await?;
    link.mirror_with(topic.name(), &[UNCLEANED]).await?;
    link.holds(topic.name(), topic.name()).await?;
    link.delete().await
}
