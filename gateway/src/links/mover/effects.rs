//! Starts what a machine's effects ask for.

use std::sync::Arc;

use drawbridge_engine::partition::{Answer, Ask, Effect, Memory, Sent};
use drawbridge_kafka::admin::TopicPartition;
use futures_util::FutureExt;

use super::{Done, Mover, NOTICES, Told, asks, reader::Id};
use crate::links::store::{Stored, StoredPartition};

impl Mover {
    pub(super) fn perform(&mut self, id: Id, effect: Effect) {
        if effect.writes() && !self.machines.rouse(id, &self.parts.memories) {
            return;
        }
        let Some(machine) = self.machines.get(id) else { return };
        let plan = &machine.plan;
        let here = || TopicPartition::new(plan.mirror_topic.as_str(), plan.partition);
        let there = || TopicPartition::new(&*plan.source_topic, plan.partition);
        let sink = || self.parts.sink.clone();
        match effect {
            Effect::Fetch { ask, offset, max_bytes, last_epoch } => {
                let want = machine.want(ask, offset, max_bytes, last_epoch);
                self.route_want(id, want, false);
            }
            Effect::Produce { ask, batch } => {
                let sending = machine.sending(id, ask, batch);
                self.route_batch(sending, false);
            }
            Effect::SourceBounds { ask } => self.gathered.bounds.push((id, ask, there())),
            Effect::DescribeProducers { ask } => self.gathered.producers.push((id, ask, here())),
            Effect::LogEnd { ask } => self.gathered.ends.push((id, ask, here())),
            Effect::Tail { ask, offset } => {
                self.run_asks(asks::tail(sink(), (id, ask, here()), offset));
            }
            Effect::Markers { ask, producer, runs } => {
                self.run_asks(asks::markers(sink(), (id, ask, here()), producer, runs));
            }
            Effect::Transactions { ask, count } => {
                let transactions = Arc::clone(&self.parts.transactions);
                self.run_asks(asks::transactions(sink(), (id, ask, here()), transactions, count));
            }
            Effect::Trim { ask, before } => {
                self.run_asks(asks::trim(sink(), (id, ask, here()), before));
            }
            Effect::Remember { ask, memory } => self.remember(id, ask, memory),
            Effect::Wake { at } => self.wakes.set(id, at),
            Effect::Notice(notice) => {
                if self.notices.len() < NOTICES {
                    let told = Told::Notice(plan.mirror_topic.clone(), plan.partition, notice);
                    self.notices.push_back(told);
                }
            }
        }
    }

    fn remember(&mut self, id: Id, ask: Ask, memory: Memory) {
        let Some(machine) = self.machines.get(id) else { return };
        let (topic, partition) = (machine.plan.mirror_topic.clone(), machine.plan.partition);
        let record = Stored::Partition(StoredPartition {
            link: self.parts.link.clone(),
            topic: topic.clone(),
            partition,
            memory: memory.clone(),
        });
        let (store, memories) = (self.parts.store.clone(), self.parts.memories.clone());
        if memory.sent == Sent::Nothing {
            // So it is, and it may be stored although the answer is lost: who comes next has to store it anew
            // before anything is sent.
            memories.rest(&topic, partition);
        }
        self.run_asks(async move {
            let result = match store.put(record).await {
                Ok(()) => {
                    memories.set(&topic, partition, memory);
                    Ok(())
                }
                Err(error) => Err(asks::not_stored(error.to_string())),
            };
            vec![(id, ask, Answer::Noted(result))]
        });
    }

    pub(super) fn run_asks(&self, work: impl Future<Output = asks::Answers> + Send + 'static) {
        self.running.push(work.map(Done::Answers).boxed());
    }
}
