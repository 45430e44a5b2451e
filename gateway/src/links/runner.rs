//! Runs one half of a link: owns its state, its mirrors and its tasks, and performs what they ask for.
//!
//! One task, one owner. Everything that waits for a cluster is a job whose result comes back as an input, so
//! an order is answered, and the state is shown, however long a cluster takes.

mod acts;
mod altering;
mod configure;
mod credentials;
mod half_made;
mod jobs;
mod last_syncs;
mod looking;
mod making;
mod mirrors;
mod moving;
mod producers;
mod tasks;
mod views;

use std::{
    collections::{BTreeMap, VecDeque},
    sync::Arc,
    time::Duration,
};

use drawbridge_engine::{
    Millis,
    link::{Link, LinkEffect, LinkInput},
    mirror::MirrorInput,
    task::{Task, TaskError, consumer_offsets::Committed},
};
use drawbridge_kafka::Client;
use drawbridge_shared::{
    draft::ConfigChange,
    link::{LinkConfigs, LinkMode, LinkName, TaskName},
    names::TopicName,
    view::Severity,
};
use futures_util::{StreamExt, future::BoxFuture, stream::FuturesUnordered};
use tokio::sync::{mpsc, watch};
use tokio_util::sync::CancellationToken;

pub(super) use configure::{Peers, Twin};
use jobs::Done;
use mirrors::Entry;
pub(super) use views::{Partitions, mirror_detail, nothing};

use super::{
    budget::Budget,
    ends::Ends,
    half::{News, Order, Shown},
    history::History,
    memories::Memories,
    mover,
    store::{Contents, StateStore, StoredLink},
};
use crate::{clock::now_ms, clusters::Cluster, notices::Notices};

/// News of movers that wait to be taken.
const TOLD: usize = 1_024;
/// How often timers are looked at and what is shown is made anew.
const TICK: Duration = Duration::from_millis(250);

/// What a runner works with.
pub(super) struct Parts {
    pub(super) cluster: Arc<Cluster>,
    pub(super) link: StoredLink,
    /// Mirrors and partitions of this link.
    pub(super) contents: Contents,
    pub(super) store: StateStore,
    pub(super) notices: Notices,
    pub(super) budget: Budget,
    pub(super) peers: Arc<dyn Peers>,
    /// Ends it.
    pub(super) stop: CancellationToken,
}

/// The runner.
pub(super) struct Runner {
    cluster: Arc<Cluster>,
    stored: StoredLink,
    store: StateStore,
    notices: Notices,
    budget: Budget,
    peers: Arc<dyn Peers>,
    lease: Millis,
    stop: CancellationToken,
    inbox: mpsc::Receiver<Order>,
    news: watch::Receiver<News>,
    heard: News,
    publish: watch::Sender<Arc<Shown>>,
    link: Link,
    next_check: Millis,
    /// When a remote that did not answer is looked at again, between the checks that count.
    next_glance: Millis,
    glancing: bool,
    /// Clients of the link's data, once both ends are known.
    ends: Option<Ends>,
    /// The other half as it was when the ends were made.
    met: Option<Twin>,
    /// The client that checks whether the remote cluster is there.
    remote: Option<Client>,
    /// Why the ends cannot be reached yet, when it is not a fault of the configs.
    waiting_for: Option<String>,
    /// What keeps the data from moving although both ends answer.
    hindrance: Option<String>,
    producer_expiry_ms: Option<i64>,
    asking_producers: bool,
    next_producers: Millis,
    movers: Vec<mover::Handle>,
    told: (mpsc::Sender<mover::Told>, mpsc::Receiver<mover::Told>),
    mirrors: BTreeMap<TopicName, Entry>,
    memories: Memories,
    tasks: BTreeMap<TaskName, Task>,
    committed: Committed,
    /// Mirrors that AutoCreateMirror is waiting for, and what it could not do.
    auto_pending: usize,
    auto_errors: Vec<TaskError>,
    observing: bool,
    /// The mirror topics were looked at since the gateway runs the link.
    looked: bool,
    next_look: Millis,
    /// Mirrors to make: half made before a crash, or asked for.
    unmade: VecDeque<making::Unmade>,
    /// Source topics whose mirrors are being made, each with its mirror and the partitions of it that may be stored
    /// although the mirror is not in the list yet, or not any more.
    making: BTreeMap<String, Option<(TopicName, i32)>>,
    last_syncs: last_syncs::LastSyncs,
    history: History,
    /// The link's record is being stored, and nothing else may be made of what it was before.
    altering: bool,
    /// Changes that wait for that.
    unaltered: VecDeque<(Vec<ConfigChange>, super::half::Reply<()>)>,
    unkept: VecDeque<producers::Kept>,
    retiring: Option<super::half::Reply<()>>,
    retire_until: Millis,
    running: FuturesUnordered<BoxFuture<'static, Done>>,
}

impl Runner {
    /// A runner of what was stored, and what it shows.
    pub(super) fn new(
        parts: Parts,
        inbox: mpsc::Receiver<Order>,
        news: watch::Receiver<News>,
    ) -> (Self, watch::Receiver<Arc<Shown>>) {
        let now = Millis(now_ms());
        let heard = *news.borrow();
        let names =
            [TaskName::AutoCreateMirror, TaskName::ConsumerOffsetSync, TaskName::TopicConfigsSync];
        let mut runner = Self {
            link: Link::new(now, None),
            publish: watch::channel(Arc::new(views::nothing(&parts.cluster, &parts.link))).0,
            cluster: parts.cluster,
            stored: parts.link,
            store: parts.store,
            notices: parts.notices,
            budget: parts.budget,
            peers: parts.peers,
            lease: heard.lease,
            stop: parts.stop,
            inbox,
            heard,
            news,
            next_check: Millis::MAX,
            next_glance: now,
            glancing: false,
            ends: None,
            met: None,
            remote: None,
            waiting_for: None,
            hindrance: None,
            producer_expiry_ms: None,
            asking_producers: false,
            next_producers: now,
            movers: Vec::new(),
            told: mpsc::channel(TOLD),
            mirrors: BTreeMap::new(),
            memories: Memories::default(),
            tasks: names.into_iter().map(|name| (name, Task::new(name))).collect(),
            committed: Committed::default(),
            auto_pending: 0,
            auto_errors: Vec::new(),
            observing: false,
            looked: false,
            next_look: now,
            unmade: VecDeque::new(),
            making: BTreeMap::new(),
            last_syncs: last_syncs::LastSyncs::default(),
            history: History::default(),
            altering: false,
            unaltered: VecDeque::new(),
            unkept: VecDeque::new(),
            retiring: None,
            retire_until: Millis::MAX,
            running: FuturesUnordered::new(),
        };
        runner.load(parts.contents, now);
        let shown = runner.publish.subscribe();
        (runner, shown)
    }

    /// Runs until it is stopped or the link is deleted.
    pub(super) async fn run(mut self) {
        let mut tick = tokio::time::interval(TICK);
        let stop = self.stop.clone();
        tick.set_missed_tick_behavior(tokio::time::MissedTickBehavior::Delay);
        self.configure();
        loop {
            tokio::select! {
                () = stop.cancelled() => {
                    self.close_partitions().await;
                    break;
                }
                order = self.inbox.recv() => match order {
                    Some(order) => self.take(order),
                    None => break,
                },
                changed = self.news.changed() => match changed {
                    Ok(()) => self.hear_news(),
                    Err(_) => break,
                },
                Some(told) = self.told.1.recv() => self.hear(told),
                Some(done) = self.running.next() => self.end(done),
                _ = tick.tick() => self.tick(),
            }
            if self.retiring.is_some() && self.retire_further().await {
                break;
            }
        }
        self.movers.clear();
        if let Some(ends) = self.ends.take() {
            ends.close().await;
        }
        if let Some(remote) = self.remote.take() {
            remote.close().await;
        }
    }

    fn take(&mut self, order: Order) {
        match order {
            Order::Alter { changes, validate_only, reply } => {
                self.alter(changes, validate_only, reply);
            }
            Order::CreateMirror { draft, reply } => self.create_mirror(draft, reply),
            Order::Act { action, topics, validate_only, reply } => {
                reply.send(Ok(self.act(action, &topics, validate_only))).ok();
                self.show();
            }
            Order::Retire { force, validate_only, reply } => {
                self.retire(force, validate_only, reply)
            }
            Order::SourceTopics { reply } => self.source_topics(reply),
            Order::Ends { reply } => {
                let why = self.waiting_for.clone().unwrap_or_default();
                let refused = || crate::links::verify::no_ends(self.name(), &why);
                reply.send(self.ends.clone().ok_or_else(refused)).ok();
            }
            Order::Groups { topic, reply } => self.groups(topic.as_ref(), reply),
        }
    }

    fn hear_news(&mut self) {
        let before = self.heard;
        let news = *self.news.borrow_and_update();
        self.heard = news;
        if news.lease != before.lease {
            self.lease = news.lease;
            self.order_all(|_| mover::Order::Lease(news.lease));
        }
        if news.peers != before.peers {
            self.peers_changed();
        }
        if news.topics != before.topics {
            self.next_look = Millis(i64::MIN);
        }
    }

    fn tick(&mut self) {
        let now = Millis(now_ms());
        if now >= self.next_check {
            self.give_link(LinkInput::Tick);
        }
        for topic in self.due_mirrors(now) {
            self.give_mirror(&topic, MirrorInput::Tick);
        }
        self.check_again(now);
        self.start_moving(now);
        self.look(now);
        self.run_tasks(now);
        self.make_next();
        self.show();
    }

    /// Gives the link's machine an input and performs its effects.
    fn give_link(&mut self, input: LinkInput) {
        let now = Millis(now_ms());
        let mut effects = Vec::new();
        self.next_check = Millis::MAX;
        self.link.handle(now, input, &mut effects);
        for effect in effects {
            match effect {
                LinkEffect::Check => self.check_remote(true),
                LinkEffect::Wake { at } => self.next_check = at,
                LinkEffect::Changed { from, to } => self.link_changed(from, to),
            }
        }
        let state = self.link.view().state;
        let topics: Vec<TopicName> = self.mirrors.keys().cloned().collect();
        for topic in topics {
            self.give_mirror(&topic, MirrorInput::Link(state));
        }
    }

    /// The link's configs, while they can be read.
    fn configs(&self) -> Option<&LinkConfigs> {
        self.stored.configs.as_ref().ok()
    }

    fn name(&self) -> &LinkName {
        &self.stored.name
    }

    fn mode(&self) -> LinkMode {
        self.stored.readable().mode()
    }

    fn notice(&self, severity: Severity, topic: Option<&TopicName>, message: String) {
        let cluster = &self.cluster.spec().name;
        self.notices.happened(severity, cluster, self.name(), topic, message);
    }
}
