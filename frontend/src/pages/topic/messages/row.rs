//! One row of the list.

use drawbridge_shared::view::{PayloadView, RecordView};
use leptos::prelude::*;

use super::Asked;
use super::again::{Again, Shown};
use super::columns::main_column;
use crate::model::bytes;
use crate::model::messages::buffer::{Buffer, Place, Preview};
use crate::model::messages::columns::{ListColumn, paths};
use crate::model::messages::{decoding_name, key, schema_name};
use crate::model::number::signed;
use crate::ui::{Shape, StateRole};

/// Signs of a text that are drawn: more than any screen is wide.
const SHOWN: usize = 300;

/// A row's cells, one for each column: those of its record, or why it is not shown.
pub(super) fn cells(
    asked: Asked,
    again: Again,
    buffer: RwSignal<Buffer>,
    chosen: &[ListColumn],
    number: &str,
) -> AnyView {
    let number = number.parse().unwrap_or(u64::MAX);
    let Some(place) = buffer.with_untracked(|buffer| buffer.place(number)) else {
        return ().into_any();
    };
    let (shown, chosen) = (again.row(number), chosen.to_vec());
    let n_paths = asked.query.with_untracked(|query| paths(&query.paths).count());
    let own = key(place.partition, place.offset);
    view! {
        <th scope="row">
            <a class="link num" href=move || asked.with_record(own.clone())>
                {signed(place.offset)}
            </a>
        </th>
        {move || match shown.get() {
            Shown::Known(Preview::Whole(record)) => whole(asked, &record, &chosen),
            other => missing(asked, place, &other, &chosen, n_paths),
        }}
    }
    .into_any()
}

fn whole(asked: Asked, record: &RecordView, chosen: &[ListColumn]) -> AnyView {
    let main = main_column(chosen);
    let sub = sub(asked, record);
    let paths = record.picked.iter().enumerate().map(|(n, picked)| {
        let shown = match picked {
            Some(text) => view! { <span class="mono">{text.clone()}</span> }.into_any(),
            None => view! { <span class="muted" title="Nothing is there">"–"</span> }.into_any(),
        };
        let sub = (main.is_none() && n == 0).then(|| sub.clone());
        cell("", shown, sub)
    });
    let paths = paths.collect_view();
    let columns = chosen.iter().map(|column| {
        let sub = (Some(*column) == main).then(|| sub.clone());
        cell(class(*column), content(asked, record, *column), sub)
    });
    view! { {columns.collect_view()} {paths} }.into_any()
}

/// The cells of a row whose record is not there: its place and time are known, and why it is not there.
fn missing(
    asked: Asked,
    place: Place,
    shown: &Shown,
    chosen: &[ListColumn],
    n_paths: usize,
) -> AnyView {
    let (words, hint) = match shown {
        Shown::Failed(why) => {
            (format!("Not read again: {why}"), "Scroll away and back to try again")
        }
        Shown::Known(Preview::Gone) => (
            "No longer in the topic".to_owned(),
            "It was deleted or compacted away since it was found",
        ),
        Shown::Known(Preview::Replaced) => (
            "Another record is here now".to_owned(),
            "The topic was deleted and made again since this record was found",
        ),
        Shown::Known(_) => ("Loading …".to_owned(), "Read again from the topic"),
    };
    let why = || view! { <span class="muted" title=hint>{words.clone()}</span> }.into_any();
    let at = place.timestamp_ms();
    let sub = Sub { asked, partition: place.partition, at, key: String::new() };
    let main = main_column(chosen);
    let columns = chosen.iter().map(|column| {
        let is_main = Some(*column) == main;
        let content = match column {
            ListColumn::Partition => place.partition.into_any(),
            ListColumn::Time => (move || asked.time(at)).into_any(),
            _ if is_main => why(),
            _ => ().into_any(),
        };
        cell(class(*column), content, is_main.then(|| sub.clone()))
    });
    let columns = columns.collect_view();
    let paths = (0..n_paths).map(|n| {
        let is_main = main.is_none() && n == 0;
        let content = if is_main { why() } else { ().into_any() };
        cell("", content, is_main.then(|| sub.clone()))
    });
    view! { {columns} {paths.collect_view()} }.into_any()
}

const fn class(column: ListColumn) -> &'static str {
    match column {
        ListColumn::Partition | ListColumn::Size => "right num",
        ListColumn::Time => "num",
        _ => "",
    }
}

/// One cell; the one that small screens keep says below what the others would.
fn cell(class: &'static str, content: AnyView, sub: Option<Sub>) -> AnyView {
    let is_main = sub.is_some();
    view! { <td class=class class:wide=!is_main>{content} {sub.map(Sub::view)}</td> }.into_any()
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
