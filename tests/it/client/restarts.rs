//! One client over the life of brokers that stop, die and come back.

use std::time::Duration;

use anyhow::{Result, ensure};
use drawbridge_kafka::{
    Client,
    admin::{
        TopicPartition,
        offsets::{Isolation, OffsetSpec},
        topics::NewTopic,
    },
    data::produce::{Acks, BatchParts, ProducePartition, ProduceRequest},
};
use drawbridge_tests::{
    bed::{Door, Kafka, three_brokers, unique},
    wire::{Isolation as See, Wire, batch::Batch},
};

use super::{client, only};
use crate::support::{Version, eventually};

on_each_version!(
    a_client_survives_the_restart_of_the_only_broker,
    a_client_survives_a_rolling_restart_with_every_call_and_append,
    a_client_survives_a_killed_leader,
);

async fn a_client_survives_the_restart_of_the_only_broker(version: Version) -> Result<()> {
    let cluster = Kafka::scram(version).start().await?;
    let client = client(&cluster, Door::Scram, "admin")?;
    assert_eq!(client.describe_cluster().await?.cluster_id, cluster.id());
    cluster.broker(1).stop().await?;
    let brief = client.with_deadline(Duration::from_secs(2));
    let error = brief.describe_cluster().await.expect_err("nobody is there");
    ensure!(error.is_retriable(), "{error:?}");
    cluster.broker(1).start().await?;
    assert_eq!(client.describe_cluster().await?.cluster_id, cluster.id());
    Ok(())
}

async fn create(client: &Client, replicas: i16) -> Result<String> {
    let topic = unique("topic");
    let wanted = NewTopic {
        name: topic.clone(),
        partitions: Some(1),
        replication_factor: Some(replicas),
        configs: vec![("min.insync.replicas".to_owned(), "2".to_owned())],
        ..NewTopic::default()
    };
    only::<_, _, anyhow::Error>(client.create_topics(&[wanted], false).await?)??;
    Ok(topic)
}

/// Appends one record until it is acknowledged, looking for the leader anew after every failure. The
/// sequence makes repetitions harmless.
async fn append(client: &Client, topic: &str, producer: (i64, i16), number: i32) -> Result<()> {
    let bytes = Batch::of_values([number]).by(producer.0, producer.1, number).bytes();
    let request = ProduceRequest {
        acks: Acks::All,
        timeout: Duration::from_secs(10),
        transactional_id: None,
        partitions: vec![ProducePartition {
            topic: topic.to_owned(),
            topic_id: None,
            partition: 0,
            batch: BatchParts { header: bytes.slice(..61), records: vec![bytes.slice(61..)] },
        }],
    };
    eventually("the record is appended", async || {
        let Ok(leader) = client.leader(topic, 0).await else { return Ok(None) };
        match client.produce(leader.broker, 0, &request).await {
            Ok(answers) => match &answers[0].error {
                None => {
                    ensure!(answers[0].base_offset == i64::from(number), "{answers:?}");
                    return Ok(Some(()));
                }
                Some(error) => ensure!(error.is_retriable(), "{error:?}"),
            },
            Err(error) => ensure!(error.is_retriable(), "{error:?}"),
        }
        client.forget_topic(topic);
        Ok(None)
    })
    .await
}

/// The log holds the numbers from 0 to `count`, each once.
async fn check(address: &str, topic: &str, count: i32) -> Result<()> {
    let seen = Wire::connect(address).await?.consume(topic, See::Committed).await?;
    let values: Vec<String> = seen
        .into_iter()
        .map(|(_, _, value)| String::from_utf8_lossy(&value.unwrap_or_default()).into_owned())
        .collect();
    let wanted: Vec<String> = (0..count).map(|n| n.to_string()).collect();
    ensure!(values == wanted, "{values:?}");
    Ok(())
}

async fn a_client_survives_a_rolling_restart_with_every_call_and_append(
    version: Version,
) -> Result<()> {
    let cluster = three_brokers(version).await?;
    let client = client(&cluster, Door::Plain, "admin")?;
    let topic = create(&client, 3).await?;
    let producer = client.init_producer_id(None).await?;
    let producer = (producer.id, producer.epoch);
    let partition = [TopicPartition::new(&topic, 0)];
    let mut next = 0;
    for broker in cluster.brokers() {
        for down in [true, false] {
            if down {
                broker.stop().await?;
            } else {
                broker.start().await?;
            }
            for _ in 0..10 {
                append(&client, &topic, producer, next).await?;
                next += 1;
            }
            assert_eq!(client.describe_cluster().await?.cluster_id, cluster.id());
            let found = client
                .list_offsets(OffsetSpec::LogEnd, &partition, Isolation::ReadUncommitted)
                .await;
            let end = only::<_, _, anyhow::Error>(found)??.offset;
            assert_eq!(end, Some(i64::from(next)), "broker {} down: {down}", broker.id());
            let committed = client
                .commit_group_offsets(
                    &topic,
                    &[(
                        partition[0].clone(),
                        drawbridge_kafka::admin::group_offsets::CommittedOffset::new(i64::from(
                            next,
                        )),
                    )],
                )
                .await?;
            only::<_, _, anyhow::Error>(committed)??;
        }
        // The next broker may stop only when this one is in sync again.
        eventually("all replicas are in sync", async || {
            let found = only::<_, _, anyhow::Error>(client.describe_topics(&[&topic]).await?)??;
            Ok((found.partitions[0].isr.len() == 3).then_some(()))
        })
        .await?;
    }
    let leader = client.leader(&topic, 0).await?.broker;
    check(cluster.broker(leader).address(), &topic, next).await
}

async fn a_client_survives_a_killed_leader(version: Version) -> Result<()> {
    let cluster = three_brokers(version).await?;
    let client = client(&cluster, Door::Plain, "admin")?;
    let topic = create(&client, 3).await?;
    let producer = client.init_producer_id(None).await?;
    let producer = (producer.id, producer.epoch);
    for number in 0..10 {
        append(&client, &topic, producer, number).await?;
    }
    let first = client.leader(&topic, 0).await?.broker;
    cluster.broker(first).kill().await?;
    for number in 10..20 {
        append(&client, &topic, producer, number).await?;
    }
    let second = client.leader(&topic, 0).await?.broker;
    assert_ne!(second, first);
    check(cluster.broker(second).address(), &topic, 20).await
}
