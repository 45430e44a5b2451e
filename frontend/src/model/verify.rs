//! A comparison of mirrors with their sources, in words.

use drawbridge_shared::view::{
    VerifyDifference, VerifyDifferenceKind, VerifyPartition, VerifyRange, VerifyRun, VerifyState,
    VerifyVerdict, VerifyView,
};

use super::bytes::bytes;
use super::number::{count, counted, signed};
use super::rest::json as quoted;
use crate::ui::StateRole;

/// A verdict as a badge shows it.
#[must_use]
pub fn verdict(of: VerifyVerdict) -> (StateRole, &'static str) {
    match of {
        VerifyVerdict::Waiting => (StateRole::Unknown, "waiting"),
        VerifyVerdict::Comparing => (StateRole::Unknown, "comparing"),
        VerifyVerdict::Equal => (StateRole::Ok, "equal"),
        VerifyVerdict::Differs => (StateRole::Failed, "differs"),
        VerifyVerdict::NotComparable => (StateRole::Attention, "not comparable"),
        VerifyVerdict::Unfinished => (StateRole::Attention, "not finished"),
    }
}

/// Where and what: `offset 1,204: the value differs`.
#[must_use]
pub fn difference(of: &VerifyDifference) -> String {
    let what = match of.kind {
        VerifyDifferenceKind::MissingOnMirror => "missing on the mirror",
        VerifyDifferenceKind::ExtraOnMirror => "only the mirror has a record",
        VerifyDifferenceKind::Key => "the key differs",
        VerifyDifferenceKind::Value => "the value differs",
        VerifyDifferenceKind::Headers => "the headers differ",
        VerifyDifferenceKind::Timestamp => "the timestamp differs",
    };
    format!("offset {}: {what}", signed(of.offset))
}

/// How far it is, or what came of it.
#[must_use]
pub fn progress(run: &VerifyRun, partitions: &[VerifyPartition]) -> String {
    let compared = format!(
        "{} compared, {}, {}/s",
        counted(run.records, "record", "records"),
        bytes(run.bytes),
        count(run.records_per_second)
    );
    let of = |wanted| partitions.iter().filter(|at| at.verdict == wanted).count();
    let (n, n_equal, n_differ) =
        (partitions.len(), of(VerifyVerdict::Equal), of(VerifyVerdict::Differs));
    match run.state {
        VerifyState::Failed => {
            format!("It could not be compared: {}", run.error.as_deref().unwrap_or_default())
        }
        VerifyState::Running if run.offsets_total == 0 => "Reading where the logs end…".to_owned(),
        VerifyState::Running => format!(
            "{} of {} offsets done · {compared}",
            signed(run.offsets_done),
            signed(run.offsets_total)
        ),
        VerifyState::Cancelled => format!(
            "Cancelled. {n_equal} of {n} partitions are equal, {n_differ} differ · {compared}"
        ),
        VerifyState::Done if (n, n_equal) == (1, 1) => {
            format!("Equal in the one partition · {compared}")
        }
        VerifyState::Done if n == n_equal => format!("Equal in all {n} partitions · {compared}"),
        VerifyState::Done => {
            format!("{n_equal} of {n} partitions are equal, {n_differ} differ · {compared}")
        }
    }
}

/// The same on a page of some of the mirrors: how those partitions came out that are `here`.
#[must_use]
pub fn progress_here(run: &VerifyRun, all: &[VerifyPartition], here: &[VerifyPartition]) -> String {
    let whole = progress(run, all);
    if here.len() == all.len() {
        return whole;
    }
    let n_of = |wanted| here.iter().filter(|at| at.verdict == wanted).count();
    match here.len() {
        0 => format!("{whole} · no partition of what is shown here was among them"),
        n => format!(
            "{whole} · of what is shown here, {} of {n} partitions are equal, {} differ",
            n_of(VerifyVerdict::Equal),
            n_of(VerifyVerdict::Differs)
        ),
    }
}

/// The whole result for programs.
#[must_use]
pub fn json(of: &VerifyView) -> String {
    let text = |text: &Option<String>| text.as_deref().map_or_else(|| "null".to_owned(), quoted);
    let line = |at: &VerifyPartition| {
        let notes: Vec<String> = at.notes.iter().map(|note| quoted(note)).collect();
        let found = at.difference.as_ref().map_or_else(
            || "null".to_owned(),
            |found| {
                format!(
                    "{{\"offset\": {}, \"what\": {}, \"source\": {}, \"mirror\": {}}}",
                    found.offset,
                    quoted(&difference(found)),
                    text(&found.source),
                    text(&found.mirror)
                )
            },
        );
        format!(
            "    {{\"mirror_topic_name\": {}, \"partition\": {}, \"result\": {}, \"from\": {}, \"to\": {}, \
             \"records\": {}, \"compacted_on_one_side\": {}, \"notes\": [{}], \"first_difference\": {found}}}",
            quoted(&at.topic),
            at.partition,
            quoted(verdict(at.verdict).1),
            at.from,
            at.to,
            at.records,
            at.compacted,
            notes.join(", "),
        )
    };
    let lines: Vec<String> = of.partitions.iter().map(line).collect();
    let summary = of.run.as_ref().map_or_else(String::new, |run| progress(run, &of.partitions));
    let at = |read: fn(&VerifyRun) -> Option<i64>| {
        let at = of.run.as_ref().and_then(read);
        at.map_or_else(|| "null".to_owned(), |at| at.to_string())
    };
    format!(
        "{{\n  \"summary\": {},\n  \"started_ms\": {},\n  \"ended_ms\": {},\n  \"partitions\": [\n{}\n  ]\n}}\n",
        quoted(&summary),
        at(|run| Some(run.started_ms)),
        at(|run| run.ended_ms),
        lines.join(",\n")
    )
}

/// What is worth showing first: differences, then what could not be compared, then the others.
#[must_use]
pub fn order(of: VerifyVerdict) -> u8 {
    match of {
        VerifyVerdict::Differs => 0,
        VerifyVerdict::NotComparable => 1,
        VerifyVerdict::Unfinished | VerifyVerdict::Comparing => 2,
        VerifyVerdict::Waiting => 3,
        VerifyVerdict::Equal => 4,
    }
}

/// Reads the form. `kind` is one of `all`, `last`, `offsets`, `hours`.
///
/// # Errors
/// What is to be typed instead.
pub fn range(kind: &str, from: &str, to: &str, now_ms: i64) -> Result<VerifyRange, &'static str> {
    let number = |text: &str| text.trim().replace([',', ' '], "").parse::<i64>().ok();
    match kind {
        "last" => match number(from) {
            Some(records @ 1..) => Ok(VerifyRange::Last { records }),
            _ => Err("Give a number of records from 1 on"),
        },
        "offsets" => {
            let Some(from @ 0..) = number(from) else { return Err("Give the first offset") };
            if to.trim().is_empty() {
                return Ok(VerifyRange::Offsets { from, to: None });
            }
            match number(to) {
                Some(to) if to > from => Ok(VerifyRange::Offsets { from, to: Some(to) }),
                _ => Err("The end has to be above the first offset"),
            }
        }
        "hours" => match number(from) {
            Some(hours @ 1..=1_000_000) => {
                Ok(VerifyRange::Since { at_ms: (now_ms - hours * 3_600_000).max(0) })
            }
            _ => Err("Give a number of hours from 1 on"),
        },
        _ => Ok(VerifyRange::All),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_range_is_read_from_the_form_or_what_is_wrong_is_said() {
        assert_eq!(range("all", "", "", 0), Ok(VerifyRange::All));
        assert_eq!(range("last", "1,000", "", 0), Ok(VerifyRange::Last { records: 1000 }));
        assert_eq!(range("offsets", "5", "", 0), Ok(VerifyRange::Offsets { from: 5, to: None }));
        assert!(range("offsets", "5", "5", 0).is_err());
        assert!(range("last", "0", "", 0).is_err());
        assert_eq!(range("hours", "1", "", 3_600_001), Ok(VerifyRange::Since { at_ms: 1 }));
    }

    #[test]
    fn a_page_of_some_mirrors_says_what_was_found_of_these() {
        let at = |topic: &str, verdict| VerifyPartition {
            topic: topic.into(),
            partition: 0,
            verdict,
            from: 0,
            to: 1,
            next: 1,
            records: 1,
            compacted: 0,
            notes: Vec::new(),
            difference: None,
        };
        let run = VerifyRun {
            id: 1,
            range: VerifyRange::All,
            state: VerifyState::Done,
            error: None,
            started_ms: 0,
            ended_ms: Some(1),
            offsets_done: 2,
            offsets_total: 2,
            records: 2,
            bytes: 2,
            records_per_second: 2,
        };
        let all = [at("a", VerifyVerdict::Equal), at("b", VerifyVerdict::Differs)];
        let [a, b] = &all;
        let here = |of: &[VerifyPartition]| progress_here(&run, &all, of);
        assert_eq!(here(&all), progress(&run, &all));
        assert!(here(std::slice::from_ref(a)).ends_with("1 of 1 partitions are equal, 0 differ"));
        assert!(here(std::slice::from_ref(b)).ends_with("0 of 1 partitions are equal, 1 differ"));
        assert!(here(&[]).ends_with("was among them"));
    }
}
