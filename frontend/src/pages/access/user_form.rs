//! Creating a user and rotating its password. The password is shown once, here, and kept nowhere.

use drawbridge_shared::access::{ScramMechanism, UserDraft};
use drawbridge_shared::guard::Action;
use drawbridge_shared::view::Severity;
use drawbridge_shared::wire::Request;
use js_sys::{Function, Reflect, Uint8Array};
use leptos::prelude::*;
use wasm_bindgen::JsCast;

use super::users::Known;
use crate::model::access::{client_lines, consequence, password};
use crate::model::rest;
use crate::pages::topic::ask::{Ask, Refusal};
use crate::state::Toasts;
use crate::ui::{
    Button, ButtonKind, CopyBlock, Dialog, DialogActions, DialogCancel, Note, SelectField, Show,
    StateRole, TextField, Toggle,
};

/// Letters of a password that is made here.
pub(in crate::pages) const LETTERS: u32 = 24;

/// What the dialog is for.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) enum Wanted {
    New,
    Rotate { name: String, mechanism: ScramMechanism, iterations: i32 },
}

#[component]
pub(super) fn UserDialog(
    known: Known,
    wanted: RwSignal<Option<Wanted>>,
    done: Callback<()>,
) -> impl IntoView {
    let (open, ask) = (RwSignal::new(false), Ask::new());
    Effect::new(move |_| open.set(wanted.read().is_some()));
    Effect::new(move |_| {
        if !open.get() && wanted.with_untracked(Option::is_some) {
            wanted.set(None);
        }
    });
    let title = Signal::derive(move || match &*wanted.read() {
        Some(Wanted::Rotate { name, .. }) => format!("Rotate the password of {name}"),
        Some(Wanted::New) | None => "Create a user".to_owned(),
    });
    view! {
        <Dialog open title busy=ask.busy()>
            {move || {
                wanted
                    .get_untracked()
                    .map(|wanted| view! { <Content known wanted open ask done /> })
            }}
        </Dialog>
    }
}

#[component]
fn Content(
    known: Known,
    wanted: Wanted,
    open: RwSignal<bool>,
    ask: Ask,
    done: Callback<()>,
) -> impl IntoView {
    let toasts = expect_context::<Toasts>();
    ask.forget();
    let is_new = wanted == Wanted::New;
    let (name, mechanism, iterations) = match wanted {
        Wanted::New => (String::new(), ScramMechanism::Sha512, 8192),
        Wanted::Rotate { name, mechanism, iterations } => (name, mechanism, iterations),
    };
    let name = RwSignal::new(name);
    let mechanism = RwSignal::new(mechanism.as_str().to_owned());
    let iterations = RwSignal::new(iterations.to_string());
    let (typed, is_made) = (RwSignal::new(String::new()), RwSignal::new(true));
    let submitted = RwSignal::new(false);
    // What was set, once it was: the user's name, the mechanism and the password.
    let result = RwSignal::new(None::<(String, ScramMechanism, String)>);
    let chosen =
        move || ScramMechanism::from_word(&mechanism.read()).unwrap_or(ScramMechanism::Sha512);
    let draft = move |password: String| UserDraft {
        name: name.get(),
        mechanism: chosen(),
        iterations: iterations.get(),
        password,
    };
    let fault = move |field: &'static str| {
        Signal::derive(move || {
            let is_due =
                submitted.get() || (field == "iterations" && !iterations.read().is_empty());
            let password = if is_made.get() { "x".to_owned() } else { typed.get() };
            let own = || {
                let errors = draft(password).validate().err()?;
                errors.into_iter().find(|error| error.field == field).map(|error| error.message)
            };
            if is_due { own().or_else(|| ask.field(field)) } else { None }
        })
    };
    let send = move |()| {
        submitted.set(true);
        let password = untrack(|| if is_made.get() { made() } else { Some(typed.get()) });
        let Some(password) = password else { return };
        let draft = untrack(|| draft(password.clone()));
        let Ok(spec) = draft.validate() else { return };
        let request = Request::SetUser { cluster: known.cluster.name(), draft, replace: !is_new };
        ask.send_through(request, move |answer, is_there| {
            if answer.is_none() {
                return;
            }
            if is_there {
                typed.try_set(String::new());
                result.try_set(Some((spec.name, spec.mechanism, password)));
                done.run(());
            } else {
                let text = format!(
                    "{} has a password that nobody saw: you left before it was set. Set it again.",
                    spec.name
                );
                toasts.show(Severity::Attention, text, None);
            }
        });
    };
    let command = Signal::derive(move || {
        let iterations = iterations.read().trim().parse().unwrap_or(8192);
        rest::create_user(chosen().as_str(), iterations, name.read().trim())
    });
    let options = ScramMechanism::ALL
        .iter()
        .map(|one| (one.as_str().to_owned(), one.as_str().to_owned()))
        .collect::<Vec<_>>();
    let warning = move || (!is_new).then(|| consequence(&known.used_by(&name.read()), true));
    view! {
        <Show when=move || result.read().is_none()>
            {move || {
                warning().map(|text| view! { <Note role=StateRole::Attention>{text}</Note> })
            }}
            <Show when=move || is_new>
                <TextField
                    label="Name"
                    value=name
                    mono=true
                    autofocus=true
                    hint="As clients and ACLs will name it: User:NAME"
                    error=fault("name")
                />
            </Show>
            <div class="form-pair">
                <SelectField
                    label="Mechanism"
                    value=mechanism
                    options=options.clone()
                    hint="Each mechanism of a user has a password of its own"
                />
                <TextField
                    label="Iterations"
                    value=iterations
                    numeric=true
                    hint="4096 to 16384"
                    error=fault("iterations")
                />
            </div>
            <p>
                <Toggle
                    label=format!("Make a password of {LETTERS} random letters")
                    checked=is_made
                    on_change=move |on| is_made.set(on)
                />
            </p>
            <Show when=move || !is_made.get()>
                <TextField
                    label="Password"
                    value=typed
                    secret=true
                    autocomplete="new-password"
                    error=fault("password")
                />
            </Show>
            <Refusal error=ask.error() />
            <DialogActions>
                <DialogCancel open busy=ask.busy() />
                <Button kind=ButtonKind::Primary on_click=send why_not=known.cluster.guard(Action::UserSet) busy=ask.busy()>
                    {if is_new { "Create user" } else { "Rotate password" }}
                </Button>
            </DialogActions>
            <details class="same-as">
                <summary>"Same as a command"</summary>
                <CopyBlock label="command" text=command />
            </details>
        </Show>
        {move || {
            result
                .get()
                .map(|(name, mechanism, password)| {
                    view! { <Once name mechanism password open /> }
                })
        }}
    }
}

/// The password, once.
#[component]
fn Once(
    name: String,
    mechanism: ScramMechanism,
    password: String,
    open: RwSignal<bool>,
) -> impl IntoView {
    let lines = client_lines(mechanism, &name, &password);
    view! {
        <Note role=StateRole::Ok>
            <p class="note-message">{format!("User {name} has its password now")}</p>
            <p>"The password is shown this once and kept nowhere: copy it before you close this."</p>
        </Note>
        <h3 class="access-once">"Password"</h3>
        <CopyBlock label="password" text=Signal::stored(password) />
        <h3 class="access-once">"For a client's properties, or a link's config file"</h3>
        <CopyBlock label="login lines" text=Signal::stored(lines) />
        <DialogActions>
            <Button kind=ButtonKind::Primary on_click=move |()| open.set(false)>"Done"</Button>
        </DialogActions>
    }
}

/// A password from the browser's own source of random numbers; it never comes over the network to be shown.
pub(in crate::pages) fn made() -> Option<String> {
    let crypto = Reflect::get(&window(), &"crypto".into()).ok()?;
    let fill = Reflect::get(&crypto, &"getRandomValues".into()).ok()?;
    let fill = fill.dyn_into::<Function>().ok()?;
    let random = Uint8Array::new_with_length(LETTERS);
    fill.call1(&crypto, &random).ok()?;
    Some(password(&random.to_vec()))
}
