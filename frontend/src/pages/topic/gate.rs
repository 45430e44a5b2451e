//! What stands before a feed's content: loading, gone, denied, the cluster is down, the data is old.

use drawbridge_shared::names::ClusterName;
use drawbridge_shared::view::{ClusterDetail, ClusterStatus};
use drawbridge_shared::wire::{EndReason, Feed, FeedData};
use leptos::prelude::*;

use crate::routes::Route;
use crate::socket::{FollowState, Followed, Socket};
use crate::state::Clock;
use crate::ui::{Age, EmptyState, ErrorNote, Skeleton};

/// Older than this, data says how old it is.
const FRESH_MS: i64 = 5_000;

/// What a page about a cluster's topics needs to know of the cluster.
#[derive(Clone, Copy)]
pub(in crate::pages) struct ClusterFacts {
    name: StoredValue<ClusterName>,
    followed: Signal<Followed>,
}

impl ClusterFacts {
    pub(in crate::pages) fn start(name: ClusterName) -> Self {
        let feed = Feed::Cluster { cluster: name.clone() };
        let followed = expect_context::<Socket>().follow(move || feed.clone());
        Self { name: StoredValue::new(name), followed }
    }

    /// The gateway's name of it.
    pub(in crate::pages) fn name(self) -> ClusterName {
        self.name.get_value()
    }

    fn with<T>(self, read: impl FnOnce(&ClusterDetail) -> T) -> Option<T> {
        match self.followed.read().data.as_deref() {
            Some(FeedData::Cluster(detail)) => Some(read(detail)),
            _ => None,
        }
    }

    /// Kafka's own id of the cluster, which REST calls name.
    pub(in crate::pages) fn id(self) -> String {
        let id = self.with(|detail| detail.cluster.cluster_id.clone()).flatten();
        id.unwrap_or_else(|| "CLUSTER_ID".to_owned())
    }

    /// Any broker that can be asked for the defaults of the cluster.
    pub(in crate::pages) fn any_broker(self) -> Option<i32> {
        self.with(|detail| detail.brokers.first().map(|broker| broker.id)).flatten()
    }
}

/// Says that the cluster is down, and why, above what was known of it.
#[component]
pub(in crate::pages) fn ClusterDown(
    /// The cluster.
    cluster: ClusterFacts,
) -> impl IntoView {
    let fault = Memo::new(move |_| {
        cluster
            .with(|detail| match &detail.cluster.status {
                ClusterStatus::Down { fault, .. } => Some(fault.clone()),
                ClusterStatus::Connecting | ClusterStatus::Up => None,
            })
            .flatten()
    });
    let field = move |read: fn(&drawbridge_shared::view::FaultView) -> &String| {
        Signal::derive(move || fault.read().as_ref().map(|fault| read(fault).clone()))
    };
    let (summary, cause, remedy) =
        (field(|fault| &fault.summary), field(|fault| &fault.cause), field(|fault| &fault.remedy));
    let name = cluster.name();
    let message =
        Signal::derive(move || format!("{name} is down: {}", summary.get().unwrap_or_default()));
    view! {
        <Show when=move || fault.read().is_some()>
            <ErrorNote message cause remedy />
        </Show>
    }
}

#[derive(Clone, PartialEq, Eq)]
enum Stage {
    Loading,
    Ready,
    Ended(EndReason),
}

/// Shows its content once the feed has data; before that a skeleton, and at its end why it ended.
#[component]
pub(in crate::pages) fn Gate(
    /// The feed.
    followed: Signal<Followed>,
    /// What is loading.
    label: &'static str,
    /// Where to go when what is followed is gone.
    #[prop(into)]
    back: Signal<Route>,
    /// The words of the link to there.
    back_label: &'static str,
    /// The content.
    children: ChildrenFn,
) -> impl IntoView {
    let stage = Memo::new(move |_| {
        let followed = followed.read();
        match &followed.state {
            FollowState::Ended(reason) => Stage::Ended(reason.clone()),
            FollowState::Live => Stage::Ready,
            FollowState::Loading if followed.data.is_some() => Stage::Ready,
            FollowState::Loading => Stage::Loading,
        }
    });
    let link = move || {
        view! {
            <a class="btn" href=move || back.read().path()>
                {back_label}
            </a>
        }
    };
    move || match stage.get() {
        Stage::Loading => view! { <Skeleton label /> }.into_any(),
        Stage::Ready => children().into_any(),
        Stage::Ended(EndReason::NotFound { message }) => {
            view! { <EmptyState title="Not there" text=message action=link /> }.into_any()
        }
        Stage::Ended(EndReason::Denied { message }) => {
            view! { <EmptyState title="Not allowed" text=message action=link /> }.into_any()
        }
        Stage::Ended(EndReason::Unsubscribed) => {
            view! { <EmptyState title="No longer updated" text="Reload the page." action=link /> }
                .into_any()
        }
    }
}

/// How old data is, as soon as it is older than it looks.
#[component]
pub(in crate::pages) fn Freshness(
    /// When the data was read; none when there is none.
    #[prop(into)]
    observed_at_ms: Signal<Option<i64>>,
) -> impl IntoView {
    let now_ms = expect_context::<Clock>().now();
    let is_old = Memo::new(move |_| {
        observed_at_ms.get().is_some_and(|at| now_ms.get().saturating_sub(at) > FRESH_MS)
    });
    let at_ms = Signal::derive(move || observed_at_ms.get().unwrap_or_default());
    view! {
        <Show when=move || is_old.get()>
            <span class="freshness muted">"read " <Age now_ms at_ms /></span>
        </Show>
    }
}

/// Where this console came from, for calls to the same gateway.
pub(in crate::pages) fn origin() -> String {
    window().location().origin().unwrap_or_default()
}
