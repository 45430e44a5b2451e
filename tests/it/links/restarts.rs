//! Gateways die; what they ran goes on with the next one, from what is stored in Kafka.

use anyhow::{Result, ensure};
use serde_json::json;

use super::bridge::{Bridge, configs, fill, has_values, links};
use crate::support::Version;

on_each_version!(
    the_next_gateway_finds_links_mirrors_and_states_and_goes_on_at_the_same_offsets,
    a_link_whose_secrets_cannot_be_read_says_why_until_the_right_secret_is_back,
    new_credentials_are_a_way_out_of_secrets_that_cannot_be_read,
);

async fn the_next_gateway_finds_links_mirrors_and_states_and_goes_on_at_the_same_offsets(
    version: Version,
) -> Result<()> {
    let bridge = Bridge::lease(version).await?;
    let portal = bridge.portal().await?;
    let (on_prem, cloud) = (bridge.on_prem(), bridge.cloud());
    let (link, topic) = bridge.linked(&portal, "").await?;
    let (other, stopped) = bridge.linked(&portal, "topic.config.sync.ms=7000\n").await?;
    portal.act(cloud, &other, "promote", &stopped).await?;
    portal.mirror_is(cloud, &other, &stopped, "STOPPED").await?;
    let before = portal.get(&format!("{}/{link}", links(cloud))).await?;
    portal.kill();
    fill(on_prem, &topic, 6..=8).await?;

    let portal = bridge.portal().await?;
    let after = portal.link_is(cloud, &link, "ACTIVE").await?;
    assert_eq!(after.body["cluster_link_id"], before.body["cluster_link_id"]);
    assert_eq!(after.body["topic_names"], json!([topic]));
    portal.mirror_is(cloud, &link, &topic, "ACTIVE").await?;
    portal.mirror_is(cloud, &other, &stopped, "STOPPED").await?;
    let path = format!("{}/{other}/configs/topic.config.sync.ms", links(cloud));
    assert_eq!(portal.get(&path).await?.body["value"], "7000");
    has_values(cloud, &topic, 1..=8).await?;
    fill(on_prem, &topic, 9..=9).await?;
    has_values(cloud, &topic, 1..=9).await?;
    for (link, query) in [(link, "?force=true"), (other, "")] {
        ensure!(portal.delete(cloud, &link, query).await?.status == 204);
    }
    portal.stop().await
}

async fn a_link_whose_secrets_cannot_be_read_says_why_until_the_right_secret_is_back(
    version: Version,
) -> Result<()> {
    let bridge = Bridge::lease(version).await?;
    let (on_prem, cloud) = (bridge.on_prem(), bridge.cloud());
    let portal = bridge.portal().await?;
    let (link, topic) = bridge.linked(&portal, "").await?;
    let inbound = drawbridge_tests::bed::unique("inbound");
    let destination = json!({
        "source_cluster_id": on_prem.id(), "configs": configs("connection.mode=INBOUND\n")
    });
    portal.create(cloud, &inbound, destination).await?;
    let source = configs(&format!("link.mode=SOURCE\n{}", bridge.way_to_cloud()));
    portal.create(on_prem, &inbound, json!({"configs": source})).await?;
    portal.link_is(cloud, &inbound, "ACTIVE").await?;
    portal.stop().await?;

    let wrong = bridge.quick_portal("another-secret").await?;
    for (cluster, link) in [(cloud, &link), (on_prem, &inbound)] {
        let failed = wrong.link_is(cluster, link, "FAILED").await?;
        let why = failed.body["link_error_message"].as_str().unwrap_or_default();
        ensure!(why.contains("password_encoder_secret"), "{why}");
    }
    let half = wrong.link_is(on_prem, &inbound, "FAILED").await?.body;
    assert_eq!(half["destination_cluster_id"], cloud.id(), "what is no secret is known");
    let path = format!("{}/{inbound}", links(cloud));
    let other = wrong.until(&path, |answer| {
        let why = answer.body["link_error_message"].as_str().unwrap_or_default();
        why.contains("configs of the source half cannot be read")
    });
    other.await?;
    fill(on_prem, &topic, 6..=6).await?;
    wrong.stop().await?;

    let right = bridge.portal().await?;
    right.link_is(cloud, &link, "ACTIVE").await?;
    right.link_is(cloud, &inbound, "ACTIVE").await?;
    let half = right.link_is(on_prem, &inbound, "ACTIVE").await?;
    assert_eq!(half.body["destination_cluster_id"], cloud.id());
    right.mirror_is(cloud, &link, &topic, "ACTIVE").await?;
    has_values(cloud, &topic, 1..=6).await?;
    for (cluster, link) in [(cloud, &link), (on_prem, &inbound), (cloud, &inbound)] {
        ensure!(right.delete(cluster, link, "?force=true").await?.status == 204);
    }
    right.stop().await
}

async fn new_credentials_are_a_way_out_of_secrets_that_cannot_be_read(
    version: Version,
) -> Result<()> {
    let bridge = Bridge::lease(version).await?;
    let (on_prem, cloud) = (bridge.on_prem(), bridge.cloud());
    let portal = bridge.portal().await?;
    let (link, topic) = bridge.linked(&portal, "topic.config.sync.ms=7000\n").await?;
    portal.stop().await?;

    let other = bridge.quick_portal("another-secret").await?;
    other.link_is(cloud, &link, "FAILED").await?;
    let path = format!("{}/{link}/configs", links(cloud));
    let paused = json!({"value": "true"});
    let refused = other.ask("PUT", &format!("{path}/cluster.link.paused"), paused).await?;
    let (status, _, words) = refused.error()?;
    assert_eq!(status, 400, "{words}");
    ensure!(words.contains("sasl.jaas.config cannot be read"), "{words}");
    let file = bridge.way_to_on_prem();
    let login = file.lines().find_map(|line| line.strip_prefix("sasl.jaas.config="));
    other.set(cloud, &link, "sasl.jaas.config", login.unwrap_or_default()).await?;
    other.link_is(cloud, &link, "ACTIVE").await?;
    let kept = other.get(&format!("{path}/topic.config.sync.ms")).await?;
    assert_eq!(kept.body["value"], "7000", "what is no secret was never lost");
    fill(on_prem, &topic, 6..=6).await?;
    has_values(cloud, &topic, 1..=6).await?;
    ensure!(other.delete(cloud, &link, "?force=true").await?.status == 204);
    other.stop().await
}
