//! Fetch. Sessions are not kept: a broker whose session cache is full answers the same way.

use std::sync::Arc;
use std::time::Duration;

use bytes::{Bytes, BytesMut};
use kafka_protocol::ResponseError as Code;
use kafka_protocol::messages::{
    ApiKey, BrokerId, FetchRequest, FetchResponse, ProducerId,
    fetch_request::FetchPartition,
    fetch_response::{
        AbortedTransaction, EpochEndOffset, FetchableTopicResponse, LeaderIdAndEpoch, NodeEndpoint,
        PartitionData,
    },
};
use tokio::sync::Notify;
use tokio::time::Instant;

use super::{metadata::HOST, scripted, text};
use crate::acl::operation;
use crate::session::Context;
use crate::state::State;

/// The broker's own limit on a response, `fetch.max.bytes`.
const MAX_RESPONSE: i32 = 55 * 1024 * 1024;

/// One pass over the logs.
struct Pass {
    response: FetchResponse,
    bytes: usize,
    /// Something the client should hear of at once.
    urgent: bool,
}

pub(crate) async fn fetch(cx: &Context, request: FetchRequest) -> FetchResponse {
    if cx.version >= 7 && request.session_id != 0 && request.session_epoch > 0 {
        return FetchResponse::default().with_error_code(Code::FetchSessionIdNotFound.code());
    }
    let forced = scripted(cx, ApiKey::Fetch).and_then(Code::try_from_code);
    let min_bytes = usize::try_from(request.min_bytes).unwrap_or(0);
    let wait = Duration::from_millis(u64::try_from(request.max_wait_ms).unwrap_or(0));
    let deadline = Instant::now() + wait.min(Duration::from_secs(3600));
    loop {
        let notify = Arc::new(Notify::new());
        let pass = {
            let mut state = cx.shared.lock();
            let pass = read(cx, &mut state, &request, forced);
            let enough = pass.urgent || pass.bytes >= min_bytes.max(1) || min_bytes == 0;
            if enough || Instant::now() >= deadline || cx.gone.is_cancelled() {
                return pass.response;
            }
            watch(cx, &mut state, &request, &notify);
            pass
        };
        tokio::select! {
            () = notify.notified() => {}
            () = cx.gone.cancelled() => return pass.response,
            () = tokio::time::sleep_until(deadline) => return pass.response,
        }
    }
}

fn name_of(
    cx: &Context,
    state: &State,
    topic: &kafka_protocol::messages::fetch_request::FetchTopic,
) -> Option<String> {
    if cx.version >= 13 {
        state.topic_name(topic.topic_id).map(str::to_owned)
    } else {
        Some(topic.topic.to_string())
    }
}

fn watch(cx: &Context, state: &mut State, request: &FetchRequest, notify: &Arc<Notify>) {
    for topic in &request.topics {
        let Some(name) = name_of(cx, state, topic) else { continue };
        for partition in &topic.partitions {
            if let Ok(p) = state.partition(&name, partition.partition) {
                p.log.watch(notify);
            }
        }
    }
}

fn read(cx: &Context, state: &mut State, request: &FetchRequest, forced: Option<Code>) -> Pass {
    let mut pass = Pass { response: FetchResponse::default(), bytes: 0, urgent: false };
    let limit = usize::try_from(request.max_bytes.min(MAX_RESPONSE)).unwrap_or(0);
    for topic in &request.topics {
        let name = name_of(cx, state, topic);
        let mut out = FetchableTopicResponse::default();
        if cx.version >= 13 {
            out.topic_id = topic.topic_id;
        } else {
            out.topic = topic.topic.clone();
        }
        for wanted in &topic.partitions {
            let room = limit.saturating_sub(pass.bytes);
            let first = pass.bytes == 0;
            let data = match (&name, forced) {
                (_, Some(code)) => Err(code),
                (None, None) => Err(Code::UnknownTopicId),
                (Some(name), None) => {
                    partition(cx, state, name, wanted, (room, first), request.isolation_level)
                }
            };
            let index = wanted.partition;
            let data = data.unwrap_or_else(|code| {
                let mut failed = PartitionData::default()
                    .with_error_code(code.code())
                    .with_high_watermark(-1)
                    .with_last_stable_offset(-1)
                    .with_log_start_offset(-1)
                    .with_aborted_transactions(None);
                if let (Some(name), true) = (&name, code == Code::NotLeaderOrFollower) {
                    point_to_leader(cx, state, name, index, &mut failed, &mut pass.response);
                }
                failed
            });
            pass.urgent |= data.error_code != 0 || data.diverging_epoch.epoch >= 0;
            pass.bytes += data.records.as_ref().map_or(0, Bytes::len);
            out.partitions.push(data.with_partition_index(index));
        }
        pass.response.responses.push(out);
    }
    pass
}

fn partition(
    cx: &Context,
    state: &mut State,
    name: &str,
    wanted: &FetchPartition,
    (room, first): (usize, bool),
    isolation: i8,
) -> Result<PartitionData, Code> {
    cx.may_on_topic(state, operation::READ, name)?;
    let p = state.partition(name, wanted.partition)?;
    p.check_leader(cx.broker, wanted.current_leader_epoch)?;
    let log = &p.log;
    let (hw, lso) = (log.high_watermark(), log.last_stable());
    let mut data = PartitionData::default()
        .with_high_watermark(hw)
        .with_last_stable_offset(lso)
        .with_log_start_offset(log.start())
        .with_aborted_transactions(None);
    if wanted.last_fetched_epoch >= 0 && cx.version >= 12 {
        let (epoch, end) = log.epoch_end(wanted.last_fetched_epoch);
        if epoch < 0 {
            return Err(Code::OffsetOutOfRange);
        }
        if epoch < wanted.last_fetched_epoch || end < wanted.fetch_offset {
            data.diverging_epoch = EpochEndOffset::default().with_epoch(epoch).with_end_offset(end);
            return Ok(data);
        }
    }
    if wanted.fetch_offset < log.start() || wanted.fetch_offset > log.end() {
        return Err(Code::OffsetOutOfRange);
    }
    let bound = if isolation == 1 { lso } else { hw };
    let max = usize::try_from(wanted.partition_max_bytes).unwrap_or(0).min(room);
    let batches = log.read(wanted.fetch_offset, bound, max, first);
    if isolation == 1 {
        let upto = batches.last().map_or(wanted.fetch_offset, |b| b.last() + 1);
        let aborted = log.aborted_between(wanted.fetch_offset, upto);
        data.aborted_transactions = Some(
            aborted
                .iter()
                .map(|a| {
                    AbortedTransaction::default()
                        .with_producer_id(ProducerId(a.producer_id))
                        .with_first_offset(a.first)
                })
                .collect(),
        );
    }
    data.records = Some(match batches.as_slice() {
        [] => Bytes::new(),
        [one] => one.bytes.clone(),
        many => {
            let mut all = BytesMut::with_capacity(many.iter().map(|b| b.bytes.len()).sum());
            many.iter().for_each(|b| all.extend_from_slice(&b.bytes));
            all.freeze()
        }
    });
    Ok(data)
}

fn point_to_leader(
    cx: &Context,
    state: &mut State,
    name: &str,
    index: i32,
    data: &mut PartitionData,
    response: &mut FetchResponse,
) {
    let Ok((leader, epoch)) = state.partition(name, index).map(|p| (p.leader, p.epoch)) else {
        return;
    };
    if cx.version >= 12 {
        data.current_leader =
            LeaderIdAndEpoch::default().with_leader_id(BrokerId(leader)).with_leader_epoch(epoch);
    }
    let known = response.node_endpoints.iter().any(|n| n.node_id == BrokerId(leader));
    if cx.version >= 16
        && let Some(broker) = state.brokers.get(&leader).filter(|_| !known)
    {
        response.node_endpoints.push(
            NodeEndpoint::default()
                .with_node_id(BrokerId(leader))
                .with_host(text(HOST))
                .with_port(i32::from(broker.port))
                .with_rack(broker.rack.clone().map(text)),
        );
    }
}
