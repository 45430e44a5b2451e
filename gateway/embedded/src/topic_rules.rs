//! What a topic's configuration means for its logs.

use std::collections::BTreeMap;

use crate::codec::Codec;
use crate::configs::{self, TOPIC_KEYS};

/// The settings that decide on appends, retention and cleaning, parsed once per change.
#[derive(Clone, Debug)]
pub(crate) struct TopicRules {
    pub(crate) compact: bool,
    pub(crate) delete: bool,
    /// `None` keeps the producer's codec.
    pub(crate) codec: Option<Codec>,
    pub(crate) max_message_bytes: u64,
    pub(crate) segment_bytes: u64,
    pub(crate) log_append_time: bool,
    pub(crate) timestamp_before_max_ms: i64,
    pub(crate) timestamp_after_max_ms: i64,
    /// `None` is no limit.
    pub(crate) retention_ms: Option<i64>,
    /// `None` is no limit.
    pub(crate) retention_bytes: Option<u64>,
    pub(crate) delete_retention_ms: i64,
    pub(crate) min_compaction_lag_ms: i64,
    pub(crate) min_insync_replicas: usize,
}

impl TopicRules {
    /// Rules from what is set on the topic, then what is set on the brokers, then the defaults.
    pub(crate) fn new(topic: &BTreeMap<String, String>, broker: &BTreeMap<String, String>) -> Self {
        let value = |name: &str| effective(name, topic, broker);
        let long = |name: &str| value(name).trim().parse::<i64>().unwrap_or(0);
        let bytes = |name: &str| u64::try_from(long(name)).unwrap_or(0);
        let policy = value("cleanup.policy");
        Self {
            compact: configs::items(&policy).any(|p| p == "compact"),
            delete: configs::items(&policy).any(|p| p == "delete"),
            codec: Codec::from_config(&value("compression.type")),
            max_message_bytes: bytes("max.message.bytes"),
            segment_bytes: bytes("segment.bytes"),
            log_append_time: value("message.timestamp.type") == "LogAppendTime",
            timestamp_before_max_ms: long("message.timestamp.before.max.ms"),
            timestamp_after_max_ms: long("message.timestamp.after.max.ms"),
            retention_ms: Some(long("retention.ms")).filter(|ms| *ms >= 0),
            retention_bytes: u64::try_from(long("retention.bytes")).ok(),
            delete_retention_ms: long("delete.retention.ms"),
            min_compaction_lag_ms: long("min.compaction.lag.ms"),
            min_insync_replicas: usize::try_from(long("min.insync.replicas")).unwrap_or(1),
        }
    }
}

fn effective(
    name: &str,
    topic: &BTreeMap<String, String>,
    broker: &BTreeMap<String, String>,
) -> String {
    let key = TOPIC_KEYS.iter().find(|k| k.name == name);
    topic
        .get(name)
        .or_else(|| key.and_then(|k| broker.get(k.synonym)))
        .map(String::as_str)
        .or(key.map(|k| k.default))
        .unwrap_or_default()
        .to_owned()
}

#[cfg(test)]
impl Default for TopicRules {
    fn default() -> Self {
        Self::new(&BTreeMap::new(), &BTreeMap::new())
    }
}
