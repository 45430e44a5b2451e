//! The last half hour in curves.

use leptos::prelude::*;

use crate::model::bytes::bytes;
use crate::model::history::{Curve, until};
use crate::model::lag;
use crate::model::number::UNKNOWN;
use crate::model::time::age;
use crate::pages::past::Past;
use crate::state::Clock;
use crate::ui::Chart;

/// Throughput, lag in records and lag in time of a link or of one mirror.
#[component]
pub(in crate::pages) fn Charts(
    /// Its points.
    history: Past,
) -> impl IntoView {
    let now = expect_context::<Clock>().now();
    let chart = move |title, curve: Curve, words: fn(Option<u64>) -> String| {
        let newest = move || {
            let newest = history.read().last().copied();
            words(newest.and_then(|point| curve.peak(&[point])))
        };
        let since = move || {
            let first = history.read().first().map(|point| point.at_ms);
            first.map(|first| age(now.get(), first)).unwrap_or_default()
        };
        let until = move || {
            let last = history.read().last().map(|point| point.at_ms);
            until(now.get(), last)
        };
        view! {
            <Chart
                title
                now=Signal::derive(newest)
                peak=Signal::derive(move || words(curve.peak(&history.read())))
                since=Signal::derive(since)
                until=Signal::derive(until)
                points=Signal::derive(move || curve.points(&history.read()))
            />
        }
    };
    view! {
        <section class="panel charts" aria-label="Last half hour">
            {chart("Throughput", Curve::Throughput, |n| {
                n.map_or_else(|| UNKNOWN.to_owned(), |n| format!("{}/s", bytes(n)))
            })}
            {chart("Lag, records", Curve::Lag, |n| lag::records(n.and_then(|n| n.try_into().ok())))}
            {chart("Lag, time", Curve::Behind, |ms| lag::span(ms.and_then(|ms| ms.try_into().ok())))}
        </section>
    }
}
