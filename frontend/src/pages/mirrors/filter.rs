//! Search and state of a list of links or mirrors.

use leptos::prelude::*;

use crate::model::links::unlisted;
use crate::routes::ListQuery;
use crate::state::{Clusters, Links};
use crate::ui::{Badge, Button, EmptyState, SearchField, StateRole};

/// The bar above a list.
#[component]
pub(in crate::pages) fn ListFilter(
    /// What is searched.
    label: &'static str,
    /// The states to choose from, with their words.
    states: &'static [(&'static str, &'static str)],
    /// What is in force.
    #[prop(into)]
    query: Signal<ListQuery>,
    /// Called with what is wanted instead.
    on_query: Callback<ListQuery>,
    /// How many are shown, in words.
    count: Signal<String>,
    /// What else stands in the bar.
    #[prop(optional)]
    children: Option<Children>,
) -> impl IntoView {
    let change = move |change: &dyn Fn(&mut ListQuery)| {
        let mut query = query.get_untracked();
        change(&mut query);
        on_query.run(query);
    };
    let options = states.iter().map(|(value, words)| {
        view! {
            <option value=*value prop:selected=move || query.read().state == *value>{*words}</option>
        }
    });
    view! {
        <div class="toolbar" role="search">
            <SearchField
                label
                value=Signal::derive(move || query.read().q.clone())
                on_search=move |text: String| change(&|query| query.q.clone_from(&text))
            />
            <select
                class="input list-state"
                aria-label="State"
                on:change=move |event| {
                    let state = event_target_value(&event);
                    change(&|query| query.state.clone_from(&state));
                }
            >
                {options.collect_view()}
            </select>
            <span class="toolbar-count">
                <span class="muted num" role="status">{move || count.get()}</span>
                {children.map(|children| children())}
            </span>
        </div>
    }
}

/// What stands in place of a list that the filter leaves empty.
#[component]
pub(in crate::pages) fn NothingFound(
    /// What is in force.
    #[prop(into)]
    query: Signal<ListQuery>,
    /// Called with no filter.
    on_query: Callback<ListQuery>,
) -> impl IntoView {
    let clear = move |()| {
        on_query.run(ListQuery { sort: query.get_untracked().sort, ..ListQuery::default() });
    };
    let action = move || view! { <Button on_click=clear>"Clear the filter"</Button> };
    view! { <EmptyState title="Nothing found" text="Nothing has that name and state." action /> }
}

/// Says of which clusters nothing is listed because they do not answer.
#[component]
pub(in crate::pages) fn Unlisted(
    /// What is not listed: `links`.
    what: &'static str,
) -> impl IntoView {
    let (clusters, links) = (expect_context::<Clusters>(), expect_context::<Links>());
    let words = Memo::new(move |_| {
        clusters.with(|all| links.with(|rows| unlisted(all?, rows.unwrap_or_default(), what)))
    });
    let line =
        |text| view! { <p class="wrap"><Badge plain=true role=StateRole::Attention text /></p> };
    view! { {move || words.get().map(line)} }
}
