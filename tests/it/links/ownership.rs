//! Two gateways over the same clusters: one runs the links.

use anyhow::{Result, ensure};

use super::bridge::{Bridge, fill, has_values, links};
use crate::support::Version;

on_each_version!(one_of_two_gateways_runs_the_links_and_the_other_takes_over_when_it_stops);

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
