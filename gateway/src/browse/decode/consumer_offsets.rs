//! Records of `__consumer_offsets`, as the group coordinator writes them: committed offsets, classic groups, and the
//! groups of KIP-848. Layouts: `group-coordinator/src/main/resources/common/message` of Apache Kafka.

use bytes::Buf;
use serde_json::{Value, json};

/// A key: what a group committed for a partition, or what of a group the value is.
pub(super) fn key(mut bytes: &[u8]) -> Option<String> {
    let bytes = &mut bytes;
    let read = match bytes.try_get_i16().ok()? {
        0 | 1 => json!({
            "group": text(bytes)?,
            "topic": text(bytes)?,
            "partition": bytes.try_get_i32().ok()?,
        }),
        2 => json!({ "group": text(bytes)? }),
        kind => {
            let name = kind_name(kind)?;
            let group = text(bytes)?;
            match kind {
                5 | 7 | 8 | 10 | 13 | 14 => {
                    json!({ "type": name, "group": group, "member": text(bytes)? })
                }
                16 => json!({ "type": name, "group": group, "regular_expression": text(bytes)? }),
                _ => json!({ "type": name, "group": group }),
            }
        }
    };
    Some(read.to_string())
}

/// What of a group a record is.
fn kind_name(kind: i16) -> Option<&'static str> {
    Some(match kind {
        3 => "ConsumerGroupMetadata",
        4 => "ConsumerGroupPartitionMetadata",
        5 => "ConsumerGroupMemberMetadata",
        6 => "ConsumerGroupTargetAssignmentMetadata",
        7 => "ConsumerGroupTargetAssignmentMember",
        8 => "ConsumerGroupCurrentMemberAssignment",
        9 => "ShareGroupPartitionMetadata",
        10 => "ShareGroupMemberMetadata",
        11 => "ShareGroupMetadata",
        12 => "ShareGroupTargetAssignmentMetadata",
        13 => "ShareGroupTargetAssignmentMember",
        14 => "ShareGroupCurrentMemberAssignment",
        15 => "ShareGroupStatePartitionMetadata",
        16 => "ConsumerGroupRegularExpression",
        _ => return None,
    })
}

/// A value, whose key says what it is.
pub(super) fn value(key: &[u8], mut bytes: &[u8]) -> Option<String> {
    let kind = { key }.try_get_i16().ok()?;
    let bytes = &mut bytes;
    let value = match kind {
        0 | 1 => committed(bytes)?,
        2 => group(bytes)?,
        kind => of_kip_848(kind, bytes)?,
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

/// A value of a group of the new protocol; all of them are flexible, and what is behind the beginning is optional.
fn of_kip_848(kind: i16, bytes: &mut &[u8]) -> Option<Value> {
    if bytes.try_get_i16().ok()? != 0 {
        return None;
    }
    Some(match kind {
        3 | 11 => json!({ "epoch": bytes.try_get_i32().ok()? }),
        5 => json!({
            "instance": compact_text(bytes)?,
            "rack": compact_text(bytes)?,
            "client_id": compact_text(bytes)?,
            "client_host": compact_text(bytes)?,
            "subscribed_topics": many(bytes, compact_text)?,
            "subscribed_regex": compact_text(bytes)?,
            "rebalance_timeout_ms": bytes.try_get_i32().ok()?,
            "server_assignor": compact_text(bytes)?,
        }),
        6 | 12 => json!({ "assignment_epoch": bytes.try_get_i32().ok()? }),
        7 | 13 => json!({ "partitions": many(bytes, topic_partitions)? }),
        8 => json!({
            "member_epoch": bytes.try_get_i32().ok()?,
            "previous_member_epoch": bytes.try_get_i32().ok()?,
            "state": bytes.try_get_i8().ok()?,
            "assigned_partitions": many(bytes, topic_partitions)?,
            "partitions_pending_revocation": many(bytes, topic_partitions)?,
        }),
        _ => return None,
    })
}

fn topic_partitions(bytes: &mut &[u8]) -> Option<Value> {
    let (id, rest) = bytes.split_at_checked(16)?;
    *bytes = rest;
    let id = uuid::Uuid::from_slice(id).ok()?;
    let partitions = many(bytes, |bytes| Some(Value::from(bytes.try_get_i32().ok()?)))?;
    tagged(bytes)?;
    Some(json!({ "topic_id": topic_id(id), "partitions": partitions }))
}

/// Passes over tagged fields, which newer versions add: Kafka 4.3 has assignment epochs there.
pub(super) fn tagged(bytes: &mut &[u8]) -> Option<()> {
    let n_fields = varint(bytes)?;
    for _ in 0..n_fields {
        varint(bytes)?;
        let size = varint(bytes)?;
        let (_, rest) = bytes.split_at_checked(size)?;
        *bytes = rest;
    }
    Some(())
}

/// A topic id as Kafka's tools write it.
fn topic_id(id: uuid::Uuid) -> String {
    use base64::{Engine as _, engine::general_purpose::URL_SAFE_NO_PAD};
    URL_SAFE_NO_PAD.encode(id.as_bytes())
}

fn many(bytes: &mut &[u8], one: impl Fn(&mut &[u8]) -> Option<Value>) -> Option<Value> {
    let Some(length) = compact_length(bytes)? else { return Some(Value::Null) };
    let mut all = Vec::new();
    for _ in 0..length {
        all.push(one(bytes)?);
    }
    Some(Value::Array(all))
}

/// A string with its length in two bytes; -1 is null.
pub(super) fn text(bytes: &mut &[u8]) -> Option<Value> {
    match bytes.try_get_i16().ok()? {
        -1 => Some(Value::Null),
        length => taken(bytes, usize::try_from(length).ok()?),
    }
}

/// A string with its length plus one as a varint; 0 is null.
pub(super) fn compact_text(bytes: &mut &[u8]) -> Option<Value> {
    match compact_length(bytes)? {
        None => Some(Value::Null),
        Some(length) => taken(bytes, length),
    }
}

/// A length plus one as a varint; 0 is null.
pub(super) fn compact_length(bytes: &mut &[u8]) -> Option<Option<usize>> {
    Some(varint(bytes)?.checked_sub(1))
}

fn varint(bytes: &mut &[u8]) -> Option<usize> {
    let mut number = 0_usize;
    for shift in [0_u32, 7, 14, 21] {
        let byte = bytes.try_get_u8().ok()?;
        number |= usize::from(byte & 0x7f) << shift;
        if byte & 0x80 == 0 {
            return Some(number);
        }
    }
    None
}

fn taken(bytes: &mut &[u8], length: usize) -> Option<Value> {
    let (part, rest) = bytes.split_at_checked(length)?;
    *bytes = rest;
    Some(Value::String(std::str::from_utf8(part).ok()?.to_owned()))
}
