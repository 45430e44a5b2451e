//! How far a topic has got, all partitions in one question.

use anyhow::Result;
use kafka_protocol::messages::{
    ListOffsetsRequest,
    list_offsets_request::{ListOffsetsPartition, ListOffsetsTopic},
};

use crate::wire::{Wire, admin::topic_name};

/// A topic on a cluster of one broker.
#[derive(Debug)]
pub(super) struct Ends {
    wire: Wire,
    request: ListOffsetsRequest,
}

impl Ends {
    pub(super) async fn of(bootstrap: &str, topic: &str, partitions: i32) -> Result<Self> {
        let partitions = (0..partitions).map(|index| {
            ListOffsetsPartition::default()
                .with_partition_index(index)
                .with_current_leader_epoch(-1)
                .with_timestamp(-1)
        });
        let topic = ListOffsetsTopic::default()
            .with_name(topic_name(topic))
            .with_partitions(partitions.collect());
        let request =
            ListOffsetsRequest::default().with_replica_id((-1).into()).with_topics(vec![topic]);
        Ok(Self { wire: Wire::connect(bootstrap).await?, request })
    }

    /// Sum of the high watermarks; a topic that is not there yet has none.
    pub(super) async fn total(&mut self) -> Result<i64> {
        let answer = self.wire.call(&self.request).await?;
        let partitions = answer.topics.iter().flat_map(|topic| &topic.partitions);
        Ok(partitions.filter(|p| p.error_code == 0).map(|p| p.offset).sum())
    }
}
