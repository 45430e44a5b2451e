//! Writes records with consecutive offsets into a new batch.

use bytes::Bytes;

use super::{Record, codec, padding::body, varint};
use crate::batch::{Attributes, Batch, BatchFault, Codec, Header};

/// A batch under construction. Its records are at consecutive offsets by construction.
#[derive(Debug)]
pub struct Builder {
    base_offset: i64,
    codec: Codec,
    leader_epoch: i32,
    base_timestamp: i64,
    max_timestamp: i64,
    count: i32,
    bytes: Vec<u8>,
}

impl Builder {
    /// An empty batch that begins at `base_offset` and will be compressed with `codec`.
    #[must_use]
    pub const fn new(base_offset: i64, codec: Codec, leader_epoch: i32) -> Self {
        Self {
            base_offset,
            codec,
            leader_epoch,
            base_timestamp: -1,
            max_timestamp: -1,
            count: 0,
            bytes: Vec::new(),
        }
    }

    /// With room for so many bytes of records before they are compressed.
    #[must_use]
    pub fn with_room(mut self, bytes: usize) -> Self {
        self.bytes.reserve(bytes);
        self
    }

    /// Offset the next record gets.
    #[must_use]
    pub const fn next_offset(&self) -> i64 {
        self.base_offset + self.count as i64
    }

    /// Appends a record: its own timestamp, attributes and body, the next offset.
    pub fn push(&mut self, record: &Record<'_>) {
        if self.count == 0 {
            self.base_timestamp = record.timestamp;
        }
        self.max_timestamp = self.max_timestamp.max(record.timestamp);
        let timestamp_delta = record.timestamp.wrapping_sub(self.base_timestamp);
        let offset_delta = i64::from(self.count);
        let length =
            1 + varint::len(timestamp_delta) + varint::len(offset_delta) + record.body.len();
        varint::put(&mut self.bytes, i64::try_from(length).unwrap_or(i64::MAX));
        self.bytes.push(record.attributes);
        varint::put(&mut self.bytes, timestamp_delta);
        varint::put(&mut self.bytes, offset_delta);
        self.bytes.extend_from_slice(record.body);
        self.count = self.count.saturating_add(1);
    }

    /// Appends a record of its own making: key, value and no headers, at the next offset.
    pub fn add(&mut self, timestamp: i64, key: Option<&[u8]>, value: Option<&[u8]>) {
        self.push(&Record::made(self.next_offset(), timestamp, &body(key, value)));
    }

    /// The batch, compressed.
    ///
    /// # Errors
    /// [`BatchFault::Compression`] when the codec fails, [`BatchFault::Counts`] when no record was
    /// pushed.
    pub fn finish(self) -> Result<Batch, BatchFault> {
        let offset = self.base_offset;
        if self.count == 0 {
            return Err(BatchFault::Counts { offset, count: 0, last_delta: 0 });
        }
        let records = codec::compress(self.codec, self.bytes)
            .map_err(|detail| BatchFault::Compression { offset, detail })?;
        let header = Header {
            base_offset: offset,
            length: 0,
            leader_epoch: self.leader_epoch,
            crc: 0,
            attributes: Attributes(self.codec.bits()),
            last_offset_delta: self.count - 1,
            base_timestamp: self.base_timestamp,
            max_timestamp: self.max_timestamp,
            producer_id: -1,
            producer_epoch: -1,
            base_sequence: -1,
            count: self.count,
        };
        Ok(Batch::assemble(header, Bytes::from(records)))
    }
}
