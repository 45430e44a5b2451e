//! A destination that forgets the link's producer: what is sent then, and what is noticed.

use drawbridge_shared::link::MirrorTopicError;

use super::{
    Destination, Fate, World,
    properties::{EXPIRY, spec},
    scenarios::{failed_with, is_data, is_marker, mirrored, produce, terrain},
};
use crate::partition::{Command, Effect};

impl World {
    /// An idle time so long that the destination forgets producers, and then news: everything but batches
    /// arrives, the first of those that are under way is refused, and all behind it arrive.
    pub(crate) fn idle_and_refuse(&mut self, idle_ms: i64, expiry_ms: i64) {
        self.flow(idle_ms);
        self.destination.expire(self.now.0 - expiry_ms);
        self.source.produce(2, self.now.0, None, 0);
        self.source.produce(1, self.now.0, None, 0);
        self.source.produce(3, self.now.0, None, 0);
        self.until_batches_wait();
        let mut fate = Fate::Refused;
        for _ in 0..self.waiting(|effect| matches!(effect, Effect::Produce { .. })).len() {
            let at = self.waiting(|effect| matches!(effect, Effect::Produce { .. }))[0];
            self.fate(at, std::mem::replace(&mut fate, Fate::Done));
        }
    }
}

#[test]
fn after_a_rest_in_which_the_broker_forgets_producers_the_first_batch_goes_alone() {
    let mut world = mirrored();
    world.flow(2 * EXPIRY);
    world.destination.expire(world.now.0 - EXPIRY);
    produce(&mut world, 3);
    world.until_batches_wait();
    let batches = world.waiting(is_data);
    assert_eq!(batches.len(), 1, "a second one would be taken for the first if that is refused");
    world.fate(batches[0], Fate::Refused);
    world.flow(1_000);
    assert_eq!(world.destination.end(), 13);
    world.settle();
}

/// The broker forgets while two batches are under way, as long as requests may be.
#[test]
fn batches_follow_each_other_only_if_the_broker_remembers_until_both_have_arrived() {
    let mut world = mirrored();
    world.flow(EXPIRY - 6_000);
    produce(&mut world, 2);
    world.until_batches_wait();
    world.restart(0, true);
    for _ in 0..4 {
        world.pass(1_000);
    }
    world.pass(900);
    world.destination.expire(world.now.0 - EXPIRY);
    let batches = world.waiting(is_data);
    assert_eq!(batches.len(), 1, "a second one would be taken for the first if that is lost");
    world.fate(batches[0], Fate::Lost);
    world.flow(20_000);
    world.settle();
}

#[test]
fn a_refused_batch_after_such_a_rest_loses_and_shifts_nothing() {
    let mut world = mirrored();
    world.idle_and_refuse(2 * EXPIRY, EXPIRY);
    world.flow(1_000);
    assert_eq!(world.destination.end(), 16);
    world.settle();
}

/// A broker that lost what it knew of producers takes the second batch for the first.
fn shifted(answered: bool) -> World {
    let mut world = mirrored();
    produce(&mut world, 2);
    world.flow(100);
    produce(&mut world, 2);
    world.until_batches_wait();
    assert_eq!(world.waiting(is_data).len(), 2, "both are under way");
    world.destination.forget_producers();
    world.compare_no_more();
    let first = world.waiting(is_data)[0];
    world.fate(first, Fate::Refused);
    let second = world.waiting(is_data)[0];
    world.fate(second, if answered { Fate::Done } else { Fate::AnswerLost });
    world.flow(20_000);
    world
}

#[test]
fn a_batch_that_took_the_place_of_another_ends_the_mirror_with_the_offset() {
    let world = shifted(true);
    failed_with(&world, MirrorTopicError::IllegalState, "offset 12");
    assert_eq!(world.destination.end(), 13, "nothing was sent after it");
}

#[test]
fn a_batch_that_took_the_place_of_another_is_found_without_its_answer_too() {
    let world = shifted(false);
    failed_with(&world, MirrorTopicError::IllegalState, "offset 12");
    assert_eq!(world.destination.end(), 13, "nothing was sent after it");
}

/// Two gateways by mistake: one reads the producer's state, the other appends a record and a marker, the first
/// reads the log end. Its batch has the sequence of that record.
#[test]
fn an_answer_that_is_proven_to_be_a_duplicates_is_passed_over() {
    let mut world = World::new(spec(&terrain()), 0, 2);
    produce(&mut world, 10);
    world.flow(100);
    world.command(0, Command::Pause);
    world.command(1, Command::Pause);
    world.flow(100);
    world.restart(0, true);
    world.until_asked(0, |effect| matches!(effect, Effect::LogEnd { .. }));
    world.command(1, Command::Run);
    world.source.produce(1, world.now.0, Some(1), 0);
    world.source.end_transaction(1, true, world.now.0);
    while world.destination.end() < 12 {
        let at = world.until_asked(1, |effect| is_data(effect) || is_marker(effect));
        world.fate(at, Fate::Done);
    }
    produce(&mut world, 1);
    let at = world.until_asked(0, is_data);
    world.fate(at, Fate::Done);
    assert_eq!(world.destination.end(), 12, "nothing was appended");
    world.deliver(world.n_answers() - 1);
    let error = world.view().error.unwrap();
    assert_eq!(error, "the batch for offset 12 was answered as a duplicate of 10");
    world.flow(20_000);
    assert_eq!(world.destination.end(), 13);
    world.settle();
}

#[test]
fn a_destination_that_lost_everything_ends_the_mirror_when_it_takes_a_batch_at_offset_0() {
    let mut world = mirrored();
    produce(&mut world, 1);
    world.until_batches_wait();
    world.destination = Destination::default();
    world.compare_no_more();
    world.flow(1_000);
    failed_with(&world, MirrorTopicError::IllegalState, "missing from offset 0");
    assert_eq!(world.destination.end(), 1, "nothing was sent after it");
}
