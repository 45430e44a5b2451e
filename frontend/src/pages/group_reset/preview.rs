//! What each partition gets.

use drawbridge_shared::view::ResetRow;
use leptos::prelude::*;

use super::Reset;
use crate::model::group_reset as model;
use crate::state::Clock;
use crate::ui::{Age, Button, ButtonKind, Panel, Show, Skeleton};

/// More lines than this are not drawn; the sums count all.
const MAX_ROWS: usize = 500;

#[component]
pub(super) fn Preview(reset: Reset) -> impl IntoView {
    let now = expect_context::<Clock>().now();
    let is_here = Memo::new(move |_| reset.plan.read().is_some());
    let at_ms = Signal::derive(move || {
        reset.plan.read().as_ref().map(|plan| plan.planned_at_ms).unwrap_or_default()
    });
    let is_asked = Memo::new(move |_| reset.read(|wanted| wanted.is_ok()));
    let actions = move || {
        view! {
            <Show when=move || is_here.get()>
                <span class="row">
                    "read " <Age now_ms=now at_ms />
                    <Button
                        kind=ButtonKind::Quiet
                        on_click=move |()| reset.look()
                        busy=reset.look.busy()
                    >
                        "Look again"
                    </Button>
                </span>
            </Show>
        }
    };
    let lines = move || {
        let plan = reset.plan.read();
        let rows = plan.iter().flat_map(|plan| &plan.rows);
        rows.take(MAX_ROWS).cloned().map(line).collect_view()
    };
    let cut = move || {
        let n = reset.plan.read().as_ref().map_or(0, |plan| plan.rows.len());
        (n > MAX_ROWS)
            .then(|| format!("The first {MAX_ROWS} of {n} partitions; the sums count all."))
    };
    let is_empty =
        Memo::new(move |_| reset.plan.read().as_ref().is_some_and(|plan| plan.rows.is_empty()));
    let waiting = move || {
        view! {
            <Show
                when=move || is_asked.get() && reset.look.error().read().is_none()
                fallback=|| view! { <p class="muted">"The preview comes as soon as it is clear where to."</p> }
            >
                <Skeleton label="Loading the preview" rows=4 />
            </Show>
        }
    };
    let nothing = || {
        view! {
            <p class="muted">
                "The group has no committed offsets. Choose a topic to give it some."
            </p>
        }
    };
    view! {
        <Panel title="Preview" actions>
            <Show when=move || is_here.get() fallback=waiting>
                <Show when=move || !is_empty.get() fallback=nothing>
                    <table class="table table--auto cut-table reset-table">
                        <caption class="visually-hidden">"What each partition gets"</caption>
                        <thead>
                            <tr>
                                <th scope="col">"Topic"</th>
                                <th scope="col" class="right">"Partition"</th>
                                <th scope="col" class="right">"From"</th>
                                <th scope="col" class="right">"To"</th>
                                <th scope="col" class="right">"Records"</th>
                                <th scope="col" class="right wide">"Log"</th>
                            </tr>
                        </thead>
                        <tbody>{lines}</tbody>
                    </table>
                    <p class="muted">{cut}</p>
                </Show>
            </Show>
        </Panel>
    }
}

fn line(row: ResetRow) -> impl IntoView {
    let effect = model::effect(&row);
    let is_still = row.to.is_none() || row.to == row.from;
    let log = match (row.log_start, row.log_end) {
        (None, None) => model::offset(None),
        (start, end) => format!("{} to {}", model::offset(start), model::offset(end)),
    };
    view! {
        <tr class:muted=is_still>
            <th scope="row" class="wrap">{row.topic} <span class="words">{row.note}</span></th>
            <td class="right num">{row.partition}</td>
            <td class="right num">{model::offset(row.from)}</td>
            <td class="right num">{model::offset(row.to)}</td>
            <td class="right num">{effect}</td>
            <td class="right num wide">{log}</td>
        </tr>
    }
}
