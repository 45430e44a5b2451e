//! A topic of any number of partitions on any number of brokers: each request goes to the leader, and again
//! while there is none.

use std::{
    collections::HashMap,
    time::{Duration, Instant},
};

use anyhow::{Context, Result, bail, ensure};
use kafka_protocol::{
    messages::{
        DeleteRecordsRequest, FetchRequest, ListOffsetsRequest, ProduceRequest,
        delete_records_request::{DeleteRecordsPartition, DeleteRecordsTopic},
        fetch_request::{FetchPartition, FetchTopic},
        list_offsets_request::{ListOffsetsPartition, ListOffsetsTopic},
        produce_request::{PartitionProduceData, TopicProduceData},
    },
    protocol::Request,
};

use super::{Appended, Isolation, Read, Wire, admin::topic_name, batch::Batch};

/// How long a request is made again while the leader is away.
const PATIENCE: Duration = Duration::from_secs(120);
const BEAT: Duration = Duration::from_millis(50);
/// Up to these versions partitions are named by topic name, not by topic id.
const PRODUCE: i16 = 12;
const FETCH: i16 = 12;
/// The leader is another one, not there yet, or new and does not know its high watermark yet.
const STALE: [i16; 10] = [3, 5, 6, 7, 9, 13, 19, 56, 74, 78];

/// A topic and connections to its leaders.
#[derive(Debug)]
pub struct Routed {
    brokers: Vec<String>,
    topic: String,
    leaders: Vec<String>,
    wires: HashMap<String, Wire>,
}

impl Routed {
    /// The topic, as any broker of `bootstrap` knows it; waits until all partitions have leaders.
    ///
    /// # Errors
    /// There is no such topic, or nobody answers.
    pub async fn open(bootstrap: &str, topic: &str) -> Result<Self> {
        let brokers = bootstrap.split(',').map(str::to_owned).collect();
        let mut routed =
            Self { brokers, topic: topic.to_owned(), leaders: Vec::new(), wires: HashMap::new() };
        let deadline = Instant::now() + PATIENCE;
        while let Err(error) = routed.refresh().await {
            ensure!(Instant::now() < deadline, "no leaders of {topic}: {error:#}");
            tokio::time::sleep(BEAT).await;
        }
        Ok(routed)
    }

    /// How many partitions it has.
    ///
    /// # Panics
    /// More than 2^31.
    pub fn partitions(&self) -> i32 {
        i32::try_from(self.leaders.len()).expect("fewer than 2^31 partitions")
    }

    /// Its name.
    pub fn name(&self) -> &str {
        &self.topic
    }

    async fn refresh(&mut self) -> Result<()> {
        let mut last = None;
        for broker in &self.brokers {
            match leaders(broker, &self.topic).await {
                Ok(leaders) => {
                    self.leaders = leaders;
                    return Ok(());
                }
                Err(error) => last = Some(error),
            }
        }
        Err(last.context("no brokers")?)
    }

    async fn once<R: Request>(
        &mut self,
        partition: i32,
        limit: i16,
        request: &R,
    ) -> Result<R::Response> {
        let leader = self.leaders[usize::try_from(partition)?].clone();
        if !self.wires.contains_key(&leader) {
            self.wires.insert(leader.clone(), Wire::connect(&leader).await?);
        }
        let wire = self.wires.get_mut(&leader).context("just connected")?;
        let version = wire.version::<R>(limit)?;
        let answer = wire.call_at(version, request).await;
        if answer.is_err() {
            self.wires.remove(&leader);
        }
        answer
    }

    /// Asks the leader until it takes the question: `code` finds the error in an answer.
    async fn surely<R: Request>(
        &mut self,
        partition: i32,
        limit: i16,
        request: &R,
        code: impl Fn(&R::Response) -> i16,
    ) -> Result<R::Response> {
        let deadline = Instant::now() + PATIENCE;
        loop {
            let trouble = match self.once(partition, limit, request).await {
                Ok(answer) if !STALE.contains(&code(&answer)) => return Ok(answer),
                Ok(answer) => format!("error {}", code(&answer)),
                Err(error) => format!("{error:#}"),
            };
            if Instant::now() > deadline {
                bail!("{}-{partition} does not answer: {trouble}", self.topic);
            }
            tokio::time::sleep(BEAT).await;
            self.refresh().await.ok();
        }
    }

    /// Appends with `acks=all`. A request whose answer is lost is made again: the records may be there twice.
    ///
    /// # Errors
    /// The leader stays away for two minutes; what it refuses is in the answer.
    pub async fn append(&mut self, partition: i32, batch: &Batch) -> Result<Appended> {
        let request = produce(&self.topic, partition, batch, None);
        let answer = self.surely(partition, PRODUCE, &request, |a| appended(a).error).await?;
        Ok(appended(&answer))
    }

    /// Appends in a transaction, once.
    ///
    /// # Errors
    /// The connection broke.
    pub async fn append_in(
        &mut self,
        transaction: &str,
        partition: i32,
        batch: &Batch,
    ) -> Result<Appended> {
        let request = produce(&self.topic, partition, batch, Some(transaction));
        let answer = self.once(partition, PRODUCE, &request).await;
        if !answer.as_ref().is_ok_and(|answer| appended(answer).error == 0) {
            self.refresh().await.ok();
        }
        Ok(appended(&answer?))
    }

    /// Reads once from `offset`.
    ///
    /// # Errors
    /// The leader stays away for two minutes; what it refuses is in the answer.
    pub async fn read(
        &mut self,
        partition: i32,
        offset: i64,
        isolation: Isolation,
    ) -> Result<Read> {
        let wanted = FetchPartition::default()
            .with_partition(partition)
            .with_fetch_offset(offset)
            .with_partition_max_bytes(8 << 20);
        let request = FetchRequest::default()
            .with_max_wait_ms(100)
            .with_min_bytes(0)
            .with_max_bytes(32 << 20)
            .with_isolation_level(i8::from(isolation == Isolation::Committed))
            .with_session_epoch(-1)
            .with_topics(vec![
                FetchTopic::default()
                    .with_topic(topic_name(&self.topic))
                    .with_partitions(vec![wanted]),
            ]);
        let code = |answer: &<FetchRequest as Request>::Response| {
            answer.responses.first().map_or(answer.error_code, |t| t.partitions[0].error_code)
        };
        let mut answer = self.surely(partition, FETCH, &request, code).await?;
        ensure!(!answer.responses.is_empty(), "fetch: error {}", answer.error_code);
        let mut partition = answer.responses.remove(0).partitions.remove(0);
        let batches = Batch::split(partition.records.take().unwrap_or_default());
        Ok(Read { partition, batches })
    }

    /// The offset for `timestamp` (-1 latest, -2 earliest, or milliseconds), asked as `replica` (-1 is a
    /// consumer, -2 is told the log end).
    ///
    /// # Errors
    /// The leader stays away for two minutes, or refuses.
    pub async fn offset(
        &mut self,
        partition: i32,
        timestamp: i64,
        replica: i32,
        isolation: Isolation,
    ) -> Result<i64> {
        let wanted = ListOffsetsPartition::default()
            .with_partition_index(partition)
            .with_current_leader_epoch(-1)
            .with_timestamp(timestamp);
        let request = ListOffsetsRequest::default()
            .with_replica_id(replica.into())
            .with_isolation_level(i8::from(isolation == Isolation::Committed))
            .with_topics(vec![
                ListOffsetsTopic::default()
                    .with_name(topic_name(&self.topic))
                    .with_partitions(vec![wanted]),
            ]);
        let code =
            |a: &<ListOffsetsRequest as Request>::Response| a.topics[0].partitions[0].error_code;
        let answer = self.surely(partition, i16::MAX, &request, code).await?;
        ensure!(code(&answer) == 0, "ListOffsets: error {}", code(&answer));
        Ok(answer.topics[0].partitions[0].offset)
    }

    /// Moves the log start to `offset`.
    ///
    /// # Errors
    /// The leader stays away for two minutes, or refuses.
    pub async fn delete_records(&mut self, partition: i32, offset: i64) -> Result<()> {
        let wanted =
            DeleteRecordsPartition::default().with_partition_index(partition).with_offset(offset);
        let request = DeleteRecordsRequest::default().with_timeout_ms(30_000).with_topics(vec![
            DeleteRecordsTopic::default()
                .with_name(topic_name(&self.topic))
                .with_partitions(vec![wanted]),
        ]);
        let code =
            |a: &<DeleteRecordsRequest as Request>::Response| a.topics[0].partitions[0].error_code;
        let answer = self.surely(partition, i16::MAX, &request, code).await?;
        ensure!(code(&answer) == 0, "DeleteRecords: error {}", code(&answer));
        Ok(())
    }
}

fn appended(answer: &<ProduceRequest as Request>::Response) -> Appended {
    let partition = &answer.responses[0].partition_responses[0];
    Appended { error: partition.error_code, base_offset: partition.base_offset }
}

fn produce(
    topic: &str,
    partition: i32,
    batch: &Batch,
    transaction: Option<&str>,
) -> ProduceRequest {
    let data =
        PartitionProduceData::default().with_index(partition).with_records(Some(batch.bytes()));
    ProduceRequest::default()
        .with_acks(-1)
        .with_timeout_ms(30_000)
        .with_transactional_id(transaction.map(|id| super::admin::text(id).into()))
        .with_topic_data(vec![
            TopicProduceData::default()
                .with_name(topic_name(topic))
                .with_partition_data(vec![data]),
        ])
}

/// The `host:port` of each partition's leader.
async fn leaders(broker: &str, topic: &str) -> Result<Vec<String>> {
    let mut wire = Wire::connect(broker).await?;
    let cluster = wire.cluster().await?;
    let mut seen = wire.topic(topic).await?;
    ensure!(seen.error_code == 0, "{topic}: error {}", seen.error_code);
    seen.partitions.sort_by_key(|partition| partition.partition_index);
    seen.partitions
        .iter()
        .map(|partition| {
            let leader = cluster.brokers.iter().find(|b| b.node_id == partition.leader_id);
            let leader = leader
                .with_context(|| format!("{topic}-{} has no leader", partition.partition_index))?;
            Ok(format!("{}:{}", leader.host.as_str(), leader.port))
        })
        .collect()
}
