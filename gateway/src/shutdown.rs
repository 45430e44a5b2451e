//! Stopping in order: everything that runs is told, and waited for.

use std::{future::Future, time::Duration};

use tokio::task::JoinHandle;
use tokio_util::{sync::CancellationToken, task::TaskTracker};

/// Everything that runs in the background; cheap to clone.
///
/// Stopping has two phases. *Draining*: no new work is taken, what runs goes on. *Stopping*: background
/// work ends now.
#[derive(Debug, Clone, Default)]
pub struct Tasks {
    tracker: TaskTracker,
    draining: CancellationToken,
    stopping: CancellationToken,
}

impl Tasks {
    /// Runs something that [`Tasks::finish`] waits for.
    pub fn spawn<F>(&self, work: F) -> JoinHandle<F::Output>
    where
        F: Future + Send + 'static,
        F::Output: Send + 'static,
    {
        self.tracker.spawn(work)
    }

    /// Cancelled when no new work shall be taken.
    #[must_use]
    pub fn draining(&self) -> &CancellationToken {
        &self.draining
    }

    /// Cancelled when background work shall end.
    #[must_use]
    pub fn stopping(&self) -> &CancellationToken {
        &self.stopping
    }

    /// Starts draining.
    pub fn drain(&self) {
        self.draining.cancel();
    }

    /// Ends background work and waits for all tasks, at most for `grace`. Returns whether all have ended.
    pub async fn finish(&self, grace: Duration) -> bool {
        self.drain();
        self.stopping.cancel();
        self.tracker.close();
        tokio::time::timeout(grace, self.tracker.wait()).await.is_ok()
    }
}

/// Waits for SIGINT or SIGTERM.
pub async fn signal() {
    use tokio::signal::unix::{SignalKind, signal};
    let terminate = async {
        match signal(SignalKind::terminate()) {
            Ok(mut terminate) => {
                terminate.recv().await;
            }
            Err(_) => std::future::pending().await,
        }
    };
    tokio::select! {
        result = tokio::signal::ctrl_c() => {
            if let Err(error) = result {
                tracing::warn!(%error, "cannot listen for interrupts; stop the process by other means");
                std::future::pending::<()>().await;
            }
        }
        () = terminate => {}
    }
}
