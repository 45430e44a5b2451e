//! Deleting a topic: what goes, the name typed, and only the topic that was looked at.

use drawbridge_shared::guard::Action;
use drawbridge_shared::view::Severity;
use drawbridge_shared::wire::Request;
use leptos::prelude::*;

use super::Subject;
use super::ask::{Ask, Refusal};
use super::gate::origin;
use crate::model::{rest, topic as model};
use crate::routes::Route;
use crate::state::{Nav, Toasts};
use crate::ui::{
    Button, ButtonKind, CopyBlock, Dialog, DialogActions, Note, Show, StateRole, TypedName,
};

#[component]
pub(super) fn DeleteDialog(subject: Subject, open: RwSignal<bool>) -> impl IntoView {
    let ask = Ask::new();
    view! {
        <Dialog open title="Delete topic" busy=ask.busy()>
            <Content subject open ask />
        </Dialog>
    }
}

#[component]
fn Content(subject: Subject, open: RwSignal<bool>, ask: Ask) -> impl IntoView {
    let (nav, toasts) = (expect_context::<Nav>(), expect_context::<Toasts>());
    ask.forget();
    let name = subject.name().to_string();
    // What was on screen when the dialog opened is what may be deleted, nothing made since.
    let looked_at = untrack(|| subject.with(|detail| detail.topic_id.clone()).flatten());
    let is_another = {
        let looked_at = looked_at.clone();
        Memo::new(move |_| {
            let now = subject.with(|detail| detail.topic_id.clone()).flatten();
            model::is_another(looked_at.as_deref(), now.as_deref())
        })
    };
    let goes = move || subject.with(|detail| model::deletion(&detail.topic));
    let typed = RwSignal::new(String::new());
    let why_not = {
        let name = name.clone();
        Signal::derive(move || {
            if let Some(denied) = subject.cluster.why_not(Action::TopicDelete) {
                Some(denied)
            } else if is_another.get() {
                Some("The topic was made again since you looked".to_owned())
            } else {
                (*typed.read() != name).then(|| "Type the topic's name first".to_owned())
            }
        })
    };
    let delete = move |()| {
        let request = Request::DeleteTopic {
            cluster: subject.cluster.name(),
            topic: subject.name(),
            topic_id: looked_at.clone(),
        };
        ask.send(request, move |_| {
            let (topic, cluster) = (subject.name(), subject.cluster.name());
            toasts.show(Severity::Good, format!("Topic {topic} is deleted on {cluster}"), None);
            open.set(false);
            nav.go(&Route::topics_of(cluster));
        });
    };
    let call = {
        let name = name.clone();
        Signal::derive(move || rest::delete_topic(&origin(), &subject.cluster.id(), &name))
    };
    view! {
        <Note role=StateRole::Failed>
            <p>
                <b>"What is lost. "</b>
                "On " {subject.cluster.name().to_string()} ": " {move || goes()}
                ". Consumers and producers of the topic fail. This cannot be undone."
            </p>
        </Note>
        <Show when=move || is_another.get()>
            <Note role=StateRole::Attention>
                "The topic was deleted and made again since you looked at it. Close this and look again."
            </Note>
        </Show>
        <TypedName expected=name typed what="topic" autofocus=true />
        <Refusal error=ask.error() />
        <DialogActions>
            <Button on_click=move |()| open.set(false)>"Cancel"</Button>
            <Button kind=ButtonKind::Danger on_click=delete why_not busy=ask.busy()>
                "Delete topic"
            </Button>
        </DialogActions>
        <details class="same-as">
            <summary>"Same as a REST call"</summary>
            <CopyBlock label="REST call" text=call />
        </details>
    }
}
