//! A link's mirrors, and what can be done with those that are ticked.

use std::collections::BTreeSet;
use std::sync::Arc;

use drawbridge_shared::guard::Action;
use drawbridge_shared::names::TopicName;
use drawbridge_shared::view::{MirrorAction, Severity};
use drawbridge_shared::wire::{Request, Response};
use leptos::prelude::*;

use super::Subject;
use crate::model::mirrors::{self as model, guarded};
use crate::model::number::{count, counted};
use crate::pages::mirrors::STATES;
use crate::pages::mirrors::filter::{ListFilter, NothingFound};
use crate::pages::mirrors::table::{MirrorTable, rows};
use crate::pages::topic::ask::{Ask, Refusal};
use crate::routes::{CutOver, LinkTab, ListQuery};
use crate::state::{Nav, Toasts};
use crate::ui::{Button, ButtonKind, EmptyState, LinkButton, Show};

/// As many mirrors as the overview shows.
const FIRST: usize = 8;

fn add(subject: Subject) -> impl IntoView {
    let why_not = subject.cluster.guard(Action::MirrorCreate);
    view! { <LinkButton href=subject.add().path() why_not>"Add mirrors…"</LinkButton> }
}

fn none(subject: Subject) -> impl IntoView {
    view! {
        <EmptyState
            title="No mirrors yet"
            text="A mirror topic is a read-only copy of a source topic with the same partitions and offsets. Choose topics to mirror, or set auto.create.mirror.topics.enable in the configs."
            action=move || add(subject)
        />
    }
}

/// Those that need somebody first, for the overview.
#[component]
pub(super) fn First(subject: Subject) -> impl IntoView {
    let followed = subject.followed;
    let n_all = Memo::new(move |_| rows(&followed.read()).len());
    let keys = Memo::new(move |_| {
        let mut keys = model::shown(rows(&followed.read()), "", "", "");
        keys.truncate(FIRST);
        Arc::new(keys)
    });
    let all = move |sort: &str| {
        let list = ListQuery { sort: sort.to_owned(), ..ListQuery::default() };
        subject.tab(LinkTab::Mirrors, list)
    };
    let nav = expect_context::<Nav>();
    // Another order is asked of all of them.
    let on_query = Callback::new(move |list: ListQuery| nav.go(&all(&list.sort)));
    let href = all("").path();
    view! {
        <section class="link-mirrors">
            <header class="section-head">
                <h2>"Mirrors that need a look first"</h2>
                <Show when=move || { n_all.get() > 0 }>
                    <a class="link num" href=href.clone()>{move || format!("All {}", count(n_all.get() as u64))}</a>
                    {add(subject)}
                </Show>
            </header>
            <Show when=move || { n_all.get() > 0 } fallback=move || none(subject)>
                <MirrorTable followed query=Signal::stored(ListQuery::default()) on_query keys />
            </Show>
        </section>
    }
}

/// All mirrors, with what can be done to those that are chosen.
#[component]
pub(super) fn Mirrors(
    subject: Subject,
    query: Memo<ListQuery>,
    on_query: Callback<ListQuery>,
) -> impl IntoView {
    let followed = subject.followed;
    let ticked = RwSignal::new(BTreeSet::<String>::new());
    let keys = Memo::new(move |_| {
        let (followed, query) = (followed.read(), query.read());
        Arc::new(model::shown(rows(&followed), &query.q, &query.state, &query.sort))
    });
    let n_all = Memo::new(move |_| rows(&followed.read()).len());
    let shown =
        move || counted(keys.read().len().try_into().unwrap_or(u64::MAX), "mirror", "mirrors");
    let all = move |_| {
        let shown = keys.read_untracked();
        ticked.update(|ticked| {
            let is_all = shown.iter().all(|key| ticked.contains(key));
            for key in shown.iter() {
                if is_all {
                    ticked.remove(key)
                } else {
                    ticked.insert(key.clone())
                };
            }
        });
    };
    let is_all = move || {
        let (keys, ticked) = (keys.read(), ticked.read());
        !keys.is_empty() && keys.iter().all(|key| ticked.contains(key))
    };
    view! {
        <section class="link-mirrors link-mirrors--all">
            <Show when=move || { n_all.get() > 0 } fallback=move || none(subject)>
                <ListFilter label="Search mirrors" states=&STATES query on_query count=Signal::derive(shown)>
                    <label class="toggle">
                        <input type="checkbox" prop:checked=is_all on:change=all />
                        <span>"Choose all shown"</span>
                    </label>
                    {add(subject)}
                </ListFilter>
                <Show
                    when=move || !keys.read().is_empty()
                    fallback=move || view! { <NothingFound query on_query /> }
                >
                    <MirrorTable followed query on_query keys ticked />
                </Show>
            </Show>
            <Chosen subject ticked />
        </section>
    }
}

/// An address longer than this is not taken by every server and proxy on the way when it is opened again.
const LONGEST_ADDRESS: usize = 60_000;

fn is_long(able: &model::Able) -> bool {
    // A comma takes three bytes.
    able.bytes + 3 * able.n > LONGEST_ADDRESS
}

/// Why the page that promotes or fails over cannot be told which mirrors were chosen; none when it can.
fn too_many(able: &model::Able) -> Option<String> {
    (able.n_others > 0 && is_long(able)).then(|| {
        let n = count(able.n as u64);
        format!("The names of {n} mirrors are too long for an address: choose fewer, or all")
    })
}

/// The bar of actions on what is ticked.
#[component]
fn Chosen(subject: Subject, ticked: RwSignal<BTreeSet<String>>) -> impl IntoView {
    let (nav, toasts) = (expect_context::<Nav>(), expect_context::<Toasts>());
    let ask = Ask::new();
    // Each is summed up once when something changes, however many mirrors there are.
    let able = move |action: MirrorAction| {
        Memo::new(move |_| {
            let ticked = ticked.read();
            match ticked.is_empty() {
                true => model::Able::default(),
                false => model::able(rows(&subject.followed.read()), &ticked, action),
            }
        })
    };
    let n = Memo::new(move |_| {
        let ticked = ticked.read();
        let known = |key: &&String| model::find(rows(&subject.followed.read()), key).is_some();
        u64::try_from(ticked.iter().filter(known).count()).unwrap_or(u64::MAX)
    });
    let names = move |action: MirrorAction| -> Vec<TopicName> {
        let (followed, ticked) = (subject.followed.read_untracked(), ticked.read_untracked());
        let able = rows(&followed).iter().filter(|row| {
            model::why_not(action, row.state).is_none() && ticked.contains(&model::key(row))
        });
        able.map(|row| row.topic.clone()).collect()
    };
    let why_not = move |able: Memo<model::Able>, action: MirrorAction| {
        Signal::derive(move || {
            if let Some(denied) = subject.cluster.why_not(guarded(action)) {
                return Some(denied);
            }
            let able = able.read();
            let reason = able.reason.filter(|_| able.n == 0).map(ToOwned::to_owned);
            reason.or_else(|| {
                let is_page = matches!(action, MirrorAction::Promote | MirrorAction::Failover);
                is_page.then(|| too_many(&able)).flatten()
            })
        })
    };
    let act = move |action: MirrorAction, done: &'static str| {
        Callback::new(move |()| {
            let request = Request::ActOnMirrors {
                cluster: subject.cluster.name(),
                link: subject.link(),
                action,
                topics: names(action),
                validate_only: false,
            };
            ask.send(request, move |response| {
                let Response::MirrorActions(rows) = response else { return };
                let refused: Vec<String> = rows
                    .iter()
                    .filter_map(|row| {
                        Some(format!("{}: {}", row.topic, row.error_message.as_ref()?))
                    })
                    .collect();
                let taken = rows.len() - refused.len();
                let text = counted(taken.try_into().unwrap_or(0), "mirror", "mirrors");
                let severity =
                    if refused.is_empty() { Severity::Good } else { Severity::Attention };
                let details = (!refused.is_empty()).then(|| refused.join("\n"));
                toasts.show(severity, format!("{text} {done}"), details);
                ticked.try_update(BTreeSet::clear);
            });
        })
    };
    let go = move |able: Memo<model::Able>, action: CutOver, verb: MirrorAction| {
        Callback::new(move |()| {
            // No names mean all of them, those included that are created meanwhile.
            let is_all = able.with_untracked(|able| able.n_others == 0 && is_long(able));
            let names = if is_all { Vec::new() } else { names(verb) };
            nav.go(&subject.cut_over(action, names));
        })
    };
    let [pause, resume, promote, failover] =
        [MirrorAction::Pause, MirrorAction::Resume, MirrorAction::Promote, MirrorAction::Failover]
            .map(able);
    view! {
        <Refusal error=ask.error() />
        <Show when=move || { n.get() > 0 }>
            <div class="pending" role="group" aria-label="Chosen mirrors">
                <span class="num" role="status">{move || counted(n.get(), "mirror", "mirrors")} " chosen"</span>
                <Button
                    on_click=act(MirrorAction::Pause, "paused")
                    why_not=why_not(pause, MirrorAction::Pause)
                    busy=ask.busy()
                >
                    "Pause"
                </Button>
                <Button
                    on_click=act(MirrorAction::Resume, "resumed")
                    why_not=why_not(resume, MirrorAction::Resume)
                    busy=ask.busy()
                >
                    "Resume"
                </Button>
                <Button
                    kind=ButtonKind::Primary
                    on_click=go(promote, CutOver::Promote, MirrorAction::Promote)
                    why_not=why_not(promote, MirrorAction::Promote)
                >
                    "Promote…"
                </Button>
                <Button
                    kind=ButtonKind::Danger
                    on_click=go(failover, CutOver::Failover, MirrorAction::Failover)
                    why_not=why_not(failover, MirrorAction::Failover)
                >
                    "Fail over…"
                </Button>
                <Button kind=ButtonKind::Quiet on_click=move |()| ticked.update(BTreeSet::clear)>"Clear"</Button>
            </div>
        </Show>
    }
}
