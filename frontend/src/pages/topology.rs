//! Does data flow, and where not?

use std::collections::HashMap;
use std::sync::Arc;

use drawbridge_shared::view::{ClusterStatus, LinkRow};
use leptos::prelude::*;
use wasm_bindgen::JsCast;

mod map;
mod parts;
mod table;
mod trend;

use super::topic::gate::Gate;
use crate::model::number::UNKNOWN;
use crate::model::topology::{self as model, Edge, EdgeFacts, Graph, Verdict};
use crate::model::{bytes::bytes, lag};
use crate::pages::clusters::AddCluster;
use crate::routes::Route;
use crate::shell::Freshness;
use crate::state::{Clock, Clusters, Links, Nav};
use crate::ui::{ButtonKind, CopyBlock, EmptyState, Fact, PageHead, Shape, StateRole};
use trend::Trends;

/// What the page is about; handed to all its parts.
#[derive(Clone, Copy)]
struct World {
    clusters: Clusters,
    links: Links,
    graph: Memo<Graph>,
    facts: Memo<HashMap<String, EdgeFacts>>,
    trends: Trends,
    verdict: Memo<Verdict>,
    /// Key of the link that is worst, if any is worth a look.
    worst: Memo<Option<String>>,
    /// What is pointed at: key of a link, or a node; empty when nothing is.
    hot: RwSignal<String>,
    now: Signal<i64>,
    nav: Nav,
}

impl World {
    fn start() -> Self {
        let (clusters, links) = (expect_context::<Clusters>(), expect_context::<Links>());
        let graph = Memo::new(move |_| {
            let rows = |rows: Option<&[LinkRow]>| {
                let rows = rows.unwrap_or_default();
                clusters.with(|views| Graph::new(views.unwrap_or_default(), rows))
            };
            links.with(rows)
        });
        let now = expect_context::<Clock>().now();
        let facts = Memo::new(move |_| {
            let of_all = |rows: Option<&[LinkRow]>| {
                EdgeFacts::of_all(&graph.read(), rows.unwrap_or_default(), now.get())
            };
            links.with(of_all)
        });
        let verdict = Memo::new(move |_| {
            links.with(|rows| model::verdict(&graph.read(), rows.unwrap_or_default()))
        });
        let worst = Memo::new(move |_| {
            let verdict = verdict.read();
            verdict.worst.as_ref().map(|edge| edge.key.clone())
        });
        Self {
            clusters,
            links,
            graph,
            facts,
            verdict,
            worst,
            trends: Trends::start(graph, links),
            hot: RwSignal::new(String::new()),
            now,
            nav: expect_context::<Nav>(),
        }
    }

    fn rows<T>(self, read: impl FnOnce(&[LinkRow]) -> T) -> T {
        self.links.with(|rows| read(rows.unwrap_or_default()))
    }

    /// How a link does; changes only when something that is shown of it does.
    fn facts(self, key: String) -> Memo<EdgeFacts> {
        Memo::new(move |_| self.facts.read().get(&key).cloned().unwrap_or_default())
    }

    /// What stands out: the link or cluster under the pointer or with the focus, in the map or the table.
    fn point_at(self, event: &web_sys::Event) {
        let on = event.target().and_then(|on| on.dyn_into::<web_sys::Element>().ok());
        let of = |on: web_sys::Element| {
            let on = on.closest("[data-hot], tr").ok()??;
            on.get_attribute("data-hot")
                .or_else(|| on.query_selector("[data-hot]").ok()??.get_attribute("data-hot"))
        };
        let hot = on.and_then(of).unwrap_or_default();
        if *self.hot.read_untracked() != hot {
            self.hot.set(hot);
        }
    }

    /// Whether a link, or a cluster that it joins, is pointed at.
    fn is_hot(self, edge: &Edge) -> Memo<bool> {
        let keys = [edge.key.clone(), edge.from.to_string(), edge.to.to_string()];
        Memo::new(move |_| keys.contains(&*self.hot.read()))
    }

    fn n_links(self) -> usize {
        self.graph.with(|graph| graph.edges.len())
    }
}

/// The page.
#[component]
pub fn TopologyPage() -> impl IntoView {
    let world = World::start();
    let is_bare = Memo::new(move |_| world.clusters.with(|all| all.is_some_and(<[_]>::is_empty)));
    let has_links = Memo::new(move |_| world.n_links() > 0);
    let facts = move || {
        view! {
            <Show when=move || has_links.get()>
                <Facts world />
            </Show>
        }
    };
    let actions = move || {
        view! {
            <Show when=move || !is_bare.get()>
                <AddCluster>"Add a cluster…"</AddCluster>
                <a class="btn btn--primary" href=new_link()>"Create a link…"</a>
            </Show>
        }
    };
    let first_cluster = || view! { <NoClusters /> };
    // Before the links are known, clusters alone would say that there are none.
    let followed = Signal::derive(move || {
        let clusters = world.clusters.followed().get();
        if clusters.data.is_none() { clusters } else { world.links.followed().get() }
    });
    view! {
        <PageHead title="Topology" facts actions />
        <Gate followed label="Loading links and clusters" back=Route::Clusters back_label="All clusters">
            <Show when=move || !is_bare.get() fallback=first_cluster>
                <Show when=move || has_links.get()>
                    <Headline world />
                </Show>
                <div
                    on:pointerover=move |event| world.point_at(&event)
                    on:pointerleave=move |_| world.hot.set(String::new())
                    on:focusin=move |event| world.point_at(&event)
                    on:focusout=move |_| world.hot.set(String::new())
                >
                    <map::Map world />
                    <Show when=move || has_links.get() fallback=move || view! { <NoLinks world /> }>
                        <table::Twin world />
                    </Show>
                </div>
            </Show>
        </Gate>
    }
}

fn new_link() -> String {
    Route::LinkNew { cluster: None, mode: None }.path()
}

/// One line that says in words whether data flows, and which link is worst.
#[component]
fn Headline(world: World) -> impl IntoView {
    let verdict = world.verdict;
    let worst = Memo::new(move |_| {
        let edge = verdict.read().worst.clone()?;
        Some((edge.link.to_string(), Route::of_link(edge.cluster, edge.link).path()))
    });
    view! {
        <p class="verdict">
            <Shape role=Signal::derive(move || verdict.read().role) />
            <b>{move || verdict.read().flows.clone()}</b>
            " "
            {move || {
                worst.get().map(|(name, href)| view! { <a class="link" href=href>{name}</a> " " })
            }}
            <span class="num">{move || verdict.read().why.clone()}</span>
        </p>
    }
}

#[component]
fn Facts(world: World) -> impl IntoView {
    let working = move || match world.n_links() {
        0 => UNKNOWN.to_owned(),
        _ => world.rows(|rows| model::working(&world.graph.read(), rows)),
    };
    let oldest = Memo::new(move |_| {
        let graph = world.graph.read();
        let found = world.rows(|rows| model::oldest_missing(&graph, rows));
        found.map(|(ms, edge)| (lag::span(Some(ms)), (ms > 0).then(|| edge.link.to_string())))
    });
    let span = move || oldest.get().map_or_else(|| UNKNOWN.to_owned(), |(span, _)| span);
    let on = move || oldest.get()?.1.map(|name| format!("on {name}"));
    let now = move || {
        let rate = world.rows(model::mirrored_now);
        if rate.bytes == 0 { UNKNOWN.to_owned() } else { format!("{}/s", bytes(rate.bytes)) }
    };
    view! {
        <Fact name="Links" hint="Links that both sides say are active">{working}</Fact>
        <Fact name="Oldest unmirrored record" hint="How long a record has been waiting to be copied, at most">
            {span}
            " "
            <span class="fact-more">{on}</span>
        </Fact>
        <Fact name="Mirrored now" hint="What all links copy, over the last ten seconds">{now}</Fact>
        <Freshness followed=world.links.followed() observed_at_ms=Signal::derive(|| None) />
    }
}

#[component]
fn NoClusters() -> impl IntoView {
    let action = || {
        view! {
            <AddCluster kind=ButtonKind::Primary>"Add a cluster…"</AddCluster>
            <p class="muted">"Or when the gateway starts:"</p>
            <CopyBlock label="command" text="drawbridge serve --cluster on-prem=on-prem.properties" />
        }
    };
    view! {
        <EmptyState
            title="Nothing to see yet"
            text="Here stand your Kafka clusters and the links that copy topics between them, with the side that dials and how far each is behind. It begins with two clusters."
            action
        />
    }
}

#[component]
fn NoLinks(world: World) -> impl IntoView {
    let alone = move || world.clusters.names().len() < 2;
    let action = move || {
        view! {
            <a class="btn btn--primary" href=new_link()>"Create a link…"</a>
            <Show when=alone>
                <AddCluster>"Add a second cluster…"</AddCluster>
            </Show>
        }
    };
    // One that has not answered since the gateway started may have links.
    let is_known = move || {
        world.clusters.with(|all| {
            let mut all = all.unwrap_or_default().iter();
            all.all(|cluster| !matches!(cluster.status, ClusterStatus::Down { .. }))
        })
    };
    let unknown =
        || view! { <p class="muted">"Links on clusters that are down are not listed."</p> };
    view! {
        <Show when=is_known fallback=unknown>
            <EmptyState
                title="No links yet"
                text="A link copies topics from one cluster to another, record for record at the same offsets. Either side can make the connections: the one behind a firewall dials out, and nothing has to be let in."
                action
            />
        </Show>
    }
}

/// Keys of links for a table.
type Keys = Signal<Arc<Vec<String>>>;

/// The class of what a state colours.
fn role_class(base: &str, role: StateRole) -> String {
    format!("{base} {}", role.class())
}
