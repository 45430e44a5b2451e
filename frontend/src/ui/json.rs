//! JSON that can be folded.

use leptos::html;
use leptos::prelude::*;

use crate::model::messages::json::Json;

/// Lines that are unfolded from the start.
const OPEN: usize = 400;
/// Items of one object or list that are drawn at a time.
const PORTION: usize = 200;

/// A value in JSON, laid out with one field a line.
#[component]
pub fn JsonTree(
    /// The value.
    value: Json,
    /// What it is, for screen readers.
    #[prop(into)]
    label: String,
) -> impl IntoView {
    // Of a long one only the outermost is open, so that it is there at once.
    let levels = if value.lines() <= OPEN { usize::MAX } else { 1 };
    view! {
        <div class="json mono" role="group" aria-label=label>
            {node(None, value, "", levels)}
        </div>
    }
}

fn node(name: Option<String>, value: Json, comma: &'static str, levels: usize) -> AnyView {
    let named = name.map(|name| view! { <span class="json-name">{name}</span> ": " });
    let (open, close, count) = match value.brackets() {
        Some(brackets) => brackets,
        None => {
            let Json::Plain(text) = value else { return ().into_any() };
            let class = if text.starts_with('"') { "json-text" } else { "json-plain" };
            return view! { <div class="json-line">{named}<span class=class>{text}</span>{comma}</div> }
                .into_any();
        }
    };
    if count == 0 {
        return view! { <div class="json-line">{named}{open}{close}{comma}</div> }.into_any();
    }
    let element = NodeRef::<html::Details>::new();
    let is_open_first = levels > 0;
    let is_open = RwSignal::new(is_open_first);
    let toggle = move |_: leptos::ev::Event| {
        if let Some(element) = element.get_untracked() {
            is_open.set(element.open());
        }
    };
    let value = StoredValue::new(value);
    let inner = move || {
        is_open.get().then(|| value.with_value(|value| items(value, levels.saturating_sub(1))))
    };
    let folded = move || (!is_open.get()).then(|| format!("… {count} {close}{comma}"));
    let end = move || is_open.get().then(|| view! { <div class="json-line">{close}{comma}</div> });
    view! {
        <details class="json-branch" node_ref=element open=is_open_first on:toggle=toggle>
            <summary>{named}{open}{folded}</summary>
            <div class="json-inner">{inner}</div>
        </details>
        {end}
    }
    .into_any()
}

/// What is in an object or list, as much of it as is asked for.
fn items(value: &Json, levels: usize) -> AnyView {
    let all: Vec<(Option<String>, Json)> = match value {
        Json::Plain(_) => Vec::new(),
        Json::Object(fields) => {
            fields.iter().map(|(name, value)| (Some(name.clone()), value.clone())).collect()
        }
        Json::List(items) => items.iter().map(|item| (None, item.clone())).collect(),
    };
    let n = all.len();
    let all = StoredValue::new(all);
    let shown = RwSignal::new(PORTION.min(n));
    let drawn = move |range: std::ops::Range<usize>| {
        all.with_value(|all| {
            let last = n.saturating_sub(1);
            let part = all.iter().enumerate().skip(range.start).take(range.len());
            part.map(|(at, (name, value))| {
                node(name.clone(), value.clone(), if at < last { "," } else { "" }, levels)
            })
            .collect_view()
        })
    };
    let portions = move || (0..shown.get().div_ceil(PORTION)).collect::<Vec<_>>();
    let more = move || {
        let left = n - shown.get();
        (left > 0).then(|| {
            let next = left.min(PORTION);
            view! {
                <button
                    type="button"
                    class="json-more"
                    on:click=move |_| shown.update(|shown| *shown += next)
                >
                    {format!("Show {next} more of {left}")}
                </button>
            }
        })
    };
    view! {
        <For
            each=portions
            key=|portion| *portion
            children=move |portion| drawn(portion * PORTION..((portion + 1) * PORTION).min(n))
        />
        {more}
    }
    .into_any()
}
