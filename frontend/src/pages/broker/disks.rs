//! A broker's log directories: how full, and whether they work.

use drawbridge_shared::view::LogDirView;
use leptos::prelude::*;

use crate::model::bytes::{bytes_or_unknown, exact_bytes};
use crate::model::number::count;
use crate::pages::brokers::Brokers;
use crate::ui::{Badge, Panel, Show, StateRole};

#[component]
pub(super) fn Disks(brokers: Brokers, id: i32) -> impl IntoView {
    let dirs = Memo::new(move |_| brokers.row(id, |row| row.log_dirs.clone()).flatten());
    let is_measured = move || brokers.with(|view| view.measured_at_ms).flatten().is_some();
    let none = move || {
        let text = if is_measured() {
            "The broker does not tell what lies on its disks."
        } else {
            "The disks are being read."
        };
        view! { <p class="panel-none muted">{text}</p> }
    };
    view! {
        <Panel title="Log directories">
            <Show when=move || dirs.read().is_some() fallback=none>
                <table class="table table--auto disks-table">
                    <caption class="visually-hidden">"Log directories"</caption>
                    <thead>
                        <tr>
                            <th scope="col">"Directory"</th>
                            <th scope="col">"State"</th>
                            <th scope="col" class="right">"Data"</th>
                            <th scope="col" class="right">"Free"</th>
                            <th scope="col" class="right wide">"Volume"</th>
                            <th scope="col" class="right wide">"Replicas"</th>
                        </tr>
                    </thead>
                    <tbody>
                        {move || dirs.get().into_iter().flatten().map(line).collect_view()}
                    </tbody>
                </table>
            </Show>
        </Panel>
    }
}

fn line(dir: LogDirView) -> impl IntoView {
    let bytes = |n: Option<u64>| {
        view! { <span class="num" title=n.map(exact_bytes)>{bytes_or_unknown(n)}</span> }
    };
    let (role, word) = match &dir.error {
        None => (StateRole::Ok, "works".to_owned()),
        Some(error) => (StateRole::Failed, format!("offline: {error}")),
    };
    let moving = (dir.n_moving > 0).then(|| {
        let words = format!("{} being moved here", count(dir.n_moving.into()));
        view! { <span class="words">{words}</span> }
    });
    view! {
        <tr>
            <th scope="row" class="mono wrap">{dir.path}</th>
            <td class="wrap"><Badge plain=true role text=word /></td>
            <td class="right">{bytes(dir.used_bytes)}</td>
            <td class="right">{bytes(dir.usable_bytes)}</td>
            <td class="right wide">{bytes(dir.total_bytes)}</td>
            <td class="right wide num">{count(dir.n_replicas.into())} {moving}</td>
        </tr>
    }
}
