//! One broker: what it is, what lies on its disks, and its configurations.

use drawbridge_shared::names::ClusterName;
use drawbridge_shared::view::BrokerRow;
use leptos::prelude::*;

mod disks;
mod facts;
mod largest;

use super::brokers::{Brokers, Missing, State};
use super::topic::configs::{Configs, Owned, Owner};
use super::topic::gate::Gate;
use crate::model::brokers::Disk;
use crate::model::configs::Edits;
use crate::routes::{BrokerTab, BrokersTab, Route};
use crate::shell::Freshness;
use crate::state::Nav;
use crate::ui::{Bytes, Count, EmptyState, Fact, PageHead, Show, Tab, Tabs};
use disks::Disks;
use facts::FactsPanel;
use largest::Largest;

/// The page of a broker.
#[component]
pub fn BrokerPage(
    /// Of which cluster.
    cluster: ClusterName,
    /// Node id.
    broker: i32,
) -> impl IntoView {
    let brokers = Brokers::start(cluster.clone());
    let edits = RwSignal::new(Edits::new());
    let route = expect_context::<Nav>().route();
    let tab = Memo::new(move |_| match &*route.read() {
        Some(Route::Broker { tab, .. }) => *tab,
        _ => BrokerTab::default(),
    });
    let tabs =
        [("Disks", BrokerTab::Disks), ("Configs", BrokerTab::Configs)].map(|(label, own)| Tab {
            label,
            n: Signal::stored(None),
            href: Signal::derive(move || Route::broker(brokers.cluster.name(), broker, own).path()),
            is_current: Signal::derive(move || tab.get() == own),
        });
    let is_here = Memo::new(move |_| brokers.row(broker, |_| ()).is_some());
    let content = move || match tab.get() {
        BrokerTab::Disks => view! {
            <div class="stack">
                <FactsPanel brokers id=broker />
                <Disks brokers id=broker />
                <Largest brokers id=broker />
            </div>
        }
        .into_any(),
        BrokerTab::Configs => view! { <Own brokers broker edits /> }.into_any(),
    };
    let content = StoredValue::new(content);
    let back = Route::brokers_of(cluster);
    let all = back.path();
    let absent = move || {
        let action = {
            let all = all.clone();
            move || view! { <a class="btn" href=all.clone()>"All brokers"</a> }
        };
        let text = format!(
            "The cluster has no broker {broker}, and no partition has a replica on one of that id."
        );
        view! { <EmptyState title="Not there" text action /> }
    };
    view! {
        <PageHead
            title=format!("Broker {broker}")
            badge=move || {
                view! { <Show when=move || is_here.get()><State brokers id=broker /></Show> }
            }
            facts=move || view! { <Facts brokers id=broker /> }
        />
        <Tabs label=format!("Parts of broker {broker}") tabs=tabs.into() />
        <Gate
            cluster=brokers.cluster
            followed=brokers.followed
            label="Loading the broker"
            back
            back_label="All brokers"
        >
            <Missing brokers />
            <Show when=move || is_here.get() fallback=absent.clone()>
                {move || content.with_value(|content| content())}
            </Show>
        </Gate>
    }
}

#[component]
fn Facts(brokers: Brokers, id: i32) -> impl IntoView {
    let number = move |read: fn(&BrokerRow) -> u32| {
        Signal::derive(move || brokers.row(id, read).map(u64::from))
    };
    let disk = move |read: fn(Disk) -> Option<u64>| {
        Signal::derive(move || brokers.row(id, |row| read(Disk::of(row))).flatten())
    };
    view! {
        <Fact name="Leaders" hint="Partitions it leads">
            <Count n=number(|row| row.n_leaders) />
        </Fact>
        <Fact name="Preferred" hint="Partitions it is to lead: those whose list of replicas it heads">
            <Count n=number(|row| row.n_preferred) />
        </Fact>
        <Fact name="Replicas" hint="Replicas placed on it">
            <Count n=number(|row| row.n_replicas) />
        </Fact>
        <Fact name="Not in sync" hint="Replicas on it that are missing or behind">
            <Count n=number(|row| row.n_out_of_sync) />
        </Fact>
        <Fact name="Data" hint="Bytes of its replicas on disk">
            <Bytes n=disk(|disk| disk.used) />
        </Fact>
        <Freshness followed=brokers.followed observed_at_ms=brokers.observed() />
    }
}

/// The broker's configurations.
#[component]
fn Own(brokers: Brokers, broker: i32, edits: RwSignal<Edits>) -> impl IntoView {
    let owner = Owner { cluster: brokers.cluster, what: Owned::Broker(broker), edits };
    let all = Route::brokers(brokers.cluster.name(), BrokersTab::Defaults).path();
    view! {
        <p class="lead">
            "What is set here holds for broker " {broker}
            " alone, at once and without a restart, and wins over "
            <a class="link" href=all>"what is set for all brokers"</a>
            " and over the broker's file."
        </p>
        <Configs owner />
    }
}
