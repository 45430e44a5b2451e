//! `MessagePack` as JSON.

use rmpv::Value;

/// Whether the bytes are one map or list and nothing else. Almost any byte is *some* `MessagePack`, so a single
/// number proves nothing.
pub(super) fn is_structure(bytes: &[u8]) -> bool {
    matches!(bytes.first(), Some(0x80..=0x9f | 0xdc..=0xdf)) && read(bytes).is_ok()
}

/// The bytes as JSON text.
pub(super) fn to_json(bytes: &[u8]) -> Result<String, String> {
    Ok(json(&read(bytes)?).to_string())
}

/// The bytes as JSON.
pub(super) fn to_value(bytes: &[u8]) -> Option<serde_json::Value> {
    is_structure(bytes).then(|| read(bytes).ok()).flatten().map(|value| json(&value))
}

fn read(bytes: &[u8]) -> Result<Value, String> {
    const DEPTH: usize = 64;
    let mut rest = bytes;
    let value = rmpv::decode::read_value_with_max_depth(&mut rest, DEPTH)
        .map_err(|error| error.to_string())?;
    if rest.is_empty() { Ok(value) } else { Err(format!("{} bytes follow it", rest.len())) }
}

fn json(value: &Value) -> serde_json::Value {
    use serde_json::Value as Json;
    match value {
        Value::Nil => Json::Null,
        Value::Boolean(found) => Json::Bool(*found),
        Value::Integer(number) => match (number.as_i64(), number.as_u64()) {
            (Some(number), _) => number.into(),
            (None, Some(number)) => number.into(),
            (None, None) => Json::Null,
        },
        Value::F32(number) => f64::from(*number).into(),
        Value::F64(number) => (*number).into(),
        Value::String(text) => Json::String(String::from_utf8_lossy(text.as_bytes()).into_owned()),
        Value::Binary(bytes) => Json::String(base64(bytes)),
        Value::Array(items) => Json::Array(items.iter().map(json).collect()),
        Value::Map(fields) => Json::Object(
            fields
                .iter()
                .map(|(name, value)| match json(name) {
                    Json::String(name) => (name, json(value)),
                    other => (other.to_string(), json(value)),
                })
                .collect(),
        ),
        Value::Ext(kind, bytes) => Json::String(format!("ext {kind}: {}", base64(bytes))),
    }
}

fn base64(bytes: &[u8]) -> String {
    use base64::{Engine as _, engine::general_purpose::STANDARD};
    STANDARD.encode(bytes)
}
