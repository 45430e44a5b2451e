//! What a principal may do with one resource, and which ACL decides.

use drawbridge_shared::access::{
    Acl, AclOperation, AclResource, AclSelection, Authority, CLUSTER_NAME, Decision,
};
use drawbridge_shared::wire::{Request, Response};
use leptos::prelude::*;

use super::Asked;
use crate::model::access::{principal, verdict};
use crate::pages::topic::ask::{Ask, Refusal};
use crate::pages::topic::gate::ClusterFacts;
use crate::ui::{Badge, Button, SelectField, Show, TextField};

/// The question, settled.
#[derive(Debug, Clone)]
struct Question {
    who: String,
    host: Option<String>,
    resource: AclResource,
    name: String,
}

/// The answer, with what was asked.
#[derive(Debug, Clone, PartialEq, Eq)]
struct Answer {
    asked: String,
    rights: Vec<(AclOperation, Decision)>,
}

impl Question {
    /// Everybody's ACLs count: whether a resource has any at all makes a difference.
    fn selection(&self) -> AclSelection {
        AclSelection {
            principal: None,
            resource: Some(self.resource),
            name: Some(self.name.clone()),
        }
    }

    fn answer(&self, acls: &[Acl]) -> Answer {
        let Self { who, host, resource, name } = self;
        let rights = Authority { acls }.rights(who, host.as_deref(), *resource, name);
        Answer { asked: format!("{who} on {resource} {name}"), rights }
    }
}

/// Asks for the ACLs that decide. CREATE on the cluster creates topics too, so for a topic those count as well.
fn decide(ask: Ask, cluster: ClusterFacts, question: Question, answer: RwSignal<Option<Answer>>) {
    let of = move |selection| Request::Acls { cluster: cluster.name(), selection };
    ask.send(of(question.selection()), move |response| {
        let Response::Acls(about) = response else { return };
        if question.resource != AclResource::Topic {
            answer.try_set(Some(question.answer(&about.acls)));
            return;
        }
        let wider = AclSelection {
            principal: Some(question.who.clone()),
            resource: Some(AclResource::Cluster),
            name: None,
        };
        ask.send(of(wider), move |response| {
            let Response::Acls(wider) = response else { return };
            let all: Vec<Acl> = about.acls.into_iter().chain(wider.acls).collect();
            answer.try_set(Some(question.answer(&all)));
        });
    });
}

#[component]
pub(super) fn May(asked: Asked, cluster: ClusterFacts) -> impl IntoView {
    let ask = Ask::new();
    let text = |text: &str| RwSignal::new(text.to_owned());
    let (who, name, host) = (text(""), text(""), text(""));
    let kind = text(AclResource::Topic.as_str());
    let answer = RwSignal::new(None::<Answer>);
    // What is searched for in the list is asked about here too.
    Effect::new(move |_| {
        let query = asked.query.get();
        if !query.principal.is_empty() {
            who.set(query.principal);
        }
        if let Some(resource) = query.resource {
            kind.set(resource.as_str().to_owned());
        }
        if !query.name.is_empty() {
            name.set(query.name);
        }
    });
    let resource = move || AclResource::from_word(&kind.read()).unwrap_or(AclResource::Topic);
    let is_cluster = Memo::new(move |_| resource() == AclResource::Cluster);
    let why_not = Signal::derive(move || {
        let lacks = |text: RwSignal<String>| text.read().trim().is_empty();
        if lacks(who) {
            Some("Say whom it is about".to_owned())
        } else if !is_cluster.get() && lacks(name) {
            Some("Say which resource".to_owned())
        } else {
            None
        }
    });
    let send = move |()| {
        let typed = |text: RwSignal<String>| text.get_untracked().trim().to_owned();
        let resource = untrack(resource);
        let question = Question {
            who: principal(&typed(who)),
            host: Some(typed(host)).filter(|host| !host.is_empty()),
            resource,
            name: if resource == AclResource::Cluster {
                CLUSTER_NAME.to_owned()
            } else {
                typed(name)
            },
        };
        decide(ask, cluster, question, answer);
    };
    let options = AclResource::ALL
        .iter()
        .map(|kind| (kind.as_str().to_owned(), kind.as_str().to_owned()))
        .collect::<Vec<_>>();
    view! {
        <TextField label="Who" value=who mono=true placeholder="User:alice".to_owned() />
        <div class="form-pair">
            <SelectField label="Resource" value=kind options />
            <TextField label="From address" value=host mono=true placeholder="any".to_owned() />
        </div>
        <Show when=move || !is_cluster.get()>
            <TextField label="Name of it" value=name mono=true />
        </Show>
        <Button on_click=send why_not busy=ask.busy()>"Show what it may do"</Button>
        <Refusal error=ask.error() />
        {move || answer.get().map(|answer| view! { <Rights answer /> })}
        <p class="footnote">
            "Super users pass every check; brokers do not tell who they are."
        </p>
    }
}

#[component]
fn Rights(answer: Answer) -> impl IntoView {
    let rows = answer.rights.iter().map(|(operation, decision)| {
        let (role, word, why) = verdict(decision);
        view! {
            <tr>
                <th scope="row" class="mono">{operation.as_str()}</th>
                <td class="wrap">
                    <Badge plain=true role text=word /> <span class="words">{why}</span>
                </td>
            </tr>
        }
    });
    let rows = rows.collect_view();
    view! {
        <p class="access-asked" role="status">{answer.asked}</p>
        <table class="table table--auto access-rights">
            <caption class="visually-hidden">"What it may do"</caption>
            <thead>
                <tr>
                    <th scope="col">"Operation"</th>
                    <th scope="col">"Decision"</th>
                </tr>
            </thead>
            <tbody>{rows}</tbody>
        </table>
    }
}
