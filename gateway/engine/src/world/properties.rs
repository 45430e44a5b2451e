//! For every interleaving that can be drawn: every offset of the mirror is the source's record or
//! invisible; nothing is lost, twice or shifted; when faults stop, the lag reaches 0.
//! The number of cases is `PROPTEST_CASES` (256 without).

use proptest::prelude::*;

use super::{Fate, World, network::DATA};
use crate::partition::{Coalesce, Command, FillRules, Limits, Notice, Producer, Spec};

/// What a world has.
#[derive(Debug, Clone)]
pub(super) struct Terrain {
    pub(super) transactions: bool,
    pub(super) compaction: bool,
    pub(super) deletion: bool,
    /// Records older than the producer expiry.
    pub(super) old: bool,
    pub(super) start: i64,
    pub(super) before: i64,
    pub(super) deny_markers: bool,
    pub(super) padding: bool,
    pub(super) coalesce: Coalesce,
    pub(super) budget_bytes: usize,
    pub(super) engines: usize,
}

pub(super) const EXPIRY: i64 = 1_000_000;

pub(super) fn spec(terrain: &Terrain) -> Spec {
    Spec {
        data: Producer { id: DATA, epoch: 0 },
        marker: Producer { id: DATA + 1, epoch: 0 },
        own: vec![DATA, DATA + 1, DATA + 2],
        fill: FillRules { padding: terrain.padding, head_by_markers: 3, ..FillRules::default() },
        limits: Limits {
            budget_bytes: terrain.budget_bytes,
            fetch_bytes: 600,
            merge_bytes: 900,
            expand_bytes: 1 << 16,
            coalesce: terrain.coalesce,
            markers: 4,
            padding: 5,
            settle_ms: 5_000,
            producer_expiry_ms: EXPIRY,
            expiry_margin_ms: 1_000,
            check_ms: 2_000,
            denied_ms: 10_000,
            backoff_max_ms: 800,
            ..Limits::default()
        },
    }
}

fn terrain() -> impl Strategy<Value = Terrain> {
    let flags =
        (any::<bool>(), any::<bool>(), any::<bool>(), any::<bool>(), any::<bool>(), any::<bool>());
    (flags, 0..12_i64, 0..25_i64, 0..3_u8, prop_oneof![Just(1_200_usize), Just(8_000)]).prop_map(
        |(
            (transactions, compaction, deletion, old, deny_markers, padding),
            start,
            before,
            coalesce,
            budget_bytes,
        )| {
            Terrain {
                transactions,
                compaction,
                deletion,
                old,
                start: start * i64::from(start > 4),
                // The start is resolved from what the source has.
                before: before.max(start),
                deny_markers,
                padding,
                coalesce: [Coalesce::Off, Coalesce::Auto, Coalesce::Always][usize::from(coalesce)],
                budget_bytes,
                engines: 1,
            }
        },
    )
}

/// One event, decided by `choice` (which one) and `detail` (its parameters).
fn event(world: &mut World, terrain: &Terrain, choice: u8, detail: u16) {
    let low = detail & 0xff;
    let pick = |n: usize| usize::from(detail) % n.max(1);
    match choice {
        // Most of the time things go on.
        0..=79 => world.fate(pick(world.n_requests().min(3)), Fate::Done),
        80..=149 => world.deliver(pick(world.n_answers().min(3))),
        150..=159 => world.fate(pick(world.n_requests()), Fate::Done),
        160..=166 => world.fate(pick(world.n_requests()), Fate::Lost),
        167..=173 => world.fate(pick(world.n_requests()), Fate::AnswerLost),
        174..=182 => world.fate(pick(world.n_requests()), Fate::Late),
        183..=185 => world.fate(pick(world.n_requests()), Fate::Refused),
        186..=187 => world.fate(pick(world.n_requests()), Fate::Deposed),
        188 => world.fate(pick(world.n_requests()), Fate::Twice),
        189..=190 => world.elect(),
        191..=205 => world.pass(i64::from(detail % 1_500) + 1),
        206..=209 => world.pass(world.next_wake().unwrap_or(1)),
        210..=229 => produce(world, terrain, detail),
        230..=237 => {
            if terrain.transactions {
                let now = world.now.0;
                world.source.end_transaction(i64::from(low % 3), detail & 0x100 == 0, now);
            }
        }
        238..=241 => {
            if terrain.compaction {
                world.source.compact(detail);
            }
        }
        242..=243 => {
            if terrain.deletion {
                let span = world.source.end - world.source.log_start;
                let before = world.source.log_start + i64::from(low) % (span / 2 + 1);
                world.source.delete_records(before);
            }
        }
        // Two owners do not know of each other's notes: what one of them takes for a truncation
        // of the source stops it, which is safe, but then there is nothing to check.
        244..=245 => world.source.epoch += i32::from(terrain.engines == 1),
        246 => world.destination.expire(world.now.0 - EXPIRY),
        // Hours pass: until just before the destination forgets, or until after.
        247 => {
            run_all_of_several(world);
            world.flow(EXPIRY - 12_000 + i64::from(detail) % 12_000);
            world.source.produce(2, world.now.0, None, 0);
            world.source.produce(1, world.now.0, None, 0);
        }
        248 => {
            run_all_of_several(world);
            world.idle_and_refuse(EXPIRY / 2 + i64::from(detail) * 40, EXPIRY);
        }
        249..=251 => {
            let engine = pick(world.n_engines());
            world.restart(engine, detail & 0x400 == 0);
        }
        252..=253 => world.command(pick(world.n_engines()), Command::Pause),
        254..=255 => world.command(pick(world.n_engines()), Command::Run),
    }
}

/// Data that grew old before it was mirrored is not protected from a second owner, so none may be left.
fn run_all_of_several(world: &mut World) {
    for engine in 0..world.n_engines() {
        if world.n_engines() > 1 {
            world.command(engine, Command::Run);
        }
    }
}

fn produce(world: &mut World, terrain: &Terrain, detail: u16) {
    let [kind, style] = detail.to_be_bytes();
    let age = if terrain.old && kind & 3 == 0 { EXPIRY + 10_000 } else { 0 };
    let producer = (terrain.transactions && kind & 4 == 0).then(|| i64::from(kind >> 3) % 3);
    let style = if terrain.engines > 1 { style & 7 } else { style & 15 };
    world.source.produce(i64::from(kind >> 4) % 6 + 1, world.now.0 - age, producer, style);
}

fn run(terrain: &Terrain, events: &[(u8, u16)]) {
    let mut world = World::new(spec(terrain), terrain.start, terrain.engines);
    world.destination.deny_markers = terrain.deny_markers;
    while world.source.end < terrain.before {
        world.source.produce(4, world.now.0, None, 0);
    }
    if terrain.deletion {
        world.source.delete_records(terrain.before / 2);
    }
    for (choice, detail) in events {
        event(&mut world, terrain, *choice, *detail);
    }
    for engine in 0..world.n_engines() {
        world.command(engine, Command::Run);
    }
    world.settle();
    for engine in 0..world.n_engines() {
        world.command(engine, Command::Stop);
    }
    world.flow(20_000);
    let end = world.source.end;
    let stopped = world.notices.iter().filter(|notice| **notice == Notice::Stopped { end }).count();
    assert_eq!(stopped, terrain.engines, "a mirror can always be stopped at its end");
}

fn cases() -> ProptestConfig {
    ProptestConfig { max_shrink_iters: 600, failure_persistence: None, ..ProptestConfig::default() }
}

proptest! {
    #![proptest_config(cases())]

    #[test]
    fn the_mirror_is_the_source_whatever_happens_in_between(
        terrain in terrain(),
        events in proptest::collection::vec((any::<u8>(), any::<u16>()), 0..300),
    ) {
        run(&terrain, &events);
    }

    #[test]
    fn two_engines_on_one_mirror_by_mistake_lose_shift_and_repeat_nothing(
        before in 0..25_i64, coalesce in 0..3_usize,
        events in proptest::collection::vec((any::<u8>(), any::<u16>()), 0..300),
    ) {
        let terrain = Terrain {
            transactions: false, compaction: false, deletion: false, old: false, start: 0, before,
            deny_markers: false, padding: true, budget_bytes: 8_000, engines: 2,
            coalesce: [Coalesce::Off, Coalesce::Auto, Coalesce::Always][coalesce],
        };
        run(&terrain, &events);
    }
}

#[test]
fn a_late_batch_of_a_new_epoch_is_not_taken_for_a_truncation_of_the_source() {
    let terrain = Terrain {
        transactions: false,
        compaction: false,
        deletion: false,
        old: true,
        start: 0,
        before: 21,
        deny_markers: false,
        padding: false,
        budget_bytes: 1_200,
        engines: 1,
        coalesce: Coalesce::Always,
    };
    // As the properties drew it: the epoch is stored, its first batch is late, the end is read twice.
    let events = [
        (0, 0),
        (244, 0),
        (80, 0),
        (0, 0),
        (210, 19094),
        (0, 0),
        (0, 0),
        (0, 0),
        (80, 0),
        (210, 4982),
        (0, 0),
        (80, 24),
        (156, 64140),
        (123, 55906),
        (9, 55676),
        (91, 50197),
        (249, 44044),
        (71, 47134),
        (228, 64748),
        (77, 57048),
        (222, 6987),
        (251, 7475),
        (210, 9536),
        (199, 33334),
        (156, 40295),
        (113, 29432),
        (135, 2598),
        (7, 30497),
        (143, 54305),
        (176, 47828),
        (125, 56579),
        (225, 26781),
        (175, 29948),
        (143, 30843),
        (151, 45312),
        (1, 11823),
        (125, 55397),
        (142, 58923),
        (26, 9658),
        (146, 36855),
        (176, 12918),
        (5, 57977),
        (126, 6628),
        (121, 36929),
        (204, 32754),
        (41, 40179),
        (148, 32643),
        (56, 63543),
        (46, 19492),
        (87, 28092),
        (53, 21774),
        (138, 7747),
        (206, 59084),
    ];
    run(&terrain, &events);
}

/// As the properties drew it: the note that nothing is under way any more is stored, its answer lost; what is sent
/// after it has to be noted again.
#[test]
fn a_late_fill_takes_no_offset_of_a_record() {
    let terrain = Terrain {
        transactions: false,
        compaction: false,
        deletion: true,
        old: false,
        start: 0,
        before: 2,
        deny_markers: false,
        padding: false,
        budget_bytes: 1_200,
        engines: 1,
        coalesce: Coalesce::Off,
    };
    let events = [
        (150, 0),
        (249, 0),
        (150, 0),
        (80, 0),
        (80, 0),
        (0, 0),
        (80, 0),
        (150, 0),
        (80, 0),
        (0, 0),
        (0, 0),
        (80, 0),
        (150, 12),
        (208, 45205),
        (147, 57659),
        (174, 17463),
        (1, 36788),
        (81, 48987),
        (49, 45802),
        (252, 19093),
        (122, 9567),
        (168, 51128),
        (213, 44367),
        (228, 25835),
        (243, 5831),
        (254, 9025),
        (92, 12699),
        (78, 30582),
        (98, 7867),
        (47, 8948),
        (147, 64257),
        (54, 43077),
        (84, 389),
        (107, 41590),
        (73, 51766),
        (112, 22420),
        (242, 8827),
        (175, 62346),
        (79, 44127),
        (116, 53800),
        (143, 43224),
        (3, 49885),
        (95, 22423),
        (178, 26057),
        (118, 59067),
        (249, 20235),
        (30, 56049),
        (112, 26447),
        (53, 11097),
        (144, 1019),
        (155, 21923),
    ];
    run(&terrain, &events);
}
