//! Dialogs on the browser's own `<dialog>`: it keeps the focus inside, closes on Escape and gives the focus back.

use leptos::html;
use leptos::prelude::*;

use super::button::Button;
use super::field::TextField;
use super::id::fresh_id;
use super::show::Show;

/// A modal dialog. Its content is made anew each time it opens.
#[component]
pub fn Dialog(
    /// Whether it is open.
    open: RwSignal<bool>,
    /// Its heading.
    #[prop(into)]
    title: Signal<String>,
    /// Room for a table.
    #[prop(optional)]
    wide: bool,
    /// Whether something is under way that should be waited for; Escape does nothing then.
    #[prop(into, optional)]
    busy: Signal<bool>,
    /// Its content.
    children: ChildrenFn,
) -> impl IntoView {
    let node = NodeRef::<html::Dialog>::new();
    let heading = fresh_id();
    let labelled_by = heading.clone();
    Effect::new(move |_| {
        let wanted = open.get();
        // A frame later the content is there, so that its `autofocus` counts.
        request_animation_frame(move || {
            let Some(dialog) = node.try_get_untracked().flatten() else { return };
            if wanted && !dialog.open() {
                // Fails only on a dialog that left the page meanwhile.
                dialog.show_modal().ok();
            } else if !wanted && dialog.open() {
                dialog.close();
            }
        });
    });
    let cancel = move |event: leptos::ev::Event| {
        if busy.get_untracked() {
            event.prevent_default();
        }
    };
    let close = move |_| {
        if !busy.get_untracked() {
            open.set(false);
        }
    };
    // A second Escape closes although the first one's `cancel` was prevented: the key itself has to be.
    let keydown = move |event: leptos::ev::KeyboardEvent| {
        if busy.get_untracked() && event.key() == "Escape" {
            event.prevent_default();
        }
    };
    // Other ways to close, such as a phone's back gesture, cannot be prevented.
    let closed = move |_| match node.get_untracked() {
        Some(dialog) if busy.get_untracked() => drop(dialog.show_modal()),
        _ => open.set(false),
    };
    view! {
        <dialog
            node_ref=node
            class="dialog"
            class:dialog--wide=wide
            aria-labelledby=labelled_by
            on:cancel=cancel
            on:keydown=keydown
            on:close=closed
        >
            <header class="dialog-head">
                <h2 id=heading>{move || title.get()}</h2>
                <button type="button" class="icon-btn" aria-label="Close" on:click=close>
                    <svg viewBox="0 0 16 16" aria-hidden="true">
                        <path d="M4 4l8 8M12 4l-8 8"></path>
                    </svg>
                </button>
            </header>
            <Show when=move || open.get()>
                <div class="dialog-body">{children()}</div>
            </Show>
        </dialog>
    }
}

/// The row of buttons at a dialog's end.
#[component]
pub fn DialogActions(
    /// Buttons, the main one last.
    children: Children,
) -> impl IntoView {
    view! { <div class="dialog-actions">{children()}</div> }
}

/// Closes a dialog and does nothing; not while the answer to what was done in it is to come.
#[component]
pub fn DialogCancel(
    /// Whether the dialog is open.
    open: RwSignal<bool>,
    /// Whether the answer is to come.
    #[prop(into)]
    busy: Signal<bool>,
    /// Its text.
    #[prop(default = "Cancel")]
    text: &'static str,
) -> impl IntoView {
    let why_not = Signal::derive(move || {
        busy.get().then(|| "It is being done: wait for the answer".to_owned())
    });
    view! { <Button on_click=move |()| open.set(false) why_not>{text}</Button> }
}

/// The field of a confirmation that asks for a name to be typed.
#[component]
pub fn TypedName(
    /// The name that must be typed.
    #[prop(into)]
    expected: Signal<String>,
    /// What is typed so far.
    typed: RwSignal<String>,
    /// What the name belongs to: `topic`.
    what: &'static str,
    /// Has the focus when the dialog opens.
    #[prop(optional)]
    autofocus: bool,
) -> impl IntoView {
    view! {
        <p class="typed-name">
            "To confirm, type "
            <code class="mono">{move || expected.get()}</code>
        </p>
        <TextField label=format!("Name of the {what}") value=typed mono=true autofocus />
    }
}
