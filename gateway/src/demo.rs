//! `drawbridge demo`: two embedded clusters with live traffic, nothing to install, nothing kept.

pub mod links;

use anyhow::Context;
use drawbridge_embedded::{
    EmbeddedCluster,
    demo::{Demo, OnPremAndCloud},
};
use drawbridge_shared::view::{ClusterKind, ClusterOrigin};

use crate::clusters::ClusterSpec;

/// Starts the demo's clusters.
///
/// # Errors
/// When they cannot listen on loopback ports.
pub async fn start() -> anyhow::Result<(Demo, Vec<ClusterSpec>)> {
    let demo = OnPremAndCloud::start().await.context("cannot start the demo's clusters")?;
    let specs = vec![spec("on-prem", demo.on_prem())?, spec("cloud", demo.cloud())?];
    Ok((demo, specs))
}

/// An embedded cluster as the gateway reaches it: over a loopback connection like any other.
///
/// # Errors
/// When the name or the cluster's own properties cannot be used.
pub fn spec(name: &str, cluster: &EmbeddedCluster) -> anyhow::Result<ClusterSpec> {
    let properties = cluster.properties(None);
    let spec =
        ClusterSpec::from_text(name.parse()?, ClusterOrigin::Configured, &properties, "the demo")?;
    Ok(ClusterSpec { kind: ClusterKind::Embedded, ..spec })
}
