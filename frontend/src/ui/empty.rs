//! What stands where there is nothing: what this is, the one action, the same as a command.

use leptos::prelude::*;

/// An empty page or panel that teaches.
#[component]
pub fn EmptyState(
    /// What is not there.
    #[prop(into)]
    title: Signal<String>,
    /// What it would be, or why nothing is found.
    #[prop(into)]
    text: Signal<String>,
    /// The one action, as a button or a link.
    #[prop(into, optional)]
    action: ViewFn,
) -> impl IntoView {
    view! {
        <div class="empty">
            <h2>{move || title.get()}</h2>
            <p>{move || text.get()}</p>
            {action.run()}
        </div>
    }
}
