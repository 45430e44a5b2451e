//! REST v3: what succeeds has the public shapes.

use anyhow::{Result, ensure};
use drawbridge_tests::bed::unique;
use serde_json::json;

use super::{
    over_gallery,
    web::{ask, ask_until},
};
use crate::support::Version;

on_each_version!(
    clusters_and_brokers_have_the_public_shapes,
    a_topic_lives_from_its_creation_to_its_end,
    configurations_are_set_and_reset_one_by_one_and_together,
);

async fn clusters_and_brokers_have_the_public_shapes(version: Version) -> Result<()> {
    let (app, root) = over_gallery(version, "admin").await?;
    let clusters = ask(&app, "GET", "/kafka/v3/clusters", "").await?;
    assert_eq!(clusters.body["kind"], "KafkaClusterList");
    ensure!(root.ends_with(clusters.each("cluster_id")[0].as_str().unwrap()), "{clusters:?}");
    let cluster = ask(&app, "GET", &root, "").await?.body;
    assert_eq!(cluster["kind"], "KafkaCluster");
    let link = cluster["controller"]["related"].as_str().unwrap();
    ensure!(link.ends_with(&format!("{root}/brokers/1")), "{link}");

    let brokers = ask(&app, "GET", &format!("{root}/brokers"), "").await?;
    assert_eq!(brokers.body["kind"], "KafkaBrokerList");
    assert_eq!(brokers.each("broker_id"), [&json!(1)]);
    assert_eq!(brokers.each("host"), [&json!("127.0.0.1")]);
    let configs = ask(&app, "GET", &format!("{root}/brokers/1/configs"), "").await?;
    assert_eq!(configs.body["kind"], "KafkaBrokerConfigList");
    ensure!(configs.each("name").contains(&&json!("log.retention.hours")), "{configs:?}");
    Ok(())
}

async fn a_topic_lives_from_its_creation_to_its_end(version: Version) -> Result<()> {
    let (app, root) = over_gallery(version, "admin").await?;
    let name = unique("rest");
    let (topics, topic) = (format!("{root}/topics"), format!("{root}/topics/{name}"));
    let new = json!({"topic_name": name, "partitions_count": 2, "replication_factor": 1,
        "configs": [{"name": "cleanup.policy", "value": "compact"}]});
    let mut checked = new.clone();
    checked["validate_only"] = json!(true);
    assert_eq!(ask(&app, "POST", &topics, &checked.to_string()).await?.status, 200);
    assert_eq!(ask(&app, "GET", &topic, "").await?.status, 404, "it was only checked");
    let created = ask(&app, "POST", &topics, &new.to_string()).await?;
    assert_eq!((created.status, &created.body["kind"]), (201, &json!("KafkaTopic")), "{created:?}");
    assert_eq!(created.body["partitions_count"], 2);

    let seen = ask_until(&app, &topic, |answer| answer.status == 200).await?.body;
    assert_eq!((&seen["kind"], &seen["topic_name"]), (&json!("KafkaTopic"), &json!(name)));
    assert_eq!((&seen["is_internal"], &seen["replication_factor"]), (&json!(false), &json!(1)));
    let listed = ask(&app, "GET", &topics, "").await?;
    ensure!(listed.each("topic_name").contains(&&json!(name)), "{listed:?}");

    let grown = ask(&app, "PATCH", &topic, r#"{"partitions_count": 3}"#).await?;
    assert_eq!(grown.status, 200, "{grown:?}");
    let partitions = format!("{topic}/partitions");
    let all = ask_until(&app, &partitions, |answer| answer.each("partition_id").len() == 3).await?;
    assert_eq!(all.body["kind"], "KafkaPartitionList");
    assert_eq!(all.each("partition_id"), [&json!(0), &json!(1), &json!(2)]);
    let replicas = ask(&app, "GET", &format!("{partitions}/2/replicas"), "").await?;
    assert_eq!(replicas.each("is_in_sync"), [&json!(true)]);

    assert_eq!(ask(&app, "DELETE", &topic, "").await?.status, 204);
    ask_until(&app, &topic, |answer| answer.status == 404).await?;
    Ok(())
}

async fn configurations_are_set_and_reset_one_by_one_and_together(version: Version) -> Result<()> {
    let (app, root) = over_gallery(version, "admin").await?;
    let name = unique("rest-configs");
    let new = json!({"topic_name": name, "partitions_count": 1, "replication_factor": 1});
    let created = ask(&app, "POST", &format!("{root}/topics"), &new.to_string()).await?;
    assert_eq!(created.status, 201, "{created:?}");
    let configs = format!("{root}/topics/{name}/configs");
    let retention = format!("{configs}/retention.ms");
    let fresh = ask_until(&app, &retention, |answer| answer.status == 200).await?.body;
    assert_eq!((&fresh["kind"], &fresh["is_default"]), (&json!("KafkaTopicConfig"), &json!(true)));

    assert_eq!(ask(&app, "PUT", &retention, r#"{"value": "60000"}"#).await?.status, 204);
    let set = ask_until(&app, &retention, |answer| answer.body["value"] == "60000").await?.body;
    assert_eq!(
        (&set["source"], &set["is_default"]),
        (&json!("DYNAMIC_TOPIC_CONFIG"), &json!(false))
    );

    let both = r#"{"data": [{"name": "retention.ms", "operation": "DELETE"},
        {"name": "max.message.bytes", "value": "2000000"}]}"#;
    assert_eq!(ask(&app, "POST", &format!("{configs}:alter"), both).await?.status, 204);
    let size = format!("{configs}/max.message.bytes");
    ask_until(&app, &size, |answer| answer.body["value"] == "2000000").await?;
    ask_until(&app, &retention, |answer| answer.body["value"] == fresh["value"]).await?;
    assert_eq!(ask(&app, "DELETE", &size, "").await?.status, 204);
    ask_until(&app, &size, |answer| answer.body["is_default"] == true).await?;
    let all = ask(&app, "GET", &configs, "").await?;
    assert_eq!(all.body["kind"], "KafkaTopicConfigList");
    ensure!(all.each("name").contains(&&json!("retention.ms")), "{all:?}");
    Ok(())
}
