//! librdkafka's consumer, as a search uses it: assigned by hand, never part of a group, on a thread of its own.

use std::{
    sync::{Mutex, PoisonError, Weak},
    time::{Duration, Instant},
};

use drawbridge_kafka::{ConnectionSettings, SettingFault, librdkafka::native_settings};
use rdkafka::{
    ClientConfig, ClientContext, Offset, TopicPartitionList,
    config::RDKafkaLogLevel,
    consumer::{BaseConsumer, Consumer, ConsumerContext},
    error::{KafkaError, RDKafkaErrorCode as Code},
    message::BorrowedMessage,
};

use crate::clusters::Cluster;

/// How long a consumer that is not used stays connected.
const WARM: Duration = Duration::from_secs(60);
/// Consumers that stay connected, for each gateway.
const MOST_WARM: usize = 8;

/// Passes librdkafka's own log on.
pub(super) struct Quiet;

impl ClientContext for Quiet {
    fn log(&self, _level: RDKafkaLogLevel, facility: &str, message: &str) {
        tracing::debug!(target: "librdkafka", facility, message);
    }

    fn error(&self, error: KafkaError, reason: &str) {
        tracing::debug!(target: "librdkafka", %error, reason);
    }
}

impl ConsumerContext for Quiet {}

/// A consumer.
pub(super) struct Reader {
    consumer: BaseConsumer<Quiet>,
}

/// What a poll brought.
pub(super) enum Polled<'a> {
    Record(BorrowedMessage<'a>),
    /// The end of a partition, as far as it may be read.
    End(i32),
    Nothing,
    /// It does not get better by waiting.
    Failed(String),
    /// It may.
    Trouble(String),
}

impl Reader {
    /// Connects with a cluster's own settings. Reads the stores they name: blocks.
    pub(super) fn connect(settings: &ConnectionSettings) -> Result<Self, String> {
        let native = native_settings(settings).map_err(|fault: SettingFault| fault.to_string())?;
        let mut config = ClientConfig::new();
        for setting in &native {
            config.set(setting.key, setting.value.expose());
        }
        let fixed = [
            // Needed even for a consumer that joins no group.
            ("group.id", "drawbridge-browse"),
            ("enable.auto.commit", "false"),
            ("enable.auto.offset.store", "false"),
            ("auto.offset.reset", "earliest"),
            ("isolation.level", "read_committed"),
            ("enable.partition.eof", "true"),
            ("allow.auto.create.topics", "false"),
            // The end of a partition is known as soon as the broker answers, and nobody waits for more bytes.
            ("fetch.wait.max.ms", "50"),
            ("fetch.queue.backoff.ms", "2"),
            ("queued.max.messages.kbytes", "16384"),
            ("queued.min.messages", "50000"),
            ("fetch.message.max.bytes", "2097152"),
            ("log.connection.close", "false"),
        ];
        for (key, value) in fixed {
            config.set(key, value);
        }
        config.set_log_level(RDKafkaLogLevel::Info);
        let consumer = config.create_with_context(Quiet).map_err(|error| error.to_string())?;
        Ok(Self { consumer })
    }

    /// Reads these partitions from these offsets on, and no others.
    pub(super) fn assign(&self, topic: &str, from: &[(i32, i64)]) -> Result<(), String> {
        let mut list = TopicPartitionList::with_capacity(from.len());
        for (partition, offset) in from {
            list.add_partition_offset(topic, *partition, Offset::Offset(*offset))
                .map_err(|error| error.to_string())?;
        }
        self.consumer.assign(&list).map_err(|error| error.to_string())
    }

    /// Reads no more of a partition. Not by pausing it: it would stay paused for whoever is assigned it next.
    pub(super) fn leave(&self, topic: &str, partition: i32) {
        let mut list = TopicPartitionList::with_capacity(1);
        list.add_partition(topic, partition);
        if let Err(error) = self.consumer.incremental_unassign(&list) {
            tracing::debug!(%error, "a partition cannot be left");
        }
    }

    /// Reads nothing any more.
    pub(super) fn rest(&self) -> bool {
        self.consumer.unassign().is_ok()
    }

    pub(super) fn poll(&self, wait: Duration) -> Polled<'_> {
        match self.consumer.poll(wait) {
            None => Polled::Nothing,
            Some(Ok(message)) => Polled::Record(message),
            Some(Err(KafkaError::PartitionEOF(partition))) => Polled::End(partition),
            Some(Err(error)) => match error.rdkafka_error_code() {
                Some(
                    Code::UnknownTopicOrPartition
                    | Code::UnknownTopic
                    | Code::UnknownPartition
                    | Code::TopicAuthorizationFailed
                    | Code::Authentication
                    | Code::SaslAuthenticationFailed
                    | Code::Fatal,
                ) => Polled::Failed(error.to_string()),
                // Nobody asks for a group.
                Some(Code::GroupAuthorizationFailed | Code::CoordinatorNotAvailable) => {
                    Polled::Nothing
                }
                _ => Polled::Trouble(error.to_string()),
            },
        }
    }
}

struct Warm {
    cluster: Weak<Cluster>,
    reader: Reader,
    since: Instant,
}

/// Consumers that are connected and wait for the next search.
#[derive(Default)]
pub(super) struct Pool(Mutex<Vec<Warm>>);

impl Pool {
    /// One that is connected to the cluster already.
    pub(super) fn take(&self, cluster: &Weak<Cluster>) -> Option<Reader> {
        let mut warm = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        let at = warm.iter().position(|one| one.cluster.ptr_eq(cluster))?;
        Some(warm.swap_remove(at).reader)
    }

    /// Gives one back. Call it where blocking is allowed: a consumer too many is closed.
    pub(super) fn give(&self, cluster: Weak<Cluster>, reader: Reader) {
        if !reader.rest() {
            return;
        }
        let mut warm = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        warm.push(Warm { cluster, reader, since: Instant::now() });
        let surplus = warm.len().saturating_sub(MOST_WARM);
        let closed: Vec<Warm> = warm.drain(..surplus).collect();
        drop(warm);
        drop(closed);
    }

    /// Closes those that nobody used for a while. Blocks.
    pub(super) fn tidy(&self) {
        let mut warm = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        let (keep, closed): (Vec<Warm>, Vec<Warm>) = std::mem::take(&mut *warm)
            .into_iter()
            .partition(|one| one.since.elapsed() < WARM && one.cluster.strong_count() > 0);
        *warm = keep;
        drop(warm);
        drop(closed);
    }

    /// Closes all. Blocks.
    pub(super) fn clear(&self) {
        let closed = std::mem::take(&mut *self.0.lock().unwrap_or_else(PoisonError::into_inner));
        drop(closed);
    }
}
