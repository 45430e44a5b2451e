//! Topics: create, delete, add partitions, describe.

use drawbridge_kafka::{
    Client, ErrorCode as KafkaCode,
    admin::topics::{CreatedTopic, NewPartitions, NewTopic, TopicDescription},
};
use drawbridge_shared::{
    draft::{FieldError, TopicSpec},
    names::TopicName,
    view::Severity,
    wire::ErrorCode,
};
use uuid::Uuid;

use super::only;
use crate::{
    activity::Change,
    clusters::{Cluster, topic_id_words},
    notices::Notices,
    refusal::{Doing, Refusal, refuse},
};

/// Creates a topic, or lets the broker check whether it could be.
///
/// # Errors
/// The broker's refusal; `Unavailable` while the cluster is down.
pub async fn create(
    cluster: &Cluster,
    notices: &Notices,
    spec: &TopicSpec,
    validate_only: bool,
) -> Result<CreatedTopic, Refusal> {
    let created = try_create(cluster, spec, validate_only).await;
    if !validate_only {
        let topic = &spec.name;
        let change = Change::on(&cluster.spec().name, format!("create topic '{topic}'"));
        let change = change.topic(topic).from_to(None, Some(wanted(spec)));
        notices.activity().told(change, &created);
        if created.is_ok() {
            changed(cluster, notices, topic, format!("topic '{topic}' was created"));
        }
    }
    created
}

/// What a new topic shall have. Which of its configs are secrets is not known yet, so they are only named.
fn wanted(spec: &TopicSpec) -> String {
    let partitions = spec.partitions.map(|n| format!("partitions={n}"));
    let replicas = spec.replication_factor.map(|n| format!("replication.factor={n}"));
    let configs = spec.configs.iter().map(|config| config.name.clone());
    partitions.into_iter().chain(replicas).chain(configs).collect::<Vec<_>>().join(", ")
}

async fn try_create(
    cluster: &Cluster,
    spec: &TopicSpec,
    validate_only: bool,
) -> Result<CreatedTopic, Refusal> {
    let topic = spec.name.as_str();
    let new = NewTopic {
        name: topic.to_owned(),
        partitions: spec.partitions,
        replication_factor: spec.replication_factor,
        assignments: Vec::new(),
        configs: spec.configs.iter().map(|c| (c.name.clone(), c.value.clone())).collect(),
    };
    let doing = Doing::on_topic(format!("create topic '{topic}'"), "CREATE", topic);
    let client = cluster.confirmed().await?;
    let answer = client.create_topics(std::slice::from_ref(&new), validate_only).await;
    answer
        .and_then(|answers| only(answers, topic, "CreateTopics"))
        .map_err(|error| at_field(refuse(&cluster.spec().name, &doing, &error)))
}

/// Shows a refusal at the field of the form it is about.
fn at_field(mut refusal: Refusal) -> Refusal {
    let field = match refusal.kafka.map(|code| code.0) {
        Some(17 | 36) => "name",
        Some(37) => "partitions",
        Some(38) => "replication_factor",
        Some(40) => "configs",
        _ => return refusal,
    };
    refusal.fields = vec![FieldError::new(field, refusal.message.clone())];
    refusal
}

/// Deletes a topic with all its records. With `expected` only the topic that has this id.
///
/// # Errors
/// `Conflict` when the topic was made again since it was looked at; the broker's refusal.
pub async fn delete(
    cluster: &Cluster,
    notices: &Notices,
    topic: &TopicName,
    expected: Option<&str>,
) -> Result<(), Refusal> {
    let deleted = try_delete(cluster, topic, expected).await;
    let change = Change::on(&cluster.spec().name, format!("delete topic '{topic}'")).topic(topic);
    notices.activity().told(change, &deleted);
    if deleted.is_ok() {
        changed(cluster, notices, topic, format!("topic '{topic}' was deleted"));
    }
    deleted
}

async fn try_delete(
    cluster: &Cluster,
    topic: &TopicName,
    expected: Option<&str>,
) -> Result<(), Refusal> {
    let client = cluster.confirmed().await?;
    if expected.is_some() {
        let looked_at = require_same(cluster, topic, expected).await?;
        delete_looked_at(cluster, client, topic, looked_at.id).await?;
    } else {
        client
            .delete_topics(&[topic.as_str()])
            .await
            .and_then(|answers| only(answers, topic.as_str(), "DeleteTopics"))
            .map_err(|error| refuse(&cluster.spec().name, &deleting(topic), &error))?;
    }
    Ok(())
}

/// Deletes by id: between the look and this call the name may have gone over to another topic.
async fn delete_looked_at(
    cluster: &Cluster,
    client: &Client,
    topic: &TopicName,
    id: Uuid,
) -> Result<(), Refusal> {
    client.delete_topic_by_id(topic.as_str(), id).await.map_err(|error| {
        if error.code() == Some(KafkaCode::UNKNOWN_TOPIC_ID) {
            cluster.topics_changed();
            return made_again(topic);
        }
        refuse(&cluster.spec().name, &deleting(topic), &error)
    })
}

fn deleting(topic: &TopicName) -> Doing {
    Doing::on_topic(format!("delete topic '{topic}'"), "DELETE", topic.as_str())
}

/// Raises the number of partitions to `total`, or lets the broker check whether it could be.
///
/// # Errors
/// The broker's refusal.
pub async fn add_partitions(
    cluster: &Cluster,
    notices: &Notices,
    topic: &TopicName,
    total: u32,
    validate_only: bool,
) -> Result<(), Refusal> {
    let raised = try_add_partitions(cluster, topic, total, validate_only).await;
    if !validate_only {
        let change = Change::on(&cluster.spec().name, format!("add partitions to topic '{topic}'"));
        let change = change.topic(topic).from_to(None, Some(format!("partitions={total}")));
        notices.activity().told(change, &raised);
        if raised.is_ok() {
            changed(cluster, notices, topic, format!("topic '{topic}' has {total} partitions now"));
        }
    }
    raised
}

async fn try_add_partitions(
    cluster: &Cluster,
    topic: &TopicName,
    total: u32,
    validate_only: bool,
) -> Result<(), Refusal> {
    let what = format!("raise the partitions of topic '{topic}' to {total}");
    let doing = Doing::on_topic(what, "ALTER", topic.as_str());
    let total = i32::try_from(total).map_err(|_| {
        let message = format!("{total} is more partitions than Kafka can count");
        Refusal::of_fields(vec![FieldError::new("total", message)])
    })?;
    let new = NewPartitions { topic: topic.as_str().to_owned(), total, assignments: Vec::new() };
    let client = cluster.confirmed().await?;
    client
        .create_partitions(std::slice::from_ref(&new), validate_only)
        .await
        .and_then(|answers| only(answers, topic.as_str(), "CreatePartitions"))
        .map_err(|error| refuse(&cluster.spec().name, &doing, &error))
}

/// All topics the principal may see, by name.
///
/// # Errors
/// `Unavailable` while the cluster is down.
pub async fn list(cluster: &Cluster) -> Result<Vec<TopicDescription>, Refusal> {
    let doing = Doing::on_cluster("list its topics", "DESCRIBE");
    let mut topics = cluster
        .client()?
        .list_topics()
        .await
        .map_err(|error| refuse(&cluster.spec().name, &doing, &error))?;
    topics.sort_by(|a, b| a.name.cmp(&b.name));
    Ok(topics)
}

/// One topic.
///
/// # Errors
/// `NotFound`, `Denied`, `Unavailable`.
pub async fn describe(cluster: &Cluster, topic: &str) -> Result<TopicDescription, Refusal> {
    let doing = Doing::on_topic(format!("describe topic '{topic}'"), "DESCRIBE", topic);
    cluster
        .client()?
        .describe_topics(&[topic])
        .await
        .and_then(|answers| only(answers, topic, "Metadata"))
        .map_err(|error| refuse(&cluster.spec().name, &doing, &error))
}

/// The topic as it is now, checked to be still the one that was looked at.
///
/// # Errors
/// `Conflict` when it has another id now; `NotFound`, `Denied`, `Unavailable`.
pub(super) async fn require_same(
    cluster: &Cluster,
    topic: &TopicName,
    expected: Option<&str>,
) -> Result<TopicDescription, Refusal> {
    let now = describe(cluster, topic.as_str()).await?;
    if expected.is_none_or(|expected| topic_id_words(now.id).as_deref() == Some(expected)) {
        return Ok(now);
    }
    Err(made_again(topic))
}

fn made_again(topic: &TopicName) -> Refusal {
    let message = format!(
        "the topic '{topic}' you looked at is gone, and another may have its name now; nothing was changed"
    );
    Refusal::new(ErrorCode::Conflict, message)
        .remedy("Look at the topic as it is now, then decide again.")
}

/// Tells those who look, and the feed of things that happened.
pub(super) fn changed(cluster: &Cluster, notices: &Notices, topic: &TopicName, message: String) {
    cluster.topics_changed();
    notices.push(Severity::Info, &cluster.spec().name, Some(topic), message);
}

#[cfg(test)]
mod tests;
