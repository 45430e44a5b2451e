//! TopicConfigsSync: which configs of a mirror have to be set.

use std::collections::BTreeMap;

use drawbridge_shared::link::{TopicConfigClass, class_of};

/// What a mirror needs of its configs now.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum ConfigStage {
    /// The head is being padded: nothing may be compacted or deleted by retention, and
    /// DeleteRecords must work.
    Padding,
    /// Batches pass through: the broker must not recompress them, set their times or refuse them.
    Mirroring,
    /// Not a mirror any more: exactly the source's.
    Final,
}

/// Configs by name, with their effective values.
pub type Configs = BTreeMap<String, String>;

/// One config to set on the mirror.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct SetConfig {
    /// Name.
    pub name: String,
    /// Value.
    pub value: String,
}

/// What has to be set on the mirror, given the effective configs of both topics. Configs that the
/// destination does not have are left out; nothing is ever reset to a default.
#[must_use]
pub fn plan(
    source: &Configs,
    mirror: &Configs,
    include: &[String],
    stage: ConfigStage,
) -> Vec<SetConfig> {
    let mut wanted: Configs = source
        .iter()
        .filter(|(name, _)| match class_of(name) {
            TopicConfigClass::Always => true,
            TopicConfigClass::Optional => include.contains(name),
            TopicConfigClass::Independent => false,
        })
        .map(|(name, value)| (name.clone(), value.clone()))
        .collect();
    for (name, value) in needed(stage) {
        wanted.insert((*name).to_owned(), (*value).to_owned());
    }
    if stage != ConfigStage::Final {
        keep_larger(&mut wanted, mirror, "max.message.bytes");
    }
    // A limit on timestamps is written in one of two ways, by version of the broker.
    if stage != ConfigStage::Final || source.contains_key("message.timestamp.before.max.ms") {
        wanted.remove("message.timestamp.difference.max.ms");
    }
    wanted
        .into_iter()
        .filter(|(name, value)| mirror.get(name).is_some_and(|current| current != value))
        .map(|(name, value)| SetConfig { name, value })
        .collect()
}

const UNLIMITED: &str = "9223372036854775807";

const fn needed(stage: ConfigStage) -> &'static [(&'static str, &'static str)] {
    match stage {
        ConfigStage::Padding => &[
            ("cleanup.policy", "delete"),
            ("compression.type", "producer"),
            ("message.timestamp.after.max.ms", UNLIMITED),
            ("message.timestamp.before.max.ms", UNLIMITED),
            ("message.timestamp.type", "CreateTime"),
            ("retention.bytes", "-1"),
            ("retention.ms", "-1"),
        ],
        ConfigStage::Mirroring => &[
            ("compression.type", "producer"),
            ("message.timestamp.after.max.ms", UNLIMITED),
            ("message.timestamp.before.max.ms", UNLIMITED),
            ("message.timestamp.type", "CreateTime"),
        ],
        ConfigStage::Final => &[],
    }
}

/// A batch that was larger than the source's limit is today must not be refused tomorrow.
fn keep_larger(wanted: &mut Configs, mirror: &Configs, name: &str) {
    let number = |configs: &Configs| configs.get(name).and_then(|value| value.parse::<i64>().ok());
    if let (Some(source), Some(own)) = (number(wanted), number(mirror))
        && own > source
    {
        wanted.remove(name);
    }
}
