//! Two records side by side: the same bytes plain, those that differ marked. Nothing waits here.

use std::ops::Range;

use drawbridge_shared::view::{CompareBytes, ComparePart, CompareRecord};

use super::{compare::Seen, words::Parts};

/// Bytes of a field that are shown.
const SHOWN: usize = 2 * 1024;
/// Of these, how many before the first difference.
const LEAD: usize = 128;
/// Headers that are shown.
const HEADERS: usize = 32;
/// Runs of bytes that differ; behind them all counts as different.
const RUNS: usize = 64;

/// A record with nothing beside it.
pub(super) fn alone(record: &Seen) -> CompareRecord {
    let parts = Parts::of(&record.body);
    let plain = |bytes: &[u8]| field(bytes, bytes, &[]);
    CompareRecord {
        timestamp_ms: record.timestamp,
        key: parts.key.map(plain),
        value: parts.value.map(plain),
        headers: parts
            .headers
            .iter()
            .take(HEADERS)
            .map(|(name, value)| (plain(name), value.map(plain)))
            .collect(),
    }
}

/// Two records, and where they differ.
pub(super) fn both(source: &Seen, mirror: &Seen) -> ([CompareRecord; 2], Vec<ComparePart>) {
    let (a, b) = (Parts::of(&source.body), Parts::of(&mirror.body));
    let differs = [
        (ComparePart::Key, a.key != b.key),
        (ComparePart::Value, a.value != b.value),
        (ComparePart::Headers, a.headers != b.headers),
        (ComparePart::Timestamp, source.timestamp != mirror.timestamp),
    ];
    let headers = |own: &Parts<'_>, other: &Parts<'_>| {
        let own = own.headers.iter().take(HEADERS).enumerate();
        own.map(|(at, (name, value))| {
            let (other_name, other_value) = match other.headers.get(at) {
                Some((name, value)) => (Some(*name), *value),
                None => (None, None),
            };
            (against(name, other_name), value.map(|value| against(value, other_value)))
        })
        .collect()
    };
    let records = [
        CompareRecord {
            timestamp_ms: source.timestamp,
            key: a.key.map(|key| against(key, b.key)),
            value: a.value.map(|value| against(value, b.value)),
            headers: headers(&a, &b),
        },
        CompareRecord {
            timestamp_ms: mirror.timestamp,
            key: b.key.map(|key| against(key, a.key)),
            value: b.value.map(|value| against(value, a.value)),
            headers: headers(&b, &a),
        },
    ];
    let differs = differs.into_iter().filter_map(|(part, differs)| differs.then_some(part));
    (records, differs.collect())
}

/// A field beside the other side's; all of it is marked when there is none.
fn against(own: &[u8], other: Option<&[u8]>) -> CompareBytes {
    match other {
        Some(other) => field(own, other, &runs(own, other)),
        None => field(own, own, std::slice::from_ref(&(0..own.len()))),
    }
}

/// The bytes of `own` that differ. Fields of one length are compared byte by byte, others between what they begin
/// and end with in common.
fn runs(own: &[u8], other: &[u8]) -> Vec<Range<usize>> {
    if own.len() != other.len() {
        let pairs = own.iter().zip(other);
        let head = pairs.take_while(|(a, b)| a == b).count();
        let room = own.len().min(other.len()) - head;
        let pairs = own.iter().rev().zip(other.iter().rev()).take(room);
        let tail = pairs.take_while(|(a, b)| a == b).count();
        let changed = head..own.len() - tail;
        return Vec::from([changed]);
    }
    let mut all: Vec<Range<usize>> = Vec::new();
    for (at, _) in own.iter().zip(other).enumerate().filter(|(_, (a, b))| a != b) {
        let n_runs = all.len();
        match all.last_mut() {
            Some(last) if last.end == at || n_runs >= RUNS => last.end = at + 1,
            _ => all.push(at..at + 1),
        }
    }
    all
}

fn is_text(bytes: &[u8]) -> bool {
    std::str::from_utf8(bytes).is_ok_and(|text| {
        !text.chars().any(|letter| letter.is_control() && !matches!(letter, '\n' | '\r' | '\t'))
    })
}

/// Bytes as they are shown: text when both sides are.
fn field(own: &[u8], other: &[u8], marked: &[Range<usize>]) -> CompareBytes {
    let hex = !(is_text(own) && is_text(other));
    let begins = |at: usize| hex || own.get(at).is_none_or(|byte| byte & 0xC0 != 0x80);
    let down = |at: usize| (0..=at).rev().find(|at| begins(*at)).unwrap_or(0);
    let up = |at: usize| (at..own.len()).find(|at| begins(*at)).unwrap_or(own.len());
    let first = marked.first().map_or(0, |run| run.start.min(own.len()));
    let most = if hex { SHOWN / 3 } else { SHOWN };
    let start = if own.len() <= most { 0 } else { down(first.saturating_sub(LEAD)) };
    let end = down((start + most).min(own.len())).max(start);
    let end = if start + most >= own.len() { own.len() } else { end };
    let mut pieces = Vec::new();
    let mut put = |range: Range<usize>, is_marked: bool| {
        if let Some(bytes) = own.get(range).filter(|bytes| !bytes.is_empty()) {
            pieces.push((is_marked, shown(bytes, hex)));
        }
    };
    let mut at = start;
    for run in marked {
        let (from, to) = (down(run.start).clamp(at, end), up(run.end).clamp(at, end));
        put(at..from, false);
        put(from..to, true);
        at = to;
    }
    put(at..end, false);
    let wide = |n: usize| u64::try_from(n).unwrap_or(u64::MAX);
    let (before, after) = (wide(start), wide(own.len() - end));
    CompareBytes { size: wide(own.len()), hex, before, after, pieces }
}

fn shown(bytes: &[u8], hex: bool) -> String {
    if hex {
        let pairs: Vec<String> = bytes.iter().map(|byte| format!("{byte:02x}")).collect();
        return pairs.join(" ");
    }
    String::from_utf8_lossy(bytes).into_owned()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn pieces(own: &str, other: &str) -> Vec<(bool, String)> {
        against(own.as_bytes(), Some(other.as_bytes())).pieces
    }

    fn of(pieces: &[(bool, &str)]) -> Vec<(bool, String)> {
        pieces.iter().map(|(is_marked, text)| (*is_marked, (*text).to_owned())).collect()
    }

    #[test]
    fn bytes_that_differ_are_marked_and_letters_stay_whole() {
        assert_eq!(pieces("same", "same"), of(&[(false, "same")]));
        assert_eq!(
            pieces("a1b2c", "a9b8c"),
            of(&[(false, "a"), (true, "1"), (false, "b"), (true, "2"), (false, "c")])
        );
        let longer = pieces("{\"n\":10}", "{\"n\":1}");
        assert_eq!(longer, of(&[(false, "{\"n\":1"), (true, "0"), (false, "}")]));
        assert_eq!(pieces("zürich", "zörich"), of(&[(false, "z"), (true, "ü"), (false, "rich")]));
        let lone = against(b"x", None);
        assert_eq!(lone.pieces, of(&[(true, "x")]));
        let bytes = against(&[1, 255, 3], Some(&[1, 254, 3]));
        assert_eq!(
            (bytes.hex, bytes.pieces),
            (true, of(&[(false, "01"), (true, "ff"), (false, "03")]))
        );
    }

    #[test]
    fn a_long_field_begins_shortly_before_the_difference() {
        let long = "x".repeat(10_000);
        let found = against(format!("{long}a").as_bytes(), Some(format!("{long}b").as_bytes()));
        assert_eq!((found.before, found.after), (10_000 - 128, 0));
        assert_eq!(found.pieces.last(), Some(&(true, "a".to_owned())));
        let found = against(long.as_bytes(), Some(long.as_bytes()));
        assert_eq!((found.before, found.after), (0, 10_000 - 2048));
    }

    proptest::proptest! {
        #[test]
        fn any_two_fields_can_be_shown_and_pieces_make_up_what_is_shown(
            a in proptest::collection::vec(proptest::prelude::any::<u8>(), 0..300),
            b in proptest::collection::vec(proptest::prelude::any::<u8>(), 0..300),
            text in "\\PC{0,80}", other in "\\PC{0,80}",
        ) {
            against(&a, Some(&b));
            let found = against(text.as_bytes(), Some(other.as_bytes()));
            let joined: String = found.pieces.iter().map(|(_, text)| text.as_str()).collect();
            proptest::prop_assert_eq!(joined, text);
        }
    }
}
