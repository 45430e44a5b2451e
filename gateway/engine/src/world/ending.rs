//! The ends of a mirror: what is said of the source's end and of the mirror's own is true.

use super::{
    Fate,
    scenarios::{is_data, mirrored, produce},
};
use crate::partition::{Command, Notice};

#[test]
fn a_gateway_that_only_stops_waits_for_what_a_killed_one_may_have_under_way() {
    let mut world = mirrored();
    produce(&mut world, 1);
    world.until_batches_wait();
    world.restart_told(0, true, Command::Stop);
    world.until_batches_wait();
    assert!(!world.notices.iter().any(|notice| matches!(notice, Notice::Stopped { .. })));
    let late = world.waiting(is_data)[0];
    world.fate(late, Fate::Done);
    world.flow(20_000);
    assert_eq!(world.notices.last(), Some(&Notice::Stopped { end: 11 }));
    assert_eq!(world.destination.end(), 11);
}

#[test]
fn a_gateway_that_only_stops_after_a_clean_pause_does_not_wait() {
    let mut world = mirrored();
    world.command(0, Command::Pause);
    world.flow(100);
    world.restart_told(0, true, Command::Stop);
    world.flow(100);
    assert_eq!(world.notices.last(), Some(&Notice::Stopped { end: 10 }));
}

/// The source is read from a replica that does not know yet of the last two records.
#[test]
fn a_replica_that_lags_behind_does_not_end_a_drain() {
    let mut world = mirrored();
    world.source.replica_end = Some(10);
    produce(&mut world, 2);
    world.command(0, Command::Drain);
    for _ in 0..5 {
        world.flow(500);
        world.answer_polls();
    }
    world.flow(500);
    assert!(!world.view().drained);
    let error = world.view().error.unwrap();
    assert!(error.contains("ends at offset 12") && error.contains("up to 10"), "{error}");
    world.source.replica_end = None;
    for _ in 0..5 {
        world.flow(500);
        world.answer_polls();
    }
    world.flow(500);
    assert_eq!(world.notices.last(), Some(&Notice::Drained { end: 12 }));
    assert_eq!(world.view().error, None);
}
