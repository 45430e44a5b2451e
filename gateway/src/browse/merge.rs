//! Reading backwards: windows of each partition, and the order of their records by time.
//!
//! Kafka reads forward only. What is newest is found by reading a window before the end of each partition, then the
//! window before it, each twice as large, since a filter may let little through. Records come out by time across
//! partitions; within a partition they always come out by offset.

use std::collections::VecDeque;

use drawbridge_shared::view::PartitionPosition;

/// Offsets of the largest window.
const MOST: i64 = 100_000;

/// A record that has a place in the order.
pub(super) trait Placed {
    /// Its offset.
    fn offset(&self) -> i64;
    /// Its time; the least of all if it has none.
    fn time(&self) -> i64;
}

/// Offsets of a partition that are to be read: from `low`, below `high`.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) struct Window {
    /// The partition.
    pub partition: i32,
    /// The first offset.
    pub low: i64,
    /// The offset after the last.
    pub high: i64,
}

#[derive(Debug)]
struct Track<T> {
    partition: i32,
    start: i64,
    /// All offsets from here on were read.
    read: i64,
    step: i64,
    /// Records that were read and not taken, newest first.
    buffer: VecDeque<T>,
}

/// The merge of a topic's partitions, newest first.
#[derive(Debug)]
pub(super) struct Backward<T> {
    tracks: Vec<Track<T>>,
}

impl<T: Placed> Backward<T> {
    /// Windows of `parts` with the first `low` that may be read; the windows begin with about `wanted` records
    /// of all partitions together.
    #[must_use]
    pub(super) fn new(parts: &[Window], wanted: u32) -> Self {
        let each = i64::from(wanted) * 2 / i64::try_from(parts.len().max(1)).unwrap_or(i64::MAX);
        let step = each.clamp(8, i64::from(wanted).max(8));
        let tracks = parts.iter().map(|part| Track {
            partition: part.partition,
            start: part.low,
            read: part.high.max(part.low),
            step,
            buffer: VecDeque::new(),
        });
        Self { tracks: tracks.collect() }
    }

    /// What has to be read before the next record is known; empty when nothing is left to be read.
    #[must_use]
    pub(super) fn windows(&self) -> Vec<Window> {
        let hungry = self.tracks.iter().filter(|track| track.is_hungry());
        hungry.map(|track| track.window()).collect()
    }

    /// Most records that are kept of a partition's window; the oldest are left out first.
    #[must_use]
    pub(super) fn room(&self, partition: i32) -> usize {
        let track = self.tracks.iter().find(|track| track.partition == partition);
        // A window with a filter is larger than what comes of it.
        track.map_or(0, |track| usize::try_from(track.step.min(2_000)).unwrap_or(0))
    }

    /// Takes in what was found in a window, oldest first. If older ones were left out, `complete` is false, and
    /// they are read again with the next window.
    pub(super) fn take(&mut self, window: Window, found: VecDeque<T>, complete: bool) {
        let Some(track) = self.tracks.iter_mut().find(|track| track.partition == window.partition)
        else {
            return;
        };
        track.read = match found.front() {
            Some(oldest) if !complete => oldest.offset(),
            _ => window.low,
        };
        track.step = (track.step * 2).min(MOST);
        track.buffer.extend(found.into_iter().rev());
    }

    /// The next record; none while windows have to be read, or when there is nothing left.
    pub(super) fn pop(&mut self) -> Option<T> {
        if self.tracks.iter().any(Track::is_hungry) {
            return None;
        }
        let newest = self
            .tracks
            .iter_mut()
            .filter_map(|track| Some((track.buffer.front()?.time(), track)))
            .max_by_key(|(time, track)| (*time, std::cmp::Reverse(track.partition)));
        newest.and_then(|(_, track)| track.buffer.pop_front())
    }

    /// Whether anything was not taken out or not read.
    #[must_use]
    pub(super) fn has_more(&self) -> bool {
        self.tracks.iter().any(|track| !track.buffer.is_empty() || track.read > track.start)
    }

    /// Where each partition stands: the offset after the newest that was not taken out.
    #[must_use]
    pub(super) fn positions(&self) -> Vec<PartitionPosition> {
        let at =
            |track: &Track<T>| track.buffer.front().map_or(track.read, |next| next.offset() + 1);
        self.tracks
            .iter()
            .map(|track| PartitionPosition { partition: track.partition, offset: at(track) })
            .collect()
    }

    /// Offsets that were not read yet.
    #[must_use]
    pub(super) fn remaining(&self) -> u64 {
        self.tracks.iter().map(|track| u64::try_from(track.read - track.start).unwrap_or(0)).sum()
    }
}

impl<T> Track<T> {
    fn is_hungry(&self) -> bool {
        self.buffer.is_empty() && self.read > self.start
    }

    fn window(&self) -> Window {
        let low = self.read.saturating_sub(self.step).max(self.start);
        Window { partition: self.partition, low, high: self.read }
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    #[derive(Debug, Clone, Copy, PartialEq, Eq)]
    struct Fake(i32, i64, i64);

    impl Placed for Fake {
        fn offset(&self) -> i64 {
            self.1
        }

        fn time(&self) -> i64 {
            self.2
        }
    }

    /// Logs with holes; times that mostly grow.
    fn logs() -> impl Strategy<Value = Vec<Vec<Fake>>> {
        let log = proptest::collection::vec(proptest::option::weighted(0.7, 0_i64..6), 0..120);
        proptest::collection::vec(log, 1..5).prop_map(|logs| {
            let of = |partition: usize, log: Vec<Option<i64>>| {
                let record = |(offset, jitter): (usize, Option<i64>)| {
                    let offset = i64::try_from(offset).ok()?;
                    Some(Fake(i32::try_from(partition).ok()?, offset, offset + jitter?))
                };
                log.into_iter().enumerate().filter_map(record).collect()
            };
            logs.into_iter().enumerate().map(|(at, log)| of(at, log)).collect()
        })
    }

    fn read_all(logs: &[Vec<Fake>], resume_every: usize, wanted: u32) -> Vec<Fake> {
        let mut parts: Vec<Window> = (0..)
            .zip(logs)
            .map(|(partition, log)| {
                let high = log.last().map_or(0, |last| last.1 + 3);
                Window { partition, low: 0, high }
            })
            .collect();
        let mut out = Vec::new();
        loop {
            let mut backward = Backward::new(&parts, wanted);
            let before = out.len();
            loop {
                while out.len() < before + resume_every
                    && let Some(record) = backward.pop()
                {
                    out.push(record);
                }
                let windows = backward.windows();
                if windows.is_empty() || out.len() == before + resume_every {
                    break;
                }
                for window in windows {
                    let log = &logs[usize::try_from(window.partition).unwrap()];
                    let inside = |r: &&Fake| (window.low..window.high).contains(&r.1);
                    let mut found: VecDeque<Fake> = log.iter().filter(inside).copied().collect();
                    let surplus = found.len().saturating_sub(backward.room(window.partition) / 2);
                    found.drain(..surplus);
                    backward.take(window, found, surplus == 0);
                }
            }
            if out.len() < before + resume_every {
                return out;
            }
            for (part, at) in parts.iter_mut().zip(backward.positions()) {
                part.high = at.offset;
            }
        }
    }

    proptest! {
        #[test]
        fn every_record_comes_once_and_a_partitions_in_order(
            logs in logs(), resume_every in 1_usize..200, wanted in 1_u32..50,
        ) {
            let out = read_all(&logs, resume_every, wanted);
            for (partition, log) in (0..).zip(&logs) {
                let of_it: Vec<Fake> = out.iter().filter(|r| r.0 == partition).copied().collect();
                let mut wanted = log.clone();
                wanted.reverse();
                prop_assert_eq!(of_it, wanted);
            }
        }

        #[test]
        fn times_that_grow_come_out_newest_first(mut logs in logs(), wanted in 1_u32..50) {
            for record in logs.iter_mut().flatten() {
                record.2 = record.1;
            }
            let times: Vec<i64> = read_all(&logs, usize::MAX / 2, wanted).iter().map(|r| r.2).collect();
            prop_assert!(times.is_sorted_by(|a, b| a >= b));
        }
    }
}
