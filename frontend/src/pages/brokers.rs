//! The brokers of a cluster: are all there, do their disks hold, and does every partition have what it needs?

use drawbridge_shared::names::ClusterName;
use drawbridge_shared::view::{
    BrokerRow, BrokerState, BrokersView, ElectionKind, PartitionTrouble,
};
use drawbridge_shared::wire::{Feed, FeedData};
use leptos::prelude::*;

mod glance;
mod table;

use super::election::ElectionDialog;
use super::topic::configs::{Configs, Owned, Owner};
use super::topic::gate::{ClusterFacts, Gate};
use crate::model::brokers as model;
use crate::model::configs::Edits;
use crate::routes::{BrokersTab, Route};
use crate::shell::Freshness;
use crate::socket::{FollowState, Followed, Socket};
use crate::state::Nav;
use crate::ui::{Button, Bytes, Count, Fact, Note, PageHead, Show, StateRole, Tab, Tabs};
use glance::Glance;
use table::BrokersTable;
pub(in crate::pages) use table::{State, address};

/// The brokers that a page is about; handed to all its parts.
#[derive(Clone, Copy)]
pub struct Brokers {
    pub(in crate::pages) cluster: ClusterFacts,
    pub(in crate::pages) followed: Signal<Followed>,
}

impl Brokers {
    pub(in crate::pages) fn start(cluster: ClusterName) -> Self {
        let feed = Feed::Brokers { cluster: cluster.clone() };
        let followed = expect_context::<Socket>().follow(move || feed.clone());
        Self { cluster: ClusterFacts::start(cluster), followed }
    }

    pub(in crate::pages) fn with<T>(self, read: impl FnOnce(&BrokersView) -> T) -> Option<T> {
        match self.followed.read().data.as_deref() {
            Some(FeedData::Brokers(view)) => Some(read(view)),
            _ => None,
        }
    }

    /// One of them.
    pub(in crate::pages) fn row<T>(self, id: i32, read: impl FnOnce(&BrokerRow) -> T) -> Option<T> {
        self.with(|view| view.rows.iter().find(|row| row.id == id).map(read)).flatten()
    }

    pub(in crate::pages) fn observed(self) -> Signal<Option<i64>> {
        Signal::derive(move || self.with(|view| view.observed_at_ms))
    }
}

/// The page.
#[component]
pub fn BrokersPage(
    /// The cluster.
    cluster: ClusterName,
) -> impl IntoView {
    let brokers = Brokers::start(cluster.clone());
    let electing = RwSignal::new(false);
    let edits = RwSignal::new(Edits::new());
    let route = expect_context::<Nav>().route();
    let tab = Memo::new(move |_| match &*route.read() {
        Some(Route::Brokers { tab, .. }) => *tab,
        _ => BrokersTab::default(),
    });
    let own = [("Brokers", BrokersTab::Brokers), ("Configs of all brokers", BrokersTab::Defaults)];
    let tabs = own.map(|(label, own)| Tab {
        label,
        n: Signal::stored(None),
        href: Signal::derive(move || Route::brokers(brokers.cluster.name(), own).path()),
        is_current: Signal::derive(move || tab.get() == own),
    });
    let content = move || match tab.get() {
        BrokersTab::Brokers => view! {
            <div class="stack">
                <Glance brokers />
                <BrokersTable brokers />
                <Controllers brokers />
            </div>
        }
        .into_any(),
        BrokersTab::Defaults => view! { <Defaults brokers edits /> }.into_any(),
    };
    view! {
        <PageHead
            title="Brokers"
            facts=move || view! { <Facts brokers /> }
            actions=move || view! { <Actions brokers electing /> }
        />
        <Tabs label=format!("Parts of the brokers of {cluster}") tabs=tabs.into() />
        <Gate
            cluster=brokers.cluster
            followed=brokers.followed
            label="Loading the brokers"
            back=Route::of_cluster(cluster)
            back_label="Open the cluster"
        >
            <Missing brokers />
            {content}
        </Gate>
        <ElectionDialog kind=ElectionKind::Preferred cluster=brokers.cluster open=electing search=Signal::derive(String::new) />
    }
}

#[component]
fn Facts(brokers: Brokers) -> impl IntoView {
    let n_where = move |wanted: fn(&BrokerRow) -> bool| {
        Signal::derive(move || {
            let n = brokers.with(|view| view.rows.iter().filter(|row| wanted(row)).count())?;
            u64::try_from(n).ok()
        })
    };
    let data = Signal::derive(move || brokers.with(model::data).flatten());
    let n_partitions =
        Signal::derive(move || brokers.with(|view| u64::from(view.counts.n_partitions)));
    view! {
        <Fact name="Brokers" hint="Those that have replicas and are not in the cluster included">
            <Count n=n_where(|_| true) />
        </Fact>
        <Fact name="Up">
            <Count n=n_where(|row| row.state == BrokerState::Up) />
        </Fact>
        <Fact name="Partitions" hint="Of the topics the principal may see">
            <Count n=n_partitions />
        </Fact>
        <Fact name="Data" hint="Bytes of all replicas on the brokers that are there">
            <Bytes n=data />
        </Fact>
        <Freshness followed=brokers.followed observed_at_ms=brokers.observed() />
    }
}

#[component]
fn Actions(brokers: Brokers, electing: RwSignal<bool>) -> impl IntoView {
    let why_not = Signal::derive(move || {
        if brokers.followed.read().state != FollowState::Live {
            return Some("The brokers are not loaded".to_owned());
        }
        let n = brokers.with(|view| model::count_of(&view.counts, PartitionTrouble::NotPreferred));
        (n.flatten() == Some(0)).then(|| "Every leader is the preferred one".to_owned())
    });
    view! {
        <Button on_click=move |()| electing.set(true) why_not>"Elect preferred leaders…"</Button>
    }
}

/// Why something is missing, when it is.
#[component]
pub(in crate::pages) fn Missing(brokers: Brokers) -> impl IntoView {
    let fault = Memo::new(move |_| brokers.with(|view| view.fault.clone()).flatten());
    view! {
        <Show when=move || fault.read().is_some()>
            <Note role=StateRole::Attention>"Something is missing: " {move || fault.get()}</Note>
        </Show>
    }
}

/// Who keeps the cluster's metadata.
#[component]
fn Controllers(brokers: Brokers) -> impl IntoView {
    let words = Memo::new(move |_| {
        brokers.with(|view| view.quorum.as_ref().map(model::controllers)).flatten()
    });
    let lags = move || {
        let behind = |(id, lag): &(i32, Option<i64>)| {
            let lag = lag.filter(|lag| *lag > 0)?;
            Some(format!("node {id} lacks {lag} metadata records"))
        };
        brokers
            .with(|view| {
                let quorum = view.quorum.as_ref()?;
                let all: Vec<String> = quorum.voters.iter().filter_map(behind).collect();
                (!all.is_empty()).then(|| format!(" · {}", all.join(", ")))
            })
            .flatten()
    };
    view! {
        <Show when=move || words.read().is_some()>
            <p class="footnote">"Controllers: " {move || words.get()} {move || lags()}</p>
        </Show>
    }
}

/// Configurations that are set for all brokers at once.
#[component]
fn Defaults(brokers: Brokers, edits: RwSignal<Edits>) -> impl IntoView {
    let owner = Owner { cluster: brokers.cluster, what: Owned::Brokers, edits };
    view! {
        <p class="lead">
            "What is set here holds for every broker, at once and without a restart, unless a broker sets its own. It wins over what the brokers have in their files."
        </p>
        <Configs owner />
    }
}
