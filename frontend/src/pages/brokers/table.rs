//! The brokers themselves.

use std::sync::Arc;

use drawbridge_shared::view::{BrokerRow, BrokerState};
use leptos::prelude::*;

use super::Brokers;
use crate::model::brokers::{self as model, BrokerColumn, Disk};
use crate::model::number::{UNKNOWN, count};
use crate::model::sort::Direction;
use crate::routes::Route;
use crate::state::Nav;
use crate::ui::{Badge, Bytes, Column, Count, DataTable, Show, Sorted, StateRole};

fn columns() -> Vec<Column> {
    vec![
        Column::new("id", "Broker", "204px")
            .sorts()
            .hint("Node id, and whether it is a controller too"),
        Column::new("state", "State", "112px").sorts().wide(),
        Column::new("address", "Address", "").wide(),
        Column::new("rack", "Rack", "96px").wide(),
        Column::new("version", "Version", "80px").wide(),
        Column::new("leaders", "Leaders", "82px")
            .numeric()
            .sorts()
            .wide()
            .hint("Partitions it leads"),
        Column::new("replicas", "Replicas", "88px")
            .numeric()
            .sorts()
            .wide()
            .hint("Replicas placed on it"),
        Column::new("out-of-sync", "Not in sync", "104px")
            .numeric()
            .sorts()
            .wide()
            .hint("Replicas on it that are missing or behind"),
        Column::new("data", "Data", "104px")
            .numeric()
            .sorts()
            .hint("Bytes of its replicas on disk"),
        Column::new("free", "Free", "100px")
            .numeric()
            .sorts()
            .wide()
            .hint("Bytes free on the fullest of its volumes"),
    ]
}

#[component]
pub(super) fn BrokersTable(brokers: Brokers) -> impl IntoView {
    let nav = expect_context::<Nav>();
    let sort = RwSignal::new((BrokerColumn::Id, Direction::Ascending));
    let order = Memo::new(move |_| {
        let (column, direction) = sort.get();
        let order = brokers.with(|view| model::ordered(&view.rows, column, direction));
        Arc::new(order.unwrap_or_default())
    });
    let sorted = Signal::derive(move || {
        let (column, direction) = sort.get();
        Some(Sorted { key: column.key(), direction })
    });
    let on_sort = Callback::new(move |key: &'static str| {
        let Some(clicked) = BrokerColumn::of_key(key) else { return };
        sort.update(|(column, direction)| {
            *direction = if *column == clicked { direction.flipped() } else { clicked.first() };
            *column = clicked;
        });
    });
    let on_open = Callback::new(move |id| nav.go(&Route::of_broker(brokers.cluster.name(), id)));
    view! {
        <DataTable
            caption="Brokers"
            columns=columns()
            keys=order
            row=Arc::new(move |id| cells(brokers, id))
            sorted
            on_sort
            on_open
        />
    }
}

fn cells(brokers: Brokers, id: i32) -> AnyView {
    let text = move |read: fn(&BrokerRow) -> Option<String>| {
        move || brokers.row(id, read).flatten().unwrap_or_else(|| UNKNOWN.to_owned())
    };
    let number = move |read: fn(&BrokerRow) -> u32| {
        Signal::derive(move || brokers.row(id, read).map(u64::from))
    };
    let href = Route::of_broker(brokers.cluster.name(), id).path();
    let role = move || brokers.row(id, |row| model::role(row.role)).flatten();
    let used = Signal::derive(move || brokers.row(id, |row| Disk::of(row).used).flatten());
    view! {
        <th scope="row">
            <span class="topic-cell">
                <a class="link num" href=href>"Broker " {id}</a>
                <Show when=move || role().is_some()>
                    <span class="tag">{move || role()}</span>
                </Show>
            </span>
            <span class="cell-sub">
                <State brokers id />
                <span>{text(place)}</span>
            </span>
        </th>
        <td class="wide"><State brokers id /></td>
        <td class="wide mono">{text(address)}</td>
        <td class="wide">{text(|row| row.rack.clone())}</td>
        <td class="wide">{text(|row| row.version.clone())}</td>
        <td class="right wide"><Count n=number(|row| row.n_leaders) /></td>
        <td class="right wide"><Count n=number(|row| row.n_replicas) /></td>
        <td class="right wide"><OutOfSync brokers id /></td>
        <td class="right"><Bytes n=used /></td>
        <td class="right wide"><Free brokers id /></td>
    }
    .into_any()
}

pub(in crate::pages) fn address(row: &BrokerRow) -> Option<String> {
    Some(format!("{}:{}", row.host.as_ref()?, row.port?))
}

/// What small screens show of a broker beside its state.
fn place(row: &BrokerRow) -> Option<String> {
    let rack = row.rack.as_ref().map(|rack| format!("rack {rack}"));
    let behind =
        (row.n_out_of_sync > 0).then(|| format!("{} not in sync", count(row.n_out_of_sync.into())));
    let words: Vec<String> = rack.into_iter().chain(behind).collect();
    Some(words.join(" · "))
}

#[component]
pub(in crate::pages) fn State(brokers: Brokers, id: i32) -> impl IntoView {
    let state = Memo::new(move |_| brokers.row(id, |row| row.state));
    let badge = move || state.get().map(model::state).unwrap_or((StateRole::Unknown, "not known"));
    let title = move || brokers.row(id, model::state_meaning).unwrap_or_default();
    view! {
        <Badge
            plain=true
            role=Signal::derive(move || badge().0)
            text=Signal::derive(move || badge().1.to_owned())
            title=Signal::derive(title)
        />
    }
}

#[component]
fn OutOfSync(brokers: Brokers, id: i32) -> impl IntoView {
    let n = Memo::new(move |_| brokers.row(id, |row| row.n_out_of_sync).unwrap_or_default());
    let text = Signal::derive(move || count(n.get().into()));
    view! {
        <Show when=move || { n.get() > 0 } fallback=|| view! { <span class="num">"0"</span> }>
            <Badge plain=true role=StateRole::Attention text />
        </Show>
    }
}

/// The room left; a directory that is offline is said instead.
#[component]
fn Free(brokers: Brokers, id: i32) -> impl IntoView {
    let disk = Memo::new(move |_| brokers.row(id, Disk::of).unwrap_or_default());
    let is_there = move || brokers.row(id, |row| row.state) != Some(BrokerState::Missing);
    let free = Signal::derive(move || disk.get().free.filter(|_| is_there()));
    let text = Signal::derive(move || {
        let Disk { n_offline, n_dirs, .. } = disk.get();
        format!("{n_offline} of {n_dirs} offline")
    });
    view! {
        <Show when=move || { disk.get().n_offline > 0 } fallback=move || view! { <Bytes n=free /> }>
            <Badge plain=true role=StateRole::Failed text title="Log directories that are offline".to_owned() />
        </Show>
    }
}
