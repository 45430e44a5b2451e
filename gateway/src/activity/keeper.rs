//! Writes a cluster's entries to it, and reads what others have written.

use std::{sync::Arc, time::Duration};

use drawbridge_shared::view::{ActivityResult, Severity};
use tokio::time::Instant;
use tokio_util::sync::CancellationToken;

use super::{
    Activity, Change,
    change::shortened,
    journal::{Journal, Kept},
    topic::{self, TOPIC, Tail},
};
use crate::{clock::now_ms, clusters::Cluster};

/// Entries of one batch.
const BATCH: usize = 100;
/// How often others' entries are read while somebody follows.
const EVERY: Duration = Duration::from_secs(5);
const BACKOFF: Duration = Duration::from_millis(500);
const BACKOFF_MAX: Duration = Duration::from_secs(30);
/// What waits when the gateway stops gets this long.
const LAST_MOMENT: Duration = Duration::from_secs(2);

/// Runs until `stop`.
pub(super) async fn run(
    journal: Arc<Journal>,
    cluster: Arc<Cluster>,
    activity: Activity,
    stop: CancellationToken,
) {
    let mut keeper = Keeper {
        journal,
        cluster,
        activity,
        pending: Vec::new(),
        tail: Tail::default(),
        is_there: false,
        is_told: false,
        backoff: BACKOFF,
        next_read: Instant::now(),
    };
    while let Some(until) = stop.run_until_cancelled(keeper.turn()).await {
        tokio::select! {
            () = stop.cancelled() => break,
            () = keeper.journal.work.notified() => {}
            () = sleep_until(until) => {}
        }
    }
    tokio::time::timeout(LAST_MOMENT, keeper.write()).await.ok();
}

async fn sleep_until(until: Option<Instant>) {
    match until {
        Some(until) => tokio::time::sleep_until(until).await,
        None => std::future::pending().await,
    }
}

struct Keeper {
    journal: Arc<Journal>,
    cluster: Arc<Cluster>,
    activity: Activity,
    /// Entries that are being written.
    pending: Vec<Arc<Kept>>,
    tail: Tail,
    is_there: bool,
    /// The log and the feed know that entries cannot be kept.
    is_told: bool,
    backoff: Duration,
    next_read: Instant,
}

impl Keeper {
    /// Does what there is to do, and says when to look again if nobody asks.
    async fn turn(&mut self) -> Option<Instant> {
        let retry = (!self.write().await).then(|| {
            let retry = Instant::now() + self.backoff;
            self.backoff = self.backoff.saturating_mul(2).min(BACKOFF_MAX);
            retry
        });
        let read = self.activity.is_followed().then_some(());
        if read.is_some() && (Instant::now() >= self.next_read || !self.journal.is_read()) {
            self.read().await;
            self.next_read = Instant::now() + EVERY;
        }
        retry.into_iter().chain(read.map(|()| self.next_read)).min()
    }

    /// Writes what waits; false when that has to be tried again.
    async fn write(&mut self) -> bool {
        let spec = self.cluster.spec();
        if spec.guards.read_only {
            // They are in the feed as long as the gateway runs.
            let (dropped, _) = self.journal.take(usize::MAX);
            if !dropped.is_empty() {
                let name = &spec.name;
                self.tell(format!("{name} is read-only here: entries live as long as the gateway"));
            }
            return true;
        }
        loop {
            if self.pending.is_empty() {
                let (taken, lost) = self.journal.take(BATCH);
                self.pending = taken;
                if lost > 0 {
                    tracing::warn!(cluster = %self.cluster.spec().name, lost, "activity was not kept: the cluster did not take it in time");
                    self.pending.push(self.lost(lost));
                }
            }
            if self.pending.is_empty() {
                return true;
            }
            let Ok(client) = self.cluster.usable_client() else { return false };
            let written = async {
                if !self.is_there {
                    topic::ensure(client).await?;
                    self.is_there = true;
                }
                topic::write(client, &self.pending).await
            };
            match written.await {
                Ok(()) => {
                    self.backoff = BACKOFF;
                    self.is_told = false;
                }
                Err(error) if topic::may_pass(&error) => {
                    self.is_there = false;
                    tracing::debug!(%error, "activity is not written yet");
                    return false;
                }
                Err(error) => {
                    self.is_there = false;
                    self.tell(format!("{error}. {}", topic::remedy(&error)));
                }
            }
            self.pending.clear();
        }
    }

    /// Says once that entries cannot be kept. What they tell of was done all the same.
    fn tell(&mut self, why: String) {
        if std::mem::replace(&mut self.is_told, true) {
            return;
        }
        let name = &self.cluster.spec().name;
        tracing::warn!(cluster = %name, %why, "activity cannot be kept");
        let result = ActivityResult::Refused(shortened(why));
        let change = Change::on(name, format!("keep the activity in topic {TOPIC}"));
        let mut entry = change.entry(super::ITSELF, result, Severity::Attention);
        entry.at_ms = now_ms();
        self.journal.add(entry, false);
        self.activity.changed();
    }

    fn lost(&self, count: u64) -> Arc<Kept> {
        let words = format!("{count} earlier entries were lost: they could not be kept in time");
        let change = Change::on(&self.cluster.spec().name, words);
        let mut entry = change.entry(super::ITSELF, ActivityResult::Done, Severity::Attention);
        entry.at_ms = now_ms();
        Arc::new(Kept { id: rand::random(), entry })
    }

    async fn read(&mut self) {
        let name = &self.cluster.spec().name;
        let Ok(client) = self.cluster.usable_client() else { return };
        match self.tail.read_on(client, name).await {
            Ok(read) => {
                let is_news = self.journal.merge(read);
                if is_news || !self.journal.is_read() {
                    self.journal.mark_read();
                    self.activity.changed();
                }
            }
            Err(error) => {
                tracing::debug!(cluster = %name, %error, "activity cannot be read");
                // What is known is shown without waiting for the rest.
                if !topic::may_pass(&error) && !self.journal.is_read() {
                    self.journal.mark_read();
                    self.activity.changed();
                }
            }
        }
    }
}
