//! One topic: its state, its partitions, its configurations, and what can be done to it.

use drawbridge_shared::names::{ClusterName, TopicName};
use drawbridge_shared::view::TopicDetail;
use drawbridge_shared::wire::{Feed, FeedData};
use leptos::prelude::*;

pub(in crate::pages) mod ask;
pub(in crate::pages) mod configs;
mod delete;
pub(in crate::pages) mod gate;
mod groups;
mod grow;
mod head;
mod messages;
mod partitions;
mod produce;
mod purge;
mod twins;

use crate::model::configs::Edits;
use crate::model::partitions as model;
use crate::routes::{MessagesQuery, Route, TopicTab};
use crate::socket::{Followed, Socket};
use crate::state::Nav;
use crate::ui::{Note, Show, StateRole, Tab, Tabs};
use configs::{Configs, Owned, Owner};
use gate::{ClusterFacts, Gate};
use groups::Groups;
use head::Head;
use messages::Messages;
use partitions::Partitions;
use produce::Produce;

/// The topic that a page is about; handed to all its parts.
#[derive(Clone, Copy)]
struct Subject {
    cluster: ClusterFacts,
    topic: StoredValue<TopicName>,
    followed: Signal<Followed>,
    /// Configuration edits that are not applied yet; kept while the other tab is shown.
    edits: RwSignal<Edits>,
    /// How many groups read it, once that was looked at.
    n_groups: RwSignal<Option<u64>>,
}

impl Subject {
    fn name(self) -> TopicName {
        self.topic.get_value()
    }

    fn with<T>(self, read: impl FnOnce(&TopicDetail) -> T) -> Option<T> {
        match self.followed.read().data.as_deref() {
            Some(FeedData::Topic(detail)) => Some(read(detail)),
            _ => None,
        }
    }

    fn partition<T>(
        self,
        number: i32,
        read: impl FnOnce(&drawbridge_shared::view::PartitionView) -> T,
    ) -> Option<T> {
        self.with(|detail| model::partition(&detail.partitions, number).map(read)).flatten()
    }

    fn owner(self) -> Owner {
        Owner { cluster: self.cluster, what: Owned::Topic(self.topic), edits: self.edits }
    }

    fn route(self, tab: TopicTab) -> Route {
        let (cluster, topic) = (self.cluster.name(), self.name());
        Route::topic(cluster, topic, tab)
    }

    fn produce(self) -> Route {
        Route::Produce { cluster: self.cluster.name(), topic: self.name(), of: None }
    }

    fn messages(self, query: MessagesQuery) -> Route {
        Route::Messages { cluster: self.cluster.name(), topic: self.name(), query: Box::new(query) }
    }
}

/// A part of the page.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Part {
    Tab(TopicTab),
    Messages,
    Produce,
}

/// The page of a topic.
#[component]
pub fn Topic(
    /// On which cluster.
    cluster: ClusterName,
    /// Which topic.
    topic: TopicName,
) -> impl IntoView {
    let feed = Feed::Topic { cluster: cluster.clone(), topic: topic.clone() };
    let back = Route::topics_of(cluster.clone());
    let subject = Subject {
        cluster: ClusterFacts::start(cluster),
        topic: StoredValue::new(topic),
        followed: expect_context::<Socket>().follow(move || feed.clone()),
        edits: RwSignal::new(Edits::new()),
        n_groups: RwSignal::new(None),
    };
    let route = expect_context::<Nav>().route();
    let tab = Memo::new(move |_| match &*route.read() {
        Some(Route::Topic { tab, .. }) => Part::Tab(*tab),
        Some(Route::Messages { .. }) => Part::Messages,
        Some(Route::Produce { .. }) => Part::Produce,
        _ => Part::Tab(TopicTab::default()),
    });
    let n_partitions =
        Memo::new(move |_| subject.with(|detail| u64::from(detail.topic.n_partitions)));
    let own = [
        ("Partitions", Part::Tab(TopicTab::Partitions)),
        ("Configs", Part::Tab(TopicTab::Configs)),
        ("Messages", Part::Messages),
        ("Produce", Part::Produce),
        ("Groups", Part::Tab(TopicTab::Groups)),
    ];
    let tabs = own
        .into_iter()
        .map(|(label, own)| Tab {
            label,
            n: match own {
                Part::Tab(TopicTab::Partitions) => n_partitions.into(),
                Part::Tab(TopicTab::Groups) => subject.n_groups.into(),
                _ => Signal::stored(None),
            },
            href: Signal::derive(move || match own {
                Part::Tab(own) => subject.route(own).path(),
                Part::Messages => subject.messages(MessagesQuery::default()).path(),
                Part::Produce => subject.produce().path(),
            }),
            is_current: Signal::derive(move || tab.get() == own),
        })
        .collect();
    let label = format!("Parts of {}", subject.name());
    view! {
        <Head subject />
        <Tabs label tabs />
        <Gate cluster=subject.cluster followed=subject.followed label="Loading the topic" back back_label="All topics">
            <MeasureFault subject />
            {move || match tab.get() {
                Part::Messages => view! { <Messages subject /> }.into_any(),
                Part::Produce => view! { <Produce subject /> }.into_any(),
                Part::Tab(TopicTab::Partitions) => view! { <Partitions subject /> }.into_any(),
                Part::Tab(TopicTab::Groups) => view! { <Groups subject /> }.into_any(),
                Part::Tab(TopicTab::Configs) => {
                    let owner = subject.owner();
                    view! { <Configs owner /> }.into_any()
                }
            }}
        </Gate>
    }
}

/// Why offsets or sizes are missing, when they are.
#[component]
fn MeasureFault(subject: Subject) -> impl IntoView {
    let fault = Memo::new(move |_| subject.with(|detail| detail.measure_fault.clone()).flatten());
    view! {
        <Show when=move || fault.read().is_some()>
            <Note role=StateRole::Attention>"Offsets or sizes are missing: " {move || fault.get()}</Note>
        </Show>
    }
}
