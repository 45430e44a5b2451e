//! What one side of a partition has at each offset of a stretch, whether consumers see it or not.

use std::{collections::BTreeMap, time::Duration};

use drawbridge_engine::{
    batch::{Batch, BatchFault, Batches, Control, Entry, Kind},
    rebuild::{Piece, rebuild_legacy},
};
use drawbridge_kafka::{
    Client, Error,
    admin::{
        TopicPartition,
        offsets::{Isolation, OffsetSpec},
    },
    data::{FetchPartition, FetchRequest, FetchSession},
};
use drawbridge_shared::view::NoRecord;
use uuid::Uuid;

use super::{
    compare::Seen,
    reader::{Filter, LARGEST, may_pass, seen},
};
use crate::links::mover::words;

/// Bytes asked for at a time.
const FETCH: i32 = 1 << 20;
/// Bytes of records after which a stretch ends early.
const ENOUGH: usize = 4 << 20;
const WAIT: Duration = Duration::from_millis(200);
const PAUSE: Duration = Duration::from_millis(250);
/// Answers without progress, or failed ones, after which the stretch ends.
const TRIES: u32 = 4;

/// A side that is looked at.
pub(super) struct Spot<'a> {
    pub(super) client: &'a Client,
    /// "the source" or "the mirror".
    pub(super) name: &'static str,
    pub(super) place: TopicPartition,
    pub(super) topic_id: Option<Uuid>,
}

/// Where a partition begins and ends.
#[derive(Debug, Clone, Copy)]
pub(super) struct Extent {
    pub(super) start: i64,
    pub(super) stable: i64,
    pub(super) end: i64,
}

/// What is at an offset.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) enum Found {
    Record(Seen),
    Nothing(NoRecord),
}

/// What was found; offsets that are not there are holes.
#[derive(Debug, Default)]
pub(super) struct Peek {
    pub(super) found: BTreeMap<i64, Found>,
    /// Everything below was read.
    pub(super) read_to: i64,
}

impl Spot<'_> {
    /// Where it begins and ends.
    pub(super) async fn extent(&self) -> Result<Extent, String> {
        let asked = |spec, isolation| async move {
            let places = [self.place.clone()];
            let mut found = self.client.list_offsets(spec, &places, isolation).await;
            match found.remove(&self.place) {
                Some(Ok(listed)) => Ok(listed.offset.unwrap_or(0).max(0)),
                Some(Err(error)) => Err(self.failed(&error)),
                None => Err(format!("{} does not tell its offsets", self.name)),
            }
        };
        let (start, stable, end) = tokio::join!(
            asked(OffsetSpec::Earliest, Isolation::ReadUncommitted),
            asked(OffsetSpec::Latest, Isolation::ReadCommitted),
            asked(OffsetSpec::Latest, Isolation::ReadUncommitted),
        );
        Ok(Extent { start: start?, stable: stable?, end: end? })
    }

    fn failed(&self, error: &Error) -> String {
        format!("{} cannot be read: {}", self.name, words(error))
    }

    /// Reads from an offset up to another, or less when there is much.
    pub(super) async fn peek(&self, from: i64, until: i64) -> Result<Peek, String> {
        let mut peek = Peek { read_to: from, ..Peek::default() };
        let (mut size, mut n_idle) = (0, 0);
        while peek.read_to < until && size < ENOUGH {
            let before = peek.read_to;
            match self.fetch(&mut peek, until).await {
                Ok(more) => size += more,
                Err(Failure::Broker(error)) if n_idle < TRIES && may_pass(&error) => {
                    self.client.forget_topic(&self.place.topic);
                    tokio::time::sleep(PAUSE).await;
                }
                Err(Failure::Broker(error)) => return Err(self.failed(&error)),
                Err(Failure::Batch(fault)) => {
                    return Err(format!("a batch of {} cannot be read: {fault}", self.name));
                }
            }
            n_idle = if peek.read_to > before { 0 } else { n_idle + 1 };
            if n_idle > TRIES {
                // Nothing is left up to there.
                peek.read_to = until;
            }
        }
        peek.read_to = peek.read_to.min(until);
        peek.found.retain(|offset, _| (from..peek.read_to).contains(offset));
        Ok(peek)
    }

    async fn fetch(&self, peek: &mut Peek, until: i64) -> Result<usize, Failure> {
        let leader = self.client.leader(&self.place.topic, self.place.partition).await?;
        let request = FetchRequest {
            isolation: Isolation::ReadCommitted,
            max_wait: WAIT,
            max_bytes: FETCH,
            session: FetchSession::SESSIONLESS,
            partitions: vec![FetchPartition {
                topic: self.place.topic.clone(),
                topic_id: self.topic_id,
                partition: self.place.partition,
                offset: peek.read_to,
                max_bytes: FETCH,
                current_leader_epoch: -1,
                last_fetched_epoch: -1,
            }],
            ..FetchRequest::default()
        };
        let response = self.client.fetch(leader.broker, 0, &request).await?;
        if let Some(error) = response.error {
            return Err(error.into());
        }
        let Some(fetched) = response.partitions.into_iter().next() else { return Ok(0) };
        if let Some(error) = fetched.error {
            return Err(error.into());
        }
        let mut filter = Filter::new(&fetched.aborted);
        let mut size = 0;
        for entry in Batches::new(fetched.records) {
            if peek.read_to >= until || size >= ENOUGH {
                break;
            }
            let entry = entry?;
            size += peek.take(&entry, &mut filter, until)?;
        }
        Ok(size)
    }
}

impl Peek {
    /// Takes an entry in; how many bytes its records have.
    fn take(
        &mut self,
        entry: &Entry,
        filter: &mut Filter,
        until: i64,
    ) -> Result<usize, BatchFault> {
        let from = self.read_to;
        self.read_to = self.read_to.max(entry.last_offset() + 1);
        let records = match entry {
            Entry::Batch(batch) => {
                if filter.hides(batch)? {
                    self.hide(batch, from, until)?;
                    return Ok(0);
                }
                seen(batch, from)?
            }
            Entry::Legacy(entry) => {
                let mut all = Vec::new();
                for piece in rebuild_legacy(entry, from, LARGEST)? {
                    if let Piece::Data(batch) = piece {
                        all.extend(seen(&batch, from)?);
                    }
                }
                all
            }
        };
        let size = records.iter().map(|record| record.body.len()).sum();
        self.found.extend(records.into_iter().map(|one| (one.offset, Found::Record(one))));
        Ok(size)
    }

    fn hide(&mut self, batch: &Batch, from: i64, until: i64) -> Result<(), BatchFault> {
        let is_control = batch.header().attributes.control() && batch.header().count > 0;
        let why = match is_control.then(|| batch.kind()).transpose()? {
            Some(Kind::Control(Control::Abort)) => NoRecord::Abort,
            Some(_) => NoRecord::Commit,
            None => NoRecord::Aborted,
        };
        let offsets = batch.base_offset().max(from)..(batch.last_offset() + 1).min(until);
        self.found.extend(offsets.map(|offset| (offset, Found::Nothing(why))));
        Ok(())
    }

    /// What is at an offset.
    pub(super) fn at(&self, offset: i64, extent: Extent) -> Found {
        if let Some(found) = self.found.get(&offset) {
            return found.clone();
        }
        Found::Nothing(if offset < extent.start {
            NoRecord::Removed
        } else if offset >= extent.end {
            NoRecord::Beyond
        } else if offset >= extent.stable {
            NoRecord::Open
        } else {
            NoRecord::Hole
        })
    }
}

enum Failure {
    Broker(Error),
    Batch(BatchFault),
}

impl From<Error> for Failure {
    fn from(error: Error) -> Self {
        Self::Broker(error)
    }
}

impl From<BatchFault> for Failure {
    fn from(fault: BatchFault) -> Self {
        Self::Batch(fault)
    }
}
