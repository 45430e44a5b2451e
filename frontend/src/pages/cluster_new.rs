//! Adding a cluster: its name, its properties, a test that shows where it fails.

use drawbridge_shared::draft::ClusterDraft;
use drawbridge_shared::view::Severity;
use drawbridge_shared::wire::{Request, Response};
use leptos::prelude::*;

mod form;
pub(in crate::pages) mod properties;

use super::probe::{Probe, ProbeSteps};
use super::topic::ask::{Ask, Refusal};
use crate::routes::Route;
use crate::state::{Clusters, Nav, Toasts};
use crate::ui::{Button, ButtonKind, PageHead, Show, TextField};
use form::ConnectionFields;
use properties::{Properties, SecretText};

/// What is typed. Lives as long as the page: no error and no reconnect empties it. Secrets are
/// kept beside the text, never in the URL or in the browser's storage.
#[derive(Clone, Copy)]
struct Draft {
    name: RwSignal<String>,
    properties: SecretText,
}

impl Draft {
    fn new() -> Self {
        Self { name: RwSignal::new(String::new()), properties: SecretText::new() }
    }

    fn whole(self) -> ClusterDraft {
        ClusterDraft {
            name: self.name.get_untracked().trim().to_owned(),
            properties: self.properties.revealed(),
        }
    }

    /// What is wrong with a field, once something is typed.
    fn error(self, field: &str) -> Option<String> {
        let checked =
            ClusterDraft { name: self.name.get(), properties: self.properties.shown.get() }
                .validate();
        let errors = checked.err()?;
        errors.into_iter().find(|error| error.field == field).map(|error| error.message)
    }
}

/// The page.
#[component]
pub fn ClusterNewPage() -> impl IntoView {
    let draft = Draft::new();
    let clusters = expect_context::<Clusters>();
    let (testing, adding) = (Ask::new(), Ask::new());
    let probe = RwSignal::new(Probe::None);
    // What a test says, it says of the properties that were tested; hiding their secrets makes no others of them.
    let tested = StoredValue::new(None::<String>);
    let is_meant = Memo::new(move |_| {
        draft.properties.shown.track();
        probe.track();
        let now = draft.properties.revealed();
        tested.with_value(|tested| tested.as_ref() == Some(&now))
    });
    Effect::new(move |_| {
        draft.name.track();
        draft.properties.shown.track();
        adding.forget();
    });
    let taken = move || {
        let name = draft.name.read().trim().to_owned();
        let is_taken = clusters.names().iter().any(|other| other.as_str() == name);
        is_taken.then(|| format!("a cluster called '{name}' exists already; choose another name"))
    };
    let name_error = Signal::derive(move || match draft.name.read().is_empty() {
        true => None,
        false => draft.error("name").or_else(taken).or_else(|| adding.field("name")),
    });
    let refused = Signal::derive(move || testing.error().get().filter(|_| is_meant.get()));
    let text_error = Signal::derive(move || {
        let of_test = || testing.field("properties").filter(|_| is_meant.get());
        adding.field("properties").or_else(of_test)
    });
    let test = Callback::new(move |()| {
        let whole = draft.whole();
        tested.set_value(Some(whole.properties.clone()));
        probe.set(Probe::Running);
        testing.send(Request::TestConnection { draft: whole }, move |response| {
            if let Response::Probe(report) = response {
                probe.set(Probe::Done(report));
            }
        });
    });
    let shown = Signal::derive(move || match is_meant.get() && testing.error().read().is_none() {
        true => probe.get(),
        false => Probe::None,
    });
    let why_no_test = Signal::derive(move || draft.error("properties"));
    let why_no_add = Signal::derive(move || {
        let denied = expect_context::<Clusters>().why_not_add();
        denied.or_else(|| draft.error("name")).or_else(taken).or_else(|| draft.error("properties"))
    });
    let add = add(draft, adding);
    view! {
        <PageHead
            title="Add a cluster"
            facts=|| view! { <p class="muted lead">"The gateway connects with the same properties as your Kafka clients. They stay on the gateway."</p> }
        />
        <div class="cluster-new">
            <div class="stack">
                <TextField
                    label="Name"
                    value=draft.name
                    error=name_error
                    hint="What Drawbridge shall call it: letters, digits, '.', '_' and '-'. It becomes part of URLs."
                    autofocus=true
                    mono=true
                />
                <ConnectionFields text=draft.properties />
                <Properties text=draft.properties error=text_error />
                <div class="form-actions">
                    <Button kind=ButtonKind::Primary on_click=add why_not=why_no_add busy=adding.busy()>
                        "Add cluster"
                    </Button>
                    <Button on_click=test why_not=why_no_test busy=testing.busy()>
                        "Test connection"
                    </Button>
                </div>
                <Refusal error=adding.error() />
            </div>
            <section class="cluster-new__test" aria-label="Test">
                <Refusal error=refused />
                <ProbeSteps probe=shown />
                <Show when=move || shown.get() == Probe::None && refused.read().is_none()>
                    <p class="muted">
                        "Test connection tries every step from the host name to the brokers, "
                        "keeps nothing, and shows the step that fails with the broker's words and what to do."
                    </p>
                </Show>
            </section>
        </div>
    }
}

fn add(draft: Draft, adding: Ask) -> Callback<()> {
    let (nav, toasts) = (expect_context::<Nav>(), expect_context::<Toasts>());
    Callback::new(move |()| {
        let whole = draft.whole();
        let Ok(name) = whole.validate() else { return };
        adding.send(Request::AddCluster { draft: whole }, move |_| {
            toasts.show(Severity::Good, format!("{name} was added"), None);
            nav.go(&Route::of_cluster(name.clone()));
        });
    })
}
