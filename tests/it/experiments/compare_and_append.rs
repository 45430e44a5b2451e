//! Exactly once with the log end as position: `DescribeProducers`, then `ListOffsets(-2)`, then
//! append with the next sequence, then check the offset of every acknowledgement.

use std::collections::VecDeque;

use anyhow::{Result, ensure};
use drawbridge_tests::{
    bed::{Cluster, three_brokers, unique},
    wire::{
        Appended, Isolation, Wire,
        batch::{Batch, Compression, Entry, now},
    },
};

use super::code;
use crate::support::{Version, eventually, fresh_topic};

on_each_version!(
    a_late_request_of_the_same_range_is_recognised_and_one_of_another_range_refused,
    two_writers_racing_from_the_same_end_never_shift_a_record,
    only_five_batches_back_are_recognised,
    once_producer_state_is_gone_a_late_request_is_appended_again,
    a_bumped_epoch_alone_does_not_fence_a_late_request,
    a_new_epoch_must_start_at_sequence_0,
    a_killed_leader_with_requests_in_flight_loses_and_repeats_nothing,
    a_frozen_leader_that_thaws_appends_none_of_its_late_requests,
);

/// Values that say at which offset they belong.
fn values(from: i64, count: i64) -> Batch {
    Batch::of_values(from..from + count)
}

/// What a writer learns before its first append: the sequence to use, then the offset to expect.
async fn open(wire: &mut Wire, topic: &str, producer: i64) -> Result<(i32, i64)> {
    let last = wire.last_sequence(topic, producer).await?;
    let end = wire.log_end(topic).await?;
    Ok((last.map_or(0, |last| last + 1), end))
}

/// Every record is at the offset it names, none is missing.
async fn check(wire: &mut Wire, topic: &str, at_least: i64) -> Result<()> {
    let seen = wire.consume(topic, Isolation::Uncommitted).await?;
    ensure!(i64::try_from(seen.len())? >= at_least, "only {} records", seen.len());
    for (expected, (offset, _, value)) in (0_i64..).zip(seen) {
        let value = value.unwrap_or_default();
        ensure!(offset == expected, "offset {offset} instead of {expected}");
        ensure!(value == expected.to_string(), "{value:?} at offset {offset}");
    }
    Ok(())
}

async fn a_late_request_of_the_same_range_is_recognised_and_one_of_another_range_refused(
    version: Version,
) -> Result<()> {
    let (mut wire, topic) = fresh_topic(version, &[]).await?;
    let (id, epoch) = wire.producer().await?;
    wire.write(&topic, &values(0, 3).by(id, epoch, 0)).await?;
    let (sequence, end) = open(&mut wire, &topic, id).await?;
    assert_eq!((sequence, end), (3, 3));
    let winner = values(3, 4).by(id, epoch, sequence);
    assert_eq!(wire.append(&topic, &winner).await?, Appended::at(3));
    let twin = wire.append(&topic, &winner).await?;
    assert_eq!(twin, Appended::at(3), "a duplicate: acknowledged with the old offset");
    let shorter = wire.append(&topic, &values(3, 2).by(id, epoch, sequence)).await?;
    assert_eq!(shorter, Appended::refused(code::OUT_OF_ORDER_SEQUENCE));
    let longer = wire.append(&topic, &values(3, 9).by(id, epoch, sequence)).await?;
    assert_eq!(longer, Appended::refused(code::OUT_OF_ORDER_SEQUENCE));
    let gap = wire.append(&topic, &values(8, 1).by(id, epoch, 8)).await?;
    assert_eq!(gap, Appended::refused(code::OUT_OF_ORDER_SEQUENCE));
    assert_eq!(wire.log_end(&topic).await?, 7);
    check(&mut wire, &topic, 7).await
}

async fn two_writers_racing_from_the_same_end_never_shift_a_record(version: Version) -> Result<()> {
    let (mut wire, topic) = fresh_topic(version, &[]).await?;
    let producer = wire.producer().await?;
    let address = crate::support::back_door(version).await?;
    let writer = async |step: i64| -> Result<(u32, u32)> {
        let mut wire = Wire::connect(&address).await?;
        let (mut won, mut lost) = (0, 0);
        while wire.log_end(&topic).await? < 400 {
            let (sequence, end) = open(&mut wire, &topic, producer.0).await?;
            let count = 1 + (end + step) % 4;
            let batch = values(end, count).by(producer.0, producer.1, sequence);
            let answer = wire.append(&topic, &batch).await?;
            if answer == Appended::at(end) {
                won += 1;
            } else {
                // Refused, or taken for a duplicate of what the other wrote: the offset tells.
                let duplicate = answer.error == 0 && answer.base_offset < end;
                let refused = answer.error == code::OUT_OF_ORDER_SEQUENCE;
                ensure!(duplicate || refused, "{answer:?} instead of {end}");
                lost += 1;
            }
        }
        Ok((won, lost))
    };
    let (one, two) = tokio::try_join!(writer(0), writer(1))?;
    assert!(one.1 + two.1 > 0, "{one:?} {two:?}: they never met, the race shows nothing");
    check(&mut wire, &topic, 400).await
}

async fn only_five_batches_back_are_recognised(version: Version) -> Result<()> {
    let (mut wire, topic) = fresh_topic(version, &[]).await?;
    let (id, epoch) = wire.producer().await?;
    let batch = |n: i32| values(i64::from(n), 1).by(id, epoch, n);
    for n in 0..7 {
        wire.write(&topic, &batch(n)).await?;
    }
    assert_eq!(wire.append(&topic, &batch(2)).await?, Appended::at(2));
    let sixth = wire.append(&topic, &batch(1)).await?;
    assert_eq!(sixth, Appended::refused(code::OUT_OF_ORDER_SEQUENCE));
    check(&mut wire, &topic, 7).await
}

async fn once_producer_state_is_gone_a_late_request_is_appended_again(
    version: Version,
) -> Result<()> {
    let (mut wire, topic) = fresh_topic(version, &[]).await?;
    let (id, epoch) = wire.producer().await?;
    let old = Entry::value(0).at(now() - 2 * 86_400_000);
    let batch = Batch::build(&[old], Compression::None).by(id, epoch, 0);
    assert_eq!(wire.append(&topic, &batch).await?, Appended::at(0));
    eventually("the state of a producer of old records expires", async || {
        Ok(wire.last_sequence(&topic, id).await?.is_none().then_some(()))
    })
    .await?;
    let twin = wire.append(&topic, &batch).await?;
    assert_eq!(twin, Appended::at(1), "a second copy, and the acknowledged offset tells");

    let (id, epoch) = wire.producer().await?;
    let young = Batch::build(&[Entry::value(0)], Compression::None).by(id, epoch, 0);
    wire.write(&topic, &young).await?;
    assert_eq!(wire.last_sequence(&topic, id).await?, Some(0), "state lives by the records' time");
    Ok(())
}

async fn a_bumped_epoch_alone_does_not_fence_a_late_request(version: Version) -> Result<()> {
    let (mut wire, topic) = fresh_topic(version, &[]).await?;
    let id = unique("writer");
    let old = wire.transactional_producer(&id).await?;
    wire.write(&topic, &values(0, 1).by(old.0, old.1, 0)).await?;
    let new = wire.transactional_producer(&id).await?;
    assert!(new.0 == old.0 && new.1 > old.1);
    let late = wire.append(&topic, &values(1, 1).by(old.0, old.1, 1)).await?;
    assert_eq!(late, Appended::at(1), "the partition has not seen the new epoch");
    wire.write(&topic, &values(2, 1).by(new.0, new.1, 0)).await?;
    let later = wire.append(&topic, &values(3, 1).by(old.0, old.1, 2)).await?;
    assert_eq!(later, Appended::refused(code::INVALID_PRODUCER_EPOCH));
    Ok(())
}

async fn a_new_epoch_must_start_at_sequence_0(version: Version) -> Result<()> {
    let (mut wire, topic) = fresh_topic(version, &[]).await?;
    let (id, epoch) = wire.producer().await?;
    wire.write(&topic, &values(0, 1).by(id, epoch, 0)).await?;
    let crooked = wire.append(&topic, &values(1, 1).by(id, epoch + 1, 1)).await?;
    assert_eq!(crooked, Appended::refused(code::OUT_OF_ORDER_SEQUENCE));
    assert_eq!(wire.append(&topic, &values(1, 1).by(id, epoch + 1, 0)).await?, Appended::at(1));
    Ok(())
}

/// The leader of partition 0, other than `not`, as a broker other than `not` sees it.
async fn leader(cluster: &Cluster, topic: &str, not: i32) -> Result<i32> {
    eventually("a leader is elected", async || {
        for broker in cluster.brokers().iter().filter(|b| b.pid().is_some() && b.id() != not) {
            let Ok(mut wire) = Wire::connect(broker.address()).await else { continue };
            let seen = wire.topic(topic).await?;
            let leader = seen.partitions.first().map_or(-1, |partition| partition.leader_id.0);
            if leader >= 0 && leader != not {
                return Ok(Some(leader));
            }
        }
        Ok(None)
    })
    .await
}

/// Three replicas, two of which must have a record before it is acknowledged.
async fn replicated(cluster: &Cluster) -> Result<String> {
    let topic = unique("replicated");
    let mut wire = Wire::connect(cluster.broker(1).address()).await?;
    wire.create_topic(&topic, 1, 3, &[("min.insync.replicas", "2")]).await?;
    Ok(topic)
}

/// Appends with five requests in flight until the log has grown by `records`, as the engine would:
/// every acknowledged offset is checked, and any error means to look for the leader and its state
/// again. Leaves up to five requests unanswered and returns the connection with what would come next.
async fn pipeline(
    cluster: &Cluster,
    topic: &str,
    producer: (i64, i16),
    not: i32,
    records: i64,
) -> Result<(i32, Wire, Batch)> {
    let mut target = None;
    'open: loop {
        let leader = leader(cluster, topic, not).await?;
        let Ok(mut wire) = Wire::connect(cluster.broker(leader).address()).await else { continue };
        let Ok((mut sequence, mut end)) = open(&mut wire, topic, producer.0).await else {
            tokio::time::sleep(std::time::Duration::from_millis(100)).await;
            continue;
        };
        let target = *target.get_or_insert(end + records);
        let mut expected = VecDeque::new();
        for n in 0.. {
            let count = 1 + n % 7;
            wire.send_append(topic, &values(end, count).by(producer.0, producer.1, sequence))
                .await?;
            expected.push_back(end);
            end += count;
            sequence += i32::try_from(count)?;
            if expected.len() > 5 {
                let answer = wire.appended().await?;
                if answer.error != 0 {
                    continue 'open;
                }
                let offset = expected.pop_front();
                ensure!(Some(answer.base_offset) == offset, "{answer:?} instead of {offset:?}");
                if answer.base_offset >= target {
                    let next = values(end, 3).by(producer.0, producer.1, sequence);
                    return Ok((leader, wire, next));
                }
            }
        }
    }
}

async fn a_killed_leader_with_requests_in_flight_loses_and_repeats_nothing(
    version: Version,
) -> Result<()> {
    let cluster = three_brokers(version).await?;
    let topic = replicated(&cluster).await?;
    let producer = Wire::connect(cluster.broker(1).address()).await?.producer().await?;
    let (first, cut, _) = pipeline(&cluster, &topic, producer, -1, 800).await?;
    cluster.broker(first).kill().await?;
    drop(cut);
    let (second, ..) = pipeline(&cluster, &topic, producer, first, 800).await?;
    cluster.broker(first).start().await?;
    let mut wire = Wire::connect(cluster.broker(second).address()).await?;
    check(&mut wire, &topic, 1600).await
}

async fn a_frozen_leader_that_thaws_appends_none_of_its_late_requests(
    version: Version,
) -> Result<()> {
    let cluster = three_brokers(version).await?;
    let topic = replicated(&cluster).await?;
    let producer = Wire::connect(cluster.broker(1).address()).await?.producer().await?;
    let (first, mut late, next) = pipeline(&cluster, &topic, producer, -1, 200).await?;
    cluster.broker(first).freeze()?;
    // The kernel takes the bytes; the broker sees them when it thaws and may still think it leads.
    late.send_append(&topic, &next).await?;
    let (second, ..) = pipeline(&cluster, &topic, producer, first, 200).await?;
    cluster.broker(first).thaw()?;
    for _ in 0..5 {
        late.appended().await?;
    }
    let answer = late.appended().await?;
    assert_ne!(answer.error, 0, "nothing may be acknowledged by a leader that is none");
    cluster.settled().await?;
    let mut wire = Wire::connect(cluster.broker(second).address()).await?;
    check(&mut wire, &topic, 400).await
}
