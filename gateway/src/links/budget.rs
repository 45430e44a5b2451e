//! The bytes that all links together may hold: a fetch is sent only after reserving its answer.

use std::{sync::Arc, time::Duration};

use bytes::Bytes;
use tokio::sync::{OwnedSemaphorePermit, Semaphore};

/// Bytes per token: a semaphore counts no more than 2^32.
const TOKEN: usize = 1 << 10;
/// A fetch that got no share for this long goes ahead with [`LEAST`] bytes: what holds the budget may be
/// waiting for a person, and must not stop everything else.
const PATIENCE: Duration = Duration::from_secs(1);
/// Smallest fetch.
pub(super) const LEAST: usize = 64 << 10;

/// The budget; cheap to clone.
#[derive(Debug, Clone)]
pub struct Budget {
    free: Arc<Semaphore>,
    total: usize,
}

/// Bytes that were reserved for one answer.
#[derive(Debug)]
pub(super) struct Reserved {
    permit: Option<OwnedSemaphorePermit>,
    /// How large the answer may be.
    pub(super) bytes: usize,
}

impl Budget {
    /// A budget of so many bytes.
    #[must_use]
    pub fn new(total: usize) -> Self {
        let total = total.max(16 * LEAST);
        Self { free: Arc::new(Semaphore::new(total / TOKEN)), total }
    }

    /// All bytes.
    #[must_use]
    pub fn total(&self) -> usize {
        self.total
    }

    /// Bytes that are reserved or held now.
    #[must_use]
    pub fn used(&self) -> usize {
        self.total.saturating_sub(self.free.available_permits().saturating_mul(TOKEN))
    }

    /// Waits for a share of up to `wanted` bytes: a quarter of what is free, so that many can fetch at once.
    pub(super) async fn reserve(&self, wanted: usize) -> Reserved {
        let free = self.free.available_permits().saturating_mul(TOKEN);
        let bytes = wanted.min(free / 4).max(LEAST);
        let tokens = u32::try_from(bytes / TOKEN).unwrap_or(u32::MAX);
        let acquired =
            tokio::time::timeout(PATIENCE, Arc::clone(&self.free).acquire_many_owned(tokens)).await;
        match acquired {
            Ok(Ok(permit)) => Reserved { permit: Some(permit), bytes },
            Ok(Err(_)) | Err(_) => Reserved { permit: None, bytes: LEAST },
        }
    }
}

impl Reserved {
    /// Keeps only what an answer of this size takes; it is free again when the last slice handed out by
    /// [`Held::hold`] is gone.
    pub(super) fn shrink(self, size: usize) -> Held {
        let Some(mut permit) = self.permit else { return Held { permit: None } };
        let kept = permit.split(size.div_ceil(TOKEN).min(permit.num_permits()));
        Held { permit: kept.map(Arc::new) }
    }
}

/// The share of one answer.
#[derive(Debug, Clone)]
pub(super) struct Held {
    permit: Option<Arc<OwnedSemaphorePermit>>,
}

struct Guarded {
    bytes: Bytes,
    _permit: Arc<OwnedSemaphorePermit>,
}

impl AsRef<[u8]> for Guarded {
    fn as_ref(&self) -> &[u8] {
        &self.bytes
    }
}

impl Held {
    /// The same bytes; as long as a slice of them lives, the share is taken.
    pub(super) fn hold(&self, bytes: Bytes) -> Bytes {
        match &self.permit {
            Some(permit) if !bytes.is_empty() => {
                Bytes::from_owner(Guarded { bytes, _permit: Arc::clone(permit) })
            }
            _ => bytes,
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[tokio::test]
    async fn a_share_is_taken_until_the_last_slice_is_gone() {
        let budget = Budget::new(16 << 20);
        let reserved = budget.reserve(1 << 20).await;
        assert_eq!(budget.used(), 1 << 20);
        let held = reserved.shrink(300_000);
        let bytes = held.hold(Bytes::from(vec![7; 300_000]));
        drop(held);
        let slice = bytes.slice(10..20);
        drop(bytes);
        assert_eq!(budget.used(), 300_000_usize.div_ceil(TOKEN) * TOKEN);
        drop(slice);
        assert_eq!(budget.used(), 0);
    }

    #[tokio::test(start_paused = true)]
    async fn an_exhausted_budget_lets_small_fetches_through_after_a_while() {
        let budget = Budget::new(1 << 20);
        let mut kept = Vec::new();
        while budget.total() - budget.used() >= LEAST {
            kept.push(budget.reserve(1 << 20).await);
        }
        let used = budget.used();
        let late = budget.reserve(1 << 20).await;
        assert_eq!((late.bytes, budget.used()), (LEAST, used));
    }
}
