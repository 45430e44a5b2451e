//! Produce: <https://kafka.apache.org/protocol#The_Messages_Produce>.

mod answer;
mod frame;

use std::time::Duration;

use bytes::Bytes;
use kafka_protocol::{messages::ProduceRequest as WireRequest, protocol::Request};
use uuid::Uuid;

use crate::{
    client::{Client, Leader, Use, unreadable},
    error::{Asked, Error, ErrorCode, Result},
    wire,
};

/// The first version with flexible encoding.
const FIRST: i16 = 9;
/// The last version that goes by topic names.
const LAST_BY_NAME: i16 = 12;

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
        broker: i32,
        lane: u16,
        request: &ProduceRequest,
    ) -> Result<Vec<ProducedPartition>> {
        let asked = Asked::new("Produce").about(format!("{} partitions", request.partitions.len()));
        if let Err(reason) = frame::check(request) {
            return Err(Error::InvalidRequest { asked, reason });
        }
        let outcome = self.once(&asked, self.produce_at(broker, lane, request, &asked)).await;
        match &outcome {
            Err(error) if error.is_retriable() => self.distrust(broker),
            Err(_) => {}
            Ok(partitions) => {
                for partition in partitions {
                    let code = partition.error.as_ref().and_then(Error::code);
                    if code.is_some_and(ErrorCode::means_stale_leader) {
                        self.forget_topic(&partition.topic);
                    }
                }
            }
        }
        outcome
    }

    async fn produce_at(
        &self,
        broker: i32,
        lane: u16,
        request: &ProduceRequest,
        asked: &Asked,
    ) -> Result<Vec<ProducedPartition>> {
        let connection = self.broker(broker, Use::Produce(lane)).await?;
        let asked = asked.clone().of(connection.target());
        let by_id = request
            .partitions
            .iter()
            .all(|partition| partition.topic_id.is_some_and(|id| !id.is_nil()));
        let (min, max) = wire::client_versions::<WireRequest>();
        let max = if by_id { max } else { max.min(LAST_BY_NAME) };
        let versions = connection.versions();
        let version = versions.choose_in(WireRequest::KEY, min.max(FIRST), max, &asked)?;
        let frame = frame::build(&self.settings().client_id, version, request)
            .map_err(|reason| Error::InvalidRequest { asked: asked.clone(), reason })?;
        let bytes = self.exchange(&connection, frame, request.timeout, &asked).await?;
        let response = wire::decode::<WireRequest>(bytes, version)
            .map_err(|what| unreadable(&connection, &asked, what))?;
        let throttle = u64::try_from(response.throttle_time_ms).unwrap_or(0);
        connection.throttle(Duration::from_millis(throttle));
        let produced = answer::partitions(&response, version > LAST_BY_NAME, request, &asked);
        if produced.len() == request.partitions.len() {
            Ok(produced)
        } else {
            let what = format!(
                "it speaks of {} of {} partitions",
                produced.len(),
                request.partitions.len()
            );
            Err(unreadable(&connection, &asked, what))
        }
    }
}
