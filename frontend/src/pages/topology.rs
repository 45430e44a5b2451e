//! Does data flow, and where not?

use leptos::prelude::*;

use crate::ui::PageHead;

/// The page.
#[component]
pub fn TopologyPage() -> impl IntoView {
    view! { <PageHead title="Topology" /> }
}
