//! First step: which side dials, or a config file that says it.

use leptos::prelude::*;

use super::drawing::Drawing;
use super::state::Wizard;
use crate::model::link_new::words;
use crate::pages::cluster_new::properties::Properties;
use crate::ui::{Note, StateRole, fresh_id};

/// The step.
#[component]
pub(super) fn Who(wizard: Wizard) -> impl IntoView {
    let group = fresh_id();
    let choice = move |value: &'static str, title: &'static str, text: &'static str| {
        let is_chosen = move || *wizard.dials.read() == value;
        view! {
            <label class="who-choice" class:who-choice--on=is_chosen>
                <input
                    type="radio"
                    name=group.clone()
                    prop:checked=is_chosen
                    on:change=move |_| wizard.dials.set(value.to_owned())
                />
                <b>{title}</b>
                <Drawing source_dials=value == "source" source="source" destination="destination" />
                <span class="muted">{text}</span>
            </label>
        }
    };
    let taken = Callback::new(move |()| wizard.take(wizard.file));
    let firewall = move || words::firewall(&wizard.form.read());
    view! {
        <fieldset class="who-choices" disabled=move || wizard.has_begun()>
            <legend>"Which side makes the connections?"</legend>
            {choice(
                "destination",
                "The destination dials",
                "One half, on the destination. For a source that can be reached from there.",
            )}
            {choice(
                "source",
                "The source dials",
                "Two halves. For a source behind a firewall that lets nothing in.",
            )}
        </fieldset>
        <p class="consequence">{firewall}</p>
        <Show when=move || !wizard.has_begun()>
        <Properties
            text=wizard.file
            error=Signal::derive(|| None::<String>)
            label="Or begin with a config file"
            hint="Paste or drop a link's .config file, one after the other if there are two: it fills the form and is recognised by link.mode and connection.mode. Secrets stay hidden."
            placeholder="link.mode=SOURCE\nconnection.mode=OUTBOUND\n…"
            rows=4
            on_taken=taken
        />
        </Show>
        <Taken wizard />
    }
}

/// What a file was taken for.
#[component]
pub(super) fn Taken(wizard: Wizard) -> impl IntoView {
    view! {
        <Show when=move || wizard.taken.read().is_some()>
            <div role="status">
                <Note role=StateRole::Ok>{move || wizard.taken.get()}</Note>
            </div>
        </Show>
    }
}
