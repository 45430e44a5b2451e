//! The frame around every page: rail, top bar, banners, palette, toasts, keys.

use leptos::prelude::*;

mod banners;
mod crumbs;
mod freshness;
mod icon;
mod keys;
mod live;
mod notices;
mod overlay;
mod palette;
mod rail;
mod toasts;
mod top;
pub(crate) mod turn;

pub use freshness::Freshness;
pub use icon::Icon;
pub(crate) use keys::list as keys;
pub(crate) use palette::finder;

use crate::parts;
use crate::state::{Nav, Palette};

/// The frame. `children` is the page.
#[component]
pub fn Shell(
    /// The page.
    children: Children,
) -> impl IntoView {
    let folded = RwSignal::new(rail::was_folded());
    turn::announce(expect_context::<Nav>());
    notices::show();
    let help = RwSignal::new(false);
    let palette = expect_context::<Palette>().open();
    keys::listen(folded, help);
    let to_content = move |event: leptos::ev::MouseEvent| {
        event.prevent_default();
        turn::focus("main");
    };
    view! {
        <a class="skip" href="#main" on:click=to_content>
            "Skip to the page's content"
        </a>
        <div class="app" class:app--folded=move || folded.get()>
            <rail::Rail folded />
            <div class="frame">
                <top::TopBar help />
                <banners::Banners />
                <main class="main" id="main" tabindex="-1">
                    {children()}
                </main>
            </div>
        </div>
        <toasts::ToastRegion />
        <overlay::Overlay open=palette label="Search or run a command" content=parts::palette />
        <overlay::Overlay open=help label="Keys" content=parts::keys />
    }
}
