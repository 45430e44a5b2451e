//! A group goes on where it stands on the other side of a link.

use anyhow::{Context, Result, ensure};
use drawbridge::ops::groups;
use drawbridge_shared::{
    names::ClusterName,
    view::{ResetPlan, ResetTarget},
};
use drawbridge_tests::bed::unique;

use super::{
    bridge::{Bridge, wire},
    portal::Portal,
};
use crate::support::Version;

on_each_version!(a_group_takes_over_its_offset_from_either_side_of_a_link,);

async fn plan(portal: &Portal, on: &str, group: &str, link: &str) -> Result<ResetPlan> {
    let on: ClusterName = on.parse()?;
    let target = ResetTarget::OtherSide { cluster: "cloud".parse()?, link: link.parse()? };
    Ok(groups::plan(portal.links()?, &on, group, &[], &target).await?)
}

async fn a_group_takes_over_its_offset_from_either_side_of_a_link(version: Version) -> Result<()> {
    let bridge = Bridge::lease(version).await?;
    let portal = bridge.portal().await?;
    let (link, topic) = bridge.linked(&portal, "").await?;
    let group = unique("moving");
    let (mut there, mut here) = (wire(bridge.on_prem()).await?, wire(bridge.cloud()).await?);
    assert_eq!(there.commit(&group, &topic, 3).await?, 0);
    assert_eq!(here.commit(&group, &topic, 1).await?, 0);

    let planned = plan(&portal, "cloud", &group, &link).await?;
    let row = planned.rows.first().context("a row")?;
    assert_eq!((row.from, row.to, row.moves), (Some(1), Some(3), Some(2)), "{planned:?}");
    let back = plan(&portal, "on-prem", &group, &link).await?;
    let row = back.rows.first().context("a row")?;
    assert_eq!((row.from, row.to), (Some(3), Some(1)), "{back:?}");

    let clusters = portal.links()?.clusters();
    let cloud = clusters.require(&"cloud".parse()?)?;
    let done = groups::reset(&cloud, clusters.notices(), &group, &planned.moves()).await?;
    ensure!(done.iter().all(|row| row.error.is_none()), "{done:?}");
    assert_eq!(here.committed(&group, &topic).await?.0, 3);
    portal.stop().await
}
