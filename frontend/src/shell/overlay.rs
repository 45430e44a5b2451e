//! What lies over any page: the command palette, the list of keys.

use leptos::html;
use leptos::prelude::*;

use crate::ui::Show;

/// A modal dialog whose content is made anew each time it opens.
#[component]
pub(super) fn Overlay(
    /// Whether it is open.
    open: RwSignal<bool>,
    /// Its name.
    label: &'static str,
    /// What is in it.
    content: fn() -> AnyView,
) -> impl IntoView {
    let node = NodeRef::<html::Dialog>::new();
    Effect::new(move |_| {
        let is_open = open.get();
        // A frame later the content is there, so that what takes the focus gets it.
        request_animation_frame(move || {
            if let Some(dialog) = node.try_get_untracked().flatten() {
                show(&dialog, is_open);
            }
        });
    });
    view! {
        <dialog
            class="overlay"
            node_ref=node
            aria-label=label
            on:close=move |_| open.set(false)
            on:click=move |event| {
                if event.target() == event.current_target() {
                    open.set(false);
                }
            }
        >
            <Show when=move || open.get()>{content()}</Show>
        </dialog>
    }
}

/// Opens or closes a modal dialog as wanted.
fn show(dialog: &web_sys::HtmlDialogElement, is_wanted: bool) {
    if is_wanted && !dialog.open() {
        // Fails only on a dialog that left the page meanwhile.
        dialog.show_modal().ok();
    } else if !is_wanted && dialog.open() {
        dialog.close();
    }
}
