//! What is shown around the console's life: a note until it runs, and, when it breaks, why.
//!
//! A panic is a trap, after which nothing of the application can be relied on: `boot.js` covers the page
//! with an explanation and a reload button.

use leptos::prelude::document;

/// From now on the words of a panic are kept for the page that `boot.js` shows. The release build has no such
/// words: they and what formats them would be a tenth of the download.
pub fn install() {
    #[cfg(not(console_parts))]
    std::panic::set_hook(Box::new(|info| {
        let text = info.to_string();
        web_sys::console::error_1(&text.as_str().into());
        let page = web_sys::window().and_then(|window| window.document()?.document_element());
        if let Some(page) = page {
            page.set_attribute("data-panic", &text).ok();
        }
    }));
}

/// Removes the note that `index.html` shows until the console runs.
pub fn remove_boot_note() {
    if let Some(note) = document().get_element_by_id("boot") {
        note.remove();
    }
}
