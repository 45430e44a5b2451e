//! One topic's partitions: order and what each needs said.

use std::cmp::Ordering;

use drawbridge_shared::order;
use drawbridge_shared::view::PartitionView;

use super::sort::{Direction, known_first};

/// What partitions can be sorted by.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub enum PartitionColumn {
    /// Number.
    #[default]
    Number,
    /// Leader's node id.
    Leader,
    /// Replicas missing.
    Missing,
    /// First offset.
    Start,
    /// High watermark.
    End,
    /// Number of offsets.
    Offsets,
    /// Bytes.
    Size,
}

impl PartitionColumn {
    /// Its name.
    #[must_use]
    pub fn key(self) -> &'static str {
        match self {
            Self::Number => "partition",
            Self::Leader => "leader",
            Self::Missing => "replicas",
            Self::Start => "start",
            Self::End => "end",
            Self::Offsets => "offsets",
            Self::Size => "size",
        }
    }

    /// The direction that a first click asks for: the largest first, where that is what one looks for.
    #[must_use]
    pub fn first(self) -> Direction {
        match self {
            Self::Number | Self::Leader | Self::Start => Direction::Ascending,
            Self::Missing | Self::End | Self::Offsets | Self::Size => Direction::Descending,
        }
    }

    /// The column of that name.
    #[must_use]
    pub fn of_key(key: &str) -> Option<Self> {
        [
            Self::Number,
            Self::Leader,
            Self::Missing,
            Self::Start,
            Self::End,
            Self::Offsets,
            Self::Size,
        ]
        .into_iter()
        .find(|column| column.key() == key)
    }
}

/// The order as a URL says it: the column's name, with `-` before it for descending; empty for that of the numbers.
#[must_use]
pub fn order_word(column: PartitionColumn, direction: Direction) -> String {
    match (column, direction) {
        (PartitionColumn::Number, Direction::Ascending) => String::new(),
        (column, Direction::Ascending) => column.key().to_owned(),
        (column, Direction::Descending) => format!("-{}", column.key()),
    }
}

/// Reads what [`order_word`] writes; an unknown column is the order of the numbers.
#[must_use]
pub fn read_order(word: &str) -> (PartitionColumn, Direction) {
    let (key, direction) = match word.strip_prefix('-') {
        Some(key) => (key, Direction::Descending),
        None => (word, Direction::Ascending),
    };
    PartitionColumn::of_key(key)
        .map_or((PartitionColumn::Number, Direction::Ascending), |column| (column, direction))
}

/// Offsets as lines with tabs between, for a spreadsheet or a note; what is not known is left empty.
#[must_use]
pub fn offsets_text(partitions: &[PartitionView]) -> String {
    let known = |offset: Option<i64>| offset.map(|offset| offset.to_string()).unwrap_or_default();
    let mut text = "partition\tlog start\thigh watermark\n".to_owned();
    for at in partitions {
        let (start, end) = (known(at.log_start), known(at.high_watermark));
        text.push_str(&format!("{}\t{start}\t{end}\n", at.partition));
    }
    text
}

/// Offsets between log start and high watermark; none when either is not known.
#[must_use]
pub fn offsets(partition: &PartitionView) -> Option<u64> {
    let (start, end) = (partition.log_start?, partition.high_watermark?);
    Some(u64::try_from(end.saturating_sub(start)).unwrap_or(0))
}

/// Replicas with whether each is in sync, preferred leader first.
#[must_use]
pub fn replicas(partition: &PartitionView) -> Vec<(i32, bool)> {
    partition.replicas.iter().map(|id| (*id, partition.isr.contains(id))).collect()
}

/// Replicas not in sync.
#[must_use]
pub fn n_missing(partition: &PartitionView) -> usize {
    partition.replicas.iter().filter(|id| !partition.isr.contains(id)).count()
}

/// Partition numbers in order; ties, and what is unknown, by number.
#[must_use]
pub fn ordered(
    partitions: &[PartitionView],
    column: PartitionColumn,
    direction: Direction,
) -> Vec<i32> {
    let compare = |a: &PartitionView, b: &PartitionView| -> Ordering {
        let known = |x: Option<u64>, y: Option<u64>| known_first(x.as_ref(), y.as_ref(), direction);
        let signed =
            |x: Option<i64>, y: Option<i64>| known_first(x.as_ref(), y.as_ref(), direction);
        match column {
            PartitionColumn::Number => direction.apply(a.partition.cmp(&b.partition)),
            PartitionColumn::Leader => signed(a.leader.map(i64::from), b.leader.map(i64::from)),
            PartitionColumn::Missing => direction.apply(n_missing(a).cmp(&n_missing(b))),
            PartitionColumn::Start => signed(a.log_start, b.log_start),
            PartitionColumn::End => signed(a.high_watermark, b.high_watermark),
            PartitionColumn::Offsets => known(offsets(a), offsets(b)),
            PartitionColumn::Size => known(a.size_bytes, b.size_bytes),
        }
        .then_with(|| a.partition.cmp(&b.partition))
    };
    let mut order: Vec<&PartitionView> = partitions.iter().collect();
    order::sort_by(&mut order, |a, b| compare(a, b));
    order.into_iter().map(|partition| partition.partition).collect()
}

/// The partition of a number.
#[must_use]
pub fn partition(partitions: &[PartitionView], number: i32) -> Option<&PartitionView> {
    partitions.iter().find(|partition| partition.partition == number)
}

#[cfg(test)]
#[allow(
    clippy::cast_possible_truncation,
    clippy::cast_possible_wrap,
    clippy::cast_sign_loss,
    reason = "numbers of these tests are small"
)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    fn view(partition: i32, start: Option<i64>, end: Option<i64>) -> PartitionView {
        PartitionView {
            partition,
            leader: Some(1),
            replicas: vec![1, 2, 3],
            isr: vec![3, 1],
            log_start: start,
            high_watermark: end,
            size_bytes: None,
        }
    }

    #[test]
    fn an_order_reads_back_from_the_url_and_a_strange_one_is_that_of_the_numbers() {
        for column in [PartitionColumn::Number, PartitionColumn::Missing, PartitionColumn::Size] {
            for direction in [Direction::Ascending, Direction::Descending] {
                assert_eq!(read_order(&order_word(column, direction)), (column, direction));
            }
        }
        assert_eq!(read_order("-nonsense"), (PartitionColumn::Number, Direction::Ascending));
    }

    #[test]
    fn copied_offsets_leave_out_what_is_not_known() {
        let text =
            offsets_text(&[view(0, Some(5), Some(9_007_199_254_740_993)), view(1, None, None)]);
        assert_eq!(text, "partition\tlog start\thigh watermark\n0\t5\t9007199254740993\n1\t\t\n");
    }

    #[test]
    fn offsets_are_the_span_and_unknown_when_an_end_is() {
        assert_eq!(offsets(&view(0, Some(40), Some(118))), Some(78));
        assert_eq!(offsets(&view(0, None, Some(118))), None);
        assert_eq!(offsets(&view(0, Some(5), Some(4))), Some(0));
        assert_eq!(offsets(&view(0, Some(i64::MIN), Some(i64::MAX))), Some(i64::MAX as u64));
    }

    #[test]
    fn a_replica_out_of_sync_is_told_apart() {
        assert_eq!(replicas(&view(0, None, None)), [(1, true), (2, false), (3, true)]);
        assert_eq!(n_missing(&view(0, None, None)), 1);
    }

    proptest! {
        #[test]
        fn every_partition_is_in_every_order_once(ends in proptest::collection::vec(proptest::option::of(0i64..5), 0..20), down: bool) {
            let all: Vec<PartitionView> = ends.iter().enumerate().map(|(n, end)| view(n as i32, Some(0), *end)).collect();
            let direction = if down { Direction::Descending } else { Direction::Ascending };
            for key in ["partition", "leader", "replicas", "start", "end", "offsets", "size"] {
                let column = PartitionColumn::of_key(key).unwrap();
                prop_assert_eq!(column.key(), key);
                let mut order = ordered(&all, column, direction);
                if column == PartitionColumn::End {
                    let known: Vec<bool> = order.iter().map(|n| ends[*n as usize].is_some()).collect();
                    prop_assert!(known.windows(2).all(|pair| pair[0] || !pair[1]));
                }
                order.sort_unstable();
                prop_assert_eq!(order, (0..ends.len() as i32).collect::<Vec<_>>());
            }
        }
    }
}
