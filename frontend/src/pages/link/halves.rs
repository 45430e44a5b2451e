//! Both halves side by side, each as the file it could have been created from.

use drawbridge_shared::access::GrantSide;
use drawbridge_shared::link::{ConfigRow, LinkMode, LinkName};
use drawbridge_shared::names::ClusterName;
use drawbridge_shared::view::LinkRow;
use drawbridge_shared::wire::{Request, Response};
use leptos::prelude::*;

use super::Subject;
use crate::model::config_words::{in_words, is_filters};
use crate::model::configs::MASKED;
use crate::model::link_configs::{file, text};
use crate::model::links;
use crate::model::number::UNKNOWN;
use crate::pages::topic::ask::{Ask, Refusal};
use crate::routes::{AccessQuery, AccessTab, Route};
use crate::ui::{Badge, CopyButton, Show, Skeleton};

#[component]
pub(super) fn Halves(subject: Subject) -> impl IntoView {
    // Numbers change all the time; which halves there are does not.
    let twin = Memo::new(move |_| {
        subject.with(|detail| detail.twin.as_ref().map(|twin| (twin.cluster.clone(), twin.mode)))
    });
    let own = Memo::new(move |_| subject.row(|row| row.mode));
    let here = move || {
        let mode = own.get()?;
        Some(
            view! { <Half cluster=subject.cluster.name() link=subject.link() mode subject is_twin=false /> },
        )
    };
    let there = move || match twin.get()? {
        Some((cluster, mode)) => Some(
            view! { <Half cluster link=subject.link() mode subject is_twin=true /> }.into_any(),
        ),
        None => Some(view! { <Elsewhere subject /> }.into_any()),
    };
    // The source stands left, as data flows.
    let is_source = Memo::new(move |_| subject.is_source());
    view! { <div class="halves" class:halves--turned=move || !is_source.get()>{move || here()} {move || there()}</div> }
}

fn mode_words(mode: LinkMode) -> &'static str {
    match mode {
        LinkMode::Source => "source half",
        LinkMode::Destination => "destination half",
        LinkMode::Bidirectional => "bidirectional half",
    }
}

/// A half on a cluster of this gateway.
#[component]
fn Half(
    cluster: ClusterName,
    link: LinkName,
    mode: LinkMode,
    subject: Subject,
    is_twin: bool,
) -> impl IntoView {
    let ask = Ask::new();
    let rows = RwSignal::new(None::<Vec<ConfigRow>>);
    let request = Request::LinkConfigs { cluster: cluster.clone(), link: link.clone() };
    let read = Callback::new(move |()| {
        ask.send(request.clone(), move |response| {
            if let Response::LinkConfigs(configs) = response {
                rows.try_set(Some(configs));
            }
        });
    });
    read.run(());
    let lines = Memo::new(move |_| rows.read().as_deref().map(file).unwrap_or_default());
    let row = move |read: fn(&LinkRow) -> String| {
        let found = subject.with(|detail| {
            if is_twin { detail.twin.as_deref().map(read) } else { Some(read(&detail.link)) }
        });
        found.flatten().unwrap_or_default()
    };
    let badge = Memo::new(move |_| {
        subject.with(|detail| {
            let twin = detail.twin.as_deref();
            let row = if is_twin { twin } else { Some(&detail.link) };
            row.map(|row| (links::role(row.state), row.state.as_str().replace('_', " ")))
        })
    });
    let state = move || badge.get().flatten().unwrap_or_default();
    let grants = Route::Access {
        query: AccessQuery {
            cluster: Some(cluster.clone()),
            tab: AccessTab::Grants,
            link: Some(link.clone()),
            side: Some(match mode {
                LinkMode::Source => GrantSide::Source,
                LinkMode::Destination | LinkMode::Bidirectional => GrantSide::Destination,
            }),
            ..AccessQuery::default()
        },
    };
    let grants = grants.path();
    let page = Route::of_link(cluster.clone(), link).path();
    let label = format!("Configs on {cluster}");
    let title = format!("On {cluster}");
    let heading =
        if is_twin { view! { <a href=page>{title}</a> }.into_any() } else { title.into_any() };
    view! {
        <section class="panel half">
            <header class="panel-head">
                <h2>{heading}</h2>
                <span class="muted">{mode_words(mode)}</span>
                <div class="panel-actions row">
                    <span>{move || row(links::dials)}</span>
                    <Badge plain=true role=Signal::derive(move || state().0) text=Signal::derive(move || state().1) />
                </div>
            </header>
            <div class="panel-body">
                <Refusal error=ask.error() retry=read />
                <Show when=move || ask.busy().get() && rows.read().is_none()>
                    <Skeleton label="Loading the half" rows=4 />
                </Show>
                <div class="file-scroll" tabindex="0" role="group" aria-label=label>
                <dl class="file mono">
                    {move || {
                        lines
                            .get()
                            .into_iter()
                            .map(|(name, value)| {
                                view! { <dt>{name.clone()}</dt> <dd>{said(&name, value)}</dd> }
                            })
                            .collect_view()
                    }}
                </dl>
                </div>
                <div class="row">
                    <CopyButton
                        text=Signal::derive(move || text(&lines.read()))
                        label=format!("Copy as a file: the configs on {cluster}")
                        word="Copy as a file"
                    />
                    <a class="link" href=grants>{format!("ACLs it needs on {cluster}")}</a>
                </div>
            </div>
        </section>
    }
}

/// A line's value: filters in words with their JSON to take along, other values with what they mean.
fn said(name: &str, value: String) -> AnyView {
    let words = in_words(name, &value).filter(|_| value != MASKED);
    match words {
        Some(words) if is_filters(name) => {
            let label = format!("Copy JSON of {name}");
            let title = value.clone();
            let copy = (!value.is_empty())
                .then(|| view! { <CopyButton text=value label word="Copy JSON" /> });
            view! { <span class="filters" title=title>{words}</span> " " {copy} }.into_any()
        }
        Some(words) => view! { {value} <span class="muted">" · " {words}</span> }.into_any(),
        None if value.is_empty() => UNKNOWN.into_any(),
        None => value.into_any(),
    }
}

/// The other end, when its half is not on a cluster of this gateway or there is none.
#[component]
fn Elsewhere(subject: Subject) -> impl IntoView {
    let remote = Memo::new(move |_| subject.row(|row| row.remote.clone()));
    let name = move || subject.row(links::remote_name);
    let field = move |read: fn(&drawbridge_shared::view::RemoteView) -> Option<String>| {
        move || {
            let remote = remote.read();
            remote.as_ref().and_then(read).unwrap_or_else(|| UNKNOWN.to_owned())
        }
    };
    let why = move || match subject.is_source() {
        true => "The destination half is not on a cluster of this gateway.",
        false => {
            "This side dials, so the source needs no half of the link: any cluster that lets the link's user read will do."
        }
    };
    let dialled_by_us = Memo::new(move |_| {
        subject.row(|row| row.connection == drawbridge_shared::link::ConnectionMode::Outbound)
    });
    let words = move || match dialled_by_us.get() {
        Some(false) => "The half that dials is not on a cluster of this gateway.",
        _ => why(),
    };
    view! {
        <section class="panel half">
            <header class="panel-head">
                <h2>"On " {move || name()}</h2>
                <span class="muted">"remote cluster"</span>
            </header>
            <div class="panel-body">
                <dl class="file mono">
                    <dt>"cluster id"</dt>
                    <dd>{field(|remote| remote.cluster_id.clone())}</dd>
                    <dt>"bootstrap.servers"</dt>
                    <dd>{field(|remote| remote.bootstrap.clone())}</dd>
                    <dt>"security"</dt>
                    <dd>{field(|remote| remote.security.clone())}</dd>
                </dl>
                <p class="muted half-why">{move || words()}</p>
            </div>
        </section>
    }
}
