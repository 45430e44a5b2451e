//! Composition root: makes the handles, reads the URL, shows the page.

use leptos::prelude::*;
use leptos_router::components::Router;

use crate::pages::access::AccessPage;
use crate::pages::activity::ActivityPage;
use crate::pages::cluster::ClusterPage;
use crate::pages::cluster_new::ClusterNewPage;
use crate::pages::clusters::ClustersPage;
use crate::pages::cut_over::CutOverPage;
use crate::pages::group::GroupPage;
use crate::pages::group_reset::GroupResetPage;
use crate::pages::groups::GroupsPage;
use crate::pages::link::LinkPage;
use crate::pages::link_new::LinkNewPage;
use crate::pages::links::LinksPage;
use crate::pages::mirror::MirrorPage;
use crate::pages::mirrors::MirrorsPage;
use crate::pages::mirrors_add::MirrorsAddPage;
use crate::pages::not_found::NotFound;
use crate::pages::topic::Topic;
use crate::pages::topic_new::TopicNew;
use crate::pages::topics::Topics;
use crate::pages::topics_all::TopicsAll;
use crate::pages::topology::TopologyPage;
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
    match page {
        None => view! { <NotFound /> }.into_any(),
        Some(Route::Topology) => view! { <TopologyPage /> }.into_any(),
        Some(Route::Links { .. }) => view! { <LinksPage /> }.into_any(),
        Some(Route::LinkNew { .. }) => view! { <LinkNewPage /> }.into_any(),
        Some(Route::Link { cluster, link, .. }) => view! { <LinkPage cluster link /> }.into_any(),
        Some(Route::Mirrors { .. }) => view! { <MirrorsPage /> }.into_any(),
        Some(Route::Mirror { cluster, link, topic }) => {
            view! { <MirrorPage cluster link topic /> }.into_any()
        }
        Some(Route::MirrorsAdd { cluster, link }) => {
            view! { <MirrorsAddPage cluster link /> }.into_any()
        }
        Some(Route::CutOver { cluster, link, action, .. }) => {
            view! { <CutOverPage cluster link action /> }.into_any()
        }
        Some(Route::Groups { .. }) => view! { <GroupsPage /> }.into_any(),
        Some(Route::Group { cluster, group }) => view! { <GroupPage cluster group /> }.into_any(),
        Some(Route::GroupReset { cluster, group, .. }) => {
            view! { <GroupResetPage cluster group /> }.into_any()
        }
        Some(Route::Access { .. }) => view! { <AccessPage /> }.into_any(),
        Some(Route::Activity { .. }) => view! { <ActivityPage /> }.into_any(),
        Some(Route::Clusters) => view! { <ClustersPage /> }.into_any(),
        Some(Route::ClusterNew) => view! { <ClusterNewPage /> }.into_any(),
        Some(Route::Cluster { cluster, .. }) => view! { <ClusterPage cluster /> }.into_any(),
        Some(Route::Topics { cluster: None, .. }) => view! { <TopicsAll /> }.into_any(),
        Some(Route::Topics { cluster: Some(cluster), .. }) => {
            view! { <Topics cluster /> }.into_any()
        }
        Some(Route::TopicNew { cluster }) => view! { <TopicNew cluster /> }.into_any(),
        Some(Route::Topic { cluster, topic, .. } | Route::Messages { cluster, topic, .. }) => {
            view! { <Topic cluster topic /> }.into_any()
        }
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
