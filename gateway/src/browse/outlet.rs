//! What a search's thread says to the session that follows it.

use std::sync::Arc;

use drawbridge_shared::{view::RecordsChunk, wire::EndReason};
use tokio::{
    runtime::Handle,
    sync::{OwnedSemaphorePermit, Semaphore, mpsc},
};
use tokio_util::sync::CancellationToken;

/// Parts that may wait for the client's credit; then the search waits, too.
const WAITING: u32 = 2;

/// A part of a search, or its end.
#[derive(Debug)]
pub enum SearchState {
    /// A part. The search goes on when the permit is dropped: when the part was sent.
    Part(Box<RecordsChunk>, OwnedSemaphorePermit),
    /// It is over.
    Ended(EndReason),
}

/// Where a search's parts go.
pub(super) struct Outlet {
    states: mpsc::Sender<SearchState>,
    permits: Arc<Semaphore>,
    runtime: Handle,
    stopping: CancellationToken,
}

impl Outlet {
    /// An outlet with room for what may wait, and its end. Must be made on the runtime.
    pub(super) fn new(stopping: CancellationToken) -> (Self, mpsc::Receiver<SearchState>) {
        let (states, receiver) = mpsc::channel(8);
        let permits = Arc::new(Semaphore::new(WAITING as usize));
        (Self { states, permits, runtime: Handle::current(), stopping }, receiver)
    }

    /// Whether nobody is there any more.
    pub(super) fn is_gone(&self) -> bool {
        self.states.is_closed() || self.stopping.is_cancelled()
    }

    /// Resolves when nobody is there any more.
    pub(super) async fn gone(&self) {
        tokio::select! {
            () = self.states.closed() => {}
            () = self.stopping.cancelled() => {}
        }
    }

    /// Leave to send a part now.
    pub(super) fn try_permit(&self) -> Option<OwnedSemaphorePermit> {
        Arc::clone(&self.permits).try_acquire_owned().ok()
    }

    /// Leave to send a part, waited for; none when nobody is there any more. Blocks.
    pub(super) fn permit(&self) -> Option<OwnedSemaphorePermit> {
        self.wait_for(1)
    }

    fn wait_for(&self, parts: u32) -> Option<OwnedSemaphorePermit> {
        self.runtime.block_on(async {
            tokio::select! {
                permit = Arc::clone(&self.permits).acquire_many_owned(parts) => permit.ok(),
                () = self.gone() => None,
            }
        })
    }

    /// Sends a part.
    pub(super) fn send(&self, part: RecordsChunk, permit: OwnedSemaphorePermit) {
        // Fails only when nobody is there, which the search sees by itself.
        self.states.try_send(SearchState::Part(Box::new(part), permit)).ok();
    }

    /// Ends the search once everything was sent. Blocks.
    pub(super) fn finish(&self) {
        if self.wait_for(WAITING).is_some() {
            self.refuse(EndReason::Finished);
        }
    }

    /// Ends the search now.
    pub(super) fn refuse(&self, reason: EndReason) {
        self.states.try_send(SearchState::Ended(reason)).ok();
    }
}
