//! Changes of a link's configs: checked, tried where they are credentials, stored one after the other.

use drawbridge_shared::{
    draft::ConfigChange,
    link::{
        Change, ConfigChange as EngineChange, ConfigKey, ConnectionMode, LinkConfigs, LinkMode,
        LinkState, Side,
    },
    wire::ErrorCode,
};
use futures_util::FutureExt;

use super::{
    Runner,
    credentials::{self, Login},
    jobs::Done,
};
use crate::{
    links::{ends, half::Reply, new_link::wrong_configs, store::Stored},
    refusal::Refusal,
};

impl Runner {
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
        // What is refused by now stores nothing, and nothing comes back for it: the next one is on.
        while !self.altering {
            if let Some(kept) = self.unkept.pop_front() {
                self.keep(kept);
            } else if let Some((changes, reply)) = self.unaltered.pop_front() {
                self.alter_tried(changes, false, reply);
            } else {
                return;
            }
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
        let configs = known.alter(&changes).map_err(|faults| wrong_configs(&faults))?;
        self.resolve(&configs).map_err(|refusal| refusal.rest(400, 40002))?;
        Ok(configs)
    }
}
