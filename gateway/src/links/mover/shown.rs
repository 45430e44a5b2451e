//! What a mover shows of its partitions.

use std::collections::BTreeMap;

use drawbridge_engine::{lag::Lag, partition::PartitionView};
use drawbridge_shared::names::TopicName;

/// One partition.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(in crate::links) struct PartitionShown {
    pub(in crate::links) partition: i32,
    pub(in crate::links) view: PartitionView,
    pub(in crate::links) lag: Lag,
    pub(in crate::links) bytes_per_second: u64,
    pub(in crate::links) records_per_second: u64,
    /// Bytes that came from the source.
    pub(in crate::links) fetched_bytes: u64,
    /// The offsets below its start are still being filled.
    pub(in crate::links) head_is_open: bool,
}

/// All partitions, by mirror topic and number.
pub(in crate::links) type Shown = BTreeMap<TopicName, BTreeMap<i32, PartitionShown>>;
