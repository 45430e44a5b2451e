//! AutoCreateMirror: which source topics get a mirror by themselves.

use std::collections::BTreeSet;

use drawbridge_shared::link::{Filters, LinkPrefix, TaskErrorCode};

use super::TaskError;

/// A topic of the source.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct ObservedTopic {
    /// Its name.
    pub name: String,
    /// Its partitions.
    pub partitions: i32,
    /// The cluster calls it internal.
    pub internal: bool,
}

/// A mirror to create.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord)]
pub struct CreateMirror {
    /// The source's name.
    pub source_topic: String,
    /// Its own.
    pub mirror_topic: String,
    /// As many as the source has.
    pub partitions: i32,
}

/// What to do.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct AutoCreatePlan {
    /// Mirrors to create, by name.
    pub create: Vec<CreateMirror>,
    /// Topics that cannot get one.
    pub errors: Vec<TaskError>,
}

/// Longest topic name.
const MAX_NAME: usize = 249;

/// Plans one run. `mirrored` are the source topics that have a mirror on this link, stopped ones
/// included: what was promoted is not made a mirror again. `taken` are the destination's topics.
#[must_use]
pub fn plan(
    source: &[ObservedTopic],
    mirrored: &BTreeSet<String>,
    taken: &BTreeSet<String>,
    filters: &Filters,
    prefix: Option<&LinkPrefix>,
) -> AutoCreatePlan {
    let mut plan = AutoCreatePlan::default();
    if filters.is_empty() {
        plan.errors.push(TaskError {
            code: TaskErrorCode::Misconfiguration,
            message: "auto.create.mirror.topics.enable is true but auto.create.mirror.topics.filters is empty: nothing matches".to_owned(),
        });
        return plan;
    }
    for topic in source {
        if is_internal(topic) || mirrored.contains(&topic.name) || !filters.admits(&topic.name) {
            continue;
        }
        let mirror_topic = LinkPrefix::apply(prefix, &topic.name);
        if mirror_topic.len() > MAX_NAME {
            plan.errors.push(TaskError {
                code: TaskErrorCode::InvalidTopic,
                message: format!("'{mirror_topic}' would be longer than {MAX_NAME} characters"),
            });
        } else if taken.contains(&mirror_topic) {
            plan.errors.push(TaskError {
                code: TaskErrorCode::TopicExists,
                message: format!(
                    "Topic '{mirror_topic}' already exists. Delete it, exclude '{}' in auto.create.mirror.topics.filters, or use a prefix",
                    topic.name
                ),
            });
        } else {
            plan.create.push(CreateMirror {
                source_topic: topic.name.clone(),
                mirror_topic,
                partitions: topic.partitions,
            });
        }
    }
    plan.create.sort();
    plan
}

/// Topics that belong to their cluster (brokers, tools, this program).
fn is_internal(topic: &ObservedTopic) -> bool {
    topic.internal
        || ["__", "_confluent", "_drawbridge"].iter().any(|start| topic.name.starts_with(start))
}
