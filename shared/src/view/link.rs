//! Links as the console shows them.

use serde::{Deserialize, Serialize};

use super::mirror::MirrorRow;
use crate::{
    link::{
        ConnectionMode, LinkError, LinkMode, LinkName, LinkState, MirrorState, TaskErrorCode,
        TaskName, TaskState,
    },
    names::ClusterName,
};

/// One half of a link in a list.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct LinkRow {
    /// The cluster this half lives on.
    pub cluster: ClusterName,
    /// The link's name; both halves have the same one.
    pub name: LinkName,
    /// Id of the link, the same on both halves (22 characters, base64url).
    pub link_id: String,
    /// Which half this is.
    pub mode: LinkMode,
    /// Whether this half dials.
    pub connection: ConnectionMode,
    /// The cluster at the other end.
    pub remote: RemoteView,
    /// Its state.
    pub state: LinkState,
    /// Since when.
    pub since_ms: i64,
    /// What the last check found.
    pub error: LinkError,
    /// The same for people, with the remedy.
    pub error_message: Option<String>,
    /// When the remote cluster answered last.
    pub last_contact_ms: Option<i64>,
    /// Mirror topics by state; empty on a source half.
    pub mirrors: Vec<(MirrorState, u32)>,
    /// Tasks whose last run left something undone.
    pub tasks_in_error: u32,
    /// How far all its mirrors are behind.
    pub lag: LagView,
    /// What is copied now.
    pub rate: RateView,
}

/// The cluster at the other end of a link.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct RemoteView {
    /// Kafka's id of it.
    pub cluster_id: Option<String>,
    /// What this gateway calls it, if it has a cluster with that id.
    pub cluster: Option<ClusterName>,
    /// Where this half dials; none for a half that does not.
    pub bootstrap: Option<String>,
    /// Security in words without secrets; none for a half that does not dial.
    pub security: Option<String>,
}

/// How far behind.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default, Serialize, Deserialize)]
pub struct LagView {
    /// Offsets the mirrors lack, summed over partitions that were fetched; none before the first fetch.
    pub records: Option<i64>,
    /// How long the oldest of them has been missing, in milliseconds; 0 when none is missing.
    pub behind_ms: Option<i64>,
    /// When the source answered a fetch last: of several partitions, the one that is the longest ago.
    pub last_fetch_ms: Option<i64>,
}

/// What is copied, over the last ten seconds.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default, Serialize, Deserialize)]
pub struct RateView {
    /// Bytes a second, as sent to the mirrors.
    pub bytes: u64,
    /// Records a second.
    pub records: u64,
}

/// One half of a link, whole.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct LinkDetail {
    /// The list's facts.
    pub link: LinkRow,
    /// Its tasks; empty on a source half.
    pub tasks: Vec<TaskView>,
    /// Its mirrors by name; empty on a source half.
    pub mirrors: Vec<MirrorRow>,
    /// The other half, if it lives on a cluster of this gateway.
    pub twin: Option<Box<LinkRow>>,
    /// Whether this gateway runs the link, or why it does not (another gateway does).
    pub standby: Option<String>,
    /// Who keeps others from writing to the mirrors.
    pub protection: Option<String>,
}

/// A task of a link.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct TaskView {
    /// Which one.
    pub name: TaskName,
    /// Its state.
    pub state: TaskState,
    /// What the last run could not do.
    pub errors: Vec<TaskErrorView>,
    /// When it last ended.
    pub last_run_ms: Option<i64>,
    /// How often it runs, in milliseconds.
    pub interval_ms: i64,
}

/// One thing a task could not do.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct TaskErrorView {
    /// Public code.
    pub code: TaskErrorCode,
    /// What, why, and the remedy.
    pub message: String,
}

/// One point of a link's or mirror's history.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
pub struct HistoryPoint {
    /// End of the interval it stands for.
    pub at_ms: i64,
    /// Bytes a second.
    pub bytes: u64,
    /// Records a second.
    pub records: u64,
    /// Lag in offsets at its end.
    pub lag_records: Option<i64>,
    /// Lag in time at its end, in milliseconds.
    pub behind_ms: Option<i64>,
}

/// What checking a link before it is created found.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct LinkCheck {
    /// The way to the remote cluster, step by step; none for a half that does not dial.
    pub remote: Option<super::ProbeReport>,
    /// For a source half: the way to its own cluster with the `local.` settings.
    pub local: Option<super::ProbeReport>,
    /// Kafka's id of the remote cluster, as it answered or as it was given.
    pub remote_cluster_id: Option<String>,
    /// What keeps the link from being created, in words; empty when nothing does.
    pub refusals: Vec<String>,
}

/// A topic of a link's source cluster, for choosing what to mirror.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct SourceTopicRow {
    /// Its name.
    pub name: String,
    /// Its partitions.
    pub partitions: i32,
    /// The name its mirror has or would have.
    pub mirror_topic: String,
    /// Whether it belongs to its cluster (brokers, tools, this program).
    pub is_internal: bool,
    /// Whether a mirror of it exists on this link.
    pub is_mirrored: bool,
    /// Why it cannot be mirrored, if it cannot.
    pub conflict: Option<String>,
}

/// A consumer group's place in one mirror partition on both sides of a link.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct GroupOffsetRow {
    /// Group on the source.
    pub group: String,
    /// Group on the destination.
    pub mirror_group: String,
    /// Mirror topic.
    pub topic: String,
    /// Partition.
    pub partition: i32,
    /// Offset committed on the source.
    pub source: Option<i64>,
    /// Offset committed on the destination.
    pub destination: Option<i64>,
    /// Log end of the mirror.
    pub mirror_end: Option<i64>,
    /// Whether the group has members on the source.
    pub source_active: bool,
    /// Whether the group has members on the destination.
    pub destination_active: bool,
    /// Whether the link's filters include the group.
    pub synced: bool,
}
