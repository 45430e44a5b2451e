use super::*;
use drawbridge_shared::view::{GroupTopic, GroupsRead};

fn row(group: &str, n_members: u32, lag: Option<i64>) -> GroupRow {
    GroupRow {
        cluster: "cloud".parse().unwrap(),
        group: group.into(),
        kind: GroupKind::Classic,
        state: if n_members == 0 { GroupState::Empty } else { GroupState::Stable },
        protocol: "consumer".into(),
        coordinator: 1,
        n_members: Some(n_members),
        lag,
        trend: None,
        topics: vec![GroupTopic { topic: format!("{group}-in"), n_members, lag }],
    }
}

fn view(rows: Vec<GroupRow>) -> GroupsView {
    let read = GroupsRead {
        cluster: "cloud".parse().unwrap(),
        observed_at_ms: None,
        measured_at_ms: None,
        fault: None,
    };
    GroupsView { reads: vec![read], rows }
}

#[test]
fn what_was_not_read_yet_is_counted_as_unknown_and_not_as_nothing() {
    assert_eq!(Counts::of(None), Counts::default());
    let mut groups = view(Vec::new());
    assert_eq!(Counts::of(Some(&groups)), Counts::default(), "nothing was listed");
    groups.rows = vec![row("reads", 1, None), row("left", 0, None)];
    groups.reads[0].observed_at_ms = Some(1);
    let listed = Counts { all: Some(2), ..Counts::default() };
    assert_eq!(Counts::of(Some(&groups)), listed, "no lag was read");
    groups.reads[0].measured_at_ms = Some(2);
    assert_eq!(Counts::of(Some(&groups)), listed, "no lag could be read");
    groups.rows[1].lag = Some(3);
    assert_eq!(Counts::of(Some(&groups)), Counts { left: Some(1), ..listed }, "no trend yet");
    groups.rows[0].trend = Some(LagTrend::Rising);
    let all = Counts { all: Some(2), falling_behind: Some(1), left: Some(1) };
    assert_eq!(Counts::of(Some(&groups)), all);
}

#[test]
fn a_cluster_without_groups_has_none_behind() {
    let mut groups = view(Vec::new());
    groups.reads[0].observed_at_ms = Some(1);
    groups.reads[0].measured_at_ms = Some(2);
    let none = Counts { all: Some(0), falling_behind: Some(0), left: Some(0) };
    assert_eq!(Counts::of(Some(&groups)), none);
}

#[test]
fn the_group_that_needs_somebody_stands_first() {
    let rising = GroupRow { trend: Some(LagTrend::Rising), ..row("rising", 2, Some(5)) };
    let joining = GroupRow { state: GroupState::PreparingRebalance, ..row("joining", 2, Some(5)) };
    let rows = vec![
        row("calm", 1, Some(9)),
        row("done", 0, Some(0)),
        row("left", 0, Some(3)),
        joining,
        rising,
    ];
    let order = shown(&view(rows.clone()), "", "", "");
    assert_eq!(order, ["cloud/rising", "cloud/joining", "cloud/left", "cloud/calm", "cloud/done"]);
    let trouble = shown(&view(rows.clone()), "", "trouble", "group");
    assert_eq!(trouble, ["cloud/joining", "cloud/left", "cloud/rising"]);
    assert_eq!(shown(&view(rows), "calm-in", "", ""), ["cloud/calm"], "by a topic it reads");
}

#[test]
fn a_lag_that_is_not_known_is_no_zero_and_comes_last() {
    let rows = vec![row("a", 0, None), row("b", 0, Some(1)), row("c", 0, Some(2))];
    assert_eq!(shown(&view(rows.clone()), "", "", "-lag"), ["cloud/c", "cloud/b", "cloud/a"]);
    assert_eq!(shown(&view(rows.clone()), "", "", "lag"), ["cloud/b", "cloud/c", "cloud/a"]);
    assert_eq!(lag_words(&rows[0]), "–");
    assert_eq!(behind(Some(1_204), Some(3_100)), "1,204 records · 3.1 s");
    assert_eq!(behind(Some(0), Some(0)), "nothing waits");
    assert_eq!(behind(Some(1), None), "1 record");
}

#[test]
fn a_group_is_found_by_its_key_whatever_its_name() {
    let rows = [row("a/b", 0, None)];
    assert_eq!(find(&rows, &key(&rows[0])), Some(&rows[0]));
    assert_eq!(find(&rows, "cloud/a"), None);
}

#[test]
fn partitions_are_drawn_together() {
    assert_eq!(ranges(&[0, 1, 2, 3, 7]), "0–3, 7");
    assert_eq!(ranges(&[0, 1, 5]), "0, 1, 5");
    assert_eq!(ranges(&[]), "");
    assert_eq!(ranges(&[i32::MAX]), i32::MAX.to_string());
}

#[test]
fn a_group_with_members_says_what_to_do_first() {
    assert_eq!(why_not(&row("a", 0, None)), None);
    assert!(why_not(&row("a", 2, None)).unwrap().contains("2 members: stop its consumers"));
}
