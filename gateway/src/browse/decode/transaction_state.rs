//! Records of `__transaction_state`.

use bytes::Buf;
use serde_json::{Value, json};

use super::consumer_offsets::{compact_length, compact_text, tagged, text};

/// A key: a transactional id.
pub(super) fn key(mut bytes: &[u8]) -> Option<String> {
    let bytes = &mut bytes;
    let is_known = bytes.try_get_i16().ok()? == 0;
    let id = text(bytes)?;
    (is_known && bytes.is_empty()).then(|| json!({ "transactional_id": id }).to_string())
}

/// A value: where a transactional producer stands.
pub(super) fn value(mut bytes: &[u8]) -> Option<String> {
    let bytes = &mut bytes;
    let version = bytes.try_get_i16().ok()?;
    if !(0..=1).contains(&version) {
        return None;
    }
    let is_flexible = version == 1;
    let producer_id = bytes.try_get_i64().ok()?;
    let producer_epoch = bytes.try_get_i16().ok()?;
    let timeout = bytes.try_get_i32().ok()?;
    let status = status(bytes.try_get_i8().ok()?);
    let partitions = partitions(bytes, is_flexible)?;
    let updated = bytes.try_get_i64().ok()?;
    let started = bytes.try_get_i64().ok()?;
    Some(
        json!({
            "producer_id": producer_id,
            "producer_epoch": producer_epoch,
            "transaction_timeout_ms": timeout,
            "state": status,
            "partitions": partitions,
            "last_update_timestamp": updated,
            "start_timestamp": started,
        })
        .to_string(),
    )
}

/// Of Kafka's `TransactionState`.
fn status(status: i8) -> Value {
    let names = [
        "Empty",
        "Ongoing",
        "PrepareCommit",
        "PrepareAbort",
        "CompleteCommit",
        "CompleteAbort",
        "Dead",
        "PrepareEpochFence",
    ];
    match usize::try_from(status).ok().and_then(|at| names.get(at)) {
        Some(name) => Value::from(*name),
        None => Value::from(status),
    }
}

/// Topics with their partitions; null outside of a transaction.
fn partitions(bytes: &mut &[u8], is_flexible: bool) -> Option<Value> {
    let Some(n_topics) = length(bytes, is_flexible)? else { return Some(Value::Null) };
    let mut topics = Vec::new();
    for _ in 0..n_topics {
        let topic = if is_flexible { compact_text(bytes)? } else { text(bytes)? };
        let n = length(bytes, is_flexible)?.unwrap_or(0);
        let mut partitions = Vec::new();
        for _ in 0..n {
            partitions.push(bytes.try_get_i32().ok()?);
        }
        if is_flexible {
            tagged(bytes)?;
        }
        topics.push(json!({ "topic": topic, "partitions": partitions }));
    }
    Some(Value::Array(topics))
}

fn length(bytes: &mut &[u8], is_flexible: bool) -> Option<Option<usize>> {
    if is_flexible {
        return compact_length(bytes);
    }
    match bytes.try_get_i32().ok()? {
        -1 => Some(None),
        length => Some(Some(usize::try_from(length).ok()?)),
    }
}
