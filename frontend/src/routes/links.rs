//! Places of links and mirrors: how their URLs are written and read.

use drawbridge_shared::link::LinkName;
use drawbridge_shared::names::{ClusterName, TopicName};

use super::encoding::{self, Query, encode_pairs};
use super::{ConfigsQuery, Route, cluster_path, read_cluster, read_topic};

/// Search, filter and order of a list of links or mirrors.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct ListQuery {
    /// Text that a name must contain: `?q=`.
    pub q: String,
    /// The state wanted; empty for all: `?state=`.
    pub state: String,
    /// Column, with `-` before it for descending; empty is by trouble: `?sort=`.
    pub sort: String,
}

/// Parts of a link's page.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub enum LinkTab {
    /// What matters of the link, and the mirrors that need a look.
    #[default]
    Overview,
    /// All its mirror topics.
    Mirrors,
    /// Consumer groups on both sides.
    Groups,
    /// Comparing mirrors with their sources.
    Verify,
    /// Configurations.
    Configs,
}

impl LinkTab {
    /// Every tab, in order.
    pub const ALL: [Self; 5] =
        [Self::Overview, Self::Mirrors, Self::Groups, Self::Verify, Self::Configs];

    /// The tab's name in the URL.
    #[must_use]
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Overview => "overview",
            Self::Mirrors => "mirrors",
            Self::Groups => "groups",
            Self::Verify => "verify",
            Self::Configs => "configs",
        }
    }
}

/// The two ways of making mirrors ordinary topics.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum CutOver {
    /// When nothing is missing any more.
    Promote,
    /// At once.
    Failover,
}

/// A stretch of a mirror's partition.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct CompareQuery {
    /// Which partition: `?partition=`.
    pub partition: i32,
    /// The first offset; empty for the newest: `?offset=`.
    pub offset: String,
}

impl CutOver {
    /// Its name in the URL.
    #[must_use]
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Promote => "promote",
            Self::Failover => "failover",
        }
    }
}

/// Path and query of a place of links or mirrors; empty for another place.
pub(super) fn path(route: &Route) -> String {
    match route {
        Route::Links { query } => format!("/links{}", list_pairs(query)),
        Route::Mirrors { query } => format!("/mirrors{}", list_pairs(query)),
        Route::LinkNew { cluster, mode } => {
            let cluster = cluster.as_ref().map_or("", ClusterName::as_str);
            let mode = mode.map(|mode| mode.as_str().to_ascii_lowercase()).unwrap_or_default();
            format!("/links/new{}", encode_pairs(&[("cluster", cluster), ("mode", &mode)]))
        }
        Route::Link { cluster, link, tab, list, configs } => {
            let ListQuery { q, state, sort } = list;
            let name = ("tab", if *tab == LinkTab::default() { "" } else { tab.as_str() });
            let pairs = match (*tab, configs.pairs()) {
                (LinkTab::Configs, [q, set]) => encode_pairs(&[name, q, set]),
                _ => encode_pairs(&[name, ("q", q), ("state", state), ("sort", sort)]),
            };
            format!("{}{pairs}", link_path(cluster, link))
        }
        Route::Mirror { cluster, link, topic } => {
            format!("{}/mirrors/{topic}", link_path(cluster, link))
        }
        Route::Compare { cluster, link, topic, query } => {
            let partition = Some(query.partition).filter(|number| *number != 0);
            let partition = partition.map(|number| number.to_string()).unwrap_or_default();
            let pairs = encode_pairs(&[("partition", &partition), ("offset", &query.offset)]);
            format!("{}/mirrors/{topic}/compare{pairs}", link_path(cluster, link))
        }
        Route::MirrorsAdd { cluster, link } => format!("{}/add", link_path(cluster, link)),
        Route::CutOver { cluster, link, action, topics } => {
            let names: Vec<&str> = topics.iter().map(TopicName::as_str).collect();
            let topics = encode_pairs(&[("topics", &names.join(","))]);
            format!("{}/{}{topics}", link_path(cluster, link), action.as_str())
        }
        _ => String::new(),
    }
}

/// Reads a place of links or mirrors.
pub(super) fn parse<'a>(segments: impl Iterator<Item = &'a str>, query: &Query) -> Option<Route> {
    let segments: Vec<&str> = segments.take(8).collect();
    match *segments.as_slice() {
        ["links"] => Some(Route::Links { query: list_query(query) }),
        ["mirrors"] => Some(Route::Mirrors { query: list_query(query) }),
        ["links", "new"] => Some(Route::LinkNew {
            cluster: query.get("cluster").parse().ok(),
            mode: query.get("mode").parse().ok(),
        }),
        ["clusters", cluster, "links", link, ref rest @ ..] => {
            let (cluster, link) = (read_cluster(cluster)?, read_link(link)?);
            match *rest {
                [] => {
                    let tab = tab(query);
                    Some(if tab == LinkTab::Configs {
                        let route = Route::link(cluster, link, tab, ListQuery::default());
                        route.with_configs(ConfigsQuery::read(query))
                    } else {
                        Route::link(cluster, link, tab, list_query(query))
                    })
                }
                ["add"] => Some(Route::MirrorsAdd { cluster, link }),
                ["mirrors", topic] => {
                    Some(Route::Mirror { cluster, link, topic: read_topic(topic)? })
                }
                ["mirrors", topic, "compare"] => {
                    let partition = query.get("partition").parse().unwrap_or(0);
                    let offset = query.get("offset").to_owned();
                    let query = CompareQuery { partition, offset };
                    Some(Route::Compare { cluster, link, topic: read_topic(topic)?, query })
                }
                [action] => {
                    let actions = [CutOver::Promote, CutOver::Failover];
                    let action = actions.into_iter().find(|known| known.as_str() == action)?;
                    let names = query.get("topics").split(',');
                    let topics = names.filter_map(|name| name.parse().ok()).collect();
                    Some(Route::CutOver { cluster, link, action, topics })
                }
                _ => None,
            }
        }
        _ => None,
    }
}

// Names of links are made of letters that stand in a path as they are, like those of topics.
fn link_path(cluster: &ClusterName, link: &LinkName) -> String {
    format!("{}/links/{link}", cluster_path(cluster))
}

fn read_link(segment: &str) -> Option<LinkName> {
    encoding::decode(segment).parse().ok()
}

fn list_pairs(query: &ListQuery) -> String {
    encode_pairs(&[("q", &query.q), ("state", &query.state), ("sort", &query.sort)])
}

fn list_query(query: &Query) -> ListQuery {
    ListQuery {
        q: query.get("q").to_owned(),
        state: query.get("state").to_owned(),
        sort: query.get("sort").to_owned(),
    }
}

fn tab(query: &Query) -> LinkTab {
    let named = LinkTab::ALL.into_iter().find(|tab| tab.as_str() == query.get("tab"));
    named.unwrap_or_default()
}
