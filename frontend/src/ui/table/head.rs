//! Columns and their heads.

use leptos::prelude::*;

use crate::model::sort::Direction;

/// The column that rows are sorted by.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Sorted {
    /// The column's key.
    pub key: &'static str,
    /// Which way.
    pub direction: Direction,
}

/// A column of a table.
#[derive(Debug, Clone)]
pub struct Column {
    key: &'static str,
    label: &'static str,
    title: Option<String>,
    width: &'static str,
    hint: &'static str,
    is_numeric: bool,
    is_wide: bool,
    is_sortable: bool,
}

impl Column {
    /// A column with a key, a heading and a CSS width (empty takes what is left).
    #[must_use]
    pub const fn new(key: &'static str, label: &'static str, width: &'static str) -> Self {
        Self {
            key,
            label,
            title: None,
            width,
            hint: "",
            is_numeric: false,
            is_wide: false,
            is_sortable: false,
        }
    }

    /// Aligned right, with figures of one width.
    #[must_use]
    pub const fn numeric(mut self) -> Self {
        self.is_numeric = true;
        self
    }

    /// Left out on small screens; its cells need the class `wide` too.
    #[must_use]
    pub const fn wide(mut self) -> Self {
        self.is_wide = true;
        self
    }

    /// With a heading that is known only now, in place of the label.
    #[must_use]
    pub fn titled(mut self, title: String) -> Self {
        self.title = Some(title);
        self
    }

    /// Rows can be sorted by it.
    #[must_use]
    pub const fn sorts(mut self) -> Self {
        self.is_sortable = true;
        self
    }

    /// What the heading means, on hover.
    #[must_use]
    pub const fn hint(mut self, hint: &'static str) -> Self {
        self.hint = hint;
        self
    }

    /// Its key.
    #[must_use]
    pub const fn key(&self) -> &'static str {
        self.key
    }

    /// Whether small screens do without it.
    pub(super) const fn is_left_out(&self) -> bool {
        self.is_wide
    }

    fn class(&self) -> &'static str {
        match (self.is_numeric, self.is_wide) {
            (false, false) => "",
            (true, false) => "right",
            (false, true) => "wide",
            (true, true) => "right wide",
        }
    }

    pub(super) fn col(&self) -> impl IntoView + use<> {
        let style = (!self.width.is_empty()).then(|| format!("width:{}", self.width));
        view! { <col style=style class=self.class() /> }
    }
}

pub(super) fn head_cell(
    column: Column,
    sorted: Signal<Option<Sorted>>,
    on_sort: Option<Callback<&'static str>>,
) -> impl IntoView {
    let class = column.class();
    let Column { key, label, title, hint, is_sortable, .. } = column;
    let label = title.unwrap_or_else(|| label.to_owned());
    let direction =
        move || sorted.get().filter(|sorted| sorted.key == key).map(|sorted| sorted.direction);
    let aria = move || {
        direction().map(|direction| match direction {
            Direction::Ascending => "ascending",
            Direction::Descending => "descending",
        })
    };
    let arrow = move || match direction() {
        None => "",
        Some(Direction::Ascending) => "↑",
        Some(Direction::Descending) => "↓",
    };
    let hint = Some(hint).filter(|hint| !hint.is_empty());
    let content = match on_sort.filter(|_| is_sortable) {
        None => view! { <span title=hint>{label}</span> }.into_any(),
        Some(on_sort) => view! {
            <button type="button" class="sort" title=hint on:click=move |_| on_sort.run(key)>
                {label}
                <span class="sort-arrow" aria-hidden="true">{move || arrow()}</span>
            </button>
        }
        .into_any(),
    };
    view! {
        <th scope="col" class=class aria-sort=aria>
            {content}
        </th>
    }
}
