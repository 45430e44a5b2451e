//! Places of brokers and of partitions that lack something: how their URLs are written and read.

use drawbridge_shared::view::PartitionTrouble;

use super::encoding::{Query, encode_pairs};
use super::{ConfigsQuery, Route, cluster_path, read_cluster};

/// Parts of the page of a cluster's brokers.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub enum BrokersTab {
    /// The brokers, and how the partitions are.
    #[default]
    Brokers,
    /// Configurations of all brokers: `?tab=defaults`.
    Defaults,
}

/// Parts of a broker's page.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub enum BrokerTab {
    /// What it is, and what lies on its disks.
    #[default]
    Disks,
    /// Its configurations: `?tab=configs`.
    Configs,
}

/// What is shown of partitions that lack something.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct PartitionsQuery {
    /// Text that the topic's name must contain: `?q=`.
    pub q: String,
    /// What they lack; none for all that lack anything: `?show=`.
    pub show: Option<PartitionTrouble>,
}

/// The word of a trouble in a URL.
#[must_use]
pub fn trouble_key(trouble: PartitionTrouble) -> &'static str {
    match trouble {
        PartitionTrouble::Offline => "offline",
        PartitionTrouble::UnderMinIsr => "under-min-isr",
        PartitionTrouble::UnderReplicated => "under-replicated",
        PartitionTrouble::NotPreferred => "not-preferred",
    }
}

/// The trouble of a word.
#[must_use]
pub fn trouble_of(key: &str) -> Option<PartitionTrouble> {
    PartitionTrouble::ALL.into_iter().find(|trouble| trouble_key(*trouble) == key)
}

/// Path and query of a place of brokers; empty for another place.
pub(super) fn path(route: &Route) -> String {
    match route {
        Route::Brokers { cluster, tab, configs } => {
            let tab = if *tab == BrokersTab::Defaults { "defaults" } else { "" };
            let [q, set] = configs.pairs();
            format!("{}/brokers{}", cluster_path(cluster), encode_pairs(&[("tab", tab), q, set]))
        }
        Route::Broker { cluster, broker, tab, configs } => {
            let tab = if *tab == BrokerTab::Configs { "configs" } else { "" };
            let [q, set] = configs.pairs();
            let pairs = encode_pairs(&[("tab", tab), q, set]);
            format!("{}/brokers/{broker}{pairs}", cluster_path(cluster))
        }
        Route::Partitions { cluster, query } => {
            let show = query.show.map(trouble_key).unwrap_or_default();
            let pairs = [("q", &*query.q), ("show", show)];
            format!("{}/partitions{}", cluster_path(cluster), encode_pairs(&pairs))
        }
        _ => String::new(),
    }
}

/// Reads a place of brokers.
pub(super) fn parse<'a>(segments: impl Iterator<Item = &'a str>, query: &Query) -> Option<Route> {
    let segments: Vec<&str> = segments.take(5).collect();
    match *segments.as_slice() {
        // The place that a broker's configurations had before brokers had pages.
        ["clusters", cluster] if !matches!(cluster, "new") => {
            let broker = query.get("broker").parse().ok()?;
            let cluster = read_cluster(cluster)?;
            Some(Route::broker(cluster, broker, BrokerTab::Configs))
        }
        ["clusters", cluster, "brokers"] => {
            let is_defaults = query.get("tab") == "defaults";
            let tab = if is_defaults { BrokersTab::Defaults } else { BrokersTab::Brokers };
            let configs = ConfigsQuery::read(query);
            Some(Route::Brokers { cluster: read_cluster(cluster)?, tab, configs })
        }
        ["clusters", cluster, "brokers", broker] => {
            let is_configs = query.get("tab") == "configs";
            let tab = if is_configs { BrokerTab::Configs } else { BrokerTab::Disks };
            Some(Route::Broker {
                cluster: read_cluster(cluster)?,
                broker: broker.parse().ok()?,
                tab,
                configs: ConfigsQuery::read(query),
            })
        }
        ["clusters", cluster, "partitions"] => {
            let query = PartitionsQuery {
                q: query.get("q").to_owned(),
                show: trouble_of(query.get("show")),
            };
            Some(Route::Partitions { cluster: read_cluster(cluster)?, query })
        }
        _ => None,
    }
}
