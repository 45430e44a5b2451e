//! What a partition shows of itself.

use super::{FaultKind, Partition, Phase, flight::Sortie};
use crate::Millis;

/// Where the machine stands, in one word.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Stance {
    /// Not running: paused, or not owned here.
    Idle,
    /// Finding the log end.
    Opening,
    /// Copying.
    Copying,
    /// Filling offsets without record, or the head of a mirror.
    Filling,
    /// Waiting after a failure.
    Retrying,
    /// Ending.
    Closing,
    /// Ended.
    Stopped,
    /// Cannot go on.
    Failed,
}

/// Sums since the machine was made.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub struct Counters {
    /// Batches that passed with a new header.
    pub passed: u64,
    /// Batches that were rebuilt or merged.
    pub rebuilt: u64,
    /// Records mirrored.
    pub records: i64,
    /// Bytes mirrored, as sent.
    pub bytes: u64,
    /// Offsets filled by markers.
    pub by_markers: i64,
    /// Offsets filled by empty transactions.
    pub by_transactions: i64,
    /// Offsets padded below the log start.
    pub padded: i64,
    /// What went wrong.
    pub errors: Errors,
}

/// Requests that failed, by what it means.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub struct Errors {
    /// The source did not give what it was asked for.
    pub source: u64,
    /// The destination failed in a way that may pass.
    pub transient: u64,
    /// The destination's sequence check refused a batch.
    pub sequence: u64,
    /// A batch was larger than the mirror takes.
    pub too_large: u64,
    /// A permission is missing at the destination.
    pub denied: u64,
}

impl Errors {
    pub(super) const fn count(&mut self, kind: FaultKind) {
        match kind {
            FaultKind::Transient => self.transient += 1,
            FaultKind::Sequence => self.sequence += 1,
            FaultKind::TooLarge => self.too_large += 1,
            FaultKind::Denied => self.denied += 1,
        }
    }
}

impl Counters {
    pub(super) fn landed(&mut self, sortie: &Sortie) {
        if sortie.padding {
            self.padded += sortie.count;
            return;
        }
        if sortie.passed {
            self.passed += 1;
        } else {
            self.rebuilt += 1;
        }
        self.records += sortie.count;
        self.bytes += u64::try_from(sortie.bytes).unwrap_or(0);
    }
}

/// A snapshot for display and for the mirror's own state.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct PartitionView {
    /// Where the machine stands.
    pub stance: Stance,
    /// Log end of the mirror as acknowledged; `None` before the first opening.
    pub log_end: Option<i64>,
    /// High watermark of the source at the last fetch.
    pub source_high_watermark: Option<i64>,
    /// Last stable offset of the source at the last fetch; below the high watermark while a
    /// transaction is open there.
    pub source_last_stable: Option<i64>,
    /// Log start of the source at the last fetch.
    pub source_log_start: Option<i64>,
    /// When the source last answered a fetch.
    pub last_fetch: Option<Millis>,
    /// Draining: nothing is left.
    pub drained: bool,
    /// Trouble on the destination side, or the failure.
    pub error: Option<String>,
    /// Trouble on the source side.
    pub source_error: Option<String>,
    /// That trouble is that the topic is not there.
    pub source_missing: bool,
    /// Bytes read ahead and in flight.
    pub held_bytes: usize,
    /// Sums.
    pub counters: Counters,
}

/// The part of the view that changes with every batch; cheap to read.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Pulse {
    /// As in the view.
    pub log_end: Option<i64>,
    /// As in the view.
    pub source_high_watermark: Option<i64>,
    /// As in the view.
    pub last_fetch: Option<Millis>,
    /// As in the view.
    pub counters: Counters,
}

impl Partition {
    /// What changes with every batch.
    #[must_use]
    pub fn pulse(&self) -> Pulse {
        Pulse {
            log_end: self.opened.then_some(self.acked),
            source_high_watermark: self.source.high_watermark,
            last_fetch: self.source.last_fetch,
            counters: self.counters,
        }
    }

    /// Whether it has ended for good, whether nothing is left to copy, and whether the source
    /// cannot be fetched.
    pub(crate) const fn report_flags(&self) -> (bool, bool, bool) {
        (matches!(self.phase, Phase::Stopped { .. }), self.drained, self.source.error.is_some())
    }

    /// What the partition shows now.
    #[must_use]
    pub fn view(&self) -> PartitionView {
        let stance = match &self.phase {
            Phase::Idle => Stance::Idle,
            Phase::Opening(_) => Stance::Opening,
            Phase::Copying => Stance::Copying,
            Phase::Filling(_) => Stance::Filling,
            Phase::Resting { .. } => Stance::Retrying,
            Phase::Closing(_) => Stance::Closing,
            Phase::Stopped { .. } => Stance::Stopped,
            Phase::Failed(_) => Stance::Failed,
        };
        PartitionView {
            stance,
            log_end: self.opened.then_some(self.acked),
            source_high_watermark: self.source.high_watermark,
            source_last_stable: self.source.last_stable,
            source_log_start: self.source.log_start,
            last_fetch: self.source.last_fetch,
            drained: self.drained,
            error: self.error.clone(),
            source_error: self.source.error.clone(),
            source_missing: self.source.missing,
            held_bytes: self.queue.bytes() + self.flight.bytes(),
            counters: self.counters,
        }
    }
}
