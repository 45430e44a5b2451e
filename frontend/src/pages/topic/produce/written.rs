//! What was written from this page.

use drawbridge_shared::names::{ClusterName, TopicName};
use drawbridge_shared::record::ProducedRow;
use leptos::prelude::*;

use crate::model::number::signed;
use crate::model::produce::Results as Written;
use crate::routes::{MessagesQuery, Route};
use crate::ui::{Panel, Shape, Show, StateRole};

/// What came of one record.
#[derive(Clone)]
pub(super) struct Outcome {
    pub(super) cluster: ClusterName,
    pub(super) topic: TopicName,
    pub(super) row: ProducedRow,
}

impl Outcome {
    pub(super) const fn has_failed(&self) -> bool {
        self.row.error.is_some()
    }
}

/// How many there are of them, and the newest first.
#[component]
pub(super) fn Results(
    /// All of them.
    results: RwSignal<Written<Outcome>>,
) -> impl IntoView {
    let said = move || results.read().words();
    let lines = move || results.read().listed().iter().cloned().map(line).collect_view();
    view! {
        <Panel title="Written">
            <p role="status" class="muted num">{said}</p>
            <Show when=move || !results.read().listed().is_empty()>
                <ul class="produce-written" tabindex="0" aria-label="Written records">{lines}</ul>
            </Show>
        </Panel>
    }
}

fn line(result: Outcome) -> AnyView {
    let Outcome { cluster, topic, row } = result;
    if let Some(error) = row.error {
        return view! { <li><Shape role=StateRole::Failed /> <span>"Not written: " {error}</span></li> }
            .into_any();
    }
    let (partition, offset) = (row.partition, row.offset);
    let query = MessagesQuery {
        from: "offset".to_owned(),
        at: offset.to_string(),
        partitions: partition.to_string(),
        record: format!("{partition}:{offset}"),
        ..MessagesQuery::default()
    };
    let place = format!("{topic} on {cluster}");
    let href = Route::Messages { cluster, topic, query: Box::new(query) }.path();
    view! {
        <li>
            <Shape role=StateRole::Ok />
            <a class="link num" href=href>
                {format!("Partition {partition} · offset {}", signed(offset))}
            </a>
            <span class="muted">{place}</span>
        </li>
    }
    .into_any()
}
