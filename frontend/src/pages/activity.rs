//! What was done, by whom, and what came of it?

use drawbridge_shared::view::ActivityEntry;
use drawbridge_shared::wire::{Feed, FeedData};
use leptos::prelude::*;

use super::topic::gate::Gate;
use crate::model::activity as model;
use crate::model::number::counted;
use crate::routes::{ActivityQuery, Route};
use crate::shell::Freshness;
use crate::socket::{Followed, Socket};
use crate::state::{Clock, Clusters, Nav};
use crate::ui::{Age, Badge, Button, EmptyState, PageHead, Panel, SearchField, Toggle};

/// Entries at the bottom of an object's page.
const FEW: usize = 10;

fn follow(query: Signal<ActivityQuery>) -> Signal<Followed> {
    expect_context::<Socket>().follow(move || {
        let ActivityQuery { cluster, link, topic, .. } = query.get();
        Feed::Activity { cluster, link, topic }
    })
}

/// The page.
#[component]
pub fn ActivityPage() -> impl IntoView {
    let nav = expect_context::<Nav>();
    let clusters = expect_context::<Clusters>();
    let query = Memo::new(move |_| match &*nav.route().read() {
        Some(Route::Activity { query }) => query.clone(),
        _ => ActivityQuery::default(),
    });
    let change = move |change: &dyn Fn(&mut ActivityQuery)| {
        let mut query = query.get_untracked();
        change(&mut query);
        nav.replace(&Route::Activity { query });
    };
    let followed = follow(query.into());
    let rows = Memo::new(move |_| {
        let (followed, query) = (followed.read(), query.read());
        model::shown(followed.data.as_deref(), &query.q, query.refused, usize::MAX)
    });
    let is_empty = Memo::new(move |_| match followed.read().data.as_deref() {
        Some(FeedData::Activity(entries)) => entries.is_empty(),
        _ => true,
    });
    let subject = Memo::new(move |_| {
        let query = query.read();
        let link = query.link.as_ref().map(|link| format!("Link {link}"));
        let topic = query.topic.as_ref().map(|topic| format!("Topic {topic}"));
        link.into_iter().chain(topic).collect::<Vec<_>>().join(" · ")
    });
    let options = move || {
        let chosen = query.read().cluster.clone();
        let names = clusters.names().into_iter().map(|name| {
            let selected = chosen.as_ref() == Some(&name);
            view! { <option value=name.to_string() selected=selected>{name.to_string()}</option> }
        });
        names.collect_view()
    };
    let none = || {
        view! {
            <EmptyState
                title="Nothing happened yet"
                text="Every change made through Drawbridge is kept here, with who made it, what was there before and what came of it, and so is every change of state of a link or mirror. It is kept for 90 days in the topic _drawbridge.activity of the cluster it concerns."
            />
        }
    };
    view! {
        <PageHead
            title="Activity"
            facts=move || view! { <Freshness followed observed_at_ms=Signal::derive(|| None) /> }
        />
        <div class="toolbar" role="search">
            <SearchField
                label="Search the activity"
                value=Signal::derive(move || query.read().q.clone())
                on_search=move |text: String| change(&|query| query.q.clone_from(&text))
            />
            <select
                class="input list-state"
                aria-label="Cluster"
                on:change=move |event| {
                    let name = event_target_value(&event).parse().ok();
                    change(&|query| query.cluster.clone_from(&name));
                }
            >
                <option value="">"All clusters"</option>
                {options}
            </select>
            <Toggle
                label="Refused only"
                checked=Signal::derive(move || query.read().refused)
                on_change=move |refused: bool| change(&|query| query.refused = refused)
            />
            <Show when=move || !subject.read().is_empty()>
                <Button on_click=move |()| change(&|query| (query.link, query.topic) = (None, None))>
                    {move || format!("{} ✕", subject.get())}
                </Button>
            </Show>
            <span class="toolbar-count muted num" role="status">
                {move || counted(rows.read().len().try_into().unwrap_or(u64::MAX), "entry", "entries")}
            </span>
        </div>
        <Gate followed label="Loading the activity" back=Route::Topology back_label="Topology">
            <Show when=move || !is_empty.get() fallback=none>
                <div class="panel panel--table">
                    <Entries rows />
                </div>
            </Show>
        </Gate>
    }
}

/// The last entries about a link or a mirror, at the bottom of its page.
#[component]
pub(in crate::pages) fn Lately(
    /// What they are about.
    query: ActivityQuery,
) -> impl IntoView {
    let all = Route::Activity { query: query.clone() }.path();
    let searched = query.q.clone();
    let followed = follow(Signal::stored(query));
    let rows =
        Memo::new(move |_| model::shown(followed.read().data.as_deref(), &searched, false, FEW));
    let actions = move || view! { <a class="link" href=all.clone()>"All activity"</a> };
    view! {
        <Panel title="Activity" actions>
            <Show
                when=move || !rows.read().is_empty()
                fallback=move || {
                    let is_read = Memo::new(move |_| followed.read().data.is_some());
                    view! { <p class="muted">{move || if is_read.get() { "Nothing happened yet." } else { "Reading…" }}</p> }
                }
            >
                <Entries rows />
            </Show>
        </Panel>
    }
}

#[component]
fn Entries(rows: Memo<Vec<ActivityEntry>>) -> impl IntoView {
    let heads = ["When", "Who", "What", "Where", "Result"];
    view! {
        <table class="table table--auto entries">
            <caption class="visually-hidden">"Activity, newest first"</caption>
            <thead>
                <tr>{heads.map(|head| view! { <th scope="col">{head}</th> })}</tr>
            </thead>
            <tbody>
                <For each=move || rows.get() key=|entry| (entry.seq, entry.at_ms) children=row />
            </tbody>
        </table>
    }
}

fn row(entry: ActivityEntry) -> impl IntoView {
    let now = expect_context::<Clock>().now();
    let at_ms = entry.at_ms;
    let (role, word, why) = model::result(&entry);
    let (why, detail) = (why.to_owned(), model::detail(&entry));
    let link = |route: Route, text: String| {
        view! {
            <a class="link" href=route.path()>
                {text}
            </a>
            " "
        }
    };
    let cluster = entry.cluster;
    let topic = entry.topic.map(|topic| {
        let name = topic.to_string();
        link(Route::of_topic(cluster.clone(), topic), name)
    });
    let half = entry.link.map(|name| {
        let text = name.to_string();
        link(Route::of_link(cluster.clone(), name), text)
    });
    let name = cluster.to_string();
    view! {
        <tr>
            <td class="muted"><Age now_ms=now at_ms=Signal::stored(at_ms) /></td>
            <td>{entry.who}</td>
            <td class="wrap">{entry.action} <span class="words">{detail}</span></td>
            <td class="wrap">{topic} {half} {link(Route::of_cluster(cluster), name)}</td>
            <td class="wrap"><Badge plain=true role text=word /> <span class="words">{why}</span></td>
        </tr>
    }
}
