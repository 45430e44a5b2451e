//! What lies on the brokers' disks.

use std::collections::BTreeMap;

use super::TopicPartition;
use crate::{client::Client, error::{Error, Result}};

/// A log directory of a broker.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct LogDir {
    /// Path on the broker.
    pub path: String,
    /// Why the directory is offline.
    pub error: Option<Error>,
    /// Size of the volume in bytes, if told (Kafka 3.3 on).
    pub total_bytes: Option<i64>,
    /// Free bytes of the volume.
    pub usable_bytes: Option<i64>,
    /// Replicas in it.
    pub replicas: Vec<LogDirReplica>,
}

/// A replica on a disk.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct LogDirReplica {
    /// The partition.
    pub partition: TopicPartition,
    /// Bytes on disk.
    pub size: i64,
    /// How far the replica's log end lies behind the high watermark (or, for a future replica, the current one).
    pub offset_lag: i64,
    /// The replica is being moved here.
    pub future: bool,
}

impl Client {
    /// Log directories of `brokers`, or of all.
    ///
    /// # Errors
    /// When the brokers are not known; per broker, when it cannot be reached or refuses.
    pub async fn describe_log_dirs(
        &self,
        _brokers: Option<&[i32]>,
    ) -> Result<BTreeMap<i32, Result<Vec<LogDir>>>> {
        super::unfinished()
    }
}
