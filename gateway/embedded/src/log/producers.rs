//! What a partition remembers of each producer id: the last batches, the epoch, the open transaction.
//!
//! Rules: KIP-98, KIP-360. An unknown producer id may start at any sequence; an identical batch among
//! the last five is a duplicate; a new epoch starts at 0; an older epoch is refused.

use std::collections::{BTreeMap, VecDeque};

use kafka_protocol::ResponseError as Code;

use crate::batch::Header;

/// Batches remembered per producer to recognise a retry.
const REMEMBERED: usize = 5;

#[derive(Clone, Copy, Debug)]
struct Recent {
    first_sequence: i32,
    last_sequence: i32,
    base_offset: i64,
    last_offset: i64,
    log_append_time: i64,
}

/// State of one producer id in one partition.
#[derive(Clone, Debug)]
pub(crate) struct Producer {
    pub(crate) epoch: i16,
    pub(crate) coordinator_epoch: i32,
    pub(crate) last_timestamp: i64,
    /// First offset of the transaction that is open here.
    pub(crate) open_since: Option<i64>,
    recent: VecDeque<Recent>,
}

impl Producer {
    fn new(epoch: i16) -> Self {
        Self {
            epoch,
            coordinator_epoch: -1,
            last_timestamp: -1,
            open_since: None,
            recent: VecDeque::new(),
        }
    }

    /// Sequence of the last record, -1 when the producer wrote only markers.
    pub(crate) fn last_sequence(&self) -> i32 {
        self.recent.back().map_or(-1, |r| r.last_sequence)
    }

    /// Offset of the last record.
    pub(crate) fn last_offset(&self) -> Option<i64> {
        self.recent.back().map(|r| r.last_offset)
    }
}

/// Outcome of the sequence check.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Verdict {
    Fresh,
    /// Already in the log at this base offset, appended at this time (-1 unless LogAppendTime).
    Duplicate {
        base_offset: i64,
        log_append_time: i64,
    },
}

/// All producers of one partition.
#[derive(Clone, Debug, Default)]
pub(crate) struct Producers {
    by_id: BTreeMap<i64, Producer>,
}

impl Producers {
    pub(crate) fn iter(&self) -> impl Iterator<Item = (i64, &Producer)> {
        self.by_id.iter().map(|(id, p)| (*id, p))
    }

    pub(crate) fn get(&self, id: i64) -> Option<&Producer> {
        self.by_id.get(&id)
    }

    /// Decides on a data batch before it is appended.
    pub(crate) fn check(&self, batch: &Header) -> Result<Verdict, Code> {
        let Some(known) = self.by_id.get(&batch.producer_id) else { return Ok(Verdict::Fresh) };
        if batch.producer_epoch < known.epoch {
            return Err(Code::InvalidProducerEpoch);
        }
        if batch.producer_epoch > known.epoch {
            return if batch.base_sequence == 0 {
                Ok(Verdict::Fresh)
            } else {
                Err(Code::OutOfOrderSequenceNumber)
            };
        }
        let range = (batch.base_sequence, batch.last_sequence());
        let same = known.recent.iter().find(|r| (r.first_sequence, r.last_sequence) == range);
        if let Some(r) = same {
            return Ok(Verdict::Duplicate {
                base_offset: r.base_offset,
                log_append_time: r.log_append_time,
            });
        }
        let last = known.last_sequence();
        let next = if last == i32::MAX { 0 } else { last + 1 };
        if batch.base_sequence != next {
            return Err(Code::OutOfOrderSequenceNumber);
        }
        if known.open_since.is_some() && !batch.is_transactional() {
            return Err(Code::InvalidTxnState);
        }
        Ok(Verdict::Fresh)
    }

    /// Remembers a data batch that was appended; `header` carries its final offsets.
    pub(crate) fn record(&mut self, header: &Header) {
        let state = self.by_id.entry(header.producer_id);
        let state = state.or_insert_with(|| Producer::new(header.producer_epoch));
        if state.epoch != header.producer_epoch {
            state.epoch = header.producer_epoch;
            state.recent.clear();
        }
        if state.recent.len() == REMEMBERED {
            state.recent.pop_front();
        }
        state.recent.push_back(Recent {
            first_sequence: header.base_sequence,
            last_sequence: header.last_sequence(),
            base_offset: header.base_offset,
            last_offset: header.last_offset(),
            log_append_time: if header.is_log_append_time() { header.max_timestamp } else { -1 },
        });
        state.last_timestamp = header.max_timestamp;
        if header.is_transactional() && state.open_since.is_none() {
            state.open_since = Some(header.base_offset);
        }
    }

    /// Whether a marker may be written.
    pub(crate) fn check_marker(&self, id: i64, epoch: i16, coordinator: i32) -> Result<(), Code> {
        match self.by_id.get(&id) {
            Some(known) if epoch < known.epoch => Err(Code::InvalidProducerEpoch),
            Some(known) if coordinator < known.coordinator_epoch => {
                Err(Code::TransactionCoordinatorFenced)
            }
            _ => Ok(()),
        }
    }

    /// Remembers a marker; returns the first offset of the transaction it closed.
    pub(crate) fn close(&mut self, id: i64, epoch: i16, coordinator: i32, at: i64) -> Option<i64> {
        let state = self.by_id.entry(id).or_insert_with(|| Producer::new(epoch));
        if state.epoch != epoch {
            state.epoch = epoch;
            state.recent.clear();
        }
        state.coordinator_epoch = coordinator;
        state.last_timestamp = at;
        state.open_since.take()
    }

    /// Forgets producers without an open transaction whose last record is older than `before`.
    pub(crate) fn expire(&mut self, before: i64) {
        self.by_id.retain(|_, p| p.open_since.is_some() || p.last_timestamp >= before);
    }

    /// First offset of the oldest open transaction.
    pub(crate) fn first_open(&self) -> Option<i64> {
        self.by_id.values().filter_map(|p| p.open_since).min()
    }
}
