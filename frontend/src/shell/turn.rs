//! What happens when the page changes: title, focus, scroll. For those who do not see it change.

use leptos::ev;
use leptos::prelude::*;
use wasm_bindgen::JsCast;

use crate::state::Nav;

/// Frames for which a page that was gone back to may take to show the link that led away from it.
const PATIENCE: u8 = 40;

/// Keeps the document's title true and moves the focus to the heading of each new page, or on the way back to the
/// link that led away.
pub(super) fn announce(nav: Nav) {
    let is_back = StoredValue::new(false);
    let popped = window_event_listener(ev::popstate, move |_| is_back.set_value(true));
    on_cleanup(move || popped.remove());
    Effect::new(move |before: Option<Option<crate::routes::Route>>| {
        let page = nav.route().get().map(|route| route.page());
        // On the first page the focus stays where the browser has it.
        let is_first = before.is_none();
        let left = before.filter(|before| *before != page);
        if is_first || left.is_some() {
            let title = page.as_ref().map(crate::routes::Route::title);
            document().set_title(title.as_deref().unwrap_or("Not found · Drawbridge"));
        }
        request_animation_frame(move || {
            // The router hears of a step back first, and the page has turned before the listener above runs.
            let is_back = is_back.try_update_value(std::mem::take) == Some(true);
            let Some(left) = left else { return };
            focus("main h1");
            if let Some(left) = left.filter(|_| is_back) {
                return_to(format!("main a[href='{}']", left.path()), PATIENCE);
            }
        });
        page
    });
}

/// Moves the focus from the heading to a link as soon as it is there.
fn return_to(link: String, patience: u8) {
    if patience > 0 && document().query_selector("h1:focus").is_ok_and(|heading| heading.is_some())
    {
        focus(&link);
        request_animation_frame(move || return_to(link, patience - 1));
    }
}

/// Moves the focus to the first element that matches.
pub(crate) fn focus(selector: &str) {
    let found = document().query_selector(selector).ok().flatten();
    if let Some(element) = found.and_then(|found| found.dyn_into::<web_sys::HtmlElement>().ok()) {
        // Fails only on an element that left the page meanwhile.
        element.focus().ok();
    }
}
