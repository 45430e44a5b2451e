//! Records of a mirror beside those of its source.

use serde::{Deserialize, Serialize};

/// Offsets that one comparison may show.
pub const MAX_COMPARED: u32 = 200;

/// A stretch of a mirror partition beside the same offsets of its source.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct CompareView {
    /// The source's partition.
    pub source: CompareSide,
    /// The mirror's partition.
    pub mirror: CompareSide,
    /// What stands at the offsets, in their order.
    pub rows: Vec<CompareRow>,
    /// The first offset that was asked for.
    pub from: i64,
    /// The offset after the last row.
    pub next: i64,
}

/// One side of a comparison.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct CompareSide {
    /// Its topic.
    pub topic: String,
    /// The topic's partitions.
    pub partitions: i32,
    /// The first offset that is kept.
    pub log_start: i64,
    /// The offset after the last one (high watermark).
    pub end: i64,
    /// The first offset of a transaction that is open; the end if none is.
    pub stable: i64,
}

/// One offset on both sides, or several at which no consumer sees anything, for the same reasons.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct CompareRow {
    /// The offset, or the first of several.
    pub offset: i64,
    /// The last of them.
    pub last: i64,
    /// What the source has there.
    pub source: CompareCell,
    /// What the mirror has there.
    pub mirror: CompareCell,
    /// Where two records differ; empty when they are equal byte for byte.
    #[serde(default)]
    pub differs: Vec<ComparePart>,
}

/// A part of a record.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum ComparePart {
    /// Its key.
    Key,
    /// Its value.
    Value,
    /// Its headers.
    Headers,
    /// Its timestamp.
    Timestamp,
}

/// What one side has at an offset.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum CompareCell {
    /// A record that consumers see.
    Record(Box<CompareRecord>),
    /// Nothing that a consumer sees.
    Nothing(NoRecord),
}

/// Why consumers see nothing at an offset.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum NoRecord {
    /// The marker of a committed transaction.
    Commit,
    /// The marker of an aborted transaction.
    Abort,
    /// Data of an aborted transaction.
    Aborted,
    /// A transaction before it, or it itself, is open.
    Open,
    /// Retention or a purge removed it.
    Removed,
    /// The log has no such offset: compacted away, or never there.
    Hole,
    /// The log has not come so far.
    Beyond,
}

/// A record byte by byte.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct CompareRecord {
    /// Its time, in milliseconds since 1970.
    pub timestamp_ms: i64,
    /// Its key; none if it has none.
    pub key: Option<CompareBytes>,
    /// Its value; none for a tombstone.
    pub value: Option<CompareBytes>,
    /// Its headers: name and value.
    pub headers: Vec<(CompareBytes, Option<CompareBytes>)>,
}

/// Bytes, with those marked that differ from the other side's.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct CompareBytes {
    /// How many there are.
    pub size: u64,
    /// Whether they are shown in hexadecimal: one side's are no text.
    #[serde(default, skip_serializing_if = "std::ops::Not::not")]
    pub hex: bool,
    /// Bytes left out before the first piece.
    #[serde(default)]
    pub before: u64,
    /// Bytes left out after the last piece.
    #[serde(default)]
    pub after: u64,
    /// The bytes in turns: whether they differ, and their text.
    pub pieces: Vec<(bool, String)>,
}
