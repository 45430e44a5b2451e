//! *Test connection*: every step to a cluster in order, and what is wrong with the first that fails.

mod run;

use crate::{admin::cluster::ClusterDescription, settings::ConnectionSettings};

/// Steps to a cluster.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub enum Step {
    /// Settings and the files they name can be read.
    Settings,
    /// Host names have addresses.
    Resolve,
    /// TCP connects.
    Connect,
    /// The TLS handshake succeeds.
    Tls,
    /// The peer is a Kafka broker and accepts the credentials.
    Authenticate,
    /// The principal may describe the cluster.
    Authorize,
    /// The cluster describes itself and its brokers are reachable at their advertised addresses.
    Describe,
}

/// What became of a step.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Outcome {
    /// It worked.
    Ok {
        /// What was found, for people.
        detail: String,
        /// How long it took, in microseconds.
        micros: u64,
    },
    /// It failed.
    Failed {
        /// One sentence.
        summary: String,
        /// The broker's, TLS library's or operating system's words.
        cause: String,
        /// What to change.
        remedy: String,
    },
    /// It was not tried, because an earlier step failed or the settings do not call for it.
    Skipped,
}

/// A step with its target.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct ProbeStep {
    /// Which step.
    pub step: Step,
    /// `host:port` it was tried with; empty for [`Step::Settings`].
    pub target: String,
    /// What became of it.
    pub outcome: Outcome,
}

/// The result of a probe.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct ProbeReport {
    /// Steps in order; a bootstrap server that failed before another worked keeps its steps.
    pub steps: Vec<ProbeStep>,
    /// The cluster, if it was reached.
    pub cluster: Option<ProbedCluster>,
}

/// What the probe found out about the cluster.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct ProbedCluster {
    /// Id, brokers, controller.
    pub description: ClusterDescription,
    /// Kafka release, as in [`crate::admin::cluster::BrokerVersions::kafka`].
    pub version: String,
}

impl ProbeReport {
    /// Whether the cluster can be used: a bootstrap server answered, and nothing failed from there on.
    #[must_use]
    pub fn is_ok(&self) -> bool {
        // A server that failed before another one answered is shown, and does no harm.
        let last_server = self.steps.iter().rposition(|step| step.step == Step::Resolve);
        let since = self.steps.iter().skip(last_server.unwrap_or_default());
        self.cluster.is_some()
            && !since.into_iter().any(|step| matches!(step.outcome, Outcome::Failed { .. }))
    }

    /// The step to show first: the last one that failed.
    #[must_use]
    pub fn failure(&self) -> Option<&ProbeStep> {
        self.steps.iter().rev().find(|step| matches!(step.outcome, Outcome::Failed { .. }))
    }
}

/// Tries every step with fresh connections and reports what was found. Never fails itself.
///
/// Bootstrap servers are tried in turn until one answers; then every advertised broker is connected to.
pub async fn probe(settings: &ConnectionSettings) -> ProbeReport {
    run::Run::new(settings).finish().await
}
