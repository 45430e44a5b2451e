//! librdkafka's producer. Blocks: call it where that is allowed.

use std::{
    sync::{Mutex, PoisonError},
    time::Duration,
};

use drawbridge_kafka::{ConnectionSettings, SettingFault, librdkafka::native_settings};
use drawbridge_shared::wire::ErrorCode;
use rdkafka::{
    ClientConfig, ClientContext,
    config::RDKafkaLogLevel,
    error::{KafkaError, RDKafkaErrorCode as Code},
    message::{DeliveryResult, Header, Message, OwnedHeaders},
    producer::{BaseProducer, BaseRecord, Producer as _, ProducerContext},
};

/// How long the brokers may take for a record.
const PATIENCE: Duration = Duration::from_secs(30);

/// A record that is to be written.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct NewRecord {
    /// In which partition; none to let the key decide, as Kafka's own clients do.
    pub partition: Option<i32>,
    /// Its key.
    pub key: Option<Vec<u8>>,
    /// Its value.
    pub value: Option<Vec<u8>>,
    /// Its headers.
    pub headers: Vec<(String, Option<Vec<u8>>)>,
    /// Its time; now if none.
    pub timestamp_ms: Option<i64>,
}

impl NewRecord {
    /// Bytes of key, value and headers, and what a record takes beside them.
    pub(super) fn size(&self) -> usize {
        const BESIDE: usize = 128;
        let of = |bytes: &Option<Vec<u8>>| bytes.as_ref().map_or(0, Vec::len);
        let headers = self.headers.iter().map(|(name, value)| name.len() + of(value));
        of(&self.key) + of(&self.value) + headers.sum::<usize>() + BESIDE
    }
}

/// Where a record was written.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Place {
    /// Its partition.
    pub partition: i32,
    /// Its offset.
    pub offset: i64,
    /// Its time, by whatever clock the topic uses.
    pub timestamp_ms: Option<i64>,
}

/// Why a record was not written.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Failure {
    /// The kind.
    pub code: ErrorCode,
    /// In words.
    pub message: String,
}

/// What came of a record.
pub type Written = Result<Place, Failure>;

/// Takes down what becomes of records.
#[derive(Default)]
struct Deliveries(Mutex<Vec<(usize, Written)>>);

impl Deliveries {
    fn take_down(&self, at: usize, written: Written) {
        self.0.lock().unwrap_or_else(PoisonError::into_inner).push((at, written));
    }
}

impl ClientContext for Deliveries {
    fn log(&self, _level: RDKafkaLogLevel, facility: &str, message: &str) {
        tracing::debug!(target: "librdkafka", facility, message);
    }

    fn error(&self, error: KafkaError, reason: &str) {
        tracing::debug!(target: "librdkafka", %error, reason);
    }
}

impl ProducerContext for Deliveries {
    type DeliveryOpaque = usize;

    fn delivery(&self, delivered: &DeliveryResult<'_>, at: usize) {
        let written = match delivered {
            Ok(message) => Ok(Place {
                partition: message.partition(),
                offset: message.offset(),
                timestamp_ms: message.timestamp().to_millis(),
            }),
            Err((error, _)) => Err(failure(error)),
        };
        self.take_down(at, written);
    }
}

fn failure(error: &KafkaError) -> Failure {
    let code = match error.rdkafka_error_code() {
        Some(Code::TopicAuthorizationFailed | Code::ClusterAuthorizationFailed) => {
            ErrorCode::Denied
        }
        Some(Code::MessageSizeTooLarge | Code::InvalidMessageSize) => ErrorCode::TooLarge,
        Some(Code::MessageTimedOut | Code::RequestTimedOut) => ErrorCode::TimedOut,
        Some(Code::UnknownTopicOrPartition | Code::UnknownTopic | Code::UnknownPartition) => {
            ErrorCode::NotFound
        }
        Some(Code::InvalidRecord | Code::PolicyViolation | Code::InvalidTimestamp) => {
            ErrorCode::Invalid
        }
        _ => ErrorCode::Unavailable,
    };
    let message = match error.rdkafka_error_code() {
        Some(known) => known.to_string(),
        None => error.to_string(),
    };
    Failure { code, message }
}

/// A producer of one gateway's request.
pub(super) struct Producer {
    inner: BaseProducer<Deliveries>,
}

impl Producer {
    /// Connects with a cluster's own settings. Reads the stores they name.
    pub(super) fn connect(settings: &ConnectionSettings, codec: &str) -> Result<Self, String> {
        let native = native_settings(settings).map_err(|fault: SettingFault| fault.to_string())?;
        let mut config = ClientConfig::new();
        for setting in &native {
            config.set(setting.key, setting.value.expose());
        }
        let patience = PATIENCE.as_millis().to_string();
        let fixed = [
            ("acks", "all"),
            ("enable.idempotence", "true"),
            // Keys go where Kafka's own clients would put them.
            ("partitioner", "murmur2_random"),
            ("compression.type", codec),
            ("linger.ms", "5"),
            ("message.timeout.ms", &*patience),
            ("message.max.bytes", "16777216"),
            ("queue.buffering.max.kbytes", "65536"),
            ("allow.auto.create.topics", "false"),
            ("log.connection.close", "false"),
        ];
        for (key, value) in fixed {
            config.set(key, value);
        }
        config.set_log_level(RDKafkaLogLevel::Info);
        let inner = config
            .create_with_context::<_, BaseProducer<Deliveries>>(Deliveries::default())
            .map_err(|error| error.to_string())?;
        Ok(Self { inner })
    }

    /// Writes records; what came of each, in their order.
    pub(super) fn write(
        &self,
        topic: &str,
        n_partitions: i32,
        records: &[NewRecord],
    ) -> Vec<Written> {
        for (at, record) in records.iter().enumerate() {
            if let Some(partition) = record.partition.filter(|at| !(0..n_partitions).contains(at)) {
                let message = format!("the topic has no partition {partition}");
                let code = ErrorCode::Invalid;
                self.inner.context().take_down(at, Err(Failure { code, message }));
            } else {
                self.send(topic, at, record);
            }
        }
        // Longer than the brokers may take for each.
        if let Err(error) = self.inner.flush(PATIENCE + Duration::from_secs(5)) {
            tracing::warn!(%error, "a producer was not flushed");
        }
        let unknown = || {
            let message = "whether it was written is not known: no answer in time".to_owned();
            Err(Failure { code: ErrorCode::TimedOut, message })
        };
        let mut all: Vec<Written> = records.iter().map(|_| unknown()).collect();
        let told = std::mem::take(
            &mut *self.inner.context().0.lock().unwrap_or_else(PoisonError::into_inner),
        );
        for (at, written) in told {
            if let Some(one) = all.get_mut(at) {
                *one = written;
            }
        }
        all
    }

    fn send(&self, topic: &str, at: usize, record: &NewRecord) {
        let mut next: BaseRecord<'_, [u8], [u8], usize> = BaseRecord::with_opaque_to(topic, at);
        next.partition = record.partition;
        next.key = record.key.as_deref();
        next.payload = record.value.as_deref();
        next.timestamp = record.timestamp_ms;
        if !record.headers.is_empty() {
            let empty = OwnedHeaders::new_with_capacity(record.headers.len());
            let headers = record.headers.iter().fold(empty, |headers, (key, value)| {
                headers.insert(Header { key, value: value.as_ref() })
            });
            next = next.headers(headers);
        }
        let mut pending = next;
        loop {
            match self.inner.send(pending) {
                Ok(()) => return,
                Err((KafkaError::MessageProduction(Code::QueueFull), back)) => {
                    self.inner.poll(Duration::from_millis(20));
                    pending = back;
                }
                Err((error, _)) => {
                    return self.inner.context().take_down(at, Err(failure(&error)));
                }
            }
        }
    }
}
