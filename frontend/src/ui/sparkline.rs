//! A line the height of a word.

use leptos::prelude::*;

use crate::model::series::{Point, area, downsample, line};

const WIDTH: u32 = 84;
const HEIGHT: u32 = 20;

/// A small line chart. The words that it illustrates must stand beside it or in `label`.
#[component]
pub fn Sparkline(
    /// Values in order of time.
    #[prop(into)]
    points: Signal<Vec<Point>>,
    /// What it shows, in words.
    #[prop(into)]
    label: Signal<String>,
) -> impl IntoView {
    let drawn = Memo::new(move |_| downsample(&points.read(), WIDTH / 2));
    view! {
        <svg class="sparkline" viewBox="0 0 84 20" role="img" aria-label=move || label.get()>
            <path class="sparkline-area" d=move || area(&drawn.read(), WIDTH, HEIGHT)></path>
            <path class="sparkline-line" d=move || line(&drawn.read(), WIDTH, HEIGHT)></path>
        </svg>
    }
}
