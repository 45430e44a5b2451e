//! Record-level work, for the batches that cannot pass as they are.
//!
//! A broker refuses batches that compaction has thinned and batches with its own append time, a
//! fetch may begin in the middle of a batch, old formats have to become v2, and many tiny batches
//! are worth merging. Here records are copied from one batch to another: key, value, headers and
//! timestamp stay bit for bit; offset deltas and timestamp deltas are written anew, because a batch
//! made by a client has to count its records 0, 1, 2, … without holes.
//! The plain path never comes here.

mod builder;
mod codec;
mod legacy;
mod padding;
mod record;
mod varint;

#[cfg(test)]
pub(crate) mod tests;

pub use builder::Builder;
pub use legacy::rebuild_legacy;
pub use padding::{padding, tombstones};
pub use record::{Record, Records};

use crate::batch::{Batch, BatchFault};

/// What a batch is after its rebuild: runs of records, and the offsets between them that hold none.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Piece {
    /// Records with consecutive offsets.
    Data(Batch),
    /// Offsets without a record.
    Hole {
        /// First of them.
        from: i64,
        /// How many.
        count: i64,
    },
}

/// Rebuilds the records of `batch` at offsets `from` and above. The pieces follow each other
/// without gap, from the first wanted offset to the batch's last one.
/// Of a batch with append time every record gets that time as its own.
/// `limit` bounds the bytes a compressed batch may decompress to.
///
/// # Errors
/// [`BatchFault`] when the records section cannot be read.
pub fn rebuild(batch: &Batch, from: i64, limit: usize) -> Result<Vec<Piece>, BatchFault> {
    let records = Records::open(batch, limit)?;
    let codec = batch.header().codec();
    let mut pieces = Vec::new();
    let mut next = from.max(batch.base_offset());
    let mut run: Option<Builder> = None;
    for record in records.iter() {
        let record = record?;
        if record.offset < next {
            continue;
        }
        if record.offset > next {
            close(&mut run, &mut pieces)?;
            pieces.push(Piece::Hole { from: next, count: record.offset - next });
        }
        let builder = run
            .get_or_insert_with(|| Builder::new(record.offset, codec, batch.header().leader_epoch));
        builder.push(&record);
        next = record.offset + 1;
    }
    close(&mut run, &mut pieces)?;
    let end = batch.last_offset() + 1;
    if next < end {
        pieces.push(Piece::Hole { from: next, count: end - next });
    }
    Ok(pieces)
}

fn close(run: &mut Option<Builder>, pieces: &mut Vec<Piece>) -> Result<(), BatchFault> {
    if let Some(builder) = run.take() {
        pieces.push(Piece::Data(builder.finish()?));
    }
    Ok(())
}

/// Merges neighbours into one batch: same codec, whole, each beginning where the one before ends.
///
/// # Errors
/// [`BatchFault`] when a records section cannot be read, or [`BatchFault::Record`] when the
/// batches are no neighbours.
pub fn merge(batches: &[&Batch], limit: usize) -> Result<Option<Batch>, BatchFault> {
    let Some(first) = batches.first() else { return Ok(None) };
    let codec = first.header().codec();
    // Offset deltas become longer, by two bytes at most for as many records as fit into a batch.
    let room = batches.iter().map(|batch| batch.len() + batch.len() / 16).sum();
    let mut builder =
        Builder::new(first.base_offset(), codec, first.header().leader_epoch).with_room(room);
    for batch in batches {
        let refuse = |detail| BatchFault::Record { offset: batch.base_offset(), detail };
        if batch.header().codec() != codec || batch.base_offset() != builder.next_offset() {
            return Err(refuse("batches to merge are no neighbours"));
        }
        for record in Records::open(batch, limit)?.iter() {
            let record = record?;
            if record.offset != builder.next_offset() {
                return Err(refuse("a batch to merge has a hole"));
            }
            builder.push(&record);
        }
    }
    builder.finish().map(Some)
}

/// Splits a whole batch into two halves, because the destination takes no batch of its size.
/// `None` when it has only one record.
///
/// # Errors
/// [`BatchFault`] when the records section cannot be read.
pub fn halve(batch: &Batch, limit: usize) -> Result<Option<(Batch, Batch)>, BatchFault> {
    let half = i64::from(batch.header().count) / 2;
    if half == 0 {
        return Ok(None);
    }
    let (codec, epoch) = (batch.header().codec(), batch.header().leader_epoch);
    let middle = batch.base_offset() + half;
    let mut low = Builder::new(batch.base_offset(), codec, epoch);
    let mut high = Builder::new(middle, codec, epoch);
    for record in Records::open(batch, limit)?.iter() {
        let record = record?;
        if record.offset < middle { low.push(&record) } else { high.push(&record) }
    }
    Ok(Some((low.finish()?, high.finish()?)))
}
