//! What stands in the way of a cut-over.

use drawbridge_shared::link::MirrorState;
use drawbridge_shared::names::TopicName;
use drawbridge_shared::order;
use drawbridge_shared::view::{GroupOffsetRow, LinkDetail};

use super::n_groups_apart;
use crate::model::number::counted;

/// Mirrors among `topics` that are not copying or are in trouble, and tasks of the link in error, in words.
#[must_use]
pub fn blockers(link: &LinkDetail, topics: &[TopicName]) -> Vec<String> {
    let mut found = Vec::new();
    if link.link.tasks_in_error > 0 {
        let n = counted(u64::from(link.link.tasks_in_error), "task is", "tasks are");
        found.push(format!("{n} in error: see the link"));
    }
    for row in link.mirrors.iter().filter(|row| topics.contains(&row.topic)) {
        match (&row.trouble, row.state) {
            (Some(trouble), _) => found.push(format!("{}: {trouble}", row.topic)),
            (None, MirrorState::Active) => {}
            (None, state) => found.push(format!("{} is {}", row.topic, state.as_str())),
        }
    }
    found
}

/// How many of the groups that read `topics` would go on where they were.
#[must_use]
pub fn groups_ready(rows: &[GroupOffsetRow], topics: &[TopicName]) -> String {
    let here = rows.iter().filter(|row| topics.iter().any(|topic| topic.as_str() == row.topic));
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
        let topics: Vec<TopicName> = "orders".parse().into_iter().collect();
        let rows = [row("a", 100), row("b", 90)];
        assert_eq!(groups_ready(&rows, &topics), "1 of 2 groups ready");
        assert_eq!(groups_ready(&[], &topics), "No groups read these topics");
    }
}
