//! Moves the data of a link: owns the partition machines of some of its mirrors and performs their effects.
//!
//! One task, one owner: it takes an input, lets the machine handle it, and starts what the effects ask for.
//! Requests of all machines are gathered within a turn, so that a thousand partitions share a few fetches,
//! produce requests and questions.

mod asks;
mod brought;
mod effects;
mod faults;
mod machines;
mod reader;
mod routing;
mod settings;
mod shown;
mod telling;
mod writer;

use std::{
    collections::{BTreeMap, BTreeSet, VecDeque},
    sync::Arc,
    time::Duration,
};

use drawbridge_engine::{
    Millis,
    mirror::PartitionReport,
    partition::{Command, Effect, Input, Memory, Notice, Spec},
};
use drawbridge_kafka::Client;
use drawbridge_shared::{link::LinkName, names::TopicName};
use futures_util::{FutureExt, StreamExt, future::BoxFuture, stream::FuturesUnordered};
use tokio::sync::{mpsc, oneshot, watch};
use uuid::Uuid;

pub(super) use asks::{Transactions, transactional_id};
pub(super) use faults::words;
use machines::{Machines, Wakes};
use reader::{Id, Polled, Reader, Want};
pub(super) use settings::{FetchSettings, limits};
pub(super) use shown::{PartitionShown, Shown};
use writer::{Lane, Sending, Sent};

use super::{budget::Budget, memories::Memories, store::StateStore};
use crate::clock::now_ms;

/// Inputs taken before what they asked for is started.
const TURN: usize = 256;
/// Between two looks at what is shown.
const SHOW: Duration = Duration::from_millis(250);
/// Notices kept for a runner that does not take them; it has said enough by then.
const NOTICES: usize = 1_000;
/// How long a follower that a leader named is asked instead of it (KIP-392).
const NEARER_MS: i64 = 300_000;

/// A partition to move.
#[derive(Debug, Clone)]
pub(super) struct Plan {
    pub(super) source_topic: Arc<str>,
    pub(super) source_topic_id: Option<Uuid>,
    pub(super) mirror_topic: TopicName,
    pub(super) mirror_topic_id: Option<Uuid>,
    pub(super) partition: i32,
    pub(super) spec: Spec,
    pub(super) memory: Memory,
}

/// What a mover is told.
#[derive(Debug)]
pub(super) enum Order {
    /// Take partitions on.
    Add(Vec<Plan>),
    /// Tell all partitions of a mirror.
    Command(TopicName, Command),
    /// Let go of a mirror, at once.
    Remove(TopicName),
    /// The partitions may be written until then.
    Lease(Millis),
    /// Fetch like this from now on.
    Settings(FetchSettings),
    /// What this producer wrote is the link's own, too.
    Own(i64),
}

/// What a mover tells.
#[derive(Debug)]
pub(super) enum Told {
    /// A partition's report has changed.
    Report(TopicName, PartitionReport),
    /// Something worth telling.
    Notice(TopicName, i32, Notice),
    /// A producer is about to write for the link; nothing is written before it is known to be the link's own.
    Producer(i64, oneshot::Sender<()>),
}

/// What a mover works with.
pub(super) struct Parts {
    pub(super) link: LinkName,
    pub(super) source: Client,
    pub(super) sink: Client,
    pub(super) store: StateStore,
    pub(super) memories: Memories,
    pub(super) budget: Budget,
    pub(super) settings: FetchSettings,
    /// What fills offsets where markers are not permitted.
    pub(super) transactions: Arc<Transactions>,
    pub(super) lease: Millis,
}

/// Handle to a mover; it ends when the handle is dropped.
#[derive(Debug)]
pub(super) struct Handle {
    /// There are a few for each mirror, and all of them at once when the mover starts.
    orders: mpsc::UnboundedSender<Order>,
    pub(super) shown: watch::Receiver<Arc<Shown>>,
    task: tokio::task::JoinHandle<()>,
}

impl Handle {
    /// Gives an order. False when the mover is gone: it has to be replaced.
    #[must_use]
    pub(super) fn order(&self, order: Order) -> bool {
        self.orders.send(order).is_ok()
    }
}

impl Drop for Handle {
    fn drop(&mut self) {
        self.task.abort();
    }
}

/// Starts a mover.
pub(super) fn start(parts: Parts, told: mpsc::Sender<Told>) -> Handle {
    #[expect(
        clippy::disallowed_methods,
        reason = "a few orders for each mirror, and a full queue would end the movers of a link with many"
    )]
    let (orders, inbox) = mpsc::unbounded_channel();
    let (publish, shown) = watch::channel(Arc::default());
    let mover = Mover {
        lease: parts.lease,
        parts,
        inbox,
        told,
        untold: BTreeSet::new(),
        notices: VecDeque::new(),
        publish,
        machines: Machines::default(),
        wakes: Wakes::default(),
        readers: BTreeMap::new(),
        lanes: BTreeMap::new(),
        unrouted_wants: Vec::new(),
        unrouted_batches: VecDeque::new(),
        locating: (false, false),
        gathered: asks::Gathered::default(),
        running: FuturesUnordered::new(),
        effects: Vec::new(),
    };
    Handle { orders, shown, task: tokio::spawn(mover.run()) }
}

/// Something that was under way and has ended.
enum Done {
    Polled(Polled),
    Sent(Sent),
    Answers(asks::Answers),
    SourceLocated,
    SinkLocated,
}

struct Mover {
    parts: Parts,
    inbox: mpsc::UnboundedReceiver<Order>,
    told: mpsc::Sender<Told>,
    /// Machines whose report has changed, and notices, until the runner takes them.
    untold: BTreeSet<Id>,
    notices: VecDeque<Told>,
    publish: watch::Sender<Arc<Shown>>,
    machines: Machines,
    wakes: Wakes,
    lease: Millis,
    readers: BTreeMap<i32, Reader>,
    lanes: BTreeMap<(i32, u16), Lane>,
    /// Wants and batches whose leader is to be looked up.
    unrouted_wants: Vec<(Id, Want)>,
    unrouted_batches: VecDeque<Sending>,
    /// Whether leaders are being looked up, on the source and on the destination.
    locating: (bool, bool),
    gathered: asks::Gathered,
    running: FuturesUnordered<BoxFuture<'static, Done>>,
    effects: Vec<Effect>,
}

impl Mover {
    async fn run(mut self) {
        let mut show = tokio::time::interval(SHOW);
        show.set_missed_tick_behavior(tokio::time::MissedTickBehavior::Delay);
        loop {
            let wake = self.wakes.next().map(|at| at.since(Millis(now_ms())).max(0));
            let wake =
                Duration::from_millis(wake.and_then(|ms| u64::try_from(ms).ok()).unwrap_or(60_000));
            tokio::select! {
                order = self.inbox.recv() => match order {
                    Some(order) => self.take(order),
                    None => return,
                },
                Some(done) = self.running.next() => self.end(done),
                () = tokio::time::sleep(wake) => self.tick(),
                _ = show.tick() => self.show(),
            }
            for _ in 0..TURN {
                if let Ok(order) = self.inbox.try_recv() {
                    self.take(order);
                } else if let Some(Some(done)) = self.running.next().now_or_never() {
                    self.end(done);
                } else {
                    break;
                }
            }
            self.start_all();
        }
    }

    fn take(&mut self, order: Order) {
        match order {
            Order::Add(plans) => {
                let until = self.lease;
                for plan in plans {
                    let id = self.machines.add(plan);
                    self.give(id, Input::Lease { until });
                }
            }
            Order::Command(topic, command) => {
                for id in self.machines.of_topic(&topic) {
                    self.give(id, Input::Command(command));
                }
            }
            Order::Remove(topic) => {
                for id in self.machines.remove_topic(&topic) {
                    self.readers.values_mut().for_each(|reader| reader.forget(id));
                    self.unrouted_wants.retain(|(waiting, _)| *waiting != id);
                    self.unrouted_batches.retain(|waiting| waiting.id != id);
                    self.lanes.values_mut().for_each(|lane| lane.forget(id));
                }
            }
            Order::Lease(until) => {
                self.lease = until;
                for id in self.machines.ids() {
                    self.give(id, Input::Lease { until });
                }
            }
            Order::Settings(settings) => self.parts.settings = settings,
            Order::Own(producer) => self.machines.own(producer),
        }
    }

    fn tick(&mut self) {
        let now = Millis(now_ms());
        while let Some(id) = self.wakes.due(now) {
            self.give(id, Input::Tick);
        }
    }

    fn end(&mut self, done: Done) {
        match done {
            Done::Polled(polled) => {
                let Some(reader) = self.readers.get_mut(&polled.broker) else { return };
                let wait = i64::try_from(self.parts.settings.max_wait.as_millis()).unwrap_or(0);
                for brought in reader.ended(polled, Millis(now_ms()).plus(-wait)) {
                    if let Some(machine) = self.machines.get_mut(brought.id) {
                        machine.fetched_bytes(brought.size);
                        if let Some(broker) = brought.nearer {
                            machine.nearer = Some((broker, Millis(now_ms()).plus(NEARER_MS)));
                        } else if brought.moved {
                            machine.nearer = None;
                            self.parts.source.forget_topic(&machine.plan.source_topic);
                        }
                    }
                    self.give(
                        brought.id,
                        Input::Answer { ask: brought.ask, answer: brought.answer },
                    );
                }
            }
            Done::Sent(Sent { broker, lane, answers }) => {
                if let Some(lane) = self.lanes.get_mut(&(broker, lane)) {
                    lane.ended();
                }
                for (id, ask, answer, moved) in answers {
                    if moved && let Some(machine) = self.machines.get(id) {
                        self.parts.sink.forget_topic(machine.plan.mirror_topic.as_str());
                    }
                    self.give(id, Input::Answer { ask, answer });
                }
            }
            Done::Answers(answers) => {
                for (id, ask, answer) in answers {
                    self.give(id, Input::Answer { ask, answer });
                }
            }
            Done::SourceLocated => {
                self.locating.0 = false;
                for (id, want) in std::mem::take(&mut self.unrouted_wants) {
                    self.route_want(id, want, true);
                }
            }
            Done::SinkLocated => {
                self.locating.1 = false;
                for sending in std::mem::take(&mut self.unrouted_batches) {
                    self.route_batch(sending, true);
                }
            }
        }
    }

    /// Gives a machine an input and takes its effects.
    fn give(&mut self, id: Id, input: Input) {
        let now = Millis(now_ms());
        let mut effects = std::mem::take(&mut self.effects);
        if let Some(machine) = self.machines.get_mut(id) {
            machine.handle(now, input, &mut effects);
            if machine.report_changed() {
                self.untold.insert(id);
            }
        }
        for effect in effects.drain(..) {
            self.perform(id, effect);
        }
        self.effects = effects;
    }

    /// Starts everything that was asked for in this turn.
    fn start_all(&mut self) {
        self.tell();
        self.locate();
        let parts = &self.parts;
        let abouts = std::mem::take(&mut self.gathered);
        if !abouts.bounds.is_empty() {
            self.run_asks(asks::bounds(parts.source.clone(), abouts.bounds));
        }
        if !abouts.producers.is_empty()
            && let Some(data) = self.machines.data_producer()
        {
            self.run_asks(asks::producers(parts.sink.clone(), abouts.producers, data));
        }
        if !abouts.ends.is_empty() {
            self.run_asks(asks::ends(parts.sink.clone(), abouts.ends));
        }
        for reader in self.readers.values_mut() {
            while let Some(poll) = reader.next() {
                let poll = poll.run(parts.source.clone(), parts.settings, parts.budget.clone());
                self.running.push(poll.map(Done::Polled).boxed());
            }
        }
        self.readers.retain(|_, reader| !reader.is_idle());
        for ((broker, number), lane) in &mut self.lanes {
            while let Some(send) = lane.next(*broker, *number) {
                let settings = parts.settings;
                let send =
                    send.run(parts.sink.clone(), settings.produce_timeout, settings.first_lane);
                self.running.push(send.map(Done::Sent).boxed());
            }
        }
        self.lanes.retain(|_, lane| !lane.is_idle());
    }
}
