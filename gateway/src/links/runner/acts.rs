//! What people ask of a link: promote, fail over, pause, resume, look, delete.

use drawbridge_engine::{Millis, create::check_link_deletion, mirror::MirrorCommand};
use drawbridge_shared::{
    link::{LinkConfigs, LinkPrefix, MirrorState},
    names::TopicName,
    view::{GroupOffsetRow, MirrorAction, MirrorActionRow, Severity, SourceTopicRow},
    wire::ErrorCode,
};
use futures_util::FutureExt;

use super::{Runner, jobs::Done, mirrors::forget};
use crate::{
    clock::now_ms,
    links::{
        ends::{self, Ends},
        half::{Reply, leased},
        new_mirror::{self, Rules},
        store::{Key, StoreError},
        tasks::{auto_create, consumer_offsets, protection, topic_configs},
    },
    refusal::Refusal,
};

pub(super) fn not_stored(error: &StoreError) -> Refusal {
    Refusal::new(ErrorCode::Unavailable, format!("it could not be stored: {error}"))
        .remedy("Nothing was changed; try again.")
}

impl Runner {
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
        let taken = MirrorActionRow {
            topic: topic.as_str().to_owned(),
            error_code: None,
            error_message: None,
            lags: self.lag_rows(topic),
        };
        let link = self.name().clone();
        let Some(entry) = self.mirrors.get_mut(topic) else {
            return refused(404, format!("Topic '{topic}' is not a mirror of link '{link}'"));
        };
        if !entry.stored.created {
            if action != MirrorAction::Failover {
                return refused(
                    400,
                    format!(
                        "Topic '{topic}' is being created: try again in a moment, or give it up with a failover"
                    ),
                );
            }
            if !validate_only {
                self.give_up(topic);
            }
            return taken;
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
        taken
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

    /// Mirrors that have to be stopped; those that are not made yet are forgotten with the link.
    fn live_mirrors(&self) -> Vec<TopicName> {
        let live = self.mirrors.iter().filter(|(_, entry)| entry.moves());
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
        let known = self.mirrors.iter().map(|(topic, of)| (topic, of.machine.record().partitions));
        let unlisted = self.making.values().flatten().map(|(topic, count)| (topic, *count));
        for (topic, partitions) in known.chain(unlisted) {
            forget(&self.store, &link, topic.clone(), partitions).await;
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
        let Ok(client) = ends::client(own).map(|client| client.with_guard(leased(&self.news)))
        else {
            return;
        };
        let include = self.configs().map(LinkConfigs::synced_topic_configs).unwrap_or_default();
        for topic in topics {
            let Some(entry) = self.mirrors.get(topic) else { continue };
            let source = entry.stored.source_configs.as_ref();
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
