//! What is stored of a mirror, and the public state.

use drawbridge_shared::link::{LinkName, LinkState, MirrorState, MirrorTopicError};

use super::{Mirror, Step, StuckBy};
use crate::Millis;

/// What is stored of a mirror.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct MirrorRecord {
    /// The link it belongs to.
    pub link: LinkName,
    /// The source's name.
    pub source_topic: String,
    /// Its own name.
    pub mirror_topic: String,
    /// The source's topic id when the mirror was created; `None` where the source has none.
    pub source_topic_id: Option<[u8; 16]>,
    /// Partitions of the mirror.
    pub partitions: i32,
    /// What it is up to.
    pub phase: MirrorPhase,
    /// Since when.
    pub since: Millis,
}

/// What a mirror is up to; the part of its state that is its own.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum MirrorPhase {
    /// Copying, as far as link and source allow.
    Mirroring,
    /// Paused by a user.
    Paused,
    /// Promote: copying to the end, then the last syncs.
    Draining,
    /// Promote or failover: ending every partition where it is.
    Stopping,
    /// An ordinary topic; its log ends when it became one.
    Stopped {
        /// Per partition.
        ends: Vec<i64>,
    },
    /// Cannot go on.
    Failed {
        /// The public name of the cause.
        error: MirrorTopicError,
        /// What was seen.
        detail: String,
    },
}

impl Mirror {
    /// The public state now.
    #[must_use]
    pub fn state(&self) -> MirrorState {
        match self.record.phase {
            MirrorPhase::Failed { .. } => MirrorState::Failed,
            MirrorPhase::Stopped { .. } => MirrorState::Stopped,
            MirrorPhase::Draining | MirrorPhase::Stopping => MirrorState::PendingStopped,
            MirrorPhase::Paused => MirrorState::Paused,
            MirrorPhase::Mirroring => match self.link {
                LinkState::Paused => MirrorState::LinkPaused,
                LinkState::Failed | LinkState::UnmanagedSource => MirrorState::LinkFailed,
                LinkState::Unavailable => MirrorState::SourceUnavailable,
                LinkState::Active | LinkState::Unknown => {
                    let away = self.partitions.iter().any(|partition| partition.source_away);
                    if away || self.missing_since.is_some() {
                        MirrorState::SourceUnavailable
                    } else {
                        MirrorState::Active
                    }
                }
            },
        }
    }

    /// Since when the public state is what it is.
    #[must_use]
    pub const fn since(&self) -> Millis {
        self.shown_since
    }

    /// Why it failed; `NO_ERROR` when it has not.
    #[must_use]
    pub const fn error(&self) -> MirrorTopicError {
        match &self.record.phase {
            MirrorPhase::Failed { error, .. } => *error,
            MirrorPhase::Mirroring
            | MirrorPhase::Paused
            | MirrorPhase::Draining
            | MirrorPhase::Stopping
            | MirrorPhase::Stopped { .. } => MirrorTopicError::NoError,
        }
    }

    /// What is stored.
    #[must_use]
    pub const fn record(&self) -> &MirrorRecord {
        &self.record
    }

    /// What keeps a transition from ending.
    #[must_use]
    pub fn transition_errors(&self) -> Vec<StuckBy> {
        [&self.configs, &self.offsets, &self.writable]
            .into_iter()
            .filter_map(|step| match step {
                Step::Stuck { by, .. } => Some(by.clone()),
                Step::Todo | Step::Asked(_) | Step::Done => None,
            })
            .chain(self.stuck_by_count())
            .collect()
    }
}
