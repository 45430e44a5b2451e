//! What people ask of a link: create, promote, fail over, pause, resume, look, delete.

use drawbridge_engine::{
    Millis,
    create::check_link_deletion,
    mirror::{Mirror, MirrorCommand, MirrorInput, MirrorPhase, MirrorRecord},
    partition::Memory,
};
use drawbridge_shared::{
    draft::MirrorDraft,
    link::{LinkConfigs, LinkPrefix, LinkState, MirrorState},
    names::TopicName,
    view::{GroupOffsetRow, MirrorAction, MirrorActionRow, Severity, SourceTopicRow},
    wire::ErrorCode,
};
use futures_util::FutureExt;
use uuid::Uuid;

use super::{
    Runner,
    jobs::Done,
    mirrors::{self, Made, forget},
};
use crate::{
    clock::now_ms,
    links::{
        ends::{self, Ends},
        half::Reply,
        new_mirror::{self, Intent, Rules},
        store::{Key, StateStore, StoreError, Stored, StoredMirror, StoredPartition},
        tasks::{auto_create, consumer_offsets, protection, topic_configs},
    },
    refusal::Refusal,
};

/// Mirrors made at the same time.
const MAKING: usize = 4;

/// A mirror that is to be made.
#[derive(Debug)]
pub(super) enum Unmade {
    /// Its record was stored before a crash; the topic may or may not be there.
    HalfMade(TopicName),
    /// It was asked for, by somebody or by AutoCreateMirror.
    Asked(MirrorDraft, Option<Reply<()>>),
}

pub(super) fn not_stored(error: &StoreError) -> Refusal {
    Refusal::new(ErrorCode::Unavailable, format!("it could not be stored: {error}"))
        .remedy("Nothing was changed; try again.")
}

impl Runner {
    pub(super) fn create_mirror(&mut self, draft: MirrorDraft, reply: Reply<()>) {
        if let Some(refusal) = self.cannot_create(&draft) {
            reply.send(Err(refusal)).ok();
            return;
        }
        self.queue_mirror(draft, Some(reply));
    }

    fn cannot_create(&self, draft: &MirrorDraft) -> Option<Refusal> {
        let invalid =
            |message: String| Some(Refusal::new(ErrorCode::Invalid, message).rest(400, 40002));
        let source = draft.source_topic.trim();
        if source.is_empty() {
            return invalid("source_topic_name is missing: name the topic to mirror.".to_owned());
        }
        if draft.replication_factor.is_some_and(|factor| factor < 1) {
            return invalid(
                "replication_factor must be at least 1, or left out for the cluster's default."
                    .to_owned(),
            );
        }
        if self.mode() == drawbridge_shared::link::LinkMode::Source {
            return invalid(format!(
                "'{}' is the source half of the link: mirrors are created on the destination's half.",
                self.name()
            ));
        }
        let view = self.link.view();
        let why = match (&self.waiting_for, &self.ends, view.state) {
            (Some(waiting), _, _) => Some(waiting.clone()),
            (None, _, LinkState::Failed | LinkState::Unavailable) => view.message,
            (None, None, _) => None,
            (None, Some(_), _) => return None,
        };
        let message = format!(
            "link '{}' cannot create mirrors now: {}",
            self.name(),
            why.unwrap_or_else(|| "it is not usable".to_owned())
        );
        Some(Refusal::new(ErrorCode::Unavailable, message))
    }

    pub(super) fn queue_mirror(&mut self, draft: MirrorDraft, reply: Option<Reply<()>>) {
        self.unmade.push_back(Unmade::Asked(draft, reply));
        self.make_next();
    }

    fn rules(&self) -> Option<Rules> {
        let configs = self.configs()?;
        Some(Rules {
            cluster: self.cluster.spec().name.clone(),
            prefix: configs.prefix(),
            start: configs.start(),
            include: configs.synced_topic_configs(),
        })
    }

    /// Makes the next mirrors that wait, a few at a time.
    pub(super) fn make_next(&mut self) {
        while self.making < MAKING {
            let (Some(ends), Some(rules)) = (self.ends.clone(), self.rules()) else { return };
            if Millis(now_ms()) >= self.lease {
                return;
            }
            let Some(next) = self.unmade.pop_front() else { return };
            let (store, link) = (self.store.clone(), self.name().clone());
            match next {
                Unmade::Asked(draft, reply) => {
                    self.making += 1;
                    let work = async move {
                        let source = draft.source_topic.clone();
                        let made = make(&ends, &rules, &store, &link, &draft).await;
                        Done::Made(Box::new(made), reply, source)
                    };
                    self.running.push(work.boxed());
                }
                Unmade::HalfMade(topic) => {
                    let Some(entry) = self.mirrors.get(&topic) else { continue };
                    self.making += 1;
                    let stored = entry.stored.clone();
                    let starts = (0..stored.record.partitions)
                        .map(|number| self.memories.get(&topic, number).start)
                        .collect();
                    let work = async move {
                        let source = stored.record.source_topic.clone();
                        let made = finish(&ends, &rules, &store, stored, topic, starts).await;
                        Done::Made(Box::new(made), None, source)
                    };
                    self.running.push(work.boxed());
                }
            }
        }
    }

    pub(super) fn made(
        &mut self,
        result: Result<Made, Refusal>,
        reply: Option<Reply<()>>,
        source_topic: &str,
    ) {
        self.making = self.making.saturating_sub(1);
        let automatic = reply.is_none();
        let outcome = match result {
            Ok(made) => {
                self.take_in(made);
                Ok(())
            }
            Err(refusal) => {
                let half_made = self.mirrors.iter().find(|(_, entry)| {
                    !entry.stored.created && entry.stored.record.source_topic == source_topic
                });
                if let Some((topic, _)) = half_made {
                    // It stays listed, and is tried again with the next turn of the tasks.
                    let topic = topic.clone();
                    self.unmade.push_back(Unmade::HalfMade(topic));
                }
                Err(refusal)
            }
        };
        if automatic {
            let error = outcome.err().map(|refusal| auto_create::refused(source_topic, &refusal));
            self.auto_created(Some(error));
        } else if let Some(reply) = reply {
            self.show();
            reply.send(outcome).ok();
        }
        self.make_next();
    }

    fn take_in(&mut self, made: Made) {
        let Ok(topic) = made.stored.record.mirror_topic.parse::<TopicName>() else { return };
        let now = Millis(now_ms());
        let retry = self.configs().map_or(300_000, |c| c.number("cluster.link.retry.timeout.ms"));
        for (number, memory) in made.memories {
            self.memories.set(&topic, number, memory);
        }
        // The first mirror of a link was created just now, so it is the one that it was.
        self.looked |= self.mirrors.is_empty();
        let machine = Mirror::new(now, made.stored.record.clone(), retry);
        let partitions = made.stored.record.partitions;
        let message = format!(
            "mirror '{topic}' of '{}' was created with {partitions} partitions",
            made.stored.record.source_topic
        );
        self.mirrors.insert(topic.clone(), mirrors::entry(machine, made.stored));
        self.notice(Severity::Info, Some(&topic), message);
        self.move_partitions(&topic, 0..partitions);
        let state = self.link.view().state;
        self.give_mirror(&topic, MirrorInput::Link(state));
        if let Some(task) = self.tasks.get_mut(&drawbridge_shared::link::TaskName::TopicConfigsSync)
        {
            task.poke();
        }
    }

    /// Acts on mirrors; each has its row.
    pub(super) fn act(
        &mut self,
        action: MirrorAction,
        topics: &[TopicName],
        validate_only: bool,
    ) -> Vec<MirrorActionRow> {
        let mut rows: Vec<MirrorActionRow> =
            topics.iter().map(|topic| self.act_on(action, topic, validate_only)).collect();
        rows.sort_by(|a, b| a.topic.cmp(&b.topic));
        rows
    }

    fn act_on(
        &mut self,
        action: MirrorAction,
        topic: &TopicName,
        validate_only: bool,
    ) -> MirrorActionRow {
        let refused = |code: i32, message: String| MirrorActionRow {
            topic: topic.as_str().to_owned(),
            error_code: Some(code),
            error_message: Some(message),
            lags: Vec::new(),
        };
        let lags = self.lag_rows(topic);
        let link = self.name().clone();
        let Some(entry) = self.mirrors.get_mut(topic) else {
            return refused(404, format!("Topic '{topic}' is not a mirror of link '{link}'"));
        };
        if !entry.stored.created {
            return refused(
                400,
                format!("Topic '{topic}' is just being created; try again in a moment"),
            );
        }
        let away = entry.machine.state() == MirrorState::SourceUnavailable;
        if action == MirrorAction::Promote && away {
            return refused(
                400,
                format!(
                    "The source of topic '{topic}' cannot be reached, so it cannot be drained: wait for it, or fail the topic over"
                ),
            );
        }
        let command = command(action);
        let mut effects = Vec::new();
        let outcome = if validate_only {
            entry.machine.check(command)
        } else {
            entry.machine.command(Millis(now_ms()), command, &mut effects)
        };
        if let Err(error) = outcome {
            return refused(error.code, error.message);
        }
        if !validate_only {
            let verb = match action {
                MirrorAction::Promote => "is being promoted",
                MirrorAction::Failover => "is being failed over",
                MirrorAction::Pause => "is paused",
                MirrorAction::Resume => "goes on",
            };
            // Who asked for it keeps it in the activity.
            let message = format!("mirror '{topic}' {verb}");
            self.notices.push(Severity::Info, &self.cluster.spec().name, Some(topic), message);
        }
        self.perform(topic, effects);
        MirrorActionRow {
            topic: topic.as_str().to_owned(),
            error_code: None,
            error_message: None,
            lags,
        }
    }

    /// Ends the link. With `force`, mirrors that are not stopped are failed over first.
    pub(super) fn retire(&mut self, force: bool, validate_only: bool, reply: Reply<()>) {
        let live = self.live_mirrors();
        let names: Vec<String> = live.iter().map(|topic| topic.as_str().to_owned()).collect();
        if let Err(refusal) = check_link_deletion(self.name(), &names, force) {
            reply.send(Err(new_mirror::of_engine(refusal))).ok();
            return;
        }
        if validate_only {
            reply.send(Ok(())).ok();
            return;
        }
        self.act(MirrorAction::Failover, &live, false);
        self.retiring = Some(reply);
        self.retire_until = Millis(now_ms()).plus(RETIRE_MS);
    }

    pub(super) fn retiring_is_over(&self) -> bool {
        self.retiring.is_some() && self.live_mirrors().is_empty()
    }

    fn live_mirrors(&self) -> Vec<TopicName> {
        let live = self.mirrors.iter().filter(|(_, entry)| {
            !matches!(entry.machine.record().phase, MirrorPhase::Stopped { .. })
        });
        live.map(|(topic, _)| topic.clone()).collect()
    }

    /// Goes on with the deletion; says whether it is done.
    pub(super) async fn retire_further(&mut self) -> bool {
        let live = self.live_mirrors();
        let now = Millis(now_ms());
        let never_ran = self.ends.is_none() || self.stored.configs.is_err();
        if !live.is_empty() && now < self.retire_until && !never_ran {
            return false;
        }
        if !live.is_empty() && !never_ran {
            let names: Vec<&str> = live.iter().map(TopicName::as_str).collect();
            let message = format!("these mirrors cannot be failed over now: {}", names.join(", "));
            if let Some(reply) = self.retiring.take() {
                let refusal = Refusal::new(ErrorCode::Unavailable, message)
                    .remedy("Look at their errors; the link stays until they are stopped.");
                reply.send(Err(refusal)).ok();
            }
            return false;
        }
        self.movers.clear();
        if !live.is_empty() {
            self.free(&live).await;
        }
        let link = self.name().clone();
        for (topic, entry) in &self.mirrors {
            forget(&self.store, link.clone(), topic.clone(), entry.machine.record().partitions)
                .await;
        }
        let removed = self.store.remove(Key::Link(link.clone())).await;
        let Some(reply) = self.retiring.take() else { return true };
        match removed {
            Ok(()) => {
                let message = format!("link '{link}' was deleted");
                self.notices.push(Severity::Info, &self.cluster.spec().name, None, message);
                reply.send(Ok(())).ok();
                true
            }
            Err(error) => {
                reply.send(Err(not_stored(&error))).ok();
                false
            }
        }
    }

    /// Makes ordinary topics of mirrors that no mover can stop, because the link has no ends: its other half
    /// went first, or its secrets cannot be read. Nothing writes to them any more.
    async fn free(&mut self, topics: &[TopicName]) {
        let own = ends::named(self.cluster.spec().settings.clone(), self.name());
        let Ok(client) = ends::client(own) else { return };
        let include = self.configs().map(LinkConfigs::synced_topic_configs).unwrap_or_default();
        for topic in topics {
            let Some(entry) = self.mirrors.get(topic) else { continue };
            let source = entry.source_configs.as_ref();
            let configs = topic_configs::finish(&client, topic.as_str(), source, &include).await;
            let acls = protection::release(&client, topic.as_str(), &entry.stored.denied).await;
            if let Err(error) = configs.and(acls) {
                let message = format!(
                    "'{topic}' is no mirror any more, and could not be made an ordinary topic: {error}. Look at its configs and at the ACLs that deny writing to it"
                );
                self.notice(Severity::Attention, Some(topic), message);
            }
        }
        client.close().await;
    }

    pub(super) fn source_topics(&mut self, reply: Reply<Vec<SourceTopicRow>>) {
        let known = self.ends.clone().filter(|_| self.waiting_for.is_none());
        let (Some(ends), Some(rules)) = (known, self.rules()) else {
            let why = self.waiting_for.clone().or_else(|| self.link.view().message);
            let message = format!(
                "the source of link '{}' cannot be asked: {}",
                self.name(),
                why.unwrap_or_else(|| "this half has no mirrors".to_owned())
            );
            reply.send(Err(Refusal::new(ErrorCode::Unavailable, message))).ok();
            return;
        };
        let mirrored: std::collections::BTreeSet<String> =
            self.mirrors.values().map(|entry| entry.stored.record.source_topic.clone()).collect();
        self.running.push(
            async move {
                reply.send(list_source_topics(&ends, &rules, &mirrored).await).ok();
                Done::Nothing
            }
            .boxed(),
        );
    }

    pub(super) fn groups(&self, topic: Option<&TopicName>, reply: Reply<Vec<GroupOffsetRow>>) {
        let (Some(ends), Some(work)) = (self.ends.clone(), self.groups_work(topic)) else {
            let message = format!("link '{}' has no mirrors here, so no groups", self.name());
            reply.send(Err(Refusal::new(ErrorCode::Unavailable, message))).ok();
            return;
        };
        self.running.push(
            async move {
                let rows = match consumer_offsets::observe(&ends, &work, false).await {
                    Ok(observed) => Ok(super::views::group_rows(&observed, &work)),
                    Err(error) => Err(new_mirror::on_source("consumer groups", &error)),
                };
                reply.send(rows).ok();
                Done::Nothing
            }
            .boxed(),
        );
    }
}

/// How long a forced deletion waits for its mirrors to stop, ms.
const RETIRE_MS: i64 = 60_000;

fn command(action: MirrorAction) -> MirrorCommand {
    match action {
        MirrorAction::Promote => MirrorCommand::Promote,
        MirrorAction::Failover => MirrorCommand::Failover,
        MirrorAction::Pause => MirrorCommand::Pause,
        MirrorAction::Resume => MirrorCommand::Resume,
    }
}

/// Makes a mirror: what is wanted is stored before the topic is created, so that a crash in between leaves no
/// topic that nobody knows.
async fn make(
    ends: &Ends,
    rules: &Rules,
    store: &StateStore,
    link: &drawbridge_shared::link::LinkName,
    draft: &MirrorDraft,
) -> Result<Made, Refusal> {
    let intent = new_mirror::intend(ends, rules, draft).await?;
    let stored = StoredMirror {
        record: MirrorRecord {
            link: link.clone(),
            source_topic: intent.source_topic.clone(),
            mirror_topic: intent.mirror_topic.as_str().to_owned(),
            source_topic_id: intent.source_topic_id.map(Uuid::into_bytes),
            partitions: i32::try_from(intent.starts.len()).unwrap_or(i32::MAX),
            phase: MirrorPhase::Mirroring,
            since: Millis(now_ms()),
        },
        created: false,
        topic_id: None,
        denied: Vec::new(),
        overrides: intent.overrides.clone(),
    };
    for (number, start) in (0..).zip(&intent.starts) {
        let record = StoredPartition {
            link: link.clone(),
            topic: intent.mirror_topic.clone(),
            partition: number,
            memory: Memory { start: *start, ..Memory::default() },
        };
        store.put(Stored::Partition(record)).await.map_err(|error| not_stored(&error))?;
    }
    store.put(Stored::Mirror(stored.clone())).await.map_err(|error| not_stored(&error))?;
    let created = create(ends, rules, store, stored, &intent, false).await;
    if let Err(refusal) = &created
        && refusal.code != ErrorCode::TimedOut
    {
        // Refused, so there is no topic of ours.
        forget(
            store,
            link.clone(),
            intent.mirror_topic.clone(),
            i32::try_from(intent.starts.len()).unwrap_or(0),
        )
        .await;
    }
    created
}

/// Goes on with a mirror whose making was interrupted.
async fn finish(
    ends: &Ends,
    rules: &Rules,
    store: &StateStore,
    stored: StoredMirror,
    mirror_topic: TopicName,
    starts: Vec<i64>,
) -> Result<Made, Refusal> {
    let intent = Intent {
        source_topic: stored.record.source_topic.clone(),
        mirror_topic,
        source_topic_id: stored.record.source_topic_id.map(Uuid::from_bytes),
        starts,
        replication_factor: None,
        overrides: stored.overrides.clone(),
    };
    create(ends, rules, store, stored, &intent, true).await
}

async fn create(
    ends: &Ends,
    rules: &Rules,
    store: &StateStore,
    mut stored: StoredMirror,
    intent: &Intent,
    resumed: bool,
) -> Result<Made, Refusal> {
    stored.topic_id = new_mirror::create(ends, rules, intent, resumed).await?;
    stored.created = true;
    mirrors::store_surely(store, Stored::Mirror(stored.clone())).await;
    let memories = (0..)
        .zip(&intent.starts)
        .map(|(number, start)| (number, Memory { start: *start, ..Memory::default() }));
    Ok(Made { stored, memories: memories.collect() })
}

async fn list_source_topics(
    ends: &Ends,
    rules: &Rules,
    mirrored: &std::collections::BTreeSet<String>,
) -> Result<Vec<SourceTopicRow>, Refusal> {
    let (source, here) =
        tokio::join!(auto_create::topics(&ends.source), auto_create::topics(&ends.sink));
    let source = source.map_err(|error| new_mirror::on_source("*", &error))?;
    let taken: std::collections::BTreeSet<String> =
        here.unwrap_or_default().into_iter().map(|topic| topic.name).collect();
    let row = |topic: drawbridge_engine::task::auto_create::ObservedTopic| {
        let mirror_topic = LinkPrefix::apply(rules.prefix.as_ref(), &topic.name);
        let is_mirrored = mirrored.contains(&topic.name);
        let conflict = (!is_mirrored && taken.contains(&mirror_topic))
            .then(|| format!("Topic '{mirror_topic}' already exists."));
        let is_internal = topic.internal
            || ["__", "_confluent", "_drawbridge"]
                .iter()
                .any(|start| topic.name.starts_with(start));
        SourceTopicRow {
            partitions: topic.partitions,
            mirror_topic,
            is_internal,
            is_mirrored,
            conflict,
            name: topic.name,
        }
    };
    Ok(source.into_iter().map(row).collect())
}
