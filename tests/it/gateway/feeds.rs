//! Feeds: what happens to a cluster is seen, whoever did it.

use anyhow::{Context, Result, anyhow, ensure};
use drawbridge_kafka::{Client, ConnectionSettings, Properties};
use drawbridge_shared::{
    view::{ClusterStatus, ClusterView, FaultView, TopicRow},
    wire::{ErrorCode, Feed, FeedData, Request},
};
use drawbridge_tests::bed::{Door, Kafka, gallery, unique};

use super::{bed, console::Console, gateway, over_gallery};
use crate::support::{Version, fresh_topic};

on_each_version!(
    a_stopped_broker_is_down_with_cause_and_remedy_and_comes_back_by_itself,
    a_topic_made_and_deleted_by_somebody_else_comes_and_goes,
);

fn cluster(state: &FeedData) -> Option<&ClusterView> {
    match state {
        FeedData::Clusters(all) => all.first(),
        _ => None,
    }
}

fn down(state: &FeedData) -> Option<FaultView> {
    match &cluster(state)?.status {
        ClusterStatus::Down { fault, .. } => Some(fault.clone()),
        _ => None,
    }
}

fn up(state: &FeedData) -> Option<ClusterView> {
    cluster(state).filter(|cluster| cluster.status == ClusterStatus::Up).cloned()
}

async fn a_stopped_broker_is_down_with_cause_and_remedy_and_comes_back_by_itself(
    version: Version,
) -> Result<()> {
    let cluster = Kafka::plain(version).start().await?;
    let app = gateway(&cluster.properties("admin")).await?;
    let mut console = Console::open(&app).await?;
    let first = console.until(Feed::Clusters, up).await?;
    assert_eq!(first.cluster_id.as_deref(), Some(cluster.id()));

    cluster.broker(1).stop().await?;
    let fault = console.until(Feed::Clusters, down).await?;
    ensure!(fault.summary.contains("bed"), "{fault:?}");
    ensure!(!fault.cause.is_empty() && !fault.remedy.is_empty(), "{fault:?}");
    let refused = console.ask(Request::TopicDefaults { cluster: bed() }).await?.unwrap_err();
    assert_eq!(refused.code, ErrorCode::Unavailable, "{refused:?}");

    cluster.broker(1).start().await?;
    console.until(Feed::Clusters, up).await?;
    let answered = console.ask(Request::TopicDefaults { cluster: bed() }).await?;
    ensure!(answered.is_ok(), "{answered:?}");
    Ok(())
}

async fn a_topic_made_and_deleted_by_somebody_else_comes_and_goes(version: Version) -> Result<()> {
    let (app, _) = over_gallery(version, "admin").await?;
    let mut console = Console::open(&app).await?;
    let topics = Feed::Topics { cluster: bed() };
    let (mut wire, topic) = fresh_topic(version, &[]).await?;
    let row = |state: &FeedData| match state {
        FeedData::Topics(view) => Some(view.rows.iter().find(|row| row.name == topic).cloned()),
        _ => None,
    };
    let seen: TopicRow = console.until(topics.clone(), |state| row(state)?).await?;
    assert_eq!((seen.n_partitions, seen.replication_factor, seen.offline), (1, 1, 0));

    // Another one while the feed is followed: it is told without anybody asking.
    let later = unique("later");
    wire.create_topic(&later, 1, 1, &[]).await?;
    let has = |state: &FeedData, name: &str| match state {
        FeedData::Topics(view) => view.rows.iter().any(|row| row.name == name),
        _ => false,
    };
    console.until(topics.clone(), |state| has(state, &later).then_some(())).await?;
    let properties = gallery(version).await?.properties_of(Door::Plain, "admin");
    let settings =
        ConnectionSettings::from_properties(&Properties::parse(&properties, "other.properties")?);
    let other = Client::new(settings.map_err(|faults| anyhow!("{faults:?}"))?)?;
    other.delete_topics(&[&topic]).await?.remove(&topic).context("an answer")??;
    console.until(topics, |state| row(state)?.is_none().then_some(())).await
}
