//! Offsets of partitions: by position, by time, by leader epoch.

use kafka_protocol::messages::{
    BrokerId, ListOffsetsRequest, OffsetForLeaderEpochRequest,
    list_offsets_request::{ListOffsetsPartition, ListOffsetsTopic},
    offset_for_leader_epoch_request::{OffsetForLeaderPartition, OffsetForLeaderTopic},
};

use super::{PerPartition, TopicPartition, by_topic, millis, outcome, topic_name};
use crate::{
    client::{ANY_VERSION, Client, Led, Use},
    error::{Asked, Result},
};

/// Which offset of a partition.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum OffsetSpec {
    /// First readable offset (log start).
    Earliest,
    /// High watermark, or last stable offset with [`Isolation::ReadCommitted`].
    Latest,
    /// Log end offset, even above the high watermark: asked as a debugging replica (`replica_id` -2).
    LogEnd,
    /// Offset of the record with the largest timestamp (KIP-734).
    MaxTimestamp,
    /// First offset kept on the leader's disk with tiered storage (KIP-405).
    EarliestLocal,
    /// Last offset in the remote tier (KIP-1005).
    LatestTiered,
    /// First record at or after the time, in milliseconds since 1970.
    Timestamp(i64),
}

/// Which records count.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Default)]
pub enum Isolation {
    /// All.
    #[default]
    ReadUncommitted,
    /// Those of no open transaction.
    ReadCommitted,
}

impl Isolation {
    pub(crate) fn wire(self) -> i8 {
        match self {
            Self::ReadUncommitted => 0,
            Self::ReadCommitted => 1,
        }
    }
}

/// An offset.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct ListedOffset {
    /// The offset; `None` if no record matches (a time after the last record, an empty log's maximum).
    pub offset: Option<i64>,
    /// Timestamp of the record, if the spec is about time.
    pub timestamp: Option<i64>,
    /// Leader epoch of the record at the offset, if known.
    pub leader_epoch: Option<i32>,
}

/// A question about a leader epoch.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct EpochQuery {
    /// The partition.
    pub partition: TopicPartition,
    /// The epoch asked about.
    pub epoch: i32,
    /// The leader epoch the client believes in; `None` for no check.
    pub current: Option<i32>,
}

/// The end of a leader epoch.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct EpochEnd {
    /// The largest epoch not above the one asked about; -1 if there is none.
    pub epoch: i32,
    /// The offset after its last record; -1 if there is none.
    pub end_offset: i64,
}

impl Client {
    /// Offsets of partitions, asked of their leaders.
    ///
    /// # Errors
    /// Per partition: no leader, the leader cannot be reached, the broker's error.
    pub async fn list_offsets(
        &self,
        spec: OffsetSpec,
        partitions: &[TopicPartition],
        isolation: Isolation,
    ) -> PerPartition<ListedOffset> {
        let items = partitions.iter().map(|partition| (partition.clone(), ())).collect();
        self.per_leader(items, |broker, part| async move {
            self.list_offsets_at(broker, part, spec, isolation).await
        })
        .await
    }

    async fn list_offsets_at(
        &self,
        broker: i32,
        part: Vec<Led<()>>,
        spec: OffsetSpec,
        isolation: Isolation,
    ) -> Result<PerPartition<ListedOffset>> {
        let connection = self.broker(broker, Use::Control).await?;
        let asked = Asked::new("ListOffsets").about(format!("{} partitions", part.len()));
        let (timestamp, replica, floor) = spec.wire();
        let topics = by_topic(part.into_iter().map(|(partition, (), leader)| {
            let question = ListOffsetsPartition::default()
                .with_partition_index(partition.partition)
                .with_current_leader_epoch(leader.epoch)
                .with_timestamp(timestamp);
            (partition.topic, question)
        }));
        let response = self
            .send::<ListOffsetsRequest>(&connection, (floor, i16::MAX), &asked, |version| {
                let topics = topics.into_iter().map(|(topic, partitions)| {
                    ListOffsetsTopic::default()
                        .with_name(topic_name(&topic))
                        .with_partitions(partitions)
                });
                let request = ListOffsetsRequest::default()
                    .with_replica_id(BrokerId(replica))
                    .with_isolation_level(isolation.wire())
                    .with_topics(topics.collect());
                if version >= 10 {
                    request.with_timeout_ms(millis(self.settings().timeouts.request))
                } else {
                    request
                }
            })
            .await?;
        let mut offsets = PerPartition::new();
        for topic in &response.topics {
            for found in &topic.partitions {
                let partition =
                    TopicPartition::new(topic.name.0.to_string(), found.partition_index);
                let asked = || about("ListOffsets", &partition).of(connection.target());
                let result = outcome(found.error_code, None, asked).map(|()| ListedOffset {
                    offset: Some(found.offset).filter(|offset| *offset >= 0),
                    timestamp: Some(found.timestamp).filter(|timestamp| *timestamp >= 0),
                    leader_epoch: Some(found.leader_epoch).filter(|epoch| *epoch >= 0),
                });
                offsets.insert(partition, result);
            }
        }
        Ok(offsets)
    }

    /// Where leader epochs end (`OffsetForLeaderEpoch`, KIP-101, KIP-320).
    ///
    /// # Errors
    /// Per partition, as for [`Client::list_offsets`].
    pub async fn offset_for_leader_epoch(&self, queries: &[EpochQuery]) -> PerPartition<EpochEnd> {
        let items = queries.iter().map(|query| (query.partition.clone(), query.clone())).collect();
        self.per_leader(items, |broker, part| async move { self.epoch_ends_at(broker, part).await })
            .await
    }

    async fn epoch_ends_at(
        &self,
        broker: i32,
        part: Vec<Led<EpochQuery>>,
    ) -> Result<PerPartition<EpochEnd>> {
        let connection = self.broker(broker, Use::Control).await?;
        let asked = Asked::new("OffsetForLeaderEpoch").about(format!("{} partitions", part.len()));
        let topics = by_topic(part.into_iter().map(|(partition, query, _)| {
            let question = OffsetForLeaderPartition::default()
                .with_partition(partition.partition)
                .with_current_leader_epoch(query.current.unwrap_or(-1))
                .with_leader_epoch(query.epoch);
            (partition.topic, question)
        }));
        let response = self
            .send::<OffsetForLeaderEpochRequest>(&connection, ANY_VERSION, &asked, |_| {
                let topics = topics.into_iter().map(|(topic, partitions)| {
                    OffsetForLeaderTopic::default()
                        .with_topic(topic_name(&topic))
                        .with_partitions(partitions)
                });
                // -1: a consumer, not a replica.
                OffsetForLeaderEpochRequest::default()
                    .with_replica_id(BrokerId(-1))
                    .with_topics(topics.collect())
            })
            .await?;
        let mut ends = PerPartition::new();
        for topic in &response.topics {
            for found in &topic.partitions {
                let partition = TopicPartition::new(topic.topic.0.to_string(), found.partition);
                let asked = || about("OffsetForLeaderEpoch", &partition).of(connection.target());
                let result = outcome(found.error_code, None, asked);
                let end = EpochEnd { epoch: found.leader_epoch, end_offset: found.end_offset };
                ends.insert(partition, result.map(|()| end));
            }
        }
        Ok(ends)
    }
}

impl OffsetSpec {
    /// Timestamp, replica id and the first version that knows the question.
    fn wire(self) -> (i64, i32, i16) {
        match self {
            Self::Earliest => (-2, -1, 0),
            Self::Latest => (-1, -1, 0),
            Self::LogEnd => (-1, -2, 0),
            Self::MaxTimestamp => (-3, -1, 7),
            Self::EarliestLocal => (-4, -1, 8),
            Self::LatestTiered => (-5, -1, 9),
            Self::Timestamp(millis) => (millis.max(0), -1, 0),
        }
    }
}

/// A call about one partition.
pub(super) fn about(api: &'static str, partition: &TopicPartition) -> Asked {
    Asked::new(api).about(format!("partition {partition}"))
}
