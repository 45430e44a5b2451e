//! Records in words: short, printable, the place where they differ in view.

/// Longest excerpt in characters, or twice as many as bytes that are no text.
const LONGEST: usize = 80;
/// How much is shown before the first difference.
const LEAD: usize = 16;

/// A header: its key, and its value or null.
type Header<'a> = (&'a [u8], Option<&'a [u8]>);

/// A record's body taken apart. What is malformed is as if it were not there.
#[derive(Debug, Default, PartialEq, Eq)]
pub(super) struct Parts<'a> {
    pub(super) key: Option<&'a [u8]>,
    pub(super) value: Option<&'a [u8]>,
    pub(super) headers: Vec<Header<'a>>,
}

impl<'a> Parts<'a> {
    pub(super) fn of(mut body: &'a [u8]) -> Self {
        let mut parts = Self::default();
        let Some(key) = field(&mut body) else { return parts };
        parts.key = key;
        let Some(value) = field(&mut body) else { return parts };
        parts.value = value;
        let count = varint(&mut body).unwrap_or(0);
        for _ in 0..count {
            let (Some(Some(name)), Some(value)) = (field(&mut body), field(&mut body)) else {
                // What cannot be read still makes a difference.
                parts.headers.push((body, None));
                return parts;
            };
            parts.headers.push((name, value));
        }
        parts
    }
}

/// A zigzag number (Kafka protocol, "Record").
fn varint(bytes: &mut &[u8]) -> Option<i64> {
    let mut value: u64 = 0;
    for shift in (0..70).step_by(7) {
        let (first, rest) = bytes.split_first()?;
        *bytes = rest;
        value |= u64::from(first & 0x7f).checked_shl(shift)?;
        if first & 0x80 == 0 {
            let half = i64::try_from(value >> 1).ok()?;
            return Some(if value & 1 == 0 { half } else { !half });
        }
    }
    None
}

fn field<'a>(bytes: &mut &'a [u8]) -> Option<Option<&'a [u8]>> {
    let length = varint(bytes)?;
    if length < 0 {
        return Some(None);
    }
    let (field, rest) = bytes.split_at_checked(usize::try_from(length).ok()?)?;
    *bytes = rest;
    Some(Some(field))
}

/// Two fields that differ, each from a little before where they do.
pub(super) fn both(a: Option<&[u8]>, b: Option<&[u8]>) -> (String, String) {
    let (left, right) = (a.unwrap_or_default(), b.unwrap_or_default());
    let same = left.iter().zip(right).take_while(|(a, b)| a == b).count();
    let from = same.saturating_sub(LEAD);
    (excerpt(a, from), excerpt(b, from))
}

/// A field from a byte on; text in quotes, other bytes in hexadecimal.
fn excerpt(field: Option<&[u8]>, from: usize) -> String {
    let Some(bytes) = field else { return "null".to_owned() };
    let more_before = if from > 0 { "…" } else { "" };
    let text = std::str::from_utf8(bytes).ok().filter(|text| !text.contains(char::is_control));
    let from = from.min(bytes.len());
    let (shown, cut) = match text {
        Some(text) => {
            let start = (0..=from).rev().find(|at| text.is_char_boundary(*at)).unwrap_or(0);
            let rest = text.get(start..).unwrap_or_default();
            let shown: String = rest.chars().take(LONGEST).collect();
            let cut = shown.len() < rest.len();
            (format!("\"{more_before}{shown}"), cut)
        }
        None => {
            let rest = bytes.get(from..).unwrap_or_default();
            let shown: String =
                rest.iter().take(LONGEST / 2).map(|byte| format!("{byte:02x}")).collect();
            (format!("0x{more_before}{shown}"), rest.len() > LONGEST / 2)
        }
    };
    let quote = if text.is_some() { "\"" } else { "" };
    if cut {
        format!("{shown}…{quote} ({} bytes)", bytes.len())
    } else {
        format!("{shown}{quote}")
    }
}

/// Headers, shortened.
pub(super) fn headers(headers: &[Header<'_>]) -> String {
    if headers.is_empty() {
        return "no headers".to_owned();
    }
    let shown = headers
        .iter()
        .take(8)
        .map(|(name, value)| format!("{}: {}", excerpt(Some(name), 0), excerpt(*value, 0)));
    let mut text = shown.collect::<Vec<_>>().join(", ");
    if headers.len() > 8 {
        text.push_str(&format!(" and {} more", headers.len() - 8));
    }
    text
}

/// A whole record.
pub(super) fn record(body: &[u8]) -> String {
    let parts = Parts::of(body);
    format!("key {}, value {}", excerpt(parts.key, 0), excerpt(parts.value, 0))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_excerpt_begins_shortly_before_the_difference_and_is_bounded() {
        let long = "x".repeat(500);
        let (a, b) = both(Some(format!("{long}a").as_bytes()), Some(format!("{long}b").as_bytes()));
        assert_eq!(a, format!("\"…{}a\"", "x".repeat(LEAD)));
        assert_eq!(b, format!("\"…{}b\"", "x".repeat(LEAD)));
        assert_eq!(both(None, Some(&[0, 255])), ("null".to_owned(), "0x00ff".to_owned()));
        assert!(excerpt(Some(long.as_bytes()), 0).ends_with("…\" (500 bytes)"));
    }

    proptest::proptest! {
        #[test]
        fn any_bytes_can_be_taken_apart_and_shown(
            a in proptest::collection::vec(proptest::prelude::any::<u8>(), 0..200),
            b in proptest::collection::vec(proptest::prelude::any::<u8>(), 0..200),
        ) {
            record(&a);
            headers(&Parts::of(&a).headers);
            both(Some(&a), Some(&b));
        }
    }
}
