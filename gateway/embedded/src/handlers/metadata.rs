//! Metadata, DescribeCluster, DescribeTopicPartitions, FindCoordinator.

use std::collections::BTreeMap;

use kafka_protocol::ResponseError as Code;
use kafka_protocol::messages::{
    ApiKey, BrokerId, DescribeClusterRequest, DescribeClusterResponse,
    DescribeTopicPartitionsRequest, DescribeTopicPartitionsResponse, FindCoordinatorRequest,
    FindCoordinatorResponse, MetadataRequest, MetadataResponse, TopicName,
    describe_cluster_response::DescribeClusterBroker,
    describe_topic_partitions_response as dtp,
    find_coordinator_response::Coordinator,
    metadata_response::{MetadataResponseBroker, MetadataResponsePartition, MetadataResponseTopic},
};

use super::{NO_OPERATIONS, code, scripted, text};
use crate::acl::{CLUSTER_NAME, operation, resource};
use crate::session::Context;
use crate::state::{NewTopic, OFFSETS_TOPIC, Partition, State, TRANSACTIONS_TOPIC, Topic};

pub(super) const HOST: &str = "127.0.0.1";

pub(crate) async fn metadata(cx: &Context, request: MetadataRequest) -> MetadataResponse {
    let mut state = cx.shared.lock();
    // Version 0 knows no null list: an empty one asks for everything.
    let everything = request.topics.is_none()
        || (cx.version == 0 && request.topics.as_ref().is_some_and(Vec::is_empty));
    let operations = cx.version >= 8 && request.include_topic_authorized_operations;
    let topics = if everything {
        let names: Vec<String> = state.topics.keys().cloned().collect();
        names
            .iter()
            .filter(|n| cx.may_on_topic(&state, operation::DESCRIBE, n).is_ok())
            .map(|n| described(cx, &state, n, operations))
            .collect()
    } else {
        let asked = request.topics.unwrap_or_default();
        asked
            .into_iter()
            .map(|t| match &t.name {
                Some(name) => {
                    if request.allow_auto_topic_creation || cx.version < 4 {
                        create_if_missing(cx, &mut state, name);
                    }
                    described(cx, &state, name, operations)
                }
                None => match state.topic_name(t.topic_id).map(str::to_owned) {
                    Some(name) => described(cx, &state, &name, operations),
                    None => MetadataResponseTopic::default()
                        .with_error_code(Code::UnknownTopicId.code())
                        .with_name((cx.version < 12).then(TopicName::default))
                        .with_topic_id(t.topic_id),
                },
            })
            .collect()
    };
    let cluster_operations =
        if (8..=10).contains(&cx.version) && request.include_cluster_authorized_operations {
            state.authorizer.operations(cx.who(), resource::CLUSTER, CLUSTER_NAME)
        } else {
            NO_OPERATIONS
        };
    let brokers = state.brokers.iter().filter(|(_, b)| b.alive).map(|(id, b)| {
        MetadataResponseBroker::default()
            .with_node_id(BrokerId(*id))
            .with_host(text(HOST))
            .with_port(i32::from(b.port))
            .with_rack(b.rack.clone().map(text))
    });
    MetadataResponse::default()
        .with_brokers(brokers.collect())
        .with_cluster_id(Some(text(state.spec.cluster_id.clone())))
        .with_controller_id(BrokerId(state.controller()))
        .with_topics(topics)
        .with_cluster_authorized_operations(cluster_operations)
}

fn create_if_missing(cx: &Context, state: &mut State, name: &str) {
    let allowed = cx.may_on_cluster(state, operation::CREATE).is_ok()
        || cx.may_on_topic(state, operation::CREATE, name).is_ok();
    if state.topics.contains_key(name) || !state.spec.auto_create_topics || !allowed {
        return;
    }
    let partitions = state.broker_value(-1, "num.partitions").parse().unwrap_or(1);
    let new = NewTopic {
        name: name.to_owned(),
        partitions,
        replication_factor: -1,
        configs: BTreeMap::new(),
        ..NewTopic::default()
    };
    // A name that cannot be created is reported as unknown or invalid below.
    drop(state.create_topic(&new, false));
}

fn described(cx: &Context, state: &State, name: &str, operations: bool) -> MetadataResponseTopic {
    let mut out = MetadataResponseTopic::default().with_name(Some(TopicName(text(name))));
    out.topic_authorized_operations = NO_OPERATIONS;
    if let Err(refused) = cx.may_on_topic(state, operation::DESCRIBE, name) {
        return out.with_error_code(refused.code());
    }
    let Some(topic) = state.topics.get(name) else {
        let legal = name.len() <= 249
            && !name.is_empty()
            && name.chars().all(|c| c.is_ascii_alphanumeric() || matches!(c, '.' | '_' | '-'));
        let code = if legal { Code::UnknownTopicOrPartition } else { Code::InvalidTopicException };
        return out.with_error_code(code.code());
    };
    if operations {
        out.topic_authorized_operations =
            state.authorizer.operations(cx.who(), resource::TOPIC, name);
    }
    let partitions = topic.partitions.iter().zip(0..).map(|(p, index)| {
        MetadataResponsePartition::default()
            .with_error_code(if p.leader < 0 { Code::LeaderNotAvailable.code() } else { 0 })
            .with_partition_index(index)
            .with_leader_id(BrokerId(p.leader))
            .with_leader_epoch(p.epoch)
            .with_replica_nodes(ids(&p.replicas))
            .with_isr_nodes(ids(&p.isr))
            .with_offline_replicas(offline(state, p))
    });
    out.with_topic_id(topic.id)
        .with_is_internal(topic.internal)
        .with_partitions(partitions.collect())
}

fn ids(brokers: &[i32]) -> Vec<BrokerId> {
    brokers.iter().copied().map(BrokerId).collect()
}

fn offline(state: &State, p: &Partition) -> Vec<BrokerId> {
    let dead = |id: &&i32| state.brokers.get(*id).is_none_or(|b| !b.alive);
    p.replicas.iter().filter(dead).copied().map(BrokerId).collect()
}

pub(crate) async fn describe_cluster(
    cx: &Context,
    request: DescribeClusterRequest,
) -> DescribeClusterResponse {
    let state = cx.shared.lock();
    let mut out = DescribeClusterResponse::default();
    out.cluster_authorized_operations = NO_OPERATIONS;
    if request.endpoint_type != 1 && cx.version >= 1 {
        // Brokers and controllers are the same nodes here, and only broker endpoints are served.
        return out
            .with_error_code(Code::MismatchedEndpointType.code())
            .with_error_message(Some(text("only broker endpoints can be described here")));
    }
    let brokers = state.brokers.iter().filter(|(_, b)| b.alive).map(|(id, b)| {
        DescribeClusterBroker::default()
            .with_broker_id(BrokerId(*id))
            .with_host(text(HOST))
            .with_port(i32::from(b.port))
            .with_rack(b.rack.clone().map(text))
    });
    if request.include_cluster_authorized_operations {
        out.cluster_authorized_operations =
            state.authorizer.operations(cx.who(), resource::CLUSTER, CLUSTER_NAME);
    }
    out.with_brokers(brokers.collect())
        .with_cluster_id(text(state.spec.cluster_id.clone()))
        .with_controller_id(BrokerId(state.controller()))
}

pub(crate) async fn describe_topic_partitions(
    cx: &Context,
    request: DescribeTopicPartitionsRequest,
) -> DescribeTopicPartitionsResponse {
    let state = cx.shared.lock();
    let (from, first) = request
        .cursor
        .map(|c| (c.topic_name.to_string(), usize::try_from(c.partition_index).unwrap_or(0)))
        .unwrap_or_default();
    let mut names: Vec<String> = if request.topics.is_empty() {
        state.topics.keys().cloned().collect()
    } else {
        request.topics.iter().map(|t| t.name.to_string()).collect()
    };
    names.sort_unstable();
    names.retain(|n| *n >= from);
    let mut room = usize::try_from(request.response_partition_limit).unwrap_or(0).clamp(1, 2_000);
    let mut out = DescribeTopicPartitionsResponse::default();
    for name in names {
        if room == 0 {
            let cursor = dtp::Cursor::default().with_topic_name(TopicName(text(name)));
            return out.with_next_cursor(Some(cursor));
        }
        let mut item = dtp::DescribeTopicPartitionsResponseTopic::default()
            .with_name(Some(TopicName(text(name.clone()))))
            .with_topic_authorized_operations(NO_OPERATIONS);
        let topic = cx
            .may_on_topic(&state, operation::DESCRIBE, &name)
            .and_then(|()| state.topics.get(&name).ok_or(Code::UnknownTopicOrPartition));
        item.error_code = code(&topic);
        if let Ok(topic) = topic {
            let skip = if name == from { first } else { 0 };
            let taken = topic.partitions.len().saturating_sub(skip).min(room);
            item.topic_id = topic.id;
            item.is_internal = topic.internal;
            item.topic_authorized_operations =
                state.authorizer.operations(cx.who(), resource::TOPIC, &name);
            item.partitions = partitions_of(&state, topic, skip, taken);
            room -= taken;
            if skip + taken < topic.partitions.len() {
                let index = i32::try_from(skip + taken).unwrap_or(i32::MAX);
                let at = dtp::Cursor::default().with_topic_name(TopicName(text(name)));
                out.next_cursor = Some(at.with_partition_index(index));
                out.topics.push(item);
                return out;
            }
        }
        out.topics.push(item);
    }
    out
}

fn partitions_of(
    state: &State,
    topic: &Topic,
    skip: usize,
    take: usize,
) -> Vec<dtp::DescribeTopicPartitionsResponsePartition> {
    let partitions = topic.partitions.iter().zip(0..).skip(skip).take(take);
    partitions
        .map(|(p, index)| {
            dtp::DescribeTopicPartitionsResponsePartition::default()
                .with_error_code(if p.leader < 0 { Code::LeaderNotAvailable.code() } else { 0 })
                .with_partition_index(index)
                .with_leader_id(BrokerId(p.leader))
                .with_leader_epoch(p.epoch)
                .with_replica_nodes(ids(&p.replicas))
                .with_isr_nodes(ids(&p.isr))
                .with_offline_replicas(offline(state, p))
        })
        .collect()
}

pub(crate) async fn find_coordinator(
    cx: &Context,
    request: FindCoordinatorRequest,
) -> FindCoordinatorResponse {
    let forced = scripted(cx, ApiKey::FindCoordinator);
    let mut state = cx.shared.lock();
    let find = |state: &mut State, key: &str| -> Result<(i32, u16), Code> {
        if let Some(code) = forced.and_then(Code::try_from_code) {
            return Err(code);
        }
        match request.key_type {
            0 => {
                cx.may_on_group(state, operation::DESCRIBE, key)?;
                state.ensure_internal(OFFSETS_TOPIC);
            }
            1 => {
                if !cx.may(state, operation::DESCRIBE, resource::TRANSACTIONAL_ID, key) {
                    return Err(Code::TransactionalIdAuthorizationFailed);
                }
                state.ensure_internal(TRANSACTIONS_TOPIC);
            }
            _ => return Err(Code::InvalidRequest),
        }
        let id = state.coordinator(key).ok_or(Code::CoordinatorNotAvailable)?;
        Ok((id, state.brokers.get(&id).map_or(0, |b| b.port)))
    };
    if cx.version >= 4 {
        let coordinators = request.coordinator_keys.iter().map(|key| {
            let found = find(&mut state, key);
            let (id, port) = found.unwrap_or((-1, 0));
            Coordinator::default()
                .with_key(key.clone())
                .with_error_code(code(&found))
                .with_error_message(found.err().map(|e| text(e.to_string())))
                .with_node_id(BrokerId(id))
                .with_host(text(if found.is_ok() { HOST } else { "" }))
                .with_port(if found.is_ok() { i32::from(port) } else { -1 })
        });
        let coordinators = coordinators.collect();
        return FindCoordinatorResponse::default().with_coordinators(coordinators);
    }
    let found = find(&mut state, &request.key);
    let (id, port) = found.unwrap_or((-1, 0));
    FindCoordinatorResponse::default()
        .with_error_code(code(&found))
        .with_error_message(found.err().map(|e| text(e.to_string())))
        .with_node_id(BrokerId(id))
        .with_host(text(if found.is_ok() { HOST } else { "" }))
        .with_port(if found.is_ok() { i32::from(port) } else { -1 })
}
