//! A whole search as a file: read on a thread of its own, written as fast as somebody takes it.

mod line;

use std::{
    collections::BTreeMap,
    sync::Arc,
    time::{Duration, Instant},
};

use bytes::Bytes;
use drawbridge_shared::view::{RecordQuery, Seek};
use rdkafka::message::{BorrowedMessage, Message};
use tokio::sync::mpsc;

use super::{
    Browse,
    filter::bounds,
    place, prepare,
    reader::{Polled, Reader},
    scan::{Job, wanted},
    view::time,
};
use crate::refusal::Refusal;

pub use line::Format;

/// Bytes that go out at a time.
const PORTION: usize = 64 * 1024;
/// Portions that wait for the network.
const WAITING: usize = 4;
const POLL: Duration = Duration::from_millis(50);
/// An export that gets nothing from the brokers for so long has failed.
const PATIENCE: Duration = Duration::from_secs(30);

/// What is exported.
#[derive(Debug, Clone)]
pub struct Export {
    /// Which records; where it starts and what it filters. Newest first is not for files: all records, then.
    pub query: RecordQuery,
    /// How they are written.
    pub format: Format,
    /// So many at most; none for all.
    pub limit: Option<u64>,
}

impl Browse {
    /// Starts an export. It ends when the receiver is dropped; the last line says how it ended.
    ///
    /// # Errors
    /// A query that cannot be run, and what is wrong with it.
    pub async fn export(&self, mut export: Export) -> Result<mpsc::Receiver<Bytes>, Refusal> {
        let place = place(Arc::clone(&self.inner.places), || {
            format!("{} searches are under way on this gateway", self.inner.limits.scans)
        })
        .await?;
        if export.query.seek == Seek::Newest {
            export.query.seek = Seek::Oldest;
        }
        export.query.live = false;
        let cluster = self.inner.clusters.require(&export.query.cluster)?;
        let job = prepare::prepare(&cluster, export.query, u64::MAX).await?;
        let (out, receiver) = mpsc::channel(WAITING);
        let (browse, format, limit) = (self.clone(), export.format, export.limit);
        let stopping = self.inner.tasks.stopping().clone();
        let work = move || {
            let mut file =
                File { format, out, buffer: format.head(), records: 0, scanned: 0, errors: 0 };
            match browse.reader(&cluster) {
                Ok(reader) => {
                    let is_over = || stopping.is_cancelled();
                    let end = read(&job, &reader, &mut file, limit, is_over);
                    if let Some(end) = end {
                        file.end(&end);
                    }
                    browse.inner.pool.give(Arc::downgrade(&cluster), reader);
                }
                Err(refusal) => file.end(&End::Failed(refusal.in_full())),
            }
            drop(place);
        };
        let started = bounds::thread("export").spawn(work);
        started.map_err(|error| {
            Refusal::new(drawbridge_shared::wire::ErrorCode::Internal, "no thread for an export")
                .cause(error.to_string())
        })?;
        Ok(receiver)
    }
}

/// How an export ended.
enum End {
    Complete,
    Limit,
    Failed(String),
}

/// What is being written.
struct File {
    format: Format,
    out: mpsc::Sender<Bytes>,
    buffer: Vec<u8>,
    records: u64,
    scanned: u64,
    errors: u64,
}

impl File {
    /// Writes a record; whether somebody is still there.
    fn put(&mut self, message: &BorrowedMessage<'_>) -> bool {
        self.records += 1;
        self.format.put(message, &mut self.buffer);
        self.buffer.len() < PORTION || self.send()
    }

    fn send(&mut self) -> bool {
        let portion = std::mem::take(&mut self.buffer);
        portion.is_empty() || self.out.blocking_send(portion.into()).is_ok()
    }

    fn end(mut self, end: &End) {
        let (word, why) = match end {
            End::Complete => ("complete", None),
            End::Limit => ("limit", None),
            End::Failed(why) => ("failed", Some(why.as_str())),
        };
        let counts = (self.records, self.scanned, self.errors);
        self.format.tail(word, why, counts, &mut self.buffer);
        self.send();
    }
}

/// Reads to the end; none when nobody is there any more.
fn read(
    job: &Job,
    reader: &Reader,
    file: &mut File,
    limit: Option<u64>,
    is_over: impl Fn() -> bool,
) -> Option<End> {
    let topic = job.query.topic.as_str();
    let mut open: BTreeMap<i32, i64> = job
        .bounds
        .iter()
        .filter(|part| part.from < part.until)
        .map(|part| (part.partition, part.until))
        .collect();
    let from: Vec<(i32, i64)> = job.bounds.iter().map(|part| (part.partition, part.from)).collect();
    let from: Vec<_> = from.into_iter().filter(|(at, _)| open.contains_key(at)).collect();
    if !from.is_empty()
        && let Err(problem) = reader.assign(topic, &from)
    {
        return Some(End::Failed(problem));
    }
    let mut heard = Instant::now();
    let mut trouble = String::new();
    while !open.is_empty() {
        if limit.is_some_and(|limit| file.records >= limit) {
            return Some(End::Limit);
        }
        if is_over() {
            return Some(End::Failed("the gateway stops".to_owned()));
        }
        match reader.poll(POLL) {
            Polled::Record(message) => {
                heard = Instant::now();
                let (partition, offset) = (message.partition(), message.offset());
                let Some(until) = open.get(&partition).copied() else { continue };
                if offset < until {
                    file.scanned += 1;
                    let (at, _) = time(message.timestamp());
                    match wanted(job, &message, at) {
                        Ok(true) if !file.put(&message) => return None,
                        // Whoever takes the file may have let it wait: that is no silence of the brokers.
                        Ok(true) => heard = Instant::now(),
                        Ok(false) => {}
                        Err(_) => file.errors += 1,
                    }
                }
                if offset + 1 >= until {
                    open.remove(&partition);
                    reader.leave(topic, partition);
                }
            }
            Polled::End(partition) => {
                heard = Instant::now();
                open.remove(&partition);
            }
            Polled::Failed(words) => return Some(End::Failed(words)),
            Polled::Trouble(words) => trouble = words,
            Polled::Nothing => {}
        }
        if file.out.is_closed() {
            return None;
        }
        if heard.elapsed() >= PATIENCE {
            let seconds = PATIENCE.as_secs();
            let why = format!("the brokers sent nothing for {seconds} s {trouble}");
            return Some(End::Failed(why.trim_end().to_owned()));
        }
    }
    Some(End::Complete)
}
