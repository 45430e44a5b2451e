//! What is on the page while a condition holds.

use std::sync::Arc;

use leptos::either::Either;
use leptos::prelude::*;

/// Shows its children while the condition holds, and the fallback otherwise.
///
/// Leptos's own `Show` is compiled anew for every condition and its children; this one once.
#[component]
pub fn Show<W>(
    /// The condition.
    when: W,
    /// What is shown while it holds.
    children: ChildrenFn,
    /// What is shown while it does not; nothing, unless said.
    #[prop(optional, into)]
    fallback: ViewFn,
) -> impl IntoView
where
    W: Fn() -> bool + Send + Sync + 'static,
{
    show(Arc::new(when), children, fallback)
}

fn show(
    when: Arc<dyn Fn() -> bool + Send + Sync>,
    children: ChildrenFn,
    fallback: ViewFn,
) -> AnyView {
    let when = ArcMemo::new(move |_| when());
    let shown = move || {
        if when.get() { Either::Left(children()) } else { Either::Right(fallback.run()) }
    };
    shown.into_any()
}
