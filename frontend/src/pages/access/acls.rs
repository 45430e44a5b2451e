//! The tab of ACLs: found by whom and what they are about.

use drawbridge_shared::access::{Acl, AclPermission, AclResource, AclSelection};
use drawbridge_shared::guard::Action;
use drawbridge_shared::view::{AclsView, LinkPrincipalRow};
use drawbridge_shared::wire::{Request, Response};
use leptos::prelude::*;

use super::Asked;
use super::acl_form::CreateAcl;
use super::may::May;
use super::remove::DeleteAcl;
use crate::model::access::{principal, resource_words, used_by, user_of};
use crate::model::number::{count, counted};
use crate::pages::topic::ask::{Ask, Refusal};
use crate::pages::topic::gate::ClusterFacts;
use crate::ui::{
    Badge, Button, ButtonKind, EmptyState, Panel, SearchField, Show, Skeleton, StateRole,
};

/// More rows than this are not drawn; a narrower search finds the others.
const MAX_ROWS: usize = 400;

/// What there is to say where there is no authorizer.
pub(super) const NO_AUTHORIZER: &str = "Without an authorizer everybody who can log in may do everything, \
    and ACLs are neither kept nor asked. Set authorizer.class.name=org.apache.kafka.metadata.authorizer.StandardAuthorizer \
    and super.users on every broker and controller, and restart them one by one.";

#[component]
pub(super) fn Acls(asked: Asked, cluster: ClusterFacts) -> impl IntoView {
    let (ask, links) = (Ask::new(), Ask::new());
    let view = RwSignal::new(None::<AclsView>);
    let principals = RwSignal::new(Vec::<LinkPrincipalRow>::new());
    let selection = Memo::new(move |_| {
        let query = asked.query.read();
        let given = |text: &str| Some(text.trim().to_owned()).filter(|text| !text.is_empty());
        AclSelection {
            principal: given(&query.principal).map(|typed| principal(&typed)),
            resource: query.resource,
            name: given(&query.name),
        }
    });
    let read = Callback::new(move |()| ask_for(ask, cluster, selection, view));
    // Of a search, the number is how many it found.
    Effect::new(move |_| {
        let all = view.read().as_ref().map(|view| u64::from(view.total));
        if all.is_some() && *selection.read_untracked() == AclSelection::default() {
            asked.n_acls.set(all);
        }
    });
    Effect::new(move |_| {
        selection.track();
        read.run(());
    });
    links.send(Request::LinkPrincipals, move |response| {
        if let Response::LinkPrincipals(rows) = response {
            principals.try_set(rows);
        }
    });
    let (adding, going) = (RwSignal::new(false), RwSignal::new(None::<Acl>));
    let used_by = Callback::new(move |acl: Acl| {
        used_by(user_of(&acl.principal), &cluster.name(), &principals.read(), None)
    });
    let is_here = Memo::new(move |_| view.read().is_some());
    let is_off = Memo::new(move |_| view.read().as_ref().is_some_and(|view| !view.has_authorizer));
    let is_on = Memo::new(move |_| view.read().as_ref().is_some_and(|view| view.has_authorizer));
    let is_empty =
        Memo::new(move |_| view.read().as_ref().is_some_and(|view| view.acls.is_empty()));
    let said = move || view.read().as_ref().map(number_words);
    let create = move || {
        view! {
            <Button
                kind=ButtonKind::Primary
                on_click=move |()| adding.set(true)
                why_not=cluster.guard(Action::AclCreate)
            >
                "Create an ACL…"
            </Button>
        }
    };
    let rows = move || {
        let acls: Vec<Acl> = view.read().iter().flat_map(|view| view.acls.clone()).collect();
        acls.into_iter().take(MAX_ROWS).map(|acl| line(cluster, acl, going)).collect_view()
    };
    let nothing = Signal::derive(move || {
        if *selection.read() == AclSelection::default() {
            "An ACL allows or denies a principal an operation on a resource. As long as there is none, only super users may do anything, unless allow.everyone.if.no.acl.found is set."
        } else {
            "No ACL is about this. Search for less, or create one."
        }
        .to_owned()
    });
    view! {
        <Refusal error=ask.error() retry=read />
        <Show when=move || ask.busy().get() && !is_here.get()>
            <Skeleton label="Loading ACLs" />
        </Show>
        <Show when=move || is_off.get()>
            <EmptyState title="This cluster has no authorizer" text=NO_AUTHORIZER.to_owned() />
        </Show>
        <Show when=move || is_on.get()>
            <div class="toolbar" role="search">
                <SearchField
                    label="Principal, e.g. User:alice"
                    value=Signal::derive(move || asked.query.read().principal.clone())
                    on_search=move |text: String| asked.change(|query| query.principal = text)
                />
                <Kind asked />
                <SearchField
                    label="Applies to this name"
                    value=Signal::derive(move || asked.query.read().name.clone())
                    on_search=move |text: String| asked.change(|query| query.name = text)
                />
                <span class="toolbar-count">
                    <span class="muted num" role="status">{said}</span>
                    <Button on_click=read busy=ask.busy()>"Read again"</Button>
                    {create()}
                </span>
            </div>
            <div class="access-split">
                <Show
                    when=move || !is_empty.get()
                    fallback=move || view! { <EmptyState title="No ACLs" text=nothing /> }
                >
                    <div class="table-scroll" tabindex="0" role="group" aria-label="ACLs">
                        <table class="table table--auto access-table acls-table">
                            <caption class="visually-hidden">"ACLs"</caption>
                            <thead>
                                <tr>
                                    <th scope="col">"Principal"</th>
                                    <th scope="col">"May"</th>
                                    <th scope="col">"Resource"</th>
                                    <th scope="col" class="wide">"From"</th>
                                    <th scope="col" class="right">
                                        <span class="visually-hidden">"Actions"</span>
                                    </th>
                                </tr>
                            </thead>
                            <tbody>{rows}</tbody>
                        </table>
                    </div>
                </Show>
                <Panel title="What may this principal do?">
                    <May asked cluster />
                </Panel>
            </div>
        </Show>
        <CreateAcl asked cluster open=adding done=read />
        <DeleteAcl cluster acl=going used_by done=read />
    }
}

/// Reads, and once more when something else was asked for meanwhile.
fn ask_for(
    ask: Ask,
    cluster: ClusterFacts,
    selection: Memo<AclSelection>,
    view: RwSignal<Option<AclsView>>,
) {
    let wanted = selection.get_untracked();
    let request = Request::Acls { cluster: cluster.name(), selection: wanted.clone() };
    ask.send(request, move |response| {
        if let Response::Acls(found) = response {
            view.try_set(Some(*found));
        }
        if selection.try_get_untracked().is_some_and(|now| now != wanted) {
            ask_for(ask, cluster, selection, view);
        }
    });
}

fn number_words(view: &AclsView) -> String {
    let n_shown = view.acls.len().min(MAX_ROWS);
    let total = u64::from(view.total);
    let mut text = if u64::try_from(n_shown) == Ok(total) {
        counted(total, "ACL", "ACLs")
    } else {
        format!("first {n_shown} of {} ACLs: search for the others", count(total))
    };
    if view.n_unknown > 0 {
        text.push_str(&format!(", {} of kinds not known here", view.n_unknown));
    }
    text
}

/// The kind of resource.
#[component]
fn Kind(asked: Asked) -> impl IntoView {
    let options = move || {
        let chosen = asked.query.read().resource;
        let kinds = AclResource::ALL.iter().map(|kind| {
            let word = kind.as_str();
            view! { <option value=word selected=chosen == Some(*kind)>{word}</option> }
        });
        kinds.collect_view()
    };
    view! {
        <select
            class="input list-state"
            aria-label="Kind of resource"
            on:change=move |event| {
                let kind = AclResource::from_word(&event_target_value(&event));
                asked.change(|query| query.resource = kind);
            }
        >
            <option value="">"Every resource"</option>
            {options}
        </select>
    }
}

fn line(cluster: ClusterFacts, acl: Acl, going: RwSignal<Option<Acl>>) -> impl IntoView {
    let (role, word) = match acl.permission {
        AclPermission::Allow => (StateRole::Ok, "allow"),
        AclPermission::Deny => (StateRole::Failed, "deny"),
    };
    let label = format!("Delete {acl}…");
    let (resource, name) = (acl.resource.as_str(), resource_words(&acl));
    let from = if acl.host == "*" { "anywhere".to_owned() } else { acl.host.clone() };
    let host = (acl.host != "*").then(|| format!("from {}", acl.host));
    let (principal, operation) = (acl.principal.clone(), acl.operation.as_str());
    view! {
        <tr>
            <th scope="row" class="wrap">{principal}</th>
            <td class="access-may">
                <Badge plain=true role text=word /> " " <span class="mono">{operation}</span>
            </td>
            <td class="wrap">
                <span class="muted">{resource}</span> " " <span class="mono">{name}</span>
                <span class="words access-more">{host}</span>
            </td>
            <td class="wide">{from}</td>
            <td class="right">
                <Button
                    kind=ButtonKind::Quiet
                    on_click=move |()| going.set(Some(acl.clone()))
                    why_not=cluster.guard(Action::AclDelete)
                    label
                >
                    "Delete…"
                </Button>
            </td>
        </tr>
    }
}
