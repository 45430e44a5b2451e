//! Comparing mirrors with their sources on real clusters.

use anyhow::{Context, Result, ensure};
use drawbridge::feeds::FeedState;
use drawbridge_shared::{
    view::{VerifyDifferenceKind, VerifyRange, VerifyState, VerifyVerdict, VerifyView},
    wire::FeedData,
};
use drawbridge_tests::{
    bed::unique,
    wire::{
        Routed,
        batch::{Batch, Compression, Entry, now},
    },
};
use serde_json::json;

use super::{
    bridge::{Bridge, links, mirror, wire},
    portal::Portal,
};
use crate::{
    data::{
        compaction::{EAGER, UNCLEANED, clean, updates},
        write::{CODECS, Transactional, append, mixed},
    },
    support::Version,
};

on_each_version!(
    mirrors_of_transactions_and_of_a_compacted_topic_are_equal,
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
        .until(&mirror(cloud, &link, &topic), |answer| {
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

async fn mirrors_of_transactions_and_of_a_compacted_topic_are_equal(
    version: Version,
) -> Result<()> {
    let bridge = Bridge::lease(version).await?;
    let portal = bridge.portal().await?;
    let (on_prem, cloud) = (bridge.on_prem(), bridge.cloud());
    let (link, first) = bridge.linked(&portal, "").await?;
    let (mixed_up, thinned) = (unique("transactions"), unique("compacted"));
    let mut admin = wire(on_prem).await?;
    admin.create_topic(&mixed_up, 1, 1, &[]).await?;
    admin.create_topic(&thinned, 1, 1, &EAGER).await?;
    let address = on_prem.back_door();
    let mut transactions = Routed::open(&address, &mixed_up).await?;
    let mut producer = Transactional::new(&address, &unique("producer"), 1).await?;
    for (round, codec) in (0..).zip(CODECS) {
        producer.write(&mut transactions, 0, &mixed(round, 4), codec).await?;
        producer.end(round % 2 == 0).await?;
        append(&mut transactions, 0, &Batch::build(&mixed(round, 2), codec)).await?;
    }
    let mut compacted = Routed::open(&address, &thinned).await?;
    let time = now() - 3_600_000;
    for (round, codec) in (0..).zip(CODECS) {
        append(&mut compacted, 0, &Batch::build(&updates(round, time), codec)).await?;
    }
    clean(admin, &mut compacted, 0, time).await?;

    portal.mirror(cloud, &link, &mixed_up).await?;
    let (name, value) = UNCLEANED;
    let configs = json!([{"name": name, "value": value}]);
    let body = json!({"source_topic_name": thinned, "configs": configs});
    let made = portal.ask("POST", &format!("{}/{link}/mirrors", links(cloud)), body).await?;
    ensure!(made.status == 201, "{made:?}");
    for (topic, end) in [(&mixed_up, 35), (&thinned, 301)] {
        portal
            .until(&mirror(cloud, &link, topic), |answer| {
                let at = &answer.body["mirror_lags"][0];
                at["lag"] == 0 && at["last_source_fetch_offset"] == end
            })
            .await?;
    }
    let view = verified(&portal, &link).await?;
    let records = |topic: &str| {
        let of = view.partitions.iter().find(|at| at.topic.as_str() == topic);
        let equal = of.filter(|at| at.verdict == VerifyVerdict::Equal);
        equal.map(|at| at.records).with_context(|| format!("{topic} is not equal: {view:?}"))
    };
    ensure!(records(&first)? == 5);
    // Three of five transactions were committed.
    ensure!(records(&mixed_up)? == 3 * 4 + 5 * 2, "{view:?}");
    let left = records(&thinned)?;
    ensure!((1..100).contains(&left), "{view:?}");
    portal.stop().await
}
