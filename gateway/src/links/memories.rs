//! What the partitions of a link remember, as it is stored for sure.
//!
//! A machine sends nothing before what it has to remember of it is stored, so whoever makes the next machine
//! of a partition, in this process or another, begins with this.

use std::{
    collections::HashMap,
    sync::{Arc, Mutex, MutexGuard, PoisonError},
};

use drawbridge_engine::partition::Memory;
use drawbridge_shared::names::TopicName;

type Places = HashMap<TopicName, HashMap<i32, Memory>>;

/// Handle; cheap to clone.
#[derive(Debug, Clone, Default)]
pub(super) struct Memories {
    of: Arc<Mutex<Places>>,
}

impl Memories {
    fn lock(&self) -> MutexGuard<'_, Places> {
        self.of.lock().unwrap_or_else(PoisonError::into_inner)
    }

    pub(super) fn get(&self, topic: &TopicName, partition: i32) -> Memory {
        let of = self.lock();
        of.get(topic).and_then(|of| of.get(&partition)).cloned().unwrap_or_default()
    }

    pub(super) fn set(&self, topic: &TopicName, partition: i32, memory: Memory) {
        self.lock().entry(topic.clone()).or_default().insert(partition, memory);
    }

    /// What there is to know of a new mirror.
    pub(super) fn set_all(&self, topic: &TopicName, all: Vec<(i32, Memory)>) {
        self.lock().insert(topic.clone(), all.into_iter().collect());
    }

    pub(super) fn remove(&self, topic: &TopicName) {
        self.lock().remove(topic);
    }

    /// Whether any partition of a mirror begins behind offset 0 or is being padded.
    pub(super) fn any_head(&self, topic: &TopicName) -> bool {
        self.lock().get(topic).is_some_and(|of| {
            of.values().any(|memory| memory.start > 0 || memory.trim_to.is_some())
        })
    }
}
