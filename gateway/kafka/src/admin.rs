//! Administration: one file per area of the cluster.

pub mod acls;
pub mod cluster;
pub mod configs;
pub mod elections;
pub mod group_offsets;
pub mod groups;
pub mod log_dirs;
pub mod offsets;
pub mod producers;
pub mod records;
pub mod topics;
pub mod transactions;
pub mod users;

use std::collections::BTreeMap;

use crate::error::Result;

/// A partition of a topic.
#[derive(Debug, Clone, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub struct TopicPartition {
    /// Topic name.
    pub topic: String,
    /// Partition number.
    pub partition: i32,
}

impl TopicPartition {
    /// Both parts.
    pub fn new(topic: impl Into<String>, partition: i32) -> Self {
        Self { topic: topic.into(), partition }
    }
}

impl std::fmt::Display for TopicPartition {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(f, "{}-{}", self.topic, self.partition)
    }
}

/// An answer, or the reason for none, for each item asked about.
pub type PerItem<K, T> = BTreeMap<K, Result<T>>;
/// One answer per topic name.
pub type PerTopic<T> = PerItem<String, T>;
/// One answer per partition.
pub type PerPartition<T> = PerItem<TopicPartition, T>;

pub(crate) fn unfinished<T>() -> Result<T> {
    Err(crate::error::Error::Closed)
}
