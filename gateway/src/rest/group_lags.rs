//! How far consumer groups are behind.

use axum::{Json, http::StatusCode};
use drawbridge_kafka::admin::{TopicPartition, groups::GroupMember};
use serde::{Deserialize, Serialize};

use super::{
    Answer, RestError,
    extract::{Named, Target},
    groups::{OfGroup, segment},
    shapes::{Collection, Hrefs, Related, Resource},
    topics::NOT_HOSTED,
};
use crate::ops::groups;

#[derive(Debug, Clone, Serialize)]
pub(super) struct LagData {
    cluster_id: String,
    consumer_group_id: String,
    topic_name: String,
    partition_id: i32,
    current_offset: i64,
    log_end_offset: i64,
    lag: i64,
    consumer_id: String,
    instance_id: Option<String>,
    client_id: String,
}

#[derive(Debug, Serialize)]
pub(super) struct SummaryData {
    cluster_id: String,
    consumer_group_id: String,
    max_lag_consumer_id: String,
    max_lag_instance_id: Option<String>,
    max_lag_client_id: String,
    max_lag_topic_name: String,
    max_lag_partition_id: i32,
    max_lag: i64,
    total_lag: i64,
    max_lag_consumer: Related,
    max_lag_partition: Related,
}

#[derive(Debug, Deserialize)]
pub(super) struct OfLag {
    consumer_group_id: String,
    topic_name: String,
    partition_id: i32,
}

pub(super) async fn list(
    target: Target,
    Named(of): Named<OfGroup>,
) -> Answer<Json<Collection<LagData>>> {
    let id = target.cluster.cluster_id().unwrap_or_default();
    let group = &of.consumer_group_id;
    let lags = lags(&target, group).await?;
    let data = lags.into_iter().map(|lag| resource(&target.hrefs, id, lag)).collect();
    let path = [id, "consumer-groups", &segment(group), "lags"];
    Ok(Json(target.hrefs.collection("KafkaConsumerLagList", &path, data)))
}

pub(super) async fn get(
    target: Target,
    Named(of): Named<OfLag>,
) -> Answer<Json<Resource<LagData>>> {
    let id = target.cluster.cluster_id().unwrap_or_default();
    let is_it =
        |lag: &LagData| lag.topic_name == of.topic_name && lag.partition_id == of.partition_id;
    let found = lags(&target, &of.consumer_group_id).await?.into_iter().find(is_it);
    let lag = found.ok_or_else(|| RestError::new(StatusCode::NOT_FOUND, 40403, NOT_HOSTED))?;
    Ok(Json(resource(&target.hrefs, id, lag)))
}

/// The sum, and the partition that is furthest behind.
pub(super) async fn summary(
    target: Target,
    Named(of): Named<OfGroup>,
) -> Answer<Json<Resource<SummaryData>>> {
    let id = target.cluster.cluster_id().unwrap_or_default();
    let group = &of.consumer_group_id;
    let lags = lags(&target, group).await?;
    let total_lag = lags.iter().map(|lag| lag.lag).fold(0i64, i64::saturating_add);
    // Of several the first, so that two readings of the same state agree.
    let worst = lags.into_iter().rev().max_by_key(|lag| lag.lag).ok_or_else(|| {
        let message = format!("Consumer group {group} has no committed offset, so no lag.");
        RestError::plain(StatusCode::NOT_FOUND, message)
    })?;
    let (own, number) = (segment(group), worst.partition_id.to_string());
    let hrefs = &target.hrefs;
    let consumer = segment(&worst.consumer_id);
    let data = SummaryData {
        cluster_id: id.to_owned(),
        consumer_group_id: group.clone(),
        max_lag: worst.lag,
        total_lag,
        max_lag_consumer: hrefs.related(&[id, "consumer-groups", &own, "consumers", &consumer]),
        max_lag_partition: hrefs.related(&[id, "topics", &worst.topic_name, "partitions", &number]),
        max_lag_consumer_id: worst.consumer_id,
        max_lag_instance_id: worst.instance_id,
        max_lag_client_id: worst.client_id,
        max_lag_topic_name: worst.topic_name,
        max_lag_partition_id: worst.partition_id,
    };
    let path = [id, "consumer-groups", &own, "lag-summary"];
    let name = format!("kafka={id}/consumer-group={group}/lag-summary");
    Ok(Json(hrefs.resource("KafkaConsumerGroupLagSummary", &path, &name, data)))
}

/// A lag for each partition with a committed offset whose log end is known, by topic and number. What nobody reads
/// now has no consumer: its texts are empty.
async fn lags(target: &Target, group: &str) -> Answer<Vec<LagData>> {
    let id = target.cluster.cluster_id().unwrap_or_default();
    let (described, offsets, ends) = groups::one(&target.cluster, group).await?;
    let reader = |at: &TopicPartition| -> Option<&GroupMember> {
        described.members.iter().find(|member| member.assignment.contains(at))
    };
    let lag = |(at, committed): (&TopicPartition, &i64)| {
        let (end, member) = (*ends.ends.get(at)?, reader(at));
        Some(LagData {
            cluster_id: id.to_owned(),
            consumer_group_id: group.to_owned(),
            topic_name: at.topic.clone(),
            partition_id: at.partition,
            current_offset: *committed,
            log_end_offset: end,
            lag: ends.lag(at, *committed)?,
            consumer_id: member.map(|member| member.id.clone()).unwrap_or_default(),
            instance_id: member.and_then(|member| member.instance_id.clone()),
            client_id: member.map(|member| member.client_id.clone()).unwrap_or_default(),
        })
    };
    Ok(offsets.iter().filter_map(lag).collect())
}

fn resource(hrefs: &Hrefs, id: &str, lag: LagData) -> Resource<LagData> {
    let (own, number) = (segment(&lag.consumer_group_id), lag.partition_id.to_string());
    let (group, topic) = (lag.consumer_group_id.clone(), lag.topic_name.clone());
    let path = [id, "consumer-groups", &own, "lags", &topic, "partitions", &number];
    let name = format!("kafka={id}/consumer-group={group}/lag={topic}/partition={number}");
    hrefs.resource("KafkaConsumerLag", &path, &name, lag)
}
