//! Produce: <https://kafka.apache.org/protocol#The_Messages_Produce>.

use std::time::Duration;

use bytes::Bytes;
use uuid::Uuid;

use crate::{
    client::{Client, Leader},
    error::{Error, Result},
};

/// A produce request to one broker.
#[derive(Debug, Clone, PartialEq)]
pub struct ProduceRequest {
    /// Who must have the records.
    pub acks: Acks,
    /// How long the broker may wait for replicas.
    pub timeout: Duration,
    /// For transactional batches.
    pub transactional_id: Option<String>,
    /// One batch per partition; a partition must not occur twice.
    pub partitions: Vec<ProducePartition>,
}

/// `acks` of a produce request. Unacknowledged writes are not offered.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Default)]
pub enum Acks {
    /// All in-sync replicas.
    #[default]
    All,
    /// The leader alone.
    Leader,
}

/// A batch for a partition.
#[derive(Debug, Clone, PartialEq)]
pub struct ProducePartition {
    /// Topic name.
    pub topic: String,
    /// Topic id; with it on every partition, a recreated topic is refused where the broker can (Kafka 4.1 on).
    pub topic_id: Option<Uuid>,
    /// Partition number.
    pub partition: i32,
    /// The batch.
    pub batch: BatchParts,
}

/// One record batch as its header and the pieces of its records section, written in this order without copying.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct BatchParts {
    /// The 61 bytes before the records.
    pub header: Bytes,
    /// The records section.
    pub records: Vec<Bytes>,
}

impl BatchParts {
    /// Size of the batch in bytes.
    #[must_use]
    pub fn len(&self) -> usize {
        self.header.len() + self.records.iter().map(Bytes::len).sum::<usize>()
    }

    /// Whether there is nothing to write.
    #[must_use]
    pub fn is_empty(&self) -> bool {
        self.len() == 0
    }
}

/// What became of a batch.
#[derive(Debug, Clone, PartialEq)]
pub struct ProducedPartition {
    /// Topic name.
    pub topic: String,
    /// Partition number.
    pub partition: i32,
    /// The broker's error; the batch was not written.
    pub error: Option<Error>,
    /// Offset of the first record, -1 on error.
    pub base_offset: i64,
    /// Append time in milliseconds since 1970, on topics that use it.
    pub log_append_time: Option<i64>,
    /// Log start offset, -1 if unknown.
    pub log_start_offset: i64,
    /// Records that made the batch fail, by index, with the broker's words (KIP-467).
    pub record_errors: Vec<(i32, Option<String>)>,
    /// The leader now, when the broker is not (KIP-951).
    pub current_leader: Option<Leader>,
}

impl Client {
    /// Writes batches to `broker` over connection number `lane`. Requests of a lane are written in the order of
    /// the calls. Sent once, never repeated here.
    ///
    /// # Errors
    /// When the broker cannot be reached or its answer cannot be read; see [`Error::outcome_unknown`].
    pub async fn produce(
        &self,
        _broker: i32,
        _lane: u16,
        _request: &ProduceRequest,
    ) -> Result<Vec<ProducedPartition>> {
        Err(Error::Closed)
    }
}
