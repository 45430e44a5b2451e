//! Adding partitions, with what that does to records with keys.

use drawbridge_shared::guard::Action;
use drawbridge_shared::view::Severity;
use drawbridge_shared::wire::Request;
use leptos::prelude::*;

use super::Subject;
use super::ask::{Ask, Refusal};
use super::gate::origin;
use crate::model::number::counted;
use crate::model::{rest, topic as model};
use crate::state::Toasts;
use crate::ui::{
    Button, ButtonKind, CopyBlock, Dialog, DialogActions, DialogCancel, Note, Show, StateRole,
    TextField,
};

#[component]
pub(super) fn GrowDialog(subject: Subject, open: RwSignal<bool>) -> impl IntoView {
    let ask = Ask::new();
    view! {
        <Dialog open title="Add partitions" busy=ask.busy()>
            <Content subject open ask />
        </Dialog>
    }
}

#[component]
fn Content(subject: Subject, open: RwSignal<bool>, ask: Ask) -> impl IntoView {
    let toasts = expect_context::<Toasts>();
    ask.forget();
    let total = RwSignal::new(String::new());
    let now =
        Memo::new(move |_| subject.with(|detail| detail.topic.n_partitions).unwrap_or_default());
    let wanted = Memo::new(move |_| model::partitions_wanted(&total.read(), now.get()));
    let fault = Memo::new(move |_| model::partitions_fault(&total.read(), now.get()));
    // What the broker said is about the number that was sent, and gone once another is typed.
    let sent = RwSignal::new(None::<u32>);
    let refusal = Signal::derive(move || ask.error().get().filter(|_| sent.get() == wanted.get()));
    let error = Signal::derive(move || if total.read().is_empty() { None } else { fault.get() });
    let grow = move |()| {
        let Some(wanted) = wanted.get_untracked() else { return };
        sent.set(Some(wanted));
        let request = Request::AddPartitions {
            cluster: subject.cluster.name(),
            topic: subject.name(),
            total: wanted,
            validate_only: false,
        };
        ask.send(request, move |_| {
            let text = format!("Topic {} has {wanted} partitions now", subject.name());
            toasts.show(Severity::Good, text, None);
            open.set(false);
        });
    };
    let verb = move || match wanted.get() {
        None => "Add partitions".to_owned(),
        Some(wanted) => {
            let added = wanted.saturating_sub(now.get());
            format!("Add {}", counted(added.into(), "partition", "partitions"))
        }
    };
    let warning = move || wanted.get().map(|wanted| model::partitions_warning(now.get(), wanted));
    let call = Signal::derive(move || {
        let total = wanted.get().unwrap_or_else(|| now.get().saturating_add(1));
        let topic = subject.name();
        rest::add_partitions(&origin(), &subject.cluster.id(), topic.as_str(), total)
    });
    view! {
        <TextField
            label="Partitions in all"
            value=total
            hint=Signal::derive(move || format!("It has {} now", counted(now.get().into(), "partition", "partitions")))
            error
            numeric=true
            autofocus=true
        />
        <Show when=move || wanted.get().is_some()>
            <Note role=StateRole::Attention>
                <p>
                    <b>"What changes for keys. "</b>
                    {move || warning()}
                </p>
            </Note>
        </Show>
        <Refusal error=refusal />
        <DialogActions>
            <DialogCancel open busy=ask.busy() />
            <Button kind=ButtonKind::Primary on_click=grow why_not=Signal::derive(move || subject.cluster.why_not(Action::TopicPartitions).or_else(|| fault.get())) busy=ask.busy()>
                {move || verb()}
            </Button>
        </DialogActions>
        <details class="same-as">
            <summary>"Same as a REST call"</summary>
            <CopyBlock label="REST call" text=call />
        </details>
    }
}
