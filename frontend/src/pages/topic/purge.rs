//! Deleting records: choose, see what goes from each partition, type the name, and see what came of it.

use std::collections::BTreeMap;
use std::sync::Arc;

use drawbridge_shared::guard::Action;
use drawbridge_shared::view::{PartitionView, PurgeRow, Severity};
use drawbridge_shared::wire::{Request, Response};
use leptos::prelude::*;

mod preview;
mod result;

use super::Subject;
use super::ask::{Ask, Refusal};
use crate::model::configs::refuses_deletion;
use crate::model::purge::{PurgeChoice, PurgePlan, outcome};
use crate::model::rest;
use crate::model::topic::is_another;
use crate::state::Toasts;
use crate::ui::{
    Button, ButtonKind, CopyBlock, Dialog, DialogActions, DialogCancel, Note, Show, StateRole,
    TypedName,
};
use preview::{Choice, Preview};
use result::ResultTable;

/// What somebody is about to delete. The partitions are those on screen when the dialog opened,
/// so that what is previewed is what is asked for.
#[derive(Clone, Copy)]
struct Purge {
    seen: StoredValue<Arc<Vec<PartitionView>>>,
    per_partition: RwSignal<bool>,
    typed: RwSignal<BTreeMap<i32, String>>,
    plan: Memo<PurgePlan>,
}

impl Purge {
    fn start(seen: Vec<PartitionView>) -> Self {
        let seen = StoredValue::new(Arc::new(seen));
        let per_partition = RwSignal::new(false);
        let typed = RwSignal::new(BTreeMap::new());
        let plan = Memo::new(move |_| {
            let choice = choice(per_partition.get(), &typed.read());
            seen.with_value(|seen| PurgePlan::new(seen, &choice))
        });
        Self { seen, per_partition, typed, plan }
    }

    fn blocked(self) -> Option<String> {
        let choice = choice(self.per_partition.get(), &self.typed.read());
        self.plan.read().blocked(&choice)
    }
}

fn choice(per_partition: bool, typed: &BTreeMap<i32, String>) -> PurgeChoice {
    if per_partition {
        let typed = typed.iter().map(|(number, text)| (*number, text.clone()));
        PurgeChoice::Before(typed.collect())
    } else {
        PurgeChoice::Everything
    }
}

#[component]
pub(super) fn PurgeDialog(subject: Subject, open: RwSignal<bool>) -> impl IntoView {
    let ask = Ask::new();
    view! {
        <Dialog open title="Delete records" wide=true busy=ask.busy()>
            <Body subject open ask />
        </Dialog>
    }
}

/// First the question, then what came of it.
#[component]
fn Body(subject: Subject, open: RwSignal<bool>, ask: Ask) -> impl IntoView {
    let done = RwSignal::new(None::<Vec<PurgeRow>>);
    move || match done.get() {
        Some(rows) => view! { <ResultTable rows open /> }.into_any(),
        None => view! { <Content subject open ask done /> }.into_any(),
    }
}

#[component]
fn Content(
    subject: Subject,
    open: RwSignal<bool>,
    ask: Ask,
    done: RwSignal<Option<Vec<PurgeRow>>>,
) -> impl IntoView {
    let toasts = expect_context::<Toasts>();
    ask.forget();
    let name = subject.name().to_string();
    let (seen, looked_at) = untrack(|| {
        let seen = subject.with(|detail| (detail.partitions.clone(), detail.topic_id.clone()));
        seen.unwrap_or_default()
    });
    let purge = Purge::start(seen);
    let typed_name = RwSignal::new(String::new());
    let why_not = {
        let (name, looked_at) = (name.clone(), looked_at.clone());
        Signal::derive(move || {
            let now = subject.with(|detail| detail.topic_id.clone()).flatten();
            if is_another(looked_at.as_deref(), now.as_deref()) {
                return Some(
                    "The topic was made again since you looked; close this and look again"
                        .to_owned(),
                );
            }
            let untyped =
                || (*typed_name.read() != name).then(|| "Type the topic's name first".to_owned());
            let denied = subject.cluster.why_not(Action::TopicPurge);
            denied.or_else(|| purge.blocked()).or_else(untyped)
        })
    };
    let delete = move |()| {
        let request = Request::PurgeTopic {
            cluster: subject.cluster.name(),
            topic: subject.name(),
            topic_id: looked_at.clone(),
            before: purge.plan.read_untracked().request(),
        };
        ask.send(request, move |response| {
            let Response::Purged(rows) = response else { return };
            let all_done = rows.iter().all(|row| row.error.is_none());
            let severity = if all_done { Severity::Good } else { Severity::Attention };
            toasts.show(severity, format!("{}: {}", subject.name(), outcome(&rows)), None);
            done.try_set(Some(rows));
        });
    };
    let role = Signal::derive(move || {
        if purge.plan.read().request().is_empty() { StateRole::Unknown } else { StateRole::Failed }
    });
    let tool = {
        let name = name.clone();
        Signal::derive(move || rest::delete_records(&name, &purge.plan.read().request()))
    };
    view! {
        <Compacted subject />
        <Choice purge />
        <Preview purge />
        <Note role=role>
            <b>"What is lost. "</b>
            {move || purge.plan.read().summary()} "."
            <Show when=move || !purge.plan.read().request().is_empty()>
                " Records that come in after this preview stay. What is deleted cannot be brought back."
            </Show>
        </Note>
        <TypedName expected=name typed=typed_name what="topic" />
        <Refusal error=ask.error() />
        <DialogActions>
            <DialogCancel open busy=ask.busy() />
            <Button kind=ButtonKind::Danger on_click=delete why_not busy=ask.busy()>
                "Delete records"
            </Button>
        </DialogActions>
        <details class="same-as">
            <summary>"Same with Kafka's tool"</summary>
            <CopyBlock label="command" text=tool />
        </details>
    }
}

/// Says beforehand that the broker is going to refuse, when the topic is only compacted.
#[component]
fn Compacted(subject: Subject) -> impl IntoView {
    let ask = Ask::new();
    let refuses = RwSignal::new(false);
    let request = Request::TopicConfigs { cluster: subject.cluster.name(), topic: subject.name() };
    ask.send(request, move |response| {
        if let Response::Configs(entries) = response {
            refuses.try_set(refuses_deletion(&entries));
        }
    });
    view! {
        <Show when=move || refuses.get()>
            <Note role=StateRole::Attention>
                "The topic's cleanup.policy is compact without delete: brokers refuse to delete its records."
            </Note>
        </Show>
    }
}
