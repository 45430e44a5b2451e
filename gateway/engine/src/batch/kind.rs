//! What has to happen to a batch before the destination can have it.

use super::{Batch, BatchFault, Codec};
use crate::rebuild::Records;

/// Which marker ends a transaction.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub enum Control {
    /// The producer's open transaction was committed.
    Commit,
    /// It was aborted.
    Abort,
}

/// How a v2 batch is treated. One batch has exactly one kind; the first that applies wins.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Kind {
    /// A transaction marker (or another control record, which counts as a commit for its offset).
    Control(Control),
    /// Compaction has removed records (possibly all); brokers refuse such a batch from a client.
    /// `transactional` says whether its producer may have aborted it.
    Thinned {
        /// Part of a transaction.
        transactional: bool,
    },
    /// The broker set the timestamps; brokers refuse or misread such a batch from a client.
    LogAppendTime {
        /// Part of a transaction.
        transactional: bool,
    },
    /// Whole, and part of a transaction whose end decides whether it counts.
    Transactional,
    /// Whole; passes with a new header.
    Plain,
}

/// Largest records section of a control batch that is looked at; real ones have 16 bytes.
const CONTROL_LIMIT: usize = 64 * 1024;

impl Batch {
    /// Classifies the batch. Only control batches have their record read.
    ///
    /// # Errors
    /// [`BatchFault::Record`] when a control batch has no readable control record.
    pub fn kind(&self) -> Result<Kind, BatchFault> {
        let attributes = self.header.attributes;
        let transactional = attributes.transactional();
        if attributes.control() && self.header.count > 0 {
            return self.control().map(Kind::Control);
        }
        if i64::from(self.header.count) < self.header.span() {
            return Ok(Kind::Thinned { transactional });
        }
        Ok(if attributes.log_append_time() {
            Kind::LogAppendTime { transactional }
        } else if transactional {
            Kind::Transactional
        } else {
            Kind::Plain
        })
    }

    /// The control record: key = version (i16), type (i16: 0 abort, 1 commit, others are the
    /// broker's own and invisible as well).
    fn control(&self) -> Result<Control, BatchFault> {
        let offset = self.base_offset();
        let malformed = |detail| BatchFault::Record { offset, detail };
        if self.header.codec() != Codec::None {
            return Err(malformed("a control record is compressed"));
        }
        let records = Records::open(self, CONTROL_LIMIT)?;
        let record = records.iter().next().ok_or_else(|| malformed("no control record"))??;
        let key = record.key()?.ok_or_else(|| malformed("a control record without key"))?;
        match key {
            [_, _, 0, 0, ..] => Ok(Control::Abort),
            [_, _, _, _, ..] => Ok(Control::Commit),
            _ => Err(malformed("a control record with a short key")),
        }
    }
}
