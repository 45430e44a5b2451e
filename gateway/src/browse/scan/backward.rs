//! Backward: newest first, by windows.

use std::collections::{BTreeMap, VecDeque};

use drawbridge_shared::view::{RecordView, SearchEnd};
use rdkafka::message::Message;

use super::{POLL, Scan, Stop, failed};
use crate::browse::{
    merge::{Backward, Window},
    reader::Polled,
};

struct Read {
    window: Window,
    found: VecDeque<RecordView>,
    room: usize,
    /// Whether all that was found is there.
    is_complete: bool,
    is_done: bool,
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
        if let Err(problem) = self.reader.assign_windows(self.topic(), windows) {
            return Some(failed(&problem));
        }
        let reader = self.reader;
        let mut n_open = windows.len();
        let mut reads: BTreeMap<i32, Read> = windows
            .iter()
            .map(|window| {
                let room = merge.room(window.partition).max(1);
                let found = VecDeque::new();
                let window = *window;
                (window.partition, Read { window, found, room, is_complete: true, is_done: false })
            })
            .collect();
        while n_open > 0 {
            let ended = match reader.poll(POLL) {
                Polled::Record(message) => {
                    self.hear();
                    let offset = message.offset();
                    let Some(read) = reads.get_mut(&message.partition()) else { continue };
                    if read.is_done || offset < read.window.low {
                        continue;
                    }
                    if offset < read.window.high && self.wants(&message) {
                        read.found.push_back(self.look.show(
                            &message,
                            &self.job.decoder,
                            &self.job.paths,
                        ));
                        if read.found.len() > read.room {
                            read.found.pop_front();
                            read.is_complete = false;
                        }
                    }
                    (offset + 1 >= read.window.high).then_some(message.partition())
                }
                Polled::End(partition) => {
                    self.hear();
                    Some(partition)
                }
                Polled::Failed(words) => return Some(failed(&words)),
                Polled::Nothing => {
                    if let Some(stop) = self.silence(None) {
                        return Some(stop);
                    }
                    None
                }
                Polled::Trouble(words) => {
                    if let Some(stop) = self.silence(Some(&words)) {
                        return Some(stop);
                    }
                    None
                }
            };
            if let Some(read) = ended.and_then(|partition| reads.get_mut(&partition))
                && !read.is_done
            {
                read.is_done = true;
                n_open -= 1;
                reader.leave(self.topic(), read.window.partition);
            }
            if let Some(stop) = self.stop() {
                return Some(stop);
            }
            self.flush(|| (merge.positions(), Some(merge.remaining())));
        }
        for read in reads.into_values() {
            merge.take(read.window, read.found, read.is_complete);
        }
        None
    }
}
