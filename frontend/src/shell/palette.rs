//! The command palette: type a few letters, go anywhere or do anything.

use leptos::ev;
use leptos::prelude::*;

mod offers;
mod rank;

use crate::state::{Nav, Palette, PaletteItem, PaletteTarget};
use rank::rank;

/// Matches shown at once.
const MAX_SHOWN: usize = 40;

/// The palette's content, which comes in a part.
pub(crate) fn finder() -> AnyView {
    view! { <Finder /> }.into_any()
}

#[component]
fn Finder() -> impl IntoView {
    let palette = expect_context::<Palette>();
    let nav = expect_context::<Nav>();
    let places = offers::places();
    let topics = offers::follow_topics();
    let text = RwSignal::new(String::new());
    let chosen = RwSignal::new(0usize);
    let find = move |_: Option<&Vec<PaletteItem>>| {
        let mut items = places();
        items.extend(palette.items());
        items.extend(topics.get());
        rank(&text.read(), items, MAX_SHOWN)
    };
    // Offers hold callbacks, which cannot be compared: every new list counts as changed.
    let matches = Memo::new_with_compare(find, |_, _| true);
    let run = move |at: usize| {
        let target = matches.read_untracked().get(at).map(|item| item.target.clone());
        if let Some(target) = target {
            palette.open().set(false);
            match target {
                PaletteTarget::Go(route) => nav.go(&route),
                PaletteTarget::Run(action) => action.run(()),
            }
        }
    };
    let keydown = move |event: ev::KeyboardEvent| {
        let n = matches.read_untracked().len();
        let at = chosen.get_untracked();
        let next = match event.key().as_str() {
            "ArrowDown" if at + 1 < n => at + 1,
            "ArrowDown" => 0,
            "ArrowUp" => at.checked_sub(1).unwrap_or(n.saturating_sub(1)),
            "Enter" if !event.is_composing() => {
                event.prevent_default();
                return run(at);
            }
            _ => return,
        };
        event.prevent_default();
        chosen.set(next);
        request_animation_frame(move || offers::reveal(next));
    };
    let typed = move |event| {
        text.set(event_target_value(&event));
        chosen.set(0);
    };
    view! {
        <input
            class="palette__input"
            type="text"
            role="combobox"
            aria-label="Search or run a command"
            aria-expanded="true"
            aria-controls="palette-list"
            aria-autocomplete="list"
            aria-activedescendant=move || format!("palette-{}", chosen.get())
            placeholder="Page, cluster, link, topic or action"
            autocomplete="off"
            autocapitalize="none"
            spellcheck="false"
            autofocus=true
            on:input=typed
            on:keydown=keydown
        />
        <div class="palette__list" id="palette-list" role="listbox" aria-label="Matches">
            {move || rows(&matches.read(), chosen, run)}
        </div>
        <div class="palette__foot" aria-hidden="true">
            <span>"↑ ↓ to choose"</span>
            <span>"Enter to open"</span>
            <span>"Escape to close"</span>
        </div>
    }
}

fn rows(
    items: &[PaletteItem],
    chosen: RwSignal<usize>,
    run: impl Fn(usize) + Copy + Send + Sync + 'static,
) -> AnyView {
    if items.is_empty() {
        return view! { <p class="palette__none" role="option" aria-disabled="true">"Nothing matches."</p> }
            .into_any();
    }
    let mut group = None;
    items
        .iter()
        .enumerate()
        .map(|(at, item)| {
            let heading = (group != Some(item.group)).then(|| item.group.title());
            group = Some(item.group);
            view! {
                {heading.map(|title| view! { <div class="palette__group" role="presentation">{title}</div> })}
                <div
                    class="palette__item"
                    role="option"
                    id=format!("palette-{at}")
                    aria-selected=move || (chosen.get() == at).to_string()
                    on:mousemove=move |_| chosen.set(at)
                    on:click=move |_| run(at)
                >
                    <span>{item.label.clone()}</span>
                    <span class="palette__hint">{item.hint.clone()}</span>
                </div>
            }
        })
        .collect_view()
        .into_any()
}
