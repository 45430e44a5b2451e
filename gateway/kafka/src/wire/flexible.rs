//! Primitives of the flexible encoding (KIP-482), read one by one from a shared buffer.

use bytes::{Buf, Bytes};
use uuid::Uuid;

/// Reads primitives; every method is `None` at the end of the bytes or where they break the encoding.
pub(crate) struct Flexible(Bytes);

impl Flexible {
    pub(crate) fn new(bytes: Bytes) -> Self {
        Self(bytes)
    }

    pub(crate) fn is_empty(&self) -> bool {
        !self.0.has_remaining()
    }

    pub(crate) fn i8(&mut self) -> Option<i8> {
        self.0.try_get_i8().ok()
    }

    pub(crate) fn i16(&mut self) -> Option<i16> {
        self.0.try_get_i16().ok()
    }

    pub(crate) fn i32(&mut self) -> Option<i32> {
        self.0.try_get_i32().ok()
    }

    pub(crate) fn i64(&mut self) -> Option<i64> {
        self.0.try_get_i64().ok()
    }

    pub(crate) fn uuid(&mut self) -> Option<Uuid> {
        self.0.try_get_u128().ok().map(Uuid::from_u128)
    }

    /// An unsigned 32-bit varint.
    pub(crate) fn varint(&mut self) -> Option<u32> {
        let mut value = 0_u64;
        for shift in [0, 7, 14, 21, 28] {
            let byte = self.0.try_get_u8().ok()?;
            value |= u64::from(byte & 0x7f) << shift;
            if byte < 0x80 {
                return u32::try_from(value).ok();
            }
        }
        None
    }

    /// Items of a compact array, 0 for null. Every item has a byte at least, so more than are left cannot be.
    pub(crate) fn count(&mut self) -> Option<u32> {
        let count = self.varint()?.saturating_sub(1);
        (u64::from(count) <= self.0.remaining() as u64).then_some(count)
    }

    /// Compact bytes; the inner `None` is null. A slice of the buffer.
    pub(crate) fn nullable_bytes(&mut self) -> Option<Option<Bytes>> {
        match self.varint()?.checked_sub(1) {
            None => Some(None),
            Some(len) => self.slice(len).map(Some),
        }
    }

    /// A compact string, empty for null.
    pub(crate) fn string(&mut self) -> Option<String> {
        let bytes = self.nullable_bytes()?.unwrap_or_default();
        String::from_utf8(bytes.into()).ok()
    }

    /// The value of a tagged field, after its tag.
    pub(crate) fn tagged(&mut self) -> Option<Self> {
        let len = self.varint()?;
        self.slice(len).map(Self)
    }

    /// Passes over tagged fields.
    pub(crate) fn skip_tags(&mut self) -> Option<()> {
        for _ in 0..self.varint()? {
            self.varint()?;
            self.tagged()?;
        }
        Some(())
    }

    fn slice(&mut self, len: u32) -> Option<Bytes> {
        let len = usize::try_from(len).ok()?;
        (len <= self.0.remaining()).then(|| self.0.split_to(len))
    }
}
