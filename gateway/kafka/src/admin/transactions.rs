//! Transaction markers written straight to partition leaders, and transactions through their coordinator.

use kafka_protocol::messages::{
    AddPartitionsToTxnRequest, EndTxnRequest, ProducerId, TransactionalId, WriteTxnMarkersRequest,
    add_partitions_to_txn_request::AddPartitionsToTxnTopic,
    write_txn_markers_request::{WritableTxnMarker, WritableTxnMarkerTopic},
};

use super::{
    PerPartition, TopicPartition, by_topic, offsets::about, outcome, producers::ProducerIdentity,
    topic_name, wire,
};
use crate::{
    client::{Call, Client, Route, Use},
    error::{Asked, ErrorCode, Result},
};

/// The last version clients may use; later ones are for brokers.
const LAST_ADD_PARTITIONS: i16 = 3;
/// The last version that leaves the producer's epoch alone (KIP-890).
const LAST_END_TXN: i16 = 4;
/// Version 2 would let the broker demand a rising epoch (KIP-1228).
const LAST_MARKERS: i16 = 1;

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
        broker: i32,
        markers: &[TxnMarker],
    ) -> Result<Vec<MarkerOutcome>> {
        let asked = Asked::new("WriteTxnMarkers").about(format!("{} markers", markers.len()));
        self.once(&asked, async {
            let connection = self.broker(broker, Use::Control).await?;
            let response = self
                .send::<WriteTxnMarkersRequest>(&connection, (0, LAST_MARKERS), &asked, |_| {
                    WriteTxnMarkersRequest::default()
                        .with_markers(markers.iter().map(writable).collect())
                })
                .await
                .inspect_err(|_| self.distrust(broker))?;
            let mut outcomes = Vec::new();
            for marker in &response.markers {
                for topic in &marker.topics {
                    for found in &topic.partitions {
                        let name = topic.name.0.to_string();
                        let partition = TopicPartition::new(name, found.partition_index);
                        let asked = || about("WriteTxnMarkers", &partition).of(connection.target());
                        let result = outcome(found.error_code, None, asked);
                        let producer_id = marker.producer_id.0;
                        outcomes.push(MarkerOutcome { producer_id, partition, result });
                    }
                }
            }
            Ok(outcomes)
        })
        .await
    }

    /// Adds partitions to the open transaction of a transactional id.
    ///
    /// # Errors
    /// When the coordinator cannot be reached; per partition, the broker's error.
    pub async fn add_partitions_to_transaction(
        &self,
        transactional_id: &str,
        producer: ProducerIdentity,
        partitions: &[TopicPartition],
    ) -> Result<PerPartition<()>> {
        let asked =
            Asked::new("AddPartitionsToTxn").about(format!("transactional id {transactional_id}"));
        let call =
            Call::ask(Route::Transaction(transactional_id), asked).within(0, LAST_ADD_PARTITIONS);
        let response = self
            .call::<AddPartitionsToTxnRequest>(
                &call,
                |_| {
                    let topics =
                        by_topic(partitions.iter().map(|p| (p.topic.clone(), p.partition)));
                    let topics = topics.into_iter().map(|(topic, partitions)| {
                        AddPartitionsToTxnTopic::default()
                            .with_name(topic_name(&topic))
                            .with_partitions(partitions)
                    });
                    AddPartitionsToTxnRequest::default()
                        .with_v3_and_below_transactional_id(TransactionalId(wire(transactional_id)))
                        .with_v3_and_below_producer_id(ProducerId(producer.id))
                        .with_v3_and_below_producer_epoch(producer.epoch)
                        .with_v3_and_below_topics(topics.collect())
                },
                |response| {
                    let mut codes = response
                        .results_by_topic_v3_and_below
                        .iter()
                        .flat_map(|topic| &topic.results_by_partition)
                        .map(|partition| partition.partition_error_code);
                    codes
                        .find(|code| {
                            let code = ErrorCode(*code);
                            code == ErrorCode::CONCURRENT_TRANSACTIONS
                                || code.means_stale_coordinator()
                        })
                        .map(|code| (code, None))
                },
            )
            .await?;
        let mut results = PerPartition::new();
        for topic in &response.results_by_topic_v3_and_below {
            for found in &topic.results_by_partition {
                let partition =
                    TopicPartition::new(topic.name.0.to_string(), found.partition_index);
                let asked = || about("AddPartitionsToTxn", &partition);
                let result = outcome(found.partition_error_code, None, asked);
                results.insert(partition, result);
            }
        }
        Ok(results)
    }

    /// Ends the open transaction of a transactional id. The identity to go on with comes back.
    ///
    /// # Errors
    /// When the coordinator cannot be reached or refuses.
    pub async fn end_transaction(
        &self,
        transactional_id: &str,
        producer: ProducerIdentity,
        commit: bool,
    ) -> Result<ProducerIdentity> {
        let asked = Asked::new("EndTxn").about(format!("transactional id {transactional_id}"));
        let call = Call::ask(Route::Transaction(transactional_id), asked).within(0, LAST_END_TXN);
        self.call::<EndTxnRequest>(
            &call,
            |_| {
                EndTxnRequest::default()
                    .with_transactional_id(TransactionalId(wire(transactional_id)))
                    .with_producer_id(ProducerId(producer.id))
                    .with_producer_epoch(producer.epoch)
                    .with_committed(commit)
            },
            |response| ErrorCode::from_wire(response.error_code).map(|code| (code.0, None)),
        )
        .await?;
        Ok(producer)
    }
}

fn writable(marker: &TxnMarker) -> WritableTxnMarker {
    let topics = by_topic(marker.partitions.iter().map(|p| (p.topic.clone(), p.partition)));
    let topics = topics.into_iter().map(|(topic, partitions)| {
        WritableTxnMarkerTopic::default()
            .with_name(topic_name(&topic))
            .with_partition_indexes(partitions)
    });
    WritableTxnMarker::default()
        .with_producer_id(ProducerId(marker.producer.id))
        .with_producer_epoch(marker.producer.epoch)
        .with_transaction_result(marker.commit)
        .with_topics(topics.collect())
        .with_coordinator_epoch(marker.coordinator_epoch)
}
