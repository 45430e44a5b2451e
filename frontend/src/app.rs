//! Composition root: makes the handles, reads the URL, shows the page.

use leptos::prelude::*;
use leptos_router::components::Router;

use crate::routes::Route;
use crate::socket::Socket;
use crate::state::{Clock, Nav, Palette, Theme, Toasts};

/// The whole console.
#[component]
pub fn App() -> impl IntoView {
    let clock = Clock::start();
    provide_context(clock);
    provide_context(Toasts::start(clock));
    provide_context(Theme::start());
    provide_context(Palette::new());
    provide_context(Socket::start(clock));
    view! {
        <Router>
            <Frame />
        </Router>
    }
}

#[component]
fn Frame() -> impl IntoView {
    let nav = Nav::start();
    provide_context(nav);
    let page = Memo::new(move |_| nav.route().get().map(|route| route.page()));
    view! { <main id="main">{move || page.get().map_or_else(|| "Not found".to_owned(), |page| title(&page))}</main> }
}

fn title(page: &Route) -> String {
    page.path()
}
