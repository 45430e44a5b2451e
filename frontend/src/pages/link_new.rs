//! Creating a link: what will happen where?

use leptos::prelude::*;

use crate::ui::PageHead;

/// The page.
#[component]
pub fn LinkNewPage() -> impl IntoView {
    view! { <PageHead title="Create a link" /> }
}
