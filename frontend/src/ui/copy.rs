//! Copying to the clipboard, and saying that it worked.

use std::time::Duration;

use leptos::prelude::*;
use leptos::task::spawn_local;
use wasm_bindgen_futures::JsFuture;

use super::button::{Button, ButtonKind};

/// Where a copy stands.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Copied {
    No,
    Yes,
    Refused,
}

/// A button that copies a text.
#[component]
pub fn CopyButton(
    /// What is copied.
    #[prop(into)]
    text: Signal<String>,
    /// What is copied, for its name: `Copy topic name`.
    #[prop(into)]
    label: String,
    /// The visible word; `Copy` when not given.
    #[prop(into, default = "Copy".to_owned())]
    word: String,
) -> impl IntoView {
    let state = RwSignal::new(Copied::No);
    let copy = move |()| {
        spawn_local(async move {
            let result =
                if write(&text.get_untracked()).await { Copied::Yes } else { Copied::Refused };
            state.try_set(result);
            set_timeout(
                move || {
                    state.try_set(Copied::No);
                },
                Duration::from_millis(1_600),
            );
        });
    };
    let shown = move || match state.get() {
        Copied::No => word.clone(),
        Copied::Yes => "Copied".to_owned(),
        Copied::Refused => "Not allowed".to_owned(),
    };
    let said = move || match state.get() {
        Copied::No => "",
        Copied::Yes => "Copied",
        Copied::Refused => {
            "The browser does not allow copying on this page; select the text instead"
        }
    };
    view! {
        <Button kind=ButtonKind::Quiet on_click=copy label>
            {move || shown()}
        </Button>
        <span class="visually-hidden" role="status">{move || said()}</span>
    }
}

/// A command or another text to take along, with a button to copy it.
#[component]
pub fn CopyBlock(
    /// What it is, for the button's name: `REST call`.
    label: &'static str,
    /// The text.
    #[prop(into)]
    text: Signal<String>,
) -> impl IntoView {
    view! {
        <div class="copy-block">
            <pre class="mono" tabindex="0" aria-label=label>{move || text.get()}</pre>
            <CopyButton text label=format!("Copy {label}") />
        </div>
    }
}

/// Whether the text is in the clipboard now. Browsers offer the clipboard to secure pages only.
async fn write(text: &str) -> bool {
    let navigator = window().navigator();
    let offered = js_sys::Reflect::get(&navigator, &"clipboard".into());
    if !offered.is_ok_and(|clipboard| clipboard.is_object()) {
        return false;
    }
    JsFuture::from(navigator.clipboard().write_text(text)).await.is_ok()
}
