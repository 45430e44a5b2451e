//! A line the height of a word: the last half hour, or as much of it as is known.

use leptos::prelude::*;

use crate::model::history::SPAN_MS;
use crate::model::lag::span;
use crate::model::series::{Point, area, downsample, line};

const WIDTH: u32 = 84;
const HEIGHT: u32 = 20;

#[expect(clippy::cast_precision_loss, reason = "milliseconds, exact in an f64")]
const AXIS: f64 = SPAN_MS as f64;

/// A small line chart over the last 30 minutes; what is not known of them stays empty and is said. The words that
/// it illustrates must stand beside it or in `label`.
#[component]
pub fn Sparkline(
    /// Values in order of time, which is in milliseconds.
    #[prop(into)]
    points: Signal<Vec<Point>>,
    /// What it shows, in words: `Throughput of orders`.
    #[prop(into)]
    label: String,
) -> impl IntoView {
    let drawn = Memo::new(move |_| downsample(&points.read(), WIDTH / 2));
    let said = Memo::new(move |_| {
        let points = points.read();
        let known = points.first().zip(points.last()).map_or(0.0, |(first, last)| last.x - first.x);
        #[expect(clippy::cast_possible_truncation, reason = "less than an hour; `as` saturates")]
        match known as i64 {
            // Some seconds at the beginning are between two of its steps.
            ms if ms > SPAN_MS - 60_000 => format!("{label}, last 30 min"),
            ms if ms > 0 => format!("{label}, last {}; nothing is known before", span(Some(ms))),
            _ => format!("{label}: nothing is known yet"),
        }
    });
    view! {
        <span class="sparkline" title=said>
            <svg viewBox="0 0 84 20" role="img" aria-label=said>
                <path class="sparkline-area" d=move || area(&drawn.read(), WIDTH, HEIGHT, AXIS)></path>
                <path class="sparkline-line" d=move || line(&drawn.read(), WIDTH, HEIGHT, AXIS)></path>
            </svg>
        </span>
    }
}
