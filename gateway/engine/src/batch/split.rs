//! Cuts a fetched response into batches without copying.

use bytes::{Buf, Bytes};

use super::{Batch, BatchFault, header::PREFIX_LEN};

/// Where the magic byte is, in every format.
const MAGIC_AT: usize = 16;
/// Smallest message of format v0 after its length field: crc, magic, attributes, key and value length.
const LEGACY_MIN: usize = 14;

/// One entry of a fetched response.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Entry {
    /// A v2 batch.
    Batch(Batch),
    /// A v0 or v1 message (perhaps a compressed wrapper of several).
    Legacy(LegacyEntry),
}

impl Entry {
    /// Last offset the entry stands for.
    #[must_use]
    pub const fn last_offset(&self) -> i64 {
        match self {
            Self::Batch(batch) => batch.last_offset(),
            Self::Legacy(entry) => entry.offset,
        }
    }
}

/// A message of an old format, not looked into.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct LegacyEntry {
    /// Offset of the message; of a wrapper, the last inner one.
    pub offset: i64,
    /// 0 or 1.
    pub magic: i8,
    /// Everything after the length field.
    pub message: Bytes,
}

/// Iterator over the entries of a fetched response. Brokers cut a response at its size limit, so
/// the last entry may be incomplete: it is left out, and [`Batches::wanted`] says how large it is.
#[derive(Debug, Clone)]
pub struct Batches {
    rest: Bytes,
    wanted: Option<usize>,
}

impl Batches {
    /// Entries of `response`.
    #[must_use]
    pub const fn new(response: Bytes) -> Self {
        Self { rest: response, wanted: None }
    }

    /// Once the iterator has ended: bytes of the entry that was cut off, if one was and its size
    /// was still readable. A fetch that returned nothing else needs at least this many.
    #[must_use]
    pub const fn wanted(&self) -> Option<usize> {
        self.wanted
    }

    fn step(&mut self) -> Option<Result<Entry, BatchFault>> {
        let mut prefix = self.rest.get(..PREFIX_LEN)?;
        let offset = prefix.get_i64();
        let length = prefix.get_i32();
        let found = self.rest.len();
        let length = match usize::try_from(length) {
            Ok(length) if length >= LEGACY_MIN => length,
            Ok(length) => {
                return Some(Err(BatchFault::Length {
                    offset,
                    stated: length + PREFIX_LEN,
                    found,
                }));
            }
            Err(_) => return Some(Err(BatchFault::Length { offset, stated: 0, found })),
        };
        let size = length.saturating_add(PREFIX_LEN);
        if found < size {
            self.wanted = Some(size);
            return None;
        }
        let bytes = self.rest.split_to(size);
        let magic = bytes.get(MAGIC_AT).map_or(-1, |byte| i8::from_be_bytes([*byte]));
        Some(match magic {
            0 | 1 => {
                Ok(Entry::Legacy(LegacyEntry { offset, magic, message: bytes.slice(PREFIX_LEN..) }))
            }
            _ => Batch::parse(&bytes).map(Entry::Batch),
        })
    }
}

impl Iterator for Batches {
    type Item = Result<Entry, BatchFault>;

    fn next(&mut self) -> Option<Self::Item> {
        let entry = self.step();
        // Nothing after a damaged entry can be trusted to begin where it seems to.
        if !matches!(entry, Some(Ok(_))) {
            self.rest = Bytes::new();
        }
        entry
    }
}
