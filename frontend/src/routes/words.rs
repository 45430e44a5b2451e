//! Places in words: the breadcrumb, which is the URL in words, and the document's title.

use super::{CutOver, GroupsQuery, Route, TopicsQuery};

/// A step of the breadcrumb: its word, and where it leads.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Crumb {
    /// The word.
    pub text: String,
    /// Where it leads.
    pub route: Route,
}

impl Route {
    /// The way to this place, outermost first; the last one is this place.
    #[must_use]
    pub fn crumbs(&self) -> Vec<Crumb> {
        let page = self.page();
        let mut crumbs = Vec::new();
        let mut step =
            |text: &str, route: Self| crumbs.push(Crumb { text: text.to_owned(), route });
        let is_apart = matches!(
            page,
            Self::Topology
                | Self::Links { .. }
                | Self::LinkNew { .. }
                | Self::Mirrors { .. }
                | Self::Access { .. }
                | Self::Activity { .. }
                | Self::Groups { query: GroupsQuery { cluster: None, .. } }
                | Self::Topics { cluster: None, .. }
        );
        if !is_apart {
            step("Clusters", Self::Clusters);
        }
        if let Some(cluster) = page.cluster() {
            step(cluster.as_str(), Self::of_cluster(cluster.clone()));
        }
        match &page {
            Self::Clusters | Self::Cluster { .. } => {}
            Self::Brokers { .. } => step("Brokers", page.clone()),
            Self::Broker { cluster, broker, .. } => {
                step("Brokers", Self::brokers_of(cluster.clone()));
                step(&broker.to_string(), page.clone());
            }
            Self::Partitions { .. } => step("Partitions", page.clone()),
            Self::Topology => step("Topology", page.clone()),
            Self::Links { .. } => step("Links", page.clone()),
            Self::Mirrors { .. } => step("Mirrors", page.clone()),
            Self::Access { .. } => step("Access", page.clone()),
            Self::Activity { .. } => step("Activity", page.clone()),
            Self::Groups { .. } => step("Groups", page.clone()),
            Self::Group { cluster, group, .. } | Self::GroupReset { cluster, group, .. } => {
                step("Groups", Self::groups_of(cluster.clone()));
                step(group, Self::of_group(cluster.clone(), group.clone()));
                if let Self::GroupReset { .. } = page {
                    step("Reset offsets", page.clone());
                }
            }
            Self::LinkNew { .. } => {
                step("Links", Self::all_links());
                step("Create a link", page.clone());
            }
            Self::Link { cluster, link, .. }
            | Self::Mirror { cluster, link, .. }
            | Self::Compare { cluster, link, .. }
            | Self::MirrorsAdd { cluster, link }
            | Self::CutOver { cluster, link, .. } => {
                step("Links", Self::all_links());
                step(link.as_str(), Self::of_link(cluster.clone(), link.clone()));
                match &page {
                    Self::Mirror { topic, .. } => step(topic.as_str(), page.clone()),
                    Self::Compare { topic, .. } => {
                        let (cluster, link) = (cluster.clone(), link.clone());
                        let topic = topic.clone();
                        step(topic.clone().as_str(), Self::Mirror { cluster, link, topic });
                        step("Compare", page.clone());
                    }
                    Self::MirrorsAdd { .. } => step("Add mirrors", page.clone()),
                    Self::CutOver { action: CutOver::Promote, .. } => step("Promote", page.clone()),
                    Self::CutOver { action: CutOver::Failover, .. } => {
                        step("Fail over", page.clone());
                    }
                    _ => {}
                }
            }
            Self::ClusterNew => step("Add a cluster", page.clone()),
            Self::Topics { cluster, .. } => {
                let query = TopicsQuery::default();
                step("Topics", Self::Topics { cluster: cluster.clone(), query });
            }
            Self::TopicNew { cluster } => {
                step("Topics", Self::topics_of(cluster.clone()));
                step("Create a topic", page.clone());
            }
            Self::Topic { cluster, topic, .. }
            | Self::Produce { cluster, topic, .. }
            | Self::Messages { cluster, topic, .. } => {
                step("Topics", Self::topics_of(cluster.clone()));
                step(topic.as_str(), page.clone());
            }
        }
        crumbs
    }

    /// The document's title: the place first, so that narrow tabs tell them apart.
    #[must_use]
    pub fn title(&self) -> String {
        let crumbs = self.crumbs();
        let mut words: Vec<&str> = crumbs.iter().rev().map(|crumb| &*crumb.text).collect();
        if words.len() > 1 && words.last() == Some(&"Clusters") {
            words.pop();
        }
        words.push("Drawbridge");
        words.join(" · ")
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn words(path: &str) -> (String, String) {
        let route = Route::parse(path, "").unwrap();
        let crumbs: Vec<String> = route.crumbs().into_iter().map(|crumb| crumb.text).collect();
        (crumbs.join(" / "), route.title())
    }

    #[test]
    fn the_breadcrumb_is_the_url_in_words() {
        let cases = [
            ("/", "Topology", "Topology · Drawbridge"),
            ("/links/new", "Links / Create a link", "Create a link · Links · Drawbridge"),
            ("/clusters/a/links/l", "Clusters / a / Links / l", "l · Links · a · Drawbridge"),
            (
                "/clusters/a/links/l/mirrors/t/compare",
                "Clusters / a / Links / l / t / Compare",
                "Compare · t · l · Links · a · Drawbridge",
            ),
            (
                "/clusters/a/links/l/failover",
                "Clusters / a / Links / l / Fail over",
                "Fail over · l · Links · a · Drawbridge",
            ),
            ("/clusters", "Clusters", "Clusters · Drawbridge"),
            ("/clusters/new", "Clusters / Add a cluster", "Add a cluster · Drawbridge"),
            ("/clusters/a", "Clusters / a", "a · Drawbridge"),
            ("/clusters/a/brokers/2", "Clusters / a / Brokers / 2", "2 · Brokers · a · Drawbridge"),
            ("/clusters/a/partitions", "Clusters / a / Partitions", "Partitions · a · Drawbridge"),
            ("/topics", "Topics", "Topics · Drawbridge"),
            ("/access", "Access", "Access · Drawbridge"),
            ("/activity", "Activity", "Activity · Drawbridge"),
            ("/groups", "Groups", "Groups · Drawbridge"),
            (
                "/clusters/a/groups/b%2Fc/reset",
                "Clusters / a / Groups / b/c / Reset offsets",
                "Reset offsets · b/c · Groups · a · Drawbridge",
            ),
            ("/clusters/a/topics", "Clusters / a / Topics", "Topics · a · Drawbridge"),
            ("/clusters/a/topics/t", "Clusters / a / Topics / t", "t · Topics · a · Drawbridge"),
        ];
        for (path, crumbs, title) in cases {
            assert_eq!(words(path), (crumbs.to_owned(), title.to_owned()));
        }
    }

    #[test]
    fn every_step_leads_to_a_place_and_the_last_one_here() {
        for path in [
            "/",
            "/links/new",
            "/clusters/a/links/l/mirrors/t",
            "/clusters/a/links/l/add",
            "/clusters",
            "/clusters/a/brokers",
            "/clusters/a/brokers/2",
            "/clusters/a/partitions",
            "/clusters/a/topics/new",
            "/clusters/a/groups/g",
            "/clusters/a/groups/g/reset",
            "/clusters/a/topics/t",
            "/topics",
        ] {
            let route = Route::parse(path, "").unwrap();
            let crumbs = route.crumbs();
            for crumb in &crumbs {
                assert_eq!(Route::parse(&crumb.route.path(), ""), Some(crumb.route.clone()));
            }
            assert_eq!(crumbs.last().map(|crumb| &crumb.route), Some(&route));
        }
    }
}
