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
pub mod quorum;
pub mod records;
pub mod topics;
pub mod transactions;
pub mod users;

use std::{collections::BTreeMap, time::Duration};

use kafka_protocol::{messages::TopicName, protocol::StrBytes};

use crate::error::{Asked, Error, Result};

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

/// The broker's words, if it sent any.
fn words(message: Option<&StrBytes>) -> Option<String> {
    message.map(ToString::to_string).filter(|text| !text.is_empty())
}

/// Success, or the broker's error about `asked`.
fn outcome(code: i16, message: Option<&StrBytes>, asked: impl FnOnce() -> Asked) -> Result<()> {
    if code == 0 { Ok(()) } else { Err(Error::broker(code, words(message), asked())) }
}

/// A string for the codec.
fn wire(text: &str) -> StrBytes {
    StrBytes::from_string(text.to_owned())
}

/// A topic name for the codec.
fn topic_name(text: &str) -> TopicName {
    TopicName(wire(text))
}

/// A timeout for the codec.
fn millis(duration: Duration) -> i32 {
    i32::try_from(duration.as_millis()).unwrap_or(i32::MAX)
}

/// Items by topic, topics in order.
fn by_topic<T>(items: impl IntoIterator<Item = (String, T)>) -> BTreeMap<String, Vec<T>> {
    let mut topics: BTreeMap<String, Vec<T>> = BTreeMap::new();
    for (topic, item) in items {
        topics.entry(topic).or_default().push(item);
    }
    topics
}
