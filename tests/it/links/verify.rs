//! Comparing mirrors with their sources on real clusters.

use anyhow::{Context, Result, ensure};
use drawbridge::feeds::FeedState;
use drawbridge_shared::{
    view::{VerifyDifferenceKind, VerifyRange, VerifyState, VerifyVerdict, VerifyView},
    wire::FeedData,
};
use drawbridge_tests::wire::batch::{Batch, Compression, Entry};

use super::{
    bridge::{Bridge, wire},
    portal::Portal,
};
use crate::support::Version;

on_each_version!(
    a_mirror_of_every_codec_is_equal_and_a_record_written_after_a_failover_is_the_difference,
    a_comparison_that_is_cancelled_ends_and_says_how_far_it_came,
);

async fn started(portal: &Portal, link: &str) -> Result<u64> {
    let links = portal.links()?;
    Ok(links.verify(&"cloud".parse()?, &link.parse()?, &[], VerifyRange::All).await?)
}

/// Compares everything and gives the result.
async fn verified(portal: &Portal, link: &str) -> Result<VerifyView> {
    let id = started(portal, link).await?;
    ended(portal, link, id).await
}

async fn ended(portal: &Portal, link: &str, id: u64) -> Result<VerifyView> {
    let mut feed = portal.links()?.follow_verify(&"cloud".parse()?, &link.parse()?);
    let is_over = |state: &FeedState| {
        let FeedState::Data(data) = state else { return false };
        let FeedData::Verify(view) = data.as_ref() else { return false };
        view.run.as_ref().is_some_and(|run| run.id == id && run.state != VerifyState::Running)
    };
    let state = feed.wait_for(is_over);
    let state = tokio::time::timeout(std::time::Duration::from_secs(60), state).await??;
    let FeedState::Data(data) = &*state else { anyhow::bail!("{state:?}") };
    let FeedData::Verify(view) = data.as_ref() else { anyhow::bail!("{data:?}") };
    Ok((**view).clone())
}

async fn a_mirror_of_every_codec_is_equal_and_a_record_written_after_a_failover_is_the_difference(
    version: Version,
) -> Result<()> {
    let bridge = Bridge::lease(version).await?;
    let portal = bridge.portal().await?;
    let (on_prem, cloud) = (bridge.on_prem(), bridge.cloud());
    let (link, topic) = bridge.linked(&portal, "").await?;
    let codecs = [
        Compression::None,
        Compression::Gzip,
        Compression::Snappy,
        Compression::Lz4,
        Compression::Zstd,
    ];
    for (n, codec) in codecs.into_iter().enumerate() {
        let entries: Vec<Entry> =
            (0..20).map(|at| Entry::value(format!("{n} {at}")).header("h", Some("v"))).collect();
        wire(on_prem).await?.write(&topic, &Batch::build(&entries, codec)).await?;
    }
    portal
        .until(&super::bridge::mirror(cloud, &link, &topic), |answer| {
            answer.body["mirror_lags"][0]["lag"] == 0
                && answer.body["mirror_lags"][0]["last_source_fetch_offset"] == 105
        })
        .await?;
    let view = verified(&portal, &link).await?;
    let of = view.partitions.first().context("a partition")?;
    ensure!((of.verdict, of.records, of.to) == (VerifyVerdict::Equal, 105, 105), "{view:?}");

    portal.act(cloud, &link, "failover", &topic).await?;
    portal.mirror_is(cloud, &link, &topic, "STOPPED").await?;
    wire(cloud).await?.append(&topic, &Batch::of_values(["mine"])).await?;
    let view = verified(&portal, &link).await?;
    let of = view.partitions.first().context("a partition")?;
    ensure!(of.verdict == VerifyVerdict::Equal, "{view:?}");
    ensure!(of.notes.iter().any(|note| note.contains("beyond the source's end")), "{view:?}");

    wire(on_prem).await?.write(&topic, &Batch::of_values(["theirs"])).await?;
    let view = verified(&portal, &link).await?;
    let difference = view.partitions.first().and_then(|at| at.difference.clone());
    let difference = difference.context("a difference")?;
    ensure!(
        (difference.offset, difference.kind) == (105, VerifyDifferenceKind::Value),
        "{difference:?}"
    );
    ensure!(difference.mirror.as_deref() == Some("\"mine\""), "{difference:?}");
    portal.stop().await
}

async fn a_comparison_that_is_cancelled_ends_and_says_how_far_it_came(
    version: Version,
) -> Result<()> {
    let bridge = Bridge::lease(version).await?;
    let portal = bridge.portal().await?;
    let (link, _) = bridge.linked(&portal, "").await?;
    // Nothing answers: it cannot end by itself meanwhile.
    bridge.on_prem().broker(1).stop().await?;
    let id = started(&portal, &link).await?;
    let again = started(&portal, &link).await.err().context("one at a time")?;
    ensure!(again.to_string().contains("already"), "{again}");
    portal.links()?.cancel_verify(&"cloud".parse()?, &link.parse()?)?;
    let view = ended(&portal, &link, id).await?;
    ensure!(view.run.is_some_and(|run| run.state == VerifyState::Cancelled));
    let id = started(&portal, &link).await?;
    portal.links()?.cancel_verify(&"cloud".parse()?, &link.parse()?)?;
    ended(&portal, &link, id).await?;
    bridge.on_prem().settled().await?;
    portal.stop().await
}
