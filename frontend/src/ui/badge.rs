//! A state: a word, a shape and a colour, in that order of importance.

use leptos::prelude::*;

/// What a state asks of whoever reads it.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub enum StateRole {
    /// ● As it should be.
    Ok,
    /// ▲ Needs a look.
    Attention,
    /// ■ Does not work.
    Failed,
    /// ◆ Ended on purpose.
    Finished,
    /// ○ Not known, or not begun.
    #[default]
    Unknown,
}

impl StateRole {
    /// The class that gives it its colour.
    #[must_use]
    pub fn class(self) -> &'static str {
        match self {
            Self::Ok => "role-ok",
            Self::Attention => "role-attention",
            Self::Failed => "role-failed",
            Self::Finished => "role-finished",
            Self::Unknown => "role-unknown",
        }
    }

    fn path(self) -> &'static str {
        match self {
            Self::Ok => "M5 1a4 4 0 1 1 0 8a4 4 0 1 1 0-8Z",
            Self::Attention => "M5 .8 9.6 9H.4Z",
            Self::Failed => "M1 1h8v8H1Z",
            Self::Finished => "M5 .3 9.7 5 5 9.7.3 5Z",
            Self::Unknown => {
                "M5 1a4 4 0 1 1 0 8a4 4 0 1 1 0-8ZM5 2.6a2.4 2.4 0 1 0 0 4.8a2.4 2.4 0 1 0 0-4.8Z"
            }
        }
    }
}

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
