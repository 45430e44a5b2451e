//! Closing: for a pause, so that the next opening need not wait; or for good.

use super::{Effect, Fault, Goal, Notice, Partition, Phase, Question, Sent};
use crate::Millis;

/// How far the closing is.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Stage {
    /// Waiting for what was asked and sent.
    Flight,
    /// For good only: waiting until nothing of ours can be appended any more.
    Settle,
    /// For good only: the log end could not be read.
    Retry {
        /// When it is tried again.
        until: Millis,
    },
    /// For good only: padding that was not deleted yet is, before anybody takes it for records.
    Trim {
        /// Log end.
        end: i64,
    },
    /// Storing that nothing is under way; `end` when for good.
    Note { end: Option<i64> },
}

impl Partition {
    pub(super) fn pump_closing(&mut self, stage: Stage, effects: &mut Vec<Effect>) {
        if self.asked.is_some() || !self.flight.is_empty() {
            return;
        }
        match stage {
            Stage::Flight => match self.goal {
                Goal::Run | Goal::Drain => self.phase = Phase::Idle,
                Goal::Rest => {
                    self.forget_position();
                    if self.quiet() {
                        self.enter_closing(Stage::Note { end: None }, effects);
                    } else {
                        self.phase = Phase::Idle;
                    }
                }
                Goal::Stop => {
                    self.forget_position();
                    self.enter_closing(Stage::Settle, effects);
                }
            },
            Stage::Settle => {
                // The first command may have been this one.
                self.settle_memory();
                if self.quiet() {
                    self.ask_log_end(Question::CloseEnd, effects);
                } else {
                    effects
                        .push(Effect::Wake { at: self.late_sequenced.max(self.late_unsequenced) });
                }
            }
            Stage::Retry { until } => {
                if self.now < until {
                    effects.push(Effect::Wake { at: until });
                } else {
                    self.enter_closing(Stage::Settle, effects);
                }
            }
            Stage::Trim { end } => {
                if let Some(before) = self.memory.trim_to {
                    let before = before.min(end);
                    let ask = self.ask(Question::CloseTrim { end });
                    effects.push(Effect::Trim { ask, before });
                } else {
                    self.enter_closing(Stage::Note { end: Some(end) }, effects);
                }
            }
            Stage::Note { end } => {
                if self.owned() && self.settled_memory && self.stored.sent != Sent::Nothing {
                    self.memory.sent = Sent::Nothing;
                    self.note(Question::NoteClosed, effects);
                } else {
                    self.closed(end, effects);
                }
            }
        }
    }

    fn enter_closing(&mut self, stage: Stage, effects: &mut Vec<Effect>) {
        self.phase = Phase::Closing(stage);
        self.pump_closing(stage, effects);
    }

    /// Whether nothing that this machine or the one before it sent can still arrive: all of it was answered, or is too
    /// old. Who makes the next machine of the partition may tell it that nothing was sent.
    #[must_use]
    pub fn rests(&self, now: Millis) -> bool {
        self.settled_memory
            && self.flight.is_empty()
            && self.asked.is_none()
            && now >= self.late_sequenced
            && now >= self.late_unsequenced
    }

    fn quiet(&self) -> bool {
        self.now >= self.late_sequenced && self.now >= self.late_unsequenced
    }

    pub(super) fn on_close_end(&mut self, result: Result<i64, Fault>) {
        match result {
            Ok(end) => {
                self.acked = end;
                self.opened = true;
                self.phase = Phase::Closing(Stage::Trim { end });
            }
            Err(fault) => self.retry_closing(fault),
        }
    }

    pub(super) fn on_close_trim(&mut self, end: i64, result: Result<i64, Fault>) {
        match result {
            Ok(_) => {
                self.memory.trim_to = None;
                self.phase = Phase::Closing(Stage::Note { end: Some(end) });
            }
            Err(fault) => self.retry_closing(fault),
        }
    }

    fn retry_closing(&mut self, fault: Fault) {
        self.error = Some(fault.detail);
        self.failures = self.failures.saturating_add(1);
        let until = self.now.plus(self.spec.limits.backoff(self.failures));
        self.phase = Phase::Closing(Stage::Retry { until });
    }

    /// That the note failed only means that the next opening waits longer.
    pub(super) fn on_noted_closed(&mut self, effects: &mut Vec<Effect>) {
        if let Phase::Closing(Stage::Note { end }) = self.phase {
            self.closed(end, effects);
        }
    }

    fn closed(&mut self, end: Option<i64>, effects: &mut Vec<Effect>) {
        match end {
            Some(end) => {
                self.error = None;
                self.phase = Phase::Stopped { end };
                effects.push(Effect::Notice(Notice::Stopped { end }));
            }
            None => self.phase = Phase::Idle,
        }
    }
}
