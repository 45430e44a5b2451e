//! Thinned batches, padding, and what the cleaner and `DeleteRecords` do to both.

use anyhow::Result;
use drawbridge_tests::wire::{
    Appended, Isolation, Wire,
    batch::{Batch, Compression, Entry, now},
};

use super::{appends::alter, code};
use crate::support::{Version, eventually, fresh_topic};

on_each_version!(
    a_thinned_batch_is_refused_and_its_padded_rebuild_taken,
    records_without_key_are_refused_while_a_topic_is_compacted,
    delete_records_is_refused_on_a_compacted_topic_and_works_before_the_switch,
    the_cleaner_drops_padding_without_keys_after_the_switch,
);

/// Cleaned as soon as the cleaner comes by; segments roll with the records' own time.
const EAGER: [(&str, &str); 4] = [
    ("segment.ms", "60000"),
    ("min.cleanable.dirty.ratio", "0.001"),
    ("max.compaction.lag.ms", "1"),
    ("delete.retention.ms", "0"),
];

fn eager(policy: &'static str) -> Vec<(&'static str, &'static str)> {
    let mut configs = EAGER.to_vec();
    configs.push(("cleanup.policy", policy));
    configs
}

/// Starts a new segment: a record two minutes after `before`, with a key of its own.
async fn roll(wire: &mut Wire, topic: &str, before: i64) -> Result<()> {
    let later = Entry::new(Some("roll"), Some("roll")).at(before + 120_000);
    let answer = wire.append(topic, &Batch::build(&[later], Compression::None)).await?;
    anyhow::ensure!(answer.error == 0, "error {}", answer.error);
    Ok(())
}

/// A compacted topic whose first batch had ten records of which the cleaner left the three last keys.
async fn thinned(version: Version, codec: Compression) -> Result<(Wire, Batch)> {
    let (mut wire, topic) = fresh_topic(version, &eager("compact")).await?;
    let time = now() - 3_600_000;
    let keys = ["a", "b", "a", "c", "a", "b", "d", "d", "a", "d"];
    let entries: Vec<Entry> =
        keys.iter().map(|key| Entry::new(Some(key), Some(key)).at(time)).collect();
    wire.write(&topic, &Batch::build(&entries, codec)).await?;
    roll(&mut wire, &topic, time).await?;
    let batch = eventually("the first batch is thinned", async || {
        let read = wire.read(&topic, 0, Isolation::Uncommitted).await?;
        Ok(read.batches.into_iter().next().filter(|batch| batch.count() < 10))
    })
    .await?;
    Ok((wire, batch))
}

async fn a_thinned_batch_is_refused_and_its_padded_rebuild_taken(version: Version) -> Result<()> {
    for codec in [Compression::None, Compression::Lz4] {
        let (mut wire, batch) = thinned(version, codec).await?;
        assert_eq!((batch.base_offset(), batch.last_offset_delta(), batch.count()), (0, 9, 4));
        let kept: Vec<i64> = batch.records().iter().map(|record| record.offset).collect();
        assert_eq!(kept, [3, 5, 8, 9], "offsets stay, and so does the range of the batch");

        let mirror = fresh_topic(version, &[]).await?.1;
        let as_read = batch.clone().with_base_offset(0);
        assert_eq!(wire.append(&mirror, &as_read).await?, Appended::refused(code::INVALID_RECORD));

        let records = batch.records();
        let rebuilt: Vec<Entry> = (0..10)
            .map(|offset| match records.iter().find(|record| record.offset == offset) {
                Some(r) => Entry {
                    key: r.key.clone(),
                    value: r.value.clone(),
                    timestamp: r.timestamp,
                    headers: Vec::new(),
                },
                None => Entry::new(None, None).at(batch.base_timestamp()),
            })
            .collect();
        let rebuilt = Batch::build(&rebuilt, codec);
        assert_eq!(wire.append(&mirror, &rebuilt).await?, Appended::at(0));
        assert_eq!(wire.log_end(&mirror).await?, 10);
    }
    Ok(())
}

async fn records_without_key_are_refused_while_a_topic_is_compacted(
    version: Version,
) -> Result<()> {
    for policy in ["compact", "compact,delete"] {
        let (mut wire, topic) = fresh_topic(version, &[("cleanup.policy", policy)]).await?;
        let answer = wire.append(&topic, &Batch::of_values(0..2)).await?;
        assert_eq!(answer, Appended::refused(code::INVALID_RECORD));
    }
    Ok(())
}

async fn delete_records_is_refused_on_a_compacted_topic_and_works_before_the_switch(
    version: Version,
) -> Result<()> {
    let (mut wire, topic) = fresh_topic(version, &[("cleanup.policy", "compact")]).await?;
    wire.write(&topic, &Batch::build(&[Entry::new(Some("a"), Some("a"))], Compression::None))
        .await?;
    assert_eq!(wire.delete_records(&topic, 1).await?.0, code::POLICY_VIOLATION);

    let forever = [("cleanup.policy", "delete"), ("retention.ms", "-1"), ("retention.bytes", "-1")];
    let (mut wire, topic) = fresh_topic(version, &forever).await?;
    let padding: Vec<Entry> = (0..1000).map(|_| Entry::new(None, None)).collect();
    wire.write(&topic, &Batch::build(&padding, Compression::Zstd)).await?;
    assert_eq!(wire.delete_records(&topic, 1000).await?, (0, 1000));
    assert_eq!(wire.earliest(&topic).await?, 1000, "the first record of the mirror will be 1000");
    assert_eq!(alter(&mut wire, &topic, "cleanup.policy", "compact").await?, 0);
    let first = Batch::build(&[Entry::new(Some("a"), Some("a"))], Compression::None);
    assert_eq!(wire.append(&topic, &first).await?, Appended::at(1000));
    assert_eq!(wire.earliest(&topic).await?, 1000, "the switch does not bring the padding back");
    Ok(())
}

async fn the_cleaner_drops_padding_without_keys_after_the_switch(version: Version) -> Result<()> {
    let (mut wire, topic) = fresh_topic(version, &eager("delete")).await?;
    alter(&mut wire, &topic, "retention.ms", "-1").await?;
    let time = now() - 3_600_000;
    let entries: Vec<Entry> = ["a", "", "", "b"]
        .iter()
        .map(|key| match *key {
            "" => Entry::new(None, None).at(time),
            key => Entry::new(Some(key), Some(key)).at(time),
        })
        .collect();
    wire.write(&topic, &Batch::build(&entries, Compression::None)).await?;
    assert_eq!(alter(&mut wire, &topic, "cleanup.policy", "compact").await?, 0);
    roll(&mut wire, &topic, time).await?;
    let kept = eventually("padding is dropped", async || {
        let seen = wire.consume(&topic, Isolation::Uncommitted).await?;
        let offsets: Vec<i64> = seen.iter().map(|(offset, ..)| *offset).collect();
        Ok((offsets.len() < 5).then_some(offsets))
    })
    .await?;
    assert_eq!(kept, [0, 3, 4], "data stays where it was, padding is gone");
    Ok(())
}
