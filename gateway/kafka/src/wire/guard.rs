//! A buffer that refuses announced sizes which cannot be true.
//!
//! The codec allocates room for as many items as an array announces before it reads the first one, so a few bytes
//! of garbage could ask for hundreds of gigabytes. In flexible versions every announced size is an unsigned varint
//! read byte by byte, and nothing else but booleans is. So each varint that passes through here is checked before
//! the codec sees its last byte: it may not exceed what is left in the buffer, nor [`MAX_ITEMS`].

use bytes::{Buf, Bytes, TryGetError};
use kafka_protocol::protocol::buf::ByteBuf;

/// No list or string in an administrative response is longer.
const MAX_ITEMS: u64 = 1 << 20;
/// A 32-bit varint has at most five bytes.
const MAX_VARINT: usize = 5;

/// See the module.
pub(crate) struct GuardedBuf {
    inner: Bytes,
    /// Bytes of the varint being read, oldest first.
    run: [u8; MAX_VARINT],
    run_len: usize,
    announced: Option<u64>,
}

impl GuardedBuf {
    pub(crate) fn new(inner: Bytes) -> Self {
        Self { inner, run: [0; MAX_VARINT], run_len: 0, announced: None }
    }

    /// Why decoding failed, as a clause.
    pub(crate) fn complaint(&self, part: &str) -> String {
        match self.announced {
            Some(size) => format!(
                "its {part} announces {size} items or bytes where {} are left",
                self.inner.remaining()
            ),
            None => format!("its {part} does not have the announced shape"),
        }
    }

    /// Takes note of a byte; `Err` if a varint ending here announces too much.
    ///
    /// A boolean other than 0 and 1 looks like the start of a varint, so every suffix of the run is checked; of a
    /// real varint no suffix is larger than the whole.
    fn note(&mut self, byte: u8) -> Result<(), ()> {
        if let Some(slot) = self.run.get_mut(self.run_len) {
            *slot = byte;
        }
        self.run_len += 1;
        let ended = byte < 0x80;
        let run = self.run.get(..self.run_len.min(MAX_VARINT)).unwrap_or_default();
        let limit = MAX_ITEMS.min(self.inner.remaining() as u64) + 1;
        let largest = (0..run.len())
            .map(|start| {
                run.iter()
                    .skip(start)
                    .enumerate()
                    .fold(0, |sum, (idx, b)| sum | u64::from(b & 0x7f) << (7 * idx))
            })
            .max()
            .unwrap_or_default();
        if ended {
            self.run_len = 0;
            if largest > limit {
                self.announced = Some(largest);
                return Err(());
            }
        } else if self.run_len >= MAX_VARINT {
            self.announced = Some(largest);
            return Err(());
        }
        Ok(())
    }
}

impl Buf for GuardedBuf {
    fn remaining(&self) -> usize {
        self.inner.remaining()
    }

    fn chunk(&self) -> &[u8] {
        self.inner.chunk()
    }

    fn advance(&mut self, count: usize) {
        self.run_len = 0;
        self.inner.advance(count);
    }

    fn copy_to_bytes(&mut self, len: usize) -> Bytes {
        self.run_len = 0;
        self.inner.copy_to_bytes(len)
    }

    fn try_get_u8(&mut self) -> Result<u8, TryGetError> {
        let byte = self.inner.try_get_u8()?;
        match self.note(byte) {
            Ok(()) => Ok(byte),
            Err(()) => Err(TryGetError { requested: usize::MAX, available: self.remaining() }),
        }
    }
}

impl ByteBuf for GuardedBuf {
    fn peek_bytes(&mut self, range: std::ops::Range<usize>) -> Bytes {
        // In range: the trait's own `try_` form, the only caller, has checked it.
        self.inner.slice(range)
    }

    fn get_bytes(&mut self, size: usize) -> Bytes {
        self.run_len = 0;
        self.inner.split_to(size)
    }
}
