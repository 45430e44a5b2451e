//! The reconcilers: when they run, and what becomes of their results.

use std::collections::{BTreeMap, BTreeSet};

use drawbridge_engine::{
    Millis,
    mirror::{MirrorInput, StuckBy},
    task::{Task, TaskError, auto_create::AutoCreatePlan, consumer_offsets::Committed},
};
use drawbridge_shared::{
    draft::MirrorDraft,
    link::{LinkConfigs, TaskErrorCode, TaskName},
    names::TopicName,
};
use futures_util::FutureExt;

use super::{Runner, jobs::Done, making::Asker};
use crate::{
    clock::now_ms,
    links::tasks::{
        auto_create,
        consumer_offsets::{self, Work},
        protection, topic_configs,
    },
};

/// How often AutoCreateMirror looks for new topics, ms.
const AUTO_CREATE_MS: i64 = 10_000;

impl Runner {
    /// Whether a task is switched on.
    pub(super) fn is_enabled(configs: &LinkConfigs, task: TaskName) -> bool {
        match task {
            TaskName::TopicConfigsSync => true,
            TaskName::ConsumerOffsetSync => configs.is_true("consumer.offset.sync.enable"),
            TaskName::AutoCreateMirror => configs.is_true("auto.create.mirror.topics.enable"),
            TaskName::AclSync => false,
        }
    }

    /// How often a task runs, ms.
    pub(super) fn interval(configs: &LinkConfigs, task: TaskName) -> i64 {
        match task {
            TaskName::TopicConfigsSync => configs.number("topic.config.sync.ms"),
            TaskName::ConsumerOffsetSync => configs.number("consumer.offset.sync.ms"),
            TaskName::AutoCreateMirror => {
                configs.number("metadata.max.age.ms").clamp(100, AUTO_CREATE_MS)
            }
            TaskName::AclSync => i64::MAX,
        }
    }

    /// Starts the tasks that are due.
    pub(super) fn run_tasks(&mut self, now: Millis) {
        let (Some(_), Ok(configs)) = (&self.ends, self.stored.configs.clone()) else { return };
        if now >= self.lease || self.retiring.is_some() {
            return;
        }
        let state = self.link.view().state;
        let last_syncs = &self.last_syncs;
        let due: Vec<TaskName> = self
            .tasks
            .iter_mut()
            .filter_map(|(name, task)| {
                if last_syncs.any(*name) {
                    return None;
                }
                let enabled = Self::is_enabled(&configs, *name);
                task.start(now, enabled, state).then_some(*name)
            })
            .collect();
        for name in due {
            match name {
                TaskName::TopicConfigsSync => self.run_topic_configs(&configs),
                TaskName::ConsumerOffsetSync => self.run_consumer_offsets(&configs, now),
                TaskName::AutoCreateMirror => self.run_auto_create(&configs),
                TaskName::AclSync => {}
            }
        }
    }

    pub(super) fn task_ran(&mut self, name: TaskName, errors: Vec<TaskError>) {
        let interval = self.configs().map_or(1_000, |configs| Self::interval(configs, name));
        if let Some(task) = self.tasks.get_mut(&name) {
            task.finish(Millis(now_ms()), interval, errors);
        }
        for (topic, number) in self.last_syncs.take_waiting(name) {
            self.last_sync(name, &topic, number);
        }
    }

    fn subject(&self, topic: &TopicName) -> Option<topic_configs::Subject> {
        let entry = self.mirrors.get(topic).filter(|entry| entry.moves())?;
        Some(topic_configs::Subject {
            source_topic: entry.machine.record().source_topic.clone(),
            mirror_topic: topic.clone(),
            stage: self.stage(topic),
        })
    }

    fn run_topic_configs(&mut self, configs: &LinkConfigs) {
        let Some(ends) = self.ends.clone() else { return };
        let subjects: Vec<_> =
            self.mirrors.keys().filter_map(|topic| self.subject(topic)).collect();
        let include = configs.synced_topic_configs();
        for subject in &subjects {
            self.protect(&subject.mirror_topic);
        }
        self.running.push(
            async move {
                let ran = topic_configs::run(ends, subjects, include).await;
                Done::ConfigsRan(ran)
            }
            .boxed(),
        );
    }

    pub(super) fn configs_ran(&mut self, ran: topic_configs::Ran) {
        for (topic, configs) in ran.sources {
            self.configs_read(&topic, configs);
        }
        self.task_ran(TaskName::TopicConfigsSync, ran.errors);
    }

    /// Looks after the ACLs of a mirror.
    fn protect(&mut self, topic: &TopicName) {
        let (Some(ends), Some(entry)) = (self.ends.clone(), self.mirrors.get_mut(topic)) else {
            return;
        };
        let (topic, denied) = (topic.clone(), entry.stored.denied.clone());
        let due = entry.protect_again.is_none_or(|at| Millis(now_ms()) >= at);
        if !due {
            return;
        }
        entry.protect_again = Some(Millis(now_ms()).plus(PROTECT_MS));
        self.running.push(
            async move {
                let protection = protection::protect(&ends.sink, topic.as_str(), &denied).await;
                Done::Protected(topic, protection)
            }
            .boxed(),
        );
    }

    /// Begins the last sync of a mirror that was asked for by this number, as soon as it may.
    pub(super) fn last_sync(&mut self, task: TaskName, topic: &TopicName, number: u32) {
        match task {
            TaskName::TopicConfigsSync => self.sync_configs_of(topic, number),
            TaskName::ConsumerOffsetSync => self.sync_offsets_of(topic, number),
            TaskName::AutoCreateMirror | TaskName::AclSync => {}
        }
    }

    /// A last sync has ended with this answer, which nobody waits for if it was asked for anew meanwhile: then that one
    /// begins.
    pub(super) fn last_synced(&mut self, task: TaskName, topic: &TopicName, answer: MirrorInput) {
        match self.last_syncs.ended(task, topic) {
            Some(number) => self.last_sync(task, topic, number),
            None => self.give_mirror(topic, answer),
        }
    }

    fn is_running(&self, name: TaskName) -> bool {
        self.tasks.get(&name).is_some_and(Task::is_running)
    }

    /// The last sync of one mirror's configs.
    fn sync_configs_of(&mut self, topic: &TopicName, number: u32) {
        let (Some(ends), Some(subject), Some(configs)) =
            (self.ends.clone(), self.subject(topic), self.configs())
        else {
            return;
        };
        let (topic, include) = (topic.clone(), configs.synced_topic_configs());
        let name = TaskName::TopicConfigsSync;
        if !self.last_syncs.begin(name, &topic, number, self.is_running(name)) {
            return;
        }
        self.running.push(
            async move {
                let ran = topic_configs::run(ends, vec![subject], include).await;
                let result = first(ran.errors);
                Done::LastConfigs(topic, number, result, ran.sources)
            }
            .boxed(),
        );
    }

    fn work(&self, configs: &LinkConfigs, only: Option<&TopicName>) -> Work {
        let mirrors: BTreeMap<String, (String, i32)> = self
            .mirrors
            .iter()
            .filter(|(topic, entry)| entry.moves() && only.is_none_or(|only| only == *topic))
            .map(|(topic, entry)| {
                let record = entry.machine.record();
                (record.source_topic.clone(), (topic.as_str().to_owned(), record.partitions))
            })
            .collect();
        let prefixed = configs.is_true("consumer.group.prefix.enable");
        Work {
            filters: configs.group_filters(),
            group_prefix: configs.prefix().filter(|_| prefixed),
            mirrors,
            committed: self.committed.clone(),
        }
    }

    /// What the groups page needs; all mirrors, or one.
    pub(super) fn groups_work(&self, topic: Option<&TopicName>) -> Option<Work> {
        self.configs().map(|configs| self.work(configs, topic))
    }

    fn run_consumer_offsets(&mut self, configs: &LinkConfigs, now: Millis) {
        let Some(ends) = self.ends.clone() else { return };
        let work = self.work(configs, None);
        self.running.push(
            async move {
                if work.filters.is_empty() {
                    return Done::OffsetsRan(Box::new(work), vec![no_filters()]);
                }
                let (work, errors) = consumer_offsets::run(ends, work, now).await;
                Done::OffsetsRan(Box::new(work), errors)
            }
            .boxed(),
        );
    }

    /// The last sync of the offsets of one mirror. A group that is consumed on the destination already needs
    /// none; what cannot be read or committed keeps the promote from ending.
    fn sync_offsets_of(&mut self, topic: &TopicName, number: u32) {
        let (Some(ends), Ok(configs)) = (self.ends.clone(), self.stored.configs.clone()) else {
            return;
        };
        let topic = topic.clone();
        let name = TaskName::ConsumerOffsetSync;
        if !self.last_syncs.begin(name, &topic, number, self.is_running(name)) {
            return;
        }
        if !configs.is_true("consumer.offset.sync.enable") {
            self.running.push(async move { Done::OffsetsSynced(topic, number, Ok(())) }.boxed());
            return;
        }
        let work = self.work(&configs, Some(&topic));
        let now = Millis(now_ms());
        self.running.push(
            async move {
                let (_, errors) = consumer_offsets::run(ends, work, now).await;
                let serious = errors
                    .into_iter()
                    .filter(|error| error.code != TaskErrorCode::ConsumerGroupInUse)
                    .collect();
                Done::OffsetsSynced(topic, number, first(serious))
            }
            .boxed(),
        );
    }

    fn run_auto_create(&mut self, configs: &LinkConfigs) {
        let Some(ends) = self.ends.clone() else { return };
        let mirrored: BTreeSet<String> =
            self.mirrors.values().map(|entry| entry.stored.record.source_topic.clone()).collect();
        let (filters, prefix) = (configs.topic_filters(), configs.prefix());
        self.running.push(
            async move {
                let plan = auto_create::run(ends, mirrored, filters, prefix).await;
                Done::Planned(Box::new(plan))
            }
            .boxed(),
        );
    }

    /// Creates what was planned; the task's run ends when all are made or refused.
    pub(super) fn auto_create(&mut self, plan: AutoCreatePlan) {
        self.auto_errors = plan.errors;
        self.auto_pending = plan.create.len();
        for create in plan.create {
            let draft = MirrorDraft { source_topic: create.source_topic, ..MirrorDraft::default() };
            self.queue_mirror(draft, Asker::Task);
        }
        self.auto_created(None);
    }

    /// One of the planned mirrors was made or refused.
    pub(super) fn auto_created(&mut self, outcome: Option<Option<TaskError>>) {
        if let Some(error) = outcome {
            self.auto_pending = self.auto_pending.saturating_sub(1);
            self.auto_errors.extend(error);
        }
        if self.auto_pending == 0 {
            let errors = std::mem::take(&mut self.auto_errors);
            self.task_ran(TaskName::AutoCreateMirror, errors);
        }
    }

    pub(super) fn note_committed(&mut self, committed: Committed) {
        self.committed.extend(committed);
    }
}

/// Between two looks at the ACLs of a mirror, ms.
const PROTECT_MS: i64 = 60_000;

fn no_filters() -> TaskError {
    TaskError {
        code: TaskErrorCode::Misconfiguration,
        message: "consumer.offset.sync.enable is true but consumer.offset.group.filters is empty: no group is synced".to_owned(),
    }
}

fn first(errors: Vec<TaskError>) -> Result<(), StuckBy> {
    match errors.into_iter().next() {
        Some(TaskError { code, message }) => Err(StuckBy { code, message }),
        None => Ok(()),
    }
}
