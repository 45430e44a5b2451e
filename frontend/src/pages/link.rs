//! One half of a link: is it healthy, and why not?

use drawbridge_shared::link::{LinkMode, LinkName};
use drawbridge_shared::names::{ClusterName, TopicName};
use drawbridge_shared::view::{LinkDetail, LinkRow, MirrorRow};
use drawbridge_shared::wire::{Feed, FeedData};
use leptos::prelude::*;

pub(in crate::pages) mod charts;
mod delete;
pub(in crate::pages) mod groups;
mod halves;
mod head;
mod mirrors;
mod rotate;
mod tasks;

use super::activity::Lately;
use super::past::{Past, past};
use super::topic::configs::{Configs, Owned, Owner};
use super::topic::gate::{ClusterFacts, Gate};
use crate::model::configs::Edits;
use crate::model::mirrors as model;
use crate::routes::{ActivityQuery, CutOver, LinkTab, ListQuery, Route};
use crate::socket::{Followed, Socket};
use crate::state::Nav;
use crate::ui::{Show, Tab, Tabs};
use groups::GroupsRead;

/// The half of a link that a page is about; handed to all its parts.
#[derive(Clone, Copy)]
pub(in crate::pages) struct Subject {
    pub(in crate::pages) cluster: ClusterFacts,
    link: StoredValue<LinkName>,
    pub(in crate::pages) followed: Signal<Followed>,
    /// Configuration edits that are not applied yet; kept while another tab is shown.
    edits: RwSignal<Edits>,
}

impl Subject {
    pub(in crate::pages) fn start(cluster: ClusterName, link: LinkName) -> Self {
        let feed = Feed::Link { cluster: cluster.clone(), link: link.clone() };
        Self {
            cluster: ClusterFacts::start(cluster),
            link: StoredValue::new(link),
            followed: expect_context::<Socket>().follow(move || feed.clone()),
            edits: RwSignal::new(Edits::new()),
        }
    }

    pub(in crate::pages) fn link(self) -> LinkName {
        self.link.get_value()
    }

    pub(in crate::pages) fn with<T>(self, read: impl FnOnce(&LinkDetail) -> T) -> Option<T> {
        match self.followed.read().data.as_deref() {
            Some(FeedData::Link(detail)) => Some(read(detail)),
            _ => None,
        }
    }

    pub(in crate::pages) fn row<T>(self, read: impl FnOnce(&LinkRow) -> T) -> Option<T> {
        self.with(|detail| read(&detail.link))
    }

    pub(in crate::pages) fn mirror<T>(
        self,
        topic: &TopicName,
        read: impl FnOnce(&MirrorRow) -> T,
    ) -> Option<T> {
        self.with(|detail| model::find_topic(&detail.mirrors, topic.as_str()).map(read)).flatten()
    }

    pub(in crate::pages) fn is_source(self) -> bool {
        self.row(|row| row.mode == LinkMode::Source).unwrap_or(false)
    }

    pub(in crate::pages) fn page(self) -> Route {
        Route::of_link(self.cluster.name(), self.link())
    }

    /// A part of the page, with what is shown of the mirrors.
    fn tab(self, tab: LinkTab, list: ListQuery) -> Route {
        Route::link(self.cluster.name(), self.link(), tab, list)
    }

    /// Why nothing can be done to the link here: it is not loaded, or another gateway runs it.
    pub(in crate::pages) fn why_not(self) -> Option<String> {
        match self.with(|detail| detail.standby.clone()) {
            None => Some("The link is not loaded".to_owned()),
            Some(standby) => standby,
        }
    }

    pub(in crate::pages) fn cut_over(self, action: CutOver, topics: Vec<TopicName>) -> Route {
        Route::CutOver { cluster: self.cluster.name(), link: self.link(), action, topics }
    }

    pub(in crate::pages) fn activity(self) -> ActivityQuery {
        let (cluster, link) = (Some(self.cluster.name()), Some(self.link()));
        ActivityQuery { cluster, link, ..ActivityQuery::default() }
    }

    pub(in crate::pages) fn add(self) -> Route {
        Route::MirrorsAdd { cluster: self.cluster.name(), link: self.link() }
    }
}

/// The page.
#[component]
pub fn LinkPage(
    /// The cluster.
    cluster: ClusterName,
    /// The link.
    link: LinkName,
) -> impl IntoView {
    let subject = Subject::start(cluster, link);
    let nav = expect_context::<Nav>();
    let tab = Memo::new(move |_| match &*nav.route().read() {
        Some(Route::Link { tab, .. }) => *tab,
        _ => LinkTab::default(),
    });
    let query = Memo::new(move |_| match &*nav.route().read() {
        Some(Route::Link { list, .. }) => list.clone(),
        _ => ListQuery::default(),
    });
    let on_query = Callback::new(move |list| nav.replace(&subject.tab(LinkTab::Mirrors, list)));
    let is_source = Memo::new(move |_| subject.is_source());
    let groups = GroupsRead::new(subject, None);
    let history = past(subject.cluster.name(), subject.link(), None, subject.followed, move || {
        subject.row(|row| (row.lag, row.rate))
    });
    view! {
        <head::Head subject />
        <Parts subject tab is_source groups />
        <Gate
            cluster=subject.cluster
            followed=subject.followed
            label="Loading the link"
            back=Route::all_links()
            back_label="All links"
        >
            <head::Faults subject />
            {move || match (tab.get(), is_source.get()) {
                (LinkTab::Configs, _) => {
                    let owner = Owner {
                        cluster: subject.cluster,
                        what: Owned::Link(subject.link),
                        edits: subject.edits,
                    };
                    view! { <Configs owner /> }.into_any()
                }
                (LinkTab::Mirrors, false) => {
                    view! { <mirrors::Mirrors subject query on_query /> }.into_any()
                }
                (LinkTab::Groups, false) => {
                    groups.again();
                    view! { <groups::GroupTable read=groups /> }.into_any()
                }
                (LinkTab::Verify, false) => {
                    view! { <super::verify::Verify subject topics=Signal::derive(Vec::new) /> }
                        .into_any()
                }
                _ => view! { <Overview subject is_source history /> }.into_any(),
            }}
        </Gate>
    }
}

/// The tabs, with what each holds; a source half copies nothing and has few.
#[component]
fn Parts(
    subject: Subject,
    tab: Memo<LinkTab>,
    is_source: Memo<bool>,
    groups: GroupsRead,
) -> impl IntoView {
    // Both sides are asked for their groups once the link is known; the tab reads them again.
    let mode = Memo::new(move |_| subject.row(|row| row.mode));
    Effect::new(move |_| {
        if mode.get().is_some_and(|mode| mode != LinkMode::Source) {
            groups.again();
        }
    });
    let n_mirrors = Memo::new(move |_| subject.with(|detail| detail.mirrors.len() as u64));
    move || {
        let tab_of = |own: LinkTab| Tab {
            label: match own {
                LinkTab::Overview => "Overview",
                LinkTab::Mirrors => "Mirrors",
                LinkTab::Groups => "Groups",
                LinkTab::Verify => "Verify",
                LinkTab::Configs => "Configs",
            },
            n: match own {
                LinkTab::Mirrors => n_mirrors.into(),
                LinkTab::Groups => Signal::derive(move || groups.n_groups()),
                _ => Signal::stored(None),
            },
            href: Signal::stored(subject.tab(own, ListQuery::default()).path()),
            is_current: Signal::derive(move || tab.get() == own),
        };
        let of_source = [LinkTab::Overview, LinkTab::Configs];
        let shown = LinkTab::ALL.into_iter();
        let shown = shown.filter(|own| !is_source.get() || of_source.contains(own));
        let tabs = shown.map(tab_of).collect();
        view! { <Tabs label=format!("Parts of {}", subject.link()) tabs /> }
    }
}

#[component]
fn Overview(subject: Subject, is_source: Memo<bool>, history: Past) -> impl IntoView {
    view! {
        <div class="stack">
            <halves::Halves subject />
            <head::SameAs subject />
            <Show when=move || !is_source.get()>
                <tasks::Tasks subject />
                <mirrors::First subject />
                <charts::Charts history />
            </Show>
            <Lately query=subject.activity() />
        </div>
    }
}
