//! Page heads: name, state, the numbers that matter, what can be done; and panels below.

use leptos::prelude::*;

/// Names longer than this are set smaller.
const LONG: usize = 64;

/// The top of a page. The heading can take the focus, so that a change of page is read out.
#[component]
pub fn PageHead(
    /// The page's name.
    #[prop(into)]
    title: Signal<String>,
    /// Beside the name: state, copy button.
    #[prop(into, optional)]
    badge: ViewFn,
    /// Below the name: `Fact`s, or a line of text.
    #[prop(into, optional)]
    facts: ViewFn,
    /// Buttons, the main one first.
    #[prop(into, optional)]
    actions: ViewFn,
) -> impl IntoView {
    view! {
        <header class="page-head">
            <div class="page-head-what">
                <div class="page-head-name">
                    <h1 tabindex="-1" class:long=move || { title.read().len() > LONG }>{move || title.get()}</h1>
                    {badge.run()}
                </div>
                <div class="facts">{facts.run()}</div>
            </div>
            <div class="page-head-actions">{actions.run()}</div>
        </header>
    }
}

/// A number that matters, with its name.
#[component]
pub fn Fact(
    /// What it is.
    name: &'static str,
    /// More about it, on hover.
    #[prop(optional)]
    hint: &'static str,
    /// The value.
    children: Children,
) -> impl IntoView {
    view! {
        <div class="fact" title=Some(hint).filter(|hint| !hint.is_empty())>
            <span class="fact-name">{name}</span>
            <span class="fact-value">{children()}</span>
        </div>
    }
}

/// A part of a page with a heading of its own.
#[component]
pub fn Panel(
    /// Its heading.
    #[prop(into)]
    title: Signal<String>,
    /// At the right of the heading.
    #[prop(into, optional)]
    actions: ViewFn,
    /// Its content.
    children: Children,
) -> impl IntoView {
    view! {
        <section class="panel">
            <header class="panel-head">
                <h2>{move || title.get()}</h2>
                <div class="panel-actions">{actions.run()}</div>
            </header>
            <div class="panel-body">{children()}</div>
        </section>
    }
}
