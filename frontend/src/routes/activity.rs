//! The place of the activity: how its URL is written and read.

use drawbridge_shared::link::LinkName;
use drawbridge_shared::names::{ClusterName, TopicName};

use super::encoding::{Query, encode_pairs};

/// What is shown of the activity.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct ActivityQuery {
    /// Text that an entry must contain: `?q=`.
    pub q: String,
    /// On which cluster; none for all: `?cluster=`.
    pub cluster: Option<ClusterName>,
    /// About which link: `?link=`.
    pub link: Option<LinkName>,
    /// About which topic: `?topic=`.
    pub topic: Option<TopicName>,
    /// Only what was refused: `?refused=true`.
    pub refused: bool,
}

pub(super) fn path(query: &ActivityQuery) -> String {
    let pairs = [
        ("q", &*query.q),
        ("cluster", query.cluster.as_ref().map_or("", ClusterName::as_str)),
        ("link", query.link.as_ref().map_or("", LinkName::as_str)),
        ("topic", query.topic.as_ref().map_or("", TopicName::as_str)),
        ("refused", if query.refused { "true" } else { "" }),
    ];
    format!("/activity{}", encode_pairs(&pairs))
}

pub(super) fn parse(query: &Query) -> ActivityQuery {
    ActivityQuery {
        q: query.get("q").to_owned(),
        cluster: query.get("cluster").parse().ok(),
        link: query.get("link").parse().ok(),
        topic: query.get("topic").parse().ok(),
        refused: query.get("refused") == "true",
    }
}
