//! What is shown of the activity, newest first.

use drawbridge_shared::view::{ActivityEntry, ActivityResult, Severity};
use drawbridge_shared::wire::FeedData;

use super::filter::Needles;
use super::role::StateRole;

/// The newest entries that contain the search, at most `most`.
#[must_use]
pub fn shown(data: Option<&FeedData>, q: &str, refused: bool, most: usize) -> Vec<ActivityEntry> {
    let Some(FeedData::Activity(entries)) = data else { return Vec::new() };
    let needles = Needles::new(q);
    let is_shown = |entry: &&ActivityEntry| {
        (!refused || matches!(entry.result, ActivityResult::Refused(_)))
            && needles.matches(&text(entry))
    };
    entries.iter().rev().filter(is_shown).take(most).cloned().collect()
}

/// Everything of an entry that can be searched.
fn text(entry: &ActivityEntry) -> String {
    let (_, word, why) = result(entry);
    let link = entry.link.as_ref().map_or("", |link| link.as_str());
    let topic = entry.topic.as_ref().map_or("", |topic| topic.as_str());
    let detail = detail(entry);
    let cluster = entry.cluster.as_str();
    [&*entry.who, &*entry.action, cluster, link, topic, &*detail, word, why].join(" ")
}

/// What was there before and what was wanted, in words; empty where neither is known.
#[must_use]
pub fn detail(entry: &ActivityEntry) -> String {
    match (&entry.before, &entry.after) {
        (Some(before), Some(after)) => format!("{before} → {after}"),
        (None, Some(one)) | (Some(one), None) => one.clone(),
        (None, None) => String::new(),
    }
}

/// What came of it: how it looks, a word, and why it was refused.
#[must_use]
pub fn result(entry: &ActivityEntry) -> (StateRole, &'static str, &str) {
    match (&entry.result, entry.severity) {
        (ActivityResult::Refused(why), _) => (StateRole::Attention, "Refused", why),
        (ActivityResult::Done, Severity::Failed) => (StateRole::Failed, "Failed", ""),
        (ActivityResult::Done, Severity::Attention) => (StateRole::Attention, "Needs a look", ""),
        (ActivityResult::Done, Severity::Good | Severity::Info) => (StateRole::Ok, "Done", ""),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn entry(seq: u64, action: &str, result: ActivityResult) -> ActivityEntry {
        ActivityEntry {
            seq,
            at_ms: 0,
            who: "console".into(),
            action: action.into(),
            cluster: "cloud".parse().unwrap(),
            link: None,
            topic: None,
            before: Some("a=1".into()),
            after: Some("a=2".into()),
            result,
            severity: Severity::Info,
        }
    }

    #[test]
    fn the_newest_comes_first_and_the_search_finds_words_anywhere() {
        let refused = ActivityResult::Refused("no permission".into());
        let data = FeedData::Activity(vec![
            entry(1, "create topic", ActivityResult::Done),
            entry(2, "delete topic", refused),
        ]);
        let seqs = |q, only, most| {
            let all = shown(Some(&data), q, only, most);
            all.iter().map(|entry| entry.seq).collect::<Vec<_>>()
        };
        assert_eq!(seqs("", false, 10), [2, 1]);
        assert_eq!(seqs("", false, 1), [2]);
        assert_eq!(seqs("", true, 10), [2]);
        assert_eq!(seqs("PERMISSION", false, 10), [2]);
        assert_eq!(seqs("create", false, 10), [1]);
        assert!(shown(None, "", false, 10).is_empty());
    }
}
