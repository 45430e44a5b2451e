//! The cluster itself: id, brokers, controller, versions.

use kafka_protocol::messages::{DescribeClusterRequest, DescribeClusterResponse};

use super::{
    acls::{AclOperation, operations},
    words,
};
use crate::{
    client::{ANY_VERSION, Call, Client, Repeat, Route, Topics, Use},
    error::{Asked, Error, ErrorCode, Result},
};

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
    /// The Kafka release, as far as features and APIs tell: `3.9`, `4.1`, `4.4 or newer`, `2.8 to 3.2`.
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
        let call = Call::ask(Route::Any, Asked::new("DescribeCluster"));
        match self.call::<DescribeClusterRequest>(&call, question, refusal).await {
            Ok(response) => Ok(answer(&response)),
            Err(Error::UnsupportedVersion { .. }) => self.cluster_by_metadata().await,
            Err(error) => Err(error),
        }
    }

    /// The cluster as the bootstrap server itself describes it, whether or not brokers can be reached at the
    /// addresses they advertise; with its Kafka release.
    pub(crate) async fn describe_by_bootstrap(&self) -> Result<(ClusterDescription, String)> {
        let asked = Asked::new("DescribeCluster");
        self.once(&asked, async {
            let connection = self.bootstrap_connection().await?;
            let version = connection.versions().describe().kafka;
            let response = self
                .send::<DescribeClusterRequest>(&connection, ANY_VERSION, &asked, question)
                .await;
            let response = match response {
                Ok(response) => response,
                Err(Error::UnsupportedVersion { .. }) => {
                    return Ok((self.cluster_by_metadata().await?, version));
                }
                Err(error) => return Err(error),
            };
            match refusal(&response) {
                Some((code, message)) => {
                    Err(Error::broker(code, message, asked.clone().of(connection.target())))
                }
                None => Ok((answer(&response), version)),
            }
        })
        .await
    }

    /// For brokers without `DescribeCluster`.
    async fn cluster_by_metadata(&self) -> Result<ClusterDescription> {
        self.fetch_metadata(&Topics::None, false).await?;
        let metadata = self.metadata();
        Ok(ClusterDescription {
            cluster_id: metadata.cluster_id.clone().unwrap_or_default(),
            controller: metadata.controller,
            brokers: metadata.brokers.values().cloned().collect(),
            operations: None,
        })
    }

    /// Versions and features of one broker.
    ///
    /// # Errors
    /// When the broker cannot be reached.
    pub async fn broker_versions(&self, broker: i32) -> Result<BrokerVersions> {
        let asked = Asked::new("ApiVersions").about(format!("broker {broker}"));
        let connection =
            self.retrying(Repeat::Always, &asked, || self.broker(broker, Use::Control)).await?;
        Ok(connection.versions().describe())
    }
}

fn question(version: i16) -> DescribeClusterRequest {
    let request = DescribeClusterRequest::default()
        .with_include_cluster_authorized_operations(true)
        .with_endpoint_type(1);
    if version >= 2 { request.with_include_fenced_brokers(true) } else { request }
}

fn refusal(response: &DescribeClusterResponse) -> Option<(i16, Option<String>)> {
    ErrorCode::from_wire(response.error_code)
        .map(|code| (code.0, words(response.error_message.as_ref())))
}

fn answer(response: &DescribeClusterResponse) -> ClusterDescription {
    let mut brokers: Vec<Broker> = response
        .brokers
        .iter()
        .map(|broker| Broker {
            id: broker.broker_id.0,
            host: broker.host.to_string(),
            port: u16::try_from(broker.port).unwrap_or_default(),
            rack: broker.rack.as_ref().map(ToString::to_string),
            fenced: broker.is_fenced,
        })
        .collect();
    brokers.sort_by_key(|broker| broker.id);
    ClusterDescription {
        cluster_id: response.cluster_id.to_string(),
        controller: Some(response.controller_id.0).filter(|id| *id >= 0),
        brokers,
        operations: operations(response.cluster_authorized_operations),
    }
}
