//! What is done to topics over the WebSocket, and what Kafka made of it.

use anyhow::{Context, Result, bail, ensure};
use drawbridge_kafka::{ErrorCode as Kafka, admin::topics::NewTopic};
use drawbridge_shared::{
    names::TopicName,
    view::TopicDetail,
    wire::{ErrorCode, Feed, FeedData, Request, Response},
};
use drawbridge_tests::wire::batch::Batch;

use super::{bed, console::Console, over_gallery};
use crate::support::{Version, eventually, fresh_topic};

on_each_version!(
    purged_records_are_gone_and_added_partitions_are_there,
    a_topic_made_again_under_its_name_is_not_deleted,
);

fn detail(state: &FeedData) -> Option<&TopicDetail> {
    match state {
        FeedData::Topic(detail) => Some(detail),
        _ => None,
    }
}

async fn purged_records_are_gone_and_added_partitions_are_there(version: Version) -> Result<()> {
    let (app, _) = over_gallery(version, "admin").await?;
    let (mut wire, name) = fresh_topic(version, &[]).await?;
    wire.write(&name, &Batch::of_values(0..5)).await?;
    let topic: TopicName = name.parse()?;
    let mut console = Console::open(&app).await?;
    let feed = Feed::Topic { cluster: bed(), topic: topic.clone() };
    let measured = console
        .until(feed.clone(), |state| {
            detail(state).filter(|d| d.topic.n_offsets == Some(5)).cloned()
        })
        .await?;
    assert_eq!(measured.partitions[0].high_watermark, Some(5));

    let purge = |topic_id: Option<String>, before| Request::PurgeTopic {
        cluster: bed(),
        topic: topic.clone(),
        topic_id,
        before,
    };
    let other = console.ask(purge(Some("other".to_owned()), vec![(0, -1)])).await?.unwrap_err();
    assert_eq!(other.code, ErrorCode::Conflict, "{other:?}");
    let beyond = console.ask(purge(None, vec![(0, 99)])).await?.unwrap_err();
    ensure!(beyond.cause.as_ref().is_some_and(|c| c.contains("OFFSET_OUT_OF_RANGE")), "{beyond:?}");
    let Ok(Response::Purged(rows)) = console.ask(purge(measured.topic_id, vec![(0, 3)])).await?
    else {
        bail!("not purged")
    };
    assert_eq!((rows[0].log_start, rows[0].error.as_deref()), (Some(3), None));
    assert_eq!(wire.earliest(&name).await?, 3);

    let add = |total| Request::AddPartitions {
        cluster: bed(),
        topic: topic.clone(),
        total,
        validate_only: false,
    };
    assert_eq!(console.ask(add(3)).await?, Ok(Response::Done));
    let fewer = console.ask(add(2)).await?.unwrap_err();
    assert_eq!(fewer.code, ErrorCode::Invalid, "{fewer:?}");
    let whole = |d: &&TopicDetail| d.partitions.len() == 3 && d.topic.n_offsets == Some(2);
    console.until(feed, |state| detail(state).filter(whole).map(|_| ())).await
}

async fn a_topic_made_again_under_its_name_is_not_deleted(version: Version) -> Result<()> {
    let (app, _) = over_gallery(version, "admin").await?;
    let name = fresh_topic(version, &[]).await?.1;
    let topic: TopicName = name.parse()?;
    let mut console = Console::open(&app).await?;
    let feed = Feed::Topic { cluster: bed(), topic: topic.clone() };
    let old = console.until(feed.clone(), |state| detail(state).cloned()).await?.topic_id;
    ensure!(old.is_some(), "Kafka has topic ids");

    let cluster = app.clusters().get(&bed()).context("the cluster")?;
    let client = cluster.client()?;
    let old_id = client.describe_topics(&[&name]).await?.remove(&name).context("it")??.id;
    client.delete_topics(&[&name]).await?.remove(&name).context("an answer")??;
    eventually("the name is free and taken again", async || {
        let again = NewTopic { name: name.clone(), partitions: Some(2), ..NewTopic::default() };
        let made = client.create_topics(&[again], false).await?.remove(&name);
        Ok(made.context("an answer")?.ok().map(|_| ()))
    })
    .await?;

    eventually("the broker knows the new one", async || {
        let seen = client.describe_topics(&[&name]).await?.remove(&name);
        Ok(seen.and_then(Result::ok).filter(|topic| topic.partitions.len() == 2).map(|_| ()))
    })
    .await?;

    let delete = |topic_id| Request::DeleteTopic { cluster: bed(), topic: topic.clone(), topic_id };
    let refused = console.ask(delete(old)).await?.unwrap_err();
    assert_eq!(refused.code, ErrorCode::Conflict, "{refused:?}");
    // The same without the look before the call: it is Kafka itself that goes by the id.
    let error = client.delete_topic_by_id(&name, old_id).await.unwrap_err();
    assert_eq!(error.code(), Some(Kafka::UNKNOWN_TOPIC_ID), "{error:?}");
    let two = |d: &&TopicDetail| d.partitions.len() == 2;
    let now = console.until(feed, |state| detail(state).filter(two).cloned()).await?;
    assert_eq!(console.ask(delete(now.topic_id)).await?, Ok(Response::Done));
    Ok(())
}
