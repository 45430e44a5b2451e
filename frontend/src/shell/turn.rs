//! What happens when the page changes: title, focus, scroll. For those who do not see it change.

use leptos::prelude::*;
use wasm_bindgen::JsCast;

use crate::state::Nav;

/// Keeps the document's title true and moves the focus to the heading of each new page.
pub(super) fn announce(nav: Nav) {
    let page = Memo::new(move |_| nav.route().get().map(|route| route.page()));
    Effect::new(move |before: Option<()>| {
        let title = page.with(|page| page.as_ref().map(crate::routes::Route::title));
        document().set_title(title.as_deref().unwrap_or("Not found · Drawbridge"));
        // On the first page the focus stays where the browser has it.
        if before.is_some() {
            request_animation_frame(|| focus("main h1"));
        }
    });
}

/// Moves the focus to the first element that matches.
pub(crate) fn focus(selector: &str) {
    let found = document().query_selector(selector).ok().flatten();
    if let Some(element) = found.and_then(|found| found.dyn_into::<web_sys::HtmlElement>().ok()) {
        // Fails only on an element that left the page meanwhile.
        element.focus().ok();
    }
}
