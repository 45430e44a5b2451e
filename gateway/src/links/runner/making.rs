//! Making mirrors: asked for by somebody, planned by AutoCreateMirror, or half made before a crash.

use drawbridge_engine::{
    Millis,
    mirror::{Mirror, MirrorInput, MirrorPhase, MirrorRecord},
    partition::Memory,
};
use drawbridge_shared::{
    draft::MirrorDraft,
    link::{LinkMode, LinkName, LinkState, TaskName},
    names::TopicName,
    view::{MirrorAction, Severity},
    wire::ErrorCode,
};
use futures_util::{FutureExt, future::try_join_all};
use uuid::Uuid;

use super::{
    Runner,
    acts::not_stored,
    jobs::Done,
    mirrors::{self, Made, forget},
};
use crate::{
    clock::now_ms,
    links::{
        ends::Ends,
        half::Reply,
        new_mirror::{self, Intent, Rules},
        store::{StateStore, Stored, StoredMirror, StoredPartition},
        tasks::auto_create,
    },
    refusal::Refusal,
};

/// Mirrors made at the same time.
const MAKING: usize = 4;
/// How long a broker may take to learn of a new topic, ms.
const YOUNG_MS: i64 = 30_000;

/// A mirror that is to be made.
#[derive(Debug)]
pub(super) enum Unmade {
    /// Its record was stored before a crash; the topic may or may not be there.
    /// Tried again from then on.
    HalfMade(TopicName, Millis),
    /// It was asked for.
    Asked(MirrorDraft, Asker),
}

/// Who waits for what becomes of it.
#[derive(Debug)]
pub(super) enum Asker {
    /// Somebody who asked for it.
    Somebody(Reply<()>),
    /// AutoCreateMirror.
    Task,
    /// Nobody any more: it was half made before.
    Nobody,
}

/// A mirror whose topic is not there and can be made.
pub(super) struct Intended {
    ends: Ends,
    rules: Rules,
    intent: Intent,
    source_topic: String,
    asker: Asker,
}

/// Why a mirror was not made, and what there is of it if it is not known whether its topic was created.
pub(super) struct NotMade {
    refusal: Refusal,
    half: Option<Made>,
}

impl From<Refusal> for NotMade {
    fn from(refusal: Refusal) -> Self {
        Self { refusal, half: None }
    }
}

impl Runner {
    pub(super) fn create_mirror(&mut self, draft: MirrorDraft, reply: Reply<()>) {
        if let Some(refusal) = self.cannot_create(&draft) {
            reply.send(Err(refusal)).ok();
            return;
        }
        self.queue_mirror(draft, Asker::Somebody(reply));
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
        if self.mode() == LinkMode::Source {
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

    pub(super) fn queue_mirror(&mut self, draft: MirrorDraft, asker: Asker) {
        self.unmade.push_back(Unmade::Asked(draft, asker));
        self.make_next();
    }

    pub(super) fn rules(&self) -> Option<Rules> {
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
        // A link that is being deleted gets no mirror more.
        while self.making.len() < MAKING && self.retiring.is_none() {
            let (Some(ends), Some(rules)) = (self.ends.clone(), self.rules()) else { return };
            let now = Millis(now_ms());
            if now >= self.lease {
                return;
            }
            let is_due = |one: &Unmade| match one {
                Unmade::HalfMade(_, at) => now >= *at,
                // The second of two that want the same would take the first one's records away.
                Unmade::Asked(draft, _) => !self.making.contains_key(draft.source_topic.trim()),
            };
            let next = self.unmade.iter().position(is_due).and_then(|at| self.unmade.remove(at));
            let Some(next) = next else { return };
            let store = self.store.clone();
            match next {
                Unmade::Asked(draft, asker) => {
                    let source_topic = draft.source_topic.trim().to_owned();
                    self.making.insert(source_topic.clone(), None);
                    let work = async move {
                        match new_mirror::intend(&ends, &rules, &draft).await {
                            Ok(intent) => {
                                let intended =
                                    Intended { ends, rules, intent, source_topic, asker };
                                Done::Intended(Box::new(intended))
                            }
                            Err(refusal) => {
                                Done::Made(Box::new(Err(refusal.into())), asker, source_topic)
                            }
                        }
                    };
                    self.running.push(work.boxed());
                }
                Unmade::HalfMade(topic, _) => {
                    let unmade = self.mirrors.get(&topic).filter(|entry| !entry.stored.created);
                    let Some(entry) = unmade else { continue };
                    let stored = entry.stored.clone();
                    // Wanted anew meanwhile: that is how it is made.
                    if self.making.contains_key(&stored.record.source_topic) {
                        continue;
                    }
                    self.making.insert(stored.record.source_topic.clone(), None);
                    let starts = (0..stored.record.partitions)
                        .map(|number| self.memories.get(&topic, number).start)
                        .collect();
                    let work = async move {
                        let source = stored.record.source_topic.clone();
                        let made = finish(&ends, &rules, &store, stored, topic, starts).await;
                        Done::Made(Box::new(made.map_err(NotMade::from)), Asker::Nobody, source)
                    };
                    self.running.push(work.boxed());
                }
            }
        }
    }

    /// Makes what can be made. What is left of an earlier mirror of that name has no topic any more, and must not
    /// write to the new one.
    pub(super) fn intended(&mut self, intended: Intended) {
        let Intended { ends, rules, intent, source_topic, asker } = intended;
        let topic = &intent.mirror_topic;
        if self.retiring.is_some() {
            let message = format!("link '{}' is being deleted", self.name());
            let refusal = Refusal::new(ErrorCode::Unavailable, message);
            return self.made(Err(refusal.into()), asker, &source_topic);
        }
        if self.mirrors.get(topic).is_some_and(|entry| entry.given_up) {
            let message = format!("mirror '{topic}' was given up meanwhile");
            let refusal = Refusal::new(ErrorCode::Conflict, message).remedy("Create it again.");
            return self.made(Err(refusal.into()), asker, &source_topic);
        }
        if self.mirrors.get(topic).is_some_and(is_too_young) {
            let message = format!("Topic '{topic}' already exists.");
            let refusal = Refusal::new(ErrorCode::Conflict, message)
                .rest(400, 40002)
                .remedy("If it was deleted just now, try again in half a minute.");
            return self.made(Err(refusal.into()), asker, &source_topic);
        }
        if self.mirrors.remove(topic).is_some() {
            self.remove_from_movers(topic);
        }
        let count = i32::try_from(intent.starts.len()).unwrap_or(i32::MAX);
        self.making.insert(source_topic.clone(), Some((topic.clone(), count)));
        let (store, link) = (self.store.clone(), self.name().clone());
        let work = async move {
            let made = make(&ends, &rules, &store, &link, &intent).await;
            Done::Made(Box::new(made), asker, source_topic)
        };
        self.running.push(work.boxed());
    }

    pub(super) fn made(&mut self, result: Result<Made, NotMade>, asker: Asker, source_topic: &str) {
        self.making.remove(source_topic);
        let outcome = match result {
            Ok(made) => {
                self.take_in(made);
                Ok(())
            }
            Err(NotMade { refusal, half }) => {
                if let Some(Made { stored, memories }) = half
                    && let Ok(topic) = stored.record.mirror_topic.parse::<TopicName>()
                {
                    self.memories.set_all(&topic, memories);
                    let machine = self.machine(&stored);
                    self.mirrors.insert(topic, mirrors::entry(machine, stored));
                }
                self.still_half_made(source_topic);
                Err(refusal)
            }
        };
        match asker {
            Asker::Somebody(reply) => {
                self.show();
                reply.send(outcome).ok();
            }
            Asker::Task => {
                let refused = |refusal| auto_create::refused(source_topic, &refusal);
                self.auto_created(Some(outcome.err().map(refused)));
            }
            Asker::Nobody => {}
        }
        self.make_next();
    }

    fn machine(&self, stored: &StoredMirror) -> Mirror {
        let retry = self.configs().map_or(300_000, |c| c.number("cluster.link.retry.timeout.ms"));
        Mirror::new(Millis(now_ms()), stored.record.clone(), retry)
    }

    fn take_in(&mut self, made: Made) {
        let Ok(topic) = made.stored.record.mirror_topic.parse::<TopicName>() else { return };
        self.memories.set_all(&topic, made.memories);
        // The first mirror of a link was created just now, so it is the one that it was.
        self.looked |= self.mirrors.is_empty();
        let machine = self.machine(&made.stored);
        let given_up = self.mirrors.get(&topic).is_some_and(|entry| entry.given_up);
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
        if let Some(task) = self.tasks.get_mut(&TaskName::TopicConfigsSync) {
            task.poke();
        }
        if given_up || self.retiring.is_some() {
            // It came to be all the same: so it becomes an ordinary topic like any other.
            self.act(MirrorAction::Failover, &[topic], false);
        }
    }
}

/// Whether a mirror was made so short a time ago that a broker may not know of its topic yet, and nobody has found it
/// missing.
fn is_too_young(entry: &mirrors::Entry) -> bool {
    let since = entry.machine.record().since;
    entry.stored.created
        && entry.missing_since.is_none()
        && Millis(now_ms()).since(since) < YOUNG_MS
}

/// Makes a mirror: what is wanted is stored before the topic is created, so that a crash in between leaves no
/// topic that nobody knows.
async fn make(
    ends: &Ends,
    rules: &Rules,
    store: &StateStore,
    link: &LinkName,
    intent: &Intent,
) -> Result<Made, NotMade> {
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
        replication_factor: intent.replication_factor,
        overrides: intent.overrides.clone(),
        source_configs: None,
    };
    // All at once: the store writes together what waits for it.
    let partitions = (0..).zip(&intent.starts).map(|(number, start)| {
        store.put(Stored::Partition(StoredPartition {
            link: link.clone(),
            topic: intent.mirror_topic.clone(),
            partition: number,
            memory: Memory { start: *start, ..Memory::default() },
        }))
    });
    try_join_all(partitions).await.map_err(|error| not_stored(&error))?;
    store.put(Stored::Mirror(stored.clone())).await.map_err(|error| not_stored(&error))?;
    let half = Made { memories: memories(intent), stored: stored.clone() };
    match create(ends, rules, store, stored, intent, false).await {
        Ok(made) => Ok(made),
        // The topic may have been created.
        Err(refusal) if refusal.code == ErrorCode::TimedOut => {
            Err(NotMade { refusal, half: Some(half) })
        }
        // Refused, so there is no topic of ours.
        Err(refusal) => {
            let partitions = half.stored.record.partitions;
            forget(store, link, intent.mirror_topic.clone(), partitions).await;
            Err(refusal.into())
        }
    }
}

fn memories(intent: &Intent) -> Vec<(i32, Memory)> {
    let memory = |start: &i64| Memory { start: *start, ..Memory::default() };
    (0..).zip(intent.starts.iter().map(memory)).collect()
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
        replication_factor: stored.replication_factor,
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
    stored.replication_factor = None;
    mirrors::store_surely(store, Stored::Mirror(stored.clone())).await;
    Ok(Made { stored, memories: memories(intent) })
}
