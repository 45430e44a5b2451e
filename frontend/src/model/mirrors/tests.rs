use drawbridge_shared::view::{LagView, RateView};

use super::*;

pub(crate) fn mirror(topic: &str, state: MirrorState, records: i64, behind_ms: i64) -> MirrorRow {
    MirrorRow {
        cluster: "cloud".parse().unwrap(),
        link: "l".parse().unwrap(),
        topic: topic.parse().unwrap(),
        source_topic: topic.into(),
        partitions: 2,
        state,
        since_ms: 0,
        error: MirrorTopicError::NoError,
        trouble: None,
        lag: LagView {
            records: Some(records),
            behind_ms: Some(behind_ms),
            last_fetch_ms: Some(1_000),
        },
        rate: RateView::default(),
    }
}

fn detail(mirror: MirrorRow) -> MirrorDetail {
    MirrorDetail { mirror, partitions: Vec::new(), transition_errors: Vec::new() }
}

#[test]
fn the_mirror_that_needs_somebody_most_comes_first() {
    let rows = [
        mirror("stopped", MirrorState::Stopped, 0, 0),
        mirror("fine", MirrorState::Active, 0, 0),
        mirror("slow", MirrorState::Active, 18_204, 6_000),
        mirror("failed", MirrorState::Failed, 3, 0),
    ];
    let order = shown(&rows, "", "", "");
    assert_eq!(order, ["cloud/l/failed", "cloud/l/slow", "cloud/l/fine", "cloud/l/stopped"]);
    assert_eq!(shown(&rows, "", "trouble", ""), ["cloud/l/failed", "cloud/l/slow"]);
    assert_eq!(shown(&rows, "", "stopped", ""), ["cloud/l/stopped"]);
    assert_eq!(shown(&rows, "", "", "-records").first().map(|key| &**key), Some("cloud/l/slow"));
    assert_eq!(find(&rows, "cloud/l/slow").map(|row| row.topic.as_str()), Some("slow"));
}

#[test]
fn readiness_is_a_sentence_with_what_is_missing() {
    let (role, words) = readiness(&detail(mirror("t", MirrorState::Active, 0, 0)));
    assert!(role == StateRole::Ok && words.starts_with("Ready"), "{words}");
    let (_, words) = readiness(&detail(mirror("t", MirrorState::Active, 1_204, 3_100)));
    assert!(words.contains("1,204 records are missing, the oldest for 3.1 s"), "{words}");
    let (role, words) = readiness(&detail(mirror("t", MirrorState::SourceUnavailable, 1, 60_000)));
    assert!(role == StateRole::Failed && words.contains("fail over"), "{words}");
}

#[test]
fn an_action_that_makes_no_sense_says_why() {
    use MirrorAction::{Failover, Pause, Promote, Resume};
    for action in [Failover, Pause, Promote, Resume] {
        assert!(why_not(action, MirrorState::Stopped).is_some());
    }
    assert_eq!(
        why_not(Failover, MirrorState::PendingStopped),
        None,
        "the way out of a stuck promotion"
    );
    assert_eq!(why_not(Promote, MirrorState::Active), None);
    assert!(why_not(Promote, MirrorState::Failed).is_some());
    assert!(why_not(Resume, MirrorState::Active).is_some());
    assert_eq!(why_not(Resume, MirrorState::Paused), None);
}

#[test]
fn what_failed_says_what_to_do() {
    let mut row = mirror("t", MirrorState::Failed, 0, 0);
    assert_eq!(trouble_words(&row), None);
    row.error = MirrorTopicError::SourceTopicMayBeDeleted;
    assert!(trouble_words(&row).unwrap().contains("fail the mirror over"));
    row.trouble = Some("said by the gateway".into());
    assert_eq!(trouble_words(&row).unwrap(), "said by the gateway");
}

#[test]
fn a_mirror_is_found_in_rows_of_any_order() {
    let rows = [
        mirror("b", MirrorState::Active, 0, 0),
        mirror("a", MirrorState::Active, 0, 0),
        mirror("c", MirrorState::Active, 0, 0),
    ];
    for name in ["a", "b", "c"] {
        assert_eq!(find_topic(&rows, name).map(|row| row.topic.as_str()), Some(name));
        assert!(find(&rows, &format!("cloud/l/{name}")).is_some());
    }
    assert_eq!(find_topic(&rows, "d"), None);
    assert_eq!(find(&rows, "cloud/other/a"), None);
}

#[test]
fn what_can_be_done_to_the_chosen_ones_is_summed_up() {
    let rows = [
        mirror("copies", MirrorState::Active, 0, 0),
        mirror("other", MirrorState::Active, 0, 0),
        mirror("over", MirrorState::Stopped, 0, 0),
    ];
    let chosen = |names: &[&str]| names.iter().map(|name| format!("cloud/l/{name}")).collect();
    let sum = able(&rows, &chosen(&["copies", "over"]), MirrorAction::Promote);
    assert_eq!((sum.n, sum.n_others, sum.bytes), (1, 1, "copies".len()));
    assert_eq!(sum.reason, Some("It is stopped already: an ordinary topic"));
    let all = able(&rows, &chosen(&["copies", "other", "over"]), MirrorAction::Failover);
    assert_eq!((all.n, all.n_others), (2, 0));
}
