//! Finds out again and again whether a cluster answers and what it consists of.
//!
//! A reconciler: it takes no input but "look now", starts from nothing after a restart, does not retry by
//! itself (the next turn is the retry) and publishes only what changed.

use std::{
    sync::Arc,
    time::{Duration, Instant},
};

use drawbridge_kafka::admin::cluster::ClusterDescription;
use drawbridge_shared::view::{ClusterStatus, FaultView, Severity};
use futures_util::{StreamExt, stream};

use super::{
    Cluster,
    backoff::Backoff,
    detail::{BrokerFacts, Known},
    survey::{tally, used_bytes},
};
use crate::{clock::now_ms, notices::Notices, shutdown::Tasks};

/// Between two checks whether a cluster answers.
const CHECK: Duration = Duration::from_secs(2);
/// Between two looks at its brokers and topics.
const SURVEY: Duration = Duration::from_secs(10);
/// Between two looks at its disks, while somebody looks at the cluster's page.
const DISKS: Duration = Duration::from_secs(30);
/// Checks that run at once against the brokers of one cluster.
const AT_ONCE: usize = 8;

/// Starts the watcher of a cluster; it ends when the cluster is retired.
pub(super) fn start(
    cluster: Arc<Cluster>,
    notices: Notices,
    tasks: &Tasks,
    published: impl Fn() + Send + Sync + 'static,
) {
    tasks.spawn("watcher of a cluster", async move {
        let retired = cluster.retired().clone();
        let mut watcher = Watcher {
            cluster,
            notices,
            published,
            known: Known::default(),
            backoff: Backoff::default(),
            surveyed: None,
            disks_read: None,
        };
        retired.run_until_cancelled(watcher.run()).await;
    });
}

struct Watcher<P> {
    cluster: Arc<Cluster>,
    notices: Notices,
    published: P,
    known: Known,
    backoff: Backoff,
    surveyed: Option<Instant>,
    disks_read: Option<Instant>,
}

impl<P: Fn() + Send + Sync> Watcher<P> {
    async fn run(&mut self) {
        loop {
            let pause = self.look().await;
            tokio::select! {
                () = tokio::time::sleep(pause) => {}
                () = self.cluster.asked_to_look() => {
                    // Looks that are asked for are bounded too.
                    tokio::time::sleep(Duration::from_millis(100)).await;
                }
            }
        }
    }

    /// One turn; returns how long to wait for the next.
    async fn look(&mut self) -> Duration {
        let name = self.cluster.spec().name.clone();
        if let Some(fault) = self.cluster.identity().fault(&name) {
            self.down_for_good(fault).await;
            return Duration::from_secs(3600);
        }
        let started = Instant::now();
        let description = match self.cluster.checker().describe_cluster().await {
            Ok(description) => description,
            Err(error) => return self.down(self.cluster.fault(&error)),
        };
        let took = started.elapsed();
        if let Err(fault) = self.cluster.identity().confirm(&name, &description.cluster_id) {
            self.down_for_good(fault).await;
            return Duration::from_secs(3600);
        }
        let was_up = matches!(self.known.status, ClusterStatus::Up);
        self.up(description, took);
        let is_stale = self.cluster.take_counts_stale();
        if !was_up || is_stale || self.surveyed.is_none_or(|at| at.elapsed() >= SURVEY) {
            self.survey().await;
        }
        let disks_due = self.disks_read.is_none_or(|at| at.elapsed() >= DISKS);
        if disks_due && self.cluster.is_followed() {
            self.read_disks().await;
        }
        CHECK
    }

    fn up(&mut self, description: ClusterDescription, took: Duration) {
        let name = &self.cluster.spec().name;
        match &self.known.status {
            ClusterStatus::Down { .. } => {
                tracing::info!(cluster = %name, "cluster is back");
                self.notices.push(Severity::Good, name, None, format!("{name} is back"));
            }
            ClusterStatus::Connecting => {
                tracing::info!(cluster = %name, id = description.cluster_id, "cluster answers");
            }
            ClusterStatus::Up => {}
        }
        self.backoff.succeed();
        self.known.status = ClusterStatus::Up;
        self.known.observed_at_ms = Some(now_ms());
        self.known.latency_micros = u64::try_from(took.as_micros()).ok();
        self.known.brokers.retain(|id, _| description.brokers.iter().any(|b| b.id == *id));
        self.known.description = Some(description);
        self.publish();
    }

    fn down(&mut self, fault: FaultView) -> Duration {
        let pause = self.backoff.fail(rand::random());
        let wait_ms = i64::try_from(pause.as_millis()).unwrap_or(i64::MAX);
        self.set_down(fault, now_ms().saturating_add(wait_ms));
        pause
    }

    async fn down_for_good(&mut self, fault: FaultView) {
        // Another cluster is behind its connections.
        self.cluster.close().await;
        self.set_down(fault, 0);
    }

    fn set_down(&mut self, fault: FaultView, next_attempt_ms: i64) {
        let name = &self.cluster.spec().name;
        let before = match &self.known.status {
            ClusterStatus::Down { since_ms, fault, .. } => Some((*since_ms, fault.clone())),
            ClusterStatus::Connecting | ClusterStatus::Up => None,
        };
        if before.as_ref().is_none_or(|(_, old)| old.summary != fault.summary) {
            tracing::warn!(cluster = %name, summary = fault.summary, cause = fault.cause, "cluster is down");
        }
        if before.is_none() {
            let message = format!("{name} is down: {}", fault.summary);
            self.notices.push(Severity::Failed, name, None, message);
        }
        let since_ms = before.map_or_else(now_ms, |(since_ms, _)| since_ms);
        self.known.status = ClusterStatus::Down { since_ms, fault, next_attempt_ms };
        self.known.latency_micros = None;
        self.surveyed = None;
        self.publish();
    }

    /// Asks every broker, and counts topics.
    async fn survey(&mut self) {
        let ids: Vec<i32> = match &self.known.description {
            Some(description) => description.brokers.iter().map(|broker| broker.id).collect(),
            None => return,
        };
        let cluster = &self.cluster;
        let (topics, brokers) = tokio::join!(
            cluster.checker().list_topics(),
            stream::iter(ids)
                .map(|id| async move { (id, ask_broker(cluster, id).await) })
                .buffer_unordered(AT_ONCE)
                .collect::<Vec<_>>(),
        );
        self.known.tally = match topics {
            Ok(topics) => Some(tally(&topics)),
            Err(error) => {
                tracing::debug!(cluster = %cluster.spec().name, %error, "topics cannot be counted");
                None
            }
        };
        for (id, facts) in brokers {
            let used_bytes = self.known.brokers.get(&id).and_then(|known| known.used_bytes);
            self.known.brokers.insert(id, BrokerFacts { used_bytes, ..facts });
        }
        self.surveyed = Some(Instant::now());
        self.publish();
    }

    async fn read_disks(&mut self) {
        self.disks_read = Some(Instant::now());
        let brokers = self.cluster.checker().describe_log_dirs(None).await.unwrap_or_default();
        // A broker that does not tell loses its old number: nobody could see that it is old.
        for (id, facts) in &mut self.known.brokers {
            let dirs = brokers.get(id).and_then(|dirs| dirs.as_ref().ok());
            facts.used_bytes = dirs.and_then(|dirs| used_bytes(dirs));
        }
        self.publish();
    }

    fn publish(&self) {
        let mut detail = self.known.detail(self.cluster.spec());
        detail.cluster.gateways = self.cluster.gateways();
        self.cluster.publish(detail);
        (self.published)();
    }
}

/// Version and round trip of one broker, or why it does not answer.
async fn ask_broker(cluster: &Cluster, id: i32) -> BrokerFacts {
    let started = Instant::now();
    match cluster.checker().broker_versions(id).await {
        Ok(versions) => {
            let stats = cluster.checker().stats();
            let measured = stats.brokers.iter().find(|known| known.broker == id);
            let round_trip =
                measured.and_then(|known| known.round_trip).unwrap_or_else(|| started.elapsed());
            BrokerFacts {
                version: Some(versions.kafka).filter(|release| release != "unknown"),
                latency_micros: u64::try_from(round_trip.as_micros()).ok(),
                ..BrokerFacts::default()
            }
        }
        Err(error) => BrokerFacts { fault: Some(cluster.fault(&error)), ..BrokerFacts::default() },
    }
}
