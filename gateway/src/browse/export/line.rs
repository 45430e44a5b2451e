//! Records as lines of a file.
//!
//! In JSON Lines nothing is lost: a key or value that is a JSON object or list stands there as it was written, other
//! text as a string, other bytes as `key_base64` or `value_base64`. What is written can be read back.

use base64::{Engine as _, engine::general_purpose::STANDARD};
use drawbridge_shared::view::TimestampKind;
use rdkafka::message::{BorrowedMessage, Headers, Message};
use serde::de::IgnoredAny;

use crate::browse::view::time;

/// How records are written.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, serde::Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum Format {
    /// JSON Lines: one object a line.
    #[default]
    Jsonl,
    /// Comma-separated values (RFC 4180).
    Csv,
}

impl Format {
    /// The end of a file's name.
    #[must_use]
    pub const fn extension(self) -> &'static str {
        match self {
            Self::Jsonl => "jsonl",
            Self::Csv => "csv",
        }
    }

    /// Its media type.
    #[must_use]
    pub const fn media_type(self) -> &'static str {
        match self {
            Self::Jsonl => "application/x-ndjson",
            Self::Csv => "text/csv; charset=utf-8; header=present",
        }
    }

    pub(super) fn head(self) -> Vec<u8> {
        match self {
            Self::Jsonl => Vec::new(),
            Self::Csv => b"partition,offset,timestamp,key,value,headers,encoding\r\n".to_vec(),
        }
    }

    /// One record.
    pub(super) fn put(self, message: &BorrowedMessage<'_>, out: &mut Vec<u8>) {
        match self {
            Self::Jsonl => json(message, out),
            Self::Csv => csv(message, out),
        }
    }

    /// The last line: how it ended.
    pub(super) fn tail(
        self,
        end: &str,
        why: Option<&str>,
        (records, scanned, errors): (u64, u64, u64),
        out: &mut Vec<u8>,
    ) {
        let why = why.map(text).unwrap_or_default();
        match self {
            Self::Jsonl => {
                let why = if why.is_empty() { why } else { format!(",\"why\":{why}") };
                out.extend(
                    format!(
                        "{{\"export\":{{\"end\":\"{end}\",\"records\":{records},\"scanned\":{scanned},\"filter_errors\":{errors}{why}}}}}\n"
                    )
                    .into_bytes(),
                );
            }
            Self::Csv => {
                let why = if why.is_empty() { why } else { format!(": {why}") };
                out.extend(
                    format!(
                        "# {end}{why}; {records} records; {scanned} scanned; {errors} filter errors\r\n"
                    )
                    .into_bytes(),
                );
            }
        }
    }
}

fn text(text: &str) -> String {
    serde_json::to_string(text).unwrap_or_default()
}

fn json(message: &BorrowedMessage<'_>, out: &mut Vec<u8>) {
    let (timestamp, kind) = time(message.timestamp());
    out.extend(
        format!("{{\"partition\":{},\"offset\":{}", message.partition(), message.offset())
            .into_bytes(),
    );
    if let Some(timestamp) = timestamp {
        let kind = if kind == TimestampKind::LogAppend { "log_append" } else { "create" };
        out.extend(
            format!(",\"timestamp\":{timestamp},\"timestamp_type\":\"{kind}\"").into_bytes(),
        );
    }
    field("key", message.key(), out);
    field("value", message.payload(), out);
    if let Some(headers) = message.headers().filter(|headers| headers.count() > 0) {
        out.extend(b",\"headers\":[");
        for (at, header) in headers.iter().enumerate() {
            if at > 0 {
                out.push(b',');
            }
            out.extend(b"{\"name\":");
            out.extend(text(header.key).into_bytes());
            field("value", header.value, out);
            out.push(b'}');
        }
        out.push(b']');
    }
    out.extend(b"}\n");
}

/// A key or value as a field.
fn field(name: &str, bytes: Option<&[u8]>, out: &mut Vec<u8>) {
    let plain = |out: &mut Vec<u8>, suffix: &str, value: &[u8]| {
        out.extend(b",\"");
        out.extend(name.as_bytes());
        out.extend(suffix.as_bytes());
        out.extend(b"\":");
        out.extend(value);
    };
    let Some(bytes) = bytes else { return plain(out, "", b"null") };
    let Ok(string) = std::str::from_utf8(bytes) else {
        return plain(out, "_base64", format!("\"{}\"", STANDARD.encode(bytes)).as_bytes());
    };
    let is_structure = matches!(bytes.first(), Some(b'{' | b'['))
        && matches!(bytes.last(), Some(b'}' | b']'))
        && !bytes.iter().any(|byte| matches!(byte, b'\n' | b'\r'))
        && serde_json::from_str::<IgnoredAny>(string).is_ok();
    if is_structure {
        plain(out, "", bytes);
    } else {
        plain(out, "", text(string).as_bytes());
    }
}

fn csv(message: &BorrowedMessage<'_>, out: &mut Vec<u8>) {
    let (timestamp, _) = time(message.timestamp());
    let timestamp = timestamp.map(|at| at.to_string()).unwrap_or_default();
    let mut encodings = Vec::new();
    let mut part = |name: &str, bytes: Option<&[u8]>| match bytes.map(std::str::from_utf8) {
        None => {
            encodings.push(format!("{name}=null"));
            String::new()
        }
        Some(Ok(text)) => text.to_owned(),
        Some(Err(_)) => {
            encodings.push(format!("{name}=base64"));
            STANDARD.encode(bytes.unwrap_or_default())
        }
    };
    let (key, value) = (part("key", message.key()), part("value", message.payload()));
    let mut headers = Vec::new();
    if let Some(all) = message.headers().filter(|headers| headers.count() > 0) {
        headers.push(b'[');
        for (at, header) in all.iter().enumerate() {
            if at > 0 {
                headers.push(b',');
            }
            headers.extend(b"{\"name\":");
            headers.extend(text(header.key).into_bytes());
            field("value", header.value, &mut headers);
            headers.push(b'}');
        }
        headers.push(b']');
    }
    let headers = String::from_utf8_lossy(&headers).into_owned();
    let encodings = encodings.join(" ");
    let (partition, offset) = (message.partition(), message.offset());
    out.extend(format!("{partition},{offset},{timestamp}").into_bytes());
    for text in [key, value, headers, encodings] {
        out.push(b',');
        cell(&text, out);
    }
    out.extend(b"\r\n");
}

/// A cell, quoted where it has to be. One that a spreadsheet would take for a formula stays what it is: text of
/// records is data, and whoever opens it there is told by the documentation.
fn cell(text: &str, out: &mut Vec<u8>) {
    if !text.contains(['"', ',', '\r', '\n']) {
        return out.extend(text.as_bytes());
    }
    out.push(b'"');
    out.extend(text.replace('"', "\"\"").into_bytes());
    out.push(b'"');
}

#[cfg(test)]
mod tests {
    use super::*;

    fn of(bytes: Option<&[u8]>) -> String {
        let mut out = Vec::new();
        field("value", bytes, &mut out);
        String::from_utf8(out).unwrap()
    }

    #[test]
    fn nothing_of_a_value_is_lost() {
        assert_eq!(of(None), ",\"value\":null");
        assert_eq!(of(Some(b"{\"n\": 1.10}")), ",\"value\":{\"n\": 1.10}");
        assert_eq!(of(Some(b"{\"n\":\n1}")), ",\"value\":\"{\\\"n\\\":\\n1}\"");
        assert_eq!(of(Some(b"42")), ",\"value\":\"42\"");
        assert_eq!(of(Some(b"\"x\"")), ",\"value\":\"\\\"x\\\"\"");
        assert_eq!(of(Some(&[0, 255])), ",\"value_base64\":\"AP8=\"");
    }

    #[test]
    fn cells_are_quoted_where_they_have_to_be() {
        let mut out = Vec::new();
        cell("plain", &mut out);
        cell("a,\"b\"\n", &mut out);
        assert_eq!(String::from_utf8(out).unwrap(), "plain\"a,\"\"b\"\"\n\"");
    }

    #[test]
    fn the_last_line_says_how_it_ended() {
        let mut out = Vec::new();
        Format::Jsonl.tail("failed", Some("no \"answer\""), (3, 9, 1), &mut out);
        let line: serde_json::Value = serde_json::from_slice(&out).unwrap();
        assert_eq!(line["export"]["end"], "failed");
        assert_eq!(line["export"]["records"], 3);
        assert_eq!(line["export"]["why"], "no \"answer\"");
    }
}
