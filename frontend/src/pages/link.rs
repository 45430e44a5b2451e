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
use super::past::past;
use super::topic::configs::{Configs, Owned, Owner};
use super::topic::gate::{ClusterFacts, Gate};
use crate::model::configs::Edits;
use crate::routes::{ActivityQuery, CutOver, LinkTab, Route};
use crate::socket::{Followed, Socket};
use crate::state::Nav;
use crate::ui::{Show, Tab, Tabs};

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
        self.with(|detail| detail.mirrors.iter().find(|row| row.topic == *topic).map(read))
            .flatten()
    }

    pub(in crate::pages) fn is_source(self) -> bool {
        self.row(|row| row.mode == LinkMode::Source).unwrap_or(false)
    }

    pub(in crate::pages) fn page(self) -> Route {
        Route::of_link(self.cluster.name(), self.link())
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
    let route = expect_context::<Nav>().route();
    let tab = Memo::new(move |_| match &*route.read() {
        Some(Route::Link { tab, .. }) => *tab,
        _ => LinkTab::default(),
    });
    let is_source = Memo::new(move |_| subject.is_source());
    let tabs = move || {
        let tab_of = |(label, own): (&'static str, LinkTab)| Tab {
            label,
            href: Signal::derive(move || {
                let (cluster, link) = (subject.cluster.name(), subject.link());
                Route::Link { cluster, link, tab: own }.path()
            }),
            is_current: Signal::derive(move || tab.get() == own),
        };
        let all = [
            ("Overview", LinkTab::Mirrors),
            ("Configs", LinkTab::Configs),
            ("Groups", LinkTab::Groups),
        ];
        // A source half copies nothing, so it has no groups to compare.
        let tabs = all.into_iter().filter(|(_, own)| *own != LinkTab::Groups || !is_source.get());
        view! { <Tabs label=format!("Parts of {}", subject.link()) tabs=tabs.map(tab_of).collect() /> }
    };
    view! {
        <head::Head subject />
        {tabs}
        <Gate
            cluster=subject.cluster
            followed=subject.followed
            label="Loading the link"
            back=Route::all_links()
            back_label="All links"
        >
            <head::Faults subject />
            {move || match tab.get() {
                LinkTab::Mirrors => view! { <Overview subject is_source /> }.into_any(),
                LinkTab::Configs => {
                    let owner = Owner {
                        cluster: subject.cluster,
                        what: Owned::Link(subject.link),
                        edits: subject.edits,
                    };
                    view! { <Configs owner /> }.into_any()
                }
                LinkTab::Groups => view! { <groups::Groups subject /> }.into_any(),
            }}
        </Gate>
    }
}

#[component]
fn Overview(subject: Subject, is_source: Memo<bool>) -> impl IntoView {
    let history = past(subject.cluster.name(), subject.link(), None, move || {
        subject.row(|row| (row.lag, row.rate))
    });
    view! {
        <div class="stack">
            <halves::Halves subject />
            <Show when=move || !is_source.get()>
                <tasks::Tasks subject />
                <mirrors::Mirrors subject />
                <super::verify::Verify subject topics=Signal::derive(Vec::new) />
                <charts::Charts history />
            </Show>
            <Lately query=subject.activity() />
        </div>
    }
}
