//! What can be subscribed to, and what comes back.

use serde::{Deserialize, Serialize};

use super::WireError;
use crate::link::LinkName;
use crate::names::{ClusterName, TopicName};
use crate::view::{
    ActivityEntry, BrokerRow, BrokerView, BrokersView, ClusterDetail, ClusterView, GroupDetail,
    GroupMemberView, GroupPartitionView, GroupRow, GroupsRead, GroupsView, LinkDetail, LinkRow,
    MirrorDetail, MirrorPartitionView, MirrorRow, Notice, PartitionView, RecordQuery, RecordsChunk,
    TaskErrorView, TaskView, TopicDetail, TopicRow, TopicsView, TroubledPartition, TroubledView,
    VerifyPartition, VerifyRun, VerifyView,
};

/// Something that can be followed.
#[derive(Debug, Clone, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Feed {
    /// All clusters of this gateway.
    Clusters,
    /// One cluster with its brokers.
    Cluster {
        /// Which.
        cluster: ClusterName,
    },
    /// The brokers of a cluster with their disks, and how many partitions lack something.
    Brokers {
        /// Which cluster.
        cluster: ClusterName,
    },
    /// The partitions of a cluster that lack something.
    TroubledPartitions {
        /// Which cluster.
        cluster: ClusterName,
    },
    /// The topics of a cluster.
    Topics {
        /// Which cluster.
        cluster: ClusterName,
    },
    /// One topic with its partitions.
    Topic {
        /// Which cluster.
        cluster: ClusterName,
        /// Which topic.
        topic: TopicName,
    },
    /// The consumer groups of a cluster, or of all.
    Groups {
        /// Which cluster; none for all.
        cluster: Option<ClusterName>,
    },
    /// One consumer group with its members and partitions.
    Group {
        /// Which cluster.
        cluster: ClusterName,
        /// Group id.
        group: String,
    },
    /// All halves of links on the clusters of this gateway.
    Links,
    /// One half of a link with its tasks and mirrors.
    Link {
        /// The cluster it lives on.
        cluster: ClusterName,
        /// Which link.
        link: LinkName,
    },
    /// All mirror topics on the clusters of this gateway.
    Mirrors,
    /// One mirror topic with its partitions.
    Mirror {
        /// The cluster it is on.
        cluster: ClusterName,
        /// Its link.
        link: LinkName,
        /// Which mirror topic.
        topic: TopicName,
    },
    /// The newest comparison of a link's mirrors with their sources.
    Verify {
        /// The cluster the link lives on.
        cluster: ClusterName,
        /// Which link.
        link: LinkName,
    },
    /// Things that happened: the newest hundred, then each as it happens.
    Notices,
    /// What was done and what became of links and mirrors, as kept in Kafka: the newest two hundred, then
    /// each as it happens.
    Activity {
        /// On which cluster; none for all.
        cluster: Option<ClusterName>,
        /// About which link; none for all.
        link: Option<LinkName>,
        /// About which topic; none for all.
        topic: Option<TopicName>,
    },
    /// Records of a topic, as a search finds them.
    Records {
        /// What is looked for.
        query: Box<RecordQuery>,
    },
}

/// How a feed is paced.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum FeedKind {
    /// Only the newest state matters; the gateway leaves out what a slow client would miss anyway.
    State,
    /// Every entry matters; the client pays with credit and is told of gaps.
    Log,
    /// As a log, but it is the search that waits for credit; only a live one leaves records out and counts them.
    Search,
}

impl Feed {
    /// How this feed is paced.
    #[must_use]
    pub fn kind(&self) -> FeedKind {
        match self {
            Self::Clusters
            | Self::Cluster { .. }
            | Self::Brokers { .. }
            | Self::TroubledPartitions { .. }
            | Self::Topics { .. }
            | Self::Topic { .. }
            | Self::Groups { .. }
            | Self::Group { .. }
            | Self::Links
            | Self::Link { .. }
            | Self::Mirrors
            | Self::Mirror { .. }
            | Self::Verify { .. } => FeedKind::State,
            Self::Notices | Self::Activity { .. } => FeedKind::Log,
            Self::Records { .. } => FeedKind::Search,
        }
    }
}

/// A feed's whole state.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum FeedData {
    /// Of `Feed::Clusters`.
    Clusters(Vec<ClusterView>),
    /// Of `Feed::Cluster`.
    Cluster(Box<ClusterDetail>),
    /// Of `Feed::Brokers`.
    Brokers(BrokersView),
    /// Of `Feed::TroubledPartitions`.
    TroubledPartitions(TroubledView),
    /// Of `Feed::Topics`.
    Topics(TopicsView),
    /// Of `Feed::Topic`.
    Topic(TopicDetail),
    /// Of `Feed::Groups`.
    Groups(GroupsView),
    /// Of `Feed::Group`.
    Group(Box<GroupDetail>),
    /// Of `Feed::Links`.
    Links(Vec<LinkRow>),
    /// Of `Feed::Link`.
    Link(Box<LinkDetail>),
    /// Of `Feed::Mirrors`.
    Mirrors(Vec<MirrorRow>),
    /// Of `Feed::Mirror`.
    Mirror(Box<MirrorDetail>),
    /// Of `Feed::Verify`.
    Verify(Box<VerifyView>),
    /// Of `Feed::Notices`.
    Notices(Vec<Notice>),
    /// Of `Feed::Activity`.
    Activity(Vec<ActivityEntry>),
    /// Of `Feed::Records`: the first part.
    Records(Box<RecordsChunk>),
}

/// What changed in a feed: whole entries put in or taken out, never patches of parts.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum FeedDelta {
    /// Of `Feed::Clusters`.
    Clusters {
        /// New or changed clusters.
        upsert: Vec<ClusterView>,
        /// Clusters that are gone.
        remove: Vec<ClusterName>,
    },
    /// Of `Feed::Cluster`.
    Cluster {
        /// The cluster's own facts.
        cluster: ClusterView,
        /// New or changed brokers.
        upsert: Vec<BrokerView>,
        /// Brokers that are gone.
        remove: Vec<i32>,
    },
    /// Of `Feed::Brokers`.
    Brokers {
        /// Everything but the brokers; this list is empty.
        head: Box<BrokersView>,
        /// New or changed brokers.
        upsert: Vec<BrokerRow>,
        /// Brokers that are gone.
        remove: Vec<i32>,
    },
    /// Of `Feed::TroubledPartitions`.
    TroubledPartitions {
        /// Everything but the partitions; this list is empty.
        head: Box<TroubledView>,
        /// New or changed partitions.
        upsert: Vec<TroubledPartition>,
        /// Partitions that lack nothing any more, or are gone.
        remove: Vec<(String, i32)>,
    },
    /// Of `Feed::Topics`.
    Topics {
        /// When names, partitions and replicas were read.
        observed_at_ms: i64,
        /// When sizes and message estimates were read.
        measured_at_ms: Option<i64>,
        /// Why sizes or estimates are missing.
        measure_fault: Option<String>,
        /// New or changed topics.
        upsert: Vec<TopicRow>,
        /// Topics that are gone.
        remove: Vec<String>,
    },
    /// Of `Feed::Topic`.
    Topic {
        /// When this was read.
        observed_at_ms: i64,
        /// The topic's own facts.
        topic: TopicRow,
        /// Kafka's topic id.
        topic_id: Option<String>,
        /// New or changed partitions.
        upsert: Vec<PartitionView>,
        /// Partitions that are gone (the topic was made again with fewer).
        remove: Vec<i32>,
        /// Why offsets or sizes are missing.
        measure_fault: Option<String>,
    },
    /// Of `Feed::Groups`.
    Groups {
        /// How the reading of each cluster went.
        reads: Vec<GroupsRead>,
        /// New or changed groups.
        upsert: Vec<GroupRow>,
        /// Groups that are gone.
        remove: Vec<(ClusterName, String)>,
    },
    /// Of `Feed::Group`.
    Group {
        /// Everything but members and partitions; these lists are empty.
        head: Box<GroupDetail>,
        /// New or changed members.
        upsert_members: Vec<GroupMemberView>,
        /// Members that left.
        remove_members: Vec<String>,
        /// New or changed partitions.
        upsert: Vec<GroupPartitionView>,
        /// Partitions that are gone.
        remove: Vec<(String, i32)>,
    },
    /// Of `Feed::Links`.
    Links {
        /// New or changed halves.
        upsert: Vec<LinkRow>,
        /// Halves that are gone.
        remove: Vec<(ClusterName, LinkName)>,
    },
    /// Of `Feed::Link`.
    Link {
        /// The link's own facts.
        link: Box<LinkRow>,
        /// Its tasks.
        tasks: Vec<TaskView>,
        /// The other half.
        twin: Option<Box<LinkRow>>,
        /// Why this gateway does not run it.
        standby: Option<String>,
        /// Who keeps others from writing to the mirrors.
        protection: Option<String>,
        /// New or changed mirrors.
        upsert: Vec<MirrorRow>,
        /// Mirrors that are gone.
        remove: Vec<MirrorKey>,
    },
    /// Of `Feed::Mirrors`.
    Mirrors {
        /// New or changed mirrors.
        upsert: Vec<MirrorRow>,
        /// Mirrors that are gone.
        remove: Vec<MirrorKey>,
    },
    /// Of `Feed::Mirror`.
    Mirror {
        /// The mirror's own facts.
        mirror: Box<MirrorRow>,
        /// What keeps a promote or failover from ending.
        transition_errors: Vec<TaskErrorView>,
        /// New or changed partitions.
        upsert: Vec<MirrorPartitionView>,
        /// Partitions that are gone.
        remove: Vec<i32>,
    },
    /// Of `Feed::Verify`.
    Verify {
        /// The comparison.
        run: Option<Box<VerifyRun>>,
        /// New or changed partitions.
        upsert: Vec<VerifyPartition>,
        /// Partitions that are gone: another comparison began.
        remove: Vec<(String, i32)>,
    },
    /// Of `Feed::Notices`: entries behind those already sent.
    Notices(Vec<Notice>),
    /// Of `Feed::Activity`: entries behind those already sent.
    Activity(Vec<ActivityEntry>),
    /// Of `Feed::Records`: the next part.
    Records(Box<RecordsChunk>),
}

/// Names a mirror topic among all: cluster, link, mirror topic.
pub type MirrorKey = (ClusterName, LinkName, TopicName);

/// Why a subscription ended.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum EndReason {
    /// The client asked for it.
    Unsubscribed,
    /// What it followed does not exist, or no longer.
    NotFound {
        /// What is missing, in words.
        message: String,
    },
    /// The principal may not see it.
    Denied {
        /// What is missing, in words.
        message: String,
    },
    /// All of it was sent.
    Finished,
    /// It cannot be followed as asked.
    Refused(Box<WireError>),
}
