//! The life of a member: join, sync, heartbeats, and again.

use std::convert::Infallible;

use tokio::{
    sync::watch,
    time::{Instant, sleep, sleep_until},
};
use tokio_util::sync::CancellationToken;

use super::{
    LeaseTimes, Role,
    assignment::Assignment,
    calls::{Coordinator, Joined, Place},
};
use crate::{
    backoff::Backoff,
    error::{Error, ErrorCode, Result},
};

/// Heartbeats in a session.
const BEATS: u32 = 6;
/// The lease ends with this part of the session, counted from when the last heartbeat was sent.
const LEASE: u32 = 2;
const FIRST_WAIT: std::time::Duration = std::time::Duration::from_millis(100);

/// One member.
pub(super) struct Member<C> {
    coordinator: C,
    who: String,
    times: LeaseTimes,
    role: watch::Sender<Role>,
    /// Names of all members, the owner's first; empty while they are not known.
    members: watch::Sender<Vec<String>>,
    /// Empty until the coordinator has given one.
    id: String,
    /// When what the coordinator last confirmed was sent.
    proof: Instant,
    /// Whether a rebalance was followed at once since then: the next one waits.
    hurried: bool,
    backoff: Backoff,
}

impl<C: Coordinator> Member<C> {
    pub(super) fn new(
        coordinator: C,
        who: &str,
        times: LeaseTimes,
        role: watch::Sender<Role>,
        members: watch::Sender<Vec<String>>,
    ) -> Self {
        let backoff = Self::fresh_backoff(times);
        Self {
            coordinator,
            who: who.to_owned(),
            times,
            role,
            members,
            id: String::new(),
            proof: Instant::now(),
            hurried: false,
            backoff,
        }
    }

    fn fresh_backoff(times: LeaseTimes) -> Backoff {
        Backoff::new(FIRST_WAIT, times.session / LEASE)
    }

    /// Lives until told to stop, then leaves; or until the client is closed.
    pub(super) async fn run(mut self, stop: CancellationToken) {
        let role = self.role.clone();
        tokio::select! {
            biased;
            () = stop.cancelled() => {}
            never = lapse(&role) => match never {},
            end = self.live() => {
                role.send_replace(Role::Failed(end.to_string()));
                return;
            }
        }
        // Before the goodbye: the successor starts as soon as it is heard.
        role.send_replace(Role::Joining);
        self.coordinator.leave(&self.id).await;
    }

    /// Only a closed client ends it.
    async fn live(&mut self) -> Error {
        loop {
            let error = match self.generation().await {
                Ok(never) => match never {},
                Err(error) => error,
            };
            if error == Error::Closed {
                return error;
            }
            match error.code() {
                // The lease goes on: the round waits for us longer than it lasts.
                Some(ErrorCode::REBALANCE_IN_PROGRESS) => {
                    if !std::mem::replace(&mut self.hurried, true) {
                        continue;
                    }
                }
                // The place is lost.
                Some(ErrorCode::UNKNOWN_MEMBER_ID | ErrorCode::FENCED_INSTANCE_ID) => {
                    self.id.clear();
                    self.become_nobody();
                }
                // The round was completed without us. The id may still be good; if not, that is what is said next.
                Some(ErrorCode::ILLEGAL_GENERATION) => self.become_nobody(),
                _ => self.fail(&error),
            }
            tracing::debug!(%error, "joining a group again");
            sleep(self.backoff.next()).await;
        }
    }

    /// One generation of the group, from joining it to what ends it.
    async fn generation(&mut self) -> Result<Infallible> {
        let (place, leader, members) = self.join().await?;
        let is_leader = leader == place.member;
        if !is_leader && !matches!(*self.role.borrow(), Role::Standby { .. }) {
            self.role.send_replace(Role::Standby { owner: None });
        }
        let assignments = if is_leader { self.assign(&place, members) } else { Vec::new() };
        let sent = Instant::now();
        let bytes = self.coordinator.sync(&place, assignments).await?;
        let assignment = Assignment::decode(&bytes);
        let is_owner = is_leader && assignment.as_ref().is_some_and(|told| told.is_owner);
        let members = assignment.map(|told| told.members).unwrap_or_default();
        let owner = members.first().cloned();
        self.tell_members(members);
        self.settle(is_owner, owner.as_ref(), sent);
        self.beat(&place, is_owner, owner.as_ref(), sent).await
    }

    async fn join(&mut self) -> Result<(Place, String, Vec<(String, String)>)> {
        loop {
            match self.coordinator.join(&self.id).await? {
                Joined::Id(id) => {
                    if self.id == id {
                        // Not at once: the coordinator does not know what it asked for.
                        sleep(self.backoff.next()).await;
                    }
                    self.id = id;
                }
                Joined::Round { place, leader, members } => {
                    self.id.clone_from(&place.member);
                    return Ok((place, leader, members));
                }
            }
        }
    }

    /// The leader is the owner, and nobody else.
    fn assign(&self, place: &Place, all: Vec<(String, String)>) -> Vec<(String, bytes::Bytes)> {
        let others = all.iter().filter(|(member, _)| *member != place.member);
        let mut names: Vec<String> = others.map(|(_, name)| name.clone()).collect();
        names.sort();
        names.insert(0, self.who.clone());
        let assign = |(member, _): (String, String)| {
            let is_owner = member == place.member;
            (member, Assignment { is_owner, members: names.clone() }.encode())
        };
        all.into_iter().map(assign).collect()
    }

    fn tell_members(&self, members: Vec<String>) {
        self.members.send_if_modified(|known| {
            let is_new = *known != members;
            *known = members;
            is_new
        });
    }

    /// Heartbeats until one is refused.
    async fn beat(
        &mut self,
        place: &Place,
        is_owner: bool,
        owner: Option<&String>,
        synced: Instant,
    ) -> Result<Infallible> {
        let every = self.times.session / BEATS;
        let mut next = synced + every;
        loop {
            sleep_until(next).await;
            let sent = Instant::now();
            match self.coordinator.heartbeat(place).await {
                Ok(()) => {
                    next = sent + every;
                    self.settle(is_owner, owner, sent);
                }
                // The place may still be ours, at whichever coordinator.
                Err(error) if error.is_retriable() => {
                    self.fail(&error);
                    next = Instant::now() + self.backoff.next().min(every);
                }
                Err(error) => return Err(error),
            }
        }
    }

    /// The coordinator has confirmed the role with an answer to what was sent at `sent`.
    fn settle(&mut self, is_owner: bool, owner: Option<&String>, sent: Instant) {
        self.proof = sent;
        self.hurried = false;
        self.backoff = Self::fresh_backoff(self.times);
        let role = if !is_owner {
            Role::Standby { owner: owner.cloned() }
        } else {
            Role::Owner { until: sent + self.times.session / LEASE }
        };
        self.role.send_if_modified(|current| {
            let is_new = *current != role;
            *current = role;
            is_new
        });
    }

    fn become_nobody(&self) {
        self.tell_members(Vec::new());
        self.role.send_if_modified(|role| {
            let had_role = matches!(role, Role::Owner { .. } | Role::Standby { .. });
            if had_role {
                *role = Role::Joining;
            }
            had_role
        });
    }

    /// Says why there is no role. What may pass by itself gets the time of a lease to do so.
    fn fail(&self, error: &Error) {
        if error.is_retriable() && Instant::now() < self.proof + self.times.session / LEASE {
            return;
        }
        self.tell_members(Vec::new());
        let words = Role::Failed(self.coordinator.explain(error));
        self.role.send_if_modified(|role| {
            let leased = matches!(role, Role::Owner { until } if *until > Instant::now());
            let is_new = !leased && *role != words;
            if is_new {
                *role = words;
            }
            is_new
        });
    }
}

/// Takes the ownership back when the lease has run out, whatever the member is waiting for.
async fn lapse(role: &watch::Sender<Role>) -> Infallible {
    let mut seen = role.subscribe();
    loop {
        let until = match &*seen.borrow_and_update() {
            Role::Owner { until } => Some(*until),
            _ => None,
        };
        tokio::select! {
            _ = seen.changed() => {}
            () = sleep_until(until.unwrap_or_else(Instant::now)), if until.is_some() => {
                role.send_if_modified(|role| {
                    let over = matches!(role, Role::Owner { until } if *until <= Instant::now());
                    if over {
                        *role = Role::Joining;
                    }
                    over
                });
            }
        }
    }
}
