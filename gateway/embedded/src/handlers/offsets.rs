//! ListOffsets, OffsetForLeaderEpoch, DeleteRecords.

use kafka_protocol::ResponseError as Code;
use kafka_protocol::messages::{
    ApiKey, DeleteRecordsRequest, DeleteRecordsResponse, ListOffsetsRequest, ListOffsetsResponse,
    OffsetForLeaderEpochRequest, OffsetForLeaderEpochResponse,
    delete_records_response::{DeleteRecordsPartitionResult, DeleteRecordsTopicResult},
    list_offsets_request::ListOffsetsPartition,
    list_offsets_response::{ListOffsetsPartitionResponse, ListOffsetsTopicResponse},
    offset_for_leader_epoch_response::{EpochEndOffset, OffsetForLeaderTopicResult},
};

use super::scripted;
use crate::acl::operation;
use crate::log::lookup::Found;
use crate::session::Context;
use crate::state::State;

const LATEST: i64 = -1;
const EARLIEST: i64 = -2;
const MAX_TIMESTAMP: i64 = -3;
const EARLIEST_LOCAL: i64 = -4;
const LATEST_TIERED: i64 = -5;

pub(crate) async fn list_offsets(cx: &Context, request: ListOffsetsRequest) -> ListOffsetsResponse {
    let forced = scripted(cx, ApiKey::ListOffsets).and_then(Code::try_from_code);
    let mut state = cx.shared.lock();
    let topics = request.topics.iter().map(|topic| {
        let partitions = topic.partitions.iter().map(|wanted| {
            let found = match forced {
                Some(code) => Err(code),
                None => find(cx, &mut state, &request, &topic.name, wanted),
            };
            let mut out = ListOffsetsPartitionResponse::default()
                .with_partition_index(wanted.partition_index)
                .with_timestamp(-1)
                .with_offset(-1);
            match found {
                Ok(Some(found)) => {
                    out.offset = found.offset;
                    out.timestamp = found.timestamp;
                    if cx.version >= 4 {
                        out.leader_epoch = found.leader_epoch;
                    }
                }
                Ok(None) => {}
                Err(code) => out.error_code = code.code(),
            }
            out
        });
        ListOffsetsTopicResponse::default()
            .with_name(topic.name.clone())
            .with_partitions(partitions.collect())
    });
    let topics = topics.collect();
    ListOffsetsResponse::default().with_topics(topics)
}

fn find(
    cx: &Context,
    state: &mut State,
    request: &ListOffsetsRequest,
    name: &str,
    wanted: &ListOffsetsPartition,
) -> Result<Option<Found>, Code> {
    cx.may_on_topic(state, operation::DESCRIBE, name)?;
    let p = state.partition(name, wanted.partition_index)?;
    // Any replica id but -1 is a debugging or follower read: it may go to any replica and sees the
    // log end instead of the high watermark.
    let consumer = request.replica_id.0 == -1;
    if consumer || p.leader == cx.broker {
        p.check_leader(cx.broker, wanted.current_leader_epoch)?;
    } else if !p.replicas.contains(&cx.broker) {
        return Err(Code::NotLeaderOrFollower);
    }
    let log = &p.log;
    let bound = match (consumer, request.isolation_level) {
        (false, _) => log.end(),
        (true, 1) => log.last_stable(),
        (true, _) => log.high_watermark(),
    };
    let at = |offset: i64| Found { offset, timestamp: -1, leader_epoch: log.epoch_at(offset) };
    Ok(match wanted.timestamp {
        LATEST => Some(Found { leader_epoch: p.epoch, ..at(bound) }),
        EARLIEST | EARLIEST_LOCAL => Some(at(log.start())),
        MAX_TIMESTAMP => log.find_max_timestamp(bound),
        LATEST_TIERED => None,
        target if target < 0 => return Err(Code::UnsupportedVersion),
        target => log.find_timestamp(target, bound),
    })
}

pub(crate) async fn offset_for_leader_epoch(
    cx: &Context,
    request: OffsetForLeaderEpochRequest,
) -> OffsetForLeaderEpochResponse {
    let mut state = cx.shared.lock();
    let topics = request.topics.iter().map(|topic| {
        let partitions = topic.partitions.iter().map(|wanted| {
            let mut out = EpochEndOffset::default().with_partition(wanted.partition);
            let found = cx.may_on_topic(&state, operation::DESCRIBE, &topic.topic).and_then(|()| {
                let p = state.partition(&topic.topic, wanted.partition)?;
                p.check_leader(cx.broker, wanted.current_leader_epoch)?;
                Ok(p.log.epoch_end(wanted.leader_epoch))
            });
            match found {
                Ok((epoch, end)) => (out.leader_epoch, out.end_offset) = (epoch, end),
                Err(code) => out.error_code = code.code(),
            }
            out
        });
        OffsetForLeaderTopicResult::default()
            .with_topic(topic.topic.clone())
            .with_partitions(partitions.collect())
    });
    let topics = topics.collect();
    OffsetForLeaderEpochResponse::default().with_topics(topics)
}

pub(crate) async fn delete_records(
    cx: &Context,
    request: DeleteRecordsRequest,
) -> DeleteRecordsResponse {
    let mut state = cx.shared.lock();
    let topics = request.topics.iter().map(|topic| {
        let partitions = topic.partitions.iter().map(|wanted| {
            let done = delete(cx, &mut state, &topic.name, wanted.partition_index, wanted.offset);
            DeleteRecordsPartitionResult::default()
                .with_partition_index(wanted.partition_index)
                .with_low_watermark(*done.as_ref().unwrap_or(&-1))
                .with_error_code(super::code(&done))
        });
        DeleteRecordsTopicResult::default()
            .with_name(topic.name.clone())
            .with_partitions(partitions.collect())
    });
    let topics = topics.collect();
    DeleteRecordsResponse::default().with_topics(topics)
}

fn delete(cx: &Context, state: &mut State, name: &str, index: i32, to: i64) -> Result<i64, Code> {
    cx.may_on_topic(state, operation::DELETE, name)?;
    let topic = state.topics.get_mut(name).ok_or(Code::UnknownTopicOrPartition)?;
    let deletable = topic.rules.delete && !topic.internal;
    let p = topic.partition_mut(index).ok_or(Code::UnknownTopicOrPartition)?;
    if p.leader != cx.broker {
        return Err(Code::NotLeaderOrFollower);
    }
    if !deletable {
        return Err(Code::PolicyViolation);
    }
    let to = if to == -1 { p.log.high_watermark() } else { to };
    if to < 0 || to > p.log.high_watermark() {
        return Err(Code::OffsetOutOfRange);
    }
    p.log.delete_before(to);
    Ok(p.log.start())
}
