use drawbridge_embedded::{ClusterSpec as EmbeddedSpec, EmbeddedCluster, Record, TopicSpec};
use serde_json::{Value, json};

use super::{
    golden::check,
    support::{Answer, ask, ask_raw, embedded, gateway, in_time},
};
use crate::app::App;

pub(super) const CLUSTER: &str = "/kafka/v3/clusters/cluster-1";

pub(super) async fn running() -> (EmbeddedCluster, App) {
    let spec = EmbeddedSpec::new("cluster-1")
        .racked_brokers(&[(1, "a"), (2, "b")])
        .topic(TopicSpec::new("topic-1", 2, 2).config("retention.ms", "60000"));
    let cluster = embedded(spec).await;
    let app = gateway(&[&cluster]).await;
    // The id is known with the first answer of the cluster.
    in_time(async {
        while ask(&app, "GET", CLUSTER, "").await.status != 200 {
            tokio::task::yield_now().await;
        }
    })
    .await;
    (cluster, app)
}

/// Compares an answer with its golden file; addresses differ from run to run.
fn same(app: &App, name: &str, answer: &Answer) {
    let host = app.address().to_string();
    check(name, answer.json(), &[(&host, "HOST:PORT")]);
}

#[tokio::test]
async fn reading_has_the_public_shapes() {
    let (cluster, app) = running().await;
    cluster.append("topic-1", 0, &[Record::new("k", "v")]).unwrap();
    for (name, path) in [
        ("cluster", ""),
        ("topics", "/topics"),
        ("topic", "/topics/topic-1"),
        ("topic_with_operations", "/topics/topic-1?include_authorized_operations=true"),
        ("topic_config", "/topics/topic-1/configs/retention.ms"),
        ("partitions", "/topics/topic-1/partitions"),
        ("partition", "/topics/topic-1/partitions/1"),
        ("replicas", "/topics/topic-1/partitions/1/replicas"),
        ("replica", "/topics/topic-1/partitions/1/replicas/1"),
        ("offset", "/topics/topic-1/partitions/0/offset?offset_type=latest"),
    ] {
        let answer = ask(&app, "GET", &format!("{CLUSTER}{path}"), "").await;
        assert_eq!(answer.status, 200, "{path}: {}", answer.body);
        assert!(answer.headers.contains("content-type: application/json"), "{}", answer.headers);
        same(&app, name, &answer);
    }
    let answer = ask(&app, "GET", "/kafka/v3/clusters", "").await;
    same(&app, "clusters", &answer);
}

#[tokio::test]
async fn brokers_have_the_public_shape() {
    let (_cluster, app) = running().await;
    let mut brokers = ask(&app, "GET", &format!("{CLUSTER}/brokers"), "").await.json();
    let data = brokers["data"].as_array_mut().unwrap();
    for broker in data.iter_mut() {
        assert!(broker["port"].as_u64().unwrap() > 0);
        broker["port"] = json!(9092);
    }
    check("brokers", brokers, &[(&app.address().to_string(), "HOST:PORT")]);
    let one = ask(&app, "GET", &format!("{CLUSTER}/brokers/2"), "").await.json();
    assert_eq!(
        (&one["kind"], &one["broker_id"], &one["rack"]),
        (&json!("KafkaBroker"), &json!(2), &json!("b"))
    );
    let configs = ask(&app, "GET", &format!("{CLUSTER}/brokers/1/configs"), "").await.json();
    assert_eq!(configs["kind"], "KafkaBrokerConfigList");
    assert_eq!(configs["data"][0]["kind"], "KafkaBrokerConfig");
}

#[tokio::test]
async fn every_configuration_of_a_topic_and_of_all_topics_is_listed() {
    let (_cluster, app) = running().await;
    let of_one = ask(&app, "GET", &format!("{CLUSTER}/topics/topic-1/configs"), "").await.json();
    let of_all = ask(&app, "GET", &format!("{CLUSTER}/topics/-/configs"), "").await.json();
    assert_eq!(of_one["kind"], "KafkaTopicConfigList");
    assert_eq!(of_one["data"], of_all["data"]);
    assert!(of_one["data"].as_array().unwrap().len() > 20);
}

#[tokio::test]
async fn a_topic_is_created_changed_and_deleted() {
    let (_cluster, app) = running().await;
    let topics = format!("{CLUSTER}/topics");
    let body = r#"{"topic_name":"topic-X","partitions_count":1,"replication_factor":2,
        "configs":[{"name":"cleanup.policy","value":"compact"},{"name":"compression.type","value":"gzip"}]}"#;
    let checked = body.replacen('{', r#"{"validate_only":true,"#, 1);
    let answer = ask(&app, "POST", &topics, &checked).await;
    assert_eq!(answer.status, 200, "{}", answer.body);
    let topic = format!("{topics}/topic-X");
    assert_eq!(ask(&app, "GET", &topic, "").await.status, 404, "it was only validated");

    let answer = ask(&app, "POST", &topics, body).await;
    assert_eq!(answer.status, 201, "{}", answer.body);
    same(&app, "created", &answer);
    let answer = ask(&app, "PATCH", &topic, r#"{"partitions_count":3}"#).await;
    assert_eq!((answer.status, &answer.json()["partitions_count"]), (200, &json!(3)));

    let config = |name: &str| format!("{topic}/configs/{name}");
    let put = ask(&app, "PUT", &config("compression.type"), r#"{"value":"zstd"}"#).await;
    assert_eq!((put.status, put.body.as_str()), (204, ""));
    let alter = r#"{"data":[{"name":"cleanup.policy","operation":"DELETE"},
        {"name":"retention.ms","value":"1000"}]}"#;
    assert_eq!(ask(&app, "POST", &format!("{topic}/configs:alter"), alter).await.status, 204);
    let value =
        async |name: &str| ask(&app, "GET", &config(name), "").await.json()["value"].clone();
    assert_eq!(value("compression.type").await, "zstd");
    assert_eq!(value("cleanup.policy").await, "delete");
    assert_eq!(value("retention.ms").await, "1000");
    assert_eq!(ask(&app, "DELETE", &config("retention.ms"), "").await.status, 204);
    assert_eq!(value("retention.ms").await, "604800000");

    assert_eq!(ask(&app, "DELETE", &topic, "").await.status, 204);
    let gone = ask(&app, "DELETE", &topic, "").await;
    assert_eq!((gone.status, &gone.json()["error_code"]), (404, &json!(40403)));
}

pub(super) fn error(answer: &Answer) -> (u16, i64, String) {
    let body: Value = answer.json();
    let fields: Vec<&String> = body.as_object().unwrap().keys().collect();
    assert_eq!(fields, ["error_code", "message"]);
    let message = body["message"].as_str().unwrap().to_owned();
    (answer.status, body["error_code"].as_i64().unwrap(), message)
}

#[tokio::test]
async fn whatever_is_wrong_the_error_has_its_code_and_words() {
    let (_cluster, app) = running().await;
    let topics = format!("{CLUSTER}/topics");
    for (method, path, body, status, code, words) in [
        ("GET", "/kafka/v3/clusters/nope/topics", "", 404, 404, "nope cannot be found"),
        ("GET", "/kafka/v3/nothing", "", 404, 404, "HTTP 404 Not Found"),
        ("GET", "/kafka", "", 404, 404, "HTTP 404 Not Found"),
        ("PUT", &topics, "{}", 405, 405, "HTTP 405"),
        ("POST", &topics, "{\"topic_name\":", 400, 400, "cannot be read"),
        (
            "POST",
            &topics,
            "{\"topic_name\":\"a\",\"partitions_count\":\"x\"}",
            400,
            400,
            "invalid type",
        ),
        ("POST", &topics, "{\"topic_name\":\"a/b\"}", 400, 40002, "'/'"),
        ("POST", &topics, "{\"topic_name\":\"topic-1\"}", 400, 40002, "already exists"),
        ("POST", &topics, "{\"topic_name\":\"a\",\"replication_factor\":9}", 400, 40002, "9 time"),
        ("GET", &format!("{topics}/nope"), "", 404, 40403, "nope"),
        ("GET", &format!("{topics}/topic-1/partitions/7"), "", 404, 40403, "does not host"),
        ("GET", &format!("{topics}/topic-1/partitions/x"), "", 404, 404, "HTTP 404"),
        ("GET", &format!("{topics}/topic-1/configs/nope"), "", 404, 404, "nope"),
        (
            "GET",
            &format!("{topics}/topic-1/partitions/0/offset?offset_type=x"),
            "",
            400,
            400,
            "earliest",
        ),
        (
            "GET",
            &format!("{topics}/topic-1/partitions/0/offset?offset_type=timestamp&timestamp=-1"),
            "",
            400,
            400,
            "timestamp=MILLISECONDS",
        ),
        (
            "PUT",
            &format!("{topics}/topic-1/configs/retention.ms"),
            "{}",
            400,
            40002,
            "no value to set",
        ),
        (
            "POST",
            &format!("{topics}/topic-1/configs:alter"),
            "{\"data\":[{\"name\":\"retention.ms\",\"value\":null}]}",
            400,
            40002,
            "no value to set",
        ),
        (
            "PATCH",
            &format!("{topics}/topic-1"),
            "{\"partitions_count\":1}",
            400,
            40002,
            "partitions",
        ),
    ] {
        let (got_status, got_code, message) = error(&ask(&app, method, path, body).await);
        assert_eq!((got_status, got_code), (status, code), "{method} {path}: {message}");
        assert!(message.contains(words), "{method} {path}: {message}");
    }
}

#[tokio::test]
async fn bodies_of_the_wrong_kind_or_size_are_refused() {
    let (_cluster, app) = running().await;
    let post = |more: &str, body: &str| {
        let host = app.address();
        format!(
            "POST {CLUSTER}/topics HTTP/1.1\r\nHost: {host}\r\nConnection: close\r\n{more}Content-Length: {}\r\n\r\n{body}",
            body.len()
        )
    };
    let json = "Content-Type: application/json\r\n";
    let plain =
        ask_raw(&app, &post("Content-Type: text/plain\r\n", "{\"topic_name\":\"a\"}")).await;
    assert_eq!(error(&plain).1, 415);
    assert_eq!(error(&ask_raw(&app, &post(json, "")).await).1, 422);
    let foreign = post(&format!("{json}Origin: http://evil.example\r\n"), "{\"topic_name\":\"a\"}");
    assert_eq!(error(&ask_raw(&app, &foreign).await).1, 40301);
    let large = format!("{{\"topic_name\":\"{}\"}}", "a".repeat(1_100_000));
    assert_eq!(error(&ask_raw(&app, &post(json, &large)).await).1, 413);
}

#[tokio::test]
async fn a_cluster_that_is_down_answers_with_a_retriable_error_in_words() {
    let (cluster, app) = running().await;
    cluster.faults().cut_network().await;
    let answer = in_time(ask(&app, "GET", &format!("{CLUSTER}/topics"), "")).await;
    let (status, code, message) = error(&answer);
    assert_eq!((status, code), (500, 50003), "{message}");
    assert!(message.contains("one"), "{message}");
}
