//! REST about links, as far as no link has to run for it.

use std::time::Duration;

use serde_json::json;
use tokio::{
    io::{AsyncReadExt, AsyncWriteExt},
    net::TcpStream,
};

use super::{
    rest::{CLUSTER, error, running},
    support::{Answer, ask, in_time},
    verify::linked,
};
use crate::app::App;

#[tokio::test]
async fn requests_about_links_that_make_no_sense_are_refused_with_words() {
    let (_cluster, app) = running().await;
    let links = format!("{CLUSTER}/links");
    let one = format!("{links}/link-1");
    let names = r#"{"mirror_topic_names":["a"]}"#;
    for (method, path, body, status, code, words) in [
        ("POST", links.clone(), "{}", 400, 40002, "link_name is missing"),
        ("POST", format!("{links}?link_name=a%20b"), "{}", 400, 40002, "link_name: `a b`"),
        ("POST", format!("{links}?link_name=l&validate_only=1"), "{}", 400, 40002, "neither true"),
        ("POST", format!("{links}?link_name=l"), "", 415, 415, "application/json"),
        (
            "POST",
            format!("{links}?link_name=l"),
            r#"{"destination_cluster_id":"other"}"#,
            400,
            40002,
            "source_cluster_id",
        ),
        ("GET", format!("{links}/a%20b"), "", 404, 40403, "link 'a b' does not exist"),
        ("DELETE", format!("{one}?force=maybe"), "", 400, 40002, "'maybe' is neither true nor"),
        ("POST", format!("{one}/configs:alter"), r#"{"data":[]}"#, 405, 405, "HTTP 405"),
        ("PUT", format!("{one}/configs:alter"), r#"{"data":[]}"#, 400, 40002, "name at least one"),
        ("PUT", format!("{one}/configs/client.id"), "{}", 400, 40002, "no value to set"),
        ("GET", format!("{one}/mirrors?mirror_status=UP"), "", 400, 40002, "mirror_status: `UP`"),
        ("GET", format!("{links}/-/mirrors?mirror_status=UP"), "", 400, 40002, "mirror_status: `"),
        ("GET", format!("{one}/mirrors/a%20b"), "", 404, 40403, "'a b' is not a mirror"),
        ("DELETE", format!("{one}/mirrors/topic-1"), "", 405, 405, "HTTP 405"),
        ("POST", format!("{one}/mirrors"), "{}", 400, 400, "source_topic_name"),
        ("POST", format!("{one}/mirrors:promote"), "{}", 400, 40002, "no mirror topic is named"),
        ("POST", format!("{one}/mirrors:nothing"), names, 404, 404, "HTTP 404"),
        ("POST", format!("{one}/mirrors:reverse-and-start-mirror"), names, 400, 40035, "bidirec"),
        ("POST", format!("{one}/mirrors:reverse-and-pause-mirror"), names, 400, 40035, "bidirec"),
        ("POST", format!("{one}/mirrors:truncate-and-restore"), names, 400, 40035, "bidirec"),
    ] {
        let (got_status, got_code, message) = error(&ask(&app, method, &path, body).await);
        assert_eq!((got_status, got_code), (status, code), "{method} {path}: {message}");
        assert!(message.contains(words), "{method} {path}: {message}");
    }
}

#[tokio::test]
async fn the_configs_of_a_topic_that_is_not_there_yet_can_be_asked_for() {
    let (_cluster, app) = running().await;
    let path = format!("{CLUSTER}/topics/new-topic/default-configs");
    let list = ask(&app, "GET", &path, "").await.json();
    assert_eq!(list["kind"], "KafkaTopicConfigList");
    let rows = list["data"].as_array().unwrap();
    let retention = rows.iter().find(|row| row["name"] == "retention.ms").unwrap();
    assert_eq!(retention["value"], "604800000", "topic-1's own setting is not the default");
    assert_eq!(
        (&retention["topic_name"], &retention["kind"]),
        (&json!("new-topic"), &json!("KafkaTopicConfig"))
    );
}

/// Sends the head of a request.
async fn begun(app: &App, request: &str, more: &str) -> TcpStream {
    let mut stream = TcpStream::connect(app.address()).await.unwrap();
    let head = format!("{request} HTTP/1.1\r\nHost: localhost\r\n{more}\r\n");
    stream.write_all(head.as_bytes()).await.unwrap();
    stream
}

/// Asks again and again, until the answer is as wanted.
async fn until(app: &App, path: &str, wanted: impl Fn(&Answer) -> bool) {
    in_time(async {
        while !wanted(&ask(app, "GET", path, "").await) {
            tokio::task::yield_now().await;
        }
    })
    .await;
}

#[tokio::test(flavor = "multi_thread")]
async fn what_a_client_asked_for_is_done_whole_even_if_it_hangs_up() {
    let (on_prem, cloud, app) = linked(1).await;
    // So that it takes a while.
    cloud.faults().latency(None, Duration::from_millis(50));
    let links = "/kafka/v3/clusters/cloud/links";
    let body = json!({"source_cluster_id": "on-prem", "configs": [
        {"name": "bootstrap.servers", "value": on_prem.bootstrap_servers()},
    ]})
    .to_string();
    let more = format!(
        "Content-Type: application/json\r\nExpect: 100-continue\r\nContent-Length: {}\r\n",
        body.len()
    );
    let mut creating = begun(&app, &format!("POST {links}?link_name=another"), &more).await;
    let mut go_on = [0; 12];
    in_time(creating.read_exact(&mut go_on)).await.unwrap();
    assert_eq!(&go_on, b"HTTP/1.1 100");
    creating.write_all(body.as_bytes()).await.unwrap();
    drop(creating);
    until(&app, &format!("{links}/another"), |answer| answer.status == 200).await;

    let deleting = begun(&app, &format!("DELETE {links}/l?force=true"), "").await;
    let is_stopping =
        |answer: &Answer| answer.status != 200 || answer.json()["mirror_status"] != "ACTIVE";
    until(&app, &format!("{links}/l/mirrors/orders"), is_stopping).await;
    drop(deleting);
    until(&app, &format!("{links}/l"), |answer| answer.status == 404).await;
    let all = ask(&app, "GET", links, "").await.json();
    let all = all["data"].as_array().unwrap();
    let names: Vec<&str> = all.iter().filter_map(|one| one["link_name"].as_str()).collect();
    assert_eq!(names, ["another"]);
}
