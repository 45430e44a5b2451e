//! Sums of a mirror, for metrics.

use std::time::Duration;

use drawbridge_engine::partition::{Counters, Errors};

use super::mover::PartitionShown;

/// What a mirror did since this gateway runs it.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub(crate) struct MirrorStats {
    /// Batches that passed with a new header.
    pub(crate) passed: u64,
    /// Batches that were rebuilt or merged.
    pub(crate) rebuilt: u64,
    /// Records.
    pub(crate) records: i64,
    /// Bytes sent to the mirror.
    pub(crate) bytes: u64,
    /// Bytes fetched from the source.
    pub(crate) fetched: u64,
    /// Offsets filled by markers.
    pub(crate) by_markers: i64,
    /// Offsets filled by empty transactions.
    pub(crate) by_transactions: i64,
    /// Offsets padded below the log start.
    pub(crate) padded: i64,
    /// Bytes read ahead and in flight now.
    pub(crate) held: u64,
    /// Requests that failed.
    pub(crate) errors: Errors,
}

/// How long the brokers of a link asked to hold back, since its clients were made.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub(crate) struct Throttled {
    /// The source's.
    pub(crate) source: Duration,
    /// The destination's.
    pub(crate) destination: Duration,
}

impl MirrorStats {
    pub(super) fn add(&mut self, shown: &PartitionShown) {
        let Counters {
            passed,
            rebuilt,
            records,
            bytes,
            by_markers,
            by_transactions,
            padded,
            errors,
        } = shown.view.counters;
        self.errors.source += errors.source;
        self.errors.transient += errors.transient;
        self.errors.sequence += errors.sequence;
        self.errors.too_large += errors.too_large;
        self.errors.denied += errors.denied;
        self.passed += passed;
        self.rebuilt += rebuilt;
        self.records += records;
        self.bytes += bytes;
        self.fetched += shown.fetched_bytes;
        self.by_markers += by_markers;
        self.by_transactions += by_transactions;
        self.padded += padded;
        self.held += u64::try_from(shown.view.held_bytes).unwrap_or(0);
    }
}
