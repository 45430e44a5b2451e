//! What the machine wants done.

use super::{Ask, Memory, Producer, Run};
use crate::{Millis, batch::Stamped};

/// One thing to do. Effects with an `ask` are answered by [`super::Input::Answer`] exactly once.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Effect {
    /// Source leader: fetch READ_COMMITTED from `offset`, with the aborted list.
    /// Answered by [`super::Answer::Fetched`]; a long poll may answer with no records.
    Fetch {
        /// Correlation.
        ask: Ask,
        /// First offset wanted.
        offset: i64,
        /// Limit; reserve as much of the memory budget before sending.
        max_bytes: usize,
        /// Source epoch of the record before, so that the broker can tell about a truncation.
        last_epoch: Option<i32>,
    },
    /// Source leader: log start, and log end (replica id -2).
    /// Answered by [`super::Answer::Bounds`].
    SourceBounds {
        /// Correlation.
        ask: Ask,
    },
    /// Destination leader: DescribeProducers. Answered by [`super::Answer::Producers`] with the
    /// state of the data producer.
    DescribeProducers {
        /// Correlation.
        ask: Ask,
    },
    /// Destination leader: ListOffsets latest with replica id -2. Answered by
    /// [`super::Answer::LogEnd`].
    LogEnd {
        /// Correlation.
        ask: Ask,
    },
    /// Destination leader: header of the batch that holds `offset`. Answered by
    /// [`super::Answer::Tail`].
    Tail {
        /// Correlation.
        ask: Ask,
        /// The last offset of the log.
        offset: i64,
    },
    /// Destination leader: produce this batch with acks=all. Answered by
    /// [`super::Answer::Produced`]. Batches of a partition go out in the order of the effects.
    Produce {
        /// Correlation.
        ask: Ask,
        /// Header and untouched records.
        batch: Stamped,
    },
    /// Destination leader: WriteTxnMarkers with these markers in this order, in one request.
    /// Answered by [`super::Answer::Filled`].
    Markers {
        /// Correlation.
        ask: Ask,
        /// Producer of the markers.
        producer: Producer,
        /// Which ones.
        runs: Vec<Run>,
    },
    /// Destination: so many empty transactions over this partition, one after the other; answered
    /// by [`super::Answer::Filled`] when the coordinator has completed the last one.
    Transactions {
        /// Correlation.
        ask: Ask,
        /// How many.
        count: i64,
    },
    /// Destination leader: DeleteRecords before this offset. Answered by
    /// [`super::Answer::Trimmed`].
    Trim {
        /// Correlation.
        ask: Ask,
        /// First offset that stays.
        before: i64,
    },
    /// Store this, durably. Answered by [`super::Answer::Noted`].
    Remember {
        /// Correlation.
        ask: Ask,
        /// What to store.
        memory: Memory,
    },
    /// Give a [`super::Input::Tick`] at this time. Replaces earlier ones.
    Wake {
        /// When.
        at: Millis,
    },
    /// Tell whoever watches. No answer.
    Notice(Notice),
}

impl Effect {
    /// Whether it changes the destination.
    #[must_use]
    pub const fn writes(&self) -> bool {
        match self {
            Self::Produce { .. }
            | Self::Markers { .. }
            | Self::Transactions { .. }
            | Self::Trim { .. } => true,
            Self::Fetch { .. }
            | Self::SourceBounds { .. }
            | Self::DescribeProducers { .. }
            | Self::LogEnd { .. }
            | Self::Tail { .. }
            | Self::Remember { .. }
            | Self::Wake { .. }
            | Self::Notice(_) => false,
        }
    }
}

/// Something worth telling.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Notice {
    /// Draining: a fetch asked for after the command found nothing more, and the source's log ends there.
    Drained {
        /// Equal log end of source and mirror.
        end: i64,
    },
    /// Stopped for good.
    Stopped {
        /// Log end of what is an ordinary partition now.
        end: i64,
    },
    /// The source deleted records before they were mirrored.
    Overtaken(Overtaken),
    /// Offsets that hold no record cannot be filled; tried again from time to time.
    Blocked {
        /// First of them.
        offset: i64,
        /// How many.
        count: i64,
        /// Which permission or setting is missing.
        reason: String,
    },
}

/// Offsets the source deleted before they were mirrored.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Overtaken {
    /// First offset that was missed.
    pub from: i64,
    /// The source's log start now.
    pub to: i64,
}
