//! Which batches a leader takes, and what it changes in them.

use anyhow::Result;
use drawbridge_tests::wire::{
    Appended, Isolation, Wire,
    admin::text,
    batch::{Batch, Compression, Entry, bits, now},
};
use kafka_protocol::messages::{
    IncrementalAlterConfigsRequest,
    incremental_alter_configs_request::{AlterConfigsResource, AlterableConfig},
};

use super::code;
use crate::support::{Version, eventually, fresh_topic};

on_each_version!(
    a_restamped_batch_is_stored_unchanged_in_every_codec,
    a_batch_may_keep_a_producer_id_no_cluster_gave_out,
    a_base_offset_other_than_0_is_refused_or_ignored,
    two_batches_for_a_partition_in_one_request_are_refused,
    control_and_transactional_batches_are_refused_from_plain_producers,
    a_batch_with_log_append_time_is_taken_by_a_create_time_topic_with_other_times,
    a_batch_with_log_append_time_is_refused_by_a_log_append_time_topic,
    a_delete_horizon_bit_is_kept,
    records_of_the_future_need_the_limit_lifted_on_4,
    old_records_and_records_without_time_are_taken,
    a_topic_with_its_own_codec_changes_the_bytes,
    a_count_that_does_not_fit_the_offset_range_is_refused,
    uncompressed_inner_offsets_are_not_looked_at,
);

/// Records with everything a record can have.
fn rich(count: i64) -> Vec<Entry> {
    let mut entries: Vec<Entry> = (0..count)
        .map(|n| {
            Entry::new(Some(&format!("key-{n}")), Some(&"value ".repeat(20)))
                .at(now() - 1000 + n)
                .header("trace", Some("a-b-c"))
                .header("empty", None)
        })
        .collect();
    entries.push(Entry::new(None, Some("no key")));
    entries.push(Entry::new(Some("no value"), None));
    entries.push(Entry::new(Some(""), Some("")));
    entries
}

async fn only_batch(wire: &mut Wire, topic: &str) -> Result<Batch> {
    let mut batches = wire.read_all(topic, Isolation::Uncommitted).await?;
    assert_eq!(batches.len(), 1);
    Ok(batches.remove(0))
}

async fn a_restamped_batch_is_stored_unchanged_in_every_codec(version: Version) -> Result<()> {
    use Compression::{Gzip, Lz4, None, Snappy, Zstd};
    for codec in [None, Gzip, Snappy, Lz4, Zstd] {
        let (mut wire, source) = fresh_topic(version, &[]).await?;
        let mirror = fresh_topic(version, &[]).await?.1;
        let first = wire.producer().await?;
        let second = wire.producer().await?;
        assert_ne!(first.0, second.0, "the cluster gives out each producer id once");
        let written = Batch::build(&rich(50), codec).by(first.0, first.1, 0);
        assert_eq!(wire.append(&source, &written).await?, Appended::at(0));
        let read = only_batch(&mut wire, &source).await?;

        let sent = read.clone().with_base_offset(0).by(second.0, second.1, 7000);
        assert_eq!(wire.append(&mirror, &sent).await?, Appended::at(0));
        let stored = only_batch(&mut wire, &mirror).await?;

        assert_eq!(stored.records_section(), read.records_section(), "{codec:?}");
        let back = stored.clone().with_leader_epoch(read.leader_epoch()).by(
            read.producer_id(),
            read.producer_epoch(),
            read.base_sequence(),
        );
        assert_eq!(
            back, read,
            "{codec:?}: nothing else differs, not even the CRC once it is undone"
        );
        assert_eq!(stored.base_sequence(), 7000, "an unknown producer may start at any sequence");
    }
    Ok(())
}

async fn a_batch_may_keep_a_producer_id_no_cluster_gave_out(version: Version) -> Result<()> {
    let (mut wire, topic) = fresh_topic(version, &[]).await?;
    let batch = Batch::of_values(0..3).by(987_654_321, 4, 17);
    assert_eq!(wire.append(&topic, &batch).await?, Appended::at(0));
    assert_eq!(wire.last_sequence(&topic, 987_654_321).await?, Some(19));
    Ok(())
}

async fn a_base_offset_other_than_0_is_refused_or_ignored(version: Version) -> Result<()> {
    let (mut wire, topic) = fresh_topic(version, &[]).await?;
    let answer = wire.append(&topic, &Batch::of_values(0..3).with_base_offset(40)).await?;
    assert_eq!(answer, Appended::refused(code::INVALID_RECORD));
    Ok(())
}

async fn two_batches_for_a_partition_in_one_request_are_refused(version: Version) -> Result<()> {
    let (mut wire, topic) = fresh_topic(version, &[]).await?;
    let one = Batch::of_values(0..3).bytes();
    let both = [&one[..], &one[..]].concat();
    let answer = wire.append_bytes(&topic, both.into(), -1, None).await?;
    assert_eq!(answer, Appended::refused(code::INVALID_RECORD));
    Ok(())
}

async fn control_and_transactional_batches_are_refused_from_plain_producers(
    version: Version,
) -> Result<()> {
    let (mut wire, topic) = fresh_topic(version, &[]).await?;
    let (id, epoch) = wire.producer().await?;
    let batch = Batch::of_values(0..3).by(id, epoch, 0);
    let control = wire.append(&topic, &batch.clone().with_bit(bits::CONTROL)).await?;
    assert_eq!(control, Appended::refused(code::INVALID_RECORD));
    let transactional = wire.append(&topic, &batch.with_bit(bits::TRANSACTIONAL)).await?;
    assert_ne!(transactional.error, 0, "no transactional id in the request");
    assert_eq!(wire.log_end(&topic).await?, 0);
    Ok(())
}

async fn a_batch_with_log_append_time_is_taken_by_a_create_time_topic_with_other_times(
    version: Version,
) -> Result<()> {
    let (mut wire, source) =
        fresh_topic(version, &[("message.timestamp.type", "LogAppendTime")]).await?;
    let mirror = fresh_topic(version, &[("message.timestamp.type", "CreateTime")]).await?.1;
    let old = now() - 500_000;
    let entries: Vec<Entry> = (0..3).map(|n| Entry::value(n).at(old + n)).collect();
    wire.write(&source, &Batch::build(&entries, Compression::None)).await?;
    let read = only_batch(&mut wire, &source).await?;
    assert!(read.has(bits::LOG_APPEND_TIME) && read.max_timestamp() > old + 100_000);

    let answer = wire.append(&mirror, &read.clone().with_base_offset(0)).await?;
    assert_eq!(answer, Appended::at(0));
    let stored = only_batch(&mut wire, &mirror).await?;
    assert!(!stored.has(bits::LOG_APPEND_TIME), "the bit is gone");
    let times: Vec<i64> = stored.records().iter().map(|record| record.timestamp).collect();
    assert_eq!(
        times,
        [old, old + 1, old + 2],
        "the producer's times, not the source's append time"
    );
    Ok(())
}

async fn a_batch_with_log_append_time_is_refused_by_a_log_append_time_topic(
    version: Version,
) -> Result<()> {
    let (mut wire, topic) =
        fresh_topic(version, &[("message.timestamp.type", "LogAppendTime")]).await?;
    let batch = Batch::of_values(0..3).with_bit(bits::LOG_APPEND_TIME);
    assert_eq!(wire.append(&topic, &batch).await?, Appended::refused(code::INVALID_TIMESTAMP));
    Ok(())
}

async fn a_delete_horizon_bit_is_kept(version: Version) -> Result<()> {
    let (mut wire, topic) = fresh_topic(version, &[]).await?;
    let batch = Batch::of_values(0..3).with_bit(bits::DELETE_HORIZON);
    assert_eq!(wire.append(&topic, &batch).await?, Appended::at(0));
    assert!(only_batch(&mut wire, &topic).await?.has(bits::DELETE_HORIZON));
    Ok(())
}

async fn records_of_the_future_need_the_limit_lifted_on_4(version: Version) -> Result<()> {
    let future = Batch::build(&[Entry::value(1).at(now() + 7_200_000)], Compression::None);
    let (mut wire, topic) = fresh_topic(version, &[]).await?;
    let expected = match version {
        Version::V3_9 => Appended::at(0),
        Version::V4 => Appended::refused(code::INVALID_TIMESTAMP),
    };
    assert_eq!(wire.append(&topic, &future).await?, expected);
    let unlimited = ("message.timestamp.after.max.ms", "9223372036854775807");
    let (mut wire, topic) = fresh_topic(version, &[unlimited]).await?;
    assert_eq!(wire.append(&topic, &future).await?, Appended::at(0));
    Ok(())
}

async fn old_records_and_records_without_time_are_taken(version: Version) -> Result<()> {
    let (mut wire, topic) = fresh_topic(version, &[]).await?;
    for time in [-1, 0, 1_000_000_000] {
        let batch = Batch::build(&[Entry::value(1).at(time)], Compression::None);
        assert_eq!(wire.append(&topic, &batch).await?.error, 0, "time {time}");
    }
    Ok(())
}

async fn a_topic_with_its_own_codec_changes_the_bytes(version: Version) -> Result<()> {
    let (mut wire, topic) = fresh_topic(version, &[("compression.type", "zstd")]).await?;
    let sent = Batch::build(&rich(50), Compression::Lz4);
    wire.write(&topic, &sent).await?;
    let stored = only_batch(&mut wire, &topic).await?;
    assert_eq!(stored.attributes() & 7, 4, "zstd");
    assert_ne!(stored.records_section(), sent.records_section());
    let set = alter(&mut wire, &topic, "compression.type", "producer").await?;
    assert_eq!(set, 0);
    // The broker that took the config applies it a moment later.
    eventually("batches stay as they were sent", async || {
        let at = wire.write(&topic, &sent).await?;
        let read = wire.read(&topic, at, Isolation::Uncommitted).await?;
        Ok((read.batches[0].records_section() == sent.records_section()).then_some(()))
    })
    .await
}

async fn a_count_that_does_not_fit_the_offset_range_is_refused(version: Version) -> Result<()> {
    let (mut wire, topic) = fresh_topic(version, &[]).await?;
    let sound = Batch::of_values(0..3);
    for wrong in [sound.clone().with_last_offset_delta(5), sound.with_last_offset_delta(1)] {
        assert_eq!(wire.append(&topic, &wrong).await?, Appended::refused(code::INVALID_RECORD));
    }
    Ok(())
}

async fn uncompressed_inner_offsets_are_not_looked_at(version: Version) -> Result<()> {
    let (mut wire, topic) = fresh_topic(version, &[]).await?;
    // The second record of an uncompressed batch says offset delta 2 (zigzag 4) instead of 1: key -1,
    // value of one byte, no headers.
    let record = |delta: u8| [14_u8, 0, 0, delta, 1, 2, b'x', 0];
    let section = [record(0), record(4)].concat();
    let sound = Batch::of_values(["x", "x"]);
    assert_eq!(sound.records_section().len(), section.len());
    let mut bytes = sound.bytes().to_vec();
    bytes.truncate(61);
    bytes.extend_from_slice(&section);
    let crooked = Batch::split(bytes.into()).remove(0).with_count(2);
    assert_eq!(wire.append(&topic, &crooked).await?, Appended::at(0));
    assert_eq!(wire.log_end(&topic).await?, 2, "the header decides how far the log moves");
    let offsets: Vec<i64> =
        only_batch(&mut wire, &topic).await?.records().iter().map(|r| r.offset).collect();
    assert_eq!(offsets, [0, 2], "a reader sees an offset beyond the end of the batch");
    Ok(())
}

/// Sets one topic config and returns the error code.
pub(crate) async fn alter(wire: &mut Wire, topic: &str, key: &str, value: &str) -> Result<i16> {
    let config = AlterableConfig::default().with_name(text(key)).with_value(Some(text(value)));
    let resource = AlterConfigsResource::default()
        .with_resource_type(2)
        .with_resource_name(text(topic))
        .with_configs(vec![config]);
    let request = IncrementalAlterConfigsRequest::default().with_resources(vec![resource]);
    Ok(wire.call(&request).await?.responses[0].error_code)
}
