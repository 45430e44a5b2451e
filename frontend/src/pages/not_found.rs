//! A URL that names no place.

use leptos::prelude::*;

use crate::routes::Route;
use crate::ui::{EmptyState, PageHead};

/// Says so, and leads back.
#[component]
pub fn NotFound() -> impl IntoView {
    let action = || {
        view! {
            <a class="btn btn--primary" href=Route::Clusters.path()>
                "Go to the clusters"
            </a>
        }
    };
    view! {
        <PageHead title="Not found" />
        <EmptyState
            title="There is no page at this address"
            text="It may come from a newer version, or a name in it is misspelt."
            action
        />
    }
}
