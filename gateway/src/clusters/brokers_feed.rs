//! The brokers of a cluster with their disks, read while somebody follows them.

use std::{
    collections::{BTreeMap, BTreeSet},
    sync::Arc,
    time::{Duration, Instant},
};

use drawbridge_kafka::{
    Client, Error,
    admin::{cluster::ClusterDescription, log_dirs::LogDir, topics::TopicDescription},
};
use drawbridge_shared::{
    view::{BrokersView, LogDirView},
    wire::{EndReason, FeedData},
};
use futures_util::{StreamExt, stream};
use tokio::sync::watch;

use super::{
    Cluster,
    broker_rows::{Facts, Measured, rows},
    followers::{publish, rest, tell_fault},
    measure::fault_words,
    replication::{MinIsrs, look},
    survey::used_bytes,
};
use crate::{
    clock::now_ms,
    feeds::FeedState,
    refusal::{Doing, refuse},
};

/// Between two readings of brokers and partitions.
const READ: Duration = Duration::from_secs(3);
/// Between two readings of disks, versions and the quorum.
const MEASURE: Duration = Duration::from_secs(10);
/// A broker that does not answer within this time is told to be silent.
const PATIENCE: Duration = Duration::from_secs(6);
/// Brokers asked at a time.
const AT_ONCE: usize = 8;
/// A cluster that was never described and cannot be this often in a row is given up.
const FAILED: u32 = 3;

/// Keeps the feed up to date until nobody follows it or the cluster is retired.
pub(super) async fn run(cluster: Arc<Cluster>, sender: watch::Sender<FeedState>) {
    let retired = cluster.retired().clone();
    let work = async {
        let mut reader = Reader::default();
        while !cluster.brokers_followers().release(&()) {
            let mut poked = std::pin::pin!(cluster.asked_to_read());
            // Registered before reading: a change made meanwhile is not missed.
            futures_util::poll!(&mut poked).is_ready();
            if let Some(reason) = reader.read(&cluster, &sender).await {
                cluster.brokers_followers().end(&(), FeedState::Ended(reason));
                return;
            }
            rest(&sender, READ, poked).await;
        }
    };
    retired.run_until_cancelled(work).await;
}

#[derive(Default)]
struct Reader {
    min_isrs: MinIsrs,
    measured: Measured,
    /// On the clock for pauses, and on the clock for people.
    measured_at: Option<(Instant, i64)>,
    /// Brokers when it was measured: one that comes or goes is asked at once.
    measured_ids: Vec<i32>,
    n_failed: u32,
}

impl Reader {
    /// Reads and publishes; returns why the feed is over, if it is.
    async fn read(
        &mut self,
        cluster: &Cluster,
        sender: &watch::Sender<FeedState>,
    ) -> Option<EndReason> {
        let client = cluster.usable_client().ok()?;
        let name = &cluster.spec().name;
        let (description, topics) =
            match tokio::try_join!(client.describe_cluster(), client.list_topics()) {
                Ok(both) => both,
                Err(error) => {
                    let doing = Doing::on_cluster("describe its brokers", "DESCRIBE");
                    let message = fault_words(refuse(name, &doing, &error));
                    self.n_failed = self.n_failed.saturating_add(1);
                    // Who has seen nothing yet would wait for ever without knowing why.
                    let is_over = !tell_fault(sender, &message) && self.n_failed >= FAILED;
                    return is_over.then_some(EndReason::NotFound { message });
                }
            };
        self.n_failed = 0;
        let observed_at_ms = now_ms();
        self.min_isrs.read(name, client, &topics).await;
        self.publish(sender, &description, &topics, observed_at_ms);
        let ids: Vec<i32> = description.brokers.iter().map(|broker| broker.id).collect();
        let is_due = self.measured_at.is_none_or(|(at, _)| at.elapsed() >= MEASURE);
        if is_due || ids != self.measured_ids {
            self.measured = measure(cluster, client, &description).await;
            self.measured_ids = ids;
            self.measured_at = Some((Instant::now(), now_ms()));
            self.publish(sender, &description, &topics, observed_at_ms);
        }
        None
    }

    fn publish(
        &self,
        sender: &watch::Sender<FeedState>,
        description: &ClusterDescription,
        topics: &[TopicDescription],
        observed_at_ms: i64,
    ) {
        let (counts, _) = look(topics, &self.min_isrs);
        let mut faults: BTreeSet<&String> = self.measured.faults.iter().collect();
        faults.extend(&self.min_isrs.fault);
        let faults: Vec<&str> = faults.into_iter().map(String::as_str).collect();
        let view = BrokersView {
            observed_at_ms,
            measured_at_ms: self.measured_at.map(|(_, at_ms)| at_ms),
            fault: (!faults.is_empty()).then(|| faults.join(" ")),
            counts,
            quorum: self.measured.quorum.clone(),
            rows: rows(description, topics, &self.measured),
        };
        publish(sender, FeedState::Data(Arc::new(FeedData::Brokers(view))));
    }
}

/// Asks the quorum, and every broker for itself.
async fn measure(cluster: &Cluster, client: &Client, description: &ClusterDescription) -> Measured {
    let name = &cluster.spec().name;
    let brief = client.with_deadline(PATIENCE);
    let mut measured = Measured::default();
    match brief.describe_quorum().await {
        Ok(quorum) => measured.take_quorum(&quorum),
        // In ZooKeeper mode the controller is the one that every broker names.
        Err(Error::UnsupportedVersion { .. }) => {
            measured.zookeeper_controller = description.controller
        }
        Err(error) => {
            let doing = Doing::on_cluster("describe its controllers", "DESCRIBE");
            measured.faults.insert(fault_words(refuse(name, &doing, &error)));
        }
    }
    let ids = description.brokers.iter().filter(|broker| !broker.fenced).map(|broker| broker.id);
    let asked = stream::iter(ids.collect::<Vec<_>>())
        .map(|id| async move { (id, ask(cluster, client, id).await) })
        .buffer_unordered(AT_ONCE)
        .collect::<BTreeMap<_, _>>()
        .await;
    for (id, (facts, fault)) in asked {
        measured.brokers.insert(id, facts);
        measured.faults.extend(fault);
    }
    measured
}

/// Version and disks of a broker; why something of it is missing although it answers.
async fn ask(cluster: &Cluster, client: &Client, id: i32) -> (Facts, Option<String>) {
    let brief = client.with_deadline(PATIENCE);
    let versions = match brief.broker_versions(id).await {
        Ok(versions) => versions,
        Err(error) => {
            let fault = Some(cluster.fault(&error));
            return (Facts { fault, ..Facts::default() }, None);
        }
    };
    let facts = Facts { versions: Some(versions), ..Facts::default() };
    let dirs = brief.describe_log_dirs(Some(&[id])).await;
    match dirs.and_then(|mut brokers| brokers.remove(&id).unwrap_or_else(|| Ok(Vec::new()))) {
        Ok(dirs) => (Facts { log_dirs: Some(dirs.iter().map(view).collect()), ..facts }, None),
        Err(error) => {
            let doing = Doing::on_cluster("read its brokers' disks", "DESCRIBE");
            let refusal = refuse(&cluster.spec().name, &doing, &error);
            (facts, Some(fault_words(refusal)))
        }
    }
}

fn view(dir: &LogDir) -> LogDirView {
    let count = |moving: bool| {
        let n = dir.replicas.iter().filter(|replica| replica.future == moving).count();
        u32::try_from(n).unwrap_or(u32::MAX)
    };
    let bytes = |bytes: Option<i64>| bytes.and_then(|bytes| u64::try_from(bytes).ok());
    LogDirView {
        path: dir.path.clone(),
        error: dir.error.as_ref().map(ToString::to_string),
        total_bytes: bytes(dir.total_bytes),
        usable_bytes: bytes(dir.usable_bytes),
        used_bytes: used_bytes(std::slice::from_ref(dir)),
        n_replicas: count(false),
        n_moving: count(true),
    }
}
