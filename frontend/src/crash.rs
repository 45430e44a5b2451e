//! What is shown when the console itself breaks: after a panic the page is dead and must say so.

use leptos::prelude::document;

/// From now on a panic covers the page with an explanation and a reload button.
pub fn install() {
    std::panic::set_hook(Box::new(|info| {
        let text = info.to_string();
        web_sys::console::error_1(&text.as_str().into());
        show(&text);
    }));
}

/// Removes the note that `index.html` shows until the console runs.
pub fn remove_boot_note() {
    if let Some(note) = document().get_element_by_id("boot") {
        note.remove();
    }
}

// Plain DOM: nothing of the application can be relied on any more.
fn show(details: &str) -> Option<()> {
    let document = web_sys::window()?.document()?;
    if document.get_element_by_id("crash").is_some() {
        return None;
    }
    let overlay = document.create_element("div").ok()?;
    overlay.set_id("crash");
    overlay.set_class_name("crash");
    overlay.set_attribute("role", "alertdialog").ok()?;
    overlay.set_attribute("aria-labelledby", "crash-title").ok()?;
    overlay.set_inner_html(
        "<div class=\"crash__card\"><h1 id=\"crash-title\" tabindex=\"-1\">The console crashed</h1>\
         <p>This is a fault of the console. The gateway and your clusters are not affected: \
         everything goes on without this page.</p>\
         <p><a class=\"btn btn--primary\" href=\"\">Reload the page</a></p>\
         <details><summary>Details</summary><pre></pre></details></div>",
    );
    overlay.query_selector("pre").ok()??.set_text_content(Some(details));
    document.body()?.append_child(&overlay).ok()?;
    Some(())
}
