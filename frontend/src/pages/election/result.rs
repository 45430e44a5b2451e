//! What came of an election, by partition.

use std::sync::Arc;

use drawbridge_shared::view::{ElectionOutcome, ElectionRow};
use leptos::prelude::*;

use crate::model::elections::{outcome, result};
use crate::ui::{Badge, Button, ButtonKind, Column, DataTable, DialogActions};

fn columns() -> Vec<Column> {
    vec![Column::new("partition", "Partition", ""), Column::new("result", "Result", "380px")]
}

#[component]
pub(super) fn ResultTable(rows: Vec<ElectionRow>, open: RwSignal<bool>) -> impl IntoView {
    let summary = outcome(&rows);
    // What was refused needs a look.
    let (mut refused, done): (Vec<_>, Vec<_>) =
        rows.into_iter().partition(|row| row.outcome == ElectionOutcome::Refused);
    refused.extend(done);
    let n = i32::try_from(refused.len()).unwrap_or(i32::MAX);
    let keys = Signal::derive(move || Arc::new((0..n).collect::<Vec<i32>>()));
    let row = Arc::new(move |at: i32| {
        let row = usize::try_from(at).ok().and_then(|at| refused.get(at));
        row.map(cells).unwrap_or_else(|| ().into_any())
    });
    view! {
        <p role="status">{summary}</p>
        <DataTable caption="Result of the election" columns=columns() keys row />
        <DialogActions>
            <Button kind=ButtonKind::Primary on_click=move |()| open.set(false)>"Done"</Button>
        </DialogActions>
    }
}

fn cells(row: &ElectionRow) -> AnyView {
    let (role, word) = result(row);
    let name = format!("{}-{}", row.topic, row.partition);
    view! {
        <th scope="row">
            <span class="topic-name" title=name.clone()>{name.clone()}</span>
        </th>
        <td><Badge plain=true role text=word.clone() title=word /></td>
    }
    .into_any()
}
