//! The source cluster's side: a log with transactions, compaction, DeleteRecords and epochs.

use std::collections::{BTreeMap, BTreeSet};

use bytes::{Bytes, BytesMut};

use crate::{
    batch::{
        Batch,
        tests::{CODECS, Seen, doctor, encode},
    },
    partition::{Aborted, Bounds, Fetched, SourceFault},
    rebuild::tests::thin,
};

/// What was appended at an offset.
#[derive(Debug, Clone, PartialEq)]
pub(crate) enum Original {
    Record { seen: Seen, transaction: Option<usize> },
    Marker,
}

#[derive(Debug, Clone)]
struct Stored {
    base: i64,
    /// The records as they were appended, each still there or not.
    records: Vec<(Seen, bool)>,
    epoch: i32,
    producer: Option<i64>,
    marker: Option<bool>,
    append_time: bool,
    codec: usize,
    wire: Option<Bytes>,
}

impl Stored {
    fn last(&self) -> i64 {
        self.base + i64::try_from(self.records.len()).unwrap() - 1
    }

    fn encode(&self) -> Bytes {
        let seen: Vec<Seen> = self.records.iter().map(|(seen, _)| seen.clone()).collect();
        let keep: Vec<bool> = self.records.iter().map(|(_, keep)| *keep).collect();
        let wire = encode(&seen, CODECS[self.codec], self.producer.is_some());
        let wire = if keep.iter().all(|keep| *keep) {
            wire
        } else {
            let codec = Batch::parse(&wire).unwrap().header().codec();
            crate::batch::tests::as_stored(&thin(&seen, &keep, codec))
        };
        doctor(&wire, |header| {
            header.leader_epoch = self.epoch;
            header.producer_id = self.producer.unwrap_or(-1);
            header.producer_epoch = 0;
            if self.producer.is_some() {
                header.attributes.0 |= 1 << 4;
            }
            if self.marker.is_some() {
                header.attributes.0 |= 1 << 5;
            }
            if self.append_time {
                header.attributes.0 |= 1 << 3;
                header.max_timestamp = seen[0].timestamp;
            }
        })
    }
}

#[derive(Debug)]
struct Transaction {
    producer: i64,
    first: i64,
    /// Marker offset and whether it was committed.
    ended: Option<(i64, bool)>,
}

#[derive(Debug, Default)]
pub(crate) struct Source {
    batches: Vec<Stored>,
    pub(crate) originals: BTreeMap<i64, Original>,
    /// Offsets compaction has emptied.
    gone: BTreeSet<i64>,
    transactions: Vec<Transaction>,
    pub(crate) log_start: i64,
    pub(crate) end: i64,
    pub(crate) epoch: i32,
    epoch_starts: Vec<(i32, i64)>,
    pub(crate) unavailable: Option<SourceFault>,
    /// Fetches are answered by a replica whose high watermark this is.
    pub(crate) replica_end: Option<i64>,
    serial: i64,
}

impl Source {
    fn append(&mut self, mut batch: Stored) {
        batch.epoch = self.epoch;
        if self.epoch_starts.last().is_none_or(|(epoch, _)| *epoch != self.epoch) {
            self.epoch_starts.push((self.epoch, self.end));
        }
        self.end = batch.last() + 1;
        self.batches.push(batch);
    }

    fn open(&self, producer: i64) -> Option<usize> {
        self.transactions
            .iter()
            .position(|transaction| transaction.producer == producer && transaction.ended.is_none())
    }

    /// Appends `count` records, in a transaction of `producer` if given.
    pub(crate) fn produce(&mut self, count: i64, timestamp: i64, producer: Option<i64>, style: u8) {
        let transaction = producer.map(|producer| {
            self.open(producer).unwrap_or_else(|| {
                let first = self.end;
                self.transactions.push(Transaction { producer, first, ended: None });
                self.transactions.len() - 1
            })
        });
        let append_time = style & 8 != 0;
        let mut records = Vec::new();
        for offset in self.end..self.end + count {
            self.serial += 1;
            let seen = Seen {
                offset,
                timestamp: if append_time { timestamp } else { timestamp + offset % 3 },
                key: (self.serial % 5 != 0).then(|| format!("k{}", self.serial % 7).into()),
                value: (self.serial % 6 != 0).then(|| self.serial.to_string().into()),
                headers: if self.serial % 4 == 0 {
                    vec![("h".to_owned(), None)]
                } else {
                    Vec::new()
                },
            };
            self.originals.insert(offset, Original::Record { seen: seen.clone(), transaction });
            records.push((seen, true));
        }
        self.append(Stored {
            base: self.end,
            records,
            epoch: 0,
            producer,
            marker: None,
            append_time,
            codec: if style & 7 < 5 { 0 } else { usize::from(style % 5) },
            wire: None,
        });
    }

    /// Appends a record with a value of so many bytes.
    pub(crate) fn produce_large(&mut self, bytes: usize, timestamp: i64) {
        let seen = Seen {
            offset: self.end,
            timestamp,
            key: None,
            value: Some(vec![7; bytes].into()),
            headers: Vec::new(),
        };
        self.originals.insert(self.end, Original::Record { seen: seen.clone(), transaction: None });
        self.append(Stored {
            base: self.end,
            records: vec![(seen, true)],
            epoch: 0,
            producer: None,
            marker: None,
            append_time: false,
            codec: 0,
            wire: None,
        });
    }

    /// Ends the transaction of `producer`, if one is open.
    pub(crate) fn end_transaction(&mut self, producer: i64, commit: bool, timestamp: i64) {
        let Some(index) = self.open(producer) else { return };
        let offset = self.end;
        self.transactions[index].ended = Some((offset, commit));
        self.originals.insert(offset, Original::Marker);
        let seen = Seen {
            offset,
            timestamp,
            key: Some(Bytes::copy_from_slice(&[0, 0, 0, u8::from(commit)])),
            value: Some(Bytes::from_static(&[0; 6])),
            headers: Vec::new(),
        };
        self.append(Stored {
            base: offset,
            records: vec![(seen, true)],
            epoch: 0,
            producer: Some(producer),
            marker: Some(commit),
            append_time: false,
            codec: 0,
            wire: None,
        });
    }

    pub(crate) fn end_all_transactions(&mut self, timestamp: i64) {
        for producer in 0..10 {
            self.end_transaction(producer, producer % 2 == 0, timestamp);
        }
    }

    /// What fetches are answered with, at most.
    fn high_watermark(&self) -> i64 {
        self.replica_end.unwrap_or(self.end)
    }

    pub(crate) fn last_stable(&self) -> i64 {
        let open = self.transactions.iter().filter(|transaction| transaction.ended.is_none());
        open.map(|transaction| transaction.first)
            .min()
            .unwrap_or(self.end)
            .min(self.high_watermark())
    }

    /// Whether nothing is left between an offset within the log and the last stable one.
    pub(crate) fn is_hollow(&self, offset: i64) -> bool {
        let last_stable = self.last_stable();
        let left = |batch: &Stored| batch.last() >= offset && batch.base < last_stable;
        (self.log_start..last_stable).contains(&offset) && !self.batches.iter().any(left)
    }

    /// Empties offsets below the last batch and the last stable offset, where `mask` says so.
    pub(crate) fn compact(&mut self, mask: u16) {
        let clean_to = self.last_stable().min(self.batches.last().map_or(0, |batch| batch.base));
        for at in 0..self.batches.len() {
            let needed = self.batches[at].marker.is_some() && self.needs_marker(&self.batches[at]);
            let batch = &mut self.batches[at];
            if batch.last() >= clean_to || batch.base < self.log_start || needed {
                continue;
            }
            for (offset, (_, keep)) in (batch.base..).zip(&mut batch.records) {
                if mask >> (offset.rem_euclid(16)) & 1 == 1 {
                    *keep = false;
                    self.gone.insert(offset);
                }
            }
            batch.wire = None;
        }
        // Some batches stay as empty ones, as those of active producers do.
        let stays = |batch: &Stored| {
            batch.records.iter().any(|(_, keep)| *keep) || (batch.base + i64::from(mask)) % 3 == 0
        };
        self.batches.retain(|batch| batch.last() >= clean_to || stays(batch));
    }

    /// A marker stays as long as a record of its transaction does.
    fn needs_marker(&self, marker: &Stored) -> bool {
        let index = self.transactions.iter().position(|transaction| {
            transaction.ended.is_some_and(|(offset, _)| offset == marker.base)
        });
        self.originals.iter().any(|(offset, original)| {
            matches!(original, Original::Record { transaction, .. } if *transaction == index)
                && !self.gone.contains(offset)
        })
    }

    pub(crate) fn delete_records(&mut self, before: i64) {
        self.log_start = self.log_start.max(before.min(self.last_stable()));
        let log_start = self.log_start;
        self.batches.retain(|batch| batch.last() >= log_start);
    }

    /// An unclean election: everything from `end` on is lost, a new epoch begins.
    pub(crate) fn truncate(&mut self, end: i64) {
        self.batches.retain(|batch| batch.last() < end);
        self.end = self.batches.last().map_or(0, |batch| batch.last() + 1);
        self.originals.split_off(&self.end);
        self.transactions.clear();
        self.epoch_starts.retain(|(_, start)| *start < self.end);
        self.epoch += 1;
    }

    fn epoch_end(&self, asked: i32) -> (i32, i64) {
        // The epochs before the log start are forgotten, as a broker does.
        let starts = &self.epoch_starts;
        let first = starts.iter().rposition(|(_, start)| *start <= self.log_start).unwrap_or(0);
        let known = &starts[first..];
        let Some(at) = known.iter().rposition(|(epoch, _)| *epoch <= asked) else {
            return (asked, self.log_start);
        };
        let end = known.get(at + 1).map_or(self.end, |(_, start)| *start);
        (known[at].0, end)
    }

    pub(crate) fn fetch(
        &mut self,
        offset: i64,
        max_bytes: usize,
        last_epoch: Option<i32>,
    ) -> Result<Fetched, SourceFault> {
        if let Some(fault) = &self.unavailable {
            return Err(fault.clone());
        }
        if offset < self.log_start || offset > self.end {
            return Err(SourceFault::OutOfRange);
        }
        if let Some(asked) = last_epoch {
            let (epoch, end) = self.epoch_end(asked);
            if end < offset {
                return Err(SourceFault::Diverged { epoch, end });
            }
        }
        let last_stable = self.last_stable();
        let mut records = BytesMut::new();
        let mut upper = offset;
        for batch in &mut self.batches {
            if batch.last() < offset || batch.base >= last_stable {
                continue;
            }
            let wire = match &batch.wire {
                Some(wire) => wire.clone(),
                None => batch.wire.insert(batch.encode()).clone(),
            };
            let full = records.len() + wire.len() > max_bytes;
            if full && !records.is_empty() {
                // The response is cut in the middle of a batch.
                records.extend_from_slice(&wire[..wire.len() / 2]);
                break;
            }
            records.extend_from_slice(&wire);
            upper = batch.last() + 1;
        }
        let aborted = self
            .transactions
            .iter()
            .filter_map(|transaction| match transaction.ended {
                Some((marker, false))
                    if marker >= offset
                        && transaction.first < upper
                        && !self.gone.contains(&marker) =>
                {
                    Some(Aborted {
                        producer_id: transaction.producer,
                        first_offset: transaction.first,
                    })
                }
                _ => None,
            })
            .collect();
        Ok(Fetched {
            records: records.freeze(),
            high_watermark: self.high_watermark(),
            last_stable,
            log_start: self.log_start,
            aborted,
        })
    }

    pub(crate) fn bounds(&self) -> Result<Bounds, SourceFault> {
        match &self.unavailable {
            Some(fault) => Err(fault.clone()),
            None => Ok(Bounds { start: self.log_start, end: self.end }),
        }
    }

    /// The record a READ_COMMITTED consumer sees at `offset`, or saw before compaction.
    pub(crate) fn decided(&self, offset: i64) -> Option<&Seen> {
        match self.originals.get(&offset)? {
            Original::Marker => None,
            Original::Record { seen, transaction } => match transaction {
                None => Some(seen),
                Some(index) => match self.transactions[*index].ended {
                    Some((_, true)) => Some(seen),
                    Some((_, false)) | None => None,
                },
            },
        }
    }

    /// The record a consumer sees at `offset` now.
    pub(crate) fn visible(&self, offset: i64) -> Option<&Seen> {
        if offset < self.log_start || self.gone.contains(&offset) {
            return None;
        }
        self.decided(offset)
    }
}
