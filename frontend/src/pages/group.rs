//! One consumer group: who reads, how far behind, and what can be done to it.

use drawbridge_shared::guard::Action;
use drawbridge_shared::names::ClusterName;
use drawbridge_shared::view::{GroupDetail, GroupRow};
use drawbridge_shared::wire::{Feed, FeedData};
use leptos::prelude::*;

mod delete;
mod members;
mod partitions;

use super::activity::Lately;
use super::delete::DeleteDialog;
use super::groups::{GroupBadge, Lag};
use super::topic::gate::{ClusterFacts, Gate};
use crate::model::groups as model;
use crate::model::number::UNKNOWN;
use crate::routes::{ActivityQuery, ResetQuery, Route};
use crate::shell::Freshness;
use crate::socket::{Followed, Socket};
use crate::ui::{
    ButtonKind, CopyButton, Fact, LinkButton, Menu, MenuItem, Note, PageHead, Show, StateRole,
};
use delete::{DeleteOffsetsDialog, doomed};
use members::Members;
use partitions::Partitions;

/// The group that a page is about; handed to all its parts.
#[derive(Clone, Copy)]
pub(in crate::pages) struct Subject {
    pub(in crate::pages) cluster: ClusterFacts,
    group: StoredValue<String>,
    pub(in crate::pages) followed: Signal<Followed>,
}

impl Subject {
    pub(in crate::pages) fn start(cluster: ClusterName, group: String) -> Self {
        let feed = Feed::Group { cluster: cluster.clone(), group: group.clone() };
        Self {
            cluster: ClusterFacts::start(cluster),
            group: StoredValue::new(group),
            followed: expect_context::<Socket>().follow(move || feed.clone()),
        }
    }

    pub(in crate::pages) fn group(self) -> String {
        self.group.get_value()
    }

    pub(in crate::pages) fn with<T>(self, read: impl FnOnce(&GroupDetail) -> T) -> Option<T> {
        match self.followed.read().data.as_deref() {
            Some(FeedData::Group(detail)) => Some(read(detail)),
            _ => None,
        }
    }

    pub(in crate::pages) fn row(self) -> Option<GroupRow> {
        self.with(|detail| detail.group.clone())
    }

    pub(in crate::pages) fn page(self) -> Route {
        Route::of_group(self.cluster.name(), self.group())
    }

    fn text(self, read: fn(&GroupDetail) -> String) -> impl Fn() -> String + Copy + Send + Sync {
        move || self.with(read).unwrap_or_else(|| UNKNOWN.to_owned())
    }
}

/// The page.
#[component]
pub fn GroupPage(
    /// On which cluster.
    cluster: ClusterName,
    /// Group id.
    group: String,
) -> impl IntoView {
    let back = Route::groups_of(cluster.clone());
    let subject = Subject::start(cluster.clone(), group.clone());
    let badge = {
        let group = group.clone();
        move || {
            let row = Signal::derive(move || subject.row());
            view! {
                <Show when=move || row.read().is_some()>
                    <GroupBadge row />
                </Show>
                <CopyButton text=group.clone() label="Copy group name" />
            }
        }
    };
    let activity = ActivityQuery {
        q: format!("'{group}'"),
        cluster: Some(cluster),
        ..ActivityQuery::default()
    };
    view! {
        <PageHead
            title=group
            badge
            facts=move || view! { <Facts subject /> }
            actions=move || view! { <Actions subject /> }
        />
        <Gate cluster=subject.cluster followed=subject.followed label="Loading the group" back back_label="All groups">
            <Fault subject />
            <div class="stack">
                <Members subject />
                <Partitions subject />
                <Lately query=activity.clone() />
            </div>
        </Gate>
    }
}

/// Why offsets are missing, when they are.
#[component]
fn Fault(subject: Subject) -> impl IntoView {
    let fault = Memo::new(move |_| subject.with(|detail| detail.fault.clone()).flatten());
    view! {
        <Show when=move || fault.read().is_some()>
            <Note role=StateRole::Attention>{move || fault.get()}</Note>
        </Show>
    }
}

#[component]
fn Facts(subject: Subject) -> impl IntoView {
    let cluster = subject.cluster.name();
    let href = Route::of_cluster(cluster.clone()).path();
    let lag = Signal::derive(move || {
        let words = subject.with(|detail| model::behind(detail.group.lag, detail.behind_ms));
        words.unwrap_or_else(|| UNKNOWN.to_owned())
    });
    let trend = Signal::derive(move || subject.with(|detail| detail.group.trend).flatten());
    let observed = Signal::derive(move || subject.with(|detail| detail.observed_at_ms));
    let assignor = move || {
        let words = subject.with(|detail| {
            let kind = detail.group.kind.words();
            if detail.assignor.is_empty() {
                kind.to_owned()
            } else {
                format!("{kind} · {}", detail.assignor)
            }
        });
        words.unwrap_or_else(|| UNKNOWN.to_owned())
    };
    view! {
        <p class="way">
            {move || subject.with(|detail| model::noun(detail.group.kind))} " on " <a href=href>{cluster.to_string()}</a>
            {move || {
                let meaning = subject.with(|detail| model::meaning(&detail.group));
                meaning.map(|meaning| format!(" · {meaning}"))
            }}
        </p>
        <Fact name="Lag" hint="Records that are not read yet, and the age of the oldest of them">
            <Lag words=lag trend />
        </Fact>
        <Fact name="Members">{subject.text(|detail| model::members_words(&detail.group))}</Fact>
        <Fact name="Topics">{subject.text(|detail| detail.group.topics.len().to_string())}</Fact>
        <Fact name="Type" hint="The protocol its members speak, and who hands out partitions">
            {assignor}
        </Fact>
        <Freshness followed=subject.followed observed_at_ms=observed />
    }
}

#[component]
fn Actions(subject: Subject) -> impl IntoView {
    let (deleting, forgetting) = (RwSignal::new(false), RwSignal::new(false));
    let not_here = || Some("The group is not loaded".to_owned());
    let why_not = Signal::derive(move || {
        let held = || subject.with(|detail| model::why_not(&detail.group)).unwrap_or_else(not_here);
        subject.cluster.why_not(Action::GroupDelete).or_else(held)
    });
    // Offsets of a topic that no member reads can go while the group has members.
    let not_loaded = Signal::derive(move || {
        let held =
            || subject.with(|detail| model::why_no_offsets(&detail.group)).unwrap_or_else(not_here);
        subject.cluster.why_not(Action::GroupDeleteOffsets).or_else(held)
    });
    let item = move |label, open: RwSignal<bool>, why_not| MenuItem {
        label,
        is_danger: true,
        on_click: Callback::new(move |()| open.set(true)),
        why_not,
    };
    let reset = Route::GroupReset {
        cluster: subject.cluster.name(),
        group: subject.group(),
        query: ResetQuery::default(),
    };
    let cannot_reset = Signal::derive(move || {
        let held = || subject.with(|detail| model::why_no_offsets(&detail.group)).flatten();
        subject.cluster.why_not(Action::GroupReset).or_else(held)
    });
    view! {
        <LinkButton
            kind=ButtonKind::Primary
            href=reset.path()
            why_not=cannot_reset
        >
            "Reset offsets…"
        </LinkButton>
        <Menu
            label="More"
            items=vec![
                item("Delete offsets of topics…", forgetting, not_loaded),
                item("Delete group…", deleting, why_not),
            ]
        />
        <DeleteOffsetsDialog subject open=forgetting />
        <DeleteDialog what="group" open=deleting doomed=Callback::new(move |()| doomed(subject)) />
    }
}
