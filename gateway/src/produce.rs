//! Writing records that people and programs hand over: the produce form, REST, imports.
//!
//! A [`Writer`] is a producer of librdkafka for one topic. It is opened after the topic was found to be no mirror of
//! a link, takes records in portions, and tells the activity at its end what it wrote, without what was in it.

mod bytes;
mod writer;

use std::sync::Arc;

use drawbridge_shared::{
    draft::FieldError,
    link::MirrorState,
    names::{ClusterName, TopicName},
    record::{MAX_DRAFTS, ProduceCodec, ProducedRow, RecordDraft},
    wire::ErrorCode,
};

pub use bytes::decode;
pub use writer::{NewRecord, Written};

use crate::{
    activity::Change,
    clusters::Cluster,
    links::Links,
    ops::topics,
    refusal::{Doing, Refusal},
};
use writer::Producer;

/// Bytes of copies that are written at a time.
const PORTION: usize = 4 << 20;

/// A way to write to one topic. Tell it with [`Writer::end`] that there is no more.
pub struct Writer {
    cluster: Arc<Cluster>,
    links: Links,
    topic: TopicName,
    partitions: i32,
    producer: Arc<Producer>,
    tally: Tally,
}

#[derive(Debug, Default)]
struct Tally {
    written: u64,
    failed: u64,
    why: Option<String>,
    /// First and last offset of each partition.
    reach: std::collections::BTreeMap<i32, (i64, i64)>,
}

impl Writer {
    /// Makes ready to write to a topic.
    ///
    /// # Errors
    /// `Denied` when the topic is a mirror; `NotFound`; `Unavailable` while the cluster is down.
    pub async fn open(
        links: &Links,
        cluster: Arc<Cluster>,
        topic: &TopicName,
        codec: ProduceCodec,
    ) -> Result<Self, Refusal> {
        let opened = try_open(links, Arc::clone(&cluster), topic, codec).await;
        if let Err(refusal) = &opened {
            let change = change(&cluster.spec().name, topic, None);
            cluster_activity(links).told_in_words(change, Some(refusal.in_full()));
        }
        opened
    }

    /// The topic's partitions.
    #[must_use]
    pub fn partitions(&self) -> i32 {
        self.partitions
    }

    /// Writes records and waits until the brokers have them. What came of each, in their order.
    ///
    /// # Errors
    /// When the producer itself fails.
    pub async fn write(&mut self, records: Vec<NewRecord>) -> Result<Vec<Written>, Refusal> {
        let (producer, topic) = (Arc::clone(&self.producer), self.topic.clone());
        let partitions = self.partitions;
        let writing = tokio::task::spawn_blocking(move || {
            producer.write(topic.as_str(), partitions, &records)
        });
        let written = writing.await.map_err(|error| {
            Refusal::new(ErrorCode::Internal, "the records could not be written")
                .cause(error.to_string())
        })?;
        for one in &written {
            self.tally.count(one);
        }
        Ok(written)
    }

    /// Writes all records so many times, in portions, so that copies take no memory. Once the brokers take none of a
    /// portion for a reason that is not the records', the others are told the same without being sent.
    async fn write_copies(
        &mut self,
        records: &[NewRecord],
        copies: usize,
    ) -> Result<Vec<Written>, Refusal> {
        let mut all = Vec::with_capacity(records.len().saturating_mul(copies));
        let mut portions = portions(std::iter::repeat_n(records, copies).flatten());
        while let Some(portion) = portions.next() {
            let written = self.write(portion).await?;
            let why = written.iter().map(|one| one.as_ref().err()).collect::<Option<Vec<_>>>();
            let given_up = why.and_then(|all| {
                let first = all.first().copied()?;
                let is_general = |code| !matches!(code, ErrorCode::TooLarge | ErrorCode::Invalid);
                all.iter().all(|why| is_general(why.code)).then(|| first.clone())
            });
            all.extend(written);
            if let Some(why) = given_up {
                for _ in portions.by_ref().flatten() {
                    let unsent = Err(why.clone());
                    self.tally.count(&unsent);
                    all.push(unsent);
                }
            }
        }
        Ok(all)
    }

    /// Tells the activity what was written.
    pub fn end(self) {
        let Tally { written, failed, why, reach } = self.tally;
        if written + failed == 0 {
            return;
        }
        let places = reach.iter().take(20).map(|(partition, (first, last))| {
            if first == last {
                format!("partition {partition}: offset {first}")
            } else {
                format!("partition {partition}: offsets {first} to {last}")
            }
        });
        let mut after = places.collect::<Vec<_>>().join(", ");
        if reach.len() > 20 {
            after.push_str(&format!(" and {} more partitions", reach.len() - 20));
        }
        let change = change(&self.cluster.spec().name, &self.topic, Some(written));
        let refused = why.map(|why| format!("{failed} of {} not: {why}", written + failed));
        let activity = cluster_activity(&self.links);
        activity.told_in_words(change.from_to(None, Some(after)), refused);
    }
}

/// Records in portions of [`PORTION`] bytes or one record more.
fn portions<'a>(
    mut records: impl Iterator<Item = &'a NewRecord>,
) -> impl Iterator<Item = Vec<NewRecord>> {
    std::iter::from_fn(move || {
        let (mut portion, mut bytes) = (Vec::new(), 0);
        while bytes < PORTION
            && let Some(record) = records.next()
        {
            bytes += record.size();
            portion.push(record.clone());
        }
        (!portion.is_empty()).then_some(portion)
    })
}

impl Tally {
    fn count(&mut self, written: &Written) {
        match written {
            Ok(place) => {
                self.written += 1;
                let reach = self.reach.entry(place.partition).or_insert((i64::MAX, i64::MIN));
                *reach = (reach.0.min(place.offset), reach.1.max(place.offset));
            }
            Err(why) => {
                self.failed += 1;
                self.why.get_or_insert_with(|| why.message.clone());
            }
        }
    }
}

fn cluster_activity(links: &Links) -> &crate::activity::Activity {
    links.clusters().notices().activity()
}

fn change(cluster: &ClusterName, topic: &TopicName, n: Option<u64>) -> Change {
    let what = match n {
        Some(1) => "1 record".to_owned(),
        Some(n) => format!("{n} records"),
        None => "records".to_owned(),
    };
    Change::on(cluster, format!("produce {what} to topic '{topic}'")).topic(topic)
}

async fn try_open(
    links: &Links,
    cluster: Arc<Cluster>,
    topic: &TopicName,
    codec: ProduceCodec,
) -> Result<Writer, Refusal> {
    let name = cluster.spec().name.clone();
    if let Some((link, state)) = links.mirroring(&name, topic)? {
        let message = format!(
            "'{topic}' is a mirror of link '{link}' ({state}), and nobody but the link writes to it"
        );
        return Err(Refusal::new(ErrorCode::Denied, message).remedy(
            "Write to its source topic, or promote or fail over the mirror first: then it is an ordinary topic.",
        ));
    }
    cluster.confirmed().await?;
    let described = topics::describe(&cluster, topic.as_str()).await?;
    let partitions = i32::try_from(described.partitions.len()).unwrap_or(i32::MAX);
    let settings = cluster.spec().settings.clone();
    let connecting =
        tokio::task::spawn_blocking(move || Producer::connect(&settings, codec.as_str()));
    let unable = |cause: String| {
        Refusal::new(ErrorCode::Unavailable, format!("records cannot be written to {name}"))
            .cause(cause)
    };
    let producer = connecting.await.map_err(|error| unable(error.to_string()))?.map_err(unable)?;
    let (producer, topic, tally) = (Arc::new(producer), topic.clone(), Tally::default());
    Ok(Writer { cluster, links: links.clone(), topic, partitions, producer, tally })
}

/// Records as typed.
#[derive(Debug, Clone, Copy)]
pub struct Wanted<'a> {
    /// The records.
    pub records: &'a [RecordDraft],
    /// How often all of them are written.
    pub copies: u32,
    /// How they are compressed.
    pub codec: ProduceCodec,
}

/// Writes records as typed.
///
/// # Errors
/// `Invalid` by field, `records.N.value` and the like; `Denied` on mirrors and without permission; `NotFound`.
pub async fn produce(
    links: &Links,
    cluster: &ClusterName,
    topic: &TopicName,
    wanted: Wanted<'_>,
) -> Result<Vec<ProducedRow>, Refusal> {
    let cluster = links.clusters().require(cluster)?;
    let copies = usize::try_from(wanted.copies).unwrap_or(usize::MAX);
    if !(1..=MAX_DRAFTS).contains(&wanted.records.len().saturating_mul(copies)) {
        let message = format!("Give 1 to {MAX_DRAFTS} records.");
        return Err(Refusal::of_fields(vec![FieldError::new("records", message)]));
    }
    let mut wrong = Vec::new();
    let drafts = wanted.records.iter().enumerate();
    let records: Vec<NewRecord> =
        drafts.map(|(at, draft)| bytes::record(at, draft, &mut wrong)).collect();
    if !wrong.is_empty() {
        return Err(Refusal::of_fields(wrong));
    }
    let mut writer = Writer::open(links, Arc::clone(&cluster), topic, wanted.codec).await?;
    let n_partitions = writer.partitions();
    let out_of_range = |(at, record): (usize, &NewRecord)| {
        let partition = record.partition.filter(|at| !(0..n_partitions).contains(at))?;
        let last = n_partitions - 1;
        let message = format!("There is no partition {partition}; the topic has 0 to {last}.");
        Some(FieldError::new(&format!("records.{at}.partition"), message))
    };
    let wrong: Vec<FieldError> = records.iter().enumerate().filter_map(out_of_range).collect();
    if !wrong.is_empty() {
        return Err(Refusal::of_fields(wrong));
    }
    let written = writer.write_copies(&records, copies).await;
    writer.end();
    let written = written?;
    if let Some(refusal) = all_refused(&cluster, topic, &written) {
        return Err(refusal);
    }
    let row = |one: Written| match one {
        Ok(place) => ProducedRow { partition: place.partition, offset: place.offset, error: None },
        Err(why) => ProducedRow { partition: -1, offset: -1, error: Some(why.message) },
    };
    Ok(written.into_iter().map(row).collect())
}

/// One refusal in place of many rows that say the same.
pub fn all_refused(cluster: &Cluster, topic: &TopicName, written: &[Written]) -> Option<Refusal> {
    let first = written.first()?.as_ref().err()?;
    let is_same = |one: &Written| one.as_ref().is_err_and(|why| why == first);
    if !written.iter().all(is_same) {
        return None;
    }
    let name = &cluster.spec().name;
    let refusal = Refusal::new(first.code, format!("{name} could not write to topic '{topic}'"));
    let refusal = refusal.cause(first.message.clone());
    Some(match first.code {
        ErrorCode::Denied => {
            let doing = Doing::on_topic("write", "WRITE", topic.as_str());
            refusal.remedy(doing.grant())
        }
        _ => refusal,
    })
}

impl Links {
    /// The link that a topic is a mirror of, unless the mirror was stopped.
    ///
    /// # Errors
    /// `Unavailable` until the state of the cluster's links was read.
    pub fn mirroring(
        &self,
        cluster: &ClusterName,
        topic: &TopicName,
    ) -> Result<Option<(drawbridge_shared::link::LinkName, MirrorState)>, Refusal> {
        let found = self.mirrors_called(cluster, topic)?;
        Ok(found.into_iter().find(|(_, state)| *state != MirrorState::Stopped))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn copies_come_in_portions_in_their_order_and_none_is_lost() {
        let of = |n: usize| NewRecord { value: Some(vec![0; n]), ..NewRecord::default() };
        let records = [of(1 << 20), of(10)];
        let all: Vec<Vec<NewRecord>> =
            portions(std::iter::repeat_n(&records, 10).flatten()).collect();
        assert!(all.len() >= 3, "{}", all.len());
        for portion in &all {
            let bytes: usize = portion.iter().map(NewRecord::size).sum();
            assert!(bytes < PORTION + (2 << 20), "{bytes}");
        }
        let expected: Vec<NewRecord> =
            std::iter::repeat_n(records.to_vec(), 10).flatten().collect();
        assert_eq!(all.concat(), expected);
    }
}
