//! Records that are to be written: from what is typed or was read to what is sent.

use drawbridge_shared::record::{BytesDraft, Encoding, MAX_DRAFTS, RecordDraft};
use drawbridge_shared::view::{Decoding, PayloadView};

use super::number::{count, counted};
use super::rest::json;

/// Bytes of text that fit into one request.
pub const LARGEST: usize = 900_000;

/// Results that are listed.
const LISTED: usize = 100;

/// What came of the records that were written from the page: all of them counted, and some listed.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Results<T> {
    written: u64,
    failed: u64,
    listed: Vec<T>,
}

impl<T> Default for Results<T> {
    fn default() -> Self {
        Self { written: 0, failed: 0, listed: Vec::new() }
    }
}

impl<T> Results<T> {
    /// Those that are listed, the newest first.
    #[must_use]
    pub fn listed(&self) -> &[T] {
        &self.listed
    }

    /// Takes in what came of records, in their order. What is too much leaves the list, the oldest first, and what
    /// failed only when nothing else is left.
    pub fn add(&mut self, new: Vec<T>, has_failed: impl Fn(&T) -> bool) {
        let n_failed = as_count(new.iter().filter(|one| has_failed(one)).count());
        self.failed += n_failed;
        self.written += as_count(new.len()) - n_failed;
        self.listed.splice(0..0, new.into_iter().rev());
        let n_failed = self.listed.iter().filter(|one| has_failed(one)).count();
        let mut room = LISTED.saturating_sub(n_failed);
        self.listed.retain(|one| {
            let is_kept = has_failed(one) || room > 0;
            if is_kept && !has_failed(one) {
                room -= 1;
            }
            is_kept
        });
        self.listed.truncate(LISTED);
    }

    /// How many were written and how many were not: `900 records written · 100 not written`.
    #[must_use]
    pub fn words(&self) -> String {
        if self.written + self.failed == 0 {
            return "Nothing was written from this page yet.".to_owned();
        }
        let mut words = vec![format!("{} written", counted(self.written, "record", "records"))];
        if self.failed > 0 {
            words.push(format!("{} not written", count(self.failed)));
        }
        let n_listed = as_count(self.listed.len());
        if n_listed < self.written + self.failed {
            words.push(format!("{} of them listed", count(n_listed)));
        }
        words.join(" · ")
    }
}

fn as_count(n: usize) -> u64 {
    n.try_into().unwrap_or(u64::MAX)
}

/// Codecs with their words.
pub const CODECS: [(&str, &str); 5] = [
    ("none", "None"),
    ("gzip", "gzip"),
    ("snappy", "Snappy"),
    ("lz4", "LZ4"),
    ("zstd", "Zstandard"),
];

/// What typed text can stand for, with its words.
pub const ENCODINGS: [(&str, &str); 4] =
    [("text", "Text"), ("json", "JSON, checked"), ("base64", "Base64"), ("hex", "Hex")];

/// How many records are to be written; none for what is no number of them.
#[must_use]
pub fn copies(typed: &str) -> Option<u32> {
    let most = u32::try_from(MAX_DRAFTS).unwrap_or(u32::MAX);
    typed.trim().parse().ok().filter(|n| (1..=most).contains(n))
}

/// The bytes of a record that was read as text: those that are no text came as hexadecimal.
#[must_use]
pub fn exact(payload: PayloadView) -> BytesDraft {
    let encoding = if payload.decoding == Decoding::Hex { Encoding::Hex } else { Encoding::Text };
    BytesDraft { text: payload.text, encoding }
}

/// Why a record cannot be sent from here, if it cannot.
#[must_use]
pub fn too_large(draft: &RecordDraft) -> Option<String> {
    let headers = draft.headers.iter();
    let headers = headers.map(|one| one.name.len() + length(one.value.as_ref())).sum::<usize>();
    let all = length(draft.key.as_ref()) + length(draft.value.as_ref()) + headers;
    (all > LARGEST).then(|| "It is too large for this form: use REST or an import".to_owned())
}

fn length(draft: Option<&BytesDraft>) -> usize {
    draft.map_or(0, |draft| draft.text.len())
}

/// The record as REST takes it.
#[must_use]
pub fn rest_record(draft: &RecordDraft) -> String {
    let data = |bytes: &BytesDraft| {
        let (kind, data) = match bytes.encoding {
            Encoding::Json if !bytes.text.trim().is_empty() => ("JSON", bytes.text.clone()),
            Encoding::Text | Encoding::Json => ("STRING", json(&bytes.text)),
            Encoding::Base64 => ("BINARY", json(bytes.text.trim())),
            Encoding::Hex => ("BINARY", json(&base64(&unhex(&bytes.text)))),
        };
        format!("{{\"type\":\"{kind}\",\"data\":{data}}}")
    };
    let mut fields = Vec::new();
    fields.extend(draft.partition.map(|partition| format!("\"partition_id\":{partition}")));
    if !draft.headers.is_empty() {
        let header = |header: &drawbridge_shared::record::HeaderDraft| {
            let value = header.value.as_ref().map_or_else(
                || "null".to_owned(),
                |value| match value.encoding {
                    Encoding::Text | Encoding::Json => json(&base64(value.text.as_bytes())),
                    Encoding::Base64 => json(value.text.trim()),
                    Encoding::Hex => json(&base64(&unhex(&value.text))),
                },
            );
            format!("{{\"name\":{},\"value\":{value}}}", json(&header.name))
        };
        let headers: Vec<String> = draft.headers.iter().map(header).collect();
        fields.push(format!("\"headers\":[{}]", headers.join(",")));
    }
    fields.extend(draft.key.as_ref().map(|key| format!("\"key\":{}", data(key))));
    fields.extend(draft.value.as_ref().map(|value| format!("\"value\":{}", data(value))));
    format!("{{{}}}", fields.join(","))
}

fn unhex(text: &str) -> Vec<u8> {
    let digits: Vec<u8> = text
        .chars()
        .filter_map(|letter| letter.to_digit(16).and_then(|digit| u8::try_from(digit).ok()))
        .collect();
    digits.chunks_exact(2).filter_map(|pair| Some(pair.first()? << 4 | pair.last()?)).collect()
}

fn base64(bytes: &[u8]) -> String {
    const LETTERS: &[u8; 64] = b"ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/";
    let mut out = String::with_capacity(bytes.len().div_ceil(3) * 4);
    for part in bytes.chunks(3) {
        let at = |n: usize| u32::from(part.get(n).copied().unwrap_or(0));
        let bits = at(0) << 16 | at(1) << 8 | at(2);
        for n in 0..4 {
            let index = usize::try_from(bits >> (18 - 6 * n) & 63).unwrap_or(0);
            let letter = LETTERS.get(index).map_or('=', |letter| char::from(*letter));
            out.push(if usize::try_from(n).unwrap_or(0) <= part.len() { letter } else { '=' });
        }
    }
    out
}

#[cfg(test)]
mod tests {
    use drawbridge_shared::record::HeaderDraft;

    use super::*;

    fn bytes(text: &str, encoding: Encoding) -> Option<BytesDraft> {
        Some(BytesDraft { text: text.to_owned(), encoding })
    }

    #[test]
    fn base64_is_the_one_of_everybody() {
        let cases =
            [("", ""), ("f", "Zg=="), ("fo", "Zm8="), ("foo", "Zm9v"), ("foobar", "Zm9vYmFy")];
        for (plain, encoded) in cases {
            assert_eq!(base64(plain.as_bytes()), encoded);
        }
    }

    #[test]
    fn the_rest_call_says_what_the_form_does() {
        let draft = RecordDraft {
            partition: Some(2),
            key: bytes("a\"b", Encoding::Text),
            value: bytes("{\"n\": 1.0}", Encoding::Json),
            headers: vec![HeaderDraft { name: "h".into(), value: bytes("00 ff", Encoding::Hex) }],
            timestamp_ms: None,
        };
        assert_eq!(
            rest_record(&draft),
            r#"{"partition_id":2,"headers":[{"name":"h","value":"AP8="}],"key":{"type":"STRING","data":"a\"b"},"value":{"type":"JSON","data":{"n": 1.0}}}"#
        );
        assert_eq!(rest_record(&RecordDraft::default()), "{}");
    }

    /// Rows of which those below 0 failed.
    fn results(of: impl IntoIterator<Item = i32>) -> Results<i32> {
        let mut results = Results::default();
        results.add(of.into_iter().collect(), |row| *row < 0);
        results
    }

    #[test]
    fn all_that_was_written_is_counted_and_not_only_what_is_listed() {
        let mut results = results(0..1_000);
        assert_eq!(results.words(), "1,000 records written · 100 of them listed");
        assert_eq!(results.listed().first(), Some(&999), "the newest first");
        results.add(vec![7], |_| false);
        assert_eq!(results.words(), "1,001 records written · 100 of them listed");
        assert_eq!((results.listed().len(), results.listed().first()), (100, Some(&7)));
    }

    #[test]
    fn what_was_not_written_is_said_and_stays_listed() {
        let mut results = results(-3..997);
        assert_eq!(results.words(), "997 records written · 3 not written · 100 of them listed");
        assert!(results.listed().ends_with(&[-1, -2, -3]));
        results.add((-200..0).collect(), |row| *row < 0);
        assert_eq!(results.words(), "997 records written · 203 not written · 100 of them listed");
        assert_eq!(results.listed().iter().filter(|row| **row < 0).count(), 100);
    }

    #[test]
    fn a_few_are_listed_whole() {
        assert_eq!(results([]).words(), "Nothing was written from this page yet.");
        assert_eq!(results([1]).words(), "1 record written");
        assert_eq!(results([1, -1]).words(), "1 record written · 1 not written");
    }

    #[test]
    fn only_numbers_that_can_be_written_count() {
        assert_eq!((copies("3"), copies(" 1000 ")), (Some(3), Some(1000)));
        assert!(["", "0", "1001", "x"].iter().all(|typed| copies(typed).is_none()));
    }
}
