//! The brokers of a cluster.

use drawbridge_shared::view::{BrokerView, ClusterStatus};
use leptos::prelude::*;

use super::Subject;
use crate::model::number::UNKNOWN;
use crate::model::time::latency;
use crate::routes::{BrokerTab, Route};
use crate::ui::{Badge, Bytes, Count, Panel, Show, StateRole};

/// The table of brokers.
#[component]
pub(super) fn Brokers(subject: Subject) -> impl IntoView {
    let ids = Memo::new(move |_| {
        let ids = |detail: &drawbridge_shared::view::ClusterDetail| {
            detail.brokers.iter().map(|broker| broker.id).collect::<Vec<_>>()
        };
        subject.with(ids).unwrap_or_default()
    });
    view! {
        <Panel title="Brokers">
            <table class="table brokers-table">
                <caption class="visually-hidden">"Brokers"</caption>
                <thead>
                    <tr>
                        <th scope="col">"Broker"</th>
                        <th scope="col">"State"</th>
                        <th scope="col" class="wide">"Address"</th>
                        <th scope="col" class="wide">"Rack"</th>
                        <th scope="col" class="wide">"Version"</th>
                        <th scope="col" class="wide right">"Latency"</th>
                        <th scope="col" class="wide right">"Leaders"</th>
                        <th scope="col" class="wide right">"Replicas"</th>
                        <th scope="col" class="wide right">"Disk"</th>
                        <th scope="col" class="right">
                            <span class="visually-hidden">"Configurations"</span>
                        </th>
                    </tr>
                </thead>
                <tbody>
                    <For
                        each=move || ids.get()
                        key=|id| *id
                        children=move |id| view! { <BrokerRow subject id /> }
                    />
                </tbody>
            </table>
            <Show when=move || ids.read().is_empty()>
                <p class="panel-none muted">"No brokers are known yet."</p>
            </Show>
        </Panel>
    }
}

#[component]
fn BrokerRow(subject: Subject, id: i32) -> impl IntoView {
    let broker = Memo::new(move |_| {
        subject.with(|detail| detail.brokers.iter().find(|broker| broker.id == id).cloned())?
    });
    let text = move |read: fn(&BrokerView) -> Option<String>| {
        move || broker.read().as_ref().and_then(read).unwrap_or_else(|| UNKNOWN.to_owned())
    };
    let number = move |read: fn(&BrokerView) -> Option<u64>| {
        Signal::derive(move || broker.read().as_ref().and_then(read))
    };
    let fault = Memo::new(move |_| broker.read().as_ref().and_then(|b| b.fault.clone()));
    let is_controller = move || broker.read().as_ref().is_some_and(|b| b.is_controller);
    // What a broker was before its cluster went down says nothing about now.
    let answers = Memo::new(move |_| {
        let is_up = subject.with(|detail| detail.cluster.status == ClusterStatus::Up);
        (is_up == Some(true)).then(|| fault.read().is_none())
    });
    let role = Signal::derive(move || match answers.get() {
        Some(true) => StateRole::Ok,
        Some(false) => StateRole::Failed,
        None => StateRole::Unknown,
    });
    let word = Signal::derive(move || {
        let word = match answers.get() {
            Some(true) => "answers",
            Some(false) => "no answer",
            None => "not known",
        };
        word.to_owned()
    });
    let why = move || {
        answers.get()?;
        let fault = fault.read();
        fault.as_ref().map(|fault| format!("{} {}", fault.summary, fault.remedy))
    };
    let page = Route::of_broker(subject.name(), id).path();
    let configs = Route::broker(subject.name(), id, BrokerTab::Configs).path();
    view! {
        <tr>
            <th scope="row">
                <a class="link num" href=page aria-label=format!("Broker {id}")>{id}</a>
                <Show when=is_controller>
                    " "
                    <span class="tag">"controller"</span>
                </Show>
                <span class="broker-address mono">{text(address)}</span>
            </th>
            <td>
                <Badge role text=word plain=true />
                <span class="broker-why muted">{move || why()}</span>
            </td>
            <td class="wide mono">{text(address)}</td>
            <td class="wide">{text(|b| b.rack.clone())}</td>
            <td class="wide">{text(|b| b.version.clone())}</td>
            <td class="wide right num">{text(|b| b.latency_micros.map(latency))}</td>
            <td class="wide right">
                <Count n=number(|b| b.n_leaders.map(u64::from)) />
            </td>
            <td class="wide right">
                <Count n=number(|b| b.n_replicas.map(u64::from)) />
            </td>
            <td class="wide right">
                <Bytes n=number(|b| b.used_bytes) />
            </td>
            <td class="right">
                <a href=configs aria-label=format!("Configurations of broker {id}")>
                    "Configurations"
                </a>
            </td>
        </tr>
    }
}

fn address(broker: &BrokerView) -> Option<String> {
    Some(format!("{}:{}", broker.host, broker.port))
}
