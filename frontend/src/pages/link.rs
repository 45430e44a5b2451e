//! One half of a link: is it healthy, and why not?

use drawbridge_shared::link::LinkName;
use drawbridge_shared::names::ClusterName;
use leptos::prelude::*;

use crate::ui::PageHead;

/// The page.
#[component]
pub fn LinkPage(
    /// The cluster.
    cluster: ClusterName,
    /// The link.
    link: LinkName,
) -> impl IntoView {
    let _ = &cluster;
    view! { <PageHead title=link.to_string() /> }
}
