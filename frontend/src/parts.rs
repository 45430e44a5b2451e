//! Pages that are not in the first download: they come in parts, fetched when first opened or when
//! the browser has nothing else to do.
//!
//! `./dev console` cuts the compiled console at the functions that `part!` makes, so each part holds
//! what only its own pages need. A build without `--cfg console_parts` (the quick one, and tests) is
//! in one piece and behaves the same.

use std::future::Future;
use std::pin::Pin;

use futures_util::FutureExt;
use leptos::prelude::*;
use leptos::wasm_split::SplitLoaderError;
use wasm_bindgen_futures::spawn_local;

use crate::pages::activity::ActivityPage;
use crate::pages::cluster::ClusterPage;
use crate::pages::cluster_new::ClusterNewPage;
use crate::pages::clusters::ClustersPage;
use crate::pages::cut_over::CutOverPage;
use crate::pages::link::LinkPage;
use crate::pages::link_new::LinkNewPage;
use crate::pages::links::LinksPage;
use crate::pages::mirror::MirrorPage;
use crate::pages::mirrors::MirrorsPage;
use crate::pages::mirrors_add::MirrorsAddPage;
use crate::pages::topic::Topic;
use crate::pages::topic_new::TopicNew;
use crate::pages::topics::Topics;
use crate::pages::topics_all::TopicsAll;
use crate::routes::Route;
use crate::ui::ErrorNote;

type Later<T> = Pin<Box<dyn Future<Output = Result<T, SplitLoaderError>>>>;

/// A part of the console.
#[derive(Clone, Copy)]
pub struct Part {
    fetch: fn() -> Later<()>,
    view: fn(Route) -> Later<AnyView>,
}

/// Declares a part: its name, and the function that makes the views of its pages.
macro_rules! part {
    ($(#[$doc:meta])* $part:ident, $name:ident, $fetch:ident, |$route:ident| $view:expr) => {
        #[cfg(console_parts)]
        #[leptos::wasm_split::wasm_split(
            $name, wasm_split_path = leptos::wasm_split, preload($fetch), fallible
        )]
        fn $name($route: Route) -> Result<AnyView, SplitLoaderError> {
            Ok($view)
        }
        #[cfg(not(console_parts))]
        async fn $name($route: Route) -> Result<AnyView, SplitLoaderError> {
            Ok($view)
        }
        #[cfg(not(console_parts))]
        async fn $fetch() -> Result<(), SplitLoaderError> {
            Ok(())
        }
        $(#[$doc])*
        pub const $part: Part =
            Part { fetch: || Box::pin($fetch()), view: |route| Box::pin($name(route)) };
    };
}

part!(
    /// Links, mirrors and what was done with them.
    LINKS, links, fetch_links, |route| match route {
        Route::Links { .. } => view! { <LinksPage /> }.into_any(),
        Route::Link { cluster, link, .. } => view! { <LinkPage cluster link /> }.into_any(),
        Route::Mirrors { .. } => view! { <MirrorsPage /> }.into_any(),
        Route::Mirror { cluster, link, topic } => {
            view! { <MirrorPage cluster link topic /> }.into_any()
        }
        Route::Activity { .. } => view! { <ActivityPage /> }.into_any(),
        _ => ().into_any(),
    }
);

part!(
    /// Creating links, adding mirrors, cutting over.
    DEEDS, deeds, fetch_deeds, |route| match route {
        Route::LinkNew { .. } => view! { <LinkNewPage /> }.into_any(),
        Route::MirrorsAdd { cluster, link } => view! { <MirrorsAddPage cluster link /> }.into_any(),
        Route::CutOver { cluster, link, action, .. } => {
            view! { <CutOverPage cluster link action /> }.into_any()
        }
        _ => ().into_any(),
    }
);

part!(
    /// Clusters and topics.
    CLUSTERS, clusters, fetch_clusters, |route| match route {
        Route::Clusters => view! { <ClustersPage /> }.into_any(),
        Route::ClusterNew => view! { <ClusterNewPage /> }.into_any(),
        Route::Cluster { cluster, .. } => view! { <ClusterPage cluster /> }.into_any(),
        Route::Topics { cluster: None, .. } => view! { <TopicsAll /> }.into_any(),
        Route::Topics { cluster: Some(cluster), .. } => view! { <Topics cluster /> }.into_any(),
        Route::TopicNew { cluster } => view! { <TopicNew cluster /> }.into_any(),
        Route::Topic { cluster, topic, .. } | Route::Messages { cluster, topic, .. } => view! { <Topic cluster topic /> }.into_any(),
        _ => ().into_any(),
    }
);

/// The view of one of a part's pages; while the part is on its way, nothing.
pub fn show(part: Part, route: Route) -> AnyView {
    // A part that is there already answers at once, and the page changes without a gap.
    if let Some(Ok(view)) = (part.view)(route.clone()).now_or_never() {
        return view;
    }
    let arrived = RwSignal::new(None);
    let fetch = move || {
        arrived.set(None);
        spawn_local(async move {
            let outcome = (part.fetch)().await.is_ok();
            // The reader may have gone elsewhere meanwhile.
            arrived.try_set(Some(outcome));
        });
    };
    fetch();
    let retry = Callback::new(move |()| fetch());
    (move || match arrived.get() {
        None => ().into_any(),
        Some(true) => match (part.view)(route.clone()).now_or_never() {
            Some(Ok(view)) => view,
            _ => missing(retry),
        },
        Some(false) => missing(retry),
    })
    .into_any()
}

fn missing(retry: Callback<()>) -> AnyView {
    view! {
        <ErrorNote
            message="This page could not be fetched from the gateway."
            remedy=Some("Try again; after an update of the gateway, reload the page.".to_owned())
            retry
        />
    }
    .into_any()
}

/// Fetches all parts, one after the other, some time after the first page was shown.
pub fn fetch_when_idle() {
    spawn_local(async {
        gloo_timers::future::TimeoutFuture::new(IDLE_AFTER_MS).await;
        for part in [LINKS, CLUSTERS, DEEDS] {
            // Opening a page of it tries again, and says so if that fails too.
            (part.fetch)().await.ok();
        }
    });
}

const IDLE_AFTER_MS: u32 = 1500;
