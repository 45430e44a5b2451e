//! The result of *Test connection*: which step failed, and why.

use serde::{Deserialize, Serialize};

/// A step on the way to a usable connection, in order.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum ProbeStage {
    /// Reading the properties.
    Settings,
    /// Looking up the host name.
    Resolve,
    /// Opening the TCP connection.
    Connect,
    /// TLS handshake and certificate checks.
    Tls,
    /// SASL authentication.
    Authenticate,
    /// Asking for the cluster's description, which needs to be allowed.
    Authorize,
    /// Reaching every broker at the address it advertises.
    Brokers,
}

/// How a step ended.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(tag = "outcome", rename_all = "snake_case")]
pub enum StepOutcome {
    /// It worked.
    Passed {
        /// What was found, e.g. the address or the certificate's subject.
        detail: String,
        /// How long it took, in microseconds.
        micros: u64,
    },
    /// It failed, and the steps behind it were not tried.
    Failed {
        /// What failed, one sentence.
        summary: String,
        /// The broker's or the operating system's own words.
        cause: String,
        /// What to do about it.
        remedy: String,
    },
    /// Not tried, because an earlier step failed, or not needed with these settings.
    Skipped {
        /// Why.
        reason: String,
    },
}

/// One step against one address.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct ProbeStep {
    /// Which step.
    pub stage: ProbeStage,
    /// The address or file it concerns.
    pub target: String,
    /// How it ended.
    #[serde(flatten)]
    pub outcome: StepOutcome,
}

/// What *Test connection* found.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct ProbeReport {
    /// The steps in the order they were taken.
    pub steps: Vec<ProbeStep>,
    /// Kafka's cluster id, when it could be read.
    pub cluster_id: Option<String>,
    /// Broker version as far as the protocol tells.
    pub version: Option<String>,
    /// Brokers in the cluster.
    pub n_brokers: Option<u32>,
    /// Security in words without secrets.
    pub security: Option<String>,
    /// Property keys that were given but mean nothing to Drawbridge.
    pub ignored_properties: Vec<String>,
}

impl ProbeReport {
    /// Whether every step that was needed worked.
    #[must_use]
    pub fn passed(&self) -> bool {
        !self.steps.is_empty()
            && !self.steps.iter().any(|step| matches!(step.outcome, StepOutcome::Failed { .. }))
    }
}
