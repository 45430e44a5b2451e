//! The place of users and ACLs: how its URL is written and read.

use drawbridge_shared::access::{AclResource, GrantSide};
use drawbridge_shared::link::LinkName;
use drawbridge_shared::names::ClusterName;

use super::encoding::{Query, encode_pairs};

/// Parts of the page.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub enum AccessTab {
    /// SCRAM users.
    #[default]
    Users,
    /// ACLs, and what a principal may do.
    Acls,
    /// What a link needs.
    Grants,
}

impl AccessTab {
    /// Every tab, in order.
    pub const ALL: [Self; 3] = [Self::Users, Self::Acls, Self::Grants];

    /// The tab's name in the URL.
    #[must_use]
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Users => "users",
            Self::Acls => "acls",
            Self::Grants => "grants",
        }
    }
}

/// What is shown of a cluster's users and ACLs.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct AccessQuery {
    /// Which cluster; none for the first: `?cluster=`.
    pub cluster: Option<ClusterName>,
    /// Which part: `?tab=`.
    pub tab: AccessTab,
    /// Text that a user's name must contain: `?q=`.
    pub q: String,
    /// The principal whose ACLs are shown, or whom a link is to be: `?principal=`.
    pub principal: String,
    /// The kind of resource that ACLs are about: `?resource=`.
    pub resource: Option<AclResource>,
    /// The resource that ACLs are to apply to: `?name=`.
    pub name: String,
    /// The link that is to be given what it needs: `?link=`.
    pub link: Option<LinkName>,
    /// On which of its sides: `?side=`.
    pub side: Option<GrantSide>,
}

pub(super) fn path(query: &AccessQuery) -> String {
    let tab = if query.tab == AccessTab::default() { "" } else { query.tab.as_str() };
    let pairs = [
        ("cluster", query.cluster.as_ref().map_or("", ClusterName::as_str)),
        ("tab", tab),
        ("q", &*query.q),
        ("principal", &*query.principal),
        ("resource", query.resource.map_or("", AclResource::as_str)),
        ("name", &*query.name),
        ("link", query.link.as_ref().map_or("", LinkName::as_str)),
        ("side", query.side.map_or("", GrantSide::as_str)),
    ];
    format!("/access{}", encode_pairs(&pairs))
}

pub(super) fn parse(query: &Query) -> AccessQuery {
    let tabs = AccessTab::ALL.into_iter();
    let sides = GrantSide::ALL.into_iter();
    AccessQuery {
        cluster: query.get("cluster").parse().ok(),
        tab: tabs.clone().find(|tab| tab.as_str() == query.get("tab")).unwrap_or_default(),
        q: query.get("q").to_owned(),
        principal: query.get("principal").to_owned(),
        resource: AclResource::from_word(query.get("resource")),
        name: query.get("name").to_owned(),
        link: query.get("link").parse().ok(),
        side: sides.clone().find(|side| side.as_str() == query.get("side")),
    }
}
