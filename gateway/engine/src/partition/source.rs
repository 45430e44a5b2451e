//! The source side: reading ahead within the budget, and what its answers mean.

use drawbridge_shared::link::MirrorTopicError;

use super::{
    Bounds, Effect, Fetch, Fetched, Goal, Notice, Overtaken, Partition, Phase, Question, Run,
    SourceFault, intake::IntakeFault, queue::Segment,
};
use crate::{Millis, batch::Control};

/// What is known of the source.
#[derive(Debug, Clone)]
pub(super) struct SourceSide {
    pub(super) high_watermark: Option<i64>,
    pub(super) last_stable: Option<i64>,
    pub(super) log_start: Option<i64>,
    pub(super) last_fetch: Option<Millis>,
    pub(super) error: Option<String>,
    /// The error says that the topic is not there.
    pub(super) missing: bool,
    retry_at: Millis,
    failures: u32,
    /// Bytes the next fetch must allow.
    wanted: usize,
    bounds_needed: bool,
    /// Draining: the leader's log end when it was asked last.
    beyond: Option<i64>,
}

impl Default for SourceSide {
    fn default() -> Self {
        Self {
            high_watermark: None,
            last_stable: None,
            log_start: None,
            last_fetch: None,
            error: None,
            missing: false,
            retry_at: Millis(i64::MIN),
            failures: 0,
            wanted: 0,
            bounds_needed: false,
            beyond: None,
        }
    }
}

impl SourceSide {
    /// A new opening asks at once and from what it then knows.
    pub(super) const fn reopen(&mut self) {
        self.retry_at = Millis(i64::MIN);
        self.bounds_needed = false;
    }
}

impl Partition {
    /// Asks for more when there is room.
    pub(super) fn read(&mut self, effects: &mut Vec<Effect>) {
        if self.fetch.is_some() || self.breaking || !self.wanted() || !self.owned() {
            return;
        }
        if self.now < self.source.retry_at {
            effects.push(Effect::Wake { at: self.source.retry_at });
            return;
        }
        if self.source.bounds_needed {
            if self.asked.is_none() {
                self.source.bounds_needed = false;
                let ask = self.ask(Question::SourceBounds);
                effects.push(Effect::SourceBounds { ask });
            }
            return;
        }
        if matches!(self.asked, Some((_, Question::SourceBounds))) {
            return;
        }
        let limits = &self.spec.limits;
        let reserved = limits.fetch_bytes.max(self.source.wanted);
        let held = self.queue.bytes() + self.flight.bytes();
        // A batch larger than the whole budget must still get through, alone.
        if held > 0 && held.saturating_add(reserved) > limits.budget_bytes {
            return;
        }
        let (offset, last_epoch) = (self.intake.next, self.intake.last_epoch());
        let ask = self.new_ask();
        self.fetch = Some(Fetch { ask, offset, reserved, proves_drain: self.goal == Goal::Drain });
        effects.push(Effect::Fetch { ask, offset, max_bytes: reserved, last_epoch });
    }

    pub(super) fn on_fetched(
        &mut self,
        fetch: Fetch,
        result: Result<Fetched, SourceFault>,
        effects: &mut Vec<Effect>,
    ) {
        match result {
            Ok(fetched) => self.on_records(fetch, &fetched, effects),
            Err(fault) => self.on_source_fault(fault),
        }
    }

    fn on_records(&mut self, fetch: Fetch, fetched: &Fetched, effects: &mut Vec<Effect>) {
        self.source.high_watermark = Some(fetched.high_watermark);
        self.source.last_stable = Some(fetched.last_stable);
        self.source.log_start = Some(fetched.log_start);
        self.source.last_fetch = Some(self.now);
        self.source.error = None;
        self.source.missing = false;
        if self.breaking {
            return;
        }
        match self.intake.take(fetched, &mut self.queue, &self.spec.limits) {
            Ok(wanted) => {
                self.source.failures = 0;
                self.source.wanted = wanted.unwrap_or(0);
            }
            Err(IntakeFault::Batch(fault)) => self.retry_source(fault.to_string()),
            Err(IntakeFault::Epoch { before, found, offset }) => self.fail(
                MirrorTopicError::NonMonotonicSourceEpoch,
                format!(
                    "the leader epoch of the source goes back from {before} to {found} at offset {offset}"
                ),
            ),
        }
        let at_end = self.intake.next == fetch.offset && fetched.high_watermark == fetch.offset;
        if !at_end {
            self.drained = false;
        } else if fetch.proves_drain
            && self.goal == Goal::Drain
            && !self.drained
            && self.stands_at(fetch.offset)
            && self.asked.is_none()
        {
            // Whoever answered may be a replica that lags behind: the leader knows the end.
            let ask = self.ask(Question::DrainEnd { offset: fetch.offset });
            effects.push(Effect::SourceBounds { ask });
        }
    }

    /// Whether all that was read is there, up to this offset.
    fn stands_at(&self, offset: i64) -> bool {
        self.acked == offset && self.queue.is_empty() && self.flight.is_empty()
    }

    pub(super) fn on_drain_end(
        &mut self,
        offset: i64,
        bounds: Result<Bounds, SourceFault>,
        effects: &mut Vec<Effect>,
    ) {
        let draining = self.phase == Phase::Copying && self.goal == Goal::Drain;
        match bounds {
            Err(fault) => self.on_source_fault(fault),
            Ok(Bounds { end, .. }) if draining && self.stands_at(offset) => {
                // Some that are not replicated yet are no news; if they stay so, people have to know.
                let waits = self.source.beyond.replace(end) == Some(end);
                if end == offset {
                    self.drained = true;
                    self.error = None;
                    effects.push(Effect::Notice(Notice::Drained { end }));
                } else if waits && end > offset {
                    self.error = Some(format!(
                        "the source's log ends at offset {end}, but its readers are given records up to {offset} only: its replicas lag behind"
                    ));
                }
            }
            Ok(Bounds { .. }) => {}
        }
    }

    fn on_source_fault(&mut self, fault: SourceFault) {
        self.counters.errors.source += 1;
        match fault {
            SourceFault::OutOfRange => self.source.bounds_needed = true,
            SourceFault::Diverged { epoch, end } => {
                let position = self.intake.next;
                self.on_truncation(format!(
                    "the source's leader epoch {epoch} ends at offset {end}, but the mirror continues it to {position}"
                ));
            }
            SourceFault::Missing(detail) => {
                self.source.missing = true;
                self.retry_source(detail);
            }
            SourceFault::IdChanged(detail) => {
                self.fail(MirrorTopicError::SourceTopicIdChanged, detail);
            }
            SourceFault::Unavailable(detail) => self.retry_source(detail),
        }
    }

    /// The source has another history than what was read. If it is only read and not yet sent, it
    /// is read again; a mirror cannot take anything back.
    fn on_truncation(&mut self, detail: String) {
        if self.queue.is_empty() && self.flight.is_empty() {
            self.fail(MirrorTopicError::UnexpectedTruncation, detail);
        } else {
            self.rest(detail);
        }
    }

    fn retry_source(&mut self, detail: String) {
        self.source.error = Some(detail);
        self.source.failures = self.source.failures.saturating_add(1);
        self.source.retry_at = self.now.plus(self.spec.limits.backoff(self.source.failures));
    }

    pub(super) fn on_bounds(
        &mut self,
        bounds: Result<Bounds, SourceFault>,
        effects: &mut Vec<Effect>,
    ) {
        let next = self.intake.next;
        match bounds {
            Err(fault) => {
                self.on_source_fault(fault);
                self.source.bounds_needed = true;
            }
            Ok(Bounds { start, .. }) if start > next => {
                if next > self.memory.start {
                    let overtaken = Overtaken { from: next, to: start };
                    effects.push(Effect::Notice(Notice::Overtaken(overtaken)));
                }
                self.skip_to(start);
            }
            Ok(Bounds { end, .. }) if end < next => self.on_truncation(format!(
                "the source ends at offset {end}, but the mirror continues to {next}"
            )),
            Ok(Bounds { .. }) => self.retry_source("the source's log start is moving".to_owned()),
        }
    }

    /// Leaves the offsets before `to` empty: at the head of a mirror that never held a record by
    /// padding (deleted at once), elsewhere by markers.
    pub(super) fn skip_to(&mut self, to: i64) {
        let from = self.intake.next;
        let count = to - from;
        let rules = &self.spec.fill;
        let begun = self.memory.trim_to.is_some_and(|trim| trim > from);
        let untouched = from == 0 || begun;
        let few = rules.markers && count <= rules.head_by_markers;
        if untouched && rules.padding && (begun || !few) {
            self.queue.push(Segment::Head { to });
        } else {
            self.queue.push_fill(from, Run { control: Control::Abort, count });
        }
        self.intake.next = to;
        self.intake.skipped = true;
    }
}
