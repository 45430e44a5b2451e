//! One mirror topic: can it be moved?

use std::sync::Arc;

use drawbridge_shared::link::{LinkName, MirrorState};
use drawbridge_shared::names::{ClusterName, TopicName};
use drawbridge_shared::view::{
    MirrorAction, MirrorDetail, MirrorPartitionView, MirrorRow, Severity,
};
use drawbridge_shared::wire::{Feed, FeedData, Request, Response};
use leptos::prelude::*;

use super::activity::Lately;
use super::link::Subject;
use super::link::charts::Charts;
use super::link::groups::{GroupTable, GroupsRead};
use super::past::{Past, past};
use super::topic::ask::{Ask, Refusal};
use super::topic::gate::{Gate, origin};
use crate::model::number::{UNKNOWN, count, counted};
use crate::model::time::age;
use crate::model::trend::{to_zero, trend};
use crate::model::{bytes::bytes, lag, mirrors as model, rest};
use crate::routes::{ActivityQuery, CompareQuery, CutOver, Route};
use crate::shell::Freshness;
use crate::socket::{Followed, Socket};
use crate::state::{Clock, Toasts};
use crate::ui::{
    Age, Badge, Button, ButtonKind, Column, CopyBlock, CopyButton, DataTable, Fact, LinkButton,
    Note, PageHead, Panel, Show, StateRole,
};

/// The mirror that a page is about.
#[derive(Clone, Copy)]
struct Mirror {
    link: Subject,
    topic: StoredValue<TopicName>,
    followed: Signal<Followed>,
}

impl Mirror {
    fn with<T>(self, read: impl FnOnce(&MirrorDetail) -> T) -> Option<T> {
        match self.followed.read().data.as_deref() {
            Some(FeedData::Mirror(detail)) => Some(read(detail)),
            _ => None,
        }
    }

    fn text(self, read: fn(&MirrorRow) -> String) -> impl Fn() -> String + Copy + Send + Sync {
        move || self.with(|detail| read(&detail.mirror)).unwrap_or_else(|| UNKNOWN.to_owned())
    }

    fn state(self) -> Option<MirrorState> {
        self.with(|detail| detail.mirror.state)
    }
}

/// The page.
#[component]
pub fn MirrorPage(
    /// The cluster.
    cluster: ClusterName,
    /// The link.
    link: LinkName,
    /// The mirror topic.
    topic: TopicName,
) -> impl IntoView {
    let feed = Feed::Mirror { cluster: cluster.clone(), link: link.clone(), topic: topic.clone() };
    let mirror = Mirror {
        link: Subject::start(cluster.clone(), link.clone()),
        topic: StoredValue::new(topic.clone()),
        followed: expect_context::<Socket>().follow(move || feed.clone()),
    };
    let ask = Ask::new();
    let groups = GroupsRead::new(mirror.link, Some(topic.clone()));
    groups.again();
    let badge = Memo::new(move |_| mirror.with(|detail| model::badge(&detail.mirror)));
    let name = topic.to_string();
    let head_badge = {
        let name = name.clone();
        move || {
            let role = Signal::derive(move || badge.get().unwrap_or_default().0);
            let text = Signal::derive(move || badge.get().unwrap_or_default().1);
            view! {
                <Show when=move || badge.read().is_some()>
                    <Badge role text />
                </Show>
                <CopyButton text=name.clone() label="Copy topic name" />
            }
        }
    };
    let history = past(cluster, link, Some(topic), mirror.followed, move || {
        mirror.with(|detail| (model::lag(&detail.mirror), detail.mirror.rate))
    });
    view! {
        <PageHead
            title=name
            badge=head_badge
            facts=move || view! { <Facts mirror /> }
            actions=move || view! { <Actions mirror ask /> }
        />
        <Refusal error=ask.error() />
        <Gate
            cluster=mirror.link.cluster
            followed=mirror.followed
            label="Loading the mirror"
            back=mirror.link.page()
            back_label="Open the link"
        >
            <div class="stack">
                <Readiness mirror history />
                <SameAs mirror />
                <Course mirror history />
                <div class="part"><Partitions mirror /></div>
                <super::verify::Verify
                    subject=mirror.link
                    topics=Signal::derive(move || vec![mirror.topic.get_value()])
                />
                <Panel title="Groups">
                    <GroupTable read=groups />
                </Panel>
                <Lately query=ActivityQuery {
                    topic: Some(mirror.topic.get_value()),
                    ..mirror.link.activity()
                } />
            </div>
        </Gate>
    }
}

#[component]
fn Facts(mirror: Mirror) -> impl IntoView {
    let now = expect_context::<Clock>().now();
    let (link, topic) = (mirror.link.page().path(), mirror.topic.get_value());
    let page = Route::of_topic(mirror.link.cluster.name(), topic).path();
    let compare = {
        let (cluster, link) = (mirror.link.cluster.name(), mirror.link.link());
        let query = CompareQuery::default();
        Route::Compare { cluster, link, topic: mirror.topic.get_value(), query }.path()
    };
    let source = move || {
        let from = mirror.link.row(|row| crate::model::links::from_to(row).0);
        let name = mirror.with(|detail| detail.mirror.source_topic.clone());
        format!("mirrors {} of {}", name.unwrap_or_default(), from.unwrap_or_default())
    };
    let fetched = move || {
        let at = mirror.with(|detail| detail.mirror.lag.last_fetch_ms).flatten();
        at.map_or_else(|| UNKNOWN.to_owned(), |at| age(now.get(), at))
    };
    view! {
        <p class="way">
            {move || source()} " by " <a href=link>{mirror.link.link().to_string()}</a> " · "
            <a href=page>"open as a topic"</a> " · " <a href=compare>"compare its records"</a>
        </p>
        <Fact name="Lag">{mirror.text(|row| lag::words(&model::lag(row)))}</Fact>
        <Fact name="Throughput">
            {mirror.text(|row| match row.state {
                MirrorState::Stopped => UNKNOWN.to_owned(),
                _ => lag::throughput(&row.rate),
            })}
        </Fact>
        <Fact name="Partitions">{mirror.text(|row| row.partitions.to_string())}</Fact>
        <Fact name="Last fetch" hint="When the source answered last, where that is longest ago">
            {move || fetched()}
        </Fact>
        <Freshness followed=mirror.followed observed_at_ms=Signal::derive(|| None) />
    }
}

#[component]
fn Actions(mirror: Mirror, ask: Ask) -> impl IntoView {
    let toasts = expect_context::<Toasts>();
    let state = Memo::new(move |_| mirror.state());
    let is_paused = move || state.get() == Some(MirrorState::Paused);
    let verb = move || if is_paused() { MirrorAction::Resume } else { MirrorAction::Pause };
    let why_not = move |action: fn(bool) -> MirrorAction| {
        Signal::derive(move || {
            let Some(state) = state.get() else {
                return Some("The mirror is not loaded".to_owned());
            };
            let action = action(is_paused());
            let denied = mirror.link.cluster.why_not(model::guarded(action));
            denied.or_else(|| model::why_not(action, state).map(ToOwned::to_owned))
        })
    };
    let pause = move |()| {
        let action = untrack(verb);
        let request = Request::ActOnMirrors {
            cluster: mirror.link.cluster.name(),
            link: mirror.link.link(),
            action,
            topics: vec![mirror.topic.get_value()],
            validate_only: false,
        };
        ask.send(request, move |response| {
            let Response::MirrorActions(rows) = response else { return };
            let refused = rows.into_iter().find_map(|row| row.error_message);
            let done = if action == MirrorAction::Pause { "is paused" } else { "goes on" };
            let topic = mirror.topic.get_value();
            match refused {
                None => toasts.show(Severity::Good, format!("Mirror {topic} {done}"), None),
                Some(why) => toasts.show(Severity::Failed, why, None),
            }
        });
    };
    let go = move |action: CutOver, verb: MirrorAction, label: &'static str, kind: ButtonKind| {
        let why_not = Signal::derive(move || {
            let stands = || model::why_not(verb, state.get()?).map(ToOwned::to_owned);
            mirror.link.cluster.why_not(model::guarded(verb)).or_else(stands)
        });
        let href = mirror.link.cut_over(action, vec![mirror.topic.get_value()]).path();
        view! { <LinkButton kind href why_not>{label}</LinkButton> }
    };
    let is_over = Memo::new(move |_| state.get().is_none_or(|state| state == MirrorState::Stopped));
    view! {
        <Show when=move || !is_over.get()>
            <Button
                on_click=pause
                why_not=why_not(|paused| if paused { MirrorAction::Resume } else { MirrorAction::Pause })
                busy=ask.busy()
            >
                {move || if is_paused() { "Resume" } else { "Pause" }}
            </Button>
            {go(CutOver::Failover, MirrorAction::Failover, "Fail over…", ButtonKind::Danger)}
            {go(CutOver::Promote, MirrorAction::Promote, "Promote…", ButtonKind::Primary)}
        </Show>
    }
}

/// Pausing or resuming as a REST call.
#[component]
fn SameAs(mirror: Mirror) -> impl IntoView {
    let state = Memo::new(move |_| mirror.state());
    let call = Signal::derive(move || {
        let is_paused = state.get() == Some(MirrorState::Paused);
        let verb = if is_paused { MirrorAction::Resume } else { MirrorAction::Pause };
        let (id, link) = (mirror.link.cluster.id(), mirror.link.link());
        let topics = [mirror.topic.get_value().to_string()];
        rest::act_on_mirrors(&origin(), &id, link.as_str(), verb.as_str(), &topics)
    });
    let words = move || {
        let verb = if state.get() == Some(MirrorState::Paused) { "Resume" } else { "Pause" };
        format!("{verb} by a REST call")
    };
    view! {
        <Show when=move || state.get().is_some_and(|state| state != MirrorState::Stopped)>
            <details class="same-as">
                <summary>{move || words()}</summary>
                <CopyBlock label="REST call" text=call />
            </details>
        </Show>
    }
}

/// Whether it can be moved over, and what keeps it from it.
#[component]
fn Readiness(mirror: Mirror, history: Past) -> impl IntoView {
    let said = Memo::new(move |_| mirror.with(model::readiness).unwrap_or_default());
    let trouble =
        Memo::new(move |_| mirror.with(|detail| model::trouble_words(&detail.mirror)).flatten());
    // Of one that copies and is not there yet: whether it will be.
    let lag = Memo::new(move |_| {
        let is_almost =
            mirror.state() == Some(MirrorState::Active) && said.read().0 == StateRole::Attention;
        is_almost.then(|| format!("Lag: {}.", to_zero(trend(&history.read()))))
    });
    view! {
        <Note role=Signal::derive(move || said.get().0)>
            <p class="num">
                <b>"Can it be moved? "</b>
                {move || said.get().1}
                " "
                {lag}
            </p>
            {move || trouble.get().map(|words| view! { <p>{words}</p> })}
        </Note>
    }
}

/// The last half hour of what is copied; an ordinary topic says that nothing is.
#[component]
fn Course(mirror: Mirror, history: Past) -> impl IntoView {
    let now = expect_context::<Clock>().now();
    let is_over = Memo::new(move |_| mirror.state() == Some(MirrorState::Stopped));
    let since = Memo::new(move |_| {
        mirror.with(|detail| detail.mirror.since_ms).filter(|since_ms| *since_ms > 0)
    });
    let when = move || {
        since.get().map(|_| {
            let at_ms = Signal::derive(move || since.get().unwrap_or_default());
            view! { " " <Age now_ms=now at_ms /> }
        })
    };
    view! {
        <Show
            when=move || !is_over.get()
            fallback=move || {
                view! {
                    <p class="muted">
                        "The mirror was stopped" {move || when()}
                        ": nothing is copied any more, so there is no throughput and no lag to draw."
                    </p>
                }
            }
        >
            <Charts history />
        </Show>
    }
}

fn columns() -> Vec<Column> {
    vec![
        Column::new("partition", "Partition", "96px"),
        Column::new("stance", "State", "").wide(),
        Column::new("lag", "Lag, records", "112px").numeric(),
        Column::new("behind", "Lag, time", "112px")
            .numeric()
            .hint("How long the oldest has been missing"),
        Column::new("end", "Mirror's end", "128px")
            .numeric()
            .wide()
            .hint("Next source offset to copy"),
        Column::new("source", "Source's end", "128px")
            .numeric()
            .wide()
            .hint("High watermark of the source at the last fetch"),
        Column::new("copied", "Copied", "206px")
            .numeric()
            .wide()
            .hint("Since this gateway runs it"),
        Column::new("fetch", "Last fetch", "104px").numeric().wide(),
    ]
}

#[component]
fn Partitions(mirror: Mirror) -> impl IntoView {
    let keys = Memo::new(move |_| {
        let numbers = mirror
            .with(|detail| detail.partitions.iter().map(|at| at.partition).collect::<Vec<_>>());
        Arc::new(numbers.unwrap_or_default())
    });
    let offsets = Signal::derive(move || {
        mirror.with(|detail| model::offsets_text(&detail.partitions)).unwrap_or_default()
    });
    view! {
        <DataTable
            caption="Partitions"
            columns=columns()
            keys
            row=Arc::new(move |number| cells(mirror, number))
            row_heights=(36, 58)
        />
        <p class="under-table"><CopyButton text=offsets label="Copy offsets of both sides" word="Copy offsets" /></p>
    }
}

fn cells(mirror: Mirror, number: i32) -> AnyView {
    let now = expect_context::<Clock>().now();
    let row = Memo::new(move |_| {
        mirror
            .with(|detail| detail.partitions.iter().find(|at| at.partition == number).cloned())
            .flatten()
    });
    let text = move |read: fn(&MirrorPartitionView) -> String| {
        move || row.read().as_ref().map_or_else(|| UNKNOWN.to_owned(), read)
    };
    let stance =
        Memo::new(move |_| row.read().as_ref().map_or((StateRole::Unknown, ""), model::stance));
    let error = move || row.read().as_ref().and_then(|at| at.error.clone()).unwrap_or_default();
    let badge = move || {
        view! {
            <Badge
                plain=true
                role=Signal::derive(move || stance.get().0)
                text=Signal::derive(move || stance.get().1.to_owned())
                title=Signal::derive(error)
            />
        }
    };
    let fetched = move || {
        let at = row.read().as_ref().and_then(|at| at.last_fetch_ms);
        at.map_or_else(|| UNKNOWN.to_owned(), |at| age(now.get(), at))
    };
    let open = move || {
        let held = row.read().as_ref().and_then(|at| {
            let held = at.source_high_watermark? - at.source_last_stable?;
            (held > 0).then(|| counted(held.unsigned_abs(), "offset", "offsets"))
        });
        held.map(|held| format!("{held} of them in an open transaction"))
    };
    view! {
        <th scope="row">
            <span class="num">{number}</span>
            <span class="cell-sub">{badge()} <span>{move || error()}</span></span>
        </th>
        <td class="wide">{badge()} <span class="muted part-error">{move || error()}</span></td>
        <td class="right num" title=open>{text(|at| lag::records(model::partition_lag(at)))}</td>
        <td class="right num">{text(|at| lag::span(at.behind_ms.filter(|_| model::partition_lag(at).is_some())))}</td>
        <td class="right num wide">{text(|at| lag::offset(at.log_end))}</td>
        <td class="right num wide">{text(|at| lag::offset(at.source_high_watermark))}</td>
        <td class="right num wide" title=text(model::batches)>
            {text(|at| format!("{} records · {}", count(at.records.max(0).unsigned_abs()), bytes(at.bytes)))}
        </td>
        <td class="right num wide">{move || fetched()}</td>
    }
    .into_any()
}
