//! A button with further actions behind it.

use leptos::html;
use leptos::prelude::*;
use wasm_bindgen::JsCast;

use super::id::fresh_id;
use crate::model::window::Step;

/// One action of a menu.
#[derive(Clone)]
pub struct MenuItem {
    /// The verb; with `…` when a dialog follows.
    pub label: &'static str,
    /// Whether it destroys something.
    pub is_danger: bool,
    /// What it does.
    pub on_click: Callback<()>,
    /// Why it cannot be used now; none when it can.
    pub why_not: Signal<Option<String>>,
}

/// A menu of actions: opened by click, Enter or arrow down; arrows move, Escape closes.
#[component]
pub fn Menu(
    /// The button's text.
    label: &'static str,
    /// The actions.
    items: Vec<MenuItem>,
) -> impl IntoView {
    let open = RwSignal::new(false);
    let (root, button) = (NodeRef::<html::Div>::new(), NodeRef::<html::Button>::new());
    let id = fresh_id();
    let controls = id.clone();
    let n_items = items.len();
    Effect::new(move |before: Option<bool>| {
        let is_open = open.get();
        if is_open {
            focus_item(root, 0);
        } else if before == Some(true)
            && has_focus(root)
            && let Some(button) = button.get_untracked()
        {
            // Fails only on an element that left the page meanwhile.
            button.focus().ok();
        }
        is_open
    });
    let keydown = move |event: leptos::ev::KeyboardEvent| {
        let key = event.key();
        if key == "Escape" && open.get_untracked() {
            event.stop_propagation();
            open.set(false);
        } else if let Some(step) = Step::of_key(&key) {
            event.prevent_default();
            if !open.get_untracked() {
                open.set(true);
            } else if let Some(at) = step.from(focused_item(root), 1, n_items) {
                focus_item(root, at);
            }
        }
    };
    let leave = move |event: leptos::ev::FocusEvent| {
        let to = event.related_target().and_then(|to| to.dyn_into::<web_sys::Node>().ok());
        let stays = root.get_untracked().zip(to).is_some_and(|(root, to)| root.contains(Some(&to)));
        if !stays {
            open.set(false);
        }
    };
    let items = items.into_iter().map(|item| row(item, open)).collect_view();
    view! {
        <div class="menu" node_ref=root on:keydown=keydown on:focusout=leave>
            <button
                type="button"
                class="btn"
                node_ref=button
                aria-haspopup="menu"
                aria-expanded=move || open.get().to_string()
                aria-controls=controls
                on:click=move |_| open.update(|open| *open = !*open)
            >
                {label}
                <span class="menu-arrow" aria-hidden="true">"▾"</span>
            </button>
            <div class="menu-items" role="menu" id=id aria-label=label hidden=move || !open.get()>
                {items}
            </div>
        </div>
    }
}

fn row(item: MenuItem, open: RwSignal<bool>) -> impl IntoView {
    let MenuItem { label, is_danger, on_click, why_not } = item;
    let click = move |_| {
        if why_not.read_untracked().is_none() {
            open.set(false);
            on_click.run(());
        }
    };
    view! {
        <button
            type="button"
            role="menuitem"
            tabindex="-1"
            class="menu-item"
            class:menu-item--danger=is_danger
            aria-disabled=move || why_not.read().is_some().then_some("true")
            on:click=click
        >
            {label}
            <span class="menu-why">{move || why_not.get()}</span>
        </button>
    }
}

fn menu_items(root: NodeRef<html::Div>) -> Vec<web_sys::HtmlElement> {
    let Some(root) = root.get_untracked() else { return Vec::new() };
    let Ok(found) = root.query_selector_all("[role=menuitem]") else { return Vec::new() };
    (0..found.length()).filter_map(|at| found.get(at)?.dyn_into().ok()).collect()
}

fn focus_item(root: NodeRef<html::Div>, at: usize) {
    request_animation_frame(move || {
        if let Some(item) = menu_items(root).get(at) {
            // Fails only on an element that left the page meanwhile.
            item.focus().ok();
        }
    });
}

fn focused_item(root: NodeRef<html::Div>) -> Option<usize> {
    let active: web_sys::HtmlElement = document().active_element()?.dyn_into().ok()?;
    menu_items(root).iter().position(|item| *item == active)
}

fn has_focus(root: NodeRef<html::Div>) -> bool {
    let active = document().active_element();
    root.get_untracked().zip(active).is_some_and(|(root, active)| root.contains(Some(&active)))
}
