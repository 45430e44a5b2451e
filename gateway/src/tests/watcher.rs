use std::sync::{Arc, Mutex};

use drawbridge_embedded::{ApiKey, ClusterSpec as EmbeddedSpec, TopicSpec};
use drawbridge_shared::{
    names::ClusterName,
    view::{ClusterOrigin, ClusterStatus, ClusterView},
    wire::{ErrorCode, Feed, FeedData, Request, Response},
};
use tokio::net::{TcpListener, TcpStream};

use super::support::{Console, embedded, gateway, start};
use crate::{app::Parts, clusters::ClusterSpec};

fn one() -> ClusterName {
    "one".parse().unwrap()
}

async fn when(console: &mut Console, wanted: impl Fn(&ClusterView) -> bool) -> ClusterView {
    let first = |state: &FeedData| match state {
        FeedData::Clusters(all) => all.first().cloned(),
        _ => None,
    };
    let state =
        console.until(Feed::Clusters, |state| first(state).is_some_and(|c| wanted(&c))).await;
    first(&state).unwrap()
}

fn is_up(cluster: &ClusterView) -> bool {
    cluster.status == ClusterStatus::Up
}

fn is_down(cluster: &ClusterView) -> bool {
    matches!(cluster.status, ClusterStatus::Down { .. })
}

#[tokio::test]
async fn a_cluster_that_is_cut_off_is_down_with_the_cause_and_comes_back_by_itself() {
    let spec = EmbeddedSpec::new("id").brokers(&[1, 2]).topic(TopicSpec::new("orders", 1, 2));
    let (cluster, other) = (embedded(spec).await, embedded(EmbeddedSpec::new("other")).await);
    let app = gateway(&[&cluster, &other]).await;
    let mut console = Console::open(&app).await;
    let up = when(&mut console, |c| is_up(c) && c.n_topics.is_some()).await;
    assert_eq!((up.n_brokers, up.n_partitions), (Some(2), Some(1)));

    cluster.faults().cut_network().await;
    let down = when(&mut console, is_down).await;
    let ClusterStatus::Down { since_ms, fault, next_attempt_ms } = down.status else { panic!() };
    assert!(fault.summary.contains("one"), "{fault:?}");
    assert!(!fault.cause.is_empty() && !fault.remedy.is_empty(), "{fault:?}");
    assert!(next_attempt_ms > since_ms);
    assert!(down.observed_at_ms.is_some(), "what was known stays, with its time");
    let refused = console.ask(Request::TopicDefaults { cluster: one() }).await.unwrap_err();
    assert_eq!(refused.code, ErrorCode::Unavailable);
    assert!(refused.message.starts_with("one is down"), "{refused:?}");
    let fine = console.ask(Request::TopicDefaults { cluster: "two".parse().unwrap() }).await;
    assert!(matches!(fine, Ok(Response::Configs(_))), "the other cluster is served: {fine:?}");

    cluster.faults().restore_network().await.unwrap();
    when(&mut console, is_up).await;
    let told = |state: &FeedData| match state {
        FeedData::Notices(all) => {
            let words: Vec<&str> = all.iter().map(|notice| notice.message.as_str()).collect();
            words.iter().any(|m| m.starts_with("one is down")) && words.contains(&"one is back")
        }
        _ => false,
    };
    console.until(Feed::Notices, told).await;
}

#[tokio::test]
async fn a_broker_that_does_not_answer_has_its_own_fault_while_the_cluster_is_up() {
    let cluster = embedded(EmbeddedSpec::new("id").brokers(&[1, 2])).await;
    cluster.faults().cut_broker(2).await;
    let app = gateway(&[&cluster]).await;
    let mut console = Console::open(&app).await;
    let faulty = |state: &FeedData| match state {
        FeedData::Cluster(detail) => {
            detail.cluster.status == ClusterStatus::Up
                && detail.brokers.iter().map(|b| b.fault.is_some()).eq([false, true])
        }
        _ => false,
    };
    console.until(Feed::Cluster { cluster: one() }, faulty).await;
}

#[tokio::test]
async fn a_cluster_nobody_can_reach_is_down_from_the_start_and_the_others_are_served() {
    let cluster = embedded(EmbeddedSpec::new("id")).await;
    let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
    let nobody = format!("bootstrap.servers={}", listener.local_addr().unwrap());
    drop(listener);
    let specs = vec![
        ClusterSpec::from_text(one(), ClusterOrigin::Configured, &nobody, "test").unwrap(),
        crate::demo::spec("two", &cluster).unwrap(),
    ];
    let app = start(Parts { clusters: specs, ..Parts::default() }).await;
    let mut console = Console::open(&app).await;
    let both = |state: &FeedData| matches!(state, FeedData::Clusters(all) if is_down(&all[0]) && is_up(&all[1]));
    console.until(Feed::Clusters, both).await;
}

#[tokio::test]
async fn a_kept_cluster_that_cannot_be_used_is_told_to_people() {
    let unusable = vec![(one(), "bootstrap.servers is missing".to_owned())];
    let app = start(Parts { unusable, ..Parts::default() }).await;
    let told = |state: &FeedData| {
        matches!(state, FeedData::Notices(all) if all.iter().any(|notice|
            notice.cluster == Some(one()) && notice.message.contains("bootstrap.servers is missing")))
    };
    Console::open(&app).await.until(Feed::Notices, told).await;
}

/// Forwards connections to whatever stands in `target` when they are made.
async fn forwarder(target: Arc<Mutex<String>>) -> String {
    let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
    let address = listener.local_addr().unwrap().to_string();
    tokio::spawn(async move {
        while let Ok((mut client, _)) = listener.accept().await {
            let target = target.lock().unwrap().clone();
            tokio::spawn(async move {
                if let Ok(mut server) = TcpStream::connect(target).await {
                    tokio::io::copy_bidirectional(&mut client, &mut server).await.ok();
                }
            });
        }
    });
    address
}

#[tokio::test]
async fn a_cluster_whose_id_changed_is_not_used_again_until_somebody_looked() {
    let topic = || TopicSpec::new("orders", 1, 1);
    let first = embedded(EmbeddedSpec::new("first").topic(topic())).await;
    let second = embedded(EmbeddedSpec::new("second").topic(topic())).await;
    let target = Arc::new(Mutex::new(first.bootstrap_servers()));
    let properties = format!("bootstrap.servers={}", forwarder(Arc::clone(&target)).await);
    let spec =
        ClusterSpec::from_text(one(), ClusterOrigin::Configured, &properties, "test").unwrap();
    let app = start(Parts { clusters: vec![spec], ..Parts::default() }).await;
    let mut console = Console::open(&app).await;
    let up = when(&mut console, is_up).await;
    assert_eq!(up.cluster_id.as_deref(), Some("first"));

    *target.lock().unwrap() = second.bootstrap_servers();
    first.shutdown().await;
    let changed = |c: &ClusterView| matches!(&c.status, ClusterStatus::Down { fault, .. } if fault.summary.contains("another cluster"));
    let down = when(&mut console, changed).await;
    let ClusterStatus::Down { fault, .. } = &down.status else { panic!() };
    assert!(fault.cause.contains("first") && fault.cause.contains("second"), "{fault:?}");
    let delete =
        Request::DeleteTopic { cluster: one(), topic: "orders".parse().unwrap(), topic_id: None };
    let refused = console.ask(delete).await.unwrap_err();
    assert_eq!(refused.code, ErrorCode::Unavailable);
    assert!(
        second.local().offsets("orders", 0).is_some(),
        "the other cluster's topic was not touched"
    );
}

#[tokio::test]
async fn a_change_whose_answer_is_lost_is_not_called_a_failure() {
    let spec = EmbeddedSpec::new("id").topic(TopicSpec::new("orders", 1, 1));
    let cluster = embedded(spec).await;
    let app = gateway(&[&cluster]).await;
    let mut console = Console::open(&app).await;
    when(&mut console, is_up).await;
    cluster.faults().cut_at(ApiKey::CreateTopics, drawbridge_embedded::Cut::AfterProcessing, 1);
    let create = Request::CreateTopic {
        cluster: one(),
        draft: drawbridge_shared::draft::TopicDraft { name: "maybe".into(), ..Default::default() },
        validate_only: false,
    };
    let unknown = console.ask(create).await.unwrap_err();
    assert_eq!(unknown.code, ErrorCode::TimedOut);
    assert!(unknown.remedy.unwrap().contains("look before trying again"));
}
