//! Third step: what the link does besides copying, each choice with what it means.

use leptos::prelude::*;

use super::state::Wizard;
use crate::model::link_new::{Form, words};
use crate::ui::{SelectField, TextArea, TextField, Toggle};

const FILTERS: &str = "Separated by commas: orders is that one, orders* all that begin so, * all, !tmp* none of those.";

/// The step.
#[component]
pub(super) fn Does(wizard: Wizard) -> impl IntoView {
    let fields = wizard.fields;
    let fault = move |name: &'static str| {
        Signal::derive(move || {
            let halves = wizard.halves.read();
            let faults =
                halves.first().map(crate::model::link_new::Half::faults).unwrap_or_default();
            faults.into_iter().find(|fault| fault.name == name).map(|fault| fault.message)
        })
    };
    let means = move |read: fn(&Form) -> String| {
        view! { <p class="consequence">{move || read(&wizard.form.read())}</p> }
    };
    // Switched on it would do nothing without a filter.
    let switch = |switch: RwSignal<bool>, filters: RwSignal<String>| {
        Callback::new(move |is_on: bool| {
            switch.set(is_on);
            if is_on && filters.read_untracked().trim().is_empty() {
                filters.set("*".to_owned());
            }
        })
    };
    let others = Signal::derive(move || {
        let halves = wizard.halves.read();
        let faults = halves.first().map(crate::model::link_new::Half::faults).unwrap_or_default();
        let more = fields.more.read();
        faults.into_iter().find(|fault| more.contains(&fault.name)).map(|fault| fault.to_string())
    });
    let begins: Vec<(String, String)> = [
        ("earliest", "The first record the source has"),
        ("latest", "What is written from then on"),
        ("time", "A point in time"),
    ]
    .map(|(value, words)| (value.to_owned(), words.to_owned()))
    .into();
    let is_made = move || wizard.has_begun();
    let start = start_choice(wizard);
    let is_time = move || *start.read() == "time";
    view! {
        <Show when=is_made>
            <p class="consequence">"The destination's half exists: change these on its page."</p>
        </Show>
        <fieldset disabled=is_made>
            <legend>"Mirrors"</legend>
            <Toggle label="Create mirrors by themselves" checked=fields.auto_create on_change=switch(fields.auto_create, fields.topics) />
            <Show when=move || fields.auto_create.get()>
                <TextField label="Topics" value=fields.topics hint=FILTERS mono=true placeholder="orders*, payments, !orders-tmp*" />
            </Show>
            {means(words::auto_create)}
            <div class="form-grid link-fields">
                <SelectField label="Begin with" value=start options=begins />
                <Show when=is_time>
                    <TextField label="Time" value=fields.start error=fault("mirror.start.offset.spec") mono=true placeholder="2026-11-22T08:30:00Z" />
                </Show>
                <TextField label="Prefix of mirrors" value=fields.prefix error=fault("cluster.link.prefix") mono=true placeholder="none" />
            </div>
            {means(words::start)}
            {means(words::prefix)}
        </fieldset>
        <fieldset disabled=is_made>
            <legend>"Consumer groups"</legend>
            <Toggle label="Sync consumer offsets" checked=fields.offsets on_change=switch(fields.offsets, fields.groups) />
            <Show when=move || fields.offsets.get()>
                <div class="form-grid link-fields">
                    <TextField label="Groups" value=fields.groups hint=FILTERS mono=true placeholder="*, !console-consumer-*" />
                    <TextField label="Every, in milliseconds" value=fields.offsets_ms error=fault("consumer.offset.sync.ms") numeric=true mono=true placeholder="30000" />
                </div>
            </Show>
            {means(words::offsets)}
        </fieldset>
        <fieldset disabled=is_made>
            <legend>"Topic configs"</legend>
            <TextField label="Look every, in milliseconds" value=fields.configs_ms error=fault("topic.config.sync.ms") numeric=true mono=true placeholder="5000" />
            {means(words::configs)}
        </fieldset>
        <TextArea label="Other configs of the destination's half" value=fields.more error=others rows=3 placeholder="num.cluster.link.fetchers=2" hint="One a line, as in the config file." />
    }
}

/// Where mirrors begin as one of three; the time itself is typed beside it.
fn start_choice(wizard: Wizard) -> RwSignal<String> {
    let start = wizard.fields.start;
    let chosen = RwSignal::new("earliest".to_owned());
    let word = |text: &str| match text {
        "earliest" | "latest" => text.to_owned(),
        _ => "time".to_owned(),
    };
    Effect::new(move |_| {
        let now = word(&start.read());
        if *chosen.read_untracked() != now {
            chosen.set(now);
        }
    });
    Effect::new(move |_| {
        let wanted = chosen.get();
        if word(&start.read_untracked()) != wanted {
            start.set(if wanted == "time" { String::new() } else { wanted });
        }
    });
    chosen
}
