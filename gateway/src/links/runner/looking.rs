//! Looking at the topics on both sides: what became of sources, and whether mirrors are still there.

use std::collections::BTreeMap;

use drawbridge_engine::{Millis, mirror::SourceTopic};
use drawbridge_kafka::ErrorCode;
use drawbridge_shared::{names::TopicName, view::Severity};
use futures_util::FutureExt;
use uuid::Uuid;

use super::{Runner, jobs::Done, mirrors::forget};
use crate::clock::now_ms;

/// Between two looks at the topics, at most.
const LOOK_MS: i64 = 10_000;
/// How long a look may take: a side that is away must not hide the other one.
const LOOK: std::time::Duration = std::time::Duration::from_secs(5);
/// A mirror that is not found for so long is gone. Not before: brokers learn of a new topic some time after it
/// was created, a busy one seconds after.
const GONE_MS: i64 = 5_000;
/// Between two looks at a mirror that was not found.
const AGAIN_MS: i64 = 500;

/// What was found under a mirror's name: nothing, or a topic, with its id where the cluster has ids.
pub(super) type Found = Option<Option<Uuid>>;

impl Runner {
    /// Looks at the topics on both sides when it is time to.
    pub(super) fn look(&mut self, now: Millis) {
        let subjects: Vec<(TopicName, String)> = self
            .mirrors
            .iter()
            .filter(|(_, entry)| entry.stored.created && !entry.is_over())
            .map(|(topic, entry)| (topic.clone(), entry.stored.record.source_topic.clone()))
            .collect();
        let stopped: Vec<TopicName> = self
            .mirrors
            .iter()
            .filter(|(_, entry)| entry.is_over())
            .map(|(topic, _)| topic.clone())
            .collect();
        let (Some(ends), false) = (self.ends.clone(), self.observing) else { return };
        if now < self.next_look || (subjects.is_empty() && stopped.is_empty()) {
            return;
        }
        let max_age = self.configs().map_or(LOOK_MS, |c| c.number("metadata.max.age.ms"));
        self.next_look = now.plus(max_age.clamp(100, LOOK_MS));
        self.observing = true;
        let began = now;
        let work = async move {
            let names: Vec<&str> = subjects.iter().map(|(_, source)| source.as_str()).collect();
            let mirrors: Vec<&str> = subjects
                .iter()
                .map(|(topic, _)| topic.as_str())
                .chain(stopped.iter().map(TopicName::as_str))
                .collect();
            let there = async {
                if names.is_empty() {
                    Ok(BTreeMap::new())
                } else {
                    ends.source.with_deadline(LOOK).describe_topics(&names).await
                }
            };
            let (sources, here) = tokio::join!(there, async {
                ends.sink.with_deadline(LOOK).describe_topics(&mirrors).await
            });
            let mut seen = Vec::new();
            if let Ok(mut sources) = sources {
                for (topic, source) in &subjects {
                    match sources.get(source.as_str()) {
                        Some(Ok(found)) => seen.push((
                            topic.clone(),
                            SourceTopic::There {
                                id: Some(found.id).filter(|id| !id.is_nil()).map(Uuid::into_bytes),
                                partitions: i32::try_from(found.partitions.len())
                                    .unwrap_or(i32::MAX),
                            },
                        )),
                        Some(Err(error)) if is_unknown(error) => {
                            seen.push((topic.clone(), SourceTopic::Missing));
                        }
                        Some(Err(_)) | None => {}
                    }
                }
                sources.clear();
            }
            let mut found = Vec::new();
            for (topic, described) in here.iter().flatten() {
                let Ok(topic) = topic.parse::<TopicName>() else { continue };
                match described {
                    Ok(described) => {
                        found.push((topic, Some(Some(described.id).filter(|id| !id.is_nil()))));
                    }
                    Err(error) if is_unknown(error) => found.push((topic, None)),
                    Err(_) => {}
                }
            }
            Done::Observed { began, sources: seen, mirrors: here.is_ok().then_some(found) }
        };
        self.running.push(work.boxed());
    }

    /// What was found of the mirror topics: not there, or there with this id.
    pub(super) fn mirrors_found(&mut self, found: Vec<(TopicName, Found)>) {
        self.looked = true;
        for (topic, there) in found {
            let Some(entry) = self.mirrors.get_mut(&topic) else { continue };
            match (there, entry.stored.topic_id) {
                (None, _) => self.mirror_is_missing(&topic),
                // Another topic of its name: the mirror was deleted, and this one is somebody else's.
                (Some(Some(id)), Some(known)) if id != known => self.mirror_is_gone(&topic),
                (Some(Some(id)), None) => {
                    entry.missing_since = None;
                    entry.stored.topic_id = Some(id);
                    self.save_again(&topic);
                }
                (Some(_), _) => entry.missing_since = None,
            }
        }
    }

    /// A mirror topic was not found: when that goes on it was deleted.
    fn mirror_is_missing(&mut self, topic: &TopicName) {
        let Some(entry) = self.mirrors.get_mut(topic) else { return };
        let now = Millis(now_ms());
        let since = *entry.missing_since.get_or_insert(now);
        self.next_look = self.next_look.min(now.plus(AGAIN_MS));
        if now.since(since) >= GONE_MS {
            self.mirror_is_gone(topic);
        }
    }

    /// A mirror topic was deleted, and so is its record.
    fn mirror_is_gone(&mut self, topic: &TopicName) {
        let Some(entry) = self.mirrors.get(topic) else { return };
        let partitions = entry.machine.record().partitions;
        self.mirrors.remove(topic);
        self.memories.remove(topic);
        self.remove_from_movers(topic);
        self.notice(Severity::Info, Some(topic), format!("mirror '{topic}' was deleted"));
        let forgotten = forget(&self.store, self.name(), topic.clone(), partitions);
        self.running.push(forgotten.map(|()| Done::Nothing).boxed());
    }
}

fn is_unknown(error: &drawbridge_kafka::Error) -> bool {
    error.code() == Some(ErrorCode::UNKNOWN_TOPIC_OR_PARTITION)
}
