//! How many partitions the source has: the mirror is widened to as many, and is not promoted with fewer.

use drawbridge_shared::link::TaskErrorCode;

use super::{Mirror, MirrorEffect, MirrorPhase, PartitionReport, StuckBy};
use crate::Millis;

/// How long a promote waits for the source's partitions to be counted before it says so, ms.
const UNCOUNTED_MS: i64 = 20_000;

/// The source's partitions, as far as they were counted since the mirror began to drain.
#[derive(Debug)]
pub(super) struct Count {
    /// Only looks that began after this say what a promote needs to know.
    since: Millis,
    asked: bool,
    /// Partitions of the source.
    found: Option<i32>,
    /// It takes so long that it is shown.
    overdue: bool,
    /// Why the mirror was not given more the last time.
    refused: Option<StuckBy>,
}

impl Count {
    pub(super) const fn since(since: Millis) -> Self {
        Self { since, asked: false, found: None, overdue: false, refused: None }
    }
}

impl Mirror {
    /// The source has so many partitions, by a look that began at `looked`; never fewer than the mirror.
    pub(super) fn counted(
        &mut self,
        partitions: i32,
        looked: Millis,
        effects: &mut Vec<MirrorEffect>,
    ) {
        if looked > self.count.since {
            self.count.found = Some(partitions);
            self.count.overdue = false;
        }
        let live = matches!(
            self.record.phase,
            MirrorPhase::Mirroring | MirrorPhase::Paused | MirrorPhase::Draining
        );
        if partitions <= self.record.partitions {
            self.count.refused = None;
        } else if live && !self.widening {
            self.widening = true;
            effects.push(MirrorEffect::Widen(partitions));
        }
    }

    pub(super) fn on_widened(
        &mut self,
        result: Result<i32, StuckBy>,
        effects: &mut Vec<MirrorEffect>,
    ) {
        self.widening = false;
        let count = match result {
            Ok(count) => count,
            Err(by) => {
                self.count.refused = Some(by);
                return;
            }
        };
        self.count.refused = None;
        // Where it has ended already, the new partitions are ordinary ones from the beginning.
        let over = matches!(self.record.phase, MirrorPhase::Stopped { .. });
        if count <= self.record.partitions || over {
            return;
        }
        for partition in self.record.partitions..count {
            self.partitions.push(PartitionReport { partition, ..PartitionReport::default() });
        }
        self.record.partitions = count;
        // The new ones have to be told as well.
        self.told = None;
        self.store(effects);
    }

    /// Whether the mirror has all partitions of its source, by a look since it began to drain; asks for one.
    pub(super) fn is_whole(
        &mut self,
        now: Millis,
        drained: bool,
        effects: &mut Vec<MirrorEffect>,
    ) -> bool {
        let Some(found) = self.count.found else {
            if !self.count.asked {
                self.count.asked = true;
                effects.push(MirrorEffect::Look);
            }
            // Before all are drained there is other trouble to be seen.
            let at = self.count.since.plus(UNCOUNTED_MS);
            if !drained || self.count.overdue {
            } else if now < at {
                effects.push(MirrorEffect::Wake { at });
            } else {
                self.count.overdue = true;
            }
            return false;
        };
        found <= self.record.partitions && !self.widening
    }

    /// What keeps a promote waiting for partitions.
    pub(super) fn stuck_by_count(&self) -> Option<StuckBy> {
        if self.record.phase != MirrorPhase::Draining {
            return None;
        }
        let (mine, topic) = (self.record.partitions, &self.record.source_topic);
        match (self.count.found, &self.count.refused) {
            (Some(found), Some(StuckBy { code, message })) if found > mine => Some(StuckBy {
                code: *code,
                message: format!(
                    "source topic '{topic}' has {found} partitions, the mirror {mine}, and it cannot be given the others: {message}. It is tried again; a failover leaves the records of the others behind"
                ),
            }),
            (None, _) if self.count.overdue => Some(StuckBy {
                code: TaskErrorCode::Unknown,
                message: format!(
                    "the partitions of source topic '{topic}' could not be counted since the promotion began: the source has to answer, and the link needs DESCRIBE on the topic. It is tried again; a failover does not wait for it"
                ),
            }),
            (Some(_) | None, _) => None,
        }
    }
}
