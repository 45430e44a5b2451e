//! How the gateway reaches a cluster, and what it found there.

use drawbridge_shared::view::{ClusterKind, ClusterView};
use leptos::prelude::*;

use super::Subject;
use crate::model::cluster::{guard_words, node_or_unknown, origin_words};
use crate::model::number::UNKNOWN;
use crate::ui::{CopyButton, Panel, Show};

/// The facts that seldom change.
#[component]
pub(super) fn Connection(subject: Subject) -> impl IntoView {
    let text = move |read: fn(&ClusterView) -> Option<String>| {
        Signal::derive(move || {
            let cluster = subject.cluster.read();
            cluster.as_ref().and_then(read).unwrap_or_else(|| UNKNOWN.to_owned())
        })
    };
    let id = text(|cluster| cluster.cluster_id.clone());
    let bootstrap = text(|cluster| Some(cluster.bootstrap.clone()));
    let ignored = Memo::new(move |_| {
        subject.with(|detail| detail.ignored_properties.join(", ")).unwrap_or_default()
    });
    let guards = Memo::new(move |_| guard_words(&subject.cluster.read().as_ref()?.guards));
    view! {
        <Panel title="Connection">
            <dl class="facts-list">
                <dt>"Cluster id"</dt>
                <dd>
                    <span class="mono">{id}</span>
                    " "
                    <Show when=move || subject.cluster.read().as_ref().is_some_and(|known| known.cluster_id.is_some())>
                        <CopyButton text=id label="Copy cluster id" />
                    </Show>
                </dd>
                <dt>"Version"</dt>
                <dd>{text(|cluster| Some(version_words(cluster)))}</dd>
                <dt>"Controller"</dt>
                <dd>{text(|cluster| Some(node_or_unknown(cluster.controller)))}</dd>
                <dt>"Bootstrap servers"</dt>
                <dd>
                    <span class="mono">{bootstrap}</span>
                    " "
                    <CopyButton text=bootstrap label="Copy bootstrap servers" />
                </dd>
                <dt>"Security"</dt>
                <dd>{text(|cluster| Some(cluster.security.clone()))}</dd>
                <dt>"Known from"</dt>
                <dd>{text(|cluster| Some(origin_words(cluster.origin).to_owned()))}</dd>
                <Show when=move || guards.read().is_some()>
                    <dt>"Switched off here"</dt>
                    <dd>{move || guards.get()}</dd>
                </Show>
                <Show when=move || !ignored.read().is_empty()>
                    <dt>"Ignored properties"</dt>
                    <dd class="mono">{ignored}</dd>
                </Show>
            </dl>
        </Panel>
    }
}

fn version_words(cluster: &ClusterView) -> String {
    let version = cluster.version.as_deref().unwrap_or(UNKNOWN);
    match cluster.kind {
        ClusterKind::Kafka => version.to_owned(),
        ClusterKind::Embedded => {
            format!("{version} · embedded Kafka-protocol cluster, its data is not kept")
        }
    }
}
