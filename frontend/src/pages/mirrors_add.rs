//! Choosing topics to mirror: what there is on the source, what is in the way, and what came of it.

use std::collections::BTreeSet;
use std::sync::Arc;

use drawbridge_shared::draft::MirrorDraft;
use drawbridge_shared::guard::Action;
use drawbridge_shared::link::LinkName;
use drawbridge_shared::names::ClusterName;
use drawbridge_shared::view::{MirrorCreateRow, Severity, SourceTopicRow};
use drawbridge_shared::wire::{Request, Response};
use leptos::prelude::*;

use super::link::Subject;
use super::topic::ask::{Ask, Refusal};
use super::topic::gate::{Gate, origin};
use crate::model::filter::Needles;
use crate::model::number::counted;
use crate::model::{links, rest};
use crate::state::Toasts;
use crate::ui::{
    Badge, Button, ButtonKind, Column, CopyBlock, DataTable, EmptyState, Marked, PageHead,
    SearchField, Show, Skeleton, StateRole, Toggle,
};

/// What is chosen of what there is.
#[derive(Clone, Copy)]
struct Choice {
    subject: Subject,
    topics: RwSignal<Option<Vec<SourceTopicRow>>>,
    chosen: RwSignal<BTreeSet<String>>,
    search: RwSignal<String>,
    with_all: RwSignal<bool>,
    read: Ask,
}

impl Choice {
    fn read(self) {
        let (cluster, link) = (self.subject.cluster.name(), self.subject.link());
        self.read.send(Request::SourceTopics { cluster, link }, move |response| {
            if let Response::SourceTopics(rows) = response {
                self.topics.try_set(Some(rows));
            }
        });
    }

    fn row<T>(self, name: &str, read: impl FnOnce(&SourceTopicRow) -> T) -> Option<T> {
        let topics = self.topics.read();
        topics.as_ref()?.iter().find(|row| row.name == name).map(read)
    }

    /// Names to show: those that can be mirrored, and on demand all others.
    fn shown(self) -> Vec<String> {
        let needles = Needles::new(&self.search.read());
        let (topics, with_all) = (self.topics.read(), self.with_all.get());
        let wanted = |row: &&SourceTopicRow| {
            needles.matches(&row.name) && (with_all || !(row.is_internal || row.is_mirrored))
        };
        let rows = topics.iter().flatten().filter(wanted);
        rows.map(|row| row.name.clone()).collect()
    }
}

fn is_free(row: &SourceTopicRow) -> bool {
    !row.is_mirrored && row.conflict.is_none()
}

/// The page.
#[component]
pub fn MirrorsAddPage(
    /// The cluster.
    cluster: ClusterName,
    /// The link.
    link: LinkName,
) -> impl IntoView {
    let subject = Subject::start(cluster, link);
    let choice = Choice {
        subject,
        topics: RwSignal::new(None),
        chosen: RwSignal::new(BTreeSet::new()),
        search: RwSignal::new(String::new()),
        with_all: RwSignal::new(false),
        read: Ask::new(),
    };
    choice.read();
    let done = RwSignal::new(None::<Vec<MirrorCreateRow>>);
    let way = move || {
        subject
            .row(|row| {
                let (from, to) = links::from_to(row);
                format!("Topics of {from} that {to} is to have a read-only copy of, at the same offsets.")
            })
            .unwrap_or_default()
    };
    view! {
        <PageHead title="Add mirrors" facts=move || view! { <p class="way">{move || way()}</p> } />
        <Gate
            cluster=subject.cluster
            followed=subject.followed
            label="Loading the link"
            back=subject.page()
            back_label="Open the link"
        >
            {move || match done.get() {
                Some(rows) => view! { <Results choice rows done /> }.into_any(),
                None => view! { <Choose choice done /> }.into_any(),
            }}
        </Gate>
    }
}

fn columns() -> Vec<Column> {
    vec![
        Column::new("name", "Topic on the source", ""),
        Column::new("partitions", "Partitions", "100px").numeric(),
        Column::new("mirror", "Mirror's name", "30%").wide(),
        Column::new("state", "Can it be mirrored?", "29%").wide(),
    ]
}

#[component]
fn Choose(choice: Choice, done: RwSignal<Option<Vec<MirrorCreateRow>>>) -> impl IntoView {
    let (ask, toasts) = (Ask::new(), expect_context::<Toasts>());
    let keys = Memo::new(move |_| Arc::new(choice.shown()));
    let n = Memo::new(move |_| u64::try_from(choice.chosen.read().len()).unwrap_or(u64::MAX));
    let count =
        move || counted(keys.read().len().try_into().unwrap_or(u64::MAX), "topic", "topics");
    let verb = move || match n.get() {
        0 => "Create mirrors".to_owned(),
        n => format!("Create {}", counted(n, "mirror", "mirrors")),
    };
    let free = move || {
        let free = |name: &&String| choice.row(name, is_free).unwrap_or(false);
        keys.read().iter().filter(free).cloned().collect::<Vec<_>>()
    };
    let is_all = move || {
        let free = free();
        !free.is_empty() && free.iter().all(|name| choice.chosen.read().contains(name))
    };
    let all = move |on: bool| {
        let free = untrack(free);
        choice.chosen.update(|chosen| {
            for name in free {
                if on {
                    chosen.insert(name)
                } else {
                    chosen.remove(&name)
                };
            }
        });
    };
    let why_not = Signal::derive(move || {
        let none = || (n.get() == 0).then(|| "Choose topics first".to_owned());
        choice.subject.cluster.why_not(Action::MirrorCreate).or_else(none)
    });
    let create = move |()| {
        let draft =
            |name: &String| MirrorDraft { source_topic: name.clone(), ..MirrorDraft::default() };
        let request = Request::CreateMirrors {
            cluster: choice.subject.cluster.name(),
            link: choice.subject.link(),
            drafts: choice.chosen.read_untracked().iter().map(draft).collect(),
        };
        ask.send(request, move |response| {
            let Response::MirrorsCreated(rows) = response else { return };
            let made = rows.iter().filter(|row| row.error.is_none()).count();
            let severity = if made == rows.len() { Severity::Good } else { Severity::Attention };
            let made = counted(made.try_into().unwrap_or(0), "mirror", "mirrors");
            toasts.show(severity, format!("{made} created on {}", choice.subject.link()), None);
            done.try_set(Some(rows));
        });
    };
    let call = Signal::derive(move || {
        let names: Vec<String> = choice.chosen.read().iter().cloned().collect();
        let (link, id) = (choice.subject.link(), choice.subject.cluster.id());
        rest::create_mirrors(&origin(), &id, link.as_str(), &names)
    });
    let is_here = Memo::new(move |_| choice.topics.read().is_some());
    let none = move || match choice.search.read().is_empty() {
        true => {
            "Every topic of the source is mirrored or internal. New topics appear here after another look."
        }
        false => "No topic that can be mirrored has that name.",
    };
    view! {
        <Refusal error=choice.read.error() retry=move |()| choice.read() />
        <Show when=move || !is_here.get() && choice.read.busy().get()>
            <Skeleton label="Reading the topics of the source" />
        </Show>
        <Show when=move || is_here.get()>
            <div class="toolbar" role="search">
                <SearchField
                    label="Search topics of the source"
                    value=choice.search
                    on_search=move |text| choice.search.set(text)
                />
                <Toggle label="Choose all that can be" checked=Signal::derive(is_all) on_change=all />
                <Toggle
                    label="Show mirrored and internal ones"
                    checked=choice.with_all
                    on_change=move |on| choice.with_all.set(on)
                />
                <span class="toolbar-count muted num" role="status">{move || count()}</span>
            </div>
            <Show
                when=move || !keys.read().is_empty()
                fallback=move || view! {
                    <EmptyState title="Nothing to choose" text=Signal::derive(move || none().to_owned()) />
                }
            >
                <DataTable
                    caption="Topics of the source"
                    columns=columns()
                    keys
                    row=Arc::new(move |name| cells(choice, name))
                    row_heights=(44, 58)
                />
            </Show>
            <Refusal error=ask.error() />
            <div class="form-actions below">
                <Button kind=ButtonKind::Primary on_click=create why_not busy=ask.busy()>{move || verb()}</Button>
                <a class="btn" href=choice.subject.page().path()>"Back to the link"</a>
            </div>
            <Show when=move || { n.get() > 0 }>
                <details class="same-as">
                    <summary>"Same as REST calls"</summary>
                    <CopyBlock label="REST calls" text=call />
                </details>
            </Show>
        </Show>
    }
}

fn cells(choice: Choice, name: String) -> AnyView {
    let row = untrack(|| choice.row(&name, Clone::clone));
    let Some(row) = row else { return ().into_any() };
    let (role, words) = match (&row.conflict, row.is_mirrored, row.is_internal) {
        (_, true, _) => (StateRole::Finished, "mirrored already".to_owned()),
        (Some(conflict), _, _) => (StateRole::Failed, conflict.clone()),
        (None, _, true) => (StateRole::Attention, "yes, but it is internal".to_owned()),
        (None, _, false) => (StateRole::Ok, "yes".to_owned()),
    };
    let is_off = !is_free(&row);
    let (own, other, label) = (name.clone(), name.clone(), format!("Mirror {name}"));
    let badge =
        move |words: String| view! { <Badge plain=true role text=words.clone() title=words /> };
    // Without the column's head the word alone does not say what it answers.
    let alone = match words.strip_prefix(&format!("Topic '{}' ", row.mirror_topic)) {
        Some(rest) => rest.trim_end_matches('.').to_owned(),
        None if words == "yes" => "can be mirrored".to_owned(),
        None => words.clone(),
    };
    view! {
        <th scope="row">
            <label class="topic-cell" title=name.clone()>
                <input
                    type="checkbox"
                    class="tick"
                    aria-label=label
                    disabled=is_off
                    prop:checked=move || choice.chosen.read().contains(&own)
                    on:change=move |event| {
                        let is_on = event_target_checked(&event);
                        choice
                            .chosen
                            .update(|chosen| {
                                if is_on { chosen.insert(other.clone()) } else { chosen.remove(&other) };
                            });
                    }
                />
                <span class="topic-name"><Marked text=name.clone() search=choice.search /></span>
            </label>
            <span class="cell-sub">{badge(alone)}</span>
        </th>
        <td class="right num">{row.partitions}</td>
        <td class="wide">{row.mirror_topic}</td>
        <td class="wide wrap">{badge(words)}</td>
    }
    .into_any()
}

/// What came of each topic.
#[component]
fn Results(
    choice: Choice,
    rows: Vec<MirrorCreateRow>,
    done: RwSignal<Option<Vec<MirrorCreateRow>>>,
) -> impl IntoView {
    let failed = rows.iter().filter(|row| row.error.is_some()).count();
    let lines = rows.into_iter().map(|row| {
        let (role, words) = match row.error {
            None => (StateRole::Ok, "created".to_owned()),
            Some(error) => (StateRole::Failed, error),
        };
        view! {
            <tr>
                <th scope="row">{row.source_topic}</th>
                <td class="wide">{row.mirror_topic}</td>
                <td class="wrap"><Badge plain=true role text=words /></td>
            </tr>
        }
    });
    let again = move |()| {
        // What was refused stays chosen, what was made is not to be made again.
        let kept: BTreeSet<String> = done
            .read_untracked()
            .iter()
            .flatten()
            .filter(|row| row.error.is_some())
            .map(|row| row.source_topic.clone())
            .collect();
        choice.chosen.set(kept);
        done.set(None);
        choice.read();
    };
    view! {
        <div class="config-list">
            <table class="table table--auto results">
                <caption class="visually-hidden">"Result per topic"</caption>
                <thead>
                    <tr>
                        <th scope="col">"Topic on the source"</th>
                        <th scope="col" class="wide">"Mirror"</th>
                        <th scope="col">"Result"</th>
                    </tr>
                </thead>
                <tbody>{lines.collect_view()}</tbody>
            </table>
        </div>
        <div class="form-actions below">
            <a class="btn btn--primary" href=choice.subject.page().path()>"Open the link"</a>
            <Button on_click=again>
                {if failed > 0 { "Try the refused ones again" } else { "Add more" }}
            </Button>
        </div>
    }
}
