//! What is looked for.

use leptos::prelude::*;

use super::Asked;
use crate::model::messages::DECODINGS;
use crate::model::time;
use crate::routes::MessagesQuery;
use crate::ui::{Button, ButtonKind, Show, Toggle};

const FROM: [(&str, &str); 5] = [
    ("", "Newest first"),
    ("oldest", "Oldest first"),
    ("offset", "From offset"),
    ("time", "From time"),
    ("group", "From a group's position"),
];

#[component]
pub(super) fn Toolbar(asked: Asked) -> impl IntoView {
    let query = asked.query;
    let is_from = move |from: &'static str| move || query.with(|query| query.from == from);
    let from = move || {
        FROM.map(|(value, label)| {
            view! { <option value=value selected=is_from(value)>{label}</option> }
        })
    };
    let decodings = move |of: fn(&MessagesQuery) -> &String, usual: &'static str| {
        DECODINGS.map(|(value, label, _)| {
            let is_chosen = move || query.with(|query| of(query) == value);
            let label = if value.is_empty() { usual } else { label };
            view! { <option value=value selected=is_chosen>{label}</option> }
        })
    };
    let at_time = move || {
        let ms = query.with(|query| query.at.parse::<i64>().ok());
        ms.map(|ms| time::absolute(ms, asked.zone(ms)).replace(' ', "T"))
    };
    let set_time = move |text: String| {
        let zone = if query.with_untracked(|query| query.utc) { "Z" } else { "" };
        let ms = js_sys::Date::parse(&format!("{text}{zone}"));
        if ms.is_finite() {
            asked.change(|query| query.at = format!("{ms:.0}"));
        }
    };
    view! {
        <form
            class="toolbar"
            role="search"
            on:submit=move |event| {
                event.prevent_default();
                asked.again.update(|n| *n += 1);
            }
        >
            <select
                class="input list-state"
                aria-label="Where from"
                on:change=move |event| {
                    let from = event_target_value(&event);
                    asked.change(|query| (query.from, query.at) = (from, String::new()));
                }
            >
                {from}
            </select>
            <Show when=move || query.with(|query| matches!(&*query.from, "offset" | "group"))>
                <input
                    class="input"
                    aria-label=move || if is_from("group")() { "Group" } else { "Offset" }
                    placeholder=move || if is_from("group")() { "group" } else { "offset" }
                    prop:value=move || query.with(|query| query.at.clone())
                    on:change=move |event| {
                        let at = event_target_value(&event);
                        asked.change(|query| query.at = at);
                    }
                />
            </Show>
            <Show when=is_from("time")>
                <input
                    class="input"
                    type="datetime-local"
                    step="1"
                    aria-label="Time"
                    prop:value=at_time
                    on:change=move |event| set_time(event_target_value(&event))
                />
            </Show>
            <input
                class="input messages-partitions"
                aria-label="Partitions"
                placeholder="all partitions"
                prop:value=move || query.with(|query| query.partitions.clone())
                on:change=move |event| {
                    let partitions = event_target_value(&event);
                    asked.change(|query| query.partitions = partitions);
                }
            />
            <input
                class="input messages-filter"
                class:mono=move || query.with(|query| query.cel)
                type="search"
                aria-label="Filter"
                spellcheck="false"
                placeholder=move || {
                    if query.with(|query| query.cel) {
                        "value.amount > 100 && key.startsWith(\"a\")"
                    } else {
                        "text in key, value or headers"
                    }
                }
                prop:value=move || query.with(|query| query.filter.clone())
                on:change=move |event| {
                    let filter = event_target_value(&event);
                    asked.change(|query| query.filter = filter);
                }
            />
            <Toggle
                label="CEL"
                checked=Signal::derive(move || query.with(|query| query.cel))
                on_change=move |cel: bool| asked.change(|query| query.cel = cel)
            />
            <select
                class="input list-state"
                aria-label="Show values as"
                title="Show values as"
                on:change=move |event| {
                    let decode = event_target_value(&event);
                    asked.change(|query| query.decode = decode);
                }
            >
                {decodings(|query| &query.decode, "Values: automatic")}
            </select>
            <select
                class="input list-state"
                aria-label="Show keys as"
                title="Show keys as"
                on:change=move |event| {
                    let keys = event_target_value(&event);
                    asked.change(|query| query.keys = keys);
                }
            >
                {decodings(|query| &query.keys, "Keys: automatic")}
            </select>
            <Toggle
                label="Live"
                checked=Signal::derive(move || query.with(|query| query.live))
                on_change=move |live: bool| asked.change(|query| query.live = live)
            />
            <Toggle
                label="UTC"
                checked=Signal::derive(move || query.with(|query| query.utc))
                on_change=move |utc: bool| asked.change(|query| query.utc = utc)
            />
            <Button
                kind=ButtonKind::Primary
                on_click=move |()| asked.again.update(|n| *n += 1)
            >
                "Search"
            </Button>
        </form>
    }
}
