//! Reading the topic: the last value of every key, and who has written.

use std::{collections::BTreeMap, time::Duration};

use drawbridge_engine::{
    batch::{Batch, Batches, Entry},
    rebuild::Records,
};
use drawbridge_kafka::{
    Client, Error,
    admin::{
        TopicPartition,
        offsets::{Isolation, OffsetSpec},
    },
    data::fetch::{FetchPartition, FetchRequest},
};
use serde::{Deserialize, Serialize};
use tokio::time::Instant;

use super::{Contents, Key, PasswordEncoder, StoreError, Stored, codec, topic::TOPIC};

/// Key of the record that says who writes.
pub(super) const OWNER: &str = "owner";
/// Before the id of a producer that was shut out.
const FENCE: &str = "fence/";

/// Bytes of one fetch.
const FETCH: i32 = 8 * 1024 * 1024;
/// Bytes a compressed batch may expand to.
const EXPANDED: usize = 64 * 1024 * 1024;
const WAIT: Duration = Duration::from_millis(100);

/// What a producer that was shut out cannot write below.
#[derive(Serialize, Deserialize)]
pub(super) struct Fence {
    v: u32,
    epoch: i16,
}

impl Fence {
    pub(super) fn record(producer: i64, epoch: i16) -> Result<(String, Vec<u8>), StoreError> {
        let value = serde_json::to_vec(&Self { v: 1, epoch })
            .map_err(|error| StoreError::Unwritable(error.to_string()))?;
        Ok((format!("{FENCE}{producer}"), value))
    }
}

/// The topic as far as it was read.
#[derive(Debug, Default, Clone)]
pub(super) struct Log {
    values: BTreeMap<String, Vec<u8>>,
    /// Newest epoch of each producer.
    producers: BTreeMap<i64, i16>,
    unreadable: Vec<String>,
    next: i64,
}

impl Log {
    /// Nothing read yet.
    pub(super) async fn at_start(client: &Client) -> Result<Self, StoreError> {
        Ok(Self { next: offset(client, OffsetSpec::Earliest).await?, ..Self::default() })
    }

    /// Offset after the last one that was read.
    pub(super) fn next(&self) -> i64 {
        self.next
    }

    /// Reads on to what is the end now.
    pub(super) async fn read_on(&mut self, client: &Client) -> Result<(), StoreError> {
        let end = end(client).await?;
        if end < self.next {
            return Err(damaged(format!("it ends at {end}, and was read to {} before", self.next)));
        }
        let deadline = Instant::now() + client.settings().timeouts.api;
        while self.next < end {
            let before = self.next;
            match fetch(client, self.next).await {
                Ok(entries) => entries.into_iter().try_for_each(|entry| self.take(entry))?,
                Err(Failure::Passing(error)) if Instant::now() < deadline => {
                    tracing::debug!(%error, "the state of the links is asked for again");
                }
                Err(Failure::Passing(error) | Failure::Final(error)) => return Err(of(error)),
                Err(Failure::Damaged(problem)) => return Err(damaged(problem)),
            }
            if self.next == before {
                if Instant::now() >= deadline {
                    let problem = format!("offsets {before} to {end} do not come");
                    return Err(damaged(problem));
                }
                tokio::time::sleep(WAIT).await;
            }
        }
        Ok(())
    }

    fn take(&mut self, entry: Entry) -> Result<(), StoreError> {
        let next = entry.last_offset().saturating_add(1);
        match entry {
            // The broker gives whole batches: the first may begin before what was asked for.
            _ if next <= self.next => return Ok(()),
            Entry::Legacy(old) => self
                .unreadable
                .push(format!("offset {}: a record in a format older than Kafka 0.11", old.offset)),
            Entry::Batch(batch) => self.take_batch(&batch)?,
        }
        self.next = next;
        Ok(())
    }

    fn take_batch(&mut self, batch: &Batch) -> Result<(), StoreError> {
        let header = batch.header();
        if header.producer_id >= 0 {
            let epoch = self.producers.entry(header.producer_id).or_insert(header.producer_epoch);
            *epoch = header.producer_epoch.max(*epoch);
        }
        if header.attributes.control() {
            return Ok(());
        }
        let records = Records::open(batch, EXPANDED).map_err(|fault| damaged(fault.to_string()))?;
        for record in records.iter() {
            let record = match record {
                Ok(record) if record.offset < self.next => continue,
                Ok(record) => record,
                Err(fault) => {
                    self.unreadable.push(fault.to_string());
                    break;
                }
            };
            let fields = record.key().and_then(|key| Ok((key, record.value()?)));
            let key = fields.as_ref().ok().and_then(|(key, _)| std::str::from_utf8((*key)?).ok());
            match (key, &fields) {
                (Some(key), Ok((_, Some(value)))) => {
                    self.values.insert(key.to_owned(), value.to_vec());
                }
                (Some(key), Ok((_, None))) => {
                    self.values.remove(key);
                }
                (None, _) | (_, Err(_)) => self
                    .unreadable
                    .push(format!("offset {}: a record whose key is no text", record.offset)),
            }
        }
        Ok(())
    }

    /// Producers other than `own` that could still write, with their newest epoch.
    pub(super) fn strangers(&self, own: i64) -> Vec<(i64, i16)> {
        let fenced = |id: i64| {
            let value = self.values.get(&format!("{FENCE}{id}"))?;
            serde_json::from_slice::<Fence>(value).ok().map(|fence| fence.epoch)
        };
        self.producers
            .iter()
            .map(|(id, epoch)| (*id, *epoch))
            .filter(|(id, epoch)| *id != own && fenced(*id).is_none_or(|fence| fence < *epoch))
            .filter(|(_, epoch)| *epoch < i16::MAX)
            .collect()
    }

    /// What was read, understood. Takes tens of milliseconds for each secret that was derived anew.
    pub(super) fn contents(&self, encoder: Option<&PasswordEncoder>) -> Contents {
        let mut contents = Contents { unreadable: self.unreadable.clone(), ..Contents::default() };
        for (text, value) in &self.values {
            if text == OWNER || text.starts_with(FENCE) {
                continue;
            }
            let decoded = text
                .parse::<Key>()
                .map_err(|error| error.to_string())
                .and_then(|key| codec::decode(&key, value, encoder));
            match decoded {
                Ok(Stored::Link(link)) => contents.links.push(link),
                Ok(Stored::Mirror(mirror)) => contents.mirrors.push(mirror),
                Ok(Stored::Partition(partition)) => contents.partitions.push(partition),
                Err(why) => contents.unreadable.push(format!("{text:?}: {why}")),
            }
        }
        contents
    }
}

enum Failure {
    /// Asking again may help.
    Passing(Error),
    Final(Error),
    Damaged(String),
}

async fn fetch(client: &Client, offset: i64) -> Result<Vec<Entry>, Failure> {
    let failure = |error: Error| {
        if error.is_retriable() { Failure::Passing(error) } else { Failure::Final(error) }
    };
    let leader = client.leader(TOPIC, 0).await.map_err(failure)?;
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
    let response = client.fetch(leader.broker, 0, &request).await.map_err(failure)?;
    if let Some(error) = response.error {
        return Err(failure(error));
    }
    let Some(fetched) = response.partitions.into_iter().next() else { return Ok(Vec::new()) };
    if let Some(error) = fetched.error {
        return Err(failure(error));
    }
    let entries = Batches::new(fetched.records);
    entries.collect::<Result<_, _>>().map_err(|fault| Failure::Damaged(fault.to_string()))
}

/// Where the topic ends now: the high watermark.
pub(super) async fn end(client: &Client) -> Result<i64, StoreError> {
    offset(client, OffsetSpec::Latest).await
}

async fn offset(client: &Client, spec: OffsetSpec) -> Result<i64, StoreError> {
    let partition = TopicPartition::new(TOPIC, 0);
    let asked = std::slice::from_ref(&partition);
    let mut listed = client.list_offsets(spec, asked, Isolation::ReadUncommitted).await;
    match listed.remove(&partition) {
        Some(Ok(listed)) => Ok(listed.offset.unwrap_or(0)),
        Some(Err(error)) => Err(of(error)),
        None => Err(damaged("the cluster does not say where it begins and ends".to_owned())),
    }
}

fn of(error: Error) -> StoreError {
    StoreError::of(error, None)
}

fn damaged(problem: String) -> StoreError {
    StoreError::Topic {
        problem,
        remedy: "Check the brokers' logs and the topic's replicas".to_owned(),
    }
}
