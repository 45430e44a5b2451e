//! What the handles and the task of a store share.

use std::sync::{
    OnceLock,
    atomic::{AtomicBool, Ordering},
};

use tokio_util::sync::CancellationToken;

use super::StoreError;

/// Whether another gateway has taken over, and how that was noticed.
#[derive(Debug, Default)]
pub(super) struct Shared {
    why: OnceLock<String>,
    fenced: CancellationToken,
    closed: AtomicBool,
}

impl Shared {
    pub(super) fn fence(&self, why: &str) {
        self.why.get_or_init(|| why.to_owned());
        self.fenced.cancel();
    }

    pub(super) fn close(&self) {
        self.closed.store(true, Ordering::Relaxed);
    }

    /// Whether nothing is to be written any more.
    pub(super) fn has_ended(&self) -> bool {
        self.fenced.is_cancelled() || self.closed.load(Ordering::Relaxed)
    }

    pub(super) async fn fenced(&self) {
        self.fenced.cancelled().await;
    }

    /// Why nothing is written any more.
    pub(super) fn ended(&self) -> StoreError {
        self.why.get().map_or(StoreError::Closed, |why| StoreError::Fenced(why.clone()))
    }
}
