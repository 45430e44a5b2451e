//! Topics: list, create, get, add partitions, delete.

use axum::{Json, extract::Query, http::StatusCode};
use drawbridge_kafka::admin::{
    acls::AclOperation,
    topics::{CreatedTopic, TopicDescription},
};
use drawbridge_shared::{
    draft::{ConfigSetting, TopicSpec},
    names::TopicName,
};
use serde::{Deserialize, Serialize};

use super::{
    Answer, RestError,
    extract::{Body, Named, Target},
    shapes::{Collection, Hrefs, Related, Resource},
};
use crate::ops::topics;

#[derive(Debug, Serialize)]
pub(super) struct TopicData {
    cluster_id: String,
    topic_name: String,
    is_internal: bool,
    replication_factor: usize,
    partitions_count: usize,
    partitions: Related,
    configs: Related,
    partition_reassignments: Related,
    authorized_operations: Vec<&'static str>,
}

#[derive(Debug, Deserialize)]
pub(super) struct OfTopic {
    pub(super) topic: String,
}

impl OfTopic {
    /// The name checked; one that Kafka cannot have is not hosted.
    pub(super) fn name(&self) -> Answer<TopicName> {
        self.topic.parse().map_err(|_| RestError::new(StatusCode::NOT_FOUND, 40403, NOT_HOSTED))
    }
}

pub(super) const NOT_HOSTED: &str = "This server does not host this topic-partition.";

#[derive(Debug, Deserialize)]
pub(super) struct Including {
    #[serde(default)]
    include_authorized_operations: bool,
}

#[derive(Debug, Deserialize)]
pub(super) struct CreateTopic {
    topic_name: String,
    partitions_count: Option<i32>,
    replication_factor: Option<i16>,
    #[serde(default)]
    configs: Vec<CreateConfig>,
    #[serde(default)]
    validate_only: bool,
}

#[derive(Debug, Deserialize)]
struct CreateConfig {
    name: String,
    value: Option<String>,
}

#[derive(Debug, Deserialize)]
pub(super) struct PatchTopic {
    partitions_count: u32,
}

pub(super) async fn list(target: Target) -> Answer<Json<Collection<TopicData>>> {
    let id = target.cluster.cluster_id().unwrap_or_default();
    let all = topics::list(&target.cluster).await?;
    let data = all.iter().map(|topic| resource(&target.hrefs, id, topic, false)).collect();
    Ok(Json(target.hrefs.collection("KafkaTopicList", &[id, "topics"], data)))
}

pub(super) async fn create(
    target: Target,
    Body(body): Body<CreateTopic>,
) -> Answer<(StatusCode, Json<Resource<TopicData>>)> {
    let id = target.cluster.cluster_id().unwrap_or_default();
    let name: TopicName = body
        .topic_name
        .parse()
        .map_err(|error| RestError::new(StatusCode::BAD_REQUEST, 40002, format!("{error}")))?;
    let spec = TopicSpec {
        name,
        partitions: body.partitions_count,
        replication_factor: body.replication_factor,
        // A null value stands for the default, as leaving it out does.
        configs: body
            .configs
            .into_iter()
            .filter_map(|config| Some(ConfigSetting { name: config.name, value: config.value? }))
            .collect(),
    };
    let notices = target.clusters.notices();
    let created = topics::create(&target.cluster, notices, &spec, body.validate_only).await?;
    let status = if body.validate_only { StatusCode::OK } else { StatusCode::CREATED };
    Ok((status, Json(of_created(&target.hrefs, id, &spec, &created))))
}

pub(super) async fn get(
    target: Target,
    Named(of): Named<OfTopic>,
    including: Result<Query<Including>, axum::extract::rejection::QueryRejection>,
) -> Answer<Json<Resource<TopicData>>> {
    let including = including
        .map_err(|rejection| RestError::plain(StatusCode::BAD_REQUEST, rejection.body_text()))?;
    let id = target.cluster.cluster_id().unwrap_or_default();
    let topic = topics::describe(&target.cluster, of.name()?.as_str()).await?;
    let shown = including.include_authorized_operations;
    Ok(Json(resource(&target.hrefs, id, &topic, shown)))
}

pub(super) async fn patch(
    target: Target,
    Named(of): Named<OfTopic>,
    Body(body): Body<PatchTopic>,
) -> Answer<Json<Resource<TopicData>>> {
    let id = target.cluster.cluster_id().unwrap_or_default();
    let name = of.name()?;
    let notices = target.clusters.notices();
    let total = body.partitions_count;
    topics::add_partitions(&target.cluster, notices, &name, total, false).await?;
    let topic = topics::describe(&target.cluster, name.as_str()).await?;
    Ok(Json(resource(&target.hrefs, id, &topic, false)))
}

pub(super) async fn delete(target: Target, Named(of): Named<OfTopic>) -> Answer<StatusCode> {
    topics::delete(&target.cluster, target.clusters.notices(), &of.name()?, None).await?;
    Ok(StatusCode::NO_CONTENT)
}

fn resource(
    hrefs: &Hrefs,
    id: &str,
    topic: &TopicDescription,
    with_operations: bool,
) -> Resource<TopicData> {
    let operations = topic.operations.as_deref().filter(|_| with_operations).unwrap_or_default();
    let mut words: Vec<&'static str> = operations.iter().copied().map(AclOperation::word).collect();
    words.sort_unstable();
    let replication_factor = topic.partitions.first().map_or(0, |first| first.replicas.len());
    let data = TopicData {
        is_internal: topic.internal,
        replication_factor,
        partitions_count: topic.partitions.len(),
        authorized_operations: words,
        ..data(hrefs, id, &topic.name)
    };
    wrap(hrefs, id, &topic.name, data)
}

fn of_created(
    hrefs: &Hrefs,
    id: &str,
    spec: &TopicSpec,
    created: &CreatedTopic,
) -> Resource<TopicData> {
    let name = spec.name.as_str();
    let replicas = created.replication_factor.or(spec.replication_factor);
    let data = TopicData {
        replication_factor: replicas.and_then(|n| usize::try_from(n).ok()).unwrap_or(0),
        partitions_count: created
            .partitions
            .or(spec.partitions)
            .and_then(|n| usize::try_from(n).ok())
            .unwrap_or(0),
        ..data(hrefs, id, name)
    };
    wrap(hrefs, id, name, data)
}

fn data(hrefs: &Hrefs, id: &str, topic: &str) -> TopicData {
    TopicData {
        cluster_id: id.to_owned(),
        topic_name: topic.to_owned(),
        is_internal: false,
        replication_factor: 0,
        partitions_count: 0,
        partitions: hrefs.related(&[id, "topics", topic, "partitions"]),
        configs: hrefs.related(&[id, "topics", topic, "configs"]),
        partition_reassignments: hrefs.related(&[
            id,
            "topics",
            topic,
            "partitions",
            "-",
            "reassignments",
        ]),
        authorized_operations: Vec::new(),
    }
}

fn wrap(hrefs: &Hrefs, id: &str, topic: &str, data: TopicData) -> Resource<TopicData> {
    hrefs.resource("KafkaTopic", &[id, "topics", topic], &format!("kafka={id}/topic={topic}"), data)
}
