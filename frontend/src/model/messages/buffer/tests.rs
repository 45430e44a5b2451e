use drawbridge_shared::view::{Decoding, PayloadView, TimestampKind};
use proptest::prelude::*;

use super::*;

/// The `n`th record of a log of three partitions; every seventh is in trouble.
fn record(n: u64) -> RecordView {
    let trouble = || TroubleView { cause: format!("cause {n}"), remedy: "remedy".into() };
    RecordView {
        partition: i32::try_from(n % 3).unwrap(),
        offset: i64::try_from(n / 3).unwrap(),
        timestamp_ms: (!n.is_multiple_of(5)).then(|| i64::try_from(n).unwrap()),
        timestamp_kind: TimestampKind::Create,
        key: None,
        value: Some(PayloadView {
            size: 1,
            text: n.to_string(),
            decoding: Decoding::Text,
            why: None,
            schema_id: None,
            schema: None,
            trouble: n.is_multiple_of(7).then(trouble),
            truncated: false,
        }),
        headers: Vec::new(),
        n_headers: 0,
        picked: vec![],
    }
}

fn part(numbers: Range<u64>) -> RecordsChunk {
    RecordsChunk { records: numbers.map(record).collect(), skipped: 1, ..RecordsChunk::default() }
}

#[derive(Debug, Clone)]
enum Step {
    /// A part of so many records comes.
    Part(u64),
    /// The page takes what came.
    Take,
    /// The search is stopped and continued.
    GoOn,
    /// Rows from a place on are read again; some are gone, or others than they were.
    Again(u64, u64),
}

fn steps() -> impl Strategy<Value = Vec<Step>> {
    let step = prop_oneof![
        4 => (0_u64..9).prop_map(Step::Part),
        3 => Just(Step::Take),
        1 => Just(Step::GoOn),
        2 => (0_u64..200, 0_u64..9).prop_map(|(from, n)| Step::Again(from, n)),
    ];
    proptest::collection::vec(step, 0..120)
}

const SMALL: Bounds = Bounds { rows: 60, whole: 20, bytes: 1 << 20, again: 10 };

/// What comes of reading a row again.
fn read_again(number: u64, record: RecordView) -> (Option<RecordView>, Preview) {
    match number % 4 {
        0 => (None, Preview::Gone),
        1 => {
            let other = RecordView { timestamp_ms: Some(-1), ..record };
            (Some(other), Preview::Replaced)
        }
        _ => (Some(record.clone()), Preview::Whole(Arc::new(record))),
    }
}

proptest! {
    #[test]
    fn rows_stay_in_order_within_bounds_and_each_that_is_not_there_is_counted(
        steps in steps(), patient in any::<bool>(),
    ) {
        let mut buffer = Buffer::bounded(SMALL);
        let mut run = buffer.begin_run();
        // One that is taken from late loses parts before; with the other nothing is ever lost there.
        let fresh = || Found::keeping(if patient { 10_000 } else { 12 });
        let mut found = fresh();
        let (mut came, mut begun, mut skipped) = (0_u64, 0_u64, 0_u64);
        for step in steps {
            match step {
                Step::Part(n) => {
                    found.push(part(came..came + n));
                    came += n;
                    skipped += 1;
                }
                Step::Take => buffer.take(run, &found),
                Step::GoOn => {
                    buffer.take(run, &found);
                    buffer.take(run + 1, &found);
                    run = buffer.begin_run();
                    buffer.take(run - 1, &found);
                    begun = came;
                    found = fresh();
                }
                Step::Again(from, n) => {
                    for number in from..from + n {
                        let Some(place) = buffer.place(number) else { continue };
                        let of = u64::try_from(place.offset * 3 + i64::from(place.partition)).unwrap();
                        let is_whole = buffer.whole.front().is_some_and(|part| part.first <= number);
                        let (answer, wanted) = read_again(number, record(of));
                        buffer.put_again(number, answer);
                        if !is_whole {
                            prop_assert_eq!(buffer.preview(number), wanted);
                        }
                    }
                    prop_assert!(buffer.again.len() <= SMALL.again);
                    prop_assert_eq!(buffer.again_order.len() >= buffer.again.len(), true);
                }
            }
            let order = buffer.order(false);
            let rows: Vec<u64> = order
                .numbers(0..usize::MAX)
                .into_iter()
                .map(|number| {
                    let place = buffer.place(number).unwrap();
                    u64::try_from(place.offset * 3 + i64::from(place.partition)).unwrap()
                })
                .collect();
            prop_assert!(rows.is_sorted_by(|a, b| a < b), "{:?}", rows);
            prop_assert!(rows.len() <= SMALL.rows && rows.len() == buffer.len());
            prop_assert!(buffer.n_whole < SMALL.whole + 9);
            let kept: usize = buffer.whole.iter().map(|part| part.chunk.records.len()).sum();
            prop_assert_eq!(buffer.n_whole, kept);
            for (number, of) in order.numbers(0..usize::MAX).into_iter().zip(&rows) {
                if let Preview::Whole(whole) = buffer.preview(number) {
                    prop_assert_eq!(&*whole, &record(*of), "a row shows its own record");
                }
            }
            let troubled = rows.iter().filter(|of| *of % 7 == 0).count();
            prop_assert_eq!(buffer.trouble().map_or(0, |(n, _)| n), troubled);
        }
        buffer.take(run, &found);
        prop_assert_eq!(buffer.len() as u64 + buffer.dropped(), came, "begun at {}", begun);
        prop_assert_eq!(buffer.skipped(), skipped);
        if patient {
            let newest = came.saturating_sub(SMALL.rows as u64)..came;
            let rows: Vec<u64> = buffer.rows.iter().map(|at| u64::try_from(at.offset * 3 + i64::from(at.partition)).unwrap()).collect();
            prop_assert_eq!(rows, newest.collect::<Vec<_>>(), "nothing but the first is dropped");
        }
    }

    #[test]
    fn a_row_is_where_its_list_has_it(first in 0_u64..1000, len in 0_usize..300, newest_first in any::<bool>()) {
        let order = Order { first, len, newest_first };
        let numbers = order.numbers(0..usize::MAX);
        prop_assert_eq!(numbers.len(), len);
        for (at, number) in numbers.iter().enumerate() {
            prop_assert_eq!(order.position(*number), Some(at));
            prop_assert_eq!(order.numbers(at..at + 1), vec![*number]);
        }
        prop_assert_eq!(order.position(first + len as u64), None);
        prop_assert!(first == 0 || order.position(first - 1).is_none());
    }
}

#[test]
fn a_million_rows_are_kept_and_what_is_more_is_dropped_and_counted() {
    let mut buffer = Buffer::default();
    let run = buffer.begin_run();
    let (mut found, mut came) = (Found::default(), 0);
    while came < 1_002_500 {
        found.push(part(came..came + 500));
        came += 500;
        buffer.take(run, &found);
    }
    assert_eq!((buffer.len(), buffer.dropped()), (MOST, 2_500));
    assert_eq!(size_of::<Place>(), 24);
    assert!(buffer.rows.capacity() * size_of::<Place>() < 32 << 20, "{}", buffer.rows.capacity());
    assert_eq!((buffer.place(2_499), buffer.n_whole), (None, 20_000));
    let oldest = buffer.place(2_500).unwrap();
    assert_eq!((oldest.partition, oldest.offset), (1, 833));
    assert_eq!(buffer.preview(2_500), Preview::Away);
    buffer.put_again(2_500, Some(record(2_500)));
    assert_eq!(buffer.preview(2_500), Preview::Whole(Arc::new(record(2_500))));
    assert!(matches!(buffer.preview(1_002_499), Preview::Whole(_)));
}

#[test]
fn large_previews_are_let_go_earlier() {
    let mut buffer = Buffer::bounded(Bounds { bytes: 100_000, ..BOUNDS });
    let run = buffer.begin_run();
    let mut found = Found::default();
    for n in 0..100 {
        let mut part = part(n..n + 1);
        part.records[0].value.as_mut().unwrap().text = "x".repeat(10_000);
        found.push(part);
    }
    buffer.take(run, &found);
    assert_eq!((buffer.len(), buffer.dropped()), (100, 0));
    assert!(buffer.n_whole < 10 && buffer.whole_bytes <= 100_000, "{}", buffer.n_whole);
}
