//! Clusters that are only read, and actions that are denied.

use std::collections::BTreeMap;

use drawbridge_shared::{
    guard::{Action, Guards, Rule},
    names::ClusterName,
};

use super::{
    ConfigFault,
    keys::nearest,
    layer::{Given, Layer},
};

/// What the gateway is told not to do.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct GuardSettings {
    /// What is denied on every cluster, and what concerns none.
    pub everywhere: Vec<Rule>,
    clusters: BTreeMap<ClusterName, Guards>,
    /// Where each cluster was named.
    places: Vec<(ClusterName, String)>,
}

impl GuardSettings {
    pub(super) fn read(layer: &Layer, faults: &mut Vec<ConfigFault>) -> Self {
        let mut settings = Self::default();
        for given in layer.together("read_only") {
            if let Some(guards) = settings.of(&given.value, given, faults) {
                guards.read_only = true;
            }
        }
        for given in layer.together("deny") {
            let (cluster, text) = match given.value.split_once(':') {
                Some((cluster, rule)) => (Some(cluster), rule),
                None => (None, given.value.as_str()),
            };
            let Some(rule) = Rule::parse(text) else {
                faults.push(unknown_action(given, text));
                continue;
            };
            let rules = match cluster {
                None => &mut settings.everywhere,
                Some(cluster) => match settings.of(cluster, given, faults) {
                    Some(guards) => &mut guards.deny,
                    None => continue,
                },
            };
            if !rules.contains(&rule) {
                rules.push(rule);
            }
        }
        settings
    }

    fn of(
        &mut self,
        cluster: &str,
        given: &Given,
        faults: &mut Vec<ConfigFault>,
    ) -> Option<&mut Guards> {
        match cluster.parse::<ClusterName>() {
            Ok(name) => {
                self.places.push((name.clone(), given.place.clone()));
                Some(self.clusters.entry(name).or_default())
            }
            Err(error) => {
                let remedy = "Name a cluster of this gateway.";
                faults.push(ConfigFault::new(&given.place, error.to_string(), remedy));
                None
            }
        }
    }

    /// What counts for single clusters by their own settings.
    #[must_use]
    pub const fn by_cluster(&self) -> &BTreeMap<ClusterName, Guards> {
        &self.clusters
    }

    /// Guards of clusters that are none of these: a slip in a name would leave a cluster without its guards.
    #[must_use]
    pub fn astray(&self, known: &[&ClusterName]) -> Vec<ConfigFault> {
        let fault = |(name, place): &(ClusterName, String)| {
            let remedy = match nearest(name.as_str(), known.iter().map(|name| name.as_str())) {
                "" => "The gateway has no clusters yet: add it first.".to_owned(),
                near => format!("Did you mean {near}?"),
            };
            ConfigFault::new(place, format!("there is no cluster '{name}' to guard"), remedy)
        };
        self.places.iter().filter(|(name, _)| !known.contains(&name)).map(fault).collect()
    }
}

fn unknown_action(given: &Given, text: &str) -> ConfigFault {
    let near = nearest(text, Action::ALL.iter().map(|action| action.name()));
    let remedy = format!("Did you mean {near}? Or a whole kind, as in topic.*, or * for all.");
    ConfigFault::new(&given.place, format!("there is no action '{text}' to deny"), remedy)
}
