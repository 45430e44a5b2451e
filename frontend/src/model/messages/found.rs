//! What a search under way found, as it comes, until the page has taken it.

use std::collections::VecDeque;
use std::sync::Arc;

use drawbridge_shared::view::{RecordsChunk, SearchProgress};

/// Records that wait at most.
const KEPT: usize = 20_000;

/// What was found, part by part; the first are dropped when there are too many.
#[derive(Debug, Clone)]
pub struct Found {
    /// The parts with records, in order.
    pub parts: VecDeque<Arc<RecordsChunk>>,
    /// The newest part, with records or without: it tells how far the search is.
    pub last: Option<Arc<RecordsChunk>>,
    /// Parts with records that were dropped.
    pub n_dropped: u64,
    /// Their records.
    pub dropped: u64,
    /// Records that the gateway passed over because this page was slow.
    pub skipped: u64,
    n_records: usize,
    kept: usize,
    /// What the runs before this one did: a search goes on after a reconnect, and each run counts anew.
    before: Totals,
    /// What this run did.
    now: Totals,
}

impl Default for Found {
    fn default() -> Self {
        Self::keeping(KEPT)
    }
}

/// What a search did, all its runs together.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub struct Totals {
    /// Records looked at.
    pub scanned: u64,
    /// Bytes of their keys and values.
    pub bytes: u64,
    /// Milliseconds it ran.
    pub elapsed_ms: u64,
    /// Records the filter failed on.
    pub filter_errors: u64,
}

impl Totals {
    pub(super) const fn plus(self, more: Self) -> Self {
        Self {
            scanned: self.scanned.saturating_add(more.scanned),
            bytes: self.bytes.saturating_add(more.bytes),
            elapsed_ms: self.elapsed_ms.saturating_add(more.elapsed_ms),
            filter_errors: self.filter_errors.saturating_add(more.filter_errors),
        }
    }
}

impl Found {
    /// Nothing yet; keeps so many records, or some more: a part goes as a whole.
    pub(super) fn keeping(kept: usize) -> Self {
        Self {
            parts: VecDeque::new(),
            last: None,
            n_dropped: 0,
            dropped: 0,
            skipped: 0,
            n_records: 0,
            kept,
            before: Totals::default(),
            now: Totals::default(),
        }
    }

    /// One more part.
    pub fn push(&mut self, part: RecordsChunk) {
        self.skipped += part.skipped;
        let SearchProgress { scanned, bytes, elapsed_ms, filter_errors, .. } = part.progress;
        self.now = Totals { scanned, bytes, elapsed_ms, filter_errors };
        let part = Arc::new(part);
        self.last = Some(Arc::clone(&part));
        if part.records.is_empty() {
            return;
        }
        self.n_records += part.records.len();
        self.parts.push_back(part);
        while let Some(first) = self.parts.front().map(|part| part.records.len())
            && self.n_records - first >= self.kept
        {
            self.parts.pop_front();
            self.n_records -= first;
            self.n_dropped += 1;
            self.dropped += u64::try_from(first).unwrap_or(0);
        }
    }

    /// The search goes on, and counts anew.
    pub fn begin_run(&mut self) {
        self.before = self.totals();
        self.now = Totals::default();
    }

    /// What it did altogether.
    #[must_use]
    pub const fn totals(&self) -> Totals {
        self.before.plus(self.now)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_search_that_goes_on_counts_on() {
        let part = |scanned, elapsed_ms| RecordsChunk {
            progress: SearchProgress { scanned, elapsed_ms, bytes: 1, ..SearchProgress::default() },
            ..RecordsChunk::default()
        };
        let mut found = Found::default();
        found.push(part(5, 10));
        found.push(part(9, 20));
        found.begin_run();
        assert_eq!(found.totals().scanned, 9, "nothing is lost while nothing new is there");
        found.push(part(2, 3));
        assert_eq!((found.totals().scanned, found.totals().elapsed_ms), (11, 23));
        assert!(found.parts.is_empty(), "a part without records is not kept but as the last");
    }
}
