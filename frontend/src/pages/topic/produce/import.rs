//! A file of records, as exported, into the topic: looked at first, then written. The browser streams the file to the
//! gateway; this page never holds it.

use drawbridge_shared::record::ImportReport;
use drawbridge_shared::wire::WireError;
use js_sys::{Array, Function, Object, Promise, Reflect};
use leptos::html;
use leptos::prelude::*;
use leptos::task::spawn_local;
use wasm_bindgen::{JsCast, JsValue};
use wasm_bindgen_futures::JsFuture;
use web_sys::File;

use super::super::Subject;
use crate::model::import::{Import as Turns, Stage};
use crate::model::number::{count, counted};
use crate::routes::import_path;
use crate::ui::{Button, ErrorNote, Note, Panel, Show, StateRole, Toggle};

#[derive(Clone, Copy)]
struct Job {
    subject: Subject,
    file: RwSignal<Option<File>, LocalStorage>,
    stop: RwSignal<Option<JsValue>, LocalStorage>,
    keep_partitions: RwSignal<bool>,
    turns: RwSignal<Turns>,
}

impl Job {
    fn send(self, turn: u64, validate_only: bool) {
        let Some(file) = self.file.get_untracked() else { return };
        let (cluster, topic) = (self.subject.cluster.name(), self.subject.name());
        let keep = self.keep_partitions.get_untracked();
        let path = import_path(&cluster, &topic, validate_only, keep);
        let stop = controller().ok();
        let signal = stop.as_ref().map_or(JsValue::UNDEFINED, |(_, signal)| signal.clone());
        self.stop.set(stop.map(|(controller, _)| controller));
        spawn_local(async move {
            let answer = post(&path, &file, &signal).await;
            let stage = match answer {
                Ok((true, text)) => match ImportReport::from_json(&text) {
                    Some(report) if validate_only => Stage::Looked(report),
                    Some(report) => Stage::Written(report),
                    None => Stage::Failed("The gateway's answer cannot be read".to_owned(), None),
                },
                Ok((false, text)) => match WireError::from_json(&text) {
                    Some(error) => Stage::Failed(error.message, error.remedy),
                    None => Stage::Failed(text, None),
                },
                Err(_) if validate_only => Stage::Failed(
                    "The look at the file ended before its end".to_owned(),
                    Some("Nothing was written.".to_owned()),
                ),
                Err(_) => Stage::Failed(
                    "The import ended before its end".to_owned(),
                    Some("What was written until then stays. The topic's messages and the activity show it.".to_owned()),
                ),
            };
            self.turns.try_update(|turns| turns.end(turn, stage));
        });
    }

    /// Looks at the file that is chosen now, in place of an earlier look.
    fn look(self) {
        let has_file = self.file.with_untracked(Option::is_some);
        if self.is_writing() {
            return;
        }
        self.stop();
        if let Some(turn) = self.turns.try_update(|turns| turns.look(has_file)).flatten() {
            self.send(turn, true);
        }
    }

    fn write(self) {
        if let Some(turn) = self.turns.try_update(Turns::write).flatten() {
            self.send(turn, false);
        }
    }

    fn is_writing(self) -> bool {
        self.turns.with_untracked(Turns::is_writing)
    }

    fn stop(self) {
        let ended = self.stop.with_untracked(|stop| stop.as_ref().map(abort));
        if let Some(Err(error)) = ended {
            leptos::logging::warn!("the import could not be stopped: {error:?}");
        }
    }
}

/// Whether it went well, and the answer. The few calls that this takes are made by name: their bindings would be
/// larger than this page.
async fn post(path: &str, file: &File, signal: &JsValue) -> Result<(bool, String), JsValue> {
    let (init, headers) = (Object::new(), Object::new());
    let set = |of: &Object, name: &str, value: &JsValue| Reflect::set(of, &name.into(), value);
    set(&headers, "Content-Type", &"application/x-ndjson".into())?;
    set(&init, "method", &"POST".into())?;
    set(&init, "headers", &headers)?;
    set(&init, "body", file)?;
    set(&init, "signal", signal)?;
    let window = window();
    let fetch: Function = Reflect::get(&window, &"fetch".into())?.dyn_into()?;
    let asked: Promise = fetch.call2(&window, &path.into(), &init)?.dyn_into()?;
    let answer = JsFuture::from(asked).await?;
    let is_ok = Reflect::get(&answer, &"ok".into())?.as_bool().unwrap_or(false);
    let text: Function = Reflect::get(&answer, &"text".into())?.dyn_into()?;
    let text: Promise = text.call0(&answer)?.dyn_into()?;
    Ok((is_ok, JsFuture::from(text).await?.as_string().unwrap_or_default()))
}

/// What ends a request from outside: the controller and its signal.
fn controller() -> Result<(JsValue, JsValue), JsValue> {
    let class: Function = Reflect::get(&window(), &"AbortController".into())?.dyn_into()?;
    let controller = Reflect::construct(&class, &Array::new())?;
    let signal = Reflect::get(&controller, &"signal".into())?;
    Ok((controller, signal))
}

fn abort(controller: &JsValue) -> Result<(), JsValue> {
    let abort: Function = Reflect::get(controller, &"abort".into())?.dyn_into()?;
    abort.call0(controller).map(|_| ())
}

/// The panel.
#[component]
pub(super) fn Import(
    /// The topic.
    subject: Subject,
    /// Why nothing can be written.
    why_not: Signal<Option<String>>,
) -> impl IntoView {
    let job = Job {
        subject,
        file: RwSignal::new_local(None),
        stop: RwSignal::new_local(None),
        keep_partitions: RwSignal::new(false),
        turns: RwSignal::new(Turns::default()),
    };
    let input = NodeRef::<html::Input>::new();
    let choose = move |_| {
        let file = input.get().and_then(|input| input.files()).and_then(|files| files.get(0));
        job.file.set(file);
        job.look();
    };
    view! {
        <Panel title="Import">
            <p class="muted">"A file of JSON Lines as Export writes it, one record a line. It is looked at first."</p>
            // What is being written is what was looked at: neither file nor choice changes until it ended.
            <fieldset class="produce-import" disabled=move || job.turns.read().is_writing()>
                <input
                    class="input"
                    type="file"
                    accept=".jsonl,.ndjson,application/x-ndjson"
                    aria-label="File of JSON Lines"
                    node_ref=input
                    on:change=choose
                />
                <div class="produce-keep">
                    <Toggle
                        label="Into the partitions they were in".to_owned()
                        checked=Signal::derive(move || job.keep_partitions.get())
                        on_change=move |keep: bool| {
                            job.keep_partitions.set(keep);
                            job.look();
                        }
                    />
                </div>
            </fieldset>
            <div role="status" class="num">{move || said(job, why_not)}</div>
            <Show when=move || job.turns.read().is_busy()>
                <Button on_click=move |()| job.stop()>"Stop"</Button>
            </Show>
        </Panel>
    }
}

fn said(job: Job, why_not: Signal<Option<String>>) -> AnyView {
    match job.turns.read().stage().clone() {
        Stage::Nothing => ().into_any(),
        Stage::Looking => view! { <p class="muted">"Looking at the file …"</p> }.into_any(),
        Stage::Looked(report) => {
            let n = report.records;
            let why_not = Signal::derive(move || {
                let is_empty = (n == 0).then(|| "There are no records in the file".to_owned());
                why_not.get().or(is_empty)
            });
            view! {
                {mistakes(&report)}
                <Button on_click=move |()| job.write() why_not>
                    {format!("Import {}", counted(n, "record", "records"))}
                </Button>
            }
            .into_any()
        }
        Stage::Writing(n) => {
            view! { <p class="muted">{format!("Writing {} …", counted(n, "record", "records"))}</p> }
                .into_any()
        }
        Stage::Written(report) => {
            let role = if report.mistakes == 0 { StateRole::Ok } else { StateRole::Attention };
            let words = format!("{} of {} written", count(report.written), counted(report.records, "record", "records"));
            view! { <Note role=role>{words}</Note> {mistakes(&report)} }.into_any()
        }
        Stage::Failed(message, remedy) => view! {
            <ErrorNote message remedy />
            <Button on_click=move |()| job.look()>"Look at the file again"</Button>
        }
        .into_any(),
    }
}

/// The first lines that are no records.
fn mistakes(report: &ImportReport) -> Option<AnyView> {
    if report.mistakes == 0 {
        return None;
    }
    let lines = report.first.iter().map(|mistake| {
        view! { <li>{format!("Line {}: {}", count(mistake.line), mistake.message)}</li> }
    });
    let lines = lines.collect_view();
    let words = format!("{} left out:", counted(report.mistakes, "line", "lines"));
    Some(
        view! {
            <Note role=StateRole::Attention>
                <p>{words}</p>
                <ul>{lines}</ul>
            </Note>
        }
        .into_any(),
    )
}
