//! An entry as it is written: JSON with a version.

use drawbridge_shared::{
    names::ClusterName,
    view::{ActivityEntry, ActivityResult, Severity},
};
use serde::{Deserialize, Serialize};

use super::journal::Kept;

const VERSION: u32 = 1;

/// Names of clusters are those of one gateway, so none is written: an entry concerns the cluster it is on.
#[derive(Serialize, Deserialize)]
struct Record {
    v: u32,
    id: String,
    at_ms: i64,
    who: String,
    action: String,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    link: Option<String>,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    topic: Option<String>,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    before: Option<String>,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    after: Option<String>,
    result: ActivityResult,
    severity: Severity,
}

pub(super) fn encode(kept: &Kept) -> Option<Vec<u8>> {
    let entry = &kept.entry;
    let record = Record {
        v: VERSION,
        id: format!("{:016x}", kept.id),
        at_ms: entry.at_ms,
        who: entry.who.clone(),
        action: entry.action.clone(),
        link: entry.link.as_ref().map(ToString::to_string),
        topic: entry.topic.as_ref().map(ToString::to_string),
        before: entry.before.clone(),
        after: entry.after.clone(),
        result: entry.result.clone(),
        severity: entry.severity,
    };
    serde_json::to_vec(&record).ok()
}

/// Reads a record; none for what this version does not understand.
pub(super) fn decode(cluster: &ClusterName, value: &[u8]) -> Option<Kept> {
    let record: Record = serde_json::from_slice(value).ok()?;
    let entry = ActivityEntry {
        seq: 0,
        at_ms: record.at_ms,
        who: record.who,
        action: record.action,
        cluster: cluster.clone(),
        link: record.link.and_then(|link| link.parse().ok()),
        topic: record.topic.and_then(|topic| topic.parse().ok()),
        before: record.before,
        after: record.after,
        result: record.result,
        severity: record.severity,
    };
    (record.v == VERSION).then_some(())?;
    Some(Kept { id: u64::from_str_radix(&record.id, 16).ok()?, entry })
}
