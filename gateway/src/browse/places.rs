//! Records whose places are known, read again as a list shows them.

use std::{
    collections::{BTreeMap, BTreeSet},
    time::{Duration, Instant},
};

use drawbridge_shared::{
    draft::FieldError,
    names::{ClusterName, TopicName},
    view::{Decoding, MAX_PLACES, PartitionPosition, RecordView},
    wire::ErrorCode,
};
use rdkafka::message::Message;

use super::{
    Browse,
    decode::Decoder,
    paths::Paths,
    reader::{Polled, Reader},
    view::Look,
};
use crate::refusal::Refusal;

/// How long the brokers may take to send them all.
const PATIENCE: Duration = Duration::from_secs(20);
const POLL: Duration = Duration::from_millis(25);
/// Offsets between two records that are rather read through than skipped: another beginning costs a fetch.
const NEAR: i64 = 100;

/// Which records, and how they are shown.
#[derive(Debug, Clone)]
pub struct WantedRecords {
    /// On which cluster.
    pub cluster: ClusterName,
    /// Of which topic.
    pub topic: TopicName,
    /// Where they are.
    pub places: Vec<PartitionPosition>,
    /// How their keys are shown.
    pub key: Decoding,
    /// How their values are shown.
    pub value: Decoding,
    /// `JSONPaths` into their values.
    pub paths: Vec<String>,
}

type Found = BTreeMap<(i32, i64), RecordView>;

impl Browse {
    /// Reads records as a list shows them, in the order of their places; none where there is no record any more.
    ///
    /// # Errors
    /// More places than [`MAX_PLACES`], a wrong path; what keeps the cluster from answering.
    pub async fn read_again(
        &self,
        wanted: WantedRecords,
    ) -> Result<Vec<Option<RecordView>>, Refusal> {
        if wanted.places.len() > MAX_PLACES {
            let message = format!("Ask for at most {MAX_PLACES} records.");
            return Err(Refusal::of_fields(vec![FieldError { field: "places".into(), message }]));
        }
        let paths = Paths::of(&wanted.paths)?;
        let cluster = wanted.cluster.clone();
        let partitions: BTreeSet<i32> = wanted.places.iter().map(|at| at.partition).collect();
        let ends = self.ends(&cluster, &wanted.topic, partitions).await?;
        self.with_reader(&cluster, move |reader, cluster| {
            let decoder = Decoder::of(cluster, &wanted.topic);
            let reading = Reading { reader, wanted: &wanted, decoder: &decoder, paths: &paths };
            let is_there = |at: &&PartitionPosition| {
                ends.get(&at.partition).is_none_or(|end| at.offset < *end)
            };
            let places: Vec<_> = wanted.places.iter().filter(is_there).cloned().collect();
            let found = reading.all(&places)?;
            let place = |at: &PartitionPosition| found.get(&(at.partition, at.offset)).cloned();
            Ok(wanted.places.iter().map(place).collect())
        })
        .await
    }
}

/// Offsets of a partition that are read in one go.
#[derive(Debug, Clone, PartialEq, Eq)]
struct Run {
    partition: i32,
    first: i64,
    last: i64,
    offsets: BTreeSet<i64>,
}

impl Run {
    fn of(partition: i32, offset: i64) -> Self {
        Self { partition, first: offset, last: offset, offsets: BTreeSet::from([offset]) }
    }
}

/// What is read at once: a run of each partition that still has one.
fn rounds(places: &[PartitionPosition]) -> Vec<Vec<Run>> {
    let places: BTreeSet<(i32, i64)> =
        places.iter().map(|place| (place.partition, place.offset)).collect();
    let mut runs: Vec<Run> = Vec::new();
    for (partition, offset) in places {
        match runs.last_mut() {
            Some(run) if run.partition == partition && offset.saturating_sub(run.last) <= NEAR => {
                run.last = offset;
                run.offsets.insert(offset);
            }
            _ => runs.push(Run::of(partition, offset)),
        }
    }
    let mut rounds: Vec<Vec<Run>> = Vec::new();
    let mut n_before: BTreeMap<i32, usize> = BTreeMap::new();
    for run in runs {
        let round = n_before.entry(run.partition).or_default();
        match rounds.get_mut(*round) {
            Some(runs) => runs.push(run),
            None => rounds.push(vec![run]),
        }
        *round += 1;
    }
    rounds
}

struct Reading<'a> {
    reader: &'a Reader,
    wanted: &'a WantedRecords,
    decoder: &'a Decoder,
    paths: &'a Paths,
}

impl Reading<'_> {
    fn all(&self, places: &[PartitionPosition]) -> Result<Found, Refusal> {
        let deadline = Instant::now() + PATIENCE;
        let mut found = Found::new();
        for round in rounds(places) {
            self.round(round, deadline, &mut found)?;
        }
        Ok(found)
    }

    fn round(&self, runs: Vec<Run>, deadline: Instant, found: &mut Found) -> Result<(), Refusal> {
        let topic = self.wanted.topic.as_str();
        let WantedRecords { key, value, .. } = self.wanted;
        let look = Look { key: *key, value: *value, header: Decoding::Auto, is_whole: false };
        let from: Vec<(i32, i64)> = runs.iter().map(|run| (run.partition, run.first)).collect();
        self.reader.assign(topic, &from).map_err(|words| self.failed(words))?;
        let mut open: BTreeMap<i32, Run> =
            runs.into_iter().map(|run| (run.partition, run)).collect();
        let mut trouble = "no answer in time".to_owned();
        while !open.is_empty() {
            if Instant::now() >= deadline {
                return Err(self.failed(trouble));
            }
            let ended = match self.reader.poll(POLL) {
                Polled::Record(message) => {
                    let (partition, offset) = (message.partition(), message.offset());
                    let Some(run) = open.get(&partition) else { continue };
                    if run.offsets.contains(&offset) {
                        let record = look.show(&message, self.decoder, self.paths);
                        found.insert((partition, offset), record);
                    }
                    // One before the first: the log is shorter than it was, and is read from its beginning.
                    (offset < run.first || offset >= run.last).then_some(partition)
                }
                Polled::End(partition) => Some(partition),
                Polled::Nothing => None,
                Polled::Failed(words) => return Err(self.failed(words)),
                Polled::Trouble(words) => {
                    trouble = words;
                    None
                }
            };
            if let Some(partition) = ended
                && open.remove(&partition).is_some()
            {
                self.reader.leave(topic, partition);
            }
        }
        Ok(())
    }

    fn failed(&self, words: String) -> Refusal {
        let WantedRecords { cluster, topic, .. } = self.wanted;
        let message = format!("{cluster} could not read records of {topic} again");
        Refusal::new(ErrorCode::Unavailable, message).cause(words)
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    proptest! {
        #[test]
        fn each_place_is_read_once_by_runs_without_far_gaps(
            places in proptest::collection::vec((0_i32..4, prop_oneof![0_i64..2_000, any::<i64>()]), 0..200),
        ) {
            let asked: Vec<PartitionPosition> = places
                .iter()
                .map(|(partition, offset)| PartitionPosition { partition: *partition, offset: *offset })
                .collect();
            let mut read = Vec::new();
            for round in rounds(&asked) {
                let partitions: BTreeSet<i32> = round.iter().map(|run| run.partition).collect();
                prop_assert_eq!(partitions.len(), round.len(), "a partition once in a round");
                for run in round {
                    let offsets: Vec<i64> = run.offsets.iter().copied().collect();
                    prop_assert_eq!((run.first, run.last), (offsets[0], offsets[offsets.len() - 1]));
                    prop_assert!(offsets.windows(2).all(|two| two[1] - two[0] <= NEAR));
                    read.extend(offsets.into_iter().map(|offset| (run.partition, offset)));
                }
            }
            read.sort_unstable();
            let wanted: Vec<(i32, i64)> = places.into_iter().collect::<BTreeSet<_>>().into_iter().collect();
            prop_assert_eq!(read, wanted);
        }
    }
}
