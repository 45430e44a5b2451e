//! Verify: is the mirror what the source is? A panel of the pages of links, mirrors and cut-overs.

use std::collections::BTreeSet;

use drawbridge_shared::names::TopicName;
use drawbridge_shared::order;
use drawbridge_shared::view::{VerifyPartition, VerifyState, VerifyView};
use drawbridge_shared::wire::{Feed, FeedData, Request};
use leptos::prelude::*;

use super::link::Subject;
use super::topic::ask::{Ask, Refusal};
use crate::model::number::{count, signed};
use crate::model::verify as model;
use crate::routes::{CompareQuery, Route};
use crate::socket::Socket;
use crate::state::Clock;
use crate::ui::{Badge, Button, CopyButton, Panel, SelectField, Show, TextField};

/// More lines than this are not drawn; the copy has all.
const MAX_LINES: usize = 200;

/// The panel.
#[component]
pub(in crate::pages) fn Verify(
    /// The link.
    subject: Subject,
    /// The mirrors that are compared; none for all of the link.
    #[prop(into)]
    topics: Signal<Vec<TopicName>>,
) -> impl IntoView {
    let (socket, clock) = (expect_context::<Socket>(), expect_context::<Clock>());
    let feed = Feed::Verify { cluster: subject.cluster.name(), link: subject.link() };
    let followed = socket.follow(move || feed.clone());
    let view_of = Memo::new(move |_| match followed.read().data.as_deref() {
        Some(FeedData::Verify(found)) => (**found).clone(),
        _ => VerifyView::default(),
    });
    let running = Memo::new(move |_| {
        view_of.read().run.as_ref().is_some_and(|run| run.state == VerifyState::Running)
    });
    let (kind, from, to) = (
        RwSignal::new("all".to_owned()),
        RwSignal::new(String::new()),
        RwSignal::new(String::new()),
    );
    let range = move || model::range(&kind.read(), &from.read(), &to.read(), clock.read_ms());
    let ask = Ask::new();
    let start = move |()| {
        let Ok(range) = untrack(range) else { return };
        let (cluster, link) = (subject.cluster.name(), subject.link());
        let topics = topics.get_untracked();
        ask.send(Request::VerifyMirrors { cluster, link, topics, range }, |_| {});
    };
    let cancel = move |()| {
        let (cluster, link) = (subject.cluster.name(), subject.link());
        ask.send(Request::CancelVerify { cluster, link }, |_| {});
    };
    let why_not = Signal::derive(move || range().err().map(ToOwned::to_owned));
    let options = [
        "all:All records",
        "last:The last records",
        "offsets:From an offset",
        "hours:The last hours",
    ];
    let options: Vec<(String, String)> = options
        .iter()
        .filter_map(|option| option.split_once(':'))
        .map(|(value, words)| (value.to_owned(), words.to_owned()))
        .collect();
    let needs = move |wanted: &'static str| Memo::new(move |_| *kind.read() == wanted);
    let (last, offsets, hours) = (needs("last"), needs("offsets"), needs("hours"));
    let json = Signal::derive(move || model::json(&view_of.read()));
    // A page of some mirrors shows what was found of these; the comparison may have been of the whole link.
    let own = Memo::new(move |_| {
        let names: BTreeSet<String> = topics.read().iter().map(ToString::to_string).collect();
        let rows = &view_of.read().partitions;
        let is_own = |row: &&VerifyPartition| names.is_empty() || names.contains(&row.topic);
        rows.iter().filter(is_own).cloned().collect::<Vec<_>>()
    });
    let said = move || {
        let view = view_of.read();
        view.run.as_ref().map(|run| model::progress_here(run, &view.partitions, &own.read()))
    };
    let lines = move || {
        let mut rows = own.get();
        order::sort_by(&mut rows, |a, b| model::order(a.verdict).cmp(&model::order(b.verdict)));
        rows.into_iter().take(MAX_LINES).map(move |row| line(subject, row)).collect_view()
    };
    let n = Memo::new(move |_| own.read().len());
    let cut =
        move || (n.get() > MAX_LINES).then(|| format!("The first {MAX_LINES} of {}.", n.get()));
    view! {
        <Panel title="Verify">
            <p class="muted">
                "Compares source and mirror record by record, at the same offsets, as a consumer sees them. It reads both clusters and writes to neither."
            </p>
            <div class="row verify-form">
                <SelectField label="Compare" value=kind options=Signal::derive(move || options.clone()) />
                <Show when=move || last.get()>
                    <TextField label="Records per partition" value=from numeric=true />
                </Show>
                <Show when=move || offsets.get()>
                    <TextField label="From offset" value=from numeric=true />
                    <TextField label="Up to offset" value=to numeric=true placeholder="the end" />
                </Show>
                <Show when=move || hours.get()>
                    <TextField label="Hours" value=from numeric=true />
                </Show>
                <Show
                    when=move || running.get()
                    fallback=move || view! { <Button on_click=start why_not busy=ask.busy()>"Start comparing"</Button> }
                >
                    <Button on_click=cancel busy=ask.busy()>"Cancel comparing"</Button>
                </Show>
                <Show when=move || n.get() != 0>
                    <CopyButton text=json label="Copy result as JSON" word="Copy as JSON" />
                </Show>
            </div>
            <Refusal error=ask.error() />
            <p role="status" class="num verify-said">{move || said()}</p>
            <Show when=move || n.get() != 0>
                <div class="table-scroll" tabindex="0" role="group" aria-label="Result by partition">
                    <table class="table table--auto verify-table">
                        <caption class="visually-hidden">"Comparison by partition"</caption>
                        <thead>
                            <tr>
                                <th scope="col">"Mirror topic"</th>
                                <th scope="col" class="right">"Partition"</th>
                                <th scope="col">"Result"</th>
                                <th scope="col" class="right wide">"Offsets"</th>
                                <th scope="col" class="right wide">"Records"</th>
                            </tr>
                        </thead>
                        <tbody>{move || lines()}</tbody>
                    </table>
                </div>
                <p class="muted">{move || cut()}</p>
            </Show>
        </Panel>
    }
}

fn line(subject: Subject, row: VerifyPartition) -> impl IntoView {
    let (role, text) = model::verdict(row.verdict);
    let side = |name: &'static str, text: Option<String>| {
        text.map(
            |text| view! { <span class="words">{name} " " <code class="mono">{text}</code></span> },
        )
    };
    let compare = row.difference.as_ref().and_then(|found| {
        let query = CompareQuery { partition: row.partition, offset: found.offset.to_string() };
        let (cluster, link) = (subject.cluster.name(), subject.link());
        let topic = row.topic.parse().ok()?;
        Some(Route::Compare { cluster, link, topic, query }.path())
    });
    let difference = row.difference.map(|found| {
        view! {
            <span class="words">{model::difference(&found)}</span>
            {side("source:", found.source)}
            {side("mirror:", found.mirror)}
            {compare.clone().map(|href| view! { <a class="words link" href=href>"Compare byte by byte"</a> })}
        }
    });
    let notes = row.notes.into_iter().map(|note| view! { <span class="words">{note}</span> });
    view! {
        <tr>
            <th scope="row" class="wrap">{row.topic}</th>
            <td class="right num">{row.partition}</td>
            <td class="wrap">
                <Badge plain=true role text />
                {difference}
                {notes.collect_view()}
            </td>
            <td class="right num wide">{signed(row.from)} "–" {signed(row.to)}</td>
            <td class="right num wide">{count(row.records)}</td>
        </tr>
    }
}
