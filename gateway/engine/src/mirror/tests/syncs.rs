//! The last syncs of a promote.

use super::*;

#[test]
fn a_record_that_arrives_during_the_last_syncs_starts_them_again() {
    let mut bench = Bench::new(MirrorPhase::Draining);
    bench.looked(2);
    bench.drained();
    bench.offsets_synced(Ok(()));
    bench.report(1, |_| ());
    bench.configs_synced();
    bench.take();
    assert_eq!(bench.mirror.record().phase, MirrorPhase::Draining);
    bench.drained();
    bench.syncs();
}

#[test]
fn the_answer_to_a_sync_that_was_asked_for_earlier_is_not_taken_for_that_of_the_last_one() {
    let mut bench = Bench::new(MirrorPhase::Draining);
    bench.looked(2);
    bench.drained();
    let (configs, offsets) = bench.asked;
    bench.report(1, |_| ());
    bench.drained();
    bench.give(MirrorInput::ConfigsSynced(configs, Ok(())));
    bench.give(MirrorInput::OffsetsSynced(offsets, Ok(())));
    assert_eq!(bench.mirror.record().phase, MirrorPhase::Draining);
    bench.configs_synced();
    bench.give(MirrorInput::OffsetsSynced(offsets, Err(no_more())));
    assert_eq!(bench.mirror.transition_errors(), []);
    bench.offsets_synced(Ok(()));
    assert_eq!(bench.mirror.record().phase, MirrorPhase::Stopping);
}

#[test]
fn a_sync_that_fails_shows_why_the_promote_is_stuck_and_is_tried_again() {
    let mut bench = Bench::new(MirrorPhase::Draining);
    bench.looked(2);
    bench.drained();
    let by = StuckBy {
        code: TaskErrorCode::ConsumerGroupInUse,
        message: "group g has members".to_owned(),
    };
    bench.offsets_synced(Err(by.clone()));
    assert_eq!(bench.mirror.transition_errors(), [by]);
    bench.take();
    bench.now += 2_000;
    bench.give(MirrorInput::Tick);
    assert!(matches!(bench.take().as_slice(), [MirrorEffect::SyncOffsets(_)]));
}
