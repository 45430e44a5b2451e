//! Elections of leaders.

use std::collections::BTreeSet;

use drawbridge_kafka::{
    Error, ErrorCode as Kafka,
    admin::{TopicPartition, elections::Election},
};
use drawbridge_shared::{
    draft::FieldError,
    view::{ElectionKind, ElectionOutcome, ElectionRow, Severity},
};

use crate::{
    activity::Change,
    clusters::Cluster,
    notices::Notices,
    refusal::{Doing, Refusal, refuse},
};

/// Elects leaders of partitions; each has its row, whatever becomes of the others.
///
/// An unclean election makes any live replica the leader of a partition that has none: what only the others have is
/// lost. Kafka refuses it for a partition that has a leader, so that a stale view does no harm.
///
/// # Errors
/// `Invalid` when no partition is named or one is named twice; `Denied`; `Unavailable`.
pub async fn elect(
    cluster: &Cluster,
    notices: &Notices,
    kind: ElectionKind,
    partitions: &[(String, i32)],
) -> Result<Vec<ElectionRow>, Refusal> {
    let elected = try_elect(cluster, kind, partitions).await;
    let change = Change::on(&cluster.spec().name, words(kind, partitions.len()));
    let named = partitions.iter().map(|(topic, number)| format!("{topic}-{number}"));
    let change = change.from_to(None, Some(named.collect::<Vec<_>>().join(", ")));
    notices.activity().told_in_words(change, refused(&elected));
    if let Ok(rows) = &elected {
        let n_elected = rows.iter().filter(|row| row.outcome == ElectionOutcome::Elected).count();
        if n_elected > 0 {
            cluster.topics_changed();
            let (n_all, name) = (rows.len(), &cluster.spec().name);
            let (severity, how) = match kind {
                ElectionKind::Preferred => (Severity::Info, "preferred leaders were elected"),
                ElectionKind::Unclean => {
                    (Severity::Attention, "leaders were elected uncleanly, records may be lost")
                }
            };
            let message = format!("{how} in {n_elected} of {n_all} partitions");
            notices.push(severity, name, None, message);
        }
    }
    elected
}

fn words(kind: ElectionKind, n: usize) -> String {
    let partitions = if n == 1 { "partition" } else { "partitions" };
    match kind {
        ElectionKind::Preferred => format!("elect the preferred leaders of {n} {partitions}"),
        ElectionKind::Unclean => format!("elect leaders of {n} {partitions} uncleanly"),
    }
}

/// Why not all was done, if not all was.
fn refused(elected: &Result<Vec<ElectionRow>, Refusal>) -> Option<String> {
    let rows = match elected {
        Ok(rows) => rows,
        Err(refusal) => return Some(refusal.in_full()),
    };
    let mut errors = rows.iter().filter_map(|row| Some((row, row.error.as_ref()?)));
    let (row, error) = errors.next()?;
    let (n_failed, n_all) = (errors.count() + 1, rows.len());
    Some(format!(
        "not in {n_failed} of {n_all} partitions; {}-{}: {error}",
        row.topic, row.partition
    ))
}

async fn try_elect(
    cluster: &Cluster,
    kind: ElectionKind,
    partitions: &[(String, i32)],
) -> Result<Vec<ElectionRow>, Refusal> {
    check(partitions)?;
    let name = &cluster.spec().name;
    let doing = Doing::on_cluster(words(kind, partitions.len()), "ALTER");
    let client = cluster.confirmed().await?;
    let asked: Vec<TopicPartition> = partitions
        .iter()
        .map(|(topic, number)| TopicPartition::new(topic.as_str(), *number))
        .collect();
    let election = match kind {
        ElectionKind::Preferred => Election::Preferred,
        ElectionKind::Unclean => Election::Unclean,
    };
    let mut answers = client
        .elect_leaders(election, Some(&asked))
        .await
        .map_err(|error| refuse(name, &doing, &error))?;
    let row = |partition: TopicPartition| {
        let (outcome, error) = match answers.remove(&partition) {
            Some(answer) => outcome(answer, kind),
            None => {
                let unknown = "no answer; it may or may not have been done".to_owned();
                (ElectionOutcome::Refused, Some(unknown))
            }
        };
        ElectionRow { topic: partition.topic, partition: partition.partition, outcome, error }
    };
    Ok(asked.into_iter().map(row).collect())
}

/// What came of an election in one partition, in words.
fn outcome(answer: Result<(), Error>, kind: ElectionKind) -> (ElectionOutcome, Option<String>) {
    let Err(error) = answer else { return (ElectionOutcome::Elected, None) };
    let why = match (error.code(), kind) {
        (Some(Kafka::ELECTION_NOT_NEEDED), ElectionKind::Preferred) => {
            return (ElectionOutcome::NotNeeded, None);
        }
        (Some(Kafka::ELECTION_NOT_NEEDED), ElectionKind::Unclean) => {
            "it has a leader, so nothing was done".to_owned()
        }
        (Some(Kafka::PREFERRED_LEADER_NOT_AVAILABLE), _) => {
            "the preferred leader is down or not in sync; wait until it is".to_owned()
        }
        (Some(Kafka::ELIGIBLE_LEADERS_NOT_AVAILABLE), ElectionKind::Unclean) => {
            "no replica is alive; start a broker that has one".to_owned()
        }
        (Some(Kafka::ELIGIBLE_LEADERS_NOT_AVAILABLE), ElectionKind::Preferred) => {
            "no replica in sync is alive; start the broker that led it last".to_owned()
        }
        (Some(Kafka::UNKNOWN_TOPIC_OR_PARTITION), _) => {
            "there is no such partition; it was deleted".to_owned()
        }
        _ => error.to_string(),
    };
    (ElectionOutcome::Refused, Some(why))
}

fn check(partitions: &[(String, i32)]) -> Result<(), Refusal> {
    let wrong = |message: String| Refusal::of_fields(vec![FieldError::new("partitions", message)]);
    if partitions.is_empty() {
        return Err(wrong("no partition is named; name at least one".to_owned()));
    }
    let mut seen = BTreeSet::new();
    match partitions.iter().find(|partition| !seen.insert(*partition)) {
        None => Ok(()),
        Some((topic, number)) => {
            Err(wrong(format!("partition {number} of topic '{topic}' is named twice; keep one")))
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use drawbridge_kafka::Asked;

    fn came_of(code: i16, kind: ElectionKind) -> (ElectionOutcome, String) {
        let error = Error::broker(code, None, Asked::new("ElectLeaders"));
        let (outcome, error) = outcome(Err(error), kind);
        (outcome, error.unwrap_or_default())
    }

    #[test]
    fn a_leader_that_leads_already_is_no_failure_unless_records_were_to_be_given_up() {
        use ElectionKind::{Preferred, Unclean};
        assert_eq!(came_of(84, Preferred), (ElectionOutcome::NotNeeded, String::new()));
        let (outcome, why) = came_of(84, Unclean);
        assert_eq!(outcome, ElectionOutcome::Refused);
        assert!(why.contains("has a leader"), "{why}");
        assert!(came_of(80, Preferred).1.contains("not in sync"));
        assert!(came_of(83, Unclean).1.contains("no replica is alive"));
        assert!(came_of(3, Preferred).1.contains("deleted"));
    }

    #[test]
    fn partitions_are_named_and_each_once() {
        let named = |numbers: &[i32]| -> Vec<(String, i32)> {
            numbers.iter().map(|number| ("orders".to_owned(), *number)).collect()
        };
        assert!(check(&named(&[0, 1])).is_ok());
        assert!(check(&named(&[])).is_err());
        assert!(check(&named(&[0, 0])).unwrap_err().message.contains("twice"));
    }
}
