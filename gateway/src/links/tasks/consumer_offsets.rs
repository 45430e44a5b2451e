//! ConsumerOffsetSync: reads what groups committed on both sides, and commits what the plan says.

use std::collections::{BTreeMap, BTreeSet};

use drawbridge_engine::{
    Millis,
    task::{
        TaskError,
        consumer_offsets::{
            Committed, DestinationGroup, MirrorEnds, OffsetRules, OffsetsObserved, Place, plan,
        },
    },
};
use drawbridge_kafka::{
    Client, Error, ErrorCode,
    admin::{
        TopicPartition,
        group_offsets::CommittedOffset,
        offsets::{Isolation, OffsetSpec},
    },
};
use drawbridge_shared::link::{Filters, LinkPrefix, TaskErrorCode};
use futures_util::{StreamExt, stream};

use super::task_error;
use crate::links::ends::Ends;

/// Groups asked about at a time.
const AT_ONCE: usize = 8;
/// Offsets of groups without members expire seven days after their commit by default.
const RECOMMIT_MS: i64 = 12 * 3_600_000;

/// What a run needs to know.
#[derive(Debug, Clone)]
pub(in crate::links) struct Work {
    pub(in crate::links) filters: Filters,
    pub(in crate::links) group_prefix: Option<LinkPrefix>,
    /// Source topic → mirror topic and number of partitions.
    pub(in crate::links) mirrors: BTreeMap<String, (String, i32)>,
    pub(in crate::links) committed: Committed,
}

/// What both sides have.
#[derive(Debug, Default)]
pub(in crate::links) struct Observed {
    pub(in crate::links) source: BTreeMap<String, BTreeMap<Place, i64>>,
    /// Groups with members on the source.
    pub(in crate::links) source_active: BTreeSet<String>,
    pub(in crate::links) destination: BTreeMap<String, DestinationGroup>,
    pub(in crate::links) mirrors: BTreeMap<String, MirrorEnds>,
    pub(in crate::links) errors: Vec<TaskError>,
}

/// Runs once; what was committed is noted in the work that comes back.
pub(in crate::links) async fn run(
    ends: Ends,
    mut work: Work,
    now: Millis,
) -> (Work, Vec<TaskError>) {
    let observed = match observe(&ends, &work, true).await {
        Ok(observed) => observed,
        Err(error) => {
            return (work, vec![task_error("the consumer groups cannot be read", &error)]);
        }
    };
    let planned = plan(
        now,
        OffsetsObserved {
            source: &observed.source,
            destination: &observed.destination,
            mirrors: &observed.mirrors,
            committed: &work.committed,
        },
        OffsetRules {
            filters: &work.filters,
            group_prefix: work.group_prefix.as_ref(),
            recommit_ms: RECOMMIT_MS,
        },
    );
    let mut errors = observed.errors;
    errors.extend(planned.errors);
    for (group, offsets) in planned.commits {
        let commits: Vec<(TopicPartition, CommittedOffset)> = offsets
            .iter()
            .map(|((topic, partition), offset)| {
                (TopicPartition::new(topic.as_str(), *partition), CommittedOffset::new(*offset))
            })
            .collect();
        let answer = ends.sink.commit_group_offsets(&group, &commits).await;
        match answer {
            Ok(outcomes) => note(&mut work.committed, &group, &offsets, outcomes, now, &mut errors),
            Err(error) => errors.push(refused(&group, &error)),
        }
    }
    (work, errors)
}

fn note(
    committed: &mut Committed,
    group: &str,
    offsets: &BTreeMap<Place, i64>,
    outcomes: drawbridge_kafka::admin::PerPartition<()>,
    now: Millis,
    errors: &mut Vec<TaskError>,
) {
    let mut first = None;
    for (place, outcome) in outcomes {
        let place = (place.topic, place.partition);
        match outcome {
            Ok(()) => {
                if let Some(offset) = offsets.get(&place) {
                    committed.insert((group.to_owned(), place), (*offset, now));
                }
            }
            Err(error) => {
                first.get_or_insert(error);
            }
        }
    }
    // One line per group says enough.
    if let Some(error) = first {
        errors.push(refused(group, &error));
    }
}

fn refused(group: &str, error: &Error) -> TaskError {
    let failed = task_error(&format!("the offsets of group '{group}' cannot be committed"), error);
    // It got members between the look and the commit.
    let in_use = matches!(error.code(), Some(ErrorCode::UNKNOWN_MEMBER_ID));
    if in_use { TaskError { code: TaskErrorCode::ConsumerGroupInUse, ..failed } } else { failed }
}

/// Reads both sides. With `only_filtered` groups that the filters leave out are not looked at.
///
/// # Errors
/// The groups cannot be listed at all.
pub(in crate::links) async fn observe(
    ends: &Ends,
    work: &Work,
    only_filtered: bool,
) -> Result<Observed, Error> {
    let mut observed =
        Observed { mirrors: mirror_ends(&ends.sink, work).await, ..Observed::default() };
    let listed = ends.source.list_groups().await?;
    for (broker, error) in &listed.failed {
        observed.errors.push(task_error(&format!("the groups of source broker {broker}"), error));
    }
    let wanted: Vec<String> = listed
        .groups
        .into_iter()
        .map(|group| group.id)
        .filter(|group| !only_filtered || work.filters.admits(group))
        .collect();
    let places: Vec<TopicPartition> = work
        .mirrors
        .iter()
        .flat_map(|(source, (_, n))| {
            (0..*n).map(|number| TopicPartition::new(source.as_str(), number))
        })
        .collect();
    let of_groups = stream::iter(wanted)
        .map(|group| {
            let places = &places;
            async move {
                let offsets = ends.source.group_offsets(&group, Some(places), true).await;
                (group, offsets)
            }
        })
        .buffer_unordered(AT_ONCE)
        .collect::<Vec<_>>()
        .await;
    for (group, offsets) in of_groups {
        match offsets {
            Ok(offsets) => {
                let known: BTreeMap<Place, i64> = offsets
                    .into_iter()
                    .filter_map(|(at, found)| Some(((at.topic, at.partition), found.ok()?.offset)))
                    .collect();
                if !known.is_empty() {
                    observed.source.insert(group, known);
                }
            }
            Err(error) => {
                observed
                    .errors
                    .push(task_error(&format!("the offsets of group '{group}'"), &error));
            }
        }
    }
    look_at_destination(ends, work, &mut observed).await;
    Ok(observed)
}

async fn look_at_destination(ends: &Ends, work: &Work, observed: &mut Observed) {
    let groups: Vec<String> = observed.source.keys().cloned().collect();
    let source_names: Vec<&str> = groups.iter().map(String::as_str).collect();
    for (group, described) in ends.source.describe_groups(&source_names).await {
        if described.is_ok_and(|group| !group.members.is_empty()) {
            observed.source_active.insert(group);
        }
    }
    let names: Vec<String> =
        groups.iter().map(|group| LinkPrefix::apply(work.group_prefix.as_ref(), group)).collect();
    let borrowed: Vec<&str> = names.iter().map(String::as_str).collect();
    let described = ends.sink.describe_groups(&borrowed).await;
    for (group, description) in described {
        let active = match description {
            Ok(description) => !description.members.is_empty(),
            Err(error) if error.code() == Some(ErrorCode::GROUP_ID_NOT_FOUND) => false,
            Err(error) => {
                observed
                    .errors
                    .push(task_error(&format!("group '{group}' on the destination"), &error));
                // What is not known to be unused is left alone.
                true
            }
        };
        let offsets = ends.sink.group_offsets(&group, None, false).await;
        let offsets = match offsets {
            Ok(offsets) => offsets
                .into_iter()
                .filter_map(|(at, found)| Some(((at.topic, at.partition), found.ok()?.offset)))
                .collect(),
            Err(error) if error.code() == Some(ErrorCode::GROUP_ID_NOT_FOUND) => BTreeMap::new(),
            Err(error) => {
                observed.errors.push(task_error(
                    &format!("the offsets of '{group}' on the destination"),
                    &error,
                ));
                continue;
            }
        };
        observed.destination.insert(group, DestinationGroup { active, offsets });
    }
}

/// High watermarks of the mirrors; a mirror that cannot be asked is left out.
async fn mirror_ends(sink: &Client, work: &Work) -> BTreeMap<String, MirrorEnds> {
    let places: Vec<TopicPartition> = work
        .mirrors
        .values()
        .flat_map(|(name, n)| (0..*n).map(|number| TopicPartition::new(name.as_str(), number)))
        .collect();
    let found = sink.list_offsets(OffsetSpec::Latest, &places, Isolation::ReadUncommitted).await;
    let mut ends = BTreeMap::new();
    for (source, (name, n)) in &work.mirrors {
        let of_mirror: Option<Vec<i64>> = (0..*n)
            .map(|number| {
                let place = TopicPartition::new(name.as_str(), number);
                found.get(&place)?.as_ref().ok()?.offset
            })
            .collect();
        if let Some(of_mirror) = of_mirror {
            ends.insert(source.clone(), MirrorEnds { name: name.clone(), ends: of_mirror });
        }
    }
    ends
}
