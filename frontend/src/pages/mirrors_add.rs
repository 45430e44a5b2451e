//! Choosing topics to mirror.

use drawbridge_shared::link::LinkName;
use drawbridge_shared::names::ClusterName;
use leptos::prelude::*;

use crate::ui::PageHead;

/// The page.
#[component]
pub fn MirrorsAddPage(
    /// The cluster.
    cluster: ClusterName,
    /// The link.
    link: LinkName,
) -> impl IntoView {
    let _ = (&cluster, &link);
    view! { <PageHead title="Add mirrors" /> }
}
