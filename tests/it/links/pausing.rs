//! Pausing one mirror, and pausing a whole link.

use anyhow::{Result, ensure};
use drawbridge_tests::bed::unique;

use super::bridge::{Bridge, consumed, fill, has_values, mirror, wire};
use crate::support::Version;

on_each_version!(
    a_paused_mirror_stands_still_beside_one_that_goes_on,
    a_paused_link_stands_still_with_all_its_mirrors,
);

async fn a_paused_mirror_stands_still_beside_one_that_goes_on(version: Version) -> Result<()> {
    let bridge = Bridge::lease(version).await?;
    let portal = bridge.portal().await?;
    let (on_prem, cloud) = (bridge.on_prem(), bridge.cloud());
    let (link, topic) = bridge.linked(&portal, "").await?;
    let other = unique("goes-on");
    wire(on_prem).await?.create_topic(&other, 1, 1, &[]).await?;
    portal.mirror(cloud, &link, &other).await?;
    let row = portal.act(cloud, &link, "pause", &topic).await?;
    ensure!(row["error_message"].is_null(), "{row}");
    portal.mirror_is(cloud, &link, &topic, "PAUSED").await?;
    // What was under way when it was paused has arrived before.
    for round in 1..=3 {
        fill(on_prem, &topic, [5 + round]).await?;
        fill(on_prem, &other, [round]).await?;
        has_values(cloud, &other, 1..=round).await?;
    }
    ensure!(consumed(cloud, &topic).await?.len() == 5, "it was paused");
    // Nobody asks the source meanwhile: that nothing is missing must not be said.
    portal
        .until(&mirror(cloud, &link, &topic), |answer| answer.body["mirror_lags"][0]["lag"] == -1)
        .await?;
    portal.act(cloud, &link, "resume", &topic).await?;
    portal.mirror_is(cloud, &link, &topic, "ACTIVE").await?;
    has_values(cloud, &topic, 1..=8).await?;
    ensure!(portal.delete(cloud, &link, "?force=true").await?.status == 204);
    portal.stop().await
}

async fn a_paused_link_stands_still_with_all_its_mirrors(version: Version) -> Result<()> {
    let bridge = Bridge::lease(version).await?;
    let portal = bridge.portal().await?;
    let (on_prem, cloud) = (bridge.on_prem(), bridge.cloud());
    let (link, topic) = bridge.linked(&portal, "").await?;
    let (witness, seen) = bridge.linked(&portal, "").await?;
    portal.set(cloud, &link, "cluster.link.paused", "true").await?;
    portal.link_is(cloud, &link, "PAUSED").await?;
    portal.mirror_is(cloud, &link, &topic, "LINK_PAUSED").await?;
    fill(on_prem, &topic, 6..=7).await?;
    fill(on_prem, &seen, 6..=7).await?;
    has_values(cloud, &seen, 1..=7).await?;
    ensure!(consumed(cloud, &topic).await?.len() == 5, "its link was paused");

    portal.set(cloud, &link, "cluster.link.paused", "false").await?;
    portal.link_is(cloud, &link, "ACTIVE").await?;
    portal.mirror_is(cloud, &link, &topic, "ACTIVE").await?;
    has_values(cloud, &topic, 1..=7).await?;
    for link in [link, witness] {
        ensure!(portal.delete(cloud, &link, "?force=true").await?.status == 204);
    }
    portal.stop().await
}
