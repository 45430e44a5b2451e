//! The table of groups.

use std::sync::Arc;

use drawbridge_shared::view::GroupRow;
use leptos::prelude::*;

use super::{GroupBadge, Lag, rows};
use crate::model::groups as model;
use crate::model::links;
use crate::model::number::UNKNOWN;
use crate::routes::{ListQuery, Route};
use crate::socket::Followed;
use crate::state::Nav;
use crate::ui::{Column, DataTable, Marked, Sorted};

fn columns() -> Vec<Column> {
    vec![
        Column::new("group", "Group", "").sorts(),
        Column::new("cluster", "Cluster", "14%").sorts().wide(),
        Column::new("state", "State", "232px").sorts().wide(),
        Column::new("kind", "Type", "144px").sorts().wide().hint("The protocol its members speak"),
        Column::new("members", "Members", "92px").numeric().sorts().wide(),
        Column::new("topics", "Topics", "84px").numeric().sorts().wide(),
        Column::new("lag", "Lag, records", "128px")
            .numeric()
            .sorts()
            .hint("Records that are not read yet; ▲ rising, ▼ falling within the last minute"),
    ]
}

/// The columns that begin at the smallest.
const TEXTS: [&str; 3] = ["group", "cluster", "kind"];

/// A table of groups, those that need somebody first unless another order is asked for.
#[component]
pub(super) fn GroupTable(
    followed: Signal<Followed>,
    query: Memo<ListQuery>,
    on_query: Callback<ListQuery>,
    keys: Memo<Arc<Vec<String>>>,
) -> impl IntoView {
    let nav = expect_context::<Nav>();
    let sorted = Signal::derive(move || {
        let query = query.read();
        let (column, direction) = links::read_sort(&query.sort);
        let known = columns().into_iter().find(|known| known.key() == column)?;
        Some(Sorted { key: known.key(), direction })
    });
    let on_sort = Callback::new(move |column: &'static str| {
        let mut query = query.get_untracked();
        query.sort = links::clicked_sort(&query.sort, column, &TEXTS);
        on_query.run(query);
    });
    let on_open = Callback::new(move |key: String| {
        let route = model::find(rows(&followed.read_untracked()), &key).map(page);
        if let Some(route) = route {
            nav.go(&route);
        }
    });
    view! {
        <DataTable
            caption="Groups"
            columns=columns()
            keys
            row=Arc::new(move |key| cells(followed, query, key))
            sorted
            on_sort
            on_open
        />
    }
}

fn page(row: &GroupRow) -> Route {
    Route::of_group(row.cluster.clone(), row.group.clone())
}

fn cells(followed: Signal<Followed>, query: Memo<ListQuery>, key: String) -> AnyView {
    let row = Memo::new(move |_| model::find(rows(&followed.read()), &key).cloned());
    let text = move |read: fn(&GroupRow) -> String| {
        move || row.read().as_ref().map_or_else(|| UNKNOWN.to_owned(), read)
    };
    let search = Signal::derive(move || query.read().q.clone());
    // Names never change under a key, so they are read once.
    let (href, name, cluster) = untrack(|| {
        let row = row.read();
        let row = row.as_ref();
        (
            row.map(|row| page(row).path()),
            row.map(|row| row.group.clone()).unwrap_or_default(),
            row.map(|row| row.cluster.clone()),
        )
    });
    let cluster_name = cluster.as_ref().map(ToString::to_string).unwrap_or_default();
    let cluster_href = cluster.map(|cluster| Route::of_cluster(cluster).path());
    let topics = move || {
        let row = row.read();
        let names = row.as_ref().map(model_topics).unwrap_or_default();
        names.join(", ")
    };
    let trend = Signal::derive(move || row.read().as_ref().and_then(|row| row.trend));
    view! {
        <th scope="row">
            <span class="topic-cell">
                <a class="link topic-name" href=href title=name.clone()>
                    <Marked text=name.clone() search />
                </a>
            </span>
            <span class="cell-sub">
                <GroupBadge row plain=true />
                <span>{cluster_name.clone()}</span>
            </span>
        </th>
        <td class="wide"><a class="link" href=cluster_href>{cluster_name}</a></td>
        <td class="wide"><GroupBadge row plain=true /></td>
        <td class="wide">{text(|row| row.kind.words().to_owned())}</td>
        <td class="right wide num">{text(model::members_words)}</td>
        <td class="right wide num" title=topics>{text(|row| row.topics.len().to_string())}</td>
        <td class="right num"><Lag words=Signal::derive(text(model::lag_words)) trend /></td>
    }
    .into_any()
}

fn model_topics(row: &GroupRow) -> Vec<String> {
    row.topics.iter().map(|topic| topic.topic.clone()).collect()
}
