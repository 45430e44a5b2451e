//! What the watcher knows, as the console shows it.

use std::collections::BTreeMap;

use drawbridge_kafka::admin::cluster::ClusterDescription;
use drawbridge_shared::view::{BrokerView, ClusterDetail, ClusterStatus, ClusterView, FaultView};

use super::{
    ClusterSpec,
    survey::{Tally, version_words},
};

/// What is known of a broker beyond its registration.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub(super) struct BrokerFacts {
    pub(super) version: Option<String>,
    pub(super) latency_micros: Option<u64>,
    pub(super) fault: Option<FaultView>,
    pub(super) used_bytes: Option<u64>,
}

/// What is known of a cluster.
#[derive(Debug, Clone)]
pub(super) struct Known {
    pub(super) status: ClusterStatus,
    pub(super) observed_at_ms: Option<i64>,
    pub(super) description: Option<ClusterDescription>,
    pub(super) tally: Option<Tally>,
    pub(super) brokers: BTreeMap<i32, BrokerFacts>,
    pub(super) latency_micros: Option<u64>,
}

impl Default for Known {
    fn default() -> Self {
        Self {
            status: ClusterStatus::Connecting,
            observed_at_ms: None,
            description: None,
            tally: None,
            brokers: BTreeMap::new(),
            latency_micros: None,
        }
    }
}

impl Known {
    /// The whole, for display; brokers by node id.
    pub(super) fn detail(&self, spec: &ClusterSpec) -> ClusterDetail {
        ClusterDetail {
            cluster: self.view(spec),
            brokers: self.broker_views(),
            ignored_properties: spec.settings.ignored.clone(),
        }
    }

    fn view(&self, spec: &ClusterSpec) -> ClusterView {
        let description = self.description.as_ref();
        let tally = self.tally.as_ref();
        ClusterView {
            name: spec.name.clone(),
            kind: spec.kind,
            origin: spec.origin,
            status: self.status.clone(),
            observed_at_ms: self.observed_at_ms,
            cluster_id: description.map(|known| known.cluster_id.clone()),
            version: version_words(self.brokers.values().filter_map(|b| b.version.as_deref())),
            bootstrap: spec.bootstrap(),
            security: spec.security(),
            controller: description.and_then(|known| known.controller),
            n_brokers: description.and_then(|known| u32::try_from(known.brokers.len()).ok()),
            n_topics: tally.map(|tally| tally.n_topics),
            n_partitions: tally.map(|tally| tally.n_partitions),
            under_replicated: tally.map(|tally| tally.under_replicated),
            offline: tally.map(|tally| tally.offline),
            latency_micros: self.latency_micros,
            guards: Box::new(spec.guards.clone()),
            gateways: Vec::new(),
        }
    }

    fn broker_views(&self) -> Vec<BrokerView> {
        let Some(description) = &self.description else { return Vec::new() };
        let unknown = BrokerFacts::default();
        let mut views: Vec<BrokerView> = description
            .brokers
            .iter()
            .map(|broker| {
                let facts = self.brokers.get(&broker.id).unwrap_or(&unknown);
                let counts = self
                    .tally
                    .as_ref()
                    .map(|tally| tally.brokers.get(&broker.id).copied().unwrap_or_default());
                BrokerView {
                    id: broker.id,
                    host: broker.host.clone(),
                    port: i32::from(broker.port),
                    rack: broker.rack.clone(),
                    is_controller: description.controller == Some(broker.id),
                    version: facts.version.clone(),
                    latency_micros: facts.latency_micros,
                    n_leaders: counts.map(|(leaders, _)| leaders),
                    n_replicas: counts.map(|(_, replicas)| replicas),
                    used_bytes: facts.used_bytes,
                    fault: facts.fault.clone(),
                }
            })
            .collect();
        views.sort_by_key(|view| view.id);
        views
    }
}
