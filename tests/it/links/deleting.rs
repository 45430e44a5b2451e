//! Deleting links while their mirrors live.

use anyhow::{Result, ensure};
use drawbridge_kafka::admin::acls::AclOperation;
use drawbridge_tests::{
    bed::unique,
    wire::{Appended, batch::Batch},
};
use serde_json::json;

use super::bridge::{Bridge, allow, carol, configs, fill, has_values, links, wire};
use crate::support::{Version, eventually};

on_each_version!(
    a_link_with_a_live_mirror_is_only_deleted_by_force_which_fails_the_mirror_over,
    a_half_whose_other_half_is_gone_still_leaves_ordinary_topics,
);

async fn a_link_with_a_live_mirror_is_only_deleted_by_force_which_fails_the_mirror_over(
    version: Version,
) -> Result<()> {
    let bridge = Bridge::lease(version).await?;
    let portal = bridge.portal().await?;
    let cloud = bridge.cloud();
    let (link, topic) = bridge.linked(&portal, "").await?;
    let refused = portal.delete(cloud, &link, "").await?;
    let (status, _, words) = refused.error()?;
    assert_eq!(status, 403, "{words}");
    ensure!(words.contains(&topic) && words.contains("force"), "{words}");
    assert_eq!(portal.delete(cloud, &link, "?force=true&validate_only=true").await?.status, 200);
    portal.mirror_is(cloud, &link, &topic, "ACTIVE").await?;

    let deleted = portal.delete(cloud, &link, "?force=true").await?;
    assert_eq!(deleted.status, 204, "{deleted:?}");
    assert_eq!(portal.get(&format!("{}/{link}", links(cloud))).await?.status, 404);
    let appended = wire(cloud).await?.append(&topic, &Batch::of_values(["mine"])).await?;
    assert_eq!(appended, Appended::at(5), "the topic stays, with its records");
    portal.stop().await
}

async fn a_half_whose_other_half_is_gone_still_leaves_ordinary_topics(
    version: Version,
) -> Result<()> {
    let bridge = Bridge::lease(version).await?;
    let portal = bridge.portal().await?;
    let (on_prem, cloud) = (bridge.on_prem(), bridge.cloud());
    let (link, topic) = (unique("link"), unique("orphan"));
    allow(cloud, "carol", &[AclOperation::Write], &topic).await?;
    wire(on_prem).await?.create_topic(&topic, 1, 1, &[]).await?;
    fill(on_prem, &topic, 1..=5).await?;
    let destination = json!({
        "source_cluster_id": on_prem.id(),
        "configs": configs("connection.mode=INBOUND\n"),
    });
    portal.create(cloud, &link, destination).await?;
    let source = configs(&format!("link.mode=SOURCE\n{}", bridge.way_to_cloud()));
    portal.create(on_prem, &link, json!({"configs": source})).await?;
    portal.link_is(cloud, &link, "ACTIVE").await?;
    portal.mirror(cloud, &link, &topic).await?;
    has_values(cloud, &topic, 1..=5).await?;
    let mut carol = carol(cloud).await?;
    let mine = Batch::of_values(["mine"]);

    assert_eq!(portal.delete(on_prem, &link, "").await?.status, 204);
    let (status, ..) = portal.delete(cloud, &link, "").await?.error().map(|e| (e.0, e.1))?;
    assert_eq!(status, 403, "its mirror lives still");
    let deleted = portal.delete(cloud, &link, "?force=true").await?;
    assert_eq!(deleted.status, 204, "{deleted:?}");
    let written = eventually("everybody with the right may write", async || {
        let answer = carol.append(&topic, &mine).await?;
        Ok((answer.error == 0).then_some(answer))
    });
    assert_eq!(written.await?, Appended::at(5));
    portal.stop().await
}
