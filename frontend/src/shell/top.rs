//! The top bar: where we are, the way to anywhere, the connection, the theme.

use leptos::prelude::*;

use super::crumbs::Crumbs;
use super::icon::Icon;
use super::live::LiveIndicator;
use crate::state::{Palette, Theme, ThemeChoice};

/// The bar above every page.
#[component]
pub(super) fn TopBar(
    /// Opens the list of keys.
    help: RwSignal<bool>,
) -> impl IntoView {
    let palette = expect_context::<Palette>();
    let theme = expect_context::<Theme>();
    let choice = theme.choice();
    let theme_label = move || format!("Theme: {}", choice.get().label());
    view! {
        <header class="top">
            <Crumbs />
            <div class="top__gap"></div>
            <button
                type="button"
                class="top__search"
                aria-keyshortcuts="Control+K Meta+K"
                aria-haspopup="dialog"
                on:click=move |_| palette.open().set(true)
            >
                {Icon::Search.draw()}
                <span>"Search or run a command"</span>
                <kbd aria-hidden="true">"Ctrl K"</kbd>
            </button>
            <LiveIndicator />
            <button
                type="button"
                class="top__icon"
                aria-label=theme_label
                title=theme_label
                on:click=move |_| theme.choose(choice.get_untracked().next())
            >
                {move || drawing_of(choice.get()).draw()}
            </button>
            <button
                type="button"
                class="top__icon top__keys"
                aria-label="Keys"
                title="Keys (?)"
                aria-haspopup="dialog"
                on:click=move |_| help.set(true)
            >
                {Icon::Keys.draw()}
            </button>
        </header>
    }
}

fn drawing_of(choice: ThemeChoice) -> Icon {
    match choice {
        ThemeChoice::System => Icon::System,
        ThemeChoice::Light => Icon::Light,
        ThemeChoice::Dark => Icon::Dark,
    }
}
