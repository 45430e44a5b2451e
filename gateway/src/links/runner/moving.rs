//! The movers of a link: started when both ends, producers and the lease are there.

use std::{
    collections::{BTreeMap, hash_map::DefaultHasher},
    hash::{Hash, Hasher},
    sync::Arc,
    time::Duration,
};

use drawbridge_engine::{
    Millis,
    mirror::MirrorInput,
    partition::{Command, FillRules, Notice, Spec, Stance},
};
use drawbridge_shared::{names::TopicName, view::Severity};
use uuid::Uuid;

use super::{
    Runner,
    producers::{EXPIRY_MS, Kept},
};
use crate::links::mover::{self, FetchSettings, Plan, Told, Transactions};

/// How long partitions may take to end what they have under way.
const CLOSING: Duration = Duration::from_secs(3);

impl Runner {
    /// Starts the movers when everything they need is there.
    pub(super) fn start_moving(&mut self, now: Millis) {
        let any = self.mirrors.values().any(super::mirrors::Entry::moves);
        // Whether the topics are still the mirrors that they were has to be known first.
        if !any
            || !self.looked
            || !self.movers.is_empty()
            || now >= self.lease
            || self.retiring_is_over()
        {
            return;
        }
        let (Some(ends), Ok(configs)) = (self.ends.clone(), self.stored.configs.clone()) else {
            return;
        };
        let (Some(_), Some(_)) = (&self.stored.producers, self.producer_expiry_ms) else {
            return self.ask_producers(now);
        };
        let count =
            usize::try_from(configs.number("num.cluster.link.fetchers")).unwrap_or(1).max(1);
        let transactions = Arc::new(Transactions::of(self.name().as_str(), self.told.0.clone()));
        let memories = self.memories.for_new_movers();
        for number in 0..count {
            let parts = mover::Parts {
                link: self.name().clone(),
                source: ends.source.clone(),
                sink: ends.sink.clone(),
                store: self.store.clone(),
                memories: memories.clone(),
                budget: self.budget.clone(),
                settings: FetchSettings::of(&configs, number),
                transactions: Arc::clone(&transactions),
                lease: self.lease,
            };
            self.movers.push(mover::start(parts, self.told.0.clone()));
        }
        let topics: Vec<TopicName> = self.mirrors.keys().cloned().collect();
        for topic in topics {
            let count =
                self.mirrors.get(&topic).map_or(0, |entry| entry.machine.record().partitions);
            self.move_partitions(&topic, 0..count);
        }
    }

    /// Gives the movers these partitions of a mirror.
    pub(super) fn move_partitions(&mut self, topic: &TopicName, numbers: std::ops::Range<i32>) {
        if self.movers.is_empty() {
            return;
        }
        let (Some(producers), Ok(configs)) = (self.stored.producers.clone(), &self.stored.configs)
        else {
            return;
        };
        let limits = mover::limits(configs, self.budget.total());
        let expiry = self.producer_expiry_ms.unwrap_or(EXPIRY_MS);
        let limits = drawbridge_engine::partition::Limits {
            producer_expiry_ms: expiry,
            expiry_margin_ms: (expiry / 4).min(limits.expiry_margin_ms),
            ..limits
        };
        let spec = Spec {
            data: producers.data,
            marker: producers.marker,
            own: producers.own,
            fill: FillRules::default(),
            limits,
        };
        let Some(entry) = self.mirrors.get(topic).filter(|entry| entry.moves()) else { return };
        let record = entry.machine.record();
        let source_topic: Arc<str> = record.source_topic.as_str().into();
        let mut plans: BTreeMap<usize, Vec<Plan>> = BTreeMap::new();
        for partition in numbers {
            let plan = Plan {
                source_topic: Arc::clone(&source_topic),
                source_topic_id: record.source_topic_id.map(Uuid::from_bytes),
                mirror_topic: topic.clone(),
                mirror_topic_id: entry.stored.topic_id,
                partition,
                spec: spec.clone(),
                memory: self.memories.get(topic, partition),
            };
            plans.entry(self.mover_of(topic, partition)).or_default().push(plan);
        }
        let command = entry.command;
        for (number, plans) in plans {
            self.order(number, mover::Order::Add(plans));
        }
        if let Some(command) = command {
            self.order_movers(topic, command);
        }
    }

    /// Gives one mover an order. One that does not take orders any more is given up with all others: they are
    /// started anew.
    fn order(&mut self, number: usize, order: mover::Order) {
        let taken = self.movers.get(number).is_none_or(|mover| mover.order(order));
        if !taken {
            tracing::error!(link = %self.name(), number, "a mover is stuck; starting all anew");
            self.movers.clear();
        }
    }

    /// Gives all movers an order.
    pub(super) fn order_all(&mut self, order: impl Fn(usize) -> mover::Order) {
        for number in 0..self.movers.len() {
            self.order(number, order(number));
        }
    }

    fn mover_of(&self, topic: &TopicName, partition: i32) -> usize {
        let mut hasher = DefaultHasher::new();
        (topic, partition).hash(&mut hasher);
        let count = u64::try_from(self.movers.len()).unwrap_or(1).max(1);
        usize::try_from(hasher.finish() % count).unwrap_or(0)
    }

    pub(super) fn order_movers(&mut self, topic: &TopicName, command: Command) {
        self.order_all(|_| mover::Order::Command(topic.clone(), command));
    }

    pub(super) fn remove_from_movers(&mut self, topic: &TopicName) {
        self.order_all(|_| mover::Order::Remove(topic.clone()));
    }

    /// Lets the partitions end what they have under way, so that the next owner need not wait for it.
    pub(super) async fn close_partitions(&mut self) {
        let topics: Vec<TopicName> = self.mirrors.keys().cloned().collect();
        for topic in &topics {
            self.order_movers(topic, Command::Pause);
        }
        let idle = async {
            for mover in &mut self.movers {
                let at_rest = |shown: &Arc<mover::Shown>| {
                    shown.values().flat_map(BTreeMap::values).all(|one| {
                        matches!(one.view.stance, Stance::Idle | Stance::Stopped | Stance::Failed)
                    })
                };
                // The handle is gone when the mover is.
                tokio::time::timeout(Duration::from_millis(500), mover.shown.changed()).await.ok();
                mover.shown.wait_for(at_rest).await.ok();
            }
        };
        if tokio::time::timeout(CLOSING, idle).await.is_err() {
            tracing::info!(link = %self.name(), "some partitions did not end in time; the next owner waits for them");
        }
    }

    pub(super) fn hear(&mut self, told: Told) {
        match told {
            Told::Report(topic, report) => self.give_mirror(&topic, MirrorInput::Partition(report)),
            Told::Notice(topic, partition, notice) => self.tell(&topic, partition, &notice),
            Told::Producer(id, known) => self.keep(Kept::Another(id, known)),
        }
    }

    fn tell(&self, topic: &TopicName, partition: i32, notice: &Notice) {
        let place = format!("mirror '{topic}', partition {partition}");
        match notice {
            Notice::Drained { .. } | Notice::Stopped { .. } => {}
            Notice::Overtaken(overtaken) => {
                let message = format!(
                    "{place}: the source deleted offsets {} to {} before they were mirrored; they stay empty",
                    overtaken.from,
                    overtaken.to - 1
                );
                self.notice(Severity::Attention, Some(topic), message);
            }
            Notice::Blocked { offset, count, reason } => {
                let message =
                    format!("{place}: {count} offsets from {offset} on cannot be filled: {reason}");
                self.notice(Severity::Failed, Some(topic), message);
            }
        }
    }
}
