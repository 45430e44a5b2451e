//! Mirrors of which it is not known whether their topics were created: they are tried again until they are given up.

use drawbridge_engine::Millis;
use drawbridge_shared::{names::TopicName, view::Severity};
use futures_util::FutureExt;

use super::{Runner, jobs::Done, making::Unmade, mirrors::forget};
use crate::clock::now_ms;

/// Between two tries to make one whose making was interrupted, ms.
const AGAIN_MS: i64 = 5_000;

impl Runner {
    /// The mirror of a source topic was not made now. If it is half made it stays listed and is tried again, unless it
    /// was given up.
    pub(super) fn still_half_made(&mut self, source_topic: &str) {
        let half_made = self.mirrors.iter().find(|(_, entry)| {
            !entry.stored.created && entry.stored.record.source_topic == source_topic
        });
        let Some((topic, entry)) = half_made else { return };
        let (topic, given_up) = (topic.clone(), entry.given_up);
        let waits = |one: &Unmade| matches!(one, Unmade::HalfMade(waiting, _) if *waiting == topic);
        if given_up {
            self.forget_half_made(&topic);
        } else if !self.unmade.iter().any(waits) {
            let at = Millis(now_ms()).plus(AGAIN_MS);
            self.unmade.push_back(Unmade::HalfMade(topic, at));
        }
    }

    /// Gives up a mirror that is not made yet; what is being tried is waited for.
    pub(super) fn give_up(&mut self, topic: &TopicName) {
        let Some(entry) = self.mirrors.get_mut(topic) else { return };
        entry.given_up = true;
        if !self.making.contains_key(&entry.stored.record.source_topic) {
            self.forget_half_made(topic);
        }
    }

    /// Forgets a mirror that was given up. If its topic is there after all, it is empty, and nobody writes to it.
    fn forget_half_made(&mut self, topic: &TopicName) {
        let Some(entry) = self.mirrors.remove(topic) else { return };
        self.memories.remove(topic);
        let record = entry.stored.record;
        let message = format!(
            "mirror '{topic}' of '{}' was given up: it was never made. If there is a topic of this name, look whether it is needed",
            record.source_topic
        );
        self.notice(Severity::Info, Some(topic), message);
        // The next mirror of that source is not made before, and if the link is deleted meanwhile, its records are too.
        let (source, partitions) = (record.source_topic, record.partitions);
        self.making.insert(source.clone(), Some((topic.clone(), partitions)));
        let forgotten = forget(&self.store, self.name(), topic.clone(), partitions);
        self.running.push(forgotten.map(|()| Done::Forgotten(source)).boxed());
    }

    pub(super) fn forgotten(&mut self, source_topic: &str) {
        self.making.remove(source_topic);
        self.make_next();
    }
}
