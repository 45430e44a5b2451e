//! Reading groups: the list, members, committed offsets, and the ends of the logs they read.

use std::collections::{BTreeMap, BTreeSet};

use drawbridge_kafka::{
    Client, Error, ErrorCode as KafkaCode,
    admin::{
        TopicPartition,
        groups::{GroupDescription, GroupKind, GroupList, GroupListing},
        offsets::{Isolation, OffsetSpec},
    },
};
use drawbridge_shared::wire::ErrorCode;

use super::doing;
use crate::{
    clusters::Cluster,
    refusal::{Doing, Refusal, refuse},
};

/// Committed offsets of a group.
pub type Committed = BTreeMap<TopicPartition, i64>;

/// Where logs begin and end, as far as it could be read.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Ends {
    /// First offsets that can be read.
    pub starts: BTreeMap<TopicPartition, i64>,
    /// High watermarks.
    pub ends: BTreeMap<TopicPartition, i64>,
    /// The lags of a share group: records behind its offset may be finished, so only the broker knows. None where it
    /// does not say.
    pub told: BTreeMap<TopicPartition, Option<i64>>,
    /// Why some are missing, in words.
    pub faults: BTreeSet<String>,
}

impl Ends {
    /// Records from an offset on that are there; none when the end is not known.
    #[must_use]
    pub fn lag(&self, partition: &TopicPartition, committed: i64) -> Option<i64> {
        if let Some(told) = self.told.get(partition) {
            return *told;
        }
        self.ends.get(partition).map(|end| end.saturating_sub(committed).max(0))
    }
}

/// Lists the groups of a cluster.
///
/// # Errors
/// `Unavailable`, `Denied`; also when no broker could list its groups.
pub async fn list(cluster: &Cluster) -> Result<GroupList, Refusal> {
    let name = &cluster.spec().name;
    let doing = Doing::on_cluster("list its groups", "DESCRIBE");
    let listed = cluster.client()?.list_groups().await;
    let mut list = listed.map_err(|error| refuse(name, &doing, &error))?;
    match list.failed.pop() {
        Some((_, error)) if list.groups.is_empty() => Err(refuse(name, &doing, &error)),
        failed => {
            list.failed.extend(failed);
            Ok(list)
        }
    }
}

/// Describes a group, whatever its kind; one of a kind that is not known here without its members.
///
/// # Errors
/// `NotFound`, `Denied`, `Unavailable`.
pub async fn describe(
    cluster: &Cluster,
    client: &Client,
    group: &str,
) -> Result<GroupDescription, Refusal> {
    let name = &cluster.spec().name;
    let described = client.describe_groups(&[group]).await.remove(group);
    match described {
        Some(Ok(described)) => return Ok(described),
        Some(Err(error)) if error.code() == Some(KafkaCode::GROUP_ID_NOT_FOUND) => {}
        Some(Err(error)) => {
            let what = format!("describe group '{group}'");
            return Err(refuse(name, &doing(what, "DESCRIBE", group), &error));
        }
        None => {}
    }
    // Of a kind that is not known here, or not there at all: the list knows.
    let found = list(cluster).await?.groups.into_iter().find(|listed| listed.id == group);
    found.map(of_listing).ok_or_else(|| no_such_group(cluster, group))
}

/// Describes all groups of a cluster, by id.
///
/// # Errors
/// As [`list`].
pub async fn describe_all(cluster: &Cluster) -> Result<Vec<GroupDescription>, Refusal> {
    let client = cluster.client()?;
    let listed = list(cluster).await?.groups;
    let mut described = BTreeMap::new();
    for part in listed.chunks(AT_A_TIME) {
        let ids: Vec<&str> = part.iter().map(|group| group.id.as_str()).collect();
        described.extend(client.describe_groups(&ids).await);
    }
    let each = listed.into_iter().map(|group| match described.remove(&group.id) {
        Some(Ok(described)) => described,
        // Of a kind that is not known here, or it may not be described: what the list says is told.
        Some(Err(_)) | None => of_listing(group),
    });
    Ok(each.collect())
}

/// Groups described by one request.
const AT_A_TIME: usize = 500;

fn of_listing(listed: GroupListing) -> GroupDescription {
    GroupDescription {
        id: listed.id,
        kind: listed.kind,
        state: listed.state,
        protocol_type: listed.protocol_type,
        assignor: String::new(),
        coordinator: listed.coordinator,
        members: Vec::new(),
        epoch: None,
        assignment_epoch: None,
        operations: None,
    }
}

fn no_such_group(cluster: &Cluster, group: &str) -> Refusal {
    let message = format!("{} has no group '{group}'", cluster.spec().name);
    Refusal::new(ErrorCode::NotFound, message)
        .remedy("It was deleted, its offsets expired, or the principal lacks DESCRIBE on it.")
}

/// The group, if its offsets can be changed from here.
///
/// # Errors
/// As [`describe`]; `Unsupported` for a share group.
pub async fn require(
    cluster: &Cluster,
    client: &Client,
    group: &str,
) -> Result<GroupDescription, Refusal> {
    let described = describe(cluster, client, group).await?;
    if described.kind == GroupKind::Share {
        let message = format!(
            "group '{group}' is a share group: the broker keeps where it stands, record by record"
        );
        return Err(Refusal::new(ErrorCode::Unsupported, message)
            .remedy("Use Kafka's own tool: kafka-share-groups.sh --reset-offsets."));
    }
    Ok(described)
}

/// The committed offsets of a group.
///
/// # Errors
/// `Denied`, `Unavailable`; the first refusal where single partitions were refused.
pub async fn committed(
    cluster: &Cluster,
    client: &Client,
    group: &str,
) -> Result<Committed, Refusal> {
    let what = format!("read the offsets of group '{group}'");
    let refused =
        |error: &Error| refuse(&cluster.spec().name, &doing(&*what, "DESCRIBE", group), error);
    let answers =
        client.group_offsets(group, None, false).await.map_err(|error| refused(&error))?;
    let mut offsets = Committed::new();
    for (partition, answer) in answers {
        offsets.insert(partition, answer.map_err(|error| refused(&error))?.offset);
    }
    Ok(offsets)
}

/// Where a share group stands: the offsets from which on records are not finished, and the lags that the broker tells.
///
/// # Errors
/// As [`committed`].
pub async fn shared(
    cluster: &Cluster,
    client: &Client,
    group: &str,
) -> Result<(Committed, BTreeMap<TopicPartition, Option<i64>>), Refusal> {
    let what = format!("read the offsets of group '{group}'");
    let refused =
        |error: &Error| refuse(&cluster.spec().name, &doing(&*what, "DESCRIBE", group), error);
    let answers = client.share_group_offsets(group).await.map_err(|error| refused(&error))?;
    let (mut offsets, mut lags) = (Committed::new(), BTreeMap::new());
    for (partition, answer) in answers {
        let at = answer.map_err(|error| refused(&error))?;
        lags.insert(partition.clone(), at.lag);
        offsets.insert(partition, at.start);
    }
    Ok((offsets, lags))
}

/// Reads where logs begin and end. A topic that is gone is no fault: what was committed for it just stays.
pub async fn ends(cluster: &Cluster, client: &Client, partitions: &[TopicPartition]) -> Ends {
    let read = |spec| client.list_offsets(spec, partitions, Isolation::ReadUncommitted);
    let (starts, latest) = tokio::join!(read(OffsetSpec::Earliest), read(OffsetSpec::Latest));
    let mut found = Ends::default();
    for (partition, answer) in starts {
        if let Some(offset) = answer.ok().and_then(|listed| listed.offset) {
            found.starts.insert(partition, offset);
        }
    }
    for (partition, answer) in latest {
        match answer {
            Ok(listed) => {
                found.ends.extend(listed.offset.map(|offset| (partition, offset)));
            }
            Err(error) if error.code() == Some(KafkaCode::UNKNOWN_TOPIC_OR_PARTITION) => {}
            Err(error) => {
                let what = format!("read offsets of topic '{}'", partition.topic);
                let doing = Doing::on_topic(what, "DESCRIBE", &partition.topic);
                found.faults.insert(refuse(&cluster.spec().name, &doing, &error).in_full());
            }
        }
    }
    found
}

/// A group with its committed offsets and the ends of all partitions it has to do with.
///
/// # Errors
/// As [`describe`] and [`committed`].
pub async fn one(
    cluster: &Cluster,
    group: &str,
) -> Result<(GroupDescription, Committed, Ends), Refusal> {
    let client = cluster.client()?;
    let described = describe(cluster, client, group).await?;
    let (offsets, told) = match described.kind {
        GroupKind::Share => shared(cluster, client, group).await?,
        _ => (committed(cluster, client, group).await?, BTreeMap::new()),
    };
    let assigned = described.members.iter().flat_map(|member| &member.assignment);
    let all: BTreeSet<&TopicPartition> = offsets.keys().chain(assigned).collect();
    let all: Vec<TopicPartition> = all.into_iter().cloned().collect();
    let ends = Ends { told, ..ends(cluster, client, &all).await };
    Ok((described, offsets, ends))
}
