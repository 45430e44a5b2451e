//! Transaction markers as a way to move the log end past an offset no consumer may see.

use anyhow::Result;
use drawbridge_tests::{
    bed::{Door, gallery, unique},
    wire::{
        Appended, Isolation, Wire,
        admin::text,
        batch::{Batch, Compression, Entry, bits, now},
    },
};
use kafka_protocol::messages::{CreateAclsRequest, create_acls_request::AclCreation};

use super::code;
use crate::support::{Version, eventually, fresh_topic};

on_each_version!(
    a_marker_of_a_foreign_producer_fills_one_offset_that_nobody_sees,
    many_markers_fit_in_one_request_and_keep_their_order,
    a_marker_does_not_touch_an_open_transaction_of_somebody_else,
    an_older_marker_epoch_is_refused,
    data_of_a_producer_whose_first_act_was_a_marker_must_start_at_sequence_0,
    alter_on_the_cluster_suffices_for_markers,
    an_empty_transaction_leaves_a_marker,
    markers_in_a_compacted_topic_keep_the_offsets_of_the_data,
    committed_and_aborted_data_look_as_the_engine_expects,
);

async fn a_marker_of_a_foreign_producer_fills_one_offset_that_nobody_sees(
    version: Version,
) -> Result<()> {
    let (mut wire, topic) = fresh_topic(version, &[]).await?;
    wire.write(&topic, &Batch::of_values(["before"])).await?;
    for (n, commit) in [true, false].into_iter().enumerate() {
        let foreign = 4_000_000_000 + i64::try_from(n)?;
        assert_eq!(wire.write_markers(&topic, &[(foreign, 0, commit)]).await?, [0]);
        let end = 2 + i64::try_from(n)?;
        assert_eq!(wire.log_end(&topic).await?, end, "one offset further");
        let read = wire.read(&topic, end - 1, Isolation::Committed).await?;
        assert_eq!(read.partition.high_watermark, end);
        assert_eq!(read.partition.last_stable_offset, end, "the last stable offset moves with it");
        assert!(read.partition.aborted_transactions.unwrap_or_default().is_empty());
        assert!(read.batches[0].has(bits::CONTROL) && read.batches[0].count() == 1);
    }
    wire.write(&topic, &Batch::of_values(["after"])).await?;
    for isolation in [Isolation::Committed, Isolation::Uncommitted] {
        let seen = wire.consume(&topic, isolation).await?;
        let offsets: Vec<i64> = seen.iter().map(|(offset, ..)| *offset).collect();
        assert_eq!(offsets, [0, 3]);
    }
    Ok(())
}

async fn many_markers_fit_in_one_request_and_keep_their_order(version: Version) -> Result<()> {
    let (mut wire, topic) = fresh_topic(version, &[]).await?;
    let markers: Vec<(i64, i16, bool)> = (0..200).map(|n| (5_000_000_000, 0, n % 3 == 0)).collect();
    let codes = wire.write_markers(&topic, &markers).await?;
    assert!(codes.iter().all(|code| *code == 0));
    assert_eq!(wire.log_end(&topic).await?, 200, "200 markers of one producer id, 200 offsets");
    let commits: Vec<bool> = wire
        .read_all(&topic, Isolation::Uncommitted)
        .await?
        .iter()
        // The key of a marker: version i16, type i16, 1 is COMMIT.
        .map(|batch| batch.records()[0].key.as_ref().is_some_and(|key| key[3] == 1))
        .collect();
    let wanted: Vec<bool> = markers.iter().map(|(.., commit)| *commit).collect();
    assert_eq!(commits, wanted);
    Ok(())
}

async fn a_marker_does_not_touch_an_open_transaction_of_somebody_else(
    version: Version,
) -> Result<()> {
    let (mut wire, topic) = fresh_topic(version, &[]).await?;
    let id = unique("transaction");
    let producer = wire.transactional_producer(&id).await?;
    wire.add_to_transaction(&id, producer, &topic).await?;
    let batch =
        Batch::of_values(["open"]).by(producer.0, producer.1, 0).with_bit(bits::TRANSACTIONAL);
    let open = wire.append_bytes(&topic, batch.bytes(), -1, Some(&id)).await?;
    assert_eq!(open, Appended::at(0));
    wire.write_markers(&topic, &[(6_000_000_000, 0, true)]).await?;
    let read = wire.read(&topic, 0, Isolation::Committed).await?;
    assert_eq!(read.partition.last_stable_offset, 0, "still held by the open transaction");
    wire.end_transaction(&id, producer, true).await?;
    eventually("the transaction ends", async || {
        let read = wire.read(&topic, 0, Isolation::Committed).await?;
        Ok((read.partition.last_stable_offset == 3).then_some(()))
    })
    .await?;
    Ok(())
}

async fn an_older_marker_epoch_is_refused(version: Version) -> Result<()> {
    let (mut wire, topic) = fresh_topic(version, &[]).await?;
    assert_eq!(wire.write_markers(&topic, &[(7_000_000_000, 5, true)]).await?, [0]);
    let older = wire.write_markers(&topic, &[(7_000_000_000, 4, true)]).await?;
    assert_eq!(older, [code::INVALID_PRODUCER_EPOCH]);
    let same_and_newer = wire.write_markers(&topic, &[(7_000_000_000, 5, true)]).await?;
    assert_eq!(same_and_newer, [0]);
    // An error and a success of one producer id in one request: the answer has one entry per id.
    let mixed = [(7_000_000_000, 3, true), (7_000_000_000, 5, true)];
    let codes = wire.write_markers(&topic, &mixed).await?;
    assert_eq!(codes, [0], "and it hides the refusal");
    assert_eq!(wire.log_end(&topic).await?, 3, "one of the two was appended");
    Ok(())
}

async fn data_of_a_producer_whose_first_act_was_a_marker_must_start_at_sequence_0(
    version: Version,
) -> Result<()> {
    let (mut wire, topic) = fresh_topic(version, &[]).await?;
    let (id, epoch) = wire.producer().await?;
    wire.write_markers(&topic, &[(id, epoch, true)]).await?;
    let late = Batch::of_values(["x"]).by(id, epoch, 500);
    let answer = wire.append(&topic, &late).await?;
    assert_eq!(answer, Appended::refused(code::OUT_OF_ORDER_SEQUENCE));
    let first = Batch::of_values(["x"]).by(id, epoch, 0);
    assert_eq!(wire.append(&topic, &first).await?, Appended::at(1));
    Ok(())
}

async fn alter_on_the_cluster_suffices_for_markers(version: Version) -> Result<()> {
    let cluster = gallery(version).await?;
    let (mut wire, topic) = fresh_topic(version, &[]).await?;
    let door = cluster.bootstrap_of(Door::SaslPlain);
    let mut carol = Wire::login(&door, "carol", "carol-secret").await?;
    let markers = [(8_000_000_000, 0, true)];
    let refused = carol.write_markers(&topic, &markers).await?;
    assert_eq!(refused, [code::CLUSTER_AUTHORIZATION_FAILED]);
    assert_eq!(wire.log_end(&topic).await?, 0);

    let rule = AclCreation::default()
        .with_resource_type(4)
        .with_resource_name(text("kafka-cluster"))
        .with_resource_pattern_type(3)
        .with_principal(text("User:carol"))
        .with_host(text("*"))
        .with_operation(7)
        .with_permission_type(3);
    let answer = wire.call(&CreateAclsRequest::default().with_creations(vec![rule])).await?;
    assert_eq!(answer.results[0].error_code, 0);
    eventually("ALTER on the cluster lets markers through", async || {
        let mut carol = Wire::login(&door, "carol", "carol-secret").await?;
        let codes = carol.write_markers(&topic, &markers).await;
        Ok(codes.is_ok_and(|codes| codes == [0]).then_some(()))
    })
    .await?;
    assert_eq!(wire.log_end(&topic).await?, 1);
    Ok(())
}

async fn an_empty_transaction_leaves_a_marker(version: Version) -> Result<()> {
    let (mut wire, topic) = fresh_topic(version, &[]).await?;
    let id = unique("transaction");
    let producer = wire.transactional_producer(&id).await?;
    for end in 1..=3 {
        wire.add_to_transaction(&id, producer, &topic).await?;
        wire.end_transaction(&id, producer, true).await?;
        eventually("the marker arrives", async || {
            Ok((wire.log_end(&topic).await? >= end).then_some(()))
        })
        .await?;
        assert_eq!(wire.log_end(&topic).await?, end, "one marker per transaction");
    }
    assert!(wire.consume(&topic, Isolation::Uncommitted).await?.is_empty());
    Ok(())
}

async fn markers_in_a_compacted_topic_keep_the_offsets_of_the_data(version: Version) -> Result<()> {
    let configs = [
        ("cleanup.policy", "compact"),
        ("segment.ms", "60000"),
        ("min.cleanable.dirty.ratio", "0.001"),
        ("max.compaction.lag.ms", "1"),
        ("delete.retention.ms", "0"),
    ];
    let (mut wire, topic) = fresh_topic(version, &configs).await?;
    let keyed = |key: &str, value: &str| {
        Batch::build(&[Entry::new(Some(key), Some(value)).at(now())], Compression::None)
    };
    wire.write(&topic, &keyed("a", "old")).await?;
    wire.write_markers(&topic, &[(9_000_000_000, 0, true), (9_000_000_000, 0, true)]).await?;
    assert_eq!(wire.append(&topic, &keyed("a", "new")).await?, Appended::at(3));
    let later = Entry::new(Some("roll"), Some("roll")).at(now() + 120_000);
    let rolled = wire.append(&topic, &Batch::build(&[later], Compression::None)).await?;
    assert_eq!(rolled, Appended::at(4));
    let offsets = eventually("the old value is cleaned away", async || {
        let seen = wire.consume(&topic, Isolation::Committed).await?;
        Ok((seen.len() == 2).then(|| seen.iter().map(|(offset, ..)| *offset).collect::<Vec<_>>()))
    })
    .await?;
    assert_eq!(offsets, [3, 4]);
    assert_eq!(wire.log_end(&topic).await?, 5);
    let left = wire.read_all(&topic, Isolation::Uncommitted).await?;
    let data: Vec<i64> =
        left.iter().filter(|batch| !batch.has(bits::CONTROL)).map(Batch::base_offset).collect();
    assert_eq!(data, [3, 4]);
    let last_marker = left.iter().rfind(|batch| batch.has(bits::CONTROL)).map(Batch::base_offset);
    assert_eq!(last_marker, Some(2), "the producer's last marker stays");
    Ok(())
}

async fn committed_and_aborted_data_look_as_the_engine_expects(version: Version) -> Result<()> {
    let (mut wire, topic) = fresh_topic(version, &[]).await?;
    let id = unique("transaction");
    let producer = wire.transactional_producer(&id).await?;
    let mut next = 0;
    for (commit, word) in [(true, "kept"), (false, "gone"), (true, "kept too")] {
        wire.add_to_transaction(&id, producer, &topic).await?;
        let batch = Batch::of_values([word, word])
            .by(producer.0, producer.1, next)
            .with_bit(bits::TRANSACTIONAL);
        let answer = wire.append_bytes(&topic, batch.bytes(), -1, Some(&id)).await?;
        assert_eq!(answer.error, 0, "{word}");
        wire.end_transaction(&id, producer, commit).await?;
        let end = answer.base_offset + 3;
        eventually("the marker arrives", async || {
            Ok((wire.log_end(&topic).await? == end).then_some(()))
        })
        .await?;
        next += 2;
        let known = wire.producers(&topic).await?;
        let state = known.iter().find(|p| p.producer_id.0 == producer.0).expect("its state");
        assert_eq!(state.producer_epoch, i32::from(producer.1), "no transactions version 2 here");
    }
    let read = wire.read(&topic, 0, Isolation::Committed).await?;
    let aborted = read.partition.aborted_transactions.unwrap_or_default();
    assert_eq!(aborted.len(), 1);
    assert_eq!((aborted[0].producer_id.0, aborted[0].first_offset), (producer.0, 3));
    let control: Vec<i64> = read
        .batches
        .iter()
        .filter(|batch| batch.has(bits::CONTROL))
        .map(Batch::base_offset)
        .collect();
    assert_eq!(control, [2, 5, 8], "markers are in the bytes a consumer gets");
    Ok(())
}
