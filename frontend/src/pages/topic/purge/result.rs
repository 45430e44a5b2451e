//! What came of deleting records, by partition.

use drawbridge_shared::view::PurgeRow;
use leptos::prelude::*;

use crate::model::number::{UNKNOWN, signed};
use crate::model::purge::outcome;
use crate::ui::{Badge, Button, ButtonKind, DialogActions, StateRole};

#[component]
pub(super) fn ResultTable(rows: Vec<PurgeRow>, open: RwSignal<bool>) -> impl IntoView {
    let summary = outcome(&rows);
    let lines = rows.into_iter().map(line).collect_view();
    view! {
        <p role="status">{summary}</p>
        <div class="dialog-table" tabindex="0" role="group" aria-label="Result by partition">
            <table class="table table--auto">
                <caption class="visually-hidden">"Result of deleting records"</caption>
                <thead>
                    <tr>
                        <th scope="col">"Partition"</th>
                        <th scope="col">"Result"</th>
                        <th scope="col" class="right">"Log start now"</th>
                    </tr>
                </thead>
                <tbody>{lines}</tbody>
            </table>
        </div>
        <DialogActions>
            <Button kind=ButtonKind::Primary on_click=move |()| open.set(false)>"Done"</Button>
        </DialogActions>
    }
}

fn line(row: PurgeRow) -> impl IntoView {
    let start = row.log_start.map_or_else(|| UNKNOWN.to_owned(), signed);
    let (role, word) = match &row.error {
        None => (StateRole::Ok, "deleted".to_owned()),
        Some(error) => (StateRole::Failed, error.clone()),
    };
    view! {
        <tr>
            <th scope="row" class="num">{row.partition}</th>
            <td class="wrap"><Badge plain=true role text=word /></td>
            <td class="right num">{start}</td>
        </tr>
    }
}
