//! What stands before a feed's content: loading, gone, denied, the cluster is down.

use drawbridge_shared::guard::Action;
use drawbridge_shared::names::ClusterName;
use drawbridge_shared::view::{ClusterStatus, ClusterView, FaultView};
use drawbridge_shared::wire::EndReason;
use leptos::prelude::*;

use crate::routes::Route;
use crate::socket::{FollowState, Followed};
use crate::state::Clusters;
use crate::ui::{EmptyState, ErrorNote, Show, Skeleton};

/// The cluster that a page is about.
#[derive(Clone, Copy)]
pub(in crate::pages) struct ClusterFacts {
    name: StoredValue<ClusterName>,
    view: Memo<Option<ClusterView>>,
}

impl ClusterFacts {
    pub(in crate::pages) fn start(name: ClusterName) -> Self {
        let clusters = expect_context::<Clusters>();
        let wanted = name.clone();
        let view = Memo::new(move |_| clusters.get(&wanted));
        Self { name: StoredValue::new(name), view }
    }

    /// The gateway's name of it.
    pub(in crate::pages) fn name(self) -> ClusterName {
        self.name.get_value()
    }

    /// Why the gateway does not do this here, by its configuration; none when it does.
    pub(in crate::pages) fn why_not(self, action: Action) -> Option<String> {
        let view = self.view.read();
        let view = view.as_ref()?;
        view.guards.why_not(&view.name, action)
    }

    /// [`ClusterFacts::why_not`] as it changes.
    pub(in crate::pages) fn guard(self, action: Action) -> Signal<Option<String>> {
        Signal::derive(move || self.why_not(action))
    }

    fn fault(self) -> Option<FaultView> {
        match self.view.read().as_ref().map(|view| &view.status) {
            Some(ClusterStatus::Down { fault, .. }) => Some(fault.clone()),
            Some(ClusterStatus::Connecting | ClusterStatus::Up) | None => None,
        }
    }

    /// Kafka's own id of the cluster, which REST calls name.
    pub(in crate::pages) fn id(self) -> String {
        let view = self.view.read();
        let id = view.as_ref().and_then(|view| view.cluster_id.clone());
        id.unwrap_or_else(|| "CLUSTER_ID".to_owned())
    }
}

/// Says that the cluster is down, and why, above what was known of it.
#[component]
pub(in crate::pages) fn ClusterDown(
    /// The cluster.
    cluster: ClusterFacts,
) -> impl IntoView {
    let fault = Memo::new(move |_| cluster.fault());
    let field = move |read: fn(&FaultView) -> &String| {
        Signal::derive(move || fault.read().as_ref().map(|fault| read(fault).clone()))
    };
    let (summary, cause, remedy) =
        (field(|fault| &fault.summary), field(|fault| &fault.cause), field(|fault| &fault.remedy));
    let name = cluster.name();
    // Some causes begin with the name themselves.
    let message = Signal::derive(move || {
        let summary = summary.get().unwrap_or_default();
        if summary.starts_with(name.as_str()) {
            summary
        } else {
            format!("{name} is down: {summary}")
        }
    });
    view! {
        <Show when=move || fault.read().is_some()>
            <ErrorNote message cause remedy />
        </Show>
    }
}

#[derive(Clone, PartialEq, Eq)]
enum Stage {
    Loading,
    /// Nothing comes while the cluster is down; that it is down stands above.
    Down,
    Ready,
    Ended(EndReason),
}

/// Shows its content once the feed has data; before that a skeleton, and at its end why it ended.
#[component]
pub(in crate::pages) fn Gate(
    /// The feed.
    followed: Signal<Followed>,
    /// The cluster it comes from, if it is one.
    #[prop(optional, into)]
    cluster: Option<ClusterFacts>,
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
            FollowState::Loading if cluster.is_some_and(|cluster| cluster.fault().is_some()) => {
                Stage::Down
            }
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
    let content = move || match stage.get() {
        Stage::Down => ().into_any(),
        Stage::Loading => view! { <Skeleton label /> }.into_any(),
        Stage::Ready => children().into_any(),
        Stage::Ended(EndReason::NotFound { message }) => {
            view! { <EmptyState title="Not there" text=message action=link /> }.into_any()
        }
        Stage::Ended(EndReason::Denied { message }) => {
            view! { <EmptyState title="Not allowed" text=message action=link /> }.into_any()
        }
        Stage::Ended(EndReason::Refused(error)) => {
            view! { <EmptyState title="Not possible" text=error.message action=link /> }.into_any()
        }
        Stage::Ended(EndReason::Unsubscribed | EndReason::Finished) => {
            view! { <EmptyState title="No longer updated" text="Reload the page." action=link /> }
                .into_any()
        }
    };
    view! {
        {cluster.map(|cluster| view! { <ClusterDown cluster /> })}
        {move || content()}
    }
}

/// Where this console came from, for calls to the same gateway.
pub(in crate::pages) fn origin() -> String {
    window().location().origin().unwrap_or_default()
}
