//! Deleting records from the start of a partition.

use std::{
    collections::BTreeMap,
    sync::{Mutex, PoisonError},
};

use kafka_protocol::messages::{
    DeleteRecordsRequest,
    delete_records_request::{DeleteRecordsPartition, DeleteRecordsTopic},
};

use super::{
    PerPartition, TopicPartition, by_topic, millis,
    offsets::{Isolation, OffsetSpec, about},
    outcome, topic_name,
};
use crate::{
    client::{ANY_VERSION, Client, Led, Use},
    error::{Asked, Error, Result},
};

const OFFSET_NOT_AVAILABLE: i16 = 78;

impl Client {
    /// Deletes all records below an offset; -1 stands for the high watermark as it is now.
    ///
    /// The answer is the partition's new low watermark.
    ///
    /// # Errors
    /// Per partition: no leader, the leader cannot be reached, the broker's error (`POLICY_VIOLATION` on topics
    /// that are only compacted).
    pub async fn delete_records(&self, before: &[(TopicPartition, i64)]) -> PerPartition<i64> {
        let (before, mut answers) = self.fixed(before).await;
        // What may have been done although no answer came; a later failure must not hide it.
        let open: Mutex<BTreeMap<TopicPartition, Error>> = Mutex::default();
        let open = &open;
        let lock = || open.lock().unwrap_or_else(PoisonError::into_inner);
        // Deleting up to an offset twice is deleting once, so it may be repeated.
        let sent = self
            .per_leader(before, |broker, part| async move {
                let asked: Vec<TopicPartition> = part.iter().map(|(p, ..)| p.clone()).collect();
                let outcome = self.delete_records_at(broker, part).await;
                if let Err(error) = outcome.as_ref()
                    && error.outcome_unknown()
                {
                    lock().extend(asked.into_iter().map(|partition| (partition, error.clone())));
                }
                outcome
            })
            .await;
        answers.extend(sent.into_iter().map(|(partition, answer)| {
            let earlier = lock().remove(&partition);
            let answer = answer.map_err(|error| match earlier {
                Some(earlier) if !error.outcome_unknown() => earlier,
                _ => error,
            });
            (partition, answer)
        }));
        answers
    }

    /// Puts the high watermark in the place of -1. Sent as -1 a repetition would delete what arrived after the
    /// first time, and nobody asked for that.
    async fn fixed(
        &self,
        before: &[(TopicPartition, i64)],
    ) -> (Vec<(TopicPartition, i64)>, PerPartition<i64>) {
        let ends: Vec<TopicPartition> =
            before.iter().filter(|(_, at)| *at == -1).map(|(p, _)| p.clone()).collect();
        let mut ends = if ends.is_empty() {
            PerPartition::new()
        } else {
            self.list_offsets(OffsetSpec::Latest, &ends, Isolation::ReadUncommitted).await
        };
        let (mut fixed, mut failed) = (Vec::new(), PerPartition::new());
        for (partition, at) in before {
            let found = match ends.remove(partition) {
                None => Ok(*at),
                Some(end) => end.and_then(|end| {
                    let asked = || about("ListOffsets", partition);
                    let unknown = || Error::broker(OFFSET_NOT_AVAILABLE, None, asked());
                    end.offset.ok_or_else(unknown)
                }),
            };
            match found {
                Ok(at) => fixed.push((partition.clone(), at)),
                Err(error) => {
                    failed.insert(partition.clone(), Err(error));
                }
            }
        }
        (fixed, failed)
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
