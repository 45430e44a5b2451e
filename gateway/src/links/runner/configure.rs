//! From configs to clients: which ends a link has, and what happens when they change.

use std::{sync::Arc, time::Duration};

use drawbridge_engine::{
    Millis,
    link::{LinkInput, LinkSettings, Trouble},
};
use drawbridge_kafka::Client;
use drawbridge_shared::{
    link::{ConnectionMode, LinkConfigs, LinkError, LinkMode, LinkName, LinkState},
    view::Severity,
};
use futures_util::FutureExt;

use super::{Runner, jobs::Done};
use crate::{
    clusters::Cluster,
    links::{
        ends::{self, Ends},
        half::leased,
        mover::{self, FetchSettings},
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
pub(super) struct Resolved {
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

    pub(super) fn resolve(&self, configs: &LinkConfigs) -> Result<Resolved, Refusal> {
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
