//! A mirror's records beside their source's: what a line says.

use drawbridge_shared::names::ClusterName;
use drawbridge_shared::names::TopicName;
use drawbridge_shared::view::{
    CompareCell, ComparePart, CompareRow, CompareView, LinkRow, MirrorRow, NoRecord,
};

use super::number::count;
use super::role::StateRole;

/// Offsets that a page shows.
pub const OFFSETS: u32 = 50;

/// Why there is nothing to see at an offset, in words.
#[must_use]
pub fn nothing(why: NoRecord) -> &'static str {
    match why {
        NoRecord::Commit => "marker of a commit",
        NoRecord::Abort => "marker of an abort",
        NoRecord::Aborted => "aborted, no consumer sees it",
        NoRecord::Open => "held back by an open transaction",
        NoRecord::Removed => "removed, below the log's start",
        NoRecord::Hole => "no record: compacted, or never there",
        NoRecord::Beyond => "the log has not come so far",
    }
}

fn part(part: ComparePart) -> &'static str {
    match part {
        ComparePart::Key => "key",
        ComparePart::Value => "value",
        ComparePart::Headers => "headers",
        ComparePart::Timestamp => "timestamp",
    }
}

/// What comparing came to on a line.
#[must_use]
pub fn verdict(row: &CompareRow) -> (StateRole, String) {
    use CompareCell::{Nothing, Record};
    let (role, words) = match (&row.source, &row.mirror) {
        (Record(_), Record(_)) if row.differs.is_empty() => (StateRole::Ok, "equal"),
        (Record(_), Record(_)) => {
            let parts: Vec<&str> = row.differs.iter().map(|differs| part(*differs)).collect();
            return (StateRole::Failed, format!("differs: {}", parts.join(", ")));
        }
        (Record(_), Nothing(NoRecord::Beyond)) => (StateRole::Attention, "not mirrored yet"),
        (Record(_), Nothing(NoRecord::Open)) => (StateRole::Attention, "not visible yet"),
        (Record(_), Nothing(NoRecord::Removed)) => (StateRole::Attention, "removed from mirror"),
        (Nothing(NoRecord::Removed), Record(_)) => (StateRole::Unknown, "removed from source"),
        (Record(_), Nothing(_)) => (StateRole::Failed, "only on the source"),
        (Nothing(_), Record(_)) => (StateRole::Attention, "only on the mirror"),
        (Nothing(_), Nothing(_)) => (StateRole::Unknown, "no record"),
    };
    (role, words.to_owned())
}

/// What comparing came to on all lines: the worst of it, and in words.
#[must_use]
pub fn summary(view: &CompareView) -> (StateRole, String) {
    if view.rows.is_empty() {
        return (StateRole::Unknown, "There are no offsets here on either side".to_owned());
    }
    let (mut equal, mut differs, mut one, mut none) = (0_u64, 0_u64, 0_u64, 0_u64);
    for row in &view.rows {
        let n = u64::try_from(row.last - row.offset + 1).unwrap_or(1);
        match (&row.source, &row.mirror) {
            (CompareCell::Nothing(_), CompareCell::Nothing(_)) => none += n,
            (CompareCell::Record(_), CompareCell::Record(_)) if row.differs.is_empty() => {
                equal += n;
            }
            (CompareCell::Record(_), CompareCell::Record(_)) => differs += n,
            _ => one += n,
        }
    }
    let mut words = vec![format!("{} equal, byte for byte", count(equal))];
    if differs > 0 {
        words.push(format!("{} differ", count(differs)));
    }
    if one > 0 {
        words.push(format!("{} on one side only", count(one)));
    }
    if none > 0 {
        words.push(format!("{} without a record on either side", count(none)));
    }
    let role = match (differs, one) {
        (0, 0) => StateRole::Ok,
        (0, _) => StateRole::Attention,
        _ => StateRole::Failed,
    };
    (role, words.join(" · "))
}

/// The offset after the last of either side.
#[must_use]
pub fn end(view: &CompareView) -> i64 {
    view.source.end.max(view.mirror.end)
}

/// The mirrors that a topic is: its own, and those that copy it.
#[must_use]
pub fn twins(
    rows: &[MirrorRow],
    links: &[LinkRow],
    cluster: &ClusterName,
    topic: &TopicName,
) -> (Option<MirrorRow>, Vec<MirrorRow>) {
    let own = rows.iter().find(|row| row.cluster == *cluster && row.topic == *topic).cloned();
    let comes_from_here = |row: &&MirrorRow| {
        let link = links.iter().find(|link| link.cluster == row.cluster && link.name == row.link);
        link.and_then(|link| link.remote.cluster.as_ref()) == Some(cluster)
            && row.source_topic == topic.as_str()
    };
    (own, rows.iter().filter(comes_from_here).cloned().collect())
}

#[cfg(test)]
mod tests {
    use drawbridge_shared::view::{CompareRecord, CompareSide};

    use super::*;

    fn record() -> CompareCell {
        let (key, value, headers) = (None, None, Vec::new());
        CompareCell::Record(Box::new(CompareRecord { timestamp_ms: 0, key, value, headers }))
    }

    fn row(offset: i64, last: i64, source: CompareCell, mirror: CompareCell) -> CompareRow {
        CompareRow { offset, last, source, mirror, differs: Vec::new() }
    }

    #[test]
    fn a_line_says_what_is_the_matter_and_all_lines_together_the_worst_of_it() {
        let nothing = CompareCell::Nothing;
        let side =
            |end| CompareSide { topic: "t".into(), partitions: 1, log_start: 0, end, stable: end };
        let mut view = CompareView {
            source: side(9),
            mirror: side(8),
            rows: vec![
                row(0, 0, record(), record()),
                row(1, 6, nothing(NoRecord::Aborted), nothing(NoRecord::Hole)),
            ],
            from: 0,
            next: 9,
        };
        let words = "1 equal, byte for byte · 6 without a record on either side";
        assert_eq!(summary(&view), (StateRole::Ok, words.to_owned()));
        view.rows.push(row(8, 8, record(), nothing(NoRecord::Beyond)));
        assert_eq!(summary(&view).0, StateRole::Attention);
        assert_eq!(verdict(&view.rows[2]).1, "not mirrored yet");
        let mut differing = row(7, 7, record(), record());
        differing.differs = vec![ComparePart::Value, ComparePart::Timestamp];
        assert_eq!(verdict(&differing).1, "differs: value, timestamp");
        view.rows.push(differing);
        assert_eq!((summary(&view).0, end(&view)), (StateRole::Failed, 9));
    }
}
