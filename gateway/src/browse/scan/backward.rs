//! Backward: newest first, by windows.

use std::collections::{BTreeMap, VecDeque};

use drawbridge_shared::view::{RecordView, SearchEnd};

use super::{Scan, Stop, crew::Orders};
use crate::browse::merge::{Backward, Window};

struct Read {
    window: Window,
    found: VecDeque<RecordView>,
    room: usize,
    /// Whether all that was found is there.
    is_complete: bool,
}

impl Scan<'_> {
    pub(super) fn backward(&mut self) {
        let bounds = self.job.bounds.iter();
        let parts: Vec<Window> = bounds
            .map(|part| Window { partition: part.partition, low: part.from, high: part.until })
            .collect();
        let mut merge = Backward::new(&parts, self.job.query.limit);
        let end = loop {
            while !self.is_shown()
                && let Some(record) = merge.pop()
            {
                self.put(record);
                if self.is_full() {
                    self.flush(|| (merge.positions(), Some(merge.remaining())));
                }
            }
            let windows = merge.windows();
            let is_over = windows.is_empty();
            if self.is_shown() {
                break if merge.has_more() { SearchEnd::Limit } else { SearchEnd::Complete };
            }
            if is_over {
                break SearchEnd::Complete;
            }
            self.flush(|| (merge.positions(), Some(merge.remaining())));
            match self.round(&windows, &mut merge) {
                None => {}
                Some(Stop::End(end)) => break end,
                Some(Stop::Gone) => return,
            }
        };
        self.end((merge.positions(), Some(merge.remaining())), end);
    }

    /// Reads windows; what a round that is broken off found is read again when the search is continued.
    fn round(&mut self, windows: &[Window], merge: &mut Backward<RecordView>) -> Option<Stop> {
        let mut reads: BTreeMap<i32, Read> = windows
            .iter()
            .map(|window| {
                let room = merge.room(window.partition).max(1);
                let found = VecDeque::new();
                (window.partition, Read { window: *window, found, room, is_complete: true })
            })
            .collect();
        let stop = self.read(&Orders { windows, each: None }, |scan, haul| {
            if let Some(haul) = haul
                && let Some(record) = haul.found
                && let Some(read) = reads.get_mut(&haul.partition)
            {
                read.found.push_back(record);
                if read.found.len() > read.room {
                    read.found.pop_front();
                    read.is_complete = false;
                }
            }
            scan.flush(|| (merge.positions(), Some(merge.remaining())));
            None
        });
        if stop.is_none() {
            for read in reads.into_values() {
                merge.take(read.window, read.found, read.is_complete);
            }
        }
        stop
    }
}
