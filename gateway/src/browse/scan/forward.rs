//! Forward: from where a query starts, as Kafka reads.

use std::collections::{BTreeMap, VecDeque};

use drawbridge_shared::view::{MAX_HELD, PartitionPosition, RecordView, SearchEnd};
use rdkafka::message::Message;

use super::{POLL, Scan, Stop, distance, failed};
use crate::browse::reader::Polled;

struct Part {
    next: i64,
    until: i64,
    is_done: bool,
    /// Held until all partitions have as many as are wanted.
    held: VecDeque<RecordView>,
}

struct Parts {
    of: BTreeMap<i32, Part>,
    is_live: bool,
}

impl Parts {
    fn at(&self) -> (Vec<PartitionPosition>, Option<u64>) {
        let position = |(partition, part): (&i32, &Part)| PartitionPosition {
            partition: *partition,
            offset: part.held.front().map_or(part.next, |record| record.offset),
        };
        let left = self.of.values().map(|part| distance(part.next, part.until)).sum();
        (self.of.iter().map(position).collect(), (!self.is_live).then_some(left))
    }

    fn are_done(&self) -> bool {
        !self.is_live && self.of.values().all(|part| part.is_done)
    }

    fn is_held(&self) -> bool {
        self.of.values().any(|part| !part.held.is_empty() || part.next < part.until)
    }

    /// The oldest record that is held.
    fn oldest(&mut self) -> Option<RecordView> {
        let heads = self.of.values_mut().filter(|part| !part.held.is_empty());
        heads
            .min_by_key(|part| part.held.front().map(|record| record.timestamp_ms))?
            .held
            .pop_front()
    }
}

impl Scan<'_> {
    pub(super) fn forward(&mut self) {
        let is_live = self.job.query.live;
        let bounds = &self.job.bounds;
        let parts = bounds.iter().map(|part| {
            let is_done = !is_live && part.from >= part.until;
            let held = VecDeque::new();
            (part.partition, Part { next: part.from, until: part.until, is_done, held })
        });
        let mut parts = Parts { of: parts.collect(), is_live };
        let wanted = usize::try_from(self.job.query.limit).unwrap_or(usize::MAX);
        let held = wanted.saturating_mul(parts.of.len());
        let has_room = u32::try_from(held).is_ok_and(|held| held <= MAX_HELD);
        let is_by_time = !is_live && !self.job.filter.is_some() && has_room;
        let stop = self.read_forward(&mut parts, is_by_time.then_some(wanted));
        let Stop::End(mut end) = stop else { return };
        if is_by_time {
            while !self.is_shown()
                && let Some(record) = parts.oldest()
            {
                self.put(record);
                if self.is_full() {
                    self.flush(|| parts.at());
                }
            }
            if end == SearchEnd::Complete && parts.is_held() {
                end = SearchEnd::Limit;
            }
        }
        self.end(parts.at(), end);
    }

    fn read_forward(&mut self, parts: &mut Parts, hold: Option<usize>) -> Stop {
        let open = parts.of.iter().filter(|(_, part)| !part.is_done);
        let from: Vec<(i32, i64)> = open.map(|(partition, part)| (*partition, part.next)).collect();
        if !from.is_empty()
            && let Err(problem) = self.reader.assign(self.topic(), &from)
        {
            return failed(&problem);
        }
        let reader = self.reader;
        loop {
            if parts.are_done() {
                return Stop::End(SearchEnd::Complete);
            }
            match reader.poll(POLL) {
                Polled::Record(message) => {
                    self.hear();
                    let (partition, offset) = (message.partition(), message.offset());
                    let Some(part) = parts.of.get_mut(&partition) else { continue };
                    if part.is_done || offset < part.next {
                        continue;
                    }
                    if !parts.is_live && offset >= part.until {
                        part.next = part.until;
                    } else {
                        part.next = offset + 1;
                        if self.wants(&message) {
                            let record =
                                self.look.show(&message, &self.job.decoder, &self.job.paths);
                            match hold {
                                Some(_) => part.held.push_back(record),
                                None => self.put(record),
                            }
                        }
                    }
                    let has_enough = hold.is_some_and(|wanted| part.held.len() >= wanted);
                    if !parts.is_live && (part.next >= part.until || has_enough) {
                        part.is_done = true;
                        reader.leave(self.topic(), partition);
                    }
                    if self.is_shown() {
                        return Stop::End(SearchEnd::Limit);
                    }
                }
                Polled::End(partition) => {
                    self.hear();
                    if let Some(part) = parts.of.get_mut(&partition)
                        && !parts.is_live
                    {
                        part.next = part.next.max(part.until);
                        part.is_done = true;
                    }
                }
                Polled::Nothing => {
                    if let Some(stop) = self.silence(None) {
                        return stop;
                    }
                }
                Polled::Trouble(words) => {
                    if let Some(stop) = self.silence(Some(&words)) {
                        return stop;
                    }
                }
                Polled::Failed(words) => return failed(&words),
            }
            if let Some(stop) = self.stop() {
                return stop;
            }
            self.flush(|| parts.at());
        }
    }
}
