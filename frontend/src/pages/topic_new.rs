//! The form that creates a topic: checked while typing, by the broker on request, and shown as a REST call.

use drawbridge_shared::draft::{ConfigSetting, TopicDraft};
use drawbridge_shared::names::ClusterName;
use drawbridge_shared::view::{ConfigEntryView, Severity};
use drawbridge_shared::wire::{Request, Response};
use leptos::prelude::*;

mod configs;

use super::topic::ask::{Ask, Refusal};
use super::topic::gate::{ClusterDown, ClusterFacts, origin};
use crate::model::{number, rest};
use crate::routes::Route;
use crate::state::{Nav, Toasts};
use crate::ui::{Badge, Button, ButtonKind, CopyBlock, PageHead, Panel, StateRole, TextField};
use configs::Configs;

/// One configuration being given: its name, and its value as typed.
#[derive(Clone, Copy)]
struct Setting {
    id: u32,
    name: StoredValue<String>,
    value: RwSignal<String>,
}

/// The form's state.
#[derive(Clone, Copy)]
struct Form {
    cluster: ClusterFacts,
    name: RwSignal<String>,
    partitions: RwSignal<String>,
    replication_factor: RwSignal<String>,
    settings: RwSignal<Vec<Setting>>,
    defaults: RwSignal<Vec<ConfigEntryView>>,
    submitted: RwSignal<bool>,
    accepted: RwSignal<bool>,
    nav: Nav,
    toasts: Toasts,
    ask: Ask,
}

impl Form {
    fn start(cluster: ClusterName) -> Self {
        let form = Self {
            cluster: ClusterFacts::start(cluster),
            name: RwSignal::new(String::new()),
            partitions: RwSignal::new(String::new()),
            replication_factor: RwSignal::new(String::new()),
            settings: RwSignal::new(Vec::new()),
            defaults: RwSignal::new(Vec::new()),
            submitted: RwSignal::new(false),
            accepted: RwSignal::new(false),
            nav: expect_context::<Nav>(),
            toasts: expect_context::<Toasts>(),
            ask: Ask::new(),
        };
        // What the broker said is about what was typed then.
        Effect::new(move |before: Option<()>| {
            drop(form.draft());
            if before.is_some() {
                form.accepted.set(false);
                form.ask.forget();
            }
        });
        form
    }

    fn draft(self) -> TopicDraft {
        let setting = |setting: &Setting| ConfigSetting {
            name: setting.name.get_value(),
            value: setting.value.get(),
        };
        TopicDraft {
            name: self.name.get(),
            partitions: self.partitions.get(),
            replication_factor: self.replication_factor.get(),
            configs: self.settings.read().iter().map(setting).collect(),
        }
    }

    /// What is wrong with a field: by our own rules as soon as something is typed, then by the broker's.
    fn fault(self, field: &'static str, value: RwSignal<String>) -> Signal<Option<String>> {
        Signal::derive(move || {
            let own = || {
                let errors = self.draft().validate().err()?;
                errors.into_iter().find(|error| error.field == field).map(|error| error.message)
            };
            let is_due = self.submitted.get() || !value.read().is_empty();
            if is_due { own().or_else(|| self.ask.field(field)) } else { None }
        })
    }

    fn send(self, validate_only: bool) {
        self.submitted.set(true);
        let draft = untrack(|| self.draft());
        let Ok(spec) = draft.validate() else { return };
        let request = Request::CreateTopic { cluster: self.cluster.name(), draft, validate_only };
        self.ask.send(request, move |_| {
            if validate_only {
                self.accepted.try_set(true);
            } else {
                let cluster = self.cluster.name();
                let text = format!("Topic {} is created on {cluster}", spec.name);
                self.toasts.show(Severity::Good, text, None);
                self.nav.go(&Route::of_topic(cluster, spec.name));
            }
        });
    }
}

/// The page that creates a topic.
#[component]
pub fn TopicNew(
    /// On which cluster.
    cluster: ClusterName,
) -> impl IntoView {
    let form = Form::start(cluster.clone());
    let defaults = Ask::new();
    let request = Request::TopicDefaults { cluster: cluster.clone() };
    let read_defaults = move || {
        defaults.send(request.clone(), move |response| {
            if let Response::Configs(entries) = response {
                form.defaults.try_set(entries);
            }
        });
    };
    read_defaults();
    let title = format!("Create topic on {cluster}");
    view! {
        <PageHead title />
        <ClusterDown cluster=form.cluster />
        <div class="form-page">
            <Fields form>
                <Refusal error=defaults.error() retry=move |()| read_defaults() />
            </Fields>
            <Aside form />
        </div>
    }
}

#[component]
fn Fields(form: Form, children: Children) -> impl IntoView {
    let broker = broker_defaults(form.cluster);
    let placeholder = move |name: &'static str| {
        Signal::derive(move || {
            broker
                .read()
                .iter()
                .find(|(key, _)| key == name)
                .map_or_else(String::new, |(_, value)| value.clone())
        })
    };
    let hint = move |name: &'static str, what: &'static str| {
        Signal::derive(move || {
            let value = placeholder(name).get();
            if value.is_empty() {
                format!("{what} Empty takes the broker's default.")
            } else {
                format!("{what} Empty takes the broker's default, {name}={value}.")
            }
        })
    };
    let cancel = Route::topics_of(form.cluster.name()).path();
    let submit = move |event: leptos::ev::SubmitEvent| {
        event.prevent_default();
        form.send(false);
    };
    view! {
        <form class="form" aria-label="Create topic" on:submit=submit>
            <TextField
                label="Name"
                value=form.name
                mono=true
                autofocus=true
                hint="Letters, digits, '.', '_' and '-', at most 249. Names that differ only in '.' and '_' collide in metrics."
                error=form.fault("name", form.name)
            />
            <div class="form-pair">
                <TextField
                    label="Partitions"
                    value=form.partitions
                    numeric=true
                    placeholder=placeholder("num.partitions")
                    hint=hint("num.partitions", "More spread load wider; they cannot be taken away again.")
                    error=form.fault("partitions", form.partitions)
                />
                <TextField
                    label="Replication factor"
                    value=form.replication_factor
                    numeric=true
                    placeholder=placeholder("default.replication.factor")
                    hint=hint("default.replication.factor", "Copies of each partition, on different brokers.")
                    error=form.fault("replication_factor", form.replication_factor)
                />
            </div>
            {children()}
            <Configs form />
            <Refusal error=form.ask.error() />
            <p role="status">
                <Show when=move || form.accepted.get()>
                    <Badge plain=true role=StateRole::Ok text="The broker would create this topic" />
                </Show>
            </p>
            <div class="form-actions">
                <Button kind=ButtonKind::Primary on_click=move |()| form.send(false) busy=form.ask.busy()>
                    "Create topic"
                </Button>
                <Button on_click=move |()| form.send(true) busy=form.ask.busy()>"Check"</Button>
                <a class="btn btn--quiet" href=cancel>"Cancel"</a>
                // Enter in a field submits a form only if it has a submit button.
                <button type="submit" hidden></button>
            </div>
        </form>
    }
}

/// The broker's own defaults for counts, by configuration name; empty until read or when not allowed.
fn broker_defaults(cluster: ClusterFacts) -> RwSignal<Vec<(String, String)>> {
    let found = RwSignal::new(Vec::new());
    let ask = Ask::new();
    let broker = Memo::new(move |_| cluster.any_broker());
    Effect::new(move |_| {
        let Some(broker) = broker.get() else { return };
        let request = Request::BrokerConfigs { cluster: cluster.name(), broker };
        ask.send(request, move |response| {
            let Response::Configs(entries) = response else { return };
            let wanted =
                |name: &str| matches!(name, "num.partitions" | "default.replication.factor");
            let values = entries.into_iter().filter(|entry| wanted(&entry.name));
            found.try_set(values.filter_map(|entry| Some((entry.name, entry.value?))).collect());
        });
    });
    found
}

/// What is going to be created, and the same as a call.
#[component]
fn Aside(form: Form) -> impl IntoView {
    let call =
        Signal::derive(move || rest::create_topic(&origin(), &form.cluster.id(), &form.draft()));
    let set = move || {
        let n = form.settings.read().len();
        number::counted(u64::try_from(n).unwrap_or(u64::MAX), "configuration", "configurations")
    };
    view! {
        <aside class="form-aside">
            <Panel title="Same as a REST call">
                <CopyBlock label="REST call" text=call />
                <p class="muted">
                    {move || format!("{} set; all others follow the cluster, also when it changes.", set())}
                </p>
            </Panel>
        </aside>
    }
}
