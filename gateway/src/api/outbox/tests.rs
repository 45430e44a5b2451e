use std::collections::BTreeSet;

use drawbridge_shared::{
    diff::apply,
    view::{Notice, Severity, TopicRow, TopicsView},
    wire::FeedDelta,
};
use proptest::prelude::*;

use super::*;

const STATE: [u64; 3] = [1, 2, 3];
const LOG: u64 = 9;

/// A state of a topics feed with the given partition counts of topics `a`, `b` and `c`.
fn topics(counts: &[u32]) -> Arc<FeedData> {
    let rows = counts.iter().zip(["a", "b", "c"]).filter(|(count, _)| **count > 0);
    Arc::new(FeedData::Topics(TopicsView {
        observed_at_ms: 0,
        measured_at_ms: None,
        measure_fault: None,
        rows: rows
            .map(|(count, name)| TopicRow {
                name: name.to_owned(),
                is_internal: false,
                n_partitions: *count,
                replication_factor: 1,
                under_replicated: 0,
                offline: 0,
                size_bytes: None,
                n_offsets: None,
            })
            .collect(),
    }))
}

fn notices(from: u64, to: u64) -> Arc<FeedData> {
    let notice = |seq| Notice {
        seq,
        at_ms: 0,
        severity: Severity::Info,
        cluster: None,
        topic: None,
        message: String::new(),
    };
    Arc::new(FeedData::Notices((from..to).map(notice).collect()))
}

/// What a client makes of the frames.
#[derive(Default)]
struct Client {
    states: BTreeMap<SubscriptionId, (u64, FeedData)>,
    ended: BTreeSet<SubscriptionId>,
    paid: u32,
    entries: Vec<u64>,
    missed: u64,
}

impl Client {
    fn take(&mut self, message: ServerMessage) {
        let id = match &message {
            ServerMessage::Snapshot { id, .. }
            | ServerMessage::Delta { id, .. }
            | ServerMessage::Gap { id, .. }
            | ServerMessage::Ended { id, .. } => *id,
            _ => return,
        };
        assert!(!self.ended.contains(&id), "a frame after Ended");
        match message {
            ServerMessage::Snapshot { seq, data, .. } => {
                assert_eq!(seq, 0);
                if let FeedData::Notices(entries) = &data {
                    self.paid += 1;
                    self.entries.extend(entries.iter().map(|entry| entry.seq));
                }
                assert!(self.states.insert(id, (0, data)).is_none(), "a second snapshot");
            }
            ServerMessage::Delta { seq, delta, .. } => {
                if let FeedDelta::Notices(entries) = &delta {
                    self.paid += 1;
                    self.entries.extend(entries.iter().map(|entry| entry.seq));
                }
                let (last, state) = self.states.get_mut(&id).expect("a delta before the snapshot");
                assert_eq!(seq, *last + 1);
                *last = seq;
                assert!(apply(state, delta));
            }
            ServerMessage::Gap { missed, .. } => {
                assert!(missed > 0, "a gap of nothing");
                self.missed += missed;
            }
            ServerMessage::Ended { .. } => {
                self.ended.insert(id);
            }
            _ => {}
        }
    }
}

#[derive(Debug, Clone)]
enum Step {
    Offer(usize, Vec<u32>),
    Happen(u64),
    Credit(u32),
    End(usize),
    Wait(u64),
    Send(usize),
}

fn step() -> impl Strategy<Value = Step> {
    prop_oneof![
        4 => (0..STATE.len(), proptest::collection::vec(0u32..3, 3)).prop_map(|(i, c)| Step::Offer(i, c)),
        2 => (1u64..150).prop_map(Step::Happen),
        1 => (0u32..3).prop_map(Step::Credit),
        1 => (0..STATE.len()).prop_map(Step::End),
        3 => (0u64..400).prop_map(Step::Wait),
        4 => (0usize..4).prop_map(Step::Send),
    ]
}

proptest! {
    #[test]
    fn whatever_happens_the_client_ends_with_the_last_state_within_its_credit(
        steps in proptest::collection::vec(step(), 0..120),
    ) {
        let (mut outbox, mut client) = (Outbox::default(), Client::default());
        let mut offered: BTreeMap<SubscriptionId, Arc<FeedData>> = BTreeMap::new();
        let mut ended = BTreeSet::new();
        let (mut now, mut granted, mut happened) = (0u64, 0u32, 0u64);
        for id in STATE {
            prop_assert!(outbox.open(SubscriptionId(id), FeedKind::State, 0));
        }
        prop_assert!(outbox.open(SubscriptionId(LOG), FeedKind::Log, 0));
        outbox.offer(SubscriptionId(LOG), notices(1, 1));
        for step in steps {
            match step {
                Step::Offer(i, counts) => {
                    let (id, data) = (SubscriptionId(STATE[i]), topics(&counts));
                    outbox.offer(id, Arc::clone(&data));
                    if !ended.contains(&id) {
                        offered.insert(id, data);
                    }
                }
                Step::Happen(n) => {
                    happened += n;
                    // The source keeps the newest hundred only.
                    outbox.offer(SubscriptionId(LOG), notices((happened + 1).saturating_sub(100).max(1), happened + 1));
                }
                Step::Credit(frames) => {
                    granted += frames;
                    outbox.credit(SubscriptionId(LOG), frames);
                }
                Step::End(i) => {
                    ended.insert(SubscriptionId(STATE[i]));
                    outbox.end(SubscriptionId(STATE[i]), EndReason::Unsubscribed);
                }
                Step::Wait(ms) => now += ms,
                Step::Send(n) => {
                    for _ in 0..n {
                        if let Some(message) = outbox.next(Duration::from_millis(now)) {
                            client.take(message);
                        }
                    }
                }
            }
            prop_assert!(client.paid <= granted);
        }
        outbox.credit(SubscriptionId(LOG), 3);
        while let Some(due) = outbox.due() {
            let due = u64::try_from(due.as_millis()).unwrap();
            now = now.max(due);
            while let Some(message) = outbox.next(Duration::from_millis(now)) {
                client.take(message);
            }
        }
        for (id, data) in offered {
            if ended.contains(&id) {
                prop_assert!(client.ended.contains(&id));
            } else {
                prop_assert_eq!(&client.states[&id].1, &*data);
            }
        }
        // Every entry either came, in order, or was reported missing. Those before the first offer that
        // had any are no gap: the client was not there yet.
        prop_assert!(client.entries.is_sorted());
        let first_seen = happened.min(1);
        if let Some(last) = client.entries.last() {
            prop_assert_eq!(*last, happened);
            let counted = u64::try_from(client.entries.len()).unwrap() + client.missed;
            prop_assert!(counted <= happened && counted >= first_seen);
        }
    }

    #[test]
    fn a_feed_that_changes_all_the_time_sends_at_most_four_frames_a_second(
        gaps in proptest::collection::vec(0u64..100, 1..300),
    ) {
        let mut outbox = Outbox::default();
        let id = SubscriptionId(1);
        prop_assert!(outbox.open(id, FeedKind::State, 0));
        let (mut now, mut sent) = (0, Vec::new());
        for (at, gap) in gaps.into_iter().enumerate() {
            now += gap;
            outbox.offer(id, topics(&[u32::try_from(at).unwrap() + 1]));
            while outbox.next(Duration::from_millis(now)).is_some() {
                sent.push(now);
            }
        }
        for pair in sent.windows(2) {
            prop_assert!(pair[1] - pair[0] >= 250);
        }
    }

    #[test]
    fn feeds_take_turns(order in proptest::collection::vec(0usize..8, 1..60)) {
        let mut outbox = Outbox::default();
        for id in 0..8 {
            prop_assert!(outbox.open(SubscriptionId(id), FeedKind::State, 0));
            outbox.offer(SubscriptionId(id), topics(&[1]));
        }
        let mut waiting: BTreeMap<u64, usize> = (0..8).map(|id| (id, 0)).collect();
        // Whatever is offered meanwhile, a feed that is ready is served within one round.
        for (turn, again) in order.into_iter().enumerate() {
            let now = Duration::from_secs(u64::try_from(turn).unwrap());
            outbox.offer(SubscriptionId(u64::try_from(again).unwrap()), topics(&[u32::try_from(turn).unwrap() + 2]));
            let Some(ServerMessage::Snapshot { id, .. } | ServerMessage::Delta { id, .. }) = outbox.next(now) else {
                continue;
            };
            waiting.remove(&id.0);
            for turns in waiting.values_mut() {
                *turns += 1;
                prop_assert!(*turns <= 8);
            }
        }
    }
}

#[test]
fn an_unchanged_state_is_not_sent_again() {
    let mut outbox = Outbox::default();
    let id = SubscriptionId(1);
    assert!(outbox.open(id, FeedKind::State, 0));
    outbox.offer(id, topics(&[1]));
    assert!(outbox.next(Duration::ZERO).is_some());
    outbox.offer(id, topics(&[1]));
    assert_eq!(outbox.next(Duration::from_secs(1)), None);
    assert_eq!(outbox.due(), None);
}

#[test]
fn an_id_that_is_open_cannot_be_opened_again_until_its_end_was_sent() {
    let mut outbox = Outbox::default();
    let id = SubscriptionId(1);
    assert!(outbox.open(id, FeedKind::Log, 0));
    assert!(!outbox.open(id, FeedKind::State, 0));
    outbox.end(id, EndReason::Unsubscribed);
    assert!(!outbox.open(id, FeedKind::State, 0));
    assert!(matches!(outbox.next(Duration::ZERO), Some(ServerMessage::Ended { .. })));
    assert!(outbox.open(id, FeedKind::State, 0));
}

#[test]
fn a_client_without_credit_costs_at_most_a_hundred_entries_and_learns_what_it_missed() {
    let mut outbox = Outbox::default();
    let id = SubscriptionId(LOG);
    assert!(outbox.open(id, FeedKind::Log, 0));
    for happened in 1..=1000 {
        outbox.offer(id, notices(happened, happened + 1));
    }
    assert_eq!(outbox.next(Duration::ZERO), None);
    outbox.credit(id, 1);
    assert_eq!(outbox.next(Duration::ZERO), Some(ServerMessage::Gap { id, missed: 900 }));
    match outbox.next(Duration::ZERO) {
        Some(ServerMessage::Snapshot { data: FeedData::Notices(entries), .. }) => {
            assert_eq!(entries.len(), LOG_BACKLOG);
            assert_eq!(entries.last().unwrap().seq, 1000);
        }
        other => panic!("unexpected {other:?}"),
    }
    assert_eq!(outbox.next(Duration::ZERO), None);
}

#[test]
fn replies_go_before_feeds() {
    let mut outbox = Outbox::default();
    assert!(outbox.open(SubscriptionId(1), FeedKind::State, 0));
    outbox.offer(SubscriptionId(1), topics(&[1]));
    outbox.direct(ServerMessage::Pong { nonce: 1 });
    assert_eq!(outbox.next(Duration::ZERO), Some(ServerMessage::Pong { nonce: 1 }));
    assert!(matches!(outbox.next(Duration::ZERO), Some(ServerMessage::Snapshot { .. })));
}
