//! Which offsets, and where to.

use leptos::prelude::*;

use super::Reset;
use crate::model::group_reset::{self as model, TARGETS};
use crate::model::time;
use crate::state::Links;
use crate::ui::{Panel, Show, fresh_id};

#[component]
pub(super) fn Form(reset: Reset) -> impl IntoView {
    view! {
        <Panel title="Where to">
            <div class="reset-form">
                <Targets reset />
                <Value reset />
                <Scope reset />
            </div>
        </Panel>
    }
}

#[component]
fn Targets(reset: Reset) -> impl IntoView {
    let group = fresh_id();
    let radios = TARGETS.map(|(key, label, hint)| {
        view! {
            <label class="toggle" title=hint>
                <input
                    type="radio"
                    name=group.clone()
                    prop:checked=move || reset.query.read().to == key
                    on:change=move |_| {
                        reset
                            .change(|query| {
                                query.to = key.to_owned();
                                query.at.clear();
                            })
                    }
                />
                <span>{label}</span>
            </label>
        }
    });
    let hint = move || {
        let query = reset.query.read();
        TARGETS.iter().find(|(key, ..)| *key == query.to).map(|(.., hint)| *hint)
    };
    view! {
        <fieldset class="choices">
            <legend class="visually-hidden">"Where to"</legend>
            <div class="reset-targets">{radios}</div>
        </fieldset>
        <p class="muted">{hint}</p>
    }
}

/// The offset, time, number, group or link that the target needs.
#[component]
fn Value(reset: Reset) -> impl IntoView {
    let is_to =
        move |keys: &'static [&'static str]| move || keys.contains(&&*reset.query.read().to);
    let label = move || match &*reset.query.read().to {
        "offset" => "Offset",
        "shift" => "Number of records",
        _ => "Group",
    };
    let placeholder = move || match &*reset.query.read().to {
        "offset" => "0",
        "shift" => "-100",
        _ => "another group",
    };
    let set = move |text: String| reset.change(|query| query.at = text);
    let at_time = move || {
        let ms = reset.query.read().at.parse::<i64>().ok();
        ms.map(|ms| time::absolute(ms, zone(ms)).replace(' ', "T"))
    };
    let set_time = move |text: String| {
        let ms = js_sys::Date::parse(&text);
        if ms.is_finite() {
            set(format!("{ms:.0}"));
        }
    };
    view! {
        <Show when=is_to(&["offset", "shift", "group"])>
            <label class="reset-field">
                <span>{label}</span>
                <input
                    class="input"
                    autocomplete="off"
                    spellcheck="false"
                    placeholder=placeholder
                    prop:value=move || reset.query.read().at.clone()
                    on:change=move |event| set(event_target_value(&event))
                />
            </label>
        </Show>
        <Show when=is_to(&["time"])>
            <label class="reset-field">
                <span>"Time, in this browser's zone"</span>
                <input
                    class="input"
                    type="datetime-local"
                    step="1"
                    prop:value=at_time
                    on:change=move |event| set_time(event_target_value(&event))
                />
            </label>
        </Show>
        <Show when=is_to(&["link"])>
            <Sides reset />
        </Show>
    }
}

/// The browser's zone at a time, in minutes east of UTC.
#[expect(
    clippy::cast_possible_truncation,
    clippy::cast_precision_loss,
    reason = "times of this age are exact, and zones are small"
)]
fn zone(ms: i64) -> i32 {
    let date = js_sys::Date::new(&wasm_bindgen::JsValue::from_f64(ms as f64));
    -(date.get_timezone_offset() as i32)
}

#[component]
fn Sides(reset: Reset) -> impl IntoView {
    let links = expect_context::<Links>();
    let sides = Memo::new(move |_| {
        let cluster = reset.subject.cluster.name();
        links.with(|list| model::other_sides(list.unwrap_or_default(), cluster.as_str()))
    });
    // With one link there is nothing to choose.
    Effect::new(move |_| {
        if let [(only, _)] = sides.read().as_slice()
            && reset.query.read_untracked().at.is_empty()
        {
            let only = only.clone();
            reset.change(|query| query.at = only);
        }
    });
    let options = move || {
        let each = sides.get().into_iter().map(|(key, words)| {
            let own = key.clone();
            view! { <option value=key prop:selected=move || reset.query.read().at == own>{words}</option> }
        });
        each.collect_view()
    };
    view! {
        <Show
            when=move || !sides.read().is_empty()
            fallback=|| view! { <p class="muted">"No link of this gateway brings mirrors here or takes them from here."</p> }
        >
            <label class="reset-field">
                <span>"Link"</span>
                <select
                    class="input"
                    on:change=move |event| {
                        let link = event_target_value(&event);
                        reset.change(|query| query.at = link);
                    }
                >
                    <option value="">"Choose a link"</option>
                    {options}
                </select>
            </label>
        </Show>
    }
}

/// All topics, or some partitions of one.
#[component]
fn Scope(reset: Reset) -> impl IntoView {
    let topics =
        Memo::new(move |_| reset.subject.row().map(|row| model::topics(&row)).unwrap_or_default());
    let options = move || {
        let each = topics.get().into_iter().map(|topic| {
            let (own, words) = (topic.clone(), topic.clone());
            view! {
                <option value=topic prop:selected=move || reset.query.read().topic == own>{words}</option>
            }
        });
        each.collect_view()
    };
    view! {
        <label class="reset-field">
            <span>"Topics"</span>
            <select
                class="input"
                on:change=move |event| {
                    let topic = event_target_value(&event);
                    reset
                        .change(|query| {
                            query.topic = topic;
                            query.partitions.clear();
                        });
                }
            >
                <option value="" prop:selected=move || reset.query.read().topic.is_empty()>
                    "All it has offsets of"
                </option>
                {options}
            </select>
        </label>
        <Show when=move || !reset.query.read().topic.is_empty()>
            <label class="reset-field">
                <span>"Partitions"</span>
                <input
                    class="input"
                    autocomplete="off"
                    placeholder="all partitions"
                    prop:value=move || reset.query.read().partitions.clone()
                    on:change=move |event| {
                        let partitions = event_target_value(&event);
                        reset.change(|query| query.partitions = partitions);
                    }
                />
            </label>
        </Show>
    }
}
