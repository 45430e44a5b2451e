//! Topics: list, describe, create, delete, add partitions.

use kafka_protocol::messages::{
    BrokerId, CreatePartitionsRequest, CreateTopicsRequest, DeleteTopicsRequest,
    create_partitions_request::{CreatePartitionsAssignment, CreatePartitionsTopic},
    create_topics_request::{CreatableReplicaAssignment, CreatableTopic, CreatableTopicConfig},
    create_topics_response::CreatableTopicResult,
    delete_topics_request::DeleteTopicState,
};
use uuid::Uuid;

use super::{
    PerTopic,
    acls::AclOperation,
    configs::{ConfigEntry, ConfigKind, ConfigSource},
    millis, outcome, topic_name, wire,
};
use crate::{
    client::{Call, Client, Route, Topics, description},
    error::{Asked, Error, ErrorCode, Result},
};

/// A topic with its partitions.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct TopicDescription {
    /// Name.
    pub name: String,
    /// Id, all zero on clusters without topic ids.
    pub id: Uuid,
    /// Kafka's own topic (`__consumer_offsets`, …).
    pub internal: bool,
    /// Partitions by number.
    pub partitions: Vec<PartitionDescription>,
    /// What the principal may do with the topic; `None` if not asked for.
    pub operations: Option<Vec<AclOperation>>,
}

/// A partition.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct PartitionDescription {
    /// Number.
    pub partition: i32,
    /// Node id of the leader; `None` while there is none.
    pub leader: Option<i32>,
    /// Leader epoch, -1 if unknown.
    pub leader_epoch: i32,
    /// Replicas, preferred leader first.
    pub replicas: Vec<i32>,
    /// In-sync replicas.
    pub isr: Vec<i32>,
    /// Replicas on brokers or disks that are down.
    pub offline: Vec<i32>,
    /// The broker's error for this partition.
    pub error: Option<Error>,
}

/// A topic to create.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct NewTopic {
    /// Name.
    pub name: String,
    /// Number of partitions; the cluster's default if `None`.
    pub partitions: Option<i32>,
    /// Replicas per partition; the cluster's default if `None`.
    pub replication_factor: Option<i16>,
    /// Replicas by hand, one list per partition; excludes the two counts.
    pub assignments: Vec<Vec<i32>>,
    /// Topic configs.
    pub configs: Vec<(String, String)>,
}

/// A topic that was created (or would be).
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct CreatedTopic {
    /// Id, all zero when only validated.
    pub id: Uuid,
    /// Number of partitions, `None` if the principal may not see it.
    pub partitions: Option<i32>,
    /// Replicas per partition, `None` if the principal may not see it.
    pub replication_factor: Option<i16>,
    /// Configs as they took effect, without documentation and synonyms.
    pub configs: Vec<ConfigEntry>,
}

/// More partitions for a topic.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct NewPartitions {
    /// Topic.
    pub topic: String,
    /// The count afterwards.
    pub total: i32,
    /// Replicas of the new partitions by hand; empty leaves them to the cluster.
    pub assignments: Vec<Vec<i32>>,
}

impl Client {
    /// All topics the principal may describe.
    ///
    /// # Errors
    /// When no broker answers.
    pub async fn list_topics(&self) -> Result<Vec<TopicDescription>> {
        let response = self.fetch_metadata(&Topics::All, false).await?;
        let mut topics: Vec<TopicDescription> = response.topics.iter().map(description).collect();
        topics.sort_by(|a, b| a.name.cmp(&b.name));
        Ok(topics)
    }

    /// Topics by name, with the principal's rights on them.
    ///
    /// # Errors
    /// When no broker answers; per topic, the broker's error.
    pub async fn describe_topics(&self, names: &[&str]) -> Result<PerTopic<TopicDescription>> {
        let response = self.fetch_metadata(&Topics::Named(names), true).await?;
        let topics = response.topics.iter().map(|topic| {
            let described = description(topic);
            let asked = || Asked::new("Metadata").about(format!("topic {}", described.name));
            let outcome = outcome(topic.error_code, None, asked);
            (described.name.clone(), outcome.map(|()| described))
        });
        Ok(topics.collect())
    }

    /// Creates topics, or only checks whether they could be created.
    ///
    /// Not repeated once the request may have reached the cluster: see [`Error::outcome_unknown`].
    ///
    /// # Errors
    /// When the controller cannot be reached; per topic, the broker's error.
    pub async fn create_topics(
        &self,
        topics: &[NewTopic],
        validate_only: bool,
    ) -> Result<PerTopic<CreatedTopic>> {
        let asked = Asked::new("CreateTopics").about(names(topics.iter().map(|t| &t.name)));
        let response = self
            .call::<CreateTopicsRequest>(
                &Call::change(Route::Controller, asked),
                |_| {
                    CreateTopicsRequest::default()
                        .with_topics(topics.iter().map(creatable).collect())
                        .with_timeout_ms(millis(self.settings().timeouts.request))
                        .with_validate_only(validate_only)
                },
                |response| not_controller(response.topics.iter().map(|topic| topic.error_code)),
            )
            .await?;
        let results = response.topics.iter().map(|topic| {
            let name = topic.name.0.to_string();
            self.forget_topic(&name);
            let asked = || Asked::new("CreateTopics").about(format!("topic {name}"));
            let result = outcome(topic.error_code, topic.error_message.as_ref(), asked);
            (name, result.map(|()| created(topic)))
        });
        Ok(results.collect())
    }

    /// Deletes topics with all their records.
    ///
    /// # Errors
    /// When the controller cannot be reached; per topic, the broker's error.
    pub async fn delete_topics(&self, topics: &[&str]) -> Result<PerTopic<()>> {
        let asked = Asked::new("DeleteTopics").about(names(topics));
        let response = self
            .call::<DeleteTopicsRequest>(
                &Call::change(Route::Controller, asked),
                |version| {
                    let request = DeleteTopicsRequest::default()
                        .with_timeout_ms(millis(self.settings().timeouts.request));
                    let names = topics.iter().map(|name| topic_name(name));
                    if version >= 6 {
                        let state = |name| DeleteTopicState::default().with_name(Some(name));
                        request.with_topics(names.map(state).collect())
                    } else {
                        request.with_topic_names(names.collect())
                    }
                },
                |response| not_controller(response.responses.iter().map(|topic| topic.error_code)),
            )
            .await?;
        let results = response.responses.iter().map(|topic| {
            let name = topic.name.as_ref().map(|name| name.0.to_string()).unwrap_or_default();
            self.forget_topic(&name);
            let asked = || Asked::new("DeleteTopics").about(format!("topic {name}"));
            let result = outcome(topic.error_code, topic.error_message.as_ref(), asked);
            (name, result)
        });
        Ok(results.collect())
    }

    /// Deletes the topic that has this id, whatever has taken its name meanwhile (KIP-516).
    ///
    /// # Errors
    /// When the controller cannot be reached or is older than Kafka 2.8; `UNKNOWN_TOPIC_ID` when no topic has
    /// the id any more; the broker's error.
    pub async fn delete_topic_by_id(&self, topic: &str, id: Uuid) -> Result<()> {
        let asked = Asked::new("DeleteTopics").about(format!("topic {topic} with id {id}"));
        // All zero would stand for "no id", and the request would name nothing.
        if id.is_nil() {
            let reason = "the topic has no id".to_owned();
            return Err(Error::InvalidRequest { asked, reason });
        }
        let response = self
            .call::<DeleteTopicsRequest>(
                &Call::change(Route::Controller, asked.clone()).within(6, i16::MAX),
                |_| {
                    let state = DeleteTopicState::default().with_name(None).with_topic_id(id);
                    DeleteTopicsRequest::default()
                        .with_timeout_ms(millis(self.settings().timeouts.request))
                        .with_topics(vec![state])
                },
                |response| not_controller(response.responses.iter().map(|topic| topic.error_code)),
            )
            .await?;
        self.forget_topic(topic);
        match response.responses.as_slice() {
            [only] => outcome(only.error_code, only.error_message.as_ref(), || asked),
            other => Err(Error::Protocol {
                asked,
                what: format!("the answer is about {} topics instead of one", other.len()),
                remedy: "Look whether the topic is gone; if it stays, look into the brokers' logs."
                    .to_owned(),
            }),
        }
    }

    /// Adds partitions, or only checks whether they could be added.
    ///
    /// # Errors
    /// When the controller cannot be reached; per topic, the broker's error.
    pub async fn create_partitions(
        &self,
        topics: &[NewPartitions],
        validate_only: bool,
    ) -> Result<PerTopic<()>> {
        let asked = Asked::new("CreatePartitions").about(names(topics.iter().map(|t| &t.topic)));
        let response = self
            .call::<CreatePartitionsRequest>(
                &Call::change(Route::Controller, asked),
                |_| {
                    CreatePartitionsRequest::default()
                        .with_topics(topics.iter().map(more_partitions).collect())
                        .with_timeout_ms(millis(self.settings().timeouts.request))
                        .with_validate_only(validate_only)
                },
                |response| not_controller(response.results.iter().map(|topic| topic.error_code)),
            )
            .await?;
        let results = response.results.iter().map(|topic| {
            let name = topic.name.0.to_string();
            self.forget_topic(&name);
            let asked = || Asked::new("CreatePartitions").about(format!("topic {name}"));
            let result = outcome(topic.error_code, topic.error_message.as_ref(), asked);
            (name, result)
        });
        Ok(results.collect())
    }
}

/// One topic by name, several by number.
fn names(names: impl IntoIterator<Item = impl std::fmt::Display>) -> String {
    let names: Vec<String> = names.into_iter().map(|name| name.to_string()).collect();
    match names.as_slice() {
        [one] => format!("topic {one}"),
        many => format!("{} topics", many.len()),
    }
}

/// The whole answer counts as a failure to be repeated if the broker was not the controller.
fn not_controller(mut codes: impl Iterator<Item = i16>) -> Option<(i16, Option<String>)> {
    codes.find(|code| *code == ErrorCode::NOT_CONTROLLER.0).map(|code| (code, None))
}

fn brokers(ids: &[i32]) -> Vec<BrokerId> {
    ids.iter().copied().map(BrokerId).collect()
}

fn creatable(topic: &NewTopic) -> CreatableTopic {
    let configs = topic.configs.iter().map(|(name, value)| {
        CreatableTopicConfig::default().with_name(wire(name)).with_value(Some(wire(value)))
    });
    let assignments = (0..).zip(&topic.assignments).map(|(partition, replicas)| {
        CreatableReplicaAssignment::default()
            .with_partition_index(partition)
            .with_broker_ids(brokers(replicas))
    });
    CreatableTopic::default()
        .with_name(topic_name(&topic.name))
        .with_num_partitions(topic.partitions.unwrap_or(-1))
        .with_replication_factor(topic.replication_factor.unwrap_or(-1))
        .with_assignments(assignments.collect())
        .with_configs(configs.collect())
}

fn more_partitions(topic: &NewPartitions) -> CreatePartitionsTopic {
    let assignments = topic
        .assignments
        .iter()
        .map(|replicas| CreatePartitionsAssignment::default().with_broker_ids(brokers(replicas)));
    let assignments: Vec<_> = assignments.collect();
    CreatePartitionsTopic::default()
        .with_name(topic_name(&topic.topic))
        .with_count(topic.total)
        .with_assignments((!assignments.is_empty()).then_some(assignments))
}

fn created(topic: &CreatableTopicResult) -> CreatedTopic {
    let configs = topic.configs.iter().flatten().map(|config| ConfigEntry {
        name: config.name.to_string(),
        value: config.value.as_ref().map(ToString::to_string),
        source: ConfigSource::from_code(config.config_source),
        read_only: config.read_only,
        sensitive: config.is_sensitive,
        kind: ConfigKind::Unknown,
        documentation: None,
        synonyms: Vec::new(),
    });
    CreatedTopic {
        id: topic.topic_id,
        partitions: Some(topic.num_partitions).filter(|count| *count > 0),
        replication_factor: Some(topic.replication_factor).filter(|count| *count > 0),
        configs: configs.collect(),
    }
}
