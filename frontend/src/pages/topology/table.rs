//! The same facts as a table.

use std::sync::Arc;

use leptos::prelude::*;

use super::{Keys, World};
use crate::model::topology::{Edge, by_trouble};
use crate::routes::Route;
use crate::ui::{Badge, Column, DataTable, Sparkline};

fn columns() -> Vec<Column> {
    vec![
        Column::new("link", "Link", ""),
        Column::new("state", "State", "142px").wide(),
        Column::new("data", "Data", "14%").wide(),
        Column::new("dials", "Dials", "9%").wide(),
        Column::new("mirrors", "Mirrors", "15%").wide(),
        Column::new("lag", "Worst lag", "188px").numeric(),
        Column::new("rate", "Rate", "96px").numeric().wide(),
        Column::new("trend", "Last 30 min", "112px").wide(),
    ]
}

/// The table.
#[component]
pub(super) fn Twin(world: World) -> impl IntoView {
    let keys: Keys =
        Memo::new(move |_| Arc::new(world.rows(|rows| by_trouble(&world.graph.read(), rows))))
            .into();
    let on_open = Callback::new(move |key: String| {
        if let Some(edge) = world.graph.read().edge(&key) {
            world.nav.go(&Route::of_link(edge.cluster.clone(), edge.link.clone()));
        }
    });
    view! {
        <div class="twin">
            <DataTable
                caption="Links, those that need a look first"
                columns=columns()
                keys
                row=Arc::new(move |key| cells(world, key))
                on_open
                row_heights=(38, 56)
            />
        </div>
    }
}

fn cells(world: World, key: String) -> AnyView {
    let facts = world.facts(key.clone());
    let read = {
        let key = key.clone();
        move |read: fn(&crate::model::topology::Graph, &Edge) -> String| {
            let graph = world.graph.read_untracked();
            graph.edge(&key).map(|edge| read(&graph, edge)).unwrap_or_default()
        }
    };
    let way = read(|graph, edge| graph.way(edge));
    let dials = read(|graph, edge| graph.dialler(edge).to_owned());
    let name = read(|_, edge| edge.link.to_string());
    let href = read(|_, edge| Route::of_link(edge.cluster.clone(), edge.link.clone()).path());
    let state = move || {
        view! {
            <Badge
                plain=true
                role=Signal::derive(move || facts.read().role)
                text=Signal::derive(move || facts.read().word.clone())
                title=Signal::derive(move || facts.read().fault.clone().unwrap_or_default())
            />
        }
    };
    view! {
        <th scope="row" data-hot=key.clone()>
            <a class="link topic-name" href=href title=name.clone()>{name.clone()}</a>
            <span class="cell-sub">{state()} <span>{way.clone()}</span></span>
        </th>
        <td class="wide">{state()}</td>
        <td class="wide muted">{way}</td>
        <td class="wide muted">{dials}</td>
        <td class="wide num wrap">{move || facts.read().mirrors.clone()}</td>
        <td class="right num wrap">{move || facts.read().lag.clone()}</td>
        <td class="right wide num">{move || facts.read().rate.clone()}</td>
        <td class="wide">
            <Sparkline points=world.trends.curve(key) label=format!("Throughput of {name}") />
        </td>
    }
    .into_any()
}
