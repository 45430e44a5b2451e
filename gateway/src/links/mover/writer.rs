//! Producing to one broker of the destination for many partitions at once.
//!
//! A broker works on one request per connection at a time, so there are several lanes, and each partition
//! has its own for good: its batches stay in order. A request carries one batch of each partition that has one.

use std::{
    collections::{BTreeMap, BTreeSet, VecDeque},
    sync::Arc,
    time::Duration,
};

use bytes::Bytes;
use drawbridge_engine::{
    batch::Stamped,
    partition::{Answer, Ask},
};
use drawbridge_kafka::{
    Client, Error,
    data::{Acks, BatchParts, ProducePartition, ProduceRequest, ProducedPartition},
};
use uuid::Uuid;

use super::{faults::fault, reader::Id};

/// Connections per broker and mover.
pub(super) const LANES: u16 = 2;
/// Requests under way on one connection.
const IN_FLIGHT: usize = 5;
/// Bytes of records in one request; a larger batch goes alone.
const REQUEST_BYTES: usize = 8 << 20;

/// A batch on its way.
#[derive(Debug)]
pub(super) struct Sending {
    pub(super) id: Id,
    pub(super) ask: Ask,
    pub(super) topic: Arc<str>,
    pub(super) topic_id: Option<Uuid>,
    pub(super) partition: i32,
    pub(super) batch: Stamped,
}

/// One connection to one broker.
#[derive(Debug, Default)]
pub(super) struct Lane {
    waiting: VecDeque<Sending>,
    in_flight: usize,
}

/// A request to start.
pub(super) struct Send {
    broker: i32,
    lane: u16,
    batches: Vec<Sending>,
}

/// A request that has ended.
pub(super) struct Sent {
    pub(super) broker: i32,
    pub(super) lane: u16,
    /// Per batch: machine, question, answer, whether the leader is another one now.
    pub(super) answers: Vec<(Id, Ask, Answer, bool)>,
}

impl Lane {
    pub(super) fn push(&mut self, sending: Sending) {
        self.waiting.push_back(sending);
    }

    /// Drops what waits of a machine that is gone: its topic may be somebody else's by now.
    pub(super) fn forget(&mut self, id: Id) {
        self.waiting.retain(|sending| sending.id != id);
    }

    pub(super) fn is_idle(&self) -> bool {
        self.waiting.is_empty() && self.in_flight == 0
    }

    pub(super) fn ended(&mut self) {
        self.in_flight = self.in_flight.saturating_sub(1);
    }

    /// The next request, if there is something to send and room for it.
    pub(super) fn next(&mut self, broker: i32, lane: u16) -> Option<Send> {
        if self.in_flight >= IN_FLIGHT || self.waiting.is_empty() {
            return None;
        }
        let mut batches: Vec<Sending> = Vec::new();
        let mut taken = BTreeSet::new();
        let mut later = VecDeque::new();
        let mut bytes = 0_usize;
        for sending in self.waiting.drain(..) {
            let fits =
                batches.is_empty() || bytes.saturating_add(sending.batch.len()) <= REQUEST_BYTES;
            // Once one of a partition has to wait, so do those behind it.
            if fits && taken.insert(sending.id) {
                bytes += sending.batch.len();
                batches.push(sending);
            } else {
                taken.insert(sending.id);
                later.push_back(sending);
            }
        }
        self.waiting = later;
        self.in_flight += 1;
        Some(Send { broker, lane, batches })
    }
}

impl Send {
    /// Carries the request out.
    pub(super) async fn run(self, sink: Client, timeout: Duration, first_lane: u16) -> Sent {
        let partitions = self.batches.iter().map(|sending| ProducePartition {
            topic: sending.topic.to_string(),
            topic_id: sending.topic_id,
            partition: sending.partition,
            batch: BatchParts {
                header: Bytes::copy_from_slice(&sending.batch.header),
                records: vec![sending.batch.records.clone()],
            },
        });
        let request = ProduceRequest {
            acks: Acks::All,
            timeout,
            transactional_id: None,
            partitions: partitions.collect(),
        };
        let lane = first_lane.saturating_add(self.lane);
        let outcome = sink.produce(self.broker, lane, &request).await;
        let answers = answers(self.batches, outcome);
        Sent { broker: self.broker, lane: self.lane, answers }
    }
}

fn answers(
    batches: Vec<Sending>,
    outcome: Result<Vec<ProducedPartition>, Error>,
) -> Vec<(Id, Ask, Answer, bool)> {
    match outcome {
        Ok(produced) => {
            let mut by_place: BTreeMap<(String, i32), ProducedPartition> = produced
                .into_iter()
                .map(|produced| ((produced.topic.clone(), produced.partition), produced))
                .collect();
            let answer = |sending: Sending| {
                let place = (sending.topic.to_string(), sending.partition);
                let (result, moved) = match by_place.remove(&place) {
                    Some(ProducedPartition { error: Some(error), .. }) => {
                        let moved = error.code().is_some_and(|code| code.means_stale_leader());
                        (Err(fault(&error)), moved)
                    }
                    Some(produced) => (Ok(produced.base_offset), false),
                    None => (Err(fault(&Error::Closed)), true),
                };
                (sending.id, sending.ask, Answer::Produced(result), moved)
            };
            batches.into_iter().map(answer).collect()
        }
        Err(error) => {
            let answer = |sending: Sending| {
                (sending.id, sending.ask, Answer::Produced(Err(fault(&error))), true)
            };
            batches.into_iter().map(answer).collect()
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn sending(id: Id, ask: u64, bytes: usize) -> Sending {
        Sending {
            id,
            ask: Ask(ask),
            topic: "t".into(),
            topic_id: None,
            partition: i32::try_from(id).unwrap(),
            batch: Stamped { header: [0; 61], records: Bytes::from(vec![0; bytes]) },
        }
    }

    fn asks(send: &Send) -> Vec<u64> {
        send.batches.iter().map(|sending| sending.ask.0).collect()
    }

    #[test]
    fn a_request_has_one_batch_of_each_partition_and_keeps_the_order_within_each() {
        let mut lane = Lane::default();
        for (id, ask) in [(1, 1), (2, 2), (1, 3), (2, 4), (1, 5)] {
            lane.push(sending(id, ask, 10));
        }
        assert_eq!(asks(&lane.next(0, 0).unwrap()), [1, 2]);
        assert_eq!(asks(&lane.next(0, 0).unwrap()), [3, 4]);
        assert_eq!(asks(&lane.next(0, 0).unwrap()), [5]);
        assert!(lane.next(0, 0).is_none());
    }

    #[test]
    fn what_does_not_fit_waits_and_nothing_of_its_partition_overtakes_it() {
        let mut lane = Lane::default();
        lane.push(sending(1, 1, REQUEST_BYTES - 100));
        lane.push(sending(2, 2, 1_000));
        lane.push(sending(2, 3, 1));
        assert_eq!(asks(&lane.next(0, 0).unwrap()), [1]);
        assert_eq!(asks(&lane.next(0, 0).unwrap()), [2]);
        assert_eq!(asks(&lane.next(0, 0).unwrap()), [3]);
    }

    #[test]
    fn nothing_of_a_machine_that_is_gone_is_sent() {
        let mut lane = Lane::default();
        lane.push(sending(1, 1, 1));
        lane.push(sending(2, 2, 1));
        lane.forget(1);
        assert_eq!(asks(&lane.next(0, 0).unwrap()), [2]);
        assert!(lane.next(0, 0).is_none());
    }

    #[test]
    fn so_many_requests_are_under_way_at_once_and_no_more() {
        let mut lane = Lane::default();
        (0..20).for_each(|ask| lane.push(sending(1, ask, 1)));
        assert_eq!((0..20).filter_map(|_| lane.next(0, 0)).count(), IN_FLIGHT);
        lane.ended();
        assert!(lane.next(0, 0).is_some());
    }
}
