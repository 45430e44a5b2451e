//! Creating an ACL.

use drawbridge_shared::access::{
    Acl, AclOperation, AclPattern, AclPermission, AclResource, CLUSTER_NAME, WILDCARD,
};
use drawbridge_shared::guard::Action;
use drawbridge_shared::view::Severity;
use drawbridge_shared::wire::{Request, Response};
use leptos::prelude::*;

use super::Asked;
use crate::model::access::principal;
use crate::model::rest;
use crate::pages::topic::ask::{Ask, Refusal};
use crate::pages::topic::gate::{ClusterFacts, origin};
use crate::state::Toasts;
use crate::ui::{
    Button, ButtonKind, CopyBlock, Dialog, DialogActions, DialogCancel, SelectField, Show,
    TextField,
};

#[component]
pub(super) fn CreateAcl(
    asked: Asked,
    cluster: ClusterFacts,
    open: RwSignal<bool>,
    done: Callback<()>,
) -> impl IntoView {
    let ask = Ask::new();
    view! {
        <Dialog open title="Create an ACL" busy=ask.busy()>
            <Content asked cluster open ask done />
        </Dialog>
    }
}

fn options(words: impl Iterator<Item = &'static str>) -> Vec<(String, String)> {
    words.map(|word| (word.to_owned(), word.to_owned())).collect()
}

/// The form, as it is typed.
#[derive(Clone, Copy)]
struct Form {
    principal: RwSignal<String>,
    permission: RwSignal<String>,
    operation: RwSignal<String>,
    resource: RwSignal<String>,
    pattern: RwSignal<String>,
    name: RwSignal<String>,
    host: RwSignal<String>,
}

impl Form {
    fn start(asked: Asked) -> Self {
        let query = asked.query.get_untracked();
        let text = |text: &str| RwSignal::new(text.to_owned());
        Self {
            principal: text(&query.principal),
            permission: text(AclPermission::Allow.as_str()),
            operation: text(AclOperation::Read.as_str()),
            resource: text(query.resource.unwrap_or(AclResource::Topic).as_str()),
            pattern: text(AclPattern::Literal.as_str()),
            name: text(&query.name),
            host: text(WILDCARD),
        }
    }

    fn resource(self) -> AclResource {
        AclResource::from_word(&self.resource.read()).unwrap_or(AclResource::Topic)
    }

    fn acl(self) -> Acl {
        let is_cluster = self.resource() == AclResource::Cluster;
        Acl {
            principal: principal(&self.principal.read()),
            permission: AclPermission::from_word(&self.permission.read())
                .unwrap_or(AclPermission::Allow),
            resource: self.resource(),
            pattern: AclPattern::from_word(&self.pattern.read())
                .filter(|_| !is_cluster)
                .unwrap_or(AclPattern::Literal),
            name: if is_cluster { CLUSTER_NAME.to_owned() } else { self.name.get() },
            operation: AclOperation::from_word(&self.operation.read()).unwrap_or(AclOperation::All),
            host: self.host.get(),
        }
    }
}

#[component]
fn Content(
    asked: Asked,
    cluster: ClusterFacts,
    open: RwSignal<bool>,
    ask: Ask,
    done: Callback<()>,
) -> impl IntoView {
    ask.forget();
    let toasts = expect_context::<Toasts>();
    let form = Form::start(asked);
    let submitted = RwSignal::new(false);
    let is_cluster = Memo::new(move |_| form.resource() == AclResource::Cluster);
    let operations = Signal::derive(move || {
        let known = form.resource().operations().iter().copied();
        options(known.chain([AclOperation::All]).map(AclOperation::as_str))
    });
    // An operation that the new kind does not have is not kept.
    Effect::new(move |_| {
        let known = form.resource().operations();
        let now = AclOperation::from_word(&form.operation.get_untracked());
        if !now.is_some_and(|now| now == AclOperation::All || known.contains(&now))
            && let Some(first) = known.first()
        {
            form.operation.set(first.as_str().to_owned());
        }
    });
    let fault = move |field: &'static str| {
        Signal::derive(move || {
            let own = || {
                let errors = form.acl().validate().err()?;
                errors.into_iter().find(|error| error.field == field).map(|error| error.message)
            };
            if submitted.get() { own().or_else(|| ask.field(field)) } else { None }
        })
    };
    let send = move |()| {
        submitted.set(true);
        let Ok(acl) = untrack(|| form.acl()).validate() else { return };
        let request = Request::CreateAcls { cluster: cluster.name(), acls: vec![acl.clone()] };
        ask.send(request, move |response| {
            let failed = match response {
                Response::AclResults(rows) => rows.into_iter().find_map(|row| row.error),
                _ => None,
            };
            match failed {
                Some(why) => toasts.show(Severity::Failed, "The ACL was not created", Some(why)),
                None => toasts.show(Severity::Good, format!("Created: {acl}"), None),
            }
            open.set(false);
            done.run(());
        });
    };
    let call = Signal::derive(move || {
        let acl = form.acl();
        let acl = acl.validate().unwrap_or(acl);
        rest::create_acls(&origin(), &cluster.id(), &[acl])
    });
    view! {
        <TextField
            label="Principal"
            value=form.principal
            mono=true
            autofocus=true
            hint="User:alice; User:* is everybody"
            error=fault("principal")
        />
        <div class="form-pair">
            <SelectField
                label="Permission"
                value=form.permission
                options=options(AclPermission::ALL.iter().map(|one| one.as_str()))
                hint="A DENY wins over every ALLOW"
            />
            <SelectField
                label="Operation"
                value=form.operation
                options=operations
                error=fault("operation")
            />
        </div>
        <div class="form-pair">
            <SelectField
                label="Resource"
                value=form.resource
                options=options(AclResource::ALL.iter().map(|one| one.as_str()))
            />
            <Show when=move || !is_cluster.get()>
                <SelectField
                    label="The name is"
                    value=form.pattern
                    options=vec![
                        ("LITERAL".to_owned(), "LITERAL: the name itself, * for all".to_owned()),
                        ("PREFIXED".to_owned(), "PREFIXED: the beginning of names".to_owned()),
                    ]
                />
            </Show>
        </div>
        <Show when=move || !is_cluster.get()>
            <TextField label="Name" value=form.name mono=true error=fault("name") />
        </Show>
        <TextField
            label="From host"
            value=form.host
            mono=true
            hint="An IP address; * for any"
            error=fault("host")
        />
        <Refusal error=ask.error() />
        <DialogActions>
            <DialogCancel open busy=ask.busy() />
            <Button kind=ButtonKind::Primary on_click=send why_not=cluster.guard(Action::AclCreate) busy=ask.busy()>"Create ACL"</Button>
        </DialogActions>
        <details class="same-as">
            <summary>"Same as a REST call"</summary>
            <CopyBlock label="REST call" text=call />
        </details>
    }
}
