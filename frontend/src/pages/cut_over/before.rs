//! Before: what would be done, what is missing, and the words that start it.

use drawbridge_shared::guard::Action;
use drawbridge_shared::view::{LinkRow, MirrorActionRow, Severity};
use drawbridge_shared::wire::Response;
use leptos::prelude::*;

use super::Move;
use crate::model::cut_over::{self as model, Missing};
use crate::model::number::counted;
use crate::model::{links, rest};
use crate::pages::topic::ask::{Ask, Refusal};
use crate::pages::topic::gate::origin;
use crate::pages::verify::Verify;
use crate::routes::CutOver;
use crate::state::{Clock, Toasts};
use crate::ui::{Button, ButtonKind, CopyBlock, Note, Panel, Show, StateRole, TextField, Toggle};

#[component]
pub(super) fn Before(moving: Move) -> impl IntoView {
    let missing = Memo::new(move |_| moving.dry.read().as_deref().map(model::missing));
    view! {
        <div class="cut">
            <div class="stack">
                <Stakes moving missing />
                <Producers moving />
                <Refusal error=moving.check.error() retry=move |()| moving.look() />
                <super::dry_run::DryRun moving />
                <Verify subject=moving.subject topics=moving.topics />
            </div>
            <div class="stack">
                <super::readiness::Readiness moving />
                <Instead moving />
                <Afterwards moving />
                <Confirm moving missing />
            </div>
        </div>
    }
}

/// Says so while records go on arriving on the source.
#[component]
fn Producers(moving: Move) -> impl IntoView {
    let (now, ends) = (moving.clock.now(), RwSignal::new(model::Ends::default()));
    Effect::new(move |_| {
        let (now_ms, sum) = (now.get(), untrack(|| moving.source_ends()));
        ends.update(|ends| ends.see(now_ms, sum));
    });
    let words = Memo::new(move |_| ends.read().words());
    view! {
        <Show when=move || words.read().is_some()>
            <Note role=StateRole::Attention>
                <b>"Producers still write to " {move || moving.source()} ". "</b>
                {move || words.get()} "."
            </Note>
        </Show>
    }
}

/// What is lost, or what is waited for.
#[component]
fn Stakes(moving: Move, missing: Memo<Option<Missing>>) -> impl IntoView {
    let groups = move || match moving.of_groups(model::n_groups_apart) {
        Err(why) => format!("{why}."),
        Ok(0) => String::new(),
        Ok(n) => {
            let n = counted(n.try_into().unwrap_or(u64::MAX), "group does", "groups do");
            format!("{n} not stand at the same offset on both sides; see the table.")
        }
    };
    let words = move || {
        // Where everything is refused, nothing happens and nothing is lost.
        let missing = missing.get().filter(|missing| missing.n_taken > 0)?;
        let destination = moving.subject.cluster.name();
        Some(match moving.action {
            CutOver::Failover => {
                // Of no partition less is known than of the one that was read longest ago.
                let read = |row: &LinkRow| row.lag.last_fetch_ms.or(row.last_contact_ms);
                let contact = moving.subject.row(read).flatten();
                model::loss(&missing, &moving.source(), destination.as_str(), contact)
            }
            CutOver::Promote => model::to_copy(&missing, &moving.source()),
        })
    };
    let fault = Memo::new(move |_| match moving.action {
        CutOver::Promote => {
            let source = moving.source();
            moving.subject.row(|row| model::promotion_fault(row, &source)).flatten()
        }
        CutOver::Failover => None,
    });
    let is_healthy = Memo::new(move |_| {
        moving.action == CutOver::Failover && moving.subject.row(links::answers) == Some(true)
    });
    let role = if moving.action == CutOver::Failover { StateRole::Failed } else { StateRole::Ok };
    let title =
        if moving.action == CutOver::Failover { "What is lost. " } else { "What happens. " };
    let undo = if moving.action == CutOver::Failover {
        " A failover cannot be undone; mirrors become ordinary writable topics."
    } else {
        " A promotion cannot be undone; mirrors become ordinary writable topics."
    };
    view! {
        {move || fault.get().map(|fault| view! { <Note role=StateRole::Failed><p class="note-message">{fault}</p></Note> })}
        <Show when=move || is_healthy.get()>
            <Note role=StateRole::Attention>
                <b>{move || moving.source()} " answers. "</b>
                "A promotion would lose nothing; a failover stops at once and leaves behind what is missing."
            </Note>
        </Show>
        <Show when=move || words().is_some() && fault.read().is_none()>
            <Note role>
                <p><b>{title}</b> {move || words()} {undo}</p>
                <p>{move || groups()}</p>
            </Note>
        </Show>
    }
}

/// The other action, and waiting.
#[component]
fn Instead(moving: Move) -> impl IntoView {
    let (other, verb) = match moving.action {
        CutOver::Promote => (CutOver::Failover, "Fail over"),
        CutOver::Failover => (CutOver::Promote, "Promote"),
    };
    let href = move || moving.subject.cut_over(other, moving.named.get()).path();
    let what = move || match moving.action {
        CutOver::Promote => format!(
            " stops at once without {}. What is missing then stays missing: for when the source is lost.",
            moving.source()
        ),
        CutOver::Failover => format!(
            " waits until nothing is missing, then stops. It loses nothing, and needs {} to answer.",
            moving.source()
        ),
    };
    let wait = match moving.action {
        CutOver::Promote => " The less is missing, the sooner a promotion ends.",
        CutOver::Failover => " The link goes on by itself when the source answers again.",
    };
    view! {
        <Panel title="Instead?">
            <p><a class="link" href=href><b>{verb}</b></a> {move || what()}</p>
            <p><b>"Wait."</b> {wait}</p>
        </Panel>
    }
}

#[component]
fn Afterwards(moving: Move) -> impl IntoView {
    let n = move || {
        counted(moving.topics.read().len().try_into().unwrap_or(u64::MAX), "topic", "topics")
    };
    let accept = move || {
        let verb = if moving.topics.read().len() == 1 { "accepts" } else { "accept" };
        format!("{} on {} {verb} writes.", n(), moving.subject.cluster.name())
    };
    let offsets = match moving.action {
        CutOver::Promote => {
            "Offsets are those of the source to the last record: consumers move over without a reset."
        }
        CutOver::Failover => {
            "Offsets are those of the source up to the last mirrored record: consumers move over without a reset. Committed offsets beyond it are taken back to it."
        }
    };
    let source = move || match moving.action {
        CutOver::Promote => format!(
            "{} stays as it is and still accepts writes: keep its producers stopped.",
            moving.source()
        ),
        CutOver::Failover => {
            format!(
                "When {} returns, what only it has is not merged. The topics cannot become mirrors again.",
                moving.source()
            )
        }
    };
    view! {
        <Panel title="Afterwards">
            <p>{move || accept()}</p>
            <p>{offsets}</p>
            <p>{move || source()}</p>
        </Panel>
    }
}

/// What has to be said before it starts, and the button.
#[component]
fn Confirm(moving: Move, missing: Memo<Option<Missing>>) -> impl IntoView {
    let (ask, toasts, clock) = (Ask::new(), expect_context::<Toasts>(), expect_context::<Clock>());
    let (typed, stopped) = (RwSignal::new(String::new()), RwSignal::new(false));
    let is_failover = moving.action == CutOver::Failover;
    let n = Memo::new(move |_| missing.get().map_or(0, |missing| missing.n_taken));
    let phrase = move || moving.words(n.get()).to_lowercase();
    let guard = if is_failover { Action::MirrorFailover } else { Action::MirrorPromote };
    let why_not = Signal::derive(move || {
        if let Some(denied) = moving.subject.cluster.why_not(guard) {
            return Some(denied);
        }
        let Some(missing) = missing.get() else {
            return Some("The dry run has not answered yet".to_owned());
        };
        if missing.n_taken == 0 {
            return Some("The dry run refuses all of them".to_owned());
        }
        if !moving.subject.followed.read().fresh {
            return Some("The connection to the gateway is away; what is shown is old".to_owned());
        }
        if let Some(why) = model::is_stale(clock.now().get(), moving.dry_at_ms.get()) {
            return Some(why.to_owned());
        }
        if is_failover {
            let is_typed = typed.read().trim().eq_ignore_ascii_case(&phrase());
            return (!is_typed).then(|| format!("Type “{}” first", phrase()));
        }
        let source = moving.source();
        let fault = moving.subject.row(|row| model::promotion_fault(row, &source)).flatten();
        if fault.is_some() {
            return Some(format!("{source} is not reached: a promotion would never end"));
        }
        (!stopped.get()).then(|| "Say first that the producers are stopped".to_owned())
    });
    let act = move |()| {
        let asked_ms = clock.read_ms();
        ask.send(moving.request(false), move |response| {
            let Response::MirrorActions(rows) = response else { return };
            let taken = model::missing(&rows).n_taken;
            let doing = if is_failover { "failing over" } else { "being promoted" };
            let text = format!("{} {doing}", counted(taken, "mirror is", "mirrors are"));
            toasts.show(Severity::Info, text, None);
            moving.taken.try_set(Some((asked_ms, rows)));
        });
    };
    // It names each mirror: of thousands it is written only for those who want it.
    let is_asked_for = RwSignal::new(false);
    let call = Signal::derive(move || {
        let topics: Vec<String> = moving.topics.read().iter().map(ToString::to_string).collect();
        let (id, link) = (moving.subject.cluster.id(), moving.subject.link());
        rest::act_on_mirrors(&origin(), &id, link.as_str(), moving.verb().as_str(), &topics)
    });
    let refused = move || {
        let n = missing.get().map_or(0, |missing: Missing| missing.n_refused);
        (n > 0).then(|| {
            format!("{} left out; the table says why.", counted(n, "mirror is", "mirrors are"))
        })
    };
    let kind = if is_failover { ButtonKind::Danger } else { ButtonKind::Primary };
    let producers = Signal::derive(move || format!("Producers on {} are stopped", moving.source()));
    view! {
        <section class="panel cut-confirm">
            {if is_failover {
                view! {
                    <p class="typed-name">"To confirm, type " <code class="mono">{move || phrase()}</code></p>
                    <TextField label="Confirmation" value=typed mono=true />
                }
                    .into_any()
            } else {
                view! { <p><Toggle label=producers checked=stopped on_change=move |on| stopped.set(on) /></p> }
                    .into_any()
            }}
            <p class="muted">{move || refused()}</p>
            <Refusal error=ask.error() />
            <div class="row">
                <Button kind on_click=act why_not busy=ask.busy()>{move || moving.words(n.get())}</Button>
                <a class="btn" href=moving.subject.page().path()>"Cancel"</a>
            </div>
            <details class="same-as" on:toggle=move |_| is_asked_for.set(true)>
                <summary>"Same as a REST call"</summary>
                <Show when=move || is_asked_for.get()>
                    <CopyBlock label="REST call" text=call />
                </Show>
            </details>
        </section>
    }
}

/// Mirrors that were not refused.
pub(super) fn accepted(rows: &[MirrorActionRow]) -> impl Iterator<Item = &MirrorActionRow> {
    rows.iter().filter(|row| row.error_code.is_none() && row.error_message.is_none())
}
