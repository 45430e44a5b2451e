//! The cluster itself: id, brokers, controller, versions.

use super::{acls::AclOperation, unfinished};
use crate::{client::Client, error::Result};

/// A cluster as one of its brokers describes it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct ClusterDescription {
    /// Kafka's cluster id.
    pub cluster_id: String,
    /// Node id of the controller; in KRaft clusters, of some broker that forwards to it.
    pub controller: Option<i32>,
    /// Brokers by id.
    pub brokers: Vec<Broker>,
    /// What the principal may do with the cluster; `None` if the broker does not say.
    pub operations: Option<Vec<AclOperation>>,
}

/// A broker.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Broker {
    /// Node id.
    pub id: i32,
    /// Advertised host.
    pub host: String,
    /// Advertised port.
    pub port: u16,
    /// `broker.rack`.
    pub rack: Option<String>,
    /// Registered, but fenced by the controller.
    pub fenced: bool,
}

/// What a broker can do.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct BrokerVersions {
    /// Every API with its versions, by key.
    pub apis: Vec<ApiRange>,
    /// Features with the levels the broker supports and the level the cluster runs at.
    pub features: Vec<Feature>,
    /// The Kafka release, as far as features and APIs tell: `3.9`, `4.1`, `4.2 or newer`, `2.8 to 3.2`.
    pub kafka: String,
}

/// Versions of one API.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct ApiRange {
    /// API key.
    pub key: i16,
    /// Kafka's name, or `Api<key>` for one newer than this client.
    pub name: String,
    /// Oldest version.
    pub min: i16,
    /// Newest version.
    pub max: i16,
}

/// A feature such as `metadata.version` (KIP-584).
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Feature {
    /// Name.
    pub name: String,
    /// Lowest supported level.
    pub min: i16,
    /// Highest supported level.
    pub max: i16,
    /// The level in force; `None` if the feature is off.
    pub finalized: Option<i16>,
}

impl Client {
    /// Id, brokers, controller and the principal's rights on the cluster. Includes fenced brokers where the
    /// cluster tells (Kafka 4.0 on).
    ///
    /// # Errors
    /// When no broker answers.
    pub async fn describe_cluster(&self) -> Result<ClusterDescription> {
        unfinished()
    }

    /// Versions and features of one broker.
    ///
    /// # Errors
    /// When the broker cannot be reached.
    pub async fn broker_versions(&self, _broker: i32) -> Result<BrokerVersions> {
        unfinished()
    }
}
