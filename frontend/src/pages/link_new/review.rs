//! Last step: exactly what will be created, what stands in the way, and the same as REST calls.

use leptos::prelude::*;

use super::check;
use super::clusters::Found;
use super::create::Create;
use super::state::Wizard;
use crate::model::link_new::words;
use crate::pages::topic::ask::Refusal;
use crate::pages::topic::gate::origin;
use crate::ui::{Button, ButtonKind, CopyBlock, ErrorNote};

/// The step.
#[component]
pub(super) fn Review(wizard: Wizard) -> impl IntoView {
    let plan = move || {
        let said = words::plan(&wizard.form.read(), &wizard.halves.read());
        said.into_iter().map(|text| view! { <li>{text}</li> }).collect_view()
    };
    let means = move || {
        let form = wizard.form.read();
        let said = [
            words::auto_create(&form),
            words::start(&form),
            words::prefix(&form),
            words::offsets(&form),
        ];
        said.map(|text| view! { <li>{text}</li> }).collect_view()
    };
    let n = Memo::new(move |_| wizard.halves.read().len());
    let checks = move || (0..n.get()).map(|at| view! { <Checked wizard at /> }).collect_view();
    let calls = Signal::derive(move || {
        let halves = wizard.halves.read();
        let call = |half: &crate::model::link_new::Half| {
            let id = half.cluster.as_ref().and_then(|name| wizard.clusters.get(name)?.cluster_id);
            let id = id.unwrap_or_else(|| "CLUSTER_ID".to_owned());
            half.rest_call(&origin(), &id, &wizard.name.read())
        };
        halves.iter().map(call).collect::<Vec<_>>().join("\n\n")
    });
    let again = Callback::new(move |()| {
        for at in 0..n.get_untracked() {
            check(wizard, at);
        }
    });
    let busy = Signal::derive(move || {
        (0..2).filter_map(|at| wizard.part(at)).any(|part| part.asking.busy().get())
    });
    view! {
        <div class="review">
            <h2>"What is created, in this order"</h2>
            <ol class="plan">{plan}</ol>
            <h2>"What that means"</h2>
            <ul class="plan">
                <li>{move || words::firewall(&wizard.form.read())}</li>
                {means}
            </ul>
            <div class="section-head">
                <h2>"Checked against the clusters"</h2>
                <Button kind=ButtonKind::Quiet on_click=again busy>"Check again"</Button>
            </div>
            {checks}
            <Create wizard />
            <details class="same-as">
                <summary>"The same with REST"</summary>
                <CopyBlock label="REST calls" text=calls />
                <p>"SECRET stands where the files have secrets."</p>
            </details>
        </div>
    }
}

/// What checking a half found.
#[component]
fn Checked(wizard: Wizard, at: usize) -> impl IntoView {
    let Some(part) = wizard.part(at) else { return ().into_any() };
    let name = Memo::new(move |_| {
        let halves = wizard.halves.read();
        let half = halves.get(at)?;
        Some(half.cluster.as_ref().map(|cluster| format!("The {} on {cluster}", words::half(half))))
    });
    let refusals = move || {
        let check = part.check.read();
        let refusals = check.as_ref().map(|check| check.refusals.clone()).unwrap_or_default();
        refusals.into_iter().map(|text| view! { <ErrorNote message=text /> }).collect_view()
    };
    let verdict = move || {
        let Some(Some(name)) = name.get() else { return String::new() };
        match &*part.check.read() {
            Some(check) if check.refusals.is_empty() => format!("{name} can be created."),
            Some(_) => format!("{name} cannot be created yet."),
            None if part.asking.busy().get() => format!("{name} is being checked…"),
            None if part.is_done.get() => format!("{name} exists."),
            None => format!("{name} was not checked."),
        }
    };
    view! {
        <p class="review-verdict">{verdict}</p>
        {refusals}
        <Refusal error=part.asking.error() />
        <Found wizard at />
    }
    .into_any()
}
