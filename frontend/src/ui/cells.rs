//! Numbers, sizes, ages and found names as cells show them: readable, exact on hover.

use leptos::prelude::*;

use crate::model::filter::Needles;
use crate::model::{bytes, number, time};

/// An exact count; a dash when not known.
#[component]
pub fn Count(
    /// The count.
    #[prop(into)]
    n: Signal<Option<u64>>,
) -> impl IntoView {
    view! { <span class="num">{move || number::count_or_unknown(n.get())}</span> }
}

/// An amount of data, exact on hover; a dash when not known.
#[component]
pub fn Bytes(
    /// The bytes.
    #[prop(into)]
    n: Signal<Option<u64>>,
) -> impl IntoView {
    view! {
        <span class="num" title=move || n.get().map(bytes::exact_bytes)>
            {move || bytes::bytes_or_unknown(n.get())}
        </span>
    }
}

/// A count that is an estimate, marked so: exact below a million, rounded above, all digits on hover.
#[component]
pub fn Estimate(
    /// The count; a dash when not known.
    #[prop(into)]
    n: Signal<Option<u64>>,
    /// What makes it an estimate; read out and shown on hover.
    why: &'static str,
) -> impl IntoView {
    let text = move || match n.get() {
        None => number::UNKNOWN.to_owned(),
        Some(0) => "0".to_owned(),
        Some(n) if n < 1_000_000 => format!("≈ {}", number::count(n)),
        Some(n) => format!("≈ {}", number::compact(n)),
    };
    let title = move || n.get().map(|n| format!("At most {}. {why}", number::count(n)));
    view! { <span class="num" title=title>{move || text()}</span> }
}

/// How long ago something was, by a clock; the point in time on hover.
#[component]
pub fn Age(
    /// What time it is.
    #[prop(into)]
    now_ms: Signal<i64>,
    /// When it was.
    #[prop(into)]
    at_ms: Signal<i64>,
) -> impl IntoView {
    let exact = move || format!("{} UTC", time::absolute(at_ms.get(), 0));
    view! {
        <time class="num" title=exact>
            {move || time::age(now_ms.get(), at_ms.get())}
        </time>
    }
}

/// A text with what was searched for marked in it.
#[component]
pub fn Marked(
    /// The text.
    text: String,
    /// The search as typed.
    #[prop(into)]
    search: Signal<String>,
) -> impl IntoView {
    move || {
        Needles::new(&search.read())
            .pieces(&text)
            .into_iter()
            .map(|(piece, is_found)| {
                let piece = piece.to_owned();
                if is_found { view! { <mark>{piece}</mark> }.into_any() } else { piece.into_any() }
            })
            .collect_view()
    }
}
