//! What can be asked once, and the answers.

use serde::{Deserialize, Serialize};

use crate::access::{Acl, AclSelection, ScramMechanism, UserDraft};
use crate::draft::{ClusterDraft, ConfigChange, LinkDraft, MirrorDraft, TopicDraft};
use crate::link::{ConfigRow, LinkName};
use crate::names::{ClusterName, TopicName};
use crate::record::{ProduceCodec, ProducedRow, RecordDraft};
use crate::view::{
    AclResultRow, AclsView, BrokerReplicasView, CompareView, ConfigEntryView, Decoding,
    ElectionKind, ElectionRow, GroupOffsetResult, GroupOffsetRow, HistoryPoint, LinkCheck,
    LinkPrincipalRow, MirrorAction, MirrorActionRow, MirrorCreateRow, PartitionPosition,
    ProbeReport, PurgeRow, RecordView, ResetMove, ResetPlan, ResetScope, ResetTarget,
    SourceTopicRow, UsersView, VerifyRange,
};

/// Something asked of the gateway. Every change can be sent with `validate_only` where Kafka can check
/// without doing.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Request {
    /// Try a connection without keeping it.
    TestConnection {
        /// The cluster as typed.
        draft: ClusterDraft,
    },
    /// Try the connection of a cluster the gateway has.
    TestCluster {
        /// Which.
        cluster: ClusterName,
    },
    /// Add a cluster; it is shown as down if it does not answer.
    AddCluster {
        /// The cluster as typed.
        draft: ClusterDraft,
    },
    /// Forget a cluster that was added from the console.
    RemoveCluster {
        /// Which.
        cluster: ClusterName,
    },
    /// Create a topic.
    CreateTopic {
        /// On which cluster.
        cluster: ClusterName,
        /// The topic as typed.
        draft: TopicDraft,
        /// Only let the broker check it.
        validate_only: bool,
    },
    /// Delete a topic with all its records.
    DeleteTopic {
        /// On which cluster.
        cluster: ClusterName,
        /// Which topic.
        topic: TopicName,
        /// The topic id that was looked at; a topic made again under the name is refused as a conflict.
        topic_id: Option<String>,
    },
    /// Raise the number of partitions.
    AddPartitions {
        /// On which cluster.
        cluster: ClusterName,
        /// Which topic.
        topic: TopicName,
        /// The number wanted in all.
        total: u32,
        /// Only let the broker check it.
        validate_only: bool,
    },
    /// Delete the records below an offset in each partition named (DeleteRecords, KIP-107).
    PurgeTopic {
        /// On which cluster.
        cluster: ClusterName,
        /// Which topic.
        topic: TopicName,
        /// The topic id that was looked at.
        topic_id: Option<String>,
        /// Partition and first offset to keep; -1 keeps nothing that is there now.
        before: Vec<(i32, i64)>,
    },
    /// Read a topic's configurations.
    TopicConfigs {
        /// On which cluster.
        cluster: ClusterName,
        /// Which topic.
        topic: TopicName,
    },
    /// Read the configurations a topic created now would get, for the create form.
    TopicDefaults {
        /// On which cluster.
        cluster: ClusterName,
    },
    /// Change a topic's configurations, all or none.
    AlterTopicConfigs {
        /// On which cluster.
        cluster: ClusterName,
        /// Which topic.
        topic: TopicName,
        /// The changes.
        changes: Vec<ConfigChange>,
        /// Only let the broker check them.
        validate_only: bool,
    },
    /// Read a broker's configurations.
    BrokerConfigs {
        /// On which cluster.
        cluster: ClusterName,
        /// Node id.
        broker: i32,
    },
    /// Read what all brokers of a cluster have in common while running: every configuration that can be set for all
    /// at once.
    BrokerDefaults {
        /// On which cluster.
        cluster: ClusterName,
    },
    /// Change configurations of a broker, or those of all brokers, all or none.
    AlterBrokerConfigs {
        /// On which cluster.
        cluster: ClusterName,
        /// Node id; none for the defaults of all brokers.
        broker: Option<i32>,
        /// The changes.
        changes: Vec<ConfigChange>,
        /// Only let the broker check them.
        validate_only: bool,
    },
    /// Read what lies on a broker's disks.
    BrokerReplicas {
        /// On which cluster.
        cluster: ClusterName,
        /// Node id.
        broker: i32,
    },
    /// Elect leaders of partitions.
    ElectLeaders {
        /// On which cluster.
        cluster: ClusterName,
        /// Which replica may become leader.
        election: ElectionKind,
        /// Topics and partition numbers.
        partitions: Vec<(String, i32)>,
    },
    /// Check everything about a half of a link without creating it.
    CheckLink {
        /// The cluster it would live on.
        cluster: ClusterName,
        /// The link as typed.
        draft: LinkDraft,
    },
    /// Create a half of a link.
    CreateLink {
        /// The cluster it is to live on.
        cluster: ClusterName,
        /// The link as typed.
        draft: LinkDraft,
    },
    /// Delete a half of a link; its mirrors stay as they are, those not stopped only by force.
    DeleteLink {
        /// The cluster it lives on.
        cluster: ClusterName,
        /// Which link.
        link: LinkName,
        /// Also when it still has mirrors that are not stopped.
        force: bool,
    },
    /// Read a link's configs.
    LinkConfigs {
        /// The cluster it lives on.
        cluster: ClusterName,
        /// Which link.
        link: LinkName,
    },
    /// Change a link's configs, all or none.
    AlterLinkConfigs {
        /// The cluster it lives on.
        cluster: ClusterName,
        /// Which link.
        link: LinkName,
        /// The changes.
        changes: Vec<ConfigChange>,
        /// Only check them.
        validate_only: bool,
    },
    /// Read what a link, or one mirror of it, did in the last half hour.
    LinkHistory {
        /// The cluster it lives on.
        cluster: ClusterName,
        /// Which link.
        link: LinkName,
        /// One of its mirrors; none for the whole link.
        topic: Option<TopicName>,
    },
    /// Read the topics of a link's source cluster.
    SourceTopics {
        /// The cluster the link lives on.
        cluster: ClusterName,
        /// Which link.
        link: LinkName,
    },
    /// Read where the consumer groups of a link's mirrors stand on both sides.
    LinkGroups {
        /// The cluster the link lives on.
        cluster: ClusterName,
        /// Which link.
        link: LinkName,
        /// One of its mirrors; none for all.
        topic: Option<TopicName>,
    },
    /// Create mirror topics.
    CreateMirrors {
        /// The cluster the link lives on.
        cluster: ClusterName,
        /// Which link.
        link: LinkName,
        /// The mirrors.
        drafts: Vec<MirrorDraft>,
    },
    /// Promote, fail over, pause or resume mirror topics.
    ActOnMirrors {
        /// The cluster the link lives on.
        cluster: ClusterName,
        /// Which link.
        link: LinkName,
        /// What to do.
        action: MirrorAction,
        /// Which mirror topics.
        topics: Vec<TopicName>,
        /// Only say what would be done.
        validate_only: bool,
    },
    /// Compare mirrors with their sources, record by record; `Feed::Verify` shows how it goes on.
    VerifyMirrors {
        /// The cluster the link lives on.
        cluster: ClusterName,
        /// Which link.
        link: LinkName,
        /// Which mirror topics; none named for all.
        topics: Vec<TopicName>,
        /// Which records of each partition.
        range: VerifyRange,
    },
    /// End the comparison of a link's mirrors that is under way.
    CancelVerify {
        /// The cluster the link lives on.
        cluster: ClusterName,
        /// Which link.
        link: LinkName,
    },
    /// Read a stretch of a mirror's partition beside the same offsets of its source.
    CompareRecords {
        /// The cluster the link lives on.
        cluster: ClusterName,
        /// Which link.
        link: LinkName,
        /// Which mirror topic.
        topic: TopicName,
        /// Which partition.
        partition: i32,
        /// From which offset on; none for the newest ones of the mirror.
        from: Option<i64>,
        /// How many offsets, at most [`crate::view::MAX_COMPARED`].
        count: u32,
    },
    /// Write records.
    Produce {
        /// To which cluster.
        cluster: ClusterName,
        /// To which topic.
        topic: TopicName,
        /// The records as typed, at most [`crate::record::MAX_DRAFTS`].
        records: Vec<RecordDraft>,
        /// How often; at most so many that all records together are no more.
        #[serde(default = "once")]
        copies: u32,
        /// How they are compressed.
        #[serde(default)]
        codec: ProduceCodec,
    },
    /// Say what a reset of a group's offsets would do, without doing it.
    PlanGroupReset {
        /// On which cluster.
        cluster: ClusterName,
        /// Group id.
        group: String,
        /// Which partitions; none named for all the group has committed offsets of.
        scope: Vec<ResetScope>,
        /// Where to.
        target: ResetTarget,
    },
    /// Commit offsets for a group without members, exactly those of a plan that was looked at. Refused as a
    /// conflict, whole, when a committed offset is another one than then.
    ResetGroup {
        /// On which cluster.
        cluster: ClusterName,
        /// Group id.
        group: String,
        /// The offsets.
        moves: Vec<ResetMove>,
    },
    /// Delete a group without members, with its offsets.
    DeleteGroup {
        /// On which cluster.
        cluster: ClusterName,
        /// Group id.
        group: String,
    },
    /// Delete a group's committed offsets of topics that no member reads.
    DeleteGroupOffsets {
        /// On which cluster.
        cluster: ClusterName,
        /// Group id.
        group: String,
        /// Which topics.
        topics: Vec<TopicName>,
    },
    /// Read the SCRAM users of a cluster.
    Users {
        /// Which cluster.
        cluster: ClusterName,
    },
    /// Create or replace a SCRAM credential.
    SetUser {
        /// On which cluster.
        cluster: ClusterName,
        /// The credential as typed.
        draft: UserDraft,
        /// Whether one of this user and mechanism is to be replaced. One that is there unexpectedly, or not
        /// there, is refused.
        replace: bool,
    },
    /// Delete a user's SCRAM credentials.
    DeleteUser {
        /// On which cluster.
        cluster: ClusterName,
        /// Whose.
        user: String,
        /// Only the one of this mechanism; none for all.
        mechanism: Option<ScramMechanism>,
    },
    /// Read ACLs of a cluster.
    Acls {
        /// Which cluster.
        cluster: ClusterName,
        /// Which of them.
        #[serde(default)]
        selection: AclSelection,
    },
    /// Create ACLs; one that exists already is done.
    CreateAcls {
        /// On which cluster.
        cluster: ClusterName,
        /// The ACLs as typed.
        acls: Vec<Acl>,
    },
    /// Delete exactly these ACLs; one that does not exist is done.
    DeleteAcls {
        /// On which cluster.
        cluster: ClusterName,
        /// The ACLs.
        acls: Vec<Acl>,
    },
    /// Read who the links of this gateway are on their clusters.
    LinkPrincipals,
    /// Read one record whole.
    ReadRecord {
        /// On which cluster.
        cluster: ClusterName,
        /// Of which topic.
        topic: TopicName,
        /// In which partition.
        partition: i32,
        /// At which offset.
        offset: i64,
        /// How its key is shown.
        #[serde(default)]
        key_decoding: Decoding,
        /// How its value is shown.
        #[serde(default)]
        value_decoding: Decoding,
        /// How the values of its headers are shown.
        #[serde(default)]
        header_decoding: Decoding,
    },
    /// Read records whose places are known again, as a search shows them.
    ReadRecords {
        /// On which cluster.
        cluster: ClusterName,
        /// Of which topic.
        topic: TopicName,
        /// Where they are, at most [`crate::view::MAX_PLACES`].
        places: Vec<PartitionPosition>,
        /// How their keys are shown.
        #[serde(default)]
        key_decoding: Decoding,
        /// How their values are shown.
        #[serde(default)]
        value_decoding: Decoding,
        /// JSONPaths into their values, as in a query.
        #[serde(default, skip_serializing_if = "Vec::is_empty")]
        paths: Vec<String>,
    },
}

const fn once() -> u32 {
    1
}

/// What came of a request; the variant follows from the request.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Response {
    /// It was done, or, with `validate_only`, the broker would do it.
    Done,
    /// Of `TestConnection` and `TestCluster`.
    Probe(ProbeReport),
    /// Of `TopicConfigs`, `TopicDefaults`, `BrokerConfigs` and `BrokerDefaults`.
    Configs(Vec<ConfigEntryView>),
    /// Of `BrokerReplicas`.
    BrokerReplicas(BrokerReplicasView),
    /// Of `ElectLeaders`, in the order of the partitions.
    Elected(Vec<ElectionRow>),
    /// Of `PurgeTopic`, by partition.
    Purged(Vec<PurgeRow>),
    /// Of `CheckLink`.
    LinkChecked(LinkCheck),
    /// Of `LinkConfigs`.
    LinkConfigs(Vec<ConfigRow>),
    /// Of `LinkHistory`, oldest first.
    History(Vec<HistoryPoint>),
    /// Of `SourceTopics`, by name.
    SourceTopics(Vec<SourceTopicRow>),
    /// Of `LinkGroups`, by group, topic and partition.
    GroupOffsets(Vec<GroupOffsetRow>),
    /// Of `CreateMirrors`, in the order they were asked for.
    MirrorsCreated(Vec<MirrorCreateRow>),
    /// Of `ActOnMirrors`, by name.
    MirrorActions(Vec<MirrorActionRow>),
    /// Of `VerifyMirrors`: the comparison's number.
    VerifyStarted(u64),
    /// Of `CompareRecords`.
    Compared(Box<CompareView>),
    /// Of `Produce`, in the order of the records.
    Produced(Vec<ProducedRow>),
    /// Of `PlanGroupReset`.
    ResetPlanned(ResetPlan),
    /// Of `ResetGroup` and `DeleteGroupOffsets`, by topic and partition.
    GroupOffsetsChanged(Vec<GroupOffsetResult>),
    /// Of `Users`.
    Users(UsersView),
    /// Of `Acls`.
    Acls(Box<AclsView>),
    /// Of `CreateAcls` and `DeleteAcls`, in the order they were asked for.
    AclResults(Vec<AclResultRow>),
    /// Of `LinkPrincipals`, by cluster and link.
    LinkPrincipals(Vec<LinkPrincipalRow>),
    /// Of `ReadRecord`.
    Record(Box<RecordView>),
    /// Of `ReadRecords`, in the order of the places; none where there is no record any more.
    Records(Vec<Option<RecordView>>),
}
