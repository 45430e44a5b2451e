//! The form that creates a topic: checked while typing, by the broker on request, and shown as a REST call.

use drawbridge_shared::draft::{ConfigSetting, TopicDraft};
use drawbridge_shared::guard::Action;
use drawbridge_shared::names::ClusterName;
use drawbridge_shared::view::{ConfigEntryView, Severity};
use drawbridge_shared::wire::{Feed, FeedData, Request, Response};
use leptos::prelude::*;

mod configs;

use super::topic::ask::{Ask, Refusal};
use super::topic::gate::{ClusterDown, ClusterFacts, origin};
use crate::model::{number, rest};
use crate::routes::Route;
use crate::socket::{RequestError, Socket};
use crate::state::{Nav, Toasts};
use crate::ui::{
    Badge, Button, ButtonKind, CopyBlock, PageHead, Panel, Show, StateRole, TextField,
};
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
    /// What was last sent: the broker's answer is about that, and gone once something else is typed.
    sent: RwSignal<Option<TopicDraft>>,
    accepted: RwSignal<bool>,
    submitted: RwSignal<bool>,
    nav: Nav,
    toasts: Toasts,
    ask: Ask,
}

impl Form {
    fn start(cluster: ClusterName) -> Self {
        Self {
            cluster: ClusterFacts::start(cluster),
            name: RwSignal::new(String::new()),
            partitions: RwSignal::new(String::new()),
            replication_factor: RwSignal::new(String::new()),
            settings: RwSignal::new(Vec::new()),
            defaults: RwSignal::new(Vec::new()),
            sent: RwSignal::new(None),
            accepted: RwSignal::new(false),
            submitted: RwSignal::new(false),
            nav: expect_context::<Nav>(),
            toasts: expect_context::<Toasts>(),
            ask: Ask::new(),
        }
    }

    /// Whether the broker's last answer is about what is typed now.
    fn is_answered(self) -> bool {
        self.sent.read().as_ref() == Some(&self.draft())
    }

    fn refusal(self) -> Signal<Option<RequestError>> {
        Signal::derive(move || self.ask.error().get().filter(|_| self.is_answered()))
    }

    /// What the broker refused about one field.
    fn refused(self, field: &str) -> Option<String> {
        self.ask.field(field).filter(|_| self.is_answered())
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
            if is_due { own().or_else(|| self.refused(field)) } else { None }
        })
    }

    fn send(self, validate_only: bool) {
        self.submitted.set(true);
        let draft = untrack(|| self.draft());
        let Ok(spec) = draft.validate() else { return };
        self.sent.set(Some(draft.clone()));
        self.accepted.set(false);
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
    let why_not = form.cluster.guard(Action::TopicCreate);
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
            <Refusal error=form.refusal() />
            <p role="status">
                <Show when=move || form.accepted.get() && form.is_answered()>
                    <Badge plain=true role=StateRole::Ok text="The broker would create this topic" />
                </Show>
            </p>
            <div class="form-actions">
                <Button kind=ButtonKind::Primary on_click=move |()| form.send(false) why_not busy=form.ask.busy()>
                    "Create topic"
                </Button>
                <Button on_click=move |()| form.send(true) why_not busy=form.ask.busy()>"Check"</Button>
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
    let feed = Feed::Cluster { cluster: cluster.name() };
    let followed = expect_context::<Socket>().follow(move || feed.clone());
    // Any broker will do: these two are the same on all brokers of a sane cluster.
    let broker = Memo::new(move |_| match followed.read().data.as_deref() {
        Some(FeedData::Cluster(detail)) => detail.brokers.first().map(|broker| broker.id),
        _ => None,
    });
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
