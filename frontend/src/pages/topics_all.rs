//! Topics without a cluster in the URL: choose one.

use drawbridge_shared::view::ClusterView;
use leptos::prelude::*;

use super::topic::gate::Gate;
use crate::pages::clusters::AddCluster;
use crate::routes::Route;
use crate::state::Clusters;
use crate::ui::{ButtonKind, Count, EmptyState, PageHead, Show};

/// The page that leads to each cluster's topics.
#[component]
pub fn TopicsAll() -> impl IntoView {
    let known = expect_context::<Clusters>();
    let followed = known.followed();
    let clusters = Memo::new(move |_| known.with(|clusters| clusters.unwrap_or_default().to_vec()));
    let action = || view! { <AddCluster kind=ButtonKind::Primary>"Add a cluster…"</AddCluster> };
    view! {
        <PageHead
            title="Topics"
            facts=move || {
                let some = move || !clusters.read().is_empty();
                view! { <Show when=some>"Choose the cluster whose topics you want to see."</Show> }
            }
        />
        <Gate followed label="Loading clusters" back=Route::Clusters back_label="All clusters">
            <Show
                when=move || !clusters.read().is_empty()
                fallback=move || view! {
                    <EmptyState
                        title="No clusters yet"
                        text="Topics live on clusters. Add one with the client properties you use for it, or start the gateway with --cluster NAME=FILE."
                        action
                    />
                }
            >
                <ul class="choose">
                    {move || clusters.get().into_iter().map(choice).collect_view()}
                </ul>
            </Show>
        </Gate>
    }
}

fn choice(cluster: ClusterView) -> impl IntoView {
    let href = Route::topics_of(cluster.name.clone()).path();
    view! {
        <li>
            <a class="choose-item" href=href>
                <b>{cluster.name.to_string()}</b>
                <span class="muted">
                    <Count n=cluster.n_topics.map(u64::from) />
                    " topics, "
                    <Count n=cluster.n_partitions.map(u64::from) />
                    " partitions"
                </span>
            </a>
        </li>
    }
}
