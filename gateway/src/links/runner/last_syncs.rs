//! The last syncs of promotes: one of each mirror and task at a time, so that what was read earlier is not committed
//! later.

use std::collections::{BTreeMap, BTreeSet};

use drawbridge_shared::{link::TaskName, names::TopicName};

/// Which are under way, and which wait.
#[derive(Debug, Default)]
pub(super) struct LastSyncs {
    running: BTreeSet<(TaskName, TopicName)>,
    /// With the number that each was asked for by last; an earlier one is not wanted any more.
    waiting: BTreeMap<(TaskName, TopicName), u32>,
}

impl LastSyncs {
    /// Whether any of a task is under way.
    pub(super) fn any(&self, task: TaskName) -> bool {
        self.running.iter().any(|(running, _)| *running == task)
    }

    /// Begins the one that was asked for by this number, or lets it wait: for the one before it, or for the task's own
    /// run. Says whether it begins.
    #[must_use]
    pub(super) fn begin(
        &mut self,
        task: TaskName,
        topic: &TopicName,
        number: u32,
        task_runs: bool,
    ) -> bool {
        let key = (task, topic.clone());
        if task_runs || self.running.contains(&key) {
            self.waiting.insert(key, number);
            return false;
        }
        self.running.insert(key)
    }

    /// One has ended; says which one has waited for that.
    pub(super) fn ended(&mut self, task: TaskName, topic: &TopicName) -> Option<u32> {
        let key = (task, topic.clone());
        self.running.remove(&key);
        self.waiting.remove(&key)
    }

    /// The task's own run has ended: takes those that have waited for that.
    pub(super) fn take_waiting(&mut self, task: TaskName) -> Vec<(TopicName, u32)> {
        let waiting = std::mem::take(&mut self.waiting);
        let (taken, kept) = waiting.into_iter().partition(|((waiting, _), _)| *waiting == task);
        self.waiting = kept;
        let taken: BTreeMap<(TaskName, TopicName), u32> = taken;
        taken.into_iter().map(|((_, topic), number)| (topic, number)).collect()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const OFFSETS: TaskName = TaskName::ConsumerOffsetSync;

    #[test]
    fn the_next_last_sync_of_a_mirror_begins_when_the_one_before_it_has_ended() {
        let (mut syncs, topic) = (LastSyncs::default(), "orders".parse().unwrap());
        assert!(syncs.begin(OFFSETS, &topic, 2, false));
        assert!(!syncs.begin(OFFSETS, &topic, 4, false));
        assert!(!syncs.begin(OFFSETS, &topic, 6, false));
        assert!(syncs.begin(TaskName::TopicConfigsSync, &topic, 3, false), "another thing");
        assert!(syncs.begin(OFFSETS, &"others".parse().unwrap(), 2, false), "another mirror");
        assert_eq!(syncs.ended(OFFSETS, &topic), Some(6), "the newest");
        assert!(syncs.begin(OFFSETS, &topic, 6, false));
        assert_eq!(syncs.ended(OFFSETS, &topic), None);
    }

    #[test]
    fn last_syncs_wait_for_the_run_of_their_task() {
        let (mut syncs, topic) = (LastSyncs::default(), "orders".parse().unwrap());
        assert!(!syncs.begin(OFFSETS, &topic, 2, true));
        assert!(!syncs.any(OFFSETS));
        assert_eq!(syncs.take_waiting(TaskName::TopicConfigsSync), []);
        assert_eq!(syncs.take_waiting(OFFSETS), [(topic.clone(), 2)]);
        assert!(syncs.begin(OFFSETS, &topic, 2, false));
        assert!(syncs.any(OFFSETS), "the task waits in turn");
    }
}
