//! All links: which one needs me?

use std::sync::Arc;

use drawbridge_shared::link::{LinkMode, LinkState};
use drawbridge_shared::view::LinkRow;
use leptos::prelude::*;

use super::mirrors::filter::{ListFilter, NothingFound, Unlisted};
use super::topic::gate::Gate;
use crate::model::number::{UNKNOWN, count, counted};
use crate::model::{lag, links as model};
use crate::pages::past::{arrow, past, throughput};
use crate::routes::{ListQuery, Route};
use crate::shell::Freshness;
use crate::state::{Links, Nav};
use crate::ui::{
    Badge, Column, CopyBlock, DataTable, EmptyState, Fact, Marked, PageHead, Show, Sorted,
};

const STATES: [(&str, &str); 6] = [
    ("", "All states"),
    ("trouble", "Need a look"),
    ("active", "Active"),
    ("unavailable", "Unavailable"),
    ("paused", "Paused"),
    ("failed", "Failed"),
];

/// The columns that begin at the smallest.
const TEXTS: [&str; 2] = ["name", "from"];

fn columns() -> Vec<Column> {
    vec![
        Column::new("name", "Link", "").sorts(),
        Column::new("from", "From → to", "15%").sorts().wide(),
        Column::new("state", "State", "16%").sorts().wide(),
        Column::new("tasks", "Tasks", "72px").numeric().sorts().wide().hint("Tasks in error"),
        Column::new("mirrors", "Mirrors", "150px").sorts().wide(),
        Column::new("lag", "Worst lag", "176px")
            .numeric()
            .sorts()
            .hint("Records missing, and how long the oldest of them has been"),
        Column::new("rate", "Rate", "104px").numeric().sorts().wide(),
        Column::new("trend", "Last 30 min", "112px").wide().hint("What was copied"),
    ]
}

/// The page.
#[component]
pub fn LinksPage() -> impl IntoView {
    let (nav, links) = (expect_context::<Nav>(), expect_context::<Links>());
    let query = Memo::new(move |_| match &*nav.route().read() {
        Some(Route::Links { query }) => query.clone(),
        _ => ListQuery::default(),
    });
    let on_query = Callback::new(move |query| nav.replace(&Route::Links { query }));
    let keys = Memo::new(move |_| {
        let query = query.read();
        let rows = |rows: Option<&[LinkRow]>| {
            model::shown(rows.unwrap_or_default(), &query.q, &query.state, &query.sort)
        };
        Arc::new(links.with(rows))
    });
    let n_where = move |wanted: fn(&LinkRow) -> bool| {
        move || {
            links.with(|rows| match rows {
                None => UNKNOWN.to_owned(),
                Some(rows) => count(rows.iter().filter(|row| wanted(row)).count() as u64),
            })
        }
    };
    let is_none = Memo::new(move |_| links.with(|rows| rows.is_some_and(<[LinkRow]>::is_empty)));
    let create = Route::LinkNew { cluster: None, mode: None }.path();
    let actions = {
        let create = create.clone();
        move || {
            let create = create.clone();
            view! {
                <Show when=move || !is_none.get()>
                    <a class="btn btn--primary" href=create.clone()>"Create a link…"</a>
                </Show>
            }
        }
    };
    let facts = move || {
        view! {
            <Fact name="Link halves" hint="Halves of links on the clusters of this gateway">
                {n_where(|_| true)}
            </Fact>
            <Fact name="Need a look">{n_where(|row| model::trouble(row) > 1)}</Fact>
            <Fact name="Not reached" hint="The other cluster does not answer, or the link failed">
                {n_where(|row| matches!(row.state, LinkState::Unavailable | LinkState::Failed))}
            </Fact>
            <Freshness followed=links.followed() observed_at_ms=Signal::derive(|| None) />
        }
    };
    let action = move || {
        view! {
            <a class="btn btn--primary" href=create.clone()>"Create a link…"</a>
            <p class="muted">"Or with the tools you know:"</p>
            <CopyBlock
                label="command"
                text="kafka-cluster-links --bootstrap-server localhost:9093 --create --link NAME --config-file link.properties"
            />
        }
    };
    let sorted = Signal::derive(move || {
        let query = query.read();
        let (column, direction) = model::read_sort(&query.sort);
        let known = columns().into_iter().find(|known| known.key() == column)?;
        Some(Sorted { key: known.key(), direction })
    });
    let on_sort = Callback::new(move |column: &'static str| {
        let mut query = query.get_untracked();
        query.sort = model::clicked_sort(&query.sort, column, &TEXTS);
        on_query.run(query);
    });
    let on_open = Callback::new(move |key: String| {
        let route = links.with(|rows| model::find(rows?, &key).map(page));
        if let Some(route) = route {
            nav.go(&route);
        }
    });
    let count = move || counted(keys.read().len().try_into().unwrap_or(u64::MAX), "half", "halves");
    let none = move || {
        let action = action.clone();
        view! {
            <EmptyState
                title="No links yet"
                text="A link copies topics from one cluster to another, record for record at the same offsets, and keeps them the same. Either side can make the connection, so it works through a firewall that lets only one way."
                action
            />
        }
    };
    view! {
        <PageHead title="Links" facts actions />
        <Gate followed=links.followed() label="Loading links" back=Route::Clusters back_label="All clusters">
            <Unlisted what="links" />
            <Show when=move || !is_none.get() fallback=none.clone()>
                <ListFilter label="Search links" states=&STATES query on_query count=Signal::derive(count) />
                <Show
                    when=move || !keys.read().is_empty()
                    fallback=move || view! { <NothingFound query on_query /> }
                >
                    <DataTable
                        caption="Links"
                        columns=columns()
                        keys
                        row=Arc::new(move |key| cells(links, query, key))
                        sorted
                        on_sort
                        on_open
                        row_heights=(44, 64)
                    />
                </Show>
            </Show>
        </Gate>
    }
}

fn page(row: &LinkRow) -> Route {
    Route::of_link(row.cluster.clone(), row.name.clone())
}

fn cells(links: Links, query: Memo<ListQuery>, key: String) -> AnyView {
    let row = {
        let key = key.clone();
        Memo::new(move |_| links.with(|rows| model::find(rows?, &key).cloned()))
    };
    let text = move |read: fn(&LinkRow) -> String| {
        move || row.read().as_ref().map_or_else(|| UNKNOWN.to_owned(), read)
    };
    let search = Signal::derive(move || query.read().q.clone());
    let badge = Memo::new(move |_| row.read().as_ref().map(model::badge).unwrap_or_default());
    let fault =
        Signal::derive(move || row.read().as_ref().and_then(model::fault).unwrap_or_default());
    let state = move || {
        view! {
            <Badge
                plain=true
                role=Signal::derive(move || badge.get().0)
                text=Signal::derive(move || badge.get().1)
                title=fault
            />
        }
    };
    let way = |row: &LinkRow| {
        let (from, to) = model::from_to(row);
        format!("{from} → {to}")
    };
    let tasks = |row: &LinkRow| match row.tasks_in_error {
        0 => UNKNOWN.to_owned(),
        n => n.to_string(),
    };
    let (past, href, name, half) = untrack(|| {
        let row_now = row.read();
        let row_now = row_now.as_ref();
        let figures = move || row.with(|row| row.as_ref().map(|row| (row.lag, row.rate)));
        // A source half copies nothing.
        let copies = row_now.filter(|row| row.mode == LinkMode::Destination);
        (
            copies.map(|row| {
                past(row.cluster.clone(), row.name.clone(), None, links.followed(), figures)
            }),
            row_now.map(|row| page(row).path()),
            row_now.map(|row| row.name.to_string()).unwrap_or_default(),
            row_now
                .map(|row| format!("{} half on {}", row.mode.as_str().to_lowercase(), row.cluster)),
        )
    });
    view! {
        <th scope="row">
            <a class="link topic-name" href=href title=name.clone()><Marked text=name.clone() search /></a>
            <span class="under">{half}</span>
            <span class="cell-sub">{state()} <span>{text(way)}</span></span>
        </th>
        <td class="wide">
            {text(way)}
            <span class="under">{text(model::dials)}</span>
        </td>
        <td class="wide">
            {state()}
            <span class="under">{fault}</span>
        </td>
        <td class="right wide num">{text(tasks)}</td>
        <td class="wide num wrap">{text(model::mirrors_words)}</td>
        <td class="right num wrap">
            <span class="wide">{text(model::lag_words)} {past.map(arrow)}</span>
            <span class="narrow">{text(|row| lag::span(row.lag.behind_ms))}</span>
        </td>
        <td class="right wide num">{text(|row| lag::throughput(&row.rate))}</td>
        <td class="wide">{past.map_or_else(|| UNKNOWN.into_any(), |past| throughput(past, &name).into_any())}</td>
    }
    .into_any()
}
