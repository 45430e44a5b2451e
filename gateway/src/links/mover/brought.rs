//! What a poll brought, in the machines' words.

use std::collections::BTreeMap;

use drawbridge_engine::partition::{Aborted, Answer, Ask, Fetched, SourceFault};
use drawbridge_kafka::{Error, ErrorCode, data::FetchedPartition};

use super::{
    faults::source_fault,
    reader::{Id, Want},
};
use crate::links::budget::Held;

/// What a poll brought for one machine.
pub(super) struct Brought {
    pub(super) id: Id,
    pub(super) ask: Ask,
    pub(super) answer: Answer,
    /// The leader is another one now, or is to be looked up.
    pub(super) moved: bool,
    /// A replica nearer to us that is to be asked from now on (KIP-392).
    pub(super) nearer: Option<i32>,
    /// Size of the records, for rates.
    pub(super) size: usize,
}

pub(super) fn told(id: Id, ask: Ask, answer: FetchedPartition, held: &Held) -> Brought {
    let size = answer.records.len();
    let nearer = answer.preferred_replica;
    let (result, moved) = match (answer.error, answer.diverging) {
        (Some(error), _) => {
            let moved = error.code().is_some_and(ErrorCode::means_stale_leader)
                || error.code() == Some(ErrorCode::UNKNOWN_TOPIC_ID);
            (Err(source_fault(&error)), moved)
        }
        (None, Some(end)) => {
            (Err(SourceFault::Diverged { epoch: end.epoch, end: end.end_offset }), false)
        }
        (None, None) => {
            let aborted = answer.aborted.iter().map(|aborted| Aborted {
                producer_id: aborted.producer_id,
                first_offset: aborted.first_offset,
            });
            let fetched = Fetched {
                records: held.hold(answer.records),
                high_watermark: answer.high_watermark,
                last_stable: answer.last_stable_offset,
                log_start: answer.log_start_offset,
                aborted: aborted.collect(),
            };
            (Ok(fetched), false)
        }
    };
    Brought { id, ask, answer: Answer::Fetched(result), moved, nearer, size }
}

pub(super) fn nothing_new(
    id: Id,
    ask: Ask,
    (high_watermark, last_stable, log_start): (i64, i64, i64),
) -> Brought {
    let fetched = Fetched {
        records: bytes::Bytes::new(),
        high_watermark,
        last_stable,
        log_start,
        aborted: Vec::new(),
    };
    Brought { id, ask, answer: Answer::Fetched(Ok(fetched)), moved: false, nearer: None, size: 0 }
}

pub(super) fn unavailable(flight: BTreeMap<Id, Want>, error: &Error) -> Vec<Brought> {
    let brought = |(id, want): (Id, Want)| Brought {
        id,
        ask: want.ask,
        answer: Answer::Fetched(Err(source_fault(error))),
        moved: true,
        nearer: None,
        size: 0,
    };
    flight.into_iter().map(brought).collect()
}
