//! Carries a comparison out: two cursors per partition, a few partitions at a time.

use std::{sync::Arc, time::Duration};

use drawbridge_kafka::Client;
use drawbridge_shared::view::{VerifyDifference, VerifyRange, VerifyVerdict};
use futures_util::{StreamExt, stream};

use super::{
    board::Board,
    compare::{self, Pair, Side, Step},
    plan::{self, Task},
    reader::{self, Reader},
};
use crate::links::{budget::Budget, mover::words};

/// Partitions compared at a time.
const AT_ONCE: u16 = 2;
/// Between two states that are shown.
const PACE: Duration = Duration::from_millis(250);
/// Records between two looks at whether others want to run.
const BREATH: u64 = 256;

/// What is compared.
pub(super) struct Job {
    pub(super) source: Client,
    pub(super) sink: Client,
    /// Mirror and source topic.
    pub(super) topics: Vec<(String, String)>,
    pub(super) range: VerifyRange,
    pub(super) budget: Budget,
    pub(super) board: Arc<Board>,
}

impl Job {
    /// Compares everything; what comes out is on the board.
    ///
    /// # Errors
    /// In words, when it cannot even begin.
    pub(super) async fn run(&self) -> Result<(), String> {
        self.board.publish();
        let plan = plan::plan(&self.source, &self.sink, &self.topics, self.range).await?;
        self.board.plan(plan.rows);
        self.board.publish();
        let lanes = std::sync::Mutex::new((0..AT_ONCE).collect::<Vec<u16>>());
        let work = stream::iter(plan.tasks).for_each_concurrent(usize::from(AT_ONCE), |task| {
            let lanes = &lanes;
            async move {
                let take = || lanes.lock().ok().and_then(|mut free| free.pop());
                let lane = take().unwrap_or_default();
                self.compare(&task, lane).await;
                if let Ok(mut free) = lanes.lock() {
                    free.push(lane);
                }
            }
        });
        tokio::pin!(work);
        let mut pace = tokio::time::interval(PACE);
        loop {
            tokio::select! {
                () = &mut work => return Ok(()),
                _ = pace.tick() => self.board.publish(),
            }
        }
    }

    async fn compare(&self, task: &Task, lane: u16) {
        let mut one = Comparison::new(self, task, lane);
        let outcome = one.run().await;
        let (verdict, difference, note) = match outcome {
            Ok(None) => (VerifyVerdict::Equal, None, None),
            Ok(Some(difference)) => (VerifyVerdict::Differs, Some(difference), None),
            Err(why) => (VerifyVerdict::NotComparable, None, Some(why)),
        };
        one.tell(move |at| {
            at.verdict = verdict;
            at.difference = difference;
            at.notes.extend(note);
        });
    }
}

/// One partition.
struct Comparison<'a> {
    job: &'a Job,
    task: &'a Task,
    pair: Pair,
    source: Reader,
    mirror: Reader,
    records: u64,
    compacted: u64,
    /// Bytes compared since it was told last.
    bytes: u64,
}

impl<'a> Comparison<'a> {
    fn new(job: &'a Job, task: &'a Task, lane: u16) -> Self {
        let reader = |client, name, place: &drawbridge_kafka::admin::TopicPartition, id| {
            Reader::new(client, name, place.clone(), id, lane, &job.budget, task.from)
        };
        Self {
            job,
            task,
            pair: Pair::new(task.from, task.to),
            source: reader(&job.source, "the source", &task.source, task.source_id),
            mirror: reader(&job.sink, "the mirror", &task.mirror, task.mirror_id),
            records: 0,
            compacted: 0,
            bytes: 0,
        }
    }

    fn tell(&mut self, more: impl FnOnce(&mut drawbridge_shared::view::VerifyPartition)) {
        let (next, records, compacted) = (self.pair.next(), self.records, self.compacted);
        let bytes = std::mem::take(&mut self.bytes);
        let place = &self.task.mirror;
        self.job.board.change(&place.topic, place.partition, bytes, |at| {
            (at.next, at.records, at.compacted) = (next, records, compacted);
            more(at);
        });
    }

    /// The first difference, if there is one.
    async fn run(&mut self) -> Result<Option<VerifyDifference>, String> {
        self.tell(|at| at.verdict = VerifyVerdict::Comparing);
        loop {
            match self.pair.step() {
                Step::Read(side) => self.read(side).await?,
                Step::Same(bytes) => {
                    self.records += 1;
                    self.bytes = self.bytes.saturating_add(bytes);
                    if self.records.is_multiple_of(BREATH) {
                        tokio::task::yield_now().await;
                    }
                }
                Step::Differs(difference) => return Ok(Some(difference)),
                Step::Alone(side, record) => {
                    let floor = self.floor(side.other()).await?;
                    if floor > record.offset {
                        self.raise(floor);
                    } else if self.task.compacted {
                        self.compacted += 1;
                    } else {
                        return Ok(Some(compare::lone(side, &record)));
                    }
                }
                Step::End => {
                    let n = self.compacted;
                    self.tell(|at| {
                        if n > 0 {
                            at.notes.push(format!(
                                "{n} offsets are compacted on one side only: the cleaners of the two clusters run at different times"
                            ));
                        }
                    });
                    return Ok(None);
                }
            }
        }
    }

    async fn read(&mut self, side: Side) -> Result<(), String> {
        let reader = match side {
            Side::Source => &mut self.source,
            Side::Mirror => &mut self.mirror,
        };
        let chunk = reader.read(self.task.to).await?;
        if let Some(start) = chunk.log_start {
            self.raise(start);
        }
        self.pair.read(side, chunk.records, chunk.read_to);
        self.tell(|_| {});
        Ok(())
    }

    /// Where a side's log begins now.
    async fn floor(&self, side: Side) -> Result<i64, String> {
        let (client, place) = match side {
            Side::Source => (&self.job.source, &self.task.source),
            Side::Mirror => (&self.job.sink, &self.task.mirror),
        };
        reader::log_start(client, place).await.map_err(|error| words(&error))
    }

    /// Records below were removed while they were compared: they are left out.
    fn raise(&mut self, floor: i64) {
        if self.pair.raise(floor) {
            self.tell(|at| {
                at.notes.retain(|note| !note.starts_with(REMOVED));
                at.notes.push(format!("{REMOVED} {floor} meanwhile, and they are not compared"));
            });
        }
        self.source.raise(floor);
        self.mirror.raise(floor);
    }
}

const REMOVED: &str = "one side removed its records below offset";
