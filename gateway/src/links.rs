//! Links: the halves on the clusters of this gateway, and the engine that runs them.
//!
//! ```text
//!   Links ── a handle for REST, the WebSocket, metrics
//!     └ host      one per cluster: opens the state in Kafka, starts and ends the halves
//!         └ runner    one per half: link, mirror and task machines, orders, what is shown
//!             └ mover     some per link: partition machines, fetches, batches, questions
//!                 └ store     what has to survive: records of a compacted topic on the cluster
//! ```
//!
//! Every machine has one owner, a task. Owners talk through queues and show themselves through watches;
//! nothing else is shared but what partitions remember ([`memories`]) and the memory budget ([`budget`]).

pub mod budget;
mod changes;
mod ends;
mod half;
mod history;
mod host;
mod memories;
mod mover;
mod new_link;
mod new_mirror;
mod principals;
mod registry;
mod runner;
mod standby;
pub(crate) mod stats;
pub mod store;
mod tasks;
mod told;
mod verify;
mod views;

use std::sync::{Arc, PoisonError, RwLock};

use drawbridge_shared::{
    link::{ConfigRow, LinkConfigs, LinkName, LinkPrefix, MirrorState},
    names::{ClusterName, TopicName},
    view::{
        GroupOffsetRow, HistoryPoint, LinkCheck, LinkDetail, LinkPrincipalRow, LinkRow,
        MirrorDetail, MirrorRow, SourceTopicRow, TaskView,
    },
    wire::ErrorCode,
};
use tokio::sync::watch;

use self::{
    budget::Budget,
    half::{Half, Order},
    host::Host,
    registry::Shared,
    store::PasswordEncoder,
};
pub use self::{
    changes::{CreateOptions, LinkSpec},
    verify::Stretch,
};
use crate::{
    clusters::{Cluster, Clusters},
    feeds::FeedState,
    refusal::Refusal,
    shutdown::Tasks,
};

/// Handle to all links; cheap to clone.
#[derive(Clone)]
pub struct Links {
    clusters: Clusters,
    shared: Arc<Shared>,
    rows: watch::Sender<FeedState>,
    mirrors: watch::Sender<FeedState>,
    verifying: Arc<verify::Verifications>,
}

impl Links {
    /// Where work runs that must not end with whoever asked for it.
    #[must_use]
    pub fn tasks(&self) -> &Tasks {
        &self.shared.tasks
    }

    /// Runs the links of these clusters, and of those that are added later. `memory` is how many bytes of
    /// records all links together may hold.
    #[must_use]
    pub fn start(
        clusters: Clusters,
        encoder: Option<PasswordEncoder>,
        memory: usize,
        tasks: &Tasks,
    ) -> Self {
        let shared = Arc::new(Shared {
            hosts: RwLock::default(),
            notices: clusters.notices().clone(),
            budget: Budget::new(memory),
            encoder,
            tasks: tasks.clone(),
            who: whoami(),
            changes: watch::Sender::new(0),
        });
        let links = Self {
            clusters,
            shared,
            rows: watch::Sender::new(FeedState::Pending),
            mirrors: watch::Sender::new(FeedState::Pending),
            verifying: Arc::default(),
        };
        tasks.spawn("views of links", views::publish(links.clone()));
        tasks.spawn("links of new clusters", follow_clusters(links.clone()));
        links
    }

    /// Its clusters.
    #[must_use]
    pub fn clusters(&self) -> &Clusters {
        &self.clusters
    }

    /// What the links hold of their memory budget, in bytes, and the budget.
    #[must_use]
    pub fn memory(&self) -> (usize, usize) {
        (self.shared.budget.used(), self.shared.budget.total())
    }

    /// Whether every cluster has told which links it has, or does not answer.
    fn are_settled(&self) -> bool {
        let hosts = self.shared.hosts();
        let is_settled = |cluster: &Arc<Cluster>| {
            hosts.iter().any(|host| Arc::ptr_eq(&host.cluster, cluster) && host.is_settled())
        };
        self.clusters.all().iter().all(is_settled)
    }

    /// Follows all halves; pending until it is known which there are.
    #[must_use]
    pub fn follow_rows(&self) -> watch::Receiver<FeedState> {
        self.rows.subscribe()
    }

    /// Follows all mirrors; pending as the halves are.
    #[must_use]
    pub fn follow_mirrors(&self) -> watch::Receiver<FeedState> {
        self.mirrors.subscribe()
    }

    /// Follows one half.
    #[must_use]
    pub fn follow_link(
        &self,
        cluster: &ClusterName,
        link: &LinkName,
    ) -> watch::Receiver<FeedState> {
        views::follow_link(self, cluster, link)
    }

    /// Follows one mirror.
    #[must_use]
    pub fn follow_mirror(
        &self,
        cluster: &ClusterName,
        link: &LinkName,
        topic: &TopicName,
    ) -> watch::Receiver<FeedState> {
        views::follow_mirror(self, cluster, link, topic)
    }

    fn host(&self, cluster: &ClusterName) -> Result<Arc<Host>, Refusal> {
        let hosts = self.shared.hosts.read().unwrap_or_else(PoisonError::into_inner);
        hosts.get(cluster).cloned().ok_or_else(|| Refusal::no_such_cluster(cluster))
    }

    fn half(&self, cluster: &ClusterName, link: &LinkName) -> Result<Arc<Half>, Refusal> {
        let host = self.host(cluster)?;
        if let Some(half) = host.half(link) {
            return Ok(half);
        }
        host.known()?;
        if let Some(why) = host.read_only().filter(|_| host.seen_half(link).is_some()) {
            return Err(why);
        }
        Err(Refusal::new(ErrorCode::NotFound, format!("Cluster link '{link}' does not exist."))
            .rest(404, 404))
    }

    /// A half to look at: also one that is not run because its cluster is read-only.
    fn shown(&self, cluster: &ClusterName, link: &LinkName) -> Result<Arc<Half>, Refusal> {
        let host = self.host(cluster)?;
        match host.read_only().and_then(|_| host.seen_half(link)) {
            Some(half) => Ok(half),
            None => self.half(cluster, link),
        }
    }

    /// A half, even when another gateway runs it.
    fn seen(&self, cluster: &ClusterName, link: &LinkName) -> Result<Arc<Half>, Refusal> {
        match self.host(cluster)?.seen_half(link) {
            Some(half) => Ok(half),
            None => self.half(cluster, link),
        }
    }

    /// The halves on a cluster, by name.
    ///
    /// # Errors
    /// `Unavailable` until the state of the cluster's links was read.
    pub fn of_cluster(&self, cluster: &ClusterName) -> Result<Vec<LinkDetail>, Refusal> {
        let host = self.host(cluster)?;
        host.known()?;
        let halves = if host.read_only().is_some() { host.seen() } else { host.halves() };
        Ok(halves.iter().map(|half| self.shared.detail(half)).collect())
    }

    /// One half.
    ///
    /// # Errors
    /// `NotFound`; `Unavailable` until the state of the cluster's links was read.
    pub fn detail(&self, cluster: &ClusterName, link: &LinkName) -> Result<LinkDetail, Refusal> {
        let half = self.shown(cluster, link)?;
        Ok(self.shared.detail(&half))
    }

    /// One mirror.
    ///
    /// # Errors
    /// `NotFound`; `Unavailable` until the state of the cluster's links was read.
    pub fn mirror(
        &self,
        cluster: &ClusterName,
        link: &LinkName,
        topic: &TopicName,
    ) -> Result<MirrorDetail, Refusal> {
        let half = self.shown(cluster, link)?;
        half.now().mirrors.get(topic).cloned().ok_or_else(|| no_such_mirror(link, topic))
    }

    /// The mirrors of this name on a cluster, those included that another gateway runs: link and state.
    ///
    /// # Errors
    /// `Unavailable` until the state of the cluster's links was read.
    pub fn mirrors_called(
        &self,
        cluster: &ClusterName,
        topic: &TopicName,
    ) -> Result<Vec<(LinkName, MirrorState)>, Refusal> {
        let host = self.host(cluster)?;
        let seen = host.seen();
        if seen.is_empty() {
            host.known()?;
        }
        let of = |half: &Arc<Half>| {
            let state = half.now().mirrors.get(topic)?.mirror.state;
            Some((half.name.clone(), state))
        };
        Ok(seen.iter().filter_map(of).collect())
    }

    /// Who the links are on their clusters, by cluster and link.
    #[must_use]
    pub fn principals(&self) -> Vec<LinkPrincipalRow> {
        let mut rows: Vec<LinkPrincipalRow> = self
            .shared
            .seen()
            .iter()
            .flat_map(|half| principals::of_half(&self.shared, half))
            .collect();
        rows.sort_by(|a, b| (&a.cluster, &a.link).cmp(&(&b.cluster, &b.link)));
        rows
    }

    /// The configs of a half, secrets left out.
    ///
    /// # Errors
    /// `NotFound`; `Unavailable` while the configs cannot be read.
    pub fn configs(
        &self,
        cluster: &ClusterName,
        link: &LinkName,
    ) -> Result<Vec<ConfigRow>, Refusal> {
        let shown = self.shown(cluster, link)?.now();
        shown.configs.as_ref().map(LinkConfigs::rows).ok_or_else(|| {
            let why = shown.detail.link.error_message.clone().unwrap_or_default();
            Refusal::new(
                ErrorCode::Unavailable,
                format!("the configs of link '{link}' cannot be read: {why}"),
            )
        })
    }

    /// Checks everything about a half without creating it, and says what was found.
    ///
    /// # Errors
    /// Configs that are not valid, by field; a name that is taken.
    pub async fn check(
        &self,
        cluster: &ClusterName,
        spec: &LinkSpec,
    ) -> Result<LinkCheck, Refusal> {
        let host = self.host(cluster)?;
        new_link::check(&self.shared, &host, spec).await
    }

    /// The name the mirror of a source topic has on this link.
    #[must_use]
    pub fn mirror_name(
        &self,
        cluster: &ClusterName,
        link: &LinkName,
        source_topic: &str,
    ) -> String {
        let half = self.half(cluster, link).ok();
        let prefix =
            half.and_then(|half| half.now().configs.as_ref().and_then(LinkConfigs::prefix));
        LinkPrefix::apply(prefix.as_ref(), source_topic)
    }

    /// The source's topics.
    ///
    /// # Errors
    /// `Unavailable` when the source cannot be asked.
    pub async fn source_topics(
        &self,
        cluster: &ClusterName,
        link: &LinkName,
    ) -> Result<Vec<SourceTopicRow>, Refusal> {
        self.half(cluster, link)?.ask(|reply| Order::SourceTopics { reply }).await
    }

    /// Where the groups of mirrors stand on both sides.
    ///
    /// # Errors
    /// `Unavailable` when the clusters cannot be asked.
    pub async fn groups(
        &self,
        cluster: &ClusterName,
        link: &LinkName,
        topic: Option<&TopicName>,
    ) -> Result<Vec<GroupOffsetRow>, Refusal> {
        let topic = topic.cloned();
        self.half(cluster, link)?.ask(|reply| Order::Groups { topic, reply }).await
    }

    /// The last half hour of a link or of one mirror, oldest first.
    ///
    /// # Errors
    /// `NotFound`.
    pub fn history(
        &self,
        cluster: &ClusterName,
        link: &LinkName,
        topic: Option<&TopicName>,
    ) -> Result<Vec<HistoryPoint>, Refusal> {
        let shown = self.half(cluster, link)?.now();
        if let Some(topic) = topic.filter(|topic| !shown.mirrors.contains_key(topic)) {
            return Err(no_such_mirror(link, topic));
        }
        Ok(shown.history.get(&topic.cloned()).cloned().unwrap_or_default())
    }

    /// What all halves measure.
    pub(crate) fn metrics(&self) -> Vec<LinkMetrics> {
        let of = |half: &Arc<Half>| {
            let shown = half.now();
            let mirrors = shown.mirrors.iter().map(|(topic, detail)| {
                (detail.mirror.clone(), shown.stats.get(topic).copied().unwrap_or_default())
            });
            LinkMetrics {
                row: self.shared.row(&shown),
                tasks: shown.detail.tasks.clone(),
                throttled: shown.throttled,
                mirrors: mirrors.collect(),
            }
        };
        self.shared.halves().iter().map(of).collect()
    }
}

fn no_such_mirror(link: &LinkName, topic: &TopicName) -> Refusal {
    let message = format!("Topic '{topic}' is not a mirror of link '{link}'.");
    Refusal::new(ErrorCode::NotFound, message).rest(404, 404)
}

/// What metrics say of one half.
pub(crate) struct LinkMetrics {
    /// The half.
    pub(crate) row: LinkRow,
    /// Its tasks.
    pub(crate) tasks: Vec<TaskView>,
    /// How long its brokers asked it to hold back.
    pub(crate) throttled: stats::Throttled,
    /// Its mirrors with their sums.
    pub(crate) mirrors: Vec<(MirrorRow, stats::MirrorStats)>,
}

/// How this gateway calls itself to others: host and process.
fn whoami() -> String {
    let host = std::fs::read_to_string("/proc/sys/kernel/hostname").unwrap_or_default();
    let host = host.trim();
    let host = if host.is_empty() { "a gateway" } else { host };
    format!("{host} (process {})", std::process::id())
}

/// Starts a host for each cluster, and ends those of clusters that are gone.
async fn follow_clusters(links: Links) {
    let mut list = links.clusters.follow_list();
    let stopping = links.shared.tasks.stopping().clone();
    loop {
        let all = links.clusters.all();
        {
            let mut hosts = links.shared.hosts.write().unwrap_or_else(PoisonError::into_inner);
            hosts.retain(|name, host| {
                let stays = all.iter().any(|cluster| Arc::ptr_eq(cluster, &host.cluster));
                if !stays {
                    tracing::debug!(cluster = %name, "letting go of the links of a removed cluster");
                    host.end();
                }
                stays
            });
            for cluster in all {
                let name = cluster.spec().name.clone();
                hosts.entry(name).or_insert_with(|| {
                    let shared = Arc::clone(&links.shared);
                    let host = Arc::new(Host::new(cluster, shared, stopping.child_token()));
                    links.shared.tasks.spawn("links of a cluster", Arc::clone(&host).run());
                    host
                });
            }
        }
        tokio::select! {
            () = stopping.cancelled() => return,
            changed = list.changed() => if changed.is_err() { return },
        }
    }
}
