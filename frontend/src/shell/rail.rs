//! The rail: the console's places, with what needs a look.

use std::collections::BTreeSet;

use drawbridge_shared::link::{LinkState, MirrorState};
use drawbridge_shared::view::{ClusterStatus, LinkRow};
use leptos::prelude::*;

use super::icon::Icon;
use crate::model::number::count;
use crate::routes::{Route, TopicsQuery};
use crate::socket::Socket;
use crate::state::{Clusters, Links, Nav};

const KEY: &str = "drawbridge.rail";

/// Whether the rail was folded when this browser was here before.
pub(super) fn was_folded() -> bool {
    stored().is_some_and(|text| text == "folded")
}

fn stored() -> Option<String> {
    window().local_storage().ok()??.get_item(KEY).ok()?
}

/// Folds or opens the rail, and remembers it.
pub(super) fn toggle(folded: RwSignal<bool>) {
    folded.update(|folded| *folded = !*folded);
    // Storage may be switched off; then it holds for this page only.
    if let Ok(Some(storage)) = window().local_storage() {
        storage.set_item(KEY, if folded.get_untracked() { "folded" } else { "open" }).ok();
    }
}

/// The navigation at the left, or at the bottom of a small screen.
#[component]
pub(super) fn Rail(
    /// Whether only the drawings are shown.
    folded: RwSignal<bool>,
) -> impl IntoView {
    let nav = expect_context::<Nav>();
    let clusters = expect_context::<Clusters>();
    let links = expect_context::<Links>();
    let welcome = expect_context::<Socket>().welcome();
    let section = Memo::new(move |_| nav.route().with(|route| route.as_ref().map(section_of)));
    let topics = Route::Topics { cluster: None, query: TopicsQuery::default() };
    let n_topics = Signal::derive(move || clusters.with(|list| list.and_then(topics_of)));
    let n_clusters = Signal::derive(move || clusters.with(|list| list.map(clusters_of)));
    let none = Signal::derive(|| None);
    // Without links there may be some on a cluster that is down.
    let n_of = move |tally: fn(&[LinkRow]) -> Tally| {
        let is_whole = n_clusters.with(|n| n.as_ref().is_none_or(|(_, is_bad)| !is_bad));
        links.with(|list| list.filter(|list| is_whole || !list.is_empty()).map(tally))
    };
    let n_links = Signal::derive(move || n_of(links_of));
    let n_mirrors = Signal::derive(move || n_of(mirrors_of));
    let version = move || welcome.with(|welcome| welcome.as_ref().map(|w| w.version.clone()));
    let gateways = Memo::new(move |_| clusters.with(|list| list.map(gateways_of)));
    let n_gateways = move || match gateways.read().as_ref().map_or(0, Vec::len) {
        0 => String::new(),
        1 => " · one gateway".to_owned(),
        n => format!(" · {n} gateways"),
    };
    let names = move || gateways.read().as_ref().map(|names| names.join(", "));
    let fold_label =
        move || if folded.get() { "Open the navigation" } else { "Fold the navigation" };
    view! {
        <nav class="rail" aria-label="Main">
            <a class="rail__brand" href="/" aria-label="Drawbridge, home" title="Drawbridge">
                <svg viewBox="0 0 20 20" aria-hidden="true">
                    <path d="M2 17V8M18 17V8M2 8l8-5 8 5M2 13c5-2.5 11-2.5 16 0"></path>
                </svg>
                <span class="rail__label">"Drawbridge"</span>
            </a>
            <ul>
                {entry(
                    "Topology",
                    Icon::Topology,
                    Route::Topology.path(),
                    Section::Topology,
                    section,
                    none,
                )}
                {entry(
                    "Links",
                    Icon::Links,
                    Route::all_links().path(),
                    Section::Links,
                    section,
                    n_links,
                )}
                {entry(
                    "Mirrors",
                    Icon::Mirrors,
                    Route::all_mirrors().path(),
                    Section::Mirrors,
                    section,
                    n_mirrors,
                )}
                {entry("Topics", Icon::Topics, topics.path(), Section::Topics, section, n_topics)}
                {entry(
                    "Groups",
                    Icon::Groups,
                    Route::all_groups().path(),
                    Section::Groups,
                    section,
                    none,
                )}
                {entry(
                    "Access",
                    Icon::Access,
                    Route::access_of(None).path(),
                    Section::Access,
                    section,
                    none,
                )}
                {entry(
                    "Clusters",
                    Icon::Clusters,
                    Route::Clusters.path(),
                    Section::Clusters,
                    section,
                    n_clusters,
                )}
                {entry(
                    "Activity",
                    Icon::Activity,
                    Route::all_activity().path(),
                    Section::Activity,
                    section,
                    none,
                )}
            </ul>
            <div class="rail__gap"></div>
            <button
                type="button"
                class="rail__entry rail__fold"
                aria-label=fold_label
                aria-pressed=move || folded.get().to_string()
                title=fold_label
                on:click=move |_| toggle(folded)
            >
                {Icon::Fold.draw()}
                <span class="rail__label">"Fold"</span>
            </button>
            <div class="rail__foot" title=names>{version} {n_gateways}</div>
        </nav>
    }
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Section {
    Topology,
    Links,
    Mirrors,
    Topics,
    Groups,
    Access,
    Clusters,
    Activity,
}

fn section_of(route: &Route) -> Section {
    match route {
        Route::Topology => Section::Topology,
        Route::Links { .. }
        | Route::LinkNew { .. }
        | Route::Link { .. }
        | Route::MirrorsAdd { .. }
        | Route::CutOver { .. } => Section::Links,
        Route::Mirrors { .. } | Route::Mirror { .. } | Route::Compare { .. } => Section::Mirrors,
        Route::Topics { .. }
        | Route::TopicNew { .. }
        | Route::Topic { .. }
        | Route::Produce { .. }
        | Route::Messages { .. } => Section::Topics,
        Route::Groups { .. } | Route::Group { .. } | Route::GroupReset { .. } => Section::Groups,
        Route::Access { .. } => Section::Access,
        Route::Activity { .. } => Section::Activity,
        Route::Clusters
        | Route::ClusterNew
        | Route::Cluster { .. }
        | Route::Brokers { .. }
        | Route::Broker { .. }
        | Route::Partitions { .. } => Section::Clusters,
    }
}

/// A number beside an entry, and whether it is bad news.
type Tally = (String, bool);

fn topics_of(list: &[drawbridge_shared::view::ClusterView]) -> Option<Tally> {
    let known: Vec<u64> =
        list.iter().filter_map(|cluster| cluster.n_topics).map(u64::from).collect();
    (!known.is_empty()).then(|| (count(known.iter().sum()), false))
}

fn clusters_of(list: &[drawbridge_shared::view::ClusterView]) -> Tally {
    let is_down = |status: &ClusterStatus| matches!(status, ClusterStatus::Down { .. });
    match list.iter().filter(|cluster| is_down(&cluster.status)).count() {
        0 => (list.len().to_string(), false),
        n => (format!("{n} down"), true),
    }
}

/// The gateways that run or may run the links of these clusters, each once.
fn gateways_of(list: &[drawbridge_shared::view::ClusterView]) -> Vec<String> {
    let names: BTreeSet<&str> =
        list.iter().flat_map(|cluster| &cluster.gateways).map(String::as_str).collect();
    names.into_iter().map(ToOwned::to_owned).collect()
}

fn links_of(list: &[LinkRow]) -> Tally {
    let is_down = |state| matches!(state, LinkState::Unavailable | LinkState::Failed);
    match list.iter().filter(|link| is_down(link.state)).count() {
        // Both halves of a link have its id.
        0 => {
            let ids: BTreeSet<&str> = list.iter().map(|link| link.link_id.as_str()).collect();
            (count(ids.len().try_into().unwrap_or(u64::MAX)), false)
        }
        n => (format!("{n} down"), true),
    }
}

fn mirrors_of(list: &[LinkRow]) -> Tally {
    let all = || list.iter().flat_map(|link| &link.mirrors);
    let is_failed = |state| matches!(state, MirrorState::Failed | MirrorState::LinkFailed);
    match all().filter(|(state, _)| is_failed(*state)).map(|(_, n)| n).sum::<u32>() {
        0 => (count(all().map(|(_, n)| u64::from(*n)).sum()), false),
        n => (format!("{n} failed"), true),
    }
}

fn entry(
    label: &'static str,
    icon: Icon,
    href: String,
    own: Section,
    current: Memo<Option<Section>>,
    tally: Signal<Option<Tally>>,
) -> impl IntoView {
    let is_bad = move || tally.with(|tally| tally.as_ref().is_some_and(|(_, bad)| *bad));
    view! {
        <li>
            <a
                class="rail__entry"
                href=href
                title=label
                aria-current=move || (current.get() == Some(own)).then_some("page")
            >
                {icon.draw()}
                <span class="rail__label">{label}</span>
                <span class="rail__n" class:rail__n--bad=is_bad>
                    {move || tally.get().map(|(text, _)| text)}
                </span>
            </a>
        </li>
    }
}
