//! The styles of all pages but the first.

use js_sys::Promise;
use leptos::prelude::document;
use wasm_bindgen::JsCast;
use wasm_bindgen_futures::JsFuture;
use web_sys::HtmlLinkElement;

/// The disabled link to them in the console's HTML: a browser fetches none that is disabled.
const LINK: &str = "later-styles";

fn link() -> Option<HtmlLinkElement> {
    document().get_element_by_id(LINK)?.dyn_into().ok()
}

/// Whether pages can be shown as they should look.
pub(super) fn are_there() -> bool {
    link().is_none_or(|link| link.sheet().is_some())
}

/// Fetches them unless they are there; false when they cannot be fetched.
pub(super) async fn come() -> bool {
    let Some(link) = link().filter(|link| link.sheet().is_none()) else { return true };
    let answer = Promise::new(&mut |came, failed| {
        for (event, then) in [("load", came), ("error", failed)] {
            // Fails for no event of these names.
            link.add_event_listener_with_callback(event, &then).ok();
        }
    });
    link.set_disabled(false);
    let came = JsFuture::from(answer).await.is_ok();
    if !came {
        // Switching it on once more is another try.
        link.set_disabled(true);
    }
    came
}
