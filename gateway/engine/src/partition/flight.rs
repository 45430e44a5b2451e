//! Batches that were sent and are not answered.

use std::collections::VecDeque;

use super::Ask;

/// One batch in flight.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) struct Sortie {
    pub(super) ask: Ask,
    /// Offset it must get.
    pub(super) base: i64,
    pub(super) count: i64,
    /// Sequence of its first record.
    pub(super) sequence: i32,
    /// Checksum it was sent with; covers everything but its offset and the leader's epoch.
    pub(super) crc: u32,
    /// Sequence after its last record.
    pub(super) next_sequence: i32,
    pub(super) bytes: usize,
    pub(super) max_timestamp: i64,
    /// Its producer state may be forgotten while it is under way.
    pub(super) old: bool,
    pub(super) passed: bool,
    pub(super) padding: bool,
}

/// Batches in flight, in the order of their offsets.
#[derive(Debug, Default)]
pub(super) struct Flight {
    sorties: VecDeque<Sortie>,
    bytes: usize,
}

impl Flight {
    pub(super) fn is_empty(&self) -> bool {
        self.sorties.is_empty()
    }

    pub(super) fn len(&self) -> usize {
        self.sorties.len()
    }

    pub(super) const fn bytes(&self) -> usize {
        self.bytes
    }

    pub(super) fn knows(&self, ask: Ask) -> bool {
        self.sorties.iter().any(|sortie| sortie.ask == ask)
    }

    pub(super) fn any_old(&self) -> bool {
        self.sorties.iter().any(|sortie| sortie.old)
    }

    /// The offset after the last one in flight.
    pub(super) fn end(&self) -> Option<i64> {
        self.sorties.back().map(|sortie| sortie.base + sortie.count)
    }

    pub(super) fn push(&mut self, sortie: Sortie) {
        self.bytes += sortie.bytes;
        self.sorties.push_back(sortie);
    }

    pub(super) fn take(&mut self, ask: Ask) -> Option<Sortie> {
        let at = self.sorties.iter().position(|sortie| sortie.ask == ask)?;
        let sortie = self.sorties.remove(at)?;
        self.bytes -= sortie.bytes;
        Some(sortie)
    }
}
