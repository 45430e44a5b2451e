//! From a query to what is read: partitions and their offsets.

use std::collections::BTreeMap;

use drawbridge_kafka::{
    Client,
    admin::{
        PerPartition, TopicPartition,
        offsets::{Isolation, OffsetSpec},
    },
};
use drawbridge_shared::{
    draft::FieldError,
    names::ClusterName,
    view::{MAX_LIMIT, RecordQuery, Seek},
    wire::ErrorCode,
};

use super::{
    decode::Decoder,
    filter::Filter,
    paths::Paths,
    scan::{Bounds, Job},
};
use crate::{
    clusters::Cluster,
    refusal::{Doing, Refusal, refuse},
};

type Offsets = BTreeMap<i32, i64>;

/// Checks a query and asks the cluster for the offsets it is about.
///
/// # Errors
/// A query that cannot be run, and what is wrong with it.
pub(super) async fn prepare(
    cluster: &Cluster,
    query: RecordQuery,
    budget: u64,
) -> Result<Job, Refusal> {
    let client = cluster.client()?;
    if !(1..=MAX_LIMIT).contains(&query.limit) {
        return Err(wrong("limit", format!("Ask for 1 to {MAX_LIMIT} records.")));
    }
    // It is compiled and tried, which is no work for a thread that serves others as well.
    let ready =
        move || Filter::of(&query).and_then(|filter| Ok((filter, Paths::of(&query.paths)?, query)));
    let (filter, paths, query) = tokio::task::spawn_blocking(ready)
        .await
        .map_err(|error| Refusal::new(ErrorCode::Internal, error.to_string()))??;
    let asked = Asked { client, query: &query, partitions: partitions(client, &query).await? };
    let (first, last) = tokio::join!(
        asked.offsets(OffsetSpec::Earliest, Isolation::ReadUncommitted),
        asked.offsets(OffsetSpec::Latest, Isolation::ReadCommitted),
    );
    let (first, last) = (first?, last?);
    let is_backward = query.seek == Seek::Newest && !query.live;
    let mut until = last.clone();
    let mut times = None;
    let mut from = match &query.seek {
        Seek::Oldest => first.clone(),
        Seek::Newest if is_backward => first.clone(),
        Seek::Newest => last.clone(),
        Seek::Offsets(offsets) => {
            offsets.iter().map(|position| (position.partition, position.offset)).collect()
        }
        Seek::Time { from_ms, to_ms } => {
            if to_ms.is_some_and(|to| to < *from_ms) {
                return Err(wrong("seek", "The end lies before the beginning."));
            }
            times = Some((*from_ms, to_ms.unwrap_or(i64::MAX)));
            // Where the times of records are their producers', an older one may follow a newer one: the end of the
            // time bounds no offsets. The beginning does: whatever stands before the first record that is new enough is older.
            let spec = OffsetSpec::Timestamp(*from_ms);
            let found = asked.offsets(spec, Isolation::ReadUncommitted).await?;
            // Where nothing is that new, there is nothing to read.
            last.iter().map(|(p, end)| (*p, found.get(p).copied().unwrap_or(*end))).collect()
        }
        Seek::Group { group } => asked.group(group).await?,
    };
    let resumed = query.resume.iter().map(|position| (position.partition, position.offset));
    if is_backward {
        until.extend(resumed)
    } else {
        from.extend(resumed)
    }
    let bounds = asked.partitions.iter().map(|partition| {
        let (low, high) = (of(&first, *partition), of(&last, *partition));
        let within = |offset: Option<&i64>, default: i64| {
            offset.copied().unwrap_or(default).clamp(low, high.max(low))
        };
        Bounds {
            partition: *partition,
            from: within(from.get(partition), low),
            until: within(until.get(partition), high),
        }
    });
    let bounds = bounds.collect();
    let decoder = Decoder::of(cluster, &query.topic);
    Ok(Job { filter, decoder, paths, bounds, is_backward, times, budget, query })
}

fn of(offsets: &Offsets, partition: i32) -> i64 {
    offsets.get(&partition).copied().unwrap_or(0)
}

fn wrong(field: &str, message: impl Into<String>) -> Refusal {
    Refusal::of_fields(vec![FieldError { field: field.to_owned(), message: message.into() }])
}

/// The partitions that are to be read.
async fn partitions(client: &Client, query: &RecordQuery) -> Result<Vec<i32>, Refusal> {
    let (cluster, topic) = (&query.cluster, query.topic.as_str());
    let doing = Doing::on_topic(format!("read topic '{topic}'"), "READ", topic);
    let refused = |error| refuse(cluster, &doing, &error);
    let mut described = client.describe_topics(&[topic]).await.map_err(refused)?;
    let description = match described.remove(topic) {
        Some(found) => found.map_err(refused)?,
        None => return Err(no_topic(cluster, topic)),
    };
    let mut all: Vec<i32> = description.partitions.iter().map(|one| one.partition).collect();
    all.sort_unstable();
    if query.partitions.is_empty() {
        return Ok(all);
    }
    match query.partitions.iter().find(|wanted| !all.contains(wanted)) {
        Some(missing) => Err(wrong(
            "partitions",
            format!(
                "{topic} has no partition {missing}; it has 0 to {}.",
                all.len().saturating_sub(1)
            ),
        )),
        None => Ok(all.into_iter().filter(|one| query.partitions.contains(one)).collect()),
    }
}

fn no_topic(cluster: &ClusterName, topic: &str) -> Refusal {
    Refusal::new(ErrorCode::NotFound, format!("{cluster} has no topic '{topic}'"))
}

struct Asked<'a> {
    client: &'a Client,
    query: &'a RecordQuery,
    partitions: Vec<i32>,
}

impl Asked<'_> {
    fn topic_partitions(&self) -> Vec<TopicPartition> {
        let of = |partition: &i32| TopicPartition::new(self.query.topic.as_str(), *partition);
        self.partitions.iter().map(of).collect()
    }

    /// Offsets of all partitions; those that have none are left out.
    async fn offsets(&self, spec: OffsetSpec, isolation: Isolation) -> Result<Offsets, Refusal> {
        let asked = self.client.list_offsets(spec, &self.topic_partitions(), isolation).await;
        let all = asked.into_iter().map(|(of, answer)| {
            let offset = answer.map_err(|error| self.refused(&error))?.offset;
            Ok(offset.filter(|offset| *offset >= 0).map(|offset| (of.partition, offset)))
        });
        all.filter_map(Result::transpose).collect()
    }

    /// Where a group stands.
    async fn group(&self, group: &str) -> Result<Offsets, Refusal> {
        let asked = self.topic_partitions();
        let doing = Doing::on_cluster(format!("tell the offsets of group '{group}'"), "DESCRIBE");
        let committed: PerPartition<_> = self
            .client
            .group_offsets(group, Some(&asked), false)
            .await
            .map_err(|error| refuse(&self.query.cluster, &doing, &error))?;
        let offsets: Offsets = committed
            .into_iter()
            .filter_map(|(of, answer)| Some((of.partition, answer.ok()?.offset)))
            .collect();
        if offsets.is_empty() {
            let topic = &self.query.topic;
            return Err(wrong("seek", format!("Group '{group}' has no offsets in {topic}.")));
        }
        Ok(offsets)
    }

    fn refused(&self, error: &drawbridge_kafka::Error) -> Refusal {
        let topic = self.query.topic.as_str();
        let doing =
            Doing::on_topic(format!("tell the offsets of topic '{topic}'"), "DESCRIBE", topic);
        refuse(&self.query.cluster, &doing, error)
    }
}
