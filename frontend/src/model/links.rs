//! Links: what state each is in, which one needs somebody first, and what its halves say.

use std::cmp::Ordering;

use drawbridge_shared::link::{ConnectionMode, LinkError, LinkMode, LinkState, MirrorState};
use drawbridge_shared::order;
use drawbridge_shared::view::{ClusterStatus, ClusterView, LinkDetail, LinkRow, TaskView};

use super::filter::Needles;
use super::lag;
use super::mirrors::is_failed;
use super::number::{UNKNOWN, count, counted};
use super::role::StateRole;
use super::sort::{Direction, known_first, natural};

/// Name of one half among all: `cluster/link`. Neither name contains a slash.
#[must_use]
pub fn key(row: &LinkRow) -> String {
    format!("{}/{}", row.cluster, row.name)
}

/// The half of a key.
#[must_use]
pub fn find<'a>(rows: &'a [LinkRow], of: &str) -> Option<&'a LinkRow> {
    let (cluster, link) = of.split_once('/')?;
    rows.iter().find(|row| row.cluster.as_str() == cluster && row.name.as_str() == link)
}

/// Of which clusters nothing is listed, because they have not answered since the gateway started; none when all are.
/// `what` are the links or mirrors that are missed.
#[must_use]
pub fn unlisted(clusters: &[ClusterView], rows: &[LinkRow], what: &str) -> Option<String> {
    let is_silent = |cluster: &&ClusterView| {
        matches!(cluster.status, ClusterStatus::Down { .. })
            && rows.iter().all(|row| row.cluster != cluster.name)
    };
    let names: Vec<&str> =
        clusters.iter().filter(is_silent).map(|cluster| cluster.name.as_str()).collect();
    let are = match names.as_slice() {
        [] => return None,
        [_] => "is",
        _ => "are",
    };
    Some(format!("{} {are} down: {what} there, if there are any, are not listed", names.join(", ")))
}

/// What a link's state asks for.
#[must_use]
pub fn role(state: LinkState) -> StateRole {
    match state {
        LinkState::Active => StateRole::Ok,
        LinkState::Unavailable | LinkState::Failed => StateRole::Failed,
        LinkState::UnmanagedSource => StateRole::Attention,
        LinkState::Paused | LinkState::Unknown => StateRole::Unknown,
    }
}

/// A link's badge: its state as the API spells it, with what makes an active one worth a look.
#[must_use]
pub fn badge(row: &LinkRow) -> (StateRole, String) {
    let word = row.state.as_str().replace('_', " ");
    if row.state != LinkState::Active {
        return (role(row.state), word);
    }
    let (_, _, failed) = mirror_counts(row);
    if failed > 0 || row.tasks_in_error > 0 {
        return (StateRole::Attention, format!("{word} · in error"));
    }
    if is_behind(row) {
        return (StateRole::Attention, format!("{word} · behind"));
    }
    (StateRole::Ok, word)
}

/// Whether its mirrors are behind for longer than it takes to look twice.
#[must_use]
pub fn is_behind(row: &LinkRow) -> bool {
    row.lag.behind_ms.is_some_and(|ms| ms >= lag::BEHIND_MS)
}

/// Mirrors that copy or could at once, those that wait for something, and those that failed.
#[must_use]
pub fn mirror_counts(row: &LinkRow) -> (u32, u32, u32) {
    let mut counts = (0, 0, 0);
    for (state, n) in &row.mirrors {
        match state {
            MirrorState::Active => counts.0 += n,
            MirrorState::Stopped => {}
            state if is_failed(*state) => counts.2 += n,
            _ => counts.1 += n,
        }
    }
    counts
}

/// Its mirrors in words: `38 active · 1 waiting · 1 failed`.
#[must_use]
pub fn mirrors_words(row: &LinkRow) -> String {
    if row.mode == LinkMode::Source {
        return UNKNOWN.to_owned();
    }
    let (active, others) = (mirror_counts(row).0, other_mirrors(row));
    match (active, others.is_empty()) {
        (0, true) => "none".to_owned(),
        (0, false) => others,
        (_, true) => format!("{active} active"),
        (_, false) => format!("{active} active · {others}"),
    }
}

/// Its mirrors that are not active, in words; empty when there are none: `1 failed · 1 stopped`.
#[must_use]
pub fn other_mirrors(row: &LinkRow) -> String {
    let (_, waiting, failed) = mirror_counts(row);
    let stopped: u32 =
        row.mirrors.iter().filter(|(s, _)| *s == MirrorState::Stopped).map(|(_, n)| n).sum();
    let parts = [(failed, "failed"), (waiting, "waiting"), (stopped, "stopped")];
    let said: Vec<String> =
        parts.iter().filter(|(n, _)| *n > 0).map(|(n, word)| format!("{n} {word}")).collect();
    said.join(" · ")
}

/// How bad it is; larger needs somebody sooner.
#[must_use]
pub fn trouble(row: &LinkRow) -> u8 {
    let (_, waiting, failed) = mirror_counts(row);
    match row.state {
        LinkState::Failed => 7,
        LinkState::Unavailable => 6,
        _ if failed > 0 => 5,
        _ if row.tasks_in_error > 0 => 4,
        LinkState::UnmanagedSource => 3,
        LinkState::Active if is_behind(row) || waiting > 0 => 2,
        LinkState::Paused | LinkState::Unknown => 1,
        LinkState::Active => 0,
    }
}

/// What the other end is called: the gateway's name of it, where it is dialled, or its id.
#[must_use]
pub fn remote_name(row: &LinkRow) -> String {
    let remote = &row.remote;
    let named = remote.cluster.as_ref().map(ToString::to_string);
    let name = named.or_else(|| remote.bootstrap.clone()).or_else(|| remote.cluster_id.clone());
    name.unwrap_or_else(|| "unknown cluster".to_owned())
}

/// Where data comes from and where it goes.
#[must_use]
pub fn from_to(row: &LinkRow) -> (String, String) {
    let (here, there) = (row.cluster.to_string(), remote_name(row));
    if row.mode == LinkMode::Source { (here, there) } else { (there, here) }
}

/// Who makes the connections, in words: `cloud dials`.
#[must_use]
pub fn dials(row: &LinkRow) -> String {
    match row.connection {
        ConnectionMode::Outbound => format!("{} dials", row.cluster),
        ConnectionMode::Inbound => format!("{} dials", remote_name(row)),
    }
}

/// How many mirrors it is that nothing is missing in, while others do not copy: nobody knows what those lack.
#[must_use]
pub fn in_step_of_some(row: &LinkRow) -> Option<u32> {
    let (active, waiting, failed) = mirror_counts(row);
    let is_claimed = row.lag.records.is_some_and(|n| n <= 0);
    (is_claimed && waiting + failed > 0).then_some(active)
}

/// How far behind, in words, under a heading that says so.
#[must_use]
pub fn lag_words(row: &LinkRow) -> String {
    match in_step_of_some(row) {
        None => lag::words(&row.lag),
        Some(0) => UNKNOWN.to_owned(),
        Some(active) => format!("none in {active} active"),
    }
}

/// Whether its source answers, as far as that is known: a link stays active for some checks that fail.
#[must_use]
pub fn answers(row: &LinkRow) -> bool {
    let away = |(state, n): &(MirrorState, u32)| *state == MirrorState::SourceUnavailable && *n > 0;
    row.state == LinkState::Active && !row.mirrors.iter().any(away)
}

/// What is wrong with it and what to do, when something is.
#[must_use]
pub fn fault(row: &LinkRow) -> Option<String> {
    let is_wrong = !matches!(row.error, LinkError::NoError)
        || matches!(row.state, LinkState::Failed | LinkState::Unavailable);
    let plain = || row.error.as_str().replace('_', " ").to_ascii_lowercase();
    is_wrong.then(|| row.error_message.clone().unwrap_or_else(plain))
}

/// The halves to show, in order. Halves whose twin is on this gateway too are both listed: each has a state.
#[must_use]
pub fn shown(rows: &[LinkRow], q: &str, state: &str, sort: &str) -> Vec<String> {
    let needles = Needles::new(q);
    let text = |row: &LinkRow| format!("{} {} {}", row.name, row.cluster, remote_name(row));
    let has_state = |row: &LinkRow| match state {
        "" => true,
        "trouble" => trouble(row) > 0,
        state => row.state.as_str().eq_ignore_ascii_case(state),
    };
    let mut picked: Vec<&LinkRow> =
        rows.iter().filter(|row| has_state(row) && needles.matches(&text(row))).collect();
    order::sort_by(&mut picked, |a, b| compare(a, b, sort));
    picked.into_iter().map(key).collect()
}

fn compare(a: &LinkRow, b: &LinkRow, sort: &str) -> Ordering {
    let (column, by) = read_sort(sort);
    let first = match column {
        "name" => by.apply(natural(a.name.as_str(), b.name.as_str())),
        "from" => by.apply(natural(&from_to(a).0, &from_to(b).0)),
        "mirrors" => by.apply(mirror_counts(a).cmp(&mirror_counts(b))),
        "lag" => known_first(a.lag.behind_ms.as_ref(), b.lag.behind_ms.as_ref(), by),
        "rate" => by.apply(a.rate.bytes.cmp(&b.rate.bytes)),
        "tasks" => by.apply(a.tasks_in_error.cmp(&b.tasks_in_error)),
        "state" => by.apply(trouble(a).cmp(&trouble(b))),
        _ => (trouble(b), lag::rank(&b.lag)).cmp(&(trouble(a), lag::rank(&a.lag))),
    };
    first
        .then_with(|| natural(a.name.as_str(), b.name.as_str()))
        .then_with(|| natural(a.cluster.as_str(), b.cluster.as_str()))
}

/// Column and direction of a sort as the URL has it: `lag`, or `-lag` for the largest first.
#[must_use]
pub fn read_sort(sort: &str) -> (&str, Direction) {
    match sort.strip_prefix('-') {
        Some(column) => (column, Direction::Descending),
        None => (sort, Direction::Ascending),
    }
}

/// What a click on a column's head asks for; `texts` are the columns that begin at the smallest.
#[must_use]
pub fn clicked_sort(sort: &str, column: &str, texts: &[&str]) -> String {
    let (now, direction) = read_sort(sort);
    let descending = match (now == column, direction) {
        (true, direction) => direction == Direction::Ascending,
        (false, _) => !texts.contains(&column),
    };
    format!("{}{column}", if descending { "-" } else { "" })
}

/// What a task's state asks for.
#[must_use]
pub fn task_role(task: &TaskView) -> StateRole {
    use drawbridge_shared::link::TaskState;
    match task.state {
        TaskState::Active => StateRole::Ok,
        TaskState::InError => StateRole::Attention,
        TaskState::LinkFailed | TaskState::LinkUnavailable => StateRole::Failed,
        TaskState::Unknown | TaskState::NotConfigured | TaskState::LinkPaused => StateRole::Unknown,
    }
}

/// How many tasks there are and how they do, in words: `3 active · 1 in error · 1 off`.
#[must_use]
pub fn task_words(tasks: &[TaskView]) -> String {
    use drawbridge_shared::link::TaskState::{Active, InError, NotConfigured};
    let of = |state| tasks.iter().filter(|task| task.state == state).count();
    let (active, in_error, off) = (of(Active), of(InError), of(NotConfigured));
    let waiting = tasks.len() - active - in_error - off;
    let parts = [(active, "active"), (in_error, "in error"), (waiting, "waiting"), (off, "off")];
    let said = parts.iter().filter(|(n, _)| *n > 0).map(|(n, word)| format!("{n} {word}"));
    said.collect::<Vec<_>>().join(" · ")
}

/// How ready a link's mirrors are for moving over: `94 % · 36 of 38 in step`; none without mirrors.
#[must_use]
pub fn readiness(detail: &LinkDetail) -> Option<String> {
    let moving = || detail.mirrors.iter().filter(|mirror| mirror.state != MirrorState::Stopped);
    let n = moving().count();
    let ready = moving()
        .filter(|mirror| mirror.state == MirrorState::Active && mirror.lag.records == Some(0))
        .count();
    let said = |n: usize| count(n.try_into().unwrap_or(u64::MAX));
    (n > 0).then(|| format!("{} % · {} of {} in step", 100 * ready / n, said(ready), said(n)))
}

/// What deleting the half does, in sentences.
#[must_use]
pub fn deletion(row: &LinkRow, is_forced: bool) -> Vec<String> {
    if row.mode == LinkMode::Source {
        return vec![
            format!("The half on {} is forgotten with its credentials.", row.cluster),
            "The mirrors on the other side stop receiving and stay as they are; nothing is deleted there."
                .to_owned(),
        ];
    }
    let (active, waiting, failed) = mirror_counts(row);
    let n = u64::from(active + waiting + failed);
    let mut said = vec![format!(
        "The link on {} is forgotten with its credentials, its history and the states of its mirrors.",
        row.cluster
    )];
    if n > 0 && is_forced {
        said.push(format!(
            "{} not stopped: copying ends where it is now, what the source has beyond that is not fetched, \
             consumer offsets are not synced a last time, and the topics cannot become mirrors again.",
            counted(n, "mirror is", "mirrors are")
        ));
    }
    said.push("No topic and no record is deleted, on either side.".to_owned());
    said
}

/// Mirrors that keep the half from being deleted without force.
#[must_use]
pub fn n_unstopped(row: &LinkRow) -> u32 {
    let (active, waiting, failed) = mirror_counts(row);
    active + waiting + failed
}

#[cfg(test)]
#[path = "links/tests.rs"]
pub(crate) mod tests;
