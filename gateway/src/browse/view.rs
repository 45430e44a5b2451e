//! A record of librdkafka as the console shows it.

use drawbridge_shared::view::{Decoding, HeaderView, RecordQuery, RecordView, TimestampKind};
use rdkafka::{
    Timestamp,
    message::{BorrowedMessage, Headers, Message},
};

use super::{
    decode::{Part, Wish, show},
    merge::Placed,
};

/// Bytes of a key or value in a list of records.
const PREVIEW: usize = 2 * 1024;
/// Bytes of a header's value in a list of records.
const HEADER_PREVIEW: usize = 256;
/// Headers in a list of records.
const HEADERS: usize = 32;
/// Bytes of a key or value of one record that is asked for.
pub(super) const WHOLE: usize = 8 * 1024 * 1024;

/// How records are shown.
#[derive(Debug, Clone, Copy)]
pub(super) struct Look {
    pub(super) key: Decoding,
    pub(super) value: Decoding,
    pub(super) is_consumer_offsets: bool,
    pub(super) is_whole: bool,
}

impl Look {
    /// As in a list.
    pub(super) fn of(query: &RecordQuery) -> Self {
        Self {
            key: query.key_decoding,
            value: query.value_decoding,
            is_consumer_offsets: query.topic.as_str() == "__consumer_offsets",
            is_whole: false,
        }
    }

    pub(super) fn show(self, message: &BorrowedMessage<'_>) -> RecordView {
        let wish = |decoding, part, preview| Wish {
            decoding,
            part,
            is_consumer_offsets: self.is_consumer_offsets,
            most: if self.is_whole { WHOLE } else { preview },
            explain: self.is_whole,
        };
        let (timestamp_ms, timestamp_kind) = time(message.timestamp());
        let most = if self.is_whole { usize::MAX } else { HEADERS };
        let headers = message.headers().map(|headers| {
            let shown = headers.iter().take(most).map(|header| HeaderView {
                name: header.key.to_owned(),
                value: header
                    .value
                    .map(|bytes| show(bytes, &wish(Decoding::Auto, Part::Header, HEADER_PREVIEW))),
            });
            (shown.collect(), headers.count())
        });
        let (headers, n_headers) = headers.unwrap_or_default();
        let key = message.key();
        RecordView {
            partition: message.partition(),
            offset: message.offset(),
            timestamp_ms,
            timestamp_kind,
            key: key.map(|bytes| show(bytes, &wish(self.key, Part::Key, PREVIEW))),
            value: message
                .payload()
                .map(|bytes| show(bytes, &wish(self.value, Part::Value(key), PREVIEW))),
            headers,
            n_headers: n_headers.try_into().unwrap_or(u32::MAX),
        }
    }
}

/// When a record was made, and by whose clock.
pub(super) fn time(timestamp: Timestamp) -> (Option<i64>, TimestampKind) {
    match timestamp {
        Timestamp::NotAvailable => (None, TimestampKind::Create),
        Timestamp::CreateTime(at) => (Some(at).filter(|at| *at >= 0), TimestampKind::Create),
        Timestamp::LogAppendTime(at) => (Some(at), TimestampKind::LogAppend),
    }
}

/// Bytes of text that a record costs.
pub(super) fn cost(record: &RecordView) -> usize {
    let payloads = record.key.iter().chain(&record.value);
    let headers = record.headers.iter();
    200 + payloads.map(|part| part.text.len()).sum::<usize>()
        + headers
            .map(|header| {
                header.name.len() + header.value.as_ref().map_or(0, |v| v.text.len()) + 60
            })
            .sum::<usize>()
}

impl Placed for RecordView {
    fn offset(&self) -> i64 {
        self.offset
    }

    fn time(&self) -> i64 {
        self.timestamp_ms.unwrap_or(i64::MIN)
    }
}
