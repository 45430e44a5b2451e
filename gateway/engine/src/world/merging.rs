//! Merging small batches in front of a destination that takes less than merged ones may have.

use super::{
    World,
    properties::{Terrain, spec},
    scenarios::terrain,
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
