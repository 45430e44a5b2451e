//! The client's handle: routing of calls to brokers, and what every call shares.

mod bootstrap;
mod call;
mod coordinators;
mod lane;
mod leaders;
pub mod metadata;
mod place;
mod pool;
mod throttle;

use std::{sync::Arc, time::Duration};

pub(crate) use call::{ANY_VERSION, Call, Repeat, Route, ok, unreadable};
pub(crate) use coordinators::Kind;
pub(crate) use lane::Use;
pub(crate) use leaders::Led;
pub(crate) use metadata::{Topics, description};
pub(crate) use throttle::Throttled;

use self::{metadata::MetadataCache, pool::Pool};
use crate::{
    error::{Asked, Error, ErrorCode, Result},
    send_guard::SendGuard,
    settings::ConnectionSettings,
    stats::ClientStats,
};

/// A client of one cluster. Cloning is cheap; dropping the last clone closes all connections.
///
/// Every call has a deadline (`default.api.timeout.ms`, or [`Client::with_deadline`]), can be cancelled by dropping
/// its future, and leaves the connections usable when it is.
#[derive(Clone, Debug)]
pub struct Client {
    inner: Arc<Inner>,
    deadline: Duration,
    guard: Option<SendGuard>,
}

#[derive(Debug)]
struct Inner {
    pool: Pool,
    metadata: MetadataCache,
    coordinators: coordinators::Coordinators,
}

/// The leader of a partition.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Leader {
    /// Node id of the leader.
    pub broker: i32,
    /// Leader epoch.
    pub epoch: i32,
    /// Id of the topic, all zero on clusters without topic ids.
    pub topic_id: uuid::Uuid,
}

impl Client {
    /// A client that connects when it is first used.
    ///
    /// # Errors
    /// [`Error::Settings`] if there is no bootstrap server.
    pub fn new(settings: ConnectionSettings) -> Result<Self> {
        if settings.bootstrap.is_empty() {
            return Err(Error::Settings(vec![crate::settings::SettingFault {
                key: "bootstrap.servers".to_owned(),
                source: "the settings".to_owned(),
                line: None,
                problem: "it names no server".to_owned(),
                remedy: "Write one or more host:port, separated by commas".to_owned(),
            }]));
        }
        let deadline = settings.timeouts.api;
        let inner = Inner {
            pool: Pool::new(settings),
            metadata: MetadataCache::default(),
            coordinators: coordinators::Coordinators::default(),
        };
        Ok(Self { inner: Arc::new(inner), deadline, guard: None })
    }

    /// The same client (connections included) whose calls end after `deadline` at the latest.
    #[must_use]
    pub fn with_deadline(&self, deadline: Duration) -> Self {
        Self { deadline, ..self.clone() }
    }

    /// The same client (connections included) whose requests go out only while `guard` lets them; otherwise its calls
    /// end with [`Error::Withheld`].
    #[must_use]
    pub fn with_guard(&self, guard: SendGuard) -> Self {
        Self { guard: Some(guard), ..self.clone() }
    }

    /// The settings in force: those the client was made with, or the last of [`Client::renew`].
    #[must_use]
    pub fn settings(&self) -> Arc<ConnectionSettings> {
        self.inner.pool.settings()
    }

    /// Makes new connections with these settings, in all clones. Those there are replaced when they are used next,
    /// after what is under way on them was answered, and requests of a produce lane keep their order. So
    /// credentials change without a break. The settings have to lead to the same cluster.
    pub fn renew(&self, settings: ConnectionSettings) {
        self.inner.pool.renew(settings);
    }

    /// Closes all connections; running calls and later ones end with [`Error::Closed`].
    pub async fn close(&self) {
        self.inner.pool.close();
    }

    /// What the connections have done.
    #[must_use]
    pub fn stats(&self) -> ClientStats {
        self.inner.pool.stats()
    }

    /// Ends the connections made for `unwanted`.
    pub(crate) fn end_lanes(&self, unwanted: Use) {
        self.inner.pool.end_lanes(unwanted);
    }

    /// The leader of a partition, from metadata no older than `metadata.max.age.ms`.
    ///
    /// # Errors
    /// `UNKNOWN_TOPIC_OR_PARTITION`, `LEADER_NOT_AVAILABLE`, or what kept metadata from being fetched.
    pub async fn leader(&self, topic: &str, partition: i32) -> Result<Leader> {
        self.topic_metadata(topic).await?;
        let asked = || Asked::new("Metadata").about(format!("partition {topic}-{partition}"));
        match self.inner.metadata.leader(topic, partition) {
            Some(Some(leader)) => Ok(leader),
            Some(None) => Err(Error::broker(ErrorCode::LEADER_NOT_AVAILABLE.0, None, asked())),
            None => Err(Error::broker(ErrorCode::UNKNOWN_TOPIC_OR_PARTITION.0, None, asked())),
        }
    }

    /// The leader of a partition as far as it is known, from metadata no older than
    /// `metadata.max.age.ms`; asks nobody.
    #[must_use]
    pub fn known_leader(&self, topic: &str, partition: i32) -> Option<Leader> {
        let max_age = self.settings().metadata_max_age;
        self.inner.metadata.fresh_topic(topic, max_age)?;
        self.inner.metadata.leader(topic, partition).flatten()
    }

    /// Makes the next use of `topic` fetch its metadata again: a broker said that what is known is out of date.
    pub fn forget_topic(&self, topic: &str) {
        self.inner.metadata.forget(topic);
    }

    /// As [`Client::forget_topic`], for all topics that `broker` leads.
    pub(crate) fn distrust(&self, broker: i32) {
        self.inner.metadata.distrust(broker);
    }

    /// Notes the name behind a topic id.
    pub(crate) fn learn_topic_name(&self, id: uuid::Uuid, name: &str) {
        self.inner.metadata.learn_name(id, name);
    }

    /// The name behind a topic id, if it was ever seen.
    pub(crate) fn topic_name(&self, id: &uuid::Uuid) -> Option<String> {
        self.inner.metadata.name_of(id)
    }
}

#[cfg(test)]
mod tests;
