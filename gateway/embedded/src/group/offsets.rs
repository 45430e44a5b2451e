//! Committed offsets of a group, plain and in transactions.

use std::collections::BTreeMap;

use kafka_protocol::ResponseError as Code;

use super::{Group, Phase};

/// A committed offset.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Committed {
    pub(crate) offset: i64,
    pub(crate) leader_epoch: i32,
    pub(crate) metadata: String,
    /// When it was committed, milliseconds since 1970.
    pub(crate) at: i64,
}

impl Group {
    /// Whether this caller may commit. Generation -1 without a member id is the way of tools and of
    /// consumers that assign themselves, and needs a group without members.
    pub(crate) fn check_commit(
        &mut self,
        now: i64,
        member_id: &str,
        instance_id: Option<&str>,
        generation: i32,
    ) -> Result<(), Code> {
        if generation < 0 && member_id.is_empty() && instance_id.is_none() {
            return if self.phase == Phase::Empty { Ok(()) } else { Err(Code::UnknownMemberId) };
        }
        self.identify(member_id, instance_id)?;
        if generation != self.generation {
            return Err(Code::IllegalGeneration);
        }
        if let Some(member) = self.members.get_mut(member_id) {
            member.touch(now);
        }
        if self.phase == Phase::CompletingRebalance {
            return Err(Code::RebalanceInProgress);
        }
        Ok(())
    }

    /// Keeps offsets of a transaction until it is decided.
    pub(crate) fn commit_in_transaction(
        &mut self,
        producer_id: i64,
        topic: &str,
        partition: i32,
        committed: Committed,
    ) {
        let pending = self.pending_offsets.entry(producer_id).or_default();
        pending.insert((topic.to_owned(), partition), committed);
    }

    /// A transaction was decided: its offsets count, or are forgotten.
    pub(crate) fn decide(&mut self, producer_id: i64, commit: bool) {
        let decided = self.pending_offsets.remove(&producer_id);
        if commit {
            self.offsets.extend(decided.into_iter().flatten());
        }
    }

    /// Whether an undecided transaction wants to move this offset.
    pub(crate) fn is_unstable(&self, topic: &str, partition: i32) -> bool {
        let key = (topic.to_owned(), partition);
        self.pending_offsets.values().any(|p| p.contains_key(&key))
    }

    /// Removes the offsets of a topic that was deleted.
    pub(crate) fn forget_topic(&mut self, topic: &str) {
        let keep =
            |map: &mut BTreeMap<(String, i32), Committed>| map.retain(|(t, _), _| t != topic);
        keep(&mut self.offsets);
        self.pending_offsets.values_mut().for_each(keep);
    }

    /// Drops offsets of a group without members that are older than the retention. True when the
    /// group has nothing left to keep.
    pub(crate) fn expire_offsets(&mut self, now: i64, retention_ms: i64) -> bool {
        if self.phase != Phase::Empty {
            return false;
        }
        let since = self.empty_since;
        self.offsets.retain(|_, c| now - c.at.max(since) < retention_ms);
        self.offsets.is_empty()
            && self.pending_offsets.is_empty()
            && self.pending.is_empty()
            && now - since >= retention_ms
    }
}
