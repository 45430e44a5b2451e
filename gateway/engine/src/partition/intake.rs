//! Turns a fetch response into segments: what is data, what is a hole, what was aborted.
//!
//! Aborted transactions are told by the same algorithm as a consumer's: a producer counts as
//! aborting from the first offset of its aborted transaction to its abort marker. Each response
//! carries the whole list for its range, so nothing is kept between responses.

use super::{
    Aborted, EpochMark, Fetched, Limits, Run,
    queue::{Queue, Segment},
};
use crate::{
    batch::{Batch, BatchFault, Batches, Control, Entry, Kind},
    rebuild::{Piece, rebuild, rebuild_legacy},
};

/// Where reading stands.
#[derive(Debug, Default)]
pub(super) struct Intake {
    /// Next source offset to ask for.
    pub(super) next: i64,
    /// Source epoch of the record before.
    pub(super) epoch: Option<i32>,
    /// Offsets before `next` were skipped unseen: they may be of a later epoch.
    pub(super) skipped: bool,
}

/// Why a response could not be taken in to its end.
#[derive(Debug)]
pub(super) enum IntakeFault {
    /// Damaged or unreadable.
    Batch(BatchFault),
    /// The epoch went backwards.
    Epoch { before: i32, found: i32, offset: i64 },
}

impl From<BatchFault> for IntakeFault {
    fn from(fault: BatchFault) -> Self {
        Self::Batch(fault)
    }
}

impl Intake {
    /// Epoch of the record before `next`, when it is known for sure.
    pub(super) fn last_epoch(&self) -> Option<i32> {
        self.epoch.filter(|_| !self.skipped)
    }

    /// Appends what `fetched` holds to `queue`. Returns how many bytes a fetch must allow, when
    /// the response began with a batch larger than what was asked for.
    /// After a fault everything before it has been taken in.
    pub(super) fn take(
        &mut self,
        fetched: &Fetched,
        queue: &mut Queue,
        limits: &Limits,
    ) -> Result<Option<usize>, IntakeFault> {
        let before = self.next;
        let mut aborting = Aborting::new(&fetched.aborted);
        let mut entries = Batches::new(fetched.records.clone());
        for entry in entries.by_ref() {
            let entry = entry?;
            if entry.last_offset() < self.next {
                continue;
            }
            match entry {
                Entry::Batch(batch) => self.take_batch(batch, &mut aborting, queue, limits)?,
                Entry::Legacy(entry) => {
                    let pieces = rebuild_legacy(&entry, self.next, limits.expand_bytes)?;
                    self.next = entry.offset + 1;
                    push(pieces, queue);
                }
            }
        }
        Ok(if self.next == before { entries.wanted() } else { None })
    }

    fn take_batch(
        &mut self,
        batch: Batch,
        aborting: &mut Aborting,
        queue: &mut Queue,
        limits: &Limits,
    ) -> Result<(), IntakeFault> {
        let (base, last) = (batch.base_offset(), batch.last_offset());
        let kind = batch.kind()?;
        let producer_id = batch.header().producer_id;
        aborting.reach(last);
        if let Kind::Control(Control::Abort) = kind {
            aborting.ended(producer_id);
        }
        // A hole counts as part of the epoch after it: then the source's end of that epoch is never
        // before the hole.
        self.enter_epoch(batch.header().leader_epoch, queue)?;
        if base > self.next {
            queue.push_fill(self.next, Run { control: Control::Abort, count: base - self.next });
            self.next = base;
        }
        let wanted = last + 1 - self.next;
        let fill = |control| (self.next, Run { control, count: wanted });
        match kind {
            Kind::Control(control) => {
                let (from, run) = fill(control);
                queue.push_fill(from, run);
            }
            Kind::Thinned { transactional } | Kind::LogAppendTime { transactional } => {
                if transactional && aborting.is(producer_id) {
                    let (from, run) = fill(Control::Abort);
                    queue.push_fill(from, run);
                } else {
                    push(rebuild(&batch, self.next, limits.expand_bytes)?, queue);
                }
            }
            Kind::Transactional if aborting.is(producer_id) => {
                let (from, run) = fill(Control::Abort);
                queue.push_fill(from, run);
            }
            Kind::Transactional | Kind::Plain => {
                if base == self.next {
                    queue.push_data(batch, true);
                } else {
                    push(rebuild(&batch, self.next, limits.expand_bytes)?, queue);
                }
            }
        }
        self.next = last + 1;
        Ok(())
    }

    fn enter_epoch(&mut self, epoch: i32, queue: &mut Queue) -> Result<(), IntakeFault> {
        self.skipped = false;
        match self.epoch {
            // Batches of before leader epochs existed carry -1.
            _unknown if epoch < 0 => {}
            Some(known) if known == epoch => {}
            Some(known) if known > epoch => {
                return Err(IntakeFault::Epoch { before: known, found: epoch, offset: self.next });
            }
            Some(_) | None => {
                queue.push(Segment::Barrier(EpochMark { epoch, start: self.next }));
                self.epoch = Some(epoch);
            }
        }
        Ok(())
    }
}

fn push(pieces: Vec<Piece>, queue: &mut Queue) {
    for piece in pieces {
        match piece {
            Piece::Data(batch) => queue.push_data(batch, false),
            Piece::Hole { from, count } => {
                queue.push_fill(from, Run { control: Control::Abort, count });
            }
        }
    }
}

/// Which producers are inside an aborted transaction at the point that has been reached.
struct Aborting {
    /// Not yet reached, the first at the end.
    ahead: Vec<Aborted>,
    now: Vec<i64>,
}

impl Aborting {
    fn new(aborted: &[Aborted]) -> Self {
        let mut ahead = aborted.to_vec();
        ahead.sort_unstable_by_key(|aborted| std::cmp::Reverse(aborted.first_offset));
        Self { ahead, now: Vec::new() }
    }

    fn reach(&mut self, offset: i64) {
        while let Some(aborted) = self.ahead.pop_if(|aborted| aborted.first_offset <= offset) {
            self.now.push(aborted.producer_id);
        }
    }

    fn ended(&mut self, producer_id: i64) {
        self.now.retain(|known| *known != producer_id);
    }

    fn is(&self, producer_id: i64) -> bool {
        self.now.contains(&producer_id)
    }
}
