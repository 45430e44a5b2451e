//! Links between embedded clusters, as a client of REST meets them.

use drawbridge_embedded::{ClusterSpec as EmbeddedSpec, EmbeddedCluster, Record, TopicSpec};
use serde_json::{Value, json};

use super::support::{Answer, ask, embedded, gateway, in_time};
use crate::app::App;

const CLOUD: &str = "/kafka/v3/clusters/cloud";

/// On-prem with a topic of five records, an empty cloud, and a gateway that knows both.
async fn bridge() -> (EmbeddedCluster, EmbeddedCluster, App) {
    let on_prem =
        embedded(EmbeddedSpec::new("on-prem").topic(TopicSpec::new("orders", 2, 1))).await;
    let cloud = embedded(EmbeddedSpec::new("cloud")).await;
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
    app.stop(std::time::Duration::from_secs(5)).await;
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
