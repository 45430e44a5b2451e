//! Links between embedded clusters, as a client of REST meets them.

use std::time::Duration;

use drawbridge_embedded::{
    ApiKey, ClusterSpec as EmbeddedSpec, EmbeddedCluster, Record, TopicSpec,
};
use serde_json::{Value, json};

use super::support::{Answer, ask, embedded, gateway, in_time};
use crate::app::App;

const CLOUD: &str = "/kafka/v3/clusters/cloud";

/// On-prem with a topic of five records, an empty cloud, and a gateway that knows both.
async fn bridge() -> (EmbeddedCluster, EmbeddedCluster, App) {
    bridge_to(EmbeddedSpec::new("cloud")).await
}

async fn bridge_to(cloud: EmbeddedSpec) -> (EmbeddedCluster, EmbeddedCluster, App) {
    let on_prem =
        embedded(EmbeddedSpec::new("on-prem").topic(TopicSpec::new("orders", 2, 1))).await;
    let cloud = embedded(cloud).await;
    for n in 0..5 {
        on_prem.append("orders", n % 2, &[Record::new("k", n.to_string())]).unwrap();
    }
    let app = gateway(&[&on_prem, &cloud]).await;
    until(&app, &format!("{CLOUD}/links"), |answer| answer.status == 200).await;
    (on_prem, cloud, app)
}

async fn until(app: &App, path: &str, wanted: impl Fn(&Answer) -> bool) -> Value {
    in_time(async {
        loop {
            let answer = ask(app, "GET", path, "").await;
            if wanted(&answer) {
                return answer.json();
            }
            tokio::task::yield_now().await;
        }
    })
    .await
}

fn configs(source: &EmbeddedCluster) -> Value {
    json!({"source_cluster_id": "on-prem", "configs": [
        {"name": "bootstrap.servers", "value": source.bootstrap_servers()},
        {"name": "topic.config.sync.ms", "value": "200"},
        // What is under way is waited for that long: where nothing is, no test would see the end of it.
        {"name": "request.timeout.ms", "value": "600000"},
    ]})
}

async fn linked(on_prem: &EmbeddedCluster, app: &App) {
    let created =
        ask(app, "POST", &format!("{CLOUD}/links?link_name=l"), &configs(on_prem).to_string())
            .await;
    assert_eq!(created.status, 201, "{created:?}");
    until(app, &format!("{CLOUD}/links/l"), |answer| answer.json()["link_state"] == "ACTIVE").await;
}

async fn mirrored(app: &App) {
    let body = json!({"source_topic_name": "orders"}).to_string();
    let created = ask(app, "POST", &format!("{CLOUD}/links/l/mirrors"), &body).await;
    assert_eq!(created.status, 201, "{created:?}");
}

async fn caught_up(app: &App) -> Value {
    until(app, &format!("{CLOUD}/links/l/mirrors/orders"), |answer| {
        let mirror = answer.json();
        let lags = mirror["mirror_lags"].as_array().cloned().unwrap_or_default();
        lags.len() == 2 && lags.iter().all(|lag| lag["lag"] == 0)
    })
    .await
}

#[tokio::test(flavor = "multi_thread")]
async fn a_mirror_has_the_offsets_of_its_source_and_follows_it() {
    let (on_prem, cloud, app) = bridge().await;
    linked(&on_prem, &app).await;
    mirrored(&app).await;
    let mirror = caught_up(&app).await;
    assert_eq!(mirror["mirror_status"], "ACTIVE", "{mirror}");
    assert_eq!(cloud.local().offsets("orders", 0), Some((0, 3)));
    assert_eq!(cloud.local().offsets("orders", 1), Some((0, 2)));
    on_prem.append("orders", 1, &[Record::new("k", "more")]).unwrap();
    in_time(async {
        while cloud.local().offsets("orders", 1) != Some((0, 3)) {
            tokio::task::yield_now().await;
        }
    })
    .await;

    let page = ask(&app, "GET", "/metrics", "").await.body;
    let labels = r#"{cluster="two",link="l",topic="orders""#;
    for kind in ["source", "transient", "sequence", "too_large", "denied"] {
        let line = format!(r#"drawbridge_mirror_errors_total{labels},kind="{kind}"}} 0"#);
        assert!(page.contains(&line), "{line}: {page}");
    }
    for side in ["source", "destination"] {
        let line = format!(r#"throttled_seconds_total{{cluster="two",link="l",side="{side}"}} 0"#);
        assert!(page.contains(&line), "{line}: {page}");
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn a_promoted_mirror_is_stopped_and_promoting_it_again_says_so() {
    let (on_prem, _cloud, app) = bridge().await;
    linked(&on_prem, &app).await;
    mirrored(&app).await;
    caught_up(&app).await;
    let body = json!({"mirror_topic_names": ["orders"]}).to_string();
    let promote = format!("{CLOUD}/links/l/mirrors:promote");
    let taken = ask(&app, "POST", &promote, &body).await.json();
    assert_eq!(taken["data"][0]["error_code"], Value::Null, "{taken}");
    until(&app, &format!("{CLOUD}/links/l/mirrors/orders"), |answer| {
        answer.json()["mirror_status"] == "STOPPED"
    })
    .await;
    let again = ask(&app, "POST", &promote, &body).await.json();
    assert_eq!(
        again["data"][0]["error_message"],
        "Topic 'orders' has already stopped its mirror from 'l'"
    );
    let deleted = ask(&app, "DELETE", &format!("{CLOUD}/links/l"), "").await;
    assert!(deleted.status < 300, "{deleted:?}");
    assert_eq!(ask(&app, "GET", &format!("{CLOUD}/links/l"), "").await.status, 404);
}

#[tokio::test(flavor = "multi_thread")]
async fn a_topic_made_under_the_name_of_a_deleted_mirror_is_left_alone() {
    let (on_prem, cloud, app) = bridge().await;
    linked(&on_prem, &app).await;
    mirrored(&app).await;
    caught_up(&app).await;
    let topic = format!("{CLOUD}/topics/orders");
    assert_eq!(ask(&app, "DELETE", &topic, "").await.status, 204);
    let body = json!({"topic_name": "orders", "partitions_count": 2}).to_string();
    in_time(async {
        while ask(&app, "POST", &format!("{CLOUD}/topics"), &body).await.status != 201 {
            tokio::task::yield_now().await;
        }
    })
    .await;
    on_prem.append("orders", 0, &[Record::new("k", "late")]).unwrap();
    until(&app, &format!("{CLOUD}/links/l/mirrors"), |answer| {
        answer.json()["data"].as_array().is_some_and(Vec::is_empty)
    })
    .await;
    on_prem.append("orders", 0, &[Record::new("k", "later")]).unwrap();
    let link = ask(&app, "GET", &format!("{CLOUD}/links/l"), "").await.json();
    assert_eq!(link["link_state"], "ACTIVE");
    for partition in 0..2 {
        assert_eq!(cloud.local().offsets("orders", partition), Some((0, 0)));
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn of_two_that_ask_for_the_same_mirror_one_makes_it_and_the_next_gateway_knows_it() {
    let (on_prem, cloud, app) = bridge().await;
    linked(&on_prem, &app).await;
    let body = json!({"source_topic_name": "orders"}).to_string();
    let path = format!("{CLOUD}/links/l/mirrors");
    let both = tokio::join!(ask(&app, "POST", &path, &body), ask(&app, "POST", &path, &body));
    let mut statuses = [both.0.status, both.1.status];
    statuses.sort_unstable();
    assert_eq!(statuses, [201, 400], "{both:?}");
    caught_up(&app).await;
    app.stop(Duration::from_secs(5)).await;
    let next = gateway(&[&on_prem, &cloud]).await;
    caught_up(&next).await;
    assert_eq!(cloud.local().offsets("orders", 0), Some((0, 3)));
}

#[tokio::test(flavor = "multi_thread")]
async fn a_mirror_made_anew_after_its_topic_was_deleted_has_everything_once() {
    let (on_prem, cloud, app) = bridge().await;
    linked(&on_prem, &app).await;
    mirrored(&app).await;
    caught_up(&app).await;
    assert_eq!(ask(&app, "DELETE", &format!("{CLOUD}/topics/orders"), "").await.status, 204);
    let body = json!({"source_topic_name": "orders"}).to_string();
    in_time(async {
        while ask(&app, "POST", &format!("{CLOUD}/links/l/mirrors"), &body).await.status != 201 {
            tokio::task::yield_now().await;
        }
    })
    .await;
    let mirror = caught_up(&app).await;
    assert_eq!(mirror["mirror_status"], "ACTIVE", "{mirror}");
    on_prem.append("orders", 0, &[Record::new("k", "more")]).unwrap();
    in_time(async {
        while cloud.local().offsets("orders", 0) != Some((0, 4)) {
            tokio::task::yield_now().await;
        }
    })
    .await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_failover_right_after_the_movers_were_made_anew_waits_for_nothing_where_nothing_is_under_way()
 {
    let (on_prem, _cloud, app) = bridge().await;
    linked(&on_prem, &app).await;
    mirrored(&app).await;
    caught_up(&app).await;
    let link = format!("{CLOUD}/links/l");
    let anew = json!({"data": [{"name": "num.cluster.link.fetchers", "value": "3"}]}).to_string();
    let altered = ask(&app, "PUT", &format!("{link}/configs:alter"), &anew).await;
    assert!(altered.status < 300, "{altered:?}");
    let body = json!({"mirror_topic_names": ["orders"]}).to_string();
    ask(&app, "POST", &format!("{link}/mirrors:failover"), &body).await;
    until(&app, &format!("{link}/mirrors/orders"), |answer| {
        answer.json()["mirror_status"] == "STOPPED"
    })
    .await;
}

/// Asks for a mirror whose topic the cluster does not create in time.
async fn half_made(cloud: &EmbeddedCluster, app: &App, draft: Value) {
    cloud.faults().fail_with(ApiKey::CreateTopics, 7, 1);
    let path = format!("{CLOUD}/links/l/mirrors");
    let created = ask(app, "POST", &path, &draft.to_string()).await;
    assert!(created.status >= 500, "{created:?}");
    let mirrors = ask(app, "GET", &path, "").await.json();
    assert_eq!(mirrors["data"].as_array().map(Vec::len), Some(1), "it is tried again: {mirrors}");
    assert_eq!(cloud.local().offsets("orders", 0), None);
}

/// A half-made mirror that can never be finished, since its source is gone.
async fn stuck_half_made() -> (EmbeddedCluster, EmbeddedCluster, App) {
    let (on_prem, cloud, app) = bridge().await;
    linked(&on_prem, &app).await;
    half_made(&cloud, &app, json!({"source_topic_name": "orders"})).await;
    let gone = ask(&app, "DELETE", "/kafka/v3/clusters/on-prem/topics/orders", "").await;
    assert_eq!(gone.status, 204, "{gone:?}");
    (on_prem, cloud, app)
}

/// Whether the next gateway runs the link without any mirror.
async fn no_mirror_is_stored(on_prem: &EmbeddedCluster, cloud: &EmbeddedCluster, app: App) {
    app.stop(Duration::from_secs(5)).await;
    let next = gateway(&[on_prem, cloud]).await;
    until(&next, &format!("{CLOUD}/links/l"), |answer| {
        answer.status == 200 && answer.json()["link_state"] == "ACTIVE"
    })
    .await;
    let mirrors = ask(&next, "GET", &format!("{CLOUD}/links/l/mirrors"), "").await.json();
    assert_eq!(mirrors["data"], json!([]));
}

#[tokio::test(flavor = "multi_thread")]
async fn a_link_with_a_half_made_mirror_that_cannot_be_finished_is_deleted_with_all_of_it() {
    let (on_prem, cloud, app) = stuck_half_made().await;
    let deleted = ask(&app, "DELETE", &format!("{CLOUD}/links/l?force=true"), "").await;
    assert_eq!(deleted.status, 204, "{deleted:?}");
    linked(&on_prem, &app).await;
    no_mirror_is_stored(&on_prem, &cloud, app).await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_failover_gives_up_a_half_made_mirror_that_cannot_be_finished() {
    let (on_prem, cloud, app) = stuck_half_made().await;
    let body = json!({"mirror_topic_names": ["orders"]}).to_string();
    let mirrors = format!("{CLOUD}/links/l/mirrors");
    let promote = ask(&app, "POST", &format!("{mirrors}:promote"), &body).await.json();
    let why = promote["data"][0]["error_message"].as_str().unwrap_or_default();
    assert!(why.contains("is being created") && why.contains("failover"), "{promote}");
    let taken = ask(&app, "POST", &format!("{mirrors}:failover"), &body).await.json();
    assert_eq!(taken["data"][0]["error_code"], Value::Null, "{taken}");
    until(&app, &mirrors, |answer| answer.json()["data"] == json!([])).await;
    no_mirror_is_stored(&on_prem, &cloud, app).await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_link_that_is_deleted_while_a_mirror_is_being_made_leaves_nothing_of_it_to_the_next() {
    const STATE: &str = "_drawbridge.state";
    let (on_prem, cloud, app) = bridge().await;
    linked(&on_prem, &app).await;
    let stored = || cloud.local().offsets(STATE, 0).map_or(0, |(_, end)| end);
    let before = stored();
    cloud.faults().latency(None, Duration::from_millis(500));
    let body = json!({"source_topic_name": "orders"}).to_string();
    let path = format!("{CLOUD}/links/l/mirrors");
    let making = ask(&app, "POST", &path, &body);
    let deleting = async {
        // Both partitions and the mirror.
        in_time(async {
            while stored() < before + 3 {
                tokio::task::yield_now().await;
            }
        })
        .await;
        ask(&app, "DELETE", &format!("{CLOUD}/links/l?force=true"), "").await
    };
    let (made, deleted) = tokio::join!(making, deleting);
    assert!(made.status >= 400, "{made:?}");
    assert_eq!(deleted.status, 204, "{deleted:?}");
    cloud.faults().latency(None, Duration::ZERO);
    linked(&on_prem, &app).await;
    no_mirror_is_stored(&on_prem, &cloud, app).await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_half_made_mirror_is_finished_with_the_replicas_that_were_asked_for() {
    let (on_prem, cloud, app) = bridge_to(EmbeddedSpec::new("cloud").brokers(&[1, 2])).await;
    linked(&on_prem, &app).await;
    half_made(&cloud, &app, json!({"source_topic_name": "orders", "replication_factor": 2})).await;
    caught_up(&app).await;
    let topic = ask(&app, "GET", &format!("{CLOUD}/topics/orders"), "").await.json();
    assert_eq!(topic["replication_factor"], 2, "{topic}");
}

#[tokio::test(flavor = "multi_thread")]
async fn a_link_that_is_deleted_right_after_the_topic_of_its_mirror_leaves_nothing_of_it() {
    let (on_prem, cloud, app) = bridge().await;
    linked(&on_prem, &app).await;
    mirrored(&app).await;
    caught_up(&app).await;
    let gone = ask(&app, "DELETE", &format!("{CLOUD}/topics/orders"), "").await;
    assert_eq!(gone.status, 204, "{gone:?}");
    let deleted = ask(&app, "DELETE", &format!("{CLOUD}/links/l?force=true"), "").await;
    assert_eq!(deleted.status, 204, "{deleted:?}");
    linked(&on_prem, &app).await;
    no_mirror_is_stored(&on_prem, &cloud, app).await;
}
