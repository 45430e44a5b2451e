//! The list itself.

use std::sync::Arc;

use drawbridge_shared::guard::Action;
use drawbridge_shared::view::TopicRow;
use leptos::prelude::*;

use super::List;
use crate::model::number::counted;
use crate::model::topic::ESTIMATE;
use crate::model::topics::{self, Health, TopicColumn, TopicSort};
use crate::routes::Route;
use crate::ui::{
    Badge, Button, Bytes, Column, Count, DataTable, EmptyState, Estimate, LinkButton, Marked, Show,
    Sorted, StateRole,
};

/// The role of a topic's health.
pub(in crate::pages) fn role(health: Health) -> StateRole {
    match health {
        Health::Healthy => StateRole::Ok,
        Health::UnderReplicated(_) => StateRole::Attention,
        Health::Offline(_) => StateRole::Failed,
    }
}

fn columns() -> Vec<Column> {
    vec![
        Column::new("name", "Name", "").sorts(),
        Column::new("health", "State", "178px").sorts().wide(),
        Column::new("partitions", "Partitions", "104px").numeric().sorts().wide(),
        Column::new("replicas", "Replicas", "96px")
            .numeric()
            .sorts()
            .wide()
            .hint("Copies of each partition"),
        Column::new("records", "Records", "132px").numeric().sorts().wide().hint(ESTIMATE),
        Column::new("size", "Size", "104px")
            .numeric()
            .sorts()
            .hint("Bytes on disk of the leader replicas"),
    ]
}

#[component]
pub(super) fn TopicsTable(list: List) -> impl IntoView {
    let keys = Signal::derive(move || Arc::clone(&list.shown.read().names));
    let is_empty = Memo::new(move |_| list.shown.read().names.is_empty());
    let sorted = Signal::derive(move || {
        let TopicSort { column, direction } = TopicSort::of_text(&list.query.read().sort);
        Some(Sorted { key: column.key(), direction })
    });
    let on_sort = Callback::new(move |key: &'static str| {
        list.ask(|query| {
            let Some(column) = TopicColumn::of_key(key) else { return };
            query.sort = TopicSort::of_text(&query.sort).clicked(column).text();
        });
    });
    let on_open = Callback::new(move |name: String| {
        if let Ok(topic) = name.parse() {
            list.nav.go(&Route::of_topic(list.cluster.name(), topic));
        }
    });
    view! {
        <Show when=move || !is_empty.get() fallback=move || view! { <NothingFound list /> }>
            <DataTable
                caption="Topics"
                columns=columns()
                keys
                row=Arc::new(move |name| cells(list, name))
                sorted
                on_sort
                on_open
            />
        </Show>
    }
}

fn cells(list: List, name: String) -> AnyView {
    let search = Signal::derive(move || list.query.read().q.clone());
    let row = {
        let name = name.clone();
        Memo::new(move |_| list.with(|view| topics::row(&view.rows, &name).cloned()).flatten())
    };
    let number = move |read: fn(&TopicRow) -> u32| {
        Signal::derive(move || row.read().as_ref().map(|row| u64::from(read(row))))
    };
    let health = Signal::derive(move || row.read().as_ref().map_or(Health::Healthy, Health::of));
    let records = Signal::derive(move || row.read().as_ref().and_then(|row| row.n_offsets));
    let size = Signal::derive(move || row.read().as_ref().and_then(|row| row.size_bytes));
    let is_internal = move || row.read().as_ref().is_some_and(|row| row.is_internal);
    let summary = move || row.read().as_ref().map(topics::summary);
    let text = view! { <Marked text=name.clone() search /> };
    let link = match name.parse() {
        Err(_) => view! { <span class="topic-name">{text}</span> }.into_any(),
        Ok(topic) => {
            let href = Route::of_topic(list.cluster.name(), topic).path();
            view! { <a class="link topic-name" href=href title=name>{text}</a> }.into_any()
        }
    };
    let state = move || {
        view! { <Badge plain=true role=Signal::derive(move || role(health.get())) text=Signal::derive(move || health.get().words()) /> }
    };
    view! {
        <th scope="row">
            <span class="topic-cell">
                {link}
                <Show when=is_internal>
                    <span class="tag">"internal"</span>
                </Show>
            </span>
            <span class="cell-sub">
                <Show when=move || health.get() != Health::Healthy>{state()}</Show>
                <span>{move || summary()}</span>
            </span>
        </th>
        <td class="wide">{state()}</td>
        <td class="right wide"><Count n=number(|row| row.n_partitions) /></td>
        <td class="right wide"><Count n=number(|row| row.replication_factor) /></td>
        <td class="right wide"><Estimate n=records why=ESTIMATE /></td>
        <td class="right"><Bytes n=size /></td>
    }
    .into_any()
}

/// Why the list is empty, and the one thing to do about it.
#[component]
fn NothingFound(list: List) -> impl IntoView {
    let has_search = move || !list.query.read().q.is_empty();
    let n_hidden = move || list.shown.read().n_hidden_internal;
    let title = Signal::derive(move || {
        if has_search() { "No topic found".to_owned() } else { "No topics yet".to_owned() }
    });
    let text = Signal::derive(move || {
        let hidden = u64::try_from(n_hidden()).unwrap_or(u64::MAX);
        match (has_search(), hidden) {
            (true, 0) => format!("No topic's name contains “{}”.", list.query.read().q.trim()),
            (true, _) => format!(
                "“{}” is only in {}, which are not shown.",
                list.query.read().q.trim(),
                counted(hidden, "internal topic", "internal topics")
            ),
            (false, 0) => {
                "A topic is a named log that producers append records to and consumers read. \
                           Create one here, or with kafka-topics.sh --create --topic NAME."
                    .to_owned()
            }
            (false, _) => format!(
                "The cluster has {} and no other. Create a topic here, or with kafka-topics.sh --create --topic NAME.",
                counted(hidden, "internal topic", "internal topics")
            ),
        }
    });
    let action = move || {
        let create = Route::TopicNew { cluster: list.cluster.name() }.path();
        view! {
            <div class="row">
                <Show when=has_search>
                    <Button on_click=move |()| list.ask(|query| query.q.clear())>"Clear search"</Button>
                </Show>
                <Show when=move || { n_hidden() > 0 }>
                    <Button on_click=move |()| list.ask(|query| query.internal = true)>
                        "Show internal topics"
                    </Button>
                </Show>
                <Show when=move || !has_search()>
                    <LinkButton href=create.clone() why_not=list.cluster.guard(Action::TopicCreate)>"Create topic"</LinkButton>
                </Show>
            </div>
        }
    };
    view! { <EmptyState title text action /> }
}
