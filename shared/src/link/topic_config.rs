//! Which topic configs a mirror takes from its source.

/// How a topic config of a mirror comes about.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum TopicConfigClass {
    /// Always the source's; may not be set on the mirror.
    Always,
    /// The source's while it is in `topic.config.sync.include`.
    Optional,
    /// Never the source's: placement, tiering and schema settings belong to the cluster.
    Independent,
}

/// Configs that are always synced.
pub const ALWAYS: &[&str] = &[
    "cleanup.policy",
    "max.message.bytes",
    "message.timestamp.difference.max.ms",
    "message.timestamp.type",
];

/// Configs that are synced when they are in `topic.config.sync.include`.
pub const OPTIONAL: &[&str] = &[
    "compression.type",
    "delete.retention.ms",
    "file.delete.delay.ms",
    "flush.messages",
    "flush.ms",
    "index.interval.bytes",
    "max.compaction.lag.ms",
    "message.downconversion.enable",
    "message.timestamp.after.max.ms",
    "message.timestamp.before.max.ms",
    "min.cleanable.dirty.ratio",
    "min.compaction.lag.ms",
    "min.insync.replicas",
    "preallocate",
    "retention.bytes",
    "retention.ms",
    "segment.bytes",
    "segment.index.bytes",
    "segment.jitter.ms",
    "segment.ms",
    "unclean.leader.election.enable",
];

/// What is synced without `topic.config.sync.include`: everything but what decides about the
/// destination's availability and brokers.
pub const INCLUDED_BY_DEFAULT: &str = "cleanup.policy,compression.type,delete.retention.ms,max.compaction.lag.ms,max.message.bytes,message.timestamp.after.max.ms,message.timestamp.before.max.ms,message.timestamp.difference.max.ms,message.timestamp.type,min.compaction.lag.ms,retention.bytes,retention.ms,segment.bytes,segment.ms";

/// The class of a topic config; names that nobody knows are the cluster's own business.
#[must_use]
pub fn class_of(name: &str) -> TopicConfigClass {
    if ALWAYS.contains(&name) {
        TopicConfigClass::Always
    } else if OPTIONAL.contains(&name) {
        TopicConfigClass::Optional
    } else {
        TopicConfigClass::Independent
    }
}
