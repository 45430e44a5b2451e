//! Topics, partitions and configurations as the console shows them.

use serde::{Deserialize, Serialize};

use crate::names::TopicName;

/// All topics of a cluster.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct TopicsView {
    /// When names, partitions and replicas were read.
    pub observed_at_ms: i64,
    /// When sizes and message estimates were read; none while the first reading is under way.
    pub measured_at_ms: Option<i64>,
    /// Why sizes or estimates are missing, e.g. a missing permission.
    pub measure_fault: Option<String>,
    /// Topics by name.
    pub rows: Vec<TopicRow>,
}

/// One topic in a list.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct TopicRow {
    /// Topic name. Kept as Kafka gave it.
    pub name: String,
    /// Whether Kafka marks it internal.
    pub is_internal: bool,
    /// Number of partitions.
    pub n_partitions: u32,
    /// Replicas of its first partition.
    pub replication_factor: u32,
    /// Partitions whose in-sync replicas are fewer than their replicas.
    pub under_replicated: u32,
    /// Partitions without a leader.
    pub offline: u32,
    /// Bytes on disk of the leader replicas (DescribeLogDirs).
    pub size_bytes: Option<u64>,
    /// Sum over partitions of log end minus log start: an upper bound of the records in the topic,
    /// exact unless the topic is compacted or transactional.
    pub n_offsets: Option<u64>,
}

/// One topic, whole.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct TopicDetail {
    /// When this was read.
    pub observed_at_ms: i64,
    /// The list's facts.
    pub topic: TopicRow,
    /// Kafka's topic id (base64url, KIP-516); changes when the topic is deleted and made again.
    pub topic_id: Option<String>,
    /// Partitions by number.
    pub partitions: Vec<PartitionView>,
    /// Why offsets or sizes are missing, e.g. a missing permission.
    pub measure_fault: Option<String>,
}

/// One partition.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct PartitionView {
    /// Partition number.
    pub partition: i32,
    /// Node id of the leader; none when offline.
    pub leader: Option<i32>,
    /// Node ids of the replicas, preferred leader first.
    pub replicas: Vec<i32>,
    /// Node ids of the replicas in sync.
    pub isr: Vec<i32>,
    /// First offset that can be read.
    pub log_start: Option<i64>,
    /// Offset after the last record that every in-sync replica has (high watermark).
    pub high_watermark: Option<i64>,
    /// Bytes of the leader's replica.
    pub size_bytes: Option<u64>,
}

/// Where a configuration's value comes from (Kafka's `ConfigSource`).
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "SCREAMING_SNAKE_CASE")]
pub enum ConfigSource {
    /// Set on the topic.
    DynamicTopicConfig,
    /// Set on a broker's logger.
    DynamicBrokerLoggerConfig,
    /// Set on one broker while running.
    DynamicBrokerConfig,
    /// Set on all brokers while running.
    DynamicDefaultBrokerConfig,
    /// In the broker's configuration file.
    StaticBrokerConfig,
    /// Kafka's built-in default.
    DefaultConfig,
    /// The broker did not say, or said something newer than this program.
    Unknown,
}

/// One configuration with what is known about it.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct ConfigEntryView {
    /// Configuration name.
    pub name: String,
    /// Value in force; none when sensitive.
    pub value: Option<String>,
    /// What it would be without the own setting of the topic, broker or cluster, when the broker tells.
    pub default: Option<String>,
    /// Where the value comes from.
    pub source: ConfigSource,
    /// Whether it cannot be changed.
    pub is_read_only: bool,
    /// Whether its value is secret.
    pub is_sensitive: bool,
    /// Kafka's type name in words, e.g. `long`, `list`, `boolean`.
    pub kind: Option<String>,
    /// Kafka's own documentation of it.
    pub documentation: Option<String>,
    /// How a broker's can be changed.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub update: Option<ConfigUpdate>,
    /// What else is to know of it: which brokers have another value.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub note: Option<String>,
}

/// How a broker's configuration can be changed (Kafka's "update mode").
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum ConfigUpdate {
    /// In the broker's file only, with a restart.
    ReadOnly,
    /// While running, for one broker at a time.
    PerBroker,
    /// While running, for one broker or for all.
    ClusterWide,
}

/// What came of deleting records in one partition.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct PurgeRow {
    /// Partition number.
    pub partition: i32,
    /// First offset that can be read now; none when it failed.
    pub log_start: Option<i64>,
    /// Why it failed.
    pub error: Option<String>,
}

impl TopicRow {
    /// The name as a checked one; none for a name Kafka would refuse today.
    #[must_use]
    pub fn topic_name(&self) -> Option<TopicName> {
        self.name.parse().ok()
    }
}
