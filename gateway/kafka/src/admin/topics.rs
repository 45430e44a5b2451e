//! Topics: list, describe, create, delete, add partitions.

use uuid::Uuid;

use super::{PerTopic, acls::AclOperation, configs::ConfigEntry, unfinished};
use crate::{
    client::Client,
    error::{Error, Result},
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
        unfinished()
    }

    /// Topics by name, with the principal's rights on them.
    ///
    /// # Errors
    /// When no broker answers; per topic, the broker's error.
    pub async fn describe_topics(&self, _names: &[&str]) -> Result<PerTopic<TopicDescription>> {
        unfinished()
    }

    /// Creates topics, or only checks whether they could be created.
    ///
    /// Not repeated once the request may have reached the cluster: see [`Error::outcome_unknown`].
    ///
    /// # Errors
    /// When the controller cannot be reached; per topic, the broker's error.
    pub async fn create_topics(
        &self,
        _topics: &[NewTopic],
        _validate_only: bool,
    ) -> Result<PerTopic<CreatedTopic>> {
        unfinished()
    }

    /// Deletes topics with all their records.
    ///
    /// # Errors
    /// When the controller cannot be reached; per topic, the broker's error.
    pub async fn delete_topics(&self, _names: &[&str]) -> Result<PerTopic<()>> {
        unfinished()
    }

    /// Adds partitions, or only checks whether they could be added.
    ///
    /// # Errors
    /// When the controller cannot be reached; per topic, the broker's error.
    pub async fn create_partitions(
        &self,
        _topics: &[NewPartitions],
        _validate_only: bool,
    ) -> Result<PerTopic<()>> {
        unfinished()
    }
}
