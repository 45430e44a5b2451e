//! What a reset means for each partition: pure, so that a preview is what is then done.

use drawbridge_kafka::admin::TopicPartition;
use drawbridge_shared::view::ResetRow;

/// Where one partition's offset is wanted.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) enum Wanted {
    /// The log's start.
    Start,
    /// The log's end.
    End,
    /// An offset, with what it is in words where it is not typed.
    At(i64),
    /// So many records on from the committed offset.
    Shift(i64),
    /// Nowhere, for a reason.
    Nowhere(String),
}

/// One partition as it was read.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Place {
    pub(super) partition: TopicPartition,
    /// The committed offset.
    pub(super) from: Option<i64>,
    pub(super) log_start: Option<i64>,
    pub(super) log_end: Option<i64>,
}

/// The row of a partition: where its offset goes, within the log.
pub(super) fn row(place: Place, wanted: &Wanted) -> ResetRow {
    let Place { partition, from, log_start, log_end } = place;
    let mut row = ResetRow {
        topic: partition.topic,
        partition: partition.partition,
        from,
        to: None,
        log_start,
        log_end,
        moves: None,
        note: None,
    };
    // A log that begins behind its end was read while it was truncated.
    let (Some(start), Some(end)) = (log_start, log_end.filter(|end| Some(*end) >= log_start))
    else {
        row.note = Some("left alone: its log's start and end cannot be read now".to_owned());
        return row;
    };
    let asked = match (wanted, from) {
        (Wanted::Start, _) => start,
        (Wanted::End, _) => end,
        (Wanted::At(offset), _) => *offset,
        (Wanted::Shift(by), Some(from)) => from.saturating_add(*by),
        (Wanted::Shift(_), None) => {
            row.note = Some("left alone: no offset is committed to shift from".to_owned());
            return row;
        }
        (Wanted::Nowhere(why), _) => {
            row.note = Some(format!("left alone: {why}"));
            return row;
        }
    };
    let to = asked.clamp(start, end);
    row.to = Some(to);
    row.moves = from.map(|from| to.saturating_sub(from.clamp(start, end)));
    if asked < start {
        row.note = Some(format!("{asked} is gone: the log begins at {start}"));
    } else if asked > end {
        row.note = Some(format!("{asked} is not there yet: the log ends at {end}"));
    }
    row
}

#[cfg(test)]
mod tests {
    use super::*;
    use drawbridge_shared::view::ResetPlan;
    use proptest::prelude::*;

    fn place(from: Option<i64>, log: Option<(i64, i64)>) -> Place {
        Place {
            partition: TopicPartition::new("orders", 0),
            from,
            log_start: log.map(|(start, _)| start),
            log_end: log.map(|(_, end)| end),
        }
    }

    fn wanted() -> impl Strategy<Value = Wanted> {
        prop_oneof![
            Just(Wanted::Start),
            Just(Wanted::End),
            any::<i64>().prop_map(Wanted::At),
            (-50i64..50).prop_map(Wanted::At),
            any::<i64>().prop_map(Wanted::Shift),
            (-50i64..50).prop_map(Wanted::Shift),
            Just(Wanted::Nowhere("no".into())),
        ]
    }

    proptest! {
        #[test]
        fn an_offset_always_ends_up_within_the_log(
            wanted in wanted(),
            from in proptest::option::of(0i64..40),
            start in 0i64..20,
            length in 0i64..20,
        ) {
            let end = start + length;
            let row = row(place(from, Some((start, end))), &wanted);
            match row.to {
                Some(to) => prop_assert!((start..=end).contains(&to)),
                None => prop_assert!(row.note.is_some(), "left alone without a reason"),
            }
            if let (Some(to), Some(moves), Some(from)) = (row.to, row.moves, row.from) {
                // What is skipped or read again is there to be read.
                prop_assert!(moves.abs() <= end - start);
                prop_assert_eq!(to - moves, from.clamp(start, end));
            }
        }

        #[test]
        fn what_is_asked_for_is_what_the_preview_showed(
            all in proptest::collection::vec((wanted(), proptest::option::of(0i64..40), proptest::option::of((0i64..20, 0i64..20))), 0..8)
        ) {
            let rows: Vec<ResetRow> = all
                .into_iter()
                .zip(0..)
                .map(|((wanted, from, log), number)| {
                    let log = log.map(|(start, length)| (start, start + length));
                    let mut place = place(from, log);
                    place.partition.partition = number;
                    row(place, &wanted)
                })
                .collect();
            let plan = ResetPlan { planned_at_ms: 0, rows: rows.clone(), refusal: None };
            let moves = plan.moves();
            for row in &rows {
                let asked = moves.iter().find(|moved| moved.partition == row.partition);
                let changes = row.to.is_some() && row.to != row.from;
                prop_assert_eq!(asked.map(|moved| (moved.from, Some(moved.to))), changes.then_some((row.from, row.to)));
            }
        }

        #[test]
        fn a_log_that_is_not_known_is_left_alone(wanted in wanted(), from in proptest::option::of(0i64..40)) {
            prop_assert_eq!(row(place(from, None), &wanted).to, None);
            prop_assert_eq!(row(place(from, Some((9, 3))), &wanted).to, None);
        }
    }

    #[test]
    fn an_offset_outside_of_the_log_is_taken_to_its_edge_and_says_so() {
        let below = row(place(Some(30), Some((20, 40))), &Wanted::At(5));
        assert_eq!((below.to, below.moves), (Some(20), Some(-10)));
        assert_eq!(below.note.as_deref(), Some("5 is gone: the log begins at 20"));
        let above = row(place(Some(30), Some((20, 40))), &Wanted::Shift(99));
        assert_eq!((above.to, above.moves), (Some(40), Some(10)));
        assert_eq!(above.note.as_deref(), Some("129 is not there yet: the log ends at 40"));
    }

    #[test]
    fn records_that_retention_took_are_not_counted_as_read_again() {
        let row = row(place(Some(3), Some((20, 40))), &Wanted::Start);
        assert_eq!((row.from, row.to, row.moves), (Some(3), Some(20), Some(0)));
    }
}
