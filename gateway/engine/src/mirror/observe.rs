//! What is seen of the source topic and of the partitions, and what follows.

use drawbridge_shared::link::MirrorTopicError;

use super::{Mirror, MirrorEffect};
use crate::{
    Millis,
    partition::{Failure, Partition, PartitionView, Stance},
};

/// The source topic as it was looked up.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum SourceTopic {
    /// It is there.
    There {
        /// Its id, where the cluster has ids.
        id: Option<[u8; 16]>,
        /// Its partitions.
        partitions: i32,
    },
    /// The source answered that there is no such topic.
    Missing,
}

/// What one partition reports.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct PartitionReport {
    /// Which one.
    pub partition: i32,
    /// Nothing is left to copy; only true for a partition that was told to drain.
    pub drained: bool,
    /// Log end when it stopped for good.
    pub stopped_at: Option<i64>,
    /// The source cannot be fetched.
    pub source_away: bool,
    /// Why it cannot go on.
    pub failure: Option<Failure>,
}

impl PartitionReport {
    /// The report of a partition's machine.
    #[must_use]
    pub fn of(partition: i32, machine: &Partition) -> Self {
        let view: PartitionView = machine.view();
        let stopped = view.stance == Stance::Stopped;
        Self {
            partition,
            drained: view.drained,
            stopped_at: view.log_end.filter(|_| stopped),
            source_away: view.source_error.is_some(),
            failure: machine.failure().cloned(),
        }
    }
}

impl PartitionReport {
    /// Whether [`Self::of`] would say the same again.
    #[must_use]
    pub fn still_holds(&self, machine: &Partition) -> bool {
        let (stopped, drained, away) = machine.report_flags();
        self.stopped_at.is_some() == stopped
            && self.drained == drained
            && self.source_away == away
            && self.failure.as_ref() == machine.failure()
    }
}

impl Mirror {
    pub(super) fn on_source(
        &mut self,
        now: Millis,
        source: &SourceTopic,
        looked: Millis,
        effects: &mut Vec<MirrorEffect>,
    ) {
        let (id, partitions) = match source {
            SourceTopic::Missing => {
                self.missing_since.get_or_insert(now);
                return;
            }
            SourceTopic::There { id, partitions } => (*id, *partitions),
        };
        self.missing_since = None;
        let topic = self.record.source_topic.clone();
        if let (Some(known), Some(found)) = (self.record.source_topic_id, id)
            && known != found
        {
            let detail = format!(
                "source topic '{topic}' was deleted and created anew: its topic id is another"
            );
            return self.fail(now, MirrorTopicError::SourceTopicIdChanged, detail, effects);
        }
        let mine = self.record.partitions;
        if partitions < mine {
            let detail = format!(
                "source topic '{topic}' has {partitions} partitions, the mirror has {mine}"
            );
            return self.fail(now, MirrorTopicError::SourcePartitionsDecreased, detail, effects);
        }
        self.counted(partitions, looked, effects);
    }

    pub(super) fn on_report(
        &mut self,
        now: Millis,
        report: PartitionReport,
        effects: &mut Vec<MirrorEffect>,
    ) {
        let failure = report.failure.clone();
        let index = report.partition;
        if let Some(slot) = self.partitions.iter_mut().find(|slot| slot.partition == index) {
            *slot = report;
        } else if let Some(slot) =
            usize::try_from(index).ok().and_then(|index| self.partitions.get_mut(index))
        {
            *slot = report;
        }
        if let Some(Failure { error, detail }) = failure {
            self.fail(now, error, format!("partition {index}: {detail}"), effects);
        }
    }

    /// A topic that stays away for longer than the retry time is taken for deleted.
    pub(super) fn watch_missing(&mut self, now: Millis, effects: &mut Vec<MirrorEffect>) {
        let Some(since) = self.missing_since else { return };
        let at = since.plus(self.retry_timeout_ms);
        if now < at {
            effects.push(MirrorEffect::Wake { at });
            return;
        }
        let detail = format!(
            "source topic '{}' has been missing for {} ms",
            self.record.source_topic,
            now.since(since)
        );
        self.fail(now, MirrorTopicError::SourceTopicMayBeDeleted, detail, effects);
    }
}
