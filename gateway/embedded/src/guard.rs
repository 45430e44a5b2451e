//! Decoding of untrusted requests.
//!
//! The generated decoders reserve memory for as many elements as an array's length field claims, so
//! twelve bytes can ask for hundreds of gigabytes and abort the process. Every message is therefore
//! decoded twice: first from a [`Guard`], in which a length that cannot fit into the remaining bytes
//! reads as invalid, and only when that succeeds from the bytes themselves.

use bytes::{Buf, Bytes, TryGetError};
use kafka_protocol::protocol::{Decodable, buf::ByteBuf};

/// Why a request could not be read.
#[derive(Debug, thiserror::Error)]
#[error("malformed message: {0}")]
pub(crate) struct Malformed(pub(crate) String);

/// Decodes `bytes` as version `version` of `T`. Bytes left over are ignored, as a broker does:
/// librdkafka sends some with Metadata 13.
pub(crate) fn decode<T: Decodable>(bytes: &Bytes, version: i16) -> Result<T, Malformed> {
    let mut guard = Guard { inner: bytes.clone(), run: 0, varint: 0 };
    T::decode(&mut guard, version).map_err(|e| Malformed(e.to_string()))?;
    T::decode(&mut bytes.clone(), version).map_err(|e| Malformed(e.to_string()))
}

/// A buffer in which no length can exceed what is left. Signed lengths are plain 32-bit reads and
/// cannot be told from other integers, so an oversized one reads as `i32::MIN`: harmless as a
/// value, refused as a length. Varints are lengths or tags only, so an oversized one is an error.
struct Guard {
    inner: Bytes,
    /// Continuation bytes read in a row.
    run: u32,
    varint: u64,
}

impl Buf for Guard {
    fn remaining(&self) -> usize {
        self.inner.remaining()
    }

    fn chunk(&self) -> &[u8] {
        self.inner.chunk()
    }

    fn advance(&mut self, cnt: usize) {
        self.run = 0;
        self.varint = 0;
        self.inner.advance(cnt);
    }

    fn try_get_u8(&mut self) -> Result<u8, TryGetError> {
        let byte = self.inner.try_get_u8()?;
        self.varint |= u64::from(byte & 0x7f) << (self.run * 7);
        if byte >= 0x80 {
            self.run += 1;
            // Five bytes say at least 2^28, which is more than any frame holds.
            if self.run > 3 {
                return Err(self.oversized());
            }
            return Ok(byte);
        }
        let value = std::mem::take(&mut self.varint);
        if std::mem::take(&mut self.run) > 0 && value > self.inner.remaining() as u64 + 1 {
            return Err(self.oversized());
        }
        Ok(byte)
    }

    fn try_get_i32(&mut self) -> Result<i32, TryGetError> {
        self.run = 0;
        self.varint = 0;
        let value = self.inner.try_get_i32()?;
        let fits = usize::try_from(value).map_or(true, |n| n <= self.inner.remaining());
        Ok(if fits { value } else { i32::MIN })
    }
}

impl Guard {
    fn oversized(&self) -> TryGetError {
        TryGetError { requested: usize::MAX, available: self.inner.remaining() }
    }
}

impl ByteBuf for Guard {
    fn peek_bytes(&mut self, r: std::ops::Range<usize>) -> Bytes {
        self.inner.slice(r)
    }

    fn get_bytes(&mut self, size: usize) -> Bytes {
        self.run = 0;
        self.varint = 0;
        self.inner.split_to(size)
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use kafka_protocol::messages::{FetchRequest, MetadataRequest};
    use kafka_protocol::protocol::{Encodable, StrBytes};

    #[test]
    fn a_claimed_array_of_two_billion_topics_is_refused() {
        let classic = Bytes::from_static(&[0x7f, 0xff, 0xff, 0xff]);
        assert!(decode::<MetadataRequest>(&classic, 1).is_err());
        let compact = Bytes::from_static(&[0xff, 0xff, 0xff, 0xff, 0x0f, 0, 0, 0]);
        assert!(decode::<MetadataRequest>(&compact, 12).is_err());
    }

    #[test]
    fn large_plain_integers_survive() {
        for version in [4, 11, 12, 17] {
            let request = FetchRequest::default()
                .with_max_bytes(i32::MAX)
                .with_max_wait_ms(i32::MAX)
                .with_cluster_id(Some(StrBytes::from_static_str("c")).filter(|_| version >= 12));
            let mut out = bytes::BytesMut::new();
            request.encode(&mut out, version).unwrap();
            let back: FetchRequest = decode(&out.freeze(), version).unwrap();
            assert_eq!(back.max_bytes, i32::MAX);
            assert_eq!(back.max_wait_ms, i32::MAX);
        }
    }

    #[test]
    fn trailing_bytes_are_ignored() {
        assert!(decode::<MetadataRequest>(&Bytes::from_static(&[0, 0, 0, 0, 9]), 1).is_ok());
    }
}
