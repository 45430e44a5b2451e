//! A destination that takes smaller batches than the source has, and what happens when its limit is raised.

use super::{
    World,
    properties::{Terrain, spec},
    scenarios::{mirrored, terrain, world_of},
};
use crate::partition::Coalesce;

#[test]
fn after_a_few_refusals_merged_batches_are_small_enough() {
    let terrain = Terrain { coalesce: Coalesce::Always, ..terrain() };
    let mut world = World::new(spec(&terrain), 0, 1);
    world.destination.max_batch = Some(200);
    for _ in 0..300 {
        world.source.produce(1, world.now.0, None, 0);
    }
    world.flow(20_000);
    world.settle();
    let counters = world.view().counters;
    assert_eq!(world.destination.end(), 300);
    assert!(counters.rebuilt > 30, "batches were merged: {counters:?}");
    assert!(counters.errors.too_large < 5, "{counters:?}");
}

#[test]
fn a_batch_larger_than_the_destination_takes_is_cut() {
    let mut world = world_of(&terrain());
    world.destination.max_batch = Some(100);
    world.source.produce(12, world.now.0, None, 0);
    world.flow(5_000);
    world.settle();
    assert!(world.view().counters.rebuilt > 1);
}

/// A mirror whose next batch of eight has records larger than the destination takes.
fn stuck() -> World {
    let mut world = mirrored();
    world.destination.max_batch = Some(62);
    world.source.produce(8, world.now.0, None, 0);
    world.flow(20_000);
    assert_eq!(world.destination.end(), 10);
    world
}

#[test]
fn a_record_that_is_too_large_is_named_with_the_remedy_for_as_long_as_it_is() {
    let mut world = stuck();
    for _ in 0..20 {
        world.flow(700);
        let error = world.view().error.unwrap();
        assert!(error.contains("the record at offset 10 takes"), "{error}");
        assert!(error.contains("max.message.bytes"), "{error}");
    }
}

#[test]
fn a_limit_that_is_raised_is_found_without_a_restart() {
    let mut world = stuck();
    world.destination.max_batch = Some(10_000);
    world.flow(5_000);
    assert_eq!(world.destination.end(), 18);
    assert_eq!(world.view().error, None);
    let before = world.view().counters;
    world.source.produce(8, world.now.0, None, 0);
    world.flow(2_000);
    let after = world.view().counters;
    assert_eq!(after.passed, before.passed + 1, "batches pass whole again");
    world.settle();
}

#[test]
fn a_limit_that_is_raised_a_little_is_found_by_a_record_larger_than_what_was_refused() {
    let mut world = world_of(&terrain());
    world.destination.max_batch = Some(90);
    world.source.produce(12, world.now.0, None, 0);
    world.flow(5_000);
    assert_eq!(world.destination.end(), 12);
    world.destination.max_batch = None;
    world.source.produce_large(400, world.now.0);
    world.flow(5_000);
    assert_eq!(world.destination.end(), 13);
    world.settle();
}
