//! One cluster: how to reach it, what is known of it, who follows it.

use std::{
    sync::{
        Arc, PoisonError, RwLock,
        atomic::{AtomicBool, Ordering},
    },
    time::Duration,
};

use drawbridge_kafka::{Client, ConnectionSettings};
use drawbridge_shared::{
    names::TopicName,
    view::{ClusterDetail, ClusterStatus, ClusterView, FaultView},
    wire::{ErrorCode, FeedData},
};
use tokio::sync::{Notify, watch};
use tokio_util::sync::CancellationToken;

use super::{
    ClusterSpec, brokers_feed, detail,
    followers::{Followers, publish},
    group_feed, groups_feed,
    identity::Identity,
    topic_feed, topics_feed, troubled_feed,
};
use crate::{
    feeds::FeedState,
    refusal::{Doing, Refusal, fault_of, refuse},
    registry::Registry,
    shutdown::Tasks,
};

/// A cluster of this gateway.
#[derive(Debug)]
pub struct Cluster {
    spec: ClusterSpec,
    /// For what people and feeds ask.
    client: Client,
    /// For the watcher, with short deadlines, so that a check neither waits behind a large answer nor long.
    checker: Client,
    identity: Identity,
    detail: watch::Sender<FeedState>,
    /// Who runs or may run its links, as the owner told.
    gateways: RwLock<Vec<String>>,
    look_now: Notify,
    counts_stale: AtomicBool,
    read_now: Notify,
    retired: CancellationToken,
    brokers: Followers<()>,
    troubled: Followers<()>,
    topics: Followers<()>,
    topic: Followers<TopicName>,
    groups: Followers<()>,
    group: Followers<String>,
    registry: Option<Registry>,
    tasks: Tasks,
}

impl Cluster {
    pub(super) fn new(spec: ClusterSpec, tasks: Tasks) -> Result<Self, Refusal> {
        let unusable = |error: drawbridge_kafka::Error| {
            Refusal::new(ErrorCode::Invalid, format!("{}: {error}", spec.name))
        };
        let client = Client::new(attentive(spec.settings.clone())).map_err(unusable)?;
        let checker = Client::new(impatient(spec.settings.clone())).map_err(unusable)?;
        let first = detail::Known::default().detail(&spec);
        let registry = spec.settings.schema_registry.clone();
        let registry = registry.filter(|settings| !settings.urls.is_empty());
        let registry = registry.map(|settings| Registry::new(settings, tasks.clone()));
        Ok(Self {
            detail: watch::Sender::new(FeedState::Data(Arc::new(FeedData::Cluster(Box::new(
                first,
            ))))),
            spec,
            client,
            checker,
            identity: Identity::default(),
            gateways: RwLock::default(),
            look_now: Notify::new(),
            counts_stale: AtomicBool::new(false),
            read_now: Notify::new(),
            retired: tasks.stopping().child_token(),
            brokers: Followers::default(),
            troubled: Followers::default(),
            topics: Followers::default(),
            topic: Followers::default(),
            groups: Followers::default(),
            group: Followers::default(),
            registry,
            tasks,
        })
    }

    /// Name, origin, settings.
    #[must_use]
    pub fn spec(&self) -> &ClusterSpec {
        &self.spec
    }

    /// Its schema registry, if it has one.
    pub(crate) fn registry(&self) -> Option<&Registry> {
        self.registry.as_ref()
    }

    /// What is known of it now.
    #[must_use]
    pub fn detail(&self) -> ClusterDetail {
        if let FeedState::Data(data) = &*self.detail.borrow()
            && let FeedData::Cluster(detail) = &**data
        {
            return (**detail).clone();
        }
        detail::Known::default().detail(&self.spec)
    }

    /// What is known of it now, for the list.
    #[must_use]
    pub fn view(&self) -> ClusterView {
        self.detail().cluster
    }

    /// Kafka's id of the cluster, once it answered.
    #[must_use]
    pub fn cluster_id(&self) -> Option<&str> {
        self.identity.id()
    }

    /// What its connections have done, those of the watcher included.
    #[must_use]
    pub fn stats(&self) -> [drawbridge_kafka::stats::ClientStats; 2] {
        [self.client.stats(), self.checker.stats()]
    }

    /// The client to read with.
    ///
    /// # Errors
    /// `Unavailable`, with cause and remedy, while the cluster is down; the watcher is asked to look again.
    pub fn client(&self) -> Result<&Client, Refusal> {
        let usable = self.usable_client();
        if usable.is_err() {
            self.look_now();
        }
        usable
    }

    /// The client, for those who ask again and again and must not make the watcher hurry.
    pub(crate) fn usable_client(&self) -> Result<&Client, Refusal> {
        let name = &self.spec.name;
        if let ClusterStatus::Down { fault, .. } = &self.view().status {
            return Err(Refusal::down(name, fault));
        }
        match self.identity.fault(name) {
            None => Ok(&self.client),
            Some(fault) => Err(Refusal::down(name, &fault)),
        }
    }

    /// The client to change something with: the cluster has just said that it is the one it was.
    ///
    /// # Errors
    /// As [`Cluster::client`], and when the cluster cannot be asked for its id now.
    pub async fn confirmed(&self) -> Result<&Client, Refusal> {
        let client = self.client()?;
        let name = &self.spec.name;
        let doing = Doing::on_cluster("tell its cluster id", "DESCRIBE");
        let description =
            client.describe_cluster().await.map_err(|error| refuse(name, &doing, &error))?;
        if let Err(fault) = self.identity.confirm(name, &description.cluster_id) {
            self.look_now();
            return Err(Refusal::down(name, &fault));
        }
        Ok(client)
    }

    pub(super) fn checker(&self) -> &Client {
        &self.checker
    }

    pub(super) fn identity(&self) -> &Identity {
        &self.identity
    }

    pub(super) fn retired(&self) -> &CancellationToken {
        &self.retired
    }

    /// Asks the watcher to look now instead of at its next turn.
    pub fn look_now(&self) {
        self.look_now.notify_one();
    }

    /// Says who runs or may run its links, the one that does first.
    pub(crate) fn set_gateways(&self, gateways: Vec<String>) {
        let mut known = self.gateways.write().unwrap_or_else(PoisonError::into_inner);
        if *known != gateways {
            *known = gateways;
            self.look_now();
        }
    }

    pub(super) fn gateways(&self) -> Vec<String> {
        self.gateways.read().unwrap_or_else(PoisonError::into_inner).clone()
    }

    pub(super) async fn asked_to_look(&self) {
        self.look_now.notified().await;
    }

    /// Topics changed: those who follow them shall see it without waiting for the next turn.
    pub fn topics_changed(&self) {
        self.counts_stale.store(true, Ordering::Relaxed);
        self.read_now.notify_waiters();
        self.look_now();
    }

    /// Offsets or groups changed: those who follow them shall see it without waiting for the next turn.
    pub fn groups_changed(&self) {
        self.read_now.notify_waiters();
    }

    /// Whether topics changed since this was asked last.
    pub(super) fn take_counts_stale(&self) -> bool {
        self.counts_stale.swap(false, Ordering::Relaxed)
    }

    /// Resolves when topics or groups were created, changed or deleted through this gateway.
    pub(crate) async fn asked_to_read(&self) {
        self.read_now.notified().await;
    }

    pub(super) fn publish(&self, detail: ClusterDetail) {
        publish(&self.detail, FeedState::Data(Arc::new(FeedData::Cluster(Box::new(detail)))));
    }

    /// Whether somebody looks at the cluster's own page.
    pub(super) fn is_followed(&self) -> bool {
        self.detail.receiver_count() > 0
    }

    /// Follows the cluster with its brokers.
    pub fn follow_detail(&self) -> watch::Receiver<FeedState> {
        let followed = self.detail.subscribe();
        self.look_now();
        followed
    }

    /// Follows its brokers with their disks.
    pub fn follow_brokers(self: &Arc<Self>) -> watch::Receiver<FeedState> {
        self.brokers.follow(&(), |sender| {
            self.tasks.spawn("view of brokers", brokers_feed::run(Arc::clone(self), sender));
        })
    }

    /// Follows its partitions that lack something.
    pub fn follow_troubled(self: &Arc<Self>) -> watch::Receiver<FeedState> {
        self.troubled.follow(&(), |sender| {
            let run = troubled_feed::run(Arc::clone(self), sender);
            self.tasks.spawn("view of partitions that lack something", run);
        })
    }

    /// Follows its topics.
    pub fn follow_topics(self: &Arc<Self>) -> watch::Receiver<FeedState> {
        self.topics.follow(&(), |sender| {
            self.tasks.spawn("view of topics", topics_feed::run(Arc::clone(self), sender));
        })
    }

    /// Follows one topic.
    pub fn follow_topic(self: &Arc<Self>, topic: &TopicName) -> watch::Receiver<FeedState> {
        self.topic.follow(topic, |sender| {
            self.tasks
                .spawn("view of a topic", topic_feed::run(Arc::clone(self), topic.clone(), sender));
        })
    }

    /// Follows its groups.
    pub fn follow_groups(self: &Arc<Self>) -> watch::Receiver<FeedState> {
        self.groups.follow(&(), |sender| {
            self.tasks.spawn("view of groups", groups_feed::run(Arc::clone(self), sender));
        })
    }

    /// Follows one group.
    pub fn follow_group(self: &Arc<Self>, group: &str) -> watch::Receiver<FeedState> {
        let group = group.to_owned();
        self.group.follow(&group, |sender| {
            self.tasks
                .spawn("view of a group", group_feed::run(Arc::clone(self), group.clone(), sender));
        })
    }

    pub(super) fn brokers_followers(&self) -> &Followers<()> {
        &self.brokers
    }

    pub(super) fn troubled_followers(&self) -> &Followers<()> {
        &self.troubled
    }

    pub(super) fn groups_followers(&self) -> &Followers<()> {
        &self.groups
    }

    pub(super) fn group_followers(&self) -> &Followers<String> {
        &self.group
    }

    pub(super) fn topics_followers(&self) -> &Followers<()> {
        &self.topics
    }

    pub(super) fn topic_followers(&self) -> &Followers<TopicName> {
        &self.topic
    }

    /// Ends everything that runs for it.
    pub(super) async fn retire(&self) {
        self.retired.cancel();
        let gone = FeedState::not_found(format!("cluster {} was removed", self.spec.name));
        self.brokers.end_all(&gone);
        self.troubled.end_all(&gone);
        self.topics.end_all(&gone);
        self.topic.end_all(&gone);
        self.groups.end_all(&gone);
        self.group.end_all(&gone);
        self.detail.send_replace(gone);
        self.close().await;
    }

    /// Closes its connections for good.
    pub async fn close(&self) {
        self.client.close().await;
        self.checker.close().await;
    }

    /// The fault an error of this cluster is.
    pub(super) fn fault(&self, error: &drawbridge_kafka::Error) -> FaultView {
        fault_of(&self.spec.name, error)
    }
}

/// The settings of what people ask: they sit and wait, so a minute is too long.
fn attentive(mut settings: ConnectionSettings) -> ConnectionSettings {
    settings.timeouts.api = settings.timeouts.api.min(Duration::from_secs(20));
    settings
}

/// The settings of a check: whether a cluster answers has to be known soon.
fn impatient(mut settings: ConnectionSettings) -> ConnectionSettings {
    let timeouts = &mut settings.timeouts;
    timeouts.connect = timeouts.connect.min(Duration::from_secs(3));
    timeouts.tls = timeouts.tls.min(Duration::from_secs(3));
    timeouts.sasl = timeouts.sasl.min(Duration::from_secs(4));
    timeouts.request = timeouts.request.min(Duration::from_secs(3));
    timeouts.api = timeouts.api.min(Duration::from_secs(5));
    settings
}
