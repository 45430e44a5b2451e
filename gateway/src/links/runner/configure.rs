//! From configs to clients: which ends a link has, and what happens when they change.

use std::{sync::Arc, time::Duration};

use drawbridge_engine::{
    Millis,
    link::{LinkInput, LinkSettings, Trouble},
};
use drawbridge_kafka::Client;
use drawbridge_shared::{
    draft::{ConfigChange, FieldError},
    link::{
        Change, ConfigChange as EngineChange, ConfigKey, ConnectionMode, LinkConfigs, LinkError,
        LinkMode, LinkName, LinkState, Side,
    },
    view::Severity,
    wire::ErrorCode,
};
use futures_util::FutureExt;

use super::{
    Runner,
    credentials::{self, Login},
    jobs::Done,
};
use crate::{
    clusters::Cluster,
    links::{
        ends::{self, Ends},
        half::{Reply, leased},
        mover::{self, FetchSettings},
        store::Stored,
    },
    refusal::Refusal,
};

/// Between two glances at a remote that does not answer, ms.
const GLANCE_MS: i64 = 5_000;
/// How long a check of a cluster may take, whatever the time between two of them.
const CHECK_MIN: Duration = Duration::from_secs(2);
const CHECK_MAX: Duration = Duration::from_secs(30);

/// The other half of a link.
#[derive(Debug, Clone)]
pub(in crate::links) struct Twin {
    /// The cluster it lives on.
    pub(in crate::links) cluster: Arc<Cluster>,
    /// Its configs, if they can be read.
    pub(in crate::links) configs: Option<LinkConfigs>,
}

/// Who knows the other halves.
pub(in crate::links) trait Peers: Send + Sync {
    /// The half of the same link on the cluster with this id, if this gateway has it.
    fn twin(&self, link: &LinkName, local_id: &str, remote_id: &str) -> Option<Twin>;
    /// This half changed.
    fn changed(&self);
}

/// What a link is made of.
struct Resolved {
    ends: Option<Ends>,
    remote: Option<Client>,
    waiting_for: Option<String>,
}

impl Twin {
    fn is(&self, other: &Self) -> bool {
        Arc::ptr_eq(&self.cluster, &other.cluster) && self.configs == other.configs
    }
}

impl Runner {
    /// Takes the configs in force: makes clients of them, or says why that cannot be. Says whether the clients, and so
    /// the movers, are those that were there.
    pub(super) fn configure(&mut self) -> bool {
        self.met = self.twin();
        let configs = match &self.stored.configs {
            Ok(configs) => configs.clone(),
            Err(why) => {
                let why = why.clone();
                self.give_link(LinkInput::Unusable(why));
                return false;
            }
        };
        match self.resolve(&configs) {
            Ok(resolved) => {
                let kept = self.hand_over(&resolved);
                if !kept {
                    self.replace_ends(resolved);
                }
                self.give_link(LinkInput::Configured(LinkSettings::from(&configs)));
                kept
            }
            Err(refusal) => {
                self.give_link(LinkInput::Unusable(refusal.in_full()));
                false
            }
        }
    }

    fn resolve(&self, configs: &LinkConfigs) -> Result<Resolved, Refusal> {
        let name = self.name();
        let own = &self.cluster.spec().settings;
        let mut resolved = Resolved { ends: None, remote: None, waiting_for: None };
        match (configs.mode(), configs.connection_mode()) {
            (LinkMode::Source, _) => {
                resolved.remote = Some(ends::client(ends::remote_settings(name, configs)?)?);
                // They are used by the other half; whether they can be is known here first.
                ends::local_settings(name, configs, own)?;
            }
            (_, ConnectionMode::Outbound) => {
                let source = ends::client(ends::remote_settings(name, configs)?)?;
                let sink =
                    ends::destination(ends::named(own.clone(), name), configs, leased(&self.news))?;
                resolved.remote = Some(source.clone());
                resolved.ends = Some(Ends { source, sink });
            }
            (_, ConnectionMode::Inbound) => match self.twin() {
                Some(Twin { cluster, configs: Some(theirs) }) => {
                    let there = &cluster.spec().settings;
                    let source = ends::client(ends::local_settings(name, &theirs, there)?)?;
                    let sink = ends::destination(
                        ends::remote_settings(name, &theirs)?,
                        configs,
                        leased(&self.news),
                    )?;
                    resolved.remote = Some(source.clone());
                    resolved.ends = Some(Ends { source, sink });
                }
                twin => {
                    // Without its source a link can still be failed over and deleted.
                    let sink = ends::destination(
                        ends::named(own.clone(), name),
                        configs,
                        leased(&self.news),
                    )?;
                    resolved.ends = Some(Ends::without_source(sink)?);
                    resolved.waiting_for = Some(match twin {
                        Some(_) => {
                            "the configs of the source half cannot be read; see there".to_owned()
                        }
                        None => self.no_twin(),
                    });
                }
            },
        }
        Ok(resolved)
    }

    fn no_twin(&self) -> String {
        let source = self.stored.remote_cluster_id.as_deref().unwrap_or("(unknown)");
        format!(
            "the source half of this link does not exist yet: create link '{}' on cluster {source} with link.mode=SOURCE and connection.mode=OUTBOUND, at this gateway",
            self.name()
        )
    }

    fn twin(&self) -> Option<Twin> {
        let local = self.cluster.cluster_id()?;
        let remote = self.stored.remote_cluster_id.as_deref()?;
        self.peers.twin(self.name(), local, remote)
    }

    /// Lets the clients that are there go over to new settings, when these lead to the same servers: movers do not
    /// notice, and nothing is interrupted. Says whether that was possible.
    fn hand_over(&mut self, resolved: &Resolved) -> bool {
        if self.waiting_for.is_some() || resolved.waiting_for.is_some() {
            return false;
        }
        match (&self.ends, &resolved.ends, &self.remote, &resolved.remote) {
            // The remote of these is one of the ends.
            (Some(old), Some(new), Some(_), Some(_)) if old.lead_where(new) => {
                ends::take_over(&old.source, &new.source);
                ends::take_over(&old.sink, &new.sink);
                true
            }
            (None, None, Some(old), Some(new)) if ends::leads_where(old, new) => {
                ends::take_over(old, new);
                true
            }
            _ => false,
        }
    }

    fn replace_ends(&mut self, resolved: Resolved) {
        self.movers.clear();
        let old = (self.ends.take(), self.remote.take());
        tokio::spawn(async move {
            if let Some(ends) = old.0 {
                ends.close().await;
            }
            if let Some(remote) = old.1 {
                remote.close().await;
            }
        });
        self.ends = resolved.ends;
        self.remote = resolved.remote;
        self.waiting_for = resolved.waiting_for;
    }

    /// Another half appeared, went or changed: a half that waits for its twin looks again.
    pub(super) fn peers_changed(&mut self) {
        let inbound = self
            .configs()
            .is_some_and(|configs| configs.connection_mode() == ConnectionMode::Inbound);
        if !inbound {
            return;
        }
        let twin = self.twin();
        let same = match (&self.met, &twin) {
            (None, None) => true,
            (Some(known), Some(twin)) => known.is(twin),
            _ => false,
        };
        // Connections, and what is under way on them, stay as long as they lead to the same place.
        if !same {
            self.configure();
        }
    }

    /// Looks between the checks that count whether a remote that did not answer is back: the interval of the
    /// checks decides when a link is given up, not how long people wait when it is there again.
    pub(super) fn check_again(&mut self, now: Millis) {
        let view = self.link.view();
        let away = match view.state {
            LinkState::Unknown | LinkState::Unavailable => true,
            LinkState::Active => view.failures > 0,
            LinkState::Paused | LinkState::Failed | LinkState::UnmanagedSource => false,
        };
        if away && !self.glancing && now >= self.next_glance {
            self.next_glance = now.plus(GLANCE_MS);
            self.check_remote(false);
        }
    }

    /// Asks the remote cluster who it is. A failure counts only when the link's machine asked.
    pub(super) fn check_remote(&mut self, counts: bool) {
        self.glancing |= !counts;
        let expected = self.stored.remote_cluster_id.clone();
        let every = self.configs().map_or(0, |c| c.number("availability.check.ms"));
        let limit = Duration::from_millis(every.unsigned_abs()).clamp(CHECK_MIN, CHECK_MAX);
        // A client tries for a minute what this asks once: the next check is the next try.
        let remote = self.remote.as_ref().map(|remote| remote.with_deadline(limit));
        let waiting_for = self.waiting_for.clone();
        let sink = self.ends.as_ref().map(|ends| ends.sink.with_deadline(limit)).filter(|_| {
            self.configs().is_some_and(|c| c.connection_mode() == ConnectionMode::Inbound)
        });
        let own = self.cluster.cluster_id().map(str::to_owned);
        let work = async move {
            let Some(remote) = remote else {
                return Err(Trouble {
                    error: LinkError::Unknown,
                    message: waiting_for
                        .unwrap_or_else(|| "the link has no way to its remote cluster".to_owned()),
                });
            };
            ends::check(remote, expected).await?;
            match sink {
                Some(sink) => ends::check(sink, own).await,
                None => Ok(()),
            }
        };
        self.running.push(work.map(move |result| Done::Checked(result, counts)).boxed());
    }

    pub(super) fn link_changed(&mut self, from: LinkState, to: LinkState) {
        let view = self.link.view();
        let why = view.message.as_deref().map(|why| format!(": {why}")).unwrap_or_default();
        let (severity, why) = match to {
            LinkState::Active => (Severity::Good, String::new()),
            LinkState::Paused | LinkState::Unknown => (Severity::Info, String::new()),
            LinkState::Unavailable | LinkState::UnmanagedSource => (Severity::Attention, why),
            LinkState::Failed => (Severity::Failed, why),
        };
        tracing::info!(link = %self.name(), cluster = %self.cluster.spec().name, %from, %to, "link changed its state");
        self.notice(severity, None, format!("link '{}' is {to}{why}", self.name()));
    }

    /// Changes configs, all or none; answered when they are stored. New credentials are tried first.
    pub(super) fn alter(
        &mut self,
        changes: Vec<ConfigChange>,
        validate_only: bool,
        reply: Reply<()>,
    ) {
        let altered = self.altered(&changes);
        let configs = match altered {
            Ok(configs) => configs,
            Err(refusal) => {
                reply.send(Err(refusal)).ok();
                return;
            }
        };
        let logins = self.new_logins(&changes, &configs);
        if logins.is_empty() {
            return self.alter_tried(changes, validate_only, reply);
        }
        let is_active = self.link.view().state == LinkState::Active;
        let name = self.name().clone();
        let work = async move {
            let tried = credentials::try_all(&name, logins, is_active).await;
            Done::Tried { changes, validate_only, tried, reply }
        };
        self.running.push(work.boxed());
    }

    /// Stores changes whose credentials, if there are any, have proven good. One after the other: each is made of
    /// what the one before left.
    pub(super) fn alter_tried(
        &mut self,
        changes: Vec<ConfigChange>,
        validate_only: bool,
        reply: Reply<()>,
    ) {
        if validate_only {
            reply.send(Ok(())).ok();
            return;
        }
        if self.altering {
            self.unaltered.push_back((changes, reply));
            return;
        }
        let configs = match self.altered(&changes) {
            Ok(configs) => configs,
            Err(refusal) => {
                reply.send(Err(refusal)).ok();
                return;
            }
        };
        let reconnects = changes.iter().any(|change| {
            ConfigKey::find(&change.name).is_some_and(|key| key.change == Change::Reconnects)
        });
        let mut record = self.stored.clone();
        record.configs = Ok(configs);
        let store = self.store.clone();
        self.altering = true;
        let work = async move {
            let stored = store.put(Stored::Link(record.clone())).await;
            Done::Altered { record: Box::new(record), reconnects, stored, reply }
        };
        self.running.push(work.boxed());
    }

    /// Goes on with the changes that waited.
    pub(super) fn alter_next(&mut self) {
        self.altering = false;
        if let Some((changes, reply)) = self.unaltered.pop_front() {
            self.alter_tried(changes, false, reply);
        }
    }

    /// The logins that are other ones with these configs, with the cluster each has to lead to.
    fn new_logins(&self, changes: &[ConfigChange], configs: &LinkConfigs) -> Vec<Login> {
        let changed = |side: Side| {
            let mut keys = changes.iter().filter_map(|change| ConfigKey::find(&change.name));
            keys.any(|key| key.side == side && credentials::is_credential(key.name))
        };
        let mut logins = Vec::new();
        let dials = configs.connection_mode() == ConnectionMode::Outbound;
        if dials
            && changed(Side::Dialling)
            && let Ok(settings) = ends::remote_settings(self.name(), configs)
        {
            let cluster_id = self.stored.remote_cluster_id.clone();
            // Where this half reads, the new user has to see what is mirrored.
            let moving = self.mirrors.values().filter(|entry| entry.moves());
            let topics = moving.map(|entry| entry.stored.record.source_topic.clone());
            let topics = topics.take(credentials::LOOKED_AT).collect();
            logins.push(Login { whose: "the remote cluster", settings, cluster_id, topics });
        }
        if configs.mode() == LinkMode::Source
            && changed(Side::Local)
            && let Ok(settings) =
                ends::local_settings(self.name(), configs, &self.cluster.spec().settings)
        {
            let cluster_id = self.cluster.cluster_id().map(str::to_owned);
            let whose = "its own cluster (local.)";
            logins.push(Login { whose, settings, cluster_id, topics: Vec::new() });
        }
        logins
    }

    fn altered(&self, changes: &[ConfigChange]) -> Result<LinkConfigs, Refusal> {
        // New credentials are a way out of secrets that cannot be read, if none is forgotten.
        let known = self.stored.readable();
        let given = |secret: &&str| changes.iter().any(|change| change.name == *secret);
        let lost: Vec<&str> = self.stored.unreadable().filter(|name| !given(name)).collect();
        if !lost.is_empty() {
            let message = format!(
                "{} cannot be read: set password_encoder_secret to what it was, or give them anew in the same request",
                lost.join(", ")
            );
            return Err(Refusal::new(ErrorCode::Invalid, message).rest(400, 40002));
        }
        let changes: Vec<(String, EngineChange)> = changes
            .iter()
            .map(|change| {
                let to = match &change.value {
                    Some(value) => EngineChange::Set(value.clone()),
                    None => EngineChange::Delete,
                };
                (change.name.clone(), to)
            })
            .collect();
        let configs = known.alter(&changes).map_err(|faults| {
            let fields: Vec<FieldError> = faults
                .iter()
                .map(|fault| FieldError::new(&fault.name, fault.message.clone()))
                .collect();
            let all = faults.iter().map(ToString::to_string).collect::<Vec<_>>().join("; ");
            Refusal { message: all, ..Refusal::of_fields(fields) }.rest(400, 40002)
        })?;
        self.resolve(&configs).map_err(|refusal| refusal.rest(400, 40002))?;
        Ok(configs)
    }

    /// What was altered is stored: it counts from now on.
    pub(super) fn obey(&mut self, record: crate::links::store::StoredLink, reconnects: bool) {
        let before = std::mem::replace(&mut self.stored, record);
        let was_usable = before.configs.is_ok();
        let kept = if reconnects || !was_usable { self.configure() } else { true };
        if kept && let Ok(configs) = self.stored.configs.clone() {
            self.give_link(LinkInput::Configured(LinkSettings::from(&configs)));
            let fetchers =
                usize::try_from(configs.number("num.cluster.link.fetchers")).unwrap_or(1);
            let same = before.configs.as_ref().is_ok_and(|old| {
                let unchanged = |name: &str| old.get(name) == configs.get(name);
                [
                    "replica.fetch.max.bytes",
                    "request.timeout.ms",
                    "retry.backoff.ms",
                    "replica.fetch.backoff.ms",
                ]
                .into_iter()
                .all(unchanged)
            });
            if fetchers == self.movers.len() && same {
                self.order_all(|number| {
                    mover::Order::Settings(FetchSettings::of(&configs, number))
                });
            } else {
                // Machines are made anew with the other sizes; they find their place by themselves.
                self.movers.clear();
            }
        }
        for task in self.tasks.values_mut() {
            task.poke();
        }
        self.peers.changed();
    }
}
