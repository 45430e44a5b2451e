//! The topics of a cluster, read while somebody follows them.

use std::{
    sync::Arc,
    time::{Duration, Instant},
};

use drawbridge_kafka::admin::topics::TopicDescription;
use drawbridge_shared::{
    view::{TopicRow, TopicsView},
    wire::{EndReason, FeedData},
};
use tokio::sync::watch;

use super::{
    Cluster,
    followers::{publish, rest, tell_fault},
    measure::{Measured, fault_words},
    survey::is_under_replicated,
};
use crate::{
    clock::now_ms,
    feeds::FeedState,
    refusal::{Doing, refuse},
};

/// Between two readings of names, partitions and replicas.
const READ: Duration = Duration::from_secs(3);
/// Between two readings of sizes and offsets.
const MEASURE: Duration = Duration::from_secs(10);
/// A list that was never read and cannot be read this often in a row is given up.
const FAILED: u32 = 3;

/// Keeps the feed up to date until nobody follows it or the cluster is retired.
///
/// While the cluster cannot be read the last state stays; its time tells how old it is, and the cluster's
/// own feed why. When the cluster answers and only its topics cannot be read, the state itself says why.
pub(super) async fn run(cluster: Arc<Cluster>, sender: watch::Sender<FeedState>) {
    let retired = cluster.retired().clone();
    let work = async {
        let mut reader = Reader {
            measured: Measured::default(),
            measured_shape: Vec::new(),
            measured_at: None,
            n_failed: 0,
        };
        while !cluster.topics_followers().release(&()) {
            let mut poked = std::pin::pin!(cluster.asked_to_read());
            // Registered before reading: a change made meanwhile is not missed.
            futures_util::poll!(&mut poked).is_ready();
            if let Some(reason) = reader.read(&cluster, &sender).await {
                cluster.topics_followers().end(&(), FeedState::Ended(reason));
                return;
            }
            rest(&sender, READ, poked).await;
        }
    };
    retired.run_until_cancelled(work).await;
}

struct Reader {
    measured: Measured,
    /// Topics and their partition counts when it was measured: new ones are measured at once.
    measured_shape: Vec<(String, usize)>,
    /// On the clock for pauses, and on the clock for people.
    measured_at: Option<(Instant, i64)>,
    /// Readings in a row that failed although the cluster answers.
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
        let mut topics = match client.list_topics().await {
            Ok(topics) => topics,
            Err(error) => {
                tracing::debug!(cluster = %name, %error, "topics cannot be read");
                let doing = Doing::on_cluster("list its topics", "DESCRIBE");
                let message = fault_words(refuse(name, &doing, &error));
                self.n_failed = self.n_failed.saturating_add(1);
                // Who has seen nothing yet would wait for ever without knowing why.
                let is_over = !tell_fault(sender, &message) && self.n_failed >= FAILED;
                return is_over.then_some(EndReason::NotFound { message });
            }
        };
        self.n_failed = 0;
        topics.sort_by(|a, b| a.name.cmp(&b.name));
        let observed_at_ms = now_ms();
        self.publish(sender, &topics, observed_at_ms);
        let shape: Vec<(String, usize)> =
            topics.iter().map(|topic| (topic.name.clone(), topic.partitions.len())).collect();
        let is_due = self.measured_at.is_none_or(|(at, _)| at.elapsed() >= MEASURE);
        if is_due || shape != self.measured_shape {
            self.measured_shape = shape;
            let mut measured = Measured::default();
            measured.read_sizes(name, client, &topics).await;
            measured.read_offsets(name, client, &topics).await;
            self.measured = measured;
            self.measured_at = Some((Instant::now(), now_ms()));
            self.publish(sender, &topics, observed_at_ms);
        }
        None
    }

    fn publish(
        &self,
        sender: &watch::Sender<FeedState>,
        topics: &[TopicDescription],
        observed_at_ms: i64,
    ) {
        let view = TopicsView {
            observed_at_ms,
            measured_at_ms: self.measured_at.map(|(_, at_ms)| at_ms),
            measure_fault: self.measured.fault(),
            rows: topics.iter().map(|topic| row(topic, &self.measured)).collect(),
        };
        publish(sender, FeedState::Data(Arc::new(FeedData::Topics(view))));
    }
}

/// One topic as a row of the list.
pub(super) fn row(topic: &TopicDescription, measured: &Measured) -> TopicRow {
    let count = |n: usize| u32::try_from(n).unwrap_or(u32::MAX);
    let partitions = &topic.partitions;
    TopicRow {
        name: topic.name.clone(),
        is_internal: topic.internal || topic.name.starts_with("_drawbridge."),
        n_partitions: count(partitions.len()),
        replication_factor: count(partitions.first().map_or(0, |first| first.replicas.len())),
        under_replicated: count(partitions.iter().filter(|p| is_under_replicated(p)).count()),
        offline: count(partitions.iter().filter(|p| p.leader.is_none()).count()),
        size_bytes: measured.size_of(topic),
        n_offsets: measured.offsets_of(topic),
    }
}
