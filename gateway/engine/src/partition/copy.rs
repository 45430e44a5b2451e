//! Copying: sends what waits, in order, as far as it is safe to send it now.

use super::{
    Ask, Certainty, Effect, Fault, FaultKind, Notice, Partition, Phase, Question, Sent,
    fill::Filling,
    flight::Sortie,
    open::{Anchor, wrap},
    queue::Segment,
};
use crate::{
    batch::{Batch, Stamp},
    rebuild::padding,
};

impl Partition {
    pub(super) fn pump_copying(&mut self, effects: &mut Vec<Effect>) {
        if self.breaking {
            if self.flight.is_empty() {
                let why = self.error.clone().unwrap_or_default();
                self.rest(why);
            }
            return;
        }
        if self.leave_if_unwanted() {
            return;
        }
        self.send(effects);
        if self.phase == Phase::Copying && !self.breaking {
            self.read(effects);
            self.check_idle(effects);
        }
    }

    fn send(&mut self, effects: &mut Vec<Effect>) {
        while let Some(front) = self.queue.front() {
            let sent = match front {
                Segment::Data { batch, .. } => {
                    let timestamp = batch.header().max_timestamp;
                    self.may_send(timestamp, effects) && self.send_data(effects)
                }
                Segment::Head { to } => {
                    let to = *to;
                    self.pad(to, effects)
                }
                Segment::Barrier(mark) => {
                    let mark = *mark;
                    if self.asked.is_none() {
                        self.memory.add_epoch(mark);
                        self.note(Question::NoteEpoch, effects);
                    }
                    false
                }
                Segment::Fill { .. } => {
                    if self.flight.is_empty() && self.asked.is_none() {
                        self.phase = Phase::Filling(Filling::default());
                    }
                    false
                }
            };
            if !sent {
                return;
            }
        }
    }

    /// Whether a batch with this largest timestamp may go out now. Behind another batch only when
    /// the broker remembers our producer for sure: otherwise it would take the second for the
    /// first if the first got lost. How long it remembers counts from the last batch it has, so a
    /// partition that was idle for long begins alone again.
    fn may_send(&mut self, timestamp: i64, effects: &mut Vec<Effect>) -> bool {
        if self.flight.len() >= self.spec.limits.in_flight.clamp(1, 5) {
            return false;
        }
        if !self.is_old(timestamp) {
            let remembered = self.landed.is_some_and(|landed| !self.is_old(landed));
            return self.flight.is_empty() || (remembered && !self.flight.any_old());
        }
        // After an old batch the broker may forget us at any moment: nothing of ours may be late.
        if !self.flight.is_empty() {
            return false;
        }
        if self.now < self.late_sequenced {
            effects.push(Effect::Wake { at: self.late_sequenced });
            return false;
        }
        self.noted_unsequenced(effects)
    }

    /// Whether it is stored that unprotected requests may be under way; asks for it if not.
    pub(super) fn noted_unsequenced(&mut self, effects: &mut Vec<Effect>) -> bool {
        if self.stored.sent == Sent::Unsequenced {
            return true;
        }
        if self.asked.is_none() {
            self.memory.sent = Sent::Unsequenced;
            self.note(Question::NoteUnsequenced, effects);
        }
        false
    }

    fn send_data(&mut self, effects: &mut Vec<Effect>) -> bool {
        let Some(Segment::Data { batch, passed }) = self.queue.pop() else { return false };
        let fitted = self.fit(batch, passed).and_then(|fitted| {
            let (batch, passed) = fitted;
            self.coalesce(batch, passed)
        });
        match fitted {
            Ok((batch, passed)) => {
                self.launch(&batch, passed, false, effects);
                true
            }
            Err(why) => {
                self.rest(why);
                false
            }
        }
    }

    fn launch(&mut self, batch: &Batch, passed: bool, padding: bool, effects: &mut Vec<Effect>) {
        let header = batch.header();
        let count = header.span();
        let ask = self.new_ask();
        let base = self.sent_end();
        let (sequence, old) = (self.next_sequence, self.is_old(header.max_timestamp));
        let max_timestamp = header.max_timestamp;
        let stamped = batch.stamp(Stamp {
            producer_id: self.spec.data.id,
            producer_epoch: self.spec.data.epoch,
            base_sequence: sequence,
        });
        self.flight.push(Sortie {
            ask,
            base,
            count,
            sequence,
            crc: stamped.crc(),
            next_sequence: wrap(i64::from(self.next_sequence) + count),
            bytes: batch.len(),
            max_timestamp,
            old,
            passed,
            padding,
        });
        self.next_sequence = wrap(i64::from(self.next_sequence) + count);
        self.reach = self.reach.max(self.sent_end());
        effects.push(Effect::Produce { ask, batch: stamped });
    }

    /// The offset after everything that was sent.
    /// Answers may overtake each other, so the last one in flight need not be the last one sent.
    pub(super) fn sent_end(&self) -> i64 {
        self.flight.end().map_or(self.acked, |end| end.max(self.acked))
    }

    /// Pads up to `to` and deletes the padding; says whether there is more to send at once.
    fn pad(&mut self, to: i64, effects: &mut Vec<Effect>) -> bool {
        if self.stored.trim_to != Some(to) {
            if self.asked.is_none() && self.flight.is_empty() {
                self.memory.trim_to = Some(to);
                self.note(Question::NoteTrim, effects);
            }
            return false;
        }
        let from = self.sent_end();
        if from >= to {
            if self.flight.is_empty() && self.asked.is_none() {
                let ask = self.ask(Question::Trim { before: to });
                effects.push(Effect::Trim { ask, before: to });
            }
            return false;
        }
        // Padding is young whatever the data: it is deleted, and the broker remembers us by it.
        if !self.may_send(self.now.0, effects) {
            return false;
        }
        let count = i32::try_from((to - from).min(self.spec.limits.padding)).unwrap_or(1);
        match padding(from, count, self.now.0) {
            Ok(batch) => {
                self.launch(&batch, false, true, effects);
                true
            }
            Err(fault) => {
                self.rest(fault.to_string());
                false
            }
        }
    }

    pub(super) fn on_produced(&mut self, ask: Ask, result: Result<i64, Fault>) {
        let Some(sortie) = self.flight.take(ask) else { return };
        match result {
            Ok(base) if base == sortie.base => {
                let end = sortie.base + sortie.count;
                if end > self.acked {
                    self.acked = end;
                    let next_sequence = sortie.next_sequence;
                    self.anchor = Some(Anchor { end, next_sequence, filled: 0, restarted: false });
                    // Brokers count from the time in the batch, or, where the topic says so, from when
                    // they took it: the earlier of the two holds for both.
                    self.landed = Some(sortie.max_timestamp.min(self.now.0));
                }
                // Larger than what was refused before: the limit was raised.
                if sortie.bytes > self.max_batch {
                    self.max_batch = self.spec.limits.max_batch_bytes;
                    self.merge_room = self.spec.limits.merge_bytes;
                }
                self.counters.landed(&sortie);
                if self.phase == Phase::Copying && !self.breaking {
                    self.failures = 0;
                    self.error = None;
                }
                self.next_check = self.now.plus(self.spec.limits.check_ms);
            }
            Ok(base) if base > sortie.base => {
                self.fail_foreign(
                    sortie.base,
                    &format!("a batch sent for it was appended at {base}"),
                );
            }
            Ok(base) => self.on_early_base(&sortie, base),
            Err(fault) => {
                if fault.certainty == Certainty::Unknown {
                    self.may_be_late(sortie.old);
                }
                if fault.kind == FaultKind::TooLarge {
                    self.max_batch = self.max_batch.min(sortie.bytes.saturating_sub(1));
                    self.merge_room = self.merge_room.min(sortie.bytes / 2);
                }
                if fault.kind == FaultKind::TooLarge && sortie.count == 1 {
                    self.refused_record(&sortie);
                } else {
                    self.rest_after(&fault);
                }
            }
        }
    }

    /// A request of unknown outcome may be carried out until the settle time is over.
    pub(super) fn may_be_late(&mut self, unsequenced: bool) {
        let until = self.now.plus(self.spec.limits.settle_ms);
        self.late_sequenced = self.late_sequenced.max(until);
        if unsequenced {
            self.late_unsequenced = self.late_unsequenced.max(until);
        }
    }

    fn check_idle(&mut self, effects: &mut Vec<Effect>) {
        if !self.queue.is_empty() || !self.flight.is_empty() || self.asked.is_some() {
            return;
        }
        if self.now < self.next_check {
            effects.push(Effect::Wake { at: self.next_check });
        } else {
            self.next_check = self.now.plus(self.spec.limits.check_ms);
            self.ask_log_end(Question::IdleEnd { acked: self.acked }, effects);
        }
    }

    pub(super) fn on_idle_end(&mut self, acked: i64, result: Result<i64, Fault>) {
        match result {
            Ok(end) if (acked..=self.sent_end()).contains(&end) => {}
            Ok(end) => self.rest(format!("the mirror ends at offset {end}, not at {acked}")),
            Err(fault) => self.rest_after(&fault),
        }
    }

    pub(super) fn on_noted_epoch(&mut self, result: Result<(), Fault>) {
        match result {
            Ok(()) => {
                if matches!(self.queue.front(), Some(Segment::Barrier(_))) {
                    self.queue.pop();
                }
            }
            Err(fault) => self.rest_after(&fault),
        }
    }

    pub(super) fn on_noted_unsequenced(&mut self, result: Result<(), Fault>) {
        if let Err(fault) = result {
            self.rest_after(&fault);
        }
    }

    pub(super) fn on_noted_trim(&mut self, result: Result<(), Fault>) {
        if let Err(fault) = result {
            self.rest_after(&fault);
        }
    }

    pub(super) fn on_trimmed(
        &mut self,
        before: i64,
        result: Result<i64, Fault>,
        effects: &mut Vec<Effect>,
    ) {
        match result {
            Ok(_) => {
                self.memory.trim_to = None;
                if self.phase == Phase::Copying {
                    self.note(Question::NoteTrimmed, effects);
                }
            }
            Err(fault) => {
                if fault.kind == FaultKind::Denied {
                    let reason = format!("DeleteRecords is refused: {}", fault.detail);
                    effects.push(Effect::Notice(Notice::Blocked {
                        offset: 0,
                        count: before,
                        reason,
                    }));
                }
                self.rest_after(&fault);
            }
        }
    }

    pub(super) fn on_noted_trimmed(&mut self, result: Result<(), Fault>) {
        match result {
            Ok(()) => {
                if matches!(self.queue.front(), Some(Segment::Head { .. })) {
                    self.queue.pop();
                }
            }
            Err(fault) => self.rest_after(&fault),
        }
    }
}
