//! Several consumers, each on a thread of its own, for one search: its windows are shared out among them.
//!
//! librdkafka hands records over one by one, which takes longer than to look at them, and one consumer takes apart
//! what it fetched on one thread. A partition is read by one consumer, so its records keep their order.

use std::{
    collections::BTreeMap,
    num::NonZero,
    sync::{
        atomic::{AtomicBool, Ordering},
        mpsc::{Receiver, RecvTimeoutError, SyncSender, sync_channel},
    },
    thread,
};

use drawbridge_shared::view::{RecordView, SearchProgress};
use rdkafka::message::{BorrowedMessage, Message};

use super::{Job, POLL, Scan, Stop, failed, looked_at};
use crate::browse::{
    filter::bounds,
    merge::Window,
    reader::{Polled, Reader},
    view::Look,
};

/// Consumers of one search at most.
const MOST: usize = 4;
/// Offsets that are worth a second consumer.
const MANY: i64 = 50_000;
/// Records after which a consumer says how far it is.
const STEP: u32 = 1_000;
/// Words that may wait to be taken.
const WAITING: usize = 64;

/// Where a search gets more consumers.
pub(in crate::browse) trait Spare: Sync {
    /// One that is connected. Blocks.
    ///
    /// # Errors
    /// Why there is none.
    fn take(&self) -> Result<Reader, String>;
    /// Gives one back. Blocks.
    fn give(&self, reader: Reader);
}

/// What is read.
pub(super) struct Orders<'a> {
    pub(super) windows: &'a [Window],
    /// A partition of which so many records were found is done.
    pub(super) each: Option<usize>,
}

/// What a consumer did with a partition since the last time.
pub(super) struct Haul {
    pub(super) partition: i32,
    /// The offset after the last that was looked at.
    pub(super) next: i64,
    /// The last that was looked at, if it is wanted.
    pub(super) found: Option<RecordView>,
    /// Counts of what was looked at.
    looked: SearchProgress,
    /// Whether nothing more will come of it.
    pub(super) is_done: bool,
}

enum Word {
    Haul(Box<Haul>),
    Trouble(String),
    Failed(String),
}

impl Scan<'_> {
    /// Reads windows to their ends. `take` gets each haul, and nothing from time to time; it may end the search.
    /// None when all windows were read.
    pub(super) fn read(
        &mut self,
        orders: &Orders<'_>,
        take: impl FnMut(&mut Self, Option<Haul>) -> Option<Stop>,
    ) -> Option<Stop> {
        // Nobody was asked for anything until now.
        self.hear();
        let (job, look, first, spare) = (self.job, self.look, self.reader, self.spare);
        let (is_over, each) = (&AtomicBool::new(false), orders.each);
        thread::scope(|scope| {
            let (words, heard) = sync_channel(WAITING);
            for (number, places) in shares(orders, job.query.live).into_iter().enumerate() {
                let words = words.clone();
                let work = move || {
                    let hand = |reader: &Reader| {
                        let hand = Hand { job, look, reader, each, words: &words, is_over };
                        hand.work(places);
                    };
                    if number == 0 {
                        return hand(first);
                    }
                    match spare.take() {
                        Ok(reader) => {
                            hand(&reader);
                            spare.give(reader);
                        }
                        Err(problem) => drop(words.send(Word::Failed(problem))),
                    }
                };
                let named = bounds::thread("browse");
                if let Err(error) = named.spawn_scoped(scope, work) {
                    is_over.store(true, Ordering::Relaxed);
                    return Some(failed(&format!("no thread for a search: {error}")));
                }
            }
            drop(words);
            let stop = self.listen(&heard, orders.windows.len(), take);
            // Those who wait for room are let go by the end of the receiver.
            is_over.store(true, Ordering::Relaxed);
            drop(heard);
            stop
        })
    }

    fn listen(
        &mut self,
        heard: &Receiver<Word>,
        mut n_open: usize,
        mut take: impl FnMut(&mut Self, Option<Haul>) -> Option<Stop>,
    ) -> Option<Stop> {
        while n_open > 0 {
            let stop = match heard.recv_timeout(POLL) {
                Ok(Word::Haul(haul)) => {
                    self.hear();
                    self.count(&haul.looked);
                    n_open -= usize::from(haul.is_done);
                    take(self, Some(*haul))
                }
                Ok(Word::Trouble(words)) => self.silence(Some(&words)),
                Ok(Word::Failed(words)) => Some(failed(&words)),
                Err(RecvTimeoutError::Timeout) => self.silence(None).or_else(|| take(self, None)),
                Err(RecvTimeoutError::Disconnected) => {
                    Some(failed("a thread of the search has ended"))
                }
            };
            if let Some(stop) = stop.or_else(|| self.stop()) {
                return Some(stop);
            }
        }
        None
    }
}

/// Where a consumer stands in a partition.
struct Place {
    next: i64,
    until: i64,
    n_found: usize,
}

type Places = BTreeMap<i32, Place>;

/// Windows for each consumer: about as many offsets for each.
fn shares(orders: &Orders<'_>, is_live: bool) -> Vec<Places> {
    let size = |window: &Window| window.high.saturating_sub(window.low);
    let all = orders.windows.iter().map(size).fold(0, i64::saturating_add);
    let is_short = is_live || orders.each.is_some() || all < MANY;
    let n = if is_short { 1 } else { thread::available_parallelism().map_or(1, NonZero::get) };
    let n = n.min(MOST).min(orders.windows.len()).max(1);
    let mut windows: Vec<&Window> = orders.windows.iter().collect();
    windows.sort_by_key(|window| std::cmp::Reverse(size(window)));
    let mut shares: Vec<(i64, Places)> = (0..n).map(|_| (0, Places::new())).collect();
    for window in windows {
        let Some((sum, places)) = shares.iter_mut().min_by_key(|(sum, _)| *sum) else { break };
        *sum = sum.saturating_add(size(window));
        let place = Place { next: window.low, until: window.high, n_found: 0 };
        places.insert(window.partition, place);
    }
    shares.into_iter().map(|(_, places)| places).collect()
}

/// One consumer at work.
struct Hand<'a> {
    job: &'a Job,
    look: Look,
    reader: &'a Reader,
    each: Option<usize>,
    words: &'a SyncSender<Word>,
    is_over: &'a AtomicBool,
}

/// What was looked at and not told yet.
#[derive(Default)]
struct Untold {
    partition: i32,
    next: i64,
    n: u32,
    looked: SearchProgress,
}

impl Hand<'_> {
    fn work(&self, mut places: Places) {
        let topic = self.job.query.topic.as_str();
        let from: Vec<(i32, i64)> = places.iter().map(|(at, place)| (*at, place.next)).collect();
        if let Err(problem) = self.reader.assign(topic, &from) {
            self.say(Word::Failed(problem));
            return;
        }
        let mut untold = Untold::default();
        while !places.is_empty() && !self.is_over.load(Ordering::Relaxed) {
            let is_heard = match self.reader.poll(POLL) {
                Polled::Record(message) => self.look_at(&message, &mut places, &mut untold),
                Polled::End(partition) => self.end(partition, &mut places, &mut untold),
                Polled::Nothing => self.tell(&mut untold, None, false),
                Polled::Trouble(words) => {
                    self.tell(&mut untold, None, false) && self.say(Word::Trouble(words))
                }
                Polled::Failed(words) => {
                    self.tell(&mut untold, None, false) && self.say(Word::Failed(words))
                }
            };
            if !is_heard {
                return;
            }
        }
    }

    /// Whether somebody still listens.
    fn say(&self, word: Word) -> bool {
        self.words.send(word).is_ok()
    }

    fn look_at(
        &self,
        message: &BorrowedMessage<'_>,
        places: &mut Places,
        untold: &mut Untold,
    ) -> bool {
        let (partition, offset) = (message.partition(), message.offset());
        let Some(place) = places.get_mut(&partition).filter(|place| offset >= place.next) else {
            return true;
        };
        if untold.partition != partition && !self.tell(untold, None, false) {
            return false;
        }
        let mut found = None;
        if offset >= place.until {
            place.next = place.until;
        } else {
            place.next = offset + 1;
            if looked_at(self.job, message, &mut untold.looked) {
                found = Some(self.look.show(message, &self.job.decoder, &self.job.paths));
                place.n_found += 1;
            }
        }
        (untold.partition, untold.next, untold.n) = (partition, place.next, untold.n + 1);
        let has_enough = self.each.is_some_and(|each| place.n_found >= each);
        let is_done = place.next >= place.until || has_enough;
        if is_done {
            places.remove(&partition);
            self.reader.leave(self.job.query.topic.as_str(), partition);
        }
        if found.is_some() || is_done || untold.n >= STEP {
            return self.tell(untold, found, is_done);
        }
        true
    }

    /// A partition has no more to read now; a live search waits on.
    fn end(&self, partition: i32, places: &mut Places, untold: &mut Untold) -> bool {
        if !self.tell(untold, None, false) {
            return false;
        }
        match places.get(&partition) {
            Some(place) if place.until < i64::MAX => {
                (untold.partition, untold.next, untold.n) = (partition, place.until, 1);
                places.remove(&partition);
                self.tell(untold, None, true)
            }
            _ => true,
        }
    }

    fn tell(&self, untold: &mut Untold, found: Option<RecordView>, is_done: bool) -> bool {
        if untold.n == 0 {
            return true;
        }
        let Untold { partition, next, looked, .. } = std::mem::take(untold);
        self.say(Word::Haul(Box::new(Haul { partition, next, found, looked, is_done })))
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    proptest! {
        #[test]
        fn every_window_is_one_consumers_and_none_is_left_out(
            sizes in prop::collection::vec(0_i64..200_000, 1..20),
        ) {
            let window = |(partition, size): (i32, &i64)| Window { partition, low: 7, high: 7 + size };
            let windows: Vec<Window> = (0..).zip(&sizes).map(window).collect();
            let shares = shares(&Orders { windows: &windows, each: None }, false);
            let mut read: Vec<(i32, i64, i64)> = shares
                .iter()
                .flat_map(|places| places.iter().map(|(at, place)| (*at, place.next, place.until)))
                .collect();
            read.sort_unstable();
            let wanted: Vec<_> = windows.iter().map(|w| (w.partition, w.low, w.high)).collect();
            prop_assert_eq!(read, wanted);
        }
    }
}
