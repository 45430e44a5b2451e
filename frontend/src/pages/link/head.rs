//! The head of a link's page: its name, its state, its numbers, and what can be done to it.

use drawbridge_shared::draft::ConfigChange;
use drawbridge_shared::guard::Action;
use drawbridge_shared::link::{ConnectionMode, LinkMode, LinkState};
use drawbridge_shared::view::{LinkRow, Severity};
use drawbridge_shared::wire::Request;
use leptos::prelude::*;

use super::Subject;
use super::delete::doomed;
use super::rotate::RotateDialog;
use crate::model::number::UNKNOWN;
use crate::model::role::StateRole;
use crate::model::time::age;
use crate::model::{lag, links, rest};
use crate::pages::delete::DeleteDialog;
use crate::pages::topic::ask::{Ask, Refusal};
use crate::pages::topic::gate::origin;
use crate::routes::{CutOver, LinkTab, ListQuery, Route};
use crate::shell::Freshness;
use crate::state::{Clock, Nav, Toasts};
use crate::ui::{
    Badge, Button, ButtonKind, CopyBlock, CopyButton, Fact, LinkButton, Menu, MenuItem, Note,
    PageHead, Show,
};

/// The config that pauses a link.
const PAUSED: &str = "cluster.link.paused";

#[component]
pub(super) fn Head(subject: Subject) -> impl IntoView {
    let ask = Ask::new();
    let (deleting, rotating) = (RwSignal::new(false), RwSignal::new(false));
    view! {
        <PageHead
            title=subject.link().to_string()
            badge=move || view! { <State subject /> }
            facts=move || view! { <Facts subject /> }
            actions=move || view! { <Actions subject ask deleting rotating /> }
        />
        <Refusal error=ask.error() />
        <DeleteDialog what="link" open=deleting doomed=Callback::new(move |()| doomed(subject)) />
        <RotateDialog subject open=rotating />
    }
}

#[component]
fn State(subject: Subject) -> impl IntoView {
    let badge = Memo::new(move |_| subject.row(links::badge));
    let role = Signal::derive(move || badge.get().map(|(role, _)| role).unwrap_or_default());
    let text = Signal::derive(move || badge.get().map(|(_, text)| text).unwrap_or_default());
    view! {
        <Show when=move || badge.read().is_some()>
            <Badge role text />
        </Show>
        <CopyButton text=subject.link().to_string() label="Copy link name" />
    }
}

#[component]
fn Facts(subject: Subject) -> impl IntoView {
    let now = expect_context::<Clock>().now();
    let way = move || {
        subject.row(|row| {
            let (from, to) = links::from_to(row);
            format!("{from} → {to} · {} · id ", links::dials(row))
        })
    };
    let id = move || subject.row(|row| row.link_id.clone());
    let text = move |read: fn(&LinkRow) -> String| {
        move || subject.row(read).unwrap_or_else(|| UNKNOWN.to_owned())
    };
    let readiness =
        move || subject.with(links::readiness).flatten().unwrap_or_else(|| UNKNOWN.to_owned());
    let contact = move || {
        let at = subject.row(|row| row.last_contact_ms).flatten();
        at.map_or_else(|| UNKNOWN.to_owned(), |at| age(now.get(), at))
    };
    let is_source = Memo::new(move |_| subject.is_source());
    view! {
        <p class="way">{move || way()} <span class="mono">{move || id()}</span></p>
        <Show when=move || !is_source.get()>
            <Fact name="Worst lag">{text(links::lag_words)}</Fact>
            <Fact name="Throughput">{text(|row| lag::throughput(&row.rate))}</Fact>
            <Fact name="Mirrors">
                {text(|row| format!("{} active", links::mirror_counts(row).0))}
                <span class="fact-more">{move || subject.row(links::other_mirrors)}</span>
            </Fact>
            <Fact name="Cut-over readiness" hint="Mirrors of which nothing is missing">{move || readiness()}</Fact>
        </Show>
        <Fact name="Last contact" hint="When the other cluster answered last">{move || contact()}</Fact>
        <Freshness followed=subject.followed observed_at_ms=Signal::derive(|| None) />
    }
}

#[component]
fn Actions(
    subject: Subject,
    ask: Ask,
    deleting: RwSignal<bool>,
    rotating: RwSignal<bool>,
) -> impl IntoView {
    let nav = expect_context::<Nav>();
    let mode = Memo::new(move |_| subject.row(|row| row.mode));
    let state = Memo::new(move |_| subject.row(|row| row.state));
    let is_away = move || matches!(state.get(), Some(LinkState::Unavailable | LinkState::Failed));
    let not_here = Signal::derive(move || subject.why_not());
    // Moving over and comparing take mirrors that are not stopped, and any.
    let nothing_to = move |n: fn(&LinkRow) -> u32, why: &'static str| {
        Memo::new(move |_| subject.row(n).filter(|n| *n == 0).map(|_| why))
    };
    let nothing_moves = nothing_to(links::n_unstopped, "The link has no mirror that copies");
    let nothing_there =
        nothing_to(|row| row.mirrors.iter().map(|(_, n)| n).sum(), "The link has no mirrors yet");
    // What the configuration denies comes before what the link's state does.
    let unless = move |action, why: Memo<Option<&'static str>>| {
        Signal::derive(move || {
            subject.cluster.why_not(action).or_else(|| why.get().map(ToOwned::to_owned))
        })
    };
    let here = move |action| {
        Signal::derive(move || subject.cluster.why_not(action).or_else(|| not_here.get()))
    };
    let rotation = Signal::derive(move || {
        let waits = subject.row(|row| row.connection == ConnectionMode::Inbound).unwrap_or(false);
        let waits = waits.then(|| "The half that dials logs in for both: rotate there".to_owned());
        here(Action::LinkAlter).get().or(waits)
    });
    let item =
        move |label, is_danger, on_click, why_not| MenuItem { label, is_danger, on_click, why_not };
    let go = move |route: Route| Callback::new(move |()| nav.go(&route));
    move || {
        let is_source = mode.get()? == LinkMode::Source;
        let all = |action| subject.cut_over(action, Vec::new());
        let mut items = Vec::new();
        if !is_source {
            let why_not = unless(Action::MirrorFailover, nothing_moves);
            let add = here(Action::MirrorCreate);
            items.push(item("Add mirrors…", false, go(subject.add()), add));
            items.push(item("Fail over all mirrors…", true, go(all(CutOver::Failover)), why_not));
        }
        let rotate = Callback::new(move |()| rotating.set(true));
        items.push(item("Rotate credentials…", false, rotate, rotation));
        let delete = Callback::new(move |()| deleting.set(true));
        items.push(item("Delete link…", true, delete, here(Action::LinkDelete)));
        let verify = subject.tab(LinkTab::Verify, ListQuery::default()).path();
        let nothing_there = Signal::derive(move || nothing_there.get().map(ToOwned::to_owned));
        let failover = unless(Action::MirrorFailover, nothing_moves);
        let promote = unless(Action::MirrorPromote, nothing_moves);
        let promotes = if is_away() { ButtonKind::Plain } else { ButtonKind::Primary };
        Some(view! {
            <Pause subject ask why_not=here(Action::LinkPause) />
            {(!is_source)
                .then(|| view! { <LinkButton href=verify why_not=nothing_there>"Verify…"</LinkButton> })}
            <Menu label="More" items />
            // While the source is away, the way out stands beside the way that needs it.
            {(!is_source && is_away())
                .then(|| {
                    let href = all(CutOver::Failover).path();
                    view! { <LinkButton kind=ButtonKind::Danger href why_not=failover>"Fail over…"</LinkButton> }
                })}
            {(!is_source)
                .then(|| {
                    let href = all(CutOver::Promote).path();
                    view! { <LinkButton kind=promotes href why_not=promote>"Promote…"</LinkButton> }
                })}
        })
    }
}

/// Pauses the whole link, or lets it go on. What it says follows the state, not the click.
#[component]
fn Pause(subject: Subject, ask: Ask, why_not: Signal<Option<String>>) -> impl IntoView {
    let toasts = expect_context::<Toasts>();
    let is_paused = Memo::new(move |_| subject.row(|row| row.state) == Some(LinkState::Paused));
    let pause = move |()| {
        let wanted = !is_paused.get_untracked();
        let change = ConfigChange { name: PAUSED.to_owned(), value: Some(wanted.to_string()) };
        let request = Request::AlterLinkConfigs {
            cluster: subject.cluster.name(),
            link: subject.link(),
            changes: vec![change],
            validate_only: false,
        };
        ask.send(request, move |_| {
            let done = if wanted { "is paused" } else { "goes on" };
            toasts.show(Severity::Good, format!("Link {} {done}", subject.link()), None);
        });
    };
    view! {
        <Button on_click=pause why_not busy=ask.busy()>
            {move || if is_paused.get() { "Resume" } else { "Pause" }}
        </Button>
    }
}

/// Pausing or resuming as a REST call.
#[component]
pub(super) fn SameAs(subject: Subject) -> impl IntoView {
    let is_paused = Memo::new(move |_| subject.row(|row| row.state) == Some(LinkState::Paused));
    let call = Signal::derive(move || {
        let value = Some((!is_paused.get()).to_string());
        let changes = [ConfigChange { name: PAUSED.to_owned(), value }];
        let (id, link) = (subject.cluster.id(), subject.link());
        rest::alter_link_configs(&origin(), &id, link.as_str(), &changes)
    });
    view! {
        <details class="same-as">
            <summary>
                {move || if is_paused.get() { "Resume" } else { "Pause" }} " by a REST call"
            </summary>
            <CopyBlock label="REST call" text=call />
        </details>
    }
}

/// What is wrong with the link as a whole, with what to do; and what is worth knowing about who runs it.
#[component]
pub(super) fn Faults(subject: Subject) -> impl IntoView {
    let now = expect_context::<Clock>().now();
    let fault = Memo::new(move |_| {
        subject.row(|row| links::fault(row).map(|fault| (fault, row.since_ms))).flatten()
    });
    let standby = Memo::new(move |_| subject.with(|detail| detail.standby.clone()).flatten());
    let is_paused =
        Memo::new(move |_| subject.row(|row| row.state == LinkState::Paused).unwrap_or(false));
    view! {
        {move || {
            fault
                .get()
                .map(|(fault, since)| {
                    let since = move || format!("For {}.", lag::span(Some((now.get() - since) / 1_000 * 1_000)));
                    view! {
                        <Note role=StateRole::Failed>
                            <p class="note-message">{fault}</p>
                            <p class="num">{move || since()} " It is tried again by itself. If the source is lost for good, fail over."</p>
                        </Note>
                    }
                })
        }}
        <Show when=move || is_paused.get()>
            <Note role=StateRole::Attention>
                "The link is paused: nothing is copied, and what is missing grows. Resume lets it go on."
            </Note>
        </Show>
        {move || {
            standby
                .get()
                .map(|why| view! { <Note role=StateRole::Attention>"This gateway does not run the link: " {why}</Note> })
        }}
    }
}
