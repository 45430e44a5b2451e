//! Fetching from one broker of the source for many partitions at once.
//!
//! One long poll in a fetch session (KIP-227) serves all partitions that wait when it starts. A partition
//! that wants more while it is under way is served by one of a few polls beside it, without session, so that
//! nobody waits for somebody else's long poll.
//! A partition without news stays in the session and is told so only after as long as the source may hold a fetch:
//! of a thousand partitions a few have news at a time, and the others must not cost anything.

use std::{
    collections::{BTreeMap, BTreeSet},
    sync::Arc,
};

use drawbridge_engine::{Millis, partition::Ask};
use drawbridge_kafka::{
    Client, Error, ErrorCode, Leader,
    admin::offsets::Isolation,
    data::{FetchPartition, FetchRequest, FetchResponse, FetchSession, FetchedPartition},
};
use uuid::Uuid;

use super::{
    FetchSettings,
    brought::{Brought, nothing_new, told, unavailable},
};
use crate::links::budget::{Budget, Held};

/// Polls beside the one with the session.
const SIDE_POLLS: u16 = 3;

/// Names a machine of a mover; never used again.
pub(super) type Id = u64;

/// What a machine wants fetched.
#[derive(Debug, Clone)]
pub(super) struct Want {
    pub(super) ask: Ask,
    pub(super) topic: Arc<str>,
    pub(super) topic_id: Option<Uuid>,
    pub(super) partition: i32,
    pub(super) offset: i64,
    pub(super) max_bytes: usize,
    pub(super) last_epoch: Option<i32>,
    pub(super) leader_epoch: i32,
    /// When it was wanted first.
    pub(super) since: Millis,
}

/// One broker of the source.
#[derive(Debug)]
pub(super) struct Reader {
    broker: i32,
    wants: BTreeMap<Id, Want>,
    session: FetchSession,
    /// What the broker's session holds.
    members: BTreeMap<Id, Member>,
    is_polling: bool,
    free_lanes: Vec<u16>,
}

/// A partition in the broker's session, and what the broker said of it last.
#[derive(Debug, Clone)]
struct Member {
    question: FetchPartition,
    bounds: Option<(i64, i64, i64)>,
}

/// A poll to start.
pub(super) struct Poll {
    pub(super) broker: i32,
    lane: u16,
    /// The session as it was when the poll started; none for a poll beside it.
    session: Option<FetchSession>,
    partitions: Vec<FetchPartition>,
    forgotten: Vec<FetchPartition>,
    pub(super) flight: BTreeMap<Id, Want>,
}

/// A poll that has ended.
pub(super) struct Polled {
    pub(super) broker: i32,
    lane: u16,
    session: Option<FetchSession>,
    flight: BTreeMap<Id, Want>,
    outcome: Result<(FetchResponse, Held), Error>,
}

impl Reader {
    pub(super) fn new(broker: i32) -> Self {
        Self {
            broker,
            wants: BTreeMap::new(),
            session: FetchSession::NEW,
            members: BTreeMap::new(),
            is_polling: false,
            free_lanes: (1..=SIDE_POLLS).rev().collect(),
        }
    }

    pub(super) fn want(&mut self, id: Id, want: Want) {
        self.wants.insert(id, want);
    }

    pub(super) fn forget(&mut self, id: Id) {
        self.wants.remove(&id);
    }

    /// Whether nothing waits and nothing is under way.
    pub(super) fn is_idle(&self) -> bool {
        self.wants.is_empty()
            && !self.is_polling
            && self.free_lanes.len() == usize::from(SIDE_POLLS)
    }

    /// The next poll, when there is something to ask and a way to ask it.
    pub(super) fn next(&mut self) -> Option<Poll> {
        if self.wants.is_empty() {
            return None;
        }
        if !self.is_polling {
            return Some(self.main_poll());
        }
        let lane = self.free_lanes.pop()?;
        let flight = std::mem::take(&mut self.wants);
        let partitions = flight.values().map(question).collect();
        let broker = self.broker;
        Some(Poll { broker, lane, session: None, partitions, forgotten: Vec::new(), flight })
    }

    fn main_poll(&mut self) -> Poll {
        self.is_polling = true;
        let flight = std::mem::take(&mut self.wants);
        let by_name = flight.values().any(|want| want.topic_id.is_none());
        if by_name != self.session.by_name {
            self.forget_session();
            self.session = if by_name { FetchSession::NEW_BY_NAME } else { FetchSession::NEW };
        }
        let is_new = self.session.id == 0;
        let mut partitions = Vec::new();
        for (id, want) in &flight {
            match self.members.get_mut(id) {
                Some(member) if asks_for(&member.question, want) && !is_new => {}
                Some(member) => {
                    member.question = question(want);
                    partitions.push(member.question.clone());
                }
                None => {
                    let question = question(want);
                    partitions.push(question.clone());
                    self.members.insert(*id, Member { question, bounds: None });
                }
            }
        }
        let gone: BTreeSet<Id> =
            self.members.keys().filter(|id| !flight.contains_key(id)).copied().collect();
        let mut forgotten = Vec::new();
        for id in gone {
            if let Some(member) = self.members.remove(&id)
                && !is_new
            {
                forgotten.push(member.question);
            }
        }
        let session = Some(self.session);
        Poll { broker: self.broker, lane: 0, session, partitions, forgotten, flight }
    }

    fn forget_session(&mut self) {
        self.members.clear();
        self.session = FetchSession { id: 0, epoch: 0, by_name: self.session.by_name };
    }

    /// Takes a poll that has ended; what it brought goes to the machines. Those that wanted something before `old`
    /// are told even that there is nothing.
    pub(super) fn ended(&mut self, polled: Polled, old: Millis) -> Vec<Brought> {
        let Polled { lane, session, flight, outcome, .. } = polled;
        match session {
            Some(_) => self.is_polling = false,
            None => self.free_lanes.push(lane),
        }
        let (response, held) = match outcome {
            Ok(answered) => answered,
            Err(error) => {
                if session.is_some() {
                    self.forget_session();
                }
                return unavailable(flight, &error);
            }
        };
        if let Some(error) = response.error {
            if session.is_some() {
                self.forget_session();
            }
            let code = error.code();
            let out_of_step = matches!(
                code,
                Some(
                    ErrorCode::FETCH_SESSION_ID_NOT_FOUND | ErrorCode::INVALID_FETCH_SESSION_EPOCH
                )
            );
            if out_of_step {
                // Nothing is wrong but the session: the same again in a new one.
                for (id, want) in flight {
                    self.wants.entry(id).or_insert(want);
                }
                return Vec::new();
            }
            return unavailable(flight, &error);
        }
        if let Some(asked) = session {
            if response.session_id == 0 {
                self.forget_session();
            } else {
                self.session = asked.next(response.session_id);
            }
        }
        self.distribute(session.is_some().then_some(old), flight, response.partitions, &held)
    }

    /// `in_session`: the poll was the session's; whoever wanted something before is to be answered.
    fn distribute(
        &mut self,
        in_session: Option<Millis>,
        flight: BTreeMap<Id, Want>,
        answers: Vec<FetchedPartition>,
        held: &Held,
    ) -> Vec<Brought> {
        let mut brought = Vec::with_capacity(answers.len());
        let mut by_topic: BTreeMap<String, BTreeMap<i32, FetchedPartition>> = BTreeMap::new();
        for answer in answers {
            match by_topic.get_mut(&answer.topic) {
                Some(topic) => {
                    topic.insert(answer.partition, answer);
                }
                None => {
                    let topic = answer.topic.clone();
                    by_topic.insert(topic, BTreeMap::from([(answer.partition, answer)]));
                }
            }
        }
        for (id, want) in flight {
            let answer = by_topic.get_mut(&*want.topic).and_then(|t| t.remove(&want.partition));
            if let Some(answer) = answer {
                let bounds =
                    (answer.high_watermark, answer.last_stable_offset, answer.log_start_offset);
                if let Some(member) = self.members.get_mut(&id).filter(|_| in_session.is_some()) {
                    member.bounds = answer.error.is_none().then_some(bounds);
                }
                brought.push(told(id, want.ask, answer, held));
                continue;
            }
            // Within a session, a partition without news is left out.
            let bounds = self.members.get(&id).and_then(|member| member.bounds);
            match (in_session, bounds) {
                (Some(old), Some(bounds)) if want.since <= old => {
                    brought.push(nothing_new(id, want.ask, bounds));
                }
                _ => {
                    self.wants.entry(id).or_insert(want);
                }
            }
        }
        brought
    }
}

/// Whether the question in the session is this want's.
fn asks_for(question: &FetchPartition, want: &Want) -> bool {
    let last_epoch = want.last_epoch.unwrap_or(-1);
    question.offset == want.offset
        && question.partition == want.partition
        && question.max_bytes == i32::try_from(want.max_bytes).unwrap_or(i32::MAX)
        && question.current_leader_epoch == want.leader_epoch
        && question.last_fetched_epoch == last_epoch
        && question.topic_id == want.topic_id
        && question.topic == *want.topic
}

fn question(want: &Want) -> FetchPartition {
    FetchPartition {
        topic: want.topic.to_string(),
        topic_id: want.topic_id,
        partition: want.partition,
        offset: want.offset,
        max_bytes: i32::try_from(want.max_bytes).unwrap_or(i32::MAX),
        current_leader_epoch: want.leader_epoch,
        last_fetched_epoch: want.last_epoch.unwrap_or(-1),
    }
}

impl Poll {
    /// Carries the poll out: reserves, asks, and keeps of the reservation what the answer takes.
    pub(super) async fn run(
        self,
        source: Client,
        settings: FetchSettings,
        budget: Budget,
    ) -> Polled {
        let reserved = budget.reserve(settings.response_max_bytes).await;
        let request = FetchRequest {
            isolation: Isolation::ReadCommitted,
            max_wait: settings.max_wait,
            min_bytes: settings.min_bytes,
            max_bytes: i32::try_from(reserved.bytes).unwrap_or(i32::MAX),
            session: self.session.unwrap_or(FetchSession::SESSIONLESS),
            partitions: self.partitions,
            forgotten: self.forgotten,
            rack: source.settings().client_rack.clone(),
        };
        let lane = settings.first_lane.saturating_add(self.lane);
        let outcome = source.fetch(self.broker, lane, &request).await;
        let outcome = outcome.map(|response| {
            let held = reserved.shrink(response.size);
            (response, held)
        });
        Polled {
            broker: self.broker,
            lane: self.lane,
            session: self.session,
            flight: self.flight,
            outcome,
        }
    }
}

impl Want {
    /// The same with the leader it goes to.
    pub(super) fn to(mut self, leader: Leader) -> (i32, Self) {
        self.leader_epoch = leader.epoch;
        (leader.broker, self)
    }
}
