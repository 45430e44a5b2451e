//! One record, whole.

use drawbridge_shared::view::{Decoding, RecordView, TimestampKind};
use drawbridge_shared::wire::{Request, Response};
use leptos::prelude::*;
use leptos::task::spawn_local;

use super::super::twins::Twins;
use super::Asked;
use super::payload::part;
use crate::model::messages::{decoding, place};
use crate::model::number::signed;
use crate::routes::{RecordPlace, Route, whole_record};
use crate::socket::{RequestError, Socket};
use crate::ui::{Button, ButtonKind, CopyButton, ErrorNote};

#[component]
pub(super) fn RecordPane(asked: Asked) -> impl IntoView {
    let socket = expect_context::<Socket>();
    let wanted = Memo::new(move |_| {
        asked.query.with(|query| {
            let decodings = (decoding(&query.keys), decoding(&query.decode));
            place(&query.record).map(|at| (at, decodings))
        })
    });
    let read = RwSignal::new(None::<Result<RecordView, RequestError>>);
    Effect::new(move |_| {
        read.set(None);
        let Some(((partition, offset), decodings)) = wanted.get() else { return };
        let (key_decoding, value_decoding) = decodings;
        let request = Request::ReadRecord {
            cluster: asked.subject.cluster.name(),
            topic: asked.subject.name(),
            partition,
            offset,
            key_decoding,
            value_decoding,
            header_decoding: Decoding::Auto,
        };
        spawn_local(async move {
            let answer = match socket.request(request).await {
                Ok(Response::Record(record)) => Ok(*record),
                Ok(_) => return,
                Err(error) => Err(error),
            };
            // Another one may have been opened meanwhile.
            if wanted.try_get_untracked().flatten().map(|(at, _)| at) == Some((partition, offset)) {
                read.try_set(Some(answer));
            }
        });
    });
    let step = move |by: i64| {
        asked.change(|query| {
            if let Some((partition, offset)) = place(&query.record) {
                query.record = format!("{partition}:{}", offset.saturating_add(by).max(0));
            }
        });
    };
    let keydown = move |event: leptos::ev::KeyboardEvent| match &*event.key() {
        "ArrowUp" => step(-1),
        "ArrowDown" => step(1),
        _ => {}
    };
    let twins = Twins::start(asked.subject);
    move || {
        let ((partition, offset), _) = wanted.get()?;
        let content = move || match read.get() {
            None => view! { <p class="muted">"Loading …"</p> }.into_any(),
            Some(Err(error)) => {
                let cause = error.cause();
                let remedy = error.remedy();
                view! { <ErrorNote message=error.message() cause remedy /> }.into_any()
            }
            Some(Ok(record)) => whole(asked, record),
        };
        let link = move || {
            let path = asked.with_record(format!("{partition}:{offset}"));
            format!("{}{path}", super::super::gate::origin())
        };
        Some(view! {
            <aside class="messages-record" aria-label="Record" tabindex="0" on:keydown=keydown>
                <header>
                    <h2 class="num">"Partition " {partition} " · offset " {signed(offset)}</h2>
                    <Button kind=ButtonKind::Quiet label="Offset before" on_click=move |()| step(-1)>"↑"</Button>
                    <Button kind=ButtonKind::Quiet label="Offset after" on_click=move |()| step(1)>"↓"</Button>
                    <CopyButton text=Signal::derive(link) label="Copy link to this record" word="Link" />
                    <Button
                        kind=ButtonKind::Quiet
                        label="Close the record"
                        on_click=move |()| asked.change(|query| query.record.clear())
                    >
                        "✕"
                    </Button>
                </header>
                <p class="messages-elsewhere">
                    <a class="link" href=again(asked, partition, offset)>"Send again…"</a>
                    {move || {
                        let places = twins.comparisons(partition, offset).into_iter();
                        places
                            .map(|(words, href)| view! { <a class="link" href=href>{words}</a> })
                            .collect_view()
                    }}
                </p>
                {content}
            </aside>
        })
    }
}

/// The form with this record in it.
fn again(asked: Asked, partition: i32, offset: i64) -> String {
    let (cluster, topic) = (asked.subject.cluster.name(), asked.subject.name());
    let of = RecordPlace { cluster: cluster.clone(), topic: topic.clone(), partition, offset };
    Route::Produce { cluster, topic, of: Some(of) }.path()
}

fn whole(asked: Asked, record: RecordView) -> AnyView {
    let clock = match record.timestamp_kind {
        TimestampKind::Create => "set by the producer",
        TimestampKind::LogAppend => "set by the broker",
    };
    let at = record.timestamp_ms;
    let headers = (!record.headers.is_empty()).then(|| {
        let rows = record.headers.into_iter().map(|header| {
            let value = header.value.map_or_else(|| "null".to_owned(), |value| value.text);
            view! { <tr><th scope="row">{header.name}</th><td class="mono wrap">{value}</td></tr> }
        });
        view! {
            <h3>"Headers"</h3>
            <table class="table table--auto">
                <caption class="visually-hidden">"Headers"</caption>
                <tbody>{rows.collect_view()}</tbody>
            </table>
        }
    });
    let is_cut = [&record.key, &record.value].into_iter().flatten().any(|part| part.truncated);
    let (partition, offset) = (record.partition, record.offset);
    let all = is_cut.then(|| {
        let (cluster, topic) = (asked.subject.cluster.name(), asked.subject.name());
        let href = whole_record(&cluster, &topic, partition, offset);
        view! {
            <p>
                <a class="link" href=href download="" rel="external">"Load all of it as a file"</a>
            </p>
        }
    });
    view! {
        <p class="muted num">{move || asked.time(at)} " " {clock}</p>
        {all}
        {part("Key", record.key, "no key")}
        {part("Value", record.value, "A tombstone: the key is deleted")}
        {headers}
    }
    .into_any()
}
