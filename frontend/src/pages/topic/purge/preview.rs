//! What to delete, and what that takes from each partition.

use leptos::prelude::*;

use super::Purge;
use crate::model::number::{UNKNOWN, count_or_unknown, signed};
use crate::model::partitions;
use crate::ui::{Show, fresh_id};

#[component]
pub(super) fn Choice(purge: Purge) -> impl IntoView {
    let group = fresh_id();
    let radio = |label: &'static str, own: bool| {
        view! {
            <label class="toggle">
                <input
                    type="radio"
                    autofocus=!own
                    name=group.clone()
                    prop:checked=move || purge.per_partition.get() == own
                    on:change=move |_| purge.per_partition.set(own)
                />
                <span>{label}</span>
            </label>
        }
    };
    view! {
        <fieldset class="choices">
            <legend>"What to delete"</legend>
            {radio("Everything there is now", false)}
            {radio("What lies before an offset, per partition", true)}
        </fieldset>
    }
}

#[component]
pub(super) fn Preview(purge: Purge) -> impl IntoView {
    let numbers: Vec<i32> =
        purge.seen.with_value(|seen| seen.iter().map(|partition| partition.partition).collect());
    let rows = numbers.into_iter().map(|number| row(purge, number)).collect_view();
    view! {
        <div class="dialog-table" tabindex="0" role="group" aria-label="Preview by partition">
            <table class="table table--auto">
                <caption class="visually-hidden">"What would be deleted"</caption>
                <thead>
                    <tr>
                        <th scope="col">"Partition"</th>
                        <th scope="col" class="right wide">"Log start"</th>
                        <th scope="col" class="right">"High watermark"</th>
                        <th scope="col" class="right">"Delete before"</th>
                        <th scope="col" class="right">"Offsets that go"</th>
                    </tr>
                </thead>
                <tbody>{rows}</tbody>
            </table>
        </div>
    }
}

fn row(purge: Purge, number: i32) -> impl IntoView {
    let line = Memo::new(move |_| {
        let plan = purge.plan.read();
        plan.lines.iter().find(|line| line.partition == number).cloned()
    });
    let (start, end) = purge.seen.with_value(|seen| {
        let partition = partitions::partition(seen, number);
        let shown = |offset: Option<i64>| offset.map_or_else(|| UNKNOWN.to_owned(), signed);
        (
            shown(partition.and_then(|partition| partition.log_start)),
            shown(partition.and_then(|partition| partition.high_watermark)),
        )
    });
    let fault = move || line.read().as_ref().and_then(|line| line.fault.clone());
    let goes = move || count_or_unknown(line.read().as_ref().and_then(|line| line.n_offsets));
    let before = move || {
        let before = line.read().as_ref().and_then(|line| line.before);
        before.map_or_else(|| UNKNOWN.to_owned(), signed)
    };
    let input = move || {
        let error_id = format!("purge-error-{number}");
        view! {
            <input
                type="text"
                class="input input--small num"
                inputmode="numeric"
                autocomplete="off"
                aria-label=format!("Delete before offset, partition {number}")
                aria-describedby=error_id
                aria-invalid=move || line.read().as_ref().is_some_and(|line| line.fault.is_some()).then_some("true")
                prop:value=move || purge.typed.read().get(&number).cloned().unwrap_or_default()
                on:input=move |event| {
                    let text = event_target_value(&event);
                    purge.typed.update(|typed| { typed.insert(number, text); });
                }
            />
        }
    };
    view! {
        <tr>
            <th scope="row" class="num">{number}</th>
            <td class="right wide num">{start}</td>
            <td class="right num">{end}</td>
            <td class="right num">
                <Show when=move || purge.per_partition.get() fallback=before>
                    {input()}
                </Show>
                <span class="field-error" id=format!("purge-error-{number}")>{move || fault()}</span>
            </td>
            <td class="right num">{move || goes()}</td>
        </tr>
    }
}
