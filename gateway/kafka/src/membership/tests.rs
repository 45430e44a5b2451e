//! A member against a coordinator that the test plays, on a clock that the test moves.

use bytes::Bytes;
use tokio::{
    sync::{mpsc, oneshot},
    time::{advance, sleep, timeout},
};

use super::{
    assignment::Assignment,
    calls::{Coordinator, Joined, Place},
    *,
};
use crate::error::{Asked, Error, ErrorCode, Result};

const SESSION: Duration = Duration::from_secs(12);
const BEAT: Duration = Duration::from_secs(2);
const LEASE: Duration = Duration::from_secs(6);

#[derive(Debug, PartialEq)]
enum Ask {
    Join(String),
    Sync(Place, Vec<(String, Bytes)>),
    Beat(Place),
    Leave(String),
}

enum Answer {
    Joined(Joined),
    Assigned(Bytes),
    Fine,
}

type Reply = oneshot::Sender<Result<Answer>>;

struct Played(mpsc::Sender<(Ask, Reply)>);

impl Played {
    async fn ask(&self, ask: Ask) -> Result<Answer> {
        let (reply, answer) = oneshot::channel();
        self.0.send((ask, reply)).await.ok();
        answer.await.unwrap_or(Err(Error::Closed))
    }
}

impl Coordinator for Played {
    async fn join(&self, member: &str) -> Result<Joined> {
        match self.ask(Ask::Join(member.to_owned())).await? {
            Answer::Joined(joined) => Ok(joined),
            _ => panic!("no answer to JoinGroup"),
        }
    }

    async fn sync(&self, place: &Place, assignments: Vec<(String, Bytes)>) -> Result<Bytes> {
        match self.ask(Ask::Sync(place.clone(), assignments)).await? {
            Answer::Assigned(bytes) => Ok(bytes),
            _ => panic!("no answer to SyncGroup"),
        }
    }

    async fn heartbeat(&self, place: &Place) -> Result<()> {
        self.ask(Ask::Beat(place.clone())).await.map(drop)
    }

    async fn leave(&self, member: &str) {
        self.ask(Ask::Leave(member.to_owned())).await.ok();
    }

    fn explain(&self, error: &Error) -> String {
        error.to_string()
    }
}

/// The coordinator's side.
struct Stage {
    asks: mpsc::Receiver<(Ask, Reply)>,
    role: watch::Receiver<Role>,
    members: watch::Receiver<Vec<String>>,
    stop: Option<DropGuard>,
}

fn place(generation: i32) -> Place {
    Place { member: "me".to_owned(), generation }
}

fn refusal(code: ErrorCode) -> Result<Answer> {
    Err(Error::broker(code.0, None, Asked::new("Heartbeat")))
}

fn lost() -> Result<Answer> {
    let cause = "cut".to_owned();
    Err(Error::Disconnected { asked: Asked::new("Heartbeat"), cause, sent: true })
}

fn round(generation: i32, leader: &str) -> Result<Answer> {
    let named = |id: &str, name: &str| (id.to_owned(), name.to_owned());
    let members = match leader {
        "me" => vec![named("me", "gateway-a"), named("you", "gateway-b")],
        _ => Vec::new(),
    };
    let leader = leader.to_owned();
    Ok(Answer::Joined(Joined::Round { place: place(generation), leader, members }))
}

impl Stage {
    fn new() -> Self {
        let (sender, asks) = mpsc::channel(1);
        let (says, role) = watch::channel(Role::Joining);
        let stop = CancellationToken::new();
        let times = LeaseTimes { session: SESSION, rebalance: SESSION };
        let (told, members) = watch::channel(Vec::new());
        let member = Member::new(Played(sender), "gateway-a", times, says, told);
        tokio::spawn(member.run(stop.clone()));
        Self { asks, role, members, stop: Some(stop.drop_guard()) }
    }

    /// The next question, which is `wanted`.
    async fn asked(&mut self, wanted: Ask) -> Reply {
        let (ask, reply) = timeout(SESSION, self.asks.recv()).await.unwrap().unwrap();
        assert_eq!(ask, wanted);
        reply
    }

    async fn expect(&mut self, wanted: Ask, answer: Result<Answer>) {
        self.asked(wanted).await.send(answer).ok();
    }

    /// Lets the member become the owner, or a bystander of `leader`.
    async fn settle(&mut self, generation: i32, leader: &str) {
        let told = |is_owner| Assignment { is_owner, members: names(leader) }.encode();
        let assignments = match leader {
            "me" => vec![("me".to_owned(), told(true)), ("you".to_owned(), told(false))],
            _ => Vec::new(),
        };
        let answer = Ok(Answer::Assigned(told(leader == "me")));
        self.expect(Ask::Sync(place(generation), assignments), answer).await;
    }

    async fn owner() -> Self {
        let mut stage = Self::new();
        stage.expect(Ask::Join(String::new()), round(1, "me")).await;
        stage.settle(1, "me").await;
        stage.role.wait_for(|role| matches!(role, Role::Owner { .. })).await.unwrap();
        stage
    }

    async fn becomes(&mut self, wanted: &Role) {
        let seen = self.role.wait_for(|role| role == wanted);
        timeout(SESSION, seen).await.expect("the role comes").unwrap();
    }
}

/// The names of both, the leader's first.
fn names(leader: &str) -> Vec<String> {
    let names =
        if leader == "me" { ["gateway-a", "gateway-b"] } else { ["gateway-b", "gateway-a"] };
    names.map(str::to_owned).into()
}

fn standby() -> Role {
    Role::Standby { owner: Some("gateway-b".to_owned()) }
}

#[tokio::test(start_paused = true)]
async fn the_leader_owns_from_when_its_sync_was_sent_for_half_a_session() {
    let mut stage = Stage::new();
    stage.expect(Ask::Join(String::new()), round(1, "me")).await;
    let told = |is_owner| Assignment { is_owner, members: names("me") }.encode();
    let assignments = vec![("me".to_owned(), told(true)), ("you".to_owned(), told(false))];
    let reply = stage.asked(Ask::Sync(place(1), assignments)).await;
    let sent = Instant::now();
    advance(Duration::from_secs(1)).await;
    reply.send(Ok(Answer::Assigned(told(true)))).ok();
    stage.becomes(&Role::Owner { until: sent + LEASE }).await;
}

#[tokio::test(start_paused = true)]
async fn a_new_member_comes_back_with_the_id_it_is_given() {
    let mut stage = Stage::new();
    let id = Ok(Answer::Joined(Joined::Id("me".to_owned())));
    stage.expect(Ask::Join(String::new()), id).await;
    stage.expect(Ask::Join("me".to_owned()), round(1, "you")).await;
    stage.settle(1, "you").await;
    stage.becomes(&standby()).await;
}

#[tokio::test(start_paused = true)]
async fn every_member_knows_who_is_there_until_its_place_is_lost() {
    let mut stage = Stage::owner().await;
    assert_eq!(*stage.members.borrow(), names("me"));
    stage.expect(Ask::Beat(place(1)), refusal(ErrorCode::REBALANCE_IN_PROGRESS)).await;
    stage.expect(Ask::Join("me".to_owned()), round(2, "you")).await;
    stage.settle(2, "you").await;
    stage.becomes(&standby()).await;
    assert_eq!(*stage.members.borrow(), names("you"));
    stage.expect(Ask::Beat(place(2)), refusal(ErrorCode::UNKNOWN_MEMBER_ID)).await;
    stage.members.wait_for(Vec::is_empty).await.unwrap();
}

#[tokio::test(start_paused = true)]
async fn a_heartbeat_renews_the_lease_from_when_it_was_sent() {
    let mut stage = Stage::owner().await;
    let reply = stage.asked(Ask::Beat(place(1))).await;
    let sent = Instant::now();
    advance(BEAT / 2).await;
    reply.send(Ok(Answer::Fine)).ok();
    stage.becomes(&Role::Owner { until: sent + LEASE }).await;
}

#[tokio::test(start_paused = true)]
async fn an_owner_that_hears_nothing_is_none_any_more_when_its_lease_ends() {
    let mut stage = Stage::owner().await;
    let Role::Owner { until } = *stage.role.borrow() else { panic!("no owner") };
    let unanswered = stage.asked(Ask::Beat(place(1))).await;
    stage.becomes(&Role::Joining).await;
    assert!(Instant::now() - until < Duration::from_millis(5), "not later than the lease says");
    unanswered.send(Ok(Answer::Fine)).ok();
    stage.role.wait_for(|role| matches!(role, Role::Owner { .. })).await.unwrap();
}

#[tokio::test(start_paused = true)]
async fn a_rebalance_is_joined_at_once_and_the_lease_goes_on() {
    let mut stage = Stage::owner().await;
    let before = stage.role.borrow().clone();
    stage.expect(Ask::Beat(place(1)), refusal(ErrorCode::REBALANCE_IN_PROGRESS)).await;
    let asked = Instant::now();
    let reply = stage.asked(Ask::Join("me".to_owned())).await;
    assert_eq!(Instant::now(), asked);
    assert_eq!(*stage.role.borrow(), before);
    reply.send(round(2, "me")).ok();
    stage.settle(2, "me").await;
    stage.becomes(&Role::Owner { until: asked + LEASE }).await;
}

#[tokio::test(start_paused = true)]
async fn another_leader_ends_the_ownership_before_anything_else_is_asked() {
    let mut stage = Stage::owner().await;
    stage.expect(Ask::Beat(place(1)), refusal(ErrorCode::REBALANCE_IN_PROGRESS)).await;
    stage.expect(Ask::Join("me".to_owned()), round(2, "you")).await;
    stage.becomes(&Role::Standby { owner: None }).await;
    stage.settle(2, "you").await;
    stage.becomes(&standby()).await;
}

#[tokio::test(start_paused = true)]
async fn a_member_that_is_not_known_any_more_is_nobody_and_joins_afresh() {
    let mut stage = Stage::owner().await;
    stage.expect(Ask::Beat(place(1)), refusal(ErrorCode::UNKNOWN_MEMBER_ID)).await;
    stage.becomes(&Role::Joining).await;
    stage.expect(Ask::Join(String::new()), round(7, "me")).await;
    stage.settle(7, "me").await;
    stage.role.wait_for(|role| matches!(role, Role::Owner { .. })).await.unwrap();
}

#[tokio::test(start_paused = true)]
async fn a_member_that_missed_a_round_is_nobody_and_comes_back_with_its_id() {
    let mut stage = Stage::owner().await;
    stage.expect(Ask::Beat(place(1)), refusal(ErrorCode::ILLEGAL_GENERATION)).await;
    stage.becomes(&Role::Joining).await;
    stage.expect(Ask::Join("me".to_owned()), round(3, "you")).await;
    stage.settle(3, "you").await;
    stage.becomes(&standby()).await;
}

#[tokio::test(start_paused = true)]
async fn a_lost_connection_costs_neither_place_nor_role() {
    let mut stage = Stage::owner().await;
    stage.expect(Ask::Beat(place(1)), lost()).await;
    stage.expect(Ask::Beat(place(1)), refusal(ErrorCode::NOT_COORDINATOR)).await;
    assert!(matches!(*stage.role.borrow(), Role::Owner { .. }));
    let reply = stage.asked(Ask::Beat(place(1))).await;
    let sent = Instant::now();
    reply.send(Ok(Answer::Fine)).ok();
    stage.becomes(&Role::Owner { until: sent + LEASE }).await;
}

#[tokio::test(start_paused = true)]
async fn a_coordinator_that_stays_away_is_said_when_the_lease_is_over() {
    let mut stage = Stage::owner().await;
    let Role::Owner { until } = *stage.role.borrow() else { panic!("no owner") };
    while !matches!(*stage.role.borrow(), Role::Failed(_)) {
        stage.expect(Ask::Beat(place(1)), lost()).await;
        sleep(Duration::from_millis(1)).await;
    }
    assert!(Instant::now() >= until);
    // When it is back, everything is as before.
    stage.expect(Ask::Beat(place(1)), Ok(Answer::Fine)).await;
    stage.role.wait_for(|role| matches!(role, Role::Owner { .. })).await.unwrap();
}

#[tokio::test(start_paused = true)]
async fn what_is_refused_is_said_at_once_and_tried_again() {
    let mut stage = Stage::new();
    let refused = refusal(ErrorCode::GROUP_AUTHORIZATION_FAILED);
    stage.expect(Ask::Join(String::new()), refused).await;
    let failed = stage.role.wait_for(|role| matches!(role, Role::Failed(_)));
    timeout(BEAT, failed).await.unwrap().unwrap();
    stage.expect(Ask::Join(String::new()), round(1, "you")).await;
    stage.settle(1, "you").await;
    stage.becomes(&standby()).await;
}

#[tokio::test(start_paused = true)]
async fn a_dropped_membership_is_no_owner_before_it_says_goodbye() {
    let mut stage = Stage::owner().await;
    stage.stop = None;
    stage.asked(Ask::Leave("me".to_owned())).await;
    assert_eq!(*stage.role.borrow(), Role::Joining);
}

#[tokio::test(start_paused = true)]
async fn a_membership_dropped_while_it_joins_gives_its_id_back() {
    let mut stage = Stage::new();
    let id = Ok(Answer::Joined(Joined::Id("me".to_owned())));
    stage.expect(Ask::Join(String::new()), id).await;
    let _held = stage.asked(Ask::Join("me".to_owned())).await;
    stage.stop = None;
    stage.asked(Ask::Leave("me".to_owned())).await;
}
