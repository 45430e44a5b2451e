//! What the configuration denies, as clients meet it.

use drawbridge_embedded::{ClusterSpec as EmbeddedSpec, EmbeddedCluster, Record, TopicSpec};
use drawbridge_shared::{
    guard::{Action, Guards, Rule},
    link::LinkState,
    wire::{ErrorCode, Feed, FeedData, WireError},
};
use serde_json::{Value, json};

use super::support::{Answer, Console, ask, ask_raw, embedded, in_time, start};
use crate::{
    app::{App, Parts},
    demo,
    guard::tests::{CHANGING, request},
};

fn rules(texts: &[&str]) -> Vec<Rule> {
    texts.iter().map(|text| Rule::parse(text).unwrap()).collect()
}

fn read_only() -> Guards {
    Guards { read_only: true, ..Guards::default() }
}

/// A gateway with clusters of these names and guards.
async fn guarded(clusters: &[(&str, &EmbeddedCluster, Guards)], denied: &[&str]) -> App {
    let spec = |(name, cluster, guards): &(&str, &EmbeddedCluster, Guards)| {
        let mut spec = demo::spec(name, cluster).unwrap();
        spec.guards = guards.clone();
        spec
    };
    let clusters = clusters.iter().map(spec).collect();
    let app = start(Parts { clusters, denied: rules(denied), ..Parts::default() }).await;
    for cluster in app.clusters().all() {
        in_time(async {
            while cluster.cluster_id().is_none() {
                tokio::task::yield_now().await;
            }
        })
        .await;
    }
    app
}

async fn one(guards: Guards, denied: &[&str]) -> (EmbeddedCluster, App) {
    let cluster =
        embedded(EmbeddedSpec::new("cluster-1").topic(TopicSpec::new("topic-1", 2, 1))).await;
    let app = guarded(&[("one", &cluster, guards)], denied).await;
    (cluster, app)
}

async fn refused(app: &App, text: &str) -> WireError {
    let mut console = Console::open(app).await;
    console.ask(request(text)).await.expect_err(text)
}

#[tokio::test]
async fn a_read_only_cluster_refuses_every_request_that_changes_it_and_names_its_setting() {
    let (cluster, app) = one(read_only(), &["cluster.add"]).await;
    for (text, needed) in CHANGING {
        let error = refused(&app, text).await;
        assert_eq!(error.code, ErrorCode::Denied, "{text}: {error:?}");
        let setting = match needed {
            [Action::ClusterAdd] => "(deny: cluster.add)",
            _ => "(clusters.one.read_only)",
        };
        assert!(error.message.contains(setting), "{text}: {error:?}");
        assert!(error.remedy.is_some(), "{text}");
    }
    let topics = ask(&app, "GET", "/kafka/v3/clusters/cluster-1/topics", "").await.json();
    let names: Vec<&str> = topics["data"]
        .as_array()
        .unwrap()
        .iter()
        .map(|topic| topic["topic_name"].as_str().unwrap())
        .collect();
    assert_eq!(names, ["topic-1"], "not even a topic of its own was made");
    drop(cluster);
}

#[tokio::test]
async fn a_denied_action_is_refused_and_no_other() {
    let (_cluster, app) = one(Guards::default(), &[]).await;
    for action in Action::ALL {
        let guards = Guards { deny: rules(&[action.name()]), ..Guards::default() };
        for (text, needed) in CHANGING {
            let request = request(text);
            let crate::guard::Needs::On(name, actions, _) = crate::guard::of_request(&request)
            else {
                continue;
            };
            let setting = actions.iter().find_map(|needed| guards.setting(name, *needed));
            let wanted =
                needed.contains(action).then(|| format!("clusters.one.deny: {}", action.name()));
            assert_eq!(setting, wanted, "{text}");
        }
    }
    drop(app);
    let deny = Guards { deny: rules(&["topic.delete"]), ..Guards::default() };
    let (_cluster, app) = one(deny, &["group.*"]).await;
    let delete = r#"{"delete_topic":{"cluster":"one","topic":"topic-1","topic_id":null}}"#;
    let message = refused(&app, delete).await.message;
    assert!(message.contains("(clusters.one.deny: topic.delete)"), "{message}");
    let group = refused(&app, r#"{"delete_group":{"cluster":"one","group":"g"}}"#).await.message;
    assert!(group.contains("(deny: group.*)"), "{group}");
    let purge =
        r#"{"purge_topic":{"cluster":"one","topic":"topic-1","topic_id":null,"before":[[0,-1]]}}"#;
    let mut console = Console::open(&app).await;
    console.ask(request(purge)).await.unwrap();
}

/// Every call of the document that is no reading, with a body that can be read.
async fn changing_calls(app: &App) -> Vec<(String, String, &'static str)> {
    let document = ask(app, "GET", "/kafka/v3/openapi.json", "").await.json();
    let mut calls = Vec::new();
    for (path, item) in document["paths"].as_object().unwrap() {
        for method in item.as_object().unwrap().keys() {
            if !["post", "put", "patch", "delete"].contains(&method.as_str()) {
                continue;
            }
            let body = if path.ends_with("configs:alter") {
                r#"{"data":[{"name":"retention.ms","value":"1"}]}"#
            } else if path.ends_with("configs/{name}") {
                r#"{"value":"1"}"#
            } else if path.contains("mirrors:") {
                r#"{"mirror_topic_names":["a"]}"#
            } else {
                "{}"
            };
            let mut at = path.replace("{cluster_id}", "cluster-1");
            at = at.replace("{link_name}", "l").replace("{topic_name}", "topic-1");
            at = at.replace("{name}", "retention.ms").replace("{broker_id}", "1");
            assert!(!at.contains('{'), "{at}");
            let body = if method == "delete" { "" } else { body };
            calls.push((method.to_uppercase(), format!("/kafka/v3{at}"), body));
        }
    }
    calls
}

fn not_offered(path: &str) -> bool {
    ["reverse-", "truncate-"].iter().any(|verb| path.contains(verb))
}

#[tokio::test]
async fn rest_answers_403_with_the_setting_to_every_call_that_changes_a_read_only_cluster() {
    let (_cluster, app) = one(read_only(), &[]).await;
    let calls = changing_calls(&app).await;
    assert!(calls.len() > 20, "{calls:?}");
    for (method, path, body) in calls {
        let answer = ask(&app, &method, &path, body).await;
        if not_offered(&path) {
            assert_eq!(answer.status, 400, "{method} {path}: {answer:?}");
            continue;
        }
        assert_eq!(answer.status, 403, "{method} {path}: {answer:?}");
        let error = answer.json();
        assert_eq!(error["error_code"], 40301, "{method} {path}");
        let message = error["message"].as_str().unwrap();
        assert!(message.contains("(clusters.one.read_only)"), "{method} {path}: {message}");
    }
}

#[tokio::test]
async fn rest_refuses_by_the_action_of_each_call() {
    let links = "/kafka/v3/clusters/cluster-1/links/l";
    let topic = "/kafka/v3/clusters/cluster-1/topics/topic-1";
    let pause = r#"{"data":[{"name":"cluster.link.paused","value":"true"}]}"#;
    let names = r#"{"mirror_topic_names":["a"]}"#;
    for (action, method, path, body) in [
        ("topic.delete", "DELETE", topic.to_owned(), ""),
        ("topic.partitions", "PATCH", topic.to_owned(), "{}"),
        ("topic.alter", "PUT", format!("{topic}/configs/retention.ms"), "{}"),
        ("records.produce", "POST", format!("{topic}/records"), "{}"),
        (
            "broker.alter",
            "POST",
            "/kafka/v3/clusters/cluster-1/broker-configs:alter".to_owned(),
            "{}",
        ),
        ("link.delete", "DELETE", links.to_owned(), ""),
        ("mirror.failover", "DELETE", format!("{links}?force=true"), ""),
        ("link.pause", "PUT", format!("{links}/configs:alter"), pause),
        ("link.alter", "DELETE", format!("{links}/configs/client.id"), ""),
        ("mirror.create", "POST", format!("{links}/mirrors"), "{}"),
        ("mirror.promote", "POST", format!("{links}/mirrors:promote"), names),
        ("mirror.failover", "POST", format!("{links}/mirrors:failover"), names),
        ("mirror.pause", "POST", format!("{links}/mirrors:pause"), names),
        ("mirror.resume", "POST", format!("{links}/mirrors:resume"), names),
        ("acl.create", "POST", "/kafka/v3/clusters/cluster-1/acls".to_owned(), "{}"),
        ("acl.delete", "DELETE", "/kafka/v3/clusters/cluster-1/acls".to_owned(), ""),
        ("topic.create", "POST", "/kafka/v3/clusters/cluster-1/topics".to_owned(), "{}"),
        ("link.create", "POST", "/kafka/v3/clusters/cluster-1/links".to_owned(), "{}"),
    ] {
        let (_cluster, app) = one(Guards::default(), &[action]).await;
        let answer = ask(&app, method, &path, body).await;
        assert_eq!(answer.status, 403, "{method} {path}: {answer:?}");
        let message = answer.json()["message"].to_string();
        assert!(message.contains(&format!("(deny: {action})")), "{method} {path}: {message}");
        drop(app);
        let other = if action == "topic.purge" { "topic.delete" } else { "topic.purge" };
        let (_cluster, app) = one(Guards::default(), &[other]).await;
        let answer = ask(&app, method, &path, body).await;
        assert!(!answer.body.contains("switched off"), "{method} {path}: {answer:?}");
    }
}

#[tokio::test]
async fn importing_is_refused_and_looking_at_a_file_is_not() {
    let (cluster, app) = one(Guards::default(), &["records.import"]).await;
    until(&app, "/kafka/v3/clusters/cluster-1/links", |answer| answer.status == 200).await;
    let import = async |query: &str| -> Answer {
        let body = "{\"value\":1}\n";
        let head = format!(
            "POST /import/one/topic-1{query} HTTP/1.1\r\nHost: {}\r\nConnection: close\r\nContent-Type: application/x-ndjson\r\nContent-Length: {}\r\n\r\n{body}",
            app.address(),
            body.len()
        );
        ask_raw(&app, &head).await
    };
    let refused = import("").await;
    assert_eq!(refused.status, 403, "{refused:?}");
    assert!(refused.body.contains("(deny: records.import)"), "{refused:?}");
    let looked = import("?validate_only=true").await;
    assert_eq!((looked.status, &looked.json()["records"]), (200, &json!(1)), "{looked:?}");
    let written: i64 = (0..2).map(|n| cluster.local().offsets("topic-1", n).unwrap().1).sum();
    assert_eq!(written, 0);
}

#[tokio::test]
async fn the_console_is_told_what_is_denied_and_so_is_the_activity() {
    let (_cluster, app) = one(read_only(), &["cluster.add"]).await;
    let mut console = Console::open(&app).await;
    let told = console
        .until(Feed::Clusters, |data| matches!(data, FeedData::Clusters(all) if !all.is_empty()));
    let FeedData::Clusters(all) = told.await else { unreachable!() };
    assert!(all[0].guards.read_only);
    assert_eq!(all[0].guards.everywhere, rules(&["cluster.add"]));
    refused(&app, r#"{"delete_topic":{"cluster":"one","topic":"topic-1","topic_id":null}}"#).await;
    let feed = Feed::Activity { cluster: Some("one".parse().unwrap()), link: None, topic: None };
    let is_told = |data: &FeedData| {
        let FeedData::Activity(entries) = data else { return false };
        let words = |entry: &drawbridge_shared::view::ActivityEntry| {
            (entry.action.clone(), format!("{:?}", entry.result))
        };
        entries.iter().map(words).any(|(action, result)| {
            action == "topic.delete" && result.contains("clusters.one.read_only")
        })
    };
    console.until(feed, is_told).await;
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

const CLOUD: &str = "/kafka/v3/clusters/cloud";

fn link_body(source: &EmbeddedCluster) -> String {
    json!({"source_cluster_id": "on-prem", "configs": [
        {"name": "bootstrap.servers", "value": source.bootstrap_servers()},
    ]})
    .to_string()
}

#[tokio::test(flavor = "multi_thread")]
async fn a_gateway_shows_the_links_of_a_read_only_cluster_and_does_not_run_them() {
    let on_prem =
        embedded(EmbeddedSpec::new("on-prem").topic(TopicSpec::new("orders", 1, 1))).await;
    let cloud = embedded(EmbeddedSpec::new("cloud")).await;
    let free = Guards::default;
    let app = guarded(&[("two", &cloud, free()), ("one", &on_prem, free())], &[]).await;
    until(&app, &format!("{CLOUD}/links"), |answer| answer.status == 200).await;
    let links = format!("{CLOUD}/links?link_name=l");
    let created = ask(&app, "POST", &links, &link_body(&on_prem)).await;
    assert_eq!(created.status, 201, "{created:?}");
    until(&app, &format!("{CLOUD}/links/l"), |answer| answer.json()["link_state"] == "ACTIVE")
        .await;
    let mirror = json!({"source_topic_name": "orders"}).to_string();
    let made = ask(&app, "POST", &format!("{CLOUD}/links/l/mirrors"), &mirror).await;
    assert_eq!(made.status, 201, "{made:?}");
    on_prem.append("orders", 0, &[Record::new("k", "v")]).unwrap();
    let arrived = async |n: i64| {
        in_time(async {
            while cloud.local().offsets("orders", 0).is_none_or(|(_, end)| end < n) {
                tokio::task::yield_now().await;
            }
        })
        .await;
    };
    arrived(1).await;
    // The first gateway stays the owner of the links: a read-only one beside it does not become it.
    let looking = guarded(&[("two", &cloud, read_only()), ("one", &on_prem, free())], &[]).await;
    let link = until(&looking, &format!("{CLOUD}/links/l"), |answer| answer.status == 200).await;
    assert_eq!(link["link_state"], "UNKNOWN", "{link}");
    let why = link["link_error_message"].to_string();
    assert!(why.contains("two is read-only here (clusters.two.read_only)"), "{link}");
    let mirrors = ask(&looking, "GET", &format!("{CLOUD}/links/l/mirrors"), "").await.json();
    assert_eq!(mirrors["data"][0]["mirror_topic_name"], "orders", "{mirrors}");
    app.stop(std::time::Duration::from_secs(10)).await;
    // With nobody to run it, nothing is copied by the one that only looks.
    on_prem.append("orders", 0, &[Record::new("k", "late")]).unwrap();
    let mut console = Console::open(&looking).await;
    let seen =
        console.until(Feed::Links, |data| matches!(data, FeedData::Links(all) if !all.is_empty()));
    let FeedData::Links(rows) = seen.await else { unreachable!() };
    assert_eq!(rows[0].state, LinkState::Unknown);
    let groups =
        ask(&looking, "GET", &format!("{CLOUD}/consumer-groups/_drawbridge.links/consumers"), "")
            .await;
    let members = groups.json()["data"].as_array().map_or(0, Vec::len);
    assert_eq!(members, 0, "{groups:?}");
    assert_eq!(cloud.local().offsets("orders", 0), Some((0, 1)));
    // Whoever may change the cluster goes on where it was left.
    let next = guarded(&[("two", &cloud, free()), ("one", &on_prem, free())], &[]).await;
    arrived(2).await;
    drop(next);
}

#[tokio::test(flavor = "multi_thread")]
async fn a_source_half_whose_destination_is_read_only_is_refused_with_the_destinations_setting() {
    let on_prem = embedded(EmbeddedSpec::new("on-prem")).await;
    let cloud = embedded(EmbeddedSpec::new("cloud")).await;
    let clusters = [("one", &on_prem, Guards::default()), ("two", &cloud, read_only())];
    let app = guarded(&clusters, &[]).await;
    until(&app, "/kafka/v3/clusters/on-prem/links", |answer| answer.status == 200).await;
    let body = json!({"destination_cluster_id": "cloud", "configs": [
        {"name": "link.mode", "value": "SOURCE"},
        {"name": "connection.mode", "value": "OUTBOUND"},
        {"name": "bootstrap.servers", "value": cloud.bootstrap_servers()},
    ]});
    let path = "/kafka/v3/clusters/on-prem/links?link_name=l";
    let refused = ask(&app, "POST", path, &body.to_string()).await;
    assert_eq!(refused.status, 403, "{refused:?}");
    assert!(refused.body.contains("clusters.two.read_only"), "{refused:?}");
}

#[tokio::test(flavor = "multi_thread")]
async fn a_dry_run_of_what_is_denied_says_so_in_each_row() {
    let on_prem =
        embedded(EmbeddedSpec::new("on-prem").topic(TopicSpec::new("orders", 1, 1))).await;
    let cloud = embedded(EmbeddedSpec::new("cloud")).await;
    let clusters = [("one", &on_prem, Guards::default()), ("two", &cloud, Guards::default())];
    let app = guarded(&clusters, &["mirror.failover"]).await;
    until(&app, &format!("{CLOUD}/links"), |answer| answer.status == 200).await;
    let created =
        ask(&app, "POST", &format!("{CLOUD}/links?link_name=l"), &link_body(&on_prem)).await;
    assert_eq!(created.status, 201, "{created:?}");
    let mirror = json!({"source_topic_name": "orders"}).to_string();
    in_time(async {
        let path = format!("{CLOUD}/links/l/mirrors");
        while ask(&app, "POST", &path, &mirror).await.status != 201 {
            tokio::task::yield_now().await;
        }
    })
    .await;
    let names = json!({"mirror_topic_names": ["orders"]}).to_string();
    let dry = async |verb: &str| {
        let path = format!("{CLOUD}/links/l/mirrors:{verb}?validate_only=true");
        ask(&app, "POST", &path, &names).await.json()["data"][0].clone()
    };
    let failover = dry("failover").await;
    assert_eq!(failover["error_code"], 403, "{failover}");
    assert!(failover["error_message"].to_string().contains("(deny: mirror.failover)"));
    let promote = dry("promote").await;
    assert_eq!(promote["error_code"], Value::Null, "{promote}");
}
