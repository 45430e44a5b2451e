//! A mirror topic: what its partitions are to do, and the public state that follows.
//!
//! Promote drains (source and mirror equally long in every partition, and with equally many partitions, read after
//! the command), runs
//! the last config and offset sync, stores that from now on it only stops, stops every partition and
//! makes the topic writable. Failover begins with the storing. Whatever crashes in between goes on
//! from what was stored; once stopping is stored, nothing is copied any more, so a topic that people
//! already write to is never written by the link.

mod command;
mod count;
mod observe;
mod state;

#[cfg(test)]
mod tests;

pub use command::{MirrorCommand, RowError};
pub use observe::{PartitionReport, SourceTopic};
pub use state::{MirrorPhase, MirrorRecord};

use drawbridge_shared::link::{LinkState, MirrorState, MirrorTopicError, TaskErrorCode};

use crate::{Millis, partition::Command};
use count::Count;

/// What happens to a mirror.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum MirrorInput {
    /// The link's state is this (now).
    Link(LinkState),
    /// The source was looked at, by a look that began then.
    Source(SourceTopic, Millis),
    /// A partition reports.
    Partition(PartitionReport),
    /// The mirror has this many partitions now, or why it was not given more; asked for again when the source is
    /// looked at next.
    Widened(Result<i32, StuckBy>),
    /// The oldest [`MirrorEffect::Store`] that was not answered yet is durable; one that fails is
    /// tried again until it is.
    Stored,
    /// The last sync of topic configs that was asked for by this number has ended.
    ConfigsSynced(u32, Result<(), StuckBy>),
    /// The last sync of consumer offsets that was asked for by this number has ended.
    OffsetsSynced(u32, Result<(), StuckBy>),
    /// The topic is an ordinary one now (configs, ACLs).
    Writable(Result<(), StuckBy>),
    /// Time has passed.
    Tick,
}

/// Why a transition does not get on; shown as `mirror_state_transition_errors`.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct StuckBy {
    /// Public code.
    pub code: TaskErrorCode,
    /// For people.
    pub message: String,
}

/// What is to be done.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum MirrorEffect {
    /// Give every partition this command.
    Partitions(Command),
    /// Store the record durably, then [`MirrorInput::Stored`].
    Store(MirrorRecord),
    /// Create partitions up to this number, then [`MirrorInput::Widened`].
    Widen(i32),
    /// Look at the source soon, then [`MirrorInput::Source`].
    Look,
    /// Run TopicConfigsSync once more, then [`MirrorInput::ConfigsSynced`] with this number. One that was asked for
    /// earlier is not wanted any more; if it has begun, this one begins when it has ended.
    SyncConfigs(u32),
    /// The same with ConsumerOffsetSync and [`MirrorInput::OffsetsSynced`].
    SyncOffsets(u32),
    /// Give the topic its real configs and let people write, then [`MirrorInput::Writable`].
    MakeWritable,
    /// Give a tick then. Replaces earlier ones.
    Wake {
        /// When.
        at: Millis,
    },
    /// The public state is another now.
    Changed {
        /// Before.
        from: MirrorState,
        /// Now.
        to: MirrorState,
    },
}

/// The machine.
#[derive(Debug)]
pub struct Mirror {
    record: MirrorRecord,
    link: LinkState,
    partitions: Vec<PartitionReport>,
    /// `cluster.link.retry.timeout.ms`.
    retry_timeout_ms: i64,
    missing_since: Option<Millis>,
    widening: bool,
    count: Count,
    configs: Step,
    offsets: Step,
    writable: Step,
    /// Number of the last thing that was asked for by a step.
    asks: u32,
    /// Records on their way to the store; answered in order.
    storing: u32,
    told: Option<Command>,
    shown: MirrorState,
    shown_since: Millis,
}

/// A thing that is asked for once, and again after a failure.
#[derive(Debug, Clone, PartialEq, Eq)]
enum Step {
    Todo,
    /// By this number.
    Asked(u32),
    Done,
    Stuck {
        by: StuckBy,
        again: Millis,
    },
}

/// How long a failed step waits.
const AGAIN_MS: i64 = 1_000;

impl Mirror {
    /// A mirror as it was stored.
    #[must_use]
    pub fn new(now: Millis, record: MirrorRecord, retry_timeout_ms: i64) -> Self {
        let mut mirror = Self {
            partitions: vec![
                PartitionReport::default();
                usize::try_from(record.partitions).unwrap_or(0)
            ],
            record,
            link: LinkState::Unknown,
            retry_timeout_ms,
            missing_since: None,
            widening: false,
            count: Count::since(now),
            configs: Step::Todo,
            offsets: Step::Todo,
            writable: Step::Todo,
            asks: 0,
            storing: 0,
            told: None,
            shown: MirrorState::Active,
            shown_since: now,
        };
        mirror.shown = mirror.state();
        mirror.shown_since = mirror.record.since;
        mirror
    }

    /// Takes one input and appends what is to be done.
    pub fn handle(&mut self, now: Millis, input: MirrorInput, effects: &mut Vec<MirrorEffect>) {
        match input {
            MirrorInput::Link(state) => self.link = state,
            MirrorInput::Source(source, looked) => self.on_source(now, &source, looked, effects),
            MirrorInput::Partition(report) => self.on_report(now, report, effects),
            MirrorInput::Widened(result) => self.on_widened(result, effects),
            MirrorInput::Stored => self.storing = self.storing.saturating_sub(1),
            MirrorInput::ConfigsSynced(number, result) => {
                settle(&mut self.configs, now, Some(number), result);
            }
            MirrorInput::OffsetsSynced(number, result) => {
                settle(&mut self.offsets, now, Some(number), result);
            }
            // Never asked for anew before it is answered.
            MirrorInput::Writable(result) => settle(&mut self.writable, now, None, result),
            MirrorInput::Tick => {}
        }
        self.advance(now, effects);
    }

    /// Does what the phase asks for and goes on to the next one when it is done.
    fn advance(&mut self, now: Millis, effects: &mut Vec<MirrorEffect>) {
        loop {
            let before = self.record.phase.clone();
            self.work(now, effects);
            if self.record.phase == before {
                break;
            }
        }
        let to = self.state();
        if to != self.shown {
            effects.push(MirrorEffect::Changed { from: self.shown, to });
            self.shown = to;
            self.shown_since = now;
        }
    }

    fn work(&mut self, now: Millis, effects: &mut Vec<MirrorEffect>) {
        match self.record.phase.clone() {
            MirrorPhase::Mirroring => {
                let command = if self.link_works() { Command::Run } else { Command::Pause };
                self.tell(command, effects);
                self.watch_missing(now, effects);
            }
            MirrorPhase::Paused | MirrorPhase::Failed { .. } => self.tell(Command::Pause, effects),
            MirrorPhase::Draining => self.drain(now, effects),
            MirrorPhase::Stopping => self.stop(now, effects),
            MirrorPhase::Stopped { .. } => {}
        }
    }

    fn drain(&mut self, now: Millis, effects: &mut Vec<MirrorEffect>) {
        let command = if self.link_works() { Command::Drain } else { Command::Pause };
        self.tell(command, effects);
        self.watch_missing(now, effects);
        let drained = self.partitions.iter().all(|partition| partition.drained);
        // Partitions that the mirror lacks would be left behind without a word.
        let whole = self.is_whole(now, drained, effects);
        if !drained || !whole {
            // Whatever was synced before is not the last state any more.
            self.configs = Step::Todo;
            self.offsets = Step::Todo;
            return;
        }
        let asks = &mut self.asks;
        ask(&mut self.configs, asks, now, MirrorEffect::SyncConfigs, effects);
        ask(&mut self.offsets, asks, now, MirrorEffect::SyncOffsets, effects);
        if self.configs == Step::Done && self.offsets == Step::Done {
            self.enter(now, MirrorPhase::Stopping, effects);
        }
    }

    fn stop(&mut self, now: Millis, effects: &mut Vec<MirrorEffect>) {
        // That stopping has begun must be durable before anything that cannot be taken back.
        if self.storing > 0 {
            return;
        }
        self.tell(Command::Stop, effects);
        let ends: Option<Vec<i64>> =
            self.partitions.iter().map(|partition| partition.stopped_at).collect();
        let Some(ends) = ends else { return };
        ask(&mut self.writable, &mut self.asks, now, |_| MirrorEffect::MakeWritable, effects);
        if self.writable == Step::Done {
            self.enter(now, MirrorPhase::Stopped { ends }, effects);
        }
    }

    fn tell(&mut self, command: Command, effects: &mut Vec<MirrorEffect>) {
        if self.told != Some(command) {
            self.told = Some(command);
            effects.push(MirrorEffect::Partitions(command));
        }
    }

    fn enter(&mut self, now: Millis, phase: MirrorPhase, effects: &mut Vec<MirrorEffect>) {
        self.record.phase = phase;
        self.record.since = now;
        self.store(effects);
    }

    fn store(&mut self, effects: &mut Vec<MirrorEffect>) {
        self.storing = self.storing.saturating_add(1);
        effects.push(MirrorEffect::Store(self.record.clone()));
    }

    fn fail(
        &mut self,
        now: Millis,
        error: MirrorTopicError,
        detail: String,
        effects: &mut Vec<MirrorEffect>,
    ) {
        match self.record.phase {
            // What is being given up, or is, needs no source.
            MirrorPhase::Stopping | MirrorPhase::Stopped { .. } | MirrorPhase::Failed { .. } => {}
            MirrorPhase::Mirroring | MirrorPhase::Paused | MirrorPhase::Draining => {
                self.enter(now, MirrorPhase::Failed { error, detail }, effects);
            }
        }
    }

    fn link_works(&self) -> bool {
        match self.link {
            // Data may flow although the last checks failed: the partitions find out themselves.
            LinkState::Active | LinkState::Unavailable => true,
            LinkState::Paused
            | LinkState::Failed
            | LinkState::UnmanagedSource
            | LinkState::Unknown => false,
        }
    }
}

fn ask(
    step: &mut Step,
    asks: &mut u32,
    now: Millis,
    effect: impl FnOnce(u32) -> MirrorEffect,
    effects: &mut Vec<MirrorEffect>,
) {
    match step {
        Step::Stuck { again, .. } if now < *again => {
            effects.push(MirrorEffect::Wake { at: *again });
        }
        Step::Todo | Step::Stuck { .. } => {
            *asks = asks.wrapping_add(1);
            *step = Step::Asked(*asks);
            effects.push(effect(*asks));
        }
        Step::Asked(_) | Step::Done => {}
    }
}

/// Takes the answer to what was asked for by this number. One to what is not wanted any more (the drain was
/// interrupted, and may have ended again since) proves nothing.
fn settle(step: &mut Step, now: Millis, number: Option<u32>, result: Result<(), StuckBy>) {
    let Step::Asked(asked) = *step else { return };
    if number.is_none_or(|number| number == asked) {
        *step = match result {
            Ok(()) => Step::Done,
            Err(by) => Step::Stuck { by, again: now.plus(AGAIN_MS) },
        };
    }
}
