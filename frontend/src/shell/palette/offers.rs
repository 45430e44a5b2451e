//! What the frame itself offers: places, clusters, topics, actions.

use drawbridge_shared::link::LinkMode;
use drawbridge_shared::names::ClusterName;
use drawbridge_shared::view::LinkRow;
use drawbridge_shared::wire::{Feed, FeedData};
use leptos::prelude::*;

use crate::routes::{CutOver, Route, TopicsQuery};
use crate::socket::{Followed, Socket};
use crate::state::{Clusters, Links, PaletteGroup, PaletteItem, PaletteTarget, Theme, ThemeChoice};

/// Topics of this many clusters are searched; each costs a subscription while the palette is open.
const MAX_CLUSTERS: usize = 12;

/// Places, clusters, links and actions as they are when the result is called.
pub(super) fn places() -> impl Fn() -> Vec<PaletteItem> + Send + Sync + 'static {
    let clusters = expect_context::<Clusters>();
    let links = expect_context::<Links>();
    let theme = expect_context::<Theme>();
    move || {
        let topics = Route::Topics { cluster: None, query: TopicsQuery::default() };
        let mut items = vec![
            go(PaletteGroup::Pages, "Topology", "", Route::Topology),
            go(PaletteGroup::Pages, "Links", "", Route::all_links()),
            go(PaletteGroup::Pages, "Mirrors", "", Route::all_mirrors()),
            go(PaletteGroup::Pages, "Topics", "all clusters", topics),
            go(PaletteGroup::Pages, "Groups", "all clusters", Route::all_groups()),
            go(PaletteGroup::Pages, "Access", "", Route::access_of(None)),
            go(PaletteGroup::Pages, "Clusters", "", Route::Clusters),
            go(PaletteGroup::Pages, "Activity", "", Route::all_activity()),
        ];
        for name in clusters.names() {
            items.extend(of_cluster(name));
        }
        links.with(|list| items.extend(list.unwrap_or_default().iter().flat_map(of_link)));
        let link_new = Route::LinkNew { cluster: None, mode: None };
        items.push(go(PaletteGroup::Actions, "Create a link…", "", link_new));
        items.push(go(PaletteGroup::Actions, "Add a cluster…", "", Route::ClusterNew));
        let current = theme.choice().get();
        for choice in [ThemeChoice::System, ThemeChoice::Light, ThemeChoice::Dark] {
            if choice != current {
                let run = Callback::new(move |()| theme.choose(choice));
                items.push(PaletteItem {
                    group: PaletteGroup::Actions,
                    label: format!("Switch theme to {}", choice.label().to_lowercase()),
                    hint: String::new(),
                    target: PaletteTarget::Run(run),
                });
            }
        }
        items
    }
}

fn of_cluster(name: ClusterName) -> [PaletteItem; 6] {
    let hint = name.as_str();
    [
        go(PaletteGroup::Clusters, hint, "cluster", Route::of_cluster(name.clone())),
        go(PaletteGroup::Pages, "Brokers", hint, Route::brokers_of(name.clone())),
        go(PaletteGroup::Pages, "Topics", hint, Route::topics_of(name.clone())),
        go(PaletteGroup::Pages, "Groups", hint, Route::groups_of(name.clone())),
        go(PaletteGroup::Pages, "Access", hint, Route::access_of(Some(name.clone()))),
        go(
            PaletteGroup::Actions,
            "Create a topic…",
            hint,
            Route::TopicNew { cluster: name.clone() },
        ),
    ]
}

/// A link, and what can be done with the half that owns its mirrors.
fn of_link(row: &LinkRow) -> Vec<PaletteItem> {
    let (cluster, link) = (row.cluster.clone(), row.name.clone());
    let hint = format!("{link} · {cluster}");
    let page = Route::of_link(cluster.clone(), link.clone());
    let mut items = vec![go(PaletteGroup::Links, link.as_str(), cluster.as_str(), page)];
    if row.mode != LinkMode::Source {
        let cut_over = |action| Route::CutOver {
            cluster: cluster.clone(),
            link: link.clone(),
            action,
            topics: Vec::new(),
        };
        let add = Route::MirrorsAdd { cluster: cluster.clone(), link: link.clone() };
        items.push(go(PaletteGroup::Actions, "Add mirrors…", &hint, add));
        let promote = cut_over(CutOver::Promote);
        items.push(go(PaletteGroup::Actions, "Promote mirrors…", &hint, promote));
        let failover = cut_over(CutOver::Failover);
        items.push(go(PaletteGroup::Actions, "Fail over mirrors…", &hint, failover));
    }
    items
}

fn go(group: PaletteGroup, label: &str, hint: &str, route: Route) -> PaletteItem {
    let target = PaletteTarget::Go(route);
    PaletteItem { group, label: label.to_owned(), hint: hint.to_owned(), target }
}

/// Follows the topics of all clusters until the current owner goes, and offers them.
pub(super) fn follow_topics() -> Signal<Vec<PaletteItem>> {
    let socket = expect_context::<Socket>();
    let names = untrack(|| expect_context::<Clusters>().names());
    let feeds: Vec<(ClusterName, Signal<Followed>)> = names
        .into_iter()
        .take(MAX_CLUSTERS)
        .map(|name| {
            let feed = Feed::Topics { cluster: name.clone() };
            (name, socket.follow(move || feed.clone()))
        })
        .collect();
    Signal::derive(move || feeds.iter().flat_map(|(name, feed)| topics_of(name, *feed)).collect())
}

fn topics_of(cluster: &ClusterName, followed: Signal<Followed>) -> Vec<PaletteItem> {
    followed.with(|followed| {
        let Some(FeedData::Topics(topics)) = followed.data.as_deref() else { return Vec::new() };
        let named = topics.rows.iter().filter_map(|row| row.topic_name());
        named
            .map(|topic| {
                let label = topic.as_str().to_owned();
                let route = Route::of_topic(cluster.clone(), topic);
                go(PaletteGroup::Topics, &label, cluster.as_str(), route)
            })
            .collect()
    })
}

/// Scrolls the palette so that a match is in view.
pub(super) fn reveal(at: usize) {
    if let Some(row) = document().get_element_by_id(&format!("palette-{at}")) {
        let options = web_sys::ScrollIntoViewOptions::new();
        options.set_block(web_sys::ScrollLogicalPosition::Nearest);
        row.scroll_into_view_with_scroll_into_view_options(&options);
    }
}
