//! The v2 record batch: its 61-byte header, a walk over its records, building and sealing.
//!
//! Format: <https://kafka.apache.org/documentation/#recordbatch>. Base offset, length, leader epoch
//! and magic lie outside the checksum, so a broker may set them without touching the rest.
#![allow(
    clippy::cast_possible_truncation,
    clippy::cast_possible_wrap,
    clippy::cast_sign_loss,
    reason = "byte-level code: fields are the protocol's widths and wrap as the protocol says"
)]

use bytes::{Buf, BufMut, Bytes, BytesMut};

use crate::codec::Codec;

/// Bytes before the records section.
pub(crate) const HEADER_LEN: usize = 61;
/// Bytes of a batch that its own length field does not count.
const UNCOUNTED: usize = 12;
/// Where the checksummed part begins.
const CRC_START: usize = 21;

const TIMESTAMP_TYPE_BIT: i16 = 1 << 3;
const TRANSACTIONAL_BIT: i16 = 1 << 4;
const CONTROL_BIT: i16 = 1 << 5;

/// The fixed fields of a batch.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct Header {
    pub(crate) base_offset: i64,
    pub(crate) length: i32,
    pub(crate) leader_epoch: i32,
    pub(crate) magic: i8,
    pub(crate) crc: u32,
    pub(crate) attributes: i16,
    pub(crate) last_offset_delta: i32,
    pub(crate) base_timestamp: i64,
    pub(crate) max_timestamp: i64,
    pub(crate) producer_id: i64,
    pub(crate) producer_epoch: i16,
    pub(crate) base_sequence: i32,
    pub(crate) count: i32,
}

impl Header {
    pub(crate) fn read(mut bytes: &[u8]) -> Option<Self> {
        if bytes.len() < HEADER_LEN {
            return None;
        }
        Some(Self {
            base_offset: bytes.get_i64(),
            length: bytes.get_i32(),
            leader_epoch: bytes.get_i32(),
            magic: bytes.get_i8(),
            crc: bytes.get_u32(),
            attributes: bytes.get_i16(),
            last_offset_delta: bytes.get_i32(),
            base_timestamp: bytes.get_i64(),
            max_timestamp: bytes.get_i64(),
            producer_id: bytes.get_i64(),
            producer_epoch: bytes.get_i16(),
            base_sequence: bytes.get_i32(),
            count: bytes.get_i32(),
        })
    }

    /// A header for a plain batch of `count` records that starts at offset 0.
    pub(crate) fn plain(count: i32, base_timestamp: i64, max_timestamp: i64) -> Self {
        Self {
            base_offset: 0,
            length: 0,
            leader_epoch: -1,
            magic: 2,
            crc: 0,
            attributes: 0,
            last_offset_delta: count - 1,
            base_timestamp,
            max_timestamp,
            producer_id: -1,
            producer_epoch: -1,
            base_sequence: -1,
            count,
        }
    }

    /// Total bytes the length field announces, header included.
    pub(crate) fn total_len(&self) -> Option<usize> {
        usize::try_from(self.length).ok().map(|n| n + UNCOUNTED).filter(|n| *n >= HEADER_LEN)
    }

    pub(crate) fn last_offset(&self) -> i64 {
        self.base_offset + i64::from(self.last_offset_delta)
    }

    pub(crate) fn codec(&self) -> Option<Codec> {
        Codec::from_attributes(self.attributes)
    }

    pub(crate) fn set_codec(&mut self, codec: Codec) {
        self.attributes = (self.attributes & !7) | codec.bits();
    }

    pub(crate) fn is_log_append_time(&self) -> bool {
        self.attributes & TIMESTAMP_TYPE_BIT != 0
    }

    pub(crate) fn set_log_append_time(&mut self, on: bool) {
        self.set_bit(TIMESTAMP_TYPE_BIT, on);
    }

    pub(crate) fn is_transactional(&self) -> bool {
        self.attributes & TRANSACTIONAL_BIT != 0
    }

    pub(crate) fn set_transactional(&mut self, on: bool) {
        self.set_bit(TRANSACTIONAL_BIT, on);
    }

    pub(crate) fn is_control(&self) -> bool {
        self.attributes & CONTROL_BIT != 0
    }

    pub(crate) fn set_control(&mut self, on: bool) {
        self.set_bit(CONTROL_BIT, on);
    }

    fn set_bit(&mut self, bit: i16, on: bool) {
        self.attributes = if on { self.attributes | bit } else { self.attributes & !bit };
    }

    /// Sequence of the last record; wraps after `i32::MAX` to 0 as the protocol says.
    pub(crate) fn last_sequence(&self) -> i32 {
        if self.base_sequence < 0 {
            return -1;
        }
        let sum = i64::from(self.base_sequence) + i64::from(self.last_offset_delta);
        (sum % (i64::from(i32::MAX) + 1)) as i32
    }

    /// Writes header and (already compressed) records section with fresh length and checksum.
    pub(crate) fn seal(mut self, body: &[u8]) -> Bytes {
        self.length = (HEADER_LEN - UNCOUNTED + body.len()) as i32;
        let mut out = BytesMut::with_capacity(HEADER_LEN + body.len());
        self.put(&mut out);
        out.put_slice(body);
        let crc = crc32c::crc32c(out.get(CRC_START..).unwrap_or_default());
        if let Some(slot) = out.get_mut(17..CRC_START) {
            slot.copy_from_slice(&crc.to_be_bytes());
        }
        out.freeze()
    }

    /// A copy of `batch` that carries this header's base offset and leader epoch, nothing else
    /// changed: both lie outside the checksum.
    pub(crate) fn place(&self, batch: &[u8]) -> Bytes {
        let mut out = BytesMut::from(batch);
        if let Some(slot) = out.get_mut(0..8) {
            slot.copy_from_slice(&self.base_offset.to_be_bytes());
        }
        if let Some(slot) = out.get_mut(12..16) {
            slot.copy_from_slice(&self.leader_epoch.to_be_bytes());
        }
        out.freeze()
    }

    fn put(&self, out: &mut BytesMut) {
        out.put_i64(self.base_offset);
        out.put_i32(self.length);
        out.put_i32(self.leader_epoch);
        out.put_i8(self.magic);
        out.put_u32(self.crc);
        out.put_i16(self.attributes);
        out.put_i32(self.last_offset_delta);
        out.put_i64(self.base_timestamp);
        out.put_i64(self.max_timestamp);
        out.put_i64(self.producer_id);
        out.put_i16(self.producer_epoch);
        out.put_i32(self.base_sequence);
        out.put_i32(self.count);
    }
}

/// Whether the stored checksum matches the bytes it covers.
pub(crate) fn checksum_holds(batch: &[u8], header: &Header) -> bool {
    batch.get(CRC_START..).is_some_and(|covered| crc32c::crc32c(covered) == header.crc)
}

/// The records section of a whole batch, decompressed.
pub(crate) fn records_section(batch: &[u8], header: &Header) -> Option<Vec<u8>> {
    header.codec()?.decompress(batch.get(HEADER_LEN..)?).ok()
}

/// One record inside a decompressed records section.
#[derive(Clone, Copy, Debug)]
pub(crate) struct RecordView<'a> {
    /// The record with its length prefix, as it stands in the section.
    pub(crate) raw: &'a [u8],
    pub(crate) timestamp_delta: i64,
    pub(crate) offset_delta: i32,
    pub(crate) key: Option<&'a [u8]>,
    pub(crate) value: Option<&'a [u8]>,
}

/// Walks a decompressed records section; `None` in the stream means the rest is not readable.
pub(crate) fn records(section: &[u8]) -> impl Iterator<Item = Option<RecordView<'_>>> {
    let mut rest = section;
    std::iter::from_fn(move || {
        if rest.is_empty() {
            return None;
        }
        let found = read_record(rest);
        rest = found.and_then(|r| rest.get(r.raw.len()..)).unwrap_or_default();
        Some(found)
    })
}

fn read_record(input: &[u8]) -> Option<RecordView<'_>> {
    let mut rest = input;
    let len = usize::try_from(varint(&mut rest)?).ok()?;
    let prefix = input.len() - rest.len();
    let mut body = rest.get(..len)?;
    let raw = input.get(..prefix + len)?;
    body = body.get(1..)?; // record attributes, unused by the protocol
    let timestamp_delta = varint(&mut body)?;
    let offset_delta = i32::try_from(varint(&mut body)?).ok()?;
    let key = field(&mut body)?;
    let value = field(&mut body)?;
    let headers = u64::try_from(varint(&mut body)?).ok()?;
    for _ in 0..headers {
        field(&mut body)??;
        field(&mut body)?;
    }
    body.is_empty().then_some(RecordView { raw, timestamp_delta, offset_delta, key, value })
}

/// A length-prefixed field; the outer `None` is malformed input, the inner one a null.
fn field<'a>(input: &mut &'a [u8]) -> Option<Option<&'a [u8]>> {
    let len = varint(input)?;
    if len == -1 {
        return Some(None);
    }
    let (value, rest) = input.split_at_checked(usize::try_from(len).ok()?)?;
    *input = rest;
    Some(Some(value))
}

fn varint(input: &mut &[u8]) -> Option<i64> {
    let mut raw = 0_u64;
    for shift in (0..64).step_by(7) {
        let (byte, rest) = input.split_first()?;
        *input = rest;
        raw |= u64::from(byte & 0x7f) << shift;
        if *byte < 0x80 {
            return Some(((raw >> 1) as i64) ^ -((raw & 1) as i64));
        }
    }
    None
}

fn put_varint(out: &mut Vec<u8>, value: i64) {
    let mut raw = ((value << 1) ^ (value >> 63)) as u64;
    while raw >= 0x80 {
        out.push(raw as u8 | 0x80);
        raw >>= 7;
    }
    out.push(raw as u8);
}

/// A record to append.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Record {
    /// Key; `None` is a null key.
    pub key: Option<Bytes>,
    /// Value; `None` is a tombstone.
    pub value: Option<Bytes>,
    /// Headers in order; a key may repeat.
    pub headers: Vec<(String, Option<Bytes>)>,
    /// Milliseconds since 1970; `None` is the time of the append.
    pub timestamp: Option<i64>,
}

impl Record {
    /// A record with key and value and nothing else.
    #[must_use]
    pub fn new(key: impl Into<Bytes>, value: impl Into<Bytes>) -> Self {
        Self { key: Some(key.into()), value: Some(value.into()), ..Self::default() }
    }

    /// Adds a header.
    #[must_use]
    pub fn header(mut self, key: &str, value: impl Into<Bytes>) -> Self {
        self.headers.push((key.to_owned(), Some(value.into())));
        self
    }

    /// Sets the timestamp, milliseconds since 1970.
    #[must_use]
    pub fn at(mut self, timestamp: i64) -> Self {
        self.timestamp = Some(timestamp);
        self
    }
}

/// Builds a batch as a producer would: base offset 0, consecutive offsets.
pub(crate) fn build(records: &[Record], codec: Codec, now_ms: i64) -> Option<Bytes> {
    build_with(records, codec, now_ms, |_| {})
}

/// Like [`build`], with a last word on the header before it is sealed.
pub(crate) fn build_with(
    records: &[Record],
    codec: Codec,
    now_ms: i64,
    tune: impl FnOnce(&mut Header),
) -> Option<Bytes> {
    let times = || records.iter().map(|r| r.timestamp.unwrap_or(now_ms));
    let base = times().next()?;
    let mut section = Vec::new();
    for (index, record) in records.iter().enumerate() {
        put_record(&mut section, record, record.timestamp.unwrap_or(now_ms) - base, index as i64);
    }
    let count = i32::try_from(records.len()).ok()?;
    let mut header = Header::plain(count, base, times().max()?);
    header.set_codec(codec);
    tune(&mut header);
    Some(header.seal(&codec.compress(&section).ok()?))
}

fn put_record(out: &mut Vec<u8>, record: &Record, timestamp_delta: i64, offset_delta: i64) {
    let mut body = vec![0];
    put_varint(&mut body, timestamp_delta);
    put_varint(&mut body, offset_delta);
    put_field(&mut body, record.key.as_deref());
    put_field(&mut body, record.value.as_deref());
    put_varint(&mut body, record.headers.len() as i64);
    for (key, value) in &record.headers {
        put_field(&mut body, Some(key.as_bytes()));
        put_field(&mut body, value.as_deref());
    }
    put_varint(out, body.len() as i64);
    out.append(&mut body);
}

fn put_field(out: &mut Vec<u8>, field: Option<&[u8]>) {
    put_varint(out, field.map_or(-1, |f| f.len() as i64));
    out.extend_from_slice(field.unwrap_or_default());
}

/// The batch of one record that ends a transaction.
pub(crate) fn marker(
    pid: i64,
    epoch: i16,
    coordinator_epoch: i32,
    commit: bool,
    now: i64,
) -> Bytes {
    let mut key = BytesMut::new();
    key.put_i16(0);
    key.put_i16(i16::from(commit));
    let mut value = BytesMut::new();
    value.put_i16(0);
    value.put_i32(coordinator_epoch);
    let record = Record::new(key.freeze(), value.freeze());
    build_with(&[record], Codec::None, now, |header| {
        header.set_transactional(true);
        header.set_control(true);
        header.producer_id = pid;
        header.producer_epoch = epoch;
    })
    .unwrap_or_default()
}

#[cfg(test)]
/// Whether a control batch is a commit; `None` when it is neither commit nor abort.
pub(crate) fn marker_commits(batch: &[u8], header: &Header) -> Option<bool> {
    let section = records_section(batch, header)?;
    let key = records(&section).next()??.key?;
    match key.get(2..4)? {
        [0, 0] => Some(false),
        [0, 1] => Some(true),
        _ => None,
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    #[test]
    fn a_built_batch_is_read_by_an_independent_decoder() {
        let records = vec![
            Record::new("k1", "v1").header("h", "x").header("h", "y").at(1_000),
            Record { timestamp: Some(900), ..Record::default() },
        ];
        let bytes = build(&records, Codec::Zstd, 5).unwrap();
        let set = kafka_protocol::records::RecordBatchDecoder::decode(&mut bytes.clone()).unwrap();
        assert_eq!(set.records.len(), 2);
        assert_eq!(set.records[0].timestamp, 1_000);
        assert_eq!(set.records[1].timestamp, 900);
        assert_eq!(set.records[1].offset, 1);
        assert_eq!(set.records[0].value.as_deref(), Some(&b"v1"[..]));
        let header = Header::read(&bytes).unwrap();
        assert!(checksum_holds(&bytes, &header));
        assert_eq!(header.total_len(), Some(bytes.len()));
        assert_eq!(header.max_timestamp, 1_000);
    }

    #[test]
    fn placing_a_batch_keeps_its_checksum() {
        let bytes = build(&[Record::new("k", "v")], Codec::None, 5).unwrap();
        let mut header = Header::read(&bytes).unwrap();
        header.base_offset = 77;
        header.leader_epoch = 3;
        let placed = header.place(&bytes);
        let back = Header::read(&placed).unwrap();
        assert_eq!((back.base_offset, back.leader_epoch), (77, 3));
        assert!(checksum_holds(&placed, &back));
    }

    #[test]
    fn a_marker_says_what_it_decides() {
        for commit in [true, false] {
            let bytes = marker(7, 1, 0, commit, 5);
            let header = Header::read(&bytes).unwrap();
            assert!(header.is_control() && header.is_transactional());
            assert_eq!(marker_commits(&bytes, &header), Some(commit));
            assert_eq!(bytes.len(), 78);
        }
    }

    #[test]
    fn sequences_wrap_after_the_largest_number() {
        let mut header = Header::plain(3, 0, 0);
        header.base_sequence = i32::MAX - 1;
        assert_eq!(header.last_sequence(), 0);
    }

    proptest! {
        #[test]
        fn walking_garbage_never_panics(data in proptest::collection::vec(any::<u8>(), 0..200)) {
            prop_assert!(records(&data).count() <= data.len());
            prop_assert_eq!(Header::read(&data).is_some(), data.len() >= HEADER_LEN);
        }

        #[test]
        fn records_come_back_as_built(fields in proptest::collection::vec(
            (proptest::option::of(proptest::collection::vec(any::<u8>(), 0..50)), any::<i32>()), 1..20)) {
            let list: Vec<Record> = fields.iter().map(|(value, at)| Record {
                value: value.clone().map(Bytes::from), timestamp: Some(i64::from(*at)), ..Record::default()
            }).collect();
            let bytes = build(&list, Codec::Lz4, 0).unwrap();
            let header = Header::read(&bytes).unwrap();
            let section = records_section(&bytes, &header).unwrap();
            let seen: Vec<_> = records(&section).map(Option::unwrap)
                .map(|r| (r.value.map(<[u8]>::to_vec), header.base_timestamp + r.timestamp_delta)).collect();
            let want: Vec<_> = fields.iter().map(|(v, at)| (v.clone(), i64::from(*at))).collect();
            prop_assert_eq!(seen, want);
        }
    }
}
