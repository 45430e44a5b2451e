//! Who may do what: users, ACLs, and what a link needs.

use drawbridge_shared::names::ClusterName;
use leptos::prelude::*;

mod acl_form;
mod acls;
mod grants;
mod may;
mod remove;
mod user_form;
mod users;

use super::topic::gate::{ClusterDown, ClusterFacts};
use crate::pages::clusters::AddCluster;
use crate::routes::{AccessQuery, AccessTab, Route};
use crate::state::{Clusters, Nav};
use crate::ui::{ButtonKind, EmptyState, PageHead, SelectField, Show, Skeleton, Tab, Tabs};
use acls::Acls;
use grants::Grants;
pub(in crate::pages) use user_form::{LETTERS, made};
use users::Users;

/// The URL's query, and how it is changed.
#[derive(Clone, Copy)]
struct Asked {
    query: Memo<AccessQuery>,
    nav: Nav,
    /// How many users and ACLs the cluster has, once that was looked at.
    n_users: RwSignal<Option<u64>>,
    n_acls: RwSignal<Option<u64>>,
}

impl Asked {
    fn start() -> Self {
        let nav = expect_context::<Nav>();
        let query = Memo::new(move |_| match &*nav.route().read() {
            Some(Route::Access { query }) => query.clone(),
            _ => AccessQuery::default(),
        });
        Self { query, nav, n_users: RwSignal::new(None), n_acls: RwSignal::new(None) }
    }

    fn change(self, change: impl FnOnce(&mut AccessQuery)) {
        let mut query = self.query.get_untracked();
        change(&mut query);
        self.nav.replace(&Route::Access { query });
    }
}

/// The page.
#[component]
pub fn AccessPage() -> impl IntoView {
    let asked = Asked::start();
    let clusters = expect_context::<Clusters>();
    let cluster = Memo::new(move |_| {
        asked.query.read().cluster.clone().or_else(|| clusters.names().into_iter().next())
    });
    Effect::new(move |before: Option<Option<ClusterName>>| {
        let now = cluster.get();
        if before.is_some_and(|before| before != now) {
            asked.n_users.set(None);
            asked.n_acls.set(None);
        }
        now
    });
    let tab = Memo::new(move |_| asked.query.read().tab);
    let is_known = Memo::new(move |_| clusters.with(|list| list.is_some()));
    let content = move || match cluster.get() {
        None if !is_known.get() => view! { <Skeleton label="Loading clusters" /> }.into_any(),
        None => none().into_any(),
        Some(cluster) => view! { <OfCluster asked cluster tab=tab.get() /> }.into_any(),
    };
    view! {
        <PageHead title="Access" actions=move || view! { <Choose asked cluster /> } />
        {content}
    }
}

/// Which cluster.
#[component]
fn Choose(asked: Asked, cluster: Memo<Option<ClusterName>>) -> impl IntoView {
    let clusters = expect_context::<Clusters>();
    let name = move || cluster.get().map(|name| name.to_string()).unwrap_or_default();
    let value = RwSignal::new(untrack(name));
    Effect::new(move |_| value.set(name()));
    Effect::new(move |_| {
        let chosen = value.read().parse::<ClusterName>().ok();
        if chosen.is_some() && chosen != cluster.get_untracked() {
            asked.change(|query| {
                *query = AccessQuery { cluster: chosen, tab: query.tab, ..AccessQuery::default() };
            });
        }
    });
    let options = Signal::derive(move || {
        let names = clusters.names().into_iter();
        names.map(|name| (name.to_string(), name.to_string())).collect::<Vec<_>>()
    });
    view! {
        <Show when=move || !options.read().is_empty()>
            <div class="access-cluster">
                <SelectField label="Cluster" value options />
            </div>
        </Show>
    }
}

fn none() -> impl IntoView {
    let action = || view! { <AddCluster kind=ButtonKind::Primary>"Add a cluster…"</AddCluster> };
    view! {
        <EmptyState
            title="No clusters yet"
            text="Users and ACLs belong to a cluster: add one first."
            action
        />
    }
}

#[component]
fn OfCluster(asked: Asked, cluster: ClusterName, tab: AccessTab) -> impl IntoView {
    let to = |tab: AccessTab| {
        let cluster = cluster.clone();
        Signal::derive(move || {
            let cluster = Some(cluster.clone());
            Route::Access { query: AccessQuery { cluster, tab, ..AccessQuery::default() } }.path()
        })
    };
    let tabs = AccessTab::ALL
        .map(|one| Tab {
            label: match one {
                AccessTab::Users => "Users",
                AccessTab::Acls => "ACLs",
                AccessTab::Grants => "Grants for a link",
            },
            n: match one {
                AccessTab::Users => asked.n_users.into(),
                AccessTab::Acls => asked.n_acls.into(),
                AccessTab::Grants => Signal::stored(None),
            },
            href: to(one),
            is_current: Signal::derive(move || one == tab),
        })
        .into();
    let facts = ClusterFacts::start(cluster.clone());
    let content = match tab {
        AccessTab::Users => view! { <Users asked cluster=facts /> }.into_any(),
        AccessTab::Acls => view! { <Acls asked cluster=facts /> }.into_any(),
        AccessTab::Grants => view! { <Grants asked cluster=facts /> }.into_any(),
    };
    view! {
        <ClusterDown cluster=facts />
        <Tabs label="Parts of access" tabs />
        {content}
    }
}
