//! How a reader learns that the log it follows was cut.

use anyhow::Result;
use drawbridge_tests::{
    bed::{three_brokers, unique},
    wire::{Appended, Isolation, Wire, batch::Batch},
};
use kafka_protocol::messages::fetch_request::FetchPartition;

use super::log_end::create;
use crate::support::{Version, eventually};

/// NOT_LEADER_OR_FOLLOWER.
const NOT_LEADER: i16 = 6;

on_each_version!(a_consumer_is_told_where_its_log_diverged_after_an_unclean_election);

async fn a_consumer_is_told_where_its_log_diverged_after_an_unclean_election(
    version: Version,
) -> Result<()> {
    let cluster = three_brokers(version).await?;
    let topic = unique("cut");
    let mut wire = Wire::connect(cluster.broker(1).address()).await?;
    let unclean = [("unclean.leader.election.enable", "true"), ("min.insync.replicas", "1")];
    create(&mut wire, &topic, &[1, 2], &unclean).await?;
    // The broker may hear that the topic exists before it hears that it leads it.
    let appended = eventually("the broker leads the new topic", async || {
        let appended = wire.append(&topic, &Batch::of_values(0..5)).await?;
        Ok((appended != Appended::refused(NOT_LEADER)).then_some(appended))
    })
    .await?;
    assert_eq!(appended, Appended::at(0));

    cluster.broker(2).kill().await?;
    eventually("the follower leaves the in-sync set", async || {
        Ok((wire.topic(&topic).await?.partitions[0].isr_nodes.len() == 1).then_some(()))
    })
    .await?;
    assert_eq!(wire.append(&topic, &Batch::of_values(5..9)).await?, Appended::at(5));
    let read = wire.read(&topic, 5, Isolation::Uncommitted).await?;
    let read_epoch = read.batches[0].leader_epoch();
    assert_eq!(read.partition.high_watermark, 9, "a consumer may read what will be lost");
    cluster.broker(1).kill().await?;
    cluster.broker(2).start().await?;

    let mut wire = Wire::connect(cluster.broker(2).address()).await?;
    let epoch = eventually("the follower leads", async || {
        let partition = wire.topic(&topic).await?.partitions.remove(0);
        Ok((partition.leader_id.0 == 2).then_some(partition.leader_epoch))
    })
    .await?;
    assert!(epoch > read_epoch);
    assert_eq!(wire.log_end(&topic).await?, 5, "four acknowledged records are gone");
    let answer = eventually("the new leader takes a record", async || {
        let answer = wire.append(&topic, &Batch::of_values(["new", "line"])).await?;
        Ok((answer.error == 0).then_some(answer))
    })
    .await?;
    assert_eq!(answer, Appended::at(5));

    // A reader that had offset 8 of the old line asks for 9; one that knows no epoch asks for 6.
    let at = |offset, epoch| {
        FetchPartition::default().with_fetch_offset(offset).with_last_fetched_epoch(epoch)
    };
    let told = wire.fetch(&topic, at(9, read_epoch), Isolation::Committed).await?.partition;
    assert_eq!(told.error_code, 0);
    assert_eq!((told.diverging_epoch.epoch, told.diverging_epoch.end_offset), (read_epoch, 5));
    let told = wire.fetch(&topic, at(6, read_epoch), Isolation::Committed).await?.partition;
    assert_eq!((told.diverging_epoch.epoch, told.diverging_epoch.end_offset), (read_epoch, 5));
    let silent = wire.fetch(&topic, at(6, -1), Isolation::Committed).await?;
    assert_eq!((silent.partition.error_code, silent.partition.diverging_epoch.epoch), (0, -1));
    assert!(!silent.batches.is_empty(), "without an epoch the reader goes on as if nothing were");
    assert_eq!(wire.epoch_end(&topic, read_epoch).await?, (read_epoch, 5));
    cluster.broker(1).start().await
}
