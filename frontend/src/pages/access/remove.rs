//! Deleting a user or an ACL: what ends, and then it is done.

use drawbridge_shared::access::{Acl, AclPermission};
use drawbridge_shared::guard::Action;
use drawbridge_shared::view::{Severity, UserRow};
use drawbridge_shared::wire::{Request, Response};
use leptos::prelude::*;

use super::users::Known;
use crate::model::access::consequence;
use crate::model::rest;
use crate::pages::topic::ask::{Ask, Refusal};
use crate::pages::topic::gate::{ClusterFacts, origin};
use crate::state::Toasts;
use crate::ui::{
    Button, ButtonKind, CopyBlock, Dialog, DialogActions, DialogCancel, Note, StateRole, TypedName,
};

/// Opens a dialog while there is something to decide about, and forgets it when the dialog closes.
fn opened<T: Clone + Send + Sync + 'static>(subject: RwSignal<Option<T>>) -> RwSignal<bool> {
    let open = RwSignal::new(false);
    Effect::new(move |_| open.set(subject.read().is_some()));
    Effect::new(move |_| {
        if !open.get() && subject.with_untracked(Option::is_some) {
            subject.set(None);
        }
    });
    open
}

#[component]
pub(super) fn DeleteUser(
    known: Known,
    user: RwSignal<Option<UserRow>>,
    done: Callback<()>,
) -> impl IntoView {
    let (open, ask) = (opened(user), Ask::new());
    view! {
        <Dialog open title="Delete user" busy=ask.busy()>
            {move || {
                user.get_untracked().map(|user| view! { <UserContent known user open ask done /> })
            }}
        </Dialog>
    }
}

#[component]
fn UserContent(
    known: Known,
    user: UserRow,
    open: RwSignal<bool>,
    ask: Ask,
    done: Callback<()>,
) -> impl IntoView {
    ask.forget();
    let toasts = expect_context::<Toasts>();
    let mechanisms: Vec<&str> =
        user.credentials.iter().map(|credential| credential.mechanism.as_str()).collect();
    let command = rest::delete_user(&mechanisms, &user.name);
    let name = user.name;
    let typed = RwSignal::new(String::new());
    let why_not = {
        let name = name.clone();
        Signal::derive(move || {
            let untyped =
                || (*typed.read() != name).then(|| "Type the user's name first".to_owned());
            known.cluster.why_not(Action::UserDelete).or_else(untyped)
        })
    };
    let words = {
        let name = name.clone();
        move || consequence(&known.used_by(&name), false)
    };
    let deleted = name.clone();
    let delete = move |()| {
        let (cluster, user) = (known.cluster.name(), deleted.clone());
        let request = Request::DeleteUser { cluster, user: user.clone(), mechanism: None };
        ask.send(request, move |_| {
            let text = format!("User {user} is deleted on {}", known.cluster.name());
            toasts.show(Severity::Good, text, None);
            open.set(false);
            done.run(());
        });
    };
    view! {
        <Note role=StateRole::Failed>
            <p>{words}</p>
            <p>"Its ACLs stay: they would hold for a user made again under the name."</p>
        </Note>
        <TypedName expected=name typed what="user" autofocus=true />
        <Refusal error=ask.error() />
        <DialogActions>
            <DialogCancel open busy=ask.busy() />
            <Button kind=ButtonKind::Danger on_click=delete why_not busy=ask.busy()>
                "Delete user"
            </Button>
        </DialogActions>
        <details class="same-as">
            <summary>"Same as a command"</summary>
            <CopyBlock label="command" text=command />
        </details>
    }
}

#[component]
pub(super) fn DeleteAcl(
    cluster: ClusterFacts,
    acl: RwSignal<Option<Acl>>,
    /// Links that log in as the ACL's principal there.
    used_by: Callback<Acl, Vec<String>>,
    done: Callback<()>,
) -> impl IntoView {
    let (open, ask) = (opened(acl), Ask::new());
    view! {
        <Dialog open title="Delete ACL" busy=ask.busy()>
            {move || {
                acl.get_untracked()
                    .map(|acl| view! { <AclContent cluster acl used_by open ask done /> })
            }}
        </Dialog>
    }
}

#[component]
fn AclContent(
    cluster: ClusterFacts,
    acl: Acl,
    used_by: Callback<Acl, Vec<String>>,
    open: RwSignal<bool>,
    ask: Ask,
    done: Callback<()>,
) -> impl IntoView {
    ask.forget();
    let toasts = expect_context::<Toasts>();
    let users = used_by.run(acl.clone()).join(", ");
    let words = match (acl.permission, users.is_empty()) {
        (AclPermission::Allow, true) => {
            format!("{} may not do this any more, unless another ACL allows it.", acl.principal)
        }
        (AclPermission::Allow, false) => format!(
            "{} may not do this any more, unless another ACL allows it: so {users} may not.",
            acl.principal
        ),
        (AclPermission::Deny, _) => {
            format!("{} may do this as far as another ACL allows it.", acl.principal)
        }
    };
    let call = {
        let acl = acl.clone();
        Signal::derive(move || rest::delete_acl(&origin(), &cluster.id(), &acl))
    };
    let (said, deleted) = (acl.to_string(), acl);
    let delete = move |()| {
        let request = Request::DeleteAcls { cluster: cluster.name(), acls: vec![deleted.clone()] };
        ask.send(request, move |response| {
            let failed = match response {
                Response::AclResults(rows) => rows.into_iter().find_map(|row| row.error),
                _ => None,
            };
            match failed {
                Some(why) => toasts.show(Severity::Failed, "The ACL was not deleted", Some(why)),
                None => {
                    toasts.show(Severity::Good, format!("ACL deleted on {}", cluster.name()), None);
                }
            }
            open.set(false);
            done.run(());
        });
    };
    view! {
        <p class="mono access-acl">{said}</p>
        <Note role=StateRole::Failed>{words}</Note>
        <Refusal error=ask.error() />
        <DialogActions>
            <DialogCancel open busy=ask.busy() />
            <Button kind=ButtonKind::Danger on_click=delete why_not=cluster.guard(Action::AclDelete) busy=ask.busy()>"Delete ACL"</Button>
        </DialogActions>
        <details class="same-as">
            <summary>"Same as a REST call"</summary>
            <CopyBlock label="REST call" text=call />
        </details>
    }
}
