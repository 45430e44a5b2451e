//! What lies on the brokers' disks.

use std::collections::BTreeMap;

use futures_util::future::join_all;
use kafka_protocol::messages::DescribeLogDirsRequest;

use super::TopicPartition;
use crate::{
    client::{Call, Client, Repeat, Route},
    error::{Asked, Error, ErrorCode, Result},
};

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
        brokers: Option<&[i32]>,
    ) -> Result<BTreeMap<i32, Result<Vec<LogDir>>>> {
        let ids = match brokers {
            Some(ids) => ids.to_vec(),
            None => self.broker_ids().await?,
        };
        let calls = ids.into_iter().map(|id| async move { (id, self.log_dirs_of(id).await) });
        Ok(join_all(calls).await.into_iter().collect())
    }

    async fn log_dirs_of(&self, broker: i32) -> Result<Vec<LogDir>> {
        let asked = Asked::new("DescribeLogDirs").about(format!("broker {broker}"));
        let response = self
            .call::<DescribeLogDirsRequest>(
                &Call::ask(Route::Broker(broker), asked.clone()),
                |_| DescribeLogDirsRequest::default().with_topics(None),
                |response| ErrorCode::from_wire(response.error_code).map(|code| (code.0, None)),
            )
            .await?;
        let dirs = response.results.iter().map(|dir| {
            let replicas = dir.topics.iter().flat_map(|topic| {
                topic.partitions.iter().map(|replica| LogDirReplica {
                    partition: TopicPartition::new(
                        topic.name.0.to_string(),
                        replica.partition_index,
                    ),
                    size: replica.partition_size,
                    offset_lag: replica.offset_lag,
                    future: replica.is_future_key,
                })
            });
            LogDir {
                path: dir.log_dir.to_string(),
                error: ErrorCode::from_wire(dir.error_code)
                    .map(|code| Error::broker(code.0, None, asked.clone())),
                total_bytes: Some(dir.total_bytes).filter(|bytes| *bytes >= 0),
                usable_bytes: Some(dir.usable_bytes).filter(|bytes| *bytes >= 0),
                replicas: replicas.collect(),
            }
        });
        Ok(dirs.collect())
    }

    /// Ids of all brokers, fetched anew if need be.
    pub(super) async fn broker_ids(&self) -> Result<Vec<i32>> {
        self.retrying(Repeat::Always, &Asked::new("Metadata"), || self.ensure_brokers()).await?;
        Ok(self.metadata().brokers.keys().copied().collect())
    }
}
