//! The dry run: what is missing per partition, and which mirrors would be refused. Only rows in view are drawn.

use std::sync::Arc;

use leptos::prelude::*;

use super::Move;
use crate::model::cut_over::{self as model, CutRow};
use crate::model::lag;
use crate::model::number::{UNKNOWN, counted};
use crate::routes::Route;
use crate::state::Clock;
use crate::ui::{
    Age, Badge, Button, ButtonKind, Column, DataTable, Panel, Rows, Show, Skeleton, StateRole,
};

fn columns() -> Vec<Column> {
    vec![
        Column::new("topic", "Mirror topic", ""),
        Column::new("partition", "Partition", "82px").numeric().wide(),
        Column::new("lag", "Mirror lag", "96px")
            .numeric()
            .hint("Offsets that the mirror lacks; the mirrors that lack most come first"),
        Column::new("fetch", "Fetched up to", "112px")
            .numeric()
            .wide()
            .hint("Last source fetch offset"),
        Column::new("oldest", "Oldest missing", "118px")
            .numeric()
            .wide()
            .hint("How long the oldest missing record has been missing"),
        Column::new("groups", "Groups", "25%").wide(),
    ]
}

#[component]
pub(super) fn DryRun(moving: Move) -> impl IntoView {
    let now = expect_context::<Clock>().now();
    // Ordered once an answer, not each time a number changes: no row moves while it is read.
    let lines = Memo::new(move |_| {
        Arc::new(moving.dry.read().as_deref().map(model::worst_first).unwrap_or_default())
    });
    let is_here = Memo::new(move |_| moving.dry.read().is_some());
    let rows = Rows::new(
        Memo::new(move |_| lines.read().len()).into(),
        move |range| (range.start..range.end.min(lines.read().len())).map(key).collect(),
        |key: &String| key.parse().ok(),
    );
    let n = move || {
        counted(lines.read().len().try_into().unwrap_or(u64::MAX), "partition", "partitions")
    };
    let actions = move || {
        view! {
            <Show when=move || is_here.get()>
                <span class="row">
                    <span class="num">{n} " · dry run, "</span> <Age now_ms=now at_ms=moving.dry_at_ms />
                    <Button kind=ButtonKind::Quiet on_click=move |()| moving.look() busy=moving.check.busy()>
                        "Look again"
                    </Button>
                </span>
            </Show>
        }
    };
    view! {
        <Panel title="Before: per partition" actions>
            <Show when=move || is_here.get() fallback=|| view! { <Skeleton label="Dry run" rows=5 /> }>
                <div class="cut-lines">
                    <DataTable
                        caption="What is missing per partition"
                        columns=columns()
                        keys=rows.clone()
                        row=Arc::new(move |key| row(moving, lines, &key))
                        row_heights=(42, 62)
                    />
                </div>
            </Show>
        </Panel>
    }
}

fn key(at: usize) -> String {
    at.to_string()
}

/// The cells at a place; another dry run puts another line there.
fn row(moving: Move, lines: Memo<Arc<Vec<CutRow>>>, key: &str) -> AnyView {
    let at = key.parse::<usize>().ok();
    let line = Memo::new(move |_| lines.read().get(at?).cloned());
    (move || line.get().map(|line| cells(moving, line))).into_any()
}

fn cells(moving: Move, line: CutRow) -> AnyView {
    let (topic, number) = (line.topic.clone(), line.partition.unwrap_or(-1));
    // The dry run says it once; the feed goes on saying it.
    let missing = {
        let (topic, lag) = (topic.clone(), line.lag);
        move || lag::records(moving.partition(&topic, number, |at| at.lag).flatten().or(lag))
    };
    let oldest = {
        let topic = topic.clone();
        move || match moving.partition(&topic, number, |at| (at.lag, at.behind_ms)) {
            Some((Some(..=0), _)) | None => UNKNOWN.to_owned(),
            Some((_, behind)) => lag::span(behind),
        }
    };
    let is_refused = line.error_message.is_some();
    let groups = {
        let topic = topic.clone();
        Memo::new(move |_| {
            let words = moving.of_groups(|rows, _| model::groups_words(rows, &topic, number));
            words.unwrap_or_else(|_| UNKNOWN.to_owned())
        })
    };
    let remark = line.error_code.map(|code| format!("Error code {code}"));
    let why = line.error_message;
    // Twice: beside the numbers where there is room, below the name on small screens.
    let last = move || match why.clone() {
        Some(why) => {
            let title = format!(
                "{why}{}",
                remark.as_ref().map_or_else(String::new, |code| format!(" · {code}"))
            );
            view! { <span class="two-lines" title=title><Badge plain=true role=StateRole::Attention text=why /></span> }
                .into_any()
        }
        None => view! { <span class="two-lines muted">{groups}</span> }.into_any(),
    };
    // Whether groups go on where they were is worth a second line; that there are none is not.
    let below = {
        let last = last.clone();
        move || (is_refused || *groups.read() != UNKNOWN).then(&last)
    };
    let part = line.partition.map(|number| format!("partition {number}"));
    let title = topic.clone();
    let number = line.partition.map_or_else(|| UNKNOWN.to_owned(), |number| number.to_string());
    let missing = move || if is_refused { UNKNOWN.to_owned() } else { missing() };
    view! {
        <th scope="row">
            <span class="two-lines" title=title>{mirror_link(moving, topic)}</span>
            <span class="cell-sub">{part.map(|part| view! { <span class="num">{part}</span> })} {below}</span>
        </th>
        <td class="right num wide">{number}</td>
        <td class="right num">{missing}</td>
        <td class="right num wide">{lag::offset(line.last_fetch)}</td>
        <td class="right num wide">{oldest}</td>
        <td class="wide">{last()}</td>
    }
    .into_any()
}

/// A mirror's name, which leads to its page.
fn mirror_link(moving: Move, name: String) -> impl IntoView {
    let (cluster, link) = (moving.subject.cluster.name(), moving.subject.link());
    let page = name.parse().ok().map(|topic| Route::Mirror { cluster, link, topic }.path());
    view! { <a class="link" href=page>{name}</a> }
}
