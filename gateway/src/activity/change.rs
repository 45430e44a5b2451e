//! Putting a change into words, without its secrets.

use drawbridge_kafka::admin::configs::ConfigEntry;
use drawbridge_shared::{
    draft::ConfigChange,
    link::{ConfigKey, ConfigRow, LinkName},
    names::{ClusterName, TopicName},
    view::{ActivityEntry, ActivityResult, Severity},
};

/// Longer texts are cut, in bytes.
const LONGEST: usize = 1000;

/// Something that is tried or that happens. No part of it may be a secret.
#[derive(Debug, Clone)]
pub struct Change {
    cluster: ClusterName,
    action: String,
    link: Option<LinkName>,
    topic: Option<TopicName>,
    before: Option<String>,
    after: Option<String>,
}

impl Change {
    /// On a cluster, in words.
    pub fn on(cluster: &ClusterName, action: impl Into<String>) -> Self {
        Self {
            cluster: cluster.clone(),
            action: action.into(),
            link: None,
            topic: None,
            before: None,
            after: None,
        }
    }

    /// The link it is about.
    #[must_use]
    pub fn link(mut self, link: &LinkName) -> Self {
        self.link = Some(link.clone());
        self
    }

    /// The topic it is about.
    #[must_use]
    pub fn topic(mut self, topic: &TopicName) -> Self {
        self.topic = Some(topic.clone());
        self
    }

    /// What was there, where it is known, and what was wanted.
    #[must_use]
    pub fn from_to(mut self, before: Option<String>, after: Option<String>) -> Self {
        self.before = before.filter(|text| !text.is_empty());
        self.after = after.filter(|text| !text.is_empty());
        self
    }

    pub(super) fn entry(
        self,
        who: &str,
        result: ActivityResult,
        severity: Severity,
    ) -> ActivityEntry {
        ActivityEntry {
            seq: 0,
            at_ms: 0,
            who: who.to_owned(),
            action: shortened(self.action),
            cluster: self.cluster,
            link: self.link,
            topic: self.topic,
            before: self.before.map(shortened),
            after: self.after.map(shortened),
            result,
            severity,
        }
    }
}

/// Changes of configs of a topic or broker: old and new values. A config that is sensitive, or not known to be none,
/// is named without value.
#[must_use]
pub fn of_kafka_configs(
    known: &[ConfigEntry],
    changes: &[ConfigChange],
) -> (Option<String>, Option<String>) {
    let open = |name: &str| known.iter().find(|entry| entry.name == name && !entry.sensitive);
    let before = changes.iter().filter_map(|change| {
        let entry = open(&change.name)?;
        Some(pair(&change.name, entry.value.as_deref()))
    });
    let after = changes.iter().map(|change| match open(&change.name) {
        Some(_) => pair(&change.name, change.value.as_deref()),
        None => change.name.clone(),
    });
    (Some(joined(before)), Some(joined(after)))
}

/// Configs of a link, old and new, secrets without value.
#[must_use]
pub fn of_link_configs(
    known: &[ConfigRow],
    changes: &[ConfigChange],
) -> (Option<String>, Option<String>) {
    let is_open =
        |name: &str| ConfigKey::find(name).is_some_and(|key| !key.sensitive && key.name == name);
    let before = changes.iter().filter(|change| is_open(&change.name)).filter_map(|change| {
        let row = known.iter().find(|row| row.name == change.name && !row.is_sensitive)?;
        Some(pair(&change.name, row.value.as_deref()))
    });
    let after = changes.iter().map(|change| {
        if is_open(&change.name) {
            pair(&change.name, change.value.as_deref())
        } else {
            change.name.clone()
        }
    });
    (Some(joined(before)), Some(joined(after)))
}

fn pair(name: &str, value: Option<&str>) -> String {
    value.map_or_else(|| format!("{name} (default)"), |value| format!("{name}={value}"))
}

fn joined(parts: impl Iterator<Item = String>) -> String {
    parts.collect::<Vec<_>>().join(", ")
}

/// Bounds what an entry takes.
pub(super) fn shortened(mut text: String) -> String {
    if text.len() > LONGEST {
        let mut end = LONGEST;
        while !text.is_char_boundary(end) {
            end -= 1;
        }
        text.truncate(end);
        text.push('…');
    }
    text
}
