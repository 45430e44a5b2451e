//! Composition root: makes the handles, reads the URL, shows the page.

use leptos::prelude::*;
use leptos_router::components::Router;

use crate::pages::not_found::NotFound;
use crate::pages::topology::TopologyPage;
use crate::parts;
use crate::routes::Route;
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
            <ErrorBoundary fallback=broken>{move || page_view(page.get())}</ErrorBoundary>
        </Shell>
    }
}

fn page_view(page: Option<Route>) -> AnyView {
    let Some(page) = page else { return view! { <NotFound /> }.into_any() };
    let part = match &page {
        Route::Topology => return view! { <TopologyPage /> }.into_any(),
        Route::Links { .. }
        | Route::Link { .. }
        | Route::Mirrors { .. }
        | Route::Mirror { .. }
        | Route::Activity { .. } => parts::LINKS,
        Route::LinkNew { .. } | Route::MirrorsAdd { .. } | Route::CutOver { .. } => parts::DEEDS,
        Route::Clusters
        | Route::ClusterNew
        | Route::Cluster { .. }
        | Route::Topics { .. }
        | Route::TopicNew { .. }
        | Route::Topic { .. }
        | Route::Messages { .. } => parts::CLUSTERS,
    };
    parts::show(part, page)
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
