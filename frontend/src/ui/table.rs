//! A table that draws only the rows in view, so that ten thousand scroll as smoothly as ten.
//!
//! Rows have a fixed height and a key; a row keeps its elements while it stays in view, however the order changes.
//! The arrow keys, Page Up, Page Down, Home and End move through rows, Enter opens one, Space ticks its box.

use std::hash::Hash;
use std::ops::Range;
use std::sync::Arc;

use leptos::ev;
use leptos::html;
use leptos::prelude::*;
use leptos::tachys::view::keyed::SerializableKey;
use wasm_bindgen::JsCast;

mod head;
mod rows;

pub use head::{Column, Sorted};
pub use rows::Rows;

use super::id::fresh_id;
use crate::model::window::{Heights, Step, reveal, window as rows_in_view};
use head::head_cell;

const OVERSCAN: usize = 6;
const HEAD_HEIGHT: u32 = 34;
const NARROW: f64 = 720.0;

/// Height and width of the browser's window.
fn window_size() -> (u32, bool) {
    let of = |value: Result<wasm_bindgen::JsValue, _>| value.ok().and_then(|value| value.as_f64());
    let height = of(window().inner_height()).unwrap_or(900.0);
    let width = of(window().inner_width()).unwrap_or(1440.0);
    // More than the table can be high: rows outside of it are a matter of a few elements.
    (pixels(height), width < NARROW)
}

#[expect(
    clippy::cast_possible_truncation,
    clippy::cast_sign_loss,
    reason = "a window's height; `as` saturates"
)]
fn pixels(value: f64) -> u32 {
    value as u32
}

/// A virtualised table with a sticky head.
#[component]
pub fn DataTable<K>(
    /// The table's name for screen readers.
    caption: &'static str,
    /// The columns; the first holds each row's name.
    columns: Vec<Column>,
    /// The rows' keys in order.
    #[prop(into)]
    keys: Rows<K>,
    /// Makes a row's cells: one `th scope="row"` or `td` per column.
    row: Arc<dyn Fn(K) -> AnyView + Send + Sync>,
    /// The column and direction in force.
    #[prop(into, optional)]
    sorted: Signal<Option<Sorted>>,
    /// Called with the key of the column whose head was clicked.
    #[prop(into, optional)]
    on_sort: Option<Callback<&'static str>>,
    /// Called with the row that Enter was pressed on.
    #[prop(into, optional)]
    on_open: Option<Callback<K>>,
    /// Height of a row in pixels, wide and narrow.
    #[prop(default = (36, 56))]
    row_heights: (u32, u32),
) -> impl IntoView
where
    K: Clone + Eq + Hash + SerializableKey + Send + Sync + 'static,
{
    let id = StoredValue::new(fresh_id());
    let scroller = NodeRef::<html::Div>::new();
    // How far it is scrolled, and how high the view of rows is.
    let scrolled = RwSignal::new((0u32, 0u32));
    let size = RwSignal::new(window_size());
    let resize = window_event_listener(ev::resize, move |_| size.set(window_size()));
    on_cleanup(move || resize.remove());
    let height = move || if size.get().1 { row_heights.1 } else { row_heights.0 };
    let total = keys.len();
    let heights = move || Heights::of(total.get(), height(), scrolled.get().1);
    let shown: Memo<Range<usize>> = Memo::new(move |_| {
        let at = heights().at(scrolled.get().0);
        rows_in_view(at, size.get().0, height(), total.get(), OVERSCAN)
    });
    let keys = StoredValue::new(keys);
    let current = RwSignal::new(None::<K>);
    let position = move || keys.with_value(|keys| current.with(|key| keys.position(key.as_ref()?)));
    let keydown = move |event: ev::KeyboardEvent| {
        if event.alt_key() || event.ctrl_key() || event.meta_key() || !is_own(&event) {
            return;
        }
        if event.key() == "Enter" {
            if let Some((open, key)) = on_open.zip(current.get_untracked()) {
                event.prevent_default();
                open.run(key);
            }
            return;
        }
        let Some(element) = scroller.get_untracked() else { return };
        if event.key() == " " {
            if let Some(tick) = tick_of_current(&element) {
                event.prevent_default();
                tick.click();
            }
            return;
        }
        let Some(step) = Step::of_key(&event.key()) else { return };
        event.prevent_default();
        let (top, view) = scroll(&element);
        let height = untrack(height);
        let page = usize::try_from(view / height.max(1)).unwrap_or(1);
        let (now, total) = (untrack(position), total.get_untracked());
        let Some(next) = step.from(now, page, total) else { return };
        current.set(untrack(|| keys.with_value(|keys| keys.get(next..next + 1).pop())));
        let heights = Heights::of(total, height, view);
        if let Some(at) = reveal(next, height, heights.at(top), view) {
            let top = heights.scroll_to(at);
            element.set_scroll_top(i32::try_from(top).unwrap_or(i32::MAX));
        }
    };
    let visible = move || keys.with_value(|keys| keys.get(shown.get()));
    let body_row = move |index: ReadSignal<usize>, key: K| {
        let own = key.clone();
        let is_current = Memo::new(move |_| current.read().as_ref() == Some(&own));
        let at = move || shown.read().start + index.get();
        let clicked = key.clone();
        view! {
            <tr
                id=move || id.with_value(|id| format!("{id}-{}", at()))
                aria-rowindex=move || at() + 2
                class:current=move || is_current.get()
                on:click=move |_| current.set(Some(clicked.clone()))
            >
                {row(key)}
            </tr>
        }
    };
    // Only a row that is drawn can be pointed at.
    let active = move || {
        let at = position()?;
        shown.read().contains(&at).then(|| id.with_value(|id| format!("{id}-{at}")))
    };
    let around = Memo::new(move |_| heights().around(&shown.read(), scrolled.get().0));
    // A spacer may not span columns that are left out: it would make room for them.
    let n_columns = columns.len();
    let n_narrow = columns.iter().filter(|column| !column.is_left_out()).count();
    let span = move || if size.get().1 { n_narrow } else { n_columns };
    let widths = columns.iter().map(Column::col).collect_view();
    let heads = columns.into_iter().map(|column| head_cell(column, sorted, on_sort)).collect_view();
    let spacer = move |height: Signal<u32>| {
        view! {
            <tbody aria-hidden="true" class="spacer">
                <tr>
                    <td colspan=span style=move || format!("height:{}px", height.get())></td>
                </tr>
            </tbody>
        }
    };
    view! {
        <div
            class="table-scroll"
            node_ref=scroller
            tabindex="0"
            role="group"
            aria-label=format!("{caption}: arrow keys move through rows")
            aria-activedescendant=active
            on:scroll=move |_| {
                if let Some(element) = scroller.get_untracked() {
                    scrolled.set(scroll(&element));
                }
            }
            on:keydown=keydown
        >
            <table
                class="table"
                class:table--narrow=move || size.get().1
                style=move || format!("--row:{}px", height())
                aria-rowcount=move || total.get() + 1
            >
                <caption class="visually-hidden">{caption}</caption>
                <colgroup>{widths}</colgroup>
                <thead>
                    <tr aria-rowindex="1">{heads}</tr>
                </thead>
                {spacer(Signal::derive(move || around.get().0))}
                <tbody>
                    <ForEnumerate each=visible key=|key| key.clone() children=body_row />
                </tbody>
                {spacer(Signal::derive(move || around.get().1))}
            </table>
        </div>
    }
}

/// How far an element is scrolled, and how much of its rows is in view.
fn scroll(element: &web_sys::Element) -> (u32, u32) {
    let pixels = |value: i32| u32::try_from(value).unwrap_or(0);
    let view = pixels(element.client_height()).saturating_sub(HEAD_HEIGHT);
    (pixels(element.scroll_top()), view)
}

/// The box that chooses the current row, in a table whose rows can be chosen.
fn tick_of_current(scroller: &web_sys::Element) -> Option<web_sys::HtmlElement> {
    scroller.query_selector("tr.current input[type=checkbox]").ok()??.dyn_into().ok()
}

/// Whether a key was pressed on the table itself, not on a link, button or field in it.
fn is_own(event: &ev::KeyboardEvent) -> bool {
    event.target() == event.current_target()
}
