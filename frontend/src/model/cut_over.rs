//! Promoting and failing over: what is missing, what consumers would read twice or skip, and the report afterwards.

mod readiness;

pub use readiness::{blockers, groups_ready};

use std::cmp::Reverse;
use std::collections::BTreeSet;

use drawbridge_shared::link::MirrorState;
use drawbridge_shared::order;
use drawbridge_shared::view::{GroupOffsetRow, LinkRow, MirrorActionRow};

use super::lag;
use super::number::{UNKNOWN, count, counted};
use super::rest::json;
use super::role::StateRole;
use super::time::{absolute, duration};

/// A line of the result, as the public tools print it; a mirror without partitions has one line.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct CutRow {
    /// Mirror topic.
    pub topic: String,
    /// Partition, if the answer named any.
    pub partition: Option<i32>,
    /// Offsets missing; none when nothing was fetched yet.
    pub lag: Option<i64>,
    /// Source offset that would be fetched next.
    pub last_fetch: Option<i64>,
    /// Why the action was refused.
    pub error_message: Option<String>,
    /// Code of the refusal.
    pub error_code: Option<i32>,
}

/// The heads of the result, in the tools' words.
pub const HEADS: [&str; 6] = [
    "Mirror Topic Name",
    "Partition",
    "Partition Mirror Lag",
    "Last Source Fetch Offset",
    "Error Message",
    "Error Code",
];

impl CutRow {
    /// The cells under `HEADS`; what is not there is a dash.
    #[must_use]
    pub fn cells(&self) -> [String; 6] {
        [
            self.topic.clone(),
            self.partition.map_or_else(|| UNKNOWN.to_owned(), |partition| partition.to_string()),
            lag::records(self.lag),
            lag::offset(self.last_fetch),
            self.error_message.clone().unwrap_or_else(|| UNKNOWN.to_owned()),
            self.error_code.map_or_else(|| UNKNOWN.to_owned(), |code| code.to_string()),
        ]
    }
}

/// One line per partition.
#[must_use]
pub fn lines(rows: &[MirrorActionRow]) -> Vec<CutRow> {
    let known = |n: i64| Some(n).filter(|n| *n >= 0);
    let mut lines = Vec::new();
    for row in rows {
        let line = CutRow {
            topic: row.topic.clone(),
            partition: None,
            lag: None,
            last_fetch: None,
            error_message: row.error_message.clone(),
            error_code: row.error_code,
        };
        let parts = row.lags.iter().map(|at| CutRow {
            partition: Some(at.partition),
            lag: known(at.lag),
            last_fetch: known(at.last_source_fetch_offset),
            ..line.clone()
        });
        let before = lines.len();
        lines.extend(parts);
        if lines.len() == before {
            lines.push(line);
        }
    }
    lines
}

/// One line per partition: first the mirrors that are refused, then those that lack most. What is not known
/// may be the most.
#[must_use]
pub fn worst_first(rows: &[MirrorActionRow]) -> Vec<CutRow> {
    let rank = |row: &MirrorActionRow| {
        let missing = missing(std::slice::from_ref(row));
        (Reverse(missing.n_refused), Reverse(missing.n_unknown > 0), Reverse(missing.records))
    };
    let mut ranked: Vec<_> = rows.iter().map(|row| (rank(row), row)).collect();
    order::sort_by(&mut ranked, |a, b| a.0.cmp(&b.0));
    ranked.into_iter().flat_map(|(_, row)| lines(std::slice::from_ref(row))).collect()
}

/// What a dry run found, summed up.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub struct Missing {
    /// Offsets missing in partitions of which it is known.
    pub records: u64,
    /// Partitions of which it is not known.
    pub n_unknown: u64,
    /// Mirrors that would be acted on.
    pub n_taken: u64,
    /// Mirrors that would be refused.
    pub n_refused: u64,
}

/// Sums a dry run up; what is refused is not counted as missing.
#[must_use]
pub fn missing(rows: &[MirrorActionRow]) -> Missing {
    let mut sum = Missing::default();
    for row in rows {
        if row.error_code.is_some() || row.error_message.is_some() {
            sum.n_refused += 1;
            continue;
        }
        sum.n_taken += 1;
        for at in &row.lags {
            match u64::try_from(at.lag) {
                Ok(lag) => sum.records = sum.records.saturating_add(lag),
                Err(_) => sum.n_unknown += 1,
            }
        }
    }
    sum
}

/// The source's log ends as they were seen lately: whether somebody still writes there.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Ends(Vec<(i64, i64)>);

/// Growth is told over so long.
const ENDS_MS: i64 = 5_000;

impl Ends {
    /// Takes note of the sum of all log ends at `now_ms`; none when one of them is not known.
    pub fn see(&mut self, now_ms: i64, sum: Option<i64>) {
        let Some(sum) = sum else {
            self.0.clear();
            return;
        };
        self.0.retain(|(at, _)| now_ms - at <= ENDS_MS);
        self.0.push((now_ms, sum));
    }

    /// What arrived meanwhile, in words; none when nothing was seen to arrive.
    #[must_use]
    pub fn words(&self) -> Option<String> {
        let ((since, before), (at, after)) = (self.0.first()?, self.0.last()?);
        let n = u64::try_from(after - before).ok().filter(|n| *n > 0)?;
        let seconds = ((at - since + 500) / 1000).max(1);
        Some(format!("{} arrived in the last {seconds} s", counted(n, "record", "records")))
    }
}

/// A dry run older than this says too little about now to act on.
const DRY_RUN_MS: i64 = 120_000;

/// Why a dry run may not be acted on any more; none while it is new.
#[must_use]
pub fn is_stale(now_ms: i64, dry_run_ms: i64) -> Option<&'static str> {
    (now_ms - dry_run_ms > DRY_RUN_MS)
        .then_some("The dry run is older than 2 minutes: look again first")
}

/// How long it took from the request to the last mirror's end, as it follows "stopped"; what is shorter than
/// the states are told is not claimed to the millisecond.
#[must_use]
pub fn took(ms: u64) -> String {
    match ms {
        ..1_000 => "at once".to_owned(),
        ms => format!("after {}", duration(ms)),
    }
}

/// What a failover loses, in sentences. `last_contact_ms` is when the source answered last.
#[must_use]
pub fn loss(
    missing: &Missing,
    source: &str,
    destination: &str,
    last_contact_ms: Option<i64>,
) -> String {
    let when = last_contact_ms.map_or_else(String::new, |at| {
        let time = absolute(at, 0);
        let clock = time.get(11..19).unwrap_or_default();
        format!(" at {clock} UTC")
    });
    let known = match missing.records {
        0 => {
            format!("Nothing that {source} is known to have had{when} is missing on {destination}.")
        }
        n => format!(
            "Up to {} that {source} had{when} and {destination} does not.",
            counted(n, "record", "records")
        ),
    };
    let unknown = match missing.n_unknown {
        0 => String::new(),
        n => format!(
            " Of {} nothing is known: they were not fetched yet, or not since they were paused or failed.",
            counted(n, "partition", "partitions")
        ),
    };
    format!("{known}{unknown} What was produced there since then is unknown.")
}

/// What a promotion copies before it ends, in a sentence.
#[must_use]
pub fn to_copy(missing: &Missing, source: &str) -> String {
    let unknown = || counted(missing.n_unknown, "partition", "partitions");
    let what = match (missing.records, missing.n_unknown) {
        (0, 0) => {
            return "Nothing is missing now: it ends as soon as the last offsets and configs are copied."
                .to_owned();
        }
        (0, _) => format!("What is missing in {} is not known now.", unknown()),
        (n, 0) => format!("{} missing now.", counted(n, "record is", "records are")),
        (n, _) => format!(
            "{} missing now, and what is missing in {} more is not known.",
            counted(n, "record is", "records are"),
            unknown()
        ),
    };
    format!(
        "{what} The promotion copies it first, so it loses nothing, and it ends only when the producers on {source} are stopped."
    )
}

/// Why a promotion cannot end now, with the remedy; none when the source answers.
#[must_use]
pub fn promotion_fault(link: &LinkRow, source: &str) -> Option<String> {
    use drawbridge_shared::link::LinkState;
    let why = match link.state {
        LinkState::Unavailable => format!("{source} does not answer"),
        LinkState::Failed => "the link failed".to_owned(),
        LinkState::Paused => "the link is paused".to_owned(),
        LinkState::UnmanagedSource => "the link has lost its other half".to_owned(),
        LinkState::Active | LinkState::Unknown => return None,
    };
    let remedy = match link.state {
        LinkState::Paused => "Resume the link first.",
        _ => {
            "Repair the source or the way to it and come back; the link reconnects by itself. If the source is lost for good, fail over instead."
        }
    };
    Some(format!(
        "A promotion waits until nothing is missing, and {why}: it would never end. {remedy}"
    ))
}

/// Where a group would go on after moving over.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Gap {
    /// Where it was.
    Same,
    /// This many offsets are read again.
    Again(u64),
    /// This many offsets are skipped.
    Skipped(u64),
    /// It has no offset on the destination: its own reset rule decides.
    Nowhere,
    /// The source's offset is not known.
    Unknown,
}

impl Gap {
    /// Compares a group's offsets on both sides.
    #[must_use]
    pub fn of(row: &GroupOffsetRow) -> Self {
        match (row.source, row.destination) {
            (None, _) => Self::Unknown,
            (Some(_), None) => Self::Nowhere,
            (Some(there), Some(here)) => match (there.abs_diff(here), here < there) {
                (0, _) => Self::Same,
                (n, true) => Self::Again(n),
                (n, false) => Self::Skipped(n),
            },
        }
    }

    /// In words.
    #[must_use]
    pub fn words(self) -> String {
        match self {
            Self::Same => "goes on where it was".to_owned(),
            Self::Again(n) => format!("would re-read {}", count(n)),
            Self::Skipped(n) => format!("would skip {}", count(n)),
            Self::Nowhere => "no offset here: auto.offset.reset decides".to_owned(),
            Self::Unknown => "offset on the source not known".to_owned(),
        }
    }

    /// What it asks for.
    #[must_use]
    pub fn role(self) -> StateRole {
        match self {
            Self::Same => StateRole::Ok,
            Self::Again(_) | Self::Nowhere => StateRole::Attention,
            Self::Skipped(_) => StateRole::Failed,
            Self::Unknown => StateRole::Unknown,
        }
    }
}

/// Groups of a partition in one cell: `ingest would re-read 14`; `all in step` when all are.
#[must_use]
pub fn groups_words(rows: &[GroupOffsetRow], topic: &str, partition: i32) -> String {
    let here = || rows.iter().filter(|row| row.topic == topic && row.partition == partition);
    let behind: Vec<String> = here()
        .filter(|row| Gap::of(row) != Gap::Same)
        .map(|row| format!("{} {}", row.mirror_group, Gap::of(row).words()))
        .collect();
    match (here().count(), behind.as_slice()) {
        (0, _) => UNKNOWN.to_owned(),
        (_, []) => "in step".to_owned(),
        (_, [one]) => one.clone(),
        (_, [one, rest @ ..]) => format!("{one} · {} more", rest.len()),
    }
}

/// Groups with a partition of `topics` where they would not go on where they were.
#[must_use]
pub fn n_groups_apart(rows: &[GroupOffsetRow], topics: &BTreeSet<String>) -> usize {
    let mut groups: Vec<&str> = rows
        .iter()
        .filter(|row| topics.contains(&row.topic))
        .filter(|row| Gap::of(row) != Gap::Same)
        .map(|row| row.mirror_group.as_str())
        .collect();
    order::sort(&mut groups);
    groups.dedup();
    groups.len()
}

/// What was done, for the record.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Report {
    /// `promote` or `failover`.
    pub action: &'static str,
    /// The cluster with the mirrors.
    pub cluster: String,
    /// The link.
    pub link: String,
    /// The source.
    pub source: String,
    /// When it was asked for.
    pub asked_ms: i64,
    /// When the last mirror was stopped; none when some are not.
    pub ended_ms: Option<i64>,
    /// The result per partition.
    pub lines: Vec<CutRow>,
    /// State of each mirror now.
    pub states: Vec<(String, Option<MirrorState>)>,
}

impl Report {
    /// As a text for a ticket.
    #[must_use]
    pub fn markdown(&self) -> String {
        let ended = self.ended_ms.map_or_else(|| "not ended".to_owned(), utc);
        let mut text = format!(
            "# {} of mirrors: {} → {}\n\n- Link: {}\n- Asked for: {}\n- Ended: {ended}\n",
            if self.action == "promote" { "Promotion" } else { "Failover" },
            self.source,
            self.cluster,
            self.link,
            utc(self.asked_ms),
        );
        text.push_str("\n| ");
        text.push_str(&HEADS.join(" | "));
        text.push_str(" |\n|---|---:|---:|---:|---|---|\n");
        for line in &self.lines {
            let cells = line.cells().map(|cell| cell.replace('|', "\\|").replace('\n', " "));
            text.push_str(&format!("| {} |\n", cells.join(" | ")));
        }
        text.push_str("\n| Mirror Topic Name | State |\n|---|---|\n");
        for (topic, state) in &self.states {
            let state = state.map_or(UNKNOWN, MirrorState::as_str);
            text.push_str(&format!("| {topic} | {state} |\n"));
        }
        text
    }

    /// For programs; names are those of the public API.
    #[must_use]
    pub fn json(&self) -> String {
        let text = |text: &Option<String>| text.as_ref().map_or_else(null, |text| json(text));
        let number = |n: Option<i64>| n.map_or_else(null, |n| n.to_string());
        let line = |line: &CutRow| {
            format!(
                "    {{\"mirror_topic_name\": {}, \"partition\": {}, \"partition_mirror_lag\": {}, \
                 \"last_source_fetch_offset\": {}, \"error_message\": {}, \"error_code\": {}}}",
                json(&line.topic),
                number(line.partition.map(i64::from)),
                number(line.lag),
                number(line.last_fetch),
                text(&line.error_message),
                number(line.error_code.map(i64::from)),
            )
        };
        let state = |(topic, state): &(String, Option<MirrorState>)| {
            let state = state.map(|state| state.as_str().to_owned());
            format!(
                "    {{\"mirror_topic_name\": {}, \"mirror_status\": {}}}",
                json(topic),
                text(&state)
            )
        };
        let lines: Vec<String> = self.lines.iter().map(line).collect();
        let states: Vec<String> = self.states.iter().map(state).collect();
        format!(
            "{{\n  \"action\": {},\n  \"cluster\": {},\n  \"link_name\": {},\n  \"source\": {},\n  \
             \"asked_ms\": {},\n  \"ended_ms\": {},\n  \"partitions\": [\n{}\n  ],\n  \"mirrors\": [\n{}\n  ]\n}}\n",
            json(self.action),
            json(&self.cluster),
            json(&self.link),
            json(&self.source),
            self.asked_ms,
            number(self.ended_ms),
            lines.join(",\n"),
            states.join(",\n"),
        )
    }
}

fn null() -> String {
    "null".to_owned()
}

fn utc(ms: i64) -> String {
    format!("{} UTC", absolute(ms, 0))
}

#[cfg(test)]
#[path = "cut_over/tests.rs"]
mod tests;
