//! Places of consumer groups: how their URLs are written and read.

use drawbridge_shared::names::ClusterName;

use super::encoding::{self, Query, encode_pairs};
use super::{ListQuery, Route, cluster_path, read_cluster};

/// What is shown of the groups.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct GroupsQuery {
    /// Search, state and order.
    pub list: ListQuery,
    /// On which cluster; none for all.
    pub cluster: Option<ClusterName>,
}

/// A reset of offsets, as typed.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct ResetQuery {
    /// Where to: empty for the oldest record, `newest`, `offset`, `time`, `shift`, `group`, `link`: `?to=`.
    pub to: String,
    /// The offset, the time in milliseconds, the number, the group, or the link as `cluster/link`: `?at=`.
    pub at: String,
    /// The topic; empty for all: `?topic=`.
    pub topic: String,
    /// Its partitions, separated by commas; empty for all: `?partitions=`.
    pub partitions: String,
}

/// Path and query of a place of groups; empty for another place.
pub(super) fn path(route: &Route) -> String {
    match route {
        Route::Groups { query: GroupsQuery { list, cluster } } => {
            let base = cluster.as_ref().map(cluster_path).unwrap_or_default();
            let pairs = [("q", &*list.q), ("state", &*list.state), ("sort", &*list.sort)];
            format!("{base}/groups{}", encode_pairs(&pairs))
        }
        Route::Group { cluster, group, only_lag } => {
            let show = if *only_lag { "lag" } else { "" };
            format!("{}{}", group_path(cluster, group), encode_pairs(&[("show", show)]))
        }
        Route::GroupReset { cluster, group, query } => {
            let pairs = [
                ("to", &*query.to),
                ("at", &*query.at),
                ("topic", &*query.topic),
                ("partitions", &*query.partitions),
            ];
            format!("{}/reset{}", group_path(cluster, group), encode_pairs(&pairs))
        }
        _ => String::new(),
    }
}

/// Reads a place of groups.
pub(super) fn parse<'a>(segments: impl Iterator<Item = &'a str>, query: &Query) -> Option<Route> {
    let segments: Vec<&str> = segments.take(6).collect();
    let text = |key: &str| query.get(key).to_owned();
    let list = || ListQuery { q: text("q"), state: text("state"), sort: text("sort") };
    match *segments.as_slice() {
        ["groups"] => Some(Route::Groups { query: GroupsQuery { list: list(), cluster: None } }),
        ["clusters", cluster, "groups"] => {
            let cluster = Some(read_cluster(cluster)?);
            Some(Route::Groups { query: GroupsQuery { list: list(), cluster } })
        }
        ["clusters", cluster, "groups", group] => {
            let (cluster, group) = (read_cluster(cluster)?, encoding::decode(group));
            Some(Route::Group { cluster, group, only_lag: query.get("show") == "lag" })
        }
        ["clusters", cluster, "groups", group, "reset"] => Some(Route::GroupReset {
            cluster: read_cluster(cluster)?,
            group: encoding::decode(group),
            query: ResetQuery {
                to: text("to"),
                at: text("at"),
                topic: text("topic"),
                partitions: text("partitions"),
            },
        }),
        _ => None,
    }
}

// The name of a group may be any text.
fn group_path(cluster: &ClusterName, group: &str) -> String {
    format!("{}/groups/{}", cluster_path(cluster), encoding::segment(group))
}
