//! All consumer groups: who reads what, and who is behind?

use std::sync::Arc;

use drawbridge_shared::view::{GroupRow, GroupsView};
use drawbridge_shared::wire::{Feed, FeedData};
use leptos::prelude::*;

mod table;

use super::topic::gate::{ClusterDown, ClusterFacts, Gate};
use crate::model::groups as model;
use crate::model::number::{count_or_unknown, counted};
use crate::routes::{GroupsQuery, ListQuery, Route};
use crate::shell::Freshness;
use crate::socket::{Followed, Socket};
use crate::state::{Clusters, Nav};
use crate::ui::{Badge, EmptyState, Fact, Note, PageHead, SearchField, Show, StateRole};
use table::GroupTable;

/// The states to filter by, with their words.
const STATES: [(&str, &str); 5] = [
    ("", "All states"),
    ("trouble", "Need a look"),
    ("stable", "Stable"),
    ("rebalancing", "Rebalancing"),
    ("empty", "Empty"),
];

/// The groups of a feed.
pub(in crate::pages) fn view(followed: &Followed) -> Option<&GroupsView> {
    match followed.data.as_deref() {
        Some(FeedData::Groups(view)) => Some(view),
        _ => None,
    }
}

fn rows(followed: &Followed) -> &[GroupRow] {
    view(followed).map(|view| view.rows.as_slice()).unwrap_or_default()
}

/// The page.
#[component]
pub fn GroupsPage() -> impl IntoView {
    let nav = expect_context::<Nav>();
    // Another cluster is another page, so it is read once.
    let cluster = untrack(|| match &*nav.route().read() {
        Some(Route::Groups { query }) => query.cluster.clone(),
        _ => None,
    });
    let feed = Feed::Groups { cluster: cluster.clone() };
    let followed = expect_context::<Socket>().follow(move || feed.clone());
    let query = Memo::new(move |_| match &*nav.route().read() {
        Some(Route::Groups { query }) => query.list.clone(),
        _ => ListQuery::default(),
    });
    let on_query = {
        let cluster = cluster.clone();
        Callback::new(move |list| {
            let query = GroupsQuery { list, cluster: cluster.clone() };
            nav.replace(&Route::Groups { query });
        })
    };
    let keys = Memo::new(move |_| {
        let (followed, query) = (followed.read(), query.read());
        let shown =
            view(&followed).map(|view| model::shown(view, &query.q, &query.state, &query.sort));
        Arc::new(shown.unwrap_or_default())
    });
    let n_all = Memo::new(move |_| rows(&followed.read()).len());
    let counts = Memo::new(move |_| model::Counts::of(view(&followed.read())));
    let oldest = Signal::derive(move || {
        let followed = followed.read();
        view(&followed)?.reads.iter().filter_map(|read| read.measured_at_ms).min()
    });
    let facts = move || {
        view! {
            <Fact name="Groups">{move || count_or_unknown(counts.read().all)}</Fact>
            <Fact name="Falling behind" hint="Their lag grew within the last minute">
                {move || count_or_unknown(counts.read().falling_behind)}
            </Fact>
            <Fact name="Left with lag" hint="Nobody reads, and records wait">
                {move || count_or_unknown(counts.read().left)}
            </Fact>
            <Freshness followed observed_at_ms=oldest />
        }
    };
    let title = match &cluster {
        Some(cluster) => format!("Groups of {cluster}"),
        None => "Groups".to_owned(),
    };
    let none = || {
        view! {
            <EmptyState
                title="No consumer groups yet"
                text="A consumer group reads topics together: Kafka hands each member its partitions and keeps how far they have read. Groups appear here as soon as a consumer with a group.id has joined or committed."
            />
        }
    };
    // That a cluster is down is said where only its groups are shown.
    let down = cluster.map(ClusterFacts::start);
    view! {
        <PageHead title facts />
        {down.map(|cluster| view! { <ClusterDown cluster /> })}
        <Gate followed label="Loading groups" back=Route::all_groups() back_label="All groups">
            <Faults followed />
            <Show when=move || { n_all.get() > 0 } fallback=none>
                <Filter query on_query keys />
                <Show
                    when=move || !keys.read().is_empty()
                    fallback=move || {
                        view! { <super::mirrors::filter::NothingFound query on_query /> }
                    }
                >
                    <GroupTable followed query on_query keys />
                </Show>
            </Show>
        </Gate>
    }
}

/// Why groups, members or lags are missing, by cluster.
#[component]
fn Faults(followed: Signal<Followed>) -> impl IntoView {
    let faults = Memo::new(move |_| {
        let followed = followed.read();
        let reads = view(&followed).map(|view| view.reads.as_slice()).unwrap_or_default();
        let each =
            reads.iter().filter_map(|read| Some((read.cluster.to_string(), read.fault.clone()?)));
        each.collect::<Vec<_>>()
    });
    move || {
        faults
            .get()
            .into_iter()
            .map(|(cluster, fault)| {
                view! {
                    <Note role=StateRole::Attention>
                        <b>{cluster} ": "</b>
                        {fault}
                    </Note>
                }
            })
            .collect_view()
    }
}

/// The bar above the list.
#[component]
fn Filter(
    query: Memo<ListQuery>,
    on_query: Callback<ListQuery>,
    keys: Memo<Arc<Vec<String>>>,
) -> impl IntoView {
    let (nav, clusters) = (expect_context::<Nav>(), expect_context::<Clusters>());
    let change = move |change: &dyn Fn(&mut ListQuery)| {
        let mut query = query.get_untracked();
        change(&mut query);
        on_query.run(query);
    };
    let states = STATES.map(|(value, words)| {
        view! {
            <option value=value prop:selected=move || query.read().state == value>{words}</option>
        }
    });
    let chosen = move || match &*nav.route().read() {
        Some(Route::Groups { query }) => query.cluster.clone(),
        _ => None,
    };
    let names = move || {
        let each = clusters.names().into_iter().map(move |name| {
            let (own, value) = (name.clone(), name.to_string());
            let text = value.clone();
            view! {
                <option value=value prop:selected=move || chosen().as_ref() == Some(&own)>{text}</option>
            }
        });
        each.collect_view()
    };
    let count =
        move || counted(keys.read().len().try_into().unwrap_or(u64::MAX), "group", "groups");
    view! {
        <div class="toolbar" role="search">
            <SearchField
                label="Search groups or topics"
                value=Signal::derive(move || query.read().q.clone())
                on_search=move |text: String| change(&|query| query.q.clone_from(&text))
            />
            <select
                class="input list-state"
                aria-label="Cluster"
                on:change=move |event| {
                    let cluster = event_target_value(&event).parse().ok();
                    let list = query.get_untracked();
                    nav.go(&Route::Groups { query: GroupsQuery { list, cluster } });
                }
            >
                <option value="" prop:selected=move || chosen().is_none()>"All clusters"</option>
                {names}
            </select>
            <select
                class="input list-state"
                aria-label="State"
                on:change=move |event| {
                    let state = event_target_value(&event);
                    change(&|query| query.state.clone_from(&state));
                }
            >
                {states.collect_view()}
            </select>
            <span class="toolbar-count muted num" role="status">{move || count()}</span>
        </div>
    }
}

/// A group's state in a word.
#[component]
pub(in crate::pages) fn GroupBadge(
    /// The group.
    #[prop(into)]
    row: Signal<Option<GroupRow>>,
    /// Without the coloured ground, for tables.
    #[prop(optional)]
    plain: bool,
) -> impl IntoView {
    let badge = Memo::new(move |_| row.read().as_ref().map(model::badge).unwrap_or_default());
    let title = move || row.read().as_ref().map(model::meaning).unwrap_or_default().to_owned();
    view! {
        <Badge
            plain
            role=Signal::derive(move || badge.get().0)
            text=Signal::derive(move || badge.get().1)
            title=Signal::derive(title)
        />
    }
}

/// A lag with the arrow of its trend.
#[component]
pub(in crate::pages) fn Lag(
    /// The lag in words.
    #[prop(into)]
    words: Signal<String>,
    /// Which way it went.
    #[prop(into)]
    trend: Signal<Option<drawbridge_shared::view::LagTrend>>,
) -> impl IntoView {
    let class = move || match trend.get() {
        Some(drawbridge_shared::view::LagTrend::Rising) => "trend role-attention",
        Some(drawbridge_shared::view::LagTrend::Falling) => "trend role-ok",
        _ => "trend",
    };
    let said = move || model::trend(trend.get()).1;
    view! {
        <span class="num" title=said>
            {move || words.get()}
            <span class=class aria-hidden="true">{move || model::trend(trend.get()).0}</span>
            <span class="visually-hidden">" " {said}</span>
        </span>
    }
}
