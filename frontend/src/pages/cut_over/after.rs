//! After: the result as the tools print it, and a report to take along.

use std::collections::BTreeMap;
use std::sync::Arc;

use drawbridge_shared::link::MirrorState;
use leptos::prelude::*;
use wasm_bindgen::JsCast;

use super::Move;
use crate::model::cut_over::{CutRow, Report, lines};
use crate::ui::{Column, CopyButton, DataTable, Panel, Rows};

fn columns() -> Vec<Column> {
    vec![
        Column::new("topic", "Mirror Topic Name", ""),
        Column::new("partition", "Partition", "90px").numeric().wide(),
        Column::new("lag", "Partition Mirror Lag", "154px").numeric(),
        Column::new("fetch", "Last Source Fetch Offset", "188px").numeric().wide(),
        Column::new("error", "Error Message", "24%").wide(),
        Column::new("code", "Error Code", "96px").numeric().wide(),
    ]
}

#[component]
pub(super) fn After(moving: Move, ended_ms: RwSignal<Option<i64>>) -> impl IntoView {
    let result = Memo::new(move |_| {
        let taken = moving.taken.read();
        Arc::new(taken.as_ref().map(|(_, rows)| lines(rows)).unwrap_or_default())
    });
    // Written when somebody takes it along: of thousands of mirrors it is as long as a book.
    let text = move |write: fn(&Report) -> String| {
        Signal::derive(move || write(&report(moving, &result.read(), ended_ms.get())))
    };
    let save = move |write: fn(&Report) -> String, kind: &'static str, label: &'static str| {
        let name = format!("{}-{}.{kind}", moving.action.as_str(), moving.subject.link());
        let text = text(write);
        // A link to the text itself: nothing has to be kept alive for the browser to save it.
        let fill = move |event: leptos::ev::MouseEvent| {
            let link = event.current_target().and_then(|on| on.dyn_into::<web_sys::Element>().ok());
            let text = js_sys::encode_uri_component(&text.get_untracked());
            let href = format!("data:text/plain;charset=utf-8,{text}");
            link.and_then(|link| link.set_attribute("href", &href).ok());
        };
        view! { <a class="btn btn--quiet" href="data:," download=name on:click=fill>{label}</a> }
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
    let rows = Rows::new(
        Memo::new(move |_| result.read().len()).into(),
        move |range| {
            let numbers = range.start..range.end.min(result.read().len());
            numbers.map(|at| at.to_string()).collect()
        },
        |key: &String| key.parse().ok(),
    );
    let row = move |key: String| {
        // What was done is done: a line never changes.
        let at = key.parse::<usize>().ok();
        at.and_then(|at| result.read_untracked().get(at).cloned()).map(line).into_any()
    };
    view! {
        <Panel title="Result" actions>
            <div class="cut-lines">
                <DataTable
                    caption="Result per partition"
                    columns=columns()
                    keys=rows
                    row=Arc::new(row)
                    row_heights=(42, 62)
                />
            </div>
            <p class="muted">
                "Lag and offset are those at the moment it was asked for. "
                <a class="link" href=moving.subject.page().path()>"Open the link"</a>
            </p>
        </Panel>
    }
}

/// What was done, with the states that mirrors have now.
fn report(moving: Move, result: &[CutRow], ended_ms: Option<i64>) -> Report {
    let taken = moving.taken.read();
    let (asked_ms, rows) = taken.as_ref().map_or((0, &[][..]), |(at, rows)| (*at, rows.as_slice()));
    let states: BTreeMap<String, MirrorState> = moving
        .subject
        .with(|link| link.mirrors.iter().map(|row| (row.topic.to_string(), row.state)).collect())
        .unwrap_or_default();
    Report {
        action: moving.action.as_str(),
        cluster: moving.subject.cluster.name().to_string(),
        link: moving.subject.link().to_string(),
        source: moving.source(),
        asked_ms,
        ended_ms,
        lines: result.to_vec(),
        states: rows
            .iter()
            .map(|row| (row.topic.clone(), states.get(&row.topic).copied()))
            .collect(),
    }
}

fn line(line: CutRow) -> impl IntoView {
    let [topic, partition, lag, fetch, message, code] = line.cells();
    let below = line.error_message.clone().unwrap_or_else(|| format!("fetched up to {fetch}"));
    let part = line.partition.map(|number| format!("partition {number}"));
    view! {
        <th scope="row">
            <span class="two-lines" title=topic.clone()>{topic.clone()}</span>
            <span class="cell-sub">
                {part.map(|part| view! { <span class="num">{part}</span> })}
                <span class="num two-lines" title=below.clone()>{below.clone()}</span>
            </span>
        </th>
        <td class="right num wide">{partition}</td>
        <td class="right num">{lag}</td>
        <td class="right num wide">{fetch}</td>
        <td class="wide"><span class="two-lines" title=message.clone()>{message.clone()}</span></td>
        <td class="right num wide">{code}</td>
    }
}
