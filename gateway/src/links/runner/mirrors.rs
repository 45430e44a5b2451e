//! The mirrors of a link: their machines, and what those ask for.

use drawbridge_engine::{
    Millis,
    mirror::{Mirror, MirrorEffect, MirrorInput, MirrorPhase, MirrorRecord, StuckBy},
    partition::{Command, Memory},
    task::topic_configs::{ConfigStage, Configs},
};
use drawbridge_kafka::{ErrorCode, admin::topics::NewPartitions};
use drawbridge_shared::{
    link::{MirrorState, TaskErrorCode, TaskName},
    names::TopicName,
    view::Severity,
};
use futures_util::{FutureExt, future::join_all};

use super::{Runner, jobs::Done};
use crate::{
    clock::now_ms,
    links::{
        mover::words,
        new_mirror,
        store::{Contents, Key, StateStore, StoreError, Stored, StoredMirror, StoredPartition},
        tasks::{protection, topic_configs},
    },
};

/// A mirror.
pub(super) struct Entry {
    pub(super) machine: Mirror,
    pub(super) stored: StoredMirror,
    /// What the partitions were told last.
    pub(super) command: Option<Command>,
    /// Why somebody may be able to write to it.
    pub(super) unprotected: Option<String>,
    /// When its ACLs are looked at again.
    pub(super) protect_again: Option<Millis>,
    /// Changes of the record that are not on their way to the store, and whether some are.
    unsaved: u32,
    resave: bool,
    saving: bool,
    wake: Millis,
    /// When it was not found for the first time since it was found last.
    pub(super) missing_since: Option<Millis>,
    /// It is not made yet, and nobody wants it any more.
    pub(super) given_up: bool,
}

/// A mirror that was made.
#[derive(Debug)]
pub(super) struct Made {
    pub(super) stored: StoredMirror,
    pub(super) memories: Vec<(i32, Memory)>,
}

impl Entry {
    /// Whether its partitions are moved, or have to be stopped.
    pub(super) fn moves(&self) -> bool {
        self.stored.created && !matches!(self.machine.record().phase, MirrorPhase::Stopped { .. })
    }

    pub(super) fn is_over(&self) -> bool {
        matches!(self.machine.record().phase, MirrorPhase::Stopped { .. })
    }
}

impl Runner {
    /// Takes over what was stored.
    pub(super) fn load(&mut self, contents: Contents, now: Millis) {
        let retry = self.configs().map_or(300_000, |c| c.number("cluster.link.retry.timeout.ms"));
        for stored in contents.mirrors {
            let Ok(topic) = stored.record.mirror_topic.parse::<TopicName>() else { continue };
            let machine = Mirror::new(now, stored.record.clone(), retry);
            if !stored.created {
                self.unmade.push_back(super::making::Unmade::HalfMade(topic.clone(), now));
            }
            self.mirrors.insert(topic, entry(machine, stored));
        }
        for partition in contents.partitions {
            self.memories.set(&partition.topic, partition.partition, partition.memory);
        }
    }

    pub(super) fn due_mirrors(&self, now: Millis) -> Vec<TopicName> {
        let due = self.mirrors.iter().filter(|(_, entry)| now >= entry.wake);
        due.map(|(topic, _)| topic.clone()).collect()
    }

    /// Gives a mirror's machine an input and performs its effects.
    pub(super) fn give_mirror(&mut self, topic: &TopicName, input: MirrorInput) {
        let Some(entry) = self.mirrors.get_mut(topic) else { return };
        let mut effects = Vec::new();
        entry.wake = Millis::MAX;
        entry.machine.handle(Millis(now_ms()), input, &mut effects);
        self.perform(topic, effects);
    }

    pub(super) fn perform(&mut self, topic: &TopicName, effects: Vec<MirrorEffect>) {
        for effect in effects {
            match effect {
                MirrorEffect::Partitions(command) => {
                    if let Some(entry) = self.mirrors.get_mut(topic) {
                        entry.command = Some(command);
                    }
                    self.order_movers(topic, command);
                }
                MirrorEffect::Store(record) => self.store_mirror(topic, record),
                MirrorEffect::Widen(total) => self.widen(topic, total),
                MirrorEffect::Look => self.next_look = Millis(i64::MIN),
                MirrorEffect::SyncConfigs(number) => {
                    self.last_sync(TaskName::TopicConfigsSync, topic, number);
                }
                MirrorEffect::SyncOffsets(number) => {
                    self.last_sync(TaskName::ConsumerOffsetSync, topic, number);
                }
                MirrorEffect::MakeWritable => self.make_writable(topic),
                MirrorEffect::Wake { at } => {
                    if let Some(entry) = self.mirrors.get_mut(topic) {
                        entry.wake = at;
                    }
                }
                MirrorEffect::Changed { from, to } => self.mirror_changed(topic, from, to),
            }
        }
    }

    fn mirror_changed(&self, topic: &TopicName, from: MirrorState, to: MirrorState) {
        let detail = match self.mirrors.get(topic).map(|entry| &entry.machine.record().phase) {
            Some(MirrorPhase::Failed { error, detail }) => format!(" ({error}): {detail}"),
            _ => String::new(),
        };
        let severity = match to {
            MirrorState::Active | MirrorState::Stopped => Severity::Good,
            MirrorState::Failed | MirrorState::LinkFailed => Severity::Failed,
            MirrorState::SourceUnavailable => Severity::Attention,
            _ => Severity::Info,
        };
        tracing::info!(link = %self.name(), %topic, %from, %to, detail, "mirror changed its state");
        self.notice(severity, Some(topic), format!("mirror '{topic}' is {to}{detail}"));
    }

    fn store_mirror(&mut self, topic: &TopicName, record: MirrorRecord) {
        if let Some(entry) = self.mirrors.get_mut(topic) {
            entry.stored.record = record;
            entry.unsaved += 1;
            self.save(topic);
        }
    }

    /// Stores the newest record of a mirror; one at a time, so that no older one comes after it.
    fn save(&mut self, topic: &TopicName) {
        let Some(entry) = self.mirrors.get_mut(topic) else { return };
        if entry.saving || (entry.unsaved == 0 && !entry.resave) {
            return;
        }
        entry.saving = true;
        entry.resave = false;
        let (count, stored) = (std::mem::take(&mut entry.unsaved), entry.stored.clone());
        let (store, topic) = (self.store.clone(), topic.clone());
        self.running.push(
            async move {
                store_surely(&store, Stored::Mirror(stored)).await;
                Done::Stored(topic, count)
            }
            .boxed(),
        );
    }

    /// Stores what changed beside the engine's record.
    pub(super) fn save_again(&mut self, topic: &TopicName) {
        let Some(entry) = self.mirrors.get_mut(topic) else { return };
        entry.resave = true;
        self.save(topic);
    }

    pub(super) fn saved(&mut self, topic: &TopicName, count: u32) {
        if let Some(entry) = self.mirrors.get_mut(topic) {
            entry.saving = false;
        }
        for _ in 0..count {
            self.give_mirror(topic, MirrorInput::Stored);
        }
        self.save(topic);
    }

    fn widen(&mut self, topic: &TopicName, total: i32) {
        let Some(entry) = self.mirrors.get(topic) else { return };
        let Some(ends) = self.ends.clone() else {
            let message = "the link is not connected".to_owned();
            return self.widened(topic, Err(StuckBy { code: TaskErrorCode::Unknown, message }));
        };
        let record = entry.machine.record();
        let (source, from) = (record.source_topic.clone(), record.partitions);
        let (store, link, topic) = (self.store.clone(), self.name().clone(), topic.clone());
        let stuck = |error: &drawbridge_kafka::Error| StuckBy {
            code: crate::links::tasks::code_of(error),
            message: words(error),
        };
        let work = async move {
            let new =
                NewPartitions { topic: topic.as_str().to_owned(), total, assignments: Vec::new() };
            let added = ends.sink.create_partitions(std::slice::from_ref(&new), false).await;
            let added = added.and_then(|mut of| of.remove(topic.as_str()).unwrap_or(Ok(())));
            // 37: there are as many already, from a try whose answer was lost.
            if let Err(error) = added
                && error.code() != Some(ErrorCode(37))
            {
                return Done::Widened(topic, Err(stuck(&error)));
            }
            let numbers: Vec<i32> = (from..total).collect();
            let starts = new_mirror::starts(
                &ends.source,
                &source,
                &numbers,
                drawbridge_shared::link::StartOffset::Earliest,
            )
            .await;
            match starts {
                Ok(starts) => {
                    for (number, start) in numbers.iter().zip(&starts) {
                        let record = StoredPartition {
                            link: link.clone(),
                            topic: topic.clone(),
                            partition: *number,
                            memory: Memory { start: *start, ..Memory::default() },
                        };
                        store_surely(&store, Stored::Partition(record)).await;
                    }
                    Done::Widened(topic, Ok((total, starts)))
                }
                Err(error) => Done::Widened(topic, Err(stuck(&error))),
            }
        };
        self.running.push(work.boxed());
    }

    pub(super) fn widened(&mut self, topic: &TopicName, result: Result<(i32, Vec<i64>), StuckBy>) {
        let Some(entry) = self.mirrors.get(topic) else { return };
        let before = entry.machine.record().partitions;
        match result {
            Ok((total, starts)) => {
                for (number, start) in (before..total).zip(starts) {
                    let memory = Memory { start, ..Memory::default() };
                    self.memories.set(topic, number, memory);
                }
                self.give_mirror(topic, MirrorInput::Widened(Ok(total)));
                self.move_partitions(topic, before..total);
                self.notice(
                    Severity::Info,
                    Some(topic),
                    format!("mirror '{topic}' has {total} partitions now"),
                );
            }
            Err(by) => {
                // Asked for again when the source is looked at next.
                let why = by.message.clone();
                self.give_mirror(topic, MirrorInput::Widened(Err(by)));
                self.notice(Severity::Attention, Some(topic), format!("mirror '{topic}' cannot be given the partitions that its source has now: {why}"));
            }
        }
    }

    /// What the configs of a mirror have to be now.
    pub(super) fn stage(&self, topic: &TopicName) -> ConfigStage {
        let known = self.movers.iter().any(|mover| {
            mover
                .shown
                .borrow()
                .get(topic)
                .is_some_and(|all| all.values().any(|one| one.head_is_open))
        });
        let unknown = !self.movers.iter().any(|mover| mover.shown.borrow().contains_key(topic));
        if known || (unknown && self.memories.any_head(topic)) {
            ConfigStage::Padding
        } else {
            ConfigStage::Mirroring
        }
    }

    fn make_writable(&mut self, topic: &TopicName) {
        let (Some(ends), Some(entry)) = (self.ends.clone(), self.mirrors.get(topic)) else {
            return;
        };
        let include = self.configs().map(|c| c.synced_topic_configs()).unwrap_or_default();
        let (source, denied) = (entry.stored.source_configs.clone(), entry.stored.denied.clone());
        let topic = topic.clone();
        let work = async move {
            let result =
                topic_configs::finish(&ends.sink, topic.as_str(), source.as_ref(), &include).await;
            let result = match result {
                Ok(()) => protection::release(&ends.sink, topic.as_str(), &denied).await,
                failed => failed,
            };
            let stuck = |error: drawbridge_kafka::Error| StuckBy {
                code: super::super::tasks::code_of(&error),
                message: format!("the topic cannot be made an ordinary one: {}", words(&error)),
            };
            Done::Writable(topic, result.map_err(stuck))
        };
        self.running.push(work.boxed());
    }

    /// Remembers the source's configs, for a failover that cannot ask for them.
    pub(super) fn configs_read(&mut self, topic: &TopicName, configs: Configs) {
        let Some(entry) = self.mirrors.get_mut(topic) else { return };
        if entry.stored.source_configs.as_ref() != Some(&configs) {
            entry.stored.source_configs = Some(configs);
            self.save_again(topic);
        }
    }

    pub(super) fn protected(&mut self, topic: &TopicName, protection: protection::Protection) {
        let Some(entry) = self.mirrors.get_mut(topic) else { return };
        entry.unprotected = protection.gap;
        if entry.stored.denied != protection.denied {
            entry.stored.denied = protection.denied;
            self.save_again(topic);
        }
    }
}

pub(super) fn entry(machine: Mirror, stored: StoredMirror) -> Entry {
    Entry {
        machine,
        stored,
        command: None,
        unprotected: None,
        protect_again: None,
        unsaved: 0,
        resave: false,
        saving: false,
        wake: Millis(i64::MIN),
        missing_since: None,
        given_up: false,
    }
}

/// Stores until it is stored, or until the store is somebody else's.
pub(super) async fn store_surely(store: &StateStore, record: Stored) {
    let mut wait = std::time::Duration::from_millis(100);
    loop {
        match store.put(record.clone()).await {
            Ok(()) => return,
            Err(StoreError::Fenced(_) | StoreError::Closed) => {
                // Nothing is stored by this gateway any more, and nothing may follow from it.
                return std::future::pending().await;
            }
            Err(error) => {
                tracing::warn!(%error, "state of a link cannot be stored, trying again");
                tokio::time::sleep(wait).await;
                wait = (wait * 2).min(std::time::Duration::from_secs(5));
            }
        }
    }
}

/// Takes a mirror's records out of the store: they are queued with the call, whoever waits for it.
pub(super) fn forget(
    store: &StateStore,
    link: &drawbridge_shared::link::LinkName,
    topic: TopicName,
    partitions: i32,
) -> impl Future<Output = ()> + Send + use<> {
    let parts = (0..partitions).map(|number| Key::Partition(link.clone(), topic.clone(), number));
    let keys = parts.chain([Key::Mirror(link.clone(), topic.clone())]);
    // All before the first is waited for, so that few batches carry them.
    let removals: Vec<_> = keys.map(|key| store.remove(key)).collect();
    async move {
        for removed in join_all(removals).await {
            if let Err(error) = removed {
                tracing::warn!(%error, %topic, "records of a mirror cannot be removed");
            }
        }
    }
}
