//! The only place that writes and reads URLs.
//!
//! A view's whole state that is worth sharing is in its `Route`; `Route::parse(route.path())` is
//! the route again.

use drawbridge_shared::link::{LinkMode, LinkName};
use drawbridge_shared::names::{ClusterName, TopicName};

mod access;
mod activity;
mod brokers;
mod configs;
mod encoding;
mod groups;
mod links;
mod messages;
mod places;
mod topics;
mod words;

pub use access::{AccessQuery, AccessTab};
pub use activity::ActivityQuery;
pub use brokers::{BrokerTab, BrokersTab, PartitionsQuery, trouble_key, trouble_of};
pub use configs::ConfigsQuery;
use encoding::{Query, encode_pairs};
pub use groups::{GroupsQuery, ResetQuery};
pub use links::{CompareQuery, CutOver, LinkTab, ListQuery};
pub use messages::{MessagesQuery, RecordPlace, import as import_path, whole_record};
pub use topics::{TopicTab, TopicsQuery};
pub use words::Crumb;

/// A place in the console.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Route {
    /// Clusters and the links between them: `/`.
    Topology,
    /// All links: `/links`.
    Links {
        /// What is shown of them.
        query: ListQuery,
    },
    /// Form for creating a link: `/links/new`.
    LinkNew {
        /// The cluster it is to live on: `?cluster=`.
        cluster: Option<ClusterName>,
        /// The half that is to be created: `?mode=`.
        mode: Option<LinkMode>,
    },
    /// One half of a link: `/clusters/{c}/links/{l}`.
    Link {
        /// The cluster it lives on.
        cluster: ClusterName,
        /// Which link.
        link: LinkName,
        /// Which part of it: `?tab=`.
        tab: LinkTab,
        /// What is shown of its mirrors.
        list: ListQuery,
        /// Which configurations are shown.
        configs: ConfigsQuery,
    },
    /// All mirror topics: `/mirrors`.
    Mirrors {
        /// What is shown of them.
        query: ListQuery,
    },
    /// One mirror topic: `/clusters/{c}/links/{l}/mirrors/{t}`.
    Mirror {
        /// The cluster it is on.
        cluster: ClusterName,
        /// Its link.
        link: LinkName,
        /// The mirror's name.
        topic: TopicName,
    },
    /// A mirror's records beside their source's: `/clusters/{c}/links/{l}/mirrors/{t}/compare`.
    Compare {
        /// The cluster the mirror is on.
        cluster: ClusterName,
        /// Its link.
        link: LinkName,
        /// The mirror's name.
        topic: TopicName,
        /// Which offsets.
        query: CompareQuery,
    },
    /// Choosing topics to mirror: `/clusters/{c}/links/{l}/add`.
    MirrorsAdd {
        /// The cluster the link lives on.
        cluster: ClusterName,
        /// Which link.
        link: LinkName,
    },
    /// Promoting or failing over mirrors: `/clusters/{c}/links/{l}/promote` and `…/failover`.
    CutOver {
        /// The cluster the link lives on.
        cluster: ClusterName,
        /// Which link.
        link: LinkName,
        /// Which of the two.
        action: CutOver,
        /// The mirrors, `?topics=a,b`; none means all that the action can be taken on.
        topics: Vec<TopicName>,
    },
    /// Consumer groups of all clusters, `/groups`, or of one, `/clusters/{c}/groups`.
    Groups {
        /// What is shown of them.
        query: GroupsQuery,
    },
    /// One consumer group: `/clusters/{c}/groups/{g}`.
    Group {
        /// On which cluster.
        cluster: ClusterName,
        /// Group id.
        group: String,
        /// Whether only partitions with lag are shown: `?show=lag`.
        only_lag: bool,
    },
    /// Putting a group's offsets elsewhere: `/clusters/{c}/groups/{g}/reset`.
    GroupReset {
        /// On which cluster.
        cluster: ClusterName,
        /// Group id.
        group: String,
        /// Which offsets, and where to.
        query: ResetQuery,
    },
    /// Users, ACLs and what links need: `/access`.
    Access {
        /// What is shown of it.
        query: AccessQuery,
    },
    /// What was done: `/activity`.
    Activity {
        /// What is shown of it.
        query: ActivityQuery,
    },
    /// All clusters: `/clusters`.
    Clusters,
    /// Form for adding a cluster: `/clusters/new`.
    ClusterNew,
    /// One cluster: `/clusters/{c}`.
    Cluster {
        /// Which.
        cluster: ClusterName,
    },
    /// The brokers of a cluster: `/clusters/{c}/brokers`.
    Brokers {
        /// Of which cluster.
        cluster: ClusterName,
        /// Which part of them: `?tab=`.
        tab: BrokersTab,
        /// Which configurations are shown.
        configs: ConfigsQuery,
    },
    /// One broker: `/clusters/{c}/brokers/{b}`.
    Broker {
        /// Of which cluster.
        cluster: ClusterName,
        /// Node id.
        broker: i32,
        /// Which part of it: `?tab=`.
        tab: BrokerTab,
        /// Which configurations are shown.
        configs: ConfigsQuery,
    },
    /// Partitions that lack something: `/clusters/{c}/partitions`.
    Partitions {
        /// Of which cluster.
        cluster: ClusterName,
        /// What is shown of them.
        query: PartitionsQuery,
    },
    /// Topics of one cluster, `/clusters/{c}/topics`, or of all, `/topics`.
    Topics {
        /// Which cluster; none for all.
        cluster: Option<ClusterName>,
        /// What is shown of them.
        query: TopicsQuery,
    },
    /// Form for creating a topic: `/clusters/{c}/topics/new`.
    TopicNew {
        /// On which cluster.
        cluster: ClusterName,
    },
    /// One topic: `/clusters/{c}/topics/{t}`.
    Topic {
        /// On which cluster.
        cluster: ClusterName,
        /// Which topic.
        topic: TopicName,
        /// Which part of it: `?tab=`.
        tab: TopicTab,
        /// The order of its partitions, empty for that of their numbers: `?sort=`.
        sort: String,
        /// Which configurations are shown.
        configs: ConfigsQuery,
    },
    /// Writing records to a topic: `/clusters/{c}/topics/{t}/produce`.
    Produce {
        /// On which cluster.
        cluster: ClusterName,
        /// Which topic.
        topic: TopicName,
        /// The record that is to be sent again: `?of=cluster/topic/partition/offset`.
        of: Option<RecordPlace>,
    },
    /// Records of a topic: `/clusters/{c}/topics/{t}/messages`.
    Messages {
        /// On which cluster.
        cluster: ClusterName,
        /// Which topic.
        topic: TopicName,
        /// What is looked for.
        query: Box<MessagesQuery>,
    },
}

impl Route {
    /// Path and query of this place.
    #[must_use]
    pub fn path(&self) -> String {
        match self {
            Self::Topology => "/".to_owned(),
            Self::Links { .. }
            | Self::LinkNew { .. }
            | Self::Link { .. }
            | Self::Mirrors { .. }
            | Self::Mirror { .. }
            | Self::Compare { .. }
            | Self::MirrorsAdd { .. }
            | Self::CutOver { .. } => links::path(self),
            Self::Groups { .. } | Self::Group { .. } | Self::GroupReset { .. } => {
                groups::path(self)
            }
            Self::Access { query } => access::path(query),
            Self::Activity { query } => activity::path(query),
            Self::Clusters => "/clusters".to_owned(),
            Self::ClusterNew => "/clusters/new".to_owned(),
            Self::Cluster { cluster } => cluster_path(cluster),
            Self::Brokers { .. } | Self::Broker { .. } | Self::Partitions { .. } => {
                brokers::path(self)
            }
            Self::Topics { cluster, query } => {
                let base = match cluster {
                    Some(cluster) => format!("{}/topics", cluster_path(cluster)),
                    None => "/topics".to_owned(),
                };
                let internal = if query.internal { "true" } else { "" };
                let pairs = [("q", &*query.q), ("internal", internal), ("sort", &*query.sort)];
                format!("{base}{}", encode_pairs(&pairs))
            }
            Self::TopicNew { cluster } => format!("{}/topics/new", cluster_path(cluster)),
            Self::Topic { cluster, topic, tab, sort, configs } => {
                let tab = if *tab == TopicTab::default() { "" } else { tab.as_str() };
                let base = topic_path(cluster, topic);
                let [q, set] = configs.pairs();
                format!("{base}{}", encode_pairs(&[("tab", tab), ("sort", sort), q, set]))
            }
            Self::Produce { cluster, topic, of } => {
                let of = of.as_ref().map(RecordPlace::word).unwrap_or_default();
                format!("{}/produce{}", topic_path(cluster, topic), encode_pairs(&[("of", &of)]))
            }
            Self::Messages { cluster, topic, query } => {
                format!("{}/messages{}", topic_path(cluster, topic), messages::pairs(query))
            }
        }
    }

    /// Reads a place from a URL's path and query string (with or without `?`).
    #[must_use]
    pub fn parse(path: &str, search: &str) -> Option<Self> {
        let query = Query::read(search);
        let mut segments = path.split('/').filter(|part| !part.is_empty());
        if let Some(route) = links::parse(segments.clone(), &query) {
            return Some(route);
        }
        if let Some(route) = groups::parse(segments.clone(), &query) {
            return Some(route);
        }
        if let Some(route) = brokers::parse(segments.clone(), &query) {
            return Some(route);
        }
        let mut ahead = segments.clone().skip(1).step_by(2);
        if let [Some("clusters"), Some("topics"), Some(part @ ("messages" | "produce"))] =
            [segments.clone().next(), segments.clone().nth(2), segments.clone().nth(4)]
        {
            let (cluster, topic) = (ahead.next()?, ahead.next()?);
            let (cluster, topic) = (read_cluster(cluster)?, read_topic(topic)?);
            let route = if part == "produce" {
                Self::Produce { cluster, topic, of: RecordPlace::read(query.get("of")) }
            } else {
                Self::Messages { cluster, topic, query: Box::new(messages::parse(&query)) }
            };
            return segments.nth(5).is_none().then_some(route);
        }
        let route = match (segments.next(), segments.next(), segments.next(), segments.next()) {
            (None, None, None, None) => Self::Topology,
            (Some("access"), None, None, None) => Self::Access { query: access::parse(&query) },
            (Some("activity"), None, None, None) => {
                Self::Activity { query: activity::parse(&query) }
            }
            (Some("clusters"), None, None, None) => Self::Clusters,
            (Some("clusters"), Some("new"), None, None) => Self::ClusterNew,
            (Some("clusters"), Some(cluster), None, None) => {
                Self::Cluster { cluster: read_cluster(cluster)? }
            }
            (Some("topics"), None, None, None) => {
                Self::Topics { cluster: None, query: topics::query(&query) }
            }
            (Some("clusters"), Some(cluster), Some("topics"), None) => {
                Self::Topics { cluster: Some(read_cluster(cluster)?), query: topics::query(&query) }
            }
            (Some("clusters"), Some(cluster), Some("topics"), Some("new")) => {
                Self::TopicNew { cluster: read_cluster(cluster)? }
            }
            (Some("clusters"), Some(cluster), Some("topics"), Some(topic)) => Self::Topic {
                cluster: read_cluster(cluster)?,
                topic: read_topic(topic)?,
                tab: topics::tab(&query),
                sort: query.get("sort").to_owned(),
                configs: ConfigsQuery::read(&query),
            },
            _ => return None,
        };
        segments.next().is_none().then_some(route)
    }

    /// The page this place is on: equal for two places that differ only in the query.
    #[must_use]
    pub fn page(&self) -> Self {
        match self.clone() {
            Self::Brokers { cluster, .. } => Self::brokers_of(cluster),
            Self::Broker { cluster, broker, .. } => {
                Self::broker(cluster, broker, BrokerTab::default())
            }
            Self::Partitions { cluster, .. } => {
                Self::Partitions { cluster, query: PartitionsQuery::default() }
            }
            Self::Topics { cluster, .. } => Self::Topics { cluster, query: TopicsQuery::default() },
            Self::Topic { cluster, topic, .. }
            | Self::Produce { cluster, topic, .. }
            | Self::Messages { cluster, topic, .. } => Self::of_topic(cluster, topic),
            Self::Links { .. } => Self::all_links(),
            Self::Mirrors { .. } => Self::all_mirrors(),
            Self::Access { .. } => Self::access_of(None),
            Self::Activity { .. } => Self::all_activity(),
            Self::Groups { query: GroupsQuery { cluster, .. } } => {
                Self::Groups { query: GroupsQuery { list: ListQuery::default(), cluster } }
            }
            Self::Group { cluster, group, .. } => Self::of_group(cluster, group),
            Self::GroupReset { cluster, group, .. } => {
                Self::GroupReset { cluster, group, query: ResetQuery::default() }
            }
            Self::LinkNew { .. } => Self::LinkNew { cluster: None, mode: None },
            Self::Link { cluster, link, .. } => Self::of_link(cluster, link),
            Self::Compare { cluster, link, topic, .. } => {
                Self::Compare { cluster, link, topic, query: CompareQuery::default() }
            }
            Self::CutOver { cluster, link, action, .. } => {
                Self::CutOver { cluster, link, action, topics: Vec::new() }
            }
            other @ (Self::Topology
            | Self::Mirror { .. }
            | Self::MirrorsAdd { .. }
            | Self::Clusters
            | Self::Cluster { .. }
            | Self::ClusterNew
            | Self::TopicNew { .. }) => other,
        }
    }

    /// The cluster this place is about.
    #[must_use]
    pub fn cluster(&self) -> Option<&ClusterName> {
        match self {
            Self::Topology
            | Self::Links { .. }
            | Self::Mirrors { .. }
            | Self::Access { .. }
            | Self::Activity { .. }
            | Self::Clusters
            | Self::ClusterNew => None,
            Self::Groups { query } => query.cluster.as_ref(),
            Self::LinkNew { cluster, .. } | Self::Topics { cluster, .. } => cluster.as_ref(),
            Self::Link { cluster, .. }
            | Self::Mirror { cluster, .. }
            | Self::Compare { cluster, .. }
            | Self::MirrorsAdd { cluster, .. }
            | Self::CutOver { cluster, .. }
            | Self::Group { cluster, .. }
            | Self::GroupReset { cluster, .. }
            | Self::Cluster { cluster }
            | Self::Brokers { cluster, .. }
            | Self::Broker { cluster, .. }
            | Self::Partitions { cluster, .. }
            | Self::TopicNew { cluster }
            | Self::Produce { cluster, .. }
            | Self::Messages { cluster, .. }
            | Self::Topic { cluster, .. } => Some(cluster),
        }
    }
}

// Names consist of letters, digits, '.', '_' and '-', so they stand in a path as they are. A topic
// called `new`, and a path segment that browsers would resolve away, are written with an escape.
fn cluster_path(cluster: &ClusterName) -> String {
    match cluster.as_str() {
        "new" => "/clusters/%6eew".to_owned(),
        name => format!("/clusters/{name}"),
    }
}

fn topic_path(cluster: &ClusterName, topic: &TopicName) -> String {
    let base = cluster_path(cluster);
    match topic.as_str() {
        "new" => format!("{base}/topics/%6eew"),
        name => format!("{base}/topics/{name}"),
    }
}

fn read_cluster(segment: &str) -> Option<ClusterName> {
    encoding::decode(segment).parse().ok()
}

fn read_topic(segment: &str) -> Option<TopicName> {
    encoding::decode(segment).parse().ok()
}

#[cfg(test)]
mod tests;
