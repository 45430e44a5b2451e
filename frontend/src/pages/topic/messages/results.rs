//! A search under way or ended: its records, how far it is, stop and continue.

use std::sync::Arc;

use drawbridge_shared::view::{PartitionPosition, RecordQuery, SearchEnd};
use drawbridge_shared::wire::{EndReason, Feed};
use leptos::prelude::*;

use super::Asked;
use super::columns::{ColumnChoice, columns};
use super::row::cells;
use crate::model::bytes;
use crate::model::messages::Found;
use crate::model::messages::columns::ListColumn;
use crate::model::number::{count, counted, rate};
use crate::socket::{FollowState, Followed, Socket};
use crate::ui::{Button, DataTable, EmptyState, ErrorNote, Note, Show, StateRole};

#[component]
pub(super) fn Results(asked: Asked, query: RecordQuery) -> impl IntoView {
    let is_live = query.live;
    let before = RwSignal::new(Found::default());
    let now = RwSignal::new(Followed::loading());
    // Where the run under way began; none when it was stopped.
    let run = RwSignal::new(Some(Vec::<PartitionPosition>::new()));
    let found =
        Memo::new_with_compare(move |_| now.with(|now| before.get().then(&now.found)), |_, _| true);
    let keys = Memo::new(move |_| Arc::new(found.with(|found| found.keys(is_live))));
    let trouble = Memo::new(move |_| found.with(Found::trouble));
    let last = move || found.with(|found| found.parts.last().cloned());
    let is_over = Memo::new(move |_| now.with(|now| matches!(now.state, FollowState::Ended(_))));
    let is_running = Memo::new(move |_| run.read().is_some() && !is_over.get());
    let refused = Memo::new(move |_| {
        now.with(|now| match &now.state {
            FollowState::Ended(EndReason::Refused(error)) => Some((**error).clone()),
            _ => None,
        })
    });
    let can_go_on = move || {
        let end = last().and_then(|part| part.end.clone());
        !is_running.get() && !matches!(end, None | Some(SearchEnd::Complete))
            || run.read().is_none()
    };
    let stop = move || {
        before.set(found.get_untracked());
        now.set(Followed::loading());
        run.set(None);
    };
    let go_on = move || {
        let at =
            found.with_untracked(|found| found.parts.last().map(|part| part.positions.clone()));
        stop();
        run.set(Some(at.unwrap_or_default()));
    };
    let following = move || {
        let query = query.clone();
        run.get().map(|resume| view! { <Follow query=RecordQuery { resume, ..query } now /> })
    };
    let chosen = Memo::new(move |_| {
        asked.query.with(|query| (ListColumn::chosen(&query.columns), query.paths.clone()))
    });
    // They scroll sideways before each of them is too narrow to be read.
    let is_many = move || chosen.with(|(chosen, paths)| chosen.len() > 4 || !paths.is_empty());
    let open = Callback::new(move |key: String| asked.change(|query| query.record = key));
    view! {
        <section class="messages-found" class:messages-many=is_many aria-label="Records">
            {following}
            <div class="messages-progress">
                <span class="muted num" role="status">
                    {move || progress(asked, found, is_running.get())}
                </span>
                <Show when=move || is_running.get()>
                    <Button on_click=move |()| stop()>"Stop"</Button>
                </Show>
                <Show when=can_go_on>
                    <Button on_click=move |()| go_on()>"Continue"</Button>
                </Show>
                <ColumnChoice asked />
                <span class="messages-export">
                    "Export all: " {file(asked, "jsonl", "JSON Lines")} " · " {file(asked, "csv", "CSV")}
                </span>
            </div>
            <Show when=move || refused.read().is_some()>
                <ErrorNote
                    message=Signal::derive(move || refused.get().map(|e| e.message).unwrap_or_default())
                    cause=Signal::derive(move || refused.get().and_then(|e| e.cause))
                    remedy=Signal::derive(move || refused.get().and_then(|e| e.remedy))
                />
            </Show>
            {move || match last().and_then(|part| part.end.clone()) {
                Some(SearchEnd::Failed { message, remedy }) => {
                    Some(view! { <Note role=StateRole::Failed>{message} ". " {remedy}</Note> })
                }
                _ => None,
            }}
            {move || last().and_then(|part| part.progress.filter_error.clone()).map(|error| {
                view! {
                    <Note role=StateRole::Attention>
                        {format!("The filter failed, first at {}:{}: {}", error.partition, error.offset, error.message)}
                    </Note>
                }
            })}
            {move || trouble.get().map(|(n, trouble)| {
                let n = u64::try_from(n).unwrap_or(0);
                let shown = counted(n, "record is", "records are");
                view! {
                    <Note role=StateRole::Attention>
                        <p class="note-message">{format!("{shown} not decoded: {}.", trouble.cause)}</p>
                        <p>{trouble.remedy}</p>
                    </Note>
                }
            })}
            <Show
                when=move || !keys.read().is_empty()
                fallback=move || {
                    let is_done = !is_running.get() && refused.read().is_none();
                    is_done.then(|| view! {
                        <EmptyState
                            title="No records"
                            text="Nothing in what was searched is what was looked for. Choose another beginning or filter."
                        />
                    })
                }
            >
                {move || {
                    let (chosen, paths) = chosen.get();
                    let columns = columns(&chosen, &paths);
                    let row = Arc::new(move |key: String| cells(asked, found, &chosen, &key));
                    view! { <DataTable caption="Records" columns keys row on_open=open /> }
                }}
            </Show>
        </section>
    }
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

/// Follows one run as long as it is there.
#[component]
fn Follow(query: RecordQuery, now: RwSignal<Followed>) -> impl IntoView {
    let feed = Feed::Records { query: Box::new(query) };
    let followed = expect_context::<Socket>().follow(move || feed.clone());
    Effect::new(move |_| now.set(followed.get()));
}

/// How far it is, in words.
fn progress(asked: Asked, found: Memo<Found>, is_running: bool) -> String {
    let state = if is_running { "Searching" } else { "Stopped" };
    found.with(|found| {
        let Some(last) = found.parts.last() else { return format!("{state} …") };
        let shown: usize = found.parts.iter().map(|part| part.records.len()).sum();
        let (progress, totals) = (&last.progress, found.totals());
        let mut words = vec![match (&last.end, is_running) {
            (Some(SearchEnd::Complete), _) => "Complete".to_owned(),
            (Some(SearchEnd::Limit), _) => "More to come".to_owned(),
            (Some(SearchEnd::Budget), _) => "Paused: much was read".to_owned(),
            _ => state.to_owned(),
        }];
        words.push(counted(u64::try_from(shown).unwrap_or(0), "record", "records"));
        words.push(format!("{} scanned", count(totals.scanned)));
        words.push(bytes::bytes(totals.bytes));
        if totals.elapsed_ms >= 500 {
            #[expect(clippy::cast_precision_loss, reason = "a rate is rounded anyway")]
            let per_second = totals.scanned as f64 * 1000.0 / totals.elapsed_ms as f64;
            words.push(rate(per_second));
        }
        if let Some(left) = progress.remaining.filter(|left| *left > 0) {
            words.push(format!("{} offsets left", count(left)));
        }
        if let Some(at) = progress.reached_ms.filter(|_| is_running) {
            words.push(format!("at {}", asked.time(Some(at))));
        }
        if found.skipped > 0 {
            words.push(format!("{} skipped", count(found.skipped)));
        }
        if found.dropped > 0 {
            words.push(format!("the oldest {} dropped from this page", count(found.dropped)));
        }
        if totals.filter_errors > 0 {
            words.push(counted(totals.filter_errors, "filter error", "filter errors"));
        }
        words.join(" · ")
    })
}
