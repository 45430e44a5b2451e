//! Two streams in pieces of any size give what a plain comparison of two lists gives.

use std::collections::BTreeMap;

use proptest::prelude::*;

use super::*;

fn body(key: Option<&str>, value: &str) -> Bytes {
    let mut out = Vec::new();
    let mut field = |text: Option<&str>| match text {
        Some(text) => {
            out.push(u8::try_from(text.len() * 2).unwrap());
            out.extend_from_slice(text.as_bytes());
        }
        None => out.push(1),
    };
    field(key);
    field(Some(value));
    out.push(0);
    Bytes::from(out)
}

fn seen(offset: i64, value: &str) -> Seen {
    Seen { offset, timestamp: 7, body: body(Some("k"), value) }
}

/// What all steps found, reading so many records at a time.
fn run(source: &[Seen], mirror: &[Seen], end: i64, piece: usize) -> Vec<Step> {
    let mut pair = Pair::new(0, end);
    let mut left = [source.to_vec(), mirror.to_vec()];
    let mut found = Vec::new();
    loop {
        match pair.step() {
            Step::Read(side) => {
                let rest = &mut left[usize::from(side == Side::Mirror)];
                let taken: Vec<Seen> = rest.drain(..piece.min(rest.len())).collect();
                let read_to = match taken.last() {
                    Some(last) if !rest.is_empty() => last.offset + 1,
                    _ => end,
                };
                pair.read(side, taken, read_to);
            }
            Step::End => {
                assert_eq!(pair.next(), end);
                return found;
            }
            step => found.push(step),
        }
    }
}

proptest! {
    #[test]
    fn every_offset_is_found_the_same_missing_extra_or_different(
        source in proptest::collection::btree_map(0i64..40, "[ab]", 0..30),
        mirror in proptest::collection::btree_map(0i64..40, "[ab]", 0..30),
        piece in 1usize..9,
    ) {
        let list = |side: &BTreeMap<i64, String>| -> Vec<Seen> {
            side.iter().map(|(offset, value)| seen(*offset, value)).collect()
        };
        let found = run(&list(&source), &list(&mirror), 40, piece);
        let offsets = (0..40).filter(|at| source.contains_key(at) || mirror.contains_key(at));
        let wanted: Vec<i64> = offsets.collect();
        prop_assert_eq!(found.len(), wanted.len());
        for (step, offset) in found.iter().zip(wanted) {
            let right = match (step, source.get(&offset), mirror.get(&offset)) {
                (Step::Same(_), Some(a), Some(b)) => a == b,
                (Step::Differs(what), Some(a), Some(b)) => a != b && what.offset == offset,
                (Step::Alone(Side::Source, record), Some(_), None)
                | (Step::Alone(Side::Mirror, record), None, Some(_)) => record.offset == offset,
                _ => false,
            };
            prop_assert!(right, "{offset}: {step:?}");
        }
    }

    #[test]
    fn what_is_below_a_raised_floor_is_no_difference(floor in 0i64..20, piece in 1usize..5) {
        let source: Vec<Seen> = (0..20).map(|at| seen(at, "a")).collect();
        let mirror: Vec<Seen> = (floor..20).map(|at| seen(at, "a")).collect();
        let mut pair = Pair::new(0, 20);
        pair.read(Side::Source, source.iter().take(piece).cloned().collect(), i64::try_from(piece).unwrap());
        pair.raise(floor);
        pair.read(Side::Source, source.into_iter().skip(piece).collect(), 20);
        pair.read(Side::Mirror, mirror, 20);
        loop {
            match pair.step() {
                Step::Same(_) => {}
                Step::End => break,
                other => prop_assert!(false, "{other:?}"),
            }
        }
    }
}

#[test]
fn the_first_part_that_differs_is_named() {
    let one = |timestamp, key, value| Seen { offset: 3, timestamp, body: body(key, value) };
    let plain = one(7, Some("k"), "v");
    let kind = |other: &Seen| difference(&plain, other).map(|what| what.kind);
    assert_eq!(kind(&one(7, Some("k"), "v")), None);
    assert_eq!(kind(&one(7, None, "w")), Some(VerifyDifferenceKind::Key));
    assert_eq!(kind(&one(8, Some("k"), "w")), Some(VerifyDifferenceKind::Value));
    assert_eq!(kind(&one(8, Some("k"), "v")), Some(VerifyDifferenceKind::Timestamp));
    let mut headed = plain.body.to_vec();
    headed.pop();
    headed.extend_from_slice(&[2, 2, b'h', 1]);
    let headed = Seen { body: Bytes::from(headed), ..plain.clone() };
    assert_eq!(kind(&headed), Some(VerifyDifferenceKind::Headers));
}
