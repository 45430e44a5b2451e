//! One mirror partition: a machine that takes `(now, input)` and returns effects.
//!
//! Its position is the destination's log end offset. It is opened in the order DescribeProducers →
//! log end → produce ("compare and append"): whatever of ours arrives late in between makes the
//! next batch fail its sequence check, never land at a wrong offset. Every acknowledgement's base
//! offset is compared with the expected one.
//! What has no sequence (markers, and data so old that the broker may forget the producer) is only
//! sent when nothing else of ours can be under way: nothing in flight, nothing of unknown outcome
//! within the settle time, nothing left by an earlier owner.
//!
//! The machine performs nothing. Every effect that asks gets exactly one answer, in any order and
//! at the latest when its request has timed out; a timeout is an answer too ([`Certainty::Unknown`]).

mod answer;
mod ask;
mod close;
mod copy;
mod doubt;
mod effect;
mod fill;
mod flight;
mod intake;
mod open;
mod queue;
mod size;
mod source;
mod spec;
mod view;

pub use answer::{
    Aborted, Answer, Bounds, Certainty, Fault, FaultKind, Fetched, ProducerState, SourceFault, Tail,
};
pub use effect::{Effect, Notice, Overtaken};
pub use queue::Run;
pub use spec::{Coalesce, EpochMark, FillRules, Limits, Memory, Producer, Sent, Spec};
pub use view::{Counters, Errors, PartitionView, Pulse, Stance};

use drawbridge_shared::link::MirrorTopicError;

use crate::Millis;
use ask::{Fetch, Question, keep_first_wake};
use fill::Filling;
use flight::Flight;
use intake::Intake;
use queue::Queue;

/// Correlates an asking effect with its answer. Unique within one machine.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub struct Ask(pub u64);

/// What happens to the machine.
#[derive(Debug, Clone, PartialEq)]
pub enum Input {
    /// Somebody wants something.
    Command(Command),
    /// This machine owns the partition until then; it sends nothing afterwards. A machine whose
    /// ownership went to somebody else is thrown away: the next owner makes a new one from the
    /// stored [`Memory`].
    Lease {
        /// End of the ownership; [`Millis::MAX`] when there is nobody to share with.
        until: Millis,
    },
    /// Time has passed.
    Tick,
    /// The one answer to an effect.
    Answer {
        /// Which one.
        ask: Ask,
        /// The answer.
        answer: Answer,
    },
}

/// What the mirror topic wants of its partition.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Command {
    /// Copy (also: resume).
    Run,
    /// Stop sending, keep what is there; close cleanly.
    Pause,
    /// Copy to the end and say when there is nothing left ([`Notice::Drained`]).
    Drain,
    /// End for good at the destination's log end ([`Notice::Stopped`]).
    Stop,
}

/// The machine. See the module.
#[derive(Debug)]
pub struct Partition {
    spec: Spec,
    /// As it is wanted.
    memory: Memory,
    /// As it is stored for sure.
    stored: Memory,
    /// Being stored.
    noting: Option<Memory>,
    goal: Goal,
    phase: Phase,
    lease: Millis,
    next_ask: u64,
    /// The one question that is under way besides fetches and batches.
    asked: Option<(Ask, Question)>,
    fetch: Option<Fetch>,
    flight: Flight,
    queue: Queue,
    intake: Intake,
    /// Destination log end as acknowledged: the position.
    acked: i64,
    /// When the log end that the position rests on was asked for.
    end_asked: Millis,
    /// Furthest end of anything this machine has sent.
    reach: i64,
    /// Sequence of the next record.
    next_sequence: i32,
    /// The time by which the broker remembers our producer: that of the last batch of this opening that landed
    /// where it should. While it is young, batches may follow each other without waiting.
    landed: Option<i64>,
    /// A batch whose answer says that it was appended before its place.
    doubt: Option<doubt::Doubt>,
    /// What an earlier request with a sequence may still do until then.
    late_sequenced: Millis,
    /// The same for requests without protection.
    late_unsequenced: Millis,
    /// Whether the stored [`Memory::sent`] has been turned into the two instants above.
    settled_memory: bool,
    anchor: Option<open::Anchor>,
    /// The position has been known since the machine was made.
    opened: bool,
    /// Stop sending; open again once everything in flight is answered.
    breaking: bool,
    failures: u32,
    max_batch: usize,
    /// Merged batches grow up to this: half of what was refused as too large, so that it is found soon.
    merge_room: usize,
    markers_denied: Option<Millis>,
    source: source::SourceSide,
    next_check: Millis,
    drained: bool,
    error: Option<String>,
    counters: Counters,
    now: Millis,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Goal {
    Rest,
    Run,
    Drain,
    Stop,
}

#[derive(Debug, Clone, PartialEq, Eq)]
enum Phase {
    /// Nothing is under way; nothing is known of the log end.
    Idle,
    Opening(open::Stage),
    Copying,
    Filling(Filling),
    /// After a failure, before opening again.
    Resting {
        until: Millis,
    },
    Closing(close::Stage),
    Stopped {
        end: i64,
    },
    Failed(Failure),
}

/// Why a mirror partition cannot go on.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Failure {
    /// The public name of the cause.
    pub error: MirrorTopicError,
    /// What was seen, with offsets.
    pub detail: String,
}

impl Partition {
    /// A machine at rest. `memory` is what was stored last for this partition.
    #[must_use]
    pub fn new(spec: Spec, memory: Memory) -> Self {
        let (max_batch, merge_room) = (spec.limits.max_batch_bytes, spec.limits.merge_bytes);
        Self {
            spec,
            stored: memory.clone(),
            memory,
            noting: None,
            goal: Goal::Rest,
            phase: Phase::Idle,
            lease: Millis(i64::MIN),
            next_ask: 0,
            asked: None,
            fetch: None,
            flight: Flight::default(),
            queue: Queue::default(),
            intake: Intake::default(),
            acked: 0,
            end_asked: Millis(i64::MIN),
            reach: 0,
            next_sequence: 0,
            landed: None,
            doubt: None,
            late_sequenced: Millis(i64::MIN),
            late_unsequenced: Millis(i64::MIN),
            settled_memory: false,
            anchor: None,
            opened: false,
            breaking: false,
            failures: 0,
            max_batch,
            merge_room,
            markers_denied: None,
            source: source::SourceSide::default(),
            next_check: Millis::MAX,
            drained: false,
            error: None,
            counters: Counters::default(),
            now: Millis(i64::MIN),
        }
    }

    /// What this producer wrote is the link's own from now on, as in [`Spec::own`].
    pub fn own(&mut self, producer: i64) {
        if !self.spec.own.contains(&producer) {
            self.spec.own.push(producer);
        }
    }

    /// Takes one input and appends what is to be done. Infallible: trouble is part of the state.
    pub fn handle(&mut self, now: Millis, input: Input, effects: &mut Vec<Effect>) {
        self.now = now;
        match input {
            Input::Command(command) => self.command(command),
            Input::Lease { until } => self.lease = until,
            Input::Tick => {}
            Input::Answer { ask, answer } => self.answer(ask, answer, effects),
        }
        let earlier = effects.len();
        self.pump(effects);
        keep_first_wake(effects, earlier);
    }

    fn command(&mut self, command: Command) {
        let goal = match command {
            Command::Run => Goal::Run,
            Command::Pause => Goal::Rest,
            Command::Drain => Goal::Drain,
            Command::Stop => Goal::Stop,
        };
        match &self.phase {
            // A stopped mirror is an ordinary topic: nothing is ever sent to it again.
            Phase::Stopped { .. } => return,
            // Closing for a pause that has become void ends by itself and opens again; closing for
            // good cannot be taken back.
            Phase::Closing(_) => {
                if self.goal == Goal::Stop {
                    return;
                }
            }
            Phase::Idle
            | Phase::Opening(_)
            | Phase::Copying
            | Phase::Filling(_)
            | Phase::Resting { .. }
            | Phase::Failed(_) => {}
        }
        if goal != self.goal {
            self.drained = false;
            self.goal = goal;
        }
    }

    /// Goes as far as it can without another input.
    fn pump(&mut self, effects: &mut Vec<Effect>) {
        loop {
            let before = std::mem::discriminant(&self.phase);
            match &self.phase {
                Phase::Idle => self.pump_idle(),
                Phase::Resting { until } => {
                    let until = *until;
                    self.pump_resting(until, effects);
                }
                Phase::Opening(stage) => {
                    let stage = *stage;
                    self.pump_opening(stage, effects);
                }
                Phase::Copying => self.pump_copying(effects),
                Phase::Filling(_) => self.pump_filling(effects),
                Phase::Closing(stage) => {
                    let stage = *stage;
                    self.pump_closing(stage, effects);
                }
                Phase::Failed(_) => {
                    if self.goal == Goal::Stop {
                        self.phase = Phase::Closing(close::Stage::Flight);
                    }
                }
                Phase::Stopped { .. } => {}
            }
            if std::mem::discriminant(&self.phase) == before {
                return;
            }
        }
    }

    fn pump_idle(&mut self) {
        match self.goal {
            Goal::Rest => {}
            Goal::Run | Goal::Drain => {
                if self.owned() {
                    self.start_opening();
                }
            }
            Goal::Stop => self.phase = Phase::Closing(close::Stage::Flight),
        }
    }

    fn pump_resting(&mut self, until: Millis, effects: &mut Vec<Effect>) {
        if self.leave_if_unwanted() {
            return;
        }
        if self.now < until {
            effects.push(Effect::Wake { at: until });
        } else {
            self.start_opening();
        }
    }

    const fn owned(&self) -> bool {
        self.now.0 < self.lease.0
    }

    const fn wanted(&self) -> bool {
        matches!(self.goal, Goal::Run | Goal::Drain)
    }

    /// Begins to close when the goal says so, once nothing that was asked is open.
    /// Says whether the caller has nothing left to do.
    fn leave_if_unwanted(&mut self) -> bool {
        if self.wanted() && self.owned() {
            return false;
        }
        if self.asked.is_none() && self.flight.is_empty() {
            self.phase = if self.wanted() {
                // Not ours any more; opened again if the lease is prolonged.
                self.forget_position();
                Phase::Idle
            } else {
                Phase::Closing(close::Stage::Flight)
            };
        }
        true
    }

    /// Stops sending; once nothing is in flight, forgets what was read ahead and rests before
    /// opening again.
    fn rest(&mut self, why: String) {
        self.error = Some(why);
        match &self.phase {
            Phase::Opening(_) | Phase::Copying | Phase::Filling(_) | Phase::Resting { .. } => {}
            // Already ending, ended or failed: there is nothing to open again.
            Phase::Idle | Phase::Closing(_) | Phase::Stopped { .. } | Phase::Failed(_) => return,
        }
        // What is under way and changes the mirror has to be answered first.
        if !self.flight.is_empty() || matches!(self.asked, Some((_, Question::Fill { .. }))) {
            self.breaking = true;
            return;
        }
        self.failures = self.failures.saturating_add(1);
        self.forget_position();
        self.asked = None;
        let until = self.now.plus(self.spec.limits.backoff(self.failures));
        self.phase = Phase::Resting { until };
    }

    fn rest_after(&mut self, fault: &Fault) {
        self.counters.errors.count(fault.kind);
        self.rest(fault.detail.clone());
    }

    fn forget_position(&mut self) {
        self.fetch = None;
        self.queue.clear();
        self.breaking = false;
    }

    fn fail(&mut self, error: MirrorTopicError, detail: String) {
        self.error = Some(detail.clone());
        self.forget_position();
        self.phase = Phase::Failed(Failure { error, detail });
    }

    /// The failure, once there is one.
    #[must_use]
    pub const fn failure(&self) -> Option<&Failure> {
        if let Phase::Failed(failure) = &self.phase { Some(failure) } else { None }
    }

    /// What is stored for this partition, as far as the machine knows.
    #[must_use]
    pub const fn memory(&self) -> &Memory {
        &self.memory
    }
}
