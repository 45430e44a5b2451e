//! A classic consumer group: members, rebalance rounds, committed offsets.
//!
//! Times are milliseconds handed in by the caller. A request that has to wait (JoinGroup until the
//! round is complete, SyncGroup until the leader has assigned) leaves a sender behind.

use std::collections::{BTreeMap, BTreeSet};

use bytes::Bytes;
use kafka_protocol::ResponseError as Code;
use tokio::sync::oneshot::Sender;

mod join;
pub(crate) mod offsets;

pub(crate) use join::{JoinReply, JoinRequest};
pub(crate) use offsets::Committed;

/// Phase of the group, with the names clients see.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Phase {
    Empty,
    PreparingRebalance,
    CompletingRebalance,
    Stable,
}

impl Phase {
    pub(crate) fn name(self) -> &'static str {
        match self {
            Self::Empty => "Empty",
            Self::PreparingRebalance => "PreparingRebalance",
            Self::CompletingRebalance => "CompletingRebalance",
            Self::Stable => "Stable",
        }
    }
}

/// Answer to SyncGroup.
#[derive(Clone, Debug)]
pub(crate) struct SyncReply {
    pub(crate) error: Option<Code>,
    pub(crate) protocol_type: String,
    pub(crate) protocol: String,
    pub(crate) assignment: Bytes,
}

/// A member of the group.
#[derive(Debug)]
pub(crate) struct Member {
    pub(crate) instance_id: Option<String>,
    pub(crate) client_id: String,
    pub(crate) host: String,
    session_ms: i64,
    rebalance_ms: i64,
    pub(crate) protocols: Vec<(String, Bytes)>,
    pub(crate) assignment: Bytes,
    /// When the session ends unless the member is heard of.
    deadline: i64,
    join: Option<Sender<JoinReply>>,
    sync: Option<Sender<SyncReply>>,
    synced: bool,
}

impl Member {
    fn is_waiting(&self) -> bool {
        self.join.as_ref().is_some_and(|j| !j.is_closed())
    }

    fn touch(&mut self, now: i64) {
        self.deadline = now + self.session_ms;
    }

    /// What this member subscribed with under the given protocol.
    pub(crate) fn metadata(&self, protocol: &str) -> Bytes {
        self.protocols
            .iter()
            .find(|(name, _)| name == protocol)
            .map_or_else(Bytes::new, |p| p.1.clone())
    }
}

/// A classic consumer group.
#[derive(Debug)]
pub(crate) struct Group {
    pub(crate) phase: Phase,
    pub(crate) generation: i32,
    pub(crate) protocol_type: String,
    pub(crate) protocol: String,
    pub(crate) leader: String,
    pub(crate) members: BTreeMap<String, Member>,
    /// Member ids handed out with MEMBER_ID_REQUIRED, with the end of their validity.
    pending: BTreeMap<String, i64>,
    /// When the round ends even if members are missing.
    round_ends: i64,
    /// The first round of an empty group waits at least this long.
    round_not_before: i64,
    pub(crate) offsets: BTreeMap<(String, i32), Committed>,
    /// Offsets of undecided transactions, by producer id.
    pending_offsets: BTreeMap<i64, BTreeMap<(String, i32), Committed>>,
    /// When the group became empty.
    empty_since: i64,
}

impl Group {
    pub(crate) fn new(now: i64) -> Self {
        Self {
            phase: Phase::Empty,
            generation: 0,
            protocol_type: String::new(),
            protocol: String::new(),
            leader: String::new(),
            members: BTreeMap::new(),
            pending: BTreeMap::new(),
            round_ends: 0,
            round_not_before: 0,
            offsets: BTreeMap::new(),
            pending_offsets: BTreeMap::new(),
            empty_since: now,
        }
    }

    /// Checks that the caller is the member it says it is.
    fn identify(&self, member_id: &str, instance_id: Option<&str>) -> Result<(), Code> {
        if let Some(instance) = instance_id
            && let Some((current, _)) = self.by_instance(instance)
            && current != member_id
        {
            return Err(Code::FencedInstanceId);
        }
        if self.members.contains_key(member_id) { Ok(()) } else { Err(Code::UnknownMemberId) }
    }

    fn by_instance(&self, instance: &str) -> Option<(&String, &Member)> {
        self.members.iter().find(|(_, m)| m.instance_id.as_deref() == Some(instance))
    }

    /// A member collects its assignment; the leader brings everybody's.
    pub(crate) fn sync(
        &mut self,
        now: i64,
        (member_id, instance_id, generation): (&str, Option<&str>, i32),
        (protocol_type, protocol): (Option<&str>, Option<&str>),
        assignments: Vec<(String, Bytes)>,
        reply: Sender<SyncReply>,
    ) {
        let checked = self.identify(member_id, instance_id).and_then(|()| {
            let other = |given: Option<&str>, ours: &str| given.is_some_and(|g| g != ours);
            if generation != self.generation {
                Err(Code::IllegalGeneration)
            } else if other(protocol_type, &self.protocol_type) || other(protocol, &self.protocol) {
                Err(Code::InconsistentGroupProtocol)
            } else if matches!(self.phase, Phase::PreparingRebalance | Phase::Empty) {
                Err(Code::RebalanceInProgress)
            } else {
                Ok(())
            }
        });
        if let Err(code) = checked {
            drop(reply.send(self.sync_reply(Some(code), Bytes::new())));
            return;
        }
        if let Some(member) = self.members.get_mut(member_id) {
            member.touch(now);
            member.synced = true;
            member.sync = Some(reply);
        }
        if self.phase == Phase::CompletingRebalance && self.leader == member_id {
            for (id, assignment) in assignments {
                if let Some(member) = self.members.get_mut(&id) {
                    member.assignment = assignment;
                }
            }
            self.phase = Phase::Stable;
        }
        if self.phase == Phase::Stable {
            self.answer_syncs(now, None);
        }
    }

    fn answer_syncs(&mut self, now: i64, error: Option<Code>) {
        let ready: Vec<_> = self
            .members
            .values_mut()
            .filter_map(|m| {
                let sender = m.sync.take()?;
                m.touch(now);
                let assignment = if error.is_none() { m.assignment.clone() } else { Bytes::new() };
                Some((sender, assignment))
            })
            .collect();
        for (sender, assignment) in ready {
            drop(sender.send(self.sync_reply(error, assignment)));
        }
    }

    fn sync_reply(&self, error: Option<Code>, assignment: Bytes) -> SyncReply {
        SyncReply {
            error,
            protocol_type: self.protocol_type.clone(),
            protocol: self.protocol.clone(),
            assignment,
        }
    }

    /// A sign of life.
    pub(crate) fn heartbeat(
        &mut self,
        now: i64,
        member_id: &str,
        instance_id: Option<&str>,
        generation: i32,
    ) -> Result<(), Code> {
        self.identify(member_id, instance_id)?;
        if generation != self.generation {
            return Err(Code::IllegalGeneration);
        }
        if let Some(member) = self.members.get_mut(member_id) {
            member.touch(now);
        }
        if self.phase == Phase::PreparingRebalance {
            Err(Code::RebalanceInProgress)
        } else {
            Ok(())
        }
    }

    /// A member leaves; static members may be named by instance id alone.
    pub(crate) fn leave(
        &mut self,
        now: i64,
        member_id: &str,
        instance_id: Option<&str>,
    ) -> Result<(), Code> {
        if self.pending.remove(member_id).is_some() {
            self.try_complete(now);
            return Ok(());
        }
        let id = match instance_id.map(|i| self.by_instance(i).map(|(id, _)| id.clone())) {
            Some(None) => return Err(Code::UnknownMemberId),
            Some(Some(id)) if !member_id.is_empty() && id != member_id => {
                return Err(Code::FencedInstanceId);
            }
            Some(Some(id)) => id,
            None => member_id.to_owned(),
        };
        if !self.members.contains_key(&id) {
            return Err(Code::UnknownMemberId);
        }
        self.remove(now, &id);
        Ok(())
    }

    fn remove(&mut self, now: i64, member_id: &str) {
        self.members.remove(member_id);
        match self.phase {
            Phase::PreparingRebalance => self.try_complete(now),
            _ => self.start_round(now, 0),
        }
    }

    /// Lets time pass: sessions end, rounds end, ids that were never used expire.
    pub(crate) fn tick(&mut self, now: i64) {
        self.pending.retain(|_, until| *until > now);
        for member in self.members.values_mut() {
            if member.join.as_ref().is_some_and(Sender::is_closed) {
                member.join = None;
                member.deadline = now + member.session_ms;
            }
        }
        let late_sync = self.phase == Phase::CompletingRebalance && self.round_ends <= now;
        let gone: Vec<String> = self
            .members
            .iter()
            .filter(|(_, m)| !m.is_waiting() && (m.deadline <= now || (late_sync && !m.synced)))
            .map(|(id, _)| id.clone())
            .collect();
        for id in gone {
            self.remove(now, &id);
        }
        self.try_complete(now);
    }

    /// Subscribed topics, read from the members' consumer-protocol metadata.
    pub(crate) fn subscribed_topics(&self) -> BTreeSet<String> {
        if self.protocol_type != "consumer" {
            return BTreeSet::new();
        }
        self.members
            .values()
            .flat_map(|m| m.protocols.iter())
            .flat_map(|(_, metadata)| topics_in(metadata).unwrap_or_default())
            .collect()
    }
}

/// Topics of a consumer-protocol subscription: version, then an array of names.
fn topics_in(mut metadata: &[u8]) -> Option<Vec<String>> {
    use bytes::Buf;
    metadata.try_get_i16().ok()?;
    let count = usize::try_from(metadata.try_get_i32().ok()?).ok()?;
    (0..count.min(metadata.len()))
        .map(|_| {
            let len = usize::try_from(metadata.try_get_i16().ok()?).ok()?;
            let (name, rest) = metadata.split_at_checked(len)?;
            metadata = rest;
            String::from_utf8(name.to_vec()).ok()
        })
        .collect()
}

#[cfg(test)]
mod tests;
