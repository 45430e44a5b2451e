//! The partitions of a cluster that lack something: exactly which, and what can be done.

use std::sync::Arc;

use drawbridge_shared::names::ClusterName;
use drawbridge_shared::view::{ElectionKind, PartitionTrouble, TroubledView};
use drawbridge_shared::wire::{Feed, FeedData};
use leptos::prelude::*;

mod table;

use super::election::ElectionDialog;
use super::topic::gate::{ClusterFacts, Gate};
use crate::model::brokers as model;
use crate::model::number::{count_or_unknown, counted};
use crate::routes::{PartitionsQuery, Route, trouble_key, trouble_of};
use crate::shell::Freshness;
use crate::socket::{FollowState, Followed, Socket};
use crate::state::Nav;
use crate::ui::{
    Button, EmptyState, Fact, Menu, MenuItem, Note, PageHead, SearchField, Show, StateRole,
};
use table::PartitionsTable;

/// The list and what is shown of it.
#[derive(Clone, Copy)]
struct List {
    cluster: ClusterFacts,
    followed: Signal<Followed>,
    query: Memo<PartitionsQuery>,
    keys: Memo<Arc<Vec<String>>>,
    nav: Nav,
}

impl List {
    fn start(cluster: ClusterName) -> Self {
        let nav = expect_context::<Nav>();
        let feed = Feed::TroubledPartitions { cluster: cluster.clone() };
        let followed = expect_context::<Socket>().follow(move || feed.clone());
        let route = nav.route();
        let query = Memo::new(move |_| match &*route.read() {
            Some(Route::Partitions { query, .. }) => query.clone(),
            _ => PartitionsQuery::default(),
        });
        let keys = Memo::new(move |_| {
            let (followed, query) = (followed.read(), query.read());
            let rows = view(&followed).map_or(&[][..], |view| &view.rows);
            Arc::new(model::shown(rows, &query.q, query.show))
        });
        Self { cluster: ClusterFacts::start(cluster), followed, query, keys, nav }
    }

    /// Puts another query into the URL.
    fn ask(self, change: impl FnOnce(&mut PartitionsQuery)) {
        let mut query = self.query.get_untracked();
        change(&mut query);
        self.nav.replace(&Route::Partitions { cluster: self.cluster.name(), query });
    }

    fn with<T>(self, read: impl FnOnce(&TroubledView) -> T) -> Option<T> {
        view(&self.followed.read()).map(read)
    }

    /// Why nothing can be done to partitions that lack this.
    fn why_not(self, trouble: PartitionTrouble, none: &'static str) -> Option<String> {
        if self.followed.read().state != FollowState::Live {
            return Some("The partitions are not loaded".to_owned());
        }
        let n = self.with(|view| model::count_of(&view.counts, trouble)).flatten();
        (n == Some(0)).then(|| none.to_owned())
    }
}

fn view(followed: &Followed) -> Option<&TroubledView> {
    match followed.data.as_deref() {
        Some(FeedData::TroubledPartitions(view)) => Some(view),
        _ => None,
    }
}

/// The page.
#[component]
pub fn PartitionsPage(
    /// Of which cluster.
    cluster: ClusterName,
) -> impl IntoView {
    let list = List::start(cluster.clone());
    let (electing, unclean) = (RwSignal::new(false), RwSignal::new(false));
    let search = Signal::derive(move || list.query.read().q.clone());
    let fault = Memo::new(move |_| list.with(|view| view.fault.clone()).flatten());
    view! {
        <PageHead
            title="Partitions that lack something"
            facts=move || view! { <Facts list /> }
            actions=move || view! { <Actions list electing unclean /> }
        />
        <Gate
            cluster=list.cluster
            followed=list.followed
            label="Loading the partitions"
            back=Route::brokers_of(cluster)
            back_label="All brokers"
        >
            <Show when=move || fault.read().is_some()>
                <Note role=StateRole::Attention>"Something is missing: " {move || fault.get()}</Note>
            </Show>
            <Toolbar list />
            <Show when=move || !list.keys.read().is_empty() fallback=move || view! { <Nothing list /> }>
                <PartitionsTable list />
            </Show>
        </Gate>
        <ElectionDialog kind=ElectionKind::Preferred cluster=list.cluster open=electing search />
        <ElectionDialog kind=ElectionKind::Unclean cluster=list.cluster open=unclean search />
    }
}

#[component]
fn Facts(list: List) -> impl IntoView {
    let facts = PartitionTrouble::ALL.map(|trouble| {
        let n = move || list.with(|view| model::count_of(&view.counts, trouble)).flatten();
        view! {
            <Fact name=model::trouble_name(trouble) hint=model::trouble_meaning(trouble)>
                <span class="num">{move || count_or_unknown(n())}</span>
            </Fact>
        }
    });
    let observed = Signal::derive(move || list.with(|view| view.observed_at_ms));
    view! {
        {facts.into_iter().collect_view()}
        <Freshness followed=list.followed observed_at_ms=observed />
    }
}

#[component]
fn Actions(list: List, electing: RwSignal<bool>, unclean: RwSignal<bool>) -> impl IntoView {
    let why_not = Signal::derive(move || {
        list.why_not(PartitionTrouble::NotPreferred, "Every leader is the preferred one")
    });
    let why_not_unclean = Signal::derive(move || {
        list.why_not(PartitionTrouble::Offline, "Every partition has a leader")
    });
    let item = MenuItem {
        label: "Elect leaders uncleanly…",
        is_danger: true,
        on_click: Callback::new(move |()| unclean.set(true)),
        why_not: why_not_unclean,
    };
    view! {
        <Button on_click=move |()| electing.set(true) why_not>"Elect preferred leaders…"</Button>
        <Menu label="More" items=vec![item] />
    }
}

/// Search and filter of the list; both live in the URL.
#[component]
fn Toolbar(list: List) -> impl IntoView {
    let search = Signal::derive(move || list.query.read().q.clone());
    let shown = move |own: Option<PartitionTrouble>| list.query.read().show == own;
    let options = PartitionTrouble::ALL.map(|trouble| {
        view! {
            <option value=trouble_key(trouble) prop:selected=move || shown(Some(trouble))>
                {model::trouble_name(trouble)}
            </option>
        }
    });
    let said = move || {
        let n = u64::try_from(list.keys.read().len()).unwrap_or(u64::MAX);
        counted(n, "partition", "partitions")
    };
    view! {
        <div class="toolbar" role="search">
            <SearchField
                label="Search topics"
                value=search
                on_search=move |text: String| list.ask(|query| query.q = text)
            />
            <select
                class="input list-state"
                aria-label="What they lack"
                on:change=move |event| {
                    let show = trouble_of(&event_target_value(&event));
                    list.ask(|query| query.show = show);
                }
            >
                <option value="" prop:selected=move || shown(None)>"Anything"</option>
                {options.into_iter().collect_view()}
            </select>
            <span class="toolbar-count muted num" role="status">{move || said()}</span>
        </div>
    }
}

/// Why the list is empty, which is mostly good news.
#[component]
fn Nothing(list: List) -> impl IntoView {
    let is_filtered = move || *list.query.read() != PartitionsQuery::default();
    let n = move || list.with(|view| view.rows.len()).unwrap_or_default();
    let title = Signal::derive(move || {
        if n() > 0 { "Nothing found".to_owned() } else { "Nothing is missing".to_owned() }
    });
    let text = Signal::derive(move || {
        if n() > 0 {
            "No partition lacks that and has a topic of that name.".to_owned()
        } else {
            "Every partition has a leader, its preferred one, and all its replicas in sync."
                .to_owned()
        }
    });
    let action = move || {
        view! {
            <Show when=move || is_filtered() && { n() > 0 }>
                <Button on_click=move |()| list.ask(|query| *query = PartitionsQuery::default())>
                    "Clear the filter"
                </Button>
            </Show>
        }
    };
    view! { <EmptyState title text action /> }
}
