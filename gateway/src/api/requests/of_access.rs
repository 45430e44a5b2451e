//! Requests about users and ACLs.

use drawbridge_shared::{
    access::{Acl, AclSelection, ScramMechanism, UserDraft},
    names::ClusterName,
    wire::Response,
};

use super::Answer;
use crate::{
    clusters::Clusters,
    ops::{acls, users},
};

pub(super) async fn users(clusters: &Clusters, cluster: &ClusterName) -> Answer {
    users::list(&*clusters.require(cluster)?).await.map(Response::Users)
}

pub(super) async fn set_user(
    clusters: &Clusters,
    cluster: &ClusterName,
    draft: &UserDraft,
    replace: bool,
) -> Answer {
    let cluster = clusters.require(cluster)?;
    users::set(&cluster, clusters.notices(), draft, replace).await?;
    Ok(Response::Done)
}

pub(super) async fn delete_user(
    clusters: &Clusters,
    cluster: &ClusterName,
    user: &str,
    mechanism: Option<ScramMechanism>,
) -> Answer {
    let cluster = clusters.require(cluster)?;
    users::delete(&cluster, clusters.notices(), user, mechanism).await?;
    Ok(Response::Done)
}

pub(super) async fn acls(
    clusters: &Clusters,
    cluster: &ClusterName,
    selection: &AclSelection,
) -> Answer {
    let view = acls::list(&*clusters.require(cluster)?, selection).await?;
    Ok(Response::Acls(Box::new(view)))
}

pub(super) async fn create_acls(
    clusters: &Clusters,
    cluster: &ClusterName,
    acls: &[Acl],
) -> Answer {
    let cluster = clusters.require(cluster)?;
    acls::create(&cluster, clusters.notices(), acls).await.map(Response::AclResults)
}

pub(super) async fn delete_acls(
    clusters: &Clusters,
    cluster: &ClusterName,
    acls: &[Acl],
) -> Answer {
    let cluster = clusters.require(cluster)?;
    acls::delete(&cluster, clusters.notices(), acls).await.map(Response::AclResults)
}
