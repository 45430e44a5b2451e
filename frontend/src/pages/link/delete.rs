//! Deleting a half of a link: what ends, by force or not, and the name typed.

use drawbridge_shared::guard::Action;
use drawbridge_shared::view::Severity;
use drawbridge_shared::wire::Request;
use leptos::prelude::*;

use super::Subject;
use crate::model::number::counted;
use crate::model::{links, rest};
use crate::pages::topic::ask::{Ask, Refusal};
use crate::pages::topic::gate::origin;
use crate::routes::Route;
use crate::state::{Nav, Toasts};
use crate::ui::{
    Button, ButtonKind, CopyBlock, Dialog, DialogActions, Note, Show, StateRole, Toggle, TypedName,
};

#[component]
pub(super) fn DeleteDialog(subject: Subject, open: RwSignal<bool>) -> impl IntoView {
    let ask = Ask::new();
    view! {
        <Dialog open title="Delete link" busy=ask.busy()>
            <Content subject open ask />
        </Dialog>
    }
}

#[component]
fn Content(subject: Subject, open: RwSignal<bool>, ask: Ask) -> impl IntoView {
    let (nav, toasts) = (expect_context::<Nav>(), expect_context::<Toasts>());
    ask.forget();
    let name = subject.link().to_string();
    let (typed, forced) = (RwSignal::new(String::new()), RwSignal::new(false));
    let n_left = Memo::new(move |_| subject.row(links::n_unstopped).unwrap_or(0));
    let consequences = Memo::new(move |_| {
        subject.row(|row| links::deletion(row, forced.get())).unwrap_or_default()
    });
    let why_not = {
        let name = name.clone();
        Signal::derive(move || {
            let by_force = || subject.cluster.why_not(Action::MirrorFailover);
            let denied = subject.cluster.why_not(Action::LinkDelete);
            let denied = denied.or_else(|| forced.get().then(by_force).flatten());
            if denied.is_some() {
                return denied;
            }
            if n_left.get() > 0 && !forced.get() {
                return Some(
                    "It still has mirrors: promote or fail them over, or force it".to_owned(),
                );
            }
            (*typed.read() != name).then(|| "Type the link's name first".to_owned())
        })
    };
    let delete = move |()| {
        let request = Request::DeleteLink {
            cluster: subject.cluster.name(),
            link: subject.link(),
            force: forced.get_untracked(),
        };
        ask.send(request, move |_| {
            let text = format!("Link {} is deleted on {}", subject.link(), subject.cluster.name());
            toasts.show(Severity::Good, text, None);
            open.set(false);
            nav.go(&Route::all_links());
        });
    };
    let call = {
        let name = name.clone();
        Signal::derive(move || {
            rest::delete_link(&origin(), &subject.cluster.id(), &name, forced.get())
        })
    };
    let force_label = Signal::derive(move || {
        format!("Force: {} not stopped", counted(n_left.get().into(), "mirror is", "mirrors are"))
    });
    view! {
        <Note role=StateRole::Failed>
            {move || consequences.get().into_iter().map(|text| view! { <p>{text}</p> }).collect_view()}
        </Note>
        <Show when=move || { n_left.get() > 0 }>
            <p><Toggle label=force_label checked=forced on_change=move |on| forced.set(on) /></p>
        </Show>
        <TypedName expected=name typed what="link" autofocus=true />
        <Refusal error=ask.error() />
        <DialogActions>
            <Button on_click=move |()| open.set(false)>"Cancel"</Button>
            <Button kind=ButtonKind::Danger on_click=delete why_not busy=ask.busy()>
                "Delete link"
            </Button>
        </DialogActions>
        <details class="same-as">
            <summary>"Same as a REST call"</summary>
            <CopyBlock label="REST call" text=call />
        </details>
    }
}
