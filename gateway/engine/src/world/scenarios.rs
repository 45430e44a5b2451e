//! Single stories, told step by step: what ends a mirror, and what does not.

use drawbridge_shared::link::MirrorTopicError;

use super::{
    Cell, Fate, World,
    properties::{EXPIRY, Terrain, spec},
};
use crate::{
    Millis,
    partition::{Coalesce, Command, Effect, Notice, SourceFault, Stance},
};

pub(super) fn terrain() -> Terrain {
    Terrain {
        transactions: true,
        compaction: true,
        deletion: true,
        old: true,
        start: 0,
        before: 0,
        deny_markers: false,
        padding: true,
        coalesce: Coalesce::Off,
        budget_bytes: 8_000,
        engines: 1,
    }
}

pub(super) fn world_of(terrain: &Terrain) -> World {
    World::new(spec(terrain), terrain.start, 1)
}

/// A mirror with ten records, at rest.
pub(super) fn mirrored() -> World {
    let mut world = world_of(&terrain());
    produce(&mut world, 10);
    world.flow(100);
    assert_eq!(world.destination.end(), 10);
    world
}

pub(super) fn produce(world: &mut World, count: i64) {
    for _ in 0..count {
        let now = world.now.0;
        world.source.produce(1, now, None, 0);
    }
}

pub(super) fn failed_with(world: &World, error: MirrorTopicError, words: &str) {
    let failure = world.failure().expect("the mirror has failed");
    assert_eq!(failure.error, error, "{}", failure.detail);
    assert!(failure.detail.contains(words), "{}", failure.detail);
    assert!(world.waiting(is_data).is_empty() && world.waiting(is_marker).is_empty());
}

pub(super) fn is_data(effect: &Effect) -> bool {
    matches!(effect, Effect::Produce { .. })
}

pub(super) fn is_marker(effect: &Effect) -> bool {
    matches!(effect, Effect::Markers { .. })
}

#[test]
fn a_write_by_somebody_else_to_an_idle_mirror_is_found_and_ends_it() {
    let mut world = mirrored();
    world.foreign(2);
    world.flow(5_000);
    failed_with(&world, MirrorTopicError::NonMonotonicLogAppendEpoch, "offset 10");
}

#[test]
fn a_write_by_somebody_else_while_no_gateway_runs_is_found_before_anything_is_sent() {
    let mut world = mirrored();
    world.foreign(1);
    produce(&mut world, 5);
    world.restart(0, true);
    world.flow(5_000);
    failed_with(&world, MirrorTopicError::NonMonotonicLogAppendEpoch, "offset 10");
    assert_eq!(world.destination.end(), 11, "nothing was sent");
}

#[test]
fn a_write_by_somebody_else_in_front_of_a_batch_ends_the_mirror_with_the_offset() {
    let mut world = mirrored();
    produce(&mut world, 1);
    while world.waiting(is_data).is_empty() {
        if world.n_answers() > 0 { world.deliver(0) } else { world.fate(0, Fate::Done) }
    }
    world.foreign(1);
    let at = world.waiting(is_data)[0];
    world.fate(at, Fate::Done);
    world.flow(100);
    failed_with(&world, MirrorTopicError::NonMonotonicLogAppendEpoch, "at or after offset 10");
}

#[test]
fn a_source_that_lost_mirrored_records_ends_the_mirror() {
    let mut world = mirrored();
    world.source.truncate(6);
    produce(&mut world, 8);
    world.flow(5_000);
    failed_with(&world, MirrorTopicError::UnexpectedTruncation, "ends at offset 6");
}

#[test]
fn a_source_that_lost_mirrored_records_while_no_gateway_ran_ends_the_mirror_too() {
    let mut world = mirrored();
    world.source.truncate(6);
    produce(&mut world, 8);
    world.restart(0, true);
    world.flow(20_000);
    failed_with(&world, MirrorTopicError::UnexpectedTruncation, "continues it to 10");
}

#[test]
fn a_source_that_ends_before_the_mirror_ends_it() {
    let mut world = mirrored();
    world.source.truncate(6);
    world.flow(5_000);
    failed_with(&world, MirrorTopicError::UnexpectedTruncation, "10");
}

#[test]
fn a_leader_epoch_that_goes_backwards_ends_the_mirror() {
    let mut world = mirrored();
    world.source.epoch = 4;
    produce(&mut world, 1);
    world.flow(100);
    world.source.epoch = 3;
    produce(&mut world, 1);
    world.flow(100);
    failed_with(&world, MirrorTopicError::NonMonotonicSourceEpoch, "from 4 to 3 at offset 11");
}

#[test]
fn a_source_topic_created_anew_ends_the_mirror() {
    let mut world = mirrored();
    world.source.unavailable = Some(SourceFault::IdChanged("topic id A became B".to_owned()));
    world.flow(2_000);
    failed_with(&world, MirrorTopicError::SourceTopicIdChanged, "A became B");
}

#[test]
fn a_source_that_is_away_is_asked_again_until_it_is_back() {
    let mut world = mirrored();
    world.source.unavailable = Some(SourceFault::Missing("UNKNOWN_TOPIC_OR_PARTITION".to_owned()));
    produce(&mut world, 3);
    world.flow(2_000);
    let view = world.view();
    assert!(view.source_missing && view.source_error.is_some());
    assert_eq!(view.stance, Stance::Copying);
    world.source.unavailable = None;
    world.flow(5_000);
    assert_eq!(world.view().source_error, None);
    world.settle();
}

#[test]
fn retention_that_overtakes_the_mirror_is_said_and_leaves_an_invisible_hole() {
    let mut world = mirrored();
    world.source.unavailable = Some(SourceFault::Unavailable("network".to_owned()));
    produce(&mut world, 30);
    world.source.delete_records(25);
    world.flow(1_000);
    world.source.unavailable = None;
    world.flow(30_000);
    let overtaken = world.notices.iter().find_map(|notice| match notice {
        Notice::Overtaken(overtaken) => Some((overtaken.from, overtaken.to)),
        _ => None,
    });
    assert_eq!(overtaken, Some((10, 25)));
    assert_eq!(world.destination.log_start, 0, "what is mirrored stays");
    assert!(world.destination.cells[10..25].iter().all(|cell| *cell == Cell::Marker));
    world.settle();
}

#[test]
fn a_source_that_starts_late_is_padded_and_the_padding_deleted() {
    let mut world = world_of(&terrain());
    produce(&mut world, 20);
    world.source.delete_records(13);
    world.flow(5_000);
    assert_eq!(world.destination.log_start, 13);
    assert_eq!(world.view().counters.padded, 13);
    assert_eq!(world.stored.trim_to, None);
    world.settle();
}

#[test]
fn a_head_that_may_not_be_padded_is_filled_with_markers() {
    let mut world = world_of(&Terrain { padding: false, ..terrain() });
    produce(&mut world, 20);
    world.source.delete_records(13);
    world.flow(5_000);
    assert_eq!(world.view().counters.by_markers, 13);
    world.settle();
}

#[test]
fn padding_that_a_killed_gateway_left_is_deleted_by_the_next() {
    let mut world = world_of(&terrain());
    produce(&mut world, 20);
    world.source.delete_records(13);
    while world.waiting(|effect| matches!(effect, Effect::Trim { .. })).is_empty() {
        if world.n_answers() > 0 { world.deliver(0) } else { world.fate(0, Fate::Done) }
    }
    assert_eq!((world.destination.end(), world.destination.log_start), (13, 0));
    let trim = world.waiting(|effect| matches!(effect, Effect::Trim { .. }))[0];
    world.fate(trim, Fate::Lost);
    world.restart(0, true);
    world.flow(30_000);
    assert_eq!(world.destination.log_start, 13);
    world.settle();
}

#[test]
fn without_the_permission_for_markers_empty_transactions_fill() {
    let mut world = world_of(&terrain());
    world.destination.deny_markers = true;
    world.source.produce(3, world.now.0, Some(1), 0);
    world.source.end_transaction(1, true, world.now.0);
    world.flow(1_000);
    assert_eq!(world.view().counters.by_transactions, 1);
    world.settle();
}

#[test]
fn a_gap_that_cannot_be_filled_says_which_permission_is_missing() {
    let mut spec = spec(&terrain());
    spec.fill.transactions = false;
    let mut world = World::new(spec, 0, 1);
    world.destination.deny_markers = true;
    world.source.produce(3, world.now.0, Some(1), 0);
    world.source.end_transaction(1, true, world.now.0);
    world.flow(1_000);
    let reason = world.notices.iter().find_map(|notice| match notice {
        Notice::Blocked { offset: 3, count: 1, reason } => Some(reason.clone()),
        _ => None,
    });
    assert!(reason.unwrap().contains("ALTER on the destination cluster"));
    assert_eq!(world.destination.end(), 3, "and nothing is sent in its place");
    world.destination.deny_markers = false;
    world.flow(30_000);
    world.settle();
}

#[test]
fn a_paused_mirror_sends_nothing_and_goes_on_without_waiting() {
    let mut world = mirrored();
    world.source.compact(0b1010);
    world.command(0, Command::Pause);
    world.flow(100);
    produce(&mut world, 5);
    world.flow(3_000);
    assert_eq!((world.view().stance, world.destination.end()), (Stance::Idle, 10));
    world.command(0, Command::Run);
    world.flow(50);
    assert_eq!(world.destination.end(), 15);
}

#[test]
fn a_clean_pause_lets_the_next_gateway_fill_at_once_and_a_kill_makes_it_wait() {
    for clean in [true, false] {
        let mut world = mirrored();
        world.source.produce(1, world.now.0, Some(1), 0);
        world.source.end_transaction(1, true, world.now.0);
        world.flow(100);
        assert_eq!(world.destination.end(), 12);
        if clean {
            world.command(0, Command::Pause);
            world.flow(100);
        }
        world.restart(0, true);
        world.source.produce(1, world.now.0, Some(1), 0);
        world.source.end_transaction(1, true, world.now.0);
        world.flow(1_000);
        assert_eq!(world.destination.end(), if clean { 14 } else { 12 });
        world.flow(10_000);
        assert_eq!(world.destination.end(), 14);
    }
}

#[test]
fn a_drained_mirror_says_so_only_when_nothing_is_left_and_then_stops_for_good() {
    let mut world = mirrored();
    produce(&mut world, 2);
    world.command(0, Command::Drain);
    world.flow(500);
    // The fetch asked for before the command proves nothing; the next one at the end does.
    world.answer_polls();
    world.flow(500);
    world.answer_polls();
    world.flow(500);
    assert_eq!(world.notices.last(), Some(&Notice::Drained { end: 12 }));
    world.command(0, Command::Stop);
    world.flow(500);
    assert_eq!(world.notices.last(), Some(&Notice::Stopped { end: 12 }));
    produce(&mut world, 2);
    world.command(0, Command::Run);
    world.flow(5_000);
    assert_eq!((world.view().stance, world.destination.end()), (Stance::Stopped, 12));
}

#[test]
fn a_mirror_is_not_drained_while_a_transaction_is_open_on_the_source() {
    let mut world = mirrored();
    world.source.produce(2, world.now.0, Some(1), 0);
    world.command(0, Command::Drain);
    world.flow(500);
    world.answer_polls();
    world.flow(500);
    world.answer_polls();
    world.flow(500);
    assert!(!world.view().drained);
    world.source.end_transaction(1, true, world.now.0);
    world.flow(500);
    world.answer_polls();
    world.flow(500);
    assert!(world.view().drained);
}

#[test]
fn failing_over_waits_until_nothing_of_the_link_can_be_appended_any_more() {
    let mut world = mirrored();
    produce(&mut world, 1);
    while world.waiting(is_data).is_empty() {
        if world.n_answers() > 0 { world.deliver(0) } else { world.fate(0, Fate::Done) }
    }
    let at = world.waiting(is_data)[0];
    world.fate(at, Fate::Late);
    world.command(0, Command::Stop);
    // The late batch stays in the network.
    while world.n_answers() > 0 {
        world.deliver(0);
    }
    world.pass(4_000);
    assert_eq!(world.view().stance, Stance::Closing);
    let at = world.waiting(is_data)[0];
    world.fate(at, Fate::Done);
    world.flow(3_000);
    assert_eq!(world.notices.last(), Some(&Notice::Stopped { end: 11 }));
}

#[test]
fn a_failed_mirror_can_be_failed_over_as_it_is() {
    let mut world = mirrored();
    world.foreign(2);
    world.flow(5_000);
    assert_eq!(world.view().stance, Stance::Failed);
    world.command(0, Command::Stop);
    world.flow(30_000);
    assert_eq!(world.notices.last(), Some(&Notice::Stopped { end: 12 }));
}

#[test]
fn data_older_than_the_producer_expiry_goes_one_batch_at_a_time() {
    let mut world = world_of(&terrain());
    for _ in 0..6 {
        world.source.produce(1, world.now.0 - 2 * EXPIRY, None, 0);
    }
    let mut most = 0;
    for _ in 0..200 {
        most = most.max(world.waiting(is_data).len());
        if world.n_answers() > 0 {
            world.deliver(0);
        } else {
            world.fate(0, Fate::Done);
        }
    }
    assert_eq!((most, world.destination.end()), (1, 6));
}

#[test]
fn young_data_is_pipelined_up_to_five_batches() {
    let mut world = mirrored();
    produce(&mut world, 12);
    let mut most = 0;
    for _ in 0..300 {
        most = most.max(world.waiting(is_data).len());
        // Batches wait as long as anything else can happen.
        let other = world.waiting(|effect| !is_data(effect));
        if world.n_answers() > 0 {
            world.deliver(0);
        } else if let Some(at) = other.first().filter(|_| world.waiting(is_data).len() < 5) {
            world.fate(*at, Fate::Done);
        } else {
            world.fate(0, Fate::Done);
        }
    }
    assert_eq!(most, 5);
    world.settle();
}

#[test]
fn nothing_is_sent_without_the_lease_and_it_goes_on_when_the_lease_is_back() {
    let mut world = mirrored();
    let end = world.now.plus(100);
    world.lease(0, end);
    world.pass(200);
    produce(&mut world, 4);
    world.flow(4_000);
    assert_eq!(world.destination.end(), 10);
    world.lease(0, Millis::MAX);
    world.flow(1_000);
    assert_eq!(world.destination.end(), 14);
}

#[test]
fn markers_wait_for_every_batch_before_them() {
    let mut world = mirrored();
    world.source.produce(2, world.now.0, Some(1), 0);
    world.source.end_transaction(1, false, world.now.0);
    world.source.produce(2, world.now.0, Some(1), 0);
    world.source.end_transaction(1, true, world.now.0);
    for _ in 0..300 {
        if !world.waiting(is_marker).is_empty() {
            assert!(world.waiting(is_data).is_empty(), "a fill is alone");
        }
        if world.n_answers() > 0 { world.deliver(0) } else { world.fate(0, Fate::Done) }
    }
    assert_eq!(world.destination.end(), 16);
    assert!(world.destination.cells[10..13].iter().all(|cell| *cell == Cell::Marker));
    world.settle();
}

/// Two copies of one batch are late. One is appended, read as the producer's state and taken back by a leader
/// change before the log end is read; the other one arrives when the next batch is on its way.
#[test]
fn a_sequence_that_a_leader_change_took_back_shifts_nothing() {
    let mut world = mirrored();
    produce(&mut world, 1);
    for _ in 0..2 {
        until_data_waits(&mut world);
        world.restart(0, true);
    }
    let late = world.waiting(is_data);
    assert_eq!(late.len(), 2, "two gateways died with the same batch under way");
    let step = |world: &mut World, kind: fn(&Effect) -> bool| {
        while world.waiting(kind).is_empty() {
            world.deliver(0);
        }
        let at = world.waiting(kind)[0];
        world.fate(at, Fate::Done);
    };
    world.fate(late[0], Fate::Done);
    step(&mut world, |effect| matches!(effect, Effect::DescribeProducers { .. }));
    world.elect();
    assert_eq!(world.destination.end(), 10, "the late batch was not replicated");
    let mut arrived = false;
    for _ in 0..200 {
        let waiting = world.waiting(is_data);
        if let (2.., false) = (waiting.len(), arrived) {
            arrived = true;
            world.fate(waiting[0], Fate::Done);
        } else if world.n_answers() > 0 {
            world.deliver(0);
        } else if let Some(at) = world.waiting(|effect| !is_data(effect)).first() {
            world.fate(*at, Fate::Done);
        } else {
            break;
        }
    }
    assert!(arrived, "the next batch was under way when the late one arrived");
    world.settle();
}

fn until_data_waits(world: &mut World) {
    let known = world.waiting(is_data).len();
    while world.waiting(is_data).len() == known {
        if world.n_answers() > 0 {
            world.deliver(0);
        } else {
            let at = world.waiting(|effect| !is_data(effect))[0];
            world.fate(at, Fate::Done);
        }
    }
}
