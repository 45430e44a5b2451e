//! Brokers and partitions in words: what each needs said, and in which order.

use std::cmp::Ordering;

use drawbridge_shared::order;
use drawbridge_shared::view::{
    BrokerRole, BrokerRow, BrokerState, BrokersView, PartitionTrouble, QuorumView,
    ReplicationCounts, TroubledPartition,
};

use super::filter::Needles;
use super::number::counted;
use super::role::StateRole;
use super::sort::{Direction, known_first, natural};

/// What brokers can be sorted by.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub enum BrokerColumn {
    /// Node id.
    #[default]
    Id,
    /// Those that are not there first.
    State,
    /// Partitions led.
    Leaders,
    /// Replicas placed.
    Replicas,
    /// Replicas not in sync.
    OutOfSync,
    /// Bytes of data.
    Data,
    /// Bytes free.
    Free,
}

impl BrokerColumn {
    /// All of them.
    pub const ALL: [Self; 7] = [
        Self::Id,
        Self::State,
        Self::Leaders,
        Self::Replicas,
        Self::OutOfSync,
        Self::Data,
        Self::Free,
    ];

    /// Its name.
    #[must_use]
    pub fn key(self) -> &'static str {
        match self {
            Self::Id => "id",
            Self::State => "state",
            Self::Leaders => "leaders",
            Self::Replicas => "replicas",
            Self::OutOfSync => "out-of-sync",
            Self::Data => "data",
            Self::Free => "free",
        }
    }

    /// The column of that name.
    #[must_use]
    pub fn of_key(key: &str) -> Option<Self> {
        Self::ALL.into_iter().find(|column| column.key() == key)
    }

    /// The direction that a first click asks for: trouble first.
    #[must_use]
    pub fn first(self) -> Direction {
        match self {
            Self::Id | Self::Free => Direction::Ascending,
            _ => Direction::Descending,
        }
    }
}

/// Node ids in order; ties, and what is unknown, by id.
#[must_use]
pub fn ordered(rows: &[BrokerRow], column: BrokerColumn, direction: Direction) -> Vec<i32> {
    let compare = |a: &BrokerRow, b: &BrokerRow| -> Ordering {
        let known = |x: Option<u64>, y: Option<u64>| known_first(x.as_ref(), y.as_ref(), direction);
        match column {
            BrokerColumn::Id => direction.apply(a.id.cmp(&b.id)),
            BrokerColumn::State => direction.apply(rank(a.state).cmp(&rank(b.state))),
            BrokerColumn::Leaders => direction.apply(a.n_leaders.cmp(&b.n_leaders)),
            BrokerColumn::Replicas => direction.apply(a.n_replicas.cmp(&b.n_replicas)),
            BrokerColumn::OutOfSync => direction.apply(a.n_out_of_sync.cmp(&b.n_out_of_sync)),
            BrokerColumn::Data => known(Disk::of(a).used, Disk::of(b).used),
            BrokerColumn::Free => known(Disk::of(a).free, Disk::of(b).free),
        }
        .then_with(|| a.id.cmp(&b.id))
    };
    let mut sorted: Vec<&BrokerRow> = rows.iter().collect();
    order::sort_by(&mut sorted, |a, b| compare(a, b));
    sorted.into_iter().map(|row| row.id).collect()
}

fn rank(state: BrokerState) -> u8 {
    match state {
        BrokerState::Up => 0,
        BrokerState::NoAnswer => 1,
        BrokerState::Fenced => 2,
        BrokerState::Missing => 3,
    }
}

/// A broker's state in a word, and what it asks for.
#[must_use]
pub fn state(state: BrokerState) -> (StateRole, &'static str) {
    match state {
        BrokerState::Up => (StateRole::Ok, "up"),
        BrokerState::NoAnswer => (StateRole::Attention, "no answer"),
        BrokerState::Fenced => (StateRole::Failed, "fenced"),
        BrokerState::Missing => (StateRole::Failed, "not there"),
    }
}

/// What a broker's state means.
#[must_use]
pub fn state_meaning(row: &BrokerRow) -> String {
    match (row.state, &row.fault) {
        (BrokerState::Up, _) => "It answers, and the cluster counts on it.".to_owned(),
        (BrokerState::NoAnswer, Some(fault)) => format!("{}. {}", fault.summary, fault.remedy),
        (BrokerState::NoAnswer, None) => "The gateway does not reach it.".to_owned(),
        (BrokerState::Fenced, _) => {
            "It is registered, but the controller keeps clients away from it: it is starting, stopping or cut off."
                .to_owned()
        }
        (BrokerState::Missing, _) => {
            "It has replicas, and is not in the cluster. Start it, or move its replicas elsewhere.".to_owned()
        }
    }
}

/// What a broker is beside a broker.
#[must_use]
pub fn role(role: Option<BrokerRole>) -> Option<&'static str> {
    match role? {
        BrokerRole::ActiveController => Some("active controller"),
        BrokerRole::Controller => Some("controller"),
        BrokerRole::Broker => None,
    }
}

/// Sums over a broker's log directories.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub struct Disk {
    /// Bytes of replicas; none unless all directories tell.
    pub used: Option<u64>,
    /// Bytes free on the fullest of its volumes. No sum: directories may share a volume.
    pub free: Option<u64>,
    /// Directories.
    pub n_dirs: usize,
    /// Directories that are offline.
    pub n_offline: usize,
}

impl Disk {
    /// Of a broker.
    #[must_use]
    pub fn of(row: &BrokerRow) -> Self {
        let Some(dirs) = &row.log_dirs else { return Self::default() };
        Self {
            used: sum(dirs.iter().map(|dir| dir.used_bytes)),
            free: dirs.iter().filter_map(|dir| dir.usable_bytes).min(),
            n_dirs: dirs.len(),
            n_offline: dirs.iter().filter(|dir| dir.error.is_some()).count(),
        }
    }
}

/// A sum; none unless every part is known.
fn sum(mut parts: impl Iterator<Item = Option<u64>>) -> Option<u64> {
    parts.try_fold(0u64, |sum, part| sum.checked_add(part?))
}

/// Sum of the data on all brokers; none unless every broker that is there tells.
#[must_use]
pub fn data(view: &BrokersView) -> Option<u64> {
    let there = view.rows.iter().filter(|row| row.state != BrokerState::Missing);
    sum(there.map(|row| Disk::of(row).used))
}

/// The controllers in words: `3 vote, 2 is active`.
#[must_use]
pub fn controllers(quorum: &QuorumView) -> String {
    let voters =
        counted(u64::try_from(quorum.voters.len()).unwrap_or(0), "node votes", "nodes vote");
    match quorum.leader {
        Some(leader) => format!("node {leader} is active; {voters}"),
        None => format!("none is active now; {voters}"),
    }
}

/// How many partitions lack this; none when that is not known.
#[must_use]
pub fn count_of(counts: &ReplicationCounts, trouble: PartitionTrouble) -> Option<u64> {
    match trouble {
        PartitionTrouble::Offline => Some(counts.offline.into()),
        PartitionTrouble::UnderMinIsr => counts.under_min_isr.map(Into::into),
        PartitionTrouble::UnderReplicated => Some(counts.under_replicated.into()),
        PartitionTrouble::NotPreferred => Some(counts.not_preferred.into()),
    }
}

/// What a number of partitions that lack this asks for.
#[must_use]
pub fn trouble_role(trouble: PartitionTrouble, n: Option<u64>) -> StateRole {
    match (n, trouble) {
        (None, _) => StateRole::Unknown,
        (Some(0), _) => StateRole::Ok,
        (Some(_), PartitionTrouble::Offline | PartitionTrouble::UnderMinIsr) => StateRole::Failed,
        (Some(_), _) => StateRole::Attention,
    }
}

/// A trouble as a heading.
#[must_use]
pub fn trouble_name(trouble: PartitionTrouble) -> &'static str {
    match trouble {
        PartitionTrouble::Offline => "Offline",
        PartitionTrouble::UnderMinIsr => "Under min ISR",
        PartitionTrouble::UnderReplicated => "Under-replicated",
        PartitionTrouble::NotPreferred => "Leader not preferred",
    }
}

/// A trouble in a few words, in a row.
#[must_use]
pub fn trouble_word(trouble: PartitionTrouble) -> &'static str {
    match trouble {
        PartitionTrouble::Offline => "offline",
        PartitionTrouble::UnderMinIsr => "under min ISR",
        PartitionTrouble::UnderReplicated => "under-replicated",
        PartitionTrouble::NotPreferred => "not preferred",
    }
}

/// What a trouble means for those who read and write.
#[must_use]
pub fn trouble_meaning(trouble: PartitionTrouble) -> &'static str {
    match trouble {
        PartitionTrouble::Offline => "no leader: cannot be read or written",
        PartitionTrouble::UnderMinIsr => "writes with acks=all are refused",
        PartitionTrouble::UnderReplicated => "a replica is missing or behind",
        PartitionTrouble::NotPreferred => "load is not spread as it was laid out",
    }
}

/// A partition's key in a table.
#[must_use]
pub fn key(row: &TroubledPartition) -> String {
    format!("{}-{}", row.topic, row.partition)
}

/// The partition of a key; rows are in order of topic and number.
#[must_use]
pub fn of_key<'a>(rows: &'a [TroubledPartition], key: &str) -> Option<&'a TroubledPartition> {
    let (topic, number) = key.rsplit_once('-')?;
    let number: i32 = number.parse().ok()?;
    let at = rows.binary_search_by(|row| (row.topic.as_str(), row.partition).cmp(&(topic, number)));
    rows.get(at.ok()?)
}

/// Whether a partition is shown under a search and a trouble.
#[must_use]
pub fn is_shown(
    row: &TroubledPartition,
    needles: &Needles,
    show: Option<PartitionTrouble>,
) -> bool {
    show.is_none_or(|trouble| row.has(trouble)) && needles.matches(&row.topic)
}

/// Keys of the partitions to show, the worst first, then by name.
#[must_use]
pub fn shown(
    rows: &[TroubledPartition],
    search: &str,
    show: Option<PartitionTrouble>,
) -> Vec<String> {
    let needles = Needles::new(search);
    let mut found: Vec<&TroubledPartition> =
        rows.iter().filter(|row| is_shown(row, &needles, show)).collect();
    let worst = |row: &TroubledPartition| {
        PartitionTrouble::ALL.into_iter().position(|trouble| row.has(trouble))
    };
    order::sort_by(&mut found, |a, b| {
        worst(a)
            .cmp(&worst(b))
            .then_with(|| natural(&a.topic, &b.topic))
            .then_with(|| a.partition.cmp(&b.partition))
    });
    found.into_iter().map(key).collect()
}

#[cfg(test)]
#[path = "brokers/tests.rs"]
mod tests;
