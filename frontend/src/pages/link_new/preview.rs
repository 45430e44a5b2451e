//! At the right of every step: both halves as their files will say it.

use drawbridge_shared::link::LinkMode;
use drawbridge_shared::names::ClusterName;
use leptos::prelude::*;

use super::drawing::Drawing;
use super::state::Wizard;
use crate::model::link_new::{Dials, Half, words};
use crate::ui::{CopyButton, Panel};

/// The halves to be.
#[component]
pub(super) fn Preview(wizard: Wizard) -> impl IntoView {
    let form = wizard.form;
    let n = Memo::new(move |_| wizard.halves.read().len());
    view! {
        <aside class="link-new-preview" aria-label="What will be created">
            <Drawing
                source_dials=Signal::derive(move || form.read().dials == Dials::Source)
                source=Signal::derive(move || named(form.read().source.as_ref(), "source"))
                destination=Signal::derive(move || named(form.read().destination.as_ref(), "destination"))
            />
            {move || (0..n.get()).map(|at| view! { <HalfFile wizard at /> }).collect_view()}
        </aside>
    }
}

fn named(cluster: Option<&ClusterName>, part: &str) -> String {
    cluster.map_or_else(|| part.to_owned(), ToString::to_string)
}

#[component]
fn HalfFile(wizard: Wizard, at: usize) -> impl IntoView {
    let of = move |read: fn(&Wizard, &Half) -> String| {
        Signal::derive(move || {
            wizard.halves.read().get(at).map(|half| read(&wizard, half)).unwrap_or_default()
        })
    };
    let title = of(|_, half| {
        let place = half.cluster.as_ref().map(|name| format!(" on {name}")).unwrap_or_default();
        let which = if half.mode == LinkMode::Source { "Source half" } else { "Destination half" };
        format!("{which}{place} · {}", words::dials(half))
    });
    let file = of(|wizard, half| half.file(&wizard.name.read()));
    let text = of(|_, half| half.text.trim_end().to_owned());
    // What is copied is the file itself; what is shown has no secret in it.
    let whole = Signal::derive(move || wizard.remote.reveal(&text.get()) + "\n");
    let faults = move || {
        let halves = wizard.halves.read();
        let faults = halves.get(at).map(Half::faults).unwrap_or_default();
        // Before anything is typed there is nothing to be wrong.
        let is_begun = wizard.step.get() > 0;
        let faults = faults.into_iter().filter(|_| is_begun);
        faults
            .map(|fault| view! { <li class="field-error">{fault.to_string()}</li> })
            .collect_view()
    };
    let actions = move || view! { <CopyButton text=whole label="Copy file, with its secrets" word="Copy file" /> };
    view! {
        <Panel title=title actions>
            <p class="muted mono half-file">{file}</p>
            <pre class="mono half-text" tabindex="0" aria-label=file>{text}</pre>
            <ul class="half-faults">{faults}</ul>
        </Panel>
    }
}
