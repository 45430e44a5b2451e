//! Creating a link: what will happen where?
//!
//! Four steps at the left, what they make at the right. Whatever is typed stays while the page is open.

use drawbridge_shared::link::LinkMode;
use drawbridge_shared::wire::{Request, Response};
use leptos::prelude::*;

mod behaviour;
mod clusters;
mod create;
mod drawing;
mod preview;
mod review;
mod state;
mod who;

use crate::routes::Route;
use crate::state::Nav;
use crate::ui::{Button, ButtonKind, PageHead};
use state::{Wizard, choice};

/// The steps, in order.
const STEPS: [&str; 4] = ["Who dials", "Clusters", "Behaviour", "Review"];

/// The page.
#[component]
pub fn LinkNewPage() -> impl IntoView {
    let wizard = Wizard::start();
    // What the URL asks for is only where the form begins.
    if let Some(Route::LinkNew { cluster, mode }) = expect_context::<Nav>().route().get_untracked()
    {
        let is_source = mode == Some(LinkMode::Source);
        wizard.dials.set(if is_source { "source" } else { "destination" }.to_owned());
        let side = if is_source { wizard.source } else { wizard.destination };
        side.set(choice(cluster.as_ref()));
    }
    let step = wizard.step;
    let lead = || {
        view! {
            <p class="muted lead">
                "A link copies topics from one cluster to another, at the same offsets. Nothing is created before the last step."
            </p>
        }
    };
    view! {
        <PageHead title="Create a link" facts=lead />
        <Steps wizard />
        <div class="link-new">
            <div class="link-new-form">
                <section tabindex="-1" hidden=move || step.get() != 0 aria-label=STEPS[0]><who::Who wizard /></section>
                <section tabindex="-1" hidden=move || step.get() != 1 aria-label=STEPS[1]><clusters::Sides wizard /></section>
                <section tabindex="-1" hidden=move || step.get() != 2 aria-label=STEPS[2]><behaviour::Does wizard /></section>
                <section tabindex="-1" hidden=move || step.get() != 3 aria-label=STEPS[3]><review::Review wizard /></section>
                <Show when=move || { step.get() < STEPS.len() - 1 }>
                    <Turn wizard />
                </Show>
            </div>
            <preview::Preview wizard />
        </div>
    }
}

#[component]
fn Steps(wizard: Wizard) -> impl IntoView {
    let steps = STEPS.into_iter().enumerate().map(|(at, name)| {
        let is_current = move || (wizard.step.get() == at).then_some("step");
        let is_done = move || at < wizard.step.get();
        view! {
            <li class:done=is_done>
                <button type="button" aria-current=is_current on:click=move |_| wizard.go(at)>
                    <span class="step-n num" aria-hidden="true">{at + 1}</span>
                    {name}
                </button>
            </li>
        }
    });
    view! {
        <nav aria-label="Steps">
            <ol class="steps">{steps.collect_view()}</ol>
        </nav>
    }
}

#[component]
fn Turn(wizard: Wizard) -> impl IntoView {
    let back = move |()| wizard.go(wizard.step.get_untracked().saturating_sub(1));
    let next = move |()| wizard.go(wizard.step.get_untracked() + 1);
    let why_not = Signal::derive(move || wizard.why_not_next());
    let word = move || {
        let next = STEPS.get(wizard.step.get() + 1).copied().unwrap_or_default();
        format!("Next: {}", next.to_lowercase())
    };
    view! {
        <div class="form-actions">
            <Button kind=ButtonKind::Primary on_click=next why_not>{word}</Button>
            <Show when=move || { wizard.step.get() > 0 }>
                <Button on_click=back>"Back"</Button>
            </Show>
        </div>
    }
}

/// Checks one half on its cluster.
fn check(wizard: Wizard, at: usize) {
    let Some(part) = wizard.part(at) else { return };
    let Some((cluster, draft)) = wizard.whole(at) else { return };
    let asked = wizard.form.get_untracked();
    part.asking.send(Request::CheckLink { cluster, draft }, move |response| {
        // An answer about what was typed before says nothing about what is typed now.
        let is_meant = *wizard.form.read_untracked() == asked;
        if let (Response::LinkChecked(check), true) = (response, is_meant) {
            part.check.set(Some(check));
        }
    });
}
