//! Producer ids, and the producers that partitions remember.

use super::{PerPartition, TopicPartition, unfinished};
use crate::{client::Client, error::Result};

/// A producer as the leader of a partition remembers it.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct ActiveProducer {
    /// Producer id.
    pub producer_id: i64,
    /// Epoch.
    pub epoch: i32,
    /// Sequence of its last record, -1 if it only wrote markers.
    pub last_sequence: i32,
    /// Largest timestamp of its last batch, -1 if unknown.
    pub last_timestamp: i64,
    /// Epoch of the coordinator that wrote its last marker, -1 if none.
    pub coordinator_epoch: i32,
    /// Start of its open transaction, `None` if it has none.
    pub open_transaction: Option<i64>,
}

/// A producer's identity.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct ProducerIdentity {
    /// Producer id.
    pub id: i64,
    /// Epoch.
    pub epoch: i16,
}

/// For a producer with a transactional id.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct TransactionalInit {
    /// `transactional.id`.
    pub id: String,
    /// `transaction.timeout.ms`.
    pub timeout: std::time::Duration,
    /// The identity to raise the epoch of (KIP-360); `None` for a start from scratch.
    pub current: Option<ProducerIdentity>,
}

impl Client {
    /// Producers of partitions, asked of their leaders, unreplicated batches included.
    ///
    /// # Errors
    /// Per partition: no leader, the leader cannot be reached, the broker's error.
    pub async fn describe_producers(
        &self,
        _partitions: &[TopicPartition],
    ) -> PerPartition<Vec<ActiveProducer>> {
        PerPartition::new()
    }

    /// A new producer id, or the next epoch of a transactional one (which aborts its open transaction).
    ///
    /// # Errors
    /// When no broker or no coordinator answers; the broker's error.
    pub async fn init_producer_id(
        &self,
        _transactional: Option<&TransactionalInit>,
    ) -> Result<ProducerIdentity> {
        unfinished()
    }
}
