//! What was under way and has ended.

use drawbridge_engine::{
    Millis,
    link::{LinkInput, Trouble},
    mirror::{MirrorInput, SourceTopic, StuckBy},
    task::{TaskError, auto_create::AutoCreatePlan},
};
use drawbridge_shared::{draft::ConfigChange, link::TaskName, names::TopicName};

use super::{Runner, looking::Found, making, mirrors::Made, producers::Kept};
use crate::{
    links::{
        half::Reply,
        store::{Producers, StoreError, StoredLink},
        tasks::{consumer_offsets::Work, protection::Protection, topic_configs::Ran},
    },
    refusal::Refusal,
};
use drawbridge_engine::task::topic_configs::Configs;

/// A result.
pub(super) enum Done {
    /// The remote cluster was checked; whether a failure counts.
    Checked(Result<(), Trouble>, bool),
    /// New credentials were tried; whether they may be used.
    Tried {
        changes: Vec<ConfigChange>,
        validate_only: bool,
        tried: Result<(), Refusal>,
        reply: Reply<()>,
    },
    /// New configs were stored, or not.
    Altered {
        record: Box<StoredLink>,
        reconnects: bool,
        stored: Result<(), StoreError>,
        reply: Reply<()>,
    },
    /// The link got producers to write with, or had them; with the time after which brokers forget them, ms.
    Producers(Result<(Producers, i64), String>),
    /// Producers were stored, or not.
    Kept {
        record: Box<StoredLink>,
        kept: Kept,
        stored: Result<(), StoreError>,
    },
    /// Topics were looked at, from then on: sources, and mirrors (none when the destination could not be asked).
    Observed {
        began: Millis,
        sources: Vec<(TopicName, SourceTopic)>,
        mirrors: Option<Vec<(TopicName, Found)>>,
    },
    /// A mirror's record was stored, so many changes of it at once.
    Stored(TopicName, u32),
    /// Partitions were added, and where they begin.
    Widened(TopicName, Result<(i32, Vec<i64>), StuckBy>),
    /// A step of a promote or failover has ended; a last sync with the number that it was asked for by.
    OffsetsSynced(TopicName, u32, Result<(), StuckBy>),
    Writable(TopicName, Result<(), StuckBy>),
    /// A task has run.
    OffsetsRan(Box<Work>, Vec<TaskError>),
    Planned(Box<AutoCreatePlan>),
    ConfigsRan(Ran),
    /// The last sync of a mirror's configs has ended; with the source's.
    LastConfigs(TopicName, u32, Result<(), StuckBy>, Vec<(TopicName, Configs)>),
    /// A mirror can be made like this.
    Intended(Box<making::Intended>),
    /// A mirror was made, or not.
    Made(Box<Result<Made, making::NotMade>>, making::Asker, String),
    /// What was stored of a mirror of this source topic that was given up is forgotten.
    Forgotten(String),
    /// ACLs of a mirror were looked at.
    Protected(TopicName, Protection),
    /// Nothing is to be done about it.
    Nothing,
}

impl Runner {
    pub(super) fn end(&mut self, done: Done) {
        match done {
            Done::Checked(result, counts) => {
                self.glancing &= counts;
                if counts || result.is_ok() {
                    self.give_link(LinkInput::Checked(result));
                }
            }
            Done::Tried { changes, validate_only, tried, reply } => match tried {
                Ok(()) => self.alter_tried(changes, validate_only, reply),
                Err(refusal) => {
                    reply.send(Err(refusal)).ok();
                }
            },
            Done::Altered { record, reconnects, stored, reply } => {
                let outcome = match stored {
                    Ok(()) => {
                        self.obey(*record, reconnects);
                        Ok(())
                    }
                    Err(error) => Err(super::acts::not_stored(&error)),
                };
                self.show();
                reply.send(outcome).ok();
                self.alter_next();
            }
            Done::Producers(result) => self.producers_known(result),
            Done::Kept { record, kept, stored } => self.kept(*record, kept, stored),
            Done::Observed { began, sources, mirrors } => {
                self.observing = false;
                for (topic, source) in sources {
                    self.give_mirror(&topic, MirrorInput::Source(source, began));
                }
                if let Some(found) = mirrors {
                    self.mirrors_found(found);
                }
            }
            Done::Stored(topic, count) => self.saved(&topic, count),
            Done::Widened(topic, result) => self.widened(&topic, result),
            Done::OffsetsSynced(topic, number, result) => {
                let answer = MirrorInput::OffsetsSynced(number, result);
                self.last_synced(TaskName::ConsumerOffsetSync, &topic, answer);
            }
            Done::Writable(topic, result) => {
                self.give_mirror(&topic, MirrorInput::Writable(result))
            }
            Done::ConfigsRan(ran) => self.configs_ran(ran),
            Done::LastConfigs(topic, number, result, sources) => {
                if let Some((_, configs)) = sources.into_iter().next() {
                    self.configs_read(&topic, configs);
                }
                let answer = MirrorInput::ConfigsSynced(number, result);
                self.last_synced(TaskName::TopicConfigsSync, &topic, answer);
            }
            Done::OffsetsRan(work, errors) => {
                self.note_committed(work.committed);
                self.task_ran(TaskName::ConsumerOffsetSync, errors);
            }
            Done::Planned(plan) => self.auto_create(*plan),
            Done::Intended(intended) => self.intended(*intended),
            Done::Made(result, asker, source_topic) => self.made(*result, asker, &source_topic),
            Done::Forgotten(source_topic) => self.forgotten(&source_topic),
            Done::Protected(topic, protection) => self.protected(&topic, protection),
            Done::Nothing => {}
        }
    }
}
