//! ConsumerOffsetSync: which offsets to commit for which groups on the destination.
//!
//! Offsets are equal on both sides, so they are copied as they are, clamped to what the mirror has.
//! A group that is consumed on the destination is left alone; so is an offset that somebody else
//! committed there and that is further than the source's. Commit with leader epoch -1: the
//! source's epochs mean nothing on the destination.

use std::collections::BTreeMap;

use drawbridge_shared::link::{Filters, LinkPrefix, TaskErrorCode};

use super::TaskError;
use crate::Millis;

/// Topic and partition.
pub type Place = (String, i32);

/// What is known and wanted.
#[derive(Debug, Clone, Copy)]
pub struct OffsetsObserved<'a> {
    /// Committed offsets on the source: group → place → offset (stable ones only).
    pub source: &'a BTreeMap<String, BTreeMap<Place, i64>>,
    /// The same groups on the destination.
    pub destination: &'a BTreeMap<String, DestinationGroup>,
    /// Source topic → its mirror, of mirrors that are not stopped.
    pub mirrors: &'a BTreeMap<String, MirrorEnds>,
    /// What this task committed last.
    pub committed: &'a Committed,
}

/// A group on the destination.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct DestinationGroup {
    /// It has members.
    pub active: bool,
    /// What is committed there.
    pub offsets: BTreeMap<Place, i64>,
}

/// A mirror, as far as offsets go.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct MirrorEnds {
    /// Its name.
    pub name: String,
    /// High watermark per partition.
    pub ends: Vec<i64>,
}

/// What this task committed last, and when: (destination group, mirror place) → (offset, time).
pub type Committed = BTreeMap<(String, Place), (i64, Millis)>;

/// What the link's configs say.
#[derive(Debug, Clone, Copy)]
pub struct OffsetRules<'a> {
    /// `consumer.offset.group.filters`.
    pub filters: &'a Filters,
    /// `cluster.link.prefix` when `consumer.group.prefix.enable` is on.
    pub group_prefix: Option<&'a LinkPrefix>,
    /// Unchanged offsets are committed again after this time, before they expire, ms.
    pub recommit_ms: i64,
}

/// What to do.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct OffsetPlan {
    /// Per destination group, what to commit.
    pub commits: BTreeMap<String, BTreeMap<Place, i64>>,
    /// Groups that are left alone.
    pub errors: Vec<TaskError>,
}

/// Plans one run.
#[must_use]
pub fn plan(now: Millis, observed: OffsetsObserved<'_>, rules: OffsetRules<'_>) -> OffsetPlan {
    let mut plan = OffsetPlan::default();
    let nothing = DestinationGroup::default();
    for (source_group, offsets) in observed.source {
        if !rules.filters.admits(source_group) {
            continue;
        }
        let group = LinkPrefix::apply(rules.group_prefix, source_group);
        let there = observed.destination.get(&group).unwrap_or(&nothing);
        let mut commits = BTreeMap::new();
        for ((topic, partition), offset) in offsets {
            let Some(mirror) = observed.mirrors.get(topic) else { continue };
            let end = usize::try_from(*partition).ok().and_then(|at| mirror.ends.get(at));
            // A partition that is not mirrored yet has nothing to resume at.
            let Some(end) = end else { continue };
            let place = (mirror.name.clone(), *partition);
            let wanted = (*offset).min(*end);
            let own = observed.committed.get(&(group.clone(), place.clone()));
            if wants(now, wanted, there.offsets.get(&place).copied(), own, rules.recommit_ms) {
                commits.insert(place, wanted);
            }
        }
        if there.active {
            if !commits.is_empty() {
                plan.errors.push(in_use(&group));
            }
        } else if !commits.is_empty() {
            plan.commits.insert(group, commits);
        }
    }
    plan
}

/// Whether `wanted` is to be committed where `there` is committed now.
fn wants(
    now: Millis,
    wanted: i64,
    there: Option<i64>,
    own: Option<&(i64, Millis)>,
    recommit_ms: i64,
) -> bool {
    let Some(there) = there else { return true };
    let own = own.filter(|(offset, _)| *offset == there);
    if there == wanted {
        // Offsets expire by the time of their commit.
        return own.is_some_and(|(_, at)| now.since(*at) >= recommit_ms);
    }
    // What somebody else committed further on stays; a rewind on the source is followed.
    there < wanted || own.is_some()
}

fn in_use(group: &str) -> TaskError {
    TaskError {
        code: TaskErrorCode::ConsumerGroupInUse,
        message: format!(
            "group '{group}' has members on the destination, so its offsets are not synced: stop them, or exclude the group in consumer.offset.group.filters"
        ),
    }
}
