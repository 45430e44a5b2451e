//! All links: which one needs me?

use leptos::prelude::*;

use crate::ui::PageHead;

/// The page.
#[component]
pub fn LinksPage() -> impl IntoView {
    view! { <PageHead title="Links" /> }
}
