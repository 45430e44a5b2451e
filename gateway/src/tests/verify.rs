//! Comparing mirrors with their sources, on embedded clusters.

use drawbridge_embedded::{ClusterSpec as EmbeddedSpec, EmbeddedCluster, Record, TopicSpec};
use drawbridge_shared::{
    view::{VerifyDifferenceKind, VerifyRange, VerifyState, VerifyVerdict, VerifyView},
    wire::{ErrorCode, Feed, FeedData, Request, Response},
};
use serde_json::json;

use super::support::{Console, ask, embedded, gateway, in_time};
use crate::app::App;

const CLOUD: &str = "/kafka/v3/clusters/cloud";

/// A link from on-prem with a mirror of two partitions that has caught up with so many records in each.
async fn linked(records: i32) -> (EmbeddedCluster, EmbeddedCluster, App) {
    let on_prem =
        embedded(EmbeddedSpec::new("on-prem").topic(TopicSpec::new("orders", 2, 1))).await;
    let cloud = embedded(EmbeddedSpec::new("cloud")).await;
    for n in 0..2 * records {
        on_prem.append("orders", n % 2, &[Record::new("k", n.to_string())]).unwrap();
    }
    let app = gateway(&[&on_prem, &cloud]).await;
    let body = json!({"source_cluster_id": "on-prem", "configs": [
        {"name": "bootstrap.servers", "value": on_prem.bootstrap_servers()},
    ]})
    .to_string();
    posted(&app, &format!("{CLOUD}/links?link_name=l"), &body).await;
    let mirror = json!({"source_topic_name": "orders"}).to_string();
    posted(&app, &format!("{CLOUD}/links/l/mirrors"), &mirror).await;
    let wanted = i64::from(records);
    in_time(async {
        while (0..2).any(|at| cloud.local().offsets("orders", at) != Some((0, wanted))) {
            tokio::task::yield_now().await;
        }
    })
    .await;
    (on_prem, cloud, app)
}

async fn posted(app: &App, path: &str, body: &str) {
    in_time(async {
        while ask(app, "POST", path, body).await.status != 201 {
            tokio::task::yield_now().await;
        }
    })
    .await;
}

async fn failed_over(app: &App) {
    let body = json!({"mirror_topic_names": ["orders"]}).to_string();
    ask(app, "POST", &format!("{CLOUD}/links/l/mirrors:failover"), &body).await;
    in_time(async {
        let path = format!("{CLOUD}/links/l/mirrors/orders");
        while ask(app, "GET", &path, "").await.json()["mirror_status"] != "STOPPED" {
            tokio::task::yield_now().await;
        }
    })
    .await;
}

fn feed() -> Feed {
    Feed::Verify { cluster: "two".parse().unwrap(), link: "l".parse().unwrap() }
}

fn request(range: VerifyRange) -> Request {
    let (cluster, link) = ("two".parse().unwrap(), "l".parse().unwrap());
    Request::VerifyMirrors { cluster, link, topics: Vec::new(), range }
}

/// Compares, and gives the result.
async fn verified(app: &App, range: VerifyRange) -> VerifyView {
    let mut console = Console::open(app).await;
    let Ok(Response::VerifyStarted(id)) = console.ask(request(range)).await else {
        panic!("it starts")
    };
    let state = console.until(feed(), |data| ended(data, id)).await;
    let FeedData::Verify(view) = state else { panic!("{state:?}") };
    *view
}

fn ended(data: &FeedData, id: u64) -> bool {
    let FeedData::Verify(view) = data else { return false };
    view.run.as_ref().is_some_and(|run| run.id == id && run.state != VerifyState::Running)
}

fn verdicts(view: &VerifyView) -> Vec<VerifyVerdict> {
    view.partitions.iter().map(|at| at.verdict).collect()
}

#[tokio::test(flavor = "multi_thread")]
async fn a_mirror_that_has_caught_up_is_equal_in_any_range() {
    let (_on_prem, _cloud, app) = linked(20).await;
    let view = verified(&app, VerifyRange::All).await;
    assert_eq!(verdicts(&view), [VerifyVerdict::Equal, VerifyVerdict::Equal], "{view:?}");
    let run = view.run.unwrap();
    assert_eq!((run.records, run.offsets_done, run.offsets_total), (40, 40, 40));
    assert_eq!(run.state, VerifyState::Done);
    assert!(run.bytes > 0);
    let view = verified(&app, VerifyRange::Last { records: 3 }).await;
    assert_eq!(view.run.as_ref().unwrap().records, 6, "{view:?}");
    let view = verified(&app, VerifyRange::Offsets { from: 18, to: Some(19) }).await;
    assert_eq!(view.run.unwrap().records, 2);
    let view = verified(&app, VerifyRange::Since { at_ms: i64::MAX / 4 }).await;
    assert_eq!(view.run.unwrap().records, 0);
}

#[tokio::test(flavor = "multi_thread")]
async fn a_record_that_only_the_mirror_got_after_a_failover_is_the_first_difference() {
    let (on_prem, cloud, app) = linked(3).await;
    failed_over(&app).await;
    cloud.append("orders", 1, &[Record::new("k", "mine")]).unwrap();
    let view = verified(&app, VerifyRange::All).await;
    assert_eq!(verdicts(&view), [VerifyVerdict::Equal, VerifyVerdict::Equal]);
    assert!(view.partitions[1].notes[0].contains("beyond the source's end"), "{view:?}");

    on_prem.append("orders", 1, &[Record::new("k", "theirs")]).unwrap();
    let view = verified(&app, VerifyRange::All).await;
    assert_eq!(verdicts(&view), [VerifyVerdict::Equal, VerifyVerdict::Differs], "{view:?}");
    let difference = view.partitions[1].difference.clone().unwrap();
    assert_eq!((difference.offset, difference.kind), (3, VerifyDifferenceKind::Value));
    assert_eq!(difference.source.as_deref(), Some("\"theirs\""));
    assert_eq!(difference.mirror.as_deref(), Some("\"mine\""));
}

#[tokio::test(flavor = "multi_thread")]
async fn who_compared_what_with_which_result_is_in_the_activity() {
    let (_on_prem, _cloud, app) = linked(1).await;
    verified(&app, VerifyRange::All).await;
    let mut console = Console::open(&app).await;
    let feed = Feed::Activity {
        cluster: Some("two".parse().unwrap()),
        link: Some("l".parse().unwrap()),
        topic: None,
    };
    let told = |data: &FeedData| match data {
        FeedData::Activity(entries) => entries.iter().any(|entry| {
            entry.who == "console"
                && entry.action == "verify all mirrors of link 'l' (all records)"
                && entry.after.as_deref() == Some("partitions: 2 equal; 2 records compared")
        }),
        _ => false,
    };
    console.until(feed, told).await;
}

#[tokio::test(flavor = "multi_thread")]
async fn what_cannot_be_compared_is_refused_in_words() {
    let (_on_prem, _cloud, app) = linked(1).await;
    let mut console = Console::open(&app).await;
    let refused = console.ask(request(VerifyRange::Last { records: 0 })).await.unwrap_err();
    assert_eq!(refused.code, ErrorCode::Invalid);
    assert_eq!(refused.fields[0].field, "records");
    let (cluster, link) = ("two".parse().unwrap(), "l".parse().unwrap());
    let topics = vec!["other".parse().unwrap()];
    let unknown = Request::VerifyMirrors { cluster, link, topics, range: VerifyRange::All };
    assert_eq!(console.ask(unknown).await.unwrap_err().code, ErrorCode::NotFound);
    let (cluster, link) = ("two".parse().unwrap(), "l".parse().unwrap());
    let cancel = Request::CancelVerify { cluster, link };
    assert_eq!(console.ask(cancel).await.unwrap_err().code, ErrorCode::NotFound);
}
