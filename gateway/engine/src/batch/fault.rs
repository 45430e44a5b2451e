//! What can be wrong with bytes that should be a batch.

/// Why bytes are not a batch. Every message names the offset, so that it can be looked up.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum BatchFault {
    /// Fewer bytes than a header has.
    #[error("{found} bytes are too few for a record batch header of 61 bytes")]
    Short {
        /// Bytes there were.
        found: usize,
    },
    /// The stated length is impossible, or not what was found.
    #[error("the batch at offset {offset} states a size of {stated} bytes but {found} are there")]
    Length {
        /// Base offset of the batch.
        offset: i64,
        /// Size by its own length field.
        stated: usize,
        /// Bytes there were.
        found: usize,
    },
    /// A format newer than v2, or garbage.
    #[error("the batch at offset {offset} has message format {magic}, known are 0, 1 and 2")]
    Magic {
        /// Base offset of the batch.
        offset: i64,
        /// The magic byte.
        magic: i8,
    },
    /// The bytes are not the ones the broker wrote.
    #[error(
        "the batch at offset {offset} is damaged: its checksum is {computed:#010x}, {stored:#010x} was expected"
    )]
    Crc {
        /// Base offset of the batch.
        offset: i64,
        /// Checksum in the header.
        stored: u32,
        /// Checksum of the bytes.
        computed: u32,
    },
    /// Offsets or record count contradict each other.
    #[error("the batch at offset {offset} states {count} records up to offset delta {last_delta}")]
    Counts {
        /// Base offset of the batch.
        offset: i64,
        /// Stated number of records.
        count: i32,
        /// Stated last offset delta.
        last_delta: i32,
    },
    /// The codec bits name no codec.
    #[error("the batch at offset {offset} is compressed with unknown codec {codec}")]
    Codec {
        /// Base offset of the batch.
        offset: i64,
        /// The codec bits.
        codec: u8,
    },
    /// The records section does not decompress, or to more than is allowed.
    #[error("the batch at offset {offset} does not decompress: {detail}")]
    Compression {
        /// Base offset of the batch.
        offset: i64,
        /// The codec's words.
        detail: String,
    },
    /// A record inside the batch is malformed.
    #[error("the batch at offset {offset} holds a malformed record: {detail}")]
    Record {
        /// Base offset of the batch.
        offset: i64,
        /// What is wrong.
        detail: &'static str,
    },
}
