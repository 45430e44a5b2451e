//! A mirror belongs to its link: others are kept from writing, and who writes all the same is noticed.

use anyhow::{Result, ensure};
use drawbridge_kafka::admin::acls::AclOperation;
use drawbridge_tests::{
    bed::unique,
    wire::{Appended, batch::Batch},
};
use serde_json::json;

use super::bridge::{Bridge, allow, carol, configs, fill, has_values, wire};
use crate::support::{Version, eventually};

on_each_version!(
    who_may_write_to_a_mirror_is_denied_it_until_the_mirror_is_promoted,
    a_foreign_write_fails_the_mirror_and_its_offset_is_told,
);

/// Kafka's `TOPIC_AUTHORIZATION_FAILED`.
const NOT_ALLOWED: i16 = 29;

async fn who_may_write_to_a_mirror_is_denied_it_until_the_mirror_is_promoted(
    version: Version,
) -> Result<()> {
    let bridge = Bridge::lease(version).await?;
    let portal = bridge.portal().await?;
    let (on_prem, cloud) = (bridge.on_prem(), bridge.cloud());
    let (link, topic) = (unique("link"), unique("guarded"));
    allow(cloud, "carol", &[AclOperation::Write], &topic).await?;
    wire(on_prem).await?.create_topic(&topic, 1, 1, &[]).await?;
    fill(on_prem, &topic, 1..=5).await?;
    portal.create(cloud, &link, json!({"configs": configs(&bridge.way_to_on_prem())})).await?;
    portal.mirror(cloud, &link, &topic).await?;
    // A batch that no broker takes, so that nothing is written until she is denied it.
    let damaged = || {
        let mut bytes = Batch::of_values(["mine"]).bytes().to_vec();
        if let Some(last) = bytes.last_mut() {
            *last ^= 1;
        }
        bytes::Bytes::from(bytes)
    };
    let mut carol = carol(cloud).await?;
    eventually("writing is denied", async || {
        let answer = carol.append_bytes(&topic, damaged(), -1, None).await?;
        Ok((answer == Appended::refused(NOT_ALLOWED)).then_some(()))
    })
    .await?;
    assert_eq!(
        carol.append(&topic, &Batch::of_values(["mine"])).await?,
        Appended::refused(NOT_ALLOWED)
    );
    fill(on_prem, &topic, 6..=6).await?;
    has_values(cloud, &topic, 1..=6).await?;

    portal.act(cloud, &link, "promote", &topic).await?;
    portal.mirror_is(cloud, &link, &topic, "STOPPED").await?;
    let written = eventually("writing is allowed again", async || {
        let answer = carol.append(&topic, &Batch::of_values(["mine"])).await?;
        Ok((answer.error != NOT_ALLOWED).then_some(answer))
    });
    assert_eq!(written.await?, Appended::at(6));
    ensure!(portal.delete(cloud, &link, "").await?.status == 204);
    portal.stop().await
}

async fn a_foreign_write_fails_the_mirror_and_its_offset_is_told(version: Version) -> Result<()> {
    let bridge = Bridge::lease(version).await?;
    let portal = bridge.portal().await?;
    let cloud = bridge.cloud();
    let (link, topic) = bridge.linked(&portal, "").await?;
    // No ACL keeps a super user away.
    let written = wire(cloud).await?.append(&topic, &Batch::of_values(["foreign"])).await?;
    assert_eq!(written, Appended::at(5));
    portal.mirror_is(cloud, &link, &topic, "FAILED").await?;
    let said = portal.said();
    ensure!(said.contains("somebody else wrote to the mirror at or after offset 5"), "{said}");
    let row = portal.act(cloud, &link, "promote", &topic).await?;
    ensure!(row["error_code"].is_number(), "a failed mirror can only be failed over: {row}");

    portal.act(cloud, &link, "failover", &topic).await?;
    portal.mirror_is(cloud, &link, &topic, "STOPPED").await?;
    ensure!(portal.delete(cloud, &link, "").await?.status == 204);
    portal.stop().await
}
