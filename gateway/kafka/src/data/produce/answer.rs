//! A produce answer in public terms.

use kafka_protocol::messages::{ProduceResponse, produce_response::PartitionProduceResponse};

use super::{ProduceRequest, ProducedPartition};
use crate::{
    client::Leader,
    error::{Asked, Error, ErrorCode},
};

/// The partitions that were asked for, in the order of the answer. `by_id`: topics go by id.
pub(super) fn partitions(
    response: &ProduceResponse,
    by_id: bool,
    request: &ProduceRequest,
    asked: &Asked,
) -> Vec<ProducedPartition> {
    let mut produced = Vec::new();
    for topic in &response.responses {
        for partition in &topic.partition_responses {
            let sent = request.partitions.iter().find(|sent| {
                let same_topic = if by_id {
                    sent.topic_id == Some(topic.topic_id)
                } else {
                    sent.topic == topic.name.0.as_str()
                };
                same_topic && sent.partition == partition.index
            });
            if let Some(sent) = sent {
                let id = sent.topic_id.unwrap_or_default();
                produced.push(one(partition, sent.topic.clone(), id, asked));
            }
        }
    }
    produced
}

fn one(
    partition: &PartitionProduceResponse,
    topic: String,
    topic_id: uuid::Uuid,
    asked: &Asked,
) -> ProducedPartition {
    let error = ErrorCode::from_wire(partition.error_code).map(|code| {
        let asked = asked.clone().about(format!("partition {topic}-{}", partition.index));
        let message = partition.error_message.as_ref().map(ToString::to_string);
        Error::broker(code.0, message, asked)
    });
    let leader = &partition.current_leader;
    ProducedPartition {
        topic,
        partition: partition.index,
        error,
        base_offset: partition.base_offset,
        log_append_time: Some(partition.log_append_time_ms).filter(|time| *time >= 0),
        log_start_offset: partition.log_start_offset,
        record_errors: partition
            .record_errors
            .iter()
            .map(|record| {
                let words = record.batch_index_error_message.as_ref().map(ToString::to_string);
                (record.batch_index, words)
            })
            .collect(),
        current_leader: (leader.leader_id.0 >= 0).then_some(Leader {
            broker: leader.leader_id.0,
            epoch: leader.leader_epoch,
            topic_id,
        }),
    }
}
