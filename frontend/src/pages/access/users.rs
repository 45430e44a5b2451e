//! The tab of users: who can log in with SCRAM, and who does.

use drawbridge_shared::access::ScramMechanism;
use drawbridge_shared::guard::Action;
use drawbridge_shared::view::{LinkPrincipalRow, UserRow, UsersView};
use drawbridge_shared::wire::{Request, Response};
use leptos::prelude::*;

use super::Asked;
use super::remove::DeleteUser;
use super::user_form::{UserDialog, Wanted};
use crate::model::access::{not_offered, used_by};
use crate::model::filter::Needles;
use crate::model::number::counted;
use crate::pages::topic::ask::{Ask, Refusal};
use crate::pages::topic::gate::ClusterFacts;
use crate::routes::{AccessQuery, AccessTab, Route};
use crate::ui::{Button, ButtonKind, EmptyState, Note, SearchField, Show, Skeleton, StateRole};

/// What the tab knows and opens.
#[derive(Clone, Copy)]
pub(super) struct Known {
    pub(super) cluster: ClusterFacts,
    view: RwSignal<Option<UsersView>>,
    principals: RwSignal<Vec<LinkPrincipalRow>>,
}

impl Known {
    /// Who logs in as a user, as far as this gateway knows.
    pub(super) fn used_by(self, user: &str) -> Vec<String> {
        let view = self.view.read();
        let gateway = view.as_ref().and_then(|view| view.gateway.as_deref());
        used_by(user, &self.cluster.name(), &self.principals.read(), gateway)
    }
}

#[component]
pub(super) fn Users(asked: Asked, cluster: ClusterFacts) -> impl IntoView {
    let (ask, links) = (Ask::new(), Ask::new());
    let known = Known { cluster, view: RwSignal::new(None), principals: RwSignal::new(Vec::new()) };
    let read = Callback::new(move |()| {
        ask.send(Request::Users { cluster: cluster.name() }, move |response| {
            if let Response::Users(view) = response {
                asked.n_users.try_set(u64::try_from(view.users.len()).ok());
                known.view.try_set(Some(view));
            }
        });
        links.send(Request::LinkPrincipals, move |response| {
            if let Response::LinkPrincipals(rows) = response {
                known.principals.try_set(rows);
            }
        });
    });
    read.run(());
    let (form, going) = (RwSignal::new(None::<Wanted>), RwSignal::new(None::<UserRow>));
    let shown = Memo::new(move |_| {
        let query = asked.query.read();
        let needles = Needles::new(&query.q);
        let view = known.view.read();
        let users = view.iter().flat_map(|view| &view.users);
        users.filter(|user| needles.matches(&user.name)).cloned().collect::<Vec<_>>()
    });
    let is_here = Memo::new(move |_| known.view.read().is_some());
    let is_empty =
        Memo::new(move |_| known.view.read().as_ref().is_some_and(|view| view.users.is_empty()));
    let useless = move || known.view.read().as_ref().and_then(not_offered);
    let create = move || {
        view! {
            <Button
                kind=ButtonKind::Primary
                on_click=move |()| form.set(Some(Wanted::New))
                why_not=cluster.guard(Action::UserSet)
            >
                "Create a user…"
            </Button>
        }
    };
    let n = move || counted(shown.read().len().try_into().unwrap_or(u64::MAX), "user", "users");
    view! {
        <Refusal error=ask.error() retry=read />
        <Show when=move || useless().is_some()>
            <Note role=StateRole::Attention>{move || useless()}</Note>
        </Show>
        <Show when=move || ask.busy().get() && !is_here.get()>
            <Skeleton label="Loading users" />
        </Show>
        <Show when=move || is_empty.get()>
            <EmptyState
                title="No SCRAM users"
                text="A SCRAM user is a name and a password that the cluster itself keeps: links and other clients log in with it. Users of other kinds, such as PLAIN or certificates, are set in the brokers' files and not shown here."
                action=create
            />
        </Show>
        <Show when=move || is_here.get() && !is_empty.get()>
            <div class="toolbar" role="search">
                <SearchField
                    label="Search users"
                    value=Signal::derive(move || asked.query.read().q.clone())
                    on_search=move |text: String| asked.change(|query| query.q = text)
                />
                <span class="toolbar-count">
                    <span class="muted num" role="status">{n}</span>
                    <Button on_click=read busy=ask.busy()>"Read again"</Button>
                    {create()}
                </span>
            </div>
            <div class="table-scroll" tabindex="0" role="group" aria-label="Users">
                <table class="table table--auto access-table users-table">
                    <caption class="visually-hidden">"SCRAM users"</caption>
                    <thead>
                        <tr>
                            <th scope="col">"User"</th>
                            <th scope="col">"Mechanisms"</th>
                            <th scope="col" class="wide">"Used by"</th>
                            <th scope="col" class="right"><span class="visually-hidden">"Actions"</span></th>
                        </tr>
                    </thead>
                    <tbody>
                        <For
                            each=move || shown.get()
                            key=|user| format!("{user:?}")
                            children=move |user| line(known, user, form, going)
                        />
                    </tbody>
                </table>
            </div>
        </Show>
        <UserDialog known wanted=form done=read />
        <DeleteUser known user=going done=read />
    }
}

fn line(
    known: Known,
    user: UserRow,
    form: RwSignal<Option<Wanted>>,
    going: RwSignal<Option<UserRow>>,
) -> impl IntoView {
    let name = user.name.clone();
    let acls = Route::Access {
        query: AccessQuery {
            cluster: Some(known.cluster.name()),
            tab: AccessTab::Acls,
            principal: format!("User:{name}"),
            ..AccessQuery::default()
        },
    };
    let mechanisms = user.credentials.iter().map(|credential| {
        let (mechanism, iterations) = (credential.mechanism.as_str(), credential.iterations);
        view! {
            <span class="access-mechanism">
                {mechanism} <span class="muted num">{format!(" · {iterations}")}</span>
            </span>
        }
    });
    let mechanisms = mechanisms.collect_view();
    let used = {
        let name = name.clone();
        Memo::new(move |_| known.used_by(&name).join(", "))
    };
    let first = user.credentials.first().map_or(ScramMechanism::Sha512, |one| one.mechanism);
    let iterations = user.credentials.first().map_or(8192, |one| one.iterations);
    let rotated = name.clone();
    let rotate = move |()| {
        form.set(Some(Wanted::Rotate { name: rotated.clone(), mechanism: first, iterations }));
    };
    let delete = move |()| going.set(Some(user.clone()));
    view! {
        <tr>
            <th scope="row" class="wrap">
                <a class="link" href=acls.path() title="ACLs of this user">
                    {name.clone()}
                </a>
                <span class="words access-more">{move || used.get()}</span>
            </th>
            <td class="wrap">{mechanisms}</td>
            <td class="wide wrap">
                {move || {
                    let used = used.get();
                    if used.is_empty() {
                        view! { <span class="muted">"no link of this gateway"</span> }.into_any()
                    } else {
                        used.into_any()
                    }
                }}
            </td>
            <td class="right">
                <span class="row row--end">
                    <Button
                        kind=ButtonKind::Quiet
                        on_click=rotate
                        why_not=known.cluster.guard(Action::UserSet)
                        label=format!("Rotate the password of {name}…")
                    >
                        "Rotate…"
                    </Button>
                    <Button
                        kind=ButtonKind::Quiet
                        on_click=delete
                        why_not=known.cluster.guard(Action::UserDelete)
                        label=format!("Delete {name}…")
                    >
                        "Delete…"
                    </Button>
                </span>
            </td>
        </tr>
    }
}
