//! The newest entries of one cluster, and those that wait to be written.

use std::{
    collections::VecDeque,
    sync::{Arc, Mutex, MutexGuard, PoisonError},
};

use drawbridge_shared::view::ActivityEntry;
use tokio::sync::Notify;

/// Entries held in memory.
pub(super) const HELD: usize = 1000;
/// Entries that wait to be written; of more, the oldest are dropped and counted.
const WAITING: usize = 500;

/// An entry, and the number that tells it from all others wherever it is read.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Kept {
    pub(super) id: u64,
    pub(super) entry: ActivityEntry,
}

#[derive(Debug, Default)]
pub(super) struct Journal {
    inner: Mutex<Inner>,
    /// There is something to do for the keeper.
    pub(super) work: Notify,
}

#[derive(Debug, Default)]
struct Inner {
    entries: VecDeque<Arc<Kept>>,
    waiting: VecDeque<Arc<Kept>>,
    lost: u64,
    is_read: bool,
}

impl Journal {
    /// Takes in what happened just now.
    pub(super) fn add(&self, entry: ActivityEntry, to_be_kept: bool) {
        let kept = Arc::new(Kept { id: rand::random(), entry });
        let mut inner = self.inner();
        if to_be_kept {
            if inner.waiting.len() >= WAITING {
                inner.waiting.pop_front();
                inner.lost += 1;
            }
            inner.waiting.push_back(Arc::clone(&kept));
        }
        inner.insert(kept);
        drop(inner);
        self.work.notify_one();
    }

    /// Takes in what was read; returns whether any of it is news.
    pub(super) fn merge(&self, read: Vec<Kept>) -> bool {
        let mut inner = self.inner();
        let mut is_news = false;
        for kept in read {
            if !inner.entries.iter().any(|known| known.id == kept.id) {
                inner.insert(Arc::new(kept));
                is_news = true;
            }
        }
        is_news
    }

    /// Takes up to `most` entries to write, and how many were dropped before them.
    pub(super) fn take(&self, most: usize) -> (Vec<Arc<Kept>>, u64) {
        let mut inner = self.inner();
        let count = inner.waiting.len().min(most);
        let taken = inner.waiting.drain(..count).collect();
        (taken, std::mem::take(&mut inner.lost))
    }

    pub(super) fn mark_read(&self) {
        self.inner().is_read = true;
    }

    pub(super) fn is_read(&self) -> bool {
        self.inner().is_read
    }

    /// Shows all entries, oldest first.
    pub(super) fn each(&self, mut show: impl FnMut(&Arc<Kept>)) {
        self.inner().entries.iter().for_each(&mut show);
    }

    fn inner(&self) -> MutexGuard<'_, Inner> {
        self.inner.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl Inner {
    /// Mostly the newest comes last; what is read later may be older.
    fn insert(&mut self, kept: Arc<Kept>) {
        let at_ms = kept.entry.at_ms;
        let before = self.entries.iter().rev().take_while(|known| known.entry.at_ms > at_ms);
        let at = self.entries.len() - before.count();
        self.entries.insert(at, kept);
        if self.entries.len() > HELD {
            self.entries.pop_front();
        }
    }
}
