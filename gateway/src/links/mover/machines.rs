//! The partition machines of a mover, each with what is measured around it.

use std::{
    cmp::Reverse,
    collections::{BTreeMap, BTreeSet, BinaryHeap, HashMap},
    sync::Arc,
};

use drawbridge_engine::{
    Millis,
    batch::Stamped,
    lag::LagWatch,
    mirror::PartitionReport,
    partition::{
        Answer, Ask, Certainty, Effect, Fault, FaultKind, Input, Partition, Producer, SourceFault,
    },
    rate::Rate,
};
use drawbridge_shared::names::TopicName;

use crate::{clock::now_ms, links::memories::Memories};

use super::{
    Plan,
    reader::{Id, Want},
    shown::{PartitionShown, Shown},
    writer::Sending,
};

/// Rates are over the last ten seconds.
const RATE: (i64, usize) = (1_000, 10);

/// A machine.
#[derive(Debug)]
pub(super) struct Machine {
    pub(super) plan: Plan,
    machine: Partition,
    lag: LagWatch,
    bytes: Rate,
    records: Rate,
    fetched: u64,
    reported: Option<PartitionReport>,
    last_fetch: Option<Millis>,
    /// A follower of the source that is asked until then.
    pub(super) nearer: Option<(i32, Millis)>,
    topic: Arc<str>,
    /// It was told that nothing of it is under way.
    rests: bool,
}

impl Machine {
    fn new(plan: Plan) -> Self {
        let machine = Partition::new(plan.spec.clone(), plan.memory.clone());
        Self {
            topic: plan.mirror_topic.as_str().into(),
            machine,
            plan,
            lag: LagWatch::default(),
            bytes: Rate::new(RATE.0, RATE.1),
            records: Rate::new(RATE.0, RATE.1),
            fetched: 0,
            reported: None,
            last_fetch: None,
            nearer: None,
            rests: false,
        }
    }

    /// Whether nothing of it is under way since just now; to be told.
    fn came_to_rest(&mut self, now: Millis) -> bool {
        let is_new = !self.rests && self.machine.rests(now);
        self.rests |= is_new;
        is_new
    }

    pub(super) fn handle(&mut self, now: Millis, input: Input, effects: &mut Vec<Effect>) {
        self.machine.handle(now, input, effects);
        let pulse = self.machine.pulse();
        if pulse.last_fetch != self.last_fetch {
            self.last_fetch = pulse.last_fetch;
            if let Some(end) = pulse.source_high_watermark {
                self.lag.fetched(now, end);
            }
        }
        if let Some(end) = pulse.log_end {
            self.lag.mirrored(end);
        }
        let counted = u64::try_from(pulse.counters.records).unwrap_or(0);
        self.records.add(now, counted.saturating_sub(self.records.total()));
        self.bytes.add(now, pulse.counters.bytes.saturating_sub(self.bytes.total()));
    }

    fn own(&mut self, producer: i64) {
        self.machine.own(producer);
    }

    /// Whether the report is another one than was told last.
    pub(super) fn report_changed(&self) -> bool {
        !self.reported.as_ref().is_some_and(|told| told.still_holds(&self.machine))
    }

    pub(super) fn report(&self) -> PartitionReport {
        PartitionReport::of(self.plan.partition, &self.machine)
    }

    /// The report was told.
    pub(super) fn reported(&mut self) {
        self.reported = Some(self.report());
    }

    pub(super) fn fetched_bytes(&mut self, bytes: usize) {
        self.fetched = self.fetched.saturating_add(u64::try_from(bytes).unwrap_or(0));
    }

    pub(super) fn nearer_now(&self, now: Millis) -> Option<i32> {
        self.nearer.filter(|(_, until)| now < *until).map(|(broker, _)| broker)
    }

    pub(super) fn want(
        &self,
        ask: Ask,
        offset: i64,
        max_bytes: usize,
        last_epoch: Option<i32>,
    ) -> Want {
        Want {
            ask,
            topic: Arc::clone(&self.plan.source_topic),
            topic_id: self.plan.source_topic_id,
            partition: self.plan.partition,
            offset,
            max_bytes,
            last_epoch,
            leader_epoch: -1,
            since: Millis(now_ms()),
        }
    }

    pub(super) fn sending(&self, id: Id, ask: Ask, batch: Stamped) -> Sending {
        Sending {
            id,
            ask,
            topic: Arc::clone(&self.topic),
            topic_id: self.plan.mirror_topic_id,
            partition: self.plan.partition,
            batch,
        }
    }

    /// The answer to a fetch that no broker could be asked for.
    pub(super) fn unlocated(&self, detail: String) -> Answer {
        Answer::Fetched(Err(SourceFault::Unavailable(detail)))
    }

    fn shown(&self, now: Millis) -> PartitionShown {
        let view = self.machine.view();
        let memory = self.machine.memory();
        let head_is_open =
            memory.trim_to.is_some() || view.log_end.is_none_or(|end| end < memory.start);
        PartitionShown {
            partition: self.plan.partition,
            lag: self.lag.at(now),
            bytes_per_second: self.bytes.per_second(now),
            records_per_second: self.records.per_second(now),
            fetched_bytes: self.fetched,
            head_is_open,
            view,
        }
    }
}

/// The answer to a batch that no broker could be found for.
pub(super) fn unsent(sending: &Sending) -> Answer {
    let detail = format!("partition {}-{} has no leader", sending.topic, sending.partition);
    Answer::Produced(Err(Fault { certainty: Certainty::Over, kind: FaultKind::Transient, detail }))
}

/// All machines of a mover.
#[derive(Debug, Default)]
pub(super) struct Machines {
    next: Id,
    all: HashMap<Id, Machine>,
    of_topics: BTreeMap<TopicName, BTreeSet<Id>>,
}

impl Machines {
    pub(super) fn add(&mut self, plan: Plan) -> Id {
        self.next += 1;
        self.of_topics.entry(plan.mirror_topic.clone()).or_default().insert(self.next);
        self.all.insert(self.next, Machine::new(plan));
        self.next
    }

    pub(super) fn get(&self, id: Id) -> Option<&Machine> {
        self.all.get(&id)
    }

    pub(super) fn get_mut(&mut self, id: Id) -> Option<&mut Machine> {
        self.all.get_mut(&id)
    }

    /// One of them is about to change its mirror; says whether it may. That its partition rests may have been said
    /// by the machine before it.
    pub(super) fn rouse(&mut self, id: Id, memories: &Memories) -> bool {
        let Some(machine) = self.all.get_mut(&id) else { return false };
        machine.rests = false;
        memories.rouse(&machine.plan.mirror_topic, machine.plan.partition)
    }

    /// What this producer wrote is the link's own.
    pub(super) fn own(&mut self, producer: i64) {
        self.all.values_mut().for_each(|machine| machine.own(producer));
    }

    pub(super) fn ids(&self) -> Vec<Id> {
        self.all.keys().copied().collect()
    }

    pub(super) fn of_topic(&self, topic: &TopicName) -> Vec<Id> {
        self.of_topics.get(topic).map(|ids| ids.iter().copied().collect()).unwrap_or_default()
    }

    pub(super) fn remove_topic(&mut self, topic: &TopicName) -> Vec<Id> {
        let ids: Vec<Id> =
            self.of_topics.remove(topic).map(|ids| ids.into_iter().collect()).unwrap_or_default();
        for id in &ids {
            self.all.remove(id);
        }
        ids
    }

    /// The producer of the link's data; all machines have the same.
    pub(super) fn data_producer(&self) -> Option<Producer> {
        self.all.values().next().map(|machine| machine.plan.spec.data)
    }

    /// Those of which nothing is under way since just now.
    pub(super) fn come_to_rest(&mut self, now: Millis) -> impl Iterator<Item = &Plan> {
        let machines = self.all.values_mut();
        machines.filter_map(move |machine| machine.came_to_rest(now).then_some(&machine.plan))
    }

    pub(super) fn shown(&self, now: Millis) -> Shown {
        let mut shown = Shown::default();
        for machine in self.all.values() {
            let topic = shown.entry(machine.plan.mirror_topic.clone()).or_default();
            topic.insert(machine.plan.partition, machine.shown(now));
        }
        shown
    }
}

/// When which machine is to be given a tick; the latest wish counts.
#[derive(Debug, Default)]
pub(super) struct Wakes {
    heap: BinaryHeap<Reverse<(Millis, Id)>>,
    wished: HashMap<Id, Millis>,
}

impl Wakes {
    pub(super) fn set(&mut self, id: Id, at: Millis) {
        if self.wished.insert(id, at) != Some(at) {
            self.heap.push(Reverse((at, id)));
        }
    }

    pub(super) fn next(&self) -> Option<Millis> {
        self.heap.peek().map(|Reverse((at, _))| *at)
    }

    /// A machine whose time has come.
    pub(super) fn due(&mut self, now: Millis) -> Option<Id> {
        while let Some(Reverse((at, id))) = self.heap.peek().copied() {
            if at > now {
                return None;
            }
            self.heap.pop();
            if self.wished.get(&id) == Some(&at) {
                self.wished.remove(&id);
                return Some(id);
            }
        }
        None
    }
}

#[cfg(test)]
mod tests {
    use drawbridge_engine::partition::{FillRules, Limits, Memory, Sent, Spec};

    use super::*;

    fn plan(topic: &TopicName, memory: Memory) -> Plan {
        let (data, marker) = (Producer { id: 1, epoch: 0 }, Producer { id: 2, epoch: 0 });
        Plan {
            source_topic: topic.as_str().into(),
            source_topic_id: None,
            mirror_topic: topic.clone(),
            mirror_topic_id: None,
            partition: 0,
            spec: Spec {
                data,
                marker,
                own: vec![1, 2],
                fill: FillRules::default(),
                limits: Limits::default(),
            },
            memory,
        }
    }

    #[test]
    fn what_a_machine_made_of_a_resting_partition_sends_is_waited_for_by_the_next_one() {
        let (memories, topic) = (Memories::default(), "orders".parse().unwrap());
        memories.set(&topic, 0, Memory { sent: Sent::Unsequenced, ..Memory::default() });
        memories.rest(&topic, 0);
        let mut machines = Machines::default();
        let id = machines.add(plan(&topic, memories.get(&topic, 0)));
        assert_eq!(memories.get(&topic, 0).sent, Sent::Nothing, "it has sent nothing");
        assert!(machines.rouse(id, &memories));
        assert_eq!(memories.get(&topic, 0).sent, Sent::Unsequenced);
    }

    #[test]
    fn the_latest_wish_of_a_machine_counts() {
        let mut wakes = Wakes::default();
        wakes.set(1, Millis(10));
        wakes.set(2, Millis(5));
        wakes.set(1, Millis(20));
        assert_eq!(wakes.due(Millis(4)), None);
        assert_eq!(wakes.due(Millis(15)), Some(2));
        assert_eq!(wakes.due(Millis(15)), None);
        assert_eq!(wakes.due(Millis(20)), Some(1));
        assert_eq!(wakes.due(Millis(99)), None);
    }
}
