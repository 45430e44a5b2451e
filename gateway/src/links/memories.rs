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

type Places = HashMap<TopicName, HashMap<i32, Memory>>;

/// Handle; cheap to clone.
#[derive(Debug, Clone, Default)]
pub(super) struct Memories {
    of: Arc<Mutex<Places>>,
    /// Partitions of which nothing is under way. It is not stored: who comes after a crash cannot know.
    resting: Arc<Mutex<HashMap<TopicName, HashSet<i32>>>>,
}

impl Memories {
    fn lock(&self) -> MutexGuard<'_, Places> {
        self.of.lock().unwrap_or_else(PoisonError::into_inner)
    }

    fn resting(&self) -> MutexGuard<'_, HashMap<TopicName, HashSet<i32>>> {
        self.resting.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// What the next machine of a partition begins with.
    pub(super) fn get(&self, topic: &TopicName, partition: i32) -> Memory {
        let known = self.lock().get(topic).and_then(|of| of.get(&partition)).cloned();
        let memory = known.unwrap_or_default();
        match self.resting().get(topic) {
            Some(resting) if resting.contains(&partition) => {
                Memory { sent: Sent::Nothing, ..memory }
            }
            _ => memory,
        }
    }

    /// Nothing of a partition is under way, until it is roused.
    pub(super) fn rest(&self, topic: &TopicName, partition: i32) {
        self.resting().entry(topic.clone()).or_default().insert(partition);
    }

    /// Something of a partition is about to be sent.
    pub(super) fn rouse(&self, topic: &TopicName, partition: i32) {
        if let Some(resting) = self.resting().get_mut(topic) {
            resting.remove(&partition);
        }
    }

    pub(super) fn set(&self, topic: &TopicName, partition: i32, memory: Memory) {
        self.lock().entry(topic.clone()).or_default().insert(partition, memory);
    }

    /// What there is to know of a new mirror.
    pub(super) fn set_all(&self, topic: &TopicName, all: Vec<(i32, Memory)>) {
        self.resting().remove(topic);
        self.lock().insert(topic.clone(), all.into_iter().collect());
    }

    pub(super) fn remove(&self, topic: &TopicName) {
        self.resting().remove(topic);
        self.lock().remove(topic);
    }

    /// Whether any partition of a mirror begins behind offset 0 or is being padded.
    pub(super) fn any_head(&self, topic: &TopicName) -> bool {
        self.lock().get(topic).is_some_and(|of| {
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
        memories.rouse(&topic, 0);
        assert_eq!(memories.get(&topic, 0), memory);
        memories.rest(&topic, 0);
        memories.set_all(&topic, vec![(0, memory.clone())]);
        assert_eq!(memories.get(&topic, 0), memory, "another mirror of that name");
    }
}
