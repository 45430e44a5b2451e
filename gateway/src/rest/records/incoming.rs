//! Records as clients of REST send them.

use std::collections::BTreeSet;

use base64::{Engine as _, engine::general_purpose::STANDARD};
use drawbridge_shared::link::StartOffset;
use serde::Deserialize;
use serde_json::value::RawValue;

use crate::{
    produce::NewRecord,
    rest::{Answer, RestError},
};

/// Entries of a batch at most.
const ENTRIES: usize = 1_000;

/// A record to be written.
#[derive(Debug, Deserialize)]
pub(super) struct ProduceRecord {
    partition_id: Option<i32>,
    #[serde(default)]
    headers: Vec<ProduceHeader>,
    key: Option<ProduceData>,
    value: Option<ProduceData>,
    timestamp: Option<String>,
}

#[derive(Debug, Deserialize)]
struct ProduceHeader {
    name: String,
    value: Option<String>,
}

#[derive(Debug, Deserialize)]
struct ProduceData {
    #[serde(rename = "type")]
    kind: Option<String>,
    data: Option<Box<RawValue>>,
}

/// Several records, each with an id for its answer.
#[derive(Debug, Deserialize)]
pub(in crate::rest) struct ProduceBatch {
    entries: Vec<Box<RawValue>>,
}

#[derive(Debug, Deserialize)]
struct BatchId {
    id: String,
}

/// Types and sizes of key and value, as answers tell them.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub(super) struct Sizes {
    pub(super) key: Option<(&'static str, usize)>,
    pub(super) value: Option<(&'static str, usize)>,
}

type Read = Result<(NewRecord, Sizes), String>;

impl ProduceRecord {
    /// The record it stands for.
    pub(super) fn read(self) -> Read {
        let (key, value) = (read("key", self.key)?, read("value", self.value)?);
        let size = |part: &Option<(&'static str, Vec<u8>)>| {
            part.as_ref().map(|(kind, bytes)| (*kind, bytes.len()))
        };
        let sizes = Sizes { key: size(&key), value: size(&value) };
        let header = |header: ProduceHeader| {
            let wrong = |error| format!("headers: '{}' is no Base64: {error}", header.name);
            let value = header.value.as_deref().map(|text| STANDARD.decode(text));
            let value = value.transpose().map_err(wrong)?;
            Ok((header.name, value))
        };
        let record = NewRecord {
            partition: self.partition_id,
            headers: self.headers.into_iter().map(header).collect::<Result<_, String>>()?,
            key: key.map(|(_, bytes)| bytes),
            value: value.map(|(_, bytes)| bytes),
            timestamp_ms: self.timestamp.as_deref().map(time).transpose()?,
        };
        Ok((record, sizes))
    }
}

fn time(text: &str) -> Result<i64, String> {
    match text.parse::<StartOffset>() {
        Ok(StartOffset::Timestamp(at)) => Ok(at),
        _ => Err("timestamp: give an ISO-8601 time such as 2026-11-22T08:30:00Z".to_owned()),
    }
}

/// Bytes of a key or value and the type they were given as.
fn read(name: &str, data: Option<ProduceData>) -> Result<Option<(&'static str, Vec<u8>)>, String> {
    let Some(ProduceData { kind, data }) = data else { return Ok(None) };
    let Some(data) = data.filter(|data| data.get() != "null") else { return Ok(None) };
    let text = || {
        let wrong = |_| format!("{name}: data of this type is a string");
        serde_json::from_str::<String>(data.get()).map_err(wrong)
    };
    Ok(Some(match kind.as_deref() {
        Some("BINARY") => {
            let wrong = |error| format!("{name}: data is no Base64: {error}");
            ("BINARY", STANDARD.decode(text()?).map_err(wrong)?)
        }
        Some("STRING") => ("STRING", text()?.into_bytes()),
        Some("JSON") => ("JSON", data.get().as_bytes().to_vec()),
        Some(other) => {
            return Err(format!(
                "{name}: type '{other}' is not offered; use BINARY (Base64), JSON or STRING"
            ));
        }
        None => {
            return Err(format!("{name}: type is missing; use BINARY (Base64), JSON or STRING"));
        }
    }))
}

/// The entries of a batch, each read or what is wrong with it.
pub(super) fn checked(batch: ProduceBatch) -> Answer<Vec<(String, Read)>> {
    let mut ids = BTreeSet::new();
    if batch.entries.is_empty() || batch.entries.len() > ENTRIES {
        return Err(RestError::invalid(format!("entries: give 1 to {ENTRIES} of them")));
    }
    let read = |entry: Box<RawValue>| {
        let BatchId { id } = serde_json::from_str(entry.get())
            .map_err(|_| RestError::invalid("entries: each needs an id, a string"))?;
        if !ids.insert(id.clone()) {
            return Err(RestError::invalid(format!("entries: the id '{id}' is given twice")));
        }
        let record = serde_json::from_str::<ProduceRecord>(entry.get());
        Ok((id, record.map_err(|error| error.to_string()).and_then(ProduceRecord::read)))
    };
    batch.entries.into_iter().map(read).collect()
}

/// A stream of JSON objects that comes in pieces.
#[derive(Debug, Default)]
pub(super) struct Incoming {
    bytes: Vec<u8>,
}

impl Incoming {
    pub(super) fn push(&mut self, bytes: &[u8]) {
        self.bytes.extend_from_slice(bytes);
    }

    /// Bytes of what has not ended yet.
    pub(super) fn waiting(&self) -> usize {
        self.bytes.len()
    }

    /// Objects that are there, at most `most`, and what is wrong with the text behind them.
    pub(super) fn take(
        &mut self,
        most: usize,
        is_over: bool,
    ) -> (Vec<Result<ProduceRecord, String>>, Option<RestError>) {
        let mut values =
            serde_json::Deserializer::from_slice(&self.bytes).into_iter::<Box<RawValue>>();
        let (mut all, mut end, mut fault) = (Vec::new(), 0, None);
        while all.len() < most {
            match values.next() {
                None => {
                    end = self.bytes.len();
                    break;
                }
                Some(Ok(raw)) => {
                    let read = serde_json::from_str(raw.get());
                    all.push(read.map_err(|error| format!("the record cannot be read: {error}")));
                    end = values.byte_offset();
                }
                // The rest of it may still come.
                Some(Err(error)) if error.is_eof() && !is_over => break,
                Some(Err(error)) => {
                    let what = format!("The body is no JSON: {error}");
                    fault = Some(RestError::plain(axum::http::StatusCode::BAD_REQUEST, what));
                    break;
                }
            }
        }
        self.bytes.drain(..end);
        (all, fault)
    }
}

/// A time as answers tell it: `2026-11-22T08:30:00.000Z`.
pub(super) fn timestamp(ms: i64) -> String {
    let (days, of_day) = (ms.div_euclid(86_400_000), ms.rem_euclid(86_400_000));
    // Days since 0000-03-01, in eras of 400 years.
    let days = days + 719_468;
    let (era, of_era) = (days.div_euclid(146_097), days.rem_euclid(146_097));
    let years = (of_era - of_era / 1460 + of_era / 36_524 - of_era / 146_096) / 365;
    let of_year = of_era - (365 * years + years / 4 - years / 100);
    let month = (5 * of_year + 2) / 153;
    let day = of_year - (153 * month + 2) / 5 + 1;
    let month = if month < 10 { month + 3 } else { month - 9 };
    let year = years + era * 400 + i64::from(month <= 2);
    let (hour, minute) = (of_day / 3_600_000, of_day / 60_000 % 60);
    let (second, milli) = (of_day / 1000 % 60, of_day % 1000);
    format!("{year:04}-{month:02}-{day:02}T{hour:02}:{minute:02}:{second:02}.{milli:03}Z")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn objects_are_cut_out_of_a_stream_wherever_its_pieces_end() {
        let text = r#"{"value":{"type":"STRING","data":"a}{"}} {"partition_id":3}
{"key":{"type":"JSON","data":{"n": 9007199254740993.10}}}"#;
        for at in 0..text.len() {
            let mut incoming = Incoming::default();
            let mut all = Vec::new();
            incoming.push(&text.as_bytes()[..at]);
            all.extend(incoming.take(10, false).0);
            incoming.push(&text.as_bytes()[at..]);
            let (rest, fault) = incoming.take(10, true);
            all.extend(rest);
            assert!(fault.is_none(), "{at}: {fault:?}");
            let read: Vec<_> = all.into_iter().map(|one| one.unwrap().read().unwrap()).collect();
            assert_eq!(read.len(), 3, "{at}");
            assert_eq!(read[0].0.value.as_deref(), Some(&b"a}{"[..]));
            assert_eq!(read[1].0.partition, Some(3));
            assert_eq!(read[2].0.key.as_deref(), Some(&br#"{"n": 9007199254740993.10}"#[..]));
            assert_eq!(read[2].1.key, Some(("JSON", 26)));
        }
    }

    #[test]
    fn what_is_wrong_with_a_record_is_told() {
        let mut incoming = Incoming::default();
        incoming
            .push(br#"{"value":{"type":"AVRO","data":"x"}}{"value":{"data":"x"}}{"headers":3}{"#);
        let (all, fault) = incoming.take(10, true);
        let errors: Vec<String> =
            all.into_iter().map(|one| one.and_then(ProduceRecord::read).unwrap_err()).collect();
        assert!(errors[0].contains("'AVRO' is not offered"), "{errors:?}");
        assert!(errors[1].contains("type is missing"), "{errors:?}");
        assert!(errors[2].contains("cannot be read"), "{errors:?}");
        assert!(fault.is_some());
    }

    #[test]
    fn times_are_written_as_they_are_read() {
        for ms in [0, 1_790_000_000_123, 951_782_400_000, -1] {
            assert_eq!(time(&timestamp(ms)), Ok(ms), "{}", timestamp(ms));
        }
    }
}
