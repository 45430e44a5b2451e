//! During: how far each mirror is, partition by partition, until all are stopped.

use std::collections::BTreeSet;

use drawbridge_shared::link::MirrorState;
use drawbridge_shared::view::{LinkDetail, MirrorPartitionView, MirrorStance};
use drawbridge_shared::wire::FeedData;
use leptos::prelude::*;

use super::Move;
use super::after::After;
use super::before::accepted;
use crate::model::cut_over::took;
use crate::model::lag;
use crate::model::mirrors as model;
use crate::model::number::{count, counted};
use crate::model::role::StateRole;
use crate::model::time::age;
use crate::routes::CutOver;
use crate::state::Clock;
use crate::ui::{Badge, Note, Panel, Show};

/// So many mirrors are listed while they come to their end; those that are not there yet come first.
const MAX_LINES: usize = 40;

#[component]
pub(super) fn During(moving: Move) -> impl IntoView {
    let clock = expect_context::<Clock>();
    let names = StoredValue::new(untrack(|| {
        let taken = moving.taken.read();
        let rows = taken.as_ref().map_or(&[][..], |(_, rows)| rows.as_slice());
        accepted(rows).map(|row| row.topic.clone()).collect::<BTreeSet<_>>()
    }));
    let n = names.with_value(BTreeSet::len);
    // Looked up once for all of them each time the link says something new.
    let stopped = Memo::new(move |_| {
        let of = |link: &LinkDetail| {
            let stopped = link.mirrors.iter().filter(|row| row.state == MirrorState::Stopped);
            names.with_value(|names| {
                let own =
                    stopped.map(|row| row.topic.as_str()).filter(|name| names.contains(*name));
                own.map(ToOwned::to_owned).collect::<BTreeSet<_>>()
            })
        };
        moving.subject.with(of).unwrap_or_default()
    });
    let n_stopped = Memo::new(move |_| stopped.read().len());
    let listed = Memo::new(move |_| {
        let stopped = stopped.read();
        names.with_value(|names| {
            if names.len() <= MAX_LINES {
                return names.iter().cloned().collect::<Vec<_>>();
            }
            names.iter().filter(|name| !stopped.contains(*name)).take(MAX_LINES).cloned().collect()
        })
    });
    let ended_ms = RwSignal::new(None::<i64>);
    Effect::new(move |_| {
        if n_stopped.get() == n && ended_ms.read_untracked().is_none() {
            ended_ms.set(Some(clock.read_ms()));
        }
    });
    let is_over = Memo::new(move |_| n_stopped.get() == n);
    let said = move || {
        let all = counted(n.try_into().unwrap_or(u64::MAX), "mirror", "mirrors");
        format!("{} of {all} stopped", count(n_stopped.get().try_into().unwrap_or(u64::MAX)))
    };
    let held = move || {
        let asked = moving.taken.read().as_ref().map_or(0, |(at, _)| *at);
        match ended_ms.get().filter(|_| is_over.get()) {
            Some(at) => took((at - asked).max(0).unsigned_abs()),
            None => format!("asked for {}", age(clock.now().get(), asked)),
        }
    };
    let role =
        Signal::derive(
            move || {
                if is_over.get() { StateRole::Finished } else { StateRole::Attention }
            },
        );
    let share = move || format!("width:{}%", (n_stopped.get() * 100).checked_div(n).unwrap_or(100));
    let href = StoredValue::new(moving.subject.cut_over(CutOver::Failover, Vec::new()).path());
    let is_promotion = moving.action == CutOver::Promote;
    let more = move || {
        let all = n - n_stopped.get();
        (n > MAX_LINES && all > MAX_LINES).then(|| {
            let all = count(all.try_into().unwrap_or(u64::MAX));
            format!("The first {MAX_LINES} of {all} that are not stopped yet.")
        })
    };
    let none = (n == 0).then(|| {
        view! {
            <Note role=StateRole::Failed>
                <p role="status"><b>"Nothing was done. "</b> "The gateway refused every mirror; the result says why."</p>
            </Note>
        }
    });
    view! {
        <div class="stack">
            {none}
            <Show when=move || { n > 0 }>
                <Note role>
                    <p role="status">
                        <b>{move || said()}</b>
                        " "
                        <span class="muted num">{move || held()}</span>
                    </p>
                    <div class="bar"><i style=share></i></div>
                    <Show when=move || is_promotion && !is_over.get()>
                        <p>
                            "It goes on when this page is closed. If a mirror never gets there because the source is lost, "
                            <a href=href.get_value()>"fail over"</a> " what is left."
                        </p>
                    </Show>
                </Note>
            </Show>
            <Show when=move || !is_over.get()>
                <Panel title="Progress">
                    <table class="table table--auto cut-table">
                        <caption class="visually-hidden">"Progress per mirror and partition"</caption>
                        <thead>
                            <tr>
                                <th scope="col">"Mirror topic"</th>
                                <th scope="col">"State"</th>
                                <th scope="col" class="right">"Missing"</th>
                                <th scope="col" class="wide">"Partitions"</th>
                            </tr>
                        </thead>
                        <tbody>
                            <For each=move || listed.get() key=Clone::clone let:topic>
                                {progress(moving, topic)}
                            </For>
                        </tbody>
                    </table>
                    <p class="muted num">{more}</p>
                </Panel>
            </Show>
            <After moving ended_ms />
        </div>
    }
}

/// A mirror with a mark per partition.
fn progress(moving: Move, topic: String) -> impl IntoView {
    let name = topic.parse().ok();
    let detail = Memo::new(move |_| {
        let followed =
            name.as_ref().and_then(|name| moving.partitions.read().get(name).copied())?;
        match followed.read().data.as_deref() {
            Some(FeedData::Mirror(detail)) => Some((**detail).clone()),
            _ => None,
        }
    });
    let state = {
        let name = topic.parse().ok();
        Memo::new(move |_| {
            let state = name.as_ref().and_then(|name| moving.subject.mirror(name, |row| row.state));
            state.unwrap_or(MirrorState::PendingStopped)
        })
    };
    let missing = {
        let topic = topic.clone();
        move || {
            let name = topic.parse().ok();
            let lag = name.and_then(|name| moving.subject.mirror(&name, |row| row.lag));
            lag::records(lag.and_then(|lag| lag.records))
        }
    };
    let marks = move || {
        let partitions = detail.get().map(|detail| detail.partitions).unwrap_or_default();
        let mark = |at: &MirrorPartitionView| {
            let (role, word) = model::stance(at);
            let words = match at.stance {
                MirrorStance::Stopped => format!("{}: stopped", at.partition),
                _ if at.lag == Some(0) => format!("{}: {word}", at.partition),
                _ => format!("{}: {word}, {} missing", at.partition, lag::records(at.lag)),
            };
            view! { <span class="replica num"><Badge plain=true role text=words /></span> }
        };
        partitions.iter().map(mark).collect_view()
    };
    let parts = move || {
        let detail = detail.read();
        let partitions = &detail.as_ref()?.partitions;
        let is_stopped = |at: &&MirrorPartitionView| at.stance == MirrorStance::Stopped;
        let n_stopped = partitions.iter().filter(is_stopped).count();
        Some(format!("{n_stopped} of {} partitions stopped", partitions.len()))
    };
    let errors = move || {
        let errors = detail.get().map(|detail| detail.transition_errors).unwrap_or_default();
        errors
            .into_iter()
            .map(|error| view! { <span class="task-error" title=error.code.as_str()>{error.message}</span> })
            .collect_view()
    };
    view! {
        <tr>
            <th scope="row" class="wrap">{topic} <span class="words num">{move || parts()}</span></th>
            <td>
                <Badge
                    plain=true
                    role=Signal::derive(move || model::role(state.get()))
                    text=Signal::derive(move || state.get().as_str().replace('_', " "))
                />
            </td>
            <td class="right num">{missing}</td>
            <td class="wide wrap"><span class="replicas">{move || marks()}</span> {errors}</td>
        </tr>
    }
}
