//! Consumer groups: what state each is in, which one needs somebody first, and who reads what.

use std::cmp::Ordering;

use drawbridge_shared::order;
use drawbridge_shared::view::{
    GroupKind, GroupMemberView, GroupPartitionView, GroupRow, GroupState, GroupsView, LagTrend,
};

use super::filter::Needles;
use super::lag;
use super::links::read_sort;
use super::number::{UNKNOWN, count, counted};
use super::role::StateRole;
use super::sort::{known_first, natural};

/// Name of a group among all: `cluster/group`. Names of clusters contain no slash.
#[must_use]
pub fn key(row: &GroupRow) -> String {
    format!("{}/{}", row.cluster, row.group)
}

/// The group of a key.
#[must_use]
pub fn find<'a>(rows: &'a [GroupRow], of: &str) -> Option<&'a GroupRow> {
    let (cluster, group) = of.split_once('/')?;
    rows.iter().find(|row| row.cluster.as_str() == cluster && row.group == group)
}

/// Whether nobody reads although something waits.
#[must_use]
pub fn is_left(row: &GroupRow) -> bool {
    row.n_members == Some(0) && row.lag.is_some_and(|lag| lag > 0)
}

/// Whether its members read more slowly than producers write.
#[must_use]
pub fn is_falling_behind(row: &GroupRow) -> bool {
    row.trend == Some(LagTrend::Rising)
}

/// What the page's head counts; none for what was not read of any cluster yet.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub struct Counts {
    /// Groups.
    pub all: Option<u64>,
    /// Those that fall behind.
    pub falling_behind: Option<u64>,
    /// Those that nobody reads although something waits.
    pub left: Option<u64>,
}

impl Counts {
    /// Counts the groups of a list, if one came.
    #[must_use]
    pub fn of(view: Option<&GroupsView>) -> Self {
        let Some(GroupsView { reads, rows }) = view else { return Self::default() };
        let n_where = |wanted: fn(&GroupRow) -> bool| {
            rows.iter().filter(|row| wanted(row)).count().try_into().unwrap_or(u64::MAX)
        };
        let is_listed = reads.iter().any(|read| read.observed_at_ms.is_some());
        let is_measured = reads.iter().any(|read| read.measured_at_ms.is_some());
        let has_lags = rows.is_empty() || rows.iter().any(|row| row.lag.is_some());
        // A lag has no trend before it was looked at for a while.
        let has_trends = rows.is_empty() || rows.iter().any(|row| row.trend.is_some());
        Self {
            all: is_listed.then(|| n_where(|_| true)),
            falling_behind: (is_measured && has_trends).then(|| n_where(is_falling_behind)),
            left: (is_measured && has_lags).then(|| n_where(is_left)),
        }
    }
}

/// Whether its members are about to get other partitions.
#[must_use]
pub fn is_rebalancing(state: GroupState) -> bool {
    matches!(
        state,
        GroupState::PreparingRebalance
            | GroupState::CompletingRebalance
            | GroupState::Assigning
            | GroupState::Reconciling
            | GroupState::NotReady
    )
}

/// A group's badge: its state as the API spells it, and what is wrong beyond it.
#[must_use]
pub fn badge(row: &GroupRow) -> (StateRole, String) {
    let word = row.state.as_str().replace('_', " ");
    match row.state {
        _ if is_falling_behind(row) => (StateRole::Attention, format!("{word} · falling behind")),
        state if is_rebalancing(state) => (StateRole::Attention, word),
        GroupState::Stable => (StateRole::Ok, word),
        _ => (StateRole::Unknown, word),
    }
}

/// What the badge means, in a sentence.
#[must_use]
pub fn meaning(row: &GroupRow) -> &'static str {
    match row.state {
        GroupState::Stable if is_falling_behind(row) => {
            "Producers write faster than its members read."
        }
        GroupState::Stable if row.kind == GroupKind::Share => {
            "Its members read, and share partitions among them."
        }
        GroupState::Stable => "Its members read, each its own partitions.",
        GroupState::Empty if row.kind == GroupKind::Share && !is_left(row) => {
            "Nobody reads now; the broker keeps where it stands."
        }
        GroupState::Empty if is_left(row) => "Nobody reads now, and records wait.",
        GroupState::Empty => "Nobody reads now; its offsets are kept until they expire.",
        GroupState::Dead => "It is about to go.",
        GroupState::NotReady => {
            "Topics that it reads are missing, or are partitioned otherwise than it needs."
        }
        GroupState::Unknown => "The broker uses a word that this version does not know.",
        _ => "Partitions are being handed out anew; nobody may read meanwhile.",
    }
}

/// How bad it is; larger needs somebody sooner.
#[must_use]
pub fn trouble(row: &GroupRow) -> u8 {
    match row.state {
        _ if is_falling_behind(row) => 4,
        state if is_rebalancing(state) => 3,
        _ if is_left(row) => 2,
        GroupState::Stable => 1,
        _ => 0,
    }
}

/// An arrow for a trend, with its words; the arrow alone would be read by few.
#[must_use]
pub fn trend(trend: Option<LagTrend>) -> (&'static str, &'static str) {
    match trend {
        Some(LagTrend::Rising) => ("▲", "rising within the last minute"),
        Some(LagTrend::Falling) => ("▼", "falling within the last minute"),
        Some(LagTrend::Steady) => ("", "steady within the last minute"),
        None => ("", ""),
    }
}

/// Keys of the groups to show, in order.
#[must_use]
pub fn shown(view: &GroupsView, q: &str, state: &str, sort: &str) -> Vec<String> {
    let needles = Needles::new(q);
    let text = |row: &GroupRow| {
        let mut text = format!("{} {}", row.group, row.cluster);
        for topic in &row.topics {
            text.push(' ');
            text.push_str(&topic.topic);
        }
        text
    };
    let has_state = |row: &GroupRow| match state {
        "" => true,
        "trouble" => trouble(row) > 1,
        "rebalancing" => is_rebalancing(row.state),
        state => row.state.as_str().eq_ignore_ascii_case(state),
    };
    let rows = view.rows.iter();
    let mut picked: Vec<&GroupRow> = rows
        .filter(|row| has_state(row) && (needles.is_empty() || needles.matches(&text(row))))
        .collect();
    order::sort_by(&mut picked, |a, b| compare(a, b, sort));
    picked.into_iter().map(key).collect()
}

fn compare(a: &GroupRow, b: &GroupRow, sort: &str) -> Ordering {
    let (column, by) = read_sort(sort);
    let first = match column {
        "group" => by.apply(natural(&a.group, &b.group)),
        "cluster" => by.apply(natural(a.cluster.as_str(), b.cluster.as_str())),
        "state" => by.apply(trouble(a).cmp(&trouble(b))),
        "kind" => by.apply(a.kind.cmp(&b.kind)),
        "members" => known_first(a.n_members.as_ref(), b.n_members.as_ref(), by),
        "topics" => by.apply(a.topics.len().cmp(&b.topics.len())),
        "lag" => known_first(a.lag.as_ref(), b.lag.as_ref(), by),
        _ => (trouble(b), b.lag).cmp(&(trouble(a), a.lag)),
    };
    first.then_with(|| natural(&a.group, &b.group)).then_with(|| key(a).cmp(&key(b)))
}

/// A lag in a cell: `1,204`, `–`.
#[must_use]
pub fn lag_words(row: &GroupRow) -> String {
    lag::records(row.lag)
}

/// Members in a cell; share groups do not tell theirs.
#[must_use]
pub fn members_words(row: &GroupRow) -> String {
    row.n_members.map_or_else(|| UNKNOWN.to_owned(), |n| count(u64::from(n)))
}

/// Lag in records and time: `1,204 records · 3.1 s`.
#[must_use]
pub fn behind(records: Option<i64>, behind_ms: Option<i64>) -> String {
    match records {
        None => UNKNOWN.to_owned(),
        Some(..=0) => "nothing waits".to_owned(),
        Some(n) => match behind_ms {
            None => counted(n.unsigned_abs(), "record", "records"),
            Some(_) => {
                let records = counted(n.unsigned_abs(), "record", "records");
                format!("{records} · {}", lag::span(behind_ms))
            }
        },
    }
}

/// What a member reads: `orders 0–3, 7 · carts 1`.
#[must_use]
pub fn assignment(member: &GroupMemberView) -> String {
    let each = member.assignment.iter();
    let words: Vec<String> =
        each.map(|(topic, partitions)| format!("{topic} {}", ranges(partitions))).collect();
    if words.is_empty() { "nothing".to_owned() } else { words.join(" · ") }
}

/// Sorted numbers, runs drawn together: `0–3, 7`.
#[must_use]
pub fn ranges(numbers: &[i32]) -> String {
    let mut words: Vec<String> = Vec::new();
    for run in numbers.chunk_by(|a, b| a.checked_add(1) == Some(*b)) {
        match run {
            [] => {}
            [one] => words.push(one.to_string()),
            [first, second] => words.extend([first.to_string(), second.to_string()]),
            [first, .., last] => words.push(format!("{first}–{last}")),
        }
    }
    words.join(", ")
}

/// Name of a partition among all: `topic/number`.
#[must_use]
pub fn partition_key(partition: &GroupPartitionView) -> String {
    format!("{}/{}", partition.topic, partition.partition)
}

/// Where the group stands, as lines with tabs between; what is not known is left empty.
#[must_use]
pub fn offsets_text(partitions: &[GroupPartitionView]) -> String {
    let known = |offset: Option<i64>| offset.map(|offset| offset.to_string()).unwrap_or_default();
    let mut text = "topic\tpartition\tcommitted\tlog end\n".to_owned();
    for at in partitions {
        let (committed, end) = (known(at.committed), known(at.log_end));
        text.push_str(&format!("{}\t{}\t{committed}\t{end}\n", at.topic, at.partition));
    }
    text
}

/// The partition of a key.
#[must_use]
pub fn find_partition<'a>(
    partitions: &'a [GroupPartitionView],
    of: &str,
) -> Option<&'a GroupPartitionView> {
    let (topic, number) = of.rsplit_once('/')?;
    let number: i32 = number.parse().ok()?;
    partitions.iter().find(|at| at.partition == number && at.topic == topic)
}

/// What it is called.
#[must_use]
pub fn noun(kind: GroupKind) -> &'static str {
    match kind {
        GroupKind::Share => "share group",
        GroupKind::Streams => "streams group",
        GroupKind::Classic | GroupKind::Consumer | GroupKind::Unknown => "consumer group",
    }
}

/// What becomes of a group without members.
#[must_use]
pub fn without_members(kind: GroupKind) -> &'static str {
    match kind {
        GroupKind::Share => {
            "Nobody reads for this group now. The broker keeps where it stands, record by record."
        }
        _ => {
            "Nobody reads for this group now. Its offsets stay until they expire, seven days after the last member left unless the brokers' offsets.retention.minutes says otherwise."
        }
    }
}

/// Where the members of a group begin that has read nothing, and where they do after it was deleted.
#[must_use]
pub fn reset_config(kind: GroupKind) -> &'static str {
    match kind {
        GroupKind::Share => "share.auto.offset.reset",
        _ => "auto.offset.reset",
    }
}

/// Why the group's offsets cannot be changed from here whatever its members do, if so.
#[must_use]
pub fn why_no_offsets(row: &GroupRow) -> Option<String> {
    (row.kind == GroupKind::Share).then(|| {
        "The broker keeps where a share group stands: use kafka-share-groups.sh".to_owned()
    })
}

/// Whether a group is free of members, so that it can be changed: why not, if not.
#[must_use]
pub fn why_not(row: &GroupRow) -> Option<String> {
    match row.n_members {
        None => Some("Whether the group has members is not known yet".to_owned()),
        Some(0) => None,
        Some(n) => {
            let members = counted(u64::from(n), "member", "members");
            Some(format!("The group has {members}: stop its consumers first"))
        }
    }
}

#[cfg(test)]
mod tests;
