//! A broker's configurations, in a drawer beside the cluster.

use drawbridge_shared::view::{ConfigEntryView, ConfigSource};
use drawbridge_shared::wire::{Request, Response};
use leptos::ev;
use leptos::prelude::*;

use super::Subject;
use crate::model::number::UNKNOWN;
use crate::pages::topic::ask::{Ask, Refusal};
use crate::routes::Route;
use crate::shell::turn;
use crate::state::Nav;
use crate::ui::{SearchField, Show, Skeleton, Toggle};

/// The drawer; there while the URL names a broker.
#[component]
pub(super) fn BrokerDrawer(subject: Subject) -> impl IntoView {
    let nav = expect_context::<Nav>();
    let broker = Memo::new(move |_| match &*nav.route().read() {
        Some(Route::Cluster { broker, .. }) => *broker,
        _ => None,
    });
    move || broker.get().map(|broker| view! { <Drawer subject broker /> })
}

#[component]
fn Drawer(subject: Subject, broker: i32) -> impl IntoView {
    let nav = expect_context::<Nav>();
    let ask = Ask::new();
    let entries = RwSignal::new(None::<Vec<ConfigEntryView>>);
    let load = Callback::new(move |()| {
        ask.send(Request::BrokerConfigs { cluster: subject.name(), broker }, move |response| {
            if let Response::Configs(configs) = response {
                entries.set(Some(configs));
            }
        });
    });
    load.run(());
    let back = Route::of_cluster(subject.name());
    let close_href = back.path();
    let escape = window_event_listener(ev::keydown, move |event| {
        // A dialog above the drawer takes the key for itself.
        let has_dialog = matches!(document().query_selector("dialog[open]"), Ok(Some(_)));
        if event.key() == "Escape" && !has_dialog {
            nav.go(&back);
        }
    });
    request_animation_frame(|| turn::focus("#broker-configs"));
    on_cleanup(move || {
        escape.remove();
        let opener = format!("a[aria-label='Configurations of broker {broker}']");
        request_animation_frame(move || turn::focus(&opener));
    });
    let title = format!("Configurations of broker {broker}");
    view! {
        <aside class="drawer" aria-labelledby="broker-configs">
            <header class="drawer-head">
                <h2 id="broker-configs" tabindex="-1">
                    {title}
                </h2>
                <a class="icon-btn" href=close_href aria-label="Close the configurations">
                    <svg viewBox="0 0 16 16" aria-hidden="true">
                        <path d="M4 4l8 8M12 4l-8 8"></path>
                    </svg>
                </a>
            </header>
            <Refusal error=ask.error() retry=load />
            <Show when=move || ask.busy().get()>
                <Skeleton label="Loading the configurations" rows=12 />
            </Show>
            <Show when=move || entries.read().is_some()>
                <Entries entries />
            </Show>
        </aside>
    }
}

#[component]
fn Entries(entries: RwSignal<Option<Vec<ConfigEntryView>>>) -> impl IntoView {
    let search = RwSignal::new(String::new());
    let all = RwSignal::new(false);
    let shown = Memo::new(move |_| {
        let (entries, search) = (entries.read(), search.read().to_lowercase());
        let wanted = |entry: &&ConfigEntryView| {
            (all.get() || is_set(entry) || !search.is_empty()) && entry.name.contains(&search)
        };
        entries.iter().flatten().filter(wanted).cloned().collect::<Vec<_>>()
    });
    view! {
        <div class="drawer-tools">
            <SearchField label="Search configurations" value=search on_search=move |text| search.set(text) />
            <Toggle label="Defaults too" checked=all on_change=move |on| all.set(on) />
        </div>
        <table class="table configs-table">
            <caption class="visually-hidden">"Broker configurations"</caption>
            <thead>
                <tr>
                    <th scope="col">"Configuration"</th>
                    <th scope="col">"Value"</th>
                    <th scope="col">"Source"</th>
                </tr>
            </thead>
            <tbody>{move || shown.get().into_iter().map(row).collect_view()}</tbody>
        </table>
        <Show when=move || shown.read().is_empty()>
            <p class="panel-none muted">
                {move || if search.read().is_empty() {
                    "Nothing is set: every configuration has its default."
                } else {
                    "No configuration has that in its name."
                }}
            </p>
        </Show>
    }
}

fn is_set(entry: &ConfigEntryView) -> bool {
    !matches!(entry.source, ConfigSource::DefaultConfig | ConfigSource::Unknown)
}

fn row(entry: ConfigEntryView) -> impl IntoView {
    let value = match (&entry.value, entry.is_sensitive) {
        (_, true) => "hidden by the broker".to_owned(),
        (Some(value), false) if value.is_empty() => "(empty)".to_owned(),
        (Some(value), false) => value.clone(),
        (None, false) => UNKNOWN.to_owned(),
    };
    view! {
        <tr>
            <th scope="row" class="mono" title=entry.documentation>
                {entry.name}
            </th>
            <td class="mono">{value}</td>
            <td class="muted">{source_words(entry.source)}</td>
        </tr>
    }
}

fn source_words(source: ConfigSource) -> &'static str {
    match source {
        ConfigSource::DynamicTopicConfig => "topic",
        ConfigSource::DynamicBrokerLoggerConfig => "logger",
        ConfigSource::DynamicBrokerConfig => "this broker, while running",
        ConfigSource::DynamicDefaultBrokerConfig => "all brokers, while running",
        ConfigSource::StaticBrokerConfig => "configuration file",
        ConfigSource::DefaultConfig => "default",
        ConfigSource::Unknown => "not told",
    }
}
