//! The tab of configurations: values in words, where they come from, and edits that are shown before they are made.

use std::sync::Arc;

use drawbridge_shared::view::ConfigEntryView;
use leptos::prelude::*;

mod apply;
mod owner;
mod row;

use super::ask::{Ask, Refusal};
use crate::model::configs::{self as model, Edits};
use crate::model::number::counted;
use crate::routes::{ConfigsQuery, Route};
use crate::state::{Clock, Nav};
use crate::ui::{Age, Button, ButtonKind, EmptyState, SearchField, Show, Skeleton, Toggle};
use apply::ApplyDialog;
pub(in crate::pages) use owner::{Owned, Owner};
use row::ConfigRow;

/// Configurations as read, and what somebody is about to change in them.
#[derive(Clone, Copy)]
struct Editor {
    owner: Owner,
    ask: Ask,
    clock: Clock,
    /// As they were when edits began; what a comparison is made against.
    entries: RwSignal<Option<Arc<Vec<ConfigEntryView>>>>,
    read_at_ms: RwSignal<Option<i64>>,
    edits: RwSignal<Edits>,
    nav: Nav,
    /// What the URL says is shown.
    filter: Memo<ConfigsQuery>,
}

impl Editor {
    fn start(owner: Owner) -> Self {
        let nav = expect_context::<Nav>();
        let editor = Self {
            owner,
            ask: Ask::new(),
            clock: expect_context::<Clock>(),
            entries: RwSignal::new(None),
            read_at_ms: RwSignal::new(None),
            edits: owner.edits,
            nav,
            filter: Memo::new(move |_| {
                nav.route().read().as_ref().map(Route::configs).unwrap_or_default()
            }),
        };
        editor.read();
        editor
    }

    /// Shows others, and says so in the URL.
    fn show(self, change: impl FnOnce(&mut ConfigsQuery)) {
        let mut wanted = self.filter.get_untracked();
        change(&mut wanted);
        if let Some(route) = self.nav.route().get_untracked() {
            self.nav.replace(&route.with_configs(wanted));
        }
    }

    /// Reads them anew.
    fn read(self) {
        self.ask.send(self.owner.read(), move |response| {
            if let Some(entries) = Owner::entries(response) {
                self.entries.try_set(Some(Arc::new(entries)));
                self.read_at_ms.try_set(Some(self.clock.read_ms()));
            }
        });
    }

    fn entry<T>(self, name: &str, read: impl FnOnce(&ConfigEntryView) -> T) -> Option<T> {
        model::entry(self.entries.read().as_ref()?, name).map(read)
    }
}

/// How long ago the values were read: they are not kept up to date by themselves.
#[component]
fn ReadAt(editor: Editor) -> impl IntoView {
    let at_ms = Signal::derive(move || editor.read_at_ms.get().unwrap_or_default());
    view! {
        <Show when=move || editor.read_at_ms.read().is_some()>
            <span class="muted">"read " <Age now_ms=editor.clock.now() at_ms /></span>
        </Show>
    }
}

#[component]
pub(in crate::pages) fn Configs(owner: Owner) -> impl IntoView {
    let editor = Editor::start(owner);
    let reviewing = RwSignal::new(false);
    let is_loading = move || editor.entries.read().is_none() && editor.ask.busy().get();
    let is_here = Memo::new(move |_| editor.entries.read().is_some());
    view! {
        <Refusal error=editor.ask.error() retry=move |()| editor.read() />
        <Show when=is_loading>
            <Skeleton label="Loading configurations" rows=12 />
        </Show>
        <Show when=move || is_here.get()>
            <Toolbar editor />
            <List editor />
            <Pending editor reviewing />
        </Show>
        <ApplyDialog editor open=reviewing />
    }
}

#[component]
fn Toolbar(editor: Editor) -> impl IntoView {
    let own = editor.owner.own();
    let changed = move || {
        let entries = editor.entries.read();
        let n = entries
            .as_ref()
            .map_or(0, |entries| entries.iter().filter(|e| model::is_own(e, own)).count());
        u64::try_from(n).unwrap_or(u64::MAX)
    };
    view! {
        <div class="toolbar" role="search">
            <SearchField
                label="Search configurations"
                value=Signal::derive(move || editor.filter.read().q.clone())
                on_search=move |text: String| editor.show(|query| query.q = text)
            />
            <Toggle
                label=Signal::derive(move || format!("Only set {} ({})", editor.owner.place(), changed()))
                checked=Signal::derive(move || editor.filter.read().only_set)
                on_change=move |on| editor.show(|query| query.only_set = on)
            />
            <span class="toolbar-count">
                <ReadAt editor />
                <Button on_click=move |()| editor.read() busy=editor.ask.busy()>"Read again"</Button>
            </span>
        </div>
    }
}

#[component]
fn List(editor: Editor) -> impl IntoView {
    let names = Memo::new(move |_| {
        let entries = editor.entries.read();
        let entries = entries.as_ref().map_or(&[][..], |entries| entries.as_slice());
        model::shown(
            entries,
            &editor.filter.read().q,
            editor.filter.read().only_set.then(|| editor.owner.own()),
            &editor.edits.read(),
        )
    });
    let is_empty = Memo::new(move |_| names.read().is_empty());
    let text = move || {
        let filter = editor.filter.read();
        if filter.q.is_empty() {
            editor.owner.nothing_set().to_owned()
        } else {
            format!("No configuration contains “{}”.", filter.q.trim())
        }
    };
    view! {
        <Show
            when=move || !is_empty.get()
            fallback=move || view! { <EmptyState title="Nothing to show" text=Signal::derive(text) /> }
        >
            <div class="config-list">
                <table class="table table--auto configs">
                    <caption class="visually-hidden">"Configurations"</caption>
                    <thead>
                        <tr>
                            <th scope="col">"Configuration"</th>
                            <th scope="col">"Value"</th>
                            <th scope="col" class="wide">"Default"</th>
                            <th scope="col" class="wide">"Source"</th>
                            <th scope="col"><span class="visually-hidden">"Change"</span></th>
                        </tr>
                    </thead>
                    <tbody>
                        <For each=move || names.get() key=Clone::clone let:name>
                            <ConfigRow editor name />
                        </For>
                    </tbody>
                </table>
            </div>
        </Show>
    }
}

/// The bar that says what is not applied yet.
#[component]
fn Pending(editor: Editor, reviewing: RwSignal<bool>) -> impl IntoView {
    let n = move || u64::try_from(editor.edits.read().len()).unwrap_or(u64::MAX);
    view! {
        <Show when=move || { n() > 0 }>
            <div class="pending" role="status">
                <span>{move || counted(n(), "edit", "edits")} " not applied yet"</span>
                <Button on_click=move |()| editor.edits.set(Edits::new())>"Discard"</Button>
                <Button kind=ButtonKind::Primary on_click=move |()| reviewing.set(true)>"Review…"</Button>
            </div>
        </Show>
    }
}
