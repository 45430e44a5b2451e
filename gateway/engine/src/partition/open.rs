//! Opening: from not knowing the log end to a position that nothing can shift.

use drawbridge_shared::link::MirrorTopicError;

use super::{
    Effect, Fault, Partition, Phase, Producer, ProducerState, Question, Sent, Tail, intake::Intake,
};
use crate::Millis;

/// Sequences wrap after `i32::MAX`.
pub(super) const SEQUENCES: i64 = 1 << 31;

/// How far an opening is.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Stage {
    /// Waiting until nothing unprotected of an earlier owner can arrive.
    Settle,
    /// Storing that from now on something may be under way.
    Note,
    /// DescribeProducers.
    Producers,
    /// The log end; read after the producer's state, never before.
    End { state: Option<ProducerState> },
    /// Whether the last batch is ours.
    Tail { state: Option<ProducerState>, end: i64 },
    /// Deleting padding that an earlier owner left.
    Trim { before: i64 },
}

/// An acknowledged batch that stands where it should: from there the sequence tells how far the
/// log end can have moved through the link. What was read while opening is no such point: a leader
/// change between the two readings can take back what only the first one saw.
#[derive(Debug, Clone, Copy)]
pub(super) struct Anchor {
    /// The offset after the batch.
    pub(super) end: i64,
    /// The sequence after the batch.
    pub(super) next_sequence: i32,
    /// Offsets filled since, at most.
    pub(super) filled: i64,
    /// The broker had forgotten our producer since, and sequences began anew: they count from here no more.
    pub(super) restarted: bool,
}

impl Anchor {
    /// The highest log end that our own writes explain, or `None` when the leader has forgotten
    /// our producer.
    fn explained(self, state: Option<ProducerState>) -> Option<i64> {
        let next = i64::from(state?.last_sequence) + 1;
        let written = (next - i64::from(self.next_sequence)).rem_euclid(SEQUENCES);
        Some(self.end + written + self.filled)
    }

    /// The lowest log end that a last record with the sequence before `next` allows: as many offsets as
    /// sequences have passed since. `None` where nothing can be said.
    fn least_end(self, next: i64) -> Option<i64> {
        let written = (next - i64::from(self.next_sequence)).rem_euclid(SEQUENCES);
        // A log that went back to before this point is copied again from there.
        (!self.restarted && written < SEQUENCES / 2).then_some(self.end + written)
    }
}

impl Partition {
    pub(super) fn start_opening(&mut self) {
        self.forget_position();
        self.asked = None;
        self.source.reopen();
        self.settle_memory();
        self.phase = Phase::Opening(Stage::Settle);
    }

    /// What the last owner may have left under way counts from the first time that this one wants to act.
    pub(super) fn settle_memory(&mut self) {
        if self.settled_memory {
            return;
        }
        self.settled_memory = true;
        let late = self.now.plus(self.spec.limits.settle_ms);
        match self.memory.sent {
            Sent::Nothing => {}
            Sent::Sequenced => self.late_sequenced = late,
            Sent::Unsequenced => {
                self.late_sequenced = late;
                self.late_unsequenced = late;
            }
        }
    }

    pub(super) fn pump_opening(&mut self, stage: Stage, effects: &mut Vec<Effect>) {
        if self.leave_if_unwanted() || self.asked.is_some() {
            return;
        }
        match stage {
            Stage::Settle => {
                if self.now < self.late_unsequenced {
                    effects.push(Effect::Wake { at: self.late_unsequenced });
                } else {
                    self.enter(Stage::Note, effects);
                }
            }
            Stage::Note => {
                if self.stored.sent == Sent::Nothing {
                    self.memory.sent = Sent::Sequenced;
                    self.note(Question::NoteOpening, effects);
                } else {
                    self.enter(Stage::Producers, effects);
                }
            }
            Stage::Producers => {
                let ask = self.ask(Question::Producers);
                effects.push(Effect::DescribeProducers { ask });
            }
            Stage::End { .. } => self.ask_log_end(Question::LogEnd, effects),
            Stage::Tail { end, .. } => {
                if end == 0 {
                    self.adopt(end, None);
                } else {
                    let ask = self.ask(Question::Tail { end });
                    effects.push(Effect::Tail { ask, offset: end - 1 });
                }
            }
            Stage::Trim { before } => {
                let ask = self.ask(Question::LeftoverTrim);
                effects.push(Effect::Trim { ask, before });
            }
        }
    }

    fn enter(&mut self, stage: Stage, effects: &mut Vec<Effect>) {
        self.phase = Phase::Opening(stage);
        self.pump_opening(stage, effects);
    }

    pub(super) fn on_noted_opening(&mut self, result: Result<(), Fault>) {
        match result {
            Ok(()) => self.phase = Phase::Opening(Stage::Producers),
            Err(fault) => self.rest_after(&fault),
        }
    }

    pub(super) fn on_producers(&mut self, result: Result<Option<ProducerState>, Fault>) {
        match result {
            Ok(state) => self.phase = Phase::Opening(Stage::End { state }),
            Err(fault) => self.rest_after(&fault),
        }
    }

    pub(super) fn on_log_end(&mut self, result: Result<i64, Fault>) {
        let Phase::Opening(Stage::End { state }) = self.phase else { return };
        match result {
            Err(fault) => self.rest_after(&fault),
            Ok(end) => self.phase = Phase::Opening(Stage::Tail { state, end }),
        }
    }

    /// The first offset that our own writes do not explain.
    fn unexplained(&self, end: i64, state: Option<ProducerState>) -> Option<i64> {
        self.anchor?.explained(state).filter(|explained| end > *explained)
    }

    pub(super) fn on_suspicion(&mut self, end: i64, result: Result<Option<ProducerState>, Fault>) {
        match result {
            Err(fault) => self.rest_after(&fault),
            Ok(state) => match self.unexplained(end, state) {
                Some(offset) => {
                    self.fail_foreign(offset, "the log end is beyond what the link wrote")
                }
                None => self.phase = Phase::Opening(Stage::Producers),
            },
        }
    }

    pub(super) fn on_tail(
        &mut self,
        end: i64,
        result: Result<Tail, Fault>,
        effects: &mut Vec<Effect>,
    ) {
        let Phase::Opening(Stage::Tail { state, .. }) = self.phase else { return };
        let exact = result.as_ref().ok().and_then(|tail| self.state_at(*tail));
        let state = exact.or(state);
        match result {
            Err(fault) => self.rest_after(&fault),
            Ok(Tail::Unreadable) => {
                self.rest(format!("the record before offset {end} is not replicated yet"));
            }
            Ok(Tail::Empty { log_end }) if log_end != end => {
                self.rest(format!("the mirror ended at offset {end}, and then at {log_end}"));
            }
            Ok(Tail::Batch { base, producer_id, .. }) if !self.spec.own.contains(&producer_id) => {
                let offset = self.unexplained(end, state).map_or(base, |first| first.min(base));
                self.fail_foreign(offset, "the last batch was not written by the link");
            }
            Ok(Tail::Batch { .. }) if self.is_short(end, exact) => self.fail_shifted(
                self.doubt.map_or(self.acked.min(end), |doubt| doubt.base),
                &format!("the mirror ends at {end}, before what the link's sequences tell"),
            ),
            // The end is replicated, so whoever leads knows all our batches before it. How far they
            // went when the end was read is not known exactly: the state is read again, and is then
            // at least as far.
            Ok(Tail::Empty { .. } | Tail::Batch { .. })
                if self.unexplained(end, state).is_some() =>
            {
                let ask = self.ask(Question::Suspicion { end });
                effects.push(Effect::DescribeProducers { ask });
            }
            // The state may be of a batch that a leader change took back before the end was read. A batch
            // with the sequence after it would go in behind a late one of ours.
            Ok(Tail::Empty { .. } | Tail::Batch { .. })
                if exact.is_none() && self.now < self.late_sequenced =>
            {
                self.late_unsequenced = self.late_unsequenced.max(self.late_sequenced);
                self.phase = Phase::Opening(Stage::Settle);
            }
            Ok(Tail::Empty { .. } | Tail::Batch { .. }) => match self.doubt {
                Some(doubt) => self.examine(doubt, end, state, effects),
                None => self.adopt(end, state),
            },
        }
    }

    /// Whether the log ends before the place of its own last batch, by that batch's sequence: then a broker
    /// that had forgotten our producer took a batch for the one before it.
    fn is_short(&self, end: i64, exact: Option<ProducerState>) -> bool {
        let least = exact
            .zip(self.anchor)
            .and_then(|(state, anchor)| anchor.least_end(i64::from(state.last_sequence) + 1));
        least.is_some_and(|least| end < least)
    }

    /// The state of our producer right after a batch of the link's data: the one reading of position and
    /// sequence that no leader change can come between.
    fn state_at(&self, tail: Tail) -> Option<ProducerState> {
        let Tail::Batch { producer_id, sequence, .. } = tail else { return None };
        let Producer { id, epoch } = self.spec.data;
        let ours = producer_id == id && sequence >= 0;
        ours.then_some(ProducerState { last_sequence: sequence, epoch, last_timestamp: 0 })
    }

    pub(super) fn fail_foreign(&mut self, offset: i64, seen: &str) {
        self.fail(
            MirrorTopicError::NonMonotonicLogAppendEpoch,
            format!(
                "somebody else wrote to the mirror at or after offset {offset} ({seen}): delete and create the mirror again, or fail it over as it is"
            ),
        );
    }

    /// Takes the log end as the position.
    pub(super) fn adopt(&mut self, end: i64, state: Option<ProducerState>) {
        // Epochs are stored before what follows them is sent; beyond what this machine sent itself,
        // another owner may have stored more than it knows of.
        let epoch =
            if self.opened && end > self.reach { None } else { self.memory.epoch_before(end) };
        self.opened = true;
        self.acked = end;
        self.reach = self.reach.max(end);
        self.next_sequence = match state {
            Some(state) => wrap(i64::from(state.last_sequence) + 1),
            None => {
                if let Some(anchor) = &mut self.anchor {
                    anchor.restarted = true;
                }
                wrap(end)
            }
        };
        // The first batch goes alone. If something of ours arrived between the two readings, it is
        // answered as a duplicate and nothing is appended: a second one behind it would pass the
        // sequence check and take its place.
        self.landed = None;
        self.intake = Intake { next: end, epoch, skipped: false };
        // Epochs that begin at the end or behind it stay known: a batch of theirs may still arrive late.
        self.drained = false;
        self.next_check = self.now.plus(self.spec.limits.check_ms);
        let floor = self.memory.start.max(self.memory.trim_to.unwrap_or(0));
        if end < floor {
            self.skip_to(floor);
            self.phase = Phase::Copying;
            return;
        }
        self.phase = match self.memory.trim_to {
            Some(before) => Phase::Opening(Stage::Trim { before }),
            None => Phase::Copying,
        };
    }

    pub(super) fn on_leftover_trim(&mut self, result: Result<i64, Fault>) {
        match result {
            Ok(_) => {
                // Stored with the next note; doing it once more would change nothing.
                self.memory.trim_to = None;
                self.phase = Phase::Copying;
            }
            Err(fault) => self.rest_after(&fault),
        }
    }

    /// The broker may forget a producer whose last batch is this old, before what is sent now has arrived.
    pub(super) const fn is_old(&self, timestamp: i64) -> bool {
        let limits = &self.spec.limits;
        // A request is given up within the settle time, and may be carried out for as long again.
        let under_way = limits.settle_ms.saturating_mul(2);
        let margin =
            if limits.expiry_margin_ms > under_way { limits.expiry_margin_ms } else { under_way };
        Millis(timestamp).0 < self.now.plus(margin - limits.producer_expiry_ms).0
    }
}

/// A sequence number, wrapped.
pub(super) fn wrap(sequence: i64) -> i32 {
    i32::try_from(sequence.rem_euclid(SEQUENCES)).unwrap_or(0)
}
