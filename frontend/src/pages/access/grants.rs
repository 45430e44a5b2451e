//! The tab of ready-made grants: what a link needs, what of it is there, and making the rest.

use drawbridge_shared::access::{
    Acl, AclSelection, Authority, Grant, GrantScope, GrantSide, NamePattern, missing, needed,
};
use drawbridge_shared::guard::Action;
use drawbridge_shared::view::{AclsView, LinkPrincipalRow, Severity};
use drawbridge_shared::wire::{Request, Response};
use leptos::prelude::*;

use super::Asked;
use super::acls::NO_AUTHORIZER;
use crate::model::access::{lacking, principal, resource_words, side_words};
use crate::model::number::counted;
use crate::model::rest;
use crate::pages::topic::ask::{Ask, Refusal};
use crate::pages::topic::gate::{ClusterFacts, origin};
use crate::routes::{AccessQuery, Route};
use crate::state::Toasts;
use crate::ui::{
    Badge, Button, ButtonKind, CopyBlock, EmptyState, Note, Panel, SelectField, Show, StateRole,
    TextField,
};

/// What is granted to whom.
#[derive(Clone, Copy)]
struct Form {
    cluster: ClusterFacts,
    side: RwSignal<String>,
    who: RwSignal<String>,
    topics: RwSignal<String>,
    groups: RwSignal<String>,
    held: RwSignal<Option<AclsView>>,
    /// Whose ACLs `held` are.
    held_of: RwSignal<String>,
    ask: Ask,
}

impl Form {
    fn start(cluster: ClusterFacts, query: AccessQuery) -> Self {
        let side = query.side.unwrap_or(GrantSide::Source);
        Self {
            cluster,
            side: RwSignal::new(side.as_str().to_owned()),
            who: RwSignal::new(query.principal),
            topics: RwSignal::new("*".to_owned()),
            groups: RwSignal::new("*".to_owned()),
            held: RwSignal::new(None),
            held_of: RwSignal::new(String::new()),
            ask: Ask::new(),
        }
    }

    fn side(self) -> GrantSide {
        let chosen = self.side.read();
        let all = GrantSide::ALL.into_iter();
        all.clone().find(|side| side.as_str() == *chosen).unwrap_or(GrantSide::Source)
    }

    fn principal(self) -> String {
        principal(&self.who.read())
    }

    fn grants(self) -> Vec<Grant> {
        let scope = GrantScope {
            topics: NamePattern::list(&self.topics.read()),
            groups: NamePattern::list(&self.groups.read()),
        };
        let who = self.principal();
        let who = if who.is_empty() { "User:NAME".to_owned() } else { who };
        needed(self.side(), &who, &scope)
    }

    /// What is wrong with the names, as a broker would take them.
    fn faults(self, resource_is_topic: bool) -> Option<String> {
        use drawbridge_shared::access::AclResource;
        let wanted = if resource_is_topic { AclResource::Topic } else { AclResource::Group };
        self.grants().iter().filter(|grant| grant.acl.resource == wanted).find_map(|grant| {
            let errors = grant.acl.validate().err()?;
            errors.into_iter().find(|error| error.field == "name").map(|error| error.message)
        })
    }

    fn is_known(self) -> bool {
        self.held.read().is_some() && *self.held_of.read() == self.principal()
    }

    fn held(self) -> Vec<Acl> {
        let known = self.is_known();
        self.held.read().iter().filter(|_| known).flat_map(|view| view.acls.clone()).collect()
    }

    fn read(self) {
        let who = untrack(|| self.principal());
        let principal = Some(who.clone()).filter(|who| !who.is_empty());
        let selection = AclSelection { principal, ..AclSelection::default() };
        let request = Request::Acls { cluster: self.cluster.name(), selection };
        self.ask.send(request, move |response| {
            if let Response::Acls(view) = response {
                self.held.try_set(Some(*view));
                self.held_of.try_set(who.clone());
            }
            // Something else may have been typed meanwhile.
            if self.who.try_with_untracked(|now| principal_of(now) != who) == Some(true) {
                self.read();
            }
        });
    }
}

fn principal_of(typed: &str) -> String {
    principal(typed)
}

#[component]
pub(super) fn Grants(asked: Asked, cluster: ClusterFacts) -> impl IntoView {
    let form = Form::start(cluster, asked.query.get_untracked());
    Effect::new(move |_| {
        form.who.track();
        form.read();
    });
    let principals = RwSignal::new(Vec::<LinkPrincipalRow>::new());
    Ask::new().send(Request::LinkPrincipals, move |response| {
        if let Response::LinkPrincipals(rows) = response {
            principals.try_set(rows);
        }
    });
    let is_off =
        Memo::new(move |_| form.held.read().as_ref().is_some_and(|view| !view.has_authorizer));
    view! {
        <Refusal error=form.ask.error() retry=move |()| form.read() />
        <Show
            when=move || is_off.get()
            fallback=move || {
                view! {
                    <div class="access-grants">
                        <Panel title="For whom">
                            <Fields asked form principals />
                        </Panel>
                        <Panel title="What it needs">
                            <Needed form />
                        </Panel>
                    </div>
                }
            }
        >
            <EmptyState title="This cluster has no authorizer" text=NO_AUTHORIZER.to_owned() />
        </Show>
    }
}

#[component]
fn Fields(asked: Asked, form: Form, principals: RwSignal<Vec<LinkPrincipalRow>>) -> impl IntoView {
    let here = form.cluster.name();
    let sides =
        GrantSide::ALL.map(|side| (side.as_str().to_owned(), side_words(side).to_owned())).to_vec();
    let rows = {
        let here = here.clone();
        Memo::new(move |_| {
            let all = principals.read();
            let on = all.iter().filter(|row| row.on.as_ref() == Some(&here));
            on.cloned().collect::<Vec<_>>()
        })
    };
    // What a link that exists already says of itself.
    let link = RwSignal::new(String::new());
    let key =
        |row: &LinkPrincipalRow| format!("{}/{}/{}", row.cluster, row.link, row.side.as_str());
    let links = Signal::derive(move || {
        let first = (String::new(), "one that is still to be created".to_owned());
        let rows = rows.read();
        let known = rows.iter().map(|row| {
            (key(row), format!("{} of {}, {}", row.link, row.cluster, row.side.as_str()))
        });
        std::iter::once(first).chain(known).collect::<Vec<_>>()
    });
    Effect::new(move |_| {
        let query = asked.query.get();
        let rows = rows.read();
        let found = rows.iter().find(|row| {
            Some(&row.link) == query.link.as_ref() && query.side.is_none_or(|side| side == row.side)
        });
        if let Some(row) = found {
            link.set(key(row));
        }
    });
    let taken = Memo::new(move |_| {
        let (rows, chosen) = (rows.read(), link.read());
        rows.iter().find(|row| key(row) == *chosen).cloned()
    });
    Effect::new(move |_| {
        if let Some(row) = taken.get() {
            form.side.set(row.side.as_str().to_owned());
            form.who.set(row.principal.unwrap_or_default());
        }
    });
    let is_gateway = Memo::new(move |_| taken.read().as_ref().is_some_and(|row| row.is_gateway));
    let not_for_gateway = move || form.side() != GrantSide::Gateway;
    let gateway = move || form.held.read().as_ref().and_then(|view| view.gateway.clone());
    view! {
        <SelectField label="Link" value=link options=links />
        <SelectField label="Side" value=form.side options=sides />
        <Show when=move || is_gateway.get()>
            <Note role=StateRole::Attention>
                "On this side the link has no login of its own: it goes as the gateway."
            </Note>
        </Show>
        <TextField
            label="Principal"
            value=form.who
            mono=true
            placeholder="User:cp-to-cloud-link".to_owned()
            hint=Signal::derive(move || {
                gateway()
                    .map(|who| format!("The gateway itself is {who} here"))
                    .unwrap_or_default()
            })
        />
        <Show when=not_for_gateway>
            <TextField
                label="Topics"
                value=form.topics
                mono=true
                hint="Names with commas between them; orders.* is all that begin so, * is all. On the destination the mirrors' names"
                error=Signal::derive(move || form.faults(true))
            />
            <TextField
                label="Groups whose offsets are synced"
                value=form.groups
                mono=true
                hint="As for topics; empty when the link syncs no offsets"
                error=Signal::derive(move || form.faults(false))
            />
        </Show>
        <p class="footnote">{format!("ACLs are made on {here}. ")}
            <a class="link" href=Route::access_of(Some(here.clone())).path()>"Its users"</a>
        </p>
    }
}

#[component]
fn Needed(form: Form) -> impl IntoView {
    let toasts = expect_context::<Toasts>();
    let creating = Ask::new();
    let grants = Memo::new(move |_| {
        form.grants().into_iter().map(|grant| (grant.acl, grant.why)).collect::<Vec<_>>()
    });
    let lacks =
        Memo::new(
            move |_| {
                if form.is_known() { lacking(&form.grants(), &form.held()) } else { Vec::new() }
            },
        );
    let n = move || u64::try_from(lacks.read().len()).unwrap_or(u64::MAX);
    let is_wrong = move || form.faults(true).is_some() || form.faults(false).is_some();
    let why_not = Signal::derive(move || {
        if let Some(denied) = form.cluster.why_not(Action::AclCreate) {
            Some(denied)
        } else if form.who.read().trim().is_empty() {
            Some("Say who the link is".to_owned())
        } else if is_wrong() {
            Some("Correct the names first".to_owned())
        } else if !form.is_known() {
            Some("What it holds is being read".to_owned())
        } else if lacks.read().is_empty() {
            Some("It holds everything it needs".to_owned())
        } else {
            None
        }
    });
    let create = move |()| {
        let acls = lacks.get_untracked();
        let request = Request::CreateAcls { cluster: form.cluster.name(), acls };
        creating.send(request, move |response| {
            let Response::AclResults(rows) = response else { return };
            let n_all = rows.len();
            match rows.into_iter().find_map(|row| row.error) {
                Some(why) => toasts.show(Severity::Failed, "Not all ACLs were created", Some(why)),
                None => {
                    let n = counted(n_all.try_into().unwrap_or(u64::MAX), "ACL is", "ACLs are");
                    let text = format!("{n} created on {}", form.cluster.name());
                    toasts.show(Severity::Good, text, None);
                }
            }
            form.read();
        });
    };
    let label = move || match (form.is_known(), n()) {
        (true, 0) => "Nothing is missing".to_owned(),
        (true, n) => format!("Create {}", counted(n, "missing ACL", "missing ACLs")),
        (false, _) => "Create the missing ACLs".to_owned(),
    };
    let call = Signal::derive(move || {
        let acls: Vec<Acl> = match lacks.get() {
            missing if missing.is_empty() => grants.get().into_iter().map(|(acl, _)| acl).collect(),
            missing => missing,
        };
        rest::create_acls(&origin(), &form.cluster.id(), &acls)
    });
    let rows = move || {
        let (is_known, held) = (form.is_known(), form.held());
        let rows = grants.get().into_iter().map(move |(acl, why)| {
            let state = match (is_known, is_known && missing(&Authority { acls: &held }, &acl)) {
                (false, _) => (StateRole::Unknown, "not known"),
                (true, true) => (StateRole::Attention, "missing"),
                (true, false) => (StateRole::Ok, "held"),
            };
            line(acl, why, state)
        });
        rows.collect_view()
    };
    view! {
        <table class="table table--auto access-table needed-table">
            <caption class="visually-hidden">"ACLs that the link needs"</caption>
            <thead>
                <tr>
                    <th scope="col">"Operation"</th>
                    <th scope="col">"On"</th>
                    <th scope="col" class="wide">"To"</th>
                    <th scope="col">"State"</th>
                </tr>
            </thead>
            <tbody>{rows}</tbody>
        </table>
        <div class="access-create">
            <Refusal error=creating.error() />
            <p class="footnote">
                "READ, WRITE, DELETE and ALTER bring DESCRIBE along, ALTER_CONFIGS brings DESCRIBE_CONFIGS; super users need none of these."
            </p>
            <Button kind=ButtonKind::Primary on_click=create why_not busy=creating.busy()>
                {label}
            </Button>
            <details class="same-as">
                <summary>"Same as a REST call"</summary>
                <CopyBlock label="REST call" text=call />
            </details>
        </div>
    }
}

fn line(acl: Acl, why: &'static str, (role, word): (StateRole, &'static str)) -> impl IntoView {
    let (resource, name) = (acl.resource.as_str(), resource_words(&acl));
    view! {
        <tr>
            <th scope="row" class="mono">{acl.operation.as_str()}</th>
            <td class="wrap">
                <span class="muted">{resource}</span> " " <span class="mono">{name}</span>
                <span class="words access-more">{why}</span>
            </td>
            <td class="wide wrap">{why}</td>
            <td><Badge plain=true role text=word /></td>
        </tr>
    }
}
