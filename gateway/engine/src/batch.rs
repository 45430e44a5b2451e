//! Record batches as the engine moves them: a header it understands and records it never opens.
//!
//! A fetched response is split into batches without copying ([`Batches`]), each is checked and
//! classified ([`Kind`]), and a batch that may pass as it is gets a new header ([`Batch::stamp`])
//! while its records stay the slice that was read.
//! The CRC-32C over the records is computed once, when the batch is checked; the new header's CRC
//! is combined with it, so a batch of any size is re-stamped in constant time.
//!
//! Layout and CRC range: Kafka protocol, "Record Batch" (message format v2).

mod crc;
mod fault;
mod header;
mod kind;
mod split;

#[cfg(test)]
pub(crate) mod tests;

pub use fault::BatchFault;
pub use header::{Attributes, Codec, HEADER_LEN, Header};
pub use kind::{Control, Kind};
pub use split::{Batches, Entry, LegacyEntry};

use bytes::Bytes;
use crc::Shift;

/// One checked v2 batch: the parsed header, and the records section as a slice of what was read.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Batch {
    header: Header,
    records: Bytes,
    records_crc: u32,
    /// By the length of the records, for the checksums of headers in front of them.
    shift: Shift,
}

/// Whose batch this becomes: the producer id, epoch and first sequence it is sent with.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Stamp {
    /// Producer id of the link on the destination cluster.
    pub producer_id: i64,
    /// Its epoch.
    pub producer_epoch: i16,
    /// Sequence number of the first record.
    pub base_sequence: i32,
}

/// A batch ready to be produced: a new header, and the records exactly as they were read.
/// Send the two after each other; nothing has to be copied.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Stamped {
    /// The 61 bytes before the records.
    pub header: [u8; HEADER_LEN],
    /// The untouched records section.
    pub records: Bytes,
}

impl Stamped {
    /// The checksum in the header: of everything after it. A broker that keeps the batch as it was sent keeps
    /// it too.
    #[must_use]
    pub fn crc(&self) -> u32 {
        let [a, b, c, d] = [self.header[17], self.header[18], self.header[19], self.header[20]];
        u32::from_be_bytes([a, b, c, d])
    }

    /// Bytes on the wire.
    #[must_use]
    pub const fn len(&self) -> usize {
        HEADER_LEN + self.records.len()
    }

    /// A batch always has a header.
    #[must_use]
    pub const fn is_empty(&self) -> bool {
        false
    }
}

impl Batch {
    /// Puts a batch together from a header and a records section made here; length and CRC of
    /// `header` are recomputed when the batch is stamped.
    pub(crate) fn assemble(header: Header, records: Bytes) -> Self {
        let records_crc = crc32c::crc32c(&records);
        let shift = Shift::by(records.len());
        Self { header, records, records_crc, shift }
    }

    /// Reads exactly one batch.
    ///
    /// # Errors
    /// [`BatchFault`] names what is wrong with it: length, magic, CRC-32C or counts.
    pub fn parse(bytes: &Bytes) -> Result<Self, BatchFault> {
        let header = Header::parse(bytes)?;
        let size = header.size();
        if bytes.len() != size {
            return Err(BatchFault::Length {
                offset: header.base_offset,
                stated: size,
                found: bytes.len(),
            });
        }
        let records = bytes.slice(HEADER_LEN..);
        let records_crc = crc32c::crc32c(&records);
        let shift = Shift::by(records.len());
        let computed = header.crc_with(records_crc, shift);
        if computed != header.crc {
            return Err(BatchFault::Crc {
                offset: header.base_offset,
                stored: header.crc,
                computed,
            });
        }
        Ok(Self { header, records, records_crc, shift })
    }

    /// The header as it was read.
    #[must_use]
    pub const fn header(&self) -> &Header {
        &self.header
    }

    /// The records section, compressed as its codec says.
    #[must_use]
    pub const fn records(&self) -> &Bytes {
        &self.records
    }

    /// Bytes of header and records.
    #[must_use]
    pub const fn len(&self) -> usize {
        HEADER_LEN + self.records.len()
    }

    /// A batch always has a header.
    #[must_use]
    pub const fn is_empty(&self) -> bool {
        false
    }

    /// Offset of the first record on the source.
    #[must_use]
    pub const fn base_offset(&self) -> i64 {
        self.header.base_offset
    }

    /// Last offset the batch stands for, whether or not a record is left there.
    #[must_use]
    pub const fn last_offset(&self) -> i64 {
        self.header.last_offset()
    }

    /// Sequence of the record at an offset of this batch; -1 when the batch has none. Sequences wrap after
    /// `i32::MAX`.
    #[must_use]
    pub fn sequence_at(&self, offset: i64) -> i32 {
        if self.header.base_sequence < 0 {
            return -1;
        }
        let at = i64::from(self.header.base_sequence) + offset - self.header.base_offset;
        i32::try_from(at.rem_euclid(1 << 31)).unwrap_or(-1)
    }

    /// The batch as the destination is to get it: base offset 0, `stamp` as its producer, neither
    /// transactional nor with a delete horizon, everything else as on the source.
    #[must_use]
    pub fn stamp(&self, stamp: Stamp) -> Stamped {
        let header = Header {
            base_offset: 0,
            attributes: self.header.attributes.plain(),
            producer_id: stamp.producer_id,
            producer_epoch: stamp.producer_epoch,
            base_sequence: stamp.base_sequence,
            ..self.header
        };
        Stamped {
            header: header.encode(self.records_crc, self.shift, self.records.len()),
            records: self.records.clone(),
        }
    }
}
