//! Committed offsets: OffsetCommit, OffsetFetch, OffsetDelete.

use kafka_protocol::ResponseError as Code;
use kafka_protocol::messages::{
    ApiKey, OffsetCommitRequest, OffsetCommitResponse, OffsetDeleteRequest, OffsetDeleteResponse,
    OffsetFetchRequest, OffsetFetchResponse, TopicName,
    offset_commit_response::{OffsetCommitResponsePartition, OffsetCommitResponseTopic},
    offset_delete_response::{OffsetDeleteResponsePartition, OffsetDeleteResponseTopic},
    offset_fetch_response::{
        OffsetFetchResponseGroup, OffsetFetchResponsePartition, OffsetFetchResponsePartitions,
        OffsetFetchResponseTopic, OffsetFetchResponseTopics,
    },
};

use super::{code, scripted, text};
use crate::acl::operation;
use crate::group::{Committed, Group, Phase};
use crate::session::Context;
use crate::state::State;

/// Largest metadata string, `offset.metadata.max.bytes`.
pub(super) const MAX_METADATA: usize = 4096;

pub(crate) async fn offset_commit(
    cx: &Context,
    request: OffsetCommitRequest,
) -> OffsetCommitResponse {
    let forced = scripted(cx, ApiKey::OffsetCommit).and_then(Code::try_from_code);
    let mut state = cx.shared.lock();
    let id = request.group_id.as_str();
    let admitted = match forced {
        Some(code) => Err(code),
        None => admit(cx, &mut state, id, &request),
    };
    let topics = request.topics.iter().map(|topic| {
        let readable = cx.may_on_topic(&state, operation::READ, &topic.name);
        let partitions = topic.partitions.iter().map(|p| {
            let metadata = p.committed_metadata.as_ref().map_or("", |m| m.as_str());
            let exists =
                state.topics.get(topic.name.as_str()).and_then(|t| t.partition(p.partition_index));
            let checked = admitted.and(readable).and(if exists.is_none() {
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
                let key = (topic.name.to_string(), p.partition_index);
                state.group(id, cx.now).offsets.insert(key, committed);
            }
            OffsetCommitResponsePartition::default()
                .with_partition_index(p.partition_index)
                .with_error_code(code(&checked))
        });
        OffsetCommitResponseTopic::default()
            .with_name(topic.name.clone())
            .with_partitions(partitions.collect())
    });
    let topics = topics.collect();
    OffsetCommitResponse::default().with_topics(topics)
}

fn admit(
    cx: &Context,
    state: &mut State,
    id: &str,
    request: &OffsetCommitRequest,
) -> Result<(), Code> {
    cx.may_on_group(state, operation::READ, id)?;
    cx.coordinates(state, id)?;
    let generation = request.generation_id_or_member_epoch;
    let instance = request.group_instance_id.as_ref().map(|i| i.as_str());
    match state.groups.get_mut(id) {
        Some(group) => group.check_commit(cx.now, &request.member_id, instance, generation),
        // A tool's commit creates the group; a member's cannot.
        None if generation < 0 => Ok(()),
        None => Err(Code::IllegalGeneration),
    }
}

pub(crate) async fn offset_fetch(cx: &Context, request: OffsetFetchRequest) -> OffsetFetchResponse {
    let state = cx.shared.lock();
    if cx.version >= 8 {
        let groups = request.groups.iter().map(|g| {
            let asked = g.topics.as_ref().map(|topics| {
                let each = topics.iter().map(|t| (t.name.to_string(), t.partition_indexes.clone()));
                each.collect::<Vec<_>>()
            });
            let found = offsets(cx, &state, &g.group_id, asked);
            let mut out = OffsetFetchResponseGroup::default()
                .with_group_id(g.group_id.clone())
                .with_error_code(code(&found));
            for (name, partitions) in found.unwrap_or_default() {
                let each = partitions.into_iter().map(|(index, found)| {
                    let (committed, error_code) = split(cx, found, request.require_stable);
                    OffsetFetchResponsePartitions::default()
                        .with_partition_index(index)
                        .with_committed_offset(committed.offset)
                        .with_committed_leader_epoch(committed.leader_epoch)
                        .with_metadata(Some(text(committed.metadata)))
                        .with_error_code(error_code)
                });
                out.topics.push(
                    OffsetFetchResponseTopics::default()
                        .with_name(TopicName(text(name)))
                        .with_partitions(each.collect()),
                );
            }
            out
        });
        let groups = groups.collect();
        return OffsetFetchResponse::default().with_groups(groups);
    }
    let asked = request.topics.as_ref().map(|topics| {
        let each = topics.iter().map(|t| (t.name.to_string(), t.partition_indexes.clone()));
        each.collect::<Vec<_>>()
    });
    let found = offsets(cx, &state, &request.group_id, asked);
    let refused = code(&found);
    let mut out = OffsetFetchResponse::default();
    if cx.version >= 2 {
        out.error_code = refused;
    }
    for (name, partitions) in found.unwrap_or_default() {
        let each = partitions.into_iter().map(|(index, found)| {
            let (committed, error_code) = split(cx, found, request.require_stable);
            let mut out = OffsetFetchResponsePartition::default()
                .with_partition_index(index)
                .with_committed_offset(committed.offset)
                .with_metadata(Some(text(committed.metadata)))
                .with_error_code(error_code);
            if cx.version >= 5 {
                out.committed_leader_epoch = committed.leader_epoch;
            }
            out
        });
        out.topics.push(
            OffsetFetchResponseTopic::default()
                .with_name(TopicName(text(name)))
                .with_partitions(each.collect()),
        );
    }
    out
}

/// A committed offset, whether a transaction wants to move it, or why it may not be read.
type Found = Result<(Option<Committed>, bool), Code>;
type ByTopic = Vec<(String, Vec<(i32, Found)>)>;

fn offsets(
    cx: &Context,
    state: &State,
    id: &str,
    asked: Option<Vec<(String, Vec<i32>)>>,
) -> Result<ByTopic, Code> {
    cx.may_on_group(state, operation::DESCRIBE, id)?;
    cx.coordinates(state, id)?;
    let group = state.groups.get(id);
    let readable = |name: &str| cx.may_on_topic(state, operation::DESCRIBE, name);
    let look = |name: &str, index: i32| -> Found {
        readable(name)?;
        let committed = |g: &Group| g.offsets.get(&(name.to_owned(), index)).cloned();
        let unstable = group.is_some_and(|g| g.is_unstable(name, index));
        Ok((group.and_then(committed), unstable))
    };
    let asked = asked.unwrap_or_else(|| {
        let mut all: Vec<(String, Vec<i32>)> = Vec::new();
        for (name, index) in group.into_iter().flat_map(|g| g.offsets.keys()) {
            match all.last_mut() {
                Some((last, list)) if last == name => list.push(*index),
                _ if readable(name).is_ok() => all.push((name.clone(), vec![*index])),
                _ => {}
            }
        }
        all
    });
    let each = asked.into_iter().map(|(name, indexes)| {
        let found = indexes.into_iter().map(|i| (i, look(&name, i))).collect();
        (name, found)
    });
    Ok(each.collect())
}

fn split(cx: &Context, found: Found, require_stable: bool) -> (Committed, i16) {
    let none = || Committed { offset: -1, leader_epoch: -1, metadata: String::new(), at: 0 };
    match found {
        Err(code) => (none(), code.code()),
        Ok((_, true)) if require_stable && cx.version >= 7 => {
            (none(), Code::UnstableOffsetCommit.code())
        }
        Ok((committed, _)) => (committed.unwrap_or_else(none), 0),
    }
}

pub(crate) async fn offset_delete(
    cx: &Context,
    request: OffsetDeleteRequest,
) -> OffsetDeleteResponse {
    let mut state = cx.shared.lock();
    let id = request.group_id.as_str();
    let refused = cx
        .may_on_group(&state, operation::DELETE, id)
        .and_then(|()| cx.coordinates(&state, id))
        .and_then(|()| match state.groups.get(id) {
            None => Err(Code::GroupIdNotFound),
            Some(g) if g.phase != Phase::Empty && g.protocol_type != "consumer" => {
                Err(Code::NonEmptyGroup)
            }
            Some(_) => Ok(()),
        });
    if let Err(code) = refused {
        return OffsetDeleteResponse::default().with_error_code(code.code());
    }
    let topics = request.topics.iter().map(|topic| {
        let readable = cx.may_on_topic(&state, operation::READ, &topic.name);
        let group = state.groups.get_mut(id);
        let subscribed =
            group.as_ref().is_some_and(|g| g.subscribed_topics().contains(topic.name.as_str()));
        let checked =
            readable.and(if subscribed { Err(Code::GroupSubscribedToTopic) } else { Ok(()) });
        let mut group = group.filter(|_| checked.is_ok());
        let partitions = topic.partitions.iter().map(|p| {
            if let Some(group) = &mut group {
                group.offsets.remove(&(topic.name.to_string(), p.partition_index));
            }
            OffsetDeleteResponsePartition::default()
                .with_partition_index(p.partition_index)
                .with_error_code(code(&checked))
        });
        OffsetDeleteResponseTopic::default()
            .with_name(topic.name.clone())
            .with_partitions(partitions.collect())
    });
    let topics = topics.collect();
    OffsetDeleteResponse::default().with_topics(topics)
}
