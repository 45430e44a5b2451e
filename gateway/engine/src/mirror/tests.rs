mod syncs;

use proptest::prelude::*;

use super::*;

fn record(phase: MirrorPhase) -> MirrorRecord {
    MirrorRecord {
        link: "from-onprem".parse().unwrap(),
        source_topic: "orders".to_owned(),
        mirror_topic: "orders".to_owned(),
        source_topic_id: Some([7; 16]),
        partitions: 2,
        phase,
        since: Millis(0),
    }
}

struct Bench {
    mirror: Mirror,
    now: i64,
    effects: Vec<MirrorEffect>,
    /// Numbers of the last syncs that were asked for last: of configs, and of offsets.
    asked: (u32, u32),
}

impl Bench {
    fn new(phase: MirrorPhase) -> Self {
        let mut bench = Self {
            mirror: Mirror::new(Millis(0), record(phase), 1_000),
            now: 0,
            effects: Vec::new(),
            asked: (0, 0),
        };
        bench.give(MirrorInput::Link(LinkState::Active));
        bench
    }

    fn give(&mut self, input: MirrorInput) {
        self.now += 1;
        self.mirror.handle(Millis(self.now), input, &mut self.effects);
        for effect in &self.effects {
            match effect {
                MirrorEffect::SyncConfigs(number) => self.asked.0 = *number,
                MirrorEffect::SyncOffsets(number) => self.asked.1 = *number,
                _ => {}
            }
        }
    }

    fn configs_synced(&mut self) {
        self.give(MirrorInput::ConfigsSynced(self.asked.0, Ok(())));
    }

    fn offsets_synced(&mut self, result: Result<(), StuckBy>) {
        self.give(MirrorInput::OffsetsSynced(self.asked.1, result));
    }

    /// Takes the effects, which have to be the last syncs.
    fn syncs(&mut self) {
        let (configs, offsets) = self.asked;
        let wanted = [MirrorEffect::SyncConfigs(configs), MirrorEffect::SyncOffsets(offsets)];
        assert_eq!(self.take(), wanted);
    }

    fn command(&mut self, command: MirrorCommand) -> Result<(), RowError> {
        self.now += 1;
        self.mirror.command(Millis(self.now), command, &mut self.effects)
    }

    fn report(&mut self, partition: i32, change: impl Fn(&mut PartitionReport)) {
        let mut report = PartitionReport { partition, ..PartitionReport::default() };
        change(&mut report);
        self.give(MirrorInput::Partition(report));
    }

    fn looked(&mut self, partitions: i32) {
        let there = SourceTopic::There { id: Some([7; 16]), partitions };
        self.give(MirrorInput::Source(there, Millis(self.now + 1)));
    }

    fn drained(&mut self) {
        for partition in 0..2 {
            self.report(partition, |report| report.drained = true);
        }
    }

    fn stopped(&mut self, ends: [i64; 2]) {
        for (partition, end) in (0..2).zip(ends) {
            self.report(partition, |report| report.stopped_at = Some(end));
        }
    }

    fn take(&mut self) -> Vec<MirrorEffect> {
        std::mem::take(&mut self.effects)
    }

    fn state(&self) -> MirrorState {
        self.mirror.state()
    }
}

#[test]
fn promote_drains_syncs_stores_stops_and_then_lets_people_write() {
    let mut bench = Bench::new(MirrorPhase::Mirroring);
    bench.command(MirrorCommand::Promote).unwrap();
    assert_eq!(bench.state(), MirrorState::PendingStopped);
    let effects = bench.take();
    assert!(effects.contains(&MirrorEffect::Partitions(Command::Drain)));
    assert!(effects.contains(&MirrorEffect::Look));
    bench.looked(2);
    bench.give(MirrorInput::Stored);
    bench.report(0, |report| report.drained = true);
    assert_eq!(bench.take(), [], "one partition is not all");
    bench.drained();
    bench.syncs();
    bench.configs_synced();
    bench.offsets_synced(Ok(()));
    assert!(
        matches!(bench.take().as_slice(), [MirrorEffect::Store(record)] if record.phase == MirrorPhase::Stopping)
    );
    bench.give(MirrorInput::Stored);
    assert_eq!(bench.take(), [MirrorEffect::Partitions(Command::Stop)]);
    bench.stopped([5, 0]);
    assert_eq!(bench.take(), [MirrorEffect::MakeWritable]);
    bench.give(MirrorInput::Writable(Ok(())));
    assert_eq!(bench.state(), MirrorState::Stopped);
    assert_eq!(bench.mirror.record().phase, MirrorPhase::Stopped { ends: vec![5, 0] });
    for command in [MirrorCommand::Promote, MirrorCommand::Failover, MirrorCommand::Pause] {
        let error = bench.command(command).unwrap_err();
        assert_eq!(error.code, 400);
        assert_eq!(
            error.message,
            "Topic 'orders' has already stopped its mirror from 'from-onprem'"
        );
    }
}

#[test]
fn failover_needs_no_source_and_stops_nothing_before_that_is_stored() {
    let mut bench = Bench::new(MirrorPhase::Mirroring);
    bench.give(MirrorInput::Link(LinkState::Unavailable));
    assert_eq!(bench.state(), MirrorState::SourceUnavailable);
    bench.take();
    bench.command(MirrorCommand::Failover).unwrap();
    assert!(!bench.take().contains(&MirrorEffect::Partitions(Command::Stop)));
    bench.give(MirrorInput::Stored);
    assert_eq!(bench.take(), [MirrorEffect::Partitions(Command::Stop)]);
    bench.stopped([1, 2]);
    bench.give(MirrorInput::Writable(Ok(())));
    assert_eq!(bench.state(), MirrorState::Stopped);
}

#[test]
fn a_gateway_that_died_while_stopping_goes_on_stopping_and_copies_nothing() {
    let mut bench = Bench::new(MirrorPhase::Stopping);
    assert_eq!(bench.take(), [MirrorEffect::Partitions(Command::Stop)]);
}

#[test]
fn a_stuck_promote_can_become_a_failover() {
    let mut bench = Bench::new(MirrorPhase::Draining);
    bench.take();
    bench.command(MirrorCommand::Failover).unwrap();
    bench.give(MirrorInput::Stored);
    assert!(bench.take().contains(&MirrorEffect::Partitions(Command::Stop)));
}

#[test]
fn changes_of_the_source_topic_end_in_the_named_failures() {
    let there = |id, partitions| {
        MirrorInput::Source(SourceTopic::There { id: Some([id; 16]), partitions }, Millis(2))
    };
    for (input, error) in [
        (there(8, 2), MirrorTopicError::SourceTopicIdChanged),
        (there(7, 1), MirrorTopicError::SourcePartitionsDecreased),
    ] {
        let mut bench = Bench::new(MirrorPhase::Mirroring);
        bench.give(input);
        assert_eq!((bench.state(), bench.mirror.error()), (MirrorState::Failed, error));
        assert!(bench.take().contains(&MirrorEffect::Partitions(Command::Pause)));
        assert!(
            bench.command(MirrorCommand::Promote).unwrap_err().message.contains("fail it over")
        );
        assert!(bench.command(MirrorCommand::Failover).is_ok());
    }
}

#[test]
fn a_missing_source_is_unavailable_at_first_and_failed_after_the_retry_time() {
    let mut bench = Bench::new(MirrorPhase::Mirroring);
    bench.give(MirrorInput::Source(SourceTopic::Missing, Millis(2)));
    assert_eq!(bench.state(), MirrorState::SourceUnavailable);
    assert!(bench.take().contains(&MirrorEffect::Wake { at: Millis(1_002) }));
    bench.now = 1_100;
    bench.give(MirrorInput::Tick);
    assert_eq!(bench.mirror.error(), MirrorTopicError::SourceTopicMayBeDeleted);
}

#[test]
fn a_larger_source_widens_the_mirror_once_and_the_new_partition_is_told_too() {
    let mut bench = Bench::new(MirrorPhase::Mirroring);
    bench.take();
    bench.looked(3);
    bench.looked(3);
    assert_eq!(bench.take(), [MirrorEffect::Widen(3)]);
    bench.give(MirrorInput::Widened(Ok(3)));
    assert!(bench.take().contains(&MirrorEffect::Partitions(Command::Run)));
    assert_eq!(bench.mirror.record().partitions, 3);
}

#[test]
fn the_public_state_says_who_paused() {
    let mut bench = Bench::new(MirrorPhase::Mirroring);
    bench.give(MirrorInput::Link(LinkState::Paused));
    assert_eq!(bench.state(), MirrorState::LinkPaused);
    let error = bench.command(MirrorCommand::Promote).unwrap_err();
    assert!(error.message.contains("resume the link, or fail the topic over"));
    bench.command(MirrorCommand::Pause).unwrap();
    assert_eq!(bench.state(), MirrorState::Paused);
    bench.give(MirrorInput::Link(LinkState::Active));
    assert_eq!(bench.state(), MirrorState::Paused, "the link's resume is not the topic's");
    bench.command(MirrorCommand::Resume).unwrap();
    assert_eq!(bench.state(), MirrorState::Active);
}

#[test]
fn a_failed_partition_fails_the_mirror_with_its_cause() {
    let mut bench = Bench::new(MirrorPhase::Mirroring);
    let failure = crate::partition::Failure {
        error: MirrorTopicError::UnexpectedTruncation,
        detail: "the source ends at offset 3".to_owned(),
    };
    bench.report(1, |report| report.failure = Some(failure.clone()));
    assert_eq!(bench.mirror.error(), MirrorTopicError::UnexpectedTruncation);
    let MirrorPhase::Failed { detail, .. } = &bench.mirror.record().phase else { panic!() };
    assert_eq!(detail, "partition 1: the source ends at offset 3");
}

fn no_more() -> StuckBy {
    StuckBy {
        code: TaskErrorCode::PolicyViolation,
        message: "topics may have two partitions".to_owned(),
    }
}

/// A promote that lacks nothing but its source's third partition.
fn one_partition_short() -> Bench {
    let mut bench = Bench::new(MirrorPhase::Mirroring);
    bench.command(MirrorCommand::Promote).unwrap();
    bench.give(MirrorInput::Stored);
    bench.drained();
    bench.take();
    bench.looked(3);
    assert_eq!(bench.take(), [MirrorEffect::Widen(3)]);
    bench
}

#[test]
fn a_promote_waits_for_partitions_that_the_mirror_does_not_have_yet() {
    let mut bench = one_partition_short();
    bench.give(MirrorInput::Tick);
    assert_eq!(bench.take(), [], "the last syncs wait until all partitions are drained");
    bench.give(MirrorInput::Widened(Ok(3)));
    assert!(bench.take().contains(&MirrorEffect::Partitions(Command::Drain)));
    bench.drained();
    assert_eq!(bench.take(), []);
    bench.report(2, |report| report.drained = true);
    bench.syncs();
}

#[test]
fn a_promote_of_a_mirror_that_cannot_be_widened_says_so_and_tries_again_and_can_be_failed_over() {
    let mut bench = one_partition_short();
    bench.give(MirrorInput::Widened(Err(no_more())));
    assert_eq!(bench.take(), []);
    let [by] = bench.mirror.transition_errors().try_into().unwrap();
    assert_eq!(by.code, TaskErrorCode::PolicyViolation);
    assert!(by.message.contains("has 3 partitions, the mirror 2"), "{}", by.message);
    assert!(by.message.contains("topics may have two partitions"), "{}", by.message);
    assert!(by.message.contains("failover"), "{}", by.message);
    bench.looked(3);
    assert_eq!(bench.take(), [MirrorEffect::Widen(3)], "asked for at every look");
    assert_eq!(bench.mirror.transition_errors(), [by], "and said as long as it is so");
    bench.command(MirrorCommand::Failover).unwrap();
    bench.give(MirrorInput::Stored);
    assert!(bench.take().contains(&MirrorEffect::Partitions(Command::Stop)));
    assert_eq!(bench.mirror.transition_errors(), []);
}

#[test]
fn a_look_that_began_before_the_promote_says_nothing_of_the_source_after_it() {
    let mut bench = Bench::new(MirrorPhase::Mirroring);
    bench.looked(2);
    let began = Millis(bench.now);
    bench.command(MirrorCommand::Promote).unwrap();
    bench.drained();
    bench.take();
    let there = SourceTopic::There { id: Some([7; 16]), partitions: 2 };
    bench.give(MirrorInput::Source(there, began));
    assert!(!bench.take().iter().any(|effect| matches!(effect, MirrorEffect::SyncConfigs(_))));
    bench.looked(2);
    bench.syncs();
}

#[test]
fn a_promote_whose_source_is_not_counted_says_what_it_waits_for() {
    let mut bench = Bench::new(MirrorPhase::Draining);
    bench.drained();
    assert_eq!(bench.mirror.transition_errors(), []);
    bench.now += 30_000;
    bench.give(MirrorInput::Tick);
    let [by] = bench.mirror.transition_errors().try_into().unwrap();
    assert!(by.message.contains("DESCRIBE"), "{}", by.message);
    bench.looked(2);
    assert_eq!(bench.mirror.transition_errors(), []);
}

fn input() -> impl Strategy<Value = MirrorInput> {
    let stuck = || Err(StuckBy { code: TaskErrorCode::Internal, message: String::new() });
    let report = (0..2_i32, any::<bool>(), any::<bool>()).prop_map(|(partition, drained, away)| {
        MirrorInput::Partition(PartitionReport {
            partition,
            drained,
            source_away: away,
            ..PartitionReport::default()
        })
    });
    prop_oneof![
        4 => report,
        2 => Just(MirrorInput::Stored),
        1 => (0..5_usize).prop_map(|at| MirrorInput::Link(LinkState::ALL[at])),
        1 => (1..4_i32).prop_map(|partitions| MirrorInput::Source(SourceTopic::There { id: Some([7; 16]), partitions }, Millis::MAX)),
        1 => Just(MirrorInput::Source(SourceTopic::Missing, Millis(2))),
        1 => (2..4_i32, any::<bool>()).prop_map(move |(count, ok)| MirrorInput::Widened(if ok { Ok(count) } else { Err(no_more()) })),
        1 => (0..6_u32, any::<bool>()).prop_map(move |(number, ok)| MirrorInput::ConfigsSynced(number, if ok { Ok(()) } else { stuck() })),
        1 => (0..6_u32, any::<bool>()).prop_map(move |(number, ok)| MirrorInput::OffsetsSynced(number, if ok { Ok(()) } else { stuck() })),
        1 => Just(MirrorInput::Tick),
    ]
}

proptest! {
    #[test]
    fn a_promote_never_ends_with_fewer_partitions_than_the_source_was_seen_with(
        inputs in proptest::collection::vec(input(), 0..60),
    ) {
        let mut bench = Bench::new(MirrorPhase::Mirroring);
        bench.command(MirrorCommand::Promote).unwrap();
        let mut seen = None;
        for input in inputs {
            if let MirrorInput::Source(SourceTopic::There { partitions, .. }, _) = &input {
                seen = Some(*partitions);
            }
            bench.give(input);
            if bench.mirror.record().phase == MirrorPhase::Stopping {
                prop_assert!(seen.is_some_and(|seen| seen <= bench.mirror.record().partitions));
                break;
            }
        }
    }

    #[test]
    fn from_every_state_a_failover_reaches_stopped_and_nothing_is_copied_after_it_was_stored(
        inputs in proptest::collection::vec((input(), 0..12_u8), 0..40),
    ) {
        let mut bench = Bench::new(MirrorPhase::Mirroring);
        for (input, command) in inputs {
            bench.give(input);
            let command = match command {
                0 => MirrorCommand::Promote,
                1 => MirrorCommand::Pause,
                2 => MirrorCommand::Resume,
                _ => continue,
            };
            let check = bench.mirror.check(command);
            prop_assert_eq!(bench.command(command), check);
        }
        bench.command(MirrorCommand::Failover).unwrap();
        for _ in 0..100 { bench.give(MirrorInput::Stored); }
        bench.take();
        bench.give(MirrorInput::Link(LinkState::Active));
        let count = bench.mirror.record().partitions;
        for partition in 0..count {
            bench.report(partition, |report| report.stopped_at = Some(9));
        }
        prop_assert!(!bench.take().iter().any(|effect| matches!(
            effect,
            MirrorEffect::Partitions(Command::Run | Command::Drain)
        )));
        bench.give(MirrorInput::Writable(Ok(())));
        prop_assert_eq!(bench.state(), MirrorState::Stopped);
    }
}
