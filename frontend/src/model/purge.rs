//! Deleting records: what a choice would take from each partition, before anything is asked.
//!
//! A plan names, per partition, the first offset to keep, taken from the view that was looked at. Records that
//! come after the preview are therefore never part of what is deleted.

use drawbridge_shared::view::{PartitionView, PurgeRow};

use super::number::{count, counted, signed};
use super::partitions::offsets;

/// What somebody wants to delete.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum PurgeChoice {
    /// Everything that the view shows.
    Everything,
    /// What lies below an offset, typed per partition; partitions left empty keep all.
    Before(Vec<(i32, String)>),
}

/// What would happen to one partition.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct PurgeLine {
    /// Partition number.
    pub partition: i32,
    /// First offset that stays; none when the partition is left alone.
    pub before: Option<i64>,
    /// Offsets that go.
    pub n_offsets: Option<u64>,
    /// Why nothing can be asked for this partition.
    pub fault: Option<String>,
}

/// What would happen to all partitions.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct PurgePlan {
    /// By partition.
    pub lines: Vec<PurgeLine>,
}

impl PurgePlan {
    /// Works out what `choice` means for the partitions as they were seen.
    #[must_use]
    pub fn new(partitions: &[PartitionView], choice: &PurgeChoice) -> Self {
        let line = |partition: &PartitionView| match choice {
            PurgeChoice::Everything => everything(partition),
            PurgeChoice::Before(typed) => {
                let typed = typed.iter().find(|(number, _)| *number == partition.partition);
                before(partition, typed.map_or("", |(_, text)| text.trim()))
            }
        };
        Self { lines: partitions.iter().map(line).collect() }
    }

    /// What to ask the gateway for: partitions that lose something, each with its first offset to keep.
    #[must_use]
    pub fn request(&self) -> Vec<(i32, i64)> {
        let loses =
            |line: &&PurgeLine| line.fault.is_none() && line.n_offsets.is_some_and(|n| n > 0);
        self.lines
            .iter()
            .filter(loses)
            .filter_map(|line| line.before.map(|before| (line.partition, before)))
            .collect()
    }

    /// Offsets that go in all.
    #[must_use]
    pub fn n_offsets(&self) -> u64 {
        self.lines.iter().filter_map(|line| line.n_offsets).fold(0, u64::saturating_add)
    }

    /// Why the plan cannot be carried out as it stands, beyond faults at single fields; none when it can.
    #[must_use]
    pub fn blocked(&self, choice: &PurgeChoice) -> Option<String> {
        let faults = self.lines.iter().filter(|line| line.fault.is_some()).count();
        if faults > 0 && matches!(choice, PurgeChoice::Before(_)) {
            return Some("An offset is not right; see the partition".to_owned());
        }
        if self.request().is_empty() {
            return Some("No partition would lose a record".to_owned());
        }
        None
    }

    /// What goes, in one line: `Up to 1,204 records from 3 partitions`.
    #[must_use]
    pub fn summary(&self) -> String {
        if self.request().is_empty() {
            return "Nothing".to_owned();
        }
        let from = u64::try_from(self.request().len()).unwrap_or(u64::MAX);
        let records = counted(self.n_offsets(), "record", "records");
        format!("Up to {records} from {}", counted(from, "partition", "partitions"))
    }
}

fn everything(partition: &PartitionView) -> PurgeLine {
    let fault = match (partition.leader, partition.high_watermark, offsets(partition)) {
        (None, _, _) => Some("no leader: its records cannot be deleted now".to_owned()),
        (Some(_), Some(_), Some(_)) => None,
        (Some(_), _, _) => Some("its offsets are not known, so it is left alone".to_owned()),
    };
    PurgeLine {
        partition: partition.partition,
        before: partition.high_watermark.filter(|_| fault.is_none()),
        n_offsets: offsets(partition).filter(|_| fault.is_none()),
        fault,
    }
}

fn before(partition: &PartitionView, text: &str) -> PurgeLine {
    let line = |before, n_offsets, fault: Option<String>| PurgeLine {
        partition: partition.partition,
        before,
        n_offsets,
        fault,
    };
    if text.is_empty() {
        return line(None, Some(0), None);
    }
    if partition.leader.is_none() {
        return line(None, None, Some("no leader: its records cannot be deleted now".to_owned()));
    }
    let (Some(start), Some(end)) = (partition.log_start, partition.high_watermark) else {
        return line(None, None, Some("its offsets are not known".to_owned()));
    };
    match text.replace(',', "").parse::<i64>() {
        Ok(offset) if offset > end => {
            let fault = format!("beyond the end; at most {}", signed(end));
            line(None, None, Some(fault))
        }
        Ok(offset) if offset >= 0 => {
            let goes = u64::try_from(offset.saturating_sub(start)).unwrap_or(0);
            line(Some(offset), Some(goes), None)
        }
        _ => line(
            None,
            None,
            Some(format!("not an offset; enter {} to {}", signed(start), signed(end))),
        ),
    }
}

/// What came of it, in one line.
#[must_use]
pub fn outcome(rows: &[PurgeRow]) -> String {
    let failed = rows.iter().filter(|row| row.error.is_some()).count();
    let all = u64::try_from(rows.len()).unwrap_or(u64::MAX);
    let failed = u64::try_from(failed).unwrap_or(u64::MAX);
    match failed {
        0 => format!("Records deleted in {}", counted(all, "partition", "partitions")),
        _ if failed == all => "No record was deleted: every partition failed".to_owned(),
        _ => format!("{} of {} partitions failed; the others are done", count(failed), count(all)),
    }
}

#[cfg(test)]
#[allow(
    clippy::cast_possible_truncation,
    clippy::cast_possible_wrap,
    clippy::cast_sign_loss,
    reason = "numbers of these tests are small"
)]
#[path = "purge/tests.rs"]
mod tests;
