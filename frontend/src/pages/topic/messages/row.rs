//! One record in the list.

use drawbridge_shared::view::{PayloadView, RecordView};
use leptos::prelude::*;

use super::Asked;
use super::columns::main_column;
use crate::model::bytes;
use crate::model::messages::columns::ListColumn;
use crate::model::messages::{Found, decoding_name, key as record_key, schema_name};
use crate::model::number::signed;
use crate::ui::{Shape, StateRole};

/// Signs of a text that are drawn: more than any screen is wide.
const SHOWN: usize = 300;

/// A record's cells, one for each column.
pub(super) fn cells(asked: Asked, found: Memo<Found>, chosen: &[ListColumn], key: &str) -> AnyView {
    let Some(record) = found.with_untracked(|found| found.record(key).cloned()) else {
        return ().into_any();
    };
    let own = record_key(&record);
    let main = main_column(chosen);
    let sub = sub(asked, &record);
    let paths = record.picked.iter().enumerate().map(|(n, picked)| {
        let is_main = main.is_none() && n == 0;
        let shown = match picked {
            Some(text) => view! { <span class="mono">{text.clone()}</span> }.into_any(),
            None => view! { <span class="muted" title="Nothing is there">"–"</span> }.into_any(),
        };
        view! { <td class:wide=!is_main>{shown} {is_main.then(|| sub.clone().view())}</td> }
    });
    let paths = paths.collect_view();
    let columns = chosen.iter().map(|column| {
        let is_main = Some(*column) == main;
        let class = match column {
            ListColumn::Partition | ListColumn::Size => "right num",
            ListColumn::Time => "num",
            _ => "",
        };
        let content = content(asked, &record, *column);
        view! {
            <td class=class class:wide=!is_main>
                {content}
                {is_main.then(|| sub.clone().view())}
            </td>
        }
    });
    let columns = columns.collect_view();
    view! {
        <th scope="row">
            <a class="link num" href=move || asked.with_record(own.clone())>
                {signed(record.offset)}
            </a>
        </th>
        {columns}
        {paths}
    }
    .into_any()
}

/// What small screens say of a record below its main column.
#[derive(Clone)]
struct Sub {
    asked: Asked,
    partition: i32,
    at: Option<i64>,
    key: String,
}

fn sub(asked: Asked, record: &RecordView) -> Sub {
    let key = record.key.as_ref().map(|key| head(&key.text)).unwrap_or_default();
    Sub { asked, partition: record.partition, at: record.timestamp_ms, key }
}

impl Sub {
    fn view(self) -> AnyView {
        let Self { asked, partition, at, key } = self;
        view! {
            <span class="cell-sub num">
                <span class="messages-partition">{format!("partition {partition}")}</span>
                <span>{key}</span>
                <span>{move || asked.time(at)}</span>
            </span>
        }
        .into_any()
    }
}

fn content(asked: Asked, record: &RecordView, column: ListColumn) -> AnyView {
    match column {
        ListColumn::Partition => record.partition.into_any(),
        ListColumn::Time => {
            let at = record.timestamp_ms;
            (move || asked.time(at)).into_any()
        }
        ListColumn::Key => payload(record.key.as_ref(), "no key"),
        ListColumn::Value => payload(record.value.as_ref(), "tombstone"),
        ListColumn::Headers => headers(record),
        ListColumn::Size => {
            let parts = record.key.iter().chain(&record.value);
            bytes::bytes(parts.map(|part| part.size).sum()).into_any()
        }
        ListColumn::Schema => schema(record.value.as_ref()),
    }
}

fn payload(payload: Option<&PayloadView>, none: &'static str) -> AnyView {
    let Some(payload) = payload else {
        return view! { <span class="muted">{none}</span> }.into_any();
    };
    let text = head(&payload.text);
    let title = match (&payload.trouble, &payload.schema) {
        (Some(trouble), _) => format!("Not decoded: {}", trouble.cause),
        (None, Some(schema)) => schema_name(schema),
        (None, None) => decoding_name(payload.decoding).to_owned(),
    };
    let mark = payload.trouble.is_some().then(|| {
        view! {
            <Shape role=StateRole::Attention />
            <span class="visually-hidden">"not decoded "</span>
        }
    });
    view! { <span class="mono" title=title>{mark}{text}</span> }.into_any()
}

fn headers(record: &RecordView) -> AnyView {
    if record.headers.is_empty() {
        return view! { <span class="muted">"none"</span> }.into_any();
    }
    let all = record.headers.iter().map(|header| {
        let value = header.value.as_ref().map_or("null", |value| value.text.as_str());
        format!("{}={value}", header.name)
    });
    let text = head(&all.collect::<Vec<_>>().join(" · "));
    view! { <span class="mono">{text}</span> }.into_any()
}

fn schema(value: Option<&PayloadView>) -> AnyView {
    let Some(value) = value else { return view! { <span class="muted">"–"</span> }.into_any() };
    let id = value.schema_id.map(|id| format!("{id} · "));
    match &value.schema {
        Some(schema) => {
            let text = format!("{}{}", id.unwrap_or_default(), schema_name(schema));
            view! { <span title=text.clone()>{text.clone()}</span> }.into_any()
        }
        None => {
            let text = format!("{}{}", id.unwrap_or_default(), decoding_name(value.decoding));
            view! { <span class="muted">{text}</span> }.into_any()
        }
    }
}

fn head(text: &str) -> String {
    text.chars().take(SHOWN).collect()
}
