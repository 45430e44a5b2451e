//! Putting a group's offsets elsewhere: choose, see what each partition gets, then do exactly that.

use drawbridge_shared::guard::Action;
use drawbridge_shared::names::ClusterName;
use drawbridge_shared::view::{GroupOffsetResult, ResetPlan, Severity};
use drawbridge_shared::wire::{Request, Response};
use leptos::prelude::*;

mod form;
mod preview;

use super::group::Subject;
use super::topic::ask::{Ask, Refusal};
use super::topic::gate::Gate;
use crate::model::group_reset::{self as model, Typed};
use crate::model::groups::{self, behind};
use crate::model::number::{UNKNOWN, counted};
use crate::routes::{ResetQuery, Route};
use crate::state::{Nav, Toasts};
use crate::ui::{Button, ButtonKind, CopyBlock, Fact, Note, PageHead, Panel, Show, StateRole};
use form::Form;
use preview::Preview;

/// The reset that a page is about. All of it is in the URL, so that a link shows the same.
#[derive(Clone, Copy)]
struct Reset {
    subject: Subject,
    query: Memo<ResetQuery>,
    nav: Nav,
    toasts: Toasts,
    /// Looking; a look that a newer one overtook is thrown away.
    look: Ask,
    plan: RwSignal<Option<ResetPlan>>,
    doing: Ask,
    done: RwSignal<Option<Vec<GroupOffsetResult>>>,
}

impl Reset {
    fn start(cluster: ClusterName, group: String) -> Self {
        let nav = expect_context::<Nav>();
        let query = Memo::new(move |_| match &*nav.route().read() {
            Some(Route::GroupReset { query, .. }) => query.clone(),
            _ => ResetQuery::default(),
        });
        Self {
            subject: Subject::start(cluster, group),
            query,
            nav,
            toasts: expect_context::<Toasts>(),
            look: Ask::new(),
            plan: RwSignal::new(None),
            doing: Ask::new(),
            done: RwSignal::new(None),
        }
    }

    fn change(self, change: impl FnOnce(&mut ResetQuery)) {
        let mut query = self.query.get_untracked();
        change(&mut query);
        self.nav.replace(&Route::GroupReset {
            cluster: self.subject.cluster.name(),
            group: self.subject.group(),
            query,
        });
    }

    /// What is asked for, or what is missing.
    fn read<T>(self, take: impl FnOnce(Result<Wanted, &'static str>) -> T) -> T {
        let query = self.query.read();
        let typed = Typed {
            to: &query.to,
            at: &query.at,
            topic: &query.topic,
            partitions: &query.partitions,
        };
        take(model::read(typed))
    }

    /// Asks what would happen; again when what is asked for changed meanwhile.
    fn look(self) {
        self.plan.set(None);
        self.doing.forget();
        let asked = self.query.get_untracked();
        let Ok((scope, target)) = untrack(|| self.read(|wanted| wanted)) else {
            self.look.forget();
            return;
        };
        let request = Request::PlanGroupReset {
            cluster: self.subject.cluster.name(),
            group: self.subject.group(),
            scope,
            target,
        };
        self.look.send(request, move |response| {
            if self.query.try_get_untracked().is_some_and(|now| now != asked) {
                self.look();
            } else if let Response::ResetPlanned(plan) = response {
                self.plan.try_set(Some(plan));
            }
        });
    }

    fn act(self) {
        let Some(plan) = self.plan.get_untracked() else { return };
        let request = Request::ResetGroup {
            cluster: self.subject.cluster.name(),
            group: self.subject.group(),
            moves: plan.moves(),
        };
        self.doing.send(request, move |response| {
            let Response::GroupOffsetsChanged(rows) = response else { return };
            let all_done = rows.iter().all(|row| row.error.is_none());
            let severity = if all_done { Severity::Good } else { Severity::Attention };
            let words = format!("{}: {}", self.subject.group(), model::outcome(&rows));
            self.toasts.show(severity, words, None);
            self.done.try_set(Some(rows));
            self.look();
        });
    }

    /// Why it cannot be done now; none when it can.
    fn why_not(self) -> Option<String> {
        if let Some(missing) = self.read(Result::err) {
            return Some(missing.to_owned());
        }
        let plan = self.plan.read();
        let Some(plan) = plan.as_ref() else {
            return Some("Wait for the preview".to_owned());
        };
        // The feed knows sooner than the preview that members left or came.
        let now = self
            .subject
            .with(|detail| {
                groups::why_no_offsets(&detail.group).or_else(|| groups::why_not(&detail.group))
            })
            .flatten();
        if let Some(why) = now.or_else(|| plan.refusal.clone()) {
            return Some(why);
        }
        plan.moves().is_empty().then(|| "No partition would get another offset".to_owned())
    }
}

type Wanted = (Vec<drawbridge_shared::view::ResetScope>, drawbridge_shared::view::ResetTarget);

/// The page.
#[component]
pub fn GroupResetPage(
    /// On which cluster.
    cluster: ClusterName,
    /// Group id.
    group: String,
) -> impl IntoView {
    let reset = Reset::start(cluster, group);
    let subject = reset.subject;
    // Who came or left decides whether it can be done.
    let is_active = Memo::new(move |_| {
        subject.with(|detail| detail.group.n_members).flatten().is_some_and(|n| n > 0)
    });
    Effect::new(move |_| {
        reset.query.track();
        is_active.track();
        reset.done.set(None);
        reset.look();
    });
    let page = subject.page();
    let href = page.path();
    let facts = move || {
        view! {
            <p class="way">
                "of group " <a href=href.clone()>{subject.group()}</a> " on "
                {subject.cluster.name().to_string()}
            </p>
            <Fact name="Lag now">
                {move || {
                    let words = subject.with(|detail| behind(detail.group.lag, detail.behind_ms));
                    words.unwrap_or_else(|| UNKNOWN.to_owned())
                }}
            </Fact>
            <Fact name="Members">
                {move || {
                    let words = subject.with(|detail| groups::members_words(&detail.group));
                    words.unwrap_or_else(|| UNKNOWN.to_owned())
                }}
            </Fact>
        }
    };
    view! {
        <PageHead title="Reset offsets" facts />
        <Gate
            cluster=subject.cluster
            followed=subject.followed
            label="Loading the group"
            back=page
            back_label="Open the group"
        >
            <div class="cut">
                <div class="stack">
                    <Form reset />
                    <Refusal error=reset.look.error() retry=move |()| reset.look() />
                    <Preview reset />
                </div>
                <div class="stack">
                    <Confirm reset />
                    <SameAs reset />
                </div>
            </div>
        </Gate>
    }
}

/// What the reset does in all, and the button that does it.
#[component]
fn Confirm(reset: Reset) -> impl IntoView {
    let sums = Memo::new(move |_| reset.plan.read().as_ref().map(model::sums));
    let words = move || match (reset.read(Result::err), sums.get()) {
        (Some(missing), _) => format!("{missing}."),
        (None, None) => "Looking…".to_owned(),
        (None, Some(sums)) => model::words(&sums),
    };
    let button = move || match sums.get() {
        Some(sums) if sums.n_moved > 0 => {
            format!("Reset {}", counted(sums.n_moved, "partition", "partitions"))
        }
        _ => "Reset offsets".to_owned(),
    };
    let still = move || {
        let n = sums.get().filter(|sums| sums.n_moved > 0)?.n_still;
        (n > 0)
            .then(|| format!("{} as they are.", counted(n, "partition stays", "partitions stay")))
    };
    let refusal = Memo::new(move |_| {
        let now = reset.subject.with(|detail| detail.group.n_members);
        let plan = reset.plan.read();
        let refusal = plan.as_ref().and_then(|plan| plan.refusal.clone());
        refusal.filter(|_| now.flatten() != Some(0))
    });
    let why_not = Signal::derive(move || {
        reset.subject.cluster.why_not(Action::GroupReset).or_else(|| reset.why_not())
    });
    let done = Memo::new(move |_| reset.done.read().as_deref().map(model::outcome));
    let failed = move || {
        let rows = reset.done.read();
        let each = rows.iter().flatten().filter_map(|row| {
            let error = row.error.clone()?;
            Some(view! { <li>{format!("{}-{}: {error}", row.topic, row.partition)}</li> })
        });
        each.take(20).collect_view()
    };
    view! {
        <Panel title="What happens">
            <p>{words}</p>
            <p class="muted">{still}</p>
            <Show when=move || refusal.read().is_some()>
                <Note role=StateRole::Attention>
                    <p class="note-message">"Not now"</p>
                    <p>{move || refusal.get()}</p>
                </Note>
            </Show>
            <Show when=move || done.read().is_some()>
                <Note role=StateRole::Ok>
                    <p class="note-message" role="status">{move || done.get()}</p>
                    <ul>{failed}</ul>
                    <p>"Consumers that start now go on from there."</p>
                </Note>
            </Show>
            <Refusal error=reset.doing.error() retry=move |()| reset.look() />
            <Button
                kind=ButtonKind::Danger
                on_click=move |()| reset.act()
                why_not
                busy=reset.doing.busy()
            >
                {button}
            </Button>
            <p class="muted">
                "Done only if every offset is still the one the preview shows; otherwise nothing is changed."
            </p>
        </Panel>
    }
}

/// The same with Kafka's tool, where it can.
#[component]
fn SameAs(reset: Reset) -> impl IntoView {
    let tool = Memo::new(move |_| {
        reset.read(|wanted| {
            let (scope, target) = wanted.ok()?;
            let at = match &target {
                drawbridge_shared::view::ResetTarget::Time { at_ms } => {
                    crate::model::time::absolute(*at_ms, 0).replace(' ', "T")
                }
                _ => String::new(),
            };
            model::tool(&reset.subject.group(), &scope, &target, &at)
        })
    });
    let text = Signal::derive(move || tool.get().unwrap_or_default());
    view! {
        <Show when=move || tool.read().is_some()>
            <details class="same-as">
                <summary>"Same with Kafka's tool"</summary>
                <CopyBlock label="command" text />
            </details>
        </Show>
    }
}
