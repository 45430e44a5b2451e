//! Search and filter of the list; both live in the URL.

use leptos::prelude::*;

use super::List;
use crate::model::number::{count, counted};
use crate::ui::{SearchField, Toggle};

#[component]
pub(super) fn Toolbar(list: List) -> impl IntoView {
    let search = Signal::derive(move || list.query.read().q.clone());
    let internal = Signal::derive(move || list.query.read().internal);
    let n_shown = move || u64::try_from(list.shown.read().names.len()).unwrap_or(u64::MAX);
    let n_all = move || {
        let all = list.with(|view| view.rows.len()).unwrap_or_default();
        u64::try_from(all).unwrap_or(u64::MAX)
    };
    let said = move || {
        if n_shown() == n_all() {
            counted(n_all(), "topic", "topics")
        } else {
            format!("{} of {}", count(n_shown()), counted(n_all(), "topic", "topics"))
        }
    };
    view! {
        <div class="toolbar" role="search">
            <SearchField
                label="Search topics"
                value=search
                on_search=move |text: String| list.ask(|query| query.q = text)
            />
            <Toggle
                label="Show internal topics"
                checked=internal
                on_change=move |on: bool| list.ask(|query| query.internal = on)
            />
            <span class="toolbar-count muted num" role="status">
                {move || said()}
            </span>
        </div>
    }
}
