//! The source is gone, and its mirror becomes the topic people work with.

use anyhow::{Context, Result, ensure};
use drawbridge_kafka::admin::configs::{ConfigChange, ConfigOp, ConfigResource};
use drawbridge_tests::wire::{Appended, batch::Batch};

use super::bridge::{Bridge, admin, wire};
use crate::support::{Version, eventually};

on_each_version!(
    a_mirror_whose_source_cluster_is_down_fails_over_and_is_writable,
    a_gateway_that_never_reached_the_source_gives_a_failed_over_mirror_its_configs,
    a_link_to_a_cluster_that_comes_back_goes_on_by_itself,
);

const QUICK: &str =
    "availability.check.ms=500\navailability.check.consecutive.failure.threshold=2\n";

async fn a_mirror_whose_source_cluster_is_down_fails_over_and_is_writable(
    version: Version,
) -> Result<()> {
    let bridge = Bridge::lease(version).await?;
    let portal = bridge.portal().await?;
    let cloud = bridge.cloud();
    let (link, topic) = bridge.linked(&portal, QUICK).await?;
    bridge.on_prem().broker(1).stop().await?;
    portal.link_is(cloud, &link, "UNAVAILABLE").await?;
    portal.mirror_is(cloud, &link, &topic, "SOURCE_UNAVAILABLE").await?;
    let row = portal.act(cloud, &link, "promote", &topic).await?;
    let words = row["error_message"].as_str().unwrap_or_default();
    ensure!(words.contains("fail the topic over"), "it cannot be drained: {row}");

    let row = portal.act(cloud, &link, "failover", &topic).await?;
    ensure!(row["error_message"].is_null(), "{row}");
    portal.mirror_is(cloud, &link, &topic, "STOPPED").await?;
    let appended = wire(cloud).await?.append(&topic, &Batch::of_values(["mine"])).await?;
    assert_eq!(appended, Appended::at(5));
    ensure!(portal.delete(cloud, &link, "").await?.status == 204);
    portal.stop().await
}

async fn a_gateway_that_never_reached_the_source_gives_a_failed_over_mirror_its_configs(
    version: Version,
) -> Result<()> {
    let bridge = Bridge::lease(version).await?;
    let portal = bridge.portal().await?;
    let (on_prem, cloud) = (bridge.on_prem(), bridge.cloud());
    let (link, topic) = bridge.linked(&portal, QUICK).await?;
    let resource = ConfigResource::Topic(topic.clone());
    let set = |name: &str, value: &str| ConfigChange {
        name: name.to_owned(),
        op: ConfigOp::Set(value.to_owned()),
    };
    let changes =
        vec![set("max.message.bytes", "2777777"), set("message.timestamp.type", "LogAppendTime")];
    let changes = [(resource.clone(), changes)];
    let mut altered = admin(on_prem)?.incremental_alter_configs(&changes, false).await?;
    altered.remove(&resource).context("an answer")??;
    let value = async |name: &str| {
        let mut found = admin(cloud)?.config_values(std::slice::from_ref(&resource)).await?;
        let entries = found.remove(&resource).context("an answer")??;
        anyhow::Ok(entries.into_iter().find(|entry| entry.name == name).and_then(|e| e.value))
    };
    eventually("configs are synced", async || {
        Ok((value("max.message.bytes").await?.as_deref() == Some("2777777")).then_some(()))
    })
    .await?;
    assert_eq!(value("message.timestamp.type").await?.as_deref(), Some("CreateTime"));
    portal.stop().await?;
    on_prem.broker(1).stop().await?;

    let portal = bridge.quick_portal("encoder-secret").await?;
    portal.link_is(cloud, &link, "UNAVAILABLE").await?;
    let row = portal.act(cloud, &link, "failover", &topic).await?;
    ensure!(row["error_message"].is_null(), "{row}");
    portal.mirror_is(cloud, &link, &topic, "STOPPED").await?;
    assert_eq!(value("message.timestamp.type").await?.as_deref(), Some("LogAppendTime"));
    ensure!(portal.delete(cloud, &link, "").await?.status == 204);
    portal.stop().await
}

async fn a_link_to_a_cluster_that_comes_back_goes_on_by_itself(version: Version) -> Result<()> {
    let bridge = Bridge::lease(version).await?;
    let portal = bridge.portal().await?;
    let cloud = bridge.cloud();
    let (link, topic) = bridge.linked(&portal, QUICK).await?;
    bridge.on_prem().broker(1).stop().await?;
    portal.mirror_is(cloud, &link, &topic, "SOURCE_UNAVAILABLE").await?;
    bridge.on_prem().settled().await?;
    portal.link_is(cloud, &link, "ACTIVE").await?;
    portal.mirror_is(cloud, &link, &topic, "ACTIVE").await?;
    super::bridge::fill(bridge.on_prem(), &topic, 6..=6).await?;
    super::bridge::has_values(cloud, &topic, 1..=6).await?;
    ensure!(portal.delete(cloud, &link, "?force=true").await?.status == 204);
    portal.stop().await
}
