//! What a search found, and how far it is: records, notes, stop and continue.

use std::sync::Arc;

use drawbridge_shared::view::RecordQuery;
use leptos::prelude::*;

use super::Asked;
use super::again::Again;
use super::columns::{ColumnChoice, columns};
use super::progress::{Notes, progress};
use super::row::cells;
use super::search::Search;
use crate::model::messages::buffer::MOST;
use crate::model::messages::columns::ListColumn;
use crate::model::messages::{LIMIT, key, limit_of_many};
use crate::model::number::count;
use crate::ui::{Button, DataTable, EmptyState, Rows, Show};

#[component]
pub(super) fn Results(asked: Asked, query: RecordQuery, n_partitions: usize) -> impl IntoView {
    let is_live = query.live;
    let search = Search::start(LIMIT, limit_of_many(&query, n_partitions));
    let buffer = search.buffer;
    let again = Again::new(buffer, &query);
    let order = Memo::new(move |_| buffer.with(|buffer| buffer.order(is_live)));
    let is_empty = Memo::new(move |_| order.read().len == 0);
    let is_running = Memo::new(move |_| search.is_running());
    let chosen = Memo::new(move |_| {
        asked.query.with(|query| (ListColumn::chosen(&query.columns), query.paths.clone()))
    });
    // They scroll sideways before each of them is too narrow to be read.
    let is_many = move || chosen.with(|(chosen, paths)| chosen.len() > 4 || !paths.is_empty());
    // A row's key is its number: places come again in a topic that was made anew.
    let rows = Rows::new(
        Memo::new(move |_| order.read().len).into(),
        move |range| order.get().numbers(range).iter().map(u64::to_string).collect(),
        move |number: &String| order.get().position(number.parse().ok()?),
    );
    let open = Callback::new(move |number: String| {
        let place =
            number.parse().ok().and_then(|number| buffer.with_untracked(|b| b.place(number)));
        if let Some(place) = place {
            asked.change(|query| query.record = key(place.partition, place.offset));
        }
    });
    view! {
        <section class="messages-found" class:messages-many=is_many aria-label="Records">
            {search.following(&query)}
            <div class="messages-progress">
                <span class="muted num" role="status">
                    {move || progress(asked, buffer, is_running.get())}
                </span>
                <Show when=move || is_running.get()>
                    <Button on_click=move |()| search.stop()>"Stop"</Button>
                </Show>
                <Show when=move || search.can_go_on()>
                    <Button on_click=move |()| search.go_on(LIMIT)>"Continue"</Button>
                </Show>
                <Show when=move || !is_live && search.can_go_on()>
                    <span title=to_the_end()>
                        <Button on_click=move |()| search.go_on_to_the_end()>"Continue to the end"</Button>
                    </span>
                </Show>
                <ColumnChoice asked />
                <span class="messages-export">
                    "Export all: " {file(asked, "jsonl", "JSON Lines")} " · " {file(asked, "csv", "CSV")}
                </span>
            </div>
            <Notes search />
            <Show
                when=move || !is_empty.get()
                fallback=move || {
                    let is_done = !is_running.get() && search.refused().is_none();
                    is_done.then(|| view! {
                        <EmptyState
                            title="No records"
                            text="Nothing in what was searched is what was looked for. Choose another beginning or filter."
                        />
                    })
                }
            >
                {
                    let rows = rows.clone();
                    move || {
                        let (chosen, paths) = chosen.get();
                        let columns = columns(&chosen, &paths);
                        let row = Arc::new(move |number: String| cells(asked, again, buffer, &chosen, &number));
                        view! { <DataTable caption="Records" columns keys=rows.clone() row on_open=open /> }
                    }
                }
            </Show>
        </section>
    }
}

fn to_the_end() -> String {
    format!("Goes on by itself until {} records are on this page", count(MOST as u64))
}

/// A link to all that is found as a file; the gateway streams it past this page.
fn file(asked: Asked, format: &'static str, words: &'static str) -> impl IntoView {
    let href = move || {
        let (cluster, topic) = (asked.subject.cluster.name(), asked.subject.name());
        asked.query.with(|query| query.export(&cluster, &topic, format))
    };
    let hint = "All records the search finds, streamed to a file; its last line says whether it is complete";
    view! { <a class="link" href=href download="" rel="external" title=hint>{words}</a> }
}
