//! A comparison of mirrors with their sources as the console shows it.

use serde::{Deserialize, Serialize};

/// Which records of each partition are compared.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum VerifyRange {
    /// All that both sides have.
    All,
    /// The last so many offsets.
    Last {
        /// How many.
        records: i64,
    },
    /// From one offset up to another, which is not compared itself.
    Offsets {
        /// First offset.
        from: i64,
        /// First offset that is not compared any more; none for the end.
        to: Option<i64>,
    },
    /// From the first record at or after a time.
    Since {
        /// Milliseconds since the epoch.
        at_ms: i64,
    },
}

/// The newest comparison of a link's mirrors, if there was one since the gateway runs.
#[derive(Debug, Clone, PartialEq, Eq, Default, Serialize, Deserialize)]
pub struct VerifyView {
    /// The comparison; none when there was none.
    pub run: Option<VerifyRun>,
    /// Its partitions by topic and number.
    pub partitions: Vec<VerifyPartition>,
}

/// How far a comparison is.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum VerifyState {
    /// Under way.
    Running,
    /// Every partition was looked at.
    Done,
    /// Somebody ended it.
    Cancelled,
    /// It could not be done at all.
    Failed,
}

/// One comparison.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct VerifyRun {
    /// Its number on this gateway.
    pub id: u64,
    /// What was asked for.
    pub range: VerifyRange,
    /// How far it is.
    pub state: VerifyState,
    /// Why it failed.
    pub error: Option<String>,
    /// When it began.
    pub started_ms: i64,
    /// When it ended.
    pub ended_ms: Option<i64>,
    /// Offsets that are done, over all partitions.
    pub offsets_done: i64,
    /// Offsets in the range, over all partitions; 0 until the ends were read.
    pub offsets_total: i64,
    /// Records compared.
    pub records: u64,
    /// Bytes of keys, values and headers compared.
    pub bytes: u64,
    /// Records a second since it began.
    pub records_per_second: u64,
}

/// What is known of a partition.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum VerifyVerdict {
    /// Not yet looked at.
    Waiting,
    /// Being compared; no difference so far.
    Comparing,
    /// Every record in the range is the same on both sides, at the same offset.
    Equal,
    /// There is a difference.
    Differs,
    /// It could not be compared; the notes say why.
    NotComparable,
    /// Ended before it was compared to the end; no difference up to there.
    Unfinished,
}

/// One partition of a comparison.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct VerifyPartition {
    /// Mirror topic.
    pub topic: String,
    /// Partition number.
    pub partition: i32,
    /// What is known.
    pub verdict: VerifyVerdict,
    /// First offset compared.
    pub from: i64,
    /// First offset that is not compared any more.
    pub to: i64,
    /// Everything below was compared.
    pub next: i64,
    /// Records compared.
    pub records: u64,
    /// Offsets of a compacted topic that hold a record on one side only.
    pub compacted: u64,
    /// What else is to be known, in words.
    pub notes: Vec<String>,
    /// The first difference.
    pub difference: Option<VerifyDifference>,
}

/// What differs.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum VerifyDifferenceKind {
    /// The source has a record, the mirror has none.
    MissingOnMirror,
    /// The mirror has a record, the source has none.
    ExtraOnMirror,
    /// The keys differ.
    Key,
    /// The values differ.
    Value,
    /// The headers differ.
    Headers,
    /// The timestamps differ.
    Timestamp,
}

/// The first difference of a partition.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct VerifyDifference {
    /// Where.
    pub offset: i64,
    /// What.
    pub kind: VerifyDifferenceKind,
    /// What the source has there, shortened; none when it has no record.
    pub source: Option<String>,
    /// What the mirror has there, shortened; none when it has no record.
    pub mirror: Option<String>,
}
