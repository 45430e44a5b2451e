use std::collections::{BTreeMap, BTreeSet};

use drawbridge_shared::draft::ClusterDraft;
use drawbridge_shared::wire::{
    EndReason, ErrorCode, FeedData, FeedDelta, RequestId, SubscriptionId, WireError, decode_client,
};
use proptest::prelude::*;

use super::*;
use crate::socket::FollowState;

const HEARTBEAT_MS: Millis = 5_000;

/// A session with a gateway at the other end that remembers what it was told, and insists on the
/// protocol: no frame without a socket, no id twice, no more than it takes.
struct Bench {
    session: Session,
    now: Millis,
    effects: Vec<Effect>,
    open: bool,
    live: bool,
    status: Option<ConnectionStatus>,
    subscribed: BTreeMap<SubscriptionId, Feed>,
    sent: Vec<ClientMessage>,
    unanswered: Vec<RequestId>,
    resolved: BTreeMap<u64, Vec<Result<Response, RequestError>>>,
    shown: BTreeMap<u64, Followed>,
    credit: i64,
    max: usize,
}

impl Bench {
    fn start() -> Self {
        let mut effects = Vec::new();
        let session = Session::start(0, 7, &mut effects);
        let mut bench = Self {
            session,
            now: 0,
            effects,
            open: false,
            live: false,
            status: None,
            subscribed: BTreeMap::new(),
            sent: Vec::new(),
            unanswered: Vec::new(),
            resolved: BTreeMap::new(),
            shown: BTreeMap::new(),
            credit: 0,
            max: 0,
        };
        bench.settle();
        bench
    }

    fn live() -> Self {
        let mut bench = Self::start();
        bench.greet("b1");
        bench
    }

    fn input(&mut self, input: Input) {
        self.session.handle(self.now, input, &mut self.effects);
        self.settle();
    }

    fn receive(&mut self, message: ServerMessage) {
        self.input(Input::Received(Box::new(message)));
    }

    fn greet(&mut self, build: &str) {
        self.greet_with(build, PROTOCOL, 100);
    }

    fn greet_with(&mut self, build: &str, protocol: u16, max: u32) {
        self.max = usize::try_from(max).unwrap();
        self.receive(ServerMessage::Welcome(Welcome {
            protocol,
            build: build.to_owned(),
            version: "0.1.0".to_owned(),
            demo: false,
            now_ms: 0,
            limits: Limits {
                max_frame_bytes: 1_000,
                max_subscriptions: max,
                max_requests: max,
                heartbeat_ms: 5_000,
            },
            deny: Vec::new(),
        }));
    }

    fn pass(&mut self, ms: Millis) {
        self.now += ms;
        self.input(Input::Tick);
    }

    /// Passes time until the session tries again.
    fn pass_until_open(&mut self) {
        for _ in 0..100 {
            if self.open {
                return;
            }
            let at = self.session.wake_at().expect("a waiting session wants to be woken");
            self.pass((at - self.now).max(0));
        }
        panic!("no reconnect");
    }

    fn close(&mut self, code: u16) {
        self.disconnect();
        self.input(Input::Closed { code });
    }

    fn disconnect(&mut self) {
        self.open = false;
        self.live = false;
        self.subscribed.clear();
        self.unanswered.clear();
    }

    fn settle(&mut self) {
        for effect in std::mem::take(&mut self.effects) {
            match effect {
                Effect::Open => {
                    assert!(!self.open, "opened while open");
                    self.open = true;
                }
                Effect::Close => {
                    assert!(self.open, "closed while closed");
                    self.disconnect();
                }
                Effect::Send(text) => self.gateway_hears(decode_client(&text).unwrap()),
                Effect::Resolve { ticket, result } => {
                    self.resolved.entry(ticket).or_default().push(result);
                }
                Effect::Show { follower, followed } => {
                    self.shown.insert(follower, followed);
                }
                Effect::Status(status) => self.status = Some(status),
                Effect::Welcome(_) => self.live = true,
            }
        }
    }

    fn gateway_hears(&mut self, message: ClientMessage) {
        assert!(self.open, "sent {message:?} without a socket");
        match &message {
            ClientMessage::Hello { .. } => assert!(!self.live),
            ClientMessage::Request { id, .. } => {
                assert!(self.live && !self.unanswered.contains(id));
                self.unanswered.push(*id);
                assert!(self.unanswered.len() <= self.max, "more requests than the gateway takes");
            }
            ClientMessage::Subscribe { id, feed, credit } => {
                assert!(self.live, "subscribed before the greeting");
                assert!(self.subscribed.insert(*id, feed.clone()).is_none(), "id in use");
                assert!(self.subscribed.len() <= self.max, "more feeds than the gateway takes");
                self.credit += i64::from(*credit);
            }
            ClientMessage::Unsubscribe { id } => {
                assert!(self.subscribed.remove(id).is_some(), "not subscribed");
            }
            ClientMessage::Credit { frames, .. } => self.credit += i64::from(*frames),
            ClientMessage::Ping { .. } | ClientMessage::Pong { .. } => {}
        }
        self.sent.push(message);
    }

    fn subscription(&self, feed: &Feed) -> SubscriptionId {
        *self.subscribed.iter().find(|(_, other)| *other == feed).expect("subscribed").0
    }
}

fn feed(n: u8) -> Feed {
    match n {
        0 => Feed::Clusters,
        1 => Feed::Notices,
        n => Feed::Cluster { cluster: format!("c{n}").parse().unwrap() },
    }
}

fn read() -> Request {
    Request::TestConnection { draft: ClusterDraft::default() }
}

fn change() -> Request {
    Request::RemoveCluster { cluster: "c".parse().unwrap() }
}

fn snapshot(id: SubscriptionId, seq: u64) -> ServerMessage {
    ServerMessage::Snapshot { id, seq, data: FeedData::Clusters(vec![]) }
}

fn delta(id: SubscriptionId, seq: u64) -> ServerMessage {
    let delta = FeedDelta::Clusters { upsert: vec![], remove: vec![] };
    ServerMessage::Delta { id, seq, delta }
}

#[test]
fn an_answer_goes_to_the_one_who_asked() {
    let mut bench = Bench::live();
    bench.input(Input::Request { ticket: 1, body: read() });
    bench.input(Input::Request { ticket: 2, body: change() });
    bench.receive(ServerMessage::Reply { id: RequestId(2), result: Ok(Response::Done) });
    assert_eq!(bench.resolved.get(&2), Some(&vec![Ok(Response::Done)]));
    assert_eq!(bench.resolved.get(&1), None);
}

#[test]
fn a_change_asked_without_a_connection_is_refused_at_once_and_never_sent() {
    let mut bench = Bench::start();
    bench.input(Input::Request { ticket: 1, body: change() });
    assert_eq!(bench.resolved.get(&1), Some(&vec![Err(RequestError::Offline)]));
    bench.greet("b1");
    assert!(bench.unanswered.is_empty());
}

#[test]
fn a_change_under_way_when_the_connection_breaks_is_not_repeated() {
    let mut bench = Bench::live();
    bench.input(Input::Request { ticket: 1, body: change() });
    bench.close(1006);
    assert_eq!(bench.resolved.get(&1), Some(&vec![Err(RequestError::Lost)]));
    bench.pass_until_open();
    bench.greet("b1");
    assert!(bench.unanswered.is_empty());
}

#[test]
fn a_read_under_way_when_the_connection_breaks_is_asked_again() {
    let mut bench = Bench::live();
    bench.input(Input::Request { ticket: 1, body: read() });
    bench.close(1006);
    bench.pass_until_open();
    bench.greet("b1");
    assert_eq!(bench.unanswered, [RequestId(1)]);
}

#[test]
fn a_request_that_is_never_answered_times_out_and_a_late_answer_is_ignored() {
    let mut bench = Bench::live();
    bench.input(Input::Request { ticket: 1, body: read() });
    for nonce in 0..20 {
        bench.receive(ServerMessage::Ping { nonce });
        bench.pass(HEARTBEAT_MS);
    }
    bench.receive(ServerMessage::Reply { id: RequestId(1), result: Ok(Response::Done) });
    assert_eq!(bench.resolved.get(&1), Some(&vec![Err(RequestError::TimedOut)]));
}

#[test]
fn a_request_given_up_here_still_counts_for_the_gateways_limit() {
    let mut bench = Bench::start();
    bench.greet_with("b1", PROTOCOL, 1);
    bench.input(Input::Request { ticket: 1, body: read() });
    for nonce in 0..20 {
        bench.receive(ServerMessage::Ping { nonce });
        bench.pass(HEARTBEAT_MS);
    }
    bench.input(Input::Request { ticket: 2, body: read() });
    assert_eq!(bench.unanswered, [RequestId(1)]);
    bench.unanswered.clear();
    bench.receive(ServerMessage::Reply { id: RequestId(1), result: Ok(Response::Done) });
    assert_eq!(bench.unanswered, [RequestId(2)]);
}

#[test]
fn a_request_larger_than_the_gateway_takes_is_refused_here_with_both_sizes() {
    let mut bench = Bench::live();
    let draft = ClusterDraft { name: "c".into(), properties: "x".repeat(2_000) };
    bench.input(Input::Request { ticket: 1, body: Request::AddCluster { draft } });
    let Some(Err(error)) = bench.resolved.get(&1).and_then(|results| results.first()) else {
        panic!("not refused");
    };
    assert!(error.message().contains("1000"), "{error}");
    assert!(bench.unanswered.is_empty());
}

#[test]
fn a_ping_is_answered_with_its_nonce() {
    let mut bench = Bench::live();
    bench.receive(ServerMessage::Ping { nonce: 42 });
    assert_eq!(bench.sent.last(), Some(&ClientMessage::Pong { nonce: 42 }));
}

#[test]
fn silence_leads_to_a_question_and_further_silence_to_a_new_connection() {
    let mut bench = Bench::live();
    bench.pass(2 * HEARTBEAT_MS);
    assert!(matches!(bench.sent.last(), Some(ClientMessage::Ping { .. })));
    assert!(bench.open);
    bench.pass(HEARTBEAT_MS);
    assert!(!bench.open);
    bench.pass_until_open();
}

#[test]
fn a_page_that_slept_keeps_its_connection_if_the_gateway_still_answers() {
    let mut bench = Bench::live();
    bench.pass(3_600_000);
    assert!(bench.open);
    bench.receive(ServerMessage::Pong { nonce: 0 });
    bench.pass(HEARTBEAT_MS);
    assert!(bench.open);
}

#[test]
fn a_gateway_that_does_not_greet_is_tried_again() {
    let mut bench = Bench::start();
    bench.pass(GREETING_MS);
    assert!(!bench.open);
    bench.pass_until_open();
    bench.greet("b1");
    assert_eq!(bench.status, Some(ConnectionStatus::Live));
}

#[test]
fn a_new_build_is_shown_as_outdated_and_goes_on_working() {
    let mut bench = Bench::live();
    bench.input(Input::Follow { follower: 1, feed: feed(0) });
    bench.close(close::DRAINING);
    bench.pass_until_open();
    bench.greet("b2");
    assert_eq!(bench.status, Some(ConnectionStatus::Outdated));
    assert_eq!(bench.subscribed.len(), 1);
    bench.close(1006);
    bench.pass_until_open();
    bench.greet("b1");
    assert_eq!(bench.status, Some(ConnectionStatus::Live));
}

#[test]
fn another_protocol_ends_the_trying_however_it_is_told() {
    for told_by_greeting in [true, false] {
        let mut bench = Bench::start();
        if told_by_greeting {
            bench.greet_with("b1", PROTOCOL + 1, 9);
        } else {
            bench.close(close::PROTOCOL_NOT_ACCEPTABLE);
        }
        assert_eq!(bench.status, Some(ConnectionStatus::Incompatible));
        bench.pass(3_600_000);
        assert!(!bench.open);
        bench.input(Input::Request { ticket: 1, body: read() });
        assert_eq!(bench.resolved.get(&1), Some(&vec![Err(RequestError::Offline)]));
    }
}

#[test]
fn followers_of_one_feed_share_a_subscription_and_the_last_one_ends_it() {
    let mut bench = Bench::live();
    bench.input(Input::Follow { follower: 1, feed: feed(0) });
    let id = bench.subscription(&feed(0));
    bench.receive(snapshot(id, 0));
    bench.input(Input::Follow { follower: 2, feed: feed(0) });
    assert_eq!(bench.subscribed.len(), 1);
    assert_eq!(bench.shown[&2].state, FollowState::Live);
    bench.input(Input::Unfollow { follower: 1 });
    assert_eq!(bench.subscribed.len(), 1);
    bench.input(Input::Unfollow { follower: 2 });
    assert!(bench.subscribed.is_empty());
}

#[test]
fn data_stays_on_screen_marked_as_old_until_the_connection_has_a_new_state() {
    let mut bench = Bench::live();
    bench.input(Input::Follow { follower: 1, feed: feed(0) });
    bench.receive(snapshot(bench.subscription(&feed(0)), 0));
    assert!(bench.shown[&1].fresh);
    bench.close(1006);
    assert!(!bench.shown[&1].fresh && bench.shown[&1].data.is_some());
    bench.pass_until_open();
    bench.greet("b1");
    assert!(!bench.shown[&1].fresh);
    bench.receive(snapshot(bench.subscription(&feed(0)), 0));
    assert!(bench.shown[&1].fresh);
}

#[test]
fn a_lost_frame_is_noticed_and_the_feed_starts_over() {
    let mut bench = Bench::live();
    bench.input(Input::Follow { follower: 1, feed: feed(0) });
    let id = bench.subscription(&feed(0));
    bench.receive(snapshot(id, 0));
    bench.receive(delta(id, 1));
    assert_eq!(bench.subscription(&feed(0)), id);
    bench.receive(delta(id, 3));
    let again = bench.subscription(&feed(0));
    assert_ne!(again, id);
    assert!(!bench.shown[&1].fresh);
    bench.receive(snapshot(id, 4));
    assert!(!bench.shown[&1].fresh, "a frame of the old subscription counts no more");
    bench.receive(snapshot(again, 0));
    assert!(bench.shown[&1].fresh);
}

#[test]
fn an_ended_feed_says_why_and_is_tried_again_by_the_next_follower_or_connection() {
    let mut bench = Bench::live();
    bench.input(Input::Follow { follower: 1, feed: feed(2) });
    let reason = EndReason::NotFound { message: "no cluster c2".into() };
    bench
        .receive(ServerMessage::Ended { id: bench.subscription(&feed(2)), reason: reason.clone() });
    bench.subscribed.clear();
    assert_eq!(bench.shown[&1].state, FollowState::Ended(reason));
    bench.input(Input::Follow { follower: 2, feed: feed(2) });
    bench.subscription(&feed(2));
}

#[test]
fn a_log_feed_is_paid_for_before_its_credit_runs_out() {
    let mut bench = Bench::live();
    bench.input(Input::Follow { follower: 1, feed: Feed::Notices });
    let id = bench.subscription(&Feed::Notices);
    let notices = ServerMessage::Snapshot { id, seq: 0, data: FeedData::Notices(vec![]) };
    bench.receive(notices);
    bench.credit -= 1;
    for seq in 1..200 {
        assert!(bench.credit > 0, "starved at {seq}");
        bench.receive(ServerMessage::Delta { id, seq, delta: FeedDelta::Notices(vec![]) });
        bench.credit -= 1;
    }
    assert!(bench.credit <= 16, "more credit than was promised to fit");
}

#[test]
fn dropped_entries_are_counted() {
    let mut bench = Bench::live();
    bench.input(Input::Follow { follower: 1, feed: Feed::Notices });
    let id = bench.subscription(&Feed::Notices);
    bench.receive(ServerMessage::Gap { id, missed: 3 });
    bench.receive(ServerMessage::Gap { id, missed: 4 });
    assert_eq!(bench.shown[&1].missed, 7);
}

#[test]
fn waits_start_short_again_only_after_a_connection_that_held() {
    let mut bench = Bench::live();
    for _ in 0..8 {
        bench.close(close::TOO_MANY);
        bench.pass_until_open();
        bench.greet("b1");
    }
    let waits = |bench: &Bench| match bench.status {
        Some(ConnectionStatus::Waiting { retry_at_ms, .. }) => retry_at_ms - bench.now,
        other => panic!("{other:?}"),
    };
    bench.close(1006);
    assert!(waits(&bench) > 5_000);
    bench.pass_until_open();
    bench.greet("b1");
    bench.now += STEADY_MS;
    bench.close(1006);
    assert!(waits(&bench) <= 500);
}

#[test]
fn impatience_connects_at_once() {
    let mut bench = Bench::live();
    bench.close(1006);
    bench.input(Input::RetryNow);
    assert!(bench.open);
}

#[derive(Debug, Clone)]
enum Step {
    Ask(bool),
    Answer(usize, bool),
    Follow(u8),
    Unfollow(usize),
    Snapshot(usize),
    Delta(usize, u64),
    End(usize),
    Close(u16),
    Garbled,
    Greet,
    Retry,
    Pass(Millis),
}

fn steps() -> impl Strategy<Value = Vec<Step>> {
    let step = prop_oneof![
        4 => any::<bool>().prop_map(Step::Ask),
        3 => (0usize..4, any::<bool>()).prop_map(|(n, ok)| Step::Answer(n, ok)),
        4 => (0u8..5).prop_map(Step::Follow),
        3 => (0usize..6).prop_map(Step::Unfollow),
        3 => (0usize..4).prop_map(Step::Snapshot),
        2 => (0usize..4, 0u64..3).prop_map(|(n, seq)| Step::Delta(n, seq)),
        1 => (0usize..4).prop_map(Step::End),
        2 => prop_oneof![Just(1006), Just(4429), Just(4503)].prop_map(Step::Close),
        1 => Just(Step::Garbled),
        6 => Just(Step::Greet),
        1 => Just(Step::Retry),
        4 => (0i64..20_000).prop_map(Step::Pass),
    ];
    proptest::collection::vec(step, 0..60)
}

/// Plays steps; returns the tickets asked and the feeds followed at the end.
fn play(bench: &mut Bench, steps: Vec<Step>) -> (u64, Vec<(u64, Feed)>) {
    let (mut tickets, mut next_follower) = (0, 0);
    let mut followers: Vec<(u64, Feed)> = Vec::new();
    let nth = |bench: &Bench, n: usize| bench.subscribed.keys().copied().nth(n);
    for step in steps {
        match step {
            Step::Ask(is_read) => {
                tickets += 1;
                let body = if is_read { read() } else { change() };
                bench.input(Input::Request { ticket: tickets, body });
            }
            Step::Answer(n, ok) if n < bench.unanswered.len() => {
                let id = bench.unanswered.remove(n);
                bench.receive(reply(id, ok));
            }
            Step::Follow(n) => {
                next_follower += 1;
                followers.push((next_follower, feed(n)));
                bench.input(Input::Follow { follower: next_follower, feed: feed(n) });
            }
            Step::Unfollow(n) if n < followers.len() => {
                let (follower, _) = followers.remove(n);
                bench.input(Input::Unfollow { follower });
            }
            Step::Snapshot(n) => {
                if let Some(id) = nth(bench, n) {
                    bench.receive(snapshot(id, 0));
                }
            }
            Step::Delta(n, seq) => {
                if let Some(id) = nth(bench, n) {
                    bench.receive(delta(id, seq));
                }
            }
            Step::End(n) => {
                if let Some(id) = nth(bench, n) {
                    bench.subscribed.remove(&id);
                    let reason = EndReason::NotFound { message: String::new() };
                    bench.receive(ServerMessage::Ended { id, reason });
                }
            }
            Step::Close(code) if bench.open => bench.close(code),
            Step::Garbled if bench.open => bench.input(Input::Garbled),
            Step::Greet if bench.open && !bench.live => bench.greet_with("b1", PROTOCOL, 3),
            Step::Retry => bench.input(Input::RetryNow),
            Step::Pass(ms) => bench.pass(ms),
            Step::Answer(..) | Step::Unfollow(_) | Step::Close(_) | Step::Garbled | Step::Greet => {
            }
        }
    }
    (tickets, followers)
}

fn reply(id: RequestId, ok: bool) -> ServerMessage {
    let refusal = || WireError {
        code: ErrorCode::Denied,
        message: "no".into(),
        cause: None,
        remedy: None,
        fields: vec![],
        trace: "t".into(),
    };
    ServerMessage::Reply { id, result: if ok { Ok(Response::Done) } else { Err(refusal()) } }
}

proptest! {
    #[test]
    fn every_request_is_resolved_exactly_once(steps in steps()) {
        let mut bench = Bench::start();
        let (tickets, _) = play(&mut bench, steps);
        for _ in 0..40 {
            bench.pass(5_000);
        }
        for ticket in 1..=tickets {
            prop_assert_eq!(bench.resolved.get(&ticket).map(Vec::len), Some(1), "{}", ticket);
        }
    }

    #[test]
    fn after_a_reconnect_exactly_the_wanted_feeds_are_subscribed(steps in steps()) {
        let mut bench = Bench::start();
        let (_, followers) = play(&mut bench, steps);
        if bench.open {
            bench.close(1006);
        }
        bench.pass_until_open();
        bench.greet_with("b1", PROTOCOL, 100);
        let wanted: BTreeSet<String> =
            followers.iter().map(|(_, feed)| format!("{feed:?}")).collect();
        let live: Vec<String> =
            bench.subscribed.values().map(|feed| format!("{feed:?}")).collect();
        prop_assert_eq!(live.len(), wanted.len());
        prop_assert_eq!(live.into_iter().collect::<BTreeSet<_>>(), wanted);
    }

    #[test]
    fn the_session_is_always_trying_and_always_wants_to_be_woken(steps in steps()) {
        let mut bench = Bench::start();
        play(&mut bench, steps);
        prop_assert!(bench.session.wake_at().is_some());
        if bench.open {
            bench.close(1006);
        }
        bench.pass_until_open();
    }
}
