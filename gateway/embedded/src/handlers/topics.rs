//! CreateTopics, DeleteTopics, CreatePartitions, ElectLeaders.

use kafka_protocol::ResponseError as Code;
use kafka_protocol::messages::{
    ApiKey, CreatePartitionsRequest, CreatePartitionsResponse, CreateTopicsRequest,
    CreateTopicsResponse, DeleteTopicsRequest, DeleteTopicsResponse, ElectLeadersRequest,
    ElectLeadersResponse, TopicName,
    create_partitions_response::CreatePartitionsTopicResult,
    create_topics_request::CreatableTopic,
    create_topics_response::{CreatableTopicConfigs, CreatableTopicResult},
    delete_topics_response::DeletableTopicResult,
    elect_leaders_response::{PartitionResult, ReplicaElectionResult},
};
use uuid::Uuid;

use super::{code, explained, scripted, text};
use crate::acl::operation;
use crate::handlers::configs::{Entry, topic_entries};
use crate::incoming::Refusal;
use crate::session::Context;
use crate::state::{NewTopic, State};

pub(crate) async fn create_topics(
    cx: &Context,
    request: CreateTopicsRequest,
) -> CreateTopicsResponse {
    let forced = scripted(cx, ApiKey::CreateTopics).and_then(Code::try_from_code);
    let mut state = cx.shared.lock();
    let twice = |t: &CreatableTopic| request.topics.iter().filter(|o| o.name == t.name).count() > 1;
    let topics = request.topics.iter().map(|topic| {
        let done = match forced {
            Some(code) => Err(Refusal::from(code)),
            None if twice(topic) => {
                Err(Refusal::new(Code::InvalidRequest, "Duplicate topic name."))
            }
            None => create(cx, &mut state, topic, request.validate_only),
        };
        created(cx, &state, topic, &done)
    });
    let topics = topics.collect();
    CreateTopicsResponse::default().with_topics(topics)
}

fn create(
    cx: &Context,
    state: &mut State,
    topic: &CreatableTopic,
    validate_only: bool,
) -> Result<Vec<Vec<i32>>, Refusal> {
    if cx.may_on_cluster(state, operation::CREATE).is_err() {
        cx.may_on_topic(state, operation::CREATE, &topic.name)?;
    }
    let default = state.broker_value(-1, "num.partitions").parse().unwrap_or(1);
    let partitions = if topic.num_partitions == -1 && topic.assignments.is_empty() {
        default
    } else {
        topic.num_partitions
    };
    let mut configs = std::collections::BTreeMap::new();
    for config in &topic.configs {
        let value = config.value.as_ref().ok_or_else(|| {
            let message =
                format!("Null value not supported for topic config {}", config.name.as_str());
            Refusal::new(Code::InvalidConfig, message)
        })?;
        configs.insert(config.name.to_string(), value.to_string());
    }
    let assignment = topic.assignments.iter();
    let new = NewTopic {
        name: topic.name.to_string(),
        partitions,
        replication_factor: topic.replication_factor,
        assignment: assignment
            .map(|a| (a.partition_index, a.broker_ids.iter().map(|b| b.0).collect()))
            .collect(),
        configs,
    };
    state.create_topic(&new, validate_only)
}

fn created(
    cx: &Context,
    state: &State,
    topic: &CreatableTopic,
    done: &Result<Vec<Vec<i32>>, Refusal>,
) -> CreatableTopicResult {
    let (error_code, message) = explained(done);
    let mut out = CreatableTopicResult::default()
        .with_name(topic.name.clone())
        .with_error_code(error_code)
        .with_error_message(message);
    if cx.version < 5 {
        return out;
    }
    match done {
        Ok(replicas) => {
            out.num_partitions = i32::try_from(replicas.len()).unwrap_or(-1);
            out.replication_factor =
                replicas.first().and_then(|r| i16::try_from(r.len()).ok()).unwrap_or(-1);
            let stored = state.topics.get(topic.name.as_str());
            if cx.version >= 7 {
                out.topic_id = stored.map_or(Uuid::nil(), |t| t.id);
            }
            let set = topic
                .configs
                .iter()
                .filter_map(|c| Some((c.name.to_string(), c.value.as_ref()?.to_string())));
            let configs = topic_entries(state, &set.collect()).into_iter().map(|e: Entry| {
                CreatableTopicConfigs::default()
                    .with_name(text(e.key.name))
                    .with_value(e.value.map(text))
                    .with_config_source(e.source)
                    .with_read_only(e.key.read_only)
            });
            out.configs = Some(configs.collect());
        }
        Err(_) => {
            out.num_partitions = -1;
            out.replication_factor = -1;
            out.configs = None;
        }
    }
    out
}

pub(crate) async fn delete_topics(
    cx: &Context,
    request: DeleteTopicsRequest,
) -> DeleteTopicsResponse {
    let mut state = cx.shared.lock();
    let by_name = request.topic_names.iter().map(|n| (Some(n.to_string()), Uuid::nil()));
    let by_state =
        request.topics.iter().map(|t| (t.name.as_ref().map(|n| n.to_string()), t.topic_id));
    let asked: Vec<(Option<String>, Uuid)> = by_name.chain(by_state).collect();
    let responses = asked.into_iter().map(|(name, id)| {
        let found = name.clone().or_else(|| state.topic_name(id).map(str::to_owned));
        let done = match &found {
            Some(name) => cx
                .may_on_topic(&state, operation::DELETE, name)
                .and_then(|()| state.delete_topic(name)),
            None => Err(Code::UnknownTopicId),
        };
        let mut out = DeletableTopicResult::default()
            .with_name(found.map(|n| TopicName(text(n))))
            .with_error_code(code(&done));
        if cx.version >= 5 {
            out.error_message = done.as_ref().err().map(|e| text(e.to_string()));
        }
        if cx.version >= 6 {
            out.topic_id = done.unwrap_or(id);
        }
        out
    });
    let responses = responses.collect();
    DeleteTopicsResponse::default().with_responses(responses)
}

pub(crate) async fn create_partitions(
    cx: &Context,
    request: CreatePartitionsRequest,
) -> CreatePartitionsResponse {
    let mut state = cx.shared.lock();
    let results = request.topics.iter().map(|topic| {
        let assignments: Option<Vec<Vec<i32>>> = topic
            .assignments
            .as_ref()
            .map(|list| list.iter().map(|a| a.broker_ids.iter().map(|b| b.0).collect()).collect());
        let done = cx
            .may_on_topic(&state, operation::ALTER, &topic.name)
            .map_err(Refusal::from)
            .and_then(|()| {
                let assignments = assignments.as_deref();
                state.grow_topic(&topic.name, topic.count, assignments, request.validate_only)
            });
        let (error_code, message) = explained(&done);
        CreatePartitionsTopicResult::default()
            .with_name(topic.name.clone())
            .with_error_code(error_code)
            .with_error_message(message)
    });
    let results = results.collect();
    CreatePartitionsResponse::default().with_results(results)
}

pub(crate) async fn elect_leaders(
    cx: &Context,
    request: ElectLeadersRequest,
) -> ElectLeadersResponse {
    let mut state = cx.shared.lock();
    if let Err(refused) = cx.may_on_cluster(&state, operation::ALTER) {
        let out = ElectLeadersResponse::default();
        return if cx.version >= 1 { out.with_error_code(refused.code()) } else { out };
    }
    let everything = request.topic_partitions.is_none();
    let asked: Vec<(String, Vec<i32>)> = match &request.topic_partitions {
        Some(list) => list.iter().map(|t| (t.topic.to_string(), t.partitions.clone())).collect(),
        None => state
            .topics
            .iter()
            .map(|(name, t)| (name.clone(), (0..).take(t.partitions.len()).collect()))
            .collect(),
    };
    let mut results = Vec::new();
    for (name, partitions) in asked {
        let mut out = ReplicaElectionResult::default().with_topic(TopicName(text(name.clone())));
        for index in partitions {
            let done = if request.election_type == 0 || cx.version == 0 {
                state.elect_preferred(&name, index)
            } else {
                state.elect_unclean(&name, index)
            };
            if everything && done == Err(Code::ElectionNotNeeded) {
                continue;
            }
            out.partition_result.push(
                PartitionResult::default()
                    .with_partition_id(index)
                    .with_error_code(code(&done))
                    .with_error_message(done.err().map(|e| text(e.to_string()))),
            );
        }
        if !everything || !out.partition_result.is_empty() {
            results.push(out);
        }
    }
    ElectLeadersResponse::default().with_replica_election_results(results)
}
