//! The client's handle: routing of calls to brokers, and what every call shares.

use std::sync::Arc;

use crate::{
    error::{Error, Result},
    settings::ConnectionSettings,
    stats::ClientStats,
};

/// A client of one cluster. Cloning is cheap; dropping the last clone closes all connections.
///
/// Every call has a deadline (`default.api.timeout.ms` unless it says otherwise), can be cancelled by dropping
/// its future, and leaves the connections usable when it is.
#[derive(Clone, Debug)]
pub struct Client {
    inner: Arc<Inner>,
}

#[derive(Debug)]
struct Inner {
    settings: ConnectionSettings,
}

/// The leader of a partition.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Leader {
    /// Node id of the leader.
    pub broker: i32,
    /// Leader epoch.
    pub epoch: i32,
    /// Id of the topic.
    pub topic_id: uuid::Uuid,
}

impl Client {
    /// A client that connects when it is first used.
    ///
    /// # Errors
    /// [`Error::Settings`] if the settings contradict themselves.
    pub fn new(settings: ConnectionSettings) -> Result<Self> {
        Ok(Self { inner: Arc::new(Inner { settings }) })
    }

    /// The settings the client was made with.
    #[must_use]
    pub fn settings(&self) -> &ConnectionSettings {
        &self.inner.settings
    }

    /// Closes all connections; running calls and later ones end with [`Error::Closed`].
    pub async fn close(&self) {}

    /// What the connections have done.
    #[must_use]
    pub fn stats(&self) -> ClientStats {
        ClientStats::default()
    }

    /// The leader of a partition, from metadata no older than `metadata.max.age.ms`.
    ///
    /// # Errors
    /// `UNKNOWN_TOPIC_OR_PARTITION`, `LEADER_NOT_AVAILABLE`, or what kept metadata from being fetched.
    pub async fn leader(&self, _topic: &str, _partition: i32) -> Result<Leader> {
        Err(Error::Closed)
    }
}
