use super::*;
use proptest::collection::btree_map;
use proptest::prelude::*;

fn config(name: &str, value: &str, source: ConfigSource) -> ConfigEntryView {
    ConfigEntryView {
        name: name.to_owned(),
        value: Some(value.to_owned()),
        default: Some("default".to_owned()),
        source,
        is_read_only: false,
        is_sensitive: false,
        kind: None,
        documentation: None,
        update: None,
        note: None,
    }
}

const OWN: ConfigSource = ConfigSource::DynamicTopicConfig;

fn topic_own(name: &str, value: &str) -> ConfigEntryView {
    config(name, value, OWN)
}

fn inherited(name: &str, value: &str) -> ConfigEntryView {
    config(name, value, ConfigSource::DefaultConfig)
}

fn edits<const N: usize>(edits: [(&str, Edit); N]) -> Edits {
    edits.into_iter().map(|(name, edit)| (name.to_owned(), edit)).collect()
}

#[test]
fn an_edit_to_the_value_it_has_changes_nothing() {
    let now = [topic_own("retention.ms", "7")];
    let same = edits([("retention.ms", Edit::Set("7".into()))]);
    assert!(diff(&now, &now, &same, OWN).is_empty());
}

#[test]
fn setting_the_default_as_the_topics_own_value_is_a_change() {
    let now = [inherited("retention.ms", "7")];
    let pin = edits([("retention.ms", Edit::Set("7".into()))]);
    assert_eq!(request(&diff(&now, &now, &pin, OWN), &pin).len(), 1);
}

#[test]
fn what_all_brokers_have_is_not_a_brokers_own() {
    let now = [config("max.connections", "7", ConfigSource::DynamicDefaultBrokerConfig)];
    let own = ConfigSource::DynamicBrokerConfig;
    let reset = edits([("max.connections", Edit::Reset)]);
    assert!(diff(&now, &now, &reset, own).is_empty(), "the broker sets nothing itself");
    assert_eq!(diff(&now, &now, &reset, ConfigSource::DynamicDefaultBrokerConfig).len(), 1);
    let pin = edits([("max.connections", Edit::Set("7".into()))]);
    assert_eq!(diff(&now, &now, &pin, own).len(), 1);
}

#[test]
fn a_reset_shows_the_value_it_goes_back_to() {
    let now = [topic_own("retention.ms", "7"), inherited("segment.ms", "1")];
    let reset = edits([("retention.ms", Edit::Reset), ("segment.ms", Edit::Reset)]);
    let lines = diff(&now, &now, &reset, OWN);
    assert_eq!(lines.len(), 1, "an inherited value has nothing to reset");
    assert_eq!((lines[0].from.as_deref(), lines[0].to.as_deref()), (Some("7"), Some("default")));
    assert_eq!(
        request(&lines, &reset),
        [ConfigChange { name: "retention.ms".into(), value: None }]
    );
}

#[test]
fn a_value_that_moved_since_it_was_looked_at_is_a_conflict() {
    let before = [topic_own("retention.ms", "7")];
    let now = [topic_own("retention.ms", "8")];
    let lines = diff(&before, &now, &edits([("retention.ms", Edit::Set("9".into()))]), OWN);
    assert_eq!(lines[0].conflict.as_deref(), Some("7"));
    assert_eq!(lines[0].from.as_deref(), Some("8"));
}

#[test]
fn a_secret_is_never_shown() {
    let secret = ConfigEntryView { is_sensitive: true, ..topic_own("password", "hunter2") };
    let lines = diff(
        std::slice::from_ref(&secret),
        std::slice::from_ref(&secret),
        &edits([("password", Edit::Set("hunter3".into()))]),
        OWN,
    );
    assert!(!format!("{lines:?}{:?}", value(&secret)).contains("hunter"));
}

#[test]
fn only_changed_keeps_what_is_being_edited_in_view() {
    let entries = [topic_own("b", "1"), inherited("a", "1"), inherited("c", "1")];
    let editing = edits([("c", Edit::Set("2".into()))]);
    assert_eq!(shown(&entries, "", Some(OWN), &editing), ["b", "c"]);
    assert_eq!(shown(&entries, "", None, &Edits::new()), ["a", "b", "c"]);
    assert_eq!(shown(&entries, "B", None, &Edits::new()), ["b"]);
}

#[test]
fn only_topics_that_are_only_compacted_refuse_deletion() {
    for (policy, refuses) in
        [("compact", true), ("delete", false), ("compact, delete", false), ("", false)]
    {
        assert_eq!(refuses_deletion(&[topic_own("cleanup.policy", policy)]), refuses, "{policy}");
    }
    assert!(!refuses_deletion(&[]));
}

#[test]
fn documentation_loses_its_markup_only() {
    assert_eq!(
        plain("Use <code>-1</code> for<ul><li>a</li><li>b &lt; c</li></ul> if 1 < 2 &amp;lt;"),
        "Use -1 for a b < c if 1 < 2 &lt;"
    );
}

fn entries() -> impl Strategy<Value = Vec<ConfigEntryView>> {
    btree_map("[a-d]", ("[0-2]", any::<bool>()), 0..5).prop_map(|all| {
        all.into_iter()
            .map(
                |(name, (value, own))| {
                    if own { topic_own(&name, &value) } else { inherited(&name, &value) }
                },
            )
            .collect()
    })
}

fn some_edits() -> impl Strategy<Value = Edits> {
    let edit = prop_oneof![Just(Edit::Reset), "[0-2]".prop_map(Edit::Set)];
    btree_map("[a-e]", edit, 0..5)
}

/// What a broker would have after a request.
fn applied(mut now: Vec<ConfigEntryView>, changes: &[ConfigChange]) -> Vec<ConfigEntryView> {
    for change in changes {
        now.retain(|entry| entry.name != change.name);
        now.push(match &change.value {
            Some(value) => topic_own(&change.name, value),
            None => inherited(&change.name, "default"),
        });
    }
    now
}

proptest! {
    #[test]
    fn documentation_without_markup_stays(text in "[a-z .,0-9]{0,30}") {
        prop_assert_eq!(plain(&text), text.split_whitespace().collect::<Vec<_>>().join(" "));
    }

    #[test]
    fn after_a_request_was_carried_out_nothing_is_left_to_change(now in entries(), edits in some_edits()) {
        let changes = request(&diff(&now, &now, &edits, OWN), &edits);
        let after = applied(now, &changes);
        prop_assert!(diff(&after, &after, &edits, OWN).is_empty());
    }

    #[test]
    fn there_is_no_conflict_with_oneself(now in entries(), edits in some_edits()) {
        prop_assert!(diff(&now, &now, &edits, OWN).iter().all(|line| line.conflict.is_none()));
    }
}
