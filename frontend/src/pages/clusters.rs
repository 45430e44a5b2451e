//! All clusters: which answer, which need a look, and why.

use drawbridge_shared::names::ClusterName;
use drawbridge_shared::view::{ClusterStatus, ClusterView};
use leptos::prelude::*;

use super::topic::gate::Gate;
use crate::model::cluster::{ClusterHealth, down_words};
use crate::model::number::{UNKNOWN, counted};
use crate::model::time::latency;
use crate::routes::Route;
use crate::shell::Freshness;
use crate::state::{Clock, Clusters};
use crate::ui::{
    Badge, ButtonKind, CopyBlock, Count, EmptyState, Fact, LinkButton, PageHead, Show, StateRole,
};

/// What a cluster's health asks for.
pub(in crate::pages) fn role(health: ClusterHealth) -> StateRole {
    match health {
        ClusterHealth::Connecting => StateRole::Unknown,
        ClusterHealth::Healthy => StateRole::Ok,
        ClusterHealth::UnderReplicated(_) => StateRole::Attention,
        ClusterHealth::Offline(_) | ClusterHealth::Down => StateRole::Failed,
    }
}

/// The page of all clusters.
#[component]
pub fn ClustersPage() -> impl IntoView {
    let clusters = expect_context::<Clusters>();
    let names = Memo::new(move |_| clusters.names());
    // An empty page has the action in its middle.
    let actions = move || {
        view! {
            <Show when=move || !names.read().is_empty()>
                <AddCluster kind=ButtonKind::Primary>"Add a cluster…"</AddCluster>
            </Show>
        }
    };
    view! {
        <PageHead title="Clusters" facts=move || view! { <Summary clusters /> } actions />
        <Gate
            followed=clusters.followed()
            label="Loading the clusters"
            back=Route::Clusters
            back_label="Back"
        >
            <Show when=move || !names.read().is_empty() fallback=NoClusters>
                <ClusterTable clusters names />
            </Show>
        </Gate>
    }
}

/// The way to the form of a cluster, unless the gateway takes none.
#[component]
pub(in crate::pages) fn AddCluster(
    /// How much it stands out.
    #[prop(optional)]
    kind: ButtonKind,
    /// The words.
    children: Children,
) -> impl IntoView {
    let clusters = expect_context::<Clusters>();
    let why_not = Signal::derive(move || clusters.why_not_add());
    view! { <LinkButton kind href=Route::ClusterNew.path() why_not>{children()}</LinkButton> }
}

#[component]
fn Summary(clusters: Clusters) -> impl IntoView {
    let up = move || {
        clusters.with(|list| match list {
            None => UNKNOWN.to_owned(),
            Some(list) => {
                let up = list.iter().filter(|c| matches!(c.status, ClusterStatus::Up)).count();
                format!("{up} of {}", list.len())
            }
        })
    };
    let total = move |read: fn(&ClusterView) -> Option<u32>| {
        Signal::derive(move || clusters.with(|list| total_of(list?, read)))
    };
    view! {
        <Fact name="Answering">{up}</Fact>
        <Fact name="Brokers">
            <Count n=total(|cluster| cluster.n_brokers) />
        </Fact>
        <Fact name="Under-replicated" hint="Partitions with fewer in-sync replicas than replicas">
            <Count n=total(|cluster| cluster.under_replicated) />
        </Fact>
        <Fact name="Offline" hint="Partitions without a leader">
            <Count n=total(|cluster| cluster.offline) />
        </Fact>
    }
}

/// The sum of what is known; none when nothing is.
fn total_of(list: &[ClusterView], read: fn(&ClusterView) -> Option<u32>) -> Option<u64> {
    list.iter().filter_map(read).map(u64::from).reduce(|sum, n| sum + n)
}

#[component]
fn NoClusters() -> impl IntoView {
    let action = || {
        view! {
            <AddCluster kind=ButtonKind::Primary>"Add a cluster…"</AddCluster>
            <p class="muted">"Or name it when the gateway starts:"</p>
            <CopyBlock label="command" text="drawbridge serve --cluster NAME=FILE.properties" />
        }
    };
    view! {
        <EmptyState
            title="No clusters yet"
            text="A cluster is a set of Kafka brokers that this gateway connects to. It needs nothing but the properties that your Kafka clients already use."
            action
        />
    }
}

#[component]
fn ClusterTable(clusters: Clusters, names: Memo<Vec<ClusterName>>) -> impl IntoView {
    view! {
        <div class="panel panel--table">
            <table class="table clusters-table">
                <caption class="visually-hidden">"Clusters"</caption>
                <thead>
                    <tr>
                        <th scope="col">"Cluster"</th>
                        <th scope="col">"State"</th>
                        <th scope="col" class="right">"Topics"</th>
                        <th scope="col" class="wide right">"Partitions"</th>
                        <th scope="col" class="wide right">"Brokers"</th>
                        <th scope="col" class="wide right">"Controller"</th>
                        <th scope="col" class="wide right">"Version"</th>
                        <th scope="col" class="wide right">"Latency"</th>
                    </tr>
                </thead>
                <For
                    each=move || names.get()
                    key=|name| name.clone()
                    children=move |name| view! { <ClusterRows clusters name /> }
                />
            </table>
        </div>
    }
}

/// A cluster's line, and below it why it is down.
#[component]
fn ClusterRows(clusters: Clusters, name: ClusterName) -> impl IntoView {
    let route = Route::of_cluster(name.clone()).path();
    let topics = Route::topics_of(name.clone()).path();
    let shown = name.to_string();
    let cluster = Memo::new(move |_| clusters.get(&name));
    let health = Memo::new(move |_| cluster.read().as_ref().map(ClusterHealth::of));
    let role = Signal::derive(move || health.get().map(role).unwrap_or_default());
    let words = Signal::derive(move || health.get().map(ClusterHealth::words).unwrap_or_default());
    let number = move |read: fn(&ClusterView) -> Option<u32>| {
        Signal::derive(move || cluster.read().as_ref().and_then(read).map(u64::from))
    };
    let text = move |read: fn(&ClusterView) -> Option<String>| {
        move || cluster.read().as_ref().and_then(read).unwrap_or_else(|| UNKNOWN.to_owned())
    };
    let observed = Signal::derive(move || cluster.read().as_ref()?.observed_at_ms);
    let id = move || cluster.read().as_ref().and_then(|c| c.cluster_id.clone());
    let is_down = Memo::new(move |_| health.get() == Some(ClusterHealth::Down));
    let is_read_only = move || cluster.read().as_ref().is_some_and(|c| c.guards.read_only);
    view! {
        <tbody>
            <tr class:down=move || is_down.get()>
                <th scope="row">
                    <a href=route>{shown.clone()}</a>
                    <span class="cluster-id mono" title="Kafka's own id of the cluster">
                        {move || id()}
                    </span>
                </th>
                <td>
                    <Badge role text=words />
                    " "
                    <Show when=is_read_only>
                        <span class="tag" title="Nothing is changed on it by this gateway">"read-only"</span>
                        " "
                    </Show>
                    <Freshness followed=clusters.followed() observed_at_ms=observed />
                </td>
                <td class="right">
                    <a href=topics>
                        <Count n=number(|c| c.n_topics) />
                        <span class="visually-hidden">{format!(" topics of {shown}")}</span>
                    </a>
                </td>
                <td class="wide right">
                    <Count n=number(|c| c.n_partitions) />
                </td>
                <td class="wide right">
                    <Count n=number(|c| c.n_brokers) />
                </td>
                <td class="wide right num">{text(|c| c.controller.map(|id| id.to_string()))}</td>
                <td class="wide right num">{text(|c| c.version.clone())}</td>
                <td class="wide right num">{text(|c| c.latency_micros.map(latency))}</td>
            </tr>
            <Show when=move || is_down.get()>
                <tr class="why-row">
                    // As many columns as small screens show, and those they leave out.
                    <td colspan="3">
                        <WhyDown cluster />
                    </td>
                    <td colspan="5" class="wide"></td>
                </tr>
            </Show>
        </tbody>
    }
}

/// Why a cluster is down, what to do, and when it is tried again.
#[component]
pub(in crate::pages) fn WhyDown(
    /// The cluster.
    cluster: Memo<Option<ClusterView>>,
) -> impl IntoView {
    let now = expect_context::<Clock>().now();
    let down = Memo::new(move |_| match cluster.read().as_ref()?.status.clone() {
        ClusterStatus::Down { since_ms, fault, next_attempt_ms } => {
            Some((since_ms, fault, next_attempt_ms))
        }
        ClusterStatus::Connecting | ClusterStatus::Up => None,
    });
    let fault = Memo::new(move |_| down.get().map(|(_, fault, _)| fault));
    let when = move || down.get().map(|(since, _, next)| down_words(now.get(), since, next));
    view! {
        <div class="why">
            {move || {
                fault
                    .get()
                    .map(|fault| {
                        let cause = Some(fault.cause).filter(|cause| !cause.is_empty());
                        view! {
                            <p class="why-summary">{fault.summary}</p>
                            <p>{fault.remedy}</p>
                            {cause
                                .map(|cause| {
                                    view! {
                                        <details open=true>
                                            <summary>"Cause"</summary>
                                            <pre>{cause}</pre>
                                        </details>
                                    }
                                })}
                        }
                    })
            }}
            <p class="muted num">{move || when()}</p>
        </div>
    }
}

/// `3 brokers`, or the dash.
pub(in crate::pages) fn brokers_words(n: Option<u32>) -> String {
    n.map_or_else(|| UNKNOWN.to_owned(), |n| counted(n.into(), "broker", "brokers"))
}
