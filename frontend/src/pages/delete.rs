//! Deleting something that has a name: what is lost, the name typed, and the same as a REST call.

use drawbridge_shared::view::Severity;
use drawbridge_shared::wire::Request;
use leptos::prelude::*;

use super::topic::ask::{Ask, Refusal};
use crate::routes::Route;
use crate::state::{Nav, Toasts};
use crate::ui::{
    Button, ButtonKind, CopyBlock, Dialog, DialogActions, DialogCancel, Note, StateRole, TypedName,
};

/// What is to be deleted. Made anew whenever the dialog opens, so that it is about what was on screen then.
pub(in crate::pages) struct Doomed {
    /// Its name, which has to be typed.
    pub name: String,
    /// What is lost.
    pub lost: ViewFn,
    /// A choice that comes before the name.
    pub choice: ViewFn,
    /// Why it cannot be deleted; that the name is not typed yet is not said here.
    pub why_not: Signal<Option<String>>,
    /// What is asked of the gateway.
    pub request: Callback<(), Request>,
    /// The same as a REST call, where there is one.
    pub call: Option<Signal<String>>,
    /// What is said afterwards.
    pub done: String,
    /// Where the page goes then.
    pub then: Route,
}

/// The dialog.
#[component]
pub(in crate::pages) fn DeleteDialog(
    /// What kind of thing it is: `topic`.
    what: &'static str,
    /// Whether it is open.
    open: RwSignal<bool>,
    /// What is to be deleted.
    doomed: Callback<(), Doomed>,
) -> impl IntoView {
    let ask = Ask::new();
    view! {
        <Dialog open title=format!("Delete {what}") busy=ask.busy()>
            <Content what open ask doomed=doomed.run(()) />
        </Dialog>
    }
}

#[component]
fn Content(what: &'static str, open: RwSignal<bool>, ask: Ask, doomed: Doomed) -> impl IntoView {
    let (nav, toasts) = (expect_context::<Nav>(), expect_context::<Toasts>());
    ask.forget();
    let Doomed { name, lost, choice, why_not, request, call, done, then } = doomed;
    let typed = RwSignal::new(String::new());
    let why_not = {
        let name = name.clone();
        Signal::derive(move || {
            let untyped =
                || (*typed.read() != name).then(|| format!("Type the {what}'s name first"));
            why_not.get().or_else(untyped)
        })
    };
    let delete = move |()| {
        let (done, then) = (done.clone(), then.clone());
        ask.send(request.run(()), move |_| {
            toasts.show(Severity::Good, done, None);
            open.set(false);
            nav.go(&then);
        });
    };
    view! {
        <Note role=StateRole::Failed>{lost.run()}</Note>
        {choice.run()}
        <TypedName expected=name typed what autofocus=true />
        <Refusal error=ask.error() />
        <DialogActions>
            <DialogCancel open busy=ask.busy() />
            <Button kind=ButtonKind::Danger on_click=delete why_not busy=ask.busy()>
                "Delete " {what}
            </Button>
        </DialogActions>
        {call
            .map(|call| {
                view! {
                    <details class="same-as">
                        <summary>"Same as a REST call"</summary>
                        <CopyBlock label="REST call" text=call />
                    </details>
                }
            })}
    }
}
