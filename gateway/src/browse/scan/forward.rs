//! Forward: from where a query starts, as Kafka reads.

use std::collections::{BTreeMap, VecDeque};

use drawbridge_shared::view::{MAX_HELD, PartitionPosition, RecordView, SearchEnd};

use super::{Scan, Stop, crew::Orders, distance};
use crate::browse::merge::Window;

struct Part {
    next: i64,
    until: i64,
    /// There was nothing to read from the beginning.
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
        let is_live = parts.is_live;
        let open = parts.of.iter().filter(|(_, part)| !part.is_done);
        let windows: Vec<Window> = open
            .map(|(partition, part)| Window {
                partition: *partition,
                low: part.next,
                high: if is_live { i64::MAX } else { part.until },
            })
            .collect();
        let orders = Orders { windows: &windows, each: hold };
        let stop = self.read(&orders, |scan, haul| {
            if let Some(haul) = haul
                && let Some(part) = parts.of.get_mut(&haul.partition)
            {
                part.next = haul.next;
                match (haul.found, hold) {
                    (Some(record), Some(_)) => part.held.push_back(record),
                    (Some(record), None) => scan.put(record),
                    (None, _) => {}
                }
                if scan.is_shown() {
                    return Some(Stop::End(SearchEnd::Limit));
                }
            }
            scan.flush(|| parts.at());
            None
        });
        stop.unwrap_or(Stop::End(SearchEnd::Complete))
    }
}
