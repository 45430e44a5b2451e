//! The demo: a retailer's two clusters, "on-prem" and "cloud", with history, live traffic and
//! consumers, all within a few dozen megabytes and a few percent of a core.

use tokio_util::sync::CancellationToken;
use tokio_util::task::TaskTracker;

use crate::cluster::EmbeddedCluster;
use crate::spec::{ClusterSpec, StartError};

mod catalog;
mod consumers;
mod records;
mod traffic;

/// The demo's scenery: an on-premises cluster where everything happens, and a cloud cluster with a
/// little traffic of its own.
pub struct OnPremAndCloud;

impl OnPremAndCloud {
    /// Starts both clusters, fills them with history and begins the live traffic. What is written
    /// is the same at every start, apart from the time.
    ///
    /// # Errors
    /// When a listener cannot be opened.
    pub async fn start() -> Result<Demo, StartError> {
        let on_prem = ClusterSpec::new("b2s-retail-onprem-01Qw")
            .racked_brokers(&[(1, "dc1-a"), (2, "dc1-b"), (3, "dc1-c")])
            .memory_limit_bytes(48 * 1024 * 1024);
        let cloud = ClusterSpec::new("xK7-retail-cloud-euw1A")
            .racked_brokers(&[(11, "eu-west-1a"), (12, "eu-west-1b"), (13, "eu-west-1c")])
            .memory_limit_bytes(64 * 1024 * 1024);
        let on_prem =
            EmbeddedCluster::start(catalog::with_topics(on_prem, catalog::ON_PREM)).await?;
        let cloud = EmbeddedCluster::start(catalog::with_topics(cloud, catalog::CLOUD)).await?;
        let (stop, tasks) = (CancellationToken::new(), TaskTracker::new());
        for (cluster, topics, groups, seed) in [
            (&on_prem, catalog::ON_PREM, catalog::ON_PREM_GROUPS, 42),
            (&cloud, catalog::CLOUD, catalog::CLOUD_GROUPS, 43),
        ] {
            let local = cluster.local();
            let mut traffic = traffic::Traffic::new(local.clone(), topics, seed);
            traffic.write_history();
            consumers::start(&local, groups, &tasks, &stop);
            tasks.spawn(stop.clone().run_until_cancelled_owned(traffic.run()));
        }
        tasks.close();
        Ok(Demo { on_prem, cloud, stop, tasks })
    }
}

/// The running demo.
pub struct Demo {
    on_prem: EmbeddedCluster,
    cloud: EmbeddedCluster,
    stop: CancellationToken,
    tasks: TaskTracker,
}

impl Demo {
    /// The cluster with the business traffic: brokers 1, 2, 3.
    #[must_use]
    pub fn on_prem(&self) -> &EmbeddedCluster {
        &self.on_prem
    }

    /// The cluster to mirror to: brokers 11, 12, 13.
    #[must_use]
    pub fn cloud(&self) -> &EmbeddedCluster {
        &self.cloud
    }

    /// Stops traffic and clusters and waits until both are gone.
    pub async fn shutdown(self) {
        self.stop.cancel();
        self.tasks.wait().await;
        self.on_prem.shutdown().await;
        self.cloud.shutdown().await;
    }
}

#[cfg(test)]
mod tests {
    use std::sync::Arc;

    use tokio::sync::Notify;

    use super::*;

    #[tokio::test]
    async fn the_demo_starts_with_history_live_groups_and_bounded_memory() {
        let demo = OnPremAndCloud::start().await.unwrap();
        let local = demo.on_prem().local();
        let (_, end) = local.offsets("orders", 0).unwrap();
        assert!(end > 100, "orders has history");
        assert!(demo.on_prem().record_bytes() < 48 * 1024 * 1024);
        // Traffic and group members appear by themselves.
        let grown = async {
            loop {
                let changed = Arc::new(Notify::new());
                {
                    let mut state = local.shared.lock();
                    let stable = |g: &crate::group::Group| g.phase == crate::group::Phase::Stable;
                    let settled = state.groups.get("order-fulfilment").is_some_and(stable);
                    let log = &mut state.partition("orders", 0).unwrap().log;
                    if settled && log.end() > end {
                        return;
                    }
                    log.watch(&changed);
                }
                changed.notified().await;
            }
        };
        let patience = std::time::Duration::from_secs(30);
        tokio::time::timeout(patience, grown).await.expect("traffic flows and the groups settle");
        demo.shutdown().await;
    }
}
