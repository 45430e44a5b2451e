//! Keys that work everywhere, and the list of them.

use leptos::ev;
use leptos::prelude::*;
use wasm_bindgen::JsCast;

use super::{rail, turn};
use crate::socket::Socket;
use crate::state::Palette;

/// The keys with what they do, in the order of the list.
const KEYS: [(&str, &str); 9] = [
    ("Ctrl K", "Search pages, clusters, links, topics and actions"),
    ("/", "Search on this page"),
    ("↑ ↓", "Move through rows or matches"),
    ("Page Up, Page Down", "Move a screen of rows"),
    ("Enter", "Open the row or run the match"),
    ("Space", "Choose the row, where rows can be chosen"),
    ("Escape", "Close what is open"),
    ("[", "Fold or open the navigation"),
    ("?", "This list"),
];

/// Listens for the keys, and for the page's waking up.
pub(super) fn listen(folded: RwSignal<bool>, help: RwSignal<bool>) {
    let palette = expect_context::<Palette>();
    let socket = expect_context::<Socket>();
    let keydown = window_event_listener(ev::keydown, move |event| {
        let is_command = event.ctrl_key() || event.meta_key();
        match event.key().as_str() {
            "k" | "K" if is_command && !event.alt_key() => {
                event.prevent_default();
                palette.open().update(|open| *open = !*open);
            }
            _ if is_command || event.alt_key() || takes_text(&event) => {}
            "/" => {
                event.prevent_default();
                turn::focus("main input[type=search]");
            }
            "?" => help.set(true),
            "[" => rail::toggle(folded),
            _ => {}
        }
    });
    let online = window_event_listener(ev::online, move |_| socket.retry_now());
    let awake = window_event_listener(ev::pageshow, move |_| socket.retry_now());
    on_cleanup(move || {
        keydown.remove();
        online.remove();
        awake.remove();
    });
}

/// Whether what has the focus wants the letter for itself; in a dialog nothing behind it reacts.
fn takes_text(event: &ev::KeyboardEvent) -> bool {
    let target = event.target().and_then(|target| target.dyn_into::<web_sys::Element>().ok());
    target.is_some_and(|element| {
        let selector = "input:not([type=checkbox]), textarea, select, [contenteditable], dialog *";
        element.matches(selector).unwrap_or(false)
    })
}

/// The list of keys, which comes in a part.
pub(crate) fn list() -> AnyView {
    let rows = KEYS.map(|(key, what)| view! { <dt><kbd>{key}</kbd></dt><dd>{what}</dd> });
    view! {
        <div class="keys">
            <h2 tabindex="-1">"Keys"</h2>
            <dl>{rows.collect_view()}</dl>
        </div>
    }
    .into_any()
}
