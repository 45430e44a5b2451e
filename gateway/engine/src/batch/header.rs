//! The 61 bytes before the records of a v2 batch.

use bytes::{Buf, BufMut};

use super::{BatchFault, crc::Shift};

/// Bytes of a v2 batch header.
pub const HEADER_LEN: usize = 61;
/// Bytes of base offset and length, which the length field does not count.
pub(super) const PREFIX_LEN: usize = 12;
/// Where the checksummed part begins: at the attributes.
const CRC_FROM: usize = 21;

/// Compression of a records section.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum Codec {
    /// Not compressed.
    None,
    /// gzip.
    Gzip,
    /// snappy, in xerial framing.
    Snappy,
    /// LZ4 frame.
    Lz4,
    /// Zstandard.
    Zstd,
}

impl Codec {
    /// The codec with these bits.
    #[must_use]
    pub const fn from_bits(bits: u8) -> Option<Self> {
        match bits {
            0 => Some(Self::None),
            1 => Some(Self::Gzip),
            2 => Some(Self::Snappy),
            3 => Some(Self::Lz4),
            4 => Some(Self::Zstd),
            _ => None,
        }
    }

    /// Its bits in the attributes.
    #[must_use]
    pub const fn bits(self) -> i16 {
        match self {
            Self::None => 0,
            Self::Gzip => 1,
            Self::Snappy => 2,
            Self::Lz4 => 3,
            Self::Zstd => 4,
        }
    }
}

/// The attribute bits of a batch.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub struct Attributes(pub i16);

impl Attributes {
    const CODEC: i16 = 0b111;
    const LOG_APPEND_TIME: i16 = 1 << 3;
    const TRANSACTIONAL: i16 = 1 << 4;
    const CONTROL: i16 = 1 << 5;
    const DELETE_HORIZON: i16 = 1 << 6;

    /// Codec bits, whatever they name.
    #[must_use]
    pub const fn codec_bits(self) -> u8 {
        (self.0 & Self::CODEC).to_le_bytes()[0]
    }

    /// The broker set the timestamps (`message.timestamp.type=LogAppendTime`).
    #[must_use]
    pub const fn log_append_time(self) -> bool {
        self.0 & Self::LOG_APPEND_TIME != 0
    }

    /// Part of a transaction.
    #[must_use]
    pub const fn transactional(self) -> bool {
        self.0 & Self::TRANSACTIONAL != 0
    }

    /// Holds a control record.
    #[must_use]
    pub const fn control(self) -> bool {
        self.0 & Self::CONTROL != 0
    }

    /// The base timestamp is the cleaner's delete horizon.
    #[must_use]
    pub const fn delete_horizon(self) -> bool {
        self.0 & Self::DELETE_HORIZON != 0
    }

    /// Without the bits that are the source's business only: transactional and delete horizon.
    #[must_use]
    pub const fn plain(self) -> Self {
        Self(self.0 & !(Self::TRANSACTIONAL | Self::DELETE_HORIZON))
    }
}

/// The fields of a v2 batch header (lengths and magic are implied).
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Header {
    /// Offset of the first record.
    pub base_offset: i64,
    /// Bytes after the length field.
    pub length: i32,
    /// Leader epoch in which the batch was appended; -1 when unknown.
    pub leader_epoch: i32,
    /// CRC-32C as stored.
    pub crc: u32,
    /// Attribute bits.
    pub attributes: Attributes,
    /// Last offset minus base offset; kept when compaction removes records.
    pub last_offset_delta: i32,
    /// Timestamp the records' deltas count from, ms since the epoch.
    pub base_timestamp: i64,
    /// Largest timestamp, ms since the epoch; -1 without.
    pub max_timestamp: i64,
    /// Producer id; -1 without.
    pub producer_id: i64,
    /// Producer epoch; -1 without.
    pub producer_epoch: i16,
    /// Sequence of the first record; -1 without.
    pub base_sequence: i32,
    /// Records that are there.
    pub count: i32,
}

impl Header {
    /// Reads a header and checks that its numbers make sense; the checksum is [`super::Batch::parse`]'s.
    ///
    /// # Errors
    /// [`BatchFault`] for too few bytes, another magic, an impossible length, codec or count.
    pub fn parse(bytes: &[u8]) -> Result<Self, BatchFault> {
        let Some(mut head) = bytes.get(..HEADER_LEN) else {
            return Err(BatchFault::Short { found: bytes.len() });
        };
        let base_offset = head.get_i64();
        let length = head.get_i32();
        let leader_epoch = head.get_i32();
        let magic = head.get_i8();
        let header = Self {
            base_offset,
            length,
            leader_epoch,
            crc: head.get_u32(),
            attributes: Attributes(head.get_i16()),
            last_offset_delta: head.get_i32(),
            base_timestamp: head.get_i64(),
            max_timestamp: head.get_i64(),
            producer_id: head.get_i64(),
            producer_epoch: head.get_i16(),
            base_sequence: head.get_i32(),
            count: head.get_i32(),
        };
        header.check(magic, bytes.len())
    }

    fn check(self, magic: i8, found: usize) -> Result<Self, BatchFault> {
        let offset = self.base_offset;
        if magic != 2 {
            return Err(BatchFault::Magic { offset, magic });
        }
        let stated = usize::try_from(self.length).unwrap_or(0).saturating_add(PREFIX_LEN);
        if stated < HEADER_LEN {
            return Err(BatchFault::Length { offset, stated, found });
        }
        let counts_agree = self.count >= 0
            && self.last_offset_delta >= 0
            && i64::from(self.count) <= i64::from(self.last_offset_delta) + 1;
        let offsets_fit =
            offset >= 0 && offset.checked_add(i64::from(self.last_offset_delta) + 1).is_some();
        if !counts_agree || !offsets_fit {
            return Err(BatchFault::Counts {
                offset,
                count: self.count,
                last_delta: self.last_offset_delta,
            });
        }
        let codec = self.attributes.codec_bits();
        if Codec::from_bits(codec).is_none() {
            return Err(BatchFault::Codec { offset, codec });
        }
        Ok(self)
    }

    /// Bytes of the whole batch.
    #[must_use]
    pub fn size(&self) -> usize {
        usize::try_from(self.length).unwrap_or(0).saturating_add(PREFIX_LEN)
    }

    /// Codec of the records section.
    #[must_use]
    pub const fn codec(&self) -> Codec {
        match Codec::from_bits(self.attributes.codec_bits()) {
            Some(codec) => codec,
            None => Codec::None,
        }
    }

    /// Last offset the batch stands for.
    #[must_use]
    pub const fn last_offset(&self) -> i64 {
        self.base_offset + self.last_offset_delta as i64
    }

    /// Offsets the batch stands for.
    #[must_use]
    pub const fn span(&self) -> i64 {
        self.last_offset_delta as i64 + 1
    }

    /// The CRC-32C of a batch with this header and a records section of that CRC and of the shift's length.
    pub(super) fn crc_with(&self, records_crc: u32, shift: Shift) -> u32 {
        let bytes = self.write(0, 0);
        let (_, checked) = bytes.split_at(CRC_FROM);
        shift.join(crc32c::crc32c(checked), records_crc)
    }

    /// The 61 bytes, with length and CRC for a records section of that CRC and length.
    pub(super) fn encode(
        &self,
        records_crc: u32,
        shift: Shift,
        records_len: usize,
    ) -> [u8; HEADER_LEN] {
        let length = i32::try_from(HEADER_LEN - PREFIX_LEN + records_len).unwrap_or(i32::MAX);
        self.write(length, self.crc_with(records_crc, shift))
    }

    fn write(&self, length: i32, crc: u32) -> [u8; HEADER_LEN] {
        let mut bytes = [0; HEADER_LEN];
        let mut out = &mut bytes[..];
        out.put_i64(self.base_offset);
        out.put_i32(length);
        out.put_i32(self.leader_epoch);
        out.put_i8(2);
        out.put_u32(crc);
        out.put_i16(self.attributes.0);
        out.put_i32(self.last_offset_delta);
        out.put_i64(self.base_timestamp);
        out.put_i64(self.max_timestamp);
        out.put_i64(self.producer_id);
        out.put_i16(self.producer_epoch);
        out.put_i32(self.base_sequence);
        out.put_i32(self.count);
        bytes
    }
}
