//! REST about links, as far as no link has to run for it.

use serde_json::json;

use super::{
    rest::{CLUSTER, error, running},
    support::ask,
};

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
