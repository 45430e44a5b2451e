//! Compaction: for every key the last record stays, offsets never change.
//!
//! As on a broker: keyless records and aborted data go, markers stay, tombstones go
//! `delete.retention.ms` after a cleaning first saw them, the last batch of the log is never
//! cleaned, and an emptied batch stays as a bare header while its producer's sequence needs it.

use std::collections::{HashMap, VecDeque};

use crate::batch::{self, RecordView};
use crate::codec::Codec;
use crate::log::{Batch, Log};
use crate::topic_rules::TopicRules;

impl Log {
    /// Cleans everything below the last stable offset. Returns the number of records removed.
    pub(crate) fn compact(&mut self, rules: &TopicRules, now: i64) -> usize {
        let newest = self.batches.back().map_or(0, Batch::base);
        let bound = self.last_stable().min(newest);
        let young = now - rules.min_compaction_lag_ms;
        let cleanable =
            self.batches.partition_point(|b| b.base() < bound && b.header.max_timestamp <= young);
        let latest = self.latest_offsets();
        let mut removed = 0;
        let mut kept = VecDeque::with_capacity(self.batches.len());
        for (index, old) in std::mem::take(&mut self.batches).into_iter().enumerate() {
            if index >= cleanable || old.header.is_control() {
                kept.push_back(old);
                continue;
            }
            let count = old.header.count;
            let cleaned = self.clean(&old, &latest, rules, now);
            removed += usize::try_from(count).unwrap_or(0);
            if let Some(batch) = cleaned {
                removed -= usize::try_from(batch.header.count).unwrap_or(0);
                kept.push_back(batch);
            }
        }
        self.batches = kept;
        self.size = self.batches.iter().map(Batch::size).sum();
        removed
    }

    /// Offset of the last decided record of every key.
    fn latest_offsets(&self) -> HashMap<Vec<u8>, i64> {
        let mut latest = HashMap::new();
        for b in self.batches.iter().filter(|b| !b.header.is_control() && !self.is_aborted(b)) {
            let section = batch::records_section(&b.bytes, &b.header).unwrap_or_default();
            for record in batch::records(&section).flatten() {
                if let Some(key) = record.key {
                    latest.insert(key.to_vec(), b.base() + i64::from(record.offset_delta));
                }
            }
        }
        latest
    }

    fn is_aborted(&self, b: &Batch) -> bool {
        let h = &b.header;
        h.is_transactional()
            && self
                .aborted
                .iter()
                .any(|a| a.producer_id == h.producer_id && a.first <= b.base() && b.last() < a.last)
    }

    fn clean(
        &self,
        old: &Batch,
        latest: &HashMap<Vec<u8>, i64>,
        rules: &TopicRules,
        now: i64,
    ) -> Option<Batch> {
        let section = batch::records_section(&old.bytes, &old.header)?;
        let aborted = self.is_aborted(old);
        let expired = old.tombstones_since.is_some_and(|t| now - t > rules.delete_retention_ms);
        let keep = |r: &RecordView<'_>| {
            let newest = r.key.and_then(|k| latest.get(k)).copied();
            !aborted
                && newest == Some(old.base() + i64::from(r.offset_delta))
                && (r.value.is_some() || !expired)
        };
        let survivors: Vec<_> = batch::records(&section).flatten().filter(keep).collect();
        let since = survivors.iter().any(|r| r.value.is_none()).then_some(now);
        let tombstones_since = old.tombstones_since.or(since);
        if survivors.len() == usize::try_from(old.header.count).unwrap_or(0) {
            return Some(Batch { tombstones_since, ..old.clone() });
        }
        let producer = self.producers.get(old.header.producer_id);
        let needed = producer.is_some_and(|p| p.last_offset() == Some(old.last()));
        if survivors.is_empty() && !needed {
            return None;
        }
        rebuild(old, &survivors).map(|b| Batch { tombstones_since, ..b })
    }
}

/// The batch with only `survivors`: base offset, last offset and base timestamp stay, so the
/// records' own bytes do too.
fn rebuild(old: &Batch, survivors: &[RecordView<'_>]) -> Option<Batch> {
    let mut header = old.header;
    header.count = i32::try_from(survivors.len()).ok()?;
    let times = survivors.iter().map(|r| header.base_timestamp.saturating_add(r.timestamp_delta));
    if !header.is_log_append_time()
        && let Some(max) = times.max()
    {
        header.max_timestamp = max;
    }
    let section: Vec<u8> = survivors.iter().flat_map(|r| r.raw.iter().copied()).collect();
    if section.is_empty() {
        header.set_codec(Codec::None);
    }
    let bytes = header.seal(&header.codec()?.compress(&section).ok()?);
    Some(Batch::new(bytes, header))
}
