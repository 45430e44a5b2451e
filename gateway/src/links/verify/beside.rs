//! A stretch of one partition of a mirror beside its source, offset by offset.

use drawbridge_kafka::admin::TopicPartition;
use drawbridge_shared::{
    draft::FieldError,
    link::LinkName,
    names::{ClusterName, TopicName},
    view::{CompareCell, CompareRow, CompareSide, CompareView, MAX_COMPARED, NoRecord},
    wire::ErrorCode,
};

use super::{
    marks, own,
    peek::{Extent, Found, Peek, Spot},
};
use crate::{
    links::{Links, ends::Ends, half::Order},
    refusal::Refusal,
};

/// Which offsets of which partition.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Stretch {
    /// The partition.
    pub partition: i32,
    /// The first offset; none for the newest ones of the mirror.
    pub from: Option<i64>,
    /// How many offsets.
    pub count: u32,
}

impl Links {
    /// Reads a stretch of a mirror's partition beside the same offsets of its source.
    ///
    /// # Errors
    /// `NotFound`; `Invalid` for a stretch that is none; `Unavailable` when a side cannot be read.
    pub async fn compare(
        &self,
        cluster: &ClusterName,
        link: &LinkName,
        topic: &TopicName,
        wanted: Stretch,
    ) -> Result<CompareView, Refusal> {
        check(wanted)?;
        let source_topic = self.mirror(cluster, link, topic)?.mirror.source_topic;
        let half = self.half(cluster, link)?;
        let ends: Ends = half.ask(|reply| Order::Ends { reply }).await?;
        // Clients of its own: none waits behind a long poll of the link.
        let ends = Ends { source: own(&ends.source)?, sink: own(&ends.sink)? };
        let names = Names { source: &source_topic, mirror: topic.as_str() };
        let compared = beside(&ends, names, wanted).await;
        ends.close().await;
        compared
    }
}

fn check(wanted: Stretch) -> Result<(), Refusal> {
    let wrong = |field: &str, message: String| {
        Err(Refusal::of_fields(vec![FieldError::new(field, message)]))
    };
    if !(1..=MAX_COMPARED).contains(&wanted.count) {
        return wrong("count", format!("ask for 1 to {MAX_COMPARED} offsets"));
    }
    if wanted.from.is_some_and(|from| from < 0) {
        return wrong("from", "offsets begin at 0".to_owned());
    }
    Ok(())
}

#[derive(Debug, Clone, Copy)]
struct Names<'a> {
    source: &'a str,
    mirror: &'a str,
}

async fn beside(ends: &Ends, names: Names<'_>, wanted: Stretch) -> Result<CompareView, Refusal> {
    let (n_source, source) = spot(&ends.source, "the source", names.source, wanted).await?;
    let (n_mirror, mirror) = spot(&ends.sink, "the mirror", names.mirror, wanted).await?;
    let (a, b) = tokio::try_join!(source.extent(), mirror.extent()).map_err(unreadable)?;
    let count = i64::from(wanted.count);
    let from = wanted.from.unwrap_or_else(|| b.end.saturating_sub(count).max(b.start).max(0));
    let until = from.saturating_add(count).min(a.end.max(b.end)).max(from);
    let read = |extent: Extent| (from.max(extent.start), until.min(extent.stable));
    let ((a_from, a_to), (b_from, b_to)) = (read(a), read(b));
    let (left, right) = tokio::try_join!(source.peek(a_from, a_to), mirror.peek(b_from, b_to))
        .map_err(unreadable)?;
    let until = reached(&left, a_to, until).min(reached(&right, b_to, until));
    let mut rows: Vec<CompareRow> = Vec::new();
    for offset in from..until {
        let next = row(offset, &left.at(offset, a), &right.at(offset, b));
        match rows.last_mut() {
            Some(last) if is_same_nothing(last, &next) => last.last = offset,
            _ => rows.push(next),
        }
    }
    let side = |topic: &str, partitions, extent: Extent| CompareSide {
        topic: topic.to_owned(),
        partitions,
        log_start: extent.start,
        end: extent.end,
        stable: extent.stable,
    };
    Ok(CompareView {
        source: side(names.source, n_source, a),
        mirror: side(names.mirror, n_mirror, b),
        rows,
        from,
        next: until,
    })
}

/// How far a side is known: all of it, unless reading ended early.
fn reached(peek: &Peek, asked: i64, until: i64) -> i64 {
    if peek.read_to < asked { peek.read_to } else { until }
}

fn is_same_nothing(last: &CompareRow, next: &CompareRow) -> bool {
    let is_nothing = |cell: &CompareCell| matches!(cell, CompareCell::Nothing(_));
    is_nothing(&next.source)
        && is_nothing(&next.mirror)
        && (&last.source, &last.mirror) == (&next.source, &next.mirror)
        // Each marker ends a transaction of its own.
        && !matches!(next.source, CompareCell::Nothing(NoRecord::Commit | NoRecord::Abort))
}

fn row(offset: i64, source: &Found, mirror: &Found) -> CompareRow {
    let mut differs = Vec::new();
    let alone = |found: &Found| match found {
        Found::Record(record) => CompareCell::Record(Box::new(marks::alone(record))),
        Found::Nothing(why) => CompareCell::Nothing(*why),
    };
    let (source, mirror) = match (source, mirror) {
        (Found::Record(a), Found::Record(b)) => {
            let ([a, b], found) = marks::both(a, b);
            differs = found;
            (CompareCell::Record(Box::new(a)), CompareCell::Record(Box::new(b)))
        }
        _ => (alone(source), alone(mirror)),
    };
    CompareRow { offset, last: offset, source, mirror, differs }
}

fn unreadable(words: String) -> Refusal {
    Refusal::new(ErrorCode::Unavailable, words)
        .remedy("Look at the link's page whether both clusters answer, then try again.")
}

async fn spot<'a>(
    client: &'a drawbridge_kafka::Client,
    name: &'static str,
    topic: &str,
    wanted: Stretch,
) -> Result<(i32, Spot<'a>), Refusal> {
    let failed =
        |error: &drawbridge_kafka::Error| unreadable(format!("{name} cannot be read: {error}"));
    let mut described = client.describe_topics(&[topic]).await.map_err(|error| failed(&error))?;
    let described = match described.remove(topic) {
        Some(found) => found.map_err(|error| failed(&error))?,
        None => {
            return Err(Refusal::new(ErrorCode::NotFound, format!("{name} has no '{topic}'")));
        }
    };
    let partitions = i32::try_from(described.partitions.len()).unwrap_or(i32::MAX);
    if !(0..partitions).contains(&wanted.partition) {
        let message = format!("{name} has no partition {} of '{topic}'", wanted.partition);
        return Err(Refusal::new(ErrorCode::NotFound, message)
            .remedy(format!("It has partitions 0 to {}.", partitions.saturating_sub(1))));
    }
    let place = TopicPartition::new(topic, wanted.partition);
    let topic_id = Some(described.id).filter(|id| !id.is_nil());
    Ok((partitions, Spot { client, name, place, topic_id }))
}
