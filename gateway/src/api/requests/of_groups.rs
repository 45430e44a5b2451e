//! Requests about consumer groups.

use drawbridge_shared::{
    names::{ClusterName, TopicName},
    view::{ResetMove, ResetScope, ResetTarget},
    wire::Response,
};

use super::Answer;
use crate::{clusters::Clusters, links::Links, ops::groups};

pub(super) async fn plan(
    links: &Links,
    cluster: &ClusterName,
    group: &str,
    scope: &[ResetScope],
    target: &ResetTarget,
) -> Answer {
    groups::plan(links, cluster, group, scope, target).await.map(Response::ResetPlanned)
}

pub(super) async fn reset(
    clusters: &Clusters,
    cluster: &ClusterName,
    group: &str,
    moves: &[ResetMove],
) -> Answer {
    let cluster = clusters.require(cluster)?;
    let rows = groups::reset(&cluster, clusters.notices(), group, moves).await?;
    Ok(Response::GroupOffsetsChanged(rows))
}

pub(super) async fn delete(clusters: &Clusters, cluster: &ClusterName, group: &str) -> Answer {
    let cluster = clusters.require(cluster)?;
    groups::delete(&cluster, clusters.notices(), group).await?;
    Ok(Response::Done)
}

pub(super) async fn delete_offsets(
    clusters: &Clusters,
    cluster: &ClusterName,
    group: &str,
    topics: &[TopicName],
) -> Answer {
    let cluster = clusters.require(cluster)?;
    let rows = groups::delete_offsets(&cluster, clusters.notices(), group, topics).await?;
    Ok(Response::GroupOffsetsChanged(rows))
}
