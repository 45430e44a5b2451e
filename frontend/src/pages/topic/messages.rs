//! The tab of messages: what is looked for, what was found, and one record of it.

mod again;
mod columns;
mod payload;
mod progress;
mod record;
mod results;
mod row;
mod search;
mod toolbar;

use drawbridge_shared::view::RecordQuery;
use leptos::prelude::*;

use super::Subject;
use crate::model::{messages as model, time};
use crate::routes::{MessagesQuery, Route};
use crate::shell::turn;
use crate::state::Nav;
use crate::ui::{Note, StateRole};
use record::RecordPane;
use results::Results;
use toolbar::Toolbar;

/// What the URL asks for, and how to ask for something else.
#[derive(Clone, Copy)]
struct Asked {
    subject: Subject,
    query: Memo<MessagesQuery>,
    nav: Nav,
    /// Grows when the same search is to run again.
    again: RwSignal<u32>,
}

impl Asked {
    fn change(self, change: impl FnOnce(&mut MessagesQuery)) {
        let mut query = self.query.get_untracked();
        change(&mut query);
        self.nav.replace(&self.subject.messages(query));
    }

    /// The URL with another record open.
    fn with_record(self, record: String) -> String {
        self.subject.messages(MessagesQuery { record, ..self.query.get() }).path()
    }

    /// A point in time as the query's zone has it.
    fn time(self, ms: Option<i64>) -> String {
        let Some(ms) = ms else { return "–".to_owned() };
        time::absolute(ms, self.zone(ms))
    }

    /// Minutes east of UTC.
    fn zone(self, ms: i64) -> i32 {
        if self.query.with(|query| query.utc) { 0 } else { local_zone(ms) }
    }
}

#[expect(
    clippy::cast_possible_truncation,
    clippy::cast_precision_loss,
    reason = "a time zone's minutes, and a time as JavaScript has it"
)]
fn local_zone(ms: i64) -> i32 {
    let date = js_sys::Date::new(&wasm_bindgen::JsValue::from_f64(ms as f64));
    -(date.get_timezone_offset() as i32)
}

#[component]
pub(super) fn Messages(subject: Subject) -> impl IntoView {
    let nav = expect_context::<Nav>();
    let query = Memo::new(move |_| match &*nav.route().read() {
        Some(Route::Messages { query, .. }) => (**query).clone(),
        _ => MessagesQuery::default(),
    });
    let asked = Asked { subject, query, nav, again: RwSignal::new(0) };
    let n_partitions =
        Memo::new(move |_| subject.with(|detail| detail.partitions.len()).unwrap_or(0));
    let search = Memo::new(move |_| -> Result<RecordQuery, &'static str> {
        let n_partitions = i32::try_from(n_partitions.get()).unwrap_or(i32::MAX);
        query.with(|typed| {
            model::query(&subject.cluster.name(), &subject.name(), typed, n_partitions)
        })
    });
    // Wherever the focus is beside the record, also on the table that it was opened from.
    let close = move |event: leptos::ev::KeyboardEvent| {
        if event.key() == "Escape" && query.with_untracked(|query| !query.record.is_empty()) {
            asked.change(|query| query.record.clear());
            turn::focus(".messages-found .table-scroll");
        }
    };
    view! {
        <Toolbar asked />
        <div class="messages" on:keydown=close>
            {move || {
                asked.again.track();
                match search.get() {
                    Ok(query) => {
                        let n_partitions = n_partitions.get_untracked();
                        view! { <Results asked query n_partitions /> }.into_any()
                    }
                    Err(wrong) => {
                        view! { <Note role=StateRole::Attention>{wrong}</Note> }.into_any()
                    }
                }
            }}
            <RecordPane asked />
        </div>
    }
}
