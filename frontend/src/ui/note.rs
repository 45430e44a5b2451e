//! Notes that stand in the page: warnings, and errors with their cause and what to do.

use leptos::prelude::*;

use super::badge::StateRole;
use super::button::Button;
use super::show::Show;

/// A remark that must not be overlooked.
#[component]
pub fn Note(
    /// What it asks for.
    #[prop(into)]
    role: Signal<StateRole>,
    /// Its text.
    children: Children,
) -> impl IntoView {
    view! { <div class=move || format!("note {}", role.get().class())>{children()}</div> }
}

/// What failed, why, what to do, and another try.
#[component]
pub fn ErrorNote(
    /// What failed, on which side.
    #[prop(into)]
    message: Signal<String>,
    /// The words of whoever refused, folded away.
    #[prop(into, optional)]
    cause: Signal<Option<String>>,
    /// What to do.
    #[prop(into, optional)]
    remedy: Signal<Option<String>>,
    /// Tries again; without it no button is shown.
    #[prop(into, optional)]
    retry: Option<Callback<()>>,
) -> impl IntoView {
    view! {
        <div class="note role-failed" role="alert">
            <p class="note-message">{move || message.get()}</p>
            <Show when=move || remedy.read().is_some()>
                <p>{move || remedy.get()}</p>
            </Show>
            <Show when=move || cause.read().is_some()>
                <details>
                    <summary>"Cause"</summary>
                    <pre class="mono">{move || cause.get()}</pre>
                </details>
            </Show>
            {retry.map(|retry| view! { <Button on_click=retry>"Try again"</Button> })}
        </div>
    }
}
