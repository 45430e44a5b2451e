//! Buttons. A disabled one stays reachable and says why.

use leptos::prelude::*;

use super::id::fresh_id;

/// How much a button stands out.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub enum ButtonKind {
    /// One of several.
    #[default]
    Plain,
    /// The page's or dialog's main action; one of them at most.
    Primary,
    /// Destroys something.
    Danger,
    /// Inside texts and tables.
    Quiet,
}

impl ButtonKind {
    fn class(self) -> &'static str {
        match self {
            Self::Plain => "btn",
            Self::Primary => "btn btn--primary",
            Self::Danger => "btn btn--danger",
            Self::Quiet => "btn btn--quiet",
        }
    }
}

/// A button with a verb. While `why_not` gives a reason it does nothing and tells the reason on hover, focus and
/// to screen readers.
#[component]
pub fn Button(
    /// How much it stands out.
    #[prop(optional)]
    kind: ButtonKind,
    /// What it does; not called while disabled or busy.
    #[prop(into)]
    on_click: Callback<()>,
    /// Why it cannot be used now; none when it can.
    #[prop(into, optional)]
    why_not: Signal<Option<String>>,
    /// Whether what it does is under way.
    #[prop(into, optional)]
    busy: Signal<bool>,
    /// Name for screen readers, where the visible text alone does not say enough.
    #[prop(into, optional)]
    label: Signal<String>,
    /// The visible text.
    children: Children,
) -> impl IntoView {
    let reason_id = fresh_id();
    let described_by = {
        let id = reason_id.clone();
        move || why_not.read().is_some().then(|| id.clone())
    };
    let off = move || busy.get() || why_not.read().is_some();
    let label = move || Some(label.get()).filter(|label| !label.is_empty());
    let click = move |_| {
        if !off() {
            on_click.run(());
        }
    };
    view! {
        <span class="btn-wrap">
            <button
                type="button"
                class=kind.class()
                class:btn--busy=move || busy.get()
                aria-label=label
                aria-disabled=move || off().then_some("true")
                aria-describedby=described_by
                on:click=click
            >
                {children()}
            </button>
            <span class="btn-why" role="tooltip" id=reason_id hidden=move || why_not.read().is_none()>
                {move || why_not.get()}
            </span>
        </span>
    }
}

/// A link that looks like a button: it leads to where something is done. While `why_not` gives a reason it leads
/// nowhere and tells the reason as a button does.
#[component]
pub fn LinkButton(
    /// How much it stands out.
    #[prop(optional)]
    kind: ButtonKind,
    /// Where it leads.
    #[prop(into)]
    href: Signal<String>,
    /// Why it cannot be used now; none when it can.
    #[prop(into)]
    why_not: Signal<Option<String>>,
    /// The visible text.
    children: Children,
) -> impl IntoView {
    let reason_id = fresh_id();
    let described_by = {
        let id = reason_id.clone();
        move || why_not.read().is_some().then(|| id.clone())
    };
    let off = move || why_not.read().is_some();
    view! {
        <span class="btn-wrap">
            <a
                class=kind.class()
                href=move || (!off()).then(|| href.get())
                role=move || off().then_some("link")
                tabindex=move || off().then_some("0")
                aria-disabled=move || off().then_some("true")
                aria-describedby=described_by
            >
                {children()}
            </a>
            <span class="btn-why" role="tooltip" id=reason_id hidden=move || !off()>
                {move || why_not.get()}
            </span>
        </span>
    }
}
