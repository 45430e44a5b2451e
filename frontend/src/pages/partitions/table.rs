//! The list itself.

use std::sync::Arc;

use drawbridge_shared::view::{PartitionTrouble, TroubledPartition};
use leptos::prelude::*;

use super::List;
use crate::model::brokers as model;
use crate::model::number::UNKNOWN;
use crate::routes::Route;
use crate::ui::{Badge, Column, DataTable, Marked, Shape, Show, StateRole};

fn columns() -> Vec<Column> {
    vec![
        Column::new("partition", "Partition", ""),
        Column::new("lacks", "Lacks", "330px").wide(),
        Column::new("leader", "Leader", "160px")
            .hint("Node id of the leader, and of the preferred one"),
        Column::new("replicas", "Replicas", "190px")
            .wide()
            .hint("Node ids, preferred leader first; ▲ is not in sync, ■ is down"),
        Column::new("isr", "In sync", "120px")
            .numeric()
            .wide()
            .hint("Replicas in sync, of all; and how many writes with acks=all need"),
    ]
}

#[component]
pub(super) fn PartitionsTable(list: List) -> impl IntoView {
    let on_open = Callback::new(move |key: String| {
        let topic = key.rsplit_once('-').and_then(|(topic, _)| topic.parse().ok());
        if let Some(topic) = topic {
            list.nav.go(&Route::of_topic(list.cluster.name(), topic));
        }
    });
    view! {
        <DataTable
            caption="Partitions that lack something"
            columns=columns()
            keys=list.keys
            row=Arc::new(move |key| cells(list, key))
            on_open
        />
    }
}

type Row = Memo<Option<TroubledPartition>>;

fn cells(list: List, key: String) -> AnyView {
    let search = Signal::derive(move || list.query.read().q.clone());
    let row: Row = {
        let key = key.clone();
        Memo::new(move |_| list.with(|view| model::of_key(&view.rows, &key).cloned()).flatten())
    };
    let text = view! { <Marked text=key.clone() search /> };
    let topic = key.rsplit_once('-').and_then(|(topic, _)| topic.parse().ok());
    let link = match topic {
        None => view! { <span class="topic-name">{text}</span> }.into_any(),
        Some(topic) => {
            let href = Route::of_topic(list.cluster.name(), topic).path();
            view! { <a class="link topic-name" href=href title=key>{text}</a> }.into_any()
        }
    };
    let in_sync = move || {
        let row = row.read();
        let row = row.as_ref()?;
        let min = row.min_isr.map(|min| format!(" · min {min}")).unwrap_or_default();
        Some(format!("{} of {}{min}", row.isr.len(), row.replicas.len()))
    };
    view! {
        <th scope="row">
            <span class="topic-cell">{link}</span>
            <span class="cell-sub"><Lacks row /></span>
        </th>
        <td class="wide"><Lacks row /></td>
        <td><Leader row /></td>
        <td class="wide"><Replicas row /></td>
        <td class="right wide num">{move || in_sync()}</td>
    }
    .into_any()
}

/// Everything it lacks, the worst first.
#[component]
fn Lacks(row: Row) -> impl IntoView {
    let badge = |trouble| {
        let role = model::trouble_role(trouble, Some(1));
        view! { <Badge plain=true role text=model::trouble_word(trouble) title=model::trouble_meaning(trouble).to_owned() /> }
    };
    move || {
        let row = row.read();
        let row = row.as_ref()?;
        // A partition without leader has nothing else that matters as much.
        let lacks = PartitionTrouble::ALL.into_iter().filter(|trouble| row.has(*trouble));
        Some(view! { <span class="lacks">{lacks.map(badge).collect_view()}</span> })
    }
}

#[component]
fn Leader(row: Row) -> impl IntoView {
    let leader = move || row.read().as_ref().and_then(|row| row.leader);
    let preferred = move || {
        let row = row.read();
        let row = row.as_ref().filter(|row| row.leader != row.preferred())?;
        row.preferred().map(|id| format!("preferred {id}"))
    };
    view! {
        <span class="num">
            {move || leader().map_or_else(|| UNKNOWN.to_owned(), |id| id.to_string())}
        </span>
        <Show when=move || preferred().is_some()>
            <span class="muted num">" · " {move || preferred()}</span>
        </Show>
    }
}

/// The replicas; those out of sync or down are told apart by shape and word.
#[component]
fn Replicas(row: Row) -> impl IntoView {
    let one = |(id, word): (i32, Option<(StateRole, &'static str)>)| match word {
        None => view! { <span class="replica num">{id}</span> }.into_any(),
        Some((role, word)) => view! {
            <span class="replica replica--behind num" title=word>
                <Shape role />
                {id}
                <span class="visually-hidden">" " {word}</span>
            </span>
        }
        .into_any(),
    };
    let all = move || {
        let row = row.read();
        let row = row.as_ref()?;
        let each = row.replicas.iter().map(|id| {
            let word = if row.down.contains(id) {
                Some((StateRole::Failed, "down"))
            } else if row.isr.contains(id) {
                None
            } else {
                Some((StateRole::Attention, "not in sync"))
            };
            (*id, word)
        });
        Some(each.map(one).collect_view())
    };
    view! { <span class="replicas">{move || all()}</span> }
}
