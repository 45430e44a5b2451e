//! The composition root: everything the gateway consists of, in the order it is built and stopped.

use std::{future::Future, net::SocketAddr, sync::Arc, time::Duration};

use drawbridge_shared::{guard::Rule, names::ClusterName, view::Severity};
use tokio::net::TcpListener;

use crate::{
    api::Gateway,
    browse::{Browse, BrowseLimits},
    clusters::{ClusterSpec, Clusters, Standing, Store},
    config::DEFAULT_LINK_MEMORY,
    http::{self, AllowedHosts, Web},
    links::{Links, store::PasswordEncoder},
    metrics::Metrics,
    notices::Notices,
    shutdown::Tasks,
};

/// A cluster that is kept and cannot be used, and why.
pub type Unusable = (ClusterName, String);

/// What the gateway is built from.
#[derive(Debug, Clone, Default)]
pub struct Parts {
    /// Clusters that are known from the start.
    pub clusters: Vec<ClusterSpec>,
    /// Those that people are told about, or they would look for them in vain.
    pub unusable: Vec<Unusable>,
    /// Where clusters added from the console are kept, if anywhere.
    pub store: Option<Store>,
    /// Names the gateway answers to, beside the loopback ones.
    pub allowed_hosts: AllowedHosts,
    /// What the secrets of links are encrypted with; without it no link with secrets can be kept.
    pub encoder: Option<PasswordEncoder>,
    /// Bytes of records that all links together may hold; the default if none.
    pub link_memory: Option<usize>,
    /// How much may be searched for records.
    pub browse: BrowseLimits,
    /// What is denied on all clusters, and what concerns none.
    pub denied: Vec<Rule>,
    /// What the settings say of clusters by name, now and when one is added.
    pub standing: Standing,
    /// Whether this is the demo.
    pub is_demo: bool,
}

/// A running gateway.
pub struct App {
    address: SocketAddr,
    clusters: Clusters,
    links: Links,
    tasks: Tasks,
}

impl App {
    /// Starts everything on a listener that is bound already.
    ///
    /// # Errors
    /// When the listener has no address, or two clusters have one name.
    pub fn start(parts: Parts, listener: TcpListener) -> anyhow::Result<Self> {
        let address = listener.local_addr()?;
        let tasks = Tasks::default();
        let notices = Notices::default();
        for (name, why) in &parts.unusable {
            tracing::error!(cluster = %name, why, "added cluster cannot be used");
            let message = format!("{name} was added before and cannot be used: {why}");
            notices.push(Severity::Failed, name, None, message);
        }
        let clusters =
            Clusters::guarded(notices, parts.store, tasks.clone(), parts.denied, parts.standing);
        for spec in parts.clusters {
            clusters.insert(spec)?;
        }
        let links = Links::start(
            clusters.clone(),
            parts.encoder,
            parts.link_memory.unwrap_or(DEFAULT_LINK_MEMORY),
            &tasks,
        );
        let browse = Browse::new(clusters.clone(), parts.browse, tasks.clone());
        let gateway = Arc::new(Gateway {
            browse,
            clusters: clusters.clone(),
            links: links.clone(),
            tasks: tasks.clone(),
            metrics: Arc::new(Metrics::default()),
            is_demo: parts.is_demo,
        });
        let router = http::router(Web { gateway, hosts: parts.allowed_hosts });
        tasks.spawn("listener", http::serve(listener, router, tasks.clone()));
        Ok(Self { address, clusters, links, tasks })
    }

    /// Where it listens.
    #[must_use]
    pub fn address(&self) -> SocketAddr {
        self.address
    }

    /// Its clusters.
    #[must_use]
    pub fn clusters(&self) -> &Clusters {
        &self.clusters
    }

    /// Their links.
    #[must_use]
    pub fn links(&self) -> &Links {
        &self.links
    }

    /// Runs `work` in the background until the gateway stops.
    pub fn spawn(&self, work: impl Future<Output = ()> + Send + 'static) {
        self.tasks.spawn("demo", self.tasks.stopping().clone().run_until_cancelled_owned(work));
    }

    /// Runs until `stop`, then drains: no new work, requests under way are finished, WebSockets are told to
    /// come back later. Returns what still runs after `grace`, normally nothing.
    pub async fn run(self, stop: impl Future<Output = ()>, grace: Duration) -> Vec<&'static str> {
        stop.await;
        self.stop(grace).await
    }

    /// Drains and stops; returns what still runs after `grace`.
    pub async fn stop(self, grace: Duration) -> Vec<&'static str> {
        tracing::info!("draining");
        self.tasks.drain();
        let late = self.tasks.finish(grace).await;
        for cluster in self.clusters.all() {
            cluster.close().await;
        }
        if !late.is_empty() {
            tracing::warn!(grace = ?grace, ?late, "something was still running when the grace period ended");
        }
        late
    }
}
