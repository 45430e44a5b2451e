//! Short ways to say the places that are named most: a page at its first tab, a list unfiltered.

use drawbridge_shared::link::LinkName;
use drawbridge_shared::names::{ClusterName, TopicName};

use super::{
    AccessQuery, ActivityQuery, BrokerTab, BrokersTab, ConfigsQuery, GroupsQuery, LinkTab,
    ListQuery, Route, TopicTab, TopicsQuery,
};

impl Route {
    /// All links, unfiltered.
    #[must_use]
    pub fn all_links() -> Self {
        Self::Links { query: ListQuery::default() }
    }

    /// All mirrors, unfiltered.
    #[must_use]
    pub fn all_mirrors() -> Self {
        Self::Mirrors { query: ListQuery::default() }
    }

    /// A consumer group.
    #[must_use]
    pub fn of_group(cluster: ClusterName, group: String) -> Self {
        Self::Group { cluster, group, only_lag: false }
    }

    /// All groups, unfiltered.
    #[must_use]
    pub fn all_groups() -> Self {
        Self::Groups { query: GroupsQuery::default() }
    }

    /// The groups of a cluster.
    #[must_use]
    pub fn groups_of(cluster: ClusterName) -> Self {
        let cluster = Some(cluster);
        Self::Groups { query: GroupsQuery { list: ListQuery::default(), cluster } }
    }

    /// The users of a cluster; without one, of the first.
    #[must_use]
    pub fn access_of(cluster: Option<ClusterName>) -> Self {
        Self::Access { query: AccessQuery { cluster, ..AccessQuery::default() } }
    }

    /// All activity, unfiltered.
    #[must_use]
    pub fn all_activity() -> Self {
        Self::Activity { query: ActivityQuery::default() }
    }

    /// A link's page at its first tab.
    #[must_use]
    pub fn of_link(cluster: ClusterName, link: LinkName) -> Self {
        Self::link(cluster, link, LinkTab::default(), ListQuery::default())
    }

    /// A cluster's page.
    #[must_use]
    pub fn of_cluster(cluster: ClusterName) -> Self {
        Self::Cluster { cluster }
    }

    /// The brokers of a cluster.
    #[must_use]
    pub fn brokers_of(cluster: ClusterName) -> Self {
        Self::brokers(cluster, BrokersTab::default())
    }

    /// A broker's page at its first tab.
    #[must_use]
    pub fn of_broker(cluster: ClusterName, broker: i32) -> Self {
        Self::broker(cluster, broker, BrokerTab::default())
    }

    /// The topics of a cluster, unfiltered.
    #[must_use]
    pub fn topics_of(cluster: ClusterName) -> Self {
        Self::Topics { cluster: Some(cluster), query: TopicsQuery::default() }
    }

    /// A topic's page at its first tab.
    #[must_use]
    pub fn of_topic(cluster: ClusterName, topic: TopicName) -> Self {
        Self::topic(cluster, topic, TopicTab::default())
    }

    /// A part of a topic's page.
    #[must_use]
    pub fn topic(cluster: ClusterName, topic: TopicName, tab: TopicTab) -> Self {
        let configs = ConfigsQuery::default();
        Self::Topic { cluster, topic, tab, sort: String::new(), configs }
    }

    /// A part of a link's page, with what is shown of its mirrors.
    #[must_use]
    pub fn link(cluster: ClusterName, link: LinkName, tab: LinkTab, list: ListQuery) -> Self {
        Self::Link { cluster, link, tab, list, configs: ConfigsQuery::default() }
    }

    /// A part of the page of a cluster's brokers.
    #[must_use]
    pub fn brokers(cluster: ClusterName, tab: BrokersTab) -> Self {
        Self::Brokers { cluster, tab, configs: ConfigsQuery::default() }
    }

    /// A part of a broker's page.
    #[must_use]
    pub fn broker(cluster: ClusterName, broker: i32, tab: BrokerTab) -> Self {
        Self::Broker { cluster, broker, tab, configs: ConfigsQuery::default() }
    }
}
