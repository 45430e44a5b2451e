//! Composition root: makes the handles, reads the URL, shows the page.

use leptos::prelude::*;
use leptos_router::components::Router;

use crate::parts;
use crate::shell::Shell;
use crate::socket::Socket;
use crate::state::{Clock, Clusters, Links, Nav, Palette, Theme, Toasts};
use crate::ui::ErrorNote;

/// The whole console.
#[component]
pub fn App() -> impl IntoView {
    let clock = Clock::start();
    let socket = Socket::start(clock);
    provide_context(clock);
    provide_context(socket);
    provide_context(Clusters::start(socket));
    provide_context(Links::start(socket));
    provide_context(Toasts::start(clock));
    provide_context(Theme::start());
    provide_context(Palette::new());
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
    // A change of the query alone keeps the page: what is typed and scrolled in it stays.
    let page = Memo::new(move |_| nav.route().get().map(|route| route.page()));
    view! {
        <Shell>
            <ErrorBoundary fallback=broken>{move || parts::page(page.get())}</ErrorBoundary>
        </Shell>
    }
}

/// What stands in place of a page that could not be drawn.
fn broken(errors: ArcRwSignal<Errors>) -> impl IntoView {
    let causes = {
        let errors = errors.clone();
        Signal::derive(move || {
            let texts: Vec<String> =
                errors.read().iter().map(|(_, error)| error.to_string()).collect();
            Some(texts.join("\n"))
        })
    };
    let retry = Callback::new(move |()| errors.update(|errors| *errors = Errors::default()));
    view! {
        <ErrorNote
            message="This page could not be drawn."
            cause=causes
            remedy=Some("Try again; if it stays, reload the page.".to_owned())
            retry
        />
    }
}
