//! Compacted topics, with the holes the cleaner leaves.

use anyhow::{Result, ensure};
use drawbridge_tests::{
    bed::unique,
    wire::{
        Isolation, Routed,
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

pub(super) const EAGER: [(&str, &str); 5] = [
    ("cleanup.policy", "compact"),
    ("segment.ms", "60000"),
    ("min.cleanable.dirty.ratio", "0.001"),
    ("max.compaction.lag.ms", "1"),
    ("delete.retention.ms", "0"),
];

/// Ten keys, of which most appear again and again; a tombstone now and then.
pub(super) fn updates(round: usize, time: i64) -> Vec<Entry> {
    (0..60)
        .map(|n| {
            let key = format!("k{}", (n * 7 + round) % 10);
            let value = format!("{round}/{n}");
            Entry::new(Some(&key), (n % 13 != 5).then_some(value.as_str())).at(time)
        })
        .collect()
}

/// Has the first segment cleaned, and no other any more.
pub(super) async fn clean(bed: &Bed, topic: &mut Routed, partition: i32, time: i64) -> Result<()> {
    // Nothing is cleaned behind the marker of the last transaction, which is written after it was ended.
    eventually("no transaction is open", async || {
        let ends = drawbridge_tests::checker::ends(topic).await?;
        Ok(ends.iter().all(|(end, stable)| end == stable).then_some(()))
    })
    .await?;
    // Read before: the cleaner may come at once.
    let before = seen(topic, partition).await?;
    let later = Entry::new(Some("roll"), Some("roll")).at(time + 120_000);
    append(topic, partition, &Batch::build(&[later], Compression::None)).await?;
    eventually("the first segment is cleaned", async || {
        let now = seen(topic, partition).await?;
        Ok((now.len() < before.len() / 2).then_some(()))
    })
    .await?;
    let mut wire = bed.source().await?;
    for (key, value) in
        [("min.cleanable.dirty.ratio", "1"), ("max.compaction.lag.ms", "9223372036854775807")]
    {
        assert_eq!(alter(&mut wire, topic.name(), key, value).await?, 0);
    }
    Ok(())
}

async fn seen(topic: &mut Routed, partition: i32) -> Result<Vec<i64>> {
    let log = drawbridge_tests::checker::Log::read(topic, partition).await?;
    Ok(log.committed.into_keys().collect())
}

async fn a_thinned_topic_is_mirrored_with_its_holes(version: Version) -> Result<()> {
    let bed = Bed::shared(version).await?;
    let mut topic = bed.topic(1, &EAGER).await?;
    let time = now() - 3_600_000;
    for (round, codec) in (0..).zip(CODECS) {
        append(&mut topic, 0, &Batch::build(&updates(round, time), codec)).await?;
    }
    clean(&bed, &mut topic, 0, time).await?;
    let link = bed.link(&[]).await?;
    link.mirror(topic.name()).await?;
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
    // The markers are of now: with older records each of them would begin a segment.
    let time = now();
    let mut producer = Transactional::new(&bed.source.back_door(), &unique("thin"), 1).await?;
    for round in 0..8 {
        producer.write(&mut topic, 0, &updates(round, time), CODECS[round % 5]).await?;
        producer.end(round % 3 != 1).await?;
    }
    clean(&bed, &mut topic, 0, time).await?;
    let link = bed.link(&[]).await?;
    link.mirror(topic.name()).await?;
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
    clean(&bed, &mut topic, 0, time).await?;
    topic.delete_records(0, 803).await?;
    let start = topic.offset(0, -2, -1, Isolation::Uncommitted).await?;
    ensure!(start == 803, "the source begins at {start}");
    let link = bed.link(&[]).await?;
    link.mirror(topic.name()).await?;
    link.holds(topic.name(), topic.name()).await?;
    link.delete().await
}
