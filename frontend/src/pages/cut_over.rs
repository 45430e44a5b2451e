//! Promoting and failing over: what is gained and lost?

use drawbridge_shared::link::LinkName;
use drawbridge_shared::names::ClusterName;
use leptos::prelude::*;

use crate::routes::CutOver;
use crate::ui::PageHead;

/// The page.
#[component]
pub fn CutOverPage(
    /// The cluster.
    cluster: ClusterName,
    /// The link.
    link: LinkName,
    /// Which of the two.
    action: CutOver,
) -> impl IntoView {
    let _ = (&cluster, &link);
    view! { <PageHead title=action.as_str() /> }
}
