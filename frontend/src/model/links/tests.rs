use drawbridge_shared::view::{
    ClusterStatus, ClusterView, FaultView, LagView, RateView, RemoteView,
};

use super::*;

pub(crate) fn link(name: &str, state: LinkState) -> LinkRow {
    LinkRow {
        cluster: "cloud".parse().unwrap(),
        name: name.parse().unwrap(),
        link_id: "7eB0TrUTQdOQPhR-eto2Kg".into(),
        mode: LinkMode::Destination,
        connection: ConnectionMode::Inbound,
        remote: RemoteView {
            cluster_id: Some("abc".into()),
            cluster: Some("on-prem".parse().unwrap()),
            bootstrap: None,
            security: None,
        },
        state,
        since_ms: 0,
        error: LinkError::NoError,
        error_message: None,
        last_contact_ms: None,
        mirrors: vec![(MirrorState::Active, 3)],
        tasks_in_error: 0,
        lag: LagView { records: Some(0), behind_ms: Some(0), last_fetch_ms: None },
        rate: RateView::default(),
    }
}

#[test]
fn the_link_that_needs_somebody_most_comes_first() {
    let fine = link("fine", LinkState::Active);
    let down = link("down", LinkState::Unavailable);
    let paused = link("paused", LinkState::Paused);
    let mut slow = link("slow", LinkState::Active);
    slow.lag.behind_ms = Some(60_000);
    let mut broken = link("broken", LinkState::Active);
    broken.mirrors.push((MirrorState::Failed, 1));
    let rows = [fine, paused, slow, broken, down];
    let order = shown(&rows, "", "", "");
    assert_eq!(order, ["cloud/down", "cloud/broken", "cloud/slow", "cloud/paused", "cloud/fine"]);
    assert_eq!(shown(&rows, "", "trouble", "").len(), 4);
    assert_eq!(shown(&rows, "prem slow", "", ""), ["cloud/slow"]);
    assert_eq!(find(&rows, "cloud/slow").map(|row| row.name.as_str()), Some("slow"));
}

#[test]
fn a_cluster_that_never_answered_is_named_where_its_links_are_missed() {
    let fault = FaultView { summary: String::new(), cause: String::new(), remedy: String::new() };
    let down = ClusterStatus::Down { since_ms: 0, fault, next_attempt_ms: 0 };
    let cluster = |name: &str, status: &ClusterStatus| ClusterView {
        name: name.parse().unwrap(),
        status: status.clone(),
        ..crate::model::cluster::tests::cluster(ClusterStatus::Up)
    };
    let rows = [link("l", LinkState::Unavailable)];
    let all = [cluster("cloud", &down), cluster("here", &ClusterStatus::Up), cluster("a", &down)];
    let words = unlisted(&all, &rows, "links").unwrap();
    assert_eq!(words, "a is down: links there, if there are any, are not listed");
    assert!(unlisted(&all, &[], "links").unwrap().starts_with("cloud, a are down"));
    assert_eq!(unlisted(&all[..2], &rows, "links"), None, "its links were read before");
}

#[test]
fn an_active_link_says_what_makes_it_worth_a_look() {
    let mut row = link("l", LinkState::Active);
    assert_eq!(badge(&row), (StateRole::Ok, "ACTIVE".to_owned()));
    row.lag.behind_ms = Some(lag::BEHIND_MS);
    assert_eq!(badge(&row).1, "ACTIVE · behind");
    row.tasks_in_error = 1;
    assert_eq!(badge(&row), (StateRole::Attention, "ACTIVE · in error".to_owned()));
    assert_eq!(badge(&link("l", LinkState::UnmanagedSource)).1, "UNMANAGED SOURCE");
}

#[test]
fn nobody_reads_that_nothing_is_missing_while_mirrors_do_not_copy() {
    let mut row = link("l", LinkState::Active);
    assert_eq!(lag_words(&row), "nothing missing");
    row.mirrors.push((MirrorState::Paused, 1));
    assert_eq!(lag_words(&row), "none in 3 active");
    assert!(answers(&row));
    row.mirrors = vec![(MirrorState::SourceUnavailable, 3)];
    assert_eq!(lag_words(&row), "–");
    assert!(!answers(&row), "the link is active until enough checks have failed");
}

#[test]
fn a_link_says_which_way_data_goes_and_who_dials() {
    let mut row = link("l", LinkState::Active);
    assert_eq!(from_to(&row), ("on-prem".to_owned(), "cloud".to_owned()));
    assert_eq!(dials(&row), "on-prem dials");
    row.mode = LinkMode::Source;
    row.connection = ConnectionMode::Outbound;
    assert_eq!(from_to(&row), ("cloud".to_owned(), "on-prem".to_owned()));
    assert_eq!(dials(&row), "cloud dials");
}

#[test]
fn a_forced_deletion_says_how_many_mirrors_end_where_they_are() {
    let row = link("l", LinkState::Active);
    assert!(deletion(&row, true).concat().contains("3 mirrors are not stopped"));
    assert!(!deletion(&row, false).concat().contains("not stopped"));
    assert!(deletion(&row, true).concat().contains("No topic and no record is deleted"));
}

#[test]
fn a_click_on_a_head_turns_the_order_round() {
    assert_eq!(clicked_sort("", "lag", &["name"]), "-lag");
    assert_eq!(clicked_sort("-lag", "lag", &["name"]), "lag");
    assert_eq!(clicked_sort("lag", "name", &["name"]), "name");
}
