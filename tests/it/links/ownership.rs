//! Two gateways over the same clusters: one runs the links.

use anyhow::{Result, ensure};
use drawbridge_tests::bed::{Door, unique};
use serde_json::json;

use super::{
    bridge::{Bridge, configs, fill, has_values, links, wire},
    portal::Portal,
};
use crate::support::Version;

on_each_version!(
    one_of_two_gateways_runs_the_links_and_the_other_takes_over_when_it_stops,
    data_moves_when_another_gateway_runs_the_half_that_dials,
);

async fn one_of_two_gateways_runs_the_links_and_the_other_takes_over_when_it_stops(
    version: Version,
) -> Result<()> {
    let bridge = Bridge::lease(version).await?;
    let first = bridge.portal().await?;
    let (on_prem, cloud) = (bridge.on_prem(), bridge.cloud());
    let (link, topic) = bridge.linked(&first, "").await?;

    let second = bridge.quick_portal("encoder-secret").await?;
    let words = |answer: &crate::gateway::web::Answer| {
        answer.body["message"].as_str().unwrap_or_default().to_owned()
    };
    let standby =
        second.until(&links(cloud), |answer| words(answer).contains("are run by")).await?;
    assert_eq!(standby.error()?.1, 50003, "{standby:?}");
    ensure!(words(&standby).contains("takes over when that one ends"), "{standby:?}");
    let refused = second.delete(cloud, &link, "?force=true").await?;
    assert_eq!(refused.error()?.1, 50003, "{refused:?}");
    first.link_is(cloud, &link, "ACTIVE").await?;
    fill(on_prem, &topic, 6..=6).await?;
    has_values(cloud, &topic, 1..=6).await?;

    first.stop().await?;
    second.link_is(cloud, &link, "ACTIVE").await?;
    fill(on_prem, &topic, 7..=7).await?;
    has_values(cloud, &topic, 1..=7).await?;

    // One that dies without a word is succeeded as well, once its lease has run out.
    let third = bridge.quick_portal("encoder-secret").await?;
    third.until(&links(cloud), |answer| words(answer).contains("are run by")).await?;
    second.kill();
    third.link_is(cloud, &link, "ACTIVE").await?;
    fill(on_prem, &topic, 8..=8).await?;
    has_values(cloud, &topic, 1..=8).await?;
    ensure!(third.delete(cloud, &link, "?force=true").await?.status == 204);
    third.stop().await
}

async fn data_moves_when_another_gateway_runs_the_half_that_dials(version: Version) -> Result<()> {
    let bridge = Bridge::lease(version).await?;
    let (on_prem, cloud) = (bridge.on_prem(), bridge.cloud());
    let (link, topic) = (unique("link"), unique("orders"));
    let first = bridge.portal().await?;
    wire(on_prem).await?.create_topic(&topic, 1, 1, &[]).await?;
    fill(on_prem, &topic, 1..=3).await?;
    let inbound = json!({
        "source_cluster_id": on_prem.id(), "configs": configs("connection.mode=INBOUND\n")
    });
    first.create(cloud, &link, inbound).await?;
    let source = configs(&format!("link.mode=SOURCE\n{}", bridge.way_to_cloud()));
    first.create(on_prem, &link, json!({"configs": source})).await?;
    first.mirror(cloud, &link, &topic).await?;
    has_values(cloud, &topic, 1..=3).await?;

    let file = on_prem.properties_of(Door::Scram, "admin");
    let of_on_prem = Portal::open(&[("on-prem", file)], "encoder-secret").await?;
    of_on_prem.until(&links(on_prem), |answer| answer.error().is_ok()).await?;
    first.stop().await?;
    of_on_prem.until(&links(on_prem), |answer| answer.status == 200).await?;
    let of_cloud = bridge.quick_portal("encoder-secret").await?;
    of_cloud.link_is(cloud, &link, "ACTIVE").await?;
    let elsewhere = of_cloud.get(&links(on_prem)).await?;
    assert_eq!(elsewhere.error()?.1, 50003, "{elsewhere:?}");
    fill(on_prem, &topic, 4..=6).await?;
    has_values(cloud, &topic, 1..=6).await?;

    // What its owner changes reaches the gateway that moves the data.
    ensure!(of_on_prem.delete(on_prem, &link, "").await?.status == 204);
    let path = format!("{}/{link}", links(cloud));
    let alone = of_cloud.until(&path, |answer| {
        let why = answer.body["link_error_message"].as_str().unwrap_or_default();
        why.contains("source half of this link does not exist")
    });
    alone.await?;
    ensure!(of_cloud.delete(cloud, &link, "?force=true").await?.status == 204);
    of_on_prem.stop().await?;
    of_cloud.stop().await
}
