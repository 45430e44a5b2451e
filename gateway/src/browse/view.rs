//! A record of librdkafka as the console shows it.

use drawbridge_shared::view::{Decoding, HeaderView, RecordQuery, RecordView, TimestampKind};
use rdkafka::{
    Timestamp,
    message::{BorrowedMessage, Headers, Message},
};

use super::{
    decode::{Decoder, Part, Wish, show},
    merge::Placed,
    paths::Paths,
};

/// Bytes of a key or value in a list of records.
const PREVIEW: usize = 2 * 1024;
/// Bytes of a value in which paths are followed.
const PICKED: usize = 4 * 1024 * 1024;
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
    pub(super) header: Decoding,
    pub(super) is_whole: bool,
}

impl Look {
    /// As in a list.
    pub(super) fn of(query: &RecordQuery) -> Self {
        Self {
            key: query.key_decoding,
            value: query.value_decoding,
            header: Decoding::Auto,
            is_whole: false,
        }
    }

    pub(super) fn show(
        self,
        message: &BorrowedMessage<'_>,
        decoder: &Decoder,
        paths: &Paths,
    ) -> RecordView {
        let frames = decoder.frames(message);
        let wish = |decoding, part, preview| Wish {
            decoding,
            part,
            frame: match part {
                Part::Key => frames.key,
                Part::Value(_) => frames.value,
                Part::Header => None,
            },
            decoder,
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
                    .map(|bytes| show(bytes, &wish(self.header, Part::Header, HEADER_PREVIEW))),
            });
            (shown.collect(), headers.count())
        });
        let (headers, n_headers) = headers.unwrap_or_default();
        let key = message.key();
        let picked = match message.payload() {
            _ if paths.is_empty() => Vec::new(),
            Some(bytes) => {
                let whole = Wish { most: PICKED, ..wish(self.value, Part::Value(key), PICKED) };
                let shown = show(bytes, &whole);
                paths.follow(Some(shown.text.as_str()).filter(|_| !shown.truncated))
            }
            None => paths.follow(None),
        };
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
            picked,
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
        + record.picked.iter().flatten().map(String::len).sum::<usize>()
}

impl Placed for RecordView {
    fn offset(&self) -> i64 {
        self.offset
    }

    fn time(&self) -> i64 {
        self.timestamp_ms.unwrap_or(i64::MIN)
    }
}
