//! How the partitions are, at a glance; each number opens the list of exactly these.

use drawbridge_shared::view::PartitionTrouble;
use leptos::prelude::*;

use super::Brokers;
use crate::model::brokers as model;
use crate::model::number::count_or_unknown;
use crate::routes::{PartitionsQuery, Route};
use crate::ui::Shape;

#[component]
pub(super) fn Glance(brokers: Brokers) -> impl IntoView {
    let tiles = PartitionTrouble::ALL.map(|trouble| view! { <li><Tile brokers trouble /></li> });
    view! {
        <ul class="glance" aria-label="Partitions that lack something">
            {tiles.into_iter().collect_view()}
        </ul>
    }
}

#[component]
fn Tile(brokers: Brokers, trouble: PartitionTrouble) -> impl IntoView {
    let n =
        Memo::new(move |_| brokers.with(|view| model::count_of(&view.counts, trouble)).flatten());
    let role = Signal::derive(move || model::trouble_role(trouble, n.get()));
    let query = PartitionsQuery { show: Some(trouble), ..PartitionsQuery::default() };
    let href = Route::Partitions { cluster: brokers.cluster.name(), query }.path();
    let meaning = move || match n.get() {
        None => "not known: the configuration of a topic cannot be read",
        Some(0) => "no partition",
        Some(_) => model::trouble_meaning(trouble),
    };
    view! {
        <a class="glance-item" href=href>
            <span class="fact-name">{model::trouble_name(trouble)}</span>
            <span class="glance-n">
                <Shape role />
                <b class="num">{move || count_or_unknown(n.get())}</b>
            </span>
            <span class="glance-meaning muted">{move || meaning()}</span>
        </a>
    }
}
