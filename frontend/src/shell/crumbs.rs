//! The breadcrumb: the URL in words.

use leptos::prelude::*;

use crate::state::Nav;

/// The way to this place; every step is a link.
#[component]
pub(super) fn Crumbs() -> impl IntoView {
    let route = expect_context::<Nav>().route();
    let steps = move || {
        let crumbs = route.get().map(|route| route.crumbs()).unwrap_or_default();
        let last = crumbs.len().saturating_sub(1);
        crumbs
            .into_iter()
            .enumerate()
            .map(|(at, crumb)| {
                view! {
                    <li>
                        <a href=crumb.route.path() aria-current=(at == last).then_some("page")>
                            {crumb.text}
                        </a>
                    </li>
                }
            })
            .collect_view()
    };
    view! {
        <nav class="crumbs" aria-label="Breadcrumb">
            <ol>{move || steps()}</ol>
        </nav>
    }
}
