//! Produce.

use std::collections::BTreeMap;
use std::sync::Arc;
use std::sync::atomic::Ordering;
use std::time::Duration;

use kafka_protocol::ResponseError as Code;
use kafka_protocol::messages::{
    ApiKey, BrokerId, ProduceRequest, ProduceResponse,
    produce_request::PartitionProduceData,
    produce_response::{
        BatchIndexAndErrorMessage, LeaderIdAndEpoch, NodeEndpoint, PartitionProduceResponse,
        TopicProduceResponse,
    },
};
use tokio::sync::Notify;

use super::{metadata::HOST, scripted, text};
use crate::acl::{operation, resource};
use crate::incoming::{self, Incoming, Refusal};
use crate::log::Appended;
use crate::session::Context;
use crate::state::State;

type Waiting = Vec<(usize, usize, String, i32, i64)>;

pub(crate) async fn produce(cx: &Context, request: ProduceRequest) -> ProduceResponse {
    cx.silent.store(request.acks == 0, Ordering::Relaxed);
    let forced = scripted(cx, ApiKey::Produce);
    let mut response =
        ProduceResponse::default().with_throttle_time_ms(cx.shared.plan().throttle_ms);
    let mut waiting = Waiting::new();
    for topic in &request.topic_data {
        let name = if cx.version >= 13 {
            cx.shared.lock().topic_name(topic.topic_id).map(str::to_owned)
        } else {
            Some(topic.name.to_string())
        };
        let mut out = TopicProduceResponse::default();
        if cx.version >= 13 {
            out.topic_id = topic.topic_id;
        } else {
            out.name = topic.name.clone();
        }
        // As on a broker, the last entry for a partition replaces earlier ones.
        let entries: BTreeMap<i32, &PartitionProduceData> =
            topic.partition_data.iter().map(|p| (p.index, p)).collect();
        for (index, data) in entries {
            let done = match (&name, forced.and_then(Code::try_from_code)) {
                (_, Some(code)) => Err(Refusal::from(code)),
                (None, _) => Err(Refusal::from(Code::UnknownTopicId)),
                (Some(name), None) => append(cx, &request, name, index, data),
            };
            if let (Ok(done), Some(name), -1) = (&done, &name, request.acks) {
                let at = (response.responses.len(), out.partition_responses.len());
                waiting.push((at.0, at.1, name.clone(), index, done.last_offset));
            }
            let log_start = name.as_deref().and_then(|name| {
                cx.shared.lock().partition(name, index).ok().map(|p| p.log.start())
            });
            out.partition_responses.push(answer(cx.version, index, &done, log_start));
            if let (Err(refusal), Some(name)) = (&done, &name)
                && refusal.code == Code::NotLeaderOrFollower
                && cx.version >= 10
            {
                point_to_leader(cx, name, index, &mut out, &mut response);
            }
        }
        response.responses.push(out);
    }
    await_replicas(cx, &mut response, waiting, request.timeout_ms).await;
    response
}

fn append(
    cx: &Context,
    request: &ProduceRequest,
    name: &str,
    index: i32,
    data: &PartitionProduceData,
) -> Result<Appended, Refusal> {
    if !matches!(request.acks, -1..=1) {
        return Err(Refusal::from(Code::InvalidRequiredAcks));
    }
    // Reading every record is the long part and needs no lock.
    let incoming = incoming::read(data.records.as_ref());
    let mut state = cx.shared.lock();
    cx.may_on_topic(&state, operation::WRITE, name)?;
    let topic = state.topics.get(name).ok_or(Code::UnknownTopicOrPartition)?;
    let partition = topic.partition(index).ok_or(Code::UnknownTopicOrPartition)?;
    if partition.leader != cx.broker {
        return Err(Refusal::from(Code::NotLeaderOrFollower));
    }
    if request.acks == -1 && partition.isr.len() < topic.rules.min_insync_replicas {
        return Err(Refusal::new(
            Code::NotEnoughReplicas,
            format!(
                "{name}-{index} has {} in-sync replicas, min.insync.replicas asks for {}",
                partition.isr.len(),
                topic.rules.min_insync_replicas
            ),
        ));
    }
    if topic.internal {
        return Err(Refusal::new(
            Code::InvalidTopicException,
            format!("clients may not write to the internal topic {name}"),
        ));
    }
    let incoming = incoming?;
    authorize(cx, &state, request, &incoming, name, index)?;
    state.append(name, index, &incoming, cx.now)
}

/// Checks that need the producer: transactions.
fn authorize(
    cx: &Context,
    state: &State,
    request: &ProduceRequest,
    incoming: &Incoming,
    name: &str,
    index: i32,
) -> Result<(), Refusal> {
    let header = &incoming.header;
    if !header.is_transactional() {
        return Ok(());
    }
    let id = request.transactional_id.as_ref().map(|id| id.as_str());
    let known = id.unwrap_or_default();
    if !cx.may(state, operation::WRITE, resource::TRANSACTIONAL_ID, known) {
        return Err(Refusal::from(Code::TransactionalIdAuthorizationFailed));
    }
    let producer = (header.producer_id, header.producer_epoch);
    state.check_transactional(id, producer, name, index).map_err(|code| {
        Refusal::new(code, format!("{code}: {name}-{index} is not part of an open transaction"))
    })
}

fn answer(
    version: i16,
    index: i32,
    done: &Result<Appended, Refusal>,
    log_start: Option<i64>,
) -> PartitionProduceResponse {
    let mut out = PartitionProduceResponse::default().with_index(index);
    out.log_append_time_ms = -1;
    match done {
        Ok(done) => {
            out.base_offset = done.base_offset;
            out.log_append_time_ms = done.log_append_time;
            out.log_start_offset = log_start.unwrap_or(-1);
        }
        Err(refusal) => {
            out.error_code = refusal.code.code();
            out.base_offset = -1;
            out.log_start_offset = -1;
            if version >= 8 {
                out.error_message = Some(text(refusal.message.clone()));
                if matches!(refusal.code, Code::InvalidRecord | Code::InvalidTimestamp) {
                    let detail = BatchIndexAndErrorMessage::default()
                        .with_batch_index_error_message(Some(text(refusal.message.clone())));
                    out.record_errors = vec![detail];
                }
            }
        }
    }
    if version < 5 {
        out.log_start_offset = -1;
    }
    out
}

fn point_to_leader(
    cx: &Context,
    name: &str,
    index: i32,
    out: &mut TopicProduceResponse,
    response: &mut ProduceResponse,
) {
    let mut state = cx.shared.lock();
    let Ok((leader, epoch)) = state.partition(name, index).map(|p| (p.leader, p.epoch)) else {
        return;
    };
    if let Some(partition) = out.partition_responses.last_mut() {
        partition.current_leader =
            LeaderIdAndEpoch::default().with_leader_id(BrokerId(leader)).with_leader_epoch(epoch);
    }
    let known = response.node_endpoints.iter().any(|n| n.node_id == BrokerId(leader));
    if let Some(broker) = state.brokers.get(&leader).filter(|_| !known) {
        response.node_endpoints.push(
            NodeEndpoint::default()
                .with_node_id(BrokerId(leader))
                .with_host(text(HOST))
                .with_port(i32::from(broker.port))
                .with_rack(broker.rack.clone().map(text)),
        );
    }
}

/// With acks=all, an answer waits until the high watermark has passed what was appended.
async fn await_replicas(
    cx: &Context,
    response: &mut ProduceResponse,
    mut waiting: Waiting,
    timeout_ms: i32,
) {
    let timeout = Duration::from_millis(u64::try_from(timeout_ms).unwrap_or(0));
    let deadline = tokio::time::Instant::now() + timeout;
    loop {
        let notify = Arc::new(Notify::new());
        {
            let mut state = cx.shared.lock();
            waiting.retain(|(_, _, name, index, last)| match state.partition(name, *index) {
                Ok(p) if p.log.high_watermark() <= *last && p.log.end() > *last => {
                    p.log.watch(&notify);
                    true
                }
                _ => false,
            });
        }
        if waiting.is_empty() {
            return;
        }
        tokio::select! {
            () = notify.notified() => {}
            () = cx.gone.cancelled() => return,
            () = tokio::time::sleep_until(deadline) => break,
        }
    }
    for (topic, partition, ..) in waiting {
        let answers = response.responses.get_mut(topic).map(|t| &mut t.partition_responses);
        if let Some(answer) = answers.and_then(|a| a.get_mut(partition)) {
            answer.error_code = Code::RequestTimedOut.code();
            answer.base_offset = -1;
        }
    }
}
