//! One topic with its partitions, read while somebody follows it.

use std::{
    sync::Arc,
    time::{Duration, Instant},
};

use base64::{Engine, engine::general_purpose::URL_SAFE_NO_PAD};
use drawbridge_kafka::{
    ErrorCode,
    admin::{TopicPartition, topics::TopicDescription},
};
use drawbridge_shared::{
    names::TopicName,
    view::{PartitionView, TopicDetail},
    wire::{EndReason, FeedData},
};
use tokio::sync::watch;
use uuid::Uuid;

use super::{
    Cluster,
    followers::{publish, rest, tell_fault},
    measure::{Measured, fault_words},
    topics_feed::row,
};
use crate::{
    clock::now_ms,
    feeds::FeedState,
    refusal::{Doing, refuse},
};

/// Between two readings of partitions and offsets.
const READ: Duration = Duration::from_secs(1);
/// Between two readings of sizes.
const MEASURE: Duration = Duration::from_secs(10);
/// A topic that is missing this often in a row is gone. Brokers learn of new topics one after the other,
/// so once is not enough.
const MISSING: u32 = 3;

/// Keeps the feed up to date until nobody follows it, the topic is gone or the cluster is retired.
pub(super) async fn run(cluster: Arc<Cluster>, topic: TopicName, sender: watch::Sender<FeedState>) {
    let retired = cluster.retired().clone();
    let work = async {
        let mut reader = Reader {
            topic: topic.clone(),
            measured: Measured::default(),
            sized: None,
            n_missing: 0,
        };
        while !cluster.topic_followers().release(&topic) {
            let mut poked = std::pin::pin!(cluster.asked_to_read());
            futures_util::poll!(&mut poked).is_ready();
            if let Some(reason) = reader.read(&cluster, &sender).await {
                cluster.topic_followers().end(&topic, FeedState::Ended(reason));
                return;
            }
            rest(&sender, READ, poked).await;
        }
    };
    retired.run_until_cancelled(work).await;
}

struct Reader {
    topic: TopicName,
    measured: Measured,
    sized: Option<Instant>,
    n_missing: u32,
}

impl Reader {
    /// Reads and publishes; returns why the feed is over, if it is.
    async fn read(
        &mut self,
        cluster: &Cluster,
        sender: &watch::Sender<FeedState>,
    ) -> Option<EndReason> {
        let name = &cluster.spec().name;
        let client = cluster.usable_client().ok()?;
        let topic = self.topic.as_str();
        let described = match client.describe_topics(&[topic]).await {
            Ok(mut topics) => topics.remove(topic),
            Err(error) => Some(Err(error)),
        };
        let described = match described {
            Some(Ok(described)) => described,
            None => return self.missing(cluster),
            Some(Err(error)) => {
                return match error.code() {
                    Some(ErrorCode::UNKNOWN_TOPIC_OR_PARTITION | ErrorCode::UNKNOWN_TOPIC_ID) => {
                        self.missing(cluster)
                    }
                    Some(ErrorCode::TOPIC_AUTHORIZATION_FAILED) => {
                        let what = format!("describe topic '{topic}'");
                        let refusal =
                            refuse(name, &Doing::on_topic(what, "DESCRIBE", topic), &error);
                        let remedy = refusal.remedy.unwrap_or_default();
                        Some(EndReason::Denied {
                            message: format!("{}. {remedy}", refusal.message),
                        })
                    }
                    _ => {
                        tracing::debug!(cluster = %name, topic, %error, "topic cannot be read");
                        let what = format!("describe topic '{topic}'");
                        let doing = Doing::on_topic(what, "DESCRIBE", topic);
                        tell_fault(sender, &fault_words(refuse(name, &doing, &error)));
                        None
                    }
                };
            }
        };
        self.n_missing = 0;
        let topics = [described];
        self.measured.forgive();
        self.measured.read_offsets(name, client, &topics).await;
        // A fault of the sizes has to be told on every turn, so a failed reading is repeated on every turn;
        // so is one that does not have all partitions.
        let [topic] = &topics;
        if self.measured.size_of(topic).is_none()
            || self.sized.is_none_or(|at| at.elapsed() >= MEASURE)
        {
            self.measured.read_sizes(name, client, &topics).await;
            self.sized = Some(Instant::now());
        }
        let [described] = topics;
        let detail = detail(&described, &self.measured);
        publish(sender, FeedState::Data(Arc::new(FeedData::Topic(detail))));
        None
    }

    fn missing(&mut self, cluster: &Cluster) -> Option<EndReason> {
        self.n_missing += 1;
        let message = || format!("{} has no topic '{}'", cluster.spec().name, self.topic);
        (self.n_missing >= MISSING).then(|| EndReason::NotFound { message: message() })
    }
}

/// Kafka's text of a topic id (KIP-516); none for the zero id of clusters without topic ids.
pub(crate) fn topic_id_words(id: Uuid) -> Option<String> {
    (!id.is_nil()).then(|| URL_SAFE_NO_PAD.encode(id.as_bytes()))
}

fn detail(topic: &TopicDescription, measured: &Measured) -> TopicDetail {
    let mut partitions: Vec<PartitionView> = topic
        .partitions
        .iter()
        .map(|partition| {
            let key = TopicPartition::new(topic.name.as_str(), partition.partition);
            let offsets = measured.offsets.get(&key).copied().unwrap_or_default();
            PartitionView {
                partition: partition.partition,
                leader: partition.leader,
                replicas: partition.replicas.clone(),
                isr: partition.isr.clone(),
                log_start: offsets.log_start,
                high_watermark: offsets.high_watermark,
                size_bytes: measured.sizes.get(&key).copied(),
            }
        })
        .collect();
    partitions.sort_by_key(|partition| partition.partition);
    TopicDetail {
        observed_at_ms: now_ms(),
        topic: row(topic, measured),
        topic_id: topic_id_words(topic.id),
        partitions,
        measure_fault: measured.fault(),
    }
}
