//! Second step: the clusters, the link's name, and how the side that dials reaches the other.

use leptos::prelude::*;

use super::state::{ELSEWHERE, Wizard};
use super::{check, who::Taken};
use crate::model::link_new::{Dials, starter, words};
use crate::pages::cluster_new::properties::Properties;
use crate::pages::probe::{Probe, ProbeSteps};
use crate::pages::topic::ask::Refusal;
use crate::ui::{Button, SelectField, TextField};

/// The step.
#[component]
pub(super) fn Sides(wizard: Wizard) -> impl IntoView {
    let options = Signal::derive(move || {
        let known =
            wizard.clusters.names().into_iter().map(|name| (name.to_string(), name.to_string()));
        let mut options = vec![(String::new(), "Choose a cluster…".to_owned())];
        options.extend(known);
        options.push((ELSEWHERE.to_owned(), "A cluster this gateway does not have".to_owned()));
        options
    });
    let source_dials = Memo::new(move |_| wizard.form.read().dials == Dials::Source);
    let is_elsewhere =
        move || *wizard.source.read() == ELSEWHERE || *wizard.destination.read() == ELSEWHERE;
    let name_error = Signal::derive(move || {
        let form = wizard.form.read();
        if form.name.is_empty() { None } else { form.name_fault() }
    });
    let to = Signal::derive(move || {
        let form = wizard.form.read();
        let other =
            if source_dials.get() { words::destination(&form) } else { words::source(&form) };
        format!("How to reach {other}")
    });
    let own = Signal::derive(move || {
        format!("How the source half reaches {} itself", words::source(&wizard.form.read()))
    });
    begin_with_what_is_known(wizard, source_dials);
    let fault = Signal::derive(move || {
        let typed = !wizard.remote.shown.read().is_empty();
        wizard.dialling_fault().filter(|_| typed)
    });
    let fault_of = move |is_local: bool| {
        Signal::derive(move || fault.get().filter(|text| text.starts_with("local.") == is_local))
    };
    view! {
        <Taken wizard />
        <fieldset class="form-grid link-sides" disabled=move || wizard.has_begun()>
            <SelectField label="Source: data comes from" value=wizard.source options />
            <SelectField label="Destination: data goes to" value=wizard.destination options />
            <TextField
                label="Name of the link"
                value=wizard.name
                error=name_error
                hint="Both halves have the same. It cannot be changed later."
                mono=true
            />
            <Show when=is_elsewhere>
                <TextField
                    label="Kafka's id of the other cluster"
                    value=wizard.other_id
                    hint="As kafka-cluster cluster-id prints it; the halves find each other by it."
                    mono=true
                />
            </Show>
        </fieldset>
        <Properties
            text=wizard.remote
            error=fault_of(false)
            label=to
            hint="Client properties, as the side that dials needs them. A whole link config file fills the form instead. Secrets are hidden when you leave the field."
            rows=6
            on_taken=Callback::new(move |()| wizard.take_if_whole(wizard.remote))
        />
        <Show when=move || source_dials.get()>
            <Properties
                text=wizard.local
                error=fault_of(true)
                label=own
                hint="Client properties for reading the source's topics; local. is put in front of each. Empty means PLAINTEXT."
                placeholder="security.protocol=SASL_SSL\nsasl.mechanism=SCRAM-SHA-512\n…"
                rows=4
            />
        </Show>
        <Test wizard />
    }
}

/// Writes into empty fields what this gateway knows of the clusters chosen: everything but the secrets.
fn begin_with_what_is_known(wizard: Wizard, source_dials: Memo<bool>) {
    let last = StoredValue::new((String::new(), String::new()));
    Effect::new(move |_| {
        let (source, destination) = {
            let form = wizard.form.read();
            (form.source.clone(), form.destination.clone())
        };
        let view = |name: Option<_>| name.and_then(|name| untrack(|| wizard.clusters.get(&name)));
        let (source, destination) = (view(source), view(destination));
        let (near, far) =
            if source_dials.get() { (source, destination) } else { (destination, source) };
        let remote = far.map(|far| starter(&far, true)).unwrap_or_default();
        let local = near
            .filter(|_| source_dials.get())
            .map(|near| starter(&near, false))
            .unwrap_or_default();
        let (old_remote, old_local) = last.get_value();
        // What somebody typed is theirs.
        for (text, old, new) in
            [(wizard.remote, old_remote, &remote), (wizard.local, old_local, &local)]
        {
            let now = text.shown.get_untracked();
            if (now.is_empty() || now == old) && now != *new {
                text.shown.set(new.clone());
            }
        }
        last.set_value((remote, local));
    });
}

#[component]
fn Test(wizard: Wizard) -> impl IntoView {
    let part = Memo::new(move |_| wizard.dialling());
    let why_not = Signal::derive(move || {
        let is_ours =
            wizard.halves.read().get(part.get()).is_some_and(|half| half.cluster.is_some());
        let elsewhere =
            || "The side that dials is not this gateway's: test it where it is".to_owned();
        wizard
            .side_fault()
            .or_else(|| wizard.dialling_fault())
            .or_else(|| (!is_ours).then(elsewhere))
    });
    move || {
        let Some(dialling) = wizard.part(part.get()) else { return ().into_any() };
        let test = Callback::new(move |()| check(wizard, part.get_untracked()));
        view! {
            <div class="form-actions">
                <Button on_click=test why_not busy=dialling.asking.busy()>"Test the connections"</Button>
            </div>
            <Refusal error=dialling.asking.error() />
            <Found wizard at=part.get() />
        }
        .into_any()
    }
}

/// What a check found, step by step.
#[component]
pub(super) fn Found(wizard: Wizard, at: usize) -> impl IntoView {
    let probe = move |is_local: bool| {
        Signal::derive(move || {
            let Some(part) = wizard.part(at) else { return Probe::None };
            let check = part.check.read();
            let found = check.as_ref().and_then(|check| {
                if is_local { check.local.clone() } else { check.remote.clone() }
            });
            match found {
                Some(report) => Probe::Done(report),
                None if !is_local && part.asking.busy().get() => Probe::Running,
                None => Probe::None,
            }
        })
    };
    let shows = move |is_local: bool| move || probe(is_local).get() != Probe::None;
    let to = move || words::destination(&wizard.form.read());
    let from = move || words::source(&wizard.form.read());
    let far = move || if wizard.form.read().dials == Dials::Source { to() } else { from() };
    view! {
        <Show when=shows(false)>
            <h3 class="probe-title">"The way to " {far}</h3>
            <ProbeSteps probe=probe(false) />
        </Show>
        <Show when=shows(true)>
            <h3 class="probe-title">"The way to " {from} " itself"</h3>
            <ProbeSteps probe=probe(true) />
        </Show>
    }
}
