//! How old what is shown is: said when it is older than five seconds.

use leptos::prelude::*;

use crate::model::time::age;
use crate::socket::Followed;
use crate::state::Clock;
use crate::ui::{Shape, Show, StateRole};

/// Older than this is said.
const OLD_MS: i64 = 5_000;

/// How old a page's data is; empty while it is new. Keeps its room.
#[component]
pub fn Freshness(
    /// The feed the data came by.
    followed: Signal<Followed>,
    /// When the data was read from the cluster; none when nothing was read yet.
    #[prop(into)]
    observed_at_ms: Signal<Option<i64>>,
) -> impl IntoView {
    let now = expect_context::<Clock>().now();
    let is_cut_off = Memo::new(move |_| followed.with(|f| !f.fresh && f.data.is_some()));
    let text = Memo::new(move |_| words(now.get(), observed_at_ms.get(), is_cut_off.get()));
    view! {
        <span class="fresh" class:fresh--old=move || is_cut_off.get()>
            <Show when=move || is_cut_off.get()>
                <Shape role=StateRole::Attention />
            </Show>
            {text}
        </span>
    }
}

fn words(now_ms: i64, observed_at_ms: Option<i64>, is_cut_off: bool) -> String {
    let old = observed_at_ms.filter(|at| now_ms - at > OLD_MS);
    match (old, is_cut_off) {
        (Some(at), true) => format!("not live · as of {}", age(now_ms, at)),
        (None, true) => "not live".to_owned(),
        (Some(at), false) => format!("as of {}", age(now_ms, at)),
        (None, false) => String::new(),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn data_older_than_five_seconds_says_so_and_newer_does_not() {
        assert_eq!(words(10_000, Some(5_000), false), "");
        assert_eq!(words(10_000, Some(4_000), false), "as of 6 s ago");
        assert_eq!(words(10_000, None, false), "");
    }

    #[test]
    fn data_behind_a_lost_connection_is_never_shown_as_live() {
        assert_eq!(words(10_000, Some(9_000), true), "not live");
        assert_eq!(words(70_000, Some(9_000), true), "not live · as of 1 min ago");
    }
}
