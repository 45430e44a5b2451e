//! What an election would change.

use std::sync::Arc;

use drawbridge_shared::view::ElectionKind;
use leptos::prelude::*;

use crate::model::elections::{ElectionLine, ElectionPlan, ids};
use crate::model::number::signed;
use crate::ui::{Badge, Column, DataTable, Show, StateRole};

fn columns(kind: ElectionKind) -> Vec<Column> {
    let (from, to) = match kind {
        ElectionKind::Preferred => ("Leader now", "Leader afterwards"),
        ElectionKind::Unclean => ("In sync last", "Leader afterwards"),
    };
    vec![
        Column::new("partition", "Partition", ""),
        Column::new("from", from, "120px").numeric().wide(),
        Column::new("to", to, "300px"),
    ]
}

#[component]
pub(super) fn Preview(plan: Arc<ElectionPlan>, kind: ElectionKind) -> impl IntoView {
    let n = i32::try_from(plan.lines.len()).unwrap_or(i32::MAX);
    let is_empty = n == 0;
    let moves = moves(&plan);
    let keys = Signal::derive(move || Arc::new((0..n).collect::<Vec<i32>>()));
    let row = Arc::new(move |at: i32| {
        let line = usize::try_from(at).ok().and_then(|at| plan.lines.get(at));
        line.map(|line| cells(line, kind)).unwrap_or_else(|| ().into_any())
    });
    view! {
        <Show when=move || !is_empty>
            <DataTable caption="What would change" columns=columns(kind) keys row=row.clone() />
        </Show>
        {moves.map(|moves| view! { <p class="muted num">"Partitions led: " {moves}</p> })}
    }
}

/// How many more or fewer partitions brokers would lead; none when nothing moves.
fn moves(plan: &ElectionPlan) -> Option<String> {
    let one = |(id, n): (i32, i64)| {
        let sign = if n > 0 { "+" } else { "" };
        format!("broker {id} {sign}{}", signed(n))
    };
    let moves: Vec<String> = plan.moves().into_iter().map(one).collect();
    (!moves.is_empty()).then(|| moves.join(" · "))
}

fn cells(line: &ElectionLine, kind: ElectionKind) -> AnyView {
    let from = match kind {
        ElectionKind::Preferred => line.from.map_or_else(|| "–".to_owned(), |id| id.to_string()),
        ElectionKind::Unclean => ids(&line.isr),
    };
    let to = match &line.to {
        Ok(id) => view! { <b class="num">{*id}</b> }.into_any(),
        Err(why) => {
            let why = why.clone();
            view! { <Badge plain=true role=StateRole::Attention text=why.clone() title=why /> }
                .into_any()
        }
    };
    let key = line.key.clone();
    let sub = format!("from {from}");
    view! {
        <th scope="row">
            <span class="topic-name" title=key.clone()>{key.clone()}</span>
            <span class="cell-sub"><span>{sub}</span></span>
        </th>
        <td class="right wide num">{from}</td>
        <td>{to}</td>
    }
    .into_any()
}
