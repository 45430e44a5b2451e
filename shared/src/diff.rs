//! The difference of two states of a feed, and putting it on again.
//!
//! `apply(old, diff(old, new))` is `new`: the gateway may leave out any states in between.

use std::cmp::Ordering;
use std::collections::BTreeMap;
use std::sync::Arc;

use crate::link::LinkName;
use crate::names::ClusterName;
use crate::order;
use crate::view::{
    BrokerRow, BrokerView, BrokersView, ClusterDetail, ClusterView, GroupDetail, GroupMemberView,
    GroupPartitionView, GroupRow, GroupsView, LinkDetail, LinkRow, MirrorDetail,
    MirrorPartitionView, MirrorRow, PartitionView, TopicDetail, TopicRow, TopicsView,
    TroubledPartition, TroubledView, VerifyPartition,
};
use crate::wire::{FeedData, FeedDelta, MirrorKey};

/// An entry with the key that names it in a feed.
trait Entry: Clone + PartialEq {
    type Key: Ord + Clone;
    fn key(&self) -> Self::Key;
}

macro_rules! entry {
    ($type:ty, $key:ty, $($field:ident),+) => {
        impl Entry for $type {
            type Key = $key;
            fn key(&self) -> $key {
                ($(self.$field.clone()),+)
            }
        }
    };
}

entry!(ClusterView, ClusterName, name);
entry!(BrokerView, i32, id);
entry!(BrokerRow, i32, id);
entry!(TroubledPartition, (String, i32), topic, partition);
entry!(TopicRow, String, name);
entry!(PartitionView, i32, partition);
entry!(GroupRow, (ClusterName, String), cluster, group);
entry!(GroupMemberView, String, id);
entry!(GroupPartitionView, (String, i32), topic, partition);
entry!(LinkRow, (ClusterName, LinkName), cluster, name);
entry!(MirrorRow, MirrorKey, cluster, link, topic);
entry!(MirrorPartitionView, i32, partition);
entry!(VerifyPartition, (String, i32), topic, partition);

fn changes<T: Entry>(old: &[T], new: &[T]) -> (Vec<T>, Vec<T::Key>) {
    let before: BTreeMap<T::Key, &T> = old.iter().map(|entry| (entry.key(), entry)).collect();
    let after: BTreeMap<T::Key, &T> = new.iter().map(|entry| (entry.key(), entry)).collect();
    let upsert =
        new.iter().filter(|entry| before.get(&entry.key()) != Some(entry)).cloned().collect();
    let remove = before.into_keys().filter(|key| !after.contains_key(key)).collect();
    (upsert, remove)
}

/// Puts entries in and takes them out; the result is ordered by key.
fn apply_changes<T: Entry>(entries: &mut Vec<T>, upsert: Vec<T>, remove: &[T::Key]) {
    let n_old = entries.len();
    entries.extend(upsert);
    let keys: Vec<T::Key> = entries.iter().map(Entry::key).chain(remove.iter().cloned()).collect();
    let kept = merge(n_old, entries.len(), keys.len(), &mut |a, b| keys.get(a).cmp(&keys.get(b)));
    *entries = order::pick(std::mem::take(entries), &kept);
}

/// Positions of the entries that are left, ordered by key. Old ones are at the positions below `n_old`, new ones
/// behind them up to `n_entries`, and then, up to `n_keys`, the keys that are gone. Of one key the new entry stays,
/// and the old one only if the key is not gone.
fn merge(
    n_old: usize,
    n_entries: usize,
    n_keys: usize,
    compare: &mut dyn FnMut(usize, usize) -> Ordering,
) -> Vec<usize> {
    let sorted = order::positions(n_keys, compare);
    let of_one_key = sorted.chunk_by(|a, b| compare(*a, *b).is_eq());
    let kept = of_one_key.filter_map(|positions| {
        let entry = positions.iter().rfind(|at| **at < n_entries)?;
        let gone = positions.last().is_some_and(|at| *at >= n_entries);
        (*entry >= n_old || !gone).then_some(*entry)
    });
    kept.collect()
}

/// What leads from `old` to `new`; none when they are equal or not of the same feed.
#[must_use]
pub fn diff(old: &FeedData, new: &FeedData) -> Option<FeedDelta> {
    if old == new {
        return None;
    }
    match (old, new) {
        (FeedData::Clusters(old), FeedData::Clusters(new)) => {
            let (upsert, remove) = changes(old, new);
            Some(FeedDelta::Clusters { upsert, remove })
        }
        (FeedData::Cluster(old), FeedData::Cluster(new)) => {
            let (upsert, remove) = changes(&old.brokers, &new.brokers);
            Some(FeedDelta::Cluster { cluster: new.cluster.clone(), upsert, remove })
        }
        (FeedData::Brokers(old), FeedData::Brokers(new)) => {
            let (upsert, remove) = changes(&old.rows, &new.rows);
            let head = BrokersView {
                observed_at_ms: new.observed_at_ms,
                measured_at_ms: new.measured_at_ms,
                fault: new.fault.clone(),
                counts: new.counts,
                quorum: new.quorum.clone(),
                rows: Vec::new(),
            };
            Some(FeedDelta::Brokers { head: Box::new(head), upsert, remove })
        }
        (FeedData::TroubledPartitions(old), FeedData::TroubledPartitions(new)) => {
            let (upsert, remove) = changes(&old.rows, &new.rows);
            let head = TroubledView {
                observed_at_ms: new.observed_at_ms,
                fault: new.fault.clone(),
                counts: new.counts,
                rows: Vec::new(),
            };
            Some(FeedDelta::TroubledPartitions { head: Box::new(head), upsert, remove })
        }
        (FeedData::Topics(old), FeedData::Topics(new)) => {
            let (upsert, remove) = changes(&old.rows, &new.rows);
            Some(FeedDelta::Topics {
                observed_at_ms: new.observed_at_ms,
                measured_at_ms: new.measured_at_ms,
                measure_fault: new.measure_fault.clone(),
                upsert,
                remove,
            })
        }
        (FeedData::Topic(old), FeedData::Topic(new)) => {
            let (upsert, remove) = changes(&old.partitions, &new.partitions);
            Some(FeedDelta::Topic {
                observed_at_ms: new.observed_at_ms,
                topic: new.topic.clone(),
                topic_id: new.topic_id.clone(),
                upsert,
                remove,
                measure_fault: new.measure_fault.clone(),
            })
        }
        (FeedData::Groups(old), FeedData::Groups(new)) => {
            let (upsert, remove) = changes(&old.rows, &new.rows);
            Some(FeedDelta::Groups { reads: new.reads.clone(), upsert, remove })
        }
        (FeedData::Group(old), FeedData::Group(new)) => {
            let (upsert_members, remove_members) = changes(&old.members, &new.members);
            let (upsert, remove) = changes(&old.partitions, &new.partitions);
            let head =
                GroupDetail { members: Vec::new(), partitions: Vec::new(), ..(**new).clone() };
            Some(FeedDelta::Group {
                head: Box::new(head),
                upsert_members,
                remove_members,
                upsert,
                remove,
            })
        }
        (FeedData::Links(old), FeedData::Links(new)) => {
            let (upsert, remove) = changes(old, new);
            Some(FeedDelta::Links { upsert, remove })
        }
        (FeedData::Link(old), FeedData::Link(new)) => {
            let (upsert, remove) = changes(&old.mirrors, &new.mirrors);
            Some(FeedDelta::Link {
                link: Box::new(new.link.clone()),
                tasks: new.tasks.clone(),
                twin: new.twin.clone(),
                standby: new.standby.clone(),
                protection: new.protection.clone(),
                upsert,
                remove,
            })
        }
        (FeedData::Mirrors(old), FeedData::Mirrors(new)) => {
            let (upsert, remove) = changes(old, new);
            Some(FeedDelta::Mirrors { upsert, remove })
        }
        (FeedData::Mirror(old), FeedData::Mirror(new)) => {
            let (upsert, remove) = changes(&old.partitions, &new.partitions);
            Some(FeedDelta::Mirror {
                mirror: Box::new(new.mirror.clone()),
                transition_errors: new.transition_errors.clone(),
                upsert,
                remove,
            })
        }
        (FeedData::Verify(old), FeedData::Verify(new)) => {
            let (upsert, remove) = changes(&old.partitions, &new.partitions);
            Some(FeedDelta::Verify { run: new.run.clone().map(Box::new), upsert, remove })
        }
        (FeedData::Notices(old), FeedData::Notices(new)) => {
            let last = old.last().map_or(0, |notice| notice.seq);
            let newer: Vec<_> = new.iter().filter(|notice| notice.seq > last).cloned().collect();
            (!newer.is_empty()).then_some(FeedDelta::Notices(newer))
        }
        (FeedData::Activity(old), FeedData::Activity(new)) => {
            let last = old.last().map_or(0, |entry| entry.seq);
            let newer: Vec<_> = new.iter().filter(|entry| entry.seq > last).cloned().collect();
            (!newer.is_empty()).then_some(FeedDelta::Activity(newer))
        }
        (
            FeedData::Clusters(_)
            | FeedData::Cluster(_)
            | FeedData::Brokers(_)
            | FeedData::TroubledPartitions(_)
            | FeedData::Topics(_)
            | FeedData::Topic(_)
            | FeedData::Groups(_)
            | FeedData::Group(_)
            | FeedData::Links(_)
            | FeedData::Link(_)
            | FeedData::Mirrors(_)
            | FeedData::Mirror(_)
            | FeedData::Verify(_)
            | FeedData::Notices(_)
            | FeedData::Activity(_)
            | FeedData::Records(_),
            _,
        ) => None,
    }
}

/// Puts a change on a state. Returns false, and changes nothing, when the two are not of the same feed.
#[must_use]
pub fn apply(data: &mut FeedData, delta: FeedDelta) -> bool {
    match (data, delta) {
        (FeedData::Clusters(entries), FeedDelta::Clusters { upsert, remove }) => {
            apply_changes(entries, upsert, &remove);
            true
        }
        (FeedData::Cluster(detail), FeedDelta::Cluster { cluster: new, upsert, remove }) => {
            let ClusterDetail { cluster, brokers, ignored_properties: _ } = &mut **detail;
            *cluster = new;
            apply_changes(brokers, upsert, &remove);
            true
        }
        (FeedData::Brokers(view), FeedDelta::Brokers { head, upsert, remove }) => {
            let mut rows = std::mem::take(&mut view.rows);
            apply_changes(&mut rows, upsert, &remove);
            *view = BrokersView { rows, ..*head };
            true
        }
        (
            FeedData::TroubledPartitions(view),
            FeedDelta::TroubledPartitions { head, upsert, remove },
        ) => {
            let mut rows = std::mem::take(&mut view.rows);
            apply_changes(&mut rows, upsert, &remove);
            *view = TroubledView { rows, ..*head };
            true
        }
        (
            FeedData::Topics(TopicsView { observed_at_ms, measured_at_ms, measure_fault, rows }),
            FeedDelta::Topics {
                observed_at_ms: observed,
                measured_at_ms: measured,
                measure_fault: fault,
                upsert,
                remove,
            },
        ) => {
            *observed_at_ms = observed;
            *measured_at_ms = measured;
            *measure_fault = fault;
            apply_changes(rows, upsert, &remove);
            true
        }
        (
            FeedData::Topic(TopicDetail {
                observed_at_ms,
                topic,
                topic_id,
                partitions,
                measure_fault,
            }),
            FeedDelta::Topic {
                observed_at_ms: observed,
                topic: new,
                topic_id: id,
                upsert,
                remove,
                measure_fault: fault,
            },
        ) => {
            *observed_at_ms = observed;
            *topic = new;
            *topic_id = id;
            *measure_fault = fault;
            apply_changes(partitions, upsert, &remove);
            true
        }
        (
            FeedData::Groups(GroupsView { reads, rows }),
            FeedDelta::Groups { reads: new, upsert, remove },
        ) => {
            *reads = new;
            apply_changes(rows, upsert, &remove);
            true
        }
        (
            FeedData::Group(detail),
            FeedDelta::Group { head, upsert_members, remove_members, upsert, remove },
        ) => {
            let mut members = std::mem::take(&mut detail.members);
            apply_changes(&mut members, upsert_members, &remove_members);
            let mut partitions = std::mem::take(&mut detail.partitions);
            apply_changes(&mut partitions, upsert, &remove);
            **detail = GroupDetail { members, partitions, ..*head };
            true
        }
        (FeedData::Links(entries), FeedDelta::Links { upsert, remove }) => {
            apply_changes(entries, upsert, &remove);
            true
        }
        (
            FeedData::Link(detail),
            FeedDelta::Link { link, tasks, twin, standby, protection, upsert, remove },
        ) => {
            let mut mirrors = std::mem::take(&mut detail.mirrors);
            apply_changes(&mut mirrors, upsert, &remove);
            **detail = LinkDetail { link: *link, tasks, mirrors, twin, standby, protection };
            true
        }
        (FeedData::Mirrors(entries), FeedDelta::Mirrors { upsert, remove }) => {
            apply_changes(entries, upsert, &remove);
            true
        }
        (
            FeedData::Mirror(detail),
            FeedDelta::Mirror { mirror, transition_errors, upsert, remove },
        ) => {
            let mut partitions = std::mem::take(&mut detail.partitions);
            apply_changes(&mut partitions, upsert, &remove);
            **detail = MirrorDetail { mirror: *mirror, partitions, transition_errors };
            true
        }
        (FeedData::Verify(view), FeedDelta::Verify { run, upsert, remove }) => {
            view.run = run.map(|run| *run);
            apply_changes(&mut view.partitions, upsert, &remove);
            true
        }
        (FeedData::Notices(entries), FeedDelta::Notices(newer)) => {
            entries.extend(newer);
            true
        }
        (FeedData::Activity(entries), FeedDelta::Activity(newer)) => {
            entries.extend(newer);
            true
        }
        // Whoever follows a search keeps its parts; the newest is its state.
        (FeedData::Records(chunk), FeedDelta::Records(next)) => {
            *chunk = next;
            true
        }
        (
            FeedData::Clusters(_)
            | FeedData::Cluster(_)
            | FeedData::Brokers(_)
            | FeedData::TroubledPartitions(_)
            | FeedData::Topics(_)
            | FeedData::Topic(_)
            | FeedData::Groups(_)
            | FeedData::Group(_)
            | FeedData::Links(_)
            | FeedData::Link(_)
            | FeedData::Mirrors(_)
            | FeedData::Mirror(_)
            | FeedData::Verify(_)
            | FeedData::Notices(_)
            | FeedData::Activity(_)
            | FeedData::Records(_),
            _,
        ) => false,
    }
}

/// As `apply`, of the feeds that `wire::decode_first` reads; shared data is copied, and only these. False for others.
pub fn apply_first(data: &mut Arc<FeedData>, delta: FeedDelta) -> bool {
    *data = Arc::new(match (&**data, delta) {
        (FeedData::Clusters(entries), FeedDelta::Clusters { upsert, remove }) => {
            FeedData::Clusters(changed(entries, upsert, &remove))
        }
        (FeedData::Links(entries), FeedDelta::Links { upsert, remove }) => {
            FeedData::Links(changed(entries, upsert, &remove))
        }
        (FeedData::Notices(entries), FeedDelta::Notices(newer)) => {
            FeedData::Notices(entries.iter().cloned().chain(newer).collect())
        }
        _ => return false,
    });
    true
}

fn changed<T: Entry>(old: &[T], upsert: Vec<T>, remove: &[T::Key]) -> Vec<T> {
    let mut entries = old.to_vec();
    apply_changes(&mut entries, upsert, remove);
    entries
}

#[cfg(test)]
mod tests;
