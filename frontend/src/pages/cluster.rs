//! One cluster: how it is, what it is made of, how it is reached.

use drawbridge_shared::guard::Action;
use drawbridge_shared::names::ClusterName;
use drawbridge_shared::view::{ClusterDetail, ClusterOrigin, ClusterView, PartitionTrouble};
use drawbridge_shared::wire::{Feed, FeedData, Request, Response};
use leptos::prelude::*;

mod brokers;
mod connection;
mod remove;

use super::clusters::{WhyDown, role};
use super::probe::{Probe, ProbeSteps};
use super::topic::ask::{Ask, Refusal};
use super::topic::gate::Gate;
use crate::model::cluster::ClusterHealth;
use crate::model::number::UNKNOWN;
use crate::model::time::latency;
use crate::routes::{PartitionsQuery, Route};
use crate::shell::Freshness;
use crate::socket::{Followed, Socket};
use crate::ui::{Badge, Button, Count, Fact, PageHead, Show};

/// The cluster that a page is about; handed to all its parts.
#[derive(Clone, Copy)]
struct Subject {
    name: StoredValue<ClusterName>,
    followed: Signal<Followed>,
    cluster: Memo<Option<ClusterView>>,
}

impl Subject {
    fn start(name: ClusterName) -> Self {
        let feed = Feed::Cluster { cluster: name.clone() };
        let followed = expect_context::<Socket>().follow(move || feed.clone());
        let cluster =
            Memo::new(move |_| detail(&followed.read()).map(|detail| detail.cluster.clone()));
        Self { name: StoredValue::new(name), followed, cluster }
    }

    fn name(self) -> ClusterName {
        self.name.get_value()
    }

    fn with<T>(self, read: impl FnOnce(&ClusterDetail) -> T) -> Option<T> {
        detail(&self.followed.read()).map(read)
    }

    fn number(self, read: fn(&ClusterView) -> Option<u32>) -> Signal<Option<u64>> {
        Signal::derive(move || self.cluster.read().as_ref().and_then(read).map(u64::from))
    }
}

fn detail(followed: &Followed) -> Option<&ClusterDetail> {
    match followed.data.as_deref() {
        Some(FeedData::Cluster(detail)) => Some(detail),
        _ => None,
    }
}

/// The page of a cluster.
#[component]
pub fn ClusterPage(
    /// The cluster.
    cluster: ClusterName,
) -> impl IntoView {
    let subject = Subject::start(cluster.clone());
    let probe = RwSignal::new(Probe::None);
    let ask = Ask::new();
    let test = Callback::new(move |()| {
        probe.set(Probe::Running);
        ask.send(Request::TestCluster { cluster: subject.name() }, move |response| {
            if let Response::Probe(report) = response {
                probe.set(Probe::Done(report));
            }
        });
    });
    let shown = Signal::derive(move || match ask.error().read().is_some() {
        true => Probe::None,
        false => probe.get(),
    });
    let is_down = Memo::new(move |_| health(subject) == Some(ClusterHealth::Down));
    view! {
        <PageHead
            title=cluster.to_string()
            badge=move || view! { <State subject /> }
            facts=move || view! { <Facts subject /> }
            actions=move || view! { <Actions subject busy=ask.busy() test /> }
        />
        <div class="stack">
            <Show when=move || is_down.get()>
                <div class="note role-failed">
                    <WhyDown cluster=subject.cluster />
                </div>
            </Show>
            <Refusal error=ask.error() />
            <ProbeSteps probe=shown />
            <Gate
                followed=subject.followed
                label="Loading the cluster"
                back=Route::Clusters
                back_label="Go to the clusters"
            >
                <div class="stack">
                    <brokers::Brokers subject />
                    <connection::Connection subject />
                </div>
            </Gate>
        </div>
    }
}

fn health(subject: Subject) -> Option<ClusterHealth> {
    subject.cluster.read().as_ref().map(ClusterHealth::of)
}

#[component]
fn State(subject: Subject) -> impl IntoView {
    let badge_role = Signal::derive(move || health(subject).map(role).unwrap_or_default());
    let text =
        Signal::derive(move || health(subject).map(ClusterHealth::words).unwrap_or_default());
    let observed = Signal::derive(move || subject.cluster.read().as_ref()?.observed_at_ms);
    let is_read_only =
        move || subject.cluster.read().as_ref().is_some_and(|cluster| cluster.guards.read_only);
    view! {
        <Show when=move || subject.cluster.read().is_some()>
            <Badge role=badge_role text />
        </Show>
        <Show when=is_read_only>
            <span class="tag" title="Nothing is changed on it by this gateway">"read-only"</span>
        </Show>
        <Freshness followed=subject.followed observed_at_ms=observed />
    }
}

#[component]
fn Facts(subject: Subject) -> impl IntoView {
    let topics = Route::topics_of(subject.name()).path();
    let list = move |trouble| {
        let query = PartitionsQuery { show: Some(trouble), ..PartitionsQuery::default() };
        Route::Partitions { cluster: subject.name(), query }.path()
    };
    let round_trip = move || {
        let micros = subject.cluster.read().as_ref().and_then(|cluster| cluster.latency_micros);
        micros.map_or_else(|| UNKNOWN.to_owned(), latency)
    };
    view! {
        <Fact name="Brokers">
            <a href=Route::brokers_of(subject.name()).path()>
                <Count n=subject.number(|cluster| cluster.n_brokers) />
                <span class="visually-hidden">" brokers"</span>
            </a>
        </Fact>
        <Fact name="Topics">
            <a href=topics>
                <Count n=subject.number(|cluster| cluster.n_topics) />
                <span class="visually-hidden">" topics"</span>
            </a>
        </Fact>
        <Fact name="Partitions">
            <Count n=subject.number(|cluster| cluster.n_partitions) />
        </Fact>
        <Fact name="Under-replicated" hint="Partitions with fewer in-sync replicas than replicas">
            <a href=list(PartitionTrouble::UnderReplicated)>
                <Count n=subject.number(|cluster| cluster.under_replicated) />
                <span class="visually-hidden">" partitions under-replicated"</span>
            </a>
        </Fact>
        <Fact name="Offline" hint="Partitions without a leader">
            <a href=list(PartitionTrouble::Offline)>
                <Count n=subject.number(|cluster| cluster.offline) />
                <span class="visually-hidden">" partitions offline"</span>
            </a>
        </Fact>
        <Fact name="Latency" hint="Round trip of the last check">
            <span class="num fact-latency">{move || round_trip()}</span>
        </Fact>
    }
}

#[component]
fn Actions(
    subject: Subject,
    #[prop(into)] busy: Signal<bool>,
    test: Callback<()>,
) -> impl IntoView {
    let removing = RwSignal::new(false);
    let removal = Signal::derive(move || {
        let cluster = subject.cluster.read();
        let cluster = cluster.as_ref()?;
        cluster.guards.why_not(&cluster.name, Action::ClusterRemove)
    });
    let is_added = Memo::new(move |_| {
        let cluster = subject.cluster.read();
        cluster.as_ref().is_some_and(|cluster| cluster.origin != ClusterOrigin::Configured)
    });
    view! {
        <Show when=move || is_added.get()>
            <Button on_click=move |()| removing.set(true) why_not=removal>"Remove cluster…"</Button>
        </Show>
        <Button on_click=test busy>"Test connection"</Button>
        <a class="btn" href=Route::brokers_of(subject.name()).path()>
            "Brokers"
        </a>
        <a class="btn btn--primary" href=Route::topics_of(subject.name()).path()>
            "Topics"
        </a>
        <remove::RemoveDialog subject open=removing />
    }
}
