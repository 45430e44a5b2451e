//! Transaction markers written straight to partition leaders, and transactions through their coordinator.

use super::{PerPartition, TopicPartition, producers::ProducerIdentity, unfinished};
use crate::{client::Client, error::Result};

/// Markers of one producer.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct TxnMarker {
    /// The producer the markers end a transaction of; it needs none to be open.
    pub producer: ProducerIdentity,
    /// COMMIT or ABORT.
    pub commit: bool,
    /// Must not be smaller than that of the producer's last marker in the partition.
    pub coordinator_epoch: i32,
    /// Where to write; a partition named n times in a request gets n markers only from n `TxnMarker`s.
    pub partitions: Vec<TopicPartition>,
}

/// A broker's answer to one marker of one partition.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct MarkerOutcome {
    /// The producer.
    pub producer_id: i64,
    /// The partition.
    pub partition: TopicPartition,
    /// Written, or the broker's error.
    pub result: Result<()>,
}

impl Client {
    /// Writes markers to `broker`, which must lead the partitions. Sent once, never repeated here.
    ///
    /// Kafka merges the results of markers that share producer id and partition, last one wins: read the log end
    /// offset afterwards instead of trusting the outcome.
    ///
    /// # Errors
    /// When the broker cannot be reached; per marker and partition, the broker's error
    /// (`CLUSTER_AUTHORIZATION_FAILED` without ALTER on the cluster, KIP-1037).
    pub async fn write_txn_markers(
        &self,
        _broker: i32,
        _markers: &[TxnMarker],
    ) -> Result<Vec<MarkerOutcome>> {
        unfinished()
    }

    /// Adds partitions to the open transaction of a transactional id.
    ///
    /// # Errors
    /// When the coordinator cannot be reached; per partition, the broker's error.
    pub async fn add_partitions_to_transaction(
        &self,
        _transactional_id: &str,
        _producer: ProducerIdentity,
        _partitions: &[TopicPartition],
    ) -> Result<PerPartition<()>> {
        unfinished()
    }

    /// Ends the open transaction of a transactional id. The epoch to go on with comes back (KIP-890 raises it).
    ///
    /// # Errors
    /// When the coordinator cannot be reached or refuses.
    pub async fn end_transaction(
        &self,
        _transactional_id: &str,
        _producer: ProducerIdentity,
        _commit: bool,
    ) -> Result<ProducerIdentity> {
        unfinished()
    }
}
