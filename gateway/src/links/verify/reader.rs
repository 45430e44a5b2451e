//! Reads what a consumer would see of one partition (`read_committed`), a batch at a time.

use std::{collections::BTreeSet, time::Duration};

use drawbridge_engine::{
    batch::{Batch, BatchFault, Batches, Control, Entry, Kind},
    rebuild::{Piece, Records, rebuild_legacy},
};
use drawbridge_kafka::{
    Asked, Client, Error, ErrorCode,
    admin::{
        TopicPartition,
        offsets::{Isolation, OffsetSpec},
    },
    data::{AbortedTransaction, FetchPartition, FetchRequest, FetchSession},
};
use uuid::Uuid;

use super::compare::Seen;
use crate::links::{
    budget::{Budget, Held},
    mover::words,
};

/// Bytes asked for at a time.
const FETCH: usize = 1 << 20;
/// What a compressed batch may expand to.
const LARGEST: usize = 32 << 20;
/// A question that fails is asked so many times.
const TRIES: u32 = 8;
const PAUSE: Duration = Duration::from_millis(250);
/// A broker that holds back answers without records; so many such answers mean that there are none.
const EMPTY: u32 = 3;
/// After so many answers without a whole batch the broker is given up.
const MUTE: u32 = 64;
/// How long a broker may wait for records.
const WAIT: Duration = Duration::from_millis(200);

/// One side of a partition.
pub(super) struct Reader {
    client: Client,
    /// "the source" or "the mirror".
    name: &'static str,
    place: TopicPartition,
    topic_id: Option<Uuid>,
    lane: u16,
    budget: Budget,
    next: i64,
    answer: Option<Answer>,
    n_empty: u32,
}

/// An answer that is read batch by batch, and its share of the budget.
struct Answer {
    batches: Batches,
    filter: Filter,
    _held: Held,
}

/// What was read.
pub(super) struct Chunk {
    pub(super) records: Vec<Seen>,
    /// There is no other record below.
    pub(super) read_to: i64,
    /// Records below were removed.
    pub(super) log_start: Option<i64>,
}

impl Reader {
    pub(super) fn new(
        client: &Client,
        name: &'static str,
        place: TopicPartition,
        topic_id: Option<Uuid>,
        lane: u16,
        budget: &Budget,
        from: i64,
    ) -> Self {
        let (client, budget) = (client.clone(), budget.clone());
        Self { client, name, place, topic_id, lane, budget, next: from, answer: None, n_empty: 0 }
    }

    /// Skips what is below.
    pub(super) fn raise(&mut self, floor: i64) {
        self.next = self.next.max(floor);
    }

    /// Reads on, towards `end`.
    ///
    /// # Errors
    /// In words, when it cannot be read even after some tries.
    pub(super) async fn read(&mut self, end: i64) -> Result<Chunk, String> {
        for attempt in 1.. {
            if let Some(chunk) = self.next_batch()? {
                return Ok(chunk);
            }
            match self.fetch(end).await {
                Ok(Some(chunk)) => return Ok(chunk),
                Ok(None) => {}
                Err(error) if attempt < TRIES && may_pass(&error) => {
                    tokio::time::sleep(PAUSE * attempt).await;
                }
                Err(error) => return Err(self.failed(&error)),
            }
        }
        Err(String::new())
    }

    fn failed(&self, error: &Error) -> String {
        format!("{} cannot be read: {}", self.name, words(error))
    }

    /// The next batch of the answer at hand.
    fn next_batch(&mut self) -> Result<Option<Chunk>, String> {
        let Some(answer) = &mut self.answer else { return Ok(None) };
        let fault = |fault: BatchFault| format!("a batch of {} cannot be read: {fault}", self.name);
        let Some(entry) = answer.batches.next() else {
            self.answer = None;
            return Ok(None);
        };
        let entry = entry.map_err(fault)?;
        let records = answer.filter.take(&entry, self.next).map_err(fault)?;
        self.n_empty = 0;
        self.next = self.next.max(entry.last_offset() + 1);
        Ok(Some(Chunk { records, read_to: self.next, log_start: None }))
    }

    /// Asks the leader. None when there is an answer to read, or it is to be asked again.
    async fn fetch(&mut self, end: i64) -> Result<Option<Chunk>, Error> {
        if self.n_empty > MUTE {
            let asked = Asked::new("Fetch").about(self.place.to_string());
            return Err(Error::Timeout { asked, after: WAIT * MUTE });
        }
        let leader = self.client.leader(&self.place.topic, self.place.partition).await?;
        let reserved = self.budget.reserve(FETCH).await;
        let bytes = i32::try_from(reserved.bytes).unwrap_or(i32::MAX);
        let request = FetchRequest {
            isolation: Isolation::ReadCommitted,
            max_wait: WAIT,
            max_bytes: bytes,
            session: FetchSession::SESSIONLESS,
            partitions: vec![FetchPartition {
                topic: self.place.topic.clone(),
                topic_id: self.topic_id,
                partition: self.place.partition,
                offset: self.next,
                max_bytes: bytes,
                current_leader_epoch: -1,
                last_fetched_epoch: -1,
            }],
            ..FetchRequest::default()
        };
        let response = self.client.fetch(leader.broker, self.lane, &request).await?;
        let held = reserved.shrink(response.size);
        if let Some(error) = response.error {
            return Err(error);
        }
        let Some(fetched) = response.partitions.into_iter().next() else { return Ok(None) };
        match fetched.error {
            Some(error) if error.code() == Some(ErrorCode::OFFSET_OUT_OF_RANGE) => {
                let start = log_start(&self.client, &self.place).await?;
                if start <= self.next {
                    return Err(error);
                }
                self.next = start;
                let log_start = Some(start);
                return Ok(Some(Chunk { records: Vec::new(), read_to: start, log_start }));
            }
            Some(error) => {
                self.client.forget_topic(&self.place.topic);
                return Err(error);
            }
            None => {}
        }
        if fetched.records.is_empty() {
            self.n_empty += 1;
            if self.n_empty >= EMPTY && fetched.last_stable_offset >= end {
                // Nothing is left up to there.
                self.next = end;
                return Ok(Some(Chunk { records: Vec::new(), read_to: end, log_start: None }));
            }
            return Ok(None);
        }
        self.n_empty += 1;
        let filter = Filter::new(&fetched.aborted);
        self.answer = Some(Answer { batches: Batches::new(fetched.records), filter, _held: held });
        Ok(None)
    }
}

/// Whether it makes sense to ask again.
fn may_pass(error: &Error) -> bool {
    error.is_retriable() || error.code().is_some_and(ErrorCode::means_stale_leader)
}

/// Where a partition begins now.
pub(super) async fn log_start(client: &Client, place: &TopicPartition) -> Result<i64, Error> {
    let places = [place.clone()];
    let mut found =
        client.list_offsets(OffsetSpec::Earliest, &places, Isolation::ReadUncommitted).await;
    match found.remove(place) {
        Some(Ok(listed)) => Ok(listed.offset.unwrap_or(0)),
        Some(Err(error)) => Err(error),
        None => Ok(0),
    }
}

/// Leaves out what aborted transactions wrote, and markers.
#[derive(Debug)]
struct Filter {
    /// Aborted transactions that have not begun yet, the last one first.
    aborted: Vec<AbortedTransaction>,
    /// Producers in an aborted transaction.
    inside: BTreeSet<i64>,
}

impl Filter {
    fn new(aborted: &[AbortedTransaction]) -> Self {
        let mut aborted = aborted.to_vec();
        aborted.sort_by_key(|one| std::cmp::Reverse(one.first_offset));
        Self { aborted, inside: BTreeSet::new() }
    }

    /// The records of an entry at `from` and above that a consumer sees.
    fn take(&mut self, entry: &Entry, from: i64) -> Result<Vec<Seen>, BatchFault> {
        match entry {
            Entry::Batch(batch) => {
                if self.hides(batch)? {
                    Ok(Vec::new())
                } else {
                    seen(batch, from)
                }
            }
            Entry::Legacy(entry) => {
                let mut all = Vec::new();
                for piece in rebuild_legacy(entry, from, LARGEST)? {
                    if let Piece::Data(batch) = piece {
                        all.extend(seen(&batch, from)?);
                    }
                }
                Ok(all)
            }
        }
    }

    fn hides(&mut self, batch: &Batch) -> Result<bool, BatchFault> {
        while self.aborted.last().is_some_and(|one| one.first_offset <= batch.last_offset()) {
            if let Some(one) = self.aborted.pop() {
                self.inside.insert(one.producer_id);
            }
        }
        let header = batch.header();
        if header.attributes.control() {
            if header.count > 0 && batch.kind()? == Kind::Control(Control::Abort) {
                self.inside.remove(&header.producer_id);
            }
            return Ok(true);
        }
        Ok(header.attributes.transactional() && self.inside.contains(&header.producer_id))
    }
}

fn seen(batch: &Batch, from: i64) -> Result<Vec<Seen>, BatchFault> {
    let records = Records::open(batch, LARGEST)?;
    let mut all = Vec::new();
    for record in records.iter() {
        let record = record?;
        if record.offset >= from {
            let body = records.share(&record);
            all.push(Seen { offset: record.offset, timestamp: record.timestamp, body });
        }
    }
    Ok(all)
}
