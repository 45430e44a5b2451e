//! Record batches (magic 2) as bytes with a header one can read and change.
//!
//! The 61 bytes: base offset i64 · length i32 · leader epoch i32 · magic i8 · CRC-32C u32 ·
//! attributes i16 · last offset delta i32 · base timestamp i64 · max timestamp i64 · producer id i64 ·
//! producer epoch i16 · base sequence i32 · record count i32, then the records
//! (<https://kafka.apache.org/documentation/#recordbatch>). The CRC covers attributes to the end.

use bytes::{Bytes, BytesMut};
pub use kafka_protocol::records::Compression;
use kafka_protocol::{
    indexmap::IndexMap,
    protocol::StrBytes,
    records::{Record, RecordBatchDecoder, RecordBatchEncoder, RecordEncodeOptions, TimestampType},
};

/// Attribute bits.
pub mod bits {
    /// Times are the broker's.
    pub const LOG_APPEND_TIME: i16 = 1 << 3;
    /// Written inside a transaction.
    pub const TRANSACTIONAL: i16 = 1 << 4;
    /// Markers, not data.
    pub const CONTROL: i16 = 1 << 5;
    /// The base timestamp is a delete horizon.
    pub const DELETE_HORIZON: i16 = 1 << 6;
}

/// One record to be written.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Entry {
    /// Key.
    pub key: Option<Bytes>,
    /// Value.
    pub value: Option<Bytes>,
    /// Create time, milliseconds since 1970.
    pub timestamp: i64,
    /// Headers.
    pub headers: Vec<(String, Option<Bytes>)>,
}

impl Entry {
    /// A record of now without headers.
    pub fn new(key: Option<&str>, value: Option<&str>) -> Self {
        let own = |text: &str| Bytes::copy_from_slice(text.as_bytes());
        Self { key: key.map(own), value: value.map(own), timestamp: now(), headers: Vec::new() }
    }

    /// A record of now with a value only.
    pub fn value(value: impl ToString) -> Self {
        Self::new(None, Some(&value.to_string()))
    }

    /// At another time.
    #[must_use]
    pub const fn at(mut self, timestamp: i64) -> Self {
        self.timestamp = timestamp;
        self
    }

    /// With a header more.
    #[must_use]
    pub fn header(mut self, name: &str, value: Option<&'static str>) -> Self {
        self.headers.push((name.to_owned(), value.map(Bytes::from)));
        self
    }
}

/// Milliseconds since 1970.
pub fn now() -> i64 {
    let since = std::time::SystemTime::UNIX_EPOCH.elapsed().expect("a clock after 1970");
    i64::try_from(since.as_millis()).expect("a year below 292 million")
}

/// One batch.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Batch(BytesMut);

macro_rules! field {
    ($(#[$doc:meta])* $get:ident, $set:ident, $type:ty, $at:literal) => {
        $(#[$doc])*
        pub fn $get(&self) -> $type {
            let bytes = &self.0[$at..$at + size_of::<$type>()];
            <$type>::from_be_bytes(bytes.try_into().expect("as many bytes as the type has"))
        }

        /// Sets that field and makes the CRC right again.
        #[must_use]
        pub fn $set(mut self, value: $type) -> Self {
            self.0[$at..$at + size_of::<$type>()].copy_from_slice(&value.to_be_bytes());
            self.sealed()
        }
    };
}

impl Batch {
    /// A batch at offset 0 without a producer.
    ///
    /// # Panics
    /// The codec refuses.
    pub fn build(entries: &[Entry], compression: Compression) -> Self {
        let records: Vec<Record> =
            (0..).zip(entries).map(|(offset, entry)| record(offset, entry)).collect();
        let options = RecordEncodeOptions { version: 2, compression };
        let mut bytes = BytesMut::new();
        RecordBatchEncoder::encode(&mut bytes, &records, &options).expect("records that encode");
        Self(bytes)
    }

    /// Uncompressed records with these values.
    pub fn of_values<T: ToString>(values: impl IntoIterator<Item = T>) -> Self {
        let entries: Vec<Entry> = values.into_iter().map(Entry::value).collect();
        Self::build(&entries, Compression::None)
    }

    /// Cuts what a broker returned into its batches; a cut-off last one is left out.
    pub fn split(mut bytes: Bytes) -> Vec<Self> {
        let mut batches = Vec::new();
        while bytes.len() >= 61 {
            let length = u32::from_be_bytes(bytes[8..12].try_into().expect("4 bytes"));
            let end = 12 + usize::try_from(length).expect("64-bit");
            if bytes.len() < end {
                break;
            }
            batches.push(Self(BytesMut::from(&bytes.split_to(end)[..])));
        }
        batches
    }

    field!(
        /// Offset of the first record (of the offset range, after compaction).
        base_offset, with_base_offset, i64, 0
    );
    field!(
        /// Epoch of the leader that appended it.
        leader_epoch, with_leader_epoch, i32, 12
    );
    field!(
        /// Codec, time type and the [`bits`].
        attributes, with_attributes, i16, 21
    );
    field!(
        /// Last offset minus base offset.
        last_offset_delta, with_last_offset_delta, i32, 23
    );
    field!(
        /// What the records' times are relative to.
        base_timestamp, with_base_timestamp, i64, 27
    );
    field!(
        /// Largest time inside.
        max_timestamp, with_max_timestamp, i64, 35
    );
    field!(
        /// Producer id or -1.
        producer_id, with_producer_id, i64, 43
    );
    field!(
        /// Producer epoch or -1.
        producer_epoch, with_producer_epoch, i16, 51
    );
    field!(
        /// Sequence of the first record or -1.
        base_sequence, with_base_sequence, i32, 53
    );
    field!(
        /// Records inside.
        count, with_count, i32, 57
    );

    /// Written by this producer, starting at `sequence`.
    #[must_use]
    pub fn by(self, producer: i64, epoch: i16, sequence: i32) -> Self {
        self.with_producer_id(producer).with_producer_epoch(epoch).with_base_sequence(sequence)
    }

    /// With an attribute bit set.
    #[must_use]
    pub fn with_bit(self, bit: i16) -> Self {
        let attributes = self.attributes() | bit;
        self.with_attributes(attributes)
    }

    /// With an attribute bit cleared.
    #[must_use]
    pub fn without_bit(self, bit: i16) -> Self {
        let attributes = self.attributes() & !bit;
        self.with_attributes(attributes)
    }

    /// Whether an attribute bit is set.
    pub fn has(&self, bit: i16) -> bool {
        self.attributes() & bit != 0
    }

    /// The offset after its last.
    pub fn next_offset(&self) -> i64 {
        self.base_offset() + i64::from(self.last_offset_delta()) + 1
    }

    /// The records section as stored, compressed if it is.
    pub fn records_section(&self) -> &[u8] {
        &self.0[61..]
    }

    /// The whole batch.
    pub fn bytes(&self) -> Bytes {
        self.0.clone().freeze()
    }

    /// The records inside, decompressed.
    ///
    /// # Panics
    /// They do not decode.
    pub fn records(&self) -> Vec<Record> {
        if self.count() == 0 {
            return Vec::new();
        }
        RecordBatchDecoder::decode(&mut self.bytes()).expect("a sound batch").records
    }

    fn sealed(mut self) -> Self {
        let crc = crc32c::crc32c(&self.0[21..]);
        self.0[17..21].copy_from_slice(&crc.to_be_bytes());
        self
    }
}

fn record(offset: i64, entry: &Entry) -> Record {
    let headers: IndexMap<StrBytes, Option<Bytes>> = entry
        .headers
        .iter()
        .map(|(name, value)| (StrBytes::from_string(name.clone()), value.clone()))
        .collect();
    Record {
        transactional: false,
        control: false,
        delete_horizon: false,
        partition_leader_epoch: -1,
        producer_id: -1,
        producer_epoch: -1,
        timestamp_type: TimestampType::Creation,
        offset,
        // The codec starts a new batch where offset and sequence do not run together.
        sequence: i32::try_from(offset).expect("a batch of fewer than 2^31 records"),
        timestamp: entry.timestamp,
        key: entry.key.clone(),
        value: entry.value.clone(),
        headers,
    }
}
