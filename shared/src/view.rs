//! Display data: plain public fields, made by the gateway, drawn by the console.
//!
//! Times are milliseconds since the Unix epoch; `None` means "not known", and is drawn as a dash, never as 0.

use serde::{Deserialize, Serialize};

use crate::names::{ClusterName, TopicName};

mod access;
mod activity;
mod broker;
mod cluster;
mod compare;
mod group;
mod link;
mod mirror;
mod probe;
mod record;
mod topic;
mod verify;

pub use access::{AclResultRow, AclsView, CredentialRow, LinkPrincipalRow, UserRow, UsersView};
pub use activity::{ActivityEntry, ActivityResult};
pub use broker::{
    BrokerReplicasView, BrokerRole, BrokerRow, BrokerState, BrokersView, DiskReplica, ElectionKind,
    ElectionOutcome, ElectionRow, FeatureView, LogDirView, MAX_REPLICAS, PartitionTrouble,
    QuorumView, ReplicationCounts, TroubledPartition, TroubledView,
};
pub use cluster::{
    BrokerView, ClusterDetail, ClusterKind, ClusterOrigin, ClusterStatus, ClusterView, FaultView,
};
pub use compare::{
    CompareBytes, CompareCell, ComparePart, CompareRecord, CompareRow, CompareSide, CompareView,
    MAX_COMPARED, NoRecord,
};
pub use group::{
    GroupDetail, GroupKind, GroupMemberView, GroupOffsetResult, GroupPartitionView, GroupRow,
    GroupState, GroupTopic, GroupsRead, GroupsView, LagTrend, ResetMove, ResetPlan, ResetRow,
    ResetScope, ResetTarget,
};
pub use link::{
    GroupOffsetRow, HistoryPoint, LagView, LinkCheck, LinkDetail, LinkRow, RateView, RemoteView,
    SourceTopicRow, TaskErrorView, TaskView,
};
pub use mirror::{
    MirrorAction, MirrorActionRow, MirrorCreateRow, MirrorDetail, MirrorLagRow,
    MirrorPartitionView, MirrorRow, MirrorStance,
};
pub use probe::{ProbeReport, ProbeStage, ProbeStep, StepOutcome};
pub use record::{
    Decoding, FilterErrorView, HeaderView, MAX_HELD, MAX_LIMIT, MAX_PATHS, MAX_PLACES,
    PartitionPosition, PayloadView, RecordFilter, RecordQuery, RecordView, RecordsChunk,
    SchemaKind, SchemaView, SearchEnd, SearchProgress, Seek, TimestampKind, TroubleView,
};
pub use topic::{
    ConfigEntryView, ConfigSource, ConfigUpdate, PartitionView, PurgeRow, TopicDetail, TopicRow,
    TopicsView,
};
pub use verify::{
    VerifyDifference, VerifyDifferenceKind, VerifyPartition, VerifyRange, VerifyRun, VerifyState,
    VerifyVerdict, VerifyView,
};

/// A line of the gateway's feed of things that happened, newest last.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Notice {
    /// Grows by one with every notice of this gateway process.
    pub seq: u64,
    /// When it happened.
    pub at_ms: i64,
    /// How much it matters.
    pub severity: Severity,
    /// The cluster it is about, if one.
    pub cluster: Option<ClusterName>,
    /// The topic it is about, if one.
    pub topic: Option<TopicName>,
    /// What happened, one sentence.
    pub message: String,
}

/// How much a notice matters.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Severity {
    /// Something came back or was done.
    Good,
    /// Worth knowing.
    Info,
    /// Needs a look.
    Attention,
    /// Something stopped working.
    Failed,
}
