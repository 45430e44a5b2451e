//! The head of a link's page: its name, its state, its numbers, and what can be done to it.

use drawbridge_shared::draft::ConfigChange;
use drawbridge_shared::guard::Action;
use drawbridge_shared::link::{ConnectionMode, LinkMode, LinkState};
use drawbridge_shared::view::Severity;
use drawbridge_shared::wire::Request;
use leptos::prelude::*;

use super::Subject;
use super::delete::DeleteDialog;
use super::rotate::RotateDialog;
use crate::model::number::UNKNOWN;
use crate::model::role::StateRole;
use crate::model::time::age;
use crate::model::{lag, links};
use crate::pages::topic::ask::{Ask, Refusal};
use crate::routes::CutOver;
use crate::shell::Freshness;
use crate::state::{Clock, Nav, Toasts};
use crate::ui::{
    Badge, ButtonKind, CopyButton, Fact, LinkButton, Menu, MenuItem, Note, PageHead, Show,
};

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
        <DeleteDialog subject open=deleting />
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
    let text = move |read: fn(&drawbridge_shared::view::LinkRow) -> String| {
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
            <Fact name="Worst lag">{text(|row| lag::words(&row.lag))}</Fact>
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
    let (nav, toasts) = (expect_context::<Nav>(), expect_context::<Toasts>());
    let is_here = Memo::new(move |_| subject.row(|row| row.mode));
    let is_paused =
        Memo::new(move |_| subject.row(|row| row.state == LinkState::Paused).unwrap_or(false));
    let is_away = Memo::new(move |_| {
        let is_away = |state| matches!(state, LinkState::Unavailable | LinkState::Failed);
        subject.row(|row| is_away(row.state)).unwrap_or(false)
    });
    let pause = Callback::new(move |()| {
        let wanted = !is_paused.get_untracked();
        let change = ConfigChange {
            name: "cluster.link.paused".to_owned(),
            value: Some(wanted.to_string()),
        };
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
    });
    let item = move |label, is_danger, action, on_click| MenuItem {
        label,
        is_danger,
        on_click,
        why_not: subject.cluster.guard(action),
    };
    let rotation = Signal::derive(move || {
        let waits = subject.row(|row| row.connection == ConnectionMode::Inbound).unwrap_or(false);
        let waits = waits.then(|| "The half that dials logs in for both: rotate there".to_owned());
        subject.cluster.why_not(Action::LinkAlter).or(waits)
    });
    let go = move |route: crate::routes::Route| Callback::new(move |()| nav.go(&route));
    move || {
        let mode = is_here.get()?;
        let pausing = if is_paused.get() { "Resume link" } else { "Pause link" };
        let delete = item(
            "Delete link…",
            true,
            Action::LinkDelete,
            Callback::new(move |()| deleting.set(true)),
        );
        let mut items = vec![item(pausing, false, Action::LinkPause, pause)];
        let is_source = mode == LinkMode::Source;
        if !is_source {
            items.push(item("Add mirrors…", false, Action::MirrorCreate, go(subject.add())));
            let failover = subject.cut_over(CutOver::Failover, Vec::new());
            items.push(item("Fail over all mirrors…", true, Action::MirrorFailover, go(failover)));
        }
        items.push(MenuItem {
            label: "Rotate credentials…",
            is_danger: false,
            on_click: Callback::new(move |()| rotating.set(true)),
            why_not: rotation,
        });
        items.push(delete);
        let promote = subject.cut_over(CutOver::Promote, Vec::new()).path();
        // While the source is away, the way out stands beside the way that needs it.
        let failover = (!is_source && is_away.get())
            .then(|| subject.cut_over(CutOver::Failover, Vec::new()).path());
        Some(view! {
            <Menu label="More" items />
            {failover
                .map(|href| {
                    let why_not = subject.cluster.guard(Action::MirrorFailover);
                    view! { <LinkButton kind=ButtonKind::Danger href why_not>"Fail over…"</LinkButton> }
                })}
            {(!is_source)
                .then(|| {
                    let kind = if is_away.get() { ButtonKind::Plain } else { ButtonKind::Primary };
                    let why_not = subject.cluster.guard(Action::MirrorPromote);
                    view! { <LinkButton kind href=promote why_not>"Promote…"</LinkButton> }
                })}
        })
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
                "The link is paused: nothing is copied, and what is missing grows. More → Resume link goes on."
            </Note>
        </Show>
        {move || {
            standby
                .get()
                .map(|why| view! { <Note role=StateRole::Attention>"This gateway does not run the link: " {why}</Note> })
        }}
    }
}
