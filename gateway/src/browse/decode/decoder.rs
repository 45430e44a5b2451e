//! What the bytes of a topic are decoded with, beside themselves.

use drawbridge_shared::names::TopicName;
use rdkafka::message::{BorrowedMessage, Headers, Message};

use crate::{clusters::Cluster, registry::Lookups};

/// Topics whose records Kafka writes itself.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(in crate::browse) enum TopicKind {
    /// Somebody's.
    Plain,
    /// `__consumer_offsets`.
    ConsumerOffsets,
    /// `__transaction_state`.
    TransactionState,
}

/// What a search or a read decodes with.
#[derive(Debug)]
pub(in crate::browse) struct Decoder {
    pub(super) topic: String,
    pub(super) kind: TopicKind,
    pub(super) lookups: Option<Lookups>,
}

impl Decoder {
    /// For a topic of a cluster. Must be made on the runtime, and used on another thread.
    pub(in crate::browse) fn of(cluster: &Cluster, topic: &TopicName) -> Self {
        let lookups = cluster.registry().cloned().map(Lookups::new);
        Self { lookups, ..Self::without_registry(topic.as_str()) }
    }

    /// With no schema registry.
    pub(in crate::browse) fn without_registry(topic: &str) -> Self {
        let kind = match topic {
            "__consumer_offsets" => TopicKind::ConsumerOffsets,
            "__transaction_state" => TopicKind::TransactionState,
            _ => TopicKind::Plain,
        };
        Self { topic: topic.to_owned(), kind, lookups: None }
    }

    /// The schema ids of a record's key and value that stand in its headers.
    pub(in crate::browse) fn frames<'m>(&self, message: &'m BorrowedMessage<'_>) -> Frames<'m> {
        let mut frames = Frames::default();
        if self.lookups.is_none() {
            return frames;
        }
        for header in message.headers().into_iter().flat_map(Headers::iter) {
            match header.key {
                "__key_schema_id" => frames.key = header.value,
                "__value_schema_id" => frames.value = header.value,
                _ => {}
            }
        }
        frames
    }
}

/// Schema ids in headers.
#[derive(Debug, Clone, Copy, Default)]
pub(in crate::browse) struct Frames<'a> {
    /// The key's.
    pub(in crate::browse) key: Option<&'a [u8]>,
    /// The value's.
    pub(in crate::browse) value: Option<&'a [u8]>,
}
