//! Records that stand for offsets which hold nothing.

use super::{Builder, Record, varint};
use crate::batch::{Batch, BatchFault, Codec};

/// `count` records without key and value, at `base_offset` and after. They are meant for offsets
/// below the mirror's log start: nobody is to see them, and DeleteRecords follows.
/// Brokers refuse them on compacted topics (null key).
///
/// # Errors
/// [`BatchFault`] when `count` is 0 or the codec fails.
pub fn padding(base_offset: i64, count: i32, timestamp: i64) -> Result<Batch, BatchFault> {
    fill(base_offset, count, timestamp, None)
}

/// `count` tombstones of `key`, the key of the next real record: the one padding a compacted topic
/// takes. Readers see a delete of that key before its next value.
///
/// # Errors
/// [`BatchFault`] when `count` is 0 or the codec fails.
pub fn tombstones(
    base_offset: i64,
    count: i32,
    timestamp: i64,
    key: &[u8],
) -> Result<Batch, BatchFault> {
    fill(base_offset, count, timestamp, Some(key))
}

fn fill(
    base_offset: i64,
    count: i32,
    timestamp: i64,
    key: Option<&[u8]>,
) -> Result<Batch, BatchFault> {
    let body = body(key, None);
    let mut builder = Builder::new(base_offset, Codec::Zstd, -1);
    for index in 0..i64::from(count.max(0)) {
        builder.push(&Record::made(base_offset + index, timestamp, &body));
    }
    builder.finish()
}

/// Key, value and no headers, as a record's body.
pub(super) fn body(key: Option<&[u8]>, value: Option<&[u8]>) -> Vec<u8> {
    let mut body = Vec::new();
    for field in [key, value] {
        match field {
            None => varint::put(&mut body, -1),
            Some(bytes) => {
                varint::put(&mut body, i64::try_from(bytes.len()).unwrap_or(i64::MAX));
                body.extend_from_slice(bytes);
            }
        }
    }
    varint::put(&mut body, 0);
    body
}
