//! After: the result as the tools print it, and a report to take along.

use leptos::prelude::*;

use super::Move;
use super::before::MAX_LINES;
use super::during::states;
use crate::model::cut_over::{CutRow, HEADS, Report, lines};
use crate::ui::{CopyButton, Panel};

#[component]
pub(super) fn After(moving: Move, ended_ms: RwSignal<Option<i64>>) -> impl IntoView {
    let report = Memo::new(move |_| {
        let taken = moving.taken.read();
        let (asked_ms, rows) = taken.as_ref()?;
        Some(Report {
            action: moving.action.as_str(),
            cluster: moving.subject.cluster.name().to_string(),
            link: moving.subject.link().to_string(),
            source: moving.source(),
            asked_ms: *asked_ms,
            ended_ms: ended_ms.get(),
            lines: lines(rows),
            states: states(moving, rows),
        })
    });
    let text = move |write: fn(&Report) -> String| {
        Signal::derive(move || report.read().as_ref().map(write).unwrap_or_default())
    };
    let save = move |write: fn(&Report) -> String, kind: &'static str, label: &'static str| {
        let name = format!("{}-{}.{kind}", moving.action.as_str(), moving.subject.link());
        // A link to the text itself: nothing has to be kept alive for the browser to save it.
        let href = move || {
            let text = text(write).get();
            format!("data:text/plain;charset=utf-8,{}", js_sys::encode_uri_component(&text))
        };
        view! { <a class="btn btn--quiet" href=href download=name>{label}</a> }
    };
    let actions = move || {
        view! {
            <span class="row">
                <CopyButton text=text(Report::markdown) label="Copy the report as Markdown" word="Copy Markdown" />
                {save(Report::markdown, "md", "Save Markdown")}
                <CopyButton text=text(Report::json) label="Copy the report as JSON" word="Copy JSON" />
                {save(Report::json, "json", "Save JSON")}
            </span>
        }
    };
    let rows = move || {
        let lines = report.read().as_ref().map(|report| report.lines.clone()).unwrap_or_default();
        lines.into_iter().take(MAX_LINES).map(line).collect_view()
    };
    let heads = HEADS.iter().enumerate().map(|(at, head)| {
        view! { <th scope="col" class:right=(1..4).contains(&at)>{*head}</th> }
    });
    view! {
        <Panel title="Result" actions>
            <div class="scroll-x" tabindex="0" role="group" aria-label="Result">
                <table class="table table--auto cut-table">
                    <caption class="visually-hidden">"Result per partition"</caption>
                    <thead>
                        <tr>{heads.collect_view()}</tr>
                    </thead>
                    <tbody>{move || rows()}</tbody>
                </table>
            </div>
            <p class="muted">
                "Lag and offset are those at the moment it was asked for. "
                <a class="link" href=moving.subject.page().path()>"Open the link"</a>
            </p>
        </Panel>
    }
}

fn line(line: CutRow) -> impl IntoView {
    let cells = line.cells().into_iter().enumerate().map(|(at, cell)| {
        view! { <td class:right=(1..4).contains(&at) class:num=(1..4).contains(&at) class:wrap=at == 4>{cell}</td> }
    });
    view! { <tr>{cells.collect_view()}</tr> }
}
