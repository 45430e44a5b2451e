//! Clusters and brokers as the console shows them.

use serde::{Deserialize, Serialize};

use crate::guard::Guards;
use crate::names::ClusterName;

/// What answers behind a cluster's address.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum ClusterKind {
    /// A Kafka cluster reached over the network.
    Kafka,
    /// The embedded Kafka-protocol cluster of the demo: its data is gone when the gateway stops.
    Embedded,
}

/// Where the gateway knows a cluster from.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum ClusterOrigin {
    /// Named on the command line or in the configuration file; cannot be removed from the console.
    Configured,
    /// Added from the console and kept in the gateway's clusters directory.
    Added,
    /// Added from the console of a gateway without a clusters directory: forgotten when it stops.
    AddedForNow,
}

/// A failure in words: what, why, and what to do.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct FaultView {
    /// What failed, one sentence, with the side or address it happened at.
    pub summary: String,
    /// The broker's or the operating system's own words.
    pub cause: String,
    /// What to do about it.
    pub remedy: String,
}

/// Whether a cluster answers.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(tag = "state", rename_all = "snake_case")]
pub enum ClusterStatus {
    /// No answer yet since the gateway started.
    Connecting,
    /// It answered the last check.
    Up,
    /// It did not; `fault` says why.
    Down {
        /// When it stopped answering.
        since_ms: i64,
        /// Why.
        fault: FaultView,
        /// When the gateway tries again; 0 when it does not by itself, e.g. because another cluster id
        /// answered.
        next_attempt_ms: i64,
    },
}

/// One cluster in a list.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct ClusterView {
    /// What this gateway calls it.
    pub name: ClusterName,
    /// What answers behind it.
    pub kind: ClusterKind,
    /// Where it is known from.
    pub origin: ClusterOrigin,
    /// Whether it answers.
    pub status: ClusterStatus,
    /// When the facts below were last read; none before the first answer.
    pub observed_at_ms: Option<i64>,
    /// Kafka's own cluster id.
    pub cluster_id: Option<String>,
    /// Broker version as far as the protocol tells, e.g. `4.1` or `3.9`; mixed versions as `3.9 – 4.1`.
    pub version: Option<String>,
    /// `bootstrap.servers` as configured.
    pub bootstrap: String,
    /// Security in words without secrets, e.g. `SASL_SSL · SCRAM-SHA-512 · admin`.
    pub security: String,
    /// Node id of the active controller.
    pub controller: Option<i32>,
    /// Brokers in the cluster.
    pub n_brokers: Option<u32>,
    /// Topics the principal may see, internal ones included.
    pub n_topics: Option<u32>,
    /// Partitions of those topics.
    pub n_partitions: Option<u32>,
    /// Partitions whose in-sync replicas are fewer than their replicas.
    pub under_replicated: Option<u32>,
    /// Partitions without a leader.
    pub offline: Option<u32>,
    /// Round trip of the last check, in microseconds.
    pub latency_micros: Option<u64>,
    /// What this gateway was told not to do on it.
    #[serde(default, skip_serializing_if = "Guards::is_empty")]
    pub guards: Box<Guards>,
    /// The gateways that run or may run the cluster's links, this one included, the one that does first; none while
    /// that is not known, and of a cluster without links.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub gateways: Vec<String>,
}

/// One cluster, whole.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct ClusterDetail {
    /// The list's facts.
    pub cluster: ClusterView,
    /// Its brokers by node id.
    pub brokers: Vec<BrokerView>,
    /// Property keys that were given but mean nothing to Drawbridge.
    pub ignored_properties: Vec<String>,
}

/// One broker.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct BrokerView {
    /// Node id.
    pub id: i32,
    /// Advertised host.
    pub host: String,
    /// Advertised port.
    pub port: i32,
    /// `broker.rack`.
    pub rack: Option<String>,
    /// Whether it is the active controller.
    pub is_controller: bool,
    /// Version as far as the protocol tells.
    pub version: Option<String>,
    /// Round trip of the last request to it, in microseconds.
    pub latency_micros: Option<u64>,
    /// Partitions it leads.
    pub n_leaders: Option<u32>,
    /// Replicas placed on it.
    pub n_replicas: Option<u32>,
    /// Bytes of its log directories used by topic data.
    pub used_bytes: Option<u64>,
    /// Why it cannot be asked, when the cluster is up but this broker does not answer.
    pub fault: Option<FaultView>,
}
