//! Committed offsets of groups: read, set, delete.

use super::{PerPartition, TopicPartition, unfinished};
use crate::{client::Client, error::Result};

/// A committed offset.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct CommittedOffset {
    /// The next offset to read.
    pub offset: i64,
    /// Leader epoch of the last record read, if committed with one.
    pub leader_epoch: Option<i32>,
    /// The consumer's note.
    pub metadata: String,
}

impl CommittedOffset {
    /// An offset without epoch and note. Offsets that come from another cluster must carry no epoch: it would
    /// make consumers wait for an epoch that never comes.
    #[must_use]
    pub fn new(offset: i64) -> Self {
        Self { offset, leader_epoch: None, metadata: String::new() }
    }
}

impl Client {
    /// Committed offsets of a group: of `partitions`, or all. Partitions without one are left out.
    ///
    /// With `require_stable`, offsets of open transactions are waited for.
    ///
    /// # Errors
    /// When the coordinator cannot be reached or refuses; per partition, the broker's error.
    pub async fn group_offsets(
        &self,
        _group: &str,
        _partitions: Option<&[TopicPartition]>,
        _require_stable: bool,
    ) -> Result<PerPartition<CommittedOffset>> {
        unfinished()
    }

    /// Commits offsets for a group that has no members here.
    ///
    /// # Errors
    /// When the coordinator cannot be reached; per partition, the broker's error (`UNKNOWN_MEMBER_ID` when the
    /// group has members).
    pub async fn commit_group_offsets(
        &self,
        _group: &str,
        _offsets: &[(TopicPartition, CommittedOffset)],
    ) -> Result<PerPartition<()>> {
        unfinished()
    }

    /// Removes committed offsets.
    ///
    /// # Errors
    /// When the coordinator cannot be reached or refuses; per partition, the broker's error
    /// (`GROUP_SUBSCRIBED_TO_TOPIC` while members read it).
    pub async fn delete_group_offsets(
        &self,
        _group: &str,
        _partitions: &[TopicPartition],
    ) -> Result<PerPartition<()>> {
        unfinished()
    }
}
