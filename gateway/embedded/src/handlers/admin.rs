//! DescribeLogDirs, DescribeProducers and DescribeQuorum.

use kafka_protocol::ResponseError as Code;
use kafka_protocol::messages::{
    BrokerId, DescribeLogDirsRequest, DescribeLogDirsResponse, DescribeProducersRequest,
    DescribeProducersResponse, DescribeQuorumRequest, DescribeQuorumResponse, ProducerId,
    TopicName,
    describe_log_dirs_response::{
        DescribeLogDirsPartition, DescribeLogDirsResult, DescribeLogDirsTopic,
    },
    describe_producers_response::{PartitionResponse, ProducerState, TopicResponse},
    describe_quorum_response::{self as quorum, ReplicaState},
};

use super::text;
use crate::acl::operation;
use crate::session::Context;

/// The "directory" all records are in.
const MEMORY: &str = "/memory";

pub(crate) async fn describe_log_dirs(
    cx: &Context,
    request: DescribeLogDirsRequest,
) -> DescribeLogDirsResponse {
    let state = cx.shared.lock();
    let mut out = DescribeLogDirsResponse::default();
    if let Err(refused) = cx.may_on_cluster(&state, operation::DESCRIBE) {
        if cx.version >= 3 {
            out.error_code = refused.code();
        }
        return out;
    }
    let wanted = |name: &str, index: i32| {
        let topics = request.topics.as_ref();
        topics.is_none_or(|list| {
            list.iter().any(|t| t.topic.as_str() == name && t.partitions.contains(&index))
        })
    };
    let mut result = DescribeLogDirsResult::default().with_log_dir(text(MEMORY));
    for (name, topic) in &state.topics {
        let here = topic
            .partitions
            .iter()
            .zip(0..)
            .filter(|(p, index)| p.replicas.contains(&cx.broker) && wanted(name, *index));
        let partitions: Vec<_> = here
            .map(|(p, index)| {
                DescribeLogDirsPartition::default()
                    .with_partition_index(index)
                    .with_partition_size(i64::try_from(p.log.size()).unwrap_or(i64::MAX))
            })
            .collect();
        if !partitions.is_empty() {
            let name = TopicName(text(name.clone()));
            result
                .topics
                .push(DescribeLogDirsTopic::default().with_name(name).with_partitions(partitions));
        }
    }
    if cx.version >= 4 {
        let limit = state.spec.memory_limit_bytes;
        let free = limit.saturating_sub(state.record_bytes());
        result.total_bytes = i64::try_from(limit).unwrap_or(i64::MAX);
        result.usable_bytes = i64::try_from(free).unwrap_or(i64::MAX);
    }
    out.results.push(result);
    out
}

pub(crate) async fn describe_producers(
    cx: &Context,
    request: DescribeProducersRequest,
) -> DescribeProducersResponse {
    let mut state = cx.shared.lock();
    let topics = request.topics.iter().map(|topic| {
        let partitions = topic.partition_indexes.iter().map(|index| {
            let mut out = PartitionResponse::default().with_partition_index(*index);
            let found = cx
                .may_on_topic(&state, operation::READ, &topic.name)
                .and_then(|()| state.partition(&topic.name, *index))
                .and_then(|p| {
                    if p.leader == cx.broker { Ok(p) } else { Err(Code::NotLeaderOrFollower) }
                });
            match found {
                Ok(p) => {
                    let producers = p.log.producers.iter().map(|(id, producer)| {
                        ProducerState::default()
                            .with_producer_id(ProducerId(id))
                            .with_producer_epoch(i32::from(producer.epoch))
                            .with_last_sequence(producer.last_sequence())
                            .with_last_timestamp(producer.last_timestamp)
                            .with_coordinator_epoch(producer.coordinator_epoch)
                            .with_current_txn_start_offset(producer.open_since.unwrap_or(-1))
                    });
                    out.active_producers = producers.collect();
                }
                Err(code) => {
                    out.error_code = code.code();
                    out.error_message = Some(text(code.to_string()));
                }
            }
            out
        });
        TopicResponse::default().with_name(topic.name.clone()).with_partitions(partitions.collect())
    });
    let topics = topics.collect();
    DescribeProducersResponse::default().with_topics(topics)
}

/// Every broker is a controller too, and all of them have all the metadata.
pub(crate) async fn describe_quorum(
    cx: &Context,
    request: DescribeQuorumRequest,
) -> DescribeQuorumResponse {
    let state = cx.shared.lock();
    let out = DescribeQuorumResponse::default();
    if let Err(refused) = cx.may_on_cluster(&state, operation::DESCRIBE) {
        return out.with_error_code(refused.code());
    }
    let voter = |id: &i32| ReplicaState::default().with_replica_id(BrokerId(*id));
    let topics = request.topics.iter().map(|topic| {
        let is_metadata = topic.topic_name.as_str() == "__cluster_metadata";
        let partitions = topic.partitions.iter().map(|asked| {
            let found =
                quorum::PartitionData::default().with_partition_index(asked.partition_index);
            if !is_metadata || asked.partition_index != 0 {
                return found.with_error_code(Code::UnknownTopicOrPartition.code());
            }
            found
                .with_leader_id(BrokerId(state.controller()))
                .with_leader_epoch(1)
                .with_current_voters(state.brokers.keys().map(voter).collect())
        });
        quorum::TopicData::default()
            .with_topic_name(topic.topic_name.clone())
            .with_partitions(partitions.collect())
    });
    let topics = topics.collect();
    out.with_topics(topics)
}
