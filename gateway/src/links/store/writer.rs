//! Writing to the topic: one batch at a time, with the producer that shuts out earlier ones.
//!
//! The producer comes from a transactional id, so that the coordinator raises its epoch at each opening.
//! The batches are not transactional: one batch is written as a whole anyway, and needs no markers.

use std::time::Duration;

use drawbridge_engine::{
    batch::{Codec, Stamp},
    rebuild::Builder,
};
use drawbridge_kafka::{
    Client, Error, ErrorCode,
    admin::producers::ProducerIdentity,
    data::produce::{Acks, BatchParts, ProducePartition, ProduceRequest},
};
use tokio::time::Instant;
use tokio_util::sync::CancellationToken;
use uuid::Uuid;

use super::{StoreError, topic::TOPIC};
use crate::clock::now_ms;

const BACKOFF: Duration = Duration::from_millis(100);
const BACKOFF_MAX: Duration = Duration::from_secs(5);
/// How long something that is under way gets when the gateway stops.
const LAST_MOMENT: Duration = Duration::from_secs(2);

/// A record: key and value, `None` to remove the key.
pub(super) type Record = (String, Option<Vec<u8>>);

/// The one writer of the topic.
pub(super) struct Writer {
    client: Client,
    producer: ProducerIdentity,
    /// Sequence of the next record.
    sequence: i32,
    /// Offset the next record gets, once it is known that nobody else writes.
    next: Option<i64>,
    topic: Option<Uuid>,
    transactional_id: String,
    stopping: CancellationToken,
}

impl Writer {
    pub(super) fn new(
        client: Client,
        producer: ProducerIdentity,
        transactional_id: String,
        stopping: CancellationToken,
    ) -> Self {
        Self { client, producer, sequence: 0, next: None, topic: None, transactional_id, stopping }
    }

    /// From now on every record is expected where the last one ended, beginning with this offset.
    pub(super) fn expect(&mut self, next: i64) {
        self.next = Some(next);
    }

    /// Its producer.
    pub(super) fn producer(&self) -> ProducerIdentity {
        self.producer
    }

    /// Writes records as one batch and returns the offset of the first.
    ///
    /// A batch of unknown outcome is sent again, with the same sequence, until it is known to be there.
    ///
    /// # Errors
    /// Nothing was written, except with [`StoreError::Closed`].
    pub(super) async fn write(&mut self, records: &[Record]) -> Result<i64, StoreError> {
        let producer = self.producer;
        let base = self.write_as(producer, self.sequence, records).await?;
        if let Some(next) = self.next
            && base != next
        {
            return Err(StoreError::Fenced(format!(
                "a record that was to get offset {next} of {TOPIC} got {base}, so somebody else writes there"
            )));
        }
        let count = i32::try_from(records.len()).unwrap_or(i32::MAX);
        self.sequence = self.sequence.wrapping_add(count) & i32::MAX;
        self.next = self.next.map(|next| next.saturating_add(i64::from(count)));
        Ok(base)
    }

    /// Writes records as a producer that is to be shut out: as the first of the epoch after its own.
    pub(super) async fn write_as_next_of(
        &mut self,
        (id, epoch): (i64, i16),
        record: Record,
    ) -> Result<(), StoreError> {
        let producer = ProducerIdentity { id, epoch: epoch.saturating_add(1) };
        match self.write_as(producer, 0, &[record]).await {
            // Somebody else has shut it out meanwhile.
            Ok(_) | Err(StoreError::Fenced(_)) => Ok(()),
            Err(error) => Err(error),
        }
    }

    async fn write_as(
        &mut self,
        producer: ProducerIdentity,
        sequence: i32,
        records: &[Record],
    ) -> Result<i64, StoreError> {
        let batch = batch(producer, sequence, records)?;
        let stopping = self.stopping.clone();
        let stopped = async {
            stopping.cancelled().await;
            tokio::time::sleep(LAST_MOMENT).await;
        };
        tokio::select! {
            result = self.deliver(batch) => result,
            () = stopped => Err(StoreError::Closed),
        }
    }

    async fn deliver(&mut self, batch: BatchParts) -> Result<i64, StoreError> {
        let deadline = Instant::now() + self.client.settings().timeouts.api;
        let (mut wait, mut may_be_there) = (BACKOFF, false);
        loop {
            let error = match self.send(&batch).await {
                Ok(base) => return Ok(base),
                Err(Attempt::Recreated) => {
                    return Err(StoreError::Fenced(format!(
                        "topic {TOPIC} was deleted and created again"
                    )));
                }
                Err(Attempt::NotSent(error)) => error,
                Err(Attempt::Failed(error)) => {
                    if error.code().is_some_and(means_fenced) {
                        return Err(StoreError::Fenced(error.to_string()));
                    }
                    may_be_there |= !surely_not_written(&error);
                    error
                }
            };
            let given_up = !error.is_retriable() || Instant::now() >= deadline;
            if error == Error::Closed {
                return Err(StoreError::Closed);
            }
            if given_up && !may_be_there {
                return Err(StoreError::of(error, Some(&self.transactional_id)));
            }
            tracing::warn!(%error, "the state of the links is not written yet");
            tokio::time::sleep(wait).await;
            wait = wait.saturating_mul(2).min(BACKOFF_MAX);
        }
    }

    async fn send(&mut self, batch: &BatchParts) -> Result<i64, Attempt> {
        let leader = self.client.leader(TOPIC, 0).await.map_err(Attempt::NotSent)?;
        let topic_id = Some(leader.topic_id).filter(|id| !id.is_nil());
        if let (Some(known), Some(now)) = (self.topic, topic_id)
            && known != now
        {
            return Err(Attempt::Recreated);
        }
        self.topic = self.topic.or(topic_id);
        let partition = ProducePartition {
            topic: TOPIC.to_owned(),
            topic_id,
            partition: 0,
            batch: batch.clone(),
        };
        let request = ProduceRequest {
            acks: Acks::All,
            timeout: self.client.settings().timeouts.request,
            transactional_id: None,
            partitions: vec![partition],
        };
        let produced = self.client.produce(leader.broker, 0, &request).await;
        match produced.map_err(Attempt::Failed)?.into_iter().next() {
            Some(one) => one.error.map_or(Ok(one.base_offset), |error| Err(Attempt::Failed(error))),
            // The client checks that the answer speaks of every partition.
            None => Ok(-1),
        }
    }
}

/// Why a batch is not known to be written.
enum Attempt {
    /// It was not sent.
    NotSent(Error),
    /// It was, or may have been.
    Failed(Error),
    /// The topic is another one.
    Recreated,
}

fn batch(
    producer: ProducerIdentity,
    sequence: i32,
    records: &[Record],
) -> Result<BatchParts, StoreError> {
    let mut builder = Builder::new(0, Codec::None, -1);
    let now = now_ms();
    for (key, value) in records {
        builder.add(now, Some(key.as_bytes()), value.as_deref());
    }
    let batch = builder.finish().map_err(|fault| StoreError::Unwritable(fault.to_string()))?;
    let stamped = batch.stamp(Stamp {
        producer_id: producer.id,
        producer_epoch: producer.epoch,
        base_sequence: sequence,
    });
    Ok(BatchParts {
        header: bytes::Bytes::copy_from_slice(&stamped.header),
        records: vec![stamped.records],
    })
}

const PRODUCER_FENCED: ErrorCode = ErrorCode(90);
const NOT_ENOUGH_REPLICAS: ErrorCode = ErrorCode(19);

/// There is one batch in flight with the next sequence: whoever is told that it does not fit is not the
/// only writer any more.
fn means_fenced(code: ErrorCode) -> bool {
    matches!(
        code,
        ErrorCode::INVALID_PRODUCER_EPOCH
            | PRODUCER_FENCED
            | ErrorCode::OUT_OF_ORDER_SEQUENCE_NUMBER
            | ErrorCode::DUPLICATE_SEQUENCE_NUMBER
            | ErrorCode::UNKNOWN_PRODUCER_ID
    )
}

/// A leader that was deposed while it waited for its replicas has appended, and says that it is none.
fn surely_not_written(error: &Error) -> bool {
    match error {
        Error::Broker(broker) => match broker.code {
            ErrorCode::UNKNOWN_SERVER_ERROR => false,
            ErrorCode::UNKNOWN_TOPIC_OR_PARTITION
            | ErrorCode::LEADER_NOT_AVAILABLE
            | ErrorCode::UNKNOWN_TOPIC_ID
            | NOT_ENOUGH_REPLICAS => true,
            code => !code.is_retriable(),
        },
        Error::Closed => false,
        error => !error.outcome_unknown() && !matches!(error, Error::Timeout { .. }),
    }
}
