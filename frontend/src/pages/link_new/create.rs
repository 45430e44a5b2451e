//! Creating the halves one after the other, and watching them until data can flow.

use drawbridge_shared::guard::Action;
use drawbridge_shared::link::{LinkName, LinkState};
use drawbridge_shared::names::ClusterName;
use drawbridge_shared::wire::{Feed, FeedData, Request};
use leptos::prelude::*;

use super::state::Wizard;
use crate::model::links::{badge, fault};
use crate::pages::topic::ask::Refusal;
use crate::routes::Route;
use crate::socket::Socket;
use crate::state::Clusters;
use crate::ui::{Badge, Button, ButtonKind, Note, StateRole};

/// The halves that are not there yet and are this gateway's to make.
fn missing(wizard: Wizard) -> Vec<usize> {
    let halves = wizard.halves.read();
    let ours = halves.iter().enumerate().filter(|(_, half)| half.cluster.is_some());
    ours.map(|(at, _)| at)
        .filter(|at| wizard.part(*at).is_some_and(|part| !part.is_done.get()))
        .collect()
}

/// Creates the first half that is missing, then the next.
fn create(wizard: Wizard) {
    let Some(at) = untrack(|| missing(wizard)).first().copied() else { return };
    let (Some(part), Some((cluster, draft))) = (wizard.part(at), wizard.whole(at)) else { return };
    part.creating.send(Request::CreateLink { cluster, draft }, move |_| {
        part.is_done.set(true);
        create(wizard);
    });
}

/// The button, what came of it, and the halves as they come to life.
#[component]
pub(super) fn Create(wizard: Wizard) -> impl IntoView {
    let parts = move || (0..2).filter_map(move |at| wizard.part(at));
    let busy = Signal::derive(move || parts().any(|part| part.creating.busy().get()));
    let clusters = expect_context::<Clusters>();
    let why_not = Signal::derive(move || {
        let refused = |at: usize| {
            let check = wizard.part(at)?.check.read();
            check.as_ref()?.refusals.first().cloned()
        };
        let denied = |at: usize| {
            let halves = wizard.halves.read();
            clusters.why_not(halves.get(at)?.cluster.as_ref()?, Action::LinkCreate)
        };
        if let Some(denied) = missing(wizard).into_iter().find_map(denied) {
            return Some(denied);
        }
        let fault = wizard.side_fault().or_else(|| wizard.config_fault());
        fault.or_else(|| missing(wizard).into_iter().find_map(refused))
    });
    let is_all = Memo::new(move |_| missing(wizard).is_empty() && wizard.has_begun());
    let word = move || {
        let (n, all) = (missing(wizard).len(), wizard.halves.read().len());
        match (n, all) {
            (1, 2) if wizard.has_begun() => "Create the second half".to_owned(),
            (2, _) => "Create both halves".to_owned(),
            _ => "Create the link".to_owned(),
        }
    };
    let half_made = move || wizard.has_begun() && !is_all.get() && !busy.get();
    let failed = move || {
        parts().map(|part| view! { <Refusal error=part.creating.error() /> }).collect_view()
    };
    let made = move || {
        let halves = wizard.halves.read();
        let name: Option<LinkName> = wizard.name.read().trim().parse().ok();
        let made = halves
            .iter()
            .enumerate()
            .filter(|(at, _)| wizard.part(*at).is_some_and(|part| part.is_done.get()));
        let made = made.filter_map(|(_, half)| half.cluster.clone().zip(name.clone()));
        made.map(|(cluster, link)| view! { <Watched cluster link /> }).collect_view()
    };
    view! {
        <Show when=half_made>
            <Note role=StateRole::Attention>
                "The first half exists and waits for the second, which was refused. Correct what is named here, going back as far as it takes, and create the second half; or delete the first on its page."
            </Note>
        </Show>
        {failed}
        <ul class="made" aria-live="polite">{made}</ul>
        <Show when=move || !is_all.get()>
            <div class="form-actions">
                <Button kind=ButtonKind::Primary on_click=move |()| create(wizard) why_not busy>{word}</Button>
                <Button on_click=move |()| wizard.go(2)>"Back"</Button>
            </div>
        </Show>
    }
}

/// A half that was created, until it is active.
#[component]
fn Watched(cluster: ClusterName, link: LinkName) -> impl IntoView {
    let feed = Feed::Link { cluster: cluster.clone(), link: link.clone() };
    let followed = expect_context::<Socket>().follow(move || feed.clone());
    let page = Route::of_link(cluster.clone(), link.clone()).path();
    let add = Route::MirrorsAdd { cluster: cluster.clone(), link }.path();
    let row = Memo::new(move |_| match followed.read().data.as_deref() {
        Some(FeedData::Link(detail)) => Some(detail.link.clone()),
        _ => None,
    });
    let shown = Memo::new(move |_| match row.read().as_ref() {
        Some(row) if row.state != LinkState::Unknown => badge(row),
        _ => (StateRole::Unknown, "connecting…".to_owned()),
    });
    let why = move || row.read().as_ref().and_then(fault);
    let is_ready = Memo::new(move |_| {
        let row = row.read();
        row.as_ref().is_some_and(|row| {
            row.state == LinkState::Active && row.mode != drawbridge_shared::link::LinkMode::Source
        })
    });
    view! {
        <li>
            <a class="link" href=page>"The half on " {cluster.to_string()}</a>
            <Badge
                role=Signal::derive(move || shown.get().0)
                text=Signal::derive(move || shown.get().1)
            />
            <span>{why}</span>
            <Show when=move || is_ready.get()>
                <a class="btn btn--primary" href=add.clone()>"Add mirrors…"</a>
            </Show>
        </li>
    }
}
