//! The topic that keeps the activity of a cluster.

use std::sync::Arc;

use drawbridge_engine::{
    batch::{Batches, Codec, Entry, Stamp},
    rebuild::{Builder, Records},
};
use drawbridge_kafka::{
    Asked, Client, Error, ErrorCode,
    admin::{
        TopicPartition,
        offsets::{Isolation, OffsetSpec},
        topics::NewTopic,
    },
    data::{
        fetch::{FetchPartition, FetchRequest},
        produce::{Acks, BatchParts, ProducePartition, ProduceRequest},
    },
};
use drawbridge_shared::names::ClusterName;

use super::{
    journal::{HELD, Kept},
    record,
};

/// Name of the topic.
pub const TOPIC: &str = "_drawbridge.activity";

/// Most replicas it is given.
const REPLICAS: usize = 3;
/// How long entries are kept: 90 days, in ms.
const RETENTION_MS: &str = "7776000000";
/// Bytes of one fetch.
const FETCH: i32 = 1024 * 1024;
/// Bytes a compressed batch may expand to.
const EXPANDED: usize = 16 * 1024 * 1024;
/// Fetches of one reading; the rest comes at the next.
const FETCHES: usize = 64;

/// Creates the topic if it is missing.
pub(super) async fn ensure(client: &Client) -> Result<(), Error> {
    if exists(client).await? {
        return Ok(());
    }
    let brokers = client.describe_cluster().await?.brokers;
    let alive = brokers.iter().filter(|broker| !broker.fenced).count();
    let topic = NewTopic {
        name: TOPIC.to_owned(),
        partitions: Some(1),
        replication_factor: i16::try_from(alive.clamp(1, REPLICAS)).ok(),
        assignments: Vec::new(),
        configs: vec![
            ("cleanup.policy".to_owned(), "delete".to_owned()),
            ("retention.ms".to_owned(), RETENTION_MS.to_owned()),
        ],
    };
    let created = client.create_topics(&[topic], false).await?.remove(TOPIC);
    match created {
        Some(Err(error)) if error.code() != Some(ErrorCode::TOPIC_ALREADY_EXISTS) => Err(error),
        _ => Ok(()),
    }
}

async fn exists(client: &Client) -> Result<bool, Error> {
    match client.describe_topics(&[TOPIC]).await?.remove(TOPIC) {
        Some(Ok(_)) => Ok(true),
        None => Ok(false),
        Some(Err(error)) if error.code() == Some(ErrorCode::UNKNOWN_TOPIC_OR_PARTITION) => {
            Ok(false)
        }
        Some(Err(error)) => Err(error),
    }
}

/// Writes entries as one batch. One of unknown outcome may be there twice later: readers look at the ids.
pub(super) async fn write(client: &Client, entries: &[Arc<Kept>]) -> Result<(), Error> {
    let mut builder = Builder::new(0, Codec::None, -1);
    for kept in entries {
        if let Some(value) = record::encode(kept) {
            builder.add(kept.entry.at_ms, None, Some(&value));
        }
    }
    let batch = builder.finish().map_err(|fault| unreadable(&fault.to_string()))?;
    let nobody = Stamp { producer_id: -1, producer_epoch: -1, base_sequence: -1 };
    let stamped = batch.stamp(nobody);
    let leader = client.leader(TOPIC, 0).await?;
    let partition = ProducePartition {
        topic: TOPIC.to_owned(),
        topic_id: Some(leader.topic_id).filter(|id| !id.is_nil()),
        partition: 0,
        batch: BatchParts {
            header: bytes::Bytes::copy_from_slice(&stamped.header),
            records: vec![stamped.records],
        },
    };
    let request = ProduceRequest {
        acks: Acks::All,
        timeout: client.settings().timeouts.request,
        transactional_id: None,
        partitions: vec![partition],
    };
    let produced = client.produce(leader.broker, 0, &request).await?;
    produced.into_iter().find_map(|one| one.error).map_or(Ok(()), Err)
}

/// How far the topic was read.
#[derive(Debug, Default)]
pub(super) struct Tail {
    next: Option<i64>,
}

impl Tail {
    /// What came since the last reading; at first, the newest entries.
    pub(super) async fn read_on(
        &mut self,
        client: &Client,
        cluster: &ClusterName,
    ) -> Result<Vec<Kept>, Error> {
        let mut read = Vec::new();
        if !exists(client).await? {
            self.next = None;
            return Ok(read);
        }
        let (start, end) = (
            offset(client, OffsetSpec::Earliest).await?,
            offset(client, OffsetSpec::Latest).await?,
        );
        let held = i64::try_from(HELD).unwrap_or(i64::MAX);
        // A topic that was made again may end before what was read of the earlier one.
        let known = self.next.filter(|next| *next <= end);
        let mut next = known.unwrap_or(end.saturating_sub(held)).max(start);
        for _ in 0..FETCHES {
            if next >= end {
                break;
            }
            let Some(after) = fetch(client, cluster, next, &mut read).await? else { break };
            next = after.max(next);
        }
        self.next = Some(next);
        Ok(read)
    }
}

/// Reads one answer and returns the offset after it; none when there was nothing in it.
async fn fetch(
    client: &Client,
    cluster: &ClusterName,
    offset: i64,
    read: &mut Vec<Kept>,
) -> Result<Option<i64>, Error> {
    let leader = client.leader(TOPIC, 0).await?;
    let partition = FetchPartition {
        topic: TOPIC.to_owned(),
        topic_id: Some(leader.topic_id).filter(|id| !id.is_nil()),
        partition: 0,
        offset,
        max_bytes: FETCH,
        current_leader_epoch: -1,
        last_fetched_epoch: -1,
    };
    let request =
        FetchRequest { max_bytes: FETCH, partitions: vec![partition], ..FetchRequest::default() };
    let response = client.fetch(leader.broker, 0, &request).await?;
    if let Some(error) = response.error {
        return Err(error);
    }
    let Some(fetched) = response.partitions.into_iter().next() else { return Ok(None) };
    if let Some(error) = fetched.error {
        return Err(error);
    }
    let mut after = None;
    for entry in Batches::new(fetched.records) {
        let entry = entry.map_err(|fault| unreadable(&fault.to_string()))?;
        after = Some(entry.last_offset().saturating_add(1));
        let Entry::Batch(batch) = entry else { continue };
        if batch.header().attributes.control() {
            continue;
        }
        // Others may write what they like here: what cannot be read is passed over.
        let Ok(records) = Records::open(&batch, EXPANDED) else { continue };
        let values = records.iter().map_while(Result::ok).filter(|record| record.offset >= offset);
        read.extend(values.filter_map(|record| record::decode(cluster, record.value().ok()??)));
    }
    Ok(after)
}

async fn offset(client: &Client, spec: OffsetSpec) -> Result<i64, Error> {
    let partition = TopicPartition::new(TOPIC, 0);
    let asked = std::slice::from_ref(&partition);
    let mut listed = client.list_offsets(spec, asked, Isolation::ReadUncommitted).await;
    let listed = listed.remove(&partition).unwrap_or(Err(Error::Closed))?;
    Ok(listed.offset.unwrap_or(0))
}

/// Whether the same may work later without anybody doing something about it.
pub(super) fn may_pass(error: &Error) -> bool {
    error.is_retriable() || error.outcome_unknown() || matches!(error, Error::Closed)
}

/// What to do about an error that stays.
pub(super) fn remedy(error: &Error) -> String {
    match error.code() {
        Some(ErrorCode::TOPIC_AUTHORIZATION_FAILED | ErrorCode::CLUSTER_AUTHORIZATION_FAILED) => {
            format!(
                "Grant the gateway's principal CREATE, DESCRIBE, READ and WRITE on topic {TOPIC}"
            )
        }
        _ => format!("Look at topic {TOPIC} and the brokers' logs"),
    }
}

fn unreadable(what: &str) -> Error {
    Error::Protocol {
        asked: Asked::new("Activity"),
        what: what.to_owned(),
        remedy: format!("Look at topic {TOPIC}."),
    }
}
