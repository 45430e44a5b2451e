//! The tab of partitions: who leads, who is in sync, and which offsets there are.

use std::sync::Arc;

use drawbridge_shared::view::PartitionView;
use leptos::prelude::*;

use super::Subject;
use crate::model::number::{UNKNOWN, signed};
use crate::model::partitions::{self as model, PartitionColumn};
use crate::model::sort::Direction;
use crate::routes::{ConfigsQuery, Route, TopicTab};
use crate::state::Nav;
use crate::ui::{
    Badge, Bytes, Column, CopyButton, Count, DataTable, Shape, Show, Sorted, StateRole,
};

fn columns() -> Vec<Column> {
    vec![
        Column::new("partition", "Partition", "112px").sorts(),
        Column::new("leader", "Leader", "150px")
            .sorts()
            .wide()
            .hint("Node id of the broker that serves it"),
        Column::new("replicas", "Replicas", "")
            .sorts()
            .wide()
            .hint("Node ids, preferred leader first; ▲ is not in sync"),
        Column::new("start", "Log start", "150px")
            .numeric()
            .sorts()
            .wide()
            .hint("First offset that can be read"),
        Column::new("end", "High watermark", "150px")
            .numeric()
            .sorts()
            .hint("Offset after the last record that every in-sync replica has"),
        Column::new("offsets", "Offsets", "130px")
            .numeric()
            .sorts()
            .wide()
            .hint("High watermark minus log start: an upper bound of the records"),
        Column::new("size", "Size", "104px")
            .numeric()
            .sorts()
            .hint("Bytes of the leader's replica"),
    ]
}

#[component]
pub(super) fn Partitions(subject: Subject) -> impl IntoView {
    let nav = expect_context::<Nav>();
    let sort = Memo::new(move |_| match &*nav.route().read() {
        Some(Route::Topic { sort, .. }) => model::read_order(sort),
        _ => (PartitionColumn::default(), Direction::Ascending),
    });
    let order = Memo::new(move |_| {
        let (column, direction) = sort.get();
        let order = subject.with(|detail| model::ordered(&detail.partitions, column, direction));
        Arc::new(order.unwrap_or_default())
    });
    let sorted = Signal::derive(move || {
        let (column, direction) = sort.get();
        Some(Sorted { key: column.key(), direction })
    });
    let on_sort = Callback::new(move |key: &'static str| {
        let Some(clicked) = PartitionColumn::of_key(key) else { return };
        let (column, direction) = sort.get_untracked();
        let direction = if column == clicked { direction.flipped() } else { clicked.first() };
        nav.replace(&Route::Topic {
            cluster: subject.cluster.name(),
            topic: subject.name(),
            tab: TopicTab::Partitions,
            sort: model::order_word(clicked, direction),
            configs: ConfigsQuery::default(),
        });
    });
    let offsets = Signal::derive(move || {
        subject.with(|detail| model::offsets_text(&detail.partitions)).unwrap_or_default()
    });
    view! {
        <DataTable
            caption="Partitions"
            columns=columns()
            keys=order
            row=Arc::new(move |number| cells(subject, number))
            sorted
            on_sort
        />
        <p class="under-table"><CopyButton text=offsets label="Copy offsets of all partitions" word="Copy offsets" /></p>
    }
}

fn cells(subject: Subject, number: i32) -> AnyView {
    let offset = move |read: fn(&PartitionView) -> Option<i64>| {
        move || {
            let offset = subject.partition(number, read).flatten();
            offset.map_or_else(|| UNKNOWN.to_owned(), signed)
        }
    };
    let amount = move |read: fn(&PartitionView) -> Option<u64>| {
        Signal::derive(move || subject.partition(number, read).flatten())
    };
    view! {
        <th scope="row">
            <span class="num">{number}</span>
            <span class="cell-sub">
                <Leader subject number />
                <Behind subject number />
            </span>
        </th>
        <td class="wide"><Leader subject number /></td>
        <td class="wide"><Replicas subject number /></td>
        <td class="right wide num">{offset(|partition| partition.log_start)}</td>
        <td class="right num">{offset(|partition| partition.high_watermark)}</td>
        <td class="right wide"><Count n=amount(model::offsets) /></td>
        <td class="right"><Bytes n=amount(|partition| partition.size_bytes) /></td>
    }
    .into_any()
}

/// The leading broker, or that there is none.
#[component]
fn Leader(subject: Subject, number: i32) -> impl IntoView {
    let leader = Memo::new(move |_| subject.partition(number, |partition| partition.leader));
    move || match leader.get() {
        None => UNKNOWN.into_any(),
        Some(Some(id)) => {
            let route = Route::of_broker(subject.cluster.name(), id);
            view! { <a class="link num" href=route.path()>"broker " {id}</a> }.into_any()
        }
        Some(None) => {
            view! { <Badge plain=true role=StateRole::Failed text="offline" /> }.into_any()
        }
    }
}

/// How many replicas are out of sync, when there are any; for small screens.
#[component]
fn Behind(subject: Subject, number: i32) -> impl IntoView {
    let n = Memo::new(move |_| subject.partition(number, model::n_missing).unwrap_or_default());
    let text = Signal::derive(move || format!("{} behind", n.get()));
    view! {
        <Show when=move || { n.get() > 0 }>
            <Badge plain=true role=StateRole::Attention text />
        </Show>
    }
}

/// The replicas; those out of sync are told apart by shape and word.
#[component]
fn Replicas(subject: Subject, number: i32) -> impl IntoView {
    let replicas =
        Memo::new(move |_| subject.partition(number, model::replicas).unwrap_or_default());
    let one = |(id, in_sync): (i32, bool)| {
        if in_sync {
            view! { <span class="replica num">{id}</span> }.into_any()
        } else {
            view! {
                <span class="replica replica--behind num" title="Not in sync">
                    <Shape role=StateRole::Attention />
                    {id}
                    <span class="visually-hidden">" not in sync"</span>
                </span>
            }
            .into_any()
        }
    };
    view! {
        <span class="replicas">{move || replicas.get().into_iter().map(one).collect_view()}</span>
    }
}
