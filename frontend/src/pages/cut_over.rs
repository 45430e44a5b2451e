//! Promoting and failing over: what is gained and lost? Before, during and after on one page.

use std::collections::{BTreeMap, BTreeSet};

use drawbridge_shared::link::LinkName;
use drawbridge_shared::names::{ClusterName, TopicName};
use drawbridge_shared::view::{GroupOffsetRow, MirrorAction, MirrorActionRow, MirrorPartitionView};
use drawbridge_shared::wire::{Feed, FeedData, Request, Response};
use leptos::prelude::*;

mod after;
mod before;
mod dry_run;
mod during;
mod readiness;

use super::link::Subject;
use super::topic::ask::Ask;
use super::topic::gate::Gate;
use crate::model::number::{UNKNOWN, counted};
use crate::model::time::age;
use crate::model::{links, mirrors as model};
use crate::routes::{CutOver, Route};
use crate::socket::{Followed, Socket};
use crate::state::{Clock, Nav};
use crate::ui::{Badge, EmptyState, PageHead, Show};

/// So many mirrors are followed partition by partition; each costs a subscription.
const MAX_FOLLOWED: usize = 40;

/// What is to be moved over, and how far that is. Handed to all parts of the page.
#[derive(Clone, Copy)]
struct Move {
    subject: Subject,
    action: CutOver,
    /// What the URL names; none for all mirrors that the action can be taken on.
    named: Memo<Vec<TopicName>>,
    topics: RwSignal<Vec<TopicName>>,
    /// The same, to look one up among thousands.
    names: Memo<BTreeSet<String>>,
    /// What the dry run found.
    dry: RwSignal<Option<Vec<MirrorActionRow>>>,
    dry_at_ms: RwSignal<i64>,
    /// Where the groups stood when it was read last.
    groups: RwSignal<Option<Vec<GroupOffsetRow>>>,
    read_groups: Ask,
    /// What the action answered, and when it was asked for.
    taken: RwSignal<Option<(i64, Vec<MirrorActionRow>)>>,
    partitions: RwSignal<BTreeMap<TopicName, Signal<Followed>>>,
    check: Ask,
    clock: Clock,
}

impl Move {
    fn verb(self) -> MirrorAction {
        match self.action {
            CutOver::Promote => MirrorAction::Promote,
            CutOver::Failover => MirrorAction::Failover,
        }
    }

    /// `Promote 12 mirrors`.
    fn words(self, n: u64) -> String {
        let verb = match self.action {
            CutOver::Promote => "Promote",
            CutOver::Failover => "Fail over",
        };
        match n {
            0 => format!("{verb} mirrors"),
            n => format!("{verb} {}", counted(n, "mirror", "mirrors")),
        }
    }

    fn source(self) -> String {
        self.subject.row(links::remote_name).unwrap_or_else(|| "the source".to_owned())
    }

    fn request(self, validate_only: bool) -> Request {
        Request::ActOnMirrors {
            cluster: self.subject.cluster.name(),
            link: self.subject.link(),
            action: self.verb(),
            topics: self.topics.get_untracked(),
            validate_only,
        }
    }

    /// Says what would be done, and reads where the groups stand.
    fn look(self) {
        let clock = self.clock;
        if self.topics.read_untracked().is_empty() {
            return;
        }
        let (cluster, link) = (self.subject.cluster.name(), self.subject.link());
        self.read_groups.send(
            Request::LinkGroups { cluster, link, topic: None },
            move |response| {
                if let Response::GroupOffsets(rows) = response {
                    self.groups.try_set(Some(rows));
                }
            },
        );
        self.check.send(self.request(true), move |response| {
            if let Response::MirrorActions(rows) = response {
                self.dry.try_set(Some(rows));
                self.dry_at_ms.try_set(clock.read_ms());
            }
        });
    }

    /// What is known of the groups, or why nothing is.
    fn of_groups<T>(
        self,
        read: impl FnOnce(&[GroupOffsetRow], &BTreeSet<String>) -> T,
    ) -> Result<T, String> {
        if let Some(error) = &*self.read_groups.error().read() {
            let why = error.message();
            return Err(format!(
                "Where the groups stand is not known: {}",
                why.trim_end_matches('.')
            ));
        }
        let rows = self.groups.read();
        let rows = rows.as_deref().ok_or("Reading where the groups stand")?;
        Ok(read(rows, &self.names.read()))
    }

    /// The sum of the source's log ends, where partitions are followed; none when one is not known.
    fn source_ends(self) -> Option<i64> {
        let partitions = self.partitions.read();
        if partitions.is_empty() {
            return None;
        }
        let mut sum = 0_i64;
        for followed in partitions.values() {
            let followed = followed.read();
            let Some(FeedData::Mirror(detail)) = followed.data.as_deref() else { return None };
            for at in &detail.partitions {
                sum = sum.saturating_add(at.source_high_watermark?);
            }
        }
        Some(sum)
    }

    fn partition<T>(
        self,
        topic: &str,
        number: i32,
        read: impl FnOnce(&MirrorPartitionView) -> T,
    ) -> Option<T> {
        let topic: TopicName = topic.parse().ok()?;
        let followed = *self.partitions.read().get(&topic)?;
        let followed = followed.read();
        match followed.data.as_deref() {
            Some(FeedData::Mirror(detail)) => {
                detail.partitions.iter().find(|at| at.partition == number).map(read)
            }
            _ => None,
        }
    }
}

/// The page.
#[component]
pub fn CutOverPage(
    /// The cluster.
    cluster: ClusterName,
    /// The link.
    link: LinkName,
    /// Which of the two.
    action: CutOver,
) -> impl IntoView {
    let (socket, nav) = (expect_context::<Socket>(), expect_context::<Nav>());
    let subject = Subject::start(cluster.clone(), link.clone());
    let named = Memo::new(move |_| match &*nav.route().read() {
        Some(Route::CutOver { topics, .. }) => topics.clone(),
        _ => Vec::new(),
    });
    let topics = RwSignal::new(Vec::<TopicName>::new());
    let moving = Move {
        subject,
        action,
        named,
        topics,
        names: Memo::new(move |_| topics.read().iter().map(ToString::to_string).collect()),
        dry: RwSignal::new(None),
        dry_at_ms: RwSignal::new(0),
        groups: RwSignal::new(None),
        read_groups: Ask::new(),
        taken: RwSignal::new(None),
        partitions: RwSignal::new(BTreeMap::new()),
        check: Ask::new(),
        clock: expect_context::<Clock>(),
    };
    // What is acted on is settled when the page opens: mirrors made since are not moved unseen.
    let is_here = Memo::new(move |_| subject.with(|_| ()).is_some());
    let owner = Owner::current();
    Effect::new(move |_| {
        let named = moving.named.get();
        if !is_here.get() || moving.taken.read_untracked().is_some() {
            return;
        }
        let mut topics = named;
        if topics.is_empty() {
            let able = |detail: &drawbridge_shared::view::LinkDetail| {
                let rows = detail.mirrors.iter();
                let able = rows.filter(|row| model::why_not(moving.verb(), row.state).is_none());
                able.map(|row| row.topic.clone()).collect::<Vec<_>>()
            };
            topics = untrack(|| subject.with(able)).unwrap_or_default();
        }
        let follow = |topic: &TopicName| {
            let (cluster, link) = (cluster.clone(), link.clone());
            let feed = Feed::Mirror { cluster, link, topic: topic.clone() };
            (topic.clone(), socket.follow(move || feed.clone()))
        };
        let follow_all = || topics.iter().take(MAX_FOLLOWED).map(follow).collect();
        // Followed as long as the page is there, not as long as this run of the effect.
        let followed = owner.as_ref().map_or_else(BTreeMap::new, |owner| owner.with(follow_all));
        moving.partitions.set(followed);
        moving.topics.set(topics);
        moving.look();
    });
    let n = move || u64::try_from(moving.topics.read().len()).unwrap_or(u64::MAX);
    let title = Signal::derive(move || format!("{} of {}", moving.words(n()), subject.link()));
    let content = move || {
        if moving.taken.read().is_some() {
            view! { <during::During moving /> }.into_any()
        } else if is_here.get() && n() == 0 {
            view! { <Nothing moving /> }.into_any()
        } else {
            view! { <before::Before moving /> }.into_any()
        }
    };
    view! {
        <PageHead title badge=move || view! { <LinkState moving /> } facts=move || view! { <Way moving /> } />
        <Gate
            cluster=subject.cluster
            followed=subject.followed
            label="Loading the link"
            back=subject.page()
            back_label="Open the link"
        >
            {move || content()}
        </Gate>
    }
}

/// The link's state: what an action needs or does without.
#[component]
fn LinkState(moving: Move) -> impl IntoView {
    let badge = Memo::new(move |_| {
        let words = |row: &drawbridge_shared::view::LinkRow| {
            (links::role(row.state), format!("link {}", row.state.as_str().replace('_', " ")))
        };
        moving.subject.row(words)
    });
    let role = Signal::derive(move || badge.get().unwrap_or_default().0);
    let text = Signal::derive(move || badge.get().unwrap_or_default().1);
    view! {
        <Show when=move || badge.read().is_some()>
            <Badge role text />
        </Show>
    }
}

#[component]
fn Way(moving: Move) -> impl IntoView {
    let now = expect_context::<Clock>().now();
    let words = move || {
        moving.subject.row(|row| {
            let (from, to) = links::from_to(row);
            let contact =
                row.last_contact_ms.map_or_else(|| UNKNOWN.to_owned(), |at| age(now.get(), at));
            format!("{from} → {to} · {from} answered last: {contact}")
        })
    };
    view! { <p class="way num">{move || words()}</p> }
}

/// No mirror that the action could be taken on.
#[component]
fn Nothing(moving: Move) -> impl IntoView {
    let text = match moving.action {
        CutOver::Promote => {
            "Every mirror of this link is stopped, failed or behind a paused link. Failed ones can be failed over."
        }
        CutOver::Failover => {
            "Every mirror of this link is stopped already: an ordinary topic that accepts writes."
        }
    };
    let action = move || {
        view! { <a class="btn" href=moving.subject.page().path()>"Open the link"</a> }
    };
    view! { <EmptyState title="Nothing to do" text action /> }
}
