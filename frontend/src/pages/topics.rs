//! The topics of one cluster: which are there, how big, and which need a look.

use std::sync::Arc;

use drawbridge_shared::guard::Action;
use drawbridge_shared::names::ClusterName;
use drawbridge_shared::view::TopicsView;
use drawbridge_shared::wire::{Feed, FeedData};
use leptos::prelude::*;

mod table;
mod toolbar;

use super::topic::gate::{ClusterFacts, Gate};
use crate::model::topic::ESTIMATE;
use crate::model::topics::{self, TopicSort, TopicsShown};
use crate::routes::{Route, TopicsQuery};
use crate::shell::Freshness;
use crate::socket::{Followed, Socket};
use crate::state::Nav;
use crate::ui::{ButtonKind, Bytes, Count, Fact, LinkButton, Note, PageHead, Show, StateRole};
use table::TopicsTable;
pub(in crate::pages) use table::role;
use toolbar::Toolbar;

/// The list and what is shown of it.
#[derive(Clone, Copy)]
struct List {
    cluster: ClusterFacts,
    followed: Signal<Followed>,
    query: Memo<TopicsQuery>,
    shown: Memo<Arc<TopicsShown>>,
    nav: Nav,
}

impl List {
    fn start(cluster: ClusterName) -> Self {
        let nav = expect_context::<Nav>();
        let feed = Feed::Topics { cluster: cluster.clone() };
        let followed = expect_context::<Socket>().follow(move || feed.clone());
        let route = nav.route();
        let query = Memo::new(move |_| match &*route.read() {
            Some(Route::Topics { query, .. }) => query.clone(),
            _ => TopicsQuery::default(),
        });
        let shown = Memo::new(move |_| {
            let (followed, query) = (followed.read(), query.read());
            let rows = rows(&followed).map_or(&[][..], |view| &view.rows);
            Arc::new(topics::shown(rows, &query.q, query.internal, TopicSort::of_text(&query.sort)))
        });
        Self { cluster: ClusterFacts::start(cluster), followed, query, shown, nav }
    }

    /// Puts another query into the URL.
    fn ask(self, change: impl FnOnce(&mut TopicsQuery)) {
        let mut query = self.query.get_untracked();
        change(&mut query);
        self.nav.replace(&Route::Topics { cluster: Some(self.cluster.name()), query });
    }

    fn with<T>(self, read: impl FnOnce(&TopicsView) -> T) -> Option<T> {
        rows(&self.followed.read()).map(read)
    }
}

fn rows(followed: &Followed) -> Option<&TopicsView> {
    match followed.data.as_deref() {
        Some(FeedData::Topics(view)) => Some(view),
        _ => None,
    }
}

/// The page of a cluster's topics.
#[component]
pub fn Topics(
    /// The cluster.
    cluster: ClusterName,
) -> impl IntoView {
    let list = List::start(cluster.clone());
    let back = Route::of_cluster(cluster.clone());
    let create = Route::TopicNew { cluster }.path();
    let actions = move || {
        view! {
            <LinkButton
                kind=ButtonKind::Primary
                href=create.clone()
                why_not=list.cluster.guard(Action::TopicCreate)
            >
                "Create topic"
            </LinkButton>
        }
    };
    view! {
        <PageHead title="Topics" facts=move || view! { <Facts list /> } actions />
        <Gate cluster=list.cluster followed=list.followed label="Loading topics" back back_label="Open the cluster">
            <MeasureFault list />
            <Toolbar list />
            <TopicsTable list />
            <p class="footnote">"≈ " {ESTIMATE}</p>
        </Gate>
    }
}

#[component]
fn Facts(list: List) -> impl IntoView {
    let totals = Memo::new(move |_| list.with(|view| topics::totals(&view.rows)));
    let count = move |read: fn(&topics::Totals) -> u64| {
        Signal::derive(move || totals.read().as_ref().map(read))
    };
    let size = Signal::derive(move || totals.read().as_ref().and_then(|totals| totals.size_bytes));
    let observed = Signal::derive(move || list.with(|view| view.observed_at_ms));
    view! {
        <Fact name="Topics" hint="Internal topics included">
            <Count n=count(|totals| totals.n_topics) />
        </Fact>
        <Fact name="Partitions">
            <Count n=count(|totals| totals.n_partitions) />
        </Fact>
        <Fact name="Size" hint="Bytes on disk of the leader replicas">
            <Bytes n=size />
        </Fact>
        <Fact name="Need a look" hint="Topics with offline or under-replicated partitions">
            <Count n=count(|totals| totals.n_troubled) />
        </Fact>
        <Freshness followed=list.followed observed_at_ms=observed />
    }
}

/// Why sizes and estimates are missing, when they are.
#[component]
fn MeasureFault(list: List) -> impl IntoView {
    let fault = Memo::new(move |_| list.with(|view| view.measure_fault.clone()).flatten());
    view! {
        <Show when=move || fault.read().is_some()>
            <Note role=StateRole::Attention>
                "Sizes or record numbers are missing: " {move || fault.get()}
            </Note>
        </Show>
    }
}
