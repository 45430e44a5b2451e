//! What was done through this gateway, and what became of links and mirrors: kept in Kafka, shown live.
//!
//! ```text
//!   Activity ── a handle: what happens is told here, feeds follow it
//!     └ journal   one per cluster: the newest entries, and those that still have to be written
//!         └ keeper    its task: writes to `_drawbridge.activity` of the cluster, reads what others wrote
//! ```
//!
//! Telling never waits and never fails: entries stand in a bounded queue until the cluster takes them. Each is
//! kept on the cluster it concerns. Those of no cluster this gateway has live as long as the process.

mod change;
mod feed;
mod journal;
mod keeper;
mod record;
mod topic;

use std::{
    collections::BTreeMap,
    future::Future,
    sync::{
        Arc, Mutex, PoisonError,
        atomic::{AtomicUsize, Ordering},
    },
};

use drawbridge_shared::{
    names::ClusterName,
    view::{ActivityEntry, ActivityResult, Severity},
};
use tokio::sync::watch;
use tokio_util::sync::CancellationToken;

pub use change::{Change, of_kafka_configs, of_link_configs};
pub use feed::Wanted;
pub use topic::TOPIC;

use self::{change::shortened, journal::Journal};
use crate::{clock::now_ms, clusters::Cluster, refusal::Refusal, shutdown::Tasks};

/// Who does what nobody asked for.
const ITSELF: &str = "drawbridge";

tokio::task_local! {
    static WHO: &'static str;
}

/// Runs `work` in the name of somebody: what it changes is told as theirs.
pub fn as_whom<F: Future>(who: &'static str, work: F) -> impl Future<Output = F::Output> {
    WHO.scope(who, work)
}

/// In whose name this runs.
#[must_use]
pub fn who() -> &'static str {
    WHO.try_with(|who| *who).unwrap_or(ITSELF)
}

/// Handle to all of it; cheap to clone.
#[derive(Debug, Clone)]
pub struct Activity {
    inner: Arc<Inner>,
}

#[derive(Debug)]
struct Inner {
    journals: Mutex<BTreeMap<ClusterName, Arc<Journal>>>,
    /// What concerns no cluster of this gateway: it is not kept.
    homeless: Arc<Journal>,
    /// Counts entries, so that followers look.
    changes: watch::Sender<u64>,
    followers: AtomicUsize,
}

impl Default for Activity {
    fn default() -> Self {
        let homeless = Arc::new(Journal::default());
        homeless.mark_read();
        Self {
            inner: Arc::new(Inner {
                journals: Mutex::default(),
                homeless,
                changes: watch::Sender::new(0),
                followers: AtomicUsize::new(0),
            }),
        }
    }
}

impl Activity {
    /// Keeps the activity of a cluster on it, until `stop`.
    pub fn keep(&self, cluster: &Arc<Cluster>, stop: CancellationToken, tasks: &Tasks) {
        let journal = Arc::new(Journal::default());
        let name = cluster.spec().name.clone();
        self.journals().insert(name, Arc::clone(&journal));
        tasks.spawn(
            "keeper of activity",
            keeper::run(journal, Arc::clone(cluster), self.clone(), stop),
        );
    }

    /// Lets go of a cluster that is removed.
    pub fn forget(&self, cluster: &ClusterName) {
        self.journals().remove(cluster);
        self.changed();
    }

    /// Tells what came of something that was tried.
    pub fn told<T>(&self, change: Change, result: &Result<T, Refusal>) {
        self.told_in_words(change, result.as_ref().err().map(Refusal::in_full));
    }

    /// Tells what came of something that was tried: why it was not done, if it was not.
    pub fn told_in_words(&self, change: Change, refused: Option<String>) {
        let severity = if refused.is_some() { Severity::Attention } else { Severity::Info };
        let result =
            refused.map_or(ActivityResult::Done, |why| ActivityResult::Refused(shortened(why)));
        self.record(change.entry(who(), result, severity));
    }

    /// Tells how something ended that took its time.
    pub fn ended(&self, change: Change, severity: Severity) {
        self.record(change.entry(who(), ActivityResult::Done, severity));
    }

    /// Tells what happened by itself.
    pub fn happened(&self, change: Change, severity: Severity) {
        self.record(change.entry(ITSELF, ActivityResult::Done, severity));
    }

    fn record(&self, mut entry: ActivityEntry) {
        entry.at_ms = now_ms();
        let journal = self.journals().get(&entry.cluster).cloned();
        match journal {
            Some(journal) => journal.add(entry, true),
            None => self.inner.homeless.add(entry, false),
        }
        self.changed();
    }

    fn changed(&self) {
        self.inner.changes.send_modify(|count| *count = count.wrapping_add(1));
    }

    fn is_followed(&self) -> bool {
        self.inner.followers.load(Ordering::Relaxed) > 0
    }

    fn journals(&self) -> std::sync::MutexGuard<'_, BTreeMap<ClusterName, Arc<Journal>>> {
        self.inner.journals.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

#[cfg(test)]
mod tests;
