//! How large the batches are that are sent: cut to what the destination takes, merged where that is faster.

use super::{Coalesce, FaultKind, Partition, Phase, flight::Sortie, queue::Segment};
use crate::{
    batch::{Batch, Codec},
    rebuild::{halve, merge},
};

impl Partition {
    /// Cuts a batch down to what the destination takes; the rest goes back to the queue. A single record is
    /// sent whatever its size: the limit may have been raised, and only the destination can tell.
    pub(super) fn fit(&mut self, batch: Batch, passed: bool) -> Result<(Batch, bool), String> {
        let (mut batch, mut passed) = (batch, passed);
        while batch.len() > self.max_batch {
            let halves = halve(&batch, self.spec.limits.expand_bytes);
            let Some((low, high)) = halves.map_err(|fault| fault.to_string())? else { break };
            self.queue.unpop(Segment::Data { batch: high, passed: false });
            (batch, passed) = (low, false);
        }
        Ok((batch, passed))
    }

    /// Merges the batch with the small neighbours that wait behind it.
    pub(super) fn coalesce(&mut self, batch: Batch, passed: bool) -> Result<(Batch, bool), String> {
        let limits = &self.spec.limits;
        let codec = batch.header().codec();
        let worth = match limits.coalesce {
            Coalesce::Off => false,
            Coalesce::Auto => {
                codec == Codec::None && self.flight.len() + 1 >= limits.in_flight.clamp(1, 5)
            }
            Coalesce::Always => true,
        };
        let room = self.merge_room.min(self.max_batch);
        let mut bytes = batch.len();
        let old = self.is_old(batch.header().max_timestamp);
        let mut count = 0;
        for segment in self.queue.iter().take(if worth { 1_000 } else { 0 }) {
            let Segment::Data { batch: next, .. } = segment else { break };
            bytes = bytes.saturating_add(next.len());
            let alike =
                next.header().codec() == codec && self.is_old(next.header().max_timestamp) == old;
            if bytes > room || !alike {
                break;
            }
            count += 1;
        }
        if count == 0 {
            return Ok((batch, passed));
        }
        let expand_bytes = limits.expand_bytes;
        let mut parts = vec![(batch, passed)];
        for _ in 0..count {
            if let Some(Segment::Data { batch, passed }) = self.queue.pop() {
                parts.push((batch, passed));
            }
        }
        let whole: Vec<&Batch> = parts.iter().map(|(batch, _)| batch).collect();
        match merge(&whole, expand_bytes).map_err(|fault| fault.to_string())? {
            Some(batch) if batch.len() <= self.max_batch => Ok((batch, false)),
            Some(_) => {
                // Offsets and times counted from further away take more bytes: one after the other, then.
                let mut parts = parts.into_iter();
                let first = parts.next().ok_or("nothing to merge")?;
                for (batch, passed) in parts.rev() {
                    self.queue.unpop(Segment::Data { batch, passed });
                }
                Ok(first)
            }
            None => Err("nothing to merge".to_owned()),
        }
    }

    /// A record that cannot be cut is larger than the destination takes. Every try reads and sends all of it.
    pub(super) fn refused_record(&mut self, sortie: &Sortie) {
        self.counters.errors.count(FaultKind::TooLarge);
        self.rest(format!(
            "the record at offset {} takes {} bytes, more than the mirror's max.message.bytes allows: raise it",
            sortie.base, sortie.bytes
        ));
        let again = self.now.plus(self.spec.limits.check_ms);
        if let Phase::Resting { until } = &mut self.phase {
            *until = again.max(*until);
        }
    }
}
