//! A curve over the last half hour, wide enough to read.

use leptos::prelude::*;

use crate::model::series::{Point, area, downsample, line};

const WIDTH: u32 = 600;
const HEIGHT: u32 = 96;

/// A line chart with its name, its newest value and its highest.
#[component]
pub fn Chart(
    /// What it shows.
    title: &'static str,
    /// The newest value, in words.
    #[prop(into)]
    now: Signal<String>,
    /// The highest value of the time shown, in words.
    #[prop(into)]
    peak: Signal<String>,
    /// How long ago the curve begins, in words.
    #[prop(into)]
    since: Signal<String>,
    /// When it ends: `now`, or how long ago what is known ends.
    #[prop(into)]
    until: Signal<String>,
    /// Values in order of time.
    #[prop(into)]
    points: Signal<Vec<Point>>,
) -> impl IntoView {
    let drawn = Memo::new(move |_| downsample(&points.read(), WIDTH / 4));
    let label = move || {
        let (until, now, peak) = (until.get(), now.get(), peak.get());
        if drawn.read().is_empty() {
            return format!("{title} over the last 30 minutes: nothing is known yet");
        }
        format!("{title} over the last 30 minutes: {until} {now}, at most {peak}")
    };
    view! {
        <figure class="chart">
            <figcaption>
                <span class="fact-name">{title}</span>
                <b class="num">{move || now.get()}</b>
                <span class="chart-peak muted num">"at most " {move || peak.get()}</span>
            </figcaption>
            <svg viewBox="0 0 600 96" preserveAspectRatio="none" role="img" aria-label=label>
                <path class="chart-area" d=move || area(&drawn.read(), WIDTH, HEIGHT, 0.0)></path>
                <path class="chart-line" d=move || line(&drawn.read(), WIDTH, HEIGHT, 0.0)></path>
            </svg>
            <div class="chart-axis faint" aria-hidden="true">
                <span>{move || since.get()}</span>
                <span>{move || until.get()}</span>
            </div>
        </figure>
    }
}
