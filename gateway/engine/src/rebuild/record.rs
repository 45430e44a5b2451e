//! Reads the records of a batch, decompressing when it must.

use bytes::Bytes;

use super::{codec, varint};
use crate::batch::{Batch, BatchFault};

/// The records section of a batch, uncompressed.
#[derive(Debug, Clone)]
pub struct Records {
    bytes: Bytes,
    base_offset: i64,
    last_delta: i64,
    base_timestamp: i64,
    append_time: Option<i64>,
    count: i32,
}

/// One record, borrowed from its batch.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Record<'a> {
    /// Its offset.
    pub offset: i64,
    /// Its timestamp, ms since the epoch.
    pub timestamp: i64,
    /// Record attributes (unused by Kafka so far, carried along).
    pub attributes: u8,
    /// Key, value and headers as they are encoded: none of them depends on the batch around.
    pub body: &'a [u8],
    base_offset: i64,
}

impl Records {
    /// Opens the records of `batch`; compressed ones may take up to `limit` bytes.
    ///
    /// # Errors
    /// [`BatchFault::Compression`] when they do not decompress.
    pub fn open(batch: &Batch, limit: usize) -> Result<Self, BatchFault> {
        let header = batch.header();
        let bytes = codec::decompress(header.codec(), batch.records(), limit)
            .map_err(|detail| BatchFault::Compression { offset: header.base_offset, detail })?;
        Ok(Self {
            bytes,
            base_offset: header.base_offset,
            last_delta: i64::from(header.last_offset_delta),
            base_timestamp: header.base_timestamp,
            append_time: header.attributes.log_append_time().then_some(header.max_timestamp),
            count: header.count,
        })
    }

    /// The records in order. Ends after the first malformed one.
    pub fn iter(&self) -> impl Iterator<Item = Result<Record<'_>, BatchFault>> {
        let mut rest: &[u8] = &self.bytes;
        let mut left = self.count;
        let mut above = -1;
        std::iter::from_fn(move || {
            if left <= 0 {
                return None;
            }
            left -= 1;
            let record = self.take(&mut rest, above);
            match &record {
                Some(record) => above = record.offset - self.base_offset,
                None => left = 0,
            }
            Some(record.ok_or(BatchFault::Record {
                offset: self.base_offset,
                detail: "its length or its offset delta is impossible",
            }))
        })
    }

    /// A record's body as a slice of the batch it shares, without copying.
    #[must_use]
    pub fn share(&self, record: &Record<'_>) -> Bytes {
        self.bytes.slice_ref(record.body)
    }

    fn take<'a>(&self, rest: &mut &'a [u8], above: i64) -> Option<Record<'a>> {
        let length = usize::try_from(varint::take(rest)?).ok()?;
        let (mut record, after) = rest.split_at_checked(length)?;
        *rest = after;
        let (attributes, fields) = record.split_first()?;
        record = fields;
        let timestamp_delta = varint::take(&mut record)?;
        let offset_delta = varint::take(&mut record)?;
        if offset_delta <= above || offset_delta > self.last_delta {
            return None;
        }
        let timestamp =
            self.append_time.unwrap_or_else(|| self.base_timestamp.wrapping_add(timestamp_delta));
        Some(Record {
            offset: self.base_offset + offset_delta,
            timestamp,
            attributes: *attributes,
            body: record,
            base_offset: self.base_offset,
        })
    }
}

impl<'a> Record<'a> {
    /// The key, `None` when null.
    ///
    /// # Errors
    /// [`BatchFault::Record`] when the body is malformed.
    pub fn key(&self) -> Result<Option<&'a [u8]>, BatchFault> {
        let mut body = self.body;
        let fault = BatchFault::Record { offset: self.base_offset, detail: "its key is cut off" };
        let length = varint::take(&mut body).ok_or_else(|| fault.clone())?;
        if length < 0 {
            return Ok(None);
        }
        usize::try_from(length).ok().and_then(|length| body.get(..length)).map(Some).ok_or(fault)
    }

    /// The value, `None` when null.
    ///
    /// # Errors
    /// [`BatchFault::Record`] when the body is malformed.
    pub fn value(&self) -> Result<Option<&'a [u8]>, BatchFault> {
        let fault = || BatchFault::Record {
            offset: self.base_offset,
            detail: "its key or value is cut off",
        };
        let mut body = self.body;
        field(&mut body).ok_or_else(fault)?;
        field(&mut body).ok_or_else(fault)
    }

    /// A record made here.
    pub(super) const fn made(offset: i64, timestamp: i64, body: &'a [u8]) -> Self {
        Record { offset, timestamp, attributes: 0, body, base_offset: offset }
    }
}

/// A key or a value off the front of a body; `Some(None)` when it is null.
fn field<'a>(body: &mut &'a [u8]) -> Option<Option<&'a [u8]>> {
    let length = varint::take(body)?;
    if length < 0 {
        return Some(None);
    }
    let (field, rest) = body.split_at_checked(usize::try_from(length).ok()?)?;
    *body = rest;
    Some(Some(field))
}
