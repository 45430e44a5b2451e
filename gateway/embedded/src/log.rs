//! One partition's log: batches in memory with everything a broker derives from them.

use std::collections::VecDeque;
use std::sync::{Arc, Weak};

use bytes::Bytes;
use kafka_protocol::ResponseError as Code;
use tokio::sync::Notify;

use crate::batch::{self, Header};
use crate::codec::Codec;
use crate::incoming::{Incoming, Refusal};
use crate::topic_rules::TopicRules;

pub(crate) mod compact;
pub(crate) mod lookup;
pub(crate) mod producers;

use producers::{Producers, Verdict};

/// A stored batch.
#[derive(Clone, Debug)]
pub(crate) struct Batch {
    pub(crate) bytes: Bytes,
    pub(crate) header: Header,
    /// When a cleaning first saw this batch's tombstones.
    pub(crate) tombstones_since: Option<i64>,
}

impl Batch {
    fn new(bytes: Bytes, header: Header) -> Self {
        Self { bytes, header, tombstones_since: None }
    }

    pub(crate) fn base(&self) -> i64 {
        self.header.base_offset
    }

    pub(crate) fn last(&self) -> i64 {
        self.header.last_offset()
    }

    fn size(&self) -> u64 {
        self.bytes.len() as u64
    }
}

/// A transaction that ended with ABORT in this partition.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct Aborted {
    pub(crate) producer_id: i64,
    pub(crate) first: i64,
    /// Offset of the marker.
    pub(crate) last: i64,
}

/// What an append did.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct Appended {
    pub(crate) base_offset: i64,
    /// Offset of the last record; the log end is one more.
    pub(crate) last_offset: i64,
    /// -1 unless the topic stamps records itself.
    pub(crate) log_append_time: i64,
}

/// One partition's log. Invariants, checked by the property tests: batches are ordered and do not
/// overlap, every batch ends at or after `start` and before `end`, `start <= LSO <= HW <= end`.
#[derive(Clone, Debug, Default)]
pub(crate) struct Log {
    batches: VecDeque<Batch>,
    start: i64,
    end: i64,
    size: u64,
    /// Set by a fault: the high watermark stays here, as with a stopped follower.
    held: Option<i64>,
    /// Leader epochs with their first offsets, ascending.
    epochs: Vec<(i32, i64)>,
    pub(crate) producers: Producers,
    aborted: Vec<Aborted>,
    waiters: Vec<Weak<Notify>>,
}

impl Log {
    pub(crate) fn start(&self) -> i64 {
        self.start
    }

    /// Log end offset: the offset the next record gets.
    pub(crate) fn end(&self) -> i64 {
        self.end
    }

    /// Bytes of the stored batches.
    pub(crate) fn size(&self) -> u64 {
        self.size
    }

    pub(crate) fn high_watermark(&self) -> i64 {
        self.held.map_or(self.end, |h| h.clamp(self.start, self.end))
    }

    /// Last stable offset: nothing below it belongs to an undecided transaction.
    pub(crate) fn last_stable(&self) -> i64 {
        let hw = self.high_watermark();
        self.producers.first_open().map_or(hw, |first| first.clamp(self.start, hw))
    }

    pub(crate) fn batches(&self) -> impl Iterator<Item = &Batch> {
        self.batches.iter()
    }

    /// Holds the high watermark where it is, or lets it go.
    pub(crate) fn hold_high_watermark(&mut self, hold: bool) {
        self.held = hold.then(|| self.high_watermark());
        self.wake();
    }

    /// Asks to be notified at the next change of this log.
    pub(crate) fn watch(&mut self, waiter: &Arc<Notify>) {
        self.waiters.retain(|w| w.strong_count() > 0);
        self.waiters.push(Arc::downgrade(waiter));
    }

    pub(crate) fn wake(&mut self) {
        for waiter in self.waiters.drain(..).filter_map(|w| w.upgrade()) {
            waiter.notify_one();
        }
    }

    /// Notes that leadership with this epoch begins at the log end.
    pub(crate) fn begin_epoch(&mut self, epoch: i32) {
        if self.epochs.last().is_none_or(|(e, _)| *e < epoch) {
            // An epoch that received nothing leaves no trace.
            self.epochs.retain(|(_, first)| *first < self.end);
            self.epochs.push((epoch, self.end));
        }
        self.wake();
    }

    fn current_epoch(&self) -> i32 {
        self.epochs.last().map_or(0, |(e, _)| *e)
    }

    /// Appends a produced batch under the topic's rules. Duplicates give the old offset.
    pub(crate) fn append(
        &mut self,
        incoming: &Incoming,
        rules: &TopicRules,
        now: i64,
    ) -> Result<Appended, Refusal> {
        check_rules(incoming, rules, now)?;
        let mut header = incoming.header;
        if header.producer_id >= 0
            && let Verdict::Duplicate { base_offset, log_append_time } = self.sequence(&header)?
        {
            let last_offset = base_offset + i64::from(header.last_offset_delta);
            return Ok(Appended { base_offset, last_offset, log_append_time });
        }
        let bytes = stamp(&mut header, incoming, rules, now)?;
        if bytes.len() as u64 > rules.max_message_bytes {
            return Err(too_large(bytes.len(), rules.max_message_bytes));
        }
        header.base_offset = self.end;
        header.leader_epoch = self.current_epoch();
        self.push(Batch::new(header.place(&bytes), header));
        if header.producer_id >= 0 {
            self.producers.record(&header);
        }
        self.wake();
        let log_append_time = if rules.log_append_time { now } else { -1 };
        Ok(Appended {
            base_offset: header.base_offset,
            last_offset: header.last_offset(),
            log_append_time,
        })
    }

    fn sequence(&self, header: &Header) -> Result<Verdict, Refusal> {
        self.producers.check(header).map_err(|code| {
            Refusal::new(
                code,
                format!(
                    "{code}: producer {} epoch {} sequence {}, last here is epoch {} sequence {}",
                    header.producer_id,
                    header.producer_epoch,
                    header.base_sequence,
                    self.producers.get(header.producer_id).map_or(-1, |p| p.epoch),
                    self.producers
                        .get(header.producer_id)
                        .map_or(-1, producers::Producer::last_sequence),
                ),
            )
        })
    }

    /// Writes the marker that ends a transaction. A marker without an open transaction is written
    /// too, as a broker does.
    pub(crate) fn append_marker(
        &mut self,
        (pid, epoch): (i64, i16),
        coordinator_epoch: i32,
        commit: bool,
        now: i64,
    ) -> Result<i64, Code> {
        self.producers.check_marker(pid, epoch, coordinator_epoch)?;
        let bytes = batch::marker(pid, epoch, coordinator_epoch, commit, now);
        let Some(mut header) = Header::read(&bytes) else { return Err(Code::UnknownServerError) };
        header.base_offset = self.end;
        header.leader_epoch = self.current_epoch();
        let at = self.end;
        self.push(Batch::new(header.place(&bytes), header));
        let opened = self.producers.close(pid, epoch, coordinator_epoch, now);
        if let (Some(first), false) = (opened, commit) {
            self.aborted.push(Aborted { producer_id: pid, first, last: at });
        }
        self.wake();
        Ok(at)
    }

    fn push(&mut self, batch: Batch) {
        if self.epochs.is_empty() {
            self.epochs.push((batch.header.leader_epoch, self.end));
        }
        self.end = batch.last() + 1;
        self.size += batch.size();
        self.batches.push_back(batch);
    }

    /// Whole batches from the one that holds `offset` up to `bound` (exclusive). Never more than
    /// `max_bytes`, except that with `at_least_one` the first batch is given whatever its size.
    pub(crate) fn read(
        &self,
        offset: i64,
        bound: i64,
        max_bytes: usize,
        at_least_one: bool,
    ) -> Vec<&Batch> {
        let from = self.batches.partition_point(|b| b.last() < offset);
        let mut out = Vec::new();
        let mut total = 0;
        for batch in self.batches.range(from..).take_while(|b| b.base() < bound) {
            let forced = at_least_one && out.is_empty();
            if !forced && total + batch.bytes.len() > max_bytes {
                break;
            }
            total += batch.bytes.len();
            out.push(batch);
        }
        out
    }

    /// Aborted transactions that overlap `[from, to)`, for a read_committed reader.
    pub(crate) fn aborted_between(&self, from: i64, to: i64) -> Vec<Aborted> {
        self.aborted.iter().filter(|a| a.last >= from && a.first < to).copied().collect()
    }

    /// Raises the log start, dropping batches that lie wholly before it.
    pub(crate) fn delete_before(&mut self, offset: i64) {
        self.start = self.start.max(offset.min(self.end));
        while self.batches.front().is_some_and(|b| b.last() < self.start) {
            self.pop_front();
        }
        self.after_head_moved();
    }

    fn pop_front(&mut self) {
        if let Some(batch) = self.batches.pop_front() {
            self.size -= batch.size();
            self.start = self.start.max(batch.last() + 1);
        }
    }

    fn after_head_moved(&mut self) {
        let start = self.start;
        self.aborted.retain(|a| a.last >= start);
        // The epoch that covers the new start stays, pinned to it.
        let covering = self.epochs.iter().rposition(|(_, first)| *first <= start);
        if let Some(index) = covering {
            self.epochs.drain(..index);
            if let Some(first) = self.epochs.first_mut() {
                first.1 = first.1.max(start);
            }
        }
        self.wake();
    }

    /// Applies the topic's time and size retention, and the partition's share of memory.
    /// Undecided transactions and what lies above the high watermark stay.
    pub(crate) fn retain(&mut self, rules: &TopicRules, now: i64, cap: u64) {
        let keep_from = self.last_stable();
        let before = self.start;
        while let Some(front) = self.batches.front().filter(|b| b.last() < keep_from) {
            let expired = rules.delete
                && rules.retention_ms.is_some_and(|ms| front.header.max_timestamp < now - ms);
            let spare = self.size - front.size();
            let oversize = rules.delete && rules.retention_bytes.is_some_and(|max| spare >= max);
            if !expired && !oversize && self.size <= cap {
                break;
            }
            self.pop_front();
        }
        if self.start != before {
            self.after_head_moved();
        }
    }

    /// Drops the oldest batch whatever the topic says, because memory is short. False when empty.
    pub(crate) fn evict_oldest(&mut self) -> bool {
        let any = !self.batches.is_empty();
        self.pop_front();
        self.after_head_moved();
        any
    }

    /// Cuts the log back, as an unclean election does. Whole batches go; the new end is returned.
    pub(crate) fn truncate(&mut self, to: i64) -> i64 {
        while self.batches.back().is_some_and(|b| b.last() >= to) {
            if let Some(batch) = self.batches.pop_back() {
                self.size -= batch.size();
                self.end = batch.base();
            }
        }
        self.end = self.end.min(to.max(self.start)).max(self.start);
        self.held = self.held.map(|h| h.min(self.end));
        let end = self.end;
        self.epochs.retain(|(_, first)| *first < end);
        self.aborted.retain(|a| a.last < end);
        self.replay();
        self.wake();
        end
    }

    /// Rebuilds producer state from what is left, as a broker does when it loads a log.
    fn replay(&mut self) {
        let mut producers = Producers::default();
        for batch in &self.batches {
            let h = &batch.header;
            if h.is_control() {
                producers.close(h.producer_id, h.producer_epoch, 0, h.max_timestamp);
            } else if h.producer_id >= 0 {
                producers.record(h);
            }
        }
        self.producers = producers;
    }
}

/// The checks of a broker that depend on the topic's configuration.
fn check_rules(incoming: &Incoming, rules: &TopicRules, now: i64) -> Result<(), Refusal> {
    let size = incoming.bytes.len() as u64;
    if size > rules.max_message_bytes {
        return Err(too_large(incoming.bytes.len(), rules.max_message_bytes));
    }
    if size > rules.segment_bytes {
        return Err(Refusal::new(
            Code::RecordListTooLarge,
            format!("the batch of {size} bytes exceeds segment.bytes {}", rules.segment_bytes),
        ));
    }
    if rules.compact
        && let Some(index) = incoming.first_null_key
    {
        return Err(Refusal::new(
            Code::InvalidRecord,
            format!("record {index} has no key, which a compacted topic needs"),
        ));
    }
    if rules.log_append_time {
        if incoming.header.is_log_append_time() {
            return Err(Refusal::new(
                Code::InvalidTimestamp,
                "the batch is already stamped with LogAppendTime",
            ));
        }
        return Ok(());
    }
    let early = incoming.min_timestamp != -1
        && incoming.min_timestamp < now.saturating_sub(rules.timestamp_before_max_ms);
    let late = incoming.max_timestamp > now.saturating_add(rules.timestamp_after_max_ms);
    if early || late {
        return Err(Refusal::new(
            Code::InvalidTimestamp,
            format!(
                "record timestamps {}..{} lie outside what message.timestamp.before.max.ms and \
                 message.timestamp.after.max.ms allow at {now}",
                incoming.min_timestamp, incoming.max_timestamp
            ),
        ));
    }
    Ok(())
}

/// Applies what the broker sets itself: timestamps, maximum, and the codec when the topic has one.
fn stamp(
    header: &mut Header,
    incoming: &Incoming,
    rules: &TopicRules,
    now: i64,
) -> Result<Bytes, Refusal> {
    let before = *header;
    header.set_log_append_time(rules.log_append_time);
    header.max_timestamp = if rules.log_append_time { now } else { incoming.max_timestamp };
    let sent = header.codec().unwrap_or(Codec::None);
    let wanted = rules.codec.unwrap_or(sent);
    if !incoming.consecutive && sent != Codec::None {
        // A broker means to rebuild such a batch, and fails (seen with Apache Kafka 4.3.1).
        return Err(Refusal::new(
            Code::UnknownServerError,
            "the offset deltas of the compressed records are not 0, 1, 2 …",
        ));
    }
    if wanted == sent {
        let body = incoming.bytes.get(batch::HEADER_LEN..).unwrap_or_default();
        return Ok(if *header == before { incoming.bytes.clone() } else { header.seal(body) });
    }
    let internal = |_| Refusal::from(Code::CorruptMessage);
    let body = incoming.bytes.get(batch::HEADER_LEN..).unwrap_or_default();
    let section = sent.decompress(body).map_err(internal)?;
    header.set_codec(wanted);
    Ok(header.seal(&wanted.compress(&section).map_err(internal)?))
}

fn too_large(size: usize, max: u64) -> Refusal {
    Refusal::new(
        Code::MessageTooLarge,
        format!("the batch of {size} bytes exceeds max.message.bytes {max}"),
    )
}

#[cfg(test)]
mod tests;
