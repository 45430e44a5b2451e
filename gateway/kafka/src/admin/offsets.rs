//! Offsets of partitions: by position, by time, by leader epoch.

use super::{PerPartition, TopicPartition, unfinished};
use crate::{client::Client, error::Result};

/// Which offset of a partition.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum OffsetSpec {
    /// First readable offset (log start).
    Earliest,
    /// High watermark, or last stable offset with [`Isolation::ReadCommitted`].
    Latest,
    /// Log end offset, even above the high watermark: asked as a debugging replica (`replica_id` -2).
    LogEnd,
    /// Offset of the record with the largest timestamp (KIP-734).
    MaxTimestamp,
    /// First offset kept on the leader's disk with tiered storage (KIP-405).
    EarliestLocal,
    /// Last offset in the remote tier (KIP-1005).
    LatestTiered,
    /// First record at or after the time, in milliseconds since 1970.
    Timestamp(i64),
}

/// Which records count.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Default)]
pub enum Isolation {
    /// All.
    #[default]
    ReadUncommitted,
    /// Those of no open transaction.
    ReadCommitted,
}

impl Isolation {
    pub(crate) fn wire(self) -> i8 {
        match self {
            Self::ReadUncommitted => 0,
            Self::ReadCommitted => 1,
        }
    }
}

/// An offset.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct ListedOffset {
    /// The offset; `None` if no record matches (a time after the last record, an empty log's maximum).
    pub offset: Option<i64>,
    /// Timestamp of the record, if the spec is about time.
    pub timestamp: Option<i64>,
    /// Leader epoch of the record at the offset, if known.
    pub leader_epoch: Option<i32>,
}

/// A question about a leader epoch.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct EpochQuery {
    /// The partition.
    pub partition: TopicPartition,
    /// The epoch asked about.
    pub epoch: i32,
    /// The leader epoch the client believes in; `None` for no check.
    pub current: Option<i32>,
}

/// The end of a leader epoch.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct EpochEnd {
    /// The largest epoch not above the one asked about; -1 if there is none.
    pub epoch: i32,
    /// The offset after its last record; -1 if there is none.
    pub end_offset: i64,
}

impl Client {
    /// Offsets of partitions, asked of their leaders.
    ///
    /// # Errors
    /// Per partition: no leader, the leader cannot be reached, the broker's error.
    pub async fn list_offsets(
        &self,
        _spec: OffsetSpec,
        _partitions: &[TopicPartition],
        _isolation: Isolation,
    ) -> PerPartition<ListedOffset> {
        PerPartition::new()
    }

    /// Where leader epochs end (`OffsetForLeaderEpoch`, KIP-101, KIP-320).
    ///
    /// # Errors
    /// Per partition, as for [`Client::list_offsets`].
    pub async fn offset_for_leader_epoch(
        &self,
        _queries: &[EpochQuery],
    ) -> PerPartition<EpochEnd> {
        let _ = unfinished::<()>;
        PerPartition::new()
    }
}
