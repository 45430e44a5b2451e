//! The gateway over real clusters, as its clients meet it: REST and the WebSocket.

mod access;
mod brokers;
mod browse;
mod console;
mod feeds;
mod groups;
mod live;
mod produce;
mod registry;
mod rest;
mod rest_errors;
mod topics;
pub(crate) mod web;

use anyhow::Result;
use drawbridge::{
    app::{App, Parts},
    clusters::ClusterSpec,
};
use drawbridge_shared::{names::ClusterName, view::ClusterOrigin};
use drawbridge_tests::bed::{Door, gallery};
use tokio::net::TcpListener;

use crate::support::{Version, eventually};

/// The cluster's name at the gateway.
fn bed() -> ClusterName {
    "bed".parse().unwrap()
}

/// A gateway on a free port that knows one cluster, by the text of a `.properties` file.
async fn gateway(properties: &str) -> Result<App> {
    let spec =
        ClusterSpec::from_text(bed(), ClusterOrigin::Configured, properties, "bed.properties")?;
    let listener = TcpListener::bind("127.0.0.1:0").await?;
    App::start(Parts { clusters: vec![spec], ..Parts::default() }, listener)
}

/// A gateway whose cluster has answered: the shared one, through SCRAM as `user`; and its REST root.
async fn over_gallery(version: Version, user: &str) -> Result<(App, String)> {
    let cluster = gallery(version).await?;
    let app = gateway(&cluster.properties_of(Door::Scram, user)).await?;
    let root = format!("/kafka/v3/clusters/{}", cluster.id());
    eventually("the cluster answers", async || {
        Ok((web::ask(&app, "GET", &root, "").await?.status == 200).then_some(()))
    })
    .await?;
    Ok((app, root))
}
