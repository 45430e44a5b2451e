//! The links of one cluster: opens their state once the cluster answers, and runs them while this gateway is
//! the one that may.

use std::{
    collections::BTreeMap,
    sync::{
        Arc, PoisonError, RwLock,
        atomic::{AtomicBool, Ordering},
    },
    time::Duration,
};

use drawbridge_engine::Millis;
use drawbridge_shared::{link::LinkName, view::ClusterStatus, wire::ErrorCode};
use tokio::{
    sync::{Notify, mpsc, watch},
    time::Instant,
};
use tokio_util::sync::CancellationToken;

use super::{
    half::{Half, News},
    registry::Shared,
    runner::{self, Runner},
    standby::Halves,
    store::{Contents, StateStore, StoredLink},
};
use crate::{clusters::Cluster, refusal::Refusal};

mod serving;

/// How long a link that is created waits for the state to be opened.
const PATIENCE: Duration = Duration::from_secs(40);

/// Whether the state of the links is there.
#[derive(Debug, Clone)]
pub(super) enum State {
    /// Not yet, and why.
    Waiting(Refusal),
    /// There is none: the cluster has no links.
    Empty,
    /// Open for writing.
    Open(StateStore),
    /// Only read: nothing is changed on the cluster, and so none of its links is run here.
    ReadOnly(Refusal),
}

/// The links of a cluster.
pub(super) struct Host {
    pub(super) cluster: Arc<Cluster>,
    shared: Arc<Shared>,
    state: watch::Sender<State>,
    halves: RwLock<Halves>,
    /// The halves while another gateway runs them, as their state says.
    elsewhere: RwLock<Halves>,
    wanted: Notify,
    /// What all halves are told.
    news: watch::Sender<News>,
    since: Instant,
    /// Whether it is told which links there are.
    is_settled: AtomicBool,
    pub(super) creating: Arc<tokio::sync::Mutex<()>>,
    stop: CancellationToken,
}

impl Host {
    pub(super) fn new(cluster: Arc<Cluster>, shared: Arc<Shared>, stop: CancellationToken) -> Self {
        let name = &cluster.spec().name;
        let waiting = Refusal::new(
            ErrorCode::Unavailable,
            format!("the links of {name} are not known yet: it has not answered"),
        );
        Self {
            cluster,
            shared,
            state: watch::Sender::new(State::Waiting(waiting)),
            halves: RwLock::default(),
            elsewhere: RwLock::default(),
            wanted: Notify::new(),
            news: watch::Sender::new(News {
                lease: Millis(i64::MIN),
                until: Instant::now(),
                peers: 0,
                topics: 0,
            }),
            since: Instant::now(),
            is_settled: AtomicBool::new(false),
            creating: Arc::default(),
            stop,
        }
    }

    /// A half by name.
    pub(super) fn half(&self, link: &LinkName) -> Option<Arc<Half>> {
        self.halves.read().unwrap_or_else(PoisonError::into_inner).get(link).cloned()
    }

    /// All halves by name.
    pub(super) fn halves(&self) -> Vec<Arc<Half>> {
        self.halves.read().unwrap_or_else(PoisonError::into_inner).values().cloned().collect()
    }

    /// All halves, those included that another gateway runs.
    pub(super) fn seen(&self) -> Vec<Arc<Half>> {
        let elsewhere = self.elsewhere.read().unwrap_or_else(PoisonError::into_inner);
        elsewhere.values().cloned().chain(self.halves()).collect()
    }

    /// A half by name, even when another gateway runs it.
    pub(super) fn seen_half(&self, link: &LinkName) -> Option<Arc<Half>> {
        let elsewhere =
            || self.elsewhere.read().unwrap_or_else(PoisonError::into_inner).get(link).cloned();
        self.half(link).or_else(elsewhere)
    }

    /// Replaces what is known of the halves that another gateway runs.
    fn see(&self, halves: Halves) {
        let mut elsewhere = self.elsewhere.write().unwrap_or_else(PoisonError::into_inner);
        let changed = !(elsewhere.is_empty() && halves.is_empty());
        *elsewhere = halves;
        drop(elsewhere);
        if changed {
            self.shared.halves_changed();
        }
    }

    /// Whether a list of links is to be told without those of this cluster: they were read, or nobody should wait
    /// for them any longer.
    pub(super) fn is_settled(&self) -> bool {
        self.is_settled.load(Ordering::Relaxed)
            || matches!(self.cluster.view().status, ClusterStatus::Down { .. })
            || self.since.elapsed() > PATIENCE
    }

    fn settle(&self) {
        if !self.is_settled.swap(true, Ordering::Relaxed) {
            self.shared.halves_changed();
        }
    }

    /// Whether the links are known.
    ///
    /// # Errors
    /// Why they are not yet.
    pub(super) fn known(&self) -> Result<(), Refusal> {
        match &*self.state.borrow() {
            State::Waiting(why) => Err(why.clone()),
            State::Empty | State::Open(_) | State::ReadOnly(_) => Ok(()),
        }
    }

    /// The state, opened for the first link if need be.
    ///
    /// # Errors
    /// Why it cannot be opened.
    pub(super) async fn store(&self) -> Result<StateStore, Refusal> {
        let mut state = self.state.subscribe();
        self.wanted.notify_one();
        let opened = async {
            loop {
                match &*state.borrow_and_update() {
                    State::Open(store) => return Ok(store.clone()),
                    State::Waiting(why) | State::ReadOnly(why) => return Err(why.clone()),
                    State::Empty => {}
                }
                if state.changed().await.is_err() {
                    return Err(self.going());
                }
            }
        };
        tokio::time::timeout(PATIENCE, opened).await.unwrap_or_else(|_| Err(self.going()))
    }

    /// Why orders to the links of the cluster are not taken although they are known: it is read-only here.
    pub(super) fn read_only(&self) -> Option<Refusal> {
        match &*self.state.borrow() {
            State::ReadOnly(why) => Some(why.clone()),
            State::Waiting(_) | State::Empty | State::Open(_) => None,
        }
    }

    fn going(&self) -> Refusal {
        let name = &self.cluster.spec().name;
        Refusal::new(
            ErrorCode::Unavailable,
            format!("the state of the links of {name} cannot be opened now"),
        )
        .remedy("Look at the cluster, and try again.")
    }

    /// Runs until the cluster is removed or the gateway stops.
    pub(super) async fn run(self: Arc<Self>) {
        while !self.stop.is_cancelled() {
            let pause = self.turn().await;
            tokio::select! {
                () = self.stop.cancelled() => {}
                () = tokio::time::sleep(pause) => {}
                () = self.wanted.notified() => {}
            }
        }
    }

    /// Starts a half that was stored.
    pub(super) fn start_half(&self, stored: StoredLink, contents: Contents, store: StateStore) {
        let (orders, inbox) = mpsc::channel(ORDERS);
        let mode = stored.readable().mode();
        let (name, remote_cluster_id) = (stored.name.clone(), stored.remote_cluster_id.clone());
        let stop = self.stop.child_token();
        let parts = runner::Parts {
            cluster: Arc::clone(&self.cluster),
            link: stored,
            contents,
            store,
            notices: self.shared.notices.clone(),
            budget: self.shared.budget.clone(),
            peers: Arc::clone(&self.shared) as Arc<dyn runner::Peers>,
            stop: stop.clone(),
        };
        let (runner, shown) = Runner::new(parts, inbox, self.news.subscribe());
        let half = Half {
            cluster: Arc::clone(&self.cluster),
            name: name.clone(),
            mode,
            remote_cluster_id,
            orders,
            shown: shown.clone(),
            stop,
        };
        self.shared.tasks.spawn("link", runner.run());
        self.shared.watch(shown);
        self.halves.write().unwrap_or_else(PoisonError::into_inner).insert(name, Arc::new(half));
    }

    /// Forgets a half whose records are gone.
    pub(super) fn drop_half(&self, link: &LinkName) {
        let half = self.halves.write().unwrap_or_else(PoisonError::into_inner).remove(link);
        if let Some(half) = half {
            half.stop.cancel();
        }
        self.shared.halves_changed();
    }

    async fn end_all(&self) {
        let halves =
            std::mem::take(&mut *self.halves.write().unwrap_or_else(PoisonError::into_inner));
        for half in halves.values() {
            half.stop.cancel();
        }
        for half in halves.values() {
            half.orders.closed().await;
        }
        // What they have left behind on slow connections stays here.
        self.renew(Instant::now());
        self.shared.halves_changed();
    }

    /// Ends everything: the cluster was removed.
    pub(super) fn end(&self) {
        self.stop.cancel();
    }

    /// Tells all halves that one of them appeared, went or changed, on whichever cluster.
    pub(super) fn peers_changed(&self) {
        self.news.send_modify(|news| news.peers += 1);
    }

    /// Tells all halves that topics of the cluster were created or deleted.
    fn topics_changed(&self) {
        self.news.send_modify(|news| news.topics += 1);
    }
}

/// Orders to a half that wait to be taken.
const ORDERS: usize = 256;
/// The records of each link.
pub(super) fn by_link(contents: Contents) -> Vec<(StoredLink, Contents)> {
    let mut parts: BTreeMap<LinkName, Contents> = BTreeMap::new();
    for mirror in contents.mirrors {
        parts.entry(mirror.record.link.clone()).or_default().mirrors.push(mirror);
    }
    for partition in contents.partitions {
        parts.entry(partition.link.clone()).or_default().partitions.push(partition);
    }
    contents
        .links
        .into_iter()
        .map(|link| {
            let part = parts.remove(&link.name).unwrap_or_default();
            (link, part)
        })
        .collect()
}
