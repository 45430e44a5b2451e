//! Partitions, their replicas and offsets.

use axum::{Json, extract::Query, http::StatusCode};
use drawbridge_kafka::admin::{offsets::OffsetSpec, topics::PartitionDescription};
use serde::{Deserialize, Serialize};

use super::{
    Answer, RestError,
    brokers::OfBroker,
    extract::{Named, Target},
    shapes::{Collection, Hrefs, Related, Resource},
    topics::{NOT_HOSTED, OfTopic},
};
use crate::ops::{offsets, topics};

#[derive(Debug, Serialize)]
pub(super) struct PartitionData {
    cluster_id: String,
    topic_name: String,
    partition_id: i32,
    leader: Option<Related>,
    replicas: Related,
    reassignment: Related,
}

#[derive(Debug, Serialize)]
pub(super) struct ReplicaData {
    cluster_id: String,
    topic_name: String,
    partition_id: i32,
    broker_id: i32,
    is_leader: bool,
    is_in_sync: bool,
    broker: Related,
}

#[derive(Debug, Serialize)]
pub(super) struct OffsetData {
    cluster_id: String,
    topic_name: String,
    partition_id: i32,
    offset_type: &'static str,
    offset: Option<i64>,
    timestamp: Option<i64>,
}

#[derive(Debug, Deserialize)]
pub(super) struct OfPartition {
    topic: String,
    partition_id: i32,
}

#[derive(Debug, Deserialize)]
pub(super) struct OfReplica {
    topic: String,
    partition_id: i32,
    broker_id: i32,
}

#[derive(Debug, Deserialize)]
pub(super) struct OffsetQuery {
    offset_type: Option<String>,
    timestamp: Option<i64>,
}

pub(super) async fn list(
    target: Target,
    Named(of): Named<OfTopic>,
) -> Answer<Json<Collection<PartitionData>>> {
    let id = target.cluster.cluster_id().unwrap_or_default();
    let topic = topics::describe(&target.cluster, of.name()?.as_str()).await?;
    let each = topic.partitions.iter();
    let data = each.map(|partition| resource(&target.hrefs, id, &of.topic, partition)).collect();
    let path = [id, "topics", &of.topic, "partitions"];
    Ok(Json(target.hrefs.collection("KafkaPartitionList", &path, data)))
}

pub(super) async fn get(
    target: Target,
    Named(of): Named<OfPartition>,
) -> Answer<Json<Resource<PartitionData>>> {
    let id = target.cluster.cluster_id().unwrap_or_default();
    let partition = one(&target, &of.topic, of.partition_id).await?;
    Ok(Json(resource(&target.hrefs, id, &of.topic, &partition)))
}

pub(super) async fn replicas(
    target: Target,
    Named(of): Named<OfPartition>,
) -> Answer<Json<Collection<ReplicaData>>> {
    let id = target.cluster.cluster_id().unwrap_or_default();
    let partition = one(&target, &of.topic, of.partition_id).await?;
    let each = partition.replicas.iter();
    let data = each.map(|broker| of_replica(&target.hrefs, id, &of.topic, &partition, *broker));
    let number = of.partition_id.to_string();
    let path = [id, "topics", &of.topic, "partitions", &number, "replicas"];
    Ok(Json(target.hrefs.collection("KafkaReplicaList", &path, data.collect())))
}

pub(super) async fn replica(
    target: Target,
    Named(of): Named<OfReplica>,
) -> Answer<Json<Resource<ReplicaData>>> {
    let id = target.cluster.cluster_id().unwrap_or_default();
    let partition = one(&target, &of.topic, of.partition_id).await?;
    if !partition.replicas.contains(&of.broker_id) {
        let message = format!("Broker {} has no replica of this partition.", of.broker_id);
        return Err(RestError::plain(StatusCode::NOT_FOUND, message));
    }
    Ok(Json(of_replica(&target.hrefs, id, &of.topic, &partition, of.broker_id)))
}

/// The replicas placed on a broker, by topic and partition.
pub(super) async fn replicas_of_broker(
    target: Target,
    Named(OfBroker { broker_id }): Named<OfBroker>,
) -> Answer<Json<Collection<ReplicaData>>> {
    let id = target.cluster.cluster_id().unwrap_or_default();
    let mut data = Vec::new();
    for topic in topics::list(&target.cluster).await? {
        let here = topic.partitions.iter().filter(|known| known.replicas.contains(&broker_id));
        data.extend(
            here.map(|partition| of_replica(&target.hrefs, id, &topic.name, partition, broker_id)),
        );
    }
    let path = [id, "brokers", &broker_id.to_string(), "partition-replicas"];
    Ok(Json(target.hrefs.collection("KafkaReplicaList", &path, data)))
}

/// Looks up an offset: `earliest`, `latest`, `max_timestamp`, or the first at or after `timestamp`.
pub(super) async fn offset(
    target: Target,
    Named(of): Named<OfPartition>,
    query: Result<Query<OffsetQuery>, axum::extract::rejection::QueryRejection>,
) -> Answer<Json<Resource<OffsetData>>> {
    let Query(query) = query
        .map_err(|rejection| RestError::plain(StatusCode::BAD_REQUEST, rejection.body_text()))?;
    let (offset_type, spec) = spec(&query)?;
    let id = target.cluster.cluster_id().unwrap_or_default();
    let topic = OfTopic { topic: of.topic }.name()?;
    let found = offsets::lookup(&target.cluster, topic.as_str(), of.partition_id, spec).await?;
    let number = of.partition_id.to_string();
    let data = OffsetData {
        cluster_id: id.to_owned(),
        topic_name: topic.as_str().to_owned(),
        partition_id: of.partition_id,
        offset_type,
        offset: found.offset,
        timestamp: found.timestamp,
    };
    let name = format!("kafka={id}/topic={topic}/partition={number}/offset");
    let path = [id, "topics", topic.as_str(), "partitions", &number, "offset"];
    Ok(Json(target.hrefs.resource("KafkaPartitionOffset", &path, &name, data)))
}

fn spec(query: &OffsetQuery) -> Answer<(&'static str, OffsetSpec)> {
    let kind = query.offset_type.as_deref().unwrap_or("latest").to_ascii_lowercase();
    match (kind.as_str(), query.timestamp) {
        ("earliest", None) => Ok(("earliest", OffsetSpec::Earliest)),
        ("latest", None) => Ok(("latest", OffsetSpec::Latest)),
        ("max_timestamp", None) => Ok(("max_timestamp", OffsetSpec::MaxTimestamp)),
        // Kafka takes negative times for other questions: -1 is latest, -2 earliest.
        ("timestamp", Some(at)) if at >= 0 => Ok(("timestamp", OffsetSpec::Timestamp(at))),
        _ => Err(RestError::plain(
            StatusCode::BAD_REQUEST,
            "offset_type is one of earliest, latest, max_timestamp, or timestamp together with \
             timestamp=MILLISECONDS",
        )),
    }
}

async fn one(target: &Target, topic: &str, partition: i32) -> Answer<PartitionDescription> {
    let name = OfTopic { topic: topic.to_owned() }.name()?;
    let topic = topics::describe(&target.cluster, name.as_str()).await?;
    let found = topic.partitions.into_iter().find(|known| known.partition == partition);
    found.ok_or_else(|| RestError::new(StatusCode::NOT_FOUND, 40403, NOT_HOSTED))
}

fn resource(
    hrefs: &Hrefs,
    id: &str,
    topic: &str,
    partition: &PartitionDescription,
) -> Resource<PartitionData> {
    let number = partition.partition.to_string();
    let path = [id, "topics", topic, "partitions", &number];
    let below = |more: &[&str]| hrefs.related(&[&path, more].concat());
    let data = PartitionData {
        cluster_id: id.to_owned(),
        topic_name: topic.to_owned(),
        partition_id: partition.partition,
        leader: partition.leader.map(|leader| below(&["replicas", &leader.to_string()])),
        replicas: below(&["replicas"]),
        reassignment: below(&["reassignment"]),
    };
    let name = format!("kafka={id}/topic={topic}/partition={number}");
    hrefs.resource("KafkaPartition", &path, &name, data)
}

fn of_replica(
    hrefs: &Hrefs,
    id: &str,
    topic: &str,
    partition: &PartitionDescription,
    broker: i32,
) -> Resource<ReplicaData> {
    let (number, broker_id) = (partition.partition.to_string(), broker.to_string());
    let data = ReplicaData {
        cluster_id: id.to_owned(),
        topic_name: topic.to_owned(),
        partition_id: partition.partition,
        broker_id: broker,
        is_leader: partition.leader == Some(broker),
        is_in_sync: partition.isr.contains(&broker),
        broker: hrefs.related(&[id, "brokers", &broker_id]),
    };
    let name = format!("kafka={id}/topic={topic}/partition={number}/replica={broker_id}");
    let path = [id, "topics", topic, "partitions", &number, "replicas", &broker_id];
    hrefs.resource("KafkaReplica", &path, &name, data)
}
