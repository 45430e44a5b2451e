//! Consumer groups over REST and the WebSocket.

use drawbridge_embedded::EmbeddedCluster;
use drawbridge_embedded::Record;
use drawbridge_kafka::{
    Client,
    admin::{TopicPartition, group_offsets::CommittedOffset},
};
use drawbridge_shared::{
    names::{ClusterName, TopicName},
    view::{
        ActivityEntry, ActivityResult, GroupDetail, GroupState, ResetMove, ResetPlan, ResetScope,
        ResetTarget,
    },
    wire::{ErrorCode, Feed, FeedData, Request, Response, WireError},
};

use super::{
    golden::check,
    rest::{CLUSTER, error, running},
    support::{Console, ask},
};
use crate::demo;

const GROUP: &str = "billing/eu 1";

fn one() -> ClusterName {
    "one".parse().unwrap()
}

fn topic() -> TopicName {
    "topic-1".parse().unwrap()
}

async fn commit(cluster: &EmbeddedCluster, offsets: &[(i32, i64)]) {
    let client = Client::new(demo::spec("one", cluster).unwrap().settings).unwrap();
    let offsets: Vec<_> = offsets
        .iter()
        .map(|(partition, offset)| {
            (TopicPartition::new("topic-1", *partition), CommittedOffset::new(*offset))
        })
        .collect();
    let answers = client.commit_group_offsets(GROUP, &offsets).await.unwrap();
    assert!(answers.values().all(Result::is_ok), "{answers:?}");
    client.close().await;
}

fn fill(cluster: &EmbeddedCluster, partition: i32, n: usize) {
    let records: Vec<Record> = (0..n).map(|n| Record::new("k", format!("v{n}"))).collect();
    cluster.append("topic-1", partition, &records).unwrap();
}

#[tokio::test]
async fn a_group_and_its_lags_have_the_public_shapes_and_odd_names_their_escapes() {
    let (cluster, app) = running().await;
    fill(&cluster, 0, 5);
    fill(&cluster, 1, 9);
    commit(&cluster, &[(0, 5), (1, 2)]).await;
    let groups = format!("{CLUSTER}/consumer-groups");
    let own = format!("{groups}/billing%2Feu%201");
    for (name, path) in [
        ("consumer_groups", groups.clone()),
        ("consumer_group", own.clone()),
        ("consumers_of_an_empty_group", format!("{own}/consumers")),
        ("consumer_lags", format!("{own}/lags")),
        ("consumer_lag", format!("{own}/lags/topic-1/partitions/1")),
        ("consumer_lag_summary", format!("{own}/lag-summary")),
    ] {
        let answer = ask(&app, "GET", &path, "").await;
        assert_eq!(answer.status, 200, "{path}: {}", answer.body);
        check(name, answer.json(), &[(&app.address().to_string(), "HOST:PORT")]);
    }
    for path in [
        format!("{groups}/nope"),
        format!("{own}/consumers/nope"),
        format!("{own}/lags/topic-1/partitions/7"),
        format!("{groups}/nope/lag-summary"),
    ] {
        let (status, _, message) = error(&ask(&app, "GET", &path, "").await);
        assert_eq!(status, 404, "{path}: {message}");
    }
}

async fn plan(console: &mut Console, target: ResetTarget) -> ResetPlan {
    let request =
        Request::PlanGroupReset { cluster: one(), group: GROUP.into(), scope: vec![], target };
    match console.ask(request).await {
        Ok(Response::ResetPlanned(plan)) => plan,
        other => panic!("unexpected {other:?}"),
    }
}

async fn reset(console: &mut Console, moves: Vec<ResetMove>) -> Result<Response, WireError> {
    console.ask(Request::ResetGroup { cluster: one(), group: GROUP.into(), moves }).await
}

async fn group(console: &mut Console, wanted: impl Fn(&GroupDetail) -> bool) -> GroupDetail {
    let feed = Feed::Group { cluster: one(), group: GROUP.into() };
    let seen = |state: &FeedData| matches!(state, FeedData::Group(detail) if wanted(detail));
    match console.until(feed, seen).await {
        FeedData::Group(detail) => *detail,
        other => panic!("unexpected {other:?}"),
    }
}

fn committed(detail: &GroupDetail) -> Vec<Option<i64>> {
    detail.partitions.iter().map(|partition| partition.committed).collect()
}

#[tokio::test]
async fn a_reset_does_what_its_plan_said_and_is_refused_once_offsets_changed() {
    let (cluster, app) = running().await;
    fill(&cluster, 0, 5);
    fill(&cluster, 1, 9);
    commit(&cluster, &[(0, 5), (1, 2)]).await;
    let mut console = Console::open(&app).await;
    let seen = group(&mut console, |detail| detail.behind_ms.is_some()).await;
    assert_eq!(committed(&seen), [Some(5), Some(2)]);
    assert_eq!((seen.group.lag, seen.group.state), (Some(7), GroupState::Empty));

    let oldest = plan(&mut console, ResetTarget::Oldest).await;
    assert_eq!(oldest.refusal, None);
    assert_eq!(oldest.rows.iter().map(|row| row.moves).collect::<Vec<_>>(), [Some(-5), Some(-2)]);
    let moves = oldest.moves();
    let done = reset(&mut console, moves.clone()).await;
    assert!(
        matches!(&done, Ok(Response::GroupOffsetsChanged(rows)) if rows.len() == 2),
        "{done:?}"
    );
    group(&mut console, |detail| committed(detail) == [Some(0), Some(0)]).await;

    let stale = reset(&mut console, moves).await.unwrap_err();
    assert_eq!(stale.code, ErrorCode::Conflict);
    assert!(stale.message.contains("topic-1-0 was 5 and is 0, and 1 more"), "{stale:?}");

    for (target, to) in [
        (ResetTarget::Newest, [5, 9]),
        (ResetTarget::Offset { offset: 3 }, [3, 3]),
        (ResetTarget::Shift { by: -2 }, [1, 1]),
        (ResetTarget::Shift { by: 100 }, [5, 9]),
        (ResetTarget::Time { at_ms: 0 }, [0, 0]),
        (ResetTarget::Time { at_ms: i64::MAX / 2 }, [5, 9]),
    ] {
        let moves = plan(&mut console, target.clone()).await.moves();
        assert!(reset(&mut console, moves).await.is_ok(), "{target:?}");
        let to = to.map(Some);
        group(&mut console, |detail| committed(detail) == to).await;
    }

    let wanted = Feed::Activity { cluster: Some(one()), link: None, topic: Some(topic()) };
    let refused = |entry: &ActivityEntry| matches!(entry.result, ActivityResult::Refused(_));
    let told = |state: &FeedData| matches!(state, FeedData::Activity(all) if all.len() >= 8);
    let FeedData::Activity(all) = console.until(wanted, told).await else { panic!("activity") };
    assert_eq!(all[0].action, format!("reset the offsets of group '{GROUP}'"));
    assert_eq!(all[0].before.as_deref(), Some("topic-1-0: 5, topic-1-1: 2"));
    assert_eq!(all[0].after.as_deref(), Some("topic-1-0: 0, topic-1-1: 0"));
    assert_eq!(all.iter().filter(|entry| refused(entry)).count(), 1);
}

#[tokio::test]
async fn a_plan_names_partitions_without_offset_only_when_asked_for_their_topic() {
    let (cluster, app) = running().await;
    fill(&cluster, 1, 4);
    commit(&cluster, &[(0, 0)]).await;
    let mut console = Console::open(&app).await;
    assert_eq!(plan(&mut console, ResetTarget::Newest).await.rows.len(), 1);
    let scope = |partitions| vec![ResetScope { topic: topic(), partitions }];
    let mut asked = async |scope, target| {
        let group = GROUP.into();
        console.ask(Request::PlanGroupReset { cluster: one(), group, scope, target }).await
    };
    match asked(scope(vec![]), ResetTarget::Newest).await {
        Ok(Response::ResetPlanned(plan)) => {
            let rows: Vec<_> =
                plan.rows.iter().map(|row| (row.partition, row.from, row.to)).collect();
            assert_eq!(rows, [(0, Some(0), Some(0)), (1, None, Some(4))]);
            assert_eq!(plan.moves().len(), 1, "what stays is not asked for");
        }
        other => panic!("unexpected {other:?}"),
    }
    let none = asked(scope(vec![9]), ResetTarget::Newest).await.unwrap_err();
    assert!(none.message.contains("no partition 9"), "{none:?}");
    let nobody = asked(vec![], ResetTarget::Group { group: "nobody".into() }).await.unwrap_err();
    assert_eq!(nobody.code, ErrorCode::NotFound, "{nobody:?}");
}

#[tokio::test]
async fn the_offsets_of_a_topic_and_then_the_group_are_deleted_and_the_list_follows() {
    let (cluster, app) = running().await;
    fill(&cluster, 0, 5);
    commit(&cluster, &[(0, 1)]).await;
    let mut console = Console::open(&app).await;
    let feed = Feed::Groups { cluster: None };
    let lag = |state: &FeedData| match state {
        FeedData::Groups(view) => view.rows.first().and_then(|row| row.lag),
        _ => None,
    };
    console.until(feed.clone(), |state| lag(state) == Some(4)).await;
    let delete =
        |topics| Request::DeleteGroupOffsets { cluster: one(), group: GROUP.into(), topics };
    assert!(console.ask(delete(vec![])).await.is_err());
    let deleted = console.ask(delete(vec![topic()])).await;
    assert!(matches!(&deleted, Ok(Response::GroupOffsetsChanged(rows)) if rows[0].error.is_none()));
    let again = console.ask(delete(vec![topic()])).await.unwrap_err();
    assert!(again.message.contains("no committed offset") || again.code == ErrorCode::NotFound);

    commit(&cluster, &[(0, 1)]).await;
    let delete = || Request::DeleteGroup { cluster: one(), group: GROUP.into() };
    assert_eq!(console.ask(delete()).await, Ok(Response::Done));
    assert_eq!(console.ask(delete()).await.unwrap_err().code, ErrorCode::NotFound);
    let gone = |state: &FeedData| matches!(state, FeedData::Groups(view) if view.rows.is_empty());
    console.until(feed, gone).await;
}
