use super::*;
use proptest::collection::vec;
use proptest::option;
use proptest::prelude::*;

fn partition(
    number: i32,
    leader: Option<i32>,
    start: Option<i64>,
    end: Option<i64>,
) -> PartitionView {
    PartitionView {
        partition: number,
        leader,
        replicas: vec![1],
        isr: vec![1],
        log_start: start,
        high_watermark: end,
        size_bytes: None,
    }
}

#[test]
fn everything_goes_up_to_the_watermark_that_was_seen() {
    let seen = [partition(0, Some(1), Some(10), Some(14)), partition(1, Some(1), Some(0), Some(0))];
    let plan = PurgePlan::new(&seen, &PurgeChoice::Everything);
    assert_eq!(plan.request(), [(0, 14)]);
    assert_eq!(plan.summary(), "Up to 4 records from 1 partition");
    assert_eq!(plan.blocked(&PurgeChoice::Everything), None);
}

#[test]
fn a_partition_without_leader_is_left_alone_and_says_why() {
    let seen = [partition(0, None, Some(0), Some(9)), partition(1, Some(1), Some(0), Some(9))];
    let plan = PurgePlan::new(&seen, &PurgeChoice::Everything);
    assert_eq!(plan.request(), [(1, 9)]);
    assert!(plan.lines[0].fault.as_deref().unwrap().contains("no leader"));
    assert_eq!(plan.n_offsets(), 9);
}

#[test]
fn partitions_left_empty_keep_all() {
    let seen = [partition(0, Some(1), Some(0), Some(9)), partition(1, Some(1), Some(0), Some(9))];
    let plan =
        PurgePlan::new(&seen, &PurgeChoice::Before(vec![(0, " 4 ".into()), (1, String::new())]));
    assert_eq!(plan.request(), [(0, 4)]);
}

#[test]
fn an_offset_beyond_the_end_is_a_fault_that_names_the_end() {
    let seen = [partition(0, Some(1), Some(0), Some(1_900))];
    let choice = PurgeChoice::Before(vec![(0, "1901".into())]);
    let plan = PurgePlan::new(&seen, &choice);
    assert_eq!(plan.lines[0].fault.as_deref(), Some("beyond the end; at most 1,900"));
    assert!(plan.blocked(&choice).is_some());
}

#[test]
fn a_plan_that_deletes_nothing_is_blocked() {
    let seen = [partition(0, Some(1), Some(5), Some(9))];
    let choice = PurgeChoice::Before(vec![(0, "3".into())]);
    assert_eq!(
        PurgePlan::new(&seen, &choice).blocked(&choice).as_deref(),
        Some("No partition would lose a record")
    );
    assert_eq!(PurgePlan::new(&seen, &choice).summary(), "Nothing");
}

#[test]
fn an_outcome_counts_failures() {
    let row = |error: Option<&str>| PurgeRow {
        partition: 0,
        log_start: None,
        error: error.map(str::to_owned),
    };
    assert_eq!(outcome(&[row(None), row(None)]), "Records deleted in 2 partitions");
    assert_eq!(
        outcome(&[row(None), row(Some("x"))]),
        "1 of 2 partitions failed; the others are done"
    );
    assert_eq!(outcome(&[row(Some("x"))]), "No record was deleted: every partition failed");
}

proptest! {
    #[test]
    fn a_request_never_deletes_more_than_the_preview_counts(
        spans in vec((option::of(0i64..50), option::of(0i64..99), option::of(1i32..3)), 0..9),
        typed in option::of(vec("[0-9,]{0,3}|-1|x", 0..9)),
    ) {
        let seen: Vec<PartitionView> =
            spans.iter().enumerate().map(|(n, (start, end, leader))| partition(n as i32, *leader, *start, *end)).collect();
        let choice = typed.map_or(PurgeChoice::Everything, |typed| {
            PurgeChoice::Before(typed.into_iter().enumerate().map(|(n, text)| (n as i32, text)).collect())
        });
        let plan = PurgePlan::new(&seen, &choice);
        prop_assert_eq!(plan.lines.len(), seen.len());
        let mut goes = 0;
        for (number, before) in plan.request() {
            let view = &seen[number as usize];
            prop_assert!(view.leader.is_some());
            prop_assert!(before <= view.high_watermark.unwrap(), "an offset the broker would refuse, or -1");
            prop_assert!(before > view.log_start.unwrap());
            goes += (before - view.log_start.unwrap()) as u64;
        }
        prop_assert_eq!(goes, plan.n_offsets());
    }
}
