//! Groups as the console shows them, put together from what was read.

use std::collections::{BTreeMap, VecDeque};
use std::time::{Duration, Instant};

use drawbridge_kafka::admin::{
    TopicPartition,
    groups::{GroupDescription, GroupListing},
};
use drawbridge_shared::{
    names::ClusterName,
    view::{GroupMemberView, GroupPartitionView, GroupRow, GroupTopic, LagTrend},
};

use crate::ops::groups::{self, Committed, Ends};

/// How far back a trend looks.
const TREND: Duration = Duration::from_secs(60);
/// A trend of less than this is none.
const LEAST: Duration = Duration::from_secs(15);

/// A group of the list as a row; members and offsets where they were read.
pub(super) fn listed(
    cluster: &ClusterName,
    listing: &GroupListing,
    described: Option<&GroupDescription>,
    offsets: Option<&Committed>,
    ends: &Ends,
    trend: Option<LagTrend>,
) -> GroupRow {
    let topics = topics(described, offsets, ends);
    let kind = groups::kind(described.map_or(&listing.kind, |known| &known.kind));
    GroupRow {
        cluster: cluster.clone(),
        group: listing.id.clone(),
        // Brokers before 3.8 do not list the kind.
        kind,
        state: groups::state(described.map_or(&listing.state, |known| &known.state)),
        protocol: listing.protocol_type.clone(),
        coordinator: listing.coordinator,
        n_members: described.map(|known| count(known.members.len())),
        lag: offsets
            .filter(|offsets| !offsets.is_empty())
            .and_then(|offsets| lag_of(offsets, ends)),
        trend,
        topics,
    }
}

/// Records that are not read yet, over all committed offsets; none unless all are known.
pub(super) fn lag_of(offsets: &Committed, ends: &Ends) -> Option<i64> {
    sum(offsets.iter().map(|(partition, offset)| ends.lag(partition, *offset)))
}

fn sum(mut each: impl Iterator<Item = Option<i64>>) -> Option<i64> {
    each.try_fold(0i64, |sum, lag| sum.checked_add(lag?))
}

fn count(n: usize) -> u32 {
    u32::try_from(n).unwrap_or(u32::MAX)
}

fn topics(
    described: Option<&GroupDescription>,
    offsets: Option<&Committed>,
    ends: &Ends,
) -> Vec<GroupTopic> {
    let mut topics: BTreeMap<&str, (u32, Vec<Option<i64>>)> = BTreeMap::new();
    for (partition, offset) in offsets.into_iter().flatten() {
        let entry = topics.entry(&partition.topic).or_default();
        entry.1.push(ends.lag(partition, *offset));
    }
    for member in described.into_iter().flat_map(|known| &known.members) {
        let mut own: Vec<&str> = member.assignment.iter().map(|at| at.topic.as_str()).collect();
        own.sort_unstable();
        own.dedup();
        for topic in own {
            topics.entry(topic).or_default().0 += 1;
        }
    }
    let each = topics.into_iter().map(|(topic, (n_members, lags))| GroupTopic {
        topic: topic.to_owned(),
        n_members,
        lag: if lags.is_empty() { None } else { sum(lags.into_iter()) },
    });
    each.collect()
}

/// The members, by id.
pub(super) fn members(
    described: &GroupDescription,
    offsets: &Committed,
    ends: &Ends,
) -> Vec<GroupMemberView> {
    let view = |member: &drawbridge_kafka::admin::groups::GroupMember| {
        let mut assignment: BTreeMap<&str, Vec<i32>> = BTreeMap::new();
        for at in &member.assignment {
            assignment.entry(&at.topic).or_default().push(at.partition);
        }
        let each = assignment.into_iter().map(|(topic, mut partitions)| {
            partitions.sort_unstable();
            (topic.to_owned(), partitions)
        });
        // A partition without committed offset has not been read to anywhere yet.
        let lags = member.assignment.iter().map(|at| ends.lag(at, *offsets.get(at)?));
        GroupMemberView {
            id: member.id.clone(),
            instance_id: member.instance_id.clone(),
            client_id: member.client_id.clone(),
            host: groups::host(&member.host).to_owned(),
            assignment: each.collect(),
            lag: if member.assignment.is_empty() { None } else { sum(lags) },
        }
    };
    let mut members: Vec<GroupMemberView> = described.members.iter().map(view).collect();
    members.sort_by(|a, b| a.id.cmp(&b.id));
    members
}

/// The partitions with a committed offset or a reader, by topic and number.
pub(super) fn partitions(
    described: &GroupDescription,
    offsets: &Committed,
    ends: &Ends,
    behind_ms: impl Fn(&TopicPartition) -> Option<i64>,
) -> Vec<GroupPartitionView> {
    let mut readers: BTreeMap<&TopicPartition, Vec<String>> = BTreeMap::new();
    for member in &described.members {
        for at in &member.assignment {
            readers.entry(at).or_default().push(member.id.clone());
        }
    }
    let mut all: Vec<&TopicPartition> = offsets.keys().chain(readers.keys().copied()).collect();
    all.sort();
    all.dedup();
    let view = |at: &TopicPartition| {
        let committed = offsets.get(at).copied();
        let lag = committed.and_then(|offset| ends.lag(at, offset));
        GroupPartitionView {
            topic: at.topic.clone(),
            partition: at.partition,
            committed,
            log_start: ends.starts.get(at).copied(),
            log_end: ends.ends.get(at).copied(),
            lag,
            behind_ms: match lag {
                Some(0) => Some(0),
                Some(_) => behind_ms(at),
                None => None,
            },
            members: readers.get(at).cloned().unwrap_or_default(),
        }
    };
    all.into_iter().map(view).collect()
}

/// Lags of the last minute, from which a trend is told.
#[derive(Debug, Default)]
pub(super) struct Trend {
    seen: VecDeque<(Instant, i64)>,
}

impl Trend {
    /// Takes a lag in.
    pub(super) fn note(&mut self, now: Instant, lag: i64) {
        while self.seen.front().is_some_and(|(at, _)| now.duration_since(*at) > TREND) {
            self.seen.pop_front();
        }
        self.seen.push_back((now, lag));
    }

    /// Which way it went: the mean of the newer half against that of the older one, since commits come in bursts.
    pub(super) fn told(&self) -> Option<LagTrend> {
        let (first, last) = (self.seen.front()?.0, self.seen.back()?.0);
        if last.duration_since(first) < LEAST {
            return None;
        }
        let n_older = self.seen.len() / 2;
        let mean = |lags: &mut dyn Iterator<Item = i64>| {
            let (sum, n) =
                lags.fold((0i128, 0i128), |(sum, n), lag| (sum + i128::from(lag), n + 1));
            sum / n.max(1)
        };
        let older = mean(&mut self.seen.iter().take(n_older).map(|(_, lag)| *lag));
        let newer = mean(&mut self.seen.iter().skip(n_older).map(|(_, lag)| *lag));
        let least = older.max(newer) / 20;
        Some(match newer - older {
            grown if grown > least => LagTrend::Rising,
            grown if grown < -least => LagTrend::Falling,
            _ => LagTrend::Steady,
        })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn trend(lags: &[i64]) -> Option<LagTrend> {
        let (mut trend, start) = (Trend::default(), Instant::now());
        for (lag, second) in lags.iter().zip((0..).step_by(5)) {
            trend.note(start + Duration::from_secs(second), *lag);
        }
        trend.told()
    }

    #[test]
    fn a_trend_is_told_after_a_while_and_does_not_mind_bursts() {
        assert_eq!(trend(&[5, 900]), None);
        assert_eq!(trend(&[0, 0, 10, 20, 30]), Some(LagTrend::Rising));
        assert_eq!(trend(&[900, 700, 500, 300, 0]), Some(LagTrend::Falling));
        assert_eq!(trend(&[100, 101, 99, 100, 102, 98]), Some(LagTrend::Steady));
        assert_eq!(trend(&[0, 0, 0, 0]), Some(LagTrend::Steady));
    }

    #[test]
    fn a_lag_is_unknown_unless_every_end_is_known() {
        let at = |number| TopicPartition::new("orders", number);
        let offsets = Committed::from([(at(0), 4), (at(1), 20)]);
        let mut ends = Ends { ends: [(at(0), 10)].into(), ..Ends::default() };
        assert_eq!(lag_of(&offsets, &ends), None);
        ends.ends.insert(at(1), 15);
        assert_eq!(lag_of(&offsets, &ends), Some(6), "behind its end a group lacks nothing");
        ends.told = [(at(0), Some(2)), (at(1), Some(0))].into();
        assert_eq!(lag_of(&offsets, &ends), Some(2), "of a share group only the broker knows");
        ends.told.insert(at(1), None);
        assert_eq!(lag_of(&offsets, &ends), None);
    }
}
