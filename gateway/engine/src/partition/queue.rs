//! What is read and waits to be sent, in offset order and without holes.

use std::collections::VecDeque;

use super::EpochMark;
use crate::batch::{Batch, Control};

/// Offsets without a record, all filled in the same way.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Run {
    /// The marker.
    pub control: Control,
    /// How many.
    pub count: i64,
}

/// A piece of the stream.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) enum Segment {
    /// Records at consecutive offsets.
    Data {
        batch: Batch,
        /// Passed through, as opposed to rebuilt.
        passed: bool,
    },
    /// Offsets that hold nothing a consumer may see.
    Fill { from: i64, runs: VecDeque<Run> },
    /// Offsets before the first record: padded, then deleted.
    Head { to: i64 },
    /// The source's leader epoch changes here: stored before what follows is sent.
    Barrier(EpochMark),
}

/// The waiting segments.
#[derive(Debug, Default)]
pub(super) struct Queue {
    segments: VecDeque<Segment>,
    bytes: usize,
}

impl Queue {
    pub(super) fn clear(&mut self) {
        self.segments.clear();
        self.bytes = 0;
    }

    pub(super) fn is_empty(&self) -> bool {
        self.segments.is_empty()
    }

    /// Bytes of the batches that wait.
    pub(super) const fn bytes(&self) -> usize {
        self.bytes
    }

    pub(super) fn front(&self) -> Option<&Segment> {
        self.segments.front()
    }

    pub(super) fn front_mut(&mut self) -> Option<&mut Segment> {
        self.segments.front_mut()
    }

    pub(super) fn iter(&self) -> impl Iterator<Item = &Segment> {
        self.segments.iter()
    }

    pub(super) fn pop(&mut self) -> Option<Segment> {
        let segment = self.segments.pop_front()?;
        if let Segment::Data { batch, .. } = &segment {
            self.bytes -= batch.len();
        }
        Some(segment)
    }

    pub(super) fn unpop(&mut self, segment: Segment) {
        if let Segment::Data { batch, .. } = &segment {
            self.bytes += batch.len();
        }
        self.segments.push_front(segment);
    }

    pub(super) fn push_data(&mut self, batch: Batch, passed: bool) {
        self.bytes += batch.len();
        self.segments.push_back(Segment::Data { batch, passed });
    }

    /// Appends a fill; neighbours become one, so that they cost one quiesce.
    pub(super) fn push_fill(&mut self, from: i64, run: Run) {
        if run.count <= 0 {
            return;
        }
        if let Some(Segment::Fill { runs, .. }) = self.segments.back_mut() {
            match runs.back_mut() {
                Some(last) if last.control == run.control => last.count += run.count,
                Some(_) | None => runs.push_back(run),
            }
            return;
        }
        self.segments.push_back(Segment::Fill { from, runs: VecDeque::from([run]) });
    }

    pub(super) fn push(&mut self, segment: Segment) {
        self.segments.push_back(segment);
    }
}

/// Takes `count` offsets off the front of `runs`.
pub(super) fn consume(runs: &mut VecDeque<Run>, mut count: i64) {
    while count > 0 {
        let Some(front) = runs.front_mut() else { return };
        let taken = front.count.min(count);
        front.count -= taken;
        count -= taken;
        if front.count == 0 {
            runs.pop_front();
        }
    }
}

/// The first `limit` offsets of `runs`.
pub(super) fn chunk(runs: &VecDeque<Run>, limit: i64) -> Vec<Run> {
    let mut left = limit;
    let mut out = Vec::new();
    for run in runs {
        let count = run.count.min(left);
        if count == 0 {
            break;
        }
        out.push(Run { count, ..*run });
        left -= count;
    }
    out
}
