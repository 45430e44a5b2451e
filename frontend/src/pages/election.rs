//! Electing leaders: what would change, then what came of it. An unclean election loses records, and says so.

use std::sync::Arc;

use drawbridge_shared::guard::Action;
use drawbridge_shared::view::{ElectionKind, ElectionRow, Severity, TroubledView};
use drawbridge_shared::wire::{Feed, FeedData, Request, Response};
use leptos::prelude::*;

mod preview;
mod result;

use super::topic::ask::{Ask, Refusal};
use super::topic::gate::ClusterFacts;
use crate::model::elections::{ElectionPlan, outcome, tool};
use crate::model::number::counted;
use crate::socket::{FollowState, Socket};
use crate::state::Toasts;
use crate::ui::{
    Button, ButtonKind, CopyBlock, Dialog, DialogActions, DialogCancel, Note, Show, Skeleton,
    StateRole, TypedName,
};
use preview::Preview;
use result::ResultTable;

/// Elects leaders of the partitions that a search finds: preferred ones where another leads, or any live replica
/// where none does.
#[component]
pub(in crate::pages) fn ElectionDialog(
    /// Of which cluster.
    cluster: ClusterFacts,
    /// Which replica may become leader.
    kind: ElectionKind,
    /// Whether it is open.
    open: RwSignal<bool>,
    /// Text that topics must contain.
    #[prop(into)]
    search: Signal<String>,
) -> impl IntoView {
    let ask = Ask::new();
    let title = match kind {
        ElectionKind::Preferred => "Elect preferred leaders",
        ElectionKind::Unclean => "Elect leaders uncleanly",
    };
    view! {
        <Dialog open title wide=true busy=ask.busy()>
            <Body cluster open search ask kind />
        </Dialog>
    }
}

/// What is elected where; handed to all parts of a dialog.
#[derive(Clone, Copy)]
struct Election {
    cluster: ClusterFacts,
    kind: ElectionKind,
    open: RwSignal<bool>,
    ask: Ask,
    /// What was previewed is what is asked for, whatever happens meanwhile.
    plan: RwSignal<Option<Arc<ElectionPlan>>>,
    done: RwSignal<Option<Vec<ElectionRow>>>,
}

/// First what would change, then what came of it.
#[component]
fn Body(
    cluster: ClusterFacts,
    open: RwSignal<bool>,
    search: Signal<String>,
    ask: Ask,
    kind: ElectionKind,
) -> impl IntoView {
    ask.forget();
    let election =
        Election { cluster, kind, open, ask, plan: RwSignal::new(None), done: RwSignal::new(None) };
    let search = search.get_untracked();
    let feed = Feed::TroubledPartitions { cluster: cluster.name() };
    let followed = expect_context::<Socket>().follow(move || feed.clone());
    let found = search.clone();
    Effect::new(move |_| {
        let followed = followed.read();
        let is_live = followed.state == FollowState::Live;
        if let (true, Some(FeedData::TroubledPartitions(TroubledView { rows, .. }))) =
            (is_live, followed.data.as_deref())
            && election.plan.read_untracked().is_none()
        {
            election.plan.set(Some(Arc::new(ElectionPlan::new(kind, rows, &found))));
        }
    });
    let only = (!search.is_empty()).then(|| {
        view! { <p class="muted">"Only topics that contain “" {search} "”."</p> }
    });
    view! {
        {only}
        {move || match (election.done.get(), election.plan.get()) {
            (Some(rows), _) => view! { <ResultTable rows open /> }.into_any(),
            (None, Some(plan)) => view! { <Content election plan /> }.into_any(),
            (None, None) => view! { <Skeleton label="Looking at the partitions" rows=4 /> }.into_any(),
        }}
    }
}

#[component]
fn Content(election: Election, plan: Arc<ElectionPlan>) -> impl IntoView {
    let Election { cluster, kind, open, ask, done, .. } = election;
    let toasts = expect_context::<Toasts>();
    let typed = RwSignal::new(String::new());
    let (n_change, n_cannot) = (plan.n_change(), plan.n_cannot());
    let request = plan.request();
    let command = tool(kind, &request);
    let is_unclean = kind == ElectionKind::Unclean;
    let name = cluster.name().to_string();
    let why_not = {
        let name = name.clone();
        Signal::derive(move || {
            let denied = cluster.why_not(match kind {
                ElectionKind::Preferred => Action::LeaderElect,
                ElectionKind::Unclean => Action::LeaderElectUnclean,
            });
            if denied.is_some() {
                return denied;
            }
            if n_change == 0 {
                return Some("No partition would get another leader".to_owned());
            }
            (is_unclean && *typed.read() != name)
                .then(|| "Type the cluster's name first".to_owned())
        })
    };
    let elect = move |()| {
        let request = Request::ElectLeaders {
            cluster: cluster.name(),
            election: kind,
            partitions: request.clone(),
        };
        ask.send(request, move |response| {
            let Response::Elected(rows) = response else { return };
            let all_done = rows.iter().all(|row| row.error.is_none());
            let severity = if all_done { Severity::Good } else { Severity::Attention };
            toasts.show(severity, format!("{}: {}", cluster.name(), outcome(&rows)), None);
            done.try_set(Some(rows));
        });
    };
    let partitions = counted(n_change, "partition", "partitions");
    // Those without leader get one at all.
    let article = if is_unclean { "a" } else { "another" };
    let summary = match (n_change, n_cannot) {
        (0, 0) => "No partition needs it: every leader is the right one.".to_owned(),
        (_, 0) => format!("{partitions} would get {article} leader."),
        (_, n) => format!(
            "{partitions} would get {article} leader; {} cannot, for the reason beside {}.",
            counted(n, "other", "others"),
            if n == 1 { "it" } else { "each" }
        ),
    };
    let (kind_of_button, verb) = if is_unclean {
        (ButtonKind::Danger, format!("Elect leaders of {partitions}, losing records"))
    } else {
        (ButtonKind::Primary, format!("Elect leaders of {partitions}"))
    };
    view! {
        <p>{summary}</p>
        <Show when=move || is_unclean>
            <Consequence />
        </Show>
        <Preview plan=Arc::clone(&plan) kind />
        <Show when=move || is_unclean && { n_change > 0 }>
            <TypedName expected=name.clone() typed what="cluster" />
        </Show>
        <Refusal error=ask.error() />
        <DialogActions>
            <DialogCancel open busy=ask.busy() />
            <Button kind=kind_of_button on_click=elect why_not busy=ask.busy()>
                {verb}
            </Button>
        </DialogActions>
        <details class="same-as">
            <summary>"Same with Kafka's tool"</summary>
            <CopyBlock label="command" text=command />
        </details>
    }
}

/// What an unclean election costs.
#[component]
fn Consequence() -> impl IntoView {
    view! {
        <Note role=StateRole::Failed>
            <p>
                <b>"Records are lost. "</b>
                "The new leader was not in sync. Whatever only the replicas “in sync last” have is gone for good, also for consumers that have read it, and is thrown away on those replicas when they come back. How much that is nobody can tell while they are down."
            </p>
            <p>
                "Start one of the brokers “in sync last” instead, if that is still possible: the partition then gets its leader back by itself and loses nothing."
            </p>
        </Note>
    }
}
