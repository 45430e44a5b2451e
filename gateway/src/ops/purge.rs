//! Deleting records below an offset (DeleteRecords, KIP-107).

use std::collections::BTreeSet;

use drawbridge_kafka::{
    Error,
    admin::{TopicPartition, topics::TopicDescription},
};
use drawbridge_shared::{draft::FieldError, names::TopicName, view::PurgeRow};

use super::topics::{changed, require_same};
use crate::{
    activity::Change,
    clusters::Cluster,
    notices::Notices,
    refusal::{Doing, Refusal, refuse},
};

/// Deletes the records below an offset in each partition named; -1 stands for the high watermark.
///
/// Partitions are independent of each other in Kafka: what came of each is in its row.
///
/// # Errors
/// `Invalid` for partitions given twice or negative offsets; `Conflict` when the topic was made again;
/// the broker's refusal when it refused every partition.
pub async fn purge(
    cluster: &Cluster,
    notices: &Notices,
    topic: &TopicName,
    expected: Option<&str>,
    before: &[(i32, i64)],
) -> Result<Vec<PurgeRow>, Refusal> {
    let purged = try_purge(cluster, topic, expected, before).await;
    let offsets = before.iter().map(|(partition, offset)| match offset {
        -1 => format!("partition {partition}: all"),
        offset => format!("partition {partition}: below {offset}"),
    });
    let words = offsets.collect::<Vec<_>>().join(", ");
    let change = Change::on(&cluster.spec().name, format!("delete records of topic '{topic}'"));
    let change = change.topic(topic).from_to(None, Some(words));
    notices.activity().told_in_words(change, refused(&purged));
    if let Ok(rows) = &purged {
        let n_done = rows.iter().filter(|row| row.error.is_none()).count();
        let n_all = rows.len();
        let message =
            format!("records of topic '{topic}' were deleted in {n_done} of {n_all} partitions");
        changed(cluster, notices, topic, message);
    }
    purged
}

/// Why not all was done, if not all was.
fn refused(purged: &Result<Vec<PurgeRow>, Refusal>) -> Option<String> {
    let rows = match purged {
        Ok(rows) => rows,
        Err(refusal) => return Some(refusal.in_full()),
    };
    let mut errors = rows.iter().filter_map(|row| Some((row.partition, row.error.as_ref()?)));
    let (partition, error) = errors.next()?;
    let n_failed = errors.count() + 1;
    let n_all = rows.len();
    Some(format!("not in {n_failed} of {n_all} partitions; partition {partition}: {error}"))
}

async fn try_purge(
    cluster: &Cluster,
    topic: &TopicName,
    expected: Option<&str>,
    before: &[(i32, i64)],
) -> Result<Vec<PurgeRow>, Refusal> {
    check(before)?;
    let name = &cluster.spec().name;
    let what = format!("delete records of topic '{topic}'");
    let doing = Doing::on_topic(what, "DELETE", topic.as_str());
    let client = cluster.confirmed().await?;
    require_partitions(&require_same(cluster, topic, expected).await?, before)?;
    let asked: Vec<(TopicPartition, i64)> = before
        .iter()
        .map(|(partition, offset)| (TopicPartition::new(topic.as_str(), *partition), *offset))
        .collect();
    let mut answers = client.delete_records(&asked).await;
    if let Some(error) = refused_alike(answers.values()) {
        return Err(refuse(name, &doing, error));
    }
    let row = |(partition, _): (TopicPartition, i64)| {
        let answer = answers.remove(&partition);
        let (log_start, error) = match answer {
            Some(Ok(log_start)) => (Some(log_start), None),
            Some(Err(error)) => {
                let refusal = refuse(name, &doing, &error);
                let remedy = refusal.remedy.unwrap_or_default();
                (None, Some(format!("{}. {remedy}", refusal.message).trim_end().to_owned()))
            }
            None => (None, Some("no answer; it may or may not have been done".to_owned())),
        };
        PurgeRow { partition: partition.partition, log_start, error }
    };
    Ok(asked.into_iter().map(row).collect())
}

/// The one reason why nothing was done; none when there are several, or when only some may have been done.
fn refused_alike<'a>(answers: impl Iterator<Item = &'a Result<i64, Error>>) -> Option<&'a Error> {
    let mut errors = answers.map(|answer| answer.as_ref().err());
    let first = errors.next()??;
    let kind = |error: &Error| (error.code(), error.outcome_unknown());
    errors.all(|error| error.is_some_and(|error| kind(error) == kind(first))).then_some(first)
}

/// All partitions must exist, so that a slip of the pen in one does not purge the others.
fn require_partitions(topic: &TopicDescription, before: &[(i32, i64)]) -> Result<(), Refusal> {
    let exists = |number: i32| topic.partitions.iter().any(|known| known.partition == number);
    match before.iter().find(|(number, _)| !exists(*number)) {
        None => Ok(()),
        Some((number, _)) => Err(Refusal::of_fields(vec![FieldError::new(
            "before",
            format!("topic '{}' has no partition {number}; nothing was deleted", topic.name),
        )])),
    }
}

fn check(before: &[(i32, i64)]) -> Result<(), Refusal> {
    let wrong = |message: String| Refusal::of_fields(vec![FieldError::new("before", message)]);
    if before.is_empty() {
        return Err(wrong("no partition is named; name at least one".to_owned()));
    }
    let mut seen = BTreeSet::new();
    for (partition, offset) in before {
        if !seen.insert(partition) {
            return Err(wrong(format!("partition {partition} is named twice")));
        }
        if *offset < -1 {
            return Err(wrong(format!(
                "{offset} is not an offset; give the first offset to keep, or -1 to keep nothing"
            )));
        }
    }
    Ok(())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_purge_that_failed_for_several_reasons_tells_each() {
        let asked = || drawbridge_kafka::Asked::new("DeleteRecords");
        let denied = || Err(Error::broker(29, None, asked()));
        let unknown = || Err(Error::broker(7, None, asked()));
        let alike = |answers: Vec<Result<i64, Error>>| {
            refused_alike(answers.iter()).map(|error| error.code().unwrap().0)
        };
        assert_eq!(alike(vec![denied(), denied()]), Some(29));
        assert_eq!(alike(vec![denied(), unknown()]), None, "one may have been done");
        assert_eq!(alike(vec![denied(), Ok(3)]), None);
        assert_eq!(alike(vec![]), None);
    }

    #[test]
    fn a_purge_names_each_partition_once_with_an_offset() {
        assert!(check(&[(0, 5), (1, -1)]).is_ok());
        assert!(check(&[]).is_err());
        assert!(check(&[(0, 5), (0, 6)]).unwrap_err().message.contains("twice"));
        assert!(check(&[(0, -2)]).unwrap_err().message.contains("-2"));
    }
}
