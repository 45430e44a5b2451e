//! Brokers, their disks, and partitions that lack something, as the console shows them.

use serde::{Deserialize, Serialize};

use super::FaultView;

/// The brokers of a cluster.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct BrokersView {
    /// When brokers and partitions were read.
    pub observed_at_ms: i64,
    /// When disks, versions and the quorum were read; none while the first reading is under way.
    pub measured_at_ms: Option<i64>,
    /// Why something is missing, e.g. a permission.
    pub fault: Option<String>,
    /// How the partitions of the topics the principal may see are.
    pub counts: ReplicationCounts,
    /// The quorum that keeps the cluster's metadata; none in ZooKeeper mode, or when it is not known.
    pub quorum: Option<QuorumView>,
    /// Brokers by node id, those that are not there but have replicas included.
    pub rows: Vec<BrokerRow>,
}

/// Partitions that lack something.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct ReplicationCounts {
    /// All partitions.
    pub n_partitions: u32,
    /// In-sync replicas are fewer than replicas.
    pub under_replicated: u32,
    /// In-sync replicas are fewer than `min.insync.replicas`, so that writes with `acks=all` are refused;
    /// none when the configuration of some topic is not known.
    pub under_min_isr: Option<u32>,
    /// Without a leader: they can neither be read nor written.
    pub offline: u32,
    /// Led by another replica than the first of the list.
    pub not_preferred: u32,
}

/// The quorum of controllers (KRaft).
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct QuorumView {
    /// Node id of the active controller; none while one is being elected.
    pub leader: Option<i32>,
    /// Controllers that vote, by node id, with the metadata records each lacks (none: not known).
    pub voters: Vec<(i32, Option<i64>)>,
}

/// Part of a broker in the quorum of controllers.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum BrokerRole {
    /// It is the active controller too.
    ActiveController,
    /// It is a controller too, and votes.
    Controller,
    /// It is a broker only.
    Broker,
}

/// Whether a broker is there.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum BrokerState {
    /// The cluster counts on it.
    Up,
    /// It is registered, but the controller keeps clients away from it (Kafka 4.0 on tells).
    Fenced,
    /// The cluster counts on it, and the gateway does not reach it.
    NoAnswer,
    /// It has replicas, and is not in the cluster.
    Missing,
}

/// One broker.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct BrokerRow {
    /// Node id.
    pub id: i32,
    /// Whether it is there.
    pub state: BrokerState,
    /// Why the gateway does not reach it.
    pub fault: Option<FaultView>,
    /// Advertised host; none for one that is not in the cluster.
    pub host: Option<String>,
    /// Advertised port.
    pub port: Option<i32>,
    /// `broker.rack`.
    pub rack: Option<String>,
    /// What it is beside a broker; none when that is not known.
    pub role: Option<BrokerRole>,
    /// Kafka release as far as the protocol tells.
    pub version: Option<String>,
    /// Features with the levels it supports.
    pub features: Vec<FeatureView>,
    /// Partitions it leads.
    pub n_leaders: u32,
    /// Partitions whose preferred leader it is.
    pub n_preferred: u32,
    /// Replicas placed on it.
    pub n_replicas: u32,
    /// Replicas on it that are not in sync.
    pub n_out_of_sync: u32,
    /// Its log directories by path; none when they are not known.
    pub log_dirs: Option<Vec<LogDirView>>,
}

/// A feature such as `metadata.version` (KIP-584).
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct FeatureView {
    /// Name.
    pub name: String,
    /// Lowest level supported.
    pub min: i32,
    /// Highest level supported.
    pub max: i32,
    /// The level in force in the cluster; none when the feature is off.
    pub finalized: Option<i32>,
}

/// A log directory (DescribeLogDirs).
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct LogDirView {
    /// Path on the broker.
    pub path: String,
    /// Why it is offline.
    pub error: Option<String>,
    /// Size of its volume in bytes; none before Kafka 3.3.
    pub total_bytes: Option<u64>,
    /// Bytes free on its volume.
    pub usable_bytes: Option<u64>,
    /// Bytes of the replicas in it; none when it is offline.
    pub used_bytes: Option<u64>,
    /// Replicas in it.
    pub n_replicas: u32,
    /// Replicas that are being moved into it.
    pub n_moving: u32,
}

/// What lies on a broker's disks.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct BrokerReplicasView {
    /// When it was read.
    pub read_at_ms: i64,
    /// How many replicas there are.
    pub n_all: u32,
    /// The largest [`MAX_REPLICAS`] of them, largest first.
    pub rows: Vec<DiskReplica>,
}

/// Replicas of a broker that are told at once.
pub const MAX_REPLICAS: usize = 20_000;

/// A replica on a disk.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct DiskReplica {
    /// Topic.
    pub topic: String,
    /// Partition number.
    pub partition: i32,
    /// Log directory it lies in.
    pub path: String,
    /// Bytes on disk; none when the number makes no sense.
    pub size_bytes: Option<u64>,
    /// Offsets that its log end lies behind the high watermark, or, for one that is being moved here, behind
    /// the replica it is to replace.
    pub offset_lag: i64,
    /// Whether it is being moved here from another directory.
    pub is_moving: bool,
}

/// Partitions that lack something.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct TroubledView {
    /// When partitions were read.
    pub observed_at_ms: i64,
    /// Why something is missing, e.g. a permission.
    pub fault: Option<String>,
    /// How all partitions are.
    pub counts: ReplicationCounts,
    /// The partitions that lack something, by topic and number.
    pub rows: Vec<TroubledPartition>,
}

/// What a partition may lack.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum PartitionTrouble {
    /// It has no leader.
    Offline,
    /// Its in-sync replicas are fewer than `min.insync.replicas`.
    UnderMinIsr,
    /// Its in-sync replicas are fewer than its replicas.
    UnderReplicated,
    /// Another replica than the first of the list leads it.
    NotPreferred,
}

impl PartitionTrouble {
    /// All of them, the worst first.
    pub const ALL: [Self; 4] =
        [Self::Offline, Self::UnderMinIsr, Self::UnderReplicated, Self::NotPreferred];
}

/// A partition that lacks something.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct TroubledPartition {
    /// Topic.
    pub topic: String,
    /// Partition number.
    pub partition: i32,
    /// Node id of the leader; none when offline.
    pub leader: Option<i32>,
    /// Node ids of the replicas, preferred leader first.
    pub replicas: Vec<i32>,
    /// Node ids of the replicas in sync; of an offline partition, those that were in sync last.
    pub isr: Vec<i32>,
    /// Node ids of the replicas on brokers or disks that are down.
    pub down: Vec<i32>,
    /// `min.insync.replicas` of the topic, where it is known.
    pub min_isr: Option<u32>,
}

impl TroubledPartition {
    /// The replica that is to lead: the first of the list.
    #[must_use]
    pub fn preferred(&self) -> Option<i32> {
        self.replicas.first().copied()
    }

    /// Whether it lacks this. `UnderMinIsr` is not told of topics whose configuration is not known.
    #[must_use]
    pub fn has(&self, trouble: PartitionTrouble) -> bool {
        match trouble {
            PartitionTrouble::Offline => self.leader.is_none(),
            PartitionTrouble::UnderReplicated => self.isr.len() < self.replicas.len(),
            // As Kafka's own tools have it: what has no leader takes no write either.
            PartitionTrouble::UnderMinIsr => {
                let n_in_sync = u32::try_from(self.isr.len()).unwrap_or(u32::MAX);
                self.min_isr.is_some_and(|min| self.leader.is_none() || n_in_sync < min)
            }
            PartitionTrouble::NotPreferred => {
                self.leader.is_some() && self.leader != self.preferred()
            }
        }
    }

    /// Why a preferred leader election would not change its leader; none when it would.
    #[must_use]
    pub fn why_not_preferred(&self) -> Option<String> {
        let Some(preferred) = self.preferred() else {
            return Some("it has no replicas".to_owned());
        };
        if self.leader == Some(preferred) {
            return Some(format!("broker {preferred} leads already"));
        }
        if self.down.contains(&preferred) {
            return Some(format!("its preferred leader, broker {preferred}, is down"));
        }
        if !self.isr.contains(&preferred) {
            return Some(format!("its preferred leader, broker {preferred}, is not in sync"));
        }
        None
    }

    /// The replica that an unclean election would make the leader, the first live one of the list; none when no
    /// replica is alive, or when the partition has a leader.
    #[must_use]
    pub fn unclean_leader(&self) -> Option<i32> {
        if self.leader.is_some() {
            return None;
        }
        self.replicas.iter().copied().find(|id| !self.down.contains(id))
    }
}

/// Which replica may become leader.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum ElectionKind {
    /// The first of the list, if it is in sync. Loses nothing.
    Preferred,
    /// Any live replica of a partition without leader, in sync or not. What only the others have is lost.
    Unclean,
}

/// What came of an election in one partition.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct ElectionRow {
    /// Topic.
    pub topic: String,
    /// Partition number.
    pub partition: i32,
    /// What came of it.
    pub outcome: ElectionOutcome,
    /// Why it was refused, in words.
    pub error: Option<String>,
}

/// What came of an election.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum ElectionOutcome {
    /// A leader was elected.
    Elected,
    /// There was nothing to do: it has the leader that was asked for.
    NotNeeded,
    /// It was refused, for the reason beside it.
    Refused,
}

#[cfg(test)]
mod tests {
    use super::*;

    fn partition(leader: Option<i32>, isr: &[i32], down: &[i32]) -> TroubledPartition {
        TroubledPartition {
            topic: "orders".into(),
            partition: 0,
            leader,
            replicas: vec![1, 2, 3],
            isr: isr.to_vec(),
            down: down.to_vec(),
            min_isr: Some(2),
        }
    }

    fn troubles(partition: &TroubledPartition) -> Vec<PartitionTrouble> {
        PartitionTrouble::ALL.into_iter().filter(|trouble| partition.has(*trouble)).collect()
    }

    #[test]
    fn a_partition_lacks_what_kafkas_own_tools_say() {
        use PartitionTrouble::{NotPreferred, Offline, UnderMinIsr, UnderReplicated};
        assert_eq!(troubles(&partition(Some(1), &[1, 2, 3], &[])), []);
        assert_eq!(troubles(&partition(Some(2), &[1, 2, 3], &[])), [NotPreferred]);
        assert_eq!(troubles(&partition(Some(2), &[2, 3], &[1])), [UnderReplicated, NotPreferred]);
        let at_the_edge = partition(Some(1), &[1], &[2, 3]);
        assert_eq!(troubles(&at_the_edge), [UnderMinIsr, UnderReplicated]);
        let unknown = TroubledPartition { min_isr: None, ..at_the_edge };
        assert_eq!(troubles(&unknown), [UnderReplicated]);
        assert_eq!(
            troubles(&partition(None, &[1], &[1])),
            [Offline, UnderMinIsr, UnderReplicated],
            "what has no leader is not led by the wrong one"
        );
    }

    #[test]
    fn a_preferred_leader_that_is_down_or_behind_is_not_elected() {
        let why = |partition: TroubledPartition| partition.why_not_preferred();
        assert_eq!(why(partition(Some(2), &[1, 2], &[])), None);
        assert!(why(partition(Some(1), &[1], &[])).unwrap().contains("leads already"));
        assert!(why(partition(Some(2), &[2], &[1])).unwrap().contains("is down"));
        assert!(why(partition(Some(2), &[2], &[])).unwrap().contains("not in sync"));
        assert_eq!(why(partition(None, &[1], &[])), None, "it gets its leader back");
    }

    #[test]
    fn an_unclean_election_takes_the_first_live_replica_of_a_partition_without_leader() {
        assert_eq!(partition(None, &[1], &[1]).unclean_leader(), Some(2));
        assert_eq!(partition(None, &[1], &[1, 2, 3]).unclean_leader(), None);
        assert_eq!(partition(Some(2), &[2], &[1]).unclean_leader(), None);
    }
}
