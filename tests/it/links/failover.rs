//! The source is gone, and its mirror becomes the topic people work with.

use anyhow::{Result, ensure};
use drawbridge_tests::wire::{Appended, batch::Batch};

use super::bridge::{Bridge, wire};
use crate::support::Version;

on_each_version!(
    a_mirror_whose_source_cluster_is_down_fails_over_and_is_writable,
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
