use drawbridge_shared::link::LinkState;
use drawbridge_shared::view::MirrorLagRow;
use proptest::prelude::*;

use super::*;
use crate::model::links::tests::link;

fn row(topic: &str, lags: &[(i32, i64)], error: Option<&str>) -> MirrorActionRow {
    let lag =
        |(partition, lag)| MirrorLagRow { partition, lag, last_source_fetch_offset: lag + 100 };
    MirrorActionRow {
        topic: topic.into(),
        error_code: error.map(|_| 400),
        error_message: error.map(Into::into),
        lags: lags.iter().copied().map(lag).collect(),
    }
}

fn group(source: Option<i64>, destination: Option<i64>) -> GroupOffsetRow {
    GroupOffsetRow {
        group: "ingest".into(),
        mirror_group: "ingest".into(),
        topic: "orders".into(),
        partition: 0,
        source,
        destination,
        mirror_end: None,
        source_active: false,
        destination_active: false,
        synced: true,
    }
}

#[test]
fn a_dry_run_is_summed_up_without_what_would_be_refused() {
    let rows =
        [row("a", &[(0, 61_200), (1, -1)], None), row("b", &[(0, 5)], Some("already stopped"))];
    let sum = missing(&rows);
    assert_eq!(sum, Missing { records: 61_200, n_unknown: 1, n_taken: 1, n_refused: 1 });
    let words = loss(&sum, "plant-7", "analytics", Some(1_795_339_862_440));
    assert_eq!(
        words,
        "Up to 61,200 records that plant-7 had at 09:31:02 UTC and analytics does not. Of 1 partition nothing \
         is known: they were not fetched yet, or not since they were paused or failed. What was produced there since then is unknown."
    );
}

#[test]
fn a_source_whose_end_grows_is_still_written_to() {
    let mut ends = Ends::default();
    ends.see(0, Some(100));
    ends.see(4_000, Some(100));
    assert_eq!(ends.words(), None);
    ends.see(8_000, Some(112));
    assert_eq!(ends.words().as_deref(), Some("12 records arrived in the last 4 s"));
    ends.see(14_000, Some(112));
    assert_eq!(ends.words(), None, "long ago");
    ends.see(15_000, None);
    ends.see(16_000, Some(500));
    assert_eq!(ends.words(), None, "what was not known did not arrive");
}

#[test]
fn what_is_refused_or_lacks_most_is_read_first() {
    let rows = [
        row("even", &[(0, 0), (1, 0)], None),
        row("little", &[(0, 5), (1, 0)], None),
        row("much", &[(0, 0), (1, 700)], None),
        row("stopped", &[], Some("already stopped")),
        row("unknown", &[(0, -1)], None),
    ];
    let order = worst_first(&rows);
    let order: Vec<(&str, Option<i32>)> =
        order.iter().map(|line| (line.topic.as_str(), line.partition)).collect();
    assert_eq!(
        order,
        [
            ("stopped", None),
            ("unknown", Some(0)),
            ("much", Some(0)),
            ("much", Some(1)),
            ("little", Some(0)),
            ("little", Some(1)),
            ("even", Some(0)),
            ("even", Some(1)),
        ]
    );
}

#[test]
fn less_than_a_second_is_not_told_in_milliseconds() {
    assert_eq!(took(0), "at once");
    assert_eq!(took(999), "at once");
    assert_eq!(took(72_400), "after 1 min 12 s");
}

#[test]
fn an_old_dry_run_is_not_acted_on() {
    assert_eq!(is_stale(120_000, 0), None);
    assert!(is_stale(120_001, 0).is_some());
}

#[test]
fn a_group_says_where_it_would_go_on() {
    assert_eq!(Gap::of(&group(Some(100), Some(86))).words(), "would re-read 14");
    assert_eq!(Gap::of(&group(Some(86), Some(100))).words(), "would skip 14");
    assert_eq!(Gap::of(&group(Some(86), Some(86))), Gap::Same);
    assert_eq!(Gap::of(&group(Some(86), None)), Gap::Nowhere);
    let rows = [group(Some(100), Some(86))];
    assert_eq!(groups_words(&rows, "orders", 0), "ingest would re-read 14");
    assert_eq!(groups_words(&rows, "orders", 1), "–");
    assert_eq!(n_groups_apart(&rows, &BTreeSet::from(["orders".to_owned()])), 1);
    assert_eq!(n_groups_apart(&rows, &BTreeSet::from(["other".to_owned()])), 0);
}

#[test]
fn a_promotion_is_refused_while_the_source_is_down_and_says_what_to_do() {
    let fault = promotion_fault(&link("l", LinkState::Unavailable), "plant-7").unwrap();
    assert!(fault.contains("plant-7 does not answer") && fault.contains("fail over instead"));
    let fault = promotion_fault(&link("l", LinkState::Paused), "plant-7").unwrap();
    assert!(fault.contains("Resume the link"), "{fault}");
    assert_eq!(promotion_fault(&link("l", LinkState::Active), "plant-7"), None);
}

fn report(lines: Vec<CutRow>) -> Report {
    Report {
        action: "failover",
        cluster: "cloud".into(),
        link: "from-on-prem-link".into(),
        source: "on-prem".into(),
        asked_ms: 1_795_339_862_440,
        ended_ms: None,
        lines,
        states: vec![("from-on-prem".into(), Some(MirrorState::PendingStopped))],
    }
}

#[test]
fn the_report_has_the_columns_of_the_tools() {
    let lines = lines(&[row("from-on-prem", &[(0, 0)], None)]);
    let text = report(lines).markdown();
    assert!(text.starts_with("# Failover of mirrors: on-prem → cloud\n"), "{text}");
    assert!(
        text.contains("| Mirror Topic Name | Partition | Partition Mirror Lag | Last Source Fetch Offset | Error Message | Error Code |"),
        "{text}"
    );
    assert!(text.contains("| from-on-prem | 0 | 0 | 100 | – | – |"), "{text}");
    assert!(text.contains("| from-on-prem | PENDING_STOPPED |"), "{text}");
}

#[test]
fn a_refused_mirror_keeps_its_line() {
    let lines = lines(&[row("a", &[], Some("Topic 'a' has already stopped its mirror"))]);
    assert_eq!(lines.len(), 1);
    assert_eq!(
        lines.first().map(|line| line.cells().join("|")).as_deref(),
        Some("a|–|–|–|Topic 'a' has already stopped its mirror|400")
    );
}

proptest! {
    #[test]
    fn the_report_for_programs_is_json_whatever_brokers_say(
        message in ".{0,20}", lag in -1i64..i64::MAX / 2, topics in proptest::collection::vec("[a-z|]{1,5}", 0..3)
    ) {
        let rows: Vec<_> = topics.iter().map(|topic| row(topic, &[(0, lag)], Some(&message))).collect();
        let value: serde_json::Value = serde_json::from_str(&report(lines(&rows)).json()).unwrap();
        prop_assert_eq!(value["partitions"].as_array().unwrap().len(), topics.len());
    }
}

#[test]
fn a_promotion_claims_nothing_of_partitions_that_are_not_known() {
    let known = Missing { n_taken: 1, ..Missing::default() };
    assert!(to_copy(&known, "on-prem").starts_with("Nothing is missing now"));
    let paused = Missing { n_unknown: 2, ..known };
    assert!(
        to_copy(&paused, "on-prem")
            .starts_with("What is missing in 2 partitions is not known now.")
    );
    let both = Missing { records: 3, ..paused };
    let said = "3 records are missing now, and what is missing in 2 partitions more is not known.";
    assert!(to_copy(&both, "on-prem").starts_with(said));
}
