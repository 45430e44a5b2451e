//! The topic that holds the state.

use drawbridge_kafka::{
    Client, Error, ErrorCode,
    admin::{
        configs::ConfigResource,
        topics::{NewTopic, TopicDescription},
    },
};

use super::StoreError;

/// Name of the topic.
pub const TOPIC: &str = "_drawbridge.state";

/// Most replicas it is given.
const REPLICAS: usize = 3;

/// The topic, if there is one.
pub(super) async fn find(client: &Client) -> Result<Option<TopicDescription>, StoreError> {
    let described = client.describe_topics(&[TOPIC]).await.map_err(kafka)?.remove(TOPIC);
    match described {
        Some(Ok(topic)) => Ok(Some(topic)),
        None => Ok(None),
        Some(Err(error)) if error.code() == Some(ErrorCode::UNKNOWN_TOPIC_OR_PARTITION) => Ok(None),
        // Just created: it is there, and whoever uses it waits for the leader.
        Some(Err(error)) => Err(kafka(error)),
    }
}

/// Creates the topic if it is missing; one that exists must be safe to use.
pub(super) async fn ensure(client: &Client) -> Result<(), StoreError> {
    match find(client).await? {
        Some(topic) => check(client, &topic).await,
        None => create(client).await,
    }
}

async fn create(client: &Client) -> Result<(), StoreError> {
    let brokers = client.describe_cluster().await.map_err(kafka)?.brokers;
    let alive = brokers.iter().filter(|broker| !broker.fenced).count();
    let replicas = alive.clamp(1, REPLICAS);
    // An acknowledged record must survive the loss of a broker where that does not stop the others.
    let in_sync = if replicas == REPLICAS { "2" } else { "1" };
    let topic = NewTopic {
        name: TOPIC.to_owned(),
        partitions: Some(1),
        replication_factor: i16::try_from(replicas).ok(),
        assignments: Vec::new(),
        configs: vec![
            ("cleanup.policy".to_owned(), "compact".to_owned()),
            ("min.insync.replicas".to_owned(), in_sync.to_owned()),
        ],
    };
    let created = client.create_topics(&[topic], false).await;
    let outcome = match created {
        Ok(mut outcomes) => outcomes.remove(TOPIC).map_or(Ok(()), |outcome| outcome.map(|_| ())),
        Err(error) => Err(error),
    };
    match outcome {
        Ok(()) => Ok(()),
        // Another gateway was quicker, or the answer to ours was lost.
        Err(error)
            if error.code() == Some(ErrorCode::TOPIC_ALREADY_EXISTS) || error.outcome_unknown() =>
        {
            match find(client).await? {
                Some(topic) => check(client, &topic).await,
                None => Err(kafka(error)),
            }
        }
        Err(error) => Err(kafka(error)),
    }
}

/// A topic that forgets would lose links without a word.
async fn check(client: &Client, topic: &TopicDescription) -> Result<(), StoreError> {
    let fault = |problem: String, remedy: &str| {
        Err(StoreError::Topic { problem, remedy: remedy.to_owned() })
    };
    if topic.partitions.len() != 1 {
        return fault(
            format!("it has {} partitions, and one is needed", topic.partitions.len()),
            "If it is not in use, delete it; the gateway creates it.",
        );
    }
    let resource = ConfigResource::Topic(TOPIC.to_owned());
    let entries = match client.describe_configs(std::slice::from_ref(&resource)).await {
        Ok(mut found) => found.remove(&resource).unwrap_or_else(|| Ok(Vec::new())),
        Err(error) => Err(error),
    };
    let entries = match entries {
        Ok(entries) => entries,
        Err(error) => {
            tracing::warn!(%error, "the configs of {TOPIC} cannot be checked");
            return Ok(());
        }
    };
    let policy = entries.iter().find(|entry| entry.name == "cleanup.policy");
    match policy.and_then(|entry| entry.value.as_deref()) {
        Some(policy) if policy.trim() != "compact" => fault(
            format!("its cleanup.policy is '{policy}', so that it forgets what is old"),
            &format!(
                "Set it to compact: kafka-configs --alter --topic {TOPIC} --add-config cleanup.policy=compact"
            ),
        ),
        _ => Ok(()),
    }
}

fn kafka(error: Error) -> StoreError {
    StoreError::of(error, None)
}
