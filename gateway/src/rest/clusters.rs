//! Clusters.

use axum::{Json, extract::State, http::HeaderMap};
use serde::Serialize;

use super::{
    Answer,
    extract::Target,
    shapes::{Collection, Hrefs, Related, Resource},
};
use crate::{clusters::Cluster, links::Links};

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
    State(links): State<Links>,
    headers: HeaderMap,
) -> Json<Collection<ClusterData>> {
    let hrefs = Hrefs::of(&headers);
    let all = links.clusters().all();
    let mut shown: Vec<(&str, &Cluster)> =
        all.iter().filter_map(|cluster| Some((cluster.cluster_id()?, &**cluster))).collect();
    // One cluster may be known under two names here.
    shown.sort_by_key(|(id, _)| *id);
    shown.dedup_by_key(|(id, _)| *id);
    let data = shown.into_iter().map(|(id, cluster)| resource(&hrefs, id, cluster)).collect();
    Json(hrefs.collection("KafkaClusterList", &[], data))
}

pub(super) async fn get(target: Target) -> Answer<Json<Resource<ClusterData>>> {
    let id = target.cluster.cluster_id().unwrap_or_default();
    Ok(Json(resource(&target.hrefs, id, &target.cluster)))
}

fn resource(hrefs: &Hrefs, id: &str, cluster: &Cluster) -> Resource<ClusterData> {
    let controller = cluster.view().controller.map(|controller| controller.to_string());
    let data = ClusterData {
        cluster_id: id.to_owned(),
        controller: controller.map(|broker| hrefs.related(&[id, "brokers", &broker])),
        acls: hrefs.related(&[id, "acls"]),
        brokers: hrefs.related(&[id, "brokers"]),
        broker_configs: hrefs.related(&[id, "broker-configs"]),
        consumer_groups: hrefs.related(&[id, "consumer-groups"]),
        topics: hrefs.related(&[id, "topics"]),
        partition_reassignments: hrefs.related(&[
            id,
            "topics",
            "-",
            "partitions",
            "-",
            "reassignment",
        ]),
    };
    hrefs.resource("KafkaCluster", &[id], &format!("kafka={id}"), data)
}
