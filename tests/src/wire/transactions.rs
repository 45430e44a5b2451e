//! Producer ids, transactions and their markers.

use anyhow::{Result, bail, ensure};
use kafka_protocol::messages::{
    AddPartitionsToTxnRequest, DescribeProducersRequest, EndTxnRequest, FindCoordinatorRequest,
    InitProducerIdRequest, WriteTxnMarkersRequest,
    add_partitions_to_txn_request::AddPartitionsToTxnTopic,
    describe_producers_request::TopicRequest,
    describe_producers_response::ProducerState,
    write_txn_markers_request::{WritableTxnMarker, WritableTxnMarkerTopic},
};

use super::{
    Wire,
    admin::{text, topic_name},
};

/// Errors that pass once the coordinator has started.
const NOT_YET: [i16; 5] = [14, 15, 16, 51, 3];
/// So often they are waited out. Then another broker is the coordinator, which this connection never learns.
const TRIES: usize = 600;

impl Wire {
    /// A producer id of this cluster with its epoch.
    ///
    /// # Errors
    /// The broker refuses.
    pub async fn producer(&mut self) -> Result<(i64, i16)> {
        self.init_producer(None).await
    }

    /// The producer id of a transactional id, with a fresh epoch. Single-broker clusters only: the
    /// coordinator is not looked for.
    ///
    /// # Errors
    /// The broker refuses.
    pub async fn transactional_producer(&mut self, id: &str) -> Result<(i64, i16)> {
        self.find_coordinator(id, 1).await?;
        self.init_producer(Some(id)).await
    }

    /// Has the cluster make the internal topic of groups (`0`) or transactions (`1`) and waits until
    /// somebody coordinates `key`; returns that broker's `host:port`.
    ///
    /// # Errors
    /// The broker refuses.
    pub async fn find_coordinator(&mut self, key: &str, kind: i8) -> Result<String> {
        let request = FindCoordinatorRequest::default()
            .with_key_type(kind)
            .with_coordinator_keys(vec![text(key)]);
        for _ in 0..TRIES {
            let answer = self.call(&request).await?;
            let found = &answer.coordinators[0];
            match found.error_code {
                0 => return Ok(format!("{}:{}", found.host.as_str(), found.port)),
                code if NOT_YET.contains(&code) => pause().await,
                code => bail!("finding a coordinator: error {code}"),
            }
        }
        bail!("finding a coordinator: the coordinator does not get ready")
    }

    async fn init_producer(&mut self, id: Option<&str>) -> Result<(i64, i16)> {
        let request = InitProducerIdRequest::default()
            .with_transactional_id(id.map(|id| text(id).into()))
            .with_transaction_timeout_ms(60_000)
            .with_producer_id((-1).into())
            .with_producer_epoch(-1);
        for _ in 0..TRIES {
            let answer = self.call(&request).await?;
            match answer.error_code {
                0 => return Ok((answer.producer_id.0, answer.producer_epoch)),
                code if NOT_YET.contains(&code) => pause().await,
                code => bail!("InitProducerId: error {code}"),
            }
        }
        bail!("InitProducerId: the coordinator does not get ready")
    }

    /// Adds partition 0 of `topic` to an open transaction, in the way of clients before
    /// transactions version 2.
    ///
    /// # Errors
    /// The broker refuses.
    pub async fn add_to_transaction(
        &mut self,
        id: &str,
        producer: (i64, i16),
        topic: &str,
    ) -> Result<()> {
        self.add_partitions_to_transaction(id, producer, topic, vec![0]).await
    }

    /// As [`Wire::add_to_transaction`], for these partitions.
    ///
    /// # Errors
    /// The broker refuses.
    pub async fn add_partitions_to_transaction(
        &mut self,
        id: &str,
        (producer, epoch): (i64, i16),
        topic: &str,
        partitions: Vec<i32>,
    ) -> Result<()> {
        let version = self.version::<AddPartitionsToTxnRequest>(3)?;
        let request = AddPartitionsToTxnRequest::default()
            .with_v3_and_below_transactional_id(text(id).into())
            .with_v3_and_below_producer_id(producer.into())
            .with_v3_and_below_producer_epoch(epoch)
            .with_v3_and_below_topics(vec![
                AddPartitionsToTxnTopic::default()
                    .with_name(topic_name(topic))
                    .with_partitions(partitions),
            ]);
        for _ in 0..TRIES {
            let answer = self.call_at(version, &request).await?;
            let outcomes = &answer.results_by_topic_v3_and_below[0].results_by_partition;
            let refused = outcomes.iter().map(|outcome| outcome.partition_error_code);
            match refused.into_iter().find(|code| *code != 0).unwrap_or(0) {
                0 => return Ok(()),
                code if NOT_YET.contains(&code) => pause().await,
                code => bail!("AddPartitionsToTxn: error {code}"),
            }
        }
        bail!("AddPartitionsToTxn: the coordinator does not get ready")
    }

    /// Ends a transaction; the markers follow soon after.
    ///
    /// # Errors
    /// The broker refuses.
    pub async fn end_transaction(
        &mut self,
        id: &str,
        (producer, epoch): (i64, i16),
        commit: bool,
    ) -> Result<()> {
        let version = self.version::<EndTxnRequest>(4)?;
        let request = EndTxnRequest::default()
            .with_transactional_id(text(id).into())
            .with_producer_id(producer.into())
            .with_producer_epoch(epoch)
            .with_committed(commit);
        for _ in 0..TRIES {
            let answer = self.call_at(version, &request).await?;
            match answer.error_code {
                0 => return Ok(()),
                code if NOT_YET.contains(&code) => pause().await,
                code => bail!("EndTxn: error {code}"),
            }
        }
        bail!("EndTxn: the coordinator does not get ready")
    }

    /// Writes one marker per `(producer id, epoch, commit)` to partition 0 of `topic`, all in one
    /// `WriteTxnMarkers` version 1, and returns the error codes in the order of the answer. Who may
    /// not do it gets no answer per partition: that is one code, 31.
    ///
    /// # Errors
    /// The connection broke.
    pub async fn write_markers(
        &mut self,
        topic: &str,
        markers: &[(i64, i16, bool)],
    ) -> Result<Vec<i16>> {
        let wanted = markers
            .iter()
            .map(|(producer, epoch, commit)| {
                WritableTxnMarker::default()
                    .with_producer_id((*producer).into())
                    .with_producer_epoch(*epoch)
                    .with_transaction_result(*commit)
                    .with_coordinator_epoch(0)
                    .with_topics(vec![
                        WritableTxnMarkerTopic::default()
                            .with_name(topic_name(topic))
                            .with_partition_indexes(vec![0]),
                    ])
            })
            .collect();
        let answer =
            self.call_at(1, &WriteTxnMarkersRequest::default().with_markers(wanted)).await?;
        Ok(answer
            .markers
            .iter()
            .flat_map(|marker| &marker.topics)
            .flat_map(|topic| &topic.partitions)
            .map(|partition| partition.error_code)
            .collect())
    }

    /// The leader's state of every producer of partition 0.
    ///
    /// # Errors
    /// The broker refuses.
    pub async fn producers(&mut self, topic: &str) -> Result<Vec<ProducerState>> {
        let wanted =
            TopicRequest::default().with_name(topic_name(topic)).with_partition_indexes(vec![0]);
        let mut answer =
            self.call(&DescribeProducersRequest::default().with_topics(vec![wanted])).await?;
        let partition = answer.topics.remove(0).partitions.remove(0);
        ensure!(partition.error_code == 0, "DescribeProducers: error {}", partition.error_code);
        Ok(partition.active_producers)
    }

    /// The last sequence the leader knows of `producer`, if it knows any.
    ///
    /// # Errors
    /// The broker refuses.
    pub async fn last_sequence(&mut self, topic: &str, producer: i64) -> Result<Option<i32>> {
        let all = self.producers(topic).await?;
        Ok(all.iter().find(|p| p.producer_id.0 == producer).map(|p| p.last_sequence))
    }
}

async fn pause() {
    tokio::time::sleep(std::time::Duration::from_millis(50)).await;
}
