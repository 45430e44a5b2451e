//! Which columns the list has, as the URL says and as it is chosen.

use leptos::ev;
use leptos::html;
use leptos::prelude::*;

use super::Asked;
use crate::model::messages::columns::{ListColumn, path, paths, with_path};
use crate::ui::{Button, Column, Toggle};

/// The columns of the table. On small screens only the offset and the column that says most are left.
pub(super) fn columns(chosen: &[ListColumn], paths: &str) -> Vec<Column> {
    let main = main_column(chosen);
    let mut all = vec![Column::new("offset", "Offset", "132px")];
    for column in chosen {
        let width = match column {
            ListColumn::Partition => "84px",
            ListColumn::Time => "196px",
            ListColumn::Key => "18%",
            ListColumn::Value => "",
            ListColumn::Headers => "20%",
            ListColumn::Size => "92px",
            ListColumn::Schema => "200px",
        };
        let made = Column::new(column.word(), column.label(), width);
        let is_number = matches!(column, ListColumn::Partition | ListColumn::Size);
        let made = if is_number { made.numeric() } else { made };
        all.push(if Some(*column) == main { made } else { made.wide() });
    }
    for (n, path) in self::paths(paths).enumerate() {
        let made = Column::new("path", "", "").titled(path.to_owned());
        all.push(if main.is_none() && n == 0 { made } else { made.wide() });
    }
    all
}

/// The column that small screens show beside the offset.
pub(super) fn main_column(chosen: &[ListColumn]) -> Option<ListColumn> {
    let by_worth = [
        ListColumn::Value,
        ListColumn::Key,
        ListColumn::Headers,
        ListColumn::Schema,
        ListColumn::Time,
        ListColumn::Size,
    ];
    by_worth.into_iter().find(|column| chosen.contains(column))
}

/// Choosing columns.
#[component]
pub(super) fn ColumnChoice(asked: Asked) -> impl IntoView {
    let query = asked.query;
    let root = NodeRef::<html::Details>::new();
    let typed = RwSignal::new(String::new());
    let close = move || {
        if let Some(element) = root.get_untracked() {
            element.set_open(false);
        }
    };
    let outside = window_event_listener(ev::pointerdown, move |event| {
        use wasm_bindgen::JsCast;
        let target = event.target().and_then(|target| target.dyn_into::<web_sys::Node>().ok());
        let is_inside = root.get_untracked().is_some_and(|root| root.contains(target.as_ref()));
        if !is_inside {
            close();
        }
    });
    on_cleanup(move || outside.remove());
    let boxes = ListColumn::ALL.map(|column| {
        let checked = Signal::derive(move || {
            query.with(|query| ListColumn::chosen(&query.columns).contains(&column))
        });
        view! {
            <Toggle
                label=column.label()
                checked
                on_change=move |is_on: bool| {
                    asked.change(|query| query.columns = column.toggled(&query.columns, is_on));
                }
            />
        }
    });
    let add = move |_| {
        let new = path(&typed.get_untracked());
        if !new.is_empty() {
            asked.change(|query| query.paths = with_path(&query.paths, &new, true));
            typed.set(String::new());
        }
    };
    let known = move || {
        let all = query.with(|query| query.paths.clone());
        let all: Vec<String> = paths(&all).map(str::to_owned).collect();
        all.into_iter()
            .map(|path| {
                let gone = path.clone();
                let remove = move |()| {
                    asked.change(|query| query.paths = with_path(&query.paths, &gone, false));
                };
                let label = format!("Remove the column {path}");
                view! {
                    <li>
                        <span class="mono">{path}</span>
                        <Button label=label on_click=remove>"✕"</Button>
                    </li>
                }
            })
            .collect_view()
    };
    view! {
        <details
            class="choice"
            node_ref=root
            on:keydown=move |event| {
                if event.key() == "Escape" {
                    event.stop_propagation();
                    close();
                }
            }
        >
            <summary class="btn">"Columns"</summary>
            <div class="choice-panel" role="group" aria-label="Columns">
                {boxes.collect_view()}
                <form
                    class="choice-path"
                    on:submit=move |event| {
                        event.prevent_default();
                        add(());
                    }
                >
                    <input
                        class="input mono"
                        aria-label="Path into the value"
                        placeholder="$.order.id"
                        spellcheck="false"
                        autocapitalize="off"
                        prop:value=move || typed.get()
                        on:input=move |event| typed.set(event_target_value(&event))
                    />
                    <Button on_click=add>"Add"</Button>
                </form>
                <ul class="choice-paths">{known}</ul>
            </div>
        </details>
    }
}
