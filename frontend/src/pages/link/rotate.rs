//! Another password for a login of a link that goes on copying: set on the cluster where this gateway has it, tried by
//! the gateway, then used. It is shown once, here, and kept nowhere.

use drawbridge_shared::access::{ScramMechanism, UserDraft};
use drawbridge_shared::draft::ConfigChange;
use drawbridge_shared::guard::Action;
use drawbridge_shared::names::ClusterName;
use drawbridge_shared::view::Severity;
use drawbridge_shared::wire::{Request, Response};
use leptos::prelude::*;

use super::Subject;
use crate::model::access::{LinkLogin, jaas, logins};
use crate::model::rest;
use crate::pages::access::{LETTERS, made};
use crate::pages::topic::ask::{Ask, Refusal};
use crate::pages::topic::gate::origin;
use crate::state::{Clusters, Toasts};
use crate::ui::{
    Button, ButtonKind, CopyBlock, Dialog, DialogActions, DialogCancel, Note, SelectField, Show,
    Skeleton, StateRole, TextField, Toggle,
};

/// Kafka's own tool takes so many.
const ITERATIONS: &str = "8192";

#[component]
pub(super) fn RotateDialog(subject: Subject, open: RwSignal<bool>) -> impl IntoView {
    let asks = Asks { user: Ask::new(), link: Ask::new() };
    let busy = Signal::derive(move || asks.user.busy().get() || asks.link.busy().get());
    view! {
        <Dialog open title="Rotate credentials" busy>
            <Content subject open asks />
        </Dialog>
    }
}

/// The two steps.
#[derive(Clone, Copy)]
struct Asks {
    /// The password is set on the cluster.
    user: Ask,
    /// The link uses it.
    link: Ask,
}

/// A rotation as it is typed, and how far it is.
#[derive(Clone, Copy)]
struct Rotation {
    subject: Subject,
    asks: Asks,
    toasts: Toasts,
    /// Who the link is: asked anew whenever the dialog is opened.
    reading: Ask,
    logins: RwSignal<Option<Vec<LinkLogin>>>,
    chosen: RwSignal<String>,
    is_made: RwSignal<bool>,
    typed: RwSignal<String>,
    also: RwSignal<bool>,
    /// The password that the cluster has already.
    set: RwSignal<Option<String>>,
    /// The password that the link uses.
    done: RwSignal<Option<String>>,
}

impl Rotation {
    fn start(subject: Subject, asks: Asks) -> Self {
        [asks.user, asks.link].into_iter().for_each(Ask::forget);
        let rotation = Self {
            subject,
            asks,
            toasts: expect_context::<Toasts>(),
            reading: Ask::new(),
            logins: RwSignal::new(None),
            chosen: RwSignal::new("0".to_owned()),
            is_made: RwSignal::new(true),
            typed: RwSignal::new(String::new()),
            also: RwSignal::new(true),
            set: RwSignal::new(None),
            done: RwSignal::new(None),
        };
        rotation.read();
        rotation
    }

    /// Who the half is, and how it logs in.
    fn read(self) {
        let (cluster, link) = (self.subject.cluster.name(), self.subject.link());
        let mode = untrack(|| self.subject.row(|row| row.mode));
        let wanted = Request::LinkConfigs { cluster: cluster.clone(), link: link.clone() };
        self.reading.send(Request::LinkPrincipals, move |response| {
            let Response::LinkPrincipals(mut rows) = response else { return };
            rows.retain(|row| row.cluster == cluster && row.link == link);
            self.reading.send(wanted, move |response| {
                let (Response::LinkConfigs(configs), Some(mode)) = (response, mode) else { return };
                self.logins.try_set(Some(logins(&rows, mode, &configs)));
            });
        });
    }

    fn login(self) -> Option<LinkLogin> {
        let at: usize = self.chosen.read().parse().ok()?;
        self.logins.read().as_ref()?.get(at).cloned()
    }

    /// The cluster on which the password can be set, and as which credential.
    fn place(self) -> Option<(ClusterName, ScramMechanism)> {
        let login = self.login()?;
        Some((login.on?, ScramMechanism::from_word(&login.mechanism)?))
    }

    /// Why the password is not set on the cluster here, although this gateway has it.
    fn why_not_there(self, clusters: Clusters) -> Option<String> {
        let (cluster, _) = self.place()?;
        clusters.why_not(&cluster, Action::UserSet)
    }

    fn sets(self, clusters: Clusters) -> bool {
        self.also.get() && self.place().is_some() && self.why_not_there(clusters).is_none()
    }

    fn send(self, clusters: Clusters) {
        let known = self.set.get_untracked();
        let fresh = || untrack(|| if self.is_made.get() { made() } else { Some(self.typed.get()) });
        let Some(password) = known.clone().or_else(fresh) else { return };
        let there = untrack(|| self.place().filter(|_| self.sets(clusters)));
        let Some(login) = untrack(|| self.login()) else { return };
        let Some(used) = self.request(&login, &password) else { return };
        let (Some((cluster, mechanism)), None) = (there, known) else {
            return self.use_it(used, password, None);
        };
        let draft = UserDraft {
            name: login.user,
            mechanism,
            iterations: ITERATIONS.to_owned(),
            password: password.clone(),
        };
        let request = Request::SetUser { cluster: cluster.clone(), draft, replace: true };
        // The link goes on with the second step whoever still looks at the first: nobody else has the password.
        self.asks.user.send_through(request, move |answer, _| {
            if answer.is_some() {
                self.set.try_set(Some(password.clone()));
                self.use_it(used, password, Some(cluster));
            }
        });
    }

    /// The link's way to use the password.
    fn request(self, login: &LinkLogin, password: &str) -> Option<Request> {
        let value = jaas(&login.mechanism, &login.user, password)?;
        Some(Request::AlterLinkConfigs {
            cluster: self.subject.cluster.name(),
            link: self.subject.link(),
            changes: vec![change(login, value)],
            validate_only: false,
        })
    }

    /// `set_on`: the cluster that has just got the password.
    fn use_it(self, used: Request, password: String, set_on: Option<ClusterName>) {
        let link = self.subject.link();
        self.asks.link.send_through(used, move |answer, is_there| {
            if is_there {
                if answer.is_some() {
                    self.typed.try_set(String::new());
                    self.done.try_set(Some(password));
                }
                return;
            }
            let text = match (answer, set_on) {
                (Some(_), _) => format!("Link {link} has a password that nobody saw: you left before it was used. Rotate it again if you need it elsewhere."),
                (None, Some(on)) => format!("{on} has a new password, and link {link} may still use the old one: it was not heard that it took it. Rotate it again."),
                (None, None) => format!("Link {link} may still use its old password: it was not heard that it took the new one."),
            };
            self.toasts.show(Severity::Attention, text, None);
        });
    }
}

fn change(login: &LinkLogin, value: String) -> ConfigChange {
    ConfigChange { name: format!("{}sasl.jaas.config", login.prefix), value: Some(value) }
}

#[component]
fn Content(subject: Subject, open: RwSignal<bool>, asks: Asks) -> impl IntoView {
    let rotation = Rotation::start(subject, asks);
    let is_none = Memo::new(move |_| rotation.logins.read().as_ref().is_some_and(Vec::is_empty));
    let is_here = Memo::new(move |_| {
        rotation.logins.read().as_ref().is_some_and(|logins| !logins.is_empty())
            && rotation.done.read().is_none()
    });
    let is_loading = move || rotation.logins.read().is_none() && rotation.reading.busy().get();
    view! {
        <Show when=is_loading>
            <Skeleton label="Reading who the link is" rows=3 />
        </Show>
        <Show when=move || is_none.get()>
            <Note role=StateRole::Attention>
                "This half logs in nowhere by user and password: it goes as the gateway, or by certificate or token. Those are changed in its configs, which are tried first as well."
            </Note>
        </Show>
        <Show when=move || is_here.get()>
            <Form rotation />
        </Show>
        <Refusal error=rotation.reading.error() />
        <Refusal error=asks.user.error() />
        <Refusal error=asks.link.error() />
        <Show when=move || rotation.done.read().is_none()>
            <HalfDone rotation />
            <Actions rotation open />
        </Show>
        {move || rotation.done.get().map(|password| view! { <Done rotation password open /> })}
    }
}

#[component]
fn Form(rotation: Rotation) -> impl IntoView {
    let clusters = expect_context::<Clusters>();
    let options = Signal::derive(move || {
        let logins = rotation.logins.get().unwrap_or_default();
        let words = |(at, login): (usize, LinkLogin)| {
            let on = login.on.map_or_else(|| "the remote cluster".to_owned(), |on| on.to_string());
            (at.to_string(), format!("{} on {on} ({})", login.user, login.mechanism))
        };
        logins.into_iter().enumerate().map(words).collect::<Vec<_>>()
    });
    let place = Memo::new(move |_| rotation.place().map(|(cluster, _)| cluster));
    let also = Signal::derive(move || {
        let on = place.get().map(|cluster| cluster.to_string()).unwrap_or_default();
        format!("Set it on {on}, too")
    });
    let denied = move || rotation.why_not_there(clusters);
    let elsewhere = Memo::new(move |_| !rotation.sets(clusters));
    view! {
        <Note role=StateRole::Unknown>
            "The link goes on copying: the gateway tries the new password first and keeps the old one if it is refused; connections go over one by one when what is under way on them has ended."
        </Note>
        <SelectField label="Login" value=rotation.chosen options />
        <p>
            <Toggle
                label=format!("Make a password of {LETTERS} random letters")
                checked=rotation.is_made
                on_change=move |on| rotation.is_made.set(on)
            />
        </p>
        <Show when=move || !rotation.is_made.get()>
            <TextField label="Password" value=rotation.typed secret=true autocomplete="new-password" />
        </Show>
        <Show when=move || place.read().is_some() && denied().is_none()>
            <p>
                <Toggle label=also checked=rotation.also on_change=move |on| rotation.also.set(on) />
            </p>
        </Show>
        <p class="muted">{move || denied()}</p>
        <Show when=move || elsewhere.get()>
            <p class="muted">
                "Set the password on the cluster first: it is tried there before the link uses it."
            </p>
        </Show>
    }
}

/// The cluster has the new password and the link the old one: what to do.
#[component]
fn HalfDone(rotation: Rotation) -> impl IntoView {
    let is_half = Memo::new(move |_| {
        rotation.set.read().is_some() && rotation.asks.link.error().read().is_some()
    });
    let password = Signal::derive(move || rotation.set.get().unwrap_or_default());
    view! {
        <Show when=move || is_half.get()>
            <Note role=StateRole::Attention>
                <p class="note-message">"The cluster has the new password already, the link may still use the old one"</p>
                <p>"Its open connections stay; new ones would be refused. Try again, or copy the password and set it in the link's configs."</p>
            </Note>
            <CopyBlock label="password" text=password />
        </Show>
    }
}

#[component]
fn Actions(rotation: Rotation, open: RwSignal<bool>) -> impl IntoView {
    let clusters = expect_context::<Clusters>();
    let why_not = Signal::derive(move || {
        if let Some(denied) = rotation.subject.cluster.why_not(Action::LinkAlter) {
            return Some(denied);
        }
        if rotation.login().is_none() {
            return Some("There is no login to rotate".to_owned());
        }
        let is_empty = !rotation.is_made.get() && rotation.typed.read().is_empty();
        is_empty.then(|| "Type the new password first".to_owned())
    });
    let busy =
        Signal::derive(move || rotation.asks.user.busy().get() || rotation.asks.link.busy().get());
    let call = Signal::derive(move || {
        let (id, link) = (rotation.subject.cluster.id(), rotation.subject.link());
        let changes = rotation.login().and_then(|login| {
            let value = jaas(&login.mechanism, &login.user, "NEW-PASSWORD")?;
            Some(vec![change(&login, value)])
        });
        rest::alter_link_configs(&origin(), &id, link.as_str(), &changes.unwrap_or_default())
    });
    view! {
        <DialogActions>
            <DialogCancel open busy />
            <Button kind=ButtonKind::Primary on_click=move |()| rotation.send(clusters) why_not busy>
                {move || if rotation.set.read().is_some() { "Try again" } else { "Rotate password" }}
            </Button>
        </DialogActions>
        <details class="same-as">
            <summary>"Same as a REST call"</summary>
            <CopyBlock label="REST call" text=call />
        </details>
    }
}

/// The password, once.
#[component]
fn Done(rotation: Rotation, password: String, open: RwSignal<bool>) -> impl IntoView {
    let is_made = rotation.is_made.get_untracked();
    let user = untrack(|| rotation.login()).map(|login| login.user).unwrap_or_default();
    view! {
        <Note role=StateRole::Ok>
            <p class="note-message" role="status">
                {format!("Link {} logs in as {user} with the new password", rotation.subject.link())}
            </p>
            <p>"It was tried before, and the link went on copying."</p>
        </Note>
        {is_made
            .then(|| {
                view! {
                    <p>"The password is shown this once and kept nowhere: copy it before you close this."</p>
                    <CopyBlock label="password" text=Signal::stored(password) />
                }
            })}
        <DialogActions>
            <Button kind=ButtonKind::Primary on_click=move |()| open.set(false)>"Done"</Button>
        </DialogActions>
    }
}
