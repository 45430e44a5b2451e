//! Configurations of brokers over REST, and what is kept of their changes.

use drawbridge_shared::{
    draft::ConfigChange,
    view::{ActivityEntry, ActivityResult},
    wire::{ErrorCode, Feed, FeedData, Request, Response},
};
use serde_json::json;

use super::{
    golden::check,
    rest::{CLUSTER, error, running},
    support::{Console, ask},
};
use crate::app::App;

fn same(app: &App, name: &str, answer: serde_json::Value) {
    check(name, answer, &[(&app.address().to_string(), "HOST:PORT")]);
}

#[tokio::test]
async fn configurations_of_all_brokers_have_the_public_shape() {
    let (_cluster, app) = running().await;
    let all = format!("{CLUSTER}/broker-configs");
    let nothing = ask(&app, "GET", &all, "").await.json();
    assert_eq!(
        (&nothing["kind"], &nothing["data"]),
        (&json!("KafkaClusterConfigList"), &json!([]))
    );
    let max = format!("{all}/max.connections");
    assert_eq!(error(&ask(&app, "GET", &max, "").await).0, 404);
    assert_eq!(ask(&app, "PUT", &max, r#"{"value":"1000"}"#).await.status, 204);
    same(&app, "cluster_configs", ask(&app, "GET", &all, "").await.json());
    same(&app, "cluster_config", ask(&app, "GET", &max, "").await.json());

    let own = format!("{CLUSTER}/brokers/1/configs/max.connections");
    let of_one = ask(&app, "GET", &own, "").await.json();
    assert_eq!(of_one["source"], "DYNAMIC_DEFAULT_BROKER_CONFIG");
    assert_eq!(ask(&app, "PUT", &own, r#"{"value":"10"}"#).await.status, 204);
    same(&app, "broker_config", ask(&app, "GET", &own, "").await.json());
    assert_eq!(ask(&app, "DELETE", &own, "").await.status, 204);
    let alter = r#"{"data":[{"name":"max.connections","operation":"DELETE"}]}"#;
    assert_eq!(ask(&app, "POST", &format!("{all}:alter"), alter).await.status, 204);
    let back = ask(&app, "GET", &own, "").await.json();
    assert_eq!((&back["is_default"], &back["value"]), (&json!(true), &json!("2147483647")));
}

#[tokio::test]
async fn what_cannot_be_changed_while_brokers_run_is_refused_in_words() {
    let (_cluster, app) = running().await;
    let broker = format!("{CLUSTER}/brokers/1/configs");
    let all = format!("{CLUSTER}/broker-configs");
    for (method, path, body, status, code, words) in [
        (
            "PUT",
            format!("{broker}/num.partitions"),
            r#"{"value":"3"}"#,
            400,
            40002,
            "num.partitions",
        ),
        ("PUT", format!("{broker}/max.connections"), r#"{"value":"many"}"#, 400, 40002, "INT"),
        ("PUT", format!("{broker}/max.connections"), "{}", 400, 40002, "no value to set"),
        (
            "PUT",
            format!("{all}/ssl.keystore.password"),
            r#"{"value":"hidden-value"}"#,
            400,
            40002,
            "broker id must be specified",
        ),
        ("POST", format!("{broker}:alter"), r#"{"data":[]}"#, 400, 40002, "name at least one"),
        ("GET", format!("{broker}/nope"), "", 404, 404, "nope"),
    ] {
        let (got_status, got_code, message) = error(&ask(&app, method, &path, body).await);
        assert_eq!((got_status, got_code), (status, code), "{method} {path}: {message}");
        assert!(message.contains(words), "{method} {path}: {message}");
        assert!(!message.contains("hidden-value"), "{message}");
    }
    let checked = r#"{"validate_only":true,"data":[{"name":"max.connections","value":"7"}]}"#;
    assert_eq!(ask(&app, "POST", &format!("{broker}:alter"), checked).await.status, 204);
    let same = ask(&app, "GET", &format!("{broker}/max.connections"), "").await.json();
    assert_eq!(same["is_default"], true, "it was only checked");
}

#[tokio::test]
async fn replicas_of_a_broker_are_listed_by_topic_and_partition() {
    let (_cluster, app) = running().await;
    let path = format!("{CLUSTER}/brokers/2/partition-replicas");
    let replicas = ask(&app, "GET", &path, "").await.json();
    assert_eq!(replicas["kind"], "KafkaReplicaList");
    let data = replicas["data"].as_array().unwrap();
    assert!(data.iter().all(|replica| replica["broker_id"] == 2), "{replicas}");
    let of_topic = data.iter().filter(|replica| replica["topic_name"] == "topic-1").count();
    assert_eq!(of_topic, 2);
}

#[tokio::test]
async fn a_change_of_a_broker_is_kept_without_its_secrets() {
    let (_cluster, app) = running().await;
    let mut console = Console::open(&app).await;
    let one = || "one".parse().unwrap();
    let change = |name: &str, value: &str| ConfigChange {
        name: name.to_owned(),
        value: Some(value.to_owned()),
    };
    let changes =
        vec![change("max.connections", "9"), change("ssl.keystore.password", "hidden-value")];
    let alter = |broker| Request::AlterBrokerConfigs {
        cluster: one(),
        broker,
        changes: changes.clone(),
        validate_only: false,
    };
    assert_eq!(console.ask(alter(Some(1))).await, Ok(Response::Done));
    let refused = console.ask(alter(None)).await.unwrap_err();
    assert_eq!(refused.code, ErrorCode::Invalid, "{refused:?}");

    let feed = Feed::Activity { cluster: Some(one()), link: None, topic: None };
    let about = |entries: &[ActivityEntry]| -> Vec<ActivityEntry> {
        let brokers = entries.iter().filter(|entry| entry.action.contains("broker"));
        brokers.cloned().collect()
    };
    let state = console
        .until(
            feed,
            |state| matches!(state, FeedData::Activity(entries) if about(entries).len() == 2),
        )
        .await;
    let FeedData::Activity(entries) = state else { panic!("{state:?}") };
    let [done, not_done] = about(&entries).try_into().unwrap();
    assert_eq!(done.action, "alter configs of broker 1");
    assert_eq!(done.before.as_deref(), Some("max.connections=2147483647"));
    assert_eq!(done.after.as_deref(), Some("max.connections=9, ssl.keystore.password"));
    assert_eq!(done.result, ActivityResult::Done);
    assert_eq!(not_done.action, "alter configs of all brokers");
    assert!(matches!(not_done.result, ActivityResult::Refused(_)), "{not_done:?}");
    assert!(!format!("{entries:?}").contains("hidden-value"));
}
