//! The messages at the edge of the screen.

use leptos::prelude::*;

use super::icon::Icon;
use crate::state::{Toast, Toasts};
use crate::ui::{Shape, StateRole};
use drawbridge_shared::view::Severity;

/// All messages; read out politely as they come.
#[component]
pub(super) fn ToastRegion() -> impl IntoView {
    let toasts = expect_context::<Toasts>();
    let queue = toasts.queue();
    let shown = move || queue.with(|queue| queue.shown().to_vec());
    view! {
        <div
            class="toasts"
            role="status"
            aria-live="polite"
            aria-atomic="false"
            aria-label="Messages"
            on:mouseenter=move |_| toasts.hold(true)
            on:mouseleave=move |_| toasts.hold(false)
            on:focusin=move |_| toasts.hold(true)
            on:focusout=move |_| toasts.hold(false)
        >
            <For
                each=shown
                key=|toast| (toast.id, toast.times)
                children=move |toast| message(toasts, toast)
            />
        </div>
    }
}

fn message(toasts: Toasts, toast: Toast) -> impl IntoView {
    let role = role_of(toast.severity);
    let id = toast.id;
    let times = (toast.times > 1).then(|| format!(" (×{})", toast.times));
    view! {
        <div class=format!("toast {}", role.class())>
            <Shape role />
            <div>{toast.text} {times}</div>
            <button
                type="button"
                class="toast__close"
                aria-label="Close this message"
                on:click=move |_| toasts.dismiss(id)
            >
                {Icon::Close.draw()}
            </button>
            {toast
                .details
                .map(|details| {
                    view! {
                        <details>
                            <summary>"Details"</summary>
                            <pre>{details}</pre>
                        </details>
                    }
                })}
        </div>
    }
}

fn role_of(severity: Severity) -> StateRole {
    match severity {
        Severity::Good => StateRole::Ok,
        Severity::Info => StateRole::Unknown,
        Severity::Attention => StateRole::Attention,
        Severity::Failed => StateRole::Failed,
    }
}
