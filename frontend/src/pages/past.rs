//! The last half hour of a link or a mirror: what the gateway remembers, continued with what comes in.

use drawbridge_shared::link::LinkName;
use drawbridge_shared::names::{ClusterName, TopicName};
use drawbridge_shared::view::{HistoryPoint, LagView, RateView};
use drawbridge_shared::wire::{Request, Response};
use gloo_timers::future::TimeoutFuture;
use leptos::prelude::*;
use leptos::task::spawn_local;

use crate::model::history::{Curve, merge, push};
use crate::model::trend::{Trend, trend};
use crate::socket::{Followed, Socket};
use crate::state::Clock;
use crate::ui::Sparkline;

/// Rows that are scrolled past in less time are not asked about.
const PATIENCE_MS: u32 = 150;
/// Seconds between two points that are added.
const STEP_S: i64 = 5;

/// Points of the last half hour in order of time; empty until the gateway answered.
pub(in crate::pages) type Past = RwSignal<Vec<HistoryPoint>>;

/// Collects them as long as the caller is shown. `figures`: what held when `followed` was fresh; nothing is added
/// while it is not, and what was missed meanwhile is asked for when it is fresh again.
pub(in crate::pages) fn past(
    cluster: ClusterName,
    link: LinkName,
    topic: Option<TopicName>,
    followed: Signal<Followed>,
    figures: impl Fn() -> Option<(LagView, RateView)> + 'static,
) -> Past {
    let (socket, now) = (expect_context::<Socket>(), expect_context::<Clock>().now());
    let history = Past::new(Vec::new());
    let is_fresh = Memo::new(move |_| followed.read().fresh);
    Effect::new(move |_| {
        if !is_fresh.get() {
            return;
        }
        let (cluster, link, topic) = (cluster.clone(), link.clone(), topic.clone());
        spawn_local(async move {
            TimeoutFuture::new(PATIENCE_MS).await;
            if history.try_with_untracked(|_| ()).is_none() {
                return;
            }
            let request = Request::LinkHistory { cluster, link, topic };
            // Without a past the curve begins now.
            if let Ok(Response::History(known)) = socket.request(request).await {
                history.try_update(|points| merge(points, known));
            }
        });
    });
    Effect::new(move |before: Option<i64>| {
        let (at, before) = (now.get(), before.unwrap_or(i64::MIN));
        if at / 1_000 / STEP_S == before / 1_000 / STEP_S || !is_fresh.get_untracked() {
            return before;
        }
        if let Some((lag, rate)) = untrack(&figures) {
            history.update(|points| push(points, at, &lag, &rate));
        }
        at
    });
    history
}

/// Where the lag in records is heading, for a table: an arrow that words explain.
pub(in crate::pages) fn arrow(past: Past) -> impl IntoView {
    let trend = Memo::new(move |_| trend(&past.read()));
    let class = move || match trend.get() {
        Some(Trend { per_second, .. }) if per_second > 0.0 => "trend trend--up",
        _ => "trend",
    };
    let words = move || {
        trend.get().filter(|trend| !trend.arrow().is_empty()).map(Trend::words).unwrap_or_default()
    };
    view! {
        <span class=class title=words>
            <span aria-hidden="true">{move || trend.get().map(Trend::arrow)}</span>
            <span class="visually-hidden">{words}</span>
        </span>
    }
}

/// Throughput of the last half hour, for a table.
pub(in crate::pages) fn throughput(past: Past, name: &str) -> impl IntoView + use<> {
    let points = Signal::derive(move || Curve::Throughput.points(&past.read()));
    view! { <Sparkline points label=format!("Throughput of {name}") /> }
}
