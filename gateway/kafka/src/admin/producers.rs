//! Producer ids, and the producers that partitions remember.

use kafka_protocol::messages::{
    DescribeProducersRequest, InitProducerIdRequest, ProducerId, TransactionalId,
    describe_producers_request::TopicRequest,
};

use super::{
    PerPartition, TopicPartition, by_topic, millis, offsets::about, outcome, topic_name, wire,
};
use crate::{
    client::{ANY_VERSION, Call, Client, Led, Route, Use},
    error::{Asked, ErrorCode, Result},
};

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
        partitions: &[TopicPartition],
    ) -> PerPartition<Vec<ActiveProducer>> {
        let items = partitions.iter().map(|partition| (partition.clone(), ())).collect();
        self.per_leader(items, |broker, part| async move { self.producers_at(broker, part).await })
            .await
    }

    async fn producers_at(
        &self,
        broker: i32,
        part: Vec<Led<()>>,
    ) -> Result<PerPartition<Vec<ActiveProducer>>> {
        let connection = self.broker(broker, Use::Control).await?;
        let asked = Asked::new("DescribeProducers").about(format!("{} partitions", part.len()));
        let topics = by_topic(part.into_iter().map(|(p, (), _)| (p.topic, p.partition)));
        let response = self
            .send::<DescribeProducersRequest>(&connection, ANY_VERSION, &asked, |_| {
                let topics = topics.into_iter().map(|(topic, partitions)| {
                    TopicRequest::default()
                        .with_name(topic_name(&topic))
                        .with_partition_indexes(partitions)
                });
                DescribeProducersRequest::default().with_topics(topics.collect())
            })
            .await?;
        let mut producers = PerPartition::new();
        for topic in &response.topics {
            for found in &topic.partitions {
                let partition =
                    TopicPartition::new(topic.name.0.to_string(), found.partition_index);
                let asked = || about("DescribeProducers", &partition).of(connection.target());
                let result = outcome(found.error_code, found.error_message.as_ref(), asked);
                let active = found.active_producers.iter().map(|producer| ActiveProducer {
                    producer_id: producer.producer_id.0,
                    epoch: producer.producer_epoch,
                    last_sequence: producer.last_sequence,
                    last_timestamp: producer.last_timestamp,
                    coordinator_epoch: producer.coordinator_epoch,
                    open_transaction: Some(producer.current_txn_start_offset)
                        .filter(|offset| *offset >= 0),
                });
                producers.insert(partition, result.map(|()| active.collect()));
            }
        }
        Ok(producers)
    }

    /// A new producer id, or the next epoch of a transactional one (which aborts its open transaction).
    ///
    /// # Errors
    /// When no broker or no coordinator answers; the broker's error.
    pub async fn init_producer_id(
        &self,
        transactional: Option<&TransactionalInit>,
    ) -> Result<ProducerIdentity> {
        let asked = Asked::new("InitProducerId");
        let call = match transactional {
            Some(init) => Call::ask(
                Route::Transaction(&init.id),
                asked.about(format!("transactional id {}", init.id)),
            ),
            None => Call::ask(Route::Any, asked),
        };
        let response = self
            .call::<InitProducerIdRequest>(
                &call,
                |_| {
                    let current = transactional.and_then(|init| init.current);
                    let current = current.unwrap_or(ProducerIdentity { id: -1, epoch: -1 });
                    InitProducerIdRequest::default()
                        .with_transactional_id(
                            transactional.map(|init| TransactionalId(wire(&init.id))),
                        )
                        .with_transaction_timeout_ms(
                            transactional.map_or(i32::MAX, |init| millis(init.timeout)),
                        )
                        .with_producer_id(ProducerId(current.id))
                        .with_producer_epoch(current.epoch)
                },
                |response| ErrorCode::from_wire(response.error_code).map(|code| (code.0, None)),
            )
            .await?;
        Ok(ProducerIdentity { id: response.producer_id.0, epoch: response.producer_epoch })
    }
}
