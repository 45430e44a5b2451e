//! Requests about brokers and leaders.

use drawbridge_shared::{
    draft::ConfigChange, names::ClusterName, view::ElectionKind, wire::Response,
};

use super::Answer;
use crate::{
    clusters::Clusters,
    ops::{
        broker_configs::{self, Whose},
        disks, elections,
    },
};

pub(super) async fn configs(clusters: &Clusters, cluster: &ClusterName, broker: i32) -> Answer {
    let cluster = clusters.require(cluster)?;
    broker_configs::views(&cluster, broker).await.map(Response::Configs)
}

pub(super) async fn defaults(clusters: &Clusters, cluster: &ClusterName) -> Answer {
    let cluster = clusters.require(cluster)?;
    broker_configs::defaults(&cluster).await.map(Response::Configs)
}

pub(super) async fn alter(
    clusters: &Clusters,
    cluster: &ClusterName,
    broker: Option<i32>,
    changes: &[ConfigChange],
    validate_only: bool,
) -> Answer {
    let (cluster, whose) = (clusters.require(cluster)?, Whose::of(broker));
    let notices = clusters.notices();
    broker_configs::alter(&cluster, notices, whose, changes, validate_only).await?;
    Ok(Response::Done)
}

pub(super) async fn replicas(clusters: &Clusters, cluster: &ClusterName, broker: i32) -> Answer {
    let cluster = clusters.require(cluster)?;
    disks::replicas(&cluster, broker).await.map(Response::BrokerReplicas)
}

pub(super) async fn elect(
    clusters: &Clusters,
    cluster: &ClusterName,
    election: ElectionKind,
    partitions: &[(String, i32)],
) -> Answer {
    let cluster = clusters.require(cluster)?;
    let rows = elections::elect(&cluster, clusters.notices(), election, partitions).await?;
    Ok(Response::Elected(rows))
}
