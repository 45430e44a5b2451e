//! Putting a group's offsets elsewhere: a plan that is looked at, then exactly that.

use std::collections::{BTreeMap, BTreeSet};

use drawbridge_kafka::{
    Client, Error, ErrorCode as KafkaCode,
    admin::{
        TopicPartition,
        group_offsets::CommittedOffset,
        offsets::{Isolation, OffsetSpec},
    },
};
use drawbridge_shared::{
    draft::FieldError,
    link::LinkName,
    names::ClusterName,
    view::{GroupOffsetResult, ResetMove, ResetPlan, ResetScope, ResetTarget, Severity},
    wire::ErrorCode,
};

use super::{
    Committed, committed, doing, ends,
    plan::{Place, Wanted, row},
    require, require_no_members,
};
use crate::{
    activity::Change,
    clock::now_ms,
    clusters::Cluster,
    links::Links,
    notices::Notices,
    ops::topics,
    refusal::{Refusal, refuse},
};

/// Works out what a reset would do, and whether it could be done now.
///
/// # Errors
/// `NotFound` for a group, topic, partition or link that is not there; `Unsupported` for a share group; what the
/// cluster, or the other side of a link, refuses.
pub async fn plan(
    links: &Links,
    cluster: &ClusterName,
    group: &str,
    scope: &[ResetScope],
    target: &ResetTarget,
) -> Result<ResetPlan, Refusal> {
    let cluster = links.clusters().require(cluster)?;
    let client = cluster.client()?;
    let described = require(&cluster, client, group).await?;
    let offsets = committed(&cluster, client, group).await?;
    let elsewhere = match target {
        ResetTarget::Group { group: other } => {
            require(&cluster, client, other).await?;
            Some(committed(&cluster, client, other).await?)
        }
        ResetTarget::OtherSide { cluster: at, link } => {
            Some(other_side(links, &cluster, group, at, link).await?)
        }
        _ => None,
    };
    let mut partitions = in_scope(&cluster, scope).await?;
    if scope.is_empty() {
        let named = offsets.keys().chain(elsewhere.iter().flat_map(BTreeMap::keys));
        partitions = named.cloned().collect();
    }
    let partitions: Vec<TopicPartition> = partitions.into_iter().collect();
    let logs = ends(&cluster, client, &partitions).await;
    let times = match target {
        ResetTarget::Time { at_ms } => at_time(&cluster, client, *at_ms, &partitions).await?,
        _ => BTreeMap::new(),
    };
    let wanted = |partition: &TopicPartition| match target {
        ResetTarget::Oldest => Wanted::Start,
        ResetTarget::Newest => Wanted::End,
        ResetTarget::Offset { offset } => Wanted::At(*offset),
        ResetTarget::Shift { by } => Wanted::Shift(*by),
        ResetTarget::Time { .. } => match times.get(partition) {
            Some(Some(offset)) => Wanted::At(*offset),
            Some(None) => Wanted::End,
            None => Wanted::Nowhere("the time cannot be looked up in it now".to_owned()),
        },
        ResetTarget::Group { group: other } => {
            found(elsewhere.as_ref(), partition, || format!("group '{other}' has no offset of it"))
        }
        ResetTarget::OtherSide { link, .. } => found(elsewhere.as_ref(), partition, || {
            format!("the group has no offset of it on the other side of link '{link}'")
        }),
    };
    let rows = partitions.iter().map(|partition| {
        let place = Place {
            partition: partition.clone(),
            from: offsets.get(partition).copied(),
            log_start: logs.starts.get(partition).copied(),
            log_end: logs.ends.get(partition).copied(),
        };
        row(place, &wanted(partition))
    });
    let refusal = require_no_members(&described).err().map(|refusal| refusal.in_full());
    Ok(ResetPlan { planned_at_ms: now_ms(), rows: rows.collect(), refusal })
}

fn found(
    elsewhere: Option<&Committed>,
    partition: &TopicPartition,
    why_not: impl FnOnce() -> String,
) -> Wanted {
    let offset = elsewhere.and_then(|offsets| offsets.get(partition));
    offset.map_or_else(|| Wanted::Nowhere(why_not()), |offset| Wanted::At(*offset))
}

/// The partitions that are named, all of a topic where none is.
async fn in_scope(
    cluster: &Cluster,
    scope: &[ResetScope],
) -> Result<BTreeSet<TopicPartition>, Refusal> {
    let mut all = BTreeSet::new();
    for ResetScope { topic, partitions } in scope {
        let described = topics::describe(cluster, topic.as_str()).await?;
        let known: BTreeSet<i32> = described.partitions.iter().map(|p| p.partition).collect();
        if let Some(number) = partitions.iter().find(|number| !known.contains(*number)) {
            let message = format!("topic '{topic}' has no partition {number}");
            return Err(Refusal::of_fields(vec![FieldError::new("scope", message)]));
        }
        let wanted = |number: &i32| partitions.is_empty() || partitions.contains(number);
        let wanted = known.into_iter().filter(wanted);
        all.extend(wanted.map(|number| TopicPartition::new(topic.as_str(), number)));
    }
    Ok(all)
}

/// The first offset of a time or later in each partition; none behind the last record.
async fn at_time(
    cluster: &Cluster,
    client: &Client,
    at_ms: i64,
    partitions: &[TopicPartition],
) -> Result<BTreeMap<TopicPartition, Option<i64>>, Refusal> {
    if at_ms < 0 {
        let error = FieldError::new("time", "the time is before 1970; choose a later one");
        return Err(Refusal::of_fields(vec![error]));
    }
    let spec = OffsetSpec::Timestamp(at_ms);
    let answers = client.list_offsets(spec, partitions, Isolation::ReadUncommitted).await;
    let mut times = BTreeMap::new();
    for (partition, answer) in answers {
        match answer {
            Ok(listed) => {
                times.insert(partition, listed.offset);
            }
            Err(error) => {
                tracing::debug!(cluster = %cluster.spec().name, %partition, %error, "no offset of a time");
            }
        }
    }
    Ok(times)
}

/// Where the group stands on the other side of a link, by this cluster's topics.
async fn other_side(
    links: &Links,
    cluster: &Cluster,
    group: &str,
    at: &ClusterName,
    link: &LinkName,
) -> Result<Committed, Refusal> {
    let own = &cluster.spec().name;
    let rows = links.groups(at, link, None).await?;
    if at == own {
        // The mirrors are here, so the other side is their source.
        let here = rows.into_iter().filter(|row| row.mirror_group == group);
        let each = here
            .filter_map(|row| Some((TopicPartition::new(row.topic, row.partition), row.source?)));
        return Ok(each.collect());
    }
    let detail = links.detail(at, link)?;
    if detail.link.remote.cluster.as_ref() != Some(own) {
        let message = format!("link '{link}' on {at} does not lead to {own}");
        return Err(Refusal::of_fields(vec![FieldError::new("link", message)]));
    }
    let sources: BTreeMap<String, String> =
        detail.mirrors.into_iter().map(|row| (row.topic.to_string(), row.source_topic)).collect();
    let here = rows.into_iter().filter(|row| row.group == group);
    let each = here.filter_map(|row| {
        let topic = sources.get(&row.topic)?;
        Some((TopicPartition::new(topic.as_str(), row.partition), row.destination?))
    });
    Ok(each.collect())
}

/// Commits offsets that were looked at, for a group without members.
///
/// Partitions are independent of each other in Kafka: what came of each is in its row.
///
/// # Errors
/// `Invalid` for partitions named twice or offsets outside of the log; `Conflict` while the group has members, and
/// when a committed offset is another one than was looked at; then nothing is changed.
pub async fn reset(
    cluster: &Cluster,
    notices: &Notices,
    group: &str,
    moves: &[ResetMove],
) -> Result<Vec<GroupOffsetResult>, Refusal> {
    let done = try_reset(cluster, group, moves).await;
    let name = &cluster.spec().name;
    let words = |read: fn(&ResetMove) -> Option<i64>| {
        let each = moves.iter().map(|moved| {
            let offset = read(moved).map_or_else(|| "none".to_owned(), |offset| offset.to_string());
            format!("{}-{}: {offset}", moved.topic, moved.partition)
        });
        Some(each.collect::<Vec<_>>().join(", "))
    };
    let change = Change::on(name, format!("reset the offsets of group '{group}'"))
        .from_to(words(|moved| moved.from), words(|moved| Some(moved.to)));
    let change = match moves {
        [first, rest @ ..] if rest.iter().all(|moved| moved.topic == first.topic) => {
            change.topic(&first.topic)
        }
        _ => change,
    };
    notices.activity().told_in_words(change, super::change::refused(&done));
    if let Ok(rows) = &done {
        let n_done = rows.iter().filter(|row| row.error.is_none()).count();
        let n_all = rows.len();
        let message =
            format!("offsets of group '{group}' were reset in {n_done} of {n_all} partitions");
        notices.push(Severity::Info, name, None, message);
        cluster.groups_changed();
    }
    done
}

async fn try_reset(
    cluster: &Cluster,
    group: &str,
    moves: &[ResetMove],
) -> Result<Vec<GroupOffsetResult>, Refusal> {
    check(moves)?;
    let name = &cluster.spec().name;
    let client = cluster.confirmed().await?;
    require_no_members(&require(cluster, client, group).await?)?;
    let places: Vec<TopicPartition> = moves.iter().map(place).collect();
    let now = committed(cluster, client, group).await?;
    require_as_seen(group, moves, &now)?;
    require_within_log(moves, &ends(cluster, client, &places).await)?;
    // Without leader epoch: what a consumer would check it against belongs to the offset it had.
    let commits: Vec<(TopicPartition, CommittedOffset)> =
        moves.iter().map(|moved| (place(moved), CommittedOffset::new(moved.to))).collect();
    let what = format!("commit offsets of group '{group}'");
    let doing = doing(what, "READ", group);
    let answers = client.commit_group_offsets(group, &commits).await;
    let answers = answers.map_err(|error| refuse(name, &doing, &error))?;
    super::change::results(name, &doing, places, answers, joined_meanwhile)
}

/// Members that joined between the look and the commit.
fn joined_meanwhile(error: &Error) -> Option<Refusal> {
    let codes = [KafkaCode::UNKNOWN_MEMBER_ID, KafkaCode::ILLEGAL_GENERATION];
    error.code().is_some_and(|code| codes.contains(&code)).then(|| {
        Refusal::new(ErrorCode::Conflict, "a consumer joined the group meanwhile")
            .remedy("Stop its consumers first, then look again.")
    })
}

fn place(moved: &ResetMove) -> TopicPartition {
    TopicPartition::new(moved.topic.as_str(), moved.partition)
}

fn check(moves: &[ResetMove]) -> Result<(), Refusal> {
    let wrong = |message: String| Refusal::of_fields(vec![FieldError::new("moves", message)]);
    if moves.is_empty() {
        return Err(wrong("no partition would get another offset".to_owned()));
    }
    let mut seen = BTreeSet::new();
    for moved in moves {
        if !seen.insert(place(moved)) {
            return Err(wrong(format!("{} is named twice", place(moved))));
        }
        if moved.to < 0 {
            return Err(wrong(format!("{} is not an offset; the first one is 0", moved.to)));
        }
    }
    Ok(())
}

/// Offsets must be those that were looked at: what was not seen is not overwritten.
fn require_as_seen(group: &str, moves: &[ResetMove], now: &Committed) -> Result<(), Refusal> {
    let words = |offset: Option<i64>| offset.map_or("none".to_owned(), |offset| offset.to_string());
    let mut changed = moves.iter().filter_map(|moved| {
        let is = now.get(&place(moved)).copied();
        (is != moved.from)
            .then(|| format!("{} was {} and is {}", place(moved), words(moved.from), words(is)))
    });
    let Some(first) = changed.next() else { return Ok(()) };
    let more = match changed.count() {
        0 => String::new(),
        n => format!(", and {n} more"),
    };
    let message = format!("the offsets of group '{group}' changed since you looked: {first}{more}");
    Err(Refusal::new(ErrorCode::Conflict, message)
        .remedy("Nothing was changed. Look at the preview again."))
}

/// Retention may have moved a log's start since the preview.
fn require_within_log(moves: &[ResetMove], logs: &super::Ends) -> Result<(), Refusal> {
    for moved in moves {
        let place = place(moved);
        let (start, end) = (logs.starts.get(&place), logs.ends.get(&place));
        let (Some(start), Some(end)) = (start, end) else {
            let message = format!("the log's start and end of {place} cannot be read now");
            return Err(Refusal::new(ErrorCode::Unavailable, message)
                .remedy("Nothing was changed. Look at the topic's partitions."));
        };
        if !(*start..=*end).contains(&moved.to) {
            let message =
                format!("offset {} of {place} is not in its log, {start} to {end}", moved.to);
            return Err(Refusal::new(ErrorCode::Conflict, message)
                .remedy("Nothing was changed. Look at the preview again."));
        }
    }
    Ok(())
}

#[cfg(test)]
mod tests {
    use super::*;

    fn moved(partition: i32, from: Option<i64>, to: i64) -> ResetMove {
        ResetMove { topic: "orders".parse().unwrap(), partition, from, to }
    }

    fn at(partition: i32) -> TopicPartition {
        TopicPartition::new("orders", partition)
    }

    #[test]
    fn a_reset_names_each_partition_once_with_an_offset() {
        assert!(check(&[moved(0, None, 0), moved(1, None, 5)]).is_ok());
        assert!(check(&[]).is_err());
        assert!(
            check(&[moved(0, None, 1), moved(0, None, 2)]).unwrap_err().message.contains("twice")
        );
        assert!(check(&[moved(0, None, -1)]).unwrap_err().message.contains("-1"));
    }

    #[test]
    fn offsets_that_changed_since_the_look_are_told_and_refused() {
        let now = Committed::from([(at(0), 7), (at(1), 3)]);
        let as_seen = |moves: &[ResetMove]| require_as_seen("billing", moves, &now);
        assert!(as_seen(&[moved(0, Some(7), 0), moved(2, None, 0)]).is_ok());
        let refusal = as_seen(&[moved(0, Some(5), 0), moved(1, None, 0)]).unwrap_err();
        assert_eq!(refusal.code, ErrorCode::Conflict);
        assert!(refusal.message.contains("orders-0 was 5 and is 7, and 1 more"), "{refusal}");
    }

    #[test]
    fn an_offset_that_left_the_log_since_the_preview_is_refused() {
        let logs = super::super::Ends {
            starts: [(at(0), 10)].into(),
            ends: [(at(0), 20)].into(),
            ..Default::default()
        };
        assert!(require_within_log(&[moved(0, None, 10)], &logs).is_ok());
        assert!(require_within_log(&[moved(0, None, 20)], &logs).is_ok());
        for to in [9, 21] {
            let refusal = require_within_log(&[moved(0, None, to)], &logs).unwrap_err();
            assert_eq!(refusal.code, ErrorCode::Conflict);
        }
        let unknown = require_within_log(&[moved(1, None, 10)], &logs).unwrap_err();
        assert_eq!(unknown.code, ErrorCode::Unavailable);
    }
}
