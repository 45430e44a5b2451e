//! How far the group has read each partition.

use std::sync::Arc;

use drawbridge_shared::view::GroupPartitionView;
use leptos::prelude::*;

use super::Subject;
use crate::model::number::{UNKNOWN, counted};
use crate::model::{groups as model, lag};
use crate::routes::Route;
use crate::state::Nav;
use crate::ui::{Column, CopyButton, DataTable, EmptyState, Show, Toggle};

fn columns() -> Vec<Column> {
    vec![
        Column::new("topic", "Topic", ""),
        Column::new("partition", "Partition", "84px").numeric(),
        Column::new("committed", "Committed", "136px")
            .numeric()
            .wide()
            .hint("The next offset to read, as the group committed it; of a share group the broker's note, behind which records may be finished"),
        Column::new("end", "Log end", "136px")
            .numeric()
            .wide()
            .hint("Offset after the last record that every in-sync replica has"),
        Column::new("lag", "Lag, records", "112px").numeric().hint("Records that are not read yet"),
        Column::new("behind", "Lag, time", "112px")
            .numeric()
            .wide()
            .hint("Age of the oldest of them, by its timestamp"),
        Column::new("reader", "Read by", "24%").wide(),
    ]
}

#[component]
pub(super) fn Partitions(subject: Subject) -> impl IntoView {
    let nav = expect_context::<Nav>();
    let only_lag = Memo::new(move |_| {
        matches!(&*nav.route().read(), Some(Route::Group { only_lag: true, .. }))
    });
    let show = move |only_lag: bool| {
        let (cluster, group) = (subject.cluster.name(), subject.group());
        nav.replace(&Route::Group { cluster, group, only_lag });
    };
    let offsets = Signal::derive(move || {
        subject.with(|detail| model::offsets_text(&detail.partitions)).unwrap_or_default()
    });
    let keys = Memo::new(move |_| {
        let only_lag = only_lag.get();
        let keys = subject.with(|detail| {
            let wanted = |at: &&GroupPartitionView| !only_lag || at.lag != Some(0);
            detail.partitions.iter().filter(wanted).map(model::partition_key).collect::<Vec<_>>()
        });
        Arc::new(keys.unwrap_or_default())
    });
    let n_all = Memo::new(move |_| subject.with(|detail| detail.partitions.len()).unwrap_or(0));
    let said = move || {
        counted(keys.read().len().try_into().unwrap_or(u64::MAX), "partition", "partitions")
    };
    let none = move || {
        let begins = subject.with(|detail| model::reset_config(detail.group.kind));
        let text = format!(
            "The group has committed nothing and reads nothing: its consumers begin where {} says.",
            begins.unwrap_or("auto.offset.reset")
        );
        view! { <EmptyState title="No offsets" text /> }
    };
    view! {
        <div class="part">
            <div class="section-head">
                <h2>"Partitions"</h2>
                <Toggle label="Only with lag" checked=only_lag on_change=show />
                <CopyButton text=offsets label="Copy offsets of the group" word="Copy offsets" />
                <span class="muted num" role="status">{said}</span>
            </div>
            <Show when=move || { n_all.get() > 0 } fallback=none>
                <Show
                    when=move || !keys.read().is_empty()
                    fallback=|| view! { <p class="muted">"Nothing waits: every record is read."</p> }
                >
                    <DataTable
                        caption="Partitions"
                        columns=columns()
                        keys
                        row=Arc::new(move |key| cells(subject, key))
                    />
                </Show>
            </Show>
        </div>
    }
}

fn cells(subject: Subject, key: String) -> AnyView {
    let place = Memo::new(move |_| {
        subject.with(|detail| model::find_partition(&detail.partitions, &key).cloned()).flatten()
    });
    let text = move |read: fn(&GroupPartitionView) -> String| {
        move || place.read().as_ref().map_or_else(|| UNKNOWN.to_owned(), read)
    };
    let (topic, number) = untrack(|| {
        let place = place.read();
        let place = place.as_ref();
        (
            place.map(|at| at.topic.clone()).unwrap_or_default(),
            place.map(|at| at.partition.to_string()).unwrap_or_default(),
        )
    });
    let href =
        topic.parse().ok().map(|topic| Route::of_topic(subject.cluster.name(), topic).path());
    let reader = move || {
        let mut ids = place.read().as_ref().map(|at| at.members.clone()).unwrap_or_default();
        if ids.len() > 1 {
            return format!("{} members", ids.len());
        }
        let Some(id) = ids.pop() else { return "nobody".to_owned() };
        let client = subject.with(|detail| {
            let member = detail.members.iter().find(|member| member.id == id);
            member.map(|member| format!("{} on {}", member.client_id, member.host))
        });
        client.flatten().unwrap_or(id)
    };
    view! {
        <th scope="row">
            <span class="topic-cell">
                <a class="link topic-name" href=href title=topic.clone()>{topic.clone()}</a>
            </span>
            <span class="cell-sub">
                <span class="num">{text(|at| format!("{} of {}", lag::offset(at.committed), lag::offset(at.log_end)))}</span>
                <span>{text(|at| lag::span(at.behind_ms))}</span>
            </span>
        </th>
        <td class="right num">{number}</td>
        <td class="right wide num">{text(|at| lag::offset(at.committed))}</td>
        <td class="right wide num">{text(|at| lag::offset(at.log_end))}</td>
        <td class="right num">{text(|at| lag::records(at.lag))}</td>
        <td class="right wide num">{text(|at| lag::span(at.behind_ms))}</td>
        <td class="wide">{reader}</td>
    }
    .into_any()
}
