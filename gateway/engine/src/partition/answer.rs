//! What comes back from the two clusters, in the engine's words.

use bytes::Bytes;

/// Answer to an effect. Its kind follows from the effect.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Answer {
    /// To [`super::Effect::Fetch`].
    Fetched(Result<Fetched, SourceFault>),
    /// To [`super::Effect::SourceBounds`].
    Bounds(Result<Bounds, SourceFault>),
    /// To [`super::Effect::DescribeProducers`]; `None` when the leader has no state for the producer.
    Producers(Result<Option<ProducerState>, Fault>),
    /// To [`super::Effect::LogEnd`].
    LogEnd(Result<i64, Fault>),
    /// To [`super::Effect::Tail`].
    Tail(Result<Tail, Fault>),
    /// To [`super::Effect::Produce`]: the base offset the batch got.
    Produced(Result<i64, Fault>),
    /// To [`super::Effect::Markers`] and [`super::Effect::Transactions`]. Success is not believed:
    /// the log end is read again.
    Filled(Result<(), Fault>),
    /// To [`super::Effect::Trim`]: the log start now.
    Trimmed(Result<i64, Fault>),
    /// To [`super::Effect::Remember`].
    Noted(Result<(), Fault>),
}

/// A partition's part of a fetch response.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Fetched {
    /// Batches, as a slice of the response.
    pub records: Bytes,
    /// High watermark.
    pub high_watermark: i64,
    /// Last stable offset.
    pub last_stable: i64,
    /// Log start.
    pub log_start: i64,
    /// Aborted transactions that overlap the response.
    pub aborted: Vec<Aborted>,
}

/// One aborted transaction of a response.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Aborted {
    /// Whose.
    pub producer_id: i64,
    /// Where it began.
    pub first_offset: i64,
}

/// First offset, and the one after the last.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Bounds {
    /// Log start.
    pub start: i64,
    /// Log end, not limited to the high watermark.
    pub end: i64,
}

/// What the destination's leader knows of a producer in this partition.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct ProducerState {
    /// Sequence of its last record; -1 when it has only written markers.
    pub last_sequence: i32,
    /// Its epoch.
    pub epoch: i16,
    /// Largest timestamp of its last batch, ms.
    pub last_timestamp: i64,
}

/// What is at the end of the mirror's log.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Tail {
    /// Nothing: all records have been deleted, log start and log end are this offset.
    Empty {
        /// Both of them.
        log_end: i64,
    },
    /// It cannot be read (yet): at or above the high watermark, or beyond the log end.
    Unreadable,
    /// This batch.
    Batch {
        /// First offset.
        base: i64,
        /// Who wrote it; -1 without producer id.
        producer_id: i64,
        /// Sequence of the record that was asked for; negative without one.
        sequence: i32,
        /// Checksum in its header.
        crc: u32,
    },
}

/// Trouble on the source side; nothing was changed by the request.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum SourceFault {
    /// OFFSET_OUT_OF_RANGE.
    OutOfRange,
    /// The source's log has another history: the epoch that was asked with ended at `end`.
    Diverged {
        /// Largest epoch not above the asked one.
        epoch: i32,
        /// Where it ends on the source.
        end: i64,
    },
    /// The topic or partition is not there.
    Missing(String),
    /// The topic was created anew: another topic id.
    IdChanged(String),
    /// Anything that may pass: unreachable, no leader, throttled, not permitted (yet).
    Unavailable(String),
}

/// Trouble on the destination side.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Fault {
    /// Whether the request may still be carried out.
    pub certainty: Certainty,
    /// What it means for the machine.
    pub kind: FaultKind,
    /// For people: operation, broker, the broker's words.
    pub detail: String,
}

/// Whether a request that failed may still be carried out. That it may have been is taken for granted:
/// the log end is read again after every failure.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Certainty {
    /// It is over: refused, never sent, or ended in such a way that nothing of it can happen any
    /// more (a leader that was deposed after its append: what is left of it is in the new
    /// leader's log already).
    Over,
    /// It may still be carried out: timeout, connection lost, or an error that says nothing.
    Unknown,
}

/// What a fault means for the machine.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum FaultKind {
    /// May pass: retried from a fresh opening.
    Transient,
    /// The sequence check refused the batch: something of ours arrived late.
    Sequence,
    /// The batch is larger than `max.message.bytes`.
    TooLarge,
    /// A permission is missing.
    Denied,
}

impl FaultKind {
    /// Meaning of a Kafka error code in an answer to produce, markers, DeleteRecords, ListOffsets or
    /// DescribeProducers.
    #[must_use]
    pub const fn of_code(code: i16) -> Self {
        match code {
            // OUT_OF_ORDER_SEQUENCE_NUMBER, DUPLICATE_SEQUENCE_NUMBER, INVALID_PRODUCER_EPOCH,
            // UNKNOWN_PRODUCER_ID
            45 | 46 | 47 | 59 => Self::Sequence,
            // MESSAGE_TOO_LARGE, RECORD_LIST_TOO_LARGE
            10 | 18 => Self::TooLarge,
            // TOPIC_, GROUP_, CLUSTER_, TRANSACTIONAL_ID_AUTHORIZATION_FAILED, POLICY_VIOLATION
            29 | 30 | 31 | 53 | 44 => Self::Denied,
            _ => Self::Transient,
        }
    }
}

impl Certainty {
    /// What a Kafka error code says about whether a produce or marker request may still be carried
    /// out.
    #[must_use]
    pub const fn of_code(code: i16) -> Self {
        match code {
            // UNKNOWN_SERVER_ERROR, REQUEST_TIMED_OUT, NETWORK_EXCEPTION,
            // NOT_ENOUGH_REPLICAS_AFTER_APPEND
            -1 | 7 | 13 | 20 => Self::Unknown,
            _ => Self::Over,
        }
    }
}

/// Takes the expected kind out of an answer; another kind is the adapter's mistake and counts as a
/// failed request of unknown outcome.
macro_rules! expect {
    ($($name:ident, $variant:ident, $ok:ty;)+) => {
        impl Answer {
            $(pub(super) fn $name(self) -> Result<$ok, Fault> {
                match self {
                    Self::$variant(result) => result,
                    other => Err(mismatch(&other)),
                }
            })+
        }
    };
}

expect! {
    producers, Producers, Option<ProducerState>;
    log_end, LogEnd, i64;
    tail, Tail, Tail;
    filled, Filled, ();
    trimmed, Trimmed, i64;
    noted, Noted, ();
}

impl Answer {
    pub(super) fn bounds(self) -> Result<Bounds, SourceFault> {
        match self {
            Self::Bounds(result) => result,
            other => Err(SourceFault::Unavailable(mismatch(&other).detail)),
        }
    }
}

fn mismatch(answer: &Answer) -> Fault {
    Fault {
        certainty: Certainty::Unknown,
        kind: FaultKind::Transient,
        detail: format!("the answer does not fit the question: {answer:?}"),
    }
}
