use drawbridge_embedded::{
    Acl, ClusterSpec as EmbeddedSpec, ListenerSecurity, Mechanism, Record, TopicSpec, operation,
    resource,
};
use drawbridge_shared::{
    draft::{ClusterDraft, ConfigChange, ConfigSetting, TopicDraft},
    names::{ClusterName, TopicName},
    view::{ClusterOrigin, ClusterStatus},
    wire::{
        ClientMessage, EndReason, ErrorCode, Feed, FeedData, Request, Response, ServerMessage,
        SubscriptionId, close,
    },
};

use super::support::{Console, ask, embedded, gateway, gateway_with, in_time, start};
use crate::{
    app::Parts,
    clusters::{ClusterSpec, Store},
};

fn one() -> ClusterName {
    "one".parse().unwrap()
}

fn topic(name: &str) -> TopicName {
    name.parse().unwrap()
}

fn orders() -> EmbeddedSpec {
    EmbeddedSpec::new("id-one").brokers(&[1, 2, 3]).topic(TopicSpec::new("orders", 2, 3))
}

fn names(state: &FeedData) -> Vec<&str> {
    match state {
        FeedData::Topics(view) => {
            let names = view.rows.iter().map(|row| row.name.as_str());
            names.filter(|name| !name.starts_with("_drawbridge.")).collect()
        }
        other => panic!("unexpected {other:?}"),
    }
}

fn draft(name: &str, partitions: &str) -> TopicDraft {
    TopicDraft { name: name.into(), partitions: partitions.into(), ..TopicDraft::default() }
}

#[tokio::test]
async fn a_topic_is_created_changed_measured_purged_and_deleted() {
    let cluster = embedded(orders()).await;
    let app = gateway(&[&cluster]).await;
    let mut console = Console::open(&app).await;
    let list = Feed::Clusters;
    console
        .until(list, |state| matches!(state, FeedData::Clusters(all) if all[0].n_topics.is_some()))
        .await;

    let create = |validate_only| Request::CreateTopic {
        cluster: one(),
        draft: TopicDraft {
            configs: vec![ConfigSetting { name: "retention.ms".into(), value: "60000".into() }],
            ..draft("fresh", "2")
        },
        validate_only,
    };
    assert_eq!(console.ask(create(true)).await, Ok(Response::Done));
    let topics = Feed::Topics { cluster: one() };
    let state = console.until(topics.clone(), |_| true).await;
    assert_eq!(names(&state), ["orders"], "validated only");
    assert_eq!(console.ask(create(false)).await, Ok(Response::Done));
    console.until(topics.clone(), |state| names(state) == ["fresh", "orders"]).await;
    let again = console.ask(create(false)).await.unwrap_err();
    assert_eq!((again.code, again.fields[0].field.as_str()), (ErrorCode::Conflict, "name"));

    let fresh = topic("fresh");
    let change = |value: &str| Request::AlterTopicConfigs {
        cluster: one(),
        topic: fresh.clone(),
        changes: vec![ConfigChange { name: "retention.ms".into(), value: Some(value.into()) }],
        validate_only: false,
    };
    assert_eq!(console.ask(change("120000")).await, Ok(Response::Done));
    assert_eq!(console.ask(change("soon")).await.unwrap_err().code, ErrorCode::Invalid);
    let Ok(Response::Configs(configs)) =
        console.ask(Request::TopicConfigs { cluster: one(), topic: fresh.clone() }).await
    else {
        panic!("no configs")
    };
    let retention = configs.iter().find(|config| config.name == "retention.ms").unwrap();
    assert_eq!(retention.value.as_deref(), Some("120000"));
    assert_eq!(retention.default.as_deref(), Some("604800000"));

    let add = |total| Request::AddPartitions {
        cluster: one(),
        topic: fresh.clone(),
        total,
        validate_only: false,
    };
    assert_eq!(console.ask(add(3)).await, Ok(Response::Done));
    assert_eq!(console.ask(add(1)).await.unwrap_err().code, ErrorCode::Invalid);

    cluster.append("fresh", 0, &[Record::new("a", "1"), Record::new("b", "2")]).unwrap();
    let one_topic = Feed::Topic { cluster: one(), topic: fresh.clone() };
    let state = console
        .until(one_topic.clone(), |state| {
            matches!(state, FeedData::Topic(detail) if detail.partitions.len() == 3
                && detail.partitions[0].high_watermark == Some(2))
        })
        .await;
    let FeedData::Topic(detail) = state else { panic!() };
    assert_eq!(detail.measure_fault, None);
    assert_eq!(detail.topic.n_offsets, Some(2));

    let purge = |topic_id: Option<String>, before| Request::PurgeTopic {
        cluster: one(),
        topic: fresh.clone(),
        topic_id,
        before,
    };
    let other = console.ask(purge(Some("other".into()), vec![(0, -1)])).await.unwrap_err();
    assert_eq!(other.code, ErrorCode::Conflict);
    let slip = console.ask(purge(None, vec![(0, -1), (9, -1)])).await.unwrap_err();
    assert!(slip.message.contains("nothing was deleted"), "{slip:?}");
    let Ok(Response::Purged(rows)) =
        console.ask(purge(detail.topic_id.clone(), vec![(0, 1)])).await
    else {
        panic!("not purged")
    };
    assert_eq!((rows[0].log_start, &rows[0].error), (Some(1), &None));

    let delete = |topic_id| Request::DeleteTopic { cluster: one(), topic: fresh.clone(), topic_id };
    let other = console.ask(delete(Some("other".into()))).await.unwrap_err();
    assert_eq!(other.code, ErrorCode::Conflict);
    assert_eq!(console.ask(delete(detail.topic_id)).await, Ok(Response::Done));
    console.until(topics, |state| names(state) == ["orders"]).await;
    let told = |state: &FeedData| {
        matches!(state, FeedData::Notices(all)
        if all.last().is_some_and(|last| last.message == "topic 'fresh' was deleted"))
    };
    console.until(Feed::Notices, told).await;
    app.stop(std::time::Duration::from_secs(5)).await;
}

#[tokio::test]
async fn a_topic_or_cluster_that_does_not_exist_ends_its_feed_with_words() {
    let cluster = embedded(orders()).await;
    let app = gateway(&[&cluster]).await;
    let mut console = Console::open(&app).await;
    let feeds = [
        Feed::Topic { cluster: one(), topic: topic("nope") },
        Feed::Topics { cluster: "nope".parse().unwrap() },
    ];
    for (id, feed) in (1..).zip(feeds) {
        console.say(&ClientMessage::Subscribe { id: SubscriptionId(id), feed, credit: 0 }).await;
        match console.hear().await {
            ServerMessage::Ended { reason: EndReason::NotFound { message }, .. } => {
                assert!(message.contains("nope"), "{message}");
            }
            other => panic!("unexpected {other:?}"),
        }
    }
}

#[tokio::test]
async fn a_cluster_added_from_the_console_is_kept_and_forgotten_again() {
    let (first, second) = (embedded(orders()).await, embedded(EmbeddedSpec::new("id-two")).await);
    let home = tempfile::tempdir().unwrap();
    let app = gateway_with(&[&first], Some(Store::new(home.path().to_owned()))).await;
    let mut console = Console::open(&app).await;
    let add = |name: &str, properties: String| Request::AddCluster {
        draft: ClusterDraft { name: name.into(), properties },
    };
    let taken = console.ask(add("one", second.properties(None))).await.unwrap_err();
    assert_eq!((taken.code, taken.fields[0].field.as_str()), (ErrorCode::Conflict, "name"));
    let wrong = console.ask(add("new", "bootstrap.server=h:1".into())).await.unwrap_err();
    assert_eq!((wrong.code, wrong.fields[0].field.as_str()), (ErrorCode::Invalid, "properties"));

    assert_eq!(console.ask(add("new", second.properties(None))).await, Ok(Response::Done));
    let up = |state: &FeedData| {
        matches!(state, FeedData::Clusters(all) if all.len() == 2
        && all.iter().all(|cluster| cluster.status == ClusterStatus::Up)
        && all[0].cluster_id.as_deref() == Some("id-two"))
    };
    let state = console.until(Feed::Clusters, up).await;
    let FeedData::Clusters(all) = state else { panic!() };
    assert_eq!(all[0].origin, ClusterOrigin::Added);
    assert!(home.path().join("new.properties").exists());

    let configured = console.ask(Request::RemoveCluster { cluster: one() }).await.unwrap_err();
    assert_eq!(configured.code, ErrorCode::Denied);
    let new: ClusterName = "new".parse().unwrap();
    assert_eq!(console.ask(Request::RemoveCluster { cluster: new }).await, Ok(Response::Done));
    console
        .until(Feed::Clusters, |state| matches!(state, FeedData::Clusters(all) if all.len() == 1))
        .await;
    assert!(!home.path().join("new.properties").exists());
}

#[tokio::test]
async fn a_missing_permission_names_the_operation_and_leaves_the_rest_visible() {
    let spec = EmbeddedSpec::new("id-one")
        .topic(TopicSpec::new("orders", 1, 1))
        .security(ListenerSecurity::sasl(&[Mechanism::ScramSha256]))
        .user("reader", "secret")
        .acl(Acl::allow("User:reader", operation::DESCRIBE, resource::TOPIC, "orders"));
    let cluster = embedded(spec).await;
    let properties = cluster.properties(Some("reader"));
    let spec =
        ClusterSpec::from_text(one(), ClusterOrigin::Configured, &properties, "test").unwrap();
    let app = start(Parts { clusters: vec![spec], ..Parts::default() }).await;
    let mut console = Console::open(&app).await;

    let measured =
        |state: &FeedData| matches!(state, FeedData::Topics(view) if view.measured_at_ms.is_some());
    let state = console.until(Feed::Topics { cluster: one() }, measured).await;
    let FeedData::Topics(view) = state else { panic!() };
    assert_eq!(view.rows.len(), 1);
    assert_eq!((view.rows[0].size_bytes, view.rows[0].n_offsets), (None, Some(0)));
    let fault = view.measure_fault.unwrap();
    assert!(fault.contains("Grant the principal DESCRIBE on the cluster"), "{fault}");

    let refused = console
        .ask(Request::DeleteTopic { cluster: one(), topic: topic("orders"), topic_id: None })
        .await
        .unwrap_err();
    assert_eq!(refused.code, ErrorCode::Denied);
    assert!(refused.remedy.unwrap().contains("DELETE on topic 'orders'"));
    assert!(!refused.trace.is_empty());
}

#[tokio::test]
async fn stopping_tells_consoles_to_come_back_and_turns_readiness_off() {
    let cluster = embedded(orders()).await;
    let app = gateway(&[&cluster]).await;
    assert_eq!(ask(&app, "GET", "/health/ready", "").await.status, 200);
    let mut console = Console::open(&app).await;
    let stopping = tokio::spawn(app.stop(std::time::Duration::from_secs(10)));
    assert_eq!(console.close_code().await, close::DRAINING);
    drop(console);
    assert_eq!(
        in_time(stopping).await.unwrap(),
        [""; 0],
        "everything ended within the grace period"
    );
}
