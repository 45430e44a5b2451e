//! Producer ids, transactions and their markers.

use kafka_protocol::ResponseError as Code;
use kafka_protocol::messages::{
    AddOffsetsToTxnRequest, AddOffsetsToTxnResponse, AddPartitionsToTxnRequest,
    AddPartitionsToTxnResponse, ApiKey, DescribeTransactionsRequest, DescribeTransactionsResponse,
    EndTxnRequest, EndTxnResponse, InitProducerIdRequest, InitProducerIdResponse,
    ListTransactionsRequest, ListTransactionsResponse, ProducerId, TopicName, TransactionalId,
    TxnOffsetCommitRequest, TxnOffsetCommitResponse, WriteTxnMarkersRequest,
    WriteTxnMarkersResponse,
    add_partitions_to_txn_request::AddPartitionsToTxnTopic,
    add_partitions_to_txn_response::{
        AddPartitionsToTxnPartitionResult, AddPartitionsToTxnResult, AddPartitionsToTxnTopicResult,
    },
    describe_transactions_response as described, list_transactions_response as listed,
    txn_offset_commit_response::{TxnOffsetCommitResponsePartition, TxnOffsetCommitResponseTopic},
    write_txn_markers_response::{
        WritableTxnMarkerPartitionResult, WritableTxnMarkerResult, WritableTxnMarkerTopicResult,
    },
};

use super::{code, scripted, text};
use crate::acl::{operation, resource};
use crate::group::Committed;
use crate::handlers::commits::MAX_METADATA;
use crate::session::Context;
use crate::state::State;
use crate::txn::TxnState;

/// Largest transaction timeout, `transaction.max.timeout.ms`.
const MAX_TIMEOUT_MS: i32 = 900_000;

fn admit(cx: &Context, state: &State, id: &str, wanted: i8) -> Result<(), Code> {
    if !cx.may(state, wanted, resource::TRANSACTIONAL_ID, id) {
        return Err(Code::TransactionalIdAuthorizationFailed);
    }
    cx.coordinates(state, id)
}

/// Old clients know only the older name of "fenced".
fn fenced(cx: &Context, since: i16, code: Code) -> Code {
    if code == Code::ProducerFenced && cx.version < since {
        Code::InvalidProducerEpoch
    } else {
        code
    }
}

pub(crate) async fn init_producer_id(
    cx: &Context,
    request: InitProducerIdRequest,
) -> InitProducerIdResponse {
    let forced = scripted(cx, ApiKey::InitProducerId).and_then(Code::try_from_code);
    let mut state = cx.shared.lock();
    let done = match (&request.transactional_id, forced) {
        (_, Some(code)) => Err(code),
        (None, None) => {
            let who = cx.who();
            let allowed = cx.may_on_cluster(&state, operation::IDEMPOTENT_WRITE).is_ok()
                || state.authorizer.allows_any(who, operation::WRITE, resource::TOPIC);
            if allowed {
                Ok((state.allocate_producer_id(), 0))
            } else {
                Err(Code::ClusterAuthorizationFailed)
            }
        }
        (Some(id), None) => admit(cx, &state, id, operation::WRITE).and_then(|()| {
            if id.is_empty() {
                return Err(Code::InvalidRequest);
            }
            if !(1..=MAX_TIMEOUT_MS).contains(&request.transaction_timeout_ms) {
                return Err(Code::InvalidTransactionTimeout);
            }
            let known = (request.producer_id.0 >= 0)
                .then_some((request.producer_id.0, request.producer_epoch));
            state.init_transactional(id, request.transaction_timeout_ms, known, cx.now)
        }),
    };
    let (producer_id, epoch) = *done.as_ref().unwrap_or(&(-1, -1));
    InitProducerIdResponse::default()
        .with_error_code(done.map_or_else(|e| fenced(cx, 4, e).code(), |_| 0))
        .with_producer_id(ProducerId(producer_id))
        .with_producer_epoch(epoch)
}

pub(crate) async fn add_partitions(
    cx: &Context,
    request: AddPartitionsToTxnRequest,
) -> AddPartitionsToTxnResponse {
    let mut state = cx.shared.lock();
    if cx.version <= 3 {
        let id = request.v3_and_below_transactional_id.as_str();
        let producer = (request.v3_and_below_producer_id.0, request.v3_and_below_producer_epoch);
        let topics = add(cx, &mut state, id, producer, &request.v3_and_below_topics, false);
        return AddPartitionsToTxnResponse::default().with_results_by_topic_v3_and_below(topics);
    }
    if let Err(refused) = cx.may_on_cluster(&state, operation::CLUSTER_ACTION) {
        return AddPartitionsToTxnResponse::default().with_error_code(refused.code());
    }
    let results = request.transactions.iter().map(|t| {
        let producer = (t.producer_id.0, t.producer_epoch);
        let topics = add(cx, &mut state, &t.transactional_id, producer, &t.topics, t.verify_only);
        AddPartitionsToTxnResult::default()
            .with_transactional_id(t.transactional_id.clone())
            .with_topic_results(topics)
    });
    let results = results.collect();
    AddPartitionsToTxnResponse::default().with_results_by_transaction(results)
}

fn add(
    cx: &Context,
    state: &mut State,
    id: &str,
    (producer_id, epoch): (i64, i16),
    topics: &[AddPartitionsToTxnTopic],
    verify_only: bool,
) -> Vec<AddPartitionsToTxnTopicResult> {
    let overall = admit(cx, state, id, operation::WRITE).and_then(|()| {
        let txn = state.txns.get(id).ok_or(Code::InvalidProducerIdMapping)?;
        txn.identify(producer_id, epoch).map_err(|e| fenced(cx, 2, e))
    });
    let each = |state: &State, topic: &AddPartitionsToTxnTopic, index: i32| {
        overall?;
        cx.may_on_topic(state, operation::WRITE, &topic.name)?;
        let known = state.topics.get(topic.name.as_str()).and_then(|t| t.partition(index));
        known.map(|_| ()).ok_or(Code::UnknownTopicOrPartition)?;
        let named = (topic.name.to_string(), index);
        let open = state
            .txns
            .get(id)
            .is_some_and(|t| t.state == TxnState::Ongoing && t.partitions.contains(&named));
        if verify_only && !open { Err(Code::InvalidTxnState) } else { Ok(()) }
    };
    let mut all_well = true;
    let checked: Vec<Vec<(i32, Result<(), Code>)>> = topics
        .iter()
        .map(|topic| topic.partitions.iter().map(|i| (*i, each(state, topic, *i))).collect())
        .collect();
    all_well &= checked.iter().flatten().all(|(_, c)| c.is_ok());
    if all_well
        && !verify_only
        && let Some(txn) = state.txns.get_mut(id)
    {
        txn.open(cx.now);
        for topic in topics {
            txn.partitions.extend(topic.partitions.iter().map(|i| (topic.name.to_string(), *i)));
        }
    }
    let results = topics.iter().zip(checked).map(|(topic, partitions)| {
        let partitions = partitions.into_iter().map(|(index, checked)| {
            // All or nothing: what would have been fine is reported as not attempted.
            let result =
                if all_well { checked } else { checked.and(Err(Code::OperationNotAttempted)) };
            AddPartitionsToTxnPartitionResult::default()
                .with_partition_index(index)
                .with_partition_error_code(code(&result))
        });
        AddPartitionsToTxnTopicResult::default()
            .with_name(topic.name.clone())
            .with_results_by_partition(partitions.collect())
    });
    results.collect()
}

pub(crate) async fn add_offsets(
    cx: &Context,
    request: AddOffsetsToTxnRequest,
) -> AddOffsetsToTxnResponse {
    let mut state = cx.shared.lock();
    let id = request.transactional_id.as_str();
    let done = admit(cx, &state, id, operation::WRITE)
        .and_then(|()| cx.may_on_group(&state, operation::READ, &request.group_id))
        .and_then(|()| {
            let txn = state.txns.get_mut(id).ok_or(Code::InvalidProducerIdMapping)?;
            txn.identify(request.producer_id.0, request.producer_epoch)?;
            txn.open(cx.now);
            txn.groups.insert(request.group_id.to_string());
            Ok(())
        })
        .map_err(|e| fenced(cx, 2, e));
    AddOffsetsToTxnResponse::default().with_error_code(code(&done))
}

pub(crate) async fn end_txn(cx: &Context, request: EndTxnRequest) -> EndTxnResponse {
    let mut state = cx.shared.lock();
    let id = request.transactional_id.as_str();
    let producer = (request.producer_id.0, request.producer_epoch);
    let done = admit(cx, &state, id, operation::WRITE)
        .and_then(|()| state.end_transaction(id, producer, request.committed, cx.now))
        .map_err(|e| fenced(cx, 2, e));
    EndTxnResponse::default().with_error_code(code(&done))
}

pub(crate) async fn txn_offset_commit(
    cx: &Context,
    request: TxnOffsetCommitRequest,
) -> TxnOffsetCommitResponse {
    let mut state = cx.shared.lock();
    let group_id = request.group_id.as_str();
    let admitted = admit_offsets(cx, &mut state, &request);
    let topics = request.topics.iter().map(|topic| {
        let readable = cx.may_on_topic(&state, operation::READ, &topic.name);
        let partitions = topic.partitions.iter().map(|p| {
            let metadata = p.committed_metadata.as_ref().map_or("", |m| m.as_str());
            let known =
                state.topics.get(topic.name.as_str()).and_then(|t| t.partition(p.partition_index));
            let checked = admitted.and(readable).and(if known.is_none() {
                Err(Code::UnknownTopicOrPartition)
            } else if metadata.len() > MAX_METADATA {
                Err(Code::OffsetMetadataTooLarge)
            } else {
                Ok(())
            });
            if checked.is_ok() {
                let committed = Committed {
                    offset: p.committed_offset,
                    leader_epoch: p.committed_leader_epoch,
                    metadata: metadata.to_owned(),
                    at: cx.now,
                };
                let group = state.group(group_id, cx.now);
                let producer_id = request.producer_id.0;
                group.commit_in_transaction(producer_id, &topic.name, p.partition_index, committed);
            }
            TxnOffsetCommitResponsePartition::default()
                .with_partition_index(p.partition_index)
                .with_error_code(code(&checked))
        });
        TxnOffsetCommitResponseTopic::default()
            .with_name(topic.name.clone())
            .with_partitions(partitions.collect())
    });
    let topics = topics.collect();
    TxnOffsetCommitResponse::default().with_topics(topics)
}

fn admit_offsets(
    cx: &Context,
    state: &mut State,
    request: &TxnOffsetCommitRequest,
) -> Result<(), Code> {
    let (id, group_id) = (request.transactional_id.as_str(), request.group_id.as_str());
    if !cx.may(state, operation::WRITE, resource::TRANSACTIONAL_ID, id) {
        return Err(Code::TransactionalIdAuthorizationFailed);
    }
    cx.may_on_group(state, operation::READ, group_id)?;
    cx.coordinates(state, group_id)?;
    let txn = state.txns.get(id).ok_or(Code::InvalidProducerIdMapping)?;
    txn.identify(request.producer_id.0, request.producer_epoch)
        .map_err(|e| if e == Code::ProducerFenced { Code::InvalidProducerEpoch } else { e })?;
    if txn.state != TxnState::Ongoing || !txn.groups.contains(group_id) {
        return Err(Code::InvalidTxnState);
    }
    // Generation -1 is not held against a classic group that has members, as on a broker.
    if request.generation_id >= 0 {
        let instance = request.group_instance_id.as_ref().map(|i| i.as_str());
        let group = state.groups.get_mut(group_id).ok_or(Code::IllegalGeneration)?;
        group.check_commit(cx.now, &request.member_id, instance, request.generation_id)?;
    }
    Ok(())
}

pub(crate) async fn write_markers(
    cx: &Context,
    request: WriteTxnMarkersRequest,
) -> WriteTxnMarkersResponse {
    let mut state = cx.shared.lock();
    // ALTER has been enough since KIP-1037.
    let allowed = cx
        .may_on_cluster(&state, operation::CLUSTER_ACTION)
        .or_else(|_| cx.may_on_cluster(&state, operation::ALTER));
    let markers = request.markers.iter().map(|marker| {
        let producer = (marker.producer_id.0, marker.producer_epoch);
        let topics = marker.topics.iter().map(|topic| {
            let partitions = topic.partition_indexes.iter().map(|index| {
                let done = allowed.and_then(|()| {
                    let p = state.partition(&topic.name, *index)?;
                    if p.leader != cx.broker {
                        return Err(Code::NotLeaderOrFollower);
                    }
                    let commit = marker.transaction_result;
                    p.log.append_marker(producer, marker.coordinator_epoch, commit, cx.now)
                });
                WritableTxnMarkerPartitionResult::default()
                    .with_partition_index(*index)
                    .with_error_code(code(&done))
            });
            WritableTxnMarkerTopicResult::default()
                .with_name(topic.name.clone())
                .with_partitions(partitions.collect())
        });
        WritableTxnMarkerResult::default()
            .with_producer_id(marker.producer_id)
            .with_topics(topics.collect())
    });
    let markers = markers.collect();
    WriteTxnMarkersResponse::default().with_markers(markers)
}

pub(crate) async fn describe_transactions(
    cx: &Context,
    request: DescribeTransactionsRequest,
) -> DescribeTransactionsResponse {
    let state = cx.shared.lock();
    let states = request.transactional_ids.iter().map(|id| {
        let mut out = described::TransactionState::default().with_transactional_id(id.clone());
        let found = admit(cx, &state, id, operation::DESCRIBE)
            .and_then(|()| state.txns.get(id.as_str()).ok_or(Code::TransactionalIdNotFound));
        let txn = match found {
            Ok(txn) => txn,
            Err(code) => return out.with_error_code(code.code()),
        };
        out.transaction_state = text(txn.state.name());
        out.transaction_timeout_ms = txn.timeout_ms;
        out.transaction_start_time_ms =
            if txn.state == TxnState::Ongoing { txn.started } else { -1 };
        out.producer_id = ProducerId(txn.producer_id);
        out.producer_epoch = txn.epoch;
        for (topic, index) in &txn.partitions {
            match out.topics.last_mut().filter(|t| t.topic.as_str() == topic) {
                Some(last) => last.partitions.push(*index),
                None => out.topics.push(
                    described::TopicData::default()
                        .with_topic(TopicName(text(topic.clone())))
                        .with_partitions(vec![*index]),
                ),
            }
        }
        out
    });
    let states = states.collect();
    DescribeTransactionsResponse::default().with_transaction_states(states)
}

pub(crate) async fn list_transactions(
    cx: &Context,
    request: ListTransactionsRequest,
) -> ListTransactionsResponse {
    let state = cx.shared.lock();
    let known = [
        "Empty",
        "Ongoing",
        "CompleteCommit",
        "CompleteAbort",
        "PrepareCommit",
        "PrepareAbort",
        "Dead",
        "PrepareEpochFence",
    ];
    let unknown = request.state_filters.iter().filter(|s| !known.contains(&s.as_str()));
    let wanted = request.duration_filter;
    let states = state
        .txns
        .iter()
        .filter(|(id, _)| state.coordinator(id) == Some(cx.broker))
        .filter(|(id, _)| cx.may(&state, operation::DESCRIBE, resource::TRANSACTIONAL_ID, id))
        .filter(|(_, t)| {
            let states = &request.state_filters;
            let ids = &request.producer_id_filters;
            (states.is_empty() || states.iter().any(|s| s.as_str() == t.state.name()))
                && (ids.is_empty() || ids.contains(&ProducerId(t.producer_id)))
                && (wanted < 0 || (t.state == TxnState::Ongoing && cx.now - t.started >= wanted))
        })
        .map(|(id, t)| {
            listed::TransactionState::default()
                .with_transactional_id(TransactionalId(text(id.clone())))
                .with_producer_id(ProducerId(t.producer_id))
                .with_transaction_state(text(t.state.name()))
        });
    let states = states.collect();
    ListTransactionsResponse::default()
        .with_unknown_state_filters(unknown.cloned().collect())
        .with_transaction_states(states)
}
