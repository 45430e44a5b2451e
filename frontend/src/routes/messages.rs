//! A search for records as part of a URL: the whole of it, so that a link shows the same after a restart.

use drawbridge_shared::names::{ClusterName, TopicName};

use super::encoding::{Query, encode_pairs};

/// What is looked for, as typed.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct MessagesQuery {
    /// Where it starts: empty for newest first, `oldest`, `offset`, `time`, `group`: `?from=`.
    pub from: String,
    /// The offset, the time in milliseconds or the group's name: `?at=`.
    pub at: String,
    /// Partitions, separated by commas; empty for all: `?partitions=`.
    pub partitions: String,
    /// A text or an expression: `?filter=`.
    pub filter: String,
    /// Whether `filter` is an expression in CEL: `?cel=true`.
    pub cel: bool,
    /// How values are shown; empty for automatic: `?decode=`.
    pub decode: String,
    /// How keys are shown; empty for automatic: `?keys=`.
    pub keys: String,
    /// The columns of the list, separated by commas; empty for the usual ones: `?columns=`.
    pub columns: String,
    /// JSONPaths into values that are columns, too, one a line: `?paths=`.
    pub paths: String,
    /// Whether it goes on with what is written: `?live=true`.
    pub live: bool,
    /// Whether times are UTC: `?utc=true`.
    pub utc: bool,
    /// The record that is open, partition and offset: `?record=0:17`.
    pub record: String,
}

/// A record of a topic.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct RecordPlace {
    /// On which cluster.
    pub cluster: ClusterName,
    /// In which topic.
    pub topic: TopicName,
    /// In which partition.
    pub partition: i32,
    /// At which offset.
    pub offset: i64,
}

impl RecordPlace {
    /// As it stands in a URL; names have no slash.
    pub(super) fn word(&self) -> String {
        format!("{}/{}/{}/{}", self.cluster, self.topic, self.partition, self.offset)
    }

    pub(super) fn read(word: &str) -> Option<Self> {
        let mut parts = word.split('/');
        let place = Self {
            cluster: parts.next()?.parse().ok()?,
            topic: parts.next()?.parse().ok()?,
            partition: parts.next()?.parse().ok()?,
            offset: parts.next()?.parse().ok()?,
        };
        parts.next().is_none().then_some(place)
    }
}

impl MessagesQuery {
    /// Where the gateway offers all that the search finds as a file: `jsonl` or `csv`.
    #[must_use]
    pub fn export(&self, cluster: &ClusterName, topic: &TopicName, format: &str) -> String {
        let cel = if self.cel { "true" } else { "" };
        let pairs = [
            ("from", &*self.from),
            ("at", &self.at),
            ("partitions", &self.partitions),
            ("filter", &self.filter),
            ("cel", cel),
            ("format", format),
        ];
        format!("/export/{cluster}/{topic}{}", encode_pairs(&pairs))
    }
}

/// Where the gateway offers one record whole as a file, however large it is.
#[must_use]
pub fn whole_record(
    cluster: &ClusterName,
    topic: &TopicName,
    partition: i32,
    offset: i64,
) -> String {
    let (partition, offset) = (partition.to_string(), offset.to_string());
    let pairs = [
        ("from", "offset"),
        ("at", offset.as_str()),
        ("partitions", partition.as_str()),
        ("limit", "1"),
        ("format", "jsonl"),
    ];
    format!("/export/{cluster}/{topic}{}", encode_pairs(&pairs))
}

/// Where the gateway takes a file of records.
#[must_use]
pub fn import(
    cluster: &ClusterName,
    topic: &TopicName,
    validate_only: bool,
    keep_partitions: bool,
) -> String {
    let flag = |is_set: bool| if is_set { "true" } else { "" };
    let pairs =
        [("validate_only", flag(validate_only)), ("keep_partitions", flag(keep_partitions))];
    format!("/import/{cluster}/{topic}{}", encode_pairs(&pairs))
}

pub(super) fn pairs(query: &MessagesQuery) -> String {
    let flag = |is_set: bool| if is_set { "true" } else { "" };
    encode_pairs(&[
        ("from", &query.from),
        ("at", &query.at),
        ("partitions", &query.partitions),
        ("filter", &query.filter),
        ("cel", flag(query.cel)),
        ("decode", &query.decode),
        ("keys", &query.keys),
        ("columns", &query.columns),
        ("paths", &query.paths),
        ("live", flag(query.live)),
        ("utc", flag(query.utc)),
        ("record", &query.record),
    ])
}

pub(super) fn parse(query: &Query) -> MessagesQuery {
    let text = |key| query.get(key).to_owned();
    MessagesQuery {
        from: text("from"),
        at: text("at"),
        partitions: text("partitions"),
        filter: text("filter"),
        cel: query.get("cel") == "true",
        decode: text("decode"),
        keys: text("keys"),
        columns: text("columns"),
        paths: text("paths"),
        live: query.get("live") == "true",
        utc: query.get("utc") == "true",
        record: text("record"),
    }
}
