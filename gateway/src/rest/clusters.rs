//! Clusters.

use axum::{Json, extract::State, http::HeaderMap};
use serde::Serialize;

use super::{
    Answer,
    extract::Target,
    shapes::{Collection, Links, Related, Resource},
};
use crate::clusters::{Cluster, Clusters};

#[derive(Debug, Serialize)]
pub(super) struct ClusterData {
    cluster_id: String,
    controller: Option<Related>,
    acls: Related,
    brokers: Related,
    broker_configs: Related,
    consumer_groups: Related,
    topics: Related,
    partition_reassignments: Related,
}

/// Clusters that have answered; one that never did has no id to be named by.
pub(super) async fn list(
    State(clusters): State<Clusters>,
    headers: HeaderMap,
) -> Json<Collection<ClusterData>> {
    let links = Links::of(&headers);
    let all = clusters.all();
    let mut shown: Vec<(&str, &Cluster)> =
        all.iter().filter_map(|cluster| Some((cluster.cluster_id()?, &**cluster))).collect();
    // One cluster may be known under two names here.
    shown.sort_by_key(|(id, _)| *id);
    shown.dedup_by_key(|(id, _)| *id);
    let data = shown.into_iter().map(|(id, cluster)| resource(&links, id, cluster)).collect();
    Json(links.collection("KafkaClusterList", &[], data))
}

pub(super) async fn get(target: Target) -> Answer<Json<Resource<ClusterData>>> {
    let id = target.cluster.cluster_id().unwrap_or_default();
    Ok(Json(resource(&target.links, id, &target.cluster)))
}

fn resource(links: &Links, id: &str, cluster: &Cluster) -> Resource<ClusterData> {
    let controller = cluster.view().controller.map(|controller| controller.to_string());
    let data = ClusterData {
        cluster_id: id.to_owned(),
        controller: controller.map(|broker| links.related(&[id, "brokers", &broker])),
        acls: links.related(&[id, "acls"]),
        brokers: links.related(&[id, "brokers"]),
        broker_configs: links.related(&[id, "broker-configs"]),
        consumer_groups: links.related(&[id, "consumer-groups"]),
        topics: links.related(&[id, "topics"]),
        partition_reassignments: links.related(&[
            id,
            "topics",
            "-",
            "partitions",
            "-",
            "reassignment",
        ]),
    };
    links.resource("KafkaCluster", &[id], &format!("kafka={id}"), data)
}
