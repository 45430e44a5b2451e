//! Which broker gets what: the leader of a partition, once it is known.

use std::sync::Arc;

use drawbridge_engine::{Millis, partition::Input};
use drawbridge_kafka::{Client, Leader};
use futures_util::FutureExt;

use super::{
    Done, Mover, machines,
    reader::{Id, Reader, Want},
    writer::{LANES, Sending},
};
use crate::clock::now_ms;

impl Mover {
    /// Gives a want to the reader of its leader, once that is known. `looked` says that it was just looked up.
    pub(super) fn route_want(&mut self, id: Id, want: Want, looked: bool) {
        let Some(machine) = self.machines.get(id) else { return };
        let leader = self.parts.source.known_leader(&want.topic, want.partition);
        match leader {
            Some(leader) => {
                let broker = machine.nearer_now(Millis(now_ms())).unwrap_or(leader.broker);
                let (broker, want) = want.to(Leader { broker, ..leader });
                self.readers.entry(broker).or_insert_with(|| Reader::new(broker)).want(id, want);
            }
            None if looked => {
                let detail = format!("partition {}-{} has no leader", want.topic, want.partition);
                let answer = machine.unlocated(detail);
                self.give(id, Input::Answer { ask: want.ask, answer });
            }
            None => self.unrouted_wants.push((id, want)),
        }
    }

    /// Gives a batch to its lane, behind those of its partition that wait for their leader.
    pub(super) fn route_batch(&mut self, sending: Sending, looked: bool) {
        let waits = self.unrouted_batches.iter().any(|waiting| waiting.id == sending.id);
        let leader = self.parts.sink.known_leader(&sending.topic, sending.partition);
        match leader {
            Some(leader) if !waits => {
                let lane = u16::try_from(sending.id % u64::from(LANES)).unwrap_or(0);
                self.lanes.entry((leader.broker, lane)).or_default().push(sending);
            }
            None if looked => {
                let answer = machines::unsent(&sending);
                self.give(sending.id, Input::Answer { ask: sending.ask, answer });
            }
            Some(_) | None => self.unrouted_batches.push_back(sending),
        }
    }

    /// Looks up leaders that are not known, for all that wait at once.
    pub(super) fn locate(&mut self) {
        if !self.unrouted_wants.is_empty() && !self.locating.0 {
            self.locating.0 = true;
            let topics = self.unrouted_wants.iter().map(|(_, want)| Arc::clone(&want.topic));
            let work = look_up(self.parts.source.clone(), topics.collect());
            self.running.push(work.map(|()| Done::SourceLocated).boxed());
        }
        if !self.unrouted_batches.is_empty() && !self.locating.1 {
            self.locating.1 = true;
            let topics = self.unrouted_batches.iter().map(|waiting| Arc::clone(&waiting.topic));
            let work = look_up(self.parts.sink.clone(), topics.collect());
            self.running.push(work.map(|()| Done::SinkLocated).boxed());
        }
    }
}

async fn look_up(client: Client, mut topics: Vec<Arc<str>>) {
    topics.sort_unstable();
    topics.dedup();
    let names: Vec<&str> = topics.iter().map(|topic| &**topic).collect();
    // What stays unknown is told to the machines that asked; they try again.
    if let Err(error) = client.refresh(&names).await {
        tracing::debug!(%error, "leaders cannot be looked up");
    }
}
