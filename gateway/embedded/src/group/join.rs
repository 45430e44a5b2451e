//! JoinGroup and the rounds of a rebalance.

use bytes::Bytes;
use kafka_protocol::ResponseError as Code;
use tokio::sync::oneshot::Sender;

use super::{Group, Member, Phase};

/// What a client joins with.
#[derive(Clone, Debug)]
pub(crate) struct JoinRequest {
    pub(crate) member_id: String,
    pub(crate) instance_id: Option<String>,
    pub(crate) client_id: String,
    pub(crate) host: String,
    pub(crate) session_ms: i64,
    pub(crate) rebalance_ms: i64,
    pub(crate) protocol_type: String,
    pub(crate) protocols: Vec<(String, Bytes)>,
    /// Whether a new member has to come back with the id it is given (JoinGroup 4 and later).
    pub(crate) needs_known_id: bool,
    /// Whether the client understands "skip the assignment" (JoinGroup 9).
    pub(crate) can_skip: bool,
    /// The id to use if a new one is needed.
    pub(crate) new_id: String,
    /// How long the first round of an empty group waits.
    pub(crate) initial_delay_ms: i64,
}

/// Answer to JoinGroup.
#[derive(Clone, Debug, Default)]
pub(crate) struct JoinReply {
    pub(crate) error: Option<Code>,
    pub(crate) generation: i32,
    pub(crate) protocol_type: String,
    pub(crate) protocol: String,
    pub(crate) leader: String,
    pub(crate) skip_assignment: bool,
    pub(crate) member_id: String,
    /// Member id, instance id, metadata: for the leader only.
    pub(crate) members: Vec<(String, Option<String>, Bytes)>,
}

impl JoinReply {
    pub(crate) fn refused(code: Code, member_id: &str) -> Self {
        Self {
            error: Some(code),
            generation: -1,
            member_id: member_id.to_owned(),
            ..Self::default()
        }
    }
}

impl Group {
    /// A client joins or joins again. The reply comes now or when the round is complete.
    pub(crate) fn join(&mut self, now: i64, request: JoinRequest, reply: Sender<JoinReply>) {
        if let Err(code) = self.check_protocols(&request) {
            drop(reply.send(JoinReply::refused(code, &request.member_id)));
            return;
        }
        if request.member_id.is_empty() {
            self.join_new(now, request, reply);
        } else {
            self.join_known(now, request, reply);
        }
    }

    fn check_protocols(&self, request: &JoinRequest) -> Result<(), Code> {
        if request.protocol_type.is_empty() || request.protocols.is_empty() {
            return Err(Code::InconsistentGroupProtocol);
        }
        let mut others = self.members.iter().filter(|(id, _)| **id != request.member_id).peekable();
        if others.peek().is_none() {
            return Ok(());
        }
        let shared = |name: &String| {
            self.members
                .iter()
                .filter(|(id, _)| **id != request.member_id)
                .all(|(_, m)| m.protocols.iter().any(|(n, _)| n == name))
        };
        let common = request.protocols.iter().any(|(name, _)| shared(name));
        if self.protocol_type == request.protocol_type && common {
            Ok(())
        } else {
            Err(Code::InconsistentGroupProtocol)
        }
    }

    fn join_new(&mut self, now: i64, request: JoinRequest, reply: Sender<JoinReply>) {
        let id = request.new_id.clone();
        if let Some(instance) = &request.instance_id {
            if let Some(old) = self.by_instance(instance).map(|(old, _)| old.clone()) {
                self.replace_static(now, &old, request, reply);
                return;
            }
        } else if request.needs_known_id {
            self.pending.insert(id.clone(), now + request.session_ms);
            drop(reply.send(JoinReply::refused(Code::MemberIdRequired, &id)));
            return;
        }
        self.admit(now, &id, request, reply);
    }

    fn join_known(&mut self, now: i64, request: JoinRequest, reply: Sender<JoinReply>) {
        let id = request.member_id.clone();
        if self.pending.remove(&id).is_some() {
            self.admit(now, &id, request, reply);
            return;
        }
        if let Err(code) = self.identify(&id, request.instance_id.as_deref()) {
            drop(reply.send(JoinReply::refused(code, &id)));
            return;
        }
        let changed = self.members.get(&id).is_some_and(|m| m.protocols != request.protocols);
        let again = match self.phase {
            Phase::PreparingRebalance | Phase::Empty => true,
            Phase::CompletingRebalance => changed,
            Phase::Stable => changed || self.leader == id,
        };
        let delay = request.initial_delay_ms;
        if let Some(member) = self.members.get_mut(&id) {
            member.protocols = request.protocols;
            member.session_ms = request.session_ms;
            member.rebalance_ms = request.rebalance_ms;
            member.touch(now);
        }
        if again {
            self.wait(&id, reply);
            self.start_round(now, delay);
        } else {
            drop(reply.send(self.join_reply(&id)));
        }
    }

    fn admit(&mut self, now: i64, id: &str, request: JoinRequest, reply: Sender<JoinReply>) {
        if self.members.is_empty() {
            self.protocol_type.clone_from(&request.protocol_type);
        }
        let delay = request.initial_delay_ms;
        let member = Member {
            instance_id: request.instance_id,
            client_id: request.client_id,
            host: request.host,
            session_ms: request.session_ms,
            rebalance_ms: request.rebalance_ms,
            protocols: request.protocols,
            assignment: Bytes::new(),
            deadline: now + request.session_ms,
            join: None,
            sync: None,
            synced: false,
        };
        self.members.insert(id.to_owned(), member);
        self.wait(id, reply);
        self.start_round(now, delay);
    }

    /// A static member came back under a new member id: it keeps its place, and if nothing about
    /// it changed, the others are not disturbed.
    fn replace_static(
        &mut self,
        now: i64,
        old: &str,
        request: JoinRequest,
        reply: Sender<JoinReply>,
    ) {
        let Some(mut member) = self.members.remove(old) else { return };
        if let Some(waiting) = member.join.take() {
            drop(waiting.send(JoinReply::refused(Code::FencedInstanceId, old)));
        }
        if let Some(waiting) = member.sync.take() {
            drop(waiting.send(self.sync_reply(Some(Code::FencedInstanceId), Bytes::new())));
        }
        let id = request.new_id;
        let same = member.protocols == request.protocols;
        member.protocols = request.protocols;
        member.client_id = request.client_id;
        member.host = request.host;
        member.session_ms = request.session_ms;
        member.rebalance_ms = request.rebalance_ms;
        member.touch(now);
        self.members.insert(id.clone(), member);
        let led = self.leader == old;
        if led {
            self.leader.clone_from(&id);
        }
        if self.phase == Phase::Stable && same {
            let mut answer = self.join_reply(&id);
            if led && request.can_skip {
                answer.skip_assignment = true;
            } else if led {
                // Older clients must not assign again: they are told that somebody else leads.
                old.clone_into(&mut answer.leader);
                answer.members.clear();
            }
            drop(reply.send(answer));
            return;
        }
        self.wait(&id, reply);
        self.start_round(now, request.initial_delay_ms);
    }

    fn wait(&mut self, id: &str, reply: Sender<JoinReply>) {
        if let Some(member) = self.members.get_mut(id) {
            member.join = Some(reply);
        }
    }

    /// Begins a round, or goes on with the one that is running.
    pub(super) fn start_round(&mut self, now: i64, initial_delay_ms: i64) {
        if self.phase != Phase::PreparingRebalance {
            let longest = self.members.values().map(|m| m.rebalance_ms).max().unwrap_or(0);
            self.round_ends = now + longest;
            let first = self.phase == Phase::Empty;
            self.round_not_before = if first { now + initial_delay_ms.min(longest) } else { now };
            self.phase = Phase::PreparingRebalance;
            self.answer_syncs(now, Some(Code::RebalanceInProgress));
        }
        self.try_complete(now);
    }

    /// Completes the round when everybody is there, or when its time is over.
    pub(super) fn try_complete(&mut self, now: i64) {
        if self.phase != Phase::PreparingRebalance || now < self.round_not_before {
            return;
        }
        let over = now >= self.round_ends;
        let all = self.members.values().all(Member::is_waiting) && self.pending.is_empty();
        if !all && !over {
            return;
        }
        // Static members that did not come back in time keep their place until their session ends.
        self.members.retain(|_, m| m.is_waiting() || m.instance_id.is_some());
        self.generation += 1;
        if self.members.is_empty() {
            self.phase = Phase::Empty;
            self.protocol.clear();
            self.leader.clear();
            self.empty_since = now;
            return;
        }
        self.protocol = self.elect_protocol();
        if !self.members.get(&self.leader).is_some_and(Member::is_waiting) {
            let mut waiting = self.members.iter().filter(|(_, m)| m.is_waiting());
            self.leader = waiting.next().map(|(id, _)| id.clone()).unwrap_or_default();
        }
        self.phase = Phase::CompletingRebalance;
        let longest = self.members.values().map(|m| m.rebalance_ms).max().unwrap_or(0);
        self.round_ends = now + longest;
        let ids: Vec<String> = self.members.keys().cloned().collect();
        for id in ids {
            let answer = self.join_reply(&id);
            if let Some(member) = self.members.get_mut(&id) {
                member.touch(now);
                member.synced = false;
                if let Some(sender) = member.join.take() {
                    drop(sender.send(answer));
                }
            }
        }
    }

    /// The protocol most members prefer among those all of them have.
    fn elect_protocol(&self) -> String {
        let common =
            |name: &str| self.members.values().all(|m| m.protocols.iter().any(|(n, _)| n == name));
        let mut votes: Vec<(&str, usize)> = Vec::new();
        for member in self.members.values() {
            let Some((choice, _)) = member.protocols.iter().find(|(n, _)| common(n)) else {
                continue;
            };
            match votes.iter_mut().find(|(name, _)| name == choice) {
                Some((_, count)) => *count += 1,
                None => votes.push((choice, 1)),
            }
        }
        votes
            .iter()
            .rev()
            .max_by_key(|(_, n)| *n)
            .map(|(name, _)| (*name).to_owned())
            .unwrap_or_default()
    }

    fn join_reply(&self, id: &str) -> JoinReply {
        let mut reply = JoinReply {
            generation: self.generation,
            protocol_type: self.protocol_type.clone(),
            protocol: self.protocol.clone(),
            leader: self.leader.clone(),
            member_id: id.to_owned(),
            ..JoinReply::default()
        };
        if self.leader == id {
            let members = self.members.iter();
            reply.members = members
                .map(|(id, m)| (id.clone(), m.instance_id.clone(), m.metadata(&self.protocol)))
                .collect();
        }
        reply
    }
}
