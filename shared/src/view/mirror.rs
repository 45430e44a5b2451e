//! Mirror topics as the console shows them.

use serde::{Deserialize, Serialize};

use super::link::{LagView, RateView, TaskErrorView};
use crate::{
    link::{LinkName, MirrorState, MirrorTopicError},
    names::{ClusterName, TopicName},
};

/// One mirror topic in a list.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct MirrorRow {
    /// The cluster it is on.
    pub cluster: ClusterName,
    /// Its link.
    pub link: LinkName,
    /// Its name.
    pub topic: TopicName,
    /// The source's name.
    pub source_topic: String,
    /// Its partitions.
    pub partitions: i32,
    /// Its state.
    pub state: MirrorState,
    /// Since when.
    pub since_ms: i64,
    /// Why it failed.
    pub error: MirrorTopicError,
    /// What is wrong, in words: why it failed, or what it waits for.
    pub trouble: Option<String>,
    /// How far it is behind.
    pub lag: LagView,
    /// What is copied now.
    pub rate: RateView,
}

/// One mirror topic, whole.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct MirrorDetail {
    /// The list's facts.
    pub mirror: MirrorRow,
    /// Its partitions by number.
    pub partitions: Vec<MirrorPartitionView>,
    /// What keeps a promote or failover from ending.
    pub transition_errors: Vec<TaskErrorView>,
}

/// Where a mirror partition stands, in one word.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "SCREAMING_SNAKE_CASE")]
pub enum MirrorStance {
    /// Not running: paused, or run by another gateway.
    Idle,
    /// Finding out where it is.
    Opening,
    /// Copying.
    Copying,
    /// Filling offsets that hold no record on the source.
    Filling,
    /// Waiting after a failure.
    Retrying,
    /// Ending.
    Closing,
    /// Ended: an ordinary partition.
    Stopped,
    /// Cannot go on.
    Failed,
}

/// One partition of a mirror.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct MirrorPartitionView {
    /// Partition number.
    pub partition: i32,
    /// Where it stands.
    pub stance: MirrorStance,
    /// Log end of the mirror; equal offsets make it the next source offset to copy.
    pub log_end: Option<i64>,
    /// High watermark of the source at the last fetch.
    pub source_high_watermark: Option<i64>,
    /// Last stable offset of the source; below the high watermark while a transaction is open there.
    pub source_last_stable: Option<i64>,
    /// Offsets the mirror lacks.
    pub lag: Option<i64>,
    /// How long the oldest of them has been missing, in milliseconds.
    pub behind_ms: Option<i64>,
    /// When the source answered last.
    pub last_fetch_ms: Option<i64>,
    /// Records copied since the gateway runs it.
    pub records: i64,
    /// Bytes copied since the gateway runs it.
    pub bytes: u64,
    /// Batches that passed through untouched.
    pub batches_passed: u64,
    /// Batches that were rebuilt or merged.
    pub batches_rebuilt: u64,
    /// Offsets filled without a record (markers, transactions, padding).
    pub filled: i64,
    /// Trouble, on whichever side.
    pub error: Option<String>,
}

/// A mirror action.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum MirrorAction {
    /// Stop when everything is copied.
    Promote,
    /// Stop now.
    Failover,
    /// Stop copying for a while.
    Pause,
    /// Go on after a pause.
    Resume,
}

impl MirrorAction {
    /// The verb as the public API spells it.
    #[must_use]
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Promote => "promote",
            Self::Failover => "failover",
            Self::Pause => "pause",
            Self::Resume => "resume",
        }
    }
}

/// What came of an action on one mirror topic.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct MirrorActionRow {
    /// Mirror topic.
    pub topic: String,
    /// HTTP-like code; none when the action was taken.
    pub error_code: Option<i32>,
    /// Why it was not.
    pub error_message: Option<String>,
    /// Lag per partition when the action was taken.
    pub lags: Vec<MirrorLagRow>,
}

/// Lag of one partition, as the public API and its tools show it.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
pub struct MirrorLagRow {
    /// Partition number.
    pub partition: i32,
    /// Offsets the mirror lacks; -1 when nothing was fetched yet.
    pub lag: i64,
    /// Source offset that is fetched next; -1 when nothing was fetched yet.
    pub last_source_fetch_offset: i64,
}

/// What came of creating one mirror topic.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct MirrorCreateRow {
    /// Source topic.
    pub source_topic: String,
    /// The mirror's name.
    pub mirror_topic: String,
    /// Why it was not created; none when it was.
    pub error: Option<String>,
}
