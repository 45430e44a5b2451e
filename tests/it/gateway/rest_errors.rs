//! REST v3: what fails has the public error bodies and codes, in the broker's words.

use anyhow::{Result, ensure};
use serde_json::json;

use super::{over_gallery, web::ask};
use crate::support::{Version, fresh_topic};

on_each_version!(
    what_kafka_refuses_has_the_public_code_and_its_words,
    a_login_without_rights_is_told_the_right_that_is_missing,
);

async fn what_kafka_refuses_has_the_public_code_and_its_words(version: Version) -> Result<()> {
    let (app, root) = over_gallery(version, "admin").await?;
    let existing = fresh_topic(version, &[]).await?.1;
    let topics = format!("{root}/topics");
    let topic = format!("{topics}/{existing}");
    let again = json!({"topic_name": existing}).to_string();
    let taken = format!("Topic '{existing}' already exists.");
    let too_many = r#"{"topic_name": "never", "replication_factor": 9}"#;
    let nobody = "/kafka/v3/clusters/nobody";
    for (method, path, body, status, code, words) in [
        ("POST", topics.as_str(), again.as_str(), 400, 40002, taken.as_str()),
        ("POST", &topics, too_many, 400, 40002, "eplication factor"),
        ("POST", &topics, r#"{"topic_name": "a b"}"#, 400, 40002, "' '"),
        ("POST", &topics, r#"{"topic_name": "#, 400, 400, "cannot be read"),
        ("POST", &topics, r#"{"topic_name": 7}"#, 400, 400, "invalid type"),
        ("POST", &topics, "", 422, 422, "Request body is empty. Data is required."),
        ("PATCH", &topic, r#"{"partitions_count": 1}"#, 400, 40002, "1 partition"),
        (
            "PUT",
            &format!("{topic}/configs/retention.ms"),
            r#"{"value": "soon"}"#,
            400,
            40002,
            "soon",
        ),
        ("GET", &format!("{topics}/nowhere"), "", 404, 40403, "nowhere"),
        ("DELETE", &format!("{topics}/nowhere"), "", 404, 40403, "does not host this topic"),
        ("GET", &format!("{topic}/partitions/7"), "", 404, 40403, "does not host this topic"),
        ("GET", nobody, "", 404, 404, "Cluster nobody cannot be found."),
    ] {
        let answer = ask(&app, method, path, body).await?;
        let (got_status, got_code, message) = answer.error()?;
        assert_eq!((got_status, got_code), (status, code), "{method} {path}: {message}");
        ensure!(message.contains(words), "{method} {path}: {message}");
    }
    Ok(())
}

async fn a_login_without_rights_is_told_the_right_that_is_missing(version: Version) -> Result<()> {
    let (app, root) = over_gallery(version, "alice").await?;
    let topic = fresh_topic(version, &[]).await?.1;
    let path = format!("{root}/topics/{topic}");
    let new = r#"{"topic_name": "alices", "partitions_count": 1, "replication_factor": 1}"#;
    for (method, path, body, right) in [
        ("GET", path.as_str(), "", "Describe"),
        ("POST", &format!("{root}/topics"), new, "Create"),
        ("PATCH", &path, r#"{"partitions_count": 2}"#, "Alter"),
        ("DELETE", &path, "", "Delete"),
        ("GET", &format!("{path}/configs"), "", "DescribeConfigs"),
        ("PUT", &format!("{path}/configs/retention.ms"), r#"{"value": "1"}"#, "AlterConfigs"),
    ] {
        let answer = ask(&app, method, path, body).await?;
        let (status, code, message) = answer.error()?;
        assert_eq!((status, code), (403, 40301), "{method} {path}: {message}");
        ensure!(message.contains(&format!("--operation {right} ")), "{method} {path}: {message}");
    }
    Ok(())
}
