//! The destination cluster's side: what its leader accepts from a client, and what it remembers.

use std::collections::{BTreeMap, VecDeque};

use bytes::Bytes;

use crate::{
    batch::Stamped,
    batch::{
        Batch, Control,
        tests::{Seen, bytes_of, judge},
    },
    partition::{Certainty, Fault, FaultKind, Producer, ProducerState, Run, Tail},
};

/// What is at an offset of the mirror.
#[derive(Debug, Clone, PartialEq)]
pub(crate) enum Cell {
    Record(Seen),
    Marker,
}

#[derive(Debug, Clone, Copy)]
struct Owner {
    base: i64,
    producer_id: i64,
    /// Sequence of the first record; negative without one.
    first_sequence: i32,
    crc: u32,
}

impl Owner {
    const fn unsequenced(base: i64, producer_id: i64) -> Self {
        Self { base, producer_id, first_sequence: -1, crc: 0 }
    }
}

#[derive(Debug, Default, Clone)]
struct Known {
    epoch: i16,
    last_sequence: i32,
    last_timestamp: i64,
    /// First and last sequence, and base offset, of the last five batches.
    window: VecDeque<(i32, i32, i64)>,
}

#[derive(Debug, Default)]
pub(crate) struct Destination {
    pub(crate) cells: Vec<Cell>,
    owners: Vec<Owner>,
    producers: BTreeMap<i64, Known>,
    /// High watermark, and what its replicas know of producers.
    committed: i64,
    committed_producers: BTreeMap<i64, Known>,
    pub(crate) log_start: i64,
    /// WriteTxnMarkers is not permitted.
    pub(crate) deny_markers: bool,
    pub(crate) max_batch: Option<usize>,
}

pub(crate) fn refused(kind: FaultKind, detail: &str) -> Fault {
    Fault { certainty: Certainty::Over, kind, detail: detail.to_owned() }
}

impl Destination {
    pub(crate) fn end(&self) -> i64 {
        i64::try_from(self.cells.len()).unwrap()
    }

    /// The followers have everything.
    pub(crate) fn commit(&mut self) {
        if self.committed != self.end() {
            self.committed = self.end();
            self.committed_producers = self.producers.clone();
        }
    }

    /// Another replica becomes leader: what was not replicated is lost.
    pub(crate) fn elect(&mut self) {
        let committed = usize::try_from(self.committed).unwrap();
        self.cells.truncate(committed);
        self.owners.truncate(committed);
        self.producers = self.committed_producers.clone();
    }

    fn push(&mut self, cell: Cell, owner: Owner) {
        self.cells.push(cell);
        self.owners.push(owner);
    }

    pub(crate) fn produce(&mut self, stamped: &Stamped) -> Result<i64, Fault> {
        let wire: Bytes = bytes_of(stamped);
        if self.max_batch.is_some_and(|max| wire.len() > max) {
            return Err(refused(FaultKind::TooLarge, "MESSAGE_TOO_LARGE"));
        }
        let batch = Batch::parse(&wire).expect("the engine sends whole batches");
        let header = *batch.header();
        let attributes = header.attributes;
        assert_eq!(header.base_offset, 0, "a client's base offset is 0");
        assert!(header.count > 0 && header.count == header.last_offset_delta + 1, "no holes");
        assert!(
            !attributes.transactional() && !attributes.control() && !attributes.log_append_time()
        );
        assert!(header.base_sequence >= 0);
        let base = self.end();
        let last = i64::from(header.base_sequence) + i64::from(header.count) - 1;
        let last = i32::try_from(last % (1 << 31)).unwrap();
        if let Some(known) = self.producers.get(&header.producer_id) {
            if header.producer_epoch < known.epoch {
                return Err(refused(FaultKind::Sequence, "INVALID_PRODUCER_EPOCH"));
            }
            let again = known.window.iter().find(|(first_seen, last_seen, _)| {
                (*first_seen, *last_seen) == (header.base_sequence, last)
            });
            if let Some((_, _, base)) = again {
                return Ok(*base);
            }
            let expected = (i64::from(known.last_sequence) + 1) % (1 << 31);
            if i64::from(header.base_sequence) != expected {
                return Err(refused(FaultKind::Sequence, "OUT_OF_ORDER_SEQUENCE_NUMBER"));
            }
        }
        let known = self.producers.entry(header.producer_id).or_default();
        known.epoch = header.producer_epoch;
        known.last_sequence = last;
        known.last_timestamp = header.max_timestamp;
        known.window.push_back((header.base_sequence, last, base));
        if known.window.len() > 5 {
            known.window.pop_front();
        }
        let owner = Owner {
            base,
            producer_id: header.producer_id,
            first_sequence: header.base_sequence,
            crc: header.crc,
        };
        for (seen, ..) in judge(wire) {
            let seen = Seen { offset: base + seen.offset, ..seen };
            self.push(Cell::Record(seen), owner);
        }
        Ok(base)
    }

    /// Somebody else's write, without producer id.
    pub(crate) fn foreign(&mut self, count: usize) {
        for _ in 0..count {
            let base = self.end();
            let seen =
                Seen { offset: base, timestamp: 0, key: None, value: None, headers: Vec::new() };
            self.push(Cell::Record(seen), Owner::unsequenced(base, -1));
        }
    }

    pub(crate) fn markers(&mut self, producer: Producer, runs: &[Run]) -> Result<(), Fault> {
        if self.deny_markers {
            return Err(refused(FaultKind::Denied, "CLUSTER_AUTHORIZATION_FAILED"));
        }
        for Run { control, count } in runs {
            for _ in 0..*count {
                self.mark(producer.id, *control);
            }
        }
        Ok(())
    }

    pub(crate) fn transactions(&mut self, producer: i64, count: i64) -> Result<(), Fault> {
        for _ in 0..count {
            self.mark(producer, Control::Commit);
        }
        Ok(())
    }

    fn mark(&mut self, producer: i64, _control: Control) {
        let base = self.end();
        self.push(Cell::Marker, Owner::unsequenced(base, producer));
    }

    pub(crate) fn trim(&mut self, before: i64) -> Result<i64, Fault> {
        if before > self.committed {
            return Err(refused(FaultKind::Transient, "OFFSET_OUT_OF_RANGE"));
        }
        self.log_start = self.log_start.max(before);
        Ok(self.log_start)
    }

    pub(crate) fn state_of(&self, producer: i64) -> Option<ProducerState> {
        self.producers.get(&producer).map(|known| ProducerState {
            last_sequence: known.last_sequence,
            epoch: known.epoch,
            last_timestamp: known.last_timestamp,
        })
    }

    pub(crate) fn tail(&self, offset: i64) -> Tail {
        if self.log_start >= self.end() {
            return Tail::Empty { log_end: self.end() };
        }
        if offset >= self.committed {
            return Tail::Unreadable;
        }
        match usize::try_from(offset).ok().and_then(|offset| self.owners.get(offset)) {
            Some(owner) => Tail::Batch {
                base: owner.base,
                producer_id: owner.producer_id,
                sequence: match owner.first_sequence {
                    first @ 0.. => {
                        let at = (i64::from(first) + offset - owner.base) % (1 << 31);
                        i32::try_from(at).unwrap()
                    }
                    none => none,
                },
                crc: owner.crc,
            },
            None => Tail::Unreadable,
        }
    }

    /// Forgets every producer, as nothing but a lost log does.
    pub(crate) fn forget_producers(&mut self) {
        self.producers.clear();
        self.committed_producers.clear();
    }

    /// Forgets producers whose last batch is older than `before`.
    pub(crate) fn expire(&mut self, before: i64) {
        self.producers.retain(|_, known| known.last_timestamp >= before);
        self.committed_producers.retain(|_, known| known.last_timestamp >= before);
    }
}
