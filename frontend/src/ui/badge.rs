//! A state: a word, a shape and a colour, in that order of importance.

use leptos::prelude::*;

pub use crate::model::role::StateRole;

/// A state's shape alone; the word must stand beside it.
#[component]
pub fn Shape(
    /// The state.
    #[prop(into)]
    role: Signal<StateRole>,
) -> impl IntoView {
    view! {
        <svg class=move || format!("shape {}", role.get().class()) viewBox="0 0 10 10" aria-hidden="true">
            <path d=move || role.get().path() fill-rule="evenodd"></path>
        </svg>
    }
}

/// A state in a word, with its shape.
#[component]
pub fn Badge(
    /// What the state asks for.
    #[prop(into)]
    role: Signal<StateRole>,
    /// The state's word.
    #[prop(into)]
    text: Signal<String>,
    /// Without the coloured ground, for tables.
    #[prop(optional)]
    plain: bool,
    /// More about it, on hover.
    #[prop(into, optional)]
    title: Signal<String>,
) -> impl IntoView {
    let class = move || {
        let ground = if plain { "badge--plain" } else { "" };
        format!("badge {ground} {}", role.get().class())
    };
    let title = move || Some(title.get()).filter(|title| !title.is_empty());
    view! {
        <span class=class title=title>
            <Shape role />
            <span>{move || text.get()}</span>
        </span>
    }
}
