//! Source topics that are deleted, made anew, or given more partitions.

use anyhow::{Result, ensure};
use drawbridge_kafka::admin::topics::NewPartitions;
use drawbridge_tests::bed::Cluster;

use super::bridge::{Bridge, admin, fill, has_values, mirror, wire};
use crate::support::{Version, eventually};

on_each_version!(
    a_mirror_whose_source_topic_is_deleted_fails_after_the_retry_timeout,
    a_mirror_does_not_follow_a_topic_made_anew_under_the_same_name,
    a_mirror_gets_the_partitions_that_its_source_gets,
);

const QUICK: &str = "metadata.max.age.ms=500\n";

async fn delete(cluster: &Cluster, topic: &str) -> Result<()> {
    let client = admin(cluster)?;
    for outcome in client.delete_topics(&[topic]).await?.into_values() {
        outcome?;
    }
    client.close().await;
    let mut wire = wire(cluster).await?;
    eventually("the topic is gone", async || {
        Ok((wire.topic(topic).await?.error_code == 3).then_some(()))
    })
    .await
}

async fn a_mirror_whose_source_topic_is_deleted_fails_after_the_retry_timeout(
    version: Version,
) -> Result<()> {
    let bridge = Bridge::lease(version).await?;
    let portal = bridge.portal().await?;
    let cloud = bridge.cloud();
    let more = format!("{QUICK}cluster.link.retry.timeout.ms=1000\n");
    let (link, topic) = bridge.linked(&portal, &more).await?;
    delete(bridge.on_prem(), &topic).await?;
    let failed = portal.mirror_is(cloud, &link, &topic, "FAILED").await?;
    assert_eq!(failed.body["mirror_topic_error"], "SOURCE_TOPIC_MAY_BE_DELETED");
    has_values(cloud, &topic, 1..=5).await?;
    portal.act(cloud, &link, "failover", &topic).await?;
    portal.mirror_is(cloud, &link, &topic, "STOPPED").await?;
    ensure!(portal.delete(cloud, &link, "").await?.status == 204);
    portal.stop().await
}

async fn a_mirror_does_not_follow_a_topic_made_anew_under_the_same_name(
    version: Version,
) -> Result<()> {
    let bridge = Bridge::lease(version).await?;
    let portal = bridge.portal().await?;
    let (on_prem, cloud) = (bridge.on_prem(), bridge.cloud());
    let (link, topic) = bridge.linked(&portal, QUICK).await?;
    delete(on_prem, &topic).await?;
    wire(on_prem).await?.create_topic(&topic, 1, 1, &[]).await?;
    fill(on_prem, &topic, 100..=110).await?;
    let failed = portal.mirror_is(cloud, &link, &topic, "FAILED").await?;
    assert_eq!(failed.body["mirror_topic_error"], "SOURCE_TOPIC_ID_CHANGED");
    has_values(cloud, &topic, 1..=5).await?;
    ensure!(portal.delete(cloud, &link, "?force=true").await?.status == 204);
    portal.stop().await
}

async fn a_mirror_gets_the_partitions_that_its_source_gets(version: Version) -> Result<()> {
    let bridge = Bridge::lease(version).await?;
    let portal = bridge.portal().await?;
    let (on_prem, cloud) = (bridge.on_prem(), bridge.cloud());
    let (link, topic) = bridge.linked(&portal, QUICK).await?;
    let client = admin(on_prem)?;
    let three = NewPartitions { topic: topic.clone(), total: 3, assignments: Vec::new() };
    for outcome in client.create_partitions(&[three], false).await?.into_values() {
        outcome?;
    }
    client.close().await;
    let path = mirror(cloud, &link, &topic);
    let wide = portal.until(&path, |answer| {
        let lags = answer.body["mirror_lags"].as_array().cloned().unwrap_or_default();
        lags.len() == 3 && lags.iter().all(|lag| lag["lag"] == 0)
    });
    let wide = wide.await?.body;
    assert_eq!((&wide["num_partitions"], &wide["mirror_status"]), (&3.into(), &"ACTIVE".into()));
    assert_eq!(wire(cloud).await?.topic(&topic).await?.partitions.len(), 3);
    fill(on_prem, &topic, 6..=6).await?;
    has_values(cloud, &topic, 1..=6).await?;
    ensure!(portal.delete(cloud, &link, "?force=true").await?.status == 204);
    portal.stop().await
}
