//! A search field whose text lives elsewhere, usually in the URL.

use std::time::Duration;

use leptos::leptos_dom::helpers::TimeoutHandle;
use leptos::prelude::*;

use super::id::fresh_id;

const PAUSE: Duration = Duration::from_millis(120);

/// A search field. It tells `on_search` after a short pause in typing, and takes over `value`
/// when that changes by other means, such as the browser's back button.
#[component]
pub fn SearchField(
    /// What is searched.
    label: &'static str,
    /// The search in force.
    #[prop(into)]
    value: Signal<String>,
    /// Called with what is typed.
    #[prop(into)]
    on_search: Callback<String>,
) -> impl IntoView {
    let id = fresh_id();
    let text = RwSignal::new(value.get_untracked());
    let told = StoredValue::new(value.get_untracked());
    let pending = StoredValue::new(None::<TimeoutHandle>);
    // The URL is outside of this field: what it says is taken over unless it is an echo.
    Effect::new(move |_| {
        let value = value.get();
        let is_typing = pending.with_value(Option::is_some);
        if !is_typing && told.with_value(|told| *told != value) {
            told.set_value(value.clone());
            text.set(value);
        }
    });
    let cancel = move || {
        if let Some(Some(handle)) = pending.try_update_value(Option::take) {
            handle.clear();
        }
    };
    on_cleanup(cancel);
    let typed = move |event| {
        let now = event_target_value(&event);
        text.set(now.clone());
        cancel();
        let tell = move || {
            pending.set_value(None);
            told.set_value(now.clone());
            on_search.run(now.clone());
        };
        pending.set_value(set_timeout_with_handle(tell, PAUSE).ok());
    };
    view! {
        <div class="search">
            <label class="visually-hidden" for=id.clone()>{label}</label>
            <svg class="search-icon" viewBox="0 0 16 16" aria-hidden="true">
                <circle cx="7" cy="7" r="4.2"></circle>
                <path d="m10.2 10.2 3.3 3.3"></path>
            </svg>
            <input
                type="search"
                class="input"
                id=id
                placeholder=label
                autocomplete="off"
                autocapitalize="none"
                spellcheck="false"
                aria-keyshortcuts="/"
                prop:value=move || text.get()
                on:input=typed
            />
        </div>
    }
}
