//! The session's buffer: each row that a search found, up to a million of them, in the order they came.
//!
//! Of all rows the buffer knows where they are and when they were made, in 24 bytes each; whole it keeps the newest,
//! and those that were read again because somebody looked at them.

use std::collections::{BTreeMap, VecDeque};
use std::ops::Range;
use std::sync::Arc;

use drawbridge_shared::view::{PartitionPosition, RecordView, RecordsChunk, TroubleView};

use super::{Found, Totals};

/// Rows at most.
pub const MOST: usize = 1_000_000;

/// How much a buffer keeps.
#[derive(Debug, Clone, Copy)]
struct Bounds {
    /// Rows; those that came first are dropped.
    rows: usize,
    /// Rows that are kept whole, the newest; some more, since a part goes as a whole.
    whole: usize,
    /// Bytes of their text.
    bytes: usize,
    /// Rows that were read again.
    again: usize,
}

const BOUNDS: Bounds = Bounds { rows: MOST, whole: 20_000, bytes: 64 << 20, again: 2_000 };

/// Where a row's record is.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Place {
    /// Its partition.
    pub partition: i32,
    /// Whether its key or value could not be decoded.
    is_troubled: bool,
    /// Its offset.
    pub offset: i64,
    /// Its time; the least number for none.
    time: i64,
}

impl Place {
    fn of(record: &RecordView) -> Self {
        Self {
            partition: record.partition,
            is_troubled: trouble(record).is_some(),
            offset: record.offset,
            time: record.timestamp_ms.unwrap_or(i64::MIN),
        }
    }

    /// Its time, if it has one.
    #[must_use]
    pub const fn timestamp_ms(self) -> Option<i64> {
        if self.time == i64::MIN { None } else { Some(self.time) }
    }

    /// The place as requests name it.
    #[must_use]
    pub const fn position(self) -> PartitionPosition {
        PartitionPosition { partition: self.partition, offset: self.offset }
    }
}

/// What is known of a row beside its place.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Preview {
    /// All that a list shows.
    Whole(Arc<RecordView>),
    /// It was let go, and can be read again.
    Away,
    /// It is not in the topic any more.
    Gone,
    /// Another record is at its place now.
    Replaced,
}

#[derive(Debug)]
struct Part {
    first: u64,
    chunk: Arc<RecordsChunk>,
    bytes: usize,
}

/// The rows of a search, all its runs together. Rows have numbers, from 0 on, in the order they came.
#[derive(Debug)]
pub struct Buffer {
    bounds: Bounds,
    rows: VecDeque<Place>,
    first: u64,
    dropped: u64,
    whole: VecDeque<Part>,
    n_whole: usize,
    whole_bytes: usize,
    again: BTreeMap<u64, Preview>,
    again_order: VecDeque<u64>,
    last: Option<Arc<RecordsChunk>>,
    n_troubled: usize,
    trouble: Option<TroubleView>,
    run: Run,
    before: Totals,
    skipped_before: u64,
}

/// What was taken of the run under way.
#[derive(Debug, Default)]
struct Run {
    number: u32,
    n_parts: u64,
    n_rows: u64,
    totals: Totals,
    skipped: u64,
}

impl Default for Buffer {
    fn default() -> Self {
        Self::bounded(BOUNDS)
    }
}

impl Buffer {
    fn bounded(bounds: Bounds) -> Self {
        Self {
            bounds,
            rows: VecDeque::new(),
            first: 0,
            dropped: 0,
            whole: VecDeque::new(),
            n_whole: 0,
            whole_bytes: 0,
            again: BTreeMap::new(),
            again_order: VecDeque::new(),
            last: None,
            n_troubled: 0,
            trouble: None,
            run: Run::default(),
            before: Totals::default(),
            skipped_before: 0,
        }
    }

    /// The search goes on where it stands: the number of its next run.
    pub fn begin_run(&mut self) -> u32 {
        self.before = self.totals();
        self.skipped_before = self.skipped();
        self.run = Run { number: self.run.number + 1, ..Run::default() };
        self.run.number
    }

    /// Takes what a run found and was not taken yet.
    pub fn take(&mut self, run: u32, found: &Found) {
        if run != self.run.number {
            return;
        }
        self.run.totals = found.totals();
        self.run.skipped = found.skipped;
        if let Some(last) = &found.last {
            self.last = Some(Arc::clone(last));
        }
        if self.run.n_parts < found.n_dropped {
            // They were let go before they were taken.
            self.dropped += found.dropped.saturating_sub(self.run.n_rows);
            (self.run.n_parts, self.run.n_rows) = (found.n_dropped, found.dropped);
        }
        let taken = usize::try_from(self.run.n_parts - found.n_dropped).unwrap_or(usize::MAX);
        for part in found.parts.iter().skip(taken) {
            self.run.n_parts += 1;
            self.run.n_rows += part.records.len() as u64;
            self.push(part);
        }
    }

    fn push(&mut self, chunk: &Arc<RecordsChunk>) {
        let first = self.end();
        for record in &chunk.records {
            let place = Place::of(record);
            if place.is_troubled {
                self.n_troubled += 1;
                self.trouble = trouble(record);
            }
            self.rows.push_back(place);
        }
        let bytes = chunk.records.iter().map(cost).sum();
        self.n_whole += chunk.records.len();
        self.whole_bytes += bytes;
        self.whole.push_back(Part { first, chunk: Arc::clone(chunk), bytes });
        while let Some(part) = self.whole.front() {
            let (n, bytes) = (part.chunk.records.len(), part.bytes);
            let is_enough = self.n_whole - n >= self.bounds.whole;
            let is_much = self.whole_bytes > self.bounds.bytes && self.whole.len() > 1;
            if !is_enough && !is_much {
                break;
            }
            self.n_whole -= n;
            self.whole_bytes -= bytes;
            self.whole.pop_front();
        }
        self.drop_surplus();
    }

    fn drop_surplus(&mut self) {
        let surplus = self.rows.len().saturating_sub(self.bounds.rows);
        let troubled = self.rows.drain(..surplus).filter(|place| place.is_troubled).count();
        self.n_troubled -= troubled;
        self.first += surplus as u64;
        self.dropped += surplus as u64;
        self.again = self.again.split_off(&self.first);
    }

    /// Takes in what came of reading a row again; none if there is no record any more.
    pub fn put_again(&mut self, number: u64, record: Option<RecordView>) {
        let Some(place) = self.place(number) else { return };
        let preview = match record {
            None => Preview::Gone,
            Some(record)
                if Place { is_troubled: place.is_troubled, ..Place::of(&record) } != place =>
            {
                Preview::Replaced
            }
            Some(record) => Preview::Whole(Arc::new(record)),
        };
        if self.again.insert(number, preview).is_none() {
            self.again_order.push_back(number);
        }
        while self.again_order.len() > self.bounds.again {
            if let Some(oldest) = self.again_order.pop_front() {
                self.again.remove(&oldest);
            }
        }
    }

    /// What is known of a row.
    #[must_use]
    pub fn preview(&self, number: u64) -> Preview {
        let at = self.whole.partition_point(|part| part.first <= number);
        let part = at.checked_sub(1).and_then(|at| self.whole.get(at));
        let kept = part
            .and_then(|part| part.chunk.records.get(usize::try_from(number - part.first).ok()?));
        match kept {
            Some(record) if number >= self.first => Preview::Whole(Arc::new(record.clone())),
            _ => self.again.get(&number).cloned().unwrap_or(Preview::Away),
        }
    }

    /// Where a row's record is; none if the row was dropped.
    #[must_use]
    pub fn place(&self, number: u64) -> Option<Place> {
        self.rows.get(usize::try_from(number.checked_sub(self.first)?).ok()?).copied()
    }

    /// The order of the rows in a list.
    #[must_use]
    pub fn order(&self, newest_first: bool) -> Order {
        Order { first: self.first, len: self.rows.len(), newest_first }
    }

    /// How many rows there are.
    #[must_use]
    pub fn len(&self) -> usize {
        self.rows.len()
    }

    /// Whether there are none.
    #[must_use]
    pub fn is_empty(&self) -> bool {
        self.rows.is_empty()
    }

    fn end(&self) -> u64 {
        self.first + self.rows.len() as u64
    }

    /// Rows that were dropped.
    #[must_use]
    pub const fn dropped(&self) -> u64 {
        self.dropped
    }

    /// Records that the gateway passed over because this page was slow.
    #[must_use]
    pub const fn skipped(&self) -> u64 {
        self.skipped_before + self.run.skipped
    }

    /// What the search did altogether.
    #[must_use]
    pub const fn totals(&self) -> Totals {
        self.before.plus(self.run.totals)
    }

    /// The newest part: how far the search is, and whether it ended.
    #[must_use]
    pub const fn last(&self) -> Option<&Arc<RecordsChunk>> {
        self.last.as_ref()
    }

    /// How many rows have a key or value that could not be decoded, and why the last of them.
    #[must_use]
    pub fn trouble(&self) -> Option<(usize, TroubleView)> {
        let trouble = self.trouble.clone().filter(|_| self.n_troubled > 0)?;
        Some((self.n_troubled, trouble))
    }
}

fn trouble(record: &RecordView) -> Option<TroubleView> {
    let parts = [record.value.as_ref(), record.key.as_ref()];
    parts.into_iter().flatten().find_map(|part| part.trouble.clone())
}

/// About how many bytes a record takes.
fn cost(record: &RecordView) -> usize {
    let payloads = record.key.iter().chain(&record.value).map(|part| part.text.len() + 160);
    let headers = record.headers.iter().map(|header| {
        header.name.len() + header.value.as_ref().map_or(0, |value| value.text.len()) + 200
    });
    let picked = record.picked.iter().flatten().map(|text| text.len() + 24);
    200 + payloads.chain(headers).chain(picked).sum::<usize>()
}

/// Which row is where in a list.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Order {
    first: u64,
    /// How many rows there are.
    pub len: usize,
    newest_first: bool,
}

impl Order {
    /// The numbers of the rows in a range of the list.
    #[must_use]
    pub fn numbers(self, range: Range<usize>) -> Vec<u64> {
        let number = |at: usize| {
            let at = if self.newest_first { self.len - 1 - at } else { at };
            self.first + at as u64
        };
        (range.start..range.end.min(self.len)).map(number).collect()
    }

    /// Where a row is in the list.
    #[must_use]
    pub fn position(self, number: u64) -> Option<usize> {
        let at = usize::try_from(number.checked_sub(self.first)?).ok()?;
        let at = if at < self.len { at } else { return None };
        Some(if self.newest_first { self.len - 1 - at } else { at })
    }
}

#[cfg(test)]
mod tests;
