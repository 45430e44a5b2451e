//! A key or value, whole: how it was decoded and why, then its text.

use drawbridge_shared::view::{Decoding, PayloadView, SchemaView, TroubleView};
use leptos::prelude::*;

use crate::model::bytes;
use crate::model::messages::json::Json;
use crate::model::messages::{decoding_name, pretty, schema_name};
use crate::ui::{CopyButton, JsonTree, Note, StateRole};

/// Bytes of JSON that are laid out as a tree; longer ones are text, which every browser scrolls.
const TREE: usize = 4 << 20;

pub(super) fn part(
    name: &'static str,
    payload: Option<PayloadView>,
    none: &'static str,
) -> AnyView {
    let Some(payload) = payload else {
        return view! { <h3>{name}</h3><p class="muted">{none}</p> }.into_any();
    };
    let PayloadView { size, text, decoding, why, schema_id, schema, trouble, truncated } = payload;
    let mut facts = vec![decoding_name(decoding).to_owned(), bytes::bytes(size)];
    facts.extend(schema_id.map(|id| format!("schema id {id}")));
    facts.extend(schema.as_ref().map(with_subject));
    if truncated {
        facts.push("only its beginning is shown".to_owned());
    }
    let tree = if truncated || text.len() > TREE || !is_json(decoding, trouble.as_ref()) {
        None
    } else {
        Json::read(&text).filter(|json| json.brackets().is_some())
    };
    let shown = match tree {
        Some(value) => view! { <JsonTree value label=format!("{name} as JSON") /> }.into_any(),
        None if !truncated && is_json(decoding, trouble.as_ref()) => {
            view! { <pre class="mono">{pretty(&text)}</pre> }.into_any()
        }
        None => view! { <pre class="mono">{text.clone()}</pre> }.into_any(),
    };
    view! {
        <h3>
            {name}
            <CopyButton text=Signal::stored(text) label=format!("Copy {}", name.to_lowercase()) />
        </h3>
        <p class="muted">{facts.join(" · ")} {why.map(|why| format!(" ({why})"))}</p>
        {trouble.map(|TroubleView { cause, remedy }| view! {
            <Note role=StateRole::Attention>
                <p class="note-message">"Not decoded: " {cause} "."</p>
                <p>{remedy}</p>
            </Note>
        })}
        {shown}
    }
    .into_any()
}

fn is_json(decoding: Decoding, trouble: Option<&TroubleView>) -> bool {
    match decoding {
        Decoding::Json
        | Decoding::MessagePack
        | Decoding::ConsumerOffsets
        | Decoding::TransactionState => true,
        Decoding::Registry => trouble.is_none(),
        _ => false,
    }
}

/// Which schema it was, with what it is registered under.
fn with_subject(schema: &SchemaView) -> String {
    let mut words = schema_name(schema);
    if let Some(name) = &schema.name {
        words.push_str(&format!(" · {name}"));
    }
    if schema.others > 0 {
        words.push_str(&format!(" · registered {} times more", schema.others));
    }
    words
}
