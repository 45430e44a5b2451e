//! Tabs that are places: links, so that each has a URL.

use leptos::prelude::*;

use crate::model::number::count;

/// One tab.
pub struct Tab {
    /// Its word.
    pub label: &'static str,
    /// How many things are on it; none while that is not known, and for a tab that is not a list.
    pub n: Signal<Option<u64>>,
    /// Where it leads.
    pub href: Signal<String>,
    /// Whether it is the one shown.
    pub is_current: Signal<bool>,
}

/// A row of tabs.
#[component]
pub fn Tabs(
    /// What they are parts of.
    #[prop(into)]
    label: String,
    /// The tabs.
    tabs: Vec<Tab>,
) -> impl IntoView {
    let tabs = tabs.into_iter().map(|Tab { label, n, href, is_current }| {
        view! {
            <a href=move || href.get() aria-current=move || is_current.get().then_some("page")>
                {label}
                {move || n.get().map(|n| view! { " " <span class="tab-n num">{count(n)}</span> })}
            </a>
        }
    });
    view! {
        <nav class="tabs" aria-label=label>
            {tabs.collect_view()}
        </nav>
    }
}
