//! Text as bytes.

use base64::{Engine as _, engine::general_purpose::STANDARD};
use drawbridge_shared::{
    draft::FieldError,
    record::{BytesDraft, Encoding, RecordDraft},
};
use serde::de::IgnoredAny;

use super::NewRecord;

/// The bytes that a text stands for.
///
/// # Errors
/// What is wrong with it, in words.
pub fn decode(draft: &BytesDraft) -> Result<Vec<u8>, String> {
    match draft.encoding {
        Encoding::Text => Ok(draft.text.clone().into_bytes()),
        Encoding::Json => match serde_json::from_str::<IgnoredAny>(&draft.text) {
            Ok(IgnoredAny) => Ok(draft.text.clone().into_bytes()),
            Err(error) => {
                Err(format!("This is no JSON: line {}, column {}.", error.line(), error.column()))
            }
        },
        Encoding::Base64 => {
            let text: String = draft.text.split_whitespace().collect();
            STANDARD.decode(text).map_err(|error| format!("This is no Base64: {error}."))
        }
        Encoding::Hex => hex(&draft.text)
            .ok_or_else(|| "This is no hexadecimal: give pairs of 0-9 and a-f.".to_owned()),
    }
}

fn hex(text: &str) -> Option<Vec<u8>> {
    let digits: Option<Vec<u8>> = text
        .chars()
        .filter(|letter| !letter.is_whitespace())
        .map(|letter| letter.to_digit(16).and_then(|digit| u8::try_from(digit).ok()))
        .collect();
    let digits = digits.filter(|digits| digits.len() % 2 == 0)?;
    let pair = |pair: &[u8]| match pair {
        [high, low] => Some(high << 4 | low),
        _ => None,
    };
    digits.chunks(2).map(pair).collect()
}

/// A record as typed; what is wrong with it goes to `wrong`, by field.
pub(super) fn record(at: usize, draft: &RecordDraft, wrong: &mut Vec<FieldError>) -> NewRecord {
    let mut part = |name: String, bytes: Option<&BytesDraft>| {
        bytes.and_then(|bytes| match decode(bytes) {
            Ok(bytes) => Some(bytes),
            Err(message) => {
                wrong.push(FieldError::new(&format!("records.{at}.{name}"), message));
                None
            }
        })
    };
    let headers = draft.headers.iter().enumerate().map(|(n, header)| {
        (header.name.clone(), part(format!("headers.{n}"), header.value.as_ref()))
    });
    let headers = headers.collect();
    NewRecord {
        partition: draft.partition,
        key: part("key".to_owned(), draft.key.as_ref()),
        value: part("value".to_owned(), draft.value.as_ref()),
        headers,
        timestamp_ms: draft.timestamp_ms,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn of(encoding: Encoding, text: &str) -> Result<Vec<u8>, String> {
        decode(&BytesDraft { text: text.to_owned(), encoding })
    }

    #[test]
    fn text_becomes_the_bytes_it_stands_for() {
        assert_eq!(of(Encoding::Text, "ä").unwrap(), "ä".as_bytes());
        let json = "{\"n\": 9007199254740993.10}";
        assert_eq!(of(Encoding::Json, json).unwrap(), json.as_bytes());
        assert_eq!(of(Encoding::Base64, "AP8=\n").unwrap(), [0, 255]);
        assert_eq!(of(Encoding::Hex, "00 Ff").unwrap(), [0, 255]);
    }

    #[test]
    fn what_is_wrong_is_told_with_its_place_and_without_the_text() {
        let error = of(Encoding::Json, "{\n\"secret\": x}").unwrap_err();
        assert_eq!(error, "This is no JSON: line 2, column 11.");
        assert!(of(Encoding::Hex, "0").is_err() && of(Encoding::Hex, "zz").is_err());
        assert!(of(Encoding::Base64, "AP8").is_err());
        let value = Some(BytesDraft { text: "{".to_owned(), encoding: Encoding::Json });
        let mut wrong = Vec::new();
        record(3, &RecordDraft { value, ..RecordDraft::default() }, &mut wrong);
        assert_eq!(wrong[0].field, "records.3.value");
    }
}
