//! Consumer groups, their members, and what each member reads.

use axum::{Json, http::StatusCode};
use drawbridge_kafka::admin::groups::{GroupDescription, GroupMember};
use drawbridge_shared::view::{GroupKind, GroupState};
use serde::{Deserialize, Serialize};

use super::{
    Answer, RestError,
    extract::{Named, Target},
    shapes::{Collection, Hrefs, Related, Resource},
    topics::NOT_HOSTED,
};
use crate::ops::groups;

#[derive(Debug, Serialize)]
pub(super) struct GroupData {
    cluster_id: String,
    consumer_group_id: String,
    is_simple: bool,
    partition_assignor: String,
    state: GroupState,
    #[serde(rename = "type")]
    kind: &'static str,
    is_mixed_consumer_group: bool,
    coordinator: Related,
    consumers: Related,
    lag_summary: Related,
}

#[derive(Debug, Serialize)]
pub(super) struct ConsumerData {
    cluster_id: String,
    consumer_group_id: String,
    consumer_id: String,
    instance_id: Option<String>,
    client_id: String,
    assignments: Related,
}

#[derive(Debug, Serialize)]
pub(super) struct AssignmentData {
    cluster_id: String,
    consumer_group_id: String,
    consumer_id: String,
    topic_name: String,
    partition_id: i32,
    partition: Related,
    lag: Related,
}

#[derive(Debug, Deserialize)]
pub(super) struct OfGroup {
    pub(super) consumer_group_id: String,
}

#[derive(Debug, Deserialize)]
pub(super) struct OfConsumer {
    consumer_group_id: String,
    consumer_id: String,
}

#[derive(Debug, Deserialize)]
pub(super) struct OfAssignment {
    consumer_group_id: String,
    consumer_id: String,
    topic_name: String,
    partition_id: i32,
}

/// A group id or member id may be any text.
pub(super) fn segment(text: &str) -> String {
    let mut escaped = String::new();
    for byte in text.bytes() {
        if byte.is_ascii_alphanumeric() || b"-_.~".contains(&byte) {
            escaped.push(char::from(byte));
        } else {
            escaped.push_str(&format!("%{byte:02X}"));
        }
    }
    escaped
}

pub(super) async fn list(target: Target) -> Answer<Json<Collection<GroupData>>> {
    let id = target.cluster.cluster_id().unwrap_or_default();
    let all = groups::describe_all(&target.cluster).await?;
    let data = all.iter().map(|group| resource(&target.hrefs, id, group)).collect();
    let path = [id, "consumer-groups"];
    Ok(Json(target.hrefs.collection("KafkaConsumerGroupList", &path, data)))
}

pub(super) async fn get(
    target: Target,
    Named(of): Named<OfGroup>,
) -> Answer<Json<Resource<GroupData>>> {
    let id = target.cluster.cluster_id().unwrap_or_default();
    let group = one(&target, &of.consumer_group_id).await?;
    Ok(Json(resource(&target.hrefs, id, &group)))
}

pub(super) async fn consumers(
    target: Target,
    Named(of): Named<OfGroup>,
) -> Answer<Json<Collection<ConsumerData>>> {
    let id = target.cluster.cluster_id().unwrap_or_default();
    let group = one(&target, &of.consumer_group_id).await?;
    let each = group.members.iter().map(|member| consumer_of(&target.hrefs, id, &group.id, member));
    let path = [id, "consumer-groups", &segment(&group.id), "consumers"];
    Ok(Json(target.hrefs.collection("KafkaConsumerList", &path, each.collect())))
}

pub(super) async fn consumer(
    target: Target,
    Named(of): Named<OfConsumer>,
) -> Answer<Json<Resource<ConsumerData>>> {
    let id = target.cluster.cluster_id().unwrap_or_default();
    let (group, member) = member(&target, &of.consumer_group_id, &of.consumer_id).await?;
    Ok(Json(consumer_of(&target.hrefs, id, &group, &member)))
}

pub(super) async fn assignments(
    target: Target,
    Named(of): Named<OfConsumer>,
) -> Answer<Json<Collection<AssignmentData>>> {
    let id = target.cluster.cluster_id().unwrap_or_default();
    let (group, member) = member(&target, &of.consumer_group_id, &of.consumer_id).await?;
    let each = member.assignment.iter();
    let each = each.map(|at| assignment_of(&target.hrefs, id, &group, &member, at));
    let (own, its) = (segment(&group), segment(&member.id));
    let path = [id, "consumer-groups", &own, "consumers", &its, "assignments"];
    Ok(Json(target.hrefs.collection("KafkaConsumerAssignmentList", &path, each.collect())))
}

pub(super) async fn assignment(
    target: Target,
    Named(of): Named<OfAssignment>,
) -> Answer<Json<Resource<AssignmentData>>> {
    let id = target.cluster.cluster_id().unwrap_or_default();
    let (group, member) = member(&target, &of.consumer_group_id, &of.consumer_id).await?;
    let mut each = member.assignment.iter();
    let at = each.find(|at| at.topic == of.topic_name && at.partition == of.partition_id);
    let at = at.ok_or_else(|| RestError::new(StatusCode::NOT_FOUND, 40403, NOT_HOSTED))?;
    Ok(Json(assignment_of(&target.hrefs, id, &group, &member, at)))
}

async fn one(target: &Target, group: &str) -> Answer<GroupDescription> {
    let client = target.cluster.client()?;
    Ok(groups::describe(&target.cluster, client, group).await?)
}

async fn member(target: &Target, group: &str, member: &str) -> Answer<(String, GroupMember)> {
    let group = one(target, group).await?;
    let found = group.members.into_iter().find(|known| known.id == member);
    let member = found.ok_or_else(|| {
        let message = format!("Consumer group {} has no consumer {member}.", group.id);
        RestError::plain(StatusCode::NOT_FOUND, message)
    })?;
    Ok((group.id, member))
}

fn resource(hrefs: &Hrefs, id: &str, group: &GroupDescription) -> Resource<GroupData> {
    let own = segment(&group.id);
    let path = [id, "consumer-groups", &own];
    let data = GroupData {
        cluster_id: id.to_owned(),
        consumer_group_id: group.id.clone(),
        // A group that only holds offsets was never joined, so it has no protocol.
        is_simple: group.protocol_type.is_empty(),
        partition_assignor: group.assignor.clone(),
        state: groups::state(&group.state),
        kind: match groups::kind(&group.kind) {
            GroupKind::Classic => "CLASSIC",
            GroupKind::Consumer => "CONSUMER",
            GroupKind::Share => "SHARE",
            GroupKind::Streams => "STREAMS",
            GroupKind::Unknown => "UNKNOWN",
        },
        is_mixed_consumer_group: false,
        coordinator: hrefs.related(&[id, "brokers", &group.coordinator.to_string()]),
        consumers: hrefs.related(&[&path[..], &["consumers"]].concat()),
        lag_summary: hrefs.related(&[&path[..], &["lag-summary"]].concat()),
    };
    let name = format!("kafka={id}/consumer-group={}", group.id);
    hrefs.resource("KafkaConsumerGroup", &path, &name, data)
}

fn consumer_of(
    hrefs: &Hrefs,
    id: &str,
    group: &str,
    member: &GroupMember,
) -> Resource<ConsumerData> {
    let (own, its) = (segment(group), segment(&member.id));
    let path = [id, "consumer-groups", &own, "consumers", &its];
    let data = ConsumerData {
        cluster_id: id.to_owned(),
        consumer_group_id: group.to_owned(),
        consumer_id: member.id.clone(),
        instance_id: member.instance_id.clone(),
        client_id: member.client_id.clone(),
        assignments: hrefs.related(&[&path[..], &["assignments"]].concat()),
    };
    let name = format!("kafka={id}/consumer-group={group}/consumer={}", member.id);
    hrefs.resource("KafkaConsumer", &path, &name, data)
}

fn assignment_of(
    hrefs: &Hrefs,
    id: &str,
    group: &str,
    member: &GroupMember,
    at: &drawbridge_kafka::admin::TopicPartition,
) -> Resource<AssignmentData> {
    let (own, its, number) = (segment(group), segment(&member.id), at.partition.to_string());
    let here = [&*at.topic, "partitions", &number];
    let of_group = [id, "consumer-groups", &own];
    let path = [&of_group[..], &["consumers", &its, "assignments"], &here].concat();
    let data = AssignmentData {
        cluster_id: id.to_owned(),
        consumer_group_id: group.to_owned(),
        consumer_id: member.id.clone(),
        topic_name: at.topic.clone(),
        partition_id: at.partition,
        partition: hrefs.related(&[&[id, "topics"], &here[..]].concat()),
        lag: hrefs.related(&[&of_group[..], &["lags"], &here].concat()),
    };
    let member = &member.id;
    let name = format!(
        "kafka={id}/consumer-group={group}/consumer={member}/assignment={}/partition={number}",
        at.topic
    );
    hrefs.resource("KafkaConsumerAssignment", &path, &name, data)
}
