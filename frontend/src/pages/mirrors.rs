//! All mirror topics: how far behind is what?

use std::sync::Arc;

use drawbridge_shared::wire::Feed;
use leptos::prelude::*;

pub(in crate::pages) mod filter;
pub(in crate::pages) mod table;

use super::topic::gate::Gate;
use crate::model::mirrors as model;
use crate::model::number::{count_or_unknown, counted};
use crate::routes::{ListQuery, Route};
use crate::shell::Freshness;
use crate::socket::Socket;
use crate::state::Nav;
use crate::ui::{EmptyState, Fact, PageHead, Show};
use filter::{ListFilter, Unlisted};
use table::{MirrorTable, rows};

/// The states to filter by, with their words.
pub(in crate::pages) const STATES: [(&str, &str); 8] = [
    ("", "All states"),
    ("trouble", "Need a look"),
    ("active", "Active"),
    ("paused", "Paused"),
    ("source_unavailable", "Source unavailable"),
    ("failed", "Failed"),
    ("pending_stopped", "Pending stopped"),
    ("stopped", "Stopped"),
];

/// The page.
#[component]
pub fn MirrorsPage() -> impl IntoView {
    let nav = expect_context::<Nav>();
    let followed = expect_context::<Socket>().follow(|| Feed::Mirrors);
    let query = Memo::new(move |_| match &*nav.route().read() {
        Some(Route::Mirrors { query }) => query.clone(),
        _ => ListQuery::default(),
    });
    let on_query = Callback::new(move |query| nav.replace(&Route::Mirrors { query }));
    let keys = Memo::new(move |_| {
        let (followed, query) = (followed.read(), query.read());
        Arc::new(model::shown(rows(&followed), &query.q, &query.state, &query.sort))
    });
    let n_all = Memo::new(move |_| rows(&followed.read()).len());
    let n_where = move |wanted: fn(&drawbridge_shared::view::MirrorRow) -> bool| {
        move || {
            let followed = followed.read();
            let n = rows(&followed).iter().filter(|row| wanted(row)).count();
            count_or_unknown(followed.data.as_ref().and_then(|_| n.try_into().ok()))
        }
    };
    let facts = move || {
        view! {
            <Fact name="Mirrors">{n_where(|_| true)}</Fact>
            <Fact name="Behind" hint="The oldest missing record is missing for 5 seconds or more">
                {n_where(model::is_behind)}
            </Fact>
            <Fact name="Failed">{n_where(|row| model::is_failed(row.state))}</Fact>
            <Freshness followed observed_at_ms=Signal::derive(|| None) />
        }
    };
    let to_links = || view! { <a class="btn" href=Route::all_links().path()>"Go to the links"</a> };
    let count =
        move || counted(keys.read().len().try_into().unwrap_or(u64::MAX), "mirror", "mirrors");
    let none = move || {
        view! {
            <EmptyState
                title="No mirror topics yet"
                text="A mirror topic is a read-only copy of a topic on another cluster, with the same partitions and the same offsets. A link makes them: open one and add mirrors, or set auto.create.mirror.topics.enable."
                action=to_links
            />
        }
    };
    view! {
        <PageHead title="Mirrors" facts />
        <Gate followed label="Loading mirrors" back=Route::all_links() back_label="All links">
            <Unlisted what="mirrors" />
            <Show when=move || { n_all.get() > 0 } fallback=none>
                <ListFilter label="Search mirrors" states=&STATES query on_query count=Signal::derive(count) />
                <Show
                    when=move || !keys.read().is_empty()
                    fallback=move || view! { <filter::NothingFound query on_query /> }
                >
                    <MirrorTable followed query on_query keys with_link=true />
                </Show>
            </Show>
        </Gate>
    }
}
