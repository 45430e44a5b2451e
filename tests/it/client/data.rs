//! Raw fetch and produce.

use anyhow::Result;
use bytes::Bytes;
use drawbridge_kafka::{
    Client, Error, ErrorCode,
    admin::offsets::Isolation,
    data::{
        fetch::{FetchPartition, FetchRequest, FetchSession, FetchedPartition},
        produce::{Acks, BatchParts, ProducePartition, ProduceRequest, ProducedPartition},
    },
};
use drawbridge_tests::{
    bed::{Door, gallery},
    wire::{
        batch::{Batch, Compression, Entry, bits},
        {self},
    },
};

use futures_util::future::join_all;

use super::client;
use crate::support::{Version, fresh_topic};

on_each_version!(
    what_is_produced_in_pieces_is_fetched_byte_for_byte,
    a_fetch_session_returns_only_news,
    a_refused_batch_is_told_per_partition,
    a_wrong_leader_epoch_and_an_offset_out_of_range_are_told_per_partition,
    aborted_transactions_come_with_a_committed_read,
    twenty_produce_requests_in_flight_keep_their_order,
    batches_of_many_megabytes_pass,
);

/// One batch for partition 0, its records cut into `pieces`.
fn write(topic: &str, batch: &Batch, pieces: usize) -> ProduceRequest {
    let bytes = batch.bytes();
    let records = bytes.slice(61..);
    let size = records.len().div_ceil(pieces).max(1);
    let records = (0..records.len())
        .step_by(size)
        .map(|at| records.slice(at..(at + size).min(records.len())))
        .collect();
    let parts = BatchParts { header: bytes.slice(..61), records };
    ProduceRequest {
        acks: Acks::All,
        timeout: std::time::Duration::from_secs(30),
        transactional_id: None,
        partitions: vec![ProducePartition {
            topic: topic.to_owned(),
            topic_id: None,
            partition: 0,
            batch: parts,
        }],
    }
}

async fn produce(client: &Client, topic: &str, batch: &Batch) -> Result<ProducedPartition> {
    Ok(client.produce(1, 0, &write(topic, batch, 3)).await?.remove(0))
}

fn at(topic: &str, offset: i64) -> FetchPartition {
    FetchPartition {
        topic: topic.to_owned(),
        topic_id: None,
        partition: 0,
        offset,
        max_bytes: 64 << 20,
        current_leader_epoch: -1,
        last_fetched_epoch: -1,
    }
}

async fn fetch(client: &Client, partition: FetchPartition) -> Result<FetchedPartition> {
    let request = FetchRequest {
        partitions: vec![partition],
        max_bytes: 64 << 20,
        isolation: Isolation::ReadCommitted,
        ..FetchRequest::default()
    };
    let mut answer = client.fetch(1, 0, &request).await?;
    assert!(answer.error.is_none(), "{:?}", answer.error);
    Ok(answer.partitions.remove(0))
}

async fn what_is_produced_in_pieces_is_fetched_byte_for_byte(version: Version) -> Result<()> {
    use Compression::{Gzip, Lz4, None, Snappy, Zstd};
    let cluster = gallery(version).await?;
    for door in [Door::Plain, Door::Scram, Door::SaslSsl, Door::Mtls] {
        let client = client(cluster, door, "admin")?;
        let topic = fresh_topic(version, &[]).await?.1;
        let mut offset = 0;
        for codec in [None, Gzip, Snappy, Lz4, Zstd] {
            let entries: Vec<Entry> = (0..100)
                .map(|n| {
                    Entry::new(Some(&n.to_string()), Some(&"v".repeat(n))).header("h", Some("x"))
                })
                .collect();
            let batch = Batch::build(&entries, codec);
            let answer = produce(&client, &topic, &batch).await?;
            assert_eq!((answer.error, answer.base_offset), (Option::None, offset));
            let found = fetch(&client, at(&topic, offset)).await?;
            assert_eq!(
                (found.high_watermark, found.last_stable_offset),
                (offset + 100, offset + 100)
            );
            let stored = Batch::split(found.records).remove(0);
            assert_eq!(stored.records_section(), batch.records_section(), "{door:?} {codec:?}");
            offset += 100;
        }
        // Through topic ids as well.
        let id = client.leader(&topic, 0).await?.topic_id;
        let by_id =
            fetch(&client, FetchPartition { topic_id: Some(id), ..at(&topic, 200) }).await?;
        assert_eq!(by_id.topic, topic);
        assert_eq!(Batch::split(by_id.records).len(), 3);
    }
    Ok(())
}

async fn a_fetch_session_returns_only_news(version: Version) -> Result<()> {
    let client = client(gallery(version).await?, Door::Plain, "admin")?;
    let (mut wire, one) = fresh_topic(version, &[]).await?;
    let two = fresh_topic(version, &[]).await?.1;
    let ask = async |session, partitions, forgotten| {
        let request = FetchRequest {
            session,
            partitions,
            forgotten,
            max_wait: std::time::Duration::from_millis(50),
            ..FetchRequest::default()
        };
        client.fetch(1, 0, &request).await
    };
    let opened = ask(FetchSession::NEW_BY_NAME, vec![at(&one, 0), at(&two, 0)], vec![]).await?;
    assert!(opened.session_id > 0 && opened.error.is_none());
    let session = FetchSession::NEW_BY_NAME.next(opened.session_id);
    let nothing = ask(session, vec![], vec![]).await?;
    assert_eq!((nothing.error, nothing.partitions), (None, vec![]), "no news");
    wire.write(&two, &Batch::of_values(0..3)).await?;
    let session = session.next(opened.session_id);
    let news = ask(session, vec![], vec![]).await?;
    let names: Vec<&str> = news.partitions.iter().map(|p| p.topic.as_str()).collect();
    assert_eq!(names, [two.as_str()]);
    wire.write(&two, &Batch::of_values(3..6)).await?;
    let session = session.next(opened.session_id);
    let quiet = ask(session, vec![], vec![at(&two, 3)]).await?;
    assert!(quiet.partitions.is_empty(), "a forgotten partition has no news");
    let stale = ask(session, vec![], vec![]).await?;
    let code = stale.error.as_ref().and_then(drawbridge_kafka::Error::code);
    assert_eq!(code, Some(ErrorCode::INVALID_FETCH_SESSION_EPOCH));
    let mixed = ask(FetchSession::NEW, vec![at(&one, 0)], vec![]).await;
    assert!(matches!(mixed, Err(Error::InvalidRequest { .. })), "{mixed:?}");
    Ok(())
}

async fn a_refused_batch_is_told_per_partition(version: Version) -> Result<()> {
    let client = client(gallery(version).await?, Door::Plain, "admin")?;
    let topic = fresh_topic(version, &[("cleanup.policy", "compact")]).await?.1;
    let answer = produce(&client, &topic, &Batch::of_values(["no key"])).await?;
    assert_eq!(answer.base_offset, -1);
    let error = answer.error.unwrap();
    assert_eq!(error.code(), Some(ErrorCode(87)));
    assert!(error.to_string().contains(&topic), "{error}");
    assert!(!answer.record_errors.is_empty() || error.to_string().contains("key"), "{error}");

    let (id, epoch) = (client.init_producer_id(None).await?.id, 0);
    let topic = fresh_topic(version, &[]).await?.1;
    let first = Batch::of_values([0]).by(id, epoch, 0);
    assert_eq!(produce(&client, &topic, &first).await?.base_offset, 0);
    let gap = produce(&client, &topic, &Batch::of_values([2]).by(id, epoch, 2)).await?;
    let code = gap.error.unwrap().code();
    assert_eq!(code, Some(ErrorCode::OUT_OF_ORDER_SEQUENCE_NUMBER));
    Ok(())
}

async fn a_wrong_leader_epoch_and_an_offset_out_of_range_are_told_per_partition(
    version: Version,
) -> Result<()> {
    let client = client(gallery(version).await?, Door::Plain, "admin")?;
    let topic = fresh_topic(version, &[]).await?.1;
    let code = |found: FetchedPartition| found.error.unwrap().code();
    let beyond = fetch(&client, at(&topic, 17)).await?;
    assert_eq!(code(beyond), Some(ErrorCode::OFFSET_OUT_OF_RANGE));
    let newer = FetchPartition { current_leader_epoch: 9, ..at(&topic, 0) };
    assert_eq!(code(fetch(&client, newer).await?), Some(ErrorCode::UNKNOWN_LEADER_EPOCH));
    Ok(())
}

async fn aborted_transactions_come_with_a_committed_read(version: Version) -> Result<()> {
    let client = client(gallery(version).await?, Door::Plain, "admin")?;
    let (mut wire, topic) = fresh_topic(version, &[]).await?;
    let id = drawbridge_tests::bed::unique("transaction");
    let producer = wire.transactional_producer(&id).await?;
    wire.add_to_transaction(&id, producer, &topic).await?;
    let batch =
        Batch::of_values(["gone"]).by(producer.0, producer.1, 0).with_bit(bits::TRANSACTIONAL);
    wire.append_bytes(&topic, batch.bytes(), -1, Some(&id)).await?;
    let open = fetch(&client, at(&topic, 0)).await?;
    assert_eq!((open.last_stable_offset, open.high_watermark), (0, 1));
    assert!(open.records.is_empty(), "nothing undecided is read");
    wire.end_transaction(&id, producer, false).await?;
    let found = crate::support::eventually("the transaction is decided", async || {
        Ok(Some(fetch(&client, at(&topic, 0)).await?).filter(|f| f.last_stable_offset == 2))
    })
    .await?;
    assert_eq!(found.aborted.len(), 1);
    assert_eq!((found.aborted[0].producer_id, found.aborted[0].first_offset), (producer.0, 0));
    assert_eq!(Batch::split(found.records).len(), 2, "the data and its marker are both there");
    Ok(())
}

async fn twenty_produce_requests_in_flight_keep_their_order(version: Version) -> Result<()> {
    let client = client(gallery(version).await?, Door::SaslSsl, "admin")?;
    let (mut wire, topic) = fresh_topic(version, &[]).await?;
    let requests: Vec<ProduceRequest> =
        (0..20).map(|n| write(&topic, &Batch::of_values([n]), 1)).collect();
    // Polled in this order before the first is answered.
    let answers = join_all(requests.iter().map(|request| client.produce(1, 3, request))).await;
    for (expected, answer) in (0..).zip(answers) {
        assert_eq!(answer?[0].base_offset, expected);
    }
    let seen = wire.consume(&topic, wire::Isolation::Uncommitted).await?;
    for (expected, (_, _, value)) in seen.into_iter().enumerate() {
        assert_eq!(value, Some(Bytes::from(expected.to_string())));
    }
    Ok(())
}

async fn batches_of_many_megabytes_pass(version: Version) -> Result<()> {
    let client = client(gallery(version).await?, Door::SaslSsl, "admin")?;
    let topic = fresh_topic(version, &[("max.message.bytes", "33554432")]).await?.1;
    let batch = Batch::build(&[Entry::new(None, Some(&"m".repeat(20 << 20)))], Compression::None);
    assert_eq!(produce(&client, &topic, &batch).await?.error, None);
    let stored = Batch::split(fetch(&client, at(&topic, 0)).await?.records).remove(0);
    assert_eq!(stored.records_section(), batch.records_section());
    let huge = Batch::build(&[Entry::new(None, Some(&"m".repeat(34 << 20)))], Compression::None);
    let refused = produce(&client, &topic, &huge).await?;
    assert_eq!(refused.error.unwrap().code(), Some(ErrorCode(10)), "RECORD_TOO_LARGE");
    Ok(())
}
