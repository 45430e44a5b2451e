//! What the partitions of a link remember, as it is stored for sure.
//!
//! A machine sends nothing before what it has to remember of it is stored, so whoever makes the next machine
//! of a partition, in this process or another, begins with this.

use std::{
    collections::{HashMap, HashSet},
    sync::{Arc, Mutex, MutexGuard, PoisonError},
};

use drawbridge_engine::partition::{Memory, Sent};
use drawbridge_shared::names::TopicName;

/// Handle; cheap to clone.
#[derive(Debug, Clone, Default)]
pub(super) struct Memories {
    known: Arc<Mutex<Known>>,
    /// The movers that this handle was given to; none for the runner's own.
    movers: Option<u64>,
}

#[derive(Debug, Default)]
struct Known {
    of: HashMap<TopicName, HashMap<i32, Memory>>,
    /// Partitions of which nothing is under way. It is not stored: who comes after a crash cannot know.
    resting: HashMap<TopicName, HashSet<i32>>,
    /// The movers that count; they are numbered.
    movers: u64,
}

impl Memories {
    fn lock(&self) -> MutexGuard<'_, Known> {
        self.known.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// What is known, unless the movers that ask for it were replaced.
    fn current(&self) -> Option<MutexGuard<'_, Known>> {
        let known = self.lock();
        self.movers.is_none_or(|movers| movers == known.movers).then_some(known)
    }

    /// A handle for new movers. Those before them end on their own some time later: what they say counts no more, and
    /// they may send nothing, since their successors begin with what is known now.
    pub(super) fn for_new_movers(&self) -> Self {
        let mut known = self.lock();
        known.movers += 1;
        Self { known: Arc::clone(&self.known), movers: Some(known.movers) }
    }

    /// What the next machine of a partition begins with.
    pub(super) fn get(&self, topic: &TopicName, partition: i32) -> Memory {
        let known = self.lock();
        let memory = known.of.get(topic).and_then(|of| of.get(&partition)).cloned();
        let memory = memory.unwrap_or_default();
        match known.resting.get(topic) {
            Some(resting) if resting.contains(&partition) => {
                Memory { sent: Sent::Nothing, ..memory }
            }
            _ => memory,
        }
    }

    /// Nothing of a partition is under way, until it is roused.
    pub(super) fn rest(&self, topic: &TopicName, partition: i32) {
        let Some(mut known) = self.current() else { return };
        known.resting.entry(topic.clone()).or_default().insert(partition);
    }

    /// Something of a partition is about to be sent; says whether it may be.
    #[must_use]
    pub(super) fn rouse(&self, topic: &TopicName, partition: i32) -> bool {
        let Some(mut known) = self.current() else { return false };
        if let Some(resting) = known.resting.get_mut(topic) {
            resting.remove(&partition);
        }
        true
    }

    pub(super) fn set(&self, topic: &TopicName, partition: i32, memory: Memory) {
        let Some(mut known) = self.current() else { return };
        known.of.entry(topic.clone()).or_default().insert(partition, memory);
    }

    /// What there is to know of a new mirror.
    pub(super) fn set_all(&self, topic: &TopicName, all: Vec<(i32, Memory)>) {
        let mut known = self.lock();
        known.resting.remove(topic);
        known.of.insert(topic.clone(), all.into_iter().collect());
    }

    pub(super) fn remove(&self, topic: &TopicName) {
        let mut known = self.lock();
        known.resting.remove(topic);
        known.of.remove(topic);
    }

    /// Whether any partition of a mirror begins behind offset 0 or is being padded.
    pub(super) fn any_head(&self, topic: &TopicName) -> bool {
        self.lock().of.get(topic).is_some_and(|of| {
            of.values().any(|memory| memory.start > 0 || memory.trim_to.is_some())
        })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_next_machine_of_a_resting_partition_waits_for_nothing_and_of_another_one_for_what_may_be_late()
     {
        let memories = Memories::default();
        let topic: TopicName = "orders".parse().unwrap();
        let memory = Memory { start: 5, sent: Sent::Sequenced, ..Memory::default() };
        memories.set(&topic, 0, memory.clone());
        assert_eq!(memories.get(&topic, 0), memory);
        memories.rest(&topic, 0);
        assert_eq!(memories.get(&topic, 0), Memory { sent: Sent::Nothing, ..memory.clone() });
        assert!(memories.rouse(&topic, 0));
        assert_eq!(memories.get(&topic, 0), memory);
        memories.rest(&topic, 0);
        memories.set_all(&topic, vec![(0, memory.clone())]);
        assert_eq!(memories.get(&topic, 0), memory, "another mirror of that name");
    }

    #[test]
    fn movers_that_were_replaced_say_nothing_any_more_and_may_not_send() {
        let memories = Memories::default();
        let topic: TopicName = "orders".parse().unwrap();
        let memory = Memory { sent: Sent::Sequenced, ..Memory::default() };
        let first = memories.for_new_movers();
        first.set(&topic, 0, memory.clone());
        first.rest(&topic, 0);
        let second = memories.for_new_movers();
        assert_eq!(memories.get(&topic, 0).sent, Sent::Nothing);
        assert!(!first.rouse(&topic, 0), "the next ones wait for nothing of theirs");
        assert!(second.rouse(&topic, 0));
        first.rest(&topic, 0);
        first.set(&topic, 0, Memory::default());
        assert_eq!(memories.get(&topic, 0), memory);
    }
}
