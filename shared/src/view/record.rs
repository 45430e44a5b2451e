//! Records that people read: what is looked for, what was found, how far the search is.

use serde::{Deserialize, Serialize};

use crate::names::{ClusterName, TopicName};

/// Records one query may show before it waits to be continued.
pub const MAX_LIMIT: u32 = 10_000;

/// Records that are held so that those of several partitions come in the order of time: a query that goes forward
/// without filter is ordered so if its limit, times its partitions, is at most this.
pub const MAX_HELD: u32 = 20_000;

/// Records whose places are known that are read at once, at most.
pub const MAX_PLACES: usize = 200;

/// Paths into values of one query at most.
pub const MAX_PATHS: usize = 8;

/// A search for records. The whole of it fits into a URL; the gateway keeps nothing of it.
#[derive(Debug, Clone, PartialEq, Eq, Hash, Serialize, Deserialize)]
pub struct RecordQuery {
    /// On which cluster.
    pub cluster: ClusterName,
    /// In which topic.
    pub topic: TopicName,
    /// In which partitions; none named means all.
    #[serde(default)]
    pub partitions: Vec<i32>,
    /// Where it starts.
    pub seek: Seek,
    /// Which records are wanted.
    #[serde(default)]
    pub filter: RecordFilter,
    /// How many of them, then the search ends and can be continued; at most [`MAX_LIMIT`]. A live query has
    /// no end.
    pub limit: u32,
    /// Goes on with records as they are written, once the end is reached.
    #[serde(default)]
    pub live: bool,
    /// How keys are shown.
    #[serde(default)]
    pub key_decoding: Decoding,
    /// How values are shown.
    #[serde(default)]
    pub value_decoding: Decoding,
    /// JSONPaths (RFC 9535) into the values, at most [`MAX_PATHS`]: what is there comes with each record.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub paths: Vec<String>,
    /// Where the same query stood before ([`RecordsChunk::positions`]): it goes on from there.
    #[serde(default)]
    pub resume: Vec<PartitionPosition>,
}

/// Where a search starts.
#[derive(Debug, Clone, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Seek {
    /// At the first record of each partition, forward.
    Oldest,
    /// At the end, backward, ordered by time across partitions. With `live`: what comes from now on.
    Newest,
    /// At one offset of each partition, forward; partitions that are not named start at their first record.
    Offsets(Vec<PartitionPosition>),
    /// At the first record of each partition that is not older, forward.
    Time {
        /// From when, in milliseconds since 1970.
        from_ms: i64,
        /// Up to when, that moment included; none for up to the end.
        to_ms: Option<i64>,
    },
    /// Where a consumer group stands, forward; partitions it has no offset in start at their first record.
    Group {
        /// Which.
        group: String,
    },
}

/// An offset of a partition.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Serialize, Deserialize)]
pub struct PartitionPosition {
    /// Which partition.
    pub partition: i32,
    /// The next offset to be read; of a backward search, the one after it.
    pub offset: i64,
}

/// Which records are wanted.
#[derive(Debug, Clone, Default, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum RecordFilter {
    /// All.
    #[default]
    None,
    /// Those with a text in their key, value, a header's name or a header's value.
    Text {
        /// What is looked for.
        text: String,
        /// Whether upper and lower case differ.
        #[serde(default)]
        case_sensitive: bool,
    },
    /// Those for which a CEL expression over `partition`, `offset`, `timestamp`, `key`, `value` and `headers`
    /// is true.
    Cel {
        /// The expression.
        expression: String,
    },
}

/// How bytes are made into text.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Decoding {
    /// Chosen by looking at the bytes; only asked for, never an answer.
    #[default]
    Auto,
    /// JSON, as it was written.
    Json,
    /// UTF-8.
    Text,
    /// A signed number of four bytes, big endian.
    Int32,
    /// A signed number of eight bytes, big endian.
    Int64,
    /// A UUID of sixteen bytes.
    Uuid,
    /// `MessagePack`, shown as JSON.
    MessagePack,
    /// Base64.
    Base64,
    /// Hexadecimal.
    Hex,
    /// Written with a schema registry: the schema's id before the content or in a header; shown as JSON.
    Registry,
    /// A record of `__consumer_offsets`, shown as JSON.
    ConsumerOffsets,
    /// A record of `__transaction_state`, shown as JSON.
    TransactionState,
}

/// A key, a value or a header's value as shown.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct PayloadView {
    /// Its size in bytes as stored.
    pub size: u64,
    /// The text, or its beginning.
    pub text: String,
    /// How the text was made.
    pub decoding: Decoding,
    /// Why so, where it was asked for one record.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub why: Option<String>,
    /// The schema's id in its registry, if it names one.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub schema_id: Option<u32>,
    /// The schema it was decoded with.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub schema: Option<SchemaView>,
    /// Why it is shown as bytes although it names a schema.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub trouble: Option<TroubleView>,
    /// Whether there is more than `text`.
    #[serde(default, skip_serializing_if = "std::ops::Not::not")]
    pub truncated: bool,
}

/// A schema of a registry.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct SchemaView {
    /// Which language it is in.
    pub kind: SchemaKind,
    /// A subject it is registered under; the topic's own if there are several.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub subject: Option<String>,
    /// Its version there.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub version: Option<i64>,
    /// Other subjects and versions it is registered under.
    #[serde(default, skip_serializing_if = "is_zero")]
    pub others: u32,
    /// What the data is called in the schema.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub name: Option<String>,
}

#[expect(clippy::trivially_copy_pass_by_ref, reason = "serde hands it over so")]
const fn is_zero(number: &u32) -> bool {
    *number == 0
}

/// The language of a schema.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum SchemaKind {
    /// Apache Avro.
    Avro,
    /// JSON Schema.
    Json,
    /// Protocol Buffers.
    Protobuf,
}

/// Why something could not be decoded.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct TroubleView {
    /// What is the case, as a sentence without its point.
    pub cause: String,
    /// What to do, as sentences.
    pub remedy: String,
}

/// A header.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct HeaderView {
    /// Its name.
    pub name: String,
    /// Its value; none if it is null.
    pub value: Option<PayloadView>,
}

/// Whose clock a record's time is.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum TimestampKind {
    /// The producer's.
    Create,
    /// The broker's, when it was written.
    LogAppend,
}

/// A record as shown.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct RecordView {
    /// Its partition.
    pub partition: i32,
    /// Its offset.
    pub offset: i64,
    /// Its time, if it has one.
    pub timestamp_ms: Option<i64>,
    /// Whose clock that is.
    pub timestamp_kind: TimestampKind,
    /// Its key; none if it has none.
    pub key: Option<PayloadView>,
    /// Its value; none for a tombstone.
    pub value: Option<PayloadView>,
    /// Its headers in their order; the first 32 of them in a list of records.
    pub headers: Vec<HeaderView>,
    /// How many headers it has.
    pub n_headers: u32,
    /// What is at each path of the query, as it was written; none where nothing is.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub picked: Vec<Option<String>>,
}

/// How far a search is.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct SearchProgress {
    /// Records looked at.
    pub scanned: u64,
    /// Bytes of their keys and values.
    pub bytes: u64,
    /// Records that were wanted.
    pub matched: u64,
    /// Milliseconds since the start.
    pub elapsed_ms: u64,
    /// Offsets still to be looked at, if the search has an end.
    pub remaining: Option<u64>,
    /// The time of the record looked at last.
    pub reached_ms: Option<i64>,
    /// Records the filter failed on.
    pub filter_errors: u64,
    /// What it failed with, for the first of them.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub filter_error: Option<FilterErrorView>,
}

/// A record that a filter failed on.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct FilterErrorView {
    /// Its partition.
    pub partition: i32,
    /// Its offset.
    pub offset: i64,
    /// What went wrong.
    pub message: String,
}

/// Why a search ended.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum SearchEnd {
    /// There is nothing more.
    Complete,
    /// As many records as were asked for are shown; it can be continued.
    Limit,
    /// As many bytes as one search may read were read; it can be continued.
    Budget,
    /// It failed; what was found is good, and it can be tried again from there.
    Failed {
        /// What happened.
        message: String,
        /// What to do.
        remedy: String,
    },
}

/// A part of what a search finds.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct RecordsChunk {
    /// Records, in the order of the search.
    pub records: Vec<RecordView>,
    /// How far the search is behind them.
    pub progress: SearchProgress,
    /// Records of a live query left out before these, because the client granted no credit.
    #[serde(default)]
    pub skipped: u64,
    /// Where the search stands behind these records.
    pub positions: Vec<PartitionPosition>,
    /// Set in the last one.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub end: Option<SearchEnd>,
}
