//! Grey shapes where content will be, so that nothing jumps when it comes.

use leptos::prelude::*;

/// Lines in the shape of a table that is being loaded.
#[component]
pub fn Skeleton(
    /// What is loading, for screen readers.
    label: &'static str,
    /// Lines.
    #[prop(default = 8)]
    rows: u32,
) -> impl IntoView {
    view! {
        <div class="skeleton" role="status" aria-busy="true">
            <span class="visually-hidden">{label}</span>
            {(0..rows).map(|_| view! { <div class="skeleton-row" aria-hidden="true"></div> }).collect_view()}
        </div>
    }
}
