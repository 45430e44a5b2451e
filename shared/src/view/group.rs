//! Consumer groups as the console shows them: who reads, how far behind, and what a reset would do.

use serde::{Deserialize, Serialize};

use crate::link::LinkName;
use crate::names::{ClusterName, TopicName};

/// What kind of group it is, as Kafka's `ListGroups` says.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum GroupKind {
    /// The classic protocol: the members agree on who reads what (also Kafka Connect's).
    Classic,
    /// KIP-848: the broker says who reads what.
    Consumer,
    /// KIP-932: members share partitions; the broker keeps where they stand, record by record.
    Share,
    /// KIP-1071.
    Streams,
    /// The broker did not say; brokers before 3.8 do not.
    Unknown,
}

/// State of a group, with Kafka's names.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(rename_all = "SCREAMING_SNAKE_CASE")]
pub enum GroupState {
    /// Members joined and each knows its partitions.
    Stable,
    /// No members; its offsets are kept until they expire.
    Empty,
    /// Members are joining (classic).
    PreparingRebalance,
    /// Members wait for their partitions (classic).
    CompletingRebalance,
    /// The broker works out who reads what (KIP-848).
    Assigning,
    /// Members give up and take over partitions (KIP-848).
    Reconciling,
    /// Source topics are missing or are partitioned otherwise than the topology needs (KIP-1071).
    NotReady,
    /// Gone.
    Dead,
    /// A word this version does not know.
    Unknown,
}

/// Which way a lag went within the last minute.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum LagTrend {
    /// It grew.
    Rising,
    /// It stayed about the same.
    Steady,
    /// It shrank.
    Falling,
}

/// The groups of one cluster, or of all.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct GroupsView {
    /// How the reading of each cluster went, by name.
    pub reads: Vec<GroupsRead>,
    /// Groups by cluster and id.
    pub rows: Vec<GroupRow>,
}

/// How reading the groups of a cluster went.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct GroupsRead {
    /// Which cluster.
    pub cluster: ClusterName,
    /// When its groups were listed; none before the first time.
    pub observed_at_ms: Option<i64>,
    /// When members and lags were read; none while that is under way for the first time.
    pub measured_at_ms: Option<i64>,
    /// Why groups, members or lags are missing, e.g. a missing permission.
    pub fault: Option<String>,
}

/// One group in a list.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct GroupRow {
    /// The cluster it is on.
    pub cluster: ClusterName,
    /// Group id. Kept as Kafka gave it: any text.
    pub group: String,
    /// Kind.
    pub kind: GroupKind,
    /// State.
    pub state: GroupState,
    /// `consumer`, `connect`, …; empty for a group that only holds offsets.
    pub protocol: String,
    /// Node id of the broker that coordinates it.
    pub coordinator: i32,
    /// Number of members.
    pub n_members: Option<u32>,
    /// Records that are not read yet, over all partitions with a committed offset; none unless all are known.
    pub lag: Option<i64>,
    /// Which way the lag went, once it was looked at for long enough.
    pub trend: Option<LagTrend>,
    /// Its topics, by name: those with committed offsets and those its members read.
    pub topics: Vec<GroupTopic>,
}

/// What a group has to do with a topic.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct GroupTopic {
    /// Topic name.
    pub topic: String,
    /// Members that have partitions of it now.
    pub n_members: u32,
    /// Records that are not read yet; none unless known for all its partitions with a committed offset.
    pub lag: Option<i64>,
}

/// One group, whole.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct GroupDetail {
    /// When this was read.
    pub observed_at_ms: i64,
    /// The list's facts.
    pub group: GroupRow,
    /// Assignor (`range`, `uniform`, …); empty if none.
    pub assignor: String,
    /// Group epoch of a KIP-848 group.
    pub epoch: Option<i32>,
    /// Members, by id.
    pub members: Vec<GroupMemberView>,
    /// Partitions with a committed offset or a reader, by topic and number.
    pub partitions: Vec<GroupPartitionView>,
    /// How long the oldest record has waited that is not read yet; 0 when nothing waits.
    pub behind_ms: Option<i64>,
    /// Why offsets are missing, e.g. a missing permission.
    pub fault: Option<String>,
}

/// A member of a group.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct GroupMemberView {
    /// Member id.
    pub id: String,
    /// `group.instance.id` of a static member.
    pub instance_id: Option<String>,
    /// `client.id`.
    pub client_id: String,
    /// Host as the broker sees it.
    pub host: String,
    /// Partitions it reads, by topic.
    pub assignment: Vec<(String, Vec<i32>)>,
    /// Records in them that are not read yet; none unless all are known.
    pub lag: Option<i64>,
}

/// A partition that a group reads or has read.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct GroupPartitionView {
    /// Topic name.
    pub topic: String,
    /// Partition number.
    pub partition: i32,
    /// The next offset to read, as committed; none when nothing was committed. Of a share group the first record
    /// that the broker has not noted as finished; later ones may be.
    pub committed: Option<i64>,
    /// First offset that can be read.
    pub log_start: Option<i64>,
    /// Offset after the last record that every in-sync replica has (high watermark).
    pub log_end: Option<i64>,
    /// Records that are not read yet.
    pub lag: Option<i64>,
    /// Age of the oldest of them, from the timestamp of its batch; 0 when nothing waits.
    pub behind_ms: Option<i64>,
    /// Ids of the members that read it: one at most, but for share groups.
    pub members: Vec<String>,
}

/// Which partitions a reset is about.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct ResetScope {
    /// Topic.
    pub topic: TopicName,
    /// Its partitions; none named for all.
    pub partitions: Vec<i32>,
}

/// Where a group's offsets are to be put.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum ResetTarget {
    /// The first record there is.
    Oldest,
    /// Behind the last record there is.
    Newest,
    /// An offset.
    Offset {
        /// The next offset to read.
        offset: i64,
    },
    /// The first record of a time or later.
    Time {
        /// The time.
        at_ms: i64,
    },
    /// So many records forwards, or backwards when negative, from the committed offset.
    Shift {
        /// How many.
        by: i64,
    },
    /// Where another group of the cluster stands.
    Group {
        /// That group.
        group: String,
    },
    /// Where the same group stands on the other side of a link: offsets of a mirror are those of its source.
    OtherSide {
        /// The cluster that has the link's mirrors.
        cluster: ClusterName,
        /// Which link.
        link: LinkName,
    },
}

/// What one partition's offset would become.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct ResetRow {
    /// Topic name.
    pub topic: String,
    /// Partition number.
    pub partition: i32,
    /// The offset committed now.
    pub from: Option<i64>,
    /// The offset to commit, always within the log; none when the partition is left alone.
    pub to: Option<i64>,
    /// First offset that can be read.
    pub log_start: Option<i64>,
    /// Offset after the last record.
    pub log_end: Option<i64>,
    /// Offsets skipped (positive) or read again (negative), of those that are still in the log. None when it is
    /// not known where the group would have gone on.
    pub moves: Option<i64>,
    /// Why it is left alone, or why it ends up elsewhere than asked for.
    pub note: Option<String>,
}

/// What a reset would do.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct ResetPlan {
    /// When the offsets were read.
    pub planned_at_ms: i64,
    /// By topic and partition.
    pub rows: Vec<ResetRow>,
    /// Why it cannot be done now, and what to do, e.g. while the group has members.
    pub refusal: Option<String>,
}

/// One offset to commit, with the one it was seen to replace.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct ResetMove {
    /// Topic.
    pub topic: TopicName,
    /// Partition number.
    pub partition: i32,
    /// The committed offset that was looked at.
    pub from: Option<i64>,
    /// The offset to commit.
    pub to: i64,
}

/// What came of changing one partition's committed offset.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct GroupOffsetResult {
    /// Topic name.
    pub topic: String,
    /// Partition number.
    pub partition: i32,
    /// Why it was not done.
    pub error: Option<String>,
}

impl GroupState {
    /// Every state, in Kafka's order of words for the REST API.
    pub const ALL: [Self; 9] = [
        Self::Unknown,
        Self::PreparingRebalance,
        Self::CompletingRebalance,
        Self::Assigning,
        Self::Reconciling,
        Self::NotReady,
        Self::Stable,
        Self::Dead,
        Self::Empty,
    ];

    /// The word of the REST API.
    #[must_use]
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Unknown => "UNKNOWN",
            Self::PreparingRebalance => "PREPARING_REBALANCE",
            Self::CompletingRebalance => "COMPLETING_REBALANCE",
            Self::Assigning => "ASSIGNING",
            Self::Reconciling => "RECONCILING",
            Self::NotReady => "NOT_READY",
            Self::Stable => "STABLE",
            Self::Dead => "DEAD",
            Self::Empty => "EMPTY",
        }
    }
}

impl GroupKind {
    /// In words for people.
    #[must_use]
    pub fn words(self) -> &'static str {
        match self {
            Self::Classic => "classic",
            Self::Consumer => "consumer (KIP-848)",
            Self::Share => "share (KIP-932)",
            Self::Streams => "streams (KIP-1071)",
            Self::Unknown => "not told",
        }
    }
}

impl ResetPlan {
    /// What to ask for: every partition that would get another offset than it has.
    #[must_use]
    pub fn moves(&self) -> Vec<ResetMove> {
        let moved = self.rows.iter().filter(|row| row.to.is_some() && row.to != row.from);
        let each = moved.filter_map(|row| {
            let (topic, to) = (row.topic.parse().ok()?, row.to?);
            Some(ResetMove { topic, partition: row.partition, from: row.from, to })
        });
        each.collect()
    }
}
