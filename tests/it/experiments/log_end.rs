//! What `ListOffsets` tells whom while a follower is behind.

use std::time::Duration;

use anyhow::{Context, Result};
use drawbridge_tests::{
    bed::{three_brokers, unique},
    wire::{Wire, admin::topic_name, batch::Batch},
};
use kafka_protocol::messages::{
    CreateTopicsRequest,
    create_topics_request::{CreatableReplicaAssignment, CreatableTopic},
};

use crate::support::{Version, eventually};

on_each_version!(a_replica_of_minus_2_is_told_the_log_end_above_the_high_watermark);

async fn a_replica_of_minus_2_is_told_the_log_end_above_the_high_watermark(
    version: Version,
) -> Result<()> {
    let cluster = three_brokers(version).await?;
    let topic = unique("behind");
    let mut wire = Wire::connect(cluster.broker(1).address()).await?;
    pinned(&mut wire, &topic, &[1, 2]).await?;
    let (id, epoch) = wire.producer().await?;
    wire.write(&topic, &Batch::of_values(0..3).by(id, epoch, 0)).await?;
    eventually("the high watermark is there", async || {
        Ok((wire.latest(&topic).await? == 3).then_some(()))
    })
    .await?;

    cluster.broker(2).freeze()?;
    let answer = wire.append_to_leader(&topic, &Batch::of_values(3..8).by(id, epoch, 3)).await?;
    assert_eq!((answer.error, answer.base_offset), (0, 3));
    assert_eq!(wire.latest(&topic).await?, 3, "a consumer is told the high watermark");
    for replica in [-2, 3] {
        let told = wire.offset(&topic, -1, replica).await?;
        assert_eq!((told.error_code, told.offset), (0, 8));
    }
    let last = wire.last_sequence(&topic, id).await?;
    assert_eq!(last, Some(7), "DescribeProducers knows what is not replicated yet");
    cluster.broker(2).thaw()?;
    eventually("the follower catches up", async || {
        Ok((wire.latest(&topic).await? == 8).then_some(()))
    })
    .await
}

/// Creates a topic of one partition on these brokers, the first of which leads.
pub(super) async fn pinned(wire: &mut Wire, topic: &str, brokers: &[i32]) -> Result<()> {
    create(wire, topic, brokers, &[]).await
}

/// As [`pinned`], with configs.
pub(super) async fn create(
    wire: &mut Wire,
    topic: &str,
    brokers: &[i32],
    configs: &[(&str, &str)],
) -> Result<()> {
    use drawbridge_tests::wire::admin::text;
    use kafka_protocol::messages::create_topics_request::CreatableTopicConfig;
    let assignment = CreatableReplicaAssignment::default()
        .with_partition_index(0)
        .with_broker_ids(brokers.iter().map(|id| (*id).into()).collect());
    let configs = configs
        .iter()
        .map(|(key, value)| {
            CreatableTopicConfig::default().with_name(text(key)).with_value(Some(text(value)))
        })
        .collect();
    let wanted = CreatableTopic::default()
        .with_name(topic_name(topic))
        .with_num_partitions(-1)
        .with_replication_factor(-1)
        .with_assignments(vec![assignment])
        .with_configs(configs);
    let request = CreateTopicsRequest::default().with_topics(vec![wanted]).with_timeout_ms(30_000);
    let answer = wire.call(&request).await?;
    let error = answer.topics.first().context("an answer")?;
    anyhow::ensure!(error.error_code == 0, "{:?}", error.error_message);
    tokio::time::timeout(Duration::from_secs(30), async {
        loop {
            let seen = wire.topic(topic).await?;
            if seen
                .partitions
                .first()
                .is_some_and(|p| p.leader_id.0 == brokers[0] && p.isr_nodes.len() == brokers.len())
            {
                return Ok(());
            }
            tokio::time::sleep(Duration::from_millis(20)).await;
        }
    })
    .await?
}
