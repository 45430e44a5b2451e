//! A search at work, on a thread of its own.

mod backward;
mod crew;
mod forward;

use std::{
    collections::VecDeque,
    time::{Duration, Instant},
};

use drawbridge_shared::view::{
    FilterErrorView, PartitionPosition, RecordQuery, RecordView, RecordsChunk, SearchEnd,
    SearchProgress,
};
use rdkafka::message::{BorrowedMessage, Headers, Message};

use super::{
    decode::Decoder,
    filter::{Filter, Raw},
    outlet::Outlet,
    paths::Paths,
    reader::Reader,
    view::{Look, cost, time},
};

pub(super) use crew::Spare;

/// Records of a part at most.
const PART: usize = 500;
/// Bytes of text of a part at most.
const PART_BYTES: usize = 256 * 1024;
/// Matches are sent at the latest after this, so that the first is seen at once.
const SOON: Duration = Duration::from_millis(25);
/// Progress is told this often while nothing is found.
const PROGRESS: Duration = Duration::from_millis(250);
/// How long one poll may wait: so long it takes until a search that nobody follows ends.
const POLL: Duration = Duration::from_millis(25);
/// A search that gets nothing from the brokers for so long has failed.
const PATIENCE: Duration = Duration::from_secs(30);

/// What a partition's search goes through.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) struct Bounds {
    pub(super) partition: i32,
    /// The first offset.
    pub(super) from: i64,
    /// The offset after the last; a live search goes on behind it.
    pub(super) until: i64,
}

/// A search that is ready to run.
pub(super) struct Job {
    pub(super) query: RecordQuery,
    pub(super) filter: Filter,
    pub(super) decoder: Decoder,
    pub(super) paths: Paths,
    pub(super) bounds: Vec<Bounds>,
    pub(super) is_backward: bool,
    /// Times that count, both included.
    pub(super) times: Option<(i64, i64)>,
    /// Bytes it may read.
    pub(super) budget: u64,
}

/// Why a search stops.
pub(super) enum Stop {
    End(SearchEnd),
    /// Nobody is there any more.
    Gone,
}

/// Runs a search to its end, with `reader` and, if it is long, with some of `spare`.
pub(super) fn run(job: &Job, reader: &Reader, spare: &dyn Spare, outlet: &Outlet) {
    let now = Instant::now();
    let mut scan = Scan {
        job,
        reader,
        spare,
        outlet,
        look: Look::of(&job.query),
        started: now,
        heard: now,
        sent: now,
        progress: SearchProgress::default(),
        batch: VecDeque::new(),
        batch_bytes: 0,
        skipped: 0,
        n_shown: 0,
    };
    if job.is_backward {
        scan.backward();
    } else {
        scan.forward();
    }
    outlet.finish();
}

struct Scan<'a> {
    job: &'a Job,
    reader: &'a Reader,
    spare: &'a dyn Spare,
    outlet: &'a Outlet,
    look: Look,
    started: Instant,
    heard: Instant,
    sent: Instant,
    progress: SearchProgress,
    batch: VecDeque<RecordView>,
    batch_bytes: usize,
    skipped: u64,
    n_shown: u32,
}

impl Scan<'_> {
    /// Adds what was looked at.
    fn count(&mut self, looked: &SearchProgress) {
        let sum = &mut self.progress;
        sum.scanned += looked.scanned;
        sum.bytes += looked.bytes;
        sum.reached_ms = looked.reached_ms.or(sum.reached_ms);
        sum.filter_errors += looked.filter_errors;
        if sum.filter_error.is_none() {
            sum.filter_error.clone_from(&looked.filter_error);
        }
    }

    /// Puts a record into the next part. A live search leaves the oldest out when the part is full.
    fn put(&mut self, record: RecordView) {
        self.n_shown += 1;
        self.progress.matched += 1;
        self.batch_bytes += cost(&record);
        self.batch.push_back(record);
        while self.job.query.live
            && (self.batch.len() > PART || self.batch_bytes > PART_BYTES)
            && self.batch.len() > 1
        {
            let dropped = self.batch.pop_front();
            self.batch_bytes -= dropped.as_ref().map_or(0, cost).min(self.batch_bytes);
            self.skipped += 1;
        }
    }

    fn is_full(&self) -> bool {
        self.batch.len() >= PART || self.batch_bytes >= PART_BYTES
    }

    fn is_shown(&self) -> bool {
        !self.job.query.live && self.n_shown >= self.job.query.limit
    }

    /// Sends what is due.
    fn flush(&mut self, at: impl FnOnce() -> (Vec<PartitionPosition>, Option<u64>)) {
        let since = self.sent.elapsed();
        // A live search shows a page what it can look at, and no more often.
        let soon = if self.job.query.live { PROGRESS } else { SOON };
        let is_due = since >= PROGRESS || (since >= soon && !self.batch.is_empty());
        let must = !self.job.query.live && self.is_full();
        if must && let Some(permit) = self.outlet.permit() {
            // Whoever follows the search may have let it wait: that is no silence of the brokers.
            self.hear();
            self.send(at(), None, permit);
        } else if (must || is_due)
            && let Some(permit) = self.outlet.try_permit()
        {
            self.send(at(), None, permit);
        }
    }

    /// Sends the last part.
    fn end(&mut self, at: (Vec<PartitionPosition>, Option<u64>), end: SearchEnd) {
        if let Some(permit) = self.outlet.permit() {
            self.send(at, Some(end), permit);
        }
    }

    fn send(
        &mut self,
        (positions, remaining): (Vec<PartitionPosition>, Option<u64>),
        end: Option<SearchEnd>,
        permit: tokio::sync::OwnedSemaphorePermit,
    ) {
        self.sent = Instant::now();
        self.batch_bytes = 0;
        let elapsed_ms = self.started.elapsed().as_millis().try_into().unwrap_or(u64::MAX);
        let part = RecordsChunk {
            records: std::mem::take(&mut self.batch).into(),
            progress: SearchProgress { elapsed_ms, remaining, ..self.progress.clone() },
            skipped: std::mem::take(&mut self.skipped),
            positions,
            end,
        };
        self.outlet.send(part, permit);
    }

    /// Whether the search has to stop whatever comes.
    fn stop(&self) -> Option<Stop> {
        if self.outlet.is_gone() {
            return Some(Stop::Gone);
        }
        (!self.job.query.live && self.progress.bytes >= self.job.budget)
            .then_some(Stop::End(SearchEnd::Budget))
    }

    /// Something from the brokers came.
    fn hear(&mut self) {
        self.heard = Instant::now();
    }

    /// Nothing came; whether that was so for too long.
    fn silence(&self, trouble: Option<&str>) -> Option<Stop> {
        let is_dead = !self.job.query.live && self.heard.elapsed() >= PATIENCE;
        is_dead.then(|| {
            let seconds = PATIENCE.as_secs();
            let why = trouble.map_or_else(String::new, |words| format!(": {words}"));
            failed(&format!("the brokers sent nothing for {seconds} s{why}"))
        })
    }
}

/// Counts a record and says whether it is wanted.
fn looked_at(job: &Job, message: &BorrowedMessage<'_>, looked: &mut SearchProgress) -> bool {
    let (key, value) = (message.key(), message.payload());
    let size = key.map_or(0, <[u8]>::len) + value.map_or(0, <[u8]>::len);
    looked.scanned += 1;
    looked.bytes += u64::try_from(size).unwrap_or(0);
    let (timestamp_ms, _) = time(message.timestamp());
    looked.reached_ms = timestamp_ms.or(looked.reached_ms);
    wanted(job, message, timestamp_ms).unwrap_or_else(|words| {
        looked.filter_errors += 1;
        let (partition, offset) = (message.partition(), message.offset());
        let example = FilterErrorView { partition, offset, message: words };
        looked.filter_error.get_or_insert(example);
        false
    })
}

/// Whether a record is what a job looks for.
///
/// # Errors
/// The filter cannot say, and why.
pub(super) fn wanted(
    job: &Job,
    message: &BorrowedMessage<'_>,
    timestamp_ms: Option<i64>,
) -> Result<bool, String> {
    if let (Some((from, to)), Some(at)) = (job.times, timestamp_ms)
        && !(from..=to).contains(&at)
    {
        return Ok(false);
    }
    if !job.filter.is_some() {
        return Ok(true);
    }
    let headers: Vec<(&str, Option<&[u8]>)> = match message.headers() {
        Some(headers) if job.filter.wants_headers() => {
            headers.iter().map(|header| (header.key, header.value)).collect()
        }
        _ => Vec::new(),
    };
    let (key, value) = (message.key(), message.payload());
    let (partition, offset) = (message.partition(), message.offset());
    let (decoder, frames) = (Some(&job.decoder), job.decoder.frames(message));
    let raw =
        Raw { partition, offset, timestamp_ms, key, value, headers: &headers, decoder, frames };
    job.filter.wants(&raw)
}

fn failed(message: &str) -> Stop {
    Stop::End(SearchEnd::Failed {
        message: message.to_owned(),
        remedy: "Look at the cluster's page whether its brokers answer, then continue.".to_owned(),
    })
}

fn distance(from: i64, until: i64) -> u64 {
    u64::try_from(until.saturating_sub(from)).unwrap_or(0)
}
