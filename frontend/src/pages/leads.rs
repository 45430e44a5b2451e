//! Buttons that lead to a page where something is done: off, with the reason, while there is nothing to do there.

use leptos::prelude::*;

use crate::routes::Route;
use crate::ui::Button;

/// Where a button leads, and why it does not.
#[derive(Clone, Copy)]
pub(in crate::pages) struct Leads {
    href: StoredValue<String>,
    why_not: Signal<Option<String>>,
}

impl Leads {
    pub(in crate::pages) fn new(route: &Route, why_not: Signal<Option<String>>) -> Self {
        Self { href: StoredValue::new(route.path()), why_not }
    }

    /// A link that looks like a button; a disabled button while it leads nowhere.
    pub(in crate::pages) fn draw(self, label: &'static str, class: &'static str) -> impl IntoView {
        let Self { href, why_not } = self;
        let is_off = Memo::new(move |_| why_not.read().is_some());
        move || match is_off.get() {
            true => view! { <Button on_click=|()| () why_not>{label}</Button> }.into_any(),
            false => view! { <a class=class href=href.get_value()>{label}</a> }.into_any(),
        }
    }
}
