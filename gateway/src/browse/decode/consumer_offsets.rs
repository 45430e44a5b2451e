//! Records of `__consumer_offsets`, as the classic group coordinator writes them.

use bytes::Buf;
use serde_json::{Value, json};

/// A key: what a group committed for a partition, or a group's metadata.
pub(super) fn key(mut bytes: &[u8]) -> Option<String> {
    Some(read_key(&mut bytes)?.to_string())
}

fn read_key(bytes: &mut &[u8]) -> Option<Value> {
    match bytes.try_get_i16().ok()? {
        0 | 1 => Some(json!({
            "group": text(bytes)?,
            "topic": text(bytes)?,
            "partition": bytes.try_get_i32().ok()?,
        })),
        2 => Some(json!({ "group": text(bytes)? })),
        _ => None,
    }
}

/// A value, whose key says what it is.
pub(super) fn value(key: &[u8], mut bytes: &[u8]) -> Option<String> {
    let kind = { key }.try_get_i16().ok()?;
    let value = match kind {
        0 | 1 => committed(&mut bytes)?,
        2 => group(&mut bytes)?,
        _ => return None,
    };
    Some(value.to_string())
}

fn committed(bytes: &mut &[u8]) -> Option<Value> {
    let version = bytes.try_get_i16().ok()?;
    let offset = bytes.try_get_i64().ok()?;
    let is_flexible = version >= 4;
    let epoch = if version >= 3 { Some(bytes.try_get_i32().ok()?) } else { None };
    let metadata = if is_flexible { compact_text(bytes)? } else { text(bytes)? };
    let committed_at = bytes.try_get_i64().ok()?;
    if !(0..=4).contains(&version) {
        return None;
    }
    Some(json!({
        "offset": offset,
        "leader_epoch": epoch,
        "metadata": metadata,
        "commit_timestamp": committed_at,
    }))
}

fn group(bytes: &mut &[u8]) -> Option<Value> {
    let version = bytes.try_get_i16().ok()?;
    // From version 4 on it is flexible; the beginning has the same meaning.
    let read = if version >= 4 { compact_text } else { text };
    if !(0..=4).contains(&version) {
        return None;
    }
    Some(json!({
        "protocol_type": read(bytes)?,
        "generation": bytes.try_get_i32().ok()?,
        "protocol": read(bytes)?,
        "leader": read(bytes)?,
    }))
}

/// A string with its length in two bytes; -1 is null.
fn text(bytes: &mut &[u8]) -> Option<Value> {
    match bytes.try_get_i16().ok()? {
        -1 => Some(Value::Null),
        length => taken(bytes, usize::try_from(length).ok()?),
    }
}

/// A string with its length plus one as a varint; 0 is null.
fn compact_text(bytes: &mut &[u8]) -> Option<Value> {
    let mut length = 0_usize;
    for shift in [0_u32, 7, 14, 21] {
        let byte = bytes.try_get_u8().ok()?;
        length |= usize::from(byte & 0x7f) << shift;
        if byte & 0x80 == 0 {
            return match length.checked_sub(1) {
                None => Some(Value::Null),
                Some(length) => taken(bytes, length),
            };
        }
    }
    None
}

fn taken(bytes: &mut &[u8], length: usize) -> Option<Value> {
    let (part, rest) = bytes.split_at_checked(length)?;
    *bytes = rest;
    Some(Value::String(std::str::from_utf8(part).ok()?.to_owned()))
}
