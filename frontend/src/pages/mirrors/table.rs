//! The table of mirrors, for the list of all and for a link's own.

use std::collections::BTreeSet;
use std::sync::Arc;

use drawbridge_shared::view::MirrorRow;
use drawbridge_shared::wire::FeedData;
use leptos::prelude::*;

use crate::model::mirrors as model;
use crate::model::number::UNKNOWN;
use crate::model::time::age;
use crate::model::{lag, links};
use crate::pages::past::{arrow, past, throughput};
use crate::routes::{ListQuery, Route};
use crate::socket::Followed;
use crate::state::{Clock, Nav};
use crate::ui::{Badge, Column, DataTable, Marked, Sorted};

/// Rows of a feed that has mirrors: all of them, or those of a link.
pub(in crate::pages) fn rows(followed: &Followed) -> &[MirrorRow] {
    match followed.data.as_deref() {
        Some(FeedData::Mirrors(rows)) => rows,
        Some(FeedData::Link(detail)) => &detail.mirrors,
        _ => &[],
    }
}

fn columns(with_link: bool) -> Vec<Column> {
    let mut columns =
        vec![
            Column::new("topic", "Mirror topic", "").sorts(),
            Column::new("link", "Link", "18%").sorts().wide(),
            Column::new("state", "State", "184px").sorts().wide(),
            Column::new("partitions", "Partitions", "96px").numeric().sorts().wide(),
            Column::new("records", "Lag, records", "132px").numeric().sorts().wide().hint(
                "Offsets that the mirror lacks, with an arrow while they become more or fewer",
            ),
            Column::new("lag", "Lag, time", "112px")
                .numeric()
                .sorts()
                .hint("How long the oldest of them has been missing"),
            Column::new("rate", "Rate", "100px").numeric().sorts().wide(),
            Column::new("fetch", "Last fetch", "112px")
                .numeric()
                .sorts()
                .wide()
                .hint("When the source answered last, in the partition where that is longest ago"),
            Column::new("trend", "Last 30 min", "112px").wide().hint("What was copied"),
        ];
    // A list of all says the link where a link's own says the partitions.
    columns.remove(if with_link { 3 } else { 1 });
    columns
}

/// The columns that begin at the smallest.
const TEXTS: [&str; 3] = ["topic", "link", "fetch"];

/// A table of mirrors, ordered by trouble unless somebody asks for another order.
#[component]
pub(in crate::pages) fn MirrorTable(
    /// The feed they come by.
    followed: Signal<Followed>,
    /// Search, state and order.
    #[prop(into)]
    query: Signal<ListQuery>,
    /// Called with another order.
    on_query: Callback<ListQuery>,
    /// The mirrors shown, in order.
    keys: Memo<Arc<Vec<String>>>,
    /// Whether each says its link.
    #[prop(optional)]
    with_link: bool,
    /// What is ticked, where mirrors can be.
    #[prop(optional)]
    ticked: Option<RwSignal<BTreeSet<String>>>,
) -> impl IntoView {
    let nav = expect_context::<Nav>();
    let sorted = Signal::derive(move || {
        let query = query.read();
        let (column, direction) = links::read_sort(&query.sort);
        let known = columns(true).into_iter().find(|known| known.key() == column)?;
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
            caption="Mirror topics"
            columns=columns(with_link)
            keys
            row=Arc::new(move |key| cells(followed, query, key, with_link, ticked))
            sorted
            on_sort
            on_open
        />
    }
}

fn page(row: &MirrorRow) -> Route {
    Route::Mirror { cluster: row.cluster.clone(), link: row.link.clone(), topic: row.topic.clone() }
}

fn cells(
    followed: Signal<Followed>,
    query: Signal<ListQuery>,
    key: String,
    with_link: bool,
    ticked: Option<RwSignal<BTreeSet<String>>>,
) -> AnyView {
    let now = expect_context::<Clock>().now();
    let row = {
        let key = key.clone();
        Memo::new(move |_| model::find(rows(&followed.read()), &key).cloned())
    };
    let text = move |read: fn(&MirrorRow) -> String| {
        move || row.read().as_ref().map_or_else(|| UNKNOWN.to_owned(), read)
    };
    let search = Signal::derive(move || query.read().q.clone());
    let badge = Memo::new(move |_| row.read().as_ref().map(model::badge).unwrap_or_default());
    let state = move || {
        view! {
            <Badge
                plain=true
                role=Signal::derive(move || badge.get().0)
                text=Signal::derive(move || badge.get().1)
                title=Signal::derive(move || {
                    row.read().as_ref().and_then(model::trouble_words).unwrap_or_default()
                })
            />
        }
    };
    let fetched = move || {
        let at = row.read().as_ref().and_then(|row| model::lag(row).last_fetch_ms);
        at.map_or_else(|| UNKNOWN.to_owned(), |at| age(now.get(), at))
    };
    // Names never change under a key, so they are read once.
    let (past, href, name, link) = untrack(|| {
        let row_now = row.read();
        let row_now = row_now.as_ref();
        let figures = move || row.with(|row| row.as_ref().map(|row| (model::lag(row), row.rate)));
        (
            row_now.map(|row| {
                let topic = Some(row.topic.clone());
                past(row.cluster.clone(), row.link.clone(), topic, followed, figures)
            }),
            row_now.map(|row| page(row).path()),
            row_now.map(|row| row.topic.to_string()).unwrap_or_default(),
            row_now.map(|row| {
                let route = Route::of_link(row.cluster.clone(), row.link.clone());
                (route.path(), format!("{} · {}", row.link, row.cluster))
            }),
        )
    });
    let tick = ticked.map(|ticked| {
        let (own, other) = (key.clone(), key.clone());
        view! {
            <input
                type="checkbox"
                class="tick"
                aria-label=format!("Choose {name}")
                prop:checked=move || ticked.read().contains(&own)
                on:change=move |event| {
                    let is_on = event_target_checked(&event);
                    ticked.update(|ticked| {
                        if is_on { ticked.insert(other.clone()) } else { ticked.remove(&other) };
                    });
                }
            />
        }
    });
    view! {
        <th scope="row">
            <span class="topic-cell">
                {tick}
                <a class="link topic-name" href=href title=name.clone()>
                    <Marked text=name.clone() search />
                </a>
            </span>
            <span class="cell-sub">
                {state()}
                <span class="num">{text(|row| lag::records_words(&model::lag(row)))}</span>
            </span>
        </th>
        {with_link
            .then(|| {
                let (href, text) = link.unwrap_or_default();
                view! { <td class="wide"><a class="link" href=href title=text.clone()>{text.clone()}</a></td> }
            })}
        <td class="wide">{state()}</td>
        {(!with_link)
            .then(|| view! { <td class="right wide num">{text(|row| row.partitions.to_string())}</td> })}
        <td class="right wide num">{text(|row| lag::records(model::lag(row).records))} {past.map(arrow)}</td>
        <td class="right num">{text(|row| lag::span(model::lag(row).behind_ms))}</td>
        <td class="right wide num" title=text(|row| lag::throughput_words(&row.rate))>
            {text(|row| lag::throughput(&row.rate))}
        </td>
        <td class="right wide num">{move || fetched()}</td>
        <td class="wide">{past.map(|past| throughput(past, &name))}</td>
    }
    .into_any()
}
