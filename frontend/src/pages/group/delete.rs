//! Deleting a group, or its offsets of topics it no longer reads.

use std::collections::BTreeSet;

use drawbridge_shared::guard::Action;
use drawbridge_shared::names::TopicName;
use drawbridge_shared::view::Severity;
use drawbridge_shared::wire::{Request, Response};
use leptos::prelude::*;

use super::Subject;
use crate::model::number::counted;
use crate::model::{group_reset, groups as model, lag};
use crate::pages::delete::Doomed;
use crate::pages::topic::ask::{Ask, Refusal};
use crate::routes::Route;
use crate::state::Toasts;
use crate::ui::{Button, ButtonKind, Dialog, DialogActions, DialogCancel, Note, StateRole};

/// What is lost with the group, and how it is deleted.
pub(super) fn doomed(subject: Subject) -> Doomed {
    let (cluster, group) = (subject.cluster.name(), subject.group());
    let goes = move || {
        let n = subject.with(|detail| detail.partitions.len()).unwrap_or(0);
        counted(n.try_into().unwrap_or(u64::MAX), "committed offset", "committed offsets")
    };
    let begins = move || subject.with(|detail| model::reset_config(detail.group.kind));
    let lost = move || {
        view! {
            <p>
                <b>"What is lost. "</b>
                {goes}
                ". A consumer that comes back under this name begins where "
                {begins}
                " says. This cannot be undone."
            </p>
        }
    };
    Doomed {
        lost: ViewFn::from(lost),
        choice: ViewFn::default(),
        why_not: Signal::derive(move || {
            let held = || subject.with(|detail| model::why_not(&detail.group)).flatten();
            subject.cluster.why_not(Action::GroupDelete).or_else(held)
        }),
        request: {
            let (cluster, group) = (cluster.clone(), group.clone());
            Callback::new(move |()| Request::DeleteGroup {
                cluster: cluster.clone(),
                group: group.clone(),
            })
        },
        call: None,
        done: format!("Group {group} is deleted on {cluster}"),
        then: Route::groups_of(cluster),
        name: group,
    }
}

#[component]
pub(super) fn DeleteOffsetsDialog(subject: Subject, open: RwSignal<bool>) -> impl IntoView {
    let ask = Ask::new();
    view! {
        <Dialog open title="Delete offsets of topics" busy=ask.busy()>
            <Topics subject open ask />
        </Dialog>
    }
}

#[component]
fn Topics(subject: Subject, open: RwSignal<bool>, ask: Ask) -> impl IntoView {
    let toasts = expect_context::<Toasts>();
    ask.forget();
    let chosen = RwSignal::new(BTreeSet::<String>::new());
    let topics = untrack(|| subject.row()).map(|row| row.topics).unwrap_or_default();
    let why_not = Signal::derive(move || {
        let none = || chosen.read().is_empty().then(|| "Choose at least one topic".to_owned());
        subject.cluster.why_not(Action::GroupDeleteOffsets).or_else(none)
    });
    let delete = move |()| {
        let topics: Vec<TopicName> =
            chosen.get_untracked().iter().filter_map(|topic| topic.parse().ok()).collect();
        let n = topics.len();
        let request = Request::DeleteGroupOffsets {
            cluster: subject.cluster.name(),
            group: subject.group(),
            topics,
        };
        ask.send(request, move |response| {
            let Response::GroupOffsetsChanged(rows) = response else { return };
            let failed = rows.iter().filter(|row| row.error.is_some()).count();
            if failed > 0 {
                toasts.show(Severity::Attention, group_reset::outcome(&rows), None);
            } else {
                let topics = counted(n.try_into().unwrap_or(u64::MAX), "topic", "topics");
                let words = format!("Offsets of {topics} are deleted");
                toasts.show(Severity::Good, words, None);
            }
            open.set(false);
        });
    };
    let line = move |topic: drawbridge_shared::view::GroupTopic| {
        let (own, other) = (topic.topic.clone(), topic.topic.clone());
        let remark = match topic.n_members {
            0 => format!("lag {}", lag::records(topic.lag)),
            n => format!("read by {}: refused", counted(u64::from(n), "member", "members")),
        };
        let is_read = topic.n_members > 0;
        view! {
            <label class="toggle">
                <input
                    type="checkbox"
                    disabled=is_read
                    prop:checked=move || chosen.read().contains(&own)
                    on:change=move |event| {
                        let is_on = event_target_checked(&event);
                        chosen.update(|chosen| {
                            if is_on { chosen.insert(other.clone()) } else { chosen.remove(&other) };
                        });
                    }
                />
                <span>{topic.topic} <span class="muted">" · " {remark}</span></span>
            </label>
        }
    };
    view! {
        <Note role=StateRole::Attention>
            "A consumer of this group that reads such a topic again begins where its auto.offset.reset says. This cannot be undone."
        </Note>
        <fieldset class="choices">
            <legend>"Topics"</legend>
            {topics.into_iter().map(line).collect_view()}
        </fieldset>
        <Refusal error=ask.error() />
        <DialogActions>
            <DialogCancel open busy=ask.busy() />
            <Button kind=ButtonKind::Danger on_click=delete why_not busy=ask.busy()>
                "Delete offsets"
            </Button>
        </DialogActions>
    }
}
