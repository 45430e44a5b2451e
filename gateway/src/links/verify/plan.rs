//! What of which partitions is compared, settled before the first record is read.

use std::collections::{BTreeMap, BTreeSet};

use drawbridge_kafka::{
    Client,
    admin::{
        PerPartition, TopicPartition,
        configs::ConfigResource,
        offsets::{Isolation, ListedOffset, OffsetSpec},
    },
};
use drawbridge_shared::view::{VerifyPartition, VerifyRange, VerifyVerdict};
use uuid::Uuid;

use crate::links::mover::words;

/// A comparison of more partitions is refused: nobody reads its result.
const MOST: usize = 5_000;

/// A partition that can be compared.
#[derive(Debug, Clone)]
pub(super) struct Task {
    pub(super) mirror: TopicPartition,
    pub(super) source: TopicPartition,
    pub(super) mirror_id: Option<Uuid>,
    pub(super) source_id: Option<Uuid>,
    pub(super) from: i64,
    pub(super) to: i64,
    /// The cleaner of either side may remove single records.
    pub(super) compacted: bool,
}

/// Everything there is to look at.
#[derive(Debug, Default)]
pub(super) struct Plan {
    pub(super) tasks: Vec<Task>,
    pub(super) rows: Vec<VerifyPartition>,
}

/// One side's topics: id and number of partitions, or why there is none.
type Topics = BTreeMap<String, Result<(Option<Uuid>, i32), String>>;

/// Settles it. `topics`: mirror → source.
///
/// # Errors
/// In words: a side that does not answer, too many partitions.
pub(super) async fn plan(
    source: &Client,
    sink: &Client,
    topics: &[(String, String)],
    range: VerifyRange,
) -> Result<Plan, String> {
    let sources: Vec<&str> = topics.iter().map(|(_, source)| source.as_str()).collect();
    let mirrors: Vec<&str> = topics.iter().map(|(mirror, _)| mirror.as_str()).collect();
    let (there, here) =
        tokio::join!(described(source, "source", &sources), described(sink, "mirror", &mirrors));
    let (there, here) = (there?, here?);
    let mut plan = Plan::default();
    let mut pairs = Vec::new();
    for (mirror, origin) in topics {
        let both = (there.get(origin), here.get(mirror));
        let ((source_id, n_source), (mirror_id, n_mirror)) = match both {
            (Some(Ok(a)), Some(Ok(b))) => (*a, *b),
            (Some(Err(why)), _) | (_, Some(Err(why))) => {
                plan.rows.push(row(mirror, 0, VerifyVerdict::NotComparable, vec![why.clone()]));
                continue;
            }
            _ => continue,
        };
        for partition in 0..n_source.max(n_mirror) {
            if partition >= n_source || partition >= n_mirror {
                let lacking = if partition >= n_source { "source" } else { "mirror" };
                let why = format!("the {lacking} has no such partition");
                plan.rows.push(row(mirror, partition, VerifyVerdict::NotComparable, vec![why]));
                continue;
            }
            pairs.push(Task {
                mirror: TopicPartition::new(mirror.clone(), partition),
                source: TopicPartition::new(origin.clone(), partition),
                mirror_id,
                source_id,
                from: 0,
                to: 0,
                compacted: false,
            });
        }
    }
    let n_all = pairs.len() + plan.rows.len();
    if n_all > MOST {
        return Err(format!(
            "these mirrors have {n_all} partitions, and at most {MOST} are compared at once: choose fewer mirrors"
        ));
    }
    let (far, near) = tokio::join!(cleaned(source, &sources), cleaned(sink, &mirrors));
    let bounds = Bounds::read(source, sink, &pairs, range).await;
    for mut task in pairs {
        task.compacted = far.compacted.contains(&task.source.topic)
            || near.compacted.contains(&task.mirror.topic);
        let place = (&task.mirror.topic, task.mirror.partition);
        match bounds.of(&task, range) {
            Ok((from, to, mut notes)) => {
                notes.extend(far.note("source", &task.source.topic));
                notes.extend(near.note("mirror", &task.mirror.topic));
                (task.from, task.to) = (from, to);
                let mut row = row(place.0, place.1, VerifyVerdict::Waiting, notes);
                (row.from, row.to, row.next) = (from, to, from);
                plan.rows.push(row);
                plan.tasks.push(task);
            }
            Err(why) => {
                plan.rows.push(row(place.0, place.1, VerifyVerdict::NotComparable, vec![why]));
            }
        }
    }
    Ok(plan)
}

fn row(topic: &str, partition: i32, verdict: VerifyVerdict, notes: Vec<String>) -> VerifyPartition {
    VerifyPartition {
        topic: topic.to_owned(),
        partition,
        verdict,
        from: 0,
        to: 0,
        next: 0,
        records: 0,
        compacted: 0,
        notes,
        difference: None,
    }
}

async fn described(client: &Client, side: &str, names: &[&str]) -> Result<Topics, String> {
    let found = client.describe_topics(names).await;
    let found = found.map_err(|error| format!("the {side} cannot be asked: {}", words(&error)))?;
    let told = found.into_iter().map(|(name, topic)| {
        let known = topic.map(|topic| {
            let count = i32::try_from(topic.partitions.len()).unwrap_or(i32::MAX);
            (Some(topic.id).filter(|id| !id.is_nil()), count)
        });
        (name, known.map_err(|error| format!("the {side}: {}", words(&error))))
    });
    Ok(told.collect())
}

/// How the topics of one side are cleaned.
#[derive(Debug, Default)]
struct Cleaned {
    /// Topics whose records may be compacted.
    compacted: BTreeSet<String>,
    /// Topics of which it could not be read.
    unread: BTreeSet<String>,
}

impl Cleaned {
    /// What is to be said when a topic's policy is not known. It counts as not compacted: a difference too many is
    /// looked at, one too few is not.
    fn note(&self, side: &str, topic: &str) -> Option<String> {
        self.unread.contains(topic).then(|| {
            format!(
                "the cleanup.policy of the {side} cannot be read, so the topic is compared as one that is not \
                 compacted: allow DescribeConfigs on it to be sure"
            )
        })
    }
}

async fn cleaned(client: &Client, names: &[&str]) -> Cleaned {
    let resources: Vec<_> =
        names.iter().map(|name| ConfigResource::Topic((*name).to_owned())).collect();
    let found = client.config_values(&resources).await.unwrap_or_default();
    let mut cleaned = Cleaned {
        unread: names.iter().map(|name| (*name).to_owned()).collect(),
        ..Cleaned::default()
    };
    for (resource, entries) in found {
        let (ConfigResource::Topic(name), Ok(entries)) = (resource, entries) else { continue };
        let policy = entries.into_iter().find(|entry| entry.name == "cleanup.policy");
        let Some(policy) = policy.and_then(|entry| entry.value) else { continue };
        cleaned.unread.remove(&name);
        if policy.contains("compact") {
            cleaned.compacted.insert(name);
        }
    }
    cleaned
}

type Offsets = PerPartition<ListedOffset>;

/// Where the logs begin and end.
struct Bounds {
    source: (Offsets, Offsets),
    mirror: (Offsets, Offsets),
    /// First offsets at the time that was asked for.
    since: Option<Offsets>,
}

impl Bounds {
    async fn read(source: &Client, sink: &Client, pairs: &[Task], range: VerifyRange) -> Self {
        let there: Vec<_> = pairs.iter().map(|task| task.source.clone()).collect();
        let here: Vec<_> = pairs.iter().map(|task| task.mirror.clone()).collect();
        let list = |client: &Client, spec, places: &[TopicPartition]| {
            let (client, places) = (client.clone(), places.to_vec());
            async move { client.list_offsets(spec, &places, Isolation::ReadCommitted).await }
        };
        let since = async {
            match range {
                VerifyRange::Since { at_ms } => {
                    Some(list(source, OffsetSpec::Timestamp(at_ms), &there).await)
                }
                _ => None,
            }
        };
        // Ends before starts: what is removed meanwhile cannot make the range negative unseen.
        let (source_end, mirror_end) = tokio::join!(
            list(source, OffsetSpec::Latest, &there),
            list(sink, OffsetSpec::Latest, &here)
        );
        let (source_start, mirror_start, since) = tokio::join!(
            list(source, OffsetSpec::Earliest, &there),
            list(sink, OffsetSpec::Earliest, &here),
            since
        );
        Self { source: (source_start, source_end), mirror: (mirror_start, mirror_end), since }
    }

    /// From, to and what is to be said about them.
    fn of(&self, task: &Task, range: VerifyRange) -> Result<(i64, i64, Vec<String>), String> {
        let source_start = offset(&self.source.0, &task.source, "source")?.unwrap_or(0);
        let source_end = offset(&self.source.1, &task.source, "source")?.unwrap_or(0);
        let mirror_start = offset(&self.mirror.0, &task.mirror, "mirror")?.unwrap_or(0);
        let mirror_end = offset(&self.mirror.1, &task.mirror, "mirror")?.unwrap_or(0);
        let since = match &self.since {
            Some(found) => offset(found, &task.source, "source")?,
            None => None,
        };
        Ok(settle((source_start, source_end), (mirror_start, mirror_end), since, range))
    }
}

fn offset(offsets: &Offsets, place: &TopicPartition, side: &str) -> Result<Option<i64>, String> {
    match offsets.get(place) {
        Some(Ok(listed)) => Ok(listed.offset),
        Some(Err(error)) => Err(format!("the {side}: {}", words(error))),
        None => Err(format!("the {side} did not tell its offsets")),
    }
}

/// The range that both sides have, and what is outside of it.
fn settle(
    source: (i64, i64),
    mirror: (i64, i64),
    since: Option<i64>,
    range: VerifyRange,
) -> (i64, i64, Vec<String>) {
    let (start, end) = (source.0.max(mirror.0), source.1.min(mirror.1));
    let mut notes = Vec::new();
    if mirror.0 > source.0 {
        notes.push(format!(
            "the mirror begins at offset {}, the source at {}: what is below is not compared",
            mirror.0, source.0
        ));
    } else if source.0 > mirror.0 {
        notes.push(format!(
            "the source begins at offset {} now, the mirror at {}: what is below is not compared",
            source.0, mirror.0
        ));
    }
    let (from, to) = match range {
        VerifyRange::All => (start, end),
        VerifyRange::Last { records } => (start.max(end.saturating_sub(records.max(0))), end),
        VerifyRange::Offsets { from, to } => (start.max(from), to.map_or(end, |to| end.min(to))),
        VerifyRange::Since { .. } => (start.max(since.unwrap_or(end)), end),
    };
    if to == end && source.1 > mirror.1 {
        notes.push(format!(
            "{} offsets of the source are not on the mirror yet",
            source.1 - mirror.1
        ));
    } else if to == end && mirror.1 > source.1 {
        notes.push(format!(
            "the mirror goes on for {} offsets beyond the source's end; they have nothing to be compared with",
            mirror.1 - source.1
        ));
    }
    if from >= to {
        notes.push("no offsets in the range".to_owned());
    }
    (from.min(to.max(0)), to.max(0), notes)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_range_is_what_both_sides_have() {
        let all = |source, mirror| settle(source, mirror, None, VerifyRange::All);
        assert_eq!(all((0, 10), (0, 10)), (0, 10, vec![]));
        let (from, to, notes) = all((0, 10), (4, 8));
        assert_eq!((from, to, notes.len()), (4, 8, 2), "trimmed and behind: {notes:?}");
        let (from, to, notes) = all((5, 10), (0, 12));
        assert_eq!((from, to, notes.len()), (5, 10, 2), "retention and foreign records: {notes:?}");
    }

    #[test]
    fn a_chosen_range_is_cut_to_what_is_there() {
        let (source, mirror) = ((0, 10), (2, 9));
        let of = |range, since| {
            let (from, to, _) = settle(source, mirror, since, range);
            (from, to)
        };
        assert_eq!(of(VerifyRange::Last { records: 3 }, None), (6, 9));
        assert_eq!(of(VerifyRange::Last { records: 100 }, None), (2, 9));
        assert_eq!(of(VerifyRange::Offsets { from: 1, to: Some(5) }, None), (2, 5));
        assert_eq!(of(VerifyRange::Offsets { from: 20, to: None }, None), (9, 9));
        assert_eq!(of(VerifyRange::Since { at_ms: 1 }, Some(7)), (7, 9));
        assert_eq!(of(VerifyRange::Since { at_ms: 1 }, None), (9, 9));
    }

    #[test]
    fn a_topic_whose_policy_cannot_be_read_is_said_to_be_compared_as_not_compacted() {
        let cleaned = Cleaned { unread: ["orders".to_owned()].into(), ..Cleaned::default() };
        let note = cleaned.note("source", "orders").unwrap_or_default();
        assert!(note.contains("cleanup.policy of the source cannot be read"), "{note}");
        assert_eq!(cleaned.note("source", "payments"), None);
    }
}
