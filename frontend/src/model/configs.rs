//! Configurations of a topic, link or broker: which to show, edits that are not applied yet, and what they would change.

use std::collections::BTreeMap;

use drawbridge_shared::draft::ConfigChange;
use drawbridge_shared::order;
use drawbridge_shared::view::{ConfigEntryView, ConfigSource};

use super::filter::Needles;

/// What a value that is secret looks like.
pub const MASKED: &str = "••••••";

/// What somebody wants to do to one configuration.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Edit {
    /// Give it a value of its own.
    Set(String),
    /// Go back to the default.
    Reset,
}

/// Edits by configuration name.
pub type Edits = BTreeMap<String, Edit>;

/// One line of the comparison shown before edits are applied.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct ConfigDiff {
    /// Configuration name.
    pub name: String,
    /// Value in force now; masked when secret, none when it has none.
    pub from: Option<String>,
    /// Value afterwards; none when the broker does not tell its default.
    pub to: Option<String>,
    /// Whether it goes back to the default.
    pub is_reset: bool,
    /// What it was when the edit began, if that is no longer so.
    pub conflict: Option<String>,
}

/// Whether it is set at the place that is edited: values from there have the source `own`.
#[must_use]
pub fn is_own(entry: &ConfigEntryView, own: ConfigSource) -> bool {
    entry.source == own
}

/// The value to show.
#[must_use]
pub fn value(entry: &ConfigEntryView) -> Option<String> {
    if entry.is_sensitive { Some(MASKED.to_owned()) } else { entry.value.clone() }
}

/// Names to show, by name: those that match the search in name or value, of all or of those set there;
/// what has an edit stays in view.
#[must_use]
pub fn shown(
    entries: &[ConfigEntryView],
    search: &str,
    only_own: Option<ConfigSource>,
    edits: &Edits,
) -> Vec<String> {
    let needles = Needles::new(search);
    let found = |entry: &&ConfigEntryView| {
        needles.matches(&entry.name)
            || entry
                .value
                .as_deref()
                .is_some_and(|value| !needles.is_empty() && needles.matches(value))
    };
    let wanted = |entry: &&ConfigEntryView| {
        edits.contains_key(&entry.name) || only_own.is_none_or(|own| is_own(entry, own))
    };
    let mut names: Vec<String> =
        entries.iter().filter(found).filter(wanted).map(|entry| entry.name.clone()).collect();
    order::sort(&mut names);
    names
}

/// The entry of a name.
#[must_use]
pub fn entry<'a>(entries: &'a [ConfigEntryView], name: &str) -> Option<&'a ConfigEntryView> {
    entries.iter().find(|entry| entry.name == name)
}

/// What `edits` change in `now`, by name; edits that change nothing are left out.
/// `before` is what was on screen when the edits were made: a value that moved since is a conflict.
#[must_use]
pub fn diff(
    before: &[ConfigEntryView],
    now: &[ConfigEntryView],
    edits: &Edits,
    own: ConfigSource,
) -> Vec<ConfigDiff> {
    edits
        .iter()
        .filter_map(|(name, edit)| {
            let current = entry(now, name);
            let looked_at = entry(before, name);
            if !changes(current, edit, own) {
                return None;
            }
            let to = match edit {
                Edit::Set(value) => Some(match current {
                    Some(entry) if entry.is_sensitive => MASKED.to_owned(),
                    _ => value.clone(),
                }),
                Edit::Reset => current.and_then(|entry| entry.default.clone()),
            };
            let moved = looked_at.map(|entry| (&entry.value, entry.source))
                != current.map(|entry| (&entry.value, entry.source));
            Some(ConfigDiff {
                name: name.clone(),
                from: current.and_then(value),
                to,
                is_reset: *edit == Edit::Reset,
                conflict: moved.then(|| looked_at.and_then(value).unwrap_or_default()),
            })
        })
        .collect()
}

fn changes(current: Option<&ConfigEntryView>, edit: &Edit, own: ConfigSource) -> bool {
    match (current, edit) {
        (None, Edit::Reset) => false,
        (None, Edit::Set(_)) => true,
        (Some(entry), Edit::Reset) => is_own(entry, own),
        (Some(entry), Edit::Set(value)) => {
            entry.is_sensitive || !is_own(entry, own) || entry.value.as_ref() != Some(value)
        }
    }
}

/// The request that carries out a comparison.
#[must_use]
pub fn request(diff: &[ConfigDiff], edits: &Edits) -> Vec<ConfigChange> {
    diff.iter()
        .filter_map(|line| {
            let value = match edits.get(&line.name)? {
                Edit::Set(value) => Some(value.clone()),
                Edit::Reset => None,
            };
            Some(ConfigChange { name: line.name.clone(), value })
        })
        .collect()
}

/// Words a configuration may take, when its type or Kafka's reference names them.
#[must_use]
pub fn choices(entry: &ConfigEntryView) -> &'static [&'static str] {
    match entry.name.as_str() {
        "cleanup.policy" => &["delete", "compact", "compact,delete"],
        "compression.type" => &["producer", "uncompressed", "gzip", "snappy", "lz4", "zstd"],
        "message.timestamp.type" => &["CreateTime", "LogAppendTime"],
        _ if entry.kind.as_deref().is_some_and(|kind| kind.eq_ignore_ascii_case("boolean")) => {
            &["true", "false"]
        }
        _ => &[],
    }
}

/// Whether brokers refuse to delete records of a topic with these configurations: those that are only compacted.
#[must_use]
pub fn refuses_deletion(entries: &[ConfigEntryView]) -> bool {
    let policy = entry(entries, "cleanup.policy").and_then(|entry| entry.value.as_deref());
    policy.is_some_and(|policy| {
        let mut words = policy.split(',').map(str::trim);
        words.clone().any(|word| word == "compact") && !words.any(|word| word == "delete")
    })
}

/// Kafka's documentation as plain text: it is written in HTML, of which nothing is carried out here.
#[must_use]
pub fn plain(documentation: &str) -> String {
    let mut text = String::with_capacity(documentation.len());
    let mut rest = documentation;
    while let Some((before, from)) = rest.split_once('<') {
        text.push_str(before);
        let is_tag = from.starts_with(|c: char| c.is_ascii_alphabetic() || c == '/');
        match from.split_once('>') {
            Some((tag, after)) if is_tag => {
                if matches!(tag, "li" | "p" | "br" | "br/" | "br /" | "ul" | "/ul") {
                    text.push(' ');
                }
                rest = after;
            }
            _ => {
                text.push('<');
                rest = from;
            }
        }
    }
    text.push_str(rest);
    for (entity, letter) in [
        ("&lt;", "<"),
        ("&gt;", ">"),
        ("&quot;", "\""),
        ("&nbsp;", " "),
        ("&#39;", "'"),
        ("&amp;", "&"),
    ] {
        text = text.replace(entity, letter);
    }
    text.split_whitespace().collect::<Vec<_>>().join(" ")
}

#[cfg(test)]
#[path = "configs/tests.rs"]
mod tests;
