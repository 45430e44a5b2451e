//! What users want of a mirror, and what is answered when that cannot be.

use drawbridge_shared::link::LinkState;

use super::{Mirror, MirrorEffect, MirrorPhase, Step, count::Count};
use crate::Millis;

/// A mirror action.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum MirrorCommand {
    /// Stop when everything is copied.
    Promote,
    /// Stop now.
    Failover,
    /// Stop copying for a while.
    Pause,
    /// Go on after a pause.
    Resume,
}

/// Why an action is refused, as a row of the public API.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("{message}")]
pub struct RowError {
    /// HTTP-like code.
    pub code: i32,
    /// For people.
    pub message: String,
}

impl Mirror {
    /// Whether an action would be taken; changes nothing (`validate_only`).
    ///
    /// # Errors
    /// [`RowError`] with the reason.
    pub fn check(&self, command: MirrorCommand) -> Result<(), RowError> {
        let topic = &self.record.mirror_topic;
        let refuse = |message: String| Err(RowError { code: 400, message });
        match (&self.record.phase, command) {
            (
                MirrorPhase::Stopped { .. },
                MirrorCommand::Promote
                | MirrorCommand::Failover
                | MirrorCommand::Pause
                | MirrorCommand::Resume,
            ) => refuse(format!(
                "Topic '{topic}' has already stopped its mirror from '{}'",
                self.record.link
            )),
            (MirrorPhase::Failed { error, .. }, MirrorCommand::Promote) => refuse(format!(
                "Topic '{topic}' has failed ({error}) and cannot be drained: fail it over, or delete it"
            )),
            (MirrorPhase::Failed { error, .. }, MirrorCommand::Pause | MirrorCommand::Resume) => {
                refuse(format!(
                    "Topic '{topic}' has failed ({error}): fail it over, or delete it and create the mirror again"
                ))
            }
            (
                MirrorPhase::Draining | MirrorPhase::Stopping,
                MirrorCommand::Pause | MirrorCommand::Resume,
            ) => refuse(format!("Topic '{topic}' is being stopped")),
            (
                MirrorPhase::Mirroring | MirrorPhase::Paused | MirrorPhase::Draining,
                MirrorCommand::Promote,
            ) if self.link == LinkState::Paused => refuse(format!(
                "Link '{}' is paused, so topic '{topic}' cannot be drained: resume the link, or fail the topic over",
                self.record.link
            )),
            (
                MirrorPhase::Mirroring
                | MirrorPhase::Paused
                | MirrorPhase::Draining
                | MirrorPhase::Stopping,
                MirrorCommand::Promote | MirrorCommand::Failover,
            )
            | (
                MirrorPhase::Mirroring | MirrorPhase::Paused,
                MirrorCommand::Pause | MirrorCommand::Resume,
            )
            | (MirrorPhase::Failed { .. }, MirrorCommand::Failover) => Ok(()),
        }
    }

    /// Takes an action. Asking again for what is under way changes nothing.
    ///
    /// # Errors
    /// As [`Self::check`].
    pub fn command(
        &mut self,
        now: Millis,
        command: MirrorCommand,
        effects: &mut Vec<MirrorEffect>,
    ) -> Result<(), RowError> {
        self.check(command)?;
        let next = match (&self.record.phase, command) {
            (MirrorPhase::Mirroring, MirrorCommand::Pause) => Some(MirrorPhase::Paused),
            (MirrorPhase::Paused, MirrorCommand::Resume) => Some(MirrorPhase::Mirroring),
            (MirrorPhase::Mirroring | MirrorPhase::Paused, MirrorCommand::Promote) => {
                self.configs = Step::Todo;
                self.offsets = Step::Todo;
                self.count = Count::since(now);
                self.partitions.iter_mut().for_each(|partition| partition.drained = false);
                Some(MirrorPhase::Draining)
            }
            (
                MirrorPhase::Mirroring
                | MirrorPhase::Paused
                | MirrorPhase::Draining
                | MirrorPhase::Failed { .. },
                MirrorCommand::Failover,
            ) => {
                self.configs = Step::Done;
                self.offsets = Step::Done;
                Some(MirrorPhase::Stopping)
            }
            // What is wanted already is, or is under way; the rest was refused.
            (MirrorPhase::Mirroring, MirrorCommand::Resume)
            | (MirrorPhase::Paused, MirrorCommand::Pause)
            | (MirrorPhase::Draining, MirrorCommand::Promote)
            | (MirrorPhase::Stopping, MirrorCommand::Promote | MirrorCommand::Failover)
            | (
                MirrorPhase::Draining | MirrorPhase::Stopping | MirrorPhase::Failed { .. },
                MirrorCommand::Pause | MirrorCommand::Resume,
            )
            | (MirrorPhase::Failed { .. }, MirrorCommand::Promote)
            | (
                MirrorPhase::Stopped { .. },
                MirrorCommand::Promote
                | MirrorCommand::Failover
                | MirrorCommand::Pause
                | MirrorCommand::Resume,
            ) => None,
        };
        if let Some(phase) = next {
            self.enter(now, phase, effects);
        }
        self.advance(now, effects);
        Ok(())
    }
}
