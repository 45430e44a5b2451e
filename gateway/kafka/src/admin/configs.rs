//! Configs of topics, brokers and groups.

use super::{PerItem, unfinished};
use crate::{client::Client, error::Result};

/// What a config belongs to.
#[derive(Debug, Clone, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub enum ConfigResource {
    /// A topic.
    Topic(String),
    /// A broker by id.
    Broker(i32),
    /// The dynamic defaults of all brokers.
    BrokerDefaults,
    /// Log levels of a broker.
    BrokerLogger(i32),
    /// A consumer or share group (Kafka 4.0 on).
    Group(String),
    /// A client metrics subscription.
    ClientMetrics(String),
}

/// A config with its origin.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct ConfigEntry {
    /// Name.
    pub name: String,
    /// Value; `None` for secrets and for "not set".
    pub value: Option<String>,
    /// Where the value comes from.
    pub source: ConfigSource,
    /// Cannot be changed while the broker runs.
    pub read_only: bool,
    /// Its value is a secret and never sent.
    pub sensitive: bool,
    /// Type of the value.
    pub kind: ConfigKind,
    /// Kafka's documentation (HTML), if asked for.
    pub documentation: Option<String>,
    /// Where the value would come from if the first were removed, best first.
    pub synonyms: Vec<ConfigSynonym>,
}

impl ConfigEntry {
    /// Whether the value is Kafka's own default.
    #[must_use]
    pub fn is_default(&self) -> bool {
        self.source == ConfigSource::Default
    }
}

/// One place a value can come from.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct ConfigSynonym {
    /// Name of the config there (`log.retention.ms` for `retention.ms`).
    pub name: String,
    /// Value there.
    pub value: Option<String>,
    /// The place.
    pub source: ConfigSource,
}

/// Where a value comes from.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum ConfigSource {
    /// Set on the topic.
    Topic,
    /// Set on the broker at run time.
    Broker,
    /// Set on all brokers at run time.
    BrokerDefaults,
    /// The broker's file.
    BrokerFile,
    /// Kafka's default.
    Default,
    /// A log level.
    BrokerLogger,
    /// Set on the client metrics subscription.
    ClientMetrics,
    /// Set on the group.
    Group,
    /// A number newer than this client.
    Unknown(i8),
}

/// Type of a value.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum ConfigKind {
    /// `true` or `false`.
    Boolean,
    /// Text.
    String,
    /// 32-bit number.
    Int,
    /// 16-bit number.
    Short,
    /// 64-bit number.
    Long,
    /// Floating point number.
    Double,
    /// Comma-separated list.
    List,
    /// Class name.
    Class,
    /// Secret.
    Password,
    /// Not told, or newer than this client.
    Unknown,
}

/// A change of one config.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct ConfigChange {
    /// Name.
    pub name: String,
    /// What to do with it.
    pub op: ConfigOp,
}

/// What to do with a config.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum ConfigOp {
    /// Set the value.
    Set(String),
    /// Remove it, so that the next synonym counts.
    Delete,
    /// Add to a list.
    Append(String),
    /// Take from a list.
    Subtract(String),
}

impl Client {
    /// Configs with documentation and synonyms.
    ///
    /// # Errors
    /// When no broker answers; per resource, the broker's error.
    pub async fn describe_configs(
        &self,
        _resources: &[ConfigResource],
    ) -> Result<PerItem<ConfigResource, Vec<ConfigEntry>>> {
        unfinished()
    }

    /// Changes configs, or only checks whether they could be changed. All changes of a resource happen or none.
    ///
    /// # Errors
    /// When no broker answers; per resource, the broker's error.
    pub async fn incremental_alter_configs(
        &self,
        _changes: &[(ConfigResource, Vec<ConfigChange>)],
        _validate_only: bool,
    ) -> Result<PerItem<ConfigResource, ()>> {
        unfinished()
    }
}
