//! All mirror topics: how far behind is what?

use leptos::prelude::*;

use crate::ui::PageHead;

/// The page.
#[component]
pub fn MirrorsPage() -> impl IntoView {
    view! { <PageHead title="Mirrors" /> }
}
