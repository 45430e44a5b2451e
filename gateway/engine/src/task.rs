//! The reconcilers of a link: what was observed and what is wanted in, steps out.
//!
//! Planning is pure and idempotent: when the steps have been carried out, planning again gives
//! none. No plan deletes a topic, a group, an offset or a config.

pub mod auto_create;
pub mod consumer_offsets;
pub mod topic_configs;

#[cfg(test)]
mod tests;

use drawbridge_shared::link::{LinkState, TaskErrorCode, TaskName, TaskState};

use crate::Millis;

/// One thing a task could not do.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct TaskError {
    /// Public code.
    pub code: TaskErrorCode,
    /// What, why, and the remedy.
    pub message: String,
}

/// When a task runs, and how it went.
#[derive(Debug, Clone)]
pub struct Task {
    name: TaskName,
    running: bool,
    due: Millis,
    last_run: Option<Millis>,
    errors: Vec<TaskError>,
}

/// Errors shown of one run; the rest is counted.
const SHOWN: usize = 20;

impl Task {
    /// A task that has not run; due at once.
    #[must_use]
    pub const fn new(name: TaskName) -> Self {
        Self { name, running: false, due: Millis(i64::MIN), last_run: None, errors: Vec::new() }
    }

    /// Whether it has started and not ended yet.
    #[must_use]
    pub const fn is_running(&self) -> bool {
        self.running
    }

    /// Which one.
    #[must_use]
    pub const fn name(&self) -> TaskName {
        self.name
    }

    /// When it is to run next, if it is allowed to.
    #[must_use]
    pub const fn due(&self) -> Millis {
        self.due
    }

    /// Runs it soon, whatever its interval.
    pub const fn poke(&mut self) {
        self.due = Millis(i64::MIN);
    }

    /// Whether to run now; says so once per run.
    pub fn start(&mut self, now: Millis, enabled: bool, link: LinkState) -> bool {
        let may = enabled && matches!(link, LinkState::Active);
        if !may || self.running || now < self.due {
            return false;
        }
        self.running = true;
        true
    }

    /// The run has ended.
    pub fn finish(&mut self, now: Millis, interval_ms: i64, mut errors: Vec<TaskError>) {
        let more = errors.len().saturating_sub(SHOWN);
        errors.truncate(SHOWN);
        if more > 0 {
            errors.push(TaskError {
                code: TaskErrorCode::SuppressedErrors,
                message: format!("and {more} more"),
            });
        }
        self.running = false;
        self.last_run = Some(now);
        self.due = now.plus(interval_ms.max(1));
        self.errors = errors;
    }

    /// Its public state.
    #[must_use]
    pub const fn state(&self, enabled: bool, link: LinkState) -> TaskState {
        if !enabled {
            return TaskState::NotConfigured;
        }
        match link {
            LinkState::Paused => TaskState::LinkPaused,
            LinkState::Failed | LinkState::UnmanagedSource => TaskState::LinkFailed,
            LinkState::Unavailable => TaskState::LinkUnavailable,
            LinkState::Unknown => TaskState::Unknown,
            LinkState::Active if !self.errors.is_empty() => TaskState::InError,
            LinkState::Active if self.last_run.is_none() => TaskState::Unknown,
            LinkState::Active => TaskState::Active,
        }
    }

    /// When it last ended.
    #[must_use]
    pub const fn last_run(&self) -> Option<Millis> {
        self.last_run
    }

    /// What the last run left undone.
    #[must_use]
    pub fn errors(&self) -> &[TaskError] {
        &self.errors
    }
}
