//! Finding offsets: by timestamp, by leader epoch.

use crate::batch;
use crate::log::{Batch, Log};

/// A record found by time.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct Found {
    pub(crate) offset: i64,
    pub(crate) timestamp: i64,
    pub(crate) leader_epoch: i32,
}

impl Log {
    /// First record at or after `target` (milliseconds since 1970) below `bound`.
    pub(crate) fn find_timestamp(&self, target: i64, bound: i64) -> Option<Found> {
        self.batches()
            .filter(|b| b.header.max_timestamp >= target)
            .find_map(|b| first_record(b, |t| t >= target, self.start()))
            .filter(|f| f.offset < bound)
    }

    /// The record with the largest timestamp below `bound`, the earliest one if several.
    pub(crate) fn find_max_timestamp(&self, bound: i64) -> Option<Found> {
        let batches = || self.batches().filter(|b| b.base() < bound);
        let max = batches().map(|b| b.header.max_timestamp).max()?;
        let batch = batches().find(|b| b.header.max_timestamp == max)?;
        first_record(batch, |t| t == max, self.start())
    }

    /// Leader epoch of the record at `offset`.
    pub(crate) fn epoch_at(&self, offset: i64) -> i32 {
        self.epochs.iter().rev().find(|(_, first)| *first <= offset).map_or(-1, |(e, _)| *e)
    }

    /// Where `epoch` ended, as `(largest known epoch not above it, its end offset)`; `(-1, -1)` when
    /// the epoch lies in the future (KIP-101, KIP-320).
    pub(crate) fn epoch_end(&self, epoch: i32) -> (i32, i64) {
        let Some((latest, _)) = self.epochs.last() else { return (-1, -1) };
        if epoch == *latest {
            return (epoch, self.end());
        }
        if epoch > *latest || epoch < 0 {
            return (-1, -1);
        }
        let after = self.epochs.partition_point(|(e, _)| *e <= epoch);
        let end = self.epochs.get(after).map_or(self.end(), |(_, first)| *first);
        let floor = after.checked_sub(1).and_then(|i| self.epochs.get(i));
        floor.map_or((epoch, end), |(e, _)| (*e, end))
    }
}

fn first_record(batch: &Batch, wanted: impl Fn(i64) -> bool, start: i64) -> Option<Found> {
    let header = &batch.header;
    let section = batch::records_section(&batch.bytes, header)?;
    batch::records(&section)
        .map_while(|record| record)
        .map(|record| Found {
            offset: header.base_offset + i64::from(record.offset_delta),
            timestamp: if header.is_log_append_time() {
                header.max_timestamp
            } else {
                header.base_timestamp.saturating_add(record.timestamp_delta)
            },
            leader_epoch: header.leader_epoch,
        })
        .find(|found| found.offset >= start && wanted(found.timestamp))
}
