//! A list of byte slices as one buffer, for vectored writes.

use std::{collections::VecDeque, io::IoSlice};

use bytes::{Buf, Bytes};

/// Non-empty pieces in their order.
pub(super) struct Pieces {
    pieces: VecDeque<Bytes>,
    remaining: usize,
}

impl Pieces {
    pub(super) fn new(pieces: VecDeque<Bytes>) -> Self {
        let remaining = pieces.iter().map(Bytes::len).sum();
        Self { pieces, remaining }
    }
}

impl Buf for Pieces {
    fn remaining(&self) -> usize {
        self.remaining
    }

    fn chunk(&self) -> &[u8] {
        self.pieces.front().map_or(&[], |piece| piece)
    }

    fn chunks_vectored<'a>(&'a self, slices: &mut [IoSlice<'a>]) -> usize {
        let mut count = 0;
        for (slot, piece) in slices.iter_mut().zip(&self.pieces) {
            *slot = IoSlice::new(piece);
            count += 1;
        }
        count
    }

    fn advance(&mut self, mut count: usize) {
        self.remaining = self.remaining.saturating_sub(count);
        while let Some(piece) = self.pieces.front_mut() {
            if count < piece.len() {
                piece.advance(count);
                return;
            }
            count -= piece.len();
            self.pieces.pop_front();
        }
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    proptest! {
        #[test]
        fn however_it_is_advanced_the_bytes_are_those_of_the_pieces(
            pieces in prop::collection::vec(prop::collection::vec(any::<u8>(), 1..9), 0..6),
            steps in prop::collection::vec(1_usize..7, 0..40),
        ) {
            let all: Vec<u8> = pieces.concat();
            let mut buf = Pieces::new(pieces.into_iter().map(Bytes::from).collect());
            let mut at = 0;
            for step in steps {
                prop_assert_eq!(buf.remaining(), all.len() - at);
                let mut slices = [IoSlice::new(&[]); 4];
                let count = buf.chunks_vectored(&mut slices);
                let seen: Vec<u8> = slices[..count].iter().flat_map(|s| s.to_vec()).collect();
                prop_assert!(all[at..].starts_with(&seen));
                prop_assert!(buf.remaining() == 0 || !buf.chunk().is_empty());
                let step = step.min(buf.remaining());
                buf.advance(step);
                at += step;
            }
        }
    }
}
