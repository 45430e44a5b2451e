//! What the frame itself offers: places, clusters, topics, actions.

use drawbridge_shared::names::ClusterName;
use drawbridge_shared::wire::{Feed, FeedData};
use leptos::prelude::*;

use crate::routes::{Route, TopicsQuery};
use crate::socket::{Followed, Socket};
use crate::state::{
    Clusters, Palette, PaletteGroup, PaletteItem, PaletteTarget, Theme, ThemeChoice,
};

/// Topics of this many clusters are searched; each costs a subscription while the palette is open.
const MAX_CLUSTERS: usize = 12;

/// Offers places, clusters and actions for as long as the frame is there.
pub(in crate::shell) fn offer_places() {
    let palette = expect_context::<Palette>();
    let clusters = expect_context::<Clusters>();
    let theme = expect_context::<Theme>();
    palette.offer(move || {
        let topics = Route::Topics { cluster: None, query: TopicsQuery::default() };
        let mut items = vec![
            go(PaletteGroup::Pages, "Topics", "all clusters", topics),
            go(PaletteGroup::Pages, "Clusters", "", Route::Clusters),
        ];
        for name in clusters.names() {
            items.extend(of_cluster(name));
        }
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
    });
}

fn of_cluster(name: ClusterName) -> [PaletteItem; 3] {
    let hint = name.as_str();
    [
        go(PaletteGroup::Clusters, hint, "cluster", Route::of_cluster(name.clone())),
        go(PaletteGroup::Pages, "Topics", hint, Route::topics_of(name.clone())),
        go(
            PaletteGroup::Actions,
            "Create a topic…",
            hint,
            Route::TopicNew { cluster: name.clone() },
        ),
    ]
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
