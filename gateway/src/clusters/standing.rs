//! What the settings say of clusters by their names, whenever a cluster of that name is taken in.

use std::collections::BTreeMap;

use drawbridge_kafka::settings::RegistryUrl;
use drawbridge_shared::{guard::Guards, names::ClusterName};

use super::ClusterSpec;

/// Guards and schema registries by cluster. They count for every cluster of the name: also for one that is removed
/// and added again, and for one that could not be used when the gateway started.
#[derive(Debug, Clone, Default)]
pub struct Standing {
    /// What is not done on each.
    pub guards: BTreeMap<ClusterName, Guards>,
    /// The schema registry of each, over that of its properties. A login stays that of the properties.
    pub registries: BTreeMap<ClusterName, RegistryUrl>,
}

impl Standing {
    pub(super) fn give(&self, spec: &mut ClusterSpec) {
        if let Some(guards) = self.guards.get(&spec.name) {
            spec.guards = guards.clone();
        }
        if let Some(url) = self.registries.get(&spec.name) {
            spec.settings.set_schema_registry(url.clone());
        }
    }
}

#[cfg(test)]
mod tests {
    use drawbridge_shared::{draft::ClusterDraft, guard::Rule};

    use super::*;
    use crate::{clusters::Clusters, notices::Notices, shutdown::Tasks};

    #[tokio::test]
    async fn a_cluster_that_is_removed_and_added_again_keeps_its_guards_and_its_registry() {
        let name: ClusterName = "prod".parse().unwrap();
        let guards = Guards { read_only: true, ..Guards::default() };
        let url = RegistryUrl::parse("http://registry:8081").unwrap();
        let standing = Standing {
            guards: BTreeMap::from([(name.clone(), guards)]),
            registries: BTreeMap::from([(name.clone(), url)]),
        };
        let everywhere = vec![Rule::parse("topic.delete").unwrap()];
        let clusters =
            Clusters::guarded(Notices::default(), None, Tasks::default(), everywhere, standing);
        let draft = |name: &str| ClusterDraft {
            name: name.to_owned(),
            properties: "bootstrap.servers=127.0.0.1:1".to_owned(),
        };
        // The first time is as for one whose kept file could not be used at the start.
        for _ in 0..2 {
            clusters.add(&draft("prod")).await.unwrap();
            let cluster = clusters.require(&name).unwrap();
            let spec = cluster.spec();
            assert!(spec.guards.read_only);
            assert_eq!(spec.guards.everywhere.len(), 1);
            assert!(spec.settings.schema_registry.is_some());
            clusters.remove(&name).await.unwrap();
        }
        clusters.add(&draft("other")).await.unwrap();
        let other = clusters.require(&"other".parse().unwrap()).unwrap();
        assert!(!other.spec().guards.read_only && other.spec().settings.schema_registry.is_none());
    }
}
