//! What a broker is: where, in which part, of which release.

use drawbridge_shared::view::{BrokerRole, BrokerRow, FeatureView};
use leptos::prelude::*;

use crate::model::number::UNKNOWN;
use crate::pages::brokers::{Brokers, address};
use crate::ui::{Panel, Show};

#[component]
pub(super) fn FactsPanel(brokers: Brokers, id: i32) -> impl IntoView {
    let text = move |read: fn(&BrokerRow) -> Option<String>| {
        move || brokers.row(id, read).flatten().unwrap_or_else(|| UNKNOWN.to_owned())
    };
    let why = move || {
        let fault = brokers.row(id, |row| row.fault.clone()).flatten();
        fault.map(|fault| format!("{}. {} {}", fault.summary, fault.cause, fault.remedy))
    };
    view! {
        <Panel title="Facts">
            <dl class="facts-list">
                <Show when=move || why().is_some()>
                    <dt>"Why no answer"</dt>
                    <dd>{move || why()}</dd>
                </Show>
                <dt>"Address"</dt>
                <dd class="mono">{text(address)}</dd>
                <dt>"Rack"</dt>
                <dd>{text(|row| row.rack.clone())}</dd>
                <dt>"Role"</dt>
                <dd>{text(role)}</dd>
                <dt>"Version"</dt>
                <dd>{text(|row| row.version.clone())}</dd>
                <dt>"Features"</dt>
                <dd><Features brokers id /></dd>
            </dl>
        </Panel>
    }
}

fn role(row: &BrokerRow) -> Option<String> {
    let words = match row.role? {
        BrokerRole::ActiveController => "broker, and the active controller",
        BrokerRole::Controller => "broker, and a controller that votes",
        BrokerRole::Broker => "broker",
    };
    Some(words.to_owned())
}

/// Features with the level in force and those the broker supports.
#[component]
fn Features(brokers: Brokers, id: i32) -> impl IntoView {
    let features =
        Memo::new(move |_| brokers.row(id, |row| row.features.clone()).unwrap_or_default());
    let one = |feature: FeatureView| {
        let level = match feature.finalized {
            Some(level) => format!("at {level}"),
            None => "off".to_owned(),
        };
        view! {
            <li>
                <span class="mono">{feature.name}</span>
                " " {level}
                <span class="muted">{format!(" · supports {} to {}", feature.min, feature.max)}</span>
            </li>
        }
    };
    view! {
        <Show
            when=move || !features.read().is_empty()
            fallback=|| view! { <span class="muted">"none told"</span> }
        >
            <ul class="plain-list">{move || features.get().into_iter().map(one).collect_view()}</ul>
        </Show>
    }
}
