//! A record as typed.

use drawbridge_shared::record::{BytesDraft, Encoding, HeaderDraft, RecordDraft};
use drawbridge_shared::view::Decoding;
use drawbridge_shared::wire::{Request, Response};
use leptos::prelude::*;
use leptos::task::spawn_local;

use super::super::ask::Ask;
use crate::model::produce as model;
use crate::routes::RecordPlace;
use crate::socket::{RequestError, Socket};
use crate::ui::{Button, ButtonKind, SelectField, Show, TextArea, Toggle};

/// A key or a value being typed.
#[derive(Clone, Copy)]
pub(super) struct Bytes {
    text: RwSignal<String>,
    encoding: RwSignal<String>,
    is_none: RwSignal<bool>,
}

impl Bytes {
    fn new(is_none: bool) -> Self {
        Self {
            text: RwSignal::new(String::new()),
            encoding: RwSignal::new("text".to_owned()),
            is_none: RwSignal::new(is_none),
        }
    }

    fn draft(self) -> Option<BytesDraft> {
        let (text, encoding) = (self.text.get(), Encoding::named(&self.encoding.read()));
        (!self.is_none.get()).then_some(BytesDraft { text, encoding })
    }

    fn set(self, draft: Option<BytesDraft>) {
        self.is_none.set(draft.is_none());
        let draft = draft.unwrap_or_default();
        self.text.set(draft.text);
        self.encoding.set(draft.encoding.as_str().to_owned());
    }
}

/// A header being typed.
#[derive(Clone, Copy)]
struct Header {
    id: u32,
    name: RwSignal<String>,
    value: Bytes,
}

/// The form's state.
#[derive(Clone, Copy)]
pub(super) struct Form {
    key: Bytes,
    value: Bytes,
    headers: RwSignal<Vec<Header>>,
    next_header: RwSignal<u32>,
    pub(super) partition: RwSignal<String>,
    pub(super) codec: RwSignal<String>,
    pub(super) copies: RwSignal<String>,
}

impl Form {
    pub(super) fn start() -> Self {
        Self {
            key: Bytes::new(false),
            value: Bytes::new(false),
            headers: RwSignal::new(Vec::new()),
            next_header: RwSignal::new(0),
            partition: RwSignal::new(String::new()),
            codec: RwSignal::new("none".to_owned()),
            copies: RwSignal::new("1".to_owned()),
        }
    }

    pub(super) fn draft(self) -> RecordDraft {
        let headers = self.headers.get();
        let header =
            |header: &Header| HeaderDraft { name: header.name.get(), value: header.value.draft() };
        RecordDraft {
            partition: self.partition.read().parse().ok(),
            // An empty field is no key, as the field says.
            key: self.key.draft().filter(|key| !key.text.is_empty()),
            value: self.value.draft(),
            headers: headers.iter().map(header).collect(),
            timestamp_ms: None,
        }
    }

    /// How many records; none for a number that is none.
    pub(super) fn copies(self) -> Option<u32> {
        model::copies(&self.copies.read())
    }

    pub(super) fn verb(self) -> String {
        let what = if self.value.is_none.get() { "tombstone" } else { "record" };
        match self.copies().unwrap_or(1) {
            1 => format!("Produce 1 {what}"),
            n => format!("Produce {n} {what}s"),
        }
    }

    fn add_header(self, name: String, value: Option<BytesDraft>) {
        let id = self.next_header.get_untracked();
        self.next_header.set(id + 1);
        let header = Header { id, name: RwSignal::new(name), value: Bytes::new(false) };
        header.value.set(value);
        self.headers.update(|headers| headers.push(header));
    }
}

/// Fills the form with the record that is to be sent again.
pub(super) fn prefill(form: Form, of: Memo<Option<RecordPlace>>) -> Signal<Option<RequestError>> {
    let socket = expect_context::<Socket>();
    let error = RwSignal::new(None);
    Effect::new(move |_| {
        let Some(asked) = of.get() else { return };
        let RecordPlace { cluster, topic, partition, offset } = asked.clone();
        let text = Decoding::Text;
        let request = Request::ReadRecord {
            cluster,
            topic,
            partition,
            offset,
            key_decoding: text,
            value_decoding: text,
            header_decoding: text,
        };
        spawn_local(async move {
            let answer = socket.request(request).await;
            // Somebody may have left, or want another record meanwhile.
            if of.try_get_untracked().flatten() != Some(asked) {
                return;
            }
            match answer {
                Ok(Response::Record(record)) => {
                    form.key.set(record.key.map(model::exact));
                    form.value.set(record.value.map(model::exact));
                    form.headers.set(Vec::new());
                    for header in record.headers {
                        form.add_header(header.name, header.value.map(model::exact));
                    }
                }
                Ok(_) => {}
                Err(refused) => error.set(Some(refused)),
            }
        });
    });
    error.into()
}

fn encodings() -> Vec<(String, String)> {
    model::ENCODINGS.map(|(value, words)| (value.to_owned(), words.to_owned())).into()
}

/// The key.
#[component]
pub(super) fn Key(
    /// The form.
    form: Form,
    /// What is wrong with it.
    error: Signal<Option<String>>,
) -> impl IntoView {
    view! {
        <div class="produce-part">
            <TextArea label="Key" value=form.key.text rows=2 error placeholder="no key".to_owned() />
            <SelectField
                label="Key is"
                value=form.key.encoding
                options=Signal::stored(encodings())
            />
        </div>
    }
}

/// The value.
#[component]
pub(super) fn Value(
    /// The form.
    form: Form,
    /// What is wrong with it.
    error: Signal<Option<String>>,
) -> impl IntoView {
    let value = form.value;
    view! {
        <div class="produce-part">
            <div>
                <Show
                    when=move || !value.is_none.get()
                    fallback=move || {
                        view! {
                            <p class="muted">"No value: a tombstone. On a compacted topic it deletes the key."</p>
                        }
                    }
                >
                    <TextArea label="Value" value=value.text rows=10 error />
                </Show>
            </div>
            <div>
                <SelectField label="Value is" value=value.encoding options=Signal::stored(encodings()) />
                <Toggle
                    label="Tombstone".to_owned()
                    checked=Signal::derive(move || value.is_none.get())
                    on_change=move |is_none: bool| value.is_none.set(is_none)
                />
            </div>
        </div>
    }
}

/// The headers.
#[component]
pub(super) fn Headers(
    /// The form.
    form: Form,
    /// Tells what was refused.
    ask: Ask,
) -> impl IntoView {
    let line = move |header: Header| {
        let remove = move |()| {
            form.headers.update(|headers| headers.retain(|one| one.id != header.id));
        };
        let at =
            move || form.headers.read().iter().position(|one| one.id == header.id).unwrap_or(0);
        let error = move || ask.field(&format!("records.0.headers.{}", at()));
        view! {
            <div class="produce-header">
                <input
                    class="input mono"
                    aria-label=move || format!("Name of header {}", at() + 1)
                    placeholder="name"
                    prop:value=move || header.name.get()
                    on:input=move |event| header.name.set(event_target_value(&event))
                />
                <input
                    class="input mono"
                    aria-label=move || format!("Value of header {}", at() + 1)
                    placeholder=move || if header.value.is_none.get() { "null" } else { "value" }
                    prop:value=move || header.value.text.get()
                    on:input=move |event| {
                        header.value.is_none.set(false);
                        header.value.text.set(event_target_value(&event));
                    }
                />
                <select
                    class="input"
                    aria-label=move || format!("Header {} is", at() + 1)
                    on:change=move |event| header.value.encoding.set(event_target_value(&event))
                >
                    {model::ENCODINGS.map(|(value, words)| {
                        let is_chosen = move || *header.value.encoding.read() == value;
                        view! { <option value=value prop:selected=is_chosen>{words}</option> }
                    })}
                </select>
                <Button
                    kind=ButtonKind::Quiet
                    label=Signal::derive(move || format!("Remove header {}", at() + 1))
                    on_click=remove
                >
                    "✕"
                </Button>
                <span class="field-error">{error}</span>
            </div>
        }
    };
    view! {
        <fieldset class="produce-headers">
            <legend>"Headers"</legend>
            <For each=move || form.headers.get() key=|header| header.id children=line />
            <Button on_click=move |()| form.add_header(String::new(), Some(BytesDraft::default()))>
                "Add a header"
            </Button>
        </fieldset>
    }
}
