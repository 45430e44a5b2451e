//! Answers that say that a batch was appended before its place.
//!
//! Either nothing was appended, because the broker recognised the batch as one of ours that it already had; or it
//! had forgotten our producer and took the batch in where an earlier one was to go. The second is the end of the
//! mirror: from there on its records stand at wrong offsets. So the first is only believed when it is proven.

use drawbridge_shared::link::MirrorTopicError;

use super::{Effect, Fault, Partition, ProducerState, Question, Tail, flight::Sortie};

/// A batch that was answered with an offset below what was acknowledged: perhaps as a duplicate.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) struct Doubt {
    /// The offset it was sent for.
    wanted: i64,
    /// The offset that was answered.
    pub(super) base: i64,
    /// Sequence of its first record.
    sequence: i32,
    crc: u32,
}

impl Partition {
    pub(super) fn on_early_base(&mut self, sortie: &Sortie, base: i64) {
        // What the broker had before, it had below the end that is known.
        if base + sortie.count > self.acked {
            return self.fail_shifted(
                base,
                &format!("the batch for offset {} was appended at {base}", sortie.base),
            );
        }
        let Sortie { base: wanted, sequence, crc, .. } = *sortie;
        self.doubt = Some(Doubt { wanted, base, sequence, crc });
        self.rest(format!("the batch for offset {wanted} was answered as a duplicate of {base}"));
    }

    /// Reads what stands where the batch is said to be, with the log end and our producer's state as they were
    /// just read.
    pub(super) fn examine(
        &mut self,
        doubt: Doubt,
        end: i64,
        state: Option<ProducerState>,
        effects: &mut Vec<Effect>,
    ) {
        let Doubt { wanted, base, .. } = doubt;
        if end < wanted {
            return self
                .fail_shifted(base, &format!("the mirror's log went back from {wanted} to {end}"));
        }
        let ask = self.ask(Question::Doubt { end, state });
        effects.push(Effect::Tail { ask, offset: base });
    }

    pub(super) fn on_doubt(
        &mut self,
        end: i64,
        state: Option<ProducerState>,
        result: Result<Tail, Fault>,
    ) {
        let Some(Doubt { wanted, base, sequence, crc }) = self.doubt else { return };
        match result {
            Err(fault) => self.rest_after(&fault),
            // Another batch of ours with these sequences: that one was there before.
            Ok(Tail::Batch { base: at, producer_id, sequence: first, crc: found })
                if at == base
                    && producer_id == self.spec.data.id
                    && first == sequence
                    && found != crc =>
            {
                self.doubt = None;
                self.adopt(end, state);
            }
            Ok(Tail::Batch { .. }) => {
                self.fail_shifted(base, &format!("the batch for offset {wanted} stands at {base}"))
            }
            Ok(Tail::Empty { .. } | Tail::Unreadable) => self.rest(format!(
                "the batch for offset {wanted} was answered with offset {base}; what stands there cannot be read, so nothing is sent"
            )),
        }
    }

    /// From `offset` on the mirror's records are not those of its source.
    pub(super) fn fail_shifted(&mut self, offset: i64, seen: &str) {
        self.fail(
            MirrorTopicError::IllegalState,
            format!(
                "records are missing from offset {offset} of the mirror on, and those after them stand at wrong offsets ({seen}): the destination lost records, or what it knew of the link's producer; delete and create the mirror again"
            ),
        );
    }
}
