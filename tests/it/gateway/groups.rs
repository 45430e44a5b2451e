//! Consumer groups: what is told of them, and putting their offsets elsewhere.

use anyhow::{Result, bail, ensure};
use drawbridge_shared::{
    view::{GroupDetail, GroupKind, ResetMove, ResetPlan, ResetScope, ResetTarget},
    wire::{ErrorCode, Feed, FeedData, Request, Response, WireError},
};
use drawbridge_tests::{
    bed::unique,
    wire::{Wire, batch::Batch},
};
use serde_json::json;

use super::{
    bed,
    console::Console,
    over_gallery,
    web::{ask, ask_until},
};
use crate::support::{Version, fresh_topic};

on_each_version!(
    offsets_are_reset_to_every_kind_of_place_and_a_stale_preview_is_refused,
    a_classic_group_with_a_member_is_told_and_left_alone,
    offsets_of_a_topic_and_then_the_group_are_deleted,
);

/// Members of share and streams groups choose a UUID in Kafka's short form.
const SHARER: &str = "AbCdEfGhIjKlMnOpQrStUw";
const MEMBER: &str = "0123456789abcdefghij-_";

/// A topic of ten records, and a group that stands at offset 4.
async fn standing(version: Version) -> Result<(Wire, String, String)> {
    let (mut wire, topic) = fresh_topic(version, &[]).await?;
    wire.write(&topic, &Batch::of_values(0..10)).await?;
    let group = unique("group");
    assert_eq!(wire.commit(&group, &topic, 4).await?, 0);
    Ok((wire, topic, group))
}

async fn plan(console: &mut Console, group: &str, target: ResetTarget) -> Result<ResetPlan> {
    let group = group.to_owned();
    let request = Request::PlanGroupReset { cluster: bed(), group, scope: vec![], target };
    match console.ask(request).await? {
        Ok(Response::ResetPlanned(plan)) => Ok(plan),
        other => bail!("unexpected {other:?}"),
    }
}

async fn reset(
    console: &mut Console,
    group: &str,
    moves: Vec<ResetMove>,
) -> Result<Result<Response, WireError>> {
    console.ask(Request::ResetGroup { cluster: bed(), group: group.to_owned(), moves }).await
}

async fn delete(console: &mut Console, group: &str) -> Result<Result<Response, WireError>> {
    console.ask(Request::DeleteGroup { cluster: bed(), group: group.to_owned() }).await
}

/// The group as the console shows it, once it is as wanted.
async fn shown(
    console: &mut Console,
    group: &str,
    wanted: impl Fn(&GroupDetail) -> bool,
) -> Result<GroupDetail> {
    let feed = Feed::Group { cluster: bed(), group: group.to_owned() };
    console
        .until(feed, |state| match state {
            FeedData::Group(detail) if wanted(detail) => Some((**detail).clone()),
            _ => None,
        })
        .await
}

async fn offsets_are_reset_to_every_kind_of_place_and_a_stale_preview_is_refused(
    version: Version,
) -> Result<()> {
    let (mut wire, topic, group) = standing(version).await?;
    let other = unique("other");
    assert_eq!(wire.commit(&other, &topic, 7).await?, 0);
    let (app, _) = over_gallery(version, "admin").await?;
    let mut console = Console::open(&app).await?;
    let seen = shown(&mut console, &group, |detail| detail.behind_ms.is_some()).await?;
    assert_eq!((seen.group.lag, seen.group.n_members), (Some(6), Some(0)));
    ensure!(seen.behind_ms.is_some_and(|ms| ms > 0), "six records wait: {seen:?}");

    let first = plan(&mut console, &group, ResetTarget::Oldest).await?;
    let row = &first.rows[0];
    assert_eq!((row.from, row.to, row.moves), (Some(4), Some(0), Some(-4)));
    assert_eq!(wire.committed(&group, &topic).await?.0, 4, "a plan changes nothing");
    for (target, to) in [
        (ResetTarget::Oldest, 0),
        (ResetTarget::Newest, 10),
        (ResetTarget::Offset { offset: 3 }, 3),
        (ResetTarget::Shift { by: 5 }, 8),
        (ResetTarget::Shift { by: -99 }, 0),
        (ResetTarget::Group { group: other.clone() }, 7),
        (ResetTarget::Time { at_ms: i64::MAX / 2 }, 10),
        (ResetTarget::Time { at_ms: 0 }, 0),
    ] {
        let moves = plan(&mut console, &group, target.clone()).await?.moves();
        let done = reset(&mut console, &group, moves).await?;
        ensure!(done.is_ok(), "{target:?}: {done:?}");
        assert_eq!(wire.committed(&group, &topic).await?, (to, -1), "{target:?}");
    }
    shown(&mut console, &group, |detail| detail.group.lag == Some(10)).await?;

    let stale = plan(&mut console, &group, ResetTarget::Newest).await?.moves();
    assert_eq!(wire.commit(&group, &topic, 2).await?, 0);
    let refused = reset(&mut console, &group, stale).await?.unwrap_err();
    assert_eq!(refused.code, ErrorCode::Conflict, "{refused:?}");
    ensure!(refused.message.contains("changed since you looked"), "{refused:?}");
    assert_eq!(wire.committed(&group, &topic).await?.0, 2, "nothing was changed");
    Ok(())
}

async fn a_classic_group_with_a_member_is_told_and_left_alone(version: Version) -> Result<()> {
    let (mut wire, topic, group) = standing(version).await?;
    let member = wire.join_classic(&group).await?;
    let (app, root) = over_gallery(version, "admin").await?;
    let mut console = Console::open(&app).await?;
    let seen = shown(&mut console, &group, |detail| detail.members.len() == 1).await?;
    assert_eq!((seen.group.kind, &*seen.members[0].id), (GroupKind::Classic, &*member));

    let planned = plan(&mut console, &group, ResetTarget::Oldest).await?;
    let why = planned.refusal.clone().unwrap_or_default();
    ensure!(why.contains("has a member") && why.contains("Stop its consumers"), "{why}");
    for refused in
        [reset(&mut console, &group, planned.moves()).await?, delete(&mut console, &group).await?]
    {
        let refused = refused.unwrap_err();
        assert_eq!(refused.code, ErrorCode::Conflict, "{refused:?}");
        ensure!(refused.remedy.is_some_and(|remedy| remedy.contains("Stop its consumers")));
    }
    assert_eq!(wire.committed(&group, &topic).await?.0, 4);

    let own = format!("{root}/consumer-groups/{group}");
    let told = ask(&app, "GET", &own, "").await?.body;
    assert_eq!((&told["kind"], &told["type"]), (&json!("KafkaConsumerGroup"), &json!("CLASSIC")));
    assert_eq!((&told["state"], &told["is_simple"]), (&json!("STABLE"), &json!(false)));
    assert_eq!(told["partition_assignor"], "range");
    let consumers = ask(&app, "GET", &format!("{own}/consumers"), "").await?;
    assert_eq!(consumers.each("consumer_id"), [&json!(member)]);
    let consumer = ask(&app, "GET", &format!("{own}/consumers/{member}"), "").await?.body;
    assert_eq!(consumer["kind"], "KafkaConsumer");
    let assignments =
        ask(&app, "GET", &format!("{own}/consumers/{member}/assignments"), "").await?;
    assert_eq!(assignments.body["kind"], "KafkaConsumerAssignmentList");
    let lags = ask(&app, "GET", &format!("{own}/lags"), "").await?;
    assert_eq!(
        (lags.each("lag"), lags.each("log_end_offset")),
        (vec![&json!(6)], vec![&json!(10)])
    );
    let one = ask(&app, "GET", &format!("{own}/lags/{topic}/partitions/0"), "").await?.body;
    assert_eq!((&one["current_offset"], &one["lag"]), (&json!(4), &json!(6)));
    let summary = ask(&app, "GET", &format!("{own}/lag-summary"), "").await?.body;
    assert_eq!((&summary["max_lag"], &summary["total_lag"]), (&json!(6), &json!(6)));
    assert_eq!(summary["max_lag_topic_name"], json!(topic));
    let all = ask(&app, "GET", &format!("{root}/consumer-groups"), "").await?;
    ensure!(all.each("consumer_group_id").contains(&&json!(group)), "{all:?}");
    Ok(())
}

#[tokio::test]
async fn a_group_of_the_consumer_protocol_is_told_and_reset_once_it_is_empty() {
    of_the_consumer_protocol().await.unwrap();
}

async fn of_the_consumer_protocol() -> Result<()> {
    let (mut wire, topic, group) = standing(Version::V4).await?;
    let (app, root) = over_gallery(Version::V4, "admin").await?;
    let mut console = Console::open(&app).await?;
    let epoch = wire.consumer_heartbeat(&group, MEMBER, 0, &topic).await?;
    ensure!(epoch > 0, "it joined");
    let seen = shown(&mut console, &group, |detail| detail.members.len() == 1).await?;
    assert_eq!(seen.group.kind, GroupKind::Consumer);
    let own = format!("{root}/consumer-groups/{group}");
    assert_eq!(ask(&app, "GET", &own, "").await?.body["type"], "CONSUMER");
    let consumers = ask(&app, "GET", &format!("{own}/consumers"), "").await?;
    assert_eq!(consumers.each("consumer_id"), [&json!(MEMBER)]);

    let moves = plan(&mut console, &group, ResetTarget::Oldest).await?.moves();
    let refused = reset(&mut console, &group, moves.clone()).await?.unwrap_err();
    assert_eq!(refused.code, ErrorCode::Conflict, "{refused:?}");
    wire.consumer_heartbeat(&group, MEMBER, -1, &topic).await?;
    shown(&mut console, &group, |detail| detail.members.is_empty()).await?;
    let done = reset(&mut console, &group, moves).await?;
    ensure!(done.is_ok(), "{done:?}");
    assert_eq!(wire.committed(&group, &topic).await?.0, 0);
    Ok(())
}

#[tokio::test]
async fn a_share_group_is_told_with_its_members_and_the_lag_that_the_broker_knows() {
    of_share_groups().await.unwrap();
}

async fn of_share_groups() -> Result<()> {
    let (mut wire, topic) = fresh_topic(Version::V4, &[]).await?;
    wire.write(&topic, &Batch::of_values(0..10)).await?;
    let (app, root) = over_gallery(Version::V4, "admin").await?;
    let group = unique("share");
    wire.share_from_oldest(&group).await?;
    wire.join_share(&group, SHARER, &topic).await?;
    let mut console = Console::open(&app).await?;
    let seen = shown(&mut console, &group, |detail| {
        detail.members.first().is_some_and(|member| !member.assignment.is_empty())
    })
    .await?;
    assert_eq!(seen.group.kind, GroupKind::Share);
    assert_eq!(seen.partitions[0].members, [SHARER]);
    let id = wire.topic(&topic).await?.topic_id;
    assert_eq!(wire.share_accept(&group, SHARER, id).await?, 10);
    wire.write(&topic, &Batch::of_values(10..13)).await?;
    let seen = shown(&mut console, &group, |detail| detail.group.lag == Some(3)).await?;
    let at = &seen.partitions[0];
    ensure!(
        at.committed.is_some() && at.behind_ms.is_none(),
        "which record waits is not told: {at:?}"
    );

    let planned = console
        .ask(Request::PlanGroupReset {
            cluster: bed(),
            group: group.clone(),
            scope: vec![],
            target: ResetTarget::Oldest,
        })
        .await?;
    let refused = planned.unwrap_err();
    assert_eq!(refused.code, ErrorCode::Unsupported, "{refused:?}");
    ensure!(refused.remedy.is_some_and(|remedy| remedy.contains("kafka-share-groups")));
    let own = format!("{root}/consumer-groups/{group}");
    assert_eq!(ask(&app, "GET", &own, "").await?.body["type"], "SHARE");
    let consumers = ask(&app, "GET", &format!("{own}/consumers"), "").await?;
    assert_eq!(consumers.each("consumer_id"), [&json!(SHARER)]);
    let lags = ask(&app, "GET", &format!("{own}/lags"), "").await?;
    assert_eq!(lags.each("lag"), [&json!(3)]);
    let all = Feed::Groups { cluster: Some(bed()) };
    let listed = console
        .until(all, |state| match state {
            FeedData::Groups(view) => {
                view.rows.iter().find(|row| row.group == group && row.lag.is_some()).cloned()
            }
            _ => None,
        })
        .await?;
    assert_eq!((listed.lag, listed.n_members), (Some(3), Some(1)));
    Ok(())
}

#[tokio::test]
async fn a_streams_group_is_told_with_the_partitions_that_its_tasks_read() {
    of_streams_groups().await.unwrap();
}

async fn of_streams_groups() -> Result<()> {
    let (mut wire, topic) = fresh_topic(Version::V4, &[]).await?;
    wire.write(&topic, &Batch::of_values(0..10)).await?;
    let group = unique("streams");
    wire.join_streams(&group, SHARER, &topic).await?;
    let (app, root) = over_gallery(Version::V4, "admin").await?;
    let mut console = Console::open(&app).await?;
    let seen = shown(&mut console, &group, |detail| {
        detail.members.first().is_some_and(|member| !member.assignment.is_empty())
    })
    .await?;
    assert_eq!(seen.group.kind, GroupKind::Streams);
    assert_eq!(seen.members[0].assignment, [(topic.clone(), vec![0])]);
    assert_eq!(seen.partitions[0].members, [SHARER]);
    let own = format!("{root}/consumer-groups/{group}");
    assert_eq!(ask(&app, "GET", &own, "").await?.body["type"], "STREAMS");
    Ok(())
}

async fn offsets_of_a_topic_and_then_the_group_are_deleted(version: Version) -> Result<()> {
    let (mut wire, topic, group) = standing(version).await?;
    let (app, root) = over_gallery(version, "admin").await?;
    let mut console = Console::open(&app).await?;
    let topics = vec![topic.parse()?];
    let request = Request::DeleteGroupOffsets { cluster: bed(), group: group.clone(), topics };
    let deleted = console.ask(request).await?;
    ensure!(matches!(&deleted, Ok(Response::GroupOffsetsChanged(rows)) if rows[0].error.is_none()));
    assert_eq!(wire.committed(&group, &topic).await?.0, -1);

    assert_eq!(wire.commit(&group, &topic, 4).await?, 0);
    let whole = vec![ResetScope { topic: topic.parse()?, partitions: vec![0] }];
    let request = Request::PlanGroupReset {
        cluster: bed(),
        group: group.clone(),
        scope: whole,
        target: ResetTarget::Newest,
    };
    ensure!(console.ask(request).await?.is_ok(), "one partition by its number");
    assert_eq!(delete(&mut console, &group).await?, Ok(Response::Done));
    let own = format!("{root}/consumer-groups/{group}");
    ask_until(&app, &own, |answer| answer.status == 404).await?;
    let again = delete(&mut console, &group).await?.unwrap_err();
    assert_eq!(again.code, ErrorCode::NotFound, "{again:?}");
    Ok(())
}
