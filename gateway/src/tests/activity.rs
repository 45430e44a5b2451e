//! What is done through a gateway is kept on the cluster it concerns.

use drawbridge_embedded::{
    Acl, ClusterSpec as EmbeddedSpec, ListenerSecurity, Mechanism, TopicSpec, operation, resource,
};
use drawbridge_shared::{
    draft::{ConfigChange, LinkDraft, TopicDraft},
    names::{ClusterName, TopicName},
    view::{ActivityEntry, ActivityResult, ClusterOrigin},
    wire::{Feed, FeedData, Request, Response},
};

use super::support::{Console, ask, embedded, gateway, in_time, start};
use crate::{
    activity::TOPIC,
    app::{App, Parts},
    clusters::ClusterSpec,
    demo,
    links::store::PasswordEncoder,
};

const GRACE: std::time::Duration = std::time::Duration::from_secs(10);

fn one() -> ClusterName {
    "one".parse().unwrap()
}

fn topic(name: &str) -> TopicName {
    name.parse().unwrap()
}

fn of(topic: Option<TopicName>) -> Feed {
    Feed::Activity { cluster: Some(one()), link: None, topic }
}

fn entries(state: &FeedData) -> &[ActivityEntry] {
    match state {
        FeedData::Activity(entries) => entries,
        other => panic!("unexpected {other:?}"),
    }
}

async fn until(app: &App, feed: Feed, wanted: &str) -> Vec<ActivityEntry> {
    let told = |state: &FeedData| entries(state).iter().any(|entry| entry.action == wanted);
    entries(&Console::open(app).await.until(feed, told).await).to_vec()
}

fn found<'a>(all: &'a [ActivityEntry], action: &str) -> &'a ActivityEntry {
    all.iter().find(|entry| entry.action == action).unwrap()
}

fn alter(value: &str) -> Request {
    Request::AlterTopicConfigs {
        cluster: one(),
        topic: topic("fresh"),
        changes: vec![ConfigChange { name: "retention.ms".into(), value: Some(value.into()) }],
        validate_only: false,
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn what_was_done_and_what_was_refused_is_there_after_a_restart() {
    let cluster = embedded(EmbeddedSpec::new("id-one")).await;
    let app = gateway(&[&cluster]).await;
    let mut console = Console::open(&app).await;
    assert_eq!(cluster.local().offsets(TOPIC, 0), None, "made with the first entry only");
    let create = Request::CreateTopic {
        cluster: one(),
        draft: TopicDraft { name: "fresh".into(), partitions: "1".into(), ..TopicDraft::default() },
        validate_only: false,
    };
    assert_eq!(console.ask(create).await, Ok(Response::Done));
    assert_eq!(console.ask(alter("120000")).await, Ok(Response::Done));
    assert!(console.ask(alter("soon")).await.is_err());
    let deleted = ask(&app, "DELETE", "/kafka/v3/clusters/id-one/topics/fresh", "").await;
    assert_eq!(deleted.status, 204);
    until(&app, of(None), "delete topic 'fresh'").await;
    app.stop(GRACE).await;

    let app = gateway(&[&cluster]).await;
    let kept = until(&app, of(Some(topic("fresh"))), "delete topic 'fresh'").await;
    let words: Vec<_> =
        kept.iter().map(|entry| (entry.who.as_str(), entry.action.as_str())).collect();
    assert_eq!(
        words,
        [
            ("console", "create topic 'fresh'"),
            ("console", "alter configs of topic 'fresh'"),
            ("console", "alter configs of topic 'fresh'"),
            ("rest", "delete topic 'fresh'"),
        ]
    );
    assert_eq!(kept[1].before.as_deref(), Some("retention.ms=604800000"));
    assert_eq!(kept[1].after.as_deref(), Some("retention.ms=120000"));
    assert_eq!(kept[1].result, ActivityResult::Done);
    assert_eq!(kept[2].after.as_deref(), Some("retention.ms=soon"));
    assert!(matches!(&kept[2].result, ActivityResult::Refused(why) if why.contains("soon")));
}

#[tokio::test(flavor = "multi_thread")]
async fn another_gateways_entries_come_while_somebody_follows() {
    let cluster = embedded(EmbeddedSpec::new("id-one").topic(TopicSpec::new("orders", 1, 1))).await;
    let (app, other) = (gateway(&[&cluster]).await, gateway(&[&cluster]).await);
    let mut console = Console::open(&app).await;
    console.until(of(None), |_| true).await;
    let path = "/kafka/v3/clusters/id-one/topics/orders";
    in_time(async {
        while ask(&other, "DELETE", path, "").await.status != 204 {
            tokio::task::yield_now().await;
        }
    })
    .await;
    let told = |state: &FeedData| {
        entries(state)
            .iter()
            .any(|entry| entry.who == "rest" && entry.action == "delete topic 'orders'")
    };
    console.until(of(None), told).await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_link_has_its_entries_and_none_has_its_secret() {
    let secured = EmbeddedSpec::new("id-two")
        .security(ListenerSecurity::sasl(&[Mechanism::ScramSha256]))
        .user("reader", "hidden-word")
        .super_user("User:reader")
        .super_user("User:ANONYMOUS");
    let (source, cluster) = (embedded(secured).await, embedded(EmbeddedSpec::new("id-one")).await);
    let specs = [
        demo::spec("one", &cluster).unwrap(),
        ClusterSpec::from_text(
            "two".parse().unwrap(),
            ClusterOrigin::Configured,
            &source.properties(Some("reader")),
            "test",
        )
        .unwrap(),
    ];
    let encoder =
        Some(PasswordEncoder::new(&drawbridge_kafka::settings::Secret::new("encoder"), None));
    let app = start(Parts { clusters: specs.into(), encoder, ..Parts::default() }).await;
    let configs = source.properties(Some("reader"));
    assert!(configs.contains("hidden-word"));
    let create = |name: &str| Request::CreateLink {
        cluster: one(),
        draft: LinkDraft { name: name.into(), configs: configs.clone(), ..LinkDraft::default() },
    };
    let mut console = Console::open(&app).await;
    in_time(async {
        while ask(&app, "GET", "/kafka/v3/clusters/id-one/links", "").await.status != 200 {
            tokio::task::yield_now().await;
        }
    })
    .await;
    assert_eq!(console.ask(create("l")).await, Ok(Response::Done));
    assert!(console.ask(create("l")).await.is_err(), "it is there already");
    let act = Request::ActOnMirrors {
        cluster: one(),
        link: "l".parse().unwrap(),
        action: drawbridge_shared::view::MirrorAction::Promote,
        topics: vec![topic("orders")],
        validate_only: false,
    };
    assert!(console.ask(act).await.is_ok());
    let feed =
        Feed::Activity { cluster: Some(one()), link: Some("l".parse().unwrap()), topic: None };
    let told = |state: &FeedData| {
        ["link 'l' is ACTIVE", "promote mirror 'orders'"]
            .iter()
            .all(|wanted| entries(state).iter().any(|entry| entry.action == *wanted))
    };
    let all = entries(&console.until(feed, told).await).to_vec();
    let text = serde_json::to_string(&all).unwrap();
    assert!(!text.contains("hidden-word"), "{text}");
    let done = |entry: &&ActivityEntry| {
        entry.action == "create link 'l'" && entry.result == ActivityResult::Done
    };
    let created = all.iter().find(done).unwrap();
    let after = created.after.as_deref().unwrap();
    assert!(after.contains("sasl.jaas.config") && after.contains("sasl.mechanism="), "{after}");
    assert_eq!(all.iter().find(|entry| entry.who == "drawbridge").unwrap().link, created.link);
    let refused = found(&all, "promote mirror 'orders'");
    assert!(
        matches!(&refused.result, ActivityResult::Refused(why) if why.contains("is not a mirror"))
    );
}

#[tokio::test(flavor = "multi_thread")]
async fn a_cluster_that_lets_nothing_be_kept_still_carries_out_changes() {
    let spec = EmbeddedSpec::new("id-one")
        .topic(TopicSpec::new("fresh", 1, 1))
        .security(ListenerSecurity::sasl(&[Mechanism::ScramSha256]))
        .user("changer", "secret")
        .acl(Acl::allow("User:changer", operation::ALL, resource::TOPIC, "fresh"));
    let cluster = embedded(spec).await;
    let properties = cluster.properties(Some("changer"));
    let spec =
        ClusterSpec::from_text(one(), ClusterOrigin::Configured, &properties, "test").unwrap();
    let app = start(Parts { clusters: vec![spec], ..Parts::default() }).await;
    let mut console = Console::open(&app).await;
    assert_eq!(console.ask(alter("120000")).await, Ok(Response::Done));
    let words = format!("keep the activity in topic {TOPIC}");
    let all = until(&app, of(None), &words).await;
    let why = &found(&all, &words).result;
    assert!(matches!(why, ActivityResult::Refused(why) if why.contains("CREATE")), "{why:?}");
    assert_eq!(found(&all, "alter configs of topic 'fresh'").result, ActivityResult::Done);
    assert_eq!(console.ask(alter("130000")).await, Ok(Response::Done));
    let last = |state: &FeedData| {
        entries(state).iter().filter(|entry| entry.topic == Some(topic("fresh"))).count() == 2
    };
    let all = console.until(of(None), last).await;
    assert_eq!(entries(&all).iter().filter(|entry| entry.action == words).count(), 1, "said once");
}
