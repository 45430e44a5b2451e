//! Questions about single partitions: many of a kind go out as one request per broker.

use std::{collections::BTreeSet, sync::Arc, time::Duration};

use drawbridge_engine::{
    batch::{Batches, Control, Entry},
    partition::{
        Answer, Ask, Bounds, Certainty, Fault, FaultKind, Producer, ProducerState, Run,
        SourceFault, Tail,
    },
};
use drawbridge_kafka::{
    Client, Error, ErrorCode,
    admin::{
        PerPartition, TopicPartition,
        offsets::{Isolation, ListedOffset, OffsetSpec},
        producers::{ProducerIdentity, TransactionalInit},
        transactions::TxnMarker,
    },
    data::{FetchPartition, FetchRequest},
};
use tokio::sync::{Mutex, mpsc, oneshot};

use super::{
    Told,
    faults::{fault, source_fault, unanswered},
    reader::Id,
};

/// A machine's question about one partition.
pub(super) type About = (Id, Ask, TopicPartition);
/// The answers to several.
pub(super) type Answers = Vec<(Id, Ask, Answer)>;

/// Questions that wait for the end of a turn.
#[derive(Debug, Default)]
pub(super) struct Gathered {
    pub(super) bounds: Vec<About>,
    pub(super) producers: Vec<About>,
    pub(super) ends: Vec<About>,
}

fn take<T>(answers: &mut PerPartition<T>, place: &TopicPartition) -> Result<T, Error> {
    answers.remove(place).unwrap_or(Err(Error::Closed))
}

fn places(abouts: &[About]) -> Vec<TopicPartition> {
    abouts.iter().map(|(_, _, place)| place.clone()).collect()
}

fn offset(listed: &ListedOffset) -> i64 {
    listed.offset.unwrap_or(0)
}

/// Log start and log end on the source.
pub(super) async fn bounds(source: Client, abouts: Vec<About>) -> Answers {
    let places = places(&abouts);
    let list = |spec| source.list_offsets(spec, &places, Isolation::ReadUncommitted);
    let (mut starts, mut ends) = tokio::join!(list(OffsetSpec::Earliest), list(OffsetSpec::LogEnd));
    let answer = |(id, ask, place): About| {
        let both =
            take(&mut starts, &place).and_then(|start| Ok((start, take(&mut ends, &place)?)));
        let result: Result<Bounds, SourceFault> = match both {
            Ok((start, end)) => Ok(Bounds { start: offset(&start), end: offset(&end) }),
            Err(error) => Err(source_fault(&error)),
        };
        (id, ask, Answer::Bounds(result))
    };
    abouts.into_iter().map(answer).collect()
}

/// What the destination's leaders know of the producer of our data.
pub(super) async fn producers(sink: Client, abouts: Vec<About>, data: Producer) -> Answers {
    let mut known = sink.describe_producers(&places(&abouts)).await;
    let answer = |(id, ask, place): About| {
        let result = take(&mut known, &place).map_err(|error| unanswered(&error)).map(|active| {
            active.iter().find(|producer| producer.producer_id == data.id).map(|producer| {
                ProducerState {
                    last_sequence: producer.last_sequence,
                    epoch: i16::try_from(producer.epoch).unwrap_or(i16::MAX),
                    last_timestamp: producer.last_timestamp,
                }
            })
        });
        (id, ask, Answer::Producers(result))
    };
    abouts.into_iter().map(answer).collect()
}

/// Log ends of the mirror, above the high watermark too.
pub(super) async fn ends(sink: Client, abouts: Vec<About>) -> Answers {
    let places = places(&abouts);
    let mut ends = sink.list_offsets(OffsetSpec::LogEnd, &places, Isolation::ReadUncommitted).await;
    let answer = |(id, ask, place): About| {
        let result =
            take(&mut ends, &place).map(|end| offset(&end)).map_err(|error| unanswered(&error));
        (id, ask, Answer::LogEnd(result))
    };
    abouts.into_iter().map(answer).collect()
}

/// The batch that holds an offset of the mirror.
pub(super) async fn tail(sink: Client, about: About, at: i64) -> Answers {
    let (id, ask, place) = about;
    let result = read_tail(&sink, &place, at).await.map_err(|error| unanswered(&error));
    vec![(id, ask, Answer::Tail(result))]
}

async fn read_tail(sink: &Client, place: &TopicPartition, at: i64) -> Result<Tail, Error> {
    let leader = sink.leader(&place.topic, place.partition).await?;
    let request = FetchRequest {
        isolation: Isolation::ReadUncommitted,
        max_wait: Duration::ZERO,
        min_bytes: 0,
        // The first batch comes whatever its size.
        max_bytes: 1,
        partitions: vec![FetchPartition {
            topic: place.topic.clone(),
            topic_id: Some(leader.topic_id).filter(|id| !id.is_nil()),
            partition: place.partition,
            offset: at,
            max_bytes: 1,
            current_leader_epoch: leader.epoch,
            last_fetched_epoch: -1,
        }],
        ..FetchRequest::default()
    };
    let mut response = sink.fetch(leader.broker, 0, &request).await?;
    if let Some(error) = response.error {
        return Err(error);
    }
    let Some(found) = response.partitions.pop() else { return Ok(Tail::Unreadable) };
    match found.error {
        Some(error) if error.code() == Some(ErrorCode::OFFSET_OUT_OF_RANGE) => {
            return empty_or_unreadable(sink, place).await;
        }
        Some(error) => return Err(error),
        None => {}
    }
    for entry in Batches::new(found.records) {
        match entry {
            Ok(Entry::Batch(batch)) if batch.last_offset() >= at => {
                return Ok(Tail::Batch {
                    base: batch.base_offset(),
                    producer_id: batch.header().producer_id,
                    sequence: batch.sequence_at(at),
                    crc: batch.header().crc,
                });
            }
            Ok(_) => {}
            Err(_) => break,
        }
    }
    Ok(Tail::Unreadable)
}

/// An offset out of range is below the log start (nothing is left) or beyond what can be read.
async fn empty_or_unreadable(sink: &Client, place: &TopicPartition) -> Result<Tail, Error> {
    let places = std::slice::from_ref(place);
    let mut starts =
        sink.list_offsets(OffsetSpec::Earliest, places, Isolation::ReadUncommitted).await;
    let mut ends = sink.list_offsets(OffsetSpec::LogEnd, places, Isolation::ReadUncommitted).await;
    let start = offset(&take(&mut starts, place)?);
    let end = offset(&take(&mut ends, place)?);
    Ok(if start == end { Tail::Empty { log_end: end } } else { Tail::Unreadable })
}

/// Writes markers in their order, in one request.
pub(super) async fn markers(
    sink: Client,
    about: About,
    producer: Producer,
    runs: Vec<Run>,
) -> Answers {
    let (id, ask, place) = about;
    let result = write_markers(&sink, &place, producer, &runs).await.map_err(|error| fault(&error));
    vec![(id, ask, Answer::Filled(result))]
}

async fn write_markers(
    sink: &Client,
    place: &TopicPartition,
    producer: Producer,
    runs: &[Run],
) -> Result<(), Error> {
    let leader = sink.leader(&place.topic, place.partition).await?;
    let identity = ProducerIdentity { id: producer.id, epoch: producer.epoch };
    let mut markers = Vec::new();
    for run in runs {
        let marker = TxnMarker {
            producer: identity,
            commit: run.control == Control::Commit,
            coordinator_epoch: 0,
            partitions: vec![place.clone()],
        };
        let count = usize::try_from(run.count).unwrap_or(0);
        markers.extend(std::iter::repeat_n(marker, count));
    }
    for outcome in sink.write_txn_markers(leader.broker, &markers).await? {
        outcome.result?;
    }
    Ok(())
}

/// The empty transactions that fill offsets where markers are not permitted; shared by all movers of a link.
#[derive(Debug)]
pub(in crate::links) struct Transactions {
    id: String,
    /// One transaction at a time: the id has one producer. Whose writes are known for the link's own.
    known: Mutex<BTreeSet<i64>>,
    told: mpsc::Sender<Told>,
}

/// The transactional id of a link.
pub(in crate::links) fn transactional_id(link: &str) -> String {
    format!("_drawbridge.fill.{link}")
}

impl Transactions {
    pub(in crate::links) fn of(link: &str, told: mpsc::Sender<Told>) -> Self {
        Self { id: transactional_id(link), known: Mutex::default(), told }
    }

    /// Returns when what the producer writes is known for the link's own: another id is given to a transactional id
    /// that was not used for a week, and after 32,767 epochs.
    async fn announce(&self, known: &mut BTreeSet<i64>, producer: i64) -> Result<(), Fault> {
        if known.contains(&producer) {
            return Ok(());
        }
        let gone = || not_begun("the producer of the transactions could not be stored".to_owned());
        let (sender, receiver) = oneshot::channel();
        self.told.send(Told::Producer(producer, sender)).await.map_err(|_| gone())?;
        receiver.await.map_err(|_| gone())?;
        known.insert(producer);
        Ok(())
    }

    /// Runs empty transactions one after the other, the last one to its completion.
    async fn run(&self, sink: &Client, place: &TopicPartition, count: i64) -> Result<(), Fault> {
        let mut known = self.known.lock().await;
        let (id, fault) = (self.id.as_str(), |error| fault(&error));
        let init = TransactionalInit {
            id: id.to_owned(),
            timeout: Duration::from_secs(60),
            current: None,
        };
        let mut identity = sink.init_producer_id(Some(&init)).await.map_err(fault)?;
        for _ in 0..count {
            self.announce(&mut known, identity.id).await?;
            let places = std::slice::from_ref(place);
            let added = sink.add_partitions_to_transaction(id, identity, places).await;
            take(&mut added.map_err(fault)?, place).map_err(fault)?;
            identity = sink.end_transaction(id, identity, false).await.map_err(fault)?;
        }
        // Answered when the last transaction is completed: its marker is there then.
        sink.init_producer_id(Some(&init)).await.map_err(fault)?;
        Ok(())
    }
}

/// Fills offsets with empty transactions.
pub(super) async fn transactions(
    sink: Client,
    about: About,
    transactions: Arc<Transactions>,
    count: i64,
) -> Answers {
    let (id, ask, place) = about;
    let result = transactions.run(&sink, &place, count).await;
    vec![(id, ask, Answer::Filled(result))]
}

/// Deletes the records before an offset of the mirror.
pub(super) async fn trim(sink: Client, about: About, before: i64) -> Answers {
    let (id, ask, place) = about;
    let mut trimmed = sink.delete_records(&[(place.clone(), before)]).await;
    let result = take(&mut trimmed, &place).map_err(|error| fault(&error));
    vec![(id, ask, Answer::Trimmed(result))]
}

/// A fault of our own making: what was asked cannot be stored now.
pub(super) fn not_stored(detail: String) -> Fault {
    Fault { certainty: Certainty::Unknown, kind: FaultKind::Transient, detail }
}

/// A fault before anything was sent.
fn not_begun(detail: String) -> Fault {
    Fault { certainty: Certainty::Over, kind: FaultKind::Transient, detail }
}
