//! Mirror topics: what state each is in, which one needs somebody first, and whether it can be moved.

use std::cmp::Ordering;
use std::collections::BTreeSet;

use drawbridge_shared::guard::Action;
use drawbridge_shared::link::{MirrorState, MirrorTopicError};
use drawbridge_shared::order;
use drawbridge_shared::view::{
    LagView, MirrorAction, MirrorDetail, MirrorPartitionView, MirrorRow, MirrorStance,
};

use super::filter::Needles;
use super::lag::{self, BEHIND_MS};
use super::links::read_sort;
use super::number::{count, counted};
use super::role::StateRole;
use super::sort::{known_first, natural};

/// Name of a mirror among all: `cluster/link/topic`. None of the names contains a slash.
#[must_use]
pub fn key(row: &MirrorRow) -> String {
    format!("{}/{}/{}", row.cluster, row.link, row.topic)
}

/// The mirror of a key.
#[must_use]
pub fn find<'a>(rows: &'a [MirrorRow], of: &str) -> Option<&'a MirrorRow> {
    let mut parts = of.splitn(3, '/');
    let wanted = (parts.next()?, parts.next()?, parts.next()?);
    let compare = |row: &MirrorRow| {
        (row.cluster.as_str(), row.link.as_str(), row.topic.as_str()).cmp(&wanted)
    };
    search(rows, &compare)
}

/// The mirror of a name among those of one link.
#[must_use]
pub fn find_topic<'a>(rows: &'a [MirrorRow], topic: &str) -> Option<&'a MirrorRow> {
    search(rows, &|row| row.topic.as_str().cmp(topic))
}

/// Feeds are ordered by name, so one of ten thousand is found in a few steps; an order that is another costs time
/// and nothing else.
fn search<'a>(
    rows: &'a [MirrorRow],
    compare: &dyn Fn(&MirrorRow) -> Ordering,
) -> Option<&'a MirrorRow> {
    let found = rows.binary_search_by(compare).ok().and_then(|at| rows.get(at));
    found.or_else(|| rows.iter().find(|row| compare(row).is_eq()))
}

/// What an action could be taken on among mirrors that somebody chose.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Able {
    /// So many.
    pub n: usize,
    /// So many are not among those chosen.
    pub n_others: usize,
    /// How long their names are together, in bytes.
    pub bytes: usize,
    /// Why the first of those is left out that are.
    pub reason: Option<&'static str>,
}

/// Sums up what `action` can be taken on.
#[must_use]
pub fn able(rows: &[MirrorRow], chosen: &BTreeSet<String>, action: MirrorAction) -> Able {
    let mut able = Able::default();
    for row in rows {
        match (why_not(action, row.state), chosen.contains(&key(row))) {
            (None, true) => {
                able.n += 1;
                able.bytes += row.topic.as_str().len();
            }
            (None, false) => able.n_others += 1,
            (Some(reason), true) => able.reason = able.reason.or(Some(reason)),
            (Some(_), false) => {}
        }
    }
    able
}

/// Whether it cannot go on by itself.
#[must_use]
pub fn is_failed(state: MirrorState) -> bool {
    matches!(state, MirrorState::Failed | MirrorState::LinkFailed)
}

/// Whether it is behind for longer than it takes to look twice.
#[must_use]
pub fn is_behind(row: &MirrorRow) -> bool {
    row.lag.behind_ms.is_some_and(|ms| ms >= BEHIND_MS)
}

/// A mirror's badge: its state as the API spells it, and whether an active one is behind.
#[must_use]
pub fn badge(row: &MirrorRow) -> (StateRole, String) {
    let word = row.state.as_str().replace('_', " ");
    match row.state {
        MirrorState::Active if is_behind(row) => (StateRole::Attention, format!("{word} · behind")),
        state => (role(state), word),
    }
}

/// How far it is behind; nothing of the kind once it is an ordinary topic. That nothing is missing is not known of a
/// source that does not answer: it may go on writing.
#[must_use]
pub fn lag(row: &MirrorRow) -> LagView {
    match (row.state, row.lag.records) {
        (MirrorState::Stopped, _) => LagView::default(),
        (MirrorState::SourceUnavailable | MirrorState::LinkFailed, Some(..=0)) => {
            LagView { records: None, behind_ms: None, ..row.lag }
        }
        _ => row.lag,
    }
}

/// What a partition lacks; not known while its source cannot be read and nothing was missing before, nor once it is
/// stopped.
#[must_use]
pub fn partition_lag(at: &MirrorPartitionView) -> Option<i64> {
    let is_known = |n: &i64| *n > 0 || at.error.is_none();
    at.lag.filter(|n| at.stance != MirrorStance::Stopped && is_known(n))
}

/// Where both sides end, as lines with tabs between; what is not known is left empty.
#[must_use]
pub fn offsets_text(partitions: &[MirrorPartitionView]) -> String {
    let known = |offset: Option<i64>| offset.map(|offset| offset.to_string()).unwrap_or_default();
    let mut text = "partition\tmirror's end\tsource's end\n".to_owned();
    for at in partitions {
        let (mirror, source) = (known(at.log_end), known(at.source_high_watermark));
        text.push_str(&format!("{}\t{mirror}\t{source}\n", at.partition));
    }
    text
}

/// What a state asks for.
#[must_use]
pub fn role(state: MirrorState) -> StateRole {
    match state {
        MirrorState::Active => StateRole::Ok,
        MirrorState::Failed | MirrorState::LinkFailed => StateRole::Failed,
        MirrorState::Stopped => StateRole::Finished,
        MirrorState::Paused | MirrorState::LinkPaused => StateRole::Unknown,
        MirrorState::PendingStopped
        | MirrorState::SourceUnavailable
        | MirrorState::PendingMirror
        | MirrorState::PendingSynchronize
        | MirrorState::PendingSetupForRestore
        | MirrorState::PendingRestore => StateRole::Attention,
    }
}

/// How bad it is; larger needs somebody sooner.
#[must_use]
pub fn trouble(row: &MirrorRow) -> u8 {
    match row.state {
        state if is_failed(state) => 6,
        MirrorState::SourceUnavailable => 5,
        MirrorState::PendingStopped => 4,
        MirrorState::Active if is_behind(row) => 3,
        MirrorState::Paused | MirrorState::LinkPaused => 2,
        MirrorState::Active => 1,
        MirrorState::Stopped => 0,
        _ => 4,
    }
}

/// Keys of the mirrors to show, in order.
#[must_use]
pub fn shown(rows: &[MirrorRow], q: &str, state: &str, sort: &str) -> Vec<String> {
    let needles = Needles::new(q);
    let is_all = needles.is_empty();
    let text = |row: &MirrorRow| {
        format!("{} {} {} {}", row.topic, row.source_topic, row.link, row.cluster)
    };
    let has_state = |row: &MirrorRow| match state {
        "" => true,
        "trouble" => trouble(row) > 1,
        state => row.state.as_str().eq_ignore_ascii_case(state),
    };
    let mut picked: Vec<&MirrorRow> = rows
        .iter()
        .filter(|row| has_state(row) && (is_all || needles.matches(&text(row))))
        .collect();
    order::sort_by(&mut picked, |a, b| compare(a, b, sort));
    picked.into_iter().map(key).collect()
}

fn compare(a: &MirrorRow, b: &MirrorRow, sort: &str) -> Ordering {
    let (column, by) = read_sort(sort);
    let first = match column {
        "topic" => by.apply(natural(a.topic.as_str(), b.topic.as_str())),
        "link" => by.apply(natural(a.link.as_str(), b.link.as_str())),
        "state" => by.apply(trouble(a).cmp(&trouble(b))),
        "partitions" => by.apply(a.partitions.cmp(&b.partitions)),
        "records" => known_first(a.lag.records.as_ref(), b.lag.records.as_ref(), by),
        "lag" => known_first(a.lag.behind_ms.as_ref(), b.lag.behind_ms.as_ref(), by),
        "rate" => by.apply(a.rate.bytes.cmp(&b.rate.bytes)),
        "fetch" => known_first(a.lag.last_fetch_ms.as_ref(), b.lag.last_fetch_ms.as_ref(), by),
        _ => (trouble(b), lag::rank(&b.lag)).cmp(&(trouble(a), lag::rank(&a.lag))),
    };
    first
        .then_with(|| natural(a.topic.as_str(), b.topic.as_str()))
        .then_with(|| key(a).cmp(&key(b)))
}

/// What a state means, in a sentence, for those who do not know the word.
#[must_use]
pub fn meaning(state: MirrorState) -> &'static str {
    match state {
        MirrorState::Active => "Copying.",
        MirrorState::Paused => "Paused by somebody; copying goes on after a resume.",
        MirrorState::LinkPaused => "The whole link is paused.",
        MirrorState::SourceUnavailable => "The source cannot be read; it is tried again by itself.",
        MirrorState::LinkFailed => "The link failed; repair the link first.",
        MirrorState::Failed => "Cannot go on by itself.",
        MirrorState::PendingStopped => "Being promoted or failed over.",
        MirrorState::Stopped => "An ordinary topic that accepts writes.",
        MirrorState::PendingMirror => {
            "Being created; tried again by itself until it is, or until a failover gives it up."
        }
        MirrorState::PendingSynchronize
        | MirrorState::PendingSetupForRestore
        | MirrorState::PendingRestore => "Changing direction.",
    }
}

/// What is wrong and what to do; none when nothing is.
#[must_use]
pub fn trouble_words(row: &MirrorRow) -> Option<String> {
    if let Some(words) = &row.trouble {
        return Some(words.clone());
    }
    let words = match row.error {
        MirrorTopicError::NoError | MirrorTopicError::NotSet => return None,
        MirrorTopicError::SourceTopicMayBeDeleted => {
            "The source topic is gone: fail the mirror over to keep its records as an ordinary topic, or delete it."
        }
        MirrorTopicError::SourceTopicIdChanged => {
            "A new topic has the source's name: fail the mirror over, or delete it and mirror the new one."
        }
        MirrorTopicError::NonMonotonicLogAppendEpoch => {
            "Somebody else wrote to the mirror: fail it over, or delete it and mirror the source again."
        }
        _ => "Fail the mirror over, or delete it and mirror the source again.",
    };
    Some(words.to_owned())
}

/// Whether it can be moved over now, in a sentence.
#[must_use]
pub fn readiness(detail: &MirrorDetail) -> (StateRole, String) {
    let row = &detail.mirror;
    let missing = || match (row.lag.records.unwrap_or(0).max(0).unsigned_abs(), row.lag.behind_ms) {
        (0, _) => "how much is missing is not known".to_owned(),
        (n, None | Some(0)) => format!("{} missing", counted(n, "record is", "records are")),
        (n, ms) => format!(
            "{} missing, the oldest for {}",
            counted(n, "record is", "records are"),
            lag::span(ms)
        ),
    };
    match row.state {
        MirrorState::Active if row.lag.records == Some(0) => (
            StateRole::Ok,
            "Ready: nothing is missing. Stop the producers on the source, then promote.".to_owned(),
        ),
        MirrorState::Active if row.lag.records.is_none() => {
            (StateRole::Unknown, "Not known yet: nothing was fetched so far.".to_owned())
        }
        MirrorState::Active => (
            StateRole::Attention,
            format!("Almost: {}. A promotion waits until nothing is.", missing()),
        ),
        MirrorState::Paused | MirrorState::LinkPaused => {
            (StateRole::Attention, format!("Paused: {}. Resume it to catch up.", missing()))
        }
        MirrorState::SourceUnavailable => (
            StateRole::Failed,
            format!(
                "Not by promotion: the source cannot be read, and {}. Wait for it, or fail over and lose that.",
                missing()
            ),
        ),
        state if is_failed(state) => (
            StateRole::Failed,
            "Only by failover: the mirror failed and cannot catch up.".to_owned(),
        ),
        MirrorState::PendingStopped => (
            StateRole::Attention,
            match detail.transition_errors.first() {
                Some(error) => format!("Being stopped, and held up: {}", error.message),
                None => "Being stopped: it becomes an ordinary topic.".to_owned(),
            },
        ),
        MirrorState::Stopped => (
            StateRole::Finished,
            "Moved: an ordinary topic that accepts writes. It cannot become a mirror again."
                .to_owned(),
        ),
        _ => (StateRole::Attention, meaning(row.state).to_owned()),
    }
}

/// What settings call an action on mirrors.
#[must_use]
pub const fn guarded(action: MirrorAction) -> Action {
    match action {
        MirrorAction::Promote => Action::MirrorPromote,
        MirrorAction::Failover => Action::MirrorFailover,
        MirrorAction::Pause => Action::MirrorPause,
        MirrorAction::Resume => Action::MirrorResume,
    }
}

/// Why an action makes no sense for a mirror in this state; none when it does.
#[must_use]
pub fn why_not(action: MirrorAction, state: MirrorState) -> Option<&'static str> {
    match (action, state) {
        (_, MirrorState::Stopped) => Some("It is stopped already: an ordinary topic"),
        (MirrorAction::Failover, _) => None,
        (_, MirrorState::Failed) => Some("It failed and can only be failed over"),
        (MirrorAction::Promote, MirrorState::LinkPaused) => {
            Some("The link is paused: resume it first")
        }
        (MirrorAction::Promote, _) => None,
        (_, MirrorState::PendingStopped) => Some("It is being stopped"),
        (MirrorAction::Pause, MirrorState::Paused) => Some("It is paused already"),
        (MirrorAction::Resume, MirrorState::Paused) => None,
        (MirrorAction::Resume, MirrorState::LinkPaused) => {
            Some("The whole link is paused: resume the link")
        }
        (MirrorAction::Resume, _) => Some("It is not paused"),
        (MirrorAction::Pause, _) => None,
    }
}

/// A partition's stance in a word, and what it asks for.
#[must_use]
pub fn stance(partition: &MirrorPartitionView) -> (StateRole, &'static str) {
    match partition.stance {
        MirrorStance::Idle => (StateRole::Unknown, "idle"),
        MirrorStance::Opening => (StateRole::Unknown, "opening"),
        MirrorStance::Copying => (StateRole::Ok, "copying"),
        MirrorStance::Filling => (StateRole::Ok, "filling gaps"),
        MirrorStance::Retrying => (StateRole::Attention, "retrying"),
        MirrorStance::Closing => (StateRole::Attention, "ending"),
        MirrorStance::Stopped => (StateRole::Finished, "stopped"),
        MirrorStance::Failed => (StateRole::Failed, "failed"),
    }
}

/// How batches came over: `1,204 as they were · 12 rebuilt`.
#[must_use]
pub fn batches(partition: &MirrorPartitionView) -> String {
    let passed = format!("{} as they were", count(partition.batches_passed));
    match partition.batches_rebuilt {
        0 => passed,
        n => format!("{passed} · {} rebuilt", count(n)),
    }
}

#[cfg(test)]
#[path = "mirrors/tests.rs"]
pub(crate) mod tests;
