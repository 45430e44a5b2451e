//! A reset of a group's offsets: what is asked for, and what the preview says in words.

use drawbridge_shared::view::{
    GroupOffsetResult, GroupRow, LinkRow, ResetPlan, ResetRow, ResetScope, ResetTarget,
};

use super::number::{UNKNOWN, count, counted, signed};

/// The ways to say where to, with their words; the first is the default.
pub const TARGETS: [(&str, &str, &str); 7] = [
    ("", "Oldest record", "Everything that is still there is read again."),
    ("newest", "Newest record", "What waits is skipped."),
    ("offset", "Offset", "The same offset in every partition that is chosen."),
    ("time", "Time", "The first record of that time or later in each partition."),
    ("shift", "Shift", "So many records on, or back when negative."),
    ("group", "Another group", "Where another group of this cluster stands."),
    (
        "link",
        "The other side of a link",
        "Where the same group stands on the linked cluster: offsets of a mirror are those of its source.",
    ),
];

/// What was typed.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Typed<'a> {
    /// Key of the target.
    pub to: &'a str,
    /// Offset, time in milliseconds, number, group, or `cluster/link`.
    pub at: &'a str,
    /// Topic; empty for all.
    pub topic: &'a str,
    /// Partitions, separated by commas; empty for all.
    pub partitions: &'a str,
}

/// Reads what was typed.
///
/// # Errors
/// What is missing, in words for the person.
pub fn read(typed: Typed<'_>) -> Result<(Vec<ResetScope>, ResetTarget), &'static str> {
    Ok((scope(typed)?, target(typed)?))
}

fn scope(typed: Typed<'_>) -> Result<Vec<ResetScope>, &'static str> {
    if typed.topic.is_empty() {
        return Ok(Vec::new());
    }
    let topic = typed.topic.parse().map_err(|_| "Choose a topic")?;
    let numbers = typed.partitions.split(',').map(str::trim).filter(|text| !text.is_empty());
    let partitions: Result<Vec<i32>, _> = numbers.map(str::parse).collect();
    let partitions = partitions.map_err(|_| "Give partitions as numbers, such as 0,3")?;
    Ok(vec![ResetScope { topic, partitions }])
}

fn target(typed: Typed<'_>) -> Result<ResetTarget, &'static str> {
    let at = typed.at.trim();
    let number = || at.replace([',', ' '], "").parse::<i64>();
    match typed.to {
        "" => Ok(ResetTarget::Oldest),
        "newest" => Ok(ResetTarget::Newest),
        "offset" => match number() {
            Ok(offset) if offset >= 0 => Ok(ResetTarget::Offset { offset }),
            _ => Err("Give an offset: 0 or more"),
        },
        "time" => Ok(ResetTarget::Time { at_ms: at.parse().map_err(|_| "Give a time")? }),
        "shift" => match number() {
            Ok(by) if by != 0 => Ok(ResetTarget::Shift { by }),
            _ => Err("Give a number of records, such as -100"),
        },
        "group" if at.is_empty() => Err("Give the name of the other group"),
        "group" => Ok(ResetTarget::Group { group: at.to_owned() }),
        "link" => {
            let (cluster, link) = at.split_once('/').ok_or("Choose a link")?;
            let cluster = cluster.parse().map_err(|_| "Choose a link")?;
            let link = link.parse().map_err(|_| "Choose a link")?;
            Ok(ResetTarget::OtherSide { cluster, link })
        }
        _ => Err("Choose where to"),
    }
}

/// Links whose other side may know the group: those that bring mirrors here and those that take them from here.
/// Each as `cluster/link` of the half with the mirrors, and in words.
#[must_use]
pub fn other_sides(links: &[LinkRow], cluster: &str) -> Vec<(String, String)> {
    use drawbridge_shared::link::LinkMode;
    let with_mirrors = links.iter().filter(|link| link.mode != LinkMode::Source);
    let sides = with_mirrors.filter_map(|link| {
        let remote = link.remote.cluster.as_ref().map(|name| name.as_str());
        let other = if link.cluster.as_str() == cluster {
            remote.unwrap_or("its source")
        } else if remote == Some(cluster) {
            link.cluster.as_str()
        } else {
            return None;
        };
        let key = format!("{}/{}", link.cluster, link.name);
        Some((key, format!("{} ({other})", link.name)))
    });
    sides.collect()
}

/// What a plan does in all.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub struct Sums {
    /// Partitions that get another offset.
    pub n_moved: u64,
    /// Partitions left alone or already there.
    pub n_still: u64,
    /// Records read again.
    pub again: u64,
    /// Records skipped.
    pub skipped: u64,
    /// Partitions that get a first offset.
    pub n_first: u64,
}

/// Adds up a plan.
#[must_use]
pub fn sums(plan: &ResetPlan) -> Sums {
    let mut sums = Sums::default();
    for row in &plan.rows {
        if row.to.is_none() || row.to == row.from {
            sums.n_still += 1;
            continue;
        }
        sums.n_moved += 1;
        match row.moves {
            None => sums.n_first += 1,
            Some(n) if n < 0 => sums.again = sums.again.saturating_add(n.unsigned_abs()),
            Some(n) => sums.skipped = sums.skipped.saturating_add(n.unsigned_abs()),
        }
    }
    sums
}

/// A plan in a sentence: `Up to 1,204 records are read again, none is skipped.`
#[must_use]
pub fn words(sums: &Sums) -> String {
    if sums.n_moved == 0 {
        return "Nothing changes: every offset is there already, or is left alone.".to_owned();
    }
    let mut parts = Vec::new();
    if sums.again > 0 {
        parts.push(format!("{} read again", counted(sums.again, "record is", "records are")));
    }
    if sums.skipped > 0 {
        parts.push(format!("{} skipped", counted(sums.skipped, "record is", "records are")));
    }
    if sums.n_first > 0 {
        let n = counted(sums.n_first, "partition gets its", "partitions get their");
        parts.push(format!("{n} first offset"));
    }
    if parts.is_empty() {
        parts.push("no record is read again or skipped".to_owned());
    }
    let text = parts.join(", ");
    let mut letters = text.chars();
    let first = letters.next().map(|first| first.to_ascii_uppercase()).unwrap_or_default();
    format!("{first}{}.", letters.as_str())
}

/// What happens to one partition: `1,204 read again`.
#[must_use]
pub fn effect(row: &ResetRow) -> String {
    match (row.to, row.moves) {
        (None, _) => "left alone".to_owned(),
        (Some(_), _) if row.to == row.from => "stays".to_owned(),
        (Some(_), None) => "first offset".to_owned(),
        (Some(_), Some(0)) => "none".to_owned(),
        (Some(_), Some(n)) if n < 0 => format!("{} read again", count(n.unsigned_abs())),
        (Some(_), Some(n)) => format!("{} skipped", count(n.unsigned_abs())),
    }
}

/// An offset, or the dash.
#[must_use]
pub fn offset(n: Option<i64>) -> String {
    n.map_or_else(|| UNKNOWN.to_owned(), signed)
}

/// What came of it, in one line.
#[must_use]
pub fn outcome(rows: &[GroupOffsetResult]) -> String {
    let all = u64::try_from(rows.len()).unwrap_or(u64::MAX);
    let failed = rows.iter().filter(|row| row.error.is_some()).count();
    match u64::try_from(failed).unwrap_or(u64::MAX) {
        0 => format!("Offsets reset in {}", counted(all, "partition", "partitions")),
        n => format!("{} of {} partitions failed; the others are done", count(n), count(all)),
    }
}

/// The topics to choose from, by name.
#[must_use]
pub fn topics(row: &GroupRow) -> Vec<String> {
    row.topics.iter().map(|topic| topic.topic.clone()).collect()
}

/// The same with Kafka's own tool, for what it can do.
#[must_use]
pub fn tool(group: &str, scope: &[ResetScope], target: &ResetTarget, at: &str) -> Option<String> {
    let to = match target {
        ResetTarget::Oldest => "--to-earliest".to_owned(),
        ResetTarget::Newest => "--to-latest".to_owned(),
        ResetTarget::Offset { offset } => format!("--to-offset {offset}"),
        ResetTarget::Time { .. } => format!("--to-datetime {at}"),
        ResetTarget::Shift { by } => format!("--shift-by {by}"),
        ResetTarget::Group { .. } | ResetTarget::OtherSide { .. } => return None,
    };
    let topics = match scope {
        [] => "--all-topics".to_owned(),
        all => {
            let each = all.iter().map(|scope| {
                let numbers: Vec<String> = scope.partitions.iter().map(i32::to_string).collect();
                match numbers.as_slice() {
                    [] => format!("--topic {}", scope.topic),
                    _ => format!("--topic {}:{}", scope.topic, numbers.join(",")),
                }
            });
            each.collect::<Vec<_>>().join(" ")
        }
    };
    let group = group.replace('\'', "'\\''");
    Some(format!(
        "kafka-consumer-groups --bootstrap-server HOST:PORT --command-config client.properties \\\n  --group '{group}' --reset-offsets {topics} {to} --dry-run"
    ))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn typed<'a>(to: &'a str, at: &'a str) -> Typed<'a> {
        Typed { to, at, topic: "", partitions: "" }
    }

    #[test]
    fn what_was_typed_is_read_or_refused_in_words() {
        let to = |to, at| read(typed(to, at)).map(|(_, target)| target);
        assert_eq!(to("", ""), Ok(ResetTarget::Oldest));
        assert_eq!(to("offset", "1,204"), Ok(ResetTarget::Offset { offset: 1_204 }));
        assert_eq!(to("shift", "-100"), Ok(ResetTarget::Shift { by: -100 }));
        assert!(to("offset", "-1").is_err() && to("offset", "").is_err());
        assert!(to("shift", "0").is_err() && to("time", "").is_err() && to("group", " ").is_err());
        let link = to("link", "cloud/from-on-prem").unwrap();
        assert!(
            matches!(link, ResetTarget::OtherSide { link, .. } if link.as_str() == "from-on-prem")
        );
        assert!(to("link", "cloud").is_err() && to("else", "").is_err());
    }

    #[test]
    fn partitions_are_numbers_of_one_topic() {
        let scope = |topic, partitions| {
            read(Typed { to: "", at: "", topic, partitions }).map(|(scope, _)| scope)
        };
        assert_eq!(scope("", "0"), Ok(vec![]), "without a topic all are meant");
        let topic = "orders".parse().unwrap();
        assert_eq!(
            scope("orders", " 0, 3 "),
            Ok(vec![ResetScope { topic, partitions: vec![0, 3] }])
        );
        assert!(scope("orders", "x").is_err());
    }

    fn row(from: Option<i64>, to: Option<i64>, moves: Option<i64>) -> ResetRow {
        ResetRow {
            topic: "orders".into(),
            partition: 0,
            from,
            to,
            log_start: Some(0),
            log_end: Some(100),
            moves,
            note: None,
        }
    }

    #[test]
    fn a_plan_says_what_is_read_again_and_what_is_skipped() {
        let rows = vec![
            row(Some(9), Some(4), Some(-5)),
            row(Some(4), Some(6), Some(2)),
            row(None, Some(0), None),
            row(Some(3), Some(3), Some(0)),
            row(Some(3), None, None),
        ];
        let effects: Vec<String> = rows.iter().map(effect).collect();
        assert_eq!(effects, ["5 read again", "2 skipped", "first offset", "stays", "left alone"]);
        let plan = ResetPlan { planned_at_ms: 0, rows, refusal: None };
        let sums = sums(&plan);
        assert_eq!((sums.n_moved, sums.n_still), (3, 2));
        assert_eq!(
            words(&sums),
            "5 records are read again, 2 records are skipped, 1 partition gets its first offset."
        );
        assert!(words(&Sums::default()).starts_with("Nothing changes"));
    }

    #[test]
    fn kafkas_tool_is_named_where_it_can_do_the_same() {
        let scope = vec![ResetScope { topic: "orders".parse().unwrap(), partitions: vec![0, 3] }];
        let text = tool("it's", &scope, &ResetTarget::Shift { by: -5 }, "").unwrap();
        assert!(
            text.contains("--group 'it'\\''s'")
                && text.contains("--topic orders:0,3 --shift-by -5")
        );
        assert_eq!(tool("g", &[], &ResetTarget::Group { group: "b".into() }, ""), None);
    }
}
