//! The tab that writes records: one as typed or as another one was.

mod form;
mod import;
mod written;

use drawbridge_shared::guard::Action;
use drawbridge_shared::link::MirrorState;
use drawbridge_shared::record::ProduceCodec;
use drawbridge_shared::wire::{Request, Response};
use leptos::prelude::*;

use super::Subject;
use super::ask::{Ask, Refusal};
use super::gate::origin;
use super::twins::Twins;
use crate::model::{produce as model, rest};
use crate::routes::Route;
use crate::state::{Clusters, Nav};
use crate::ui::{
    Button, ButtonKind, CopyBlock, Note, Panel, SelectField, Show, StateRole, TextField,
};
use form::Form;
use written::{Outcome, Results};

#[component]
pub(super) fn Produce(subject: Subject) -> impl IntoView {
    let nav = expect_context::<Nav>();
    let of = Memo::new(move |_| match &*nav.route().read() {
        Some(Route::Produce { of, .. }) => of.clone(),
        _ => None,
    });
    let twins = Twins::start(subject);
    let form = Form::start();
    let prefill = form::prefill(form, of);
    let goal = Goal {
        cluster: RwSignal::new(subject.cluster.name().to_string()),
        topic: RwSignal::new(subject.name().to_string()),
    };
    let results = RwSignal::new(model::Results::<Outcome>::default());
    let ask = Ask::new();
    let refused_mirror = Memo::new(move |_| {
        let row = twins.mirror().filter(|row| row.state != MirrorState::Stopped)?;
        let is_here = goal.topic.read().as_str() == row.topic.as_str()
            && goal.cluster.read().as_str() == row.cluster.as_str();
        is_here.then(|| {
            format!(
                "{} is a mirror of link {}: nobody but the link writes to it. Write to its source topic {}, or promote or fail it over first.",
                row.topic, row.link, row.source_topic
            )
        })
    });
    let send = move |()| {
        let (cluster, topic) = untrack(|| (goal.cluster.get(), goal.topic.get()));
        let (Ok(cluster), Ok(topic)) = (cluster.parse(), topic.parse()) else { return };
        let records = vec![untrack(|| form.draft())];
        let copies = untrack(|| form.copies()).unwrap_or(1);
        let codec = ProduceCodec::named(&form.codec.read_untracked());
        let (of_cluster, of_topic) = (StoredValue::new(cluster), StoredValue::new(topic));
        let request = Request::Produce {
            cluster: of_cluster.get_value(),
            topic: of_topic.get_value(),
            records,
            copies,
            codec,
        };
        ask.send(request, move |response| {
            let Response::Produced(rows) = response else { return };
            let result =
                |row| Outcome { cluster: of_cluster.get_value(), topic: of_topic.get_value(), row };
            let new = rows.into_iter().map(result).collect();
            results.try_update(|results| results.add(new, Outcome::has_failed));
        });
    };
    Effect::new(move |_| {
        form.draft();
        ask.forget();
    });
    let clusters = expect_context::<Clusters>();
    let denied = move || {
        let cluster = goal.cluster.read().parse().ok()?;
        clusters.why_not(&cluster, Action::RecordsProduce)
    };
    let sealed = move || refused_mirror.get().map(|_| "The topic is a mirror".to_owned());
    let why_sealed =
        Signal::derive(move || subject.cluster.why_not(Action::RecordsImport).or_else(sealed));
    let why_not = Signal::derive(move || {
        denied()
            .or_else(sealed)
            .or_else(|| {
                form.copies()
                    .is_none()
                    .then(|| "Give the number of records from 1 to 1,000".to_owned())
            })
            .or_else(|| model::too_large(&form.draft()))
    });
    let n_partitions =
        Memo::new(move |_| subject.with(|detail| detail.partitions.len()).unwrap_or(0));
    let partitions = Signal::derive(move || {
        let by_key = ("".to_owned(), "By the key's hash".to_owned());
        let each = (0..n_partitions.get()).map(|n| (n.to_string(), format!("Partition {n}")));
        std::iter::once(by_key).chain(each).collect::<Vec<_>>()
    });
    let codecs: Vec<(String, String)> =
        model::CODECS.map(|(value, words)| (value.to_owned(), words.to_owned())).into();
    let is_again = move || of.read().is_some();
    let call = Signal::derive(move || {
        let (id, topic) = (subject.cluster.id(), subject.name());
        let draft = form.draft();
        rest::produce(&origin(), &id, topic.as_str(), &model::rest_record(&draft))
    });
    let field =
        move |name: &'static str| Signal::derive(move || ask.field(&format!("records.0.{name}")));
    view! {
        <Show when=move || refused_mirror.read().is_some()>
            <Note role=StateRole::Attention>{move || refused_mirror.get()}</Note>
        </Show>
        <div class="produce">
            <Panel title=Signal::derive(move || if is_again() { "Send a record again" } else { "Record" }.to_owned())>
                <form
                    on:submit=move |event| event.prevent_default()
                    aria-label="Record"
                >
                    <Refusal error=prefill />
                    <Show when=is_again>
                        <Where goal />
                    </Show>
                    <form::Key form error=field("key") />
                    <form::Value form error=field("value") />
                    <form::Headers form ask />
                    <div class="produce-row">
                        <Show when=move || !is_again()>
                            <SelectField label="Partition" value=form.partition options=partitions />
                        </Show>
                        <SelectField
                            label="Compression"
                            value=form.codec
                            options=Signal::stored(codecs.clone())
                        />
                        <TextField label="How many" value=form.copies numeric=true />
                    </div>
                    <Refusal error=ask.error() />
                    <div class="row">
                        <Button kind=ButtonKind::Primary on_click=send why_not busy=ask.busy()>
                            {move || form.verb()}
                        </Button>
                    </div>
                    <Show when=move || !is_again()>
                        <details class="same-as">
                            <summary>"The same as a REST call"</summary>
                            <CopyBlock label="REST call" text=call />
                        </details>
                    </Show>
                </form>
            </Panel>
            <div class="stack">
                <Results results />
                <import::Import subject why_not=why_sealed />
            </div>
        </div>
    }
}

/// Where records go.
#[derive(Clone, Copy)]
struct Goal {
    cluster: RwSignal<String>,
    topic: RwSignal<String>,
}

/// Chooses another cluster or topic.
#[component]
fn Where(goal: Goal) -> impl IntoView {
    let clusters = expect_context::<Clusters>();
    let names = Signal::derive(move || {
        let names = clusters.names().into_iter().map(|name| name.to_string());
        names.map(|name| (name.clone(), name)).collect::<Vec<_>>()
    });
    view! {
        <div class="produce-row">
            <SelectField label="To cluster" value=goal.cluster options=names />
            <TextField label="To topic" value=goal.topic mono=true />
        </div>
    }
}
