//! Deleting records from the start of a partition.

use kafka_protocol::messages::{
    DeleteRecordsRequest,
    delete_records_request::{DeleteRecordsPartition, DeleteRecordsTopic},
};

use super::{PerPartition, TopicPartition, by_topic, millis, offsets::about, outcome, topic_name};
use crate::{
    client::{ANY_VERSION, Client, Led, Use},
    error::{Asked, Result},
};

impl Client {
    /// Deletes all records below an offset; -1 stands for the high watermark.
    ///
    /// The answer is the partition's new low watermark.
    ///
    /// # Errors
    /// Per partition: no leader, the leader cannot be reached, the broker's error (`POLICY_VIOLATION` on topics
    /// that are only compacted).
    pub async fn delete_records(&self, before: &[(TopicPartition, i64)]) -> PerPartition<i64> {
        // Deleting up to an offset twice is deleting once, so it may be repeated.
        self.per_leader(before.to_vec(), |broker, part| async move {
            self.delete_records_at(broker, part).await
        })
        .await
    }

    async fn delete_records_at(
        &self,
        broker: i32,
        part: Vec<Led<i64>>,
    ) -> Result<PerPartition<i64>> {
        let connection = self.broker(broker, Use::Control).await?;
        let asked = Asked::new("DeleteRecords").about(format!("{} partitions", part.len()));
        let topics = by_topic(part.into_iter().map(|(partition, offset, _)| {
            let order = DeleteRecordsPartition::default()
                .with_partition_index(partition.partition)
                .with_offset(offset);
            (partition.topic, order)
        }));
        let response = self
            .send::<DeleteRecordsRequest>(&connection, ANY_VERSION, &asked, |_| {
                let topics = topics.into_iter().map(|(topic, partitions)| {
                    DeleteRecordsTopic::default()
                        .with_name(topic_name(&topic))
                        .with_partitions(partitions)
                });
                DeleteRecordsRequest::default()
                    .with_topics(topics.collect())
                    .with_timeout_ms(millis(self.settings().timeouts.request))
            })
            .await?;
        let mut marks = PerPartition::new();
        for topic in &response.topics {
            for found in &topic.partitions {
                let partition =
                    TopicPartition::new(topic.name.0.to_string(), found.partition_index);
                let asked = || about("DeleteRecords", &partition).of(connection.target());
                let result = outcome(found.error_code, None, asked);
                marks.insert(partition, result.map(|()| found.low_watermark));
            }
        }
        Ok(marks)
    }
}
