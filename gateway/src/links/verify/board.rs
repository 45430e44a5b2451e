//! What a comparison shows while it goes on and after it has ended.

use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

use drawbridge_shared::{
    view::{VerifyPartition, VerifyRange, VerifyRun, VerifyState, VerifyVerdict, VerifyView},
    wire::FeedData,
};
use tokio::sync::watch;

use crate::{clock::now_ms, feeds::FeedState};

/// One per comparison; written by its partitions, published a few times a second.
#[derive(Debug)]
pub(super) struct Board {
    view: Mutex<VerifyView>,
    feed: watch::Sender<FeedState>,
}

impl Board {
    pub(super) fn new(id: u64, range: VerifyRange, feed: watch::Sender<FeedState>) -> Self {
        let run = VerifyRun {
            id,
            range,
            state: VerifyState::Running,
            error: None,
            started_ms: now_ms(),
            ended_ms: None,
            offsets_done: 0,
            offsets_total: 0,
            records: 0,
            bytes: 0,
            records_per_second: 0,
        };
        let view = Mutex::new(VerifyView { run: Some(run), partitions: Vec::new() });
        Self { view, feed }
    }

    fn view(&self) -> MutexGuard<'_, VerifyView> {
        self.view.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// Everything that will be looked at, in the order of the partitions' keys.
    pub(super) fn plan(&self, mut partitions: Vec<VerifyPartition>) {
        partitions.sort_by(|a, b| (&a.topic, a.partition).cmp(&(&b.topic, b.partition)));
        self.view().partitions = partitions;
    }

    /// Changes what is known of a partition.
    pub(super) fn change(
        &self,
        topic: &str,
        partition: i32,
        bytes: u64,
        change: impl FnOnce(&mut VerifyPartition),
    ) {
        let mut view = self.view();
        if let Some(run) = &mut view.run {
            run.bytes = run.bytes.saturating_add(bytes);
        }
        let found =
            view.partitions.iter_mut().find(|at| at.partition == partition && at.topic == topic);
        if let Some(at) = found {
            change(at);
        }
    }

    /// Shows it to whoever follows.
    pub(super) fn publish(&self) {
        let shown = {
            let mut view = self.view();
            let VerifyView { run: Some(run), partitions } = &mut *view else { return };
            run.records = partitions.iter().map(|at| at.records).sum();
            run.offsets_total = partitions.iter().map(|at| (at.to - at.from).max(0)).sum();
            let done = |at: &VerifyPartition| match at.verdict {
                VerifyVerdict::Differs | VerifyVerdict::NotComparable => (at.to - at.from).max(0),
                _ => (at.next - at.from).max(0),
            };
            run.offsets_done = partitions.iter().map(done).sum();
            let took = run.ended_ms.unwrap_or_else(now_ms).saturating_sub(run.started_ms).max(1);
            run.records_per_second =
                run.records.saturating_mul(1000) / u64::try_from(took).unwrap_or(1);
            view.clone()
        };
        self.feed.send_replace(FeedState::Data(Arc::new(FeedData::Verify(Box::new(shown)))));
    }

    /// It has ended. Partitions that were not finished say so.
    pub(super) fn end(&self, state: VerifyState, error: Option<String>) {
        {
            let mut view = self.view();
            for at in &mut view.partitions {
                if matches!(at.verdict, VerifyVerdict::Waiting | VerifyVerdict::Comparing) {
                    at.verdict = VerifyVerdict::Unfinished;
                }
            }
            if let Some(run) = &mut view.run {
                (run.state, run.error, run.ended_ms) = (state, error, Some(now_ms()));
            }
        }
        self.publish();
    }

    /// The result in a sentence.
    pub(super) fn sentence(&self) -> String {
        let view = self.view();
        let count = |wanted| view.partitions.iter().filter(|at| at.verdict == wanted).count();
        let all = [
            (count(VerifyVerdict::Equal), "equal"),
            (count(VerifyVerdict::Differs), "different"),
            (count(VerifyVerdict::NotComparable), "not comparable"),
            (count(VerifyVerdict::Unfinished), "not finished"),
        ];
        let told = all.iter().filter(|(n, _)| *n > 0).map(|(n, what)| format!("{n} {what}"));
        let told = told.collect::<Vec<_>>().join(", ");
        let run = view.run.as_ref();
        let records = run.map_or(0, |run| run.records);
        let state = match run.map(|run| run.state) {
            Some(VerifyState::Cancelled) => "cancelled; ",
            Some(VerifyState::Failed) => "failed; ",
            _ => "",
        };
        let why = run.and_then(|run| run.error.as_deref()).map(|why| format!(": {why}"));
        format!(
            "{state}partitions: {}; {records} records compared{}",
            if told.is_empty() { "none" } else { &told },
            why.unwrap_or_default()
        )
    }

    /// Whether every partition is equal.
    pub(super) fn is_equal(&self) -> bool {
        self.view().partitions.iter().all(|at| at.verdict == VerifyVerdict::Equal)
    }
}
