//! What stands in the way of a cut-over.

use std::collections::BTreeSet;

use drawbridge_shared::link::MirrorState;
use drawbridge_shared::order;
use drawbridge_shared::view::{GroupOffsetRow, LinkDetail};

use super::n_groups_apart;
use crate::model::number::counted;

/// Mirrors among `topics` that are not copying or are in trouble, and tasks of the link in error, in words: the
/// first `most` of them, and how many there are.
#[must_use]
pub fn blockers(link: &LinkDetail, topics: &BTreeSet<String>, most: usize) -> (Vec<String>, usize) {
    let mut found = Vec::new();
    if link.link.tasks_in_error > 0 {
        let n = counted(u64::from(link.link.tasks_in_error), "task is", "tasks are");
        found.push(format!("{n} in error: see the link"));
    }
    let in_the_way = link.mirrors.iter().filter(|row| {
        let is_fine = row.trouble.is_none() && row.state == MirrorState::Active;
        !is_fine && topics.contains(row.topic.as_str())
    });
    let n = found.len() + in_the_way.clone().count();
    let room = most.saturating_sub(found.len());
    found.extend(in_the_way.take(room).map(|row| match &row.trouble {
        Some(trouble) => format!("{}: {trouble}", row.topic),
        None => format!("{} is {}", row.topic, row.state.as_str()),
    }));
    (found, n)
}

/// How many of the groups that read `topics` would go on where they were.
#[must_use]
pub fn groups_ready(rows: &[GroupOffsetRow], topics: &BTreeSet<String>) -> String {
    let here = rows.iter().filter(|row| topics.contains(&row.topic));
    let mut groups: Vec<&str> = here.map(|row| row.mirror_group.as_str()).collect();
    order::sort(&mut groups);
    groups.dedup();
    match groups.len() {
        0 => "No groups read these topics".to_owned(),
        n => format!("{} of {n} groups ready", n.saturating_sub(n_groups_apart(rows, topics))),
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::model::links::tests::link;
    use crate::model::mirrors::tests::mirror;

    #[test]
    fn of_many_that_stand_in_the_way_the_first_are_told_and_all_are_counted() {
        let names: Vec<String> = (0..10).map(|at| format!("topic-{at}")).collect();
        let state = |at: usize| if at == 0 { MirrorState::Active } else { MirrorState::Paused };
        let rows = names.iter().enumerate().map(|(at, name)| mirror(name, state(at), 0, 0));
        let mut link = LinkDetail {
            link: link("l", drawbridge_shared::link::LinkState::Active),
            tasks: Vec::new(),
            mirrors: rows.collect(),
            twin: None,
            standby: None,
            protection: None,
        };
        let chosen = names.iter().take(5).cloned().collect();
        let (told, n) = blockers(&link, &chosen, 2);
        assert_eq!(n, 4, "the one that copies and those not chosen stand in nobody's way");
        assert_eq!(told, ["topic-1 is PAUSED", "topic-2 is PAUSED"]);
        link.link.tasks_in_error = 1;
        let (told, n) = blockers(&link, &chosen, 2);
        assert_eq!((told.len(), n), (2, 5));
        assert!(told.first().is_some_and(|first| first.starts_with("1 task is in error")));
    }

    #[test]
    fn groups_that_do_not_go_on_where_they_were_are_not_ready() {
        let row = |group: &str, destination| GroupOffsetRow {
            group: group.into(),
            mirror_group: group.into(),
            topic: "orders".into(),
            partition: 0,
            source: Some(100),
            destination: Some(destination),
            mirror_end: None,
            source_active: false,
            destination_active: false,
            synced: true,
        };
        let topics = BTreeSet::from(["orders".to_owned()]);
        let rows = [row("a", 100), row("b", 90)];
        assert_eq!(groups_ready(&rows, &topics), "1 of 2 groups ready");
        assert_eq!(groups_ready(&[], &topics), "No groups read these topics");
    }
}
