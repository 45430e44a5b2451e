//! What can be asked once, and the answers.

use serde::{Deserialize, Serialize};

use crate::draft::{ClusterDraft, ConfigChange, TopicDraft};
use crate::names::{ClusterName, TopicName};
use crate::view::{ConfigEntryView, ProbeReport, PurgeRow};

/// Something asked of the gateway. Every change can be sent with `validate_only` where Kafka can check
/// without doing.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Request {
    /// Try a connection without keeping it.
    TestConnection {
        /// The cluster as typed.
        draft: ClusterDraft,
    },
    /// Try the connection of a cluster the gateway has.
    TestCluster {
        /// Which.
        cluster: ClusterName,
    },
    /// Add a cluster; it is shown as down if it does not answer.
    AddCluster {
        /// The cluster as typed.
        draft: ClusterDraft,
    },
    /// Forget a cluster that was added from the console.
    RemoveCluster {
        /// Which.
        cluster: ClusterName,
    },
    /// Create a topic.
    CreateTopic {
        /// On which cluster.
        cluster: ClusterName,
        /// The topic as typed.
        draft: TopicDraft,
        /// Only let the broker check it.
        validate_only: bool,
    },
    /// Delete a topic with all its records.
    DeleteTopic {
        /// On which cluster.
        cluster: ClusterName,
        /// Which topic.
        topic: TopicName,
        /// The topic id that was looked at; a topic made again under the name is refused as a conflict.
        topic_id: Option<String>,
    },
    /// Raise the number of partitions.
    AddPartitions {
        /// On which cluster.
        cluster: ClusterName,
        /// Which topic.
        topic: TopicName,
        /// The number wanted in all.
        total: u32,
        /// Only let the broker check it.
        validate_only: bool,
    },
    /// Delete the records below an offset in each partition named (DeleteRecords, KIP-107).
    PurgeTopic {
        /// On which cluster.
        cluster: ClusterName,
        /// Which topic.
        topic: TopicName,
        /// The topic id that was looked at.
        topic_id: Option<String>,
        /// Partition and first offset to keep; -1 keeps nothing that is there now.
        before: Vec<(i32, i64)>,
    },
    /// Read a topic's configurations.
    TopicConfigs {
        /// On which cluster.
        cluster: ClusterName,
        /// Which topic.
        topic: TopicName,
    },
    /// Read the configurations a topic created now would get, for the create form.
    TopicDefaults {
        /// On which cluster.
        cluster: ClusterName,
    },
    /// Change a topic's configurations, all or none.
    AlterTopicConfigs {
        /// On which cluster.
        cluster: ClusterName,
        /// Which topic.
        topic: TopicName,
        /// The changes.
        changes: Vec<ConfigChange>,
        /// Only let the broker check them.
        validate_only: bool,
    },
    /// Read a broker's configurations.
    BrokerConfigs {
        /// On which cluster.
        cluster: ClusterName,
        /// Node id.
        broker: i32,
    },
}

/// What came of a request; the variant follows from the request.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Response {
    /// It was done, or, with `validate_only`, the broker would do it.
    Done,
    /// Of `TestConnection` and `TestCluster`.
    Probe(ProbeReport),
    /// Of `TopicConfigs`, `TopicDefaults` and `BrokerConfigs`.
    Configs(Vec<ConfigEntryView>),
    /// Of `PurgeTopic`, by partition.
    Purged(Vec<PurgeRow>),
}
