//! How far a search is, and what has to be said about it.

use drawbridge_shared::view::SearchEnd;
use leptos::prelude::*;

use super::Asked;
use super::search::Search;
use crate::model::bytes;
use crate::model::messages::buffer::Buffer;
use crate::model::number::{count, counted, rate};
use crate::ui::{ErrorNote, Note, Show, StateRole};

/// Why it was refused or failed, what the filter failed on, what is not decoded, what was let go.
#[component]
pub(super) fn Notes(search: Search) -> impl IntoView {
    let buffer = search.buffer;
    let refused = Memo::new(move |_| search.refused());
    let failed = Memo::new(move |_| {
        buffer.with(|buffer| match buffer.last()?.end.clone()? {
            SearchEnd::Failed { message, remedy } => Some((message, remedy)),
            _ => None,
        })
    });
    let filter_error =
        Memo::new(move |_| buffer.with(|buffer| buffer.last()?.progress.filter_error.clone()));
    let trouble = Memo::new(move |_| buffer.with(Buffer::trouble));
    let dropped = Memo::new(move |_| buffer.with(|buffer| (buffer.dropped(), buffer.len() as u64)));
    view! {
        <Show when=move || refused.read().is_some()>
            <ErrorNote
                message=Signal::derive(move || refused.get().map(|e| e.message).unwrap_or_default())
                cause=Signal::derive(move || refused.get().and_then(|e| e.cause))
                remedy=Signal::derive(move || refused.get().and_then(|e| e.remedy))
            />
        </Show>
        {move || failed.get().map(|(message, remedy)| {
            view! { <Note role=StateRole::Failed>{message} ". " {remedy}</Note> }
        })}
        {move || filter_error.get().map(|error| {
            view! {
                <Note role=StateRole::Attention>
                    {format!("The filter failed, first at {}:{}: {}", error.partition, error.offset, error.message)}
                </Note>
            }
        })}
        {move || trouble.get().map(|(n, trouble)| {
            let shown = counted(n as u64, "record is", "records are");
            view! {
                <Note role=StateRole::Attention>
                    <p class="note-message">{format!("{shown} not decoded: {}.", trouble.cause)}</p>
                    <p>{trouble.remedy}</p>
                </Note>
            }
        })}
        <Show when=move || { dropped.get().0 > 0 }>
            <Note role=StateRole::Attention>
                {move || {
                    let (dropped, kept) = dropped.get();
                    let were = counted(dropped, "record that was found first is", "records that were found first are");
                    format!(
                        "The {were} no longer on this page, which holds {}. Export all has every record, and a narrower search fits.",
                        count(kept),
                    )
                }}
            </Note>
        </Show>
    }
}

/// How far it is, in words.
pub(super) fn progress(asked: Asked, buffer: RwSignal<Buffer>, is_running: bool) -> String {
    let state = if is_running { "Searching" } else { "Stopped" };
    buffer.with(|buffer| {
        let Some(last) = buffer.last() else { return format!("{state} …") };
        let (progress, totals) = (&last.progress, buffer.totals());
        let mut words = vec![match (&last.end, is_running) {
            (Some(SearchEnd::Complete), false) => "Complete".to_owned(),
            (Some(SearchEnd::Limit), false) => "More to come".to_owned(),
            (Some(SearchEnd::Budget), false) => "Paused: much was read".to_owned(),
            _ => state.to_owned(),
        }];
        words.push(counted(buffer.len() as u64, "record", "records"));
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
        if buffer.skipped() > 0 {
            words.push(format!("{} skipped", count(buffer.skipped())));
        }
        if totals.filter_errors > 0 {
            words.push(counted(totals.filter_errors, "filter error", "filter errors"));
        }
        words.join(" · ")
    })
}
