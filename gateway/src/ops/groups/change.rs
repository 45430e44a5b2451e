//! Deleting groups and single committed offsets.

use drawbridge_kafka::{
    Error, ErrorCode as KafkaCode,
    admin::{PerPartition, TopicPartition},
};
use drawbridge_shared::{
    draft::FieldError,
    names::{ClusterName, TopicName},
    view::{GroupOffsetResult, Severity},
    wire::ErrorCode,
};

use super::{committed, describe, doing, require, require_no_members};
use crate::{
    activity::Change,
    clusters::Cluster,
    notices::Notices,
    refusal::{Doing, Refusal, refuse},
};

/// Deletes a group without members, with its offsets.
///
/// # Errors
/// `Conflict` while it has members; `NotFound`, `Denied`, `Unavailable`.
pub async fn delete(cluster: &Cluster, notices: &Notices, group: &str) -> Result<(), Refusal> {
    let deleted = try_delete(cluster, group).await;
    let name = &cluster.spec().name;
    notices.activity().told(Change::on(name, format!("delete group '{group}'")), &deleted);
    if deleted.is_ok() {
        notices.push(Severity::Info, name, None, format!("group '{group}' was deleted"));
        cluster.groups_changed();
    }
    deleted
}

async fn try_delete(cluster: &Cluster, group: &str) -> Result<(), Refusal> {
    let client = cluster.confirmed().await?;
    require_no_members(&describe(cluster, client, group).await?)?;
    let answer = client.delete_groups(&[group]).await.remove(group);
    match answer.unwrap_or(Err(Error::Closed)) {
        Ok(()) => Ok(()),
        Err(error) if error.code() == Some(KafkaCode::NON_EMPTY_GROUP) => {
            Err(Refusal::new(ErrorCode::Conflict, "a consumer joined the group meanwhile")
                .remedy("Stop its consumers first, then try again."))
        }
        Err(error) => {
            let doing = doing(format!("delete group '{group}'"), "DELETE", group);
            Err(refuse(&cluster.spec().name, &doing, &error))
        }
    }
}

const GROUP_SUBSCRIBED_TO_TOPIC: KafkaCode = KafkaCode(86);

/// Deletes a group's committed offsets of topics that no member reads.
///
/// # Errors
/// `Invalid` when no topic is named or the group has no offsets of them; `Conflict` when a member reads them.
pub async fn delete_offsets(
    cluster: &Cluster,
    notices: &Notices,
    group: &str,
    topics: &[TopicName],
) -> Result<Vec<GroupOffsetResult>, Refusal> {
    let done = try_delete_offsets(cluster, group, topics).await;
    let name = &cluster.spec().name;
    let names: Vec<&str> = topics.iter().map(TopicName::as_str).collect();
    let action = format!("delete the offsets of group '{group}'");
    let change = Change::on(name, action).from_to(Some(names.join(", ")), None);
    let change = if let [only] = topics { change.topic(only) } else { change };
    notices.activity().told_in_words(change, refused(&done));
    if done.is_ok() {
        let message = format!("offsets of group '{group}' were deleted: {}", names.join(", "));
        notices.push(Severity::Info, name, None, message);
        cluster.groups_changed();
    }
    done
}

async fn try_delete_offsets(
    cluster: &Cluster,
    group: &str,
    topics: &[TopicName],
) -> Result<Vec<GroupOffsetResult>, Refusal> {
    let wrong = |message: String| Refusal::of_fields(vec![FieldError::new("topics", message)]);
    if topics.is_empty() {
        return Err(wrong("no topic is named; name at least one".to_owned()));
    }
    let client = cluster.confirmed().await?;
    require(cluster, client, group).await?;
    let offsets = committed(cluster, client, group).await?;
    let is_named = |at: &&TopicPartition| topics.iter().any(|topic| topic.as_str() == at.topic);
    let places: Vec<TopicPartition> = offsets.keys().filter(is_named).cloned().collect();
    if places.is_empty() {
        return Err(wrong(format!("group '{group}' has no committed offset of these topics")));
    }
    let doing = doing(format!("delete offsets of group '{group}'"), "DELETE", group);
    let name = &cluster.spec().name;
    let answers = client.delete_group_offsets(group, &places).await;
    let answers = answers.map_err(|error| refuse(name, &doing, &error))?;
    results(name, &doing, places, answers, |error| {
        (error.code() == Some(GROUP_SUBSCRIBED_TO_TOPIC)).then(|| {
            Refusal::new(ErrorCode::Conflict, "a member of the group reads this topic")
                .remedy("Stop its consumers first, then try again.")
        })
    })
}

/// A row per partition; one refusal when all failed alike.
pub(super) fn results(
    cluster: &ClusterName,
    doing: &Doing,
    places: Vec<TopicPartition>,
    mut answers: PerPartition<()>,
    known: impl Fn(&Error) -> Option<Refusal>,
) -> Result<Vec<GroupOffsetResult>, Refusal> {
    let worded = |error: &Error| known(error).unwrap_or_else(|| refuse(cluster, doing, error));
    let mut errors = answers.values().map(|answer| answer.as_ref().err());
    if let Some(Some(first)) = errors.next()
        && errors.all(|error| error.is_some_and(|error| error.code() == first.code()))
    {
        return Err(worded(first));
    }
    let row = |place: TopicPartition| {
        let error = match answers.remove(&place) {
            Some(Ok(())) => None,
            Some(Err(error)) => Some(worded(&error).in_full()),
            None => Some("no answer; it may or may not have been done".to_owned()),
        };
        GroupOffsetResult { topic: place.topic, partition: place.partition, error }
    };
    Ok(places.into_iter().map(row).collect())
}

/// Why not all was done, if not all was.
pub(super) fn refused(done: &Result<Vec<GroupOffsetResult>, Refusal>) -> Option<String> {
    let rows = match done {
        Ok(rows) => rows,
        Err(refusal) => return Some(refusal.in_full()),
    };
    let mut errors = rows.iter().filter_map(|row| Some((row, row.error.as_ref()?)));
    let (row, error) = errors.next()?;
    let n_failed = errors.count() + 1;
    let (n_all, topic, partition) = (rows.len(), &row.topic, row.partition);
    Some(format!("not in {n_failed} of {n_all} partitions; {topic}-{partition}: {error}"))
}
