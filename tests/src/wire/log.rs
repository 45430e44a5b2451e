//! Appending to and reading from partition 0 of a topic.

use anyhow::Result;
use bytes::Bytes;
use kafka_protocol::messages::{
    DeleteRecordsRequest, FetchRequest, ListOffsetsRequest, OffsetForLeaderEpochRequest,
    ProduceRequest,
    delete_records_request::{DeleteRecordsPartition, DeleteRecordsTopic},
    fetch_request::{FetchPartition, FetchTopic},
    fetch_response::PartitionData,
    list_offsets_request::{ListOffsetsPartition, ListOffsetsTopic},
    list_offsets_response::ListOffsetsPartitionResponse,
    offset_for_leader_epoch_request::{OffsetForLeaderPartition, OffsetForLeaderTopic},
    produce_request::{PartitionProduceData, TopicProduceData},
};

use super::{Wire, admin::topic_name, batch::Batch};

/// Up to this version partitions are named by topic name, not by topic id.
const PRODUCE: i16 = 12;
const FETCH: i16 = 12;

/// Which records a read may see.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Isolation {
    /// Up to the high watermark.
    Uncommitted,
    /// Up to the last stable offset.
    Committed,
}

/// The broker's answer to an append.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Appended {
    /// Kafka's error code, 0 if none.
    pub error: i16,
    /// Offset of the first record; -1 with an error.
    pub base_offset: i64,
}

impl Appended {
    /// It was appended (or recognised as a duplicate) at this offset.
    pub const fn at(base_offset: i64) -> Self {
        Self { error: 0, base_offset }
    }

    /// It was refused with this code.
    pub const fn refused(error: i16) -> Self {
        Self { error, base_offset: -1 }
    }
}

/// One answer to a fetch.
#[derive(Clone, Debug)]
pub struct Read {
    /// Everything but the records.
    pub partition: PartitionData,
    /// The batches returned, whole: the first may begin before the offset asked for.
    pub batches: Vec<Batch>,
}

impl Wire {
    /// Appends `batch` with `acks=all`.
    ///
    /// # Errors
    /// The connection broke; what the broker refuses is in the answer.
    pub async fn append(&mut self, topic: &str, batch: &Batch) -> Result<Appended> {
        self.append_bytes(topic, batch.bytes(), -1, None).await
    }

    /// Appends `batch` with `acks=all` and returns the offset of its first record.
    ///
    /// # Errors
    /// The connection broke or the broker refuses.
    pub async fn write(&mut self, topic: &str, batch: &Batch) -> Result<i64> {
        let answer = self.append(topic, batch).await?;
        anyhow::ensure!(answer.error == 0, "error {} for a batch of {topic}", answer.error);
        Ok(answer.base_offset)
    }

    /// Appends `batch`, acknowledged by the leader alone.
    ///
    /// # Errors
    /// The connection broke.
    pub async fn append_to_leader(&mut self, topic: &str, batch: &Batch) -> Result<Appended> {
        self.append_bytes(topic, batch.bytes(), 1, None).await
    }

    /// Appends whatever bytes, in a transaction if its id is given.
    ///
    /// # Errors
    /// The connection broke.
    pub async fn append_bytes(
        &mut self,
        topic: &str,
        bytes: Bytes,
        acks: i16,
        transactional_id: Option<&str>,
    ) -> Result<Appended> {
        let version = self.version::<ProduceRequest>(PRODUCE)?;
        let request = produce(topic, bytes, acks, transactional_id);
        let answer = self.call_at(version, &request).await?;
        let partition = &answer.responses[0].partition_responses[0];
        Ok(Appended { error: partition.error_code, base_offset: partition.base_offset })
    }

    /// Sends an append and does not wait; see [`Wire::appended`].
    ///
    /// # Errors
    /// The connection broke.
    pub async fn send_append(&mut self, topic: &str, batch: &Batch) -> Result<()> {
        let version = self.version::<ProduceRequest>(PRODUCE)?;
        self.send_at(version, &produce(topic, batch.bytes(), -1, None)).await
    }

    /// The answer to the oldest [`Wire::send_append`] not answered yet.
    ///
    /// # Errors
    /// The connection broke.
    pub async fn appended(&mut self) -> Result<Appended> {
        let version = self.version::<ProduceRequest>(PRODUCE)?;
        let answer = self.receive::<ProduceRequest>(version).await?;
        let partition = &answer.responses[0].partition_responses[0];
        Ok(Appended { error: partition.error_code, base_offset: partition.base_offset })
    }

    /// Reads once from `offset`.
    ///
    /// # Errors
    /// The connection broke.
    pub async fn read(&mut self, topic: &str, offset: i64, isolation: Isolation) -> Result<Read> {
        self.fetch(topic, FetchPartition::default().with_fetch_offset(offset), isolation).await
    }

    /// Reads once, with everything about the partition as the caller says; `current_leader_epoch`
    /// and `last_fetched_epoch` are -1 if left alone.
    ///
    /// # Errors
    /// The connection broke.
    pub async fn fetch(
        &mut self,
        topic: &str,
        partition: FetchPartition,
        isolation: Isolation,
    ) -> Result<Read> {
        let version = self.version::<FetchRequest>(FETCH)?;
        let wanted = FetchTopic::default()
            .with_topic(topic_name(topic))
            .with_partitions(vec![partition.with_partition_max_bytes(8 << 20)]);
        let request = FetchRequest::default()
            .with_max_wait_ms(100)
            .with_min_bytes(0)
            .with_max_bytes(32 << 20)
            .with_isolation_level(i8::from(isolation == Isolation::Committed))
            .with_session_epoch(-1)
            .with_topics(vec![wanted]);
        let mut answer = self.call_at(version, &request).await?;
        let mut partition = answer.responses.remove(0).partitions.remove(0);
        let batches = Batch::split(partition.records.take().unwrap_or_default());
        Ok(Read { partition, batches })
    }

    /// Every batch from the log's start up to its end.
    ///
    /// # Errors
    /// The connection broke, or the broker refuses to be read.
    pub async fn read_all(&mut self, topic: &str, isolation: Isolation) -> Result<Vec<Batch>> {
        let mut offset = self.earliest(topic).await?;
        let mut batches = Vec::new();
        loop {
            let read = self.read(topic, offset, isolation).await?;
            anyhow::ensure!(read.partition.error_code == 0, "error {}", read.partition.error_code);
            let Some(last) = read.batches.last() else { return Ok(batches) };
            offset = last.next_offset();
            batches.extend(read.batches);
        }
    }

    /// What a consumer of that isolation sees, as (offset, key, value): data only, without what
    /// transactions aborted.
    ///
    /// # Errors
    /// The connection broke, or the broker refuses to be read.
    pub async fn consume(
        &mut self,
        topic: &str,
        isolation: Isolation,
    ) -> Result<Vec<(i64, Option<Bytes>, Option<Bytes>)>> {
        let start = self.earliest(topic).await?;
        let aborted = self
            .read(topic, start, isolation)
            .await?
            .partition
            .aborted_transactions
            .unwrap_or_default();
        let mut seen = Vec::new();
        for batch in self.read_all(topic, isolation).await? {
            let gone = batch.has(super::batch::bits::TRANSACTIONAL)
                && aborted.iter().any(|a| {
                    a.producer_id.0 == batch.producer_id() && batch.base_offset() >= a.first_offset
                });
            if batch.has(super::batch::bits::CONTROL) || gone {
                continue;
            }
            let records = batch.records().into_iter().filter(|record| record.offset >= start);
            seen.extend(records.map(|record| (record.offset, record.key, record.value)));
        }
        Ok(seen)
    }

    /// The offset for `timestamp` (-1 latest, -2 earliest, or milliseconds), asked as `replica`: -1
    /// is a consumer.
    ///
    /// # Errors
    /// The connection broke.
    pub async fn offset(
        &mut self,
        topic: &str,
        timestamp: i64,
        replica: i32,
    ) -> Result<ListOffsetsPartitionResponse> {
        let wanted =
            ListOffsetsTopic::default().with_name(topic_name(topic)).with_partitions(vec![
                ListOffsetsPartition::default()
                    .with_current_leader_epoch(-1)
                    .with_timestamp(timestamp),
            ]);
        let request =
            ListOffsetsRequest::default().with_replica_id(replica.into()).with_topics(vec![wanted]);
        let mut answer = self.call(&request).await?;
        Ok(answer.topics.remove(0).partitions.remove(0))
    }

    /// The log start offset.
    ///
    /// # Errors
    /// The connection broke or the broker refuses.
    pub async fn earliest(&mut self, topic: &str) -> Result<i64> {
        let found = self.offset(topic, -2, -1).await?;
        anyhow::ensure!(found.error_code == 0, "error {}", found.error_code);
        Ok(found.offset)
    }

    /// The high watermark.
    ///
    /// # Errors
    /// The connection broke or the broker refuses.
    pub async fn latest(&mut self, topic: &str) -> Result<i64> {
        let found = self.offset(topic, -1, -1).await?;
        anyhow::ensure!(found.error_code == 0, "error {}", found.error_code);
        Ok(found.offset)
    }

    /// The log end offset, as replica -2.
    ///
    /// # Errors
    /// The connection broke or the broker refuses.
    pub async fn log_end(&mut self, topic: &str) -> Result<i64> {
        let found = self.offset(topic, -1, -2).await?;
        anyhow::ensure!(found.error_code == 0, "error {}", found.error_code);
        Ok(found.offset)
    }

    /// Moves the log start to `offset` and returns (error code, low watermark).
    ///
    /// # Errors
    /// The connection broke.
    pub async fn delete_records(&mut self, topic: &str, offset: i64) -> Result<(i16, i64)> {
        let wanted = DeleteRecordsTopic::default()
            .with_name(topic_name(topic))
            .with_partitions(vec![DeleteRecordsPartition::default().with_offset(offset)]);
        let request =
            DeleteRecordsRequest::default().with_topics(vec![wanted]).with_timeout_ms(30_000);
        let answer = self.call(&request).await?;
        let partition = &answer.topics[0].partitions[0];
        Ok((partition.error_code, partition.low_watermark))
    }

    /// The (epoch, end offset) of the largest epoch not above `epoch`.
    ///
    /// # Errors
    /// The connection broke.
    pub async fn epoch_end(&mut self, topic: &str, epoch: i32) -> Result<(i32, i64)> {
        let wanted =
            OffsetForLeaderTopic::default().with_topic(topic_name(topic)).with_partitions(vec![
                OffsetForLeaderPartition::default()
                    .with_current_leader_epoch(-1)
                    .with_leader_epoch(epoch),
            ]);
        let request = OffsetForLeaderEpochRequest::default()
            .with_replica_id((-1).into())
            .with_topics(vec![wanted]);
        let answer = self.call(&request).await?;
        let partition = &answer.topics[0].partitions[0];
        Ok((partition.leader_epoch, partition.end_offset))
    }
}

fn produce(topic: &str, bytes: Bytes, acks: i16, transactional_id: Option<&str>) -> ProduceRequest {
    let data = TopicProduceData::default()
        .with_name(topic_name(topic))
        .with_partition_data(vec![PartitionProduceData::default().with_records(Some(bytes))]);
    ProduceRequest::default()
        .with_acks(acks)
        .with_timeout_ms(30_000)
        .with_transactional_id(transactional_id.map(|id| super::admin::text(id).into()))
        .with_topic_data(vec![data])
}
