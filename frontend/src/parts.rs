//! Pages that are not in the first download: they come in parts, fetched when first opened or when
//! the browser has nothing else to do.
//!
//! A new page is one line below, in the part of the pages it shares most code with. `./dev console` cuts
//! the compiled console at the functions that `parts!` makes, so each part holds what only its own
//! pages need; what several parts need is cut off by itself and comes with each of them. A build without
//! `--cfg console_parts` (the quick one, and tests) is in one piece and behaves the same.

use std::future::Future;
use std::pin::Pin;
use std::sync::atomic::{AtomicBool, Ordering};

use futures_util::FutureExt;
use leptos::prelude::*;
use leptos::wasm_split::SplitLoaderError;
use wasm_bindgen_futures::spawn_local;

use crate::pages::access::AccessPage;
use crate::pages::activity::ActivityPage;
use crate::pages::broker::BrokerPage;
use crate::pages::brokers::BrokersPage;
use crate::pages::cluster::ClusterPage;
use crate::pages::cluster_new::ClusterNewPage;
use crate::pages::clusters::ClustersPage;
use crate::pages::compare::ComparePage;
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
use crate::pages::partitions::PartitionsPage;
use crate::pages::topic::Topic;
use crate::pages::topic_new::TopicNew;
use crate::pages::topics::Topics;
use crate::pages::topics_all::TopicsAll;
use crate::pages::topology::TopologyPage;
use crate::routes::Route;
use crate::shell::turn;
use crate::ui::{Button, ErrorNote, Skeleton};

mod styles;

type Later<T> = Pin<Box<dyn Future<Output = Result<T, SplitLoaderError>>>>;

/// A part of the console: what fetches it, and what makes the views in it.
#[derive(Clone, Copy)]
struct Part {
    fetch: fn() -> Later<()>,
    view: fn(Place) -> Later<AnyView>,
}

/// What a part shows.
#[derive(Debug, Clone, PartialEq, Eq)]
enum Place {
    Page(Route),
    /// The command palette's content.
    Palette,
    /// The list of keys.
    Keys,
}

/// Declares all parts: of each its name, the name of the function that fetches it, and its places.
macro_rules! parts {
    (
        first { $($first:pat),+ $(,)? }
        $($name:ident, $fetch:ident { $($place:pat => $view:expr,)+ })+
    ) => {
        $(
            #[cfg(console_parts)]
            #[leptos::wasm_split::wasm_split(
                $name, wasm_split_path = leptos::wasm_split, preload($fetch), fallible
            )]
            fn $name(place: Place) -> Result<AnyView, SplitLoaderError> {
                // Every part brings the rest of the protocol, and no part's view comes before it.
                crate::socket::codec::bring();
                Ok(match place {
                    $($place => $view,)+
                    _ => ().into_any(),
                })
            }
            #[cfg(not(console_parts))]
            async fn $name(place: Place) -> Result<AnyView, SplitLoaderError> {
                Ok(match place {
                    $($place => $view,)+
                    _ => ().into_any(),
                })
            }
            #[cfg(not(console_parts))]
            async fn $fetch() -> Result<(), SplitLoaderError> {
                Ok(())
            }
        )+

        /// All parts, in the order in which they are fetched ahead.
        const PARTS: &[Part] = &[$(
            Part { fetch: || Box::pin($fetch()), view: |place| Box::pin($name(place)) },
        )+];

        /// The part that a place is in; none for what is there from the start.
        #[allow(unused_variables, reason = "the patterns are those that the views take apart")]
        fn part_of(place: &Place) -> Option<Part> {
            let mut parts = PARTS.iter();
            let at = match place {
                $($first => return None,)+
                $($($place => stringify!($name),)+)+
            };
            $(
                let part = parts.next();
                if at == stringify!($name) {
                    return part.copied();
                }
            )+
            None
        }
    };
}

use Place::{Keys, Page, Palette};

parts! {
    // What the first download shows: `page` below makes its views.
    first { Page(Route::Topology) }

    // Clusters and topics.
    clusters, fetch_clusters {
        Page(Route::Clusters) => view! { <ClustersPage /> }.into_any(),
        Page(Route::ClusterNew) => view! { <ClusterNewPage /> }.into_any(),
        Page(Route::Cluster { cluster }) => view! { <ClusterPage cluster /> }.into_any(),
        Page(Route::Topics { cluster: None, .. }) => view! { <TopicsAll /> }.into_any(),
        Page(Route::Topics { cluster: Some(cluster), .. }) => view! { <Topics cluster /> }.into_any(),
        Page(Route::TopicNew { cluster }) => view! { <TopicNew cluster /> }.into_any(),
        Page(Route::Topic { cluster, topic, .. }) => view! { <Topic cluster topic /> }.into_any(),
        Page(Route::Produce { cluster, topic, .. }) => view! { <Topic cluster topic /> }.into_any(),
        Page(Route::Messages { cluster, topic, .. }) => view! { <Topic cluster topic /> }.into_any(),
        Palette => crate::shell::finder(),
        Keys => crate::shell::keys(),
    }

    // Brokers, their disks and configurations, and who leads what.
    brokers, fetch_brokers {
        Page(Route::Brokers { cluster, .. }) => view! { <BrokersPage cluster /> }.into_any(),
        Page(Route::Broker { cluster, broker, .. }) => view! { <BrokerPage cluster broker /> }.into_any(),
        Page(Route::Partitions { cluster, .. }) => view! { <PartitionsPage cluster /> }.into_any(),
    }

    // Links, mirrors and what was done with them.
    links, fetch_links {
        Page(Route::Links { .. }) => view! { <LinksPage /> }.into_any(),
        Page(Route::Link { cluster, link, .. }) => view! { <LinkPage cluster link /> }.into_any(),
        Page(Route::Mirrors { .. }) => view! { <MirrorsPage /> }.into_any(),
        Page(Route::Mirror { cluster, link, topic }) => view! { <MirrorPage cluster link topic /> }.into_any(),
        Page(Route::Compare { cluster, link, topic, .. }) => {
            view! { <ComparePage cluster link topic /> }.into_any()
        },
        Page(Route::Activity { .. }) => view! { <ActivityPage /> }.into_any(),
    }

    // Consumer groups.
    groups, fetch_groups {
        Page(Route::Groups { .. }) => view! { <GroupsPage /> }.into_any(),
        Page(Route::Group { cluster, group, .. }) => view! { <GroupPage cluster group /> }.into_any(),
        Page(Route::GroupReset { cluster, group, .. }) => view! { <GroupResetPage cluster group /> }.into_any(),
    }

    // Users, ACLs and what links need of them.
    access, fetch_access {
        Page(Route::Access { .. }) => view! { <AccessPage /> }.into_any(),
    }

    // Creating links, adding mirrors, cutting over.
    deeds, fetch_deeds {
        Page(Route::LinkNew { .. }) => view! { <LinkNewPage /> }.into_any(),
        Page(Route::MirrorsAdd { cluster, link }) => view! { <MirrorsAddPage cluster link /> }.into_any(),
        Page(Route::CutOver { cluster, link, action, .. }) => {
            view! { <CutOverPage cluster link action /> }.into_any()
        },
    }
}

/// The view of a page; none is a URL without one.
pub fn page(route: Option<Route>) -> AnyView {
    static SHOWN: AtomicBool = AtomicBool::new(false);
    let is_first = !SHOWN.swap(true, Ordering::Relaxed);
    match route {
        None => view! { <NotFound /> }.into_any(),
        Some(Route::Topology) => view! { <TopologyPage /> }.into_any(),
        // On the first page the focus stays where the browser has it.
        Some(route) => show(Page(route), (!is_first).then_some("main h1")),
    }
}

/// The command palette's content, which takes the focus.
pub fn palette() -> AnyView {
    show(Palette, Some(".palette__input"))
}

/// The list of keys, which takes the focus.
pub fn keys() -> AnyView {
    show(Keys, Some(".keys h2"))
}

/// The view of a place; while its part is on its way, grey lines. When it comes late, what `focus` selects gets
/// the focus that it would have had.
fn show(place: Place, focus: Option<&'static str>) -> AnyView {
    let Some(part) = part_of(&place) else { return ().into_any() };
    // A part that is there already answers at once, and the page changes without a gap.
    if styles::are_there()
        && let Some(Ok(view)) = (part.view)(place.clone()).now_or_never()
    {
        return view;
    }
    let arrived = RwSignal::new(None);
    let fetch = move || {
        arrived.set(None);
        spawn_local(async move {
            let (code, styles) = futures_util::join!((part.fetch)(), styles::come());
            let outcome = code.is_ok() && styles;
            // The reader may have gone elsewhere meanwhile.
            arrived.try_set(Some(outcome));
        });
    };
    fetch();
    let retry = Callback::new(move |()| fetch());
    (move || match arrived.get() {
        None => view! { <Skeleton label="Fetching this page" /> }.into_any(),
        Some(true) => match (part.view)(place.clone()).now_or_never() {
            Some(Ok(view)) => {
                if let Some(focus) = focus {
                    request_animation_frame(move || turn::focus(focus));
                }
                view
            }
            _ => missing(retry),
        },
        Some(false) => missing(retry),
    })
    .into_any()
}

/// A gateway that was updated has parts of other names, so only a reload helps; one that is away comes back.
fn missing(retry: Callback<()>) -> AnyView {
    let reload = |()| {
        // Cannot fail: the page is this one.
        window().location().reload().ok();
    };
    view! {
        <ErrorNote
            message="This page could not be fetched from the gateway."
            remedy=Some("Try again; after an update of the gateway, reload the page.".to_owned())
            retry
        />
        <p>
            <Button on_click=reload>"Reload the page"</Button>
        </p>
    }
    .into_any()
}

/// Fetches all parts, one after the other, some time after the first page was shown.
pub fn fetch_when_idle() {
    spawn_local(async {
        gloo_timers::future::TimeoutFuture::new(IDLE_AFTER_MS).await;
        styles::come().await;
        for part in PARTS {
            // Opening a page of it tries again, and says so if that fails too.
            (part.fetch)().await.ok();
        }
    });
}

const IDLE_AFTER_MS: u32 = 1500;
