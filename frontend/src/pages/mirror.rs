//! One mirror topic: can it be moved?

use drawbridge_shared::link::LinkName;
use drawbridge_shared::names::{ClusterName, TopicName};
use leptos::prelude::*;

use crate::ui::PageHead;

/// The page.
#[component]
pub fn MirrorPage(
    /// The cluster.
    cluster: ClusterName,
    /// The link.
    link: LinkName,
    /// The mirror topic.
    topic: TopicName,
) -> impl IntoView {
    let _ = (&cluster, &link);
    view! { <PageHead title=topic.to_string() /> }
}
