//! What a URL says of topics beside their names.

use super::encoding::Query;

/// Search, filter and order of a topic list.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct TopicsQuery {
    /// Text the name must contain: `?q=`.
    pub q: String,
    /// Whether internal topics are shown: `?internal=true`.
    pub internal: bool,
    /// Column, with `-` before it for descending; empty is the list's own order: `?sort=`.
    pub sort: String,
}

/// Parts of a topic's page.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub enum TopicTab {
    /// Partitions with leaders and offsets.
    #[default]
    Partitions,
    /// Configurations.
    Configs,
    /// Consumer groups that read it.
    Groups,
}

impl TopicTab {
    /// The tab's name in the URL.
    #[must_use]
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Partitions => "partitions",
            Self::Configs => "configs",
            Self::Groups => "groups",
        }
    }
}

pub(super) fn query(query: &Query) -> TopicsQuery {
    TopicsQuery {
        q: query.get("q").to_owned(),
        internal: query.get("internal") == "true",
        sort: query.get("sort").to_owned(),
    }
}

pub(super) fn tab(query: &Query) -> TopicTab {
    match query.get("tab") {
        "configs" => TopicTab::Configs,
        "groups" => TopicTab::Groups,
        _ => TopicTab::Partitions,
    }
}
