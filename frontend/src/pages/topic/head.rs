//! The head of a topic's page: its name, its state, its numbers, and what can be done to it.

use drawbridge_shared::guard::Action;
use leptos::prelude::*;

use super::Subject;
use super::delete::doomed;
use super::grow::GrowDialog;
use super::purge::PurgeDialog;
use crate::model::topic::ESTIMATE;
use crate::model::topics::Health;
use crate::pages::delete::DeleteDialog;
use crate::pages::topics::role;
use crate::shell::Freshness;
use crate::socket::FollowState;
use crate::state::{Palette, PaletteGroup, PaletteItem, PaletteTarget};
use crate::ui::{
    Badge, Button, Bytes, CopyButton, Count, Estimate, Fact, Menu, MenuItem, PageHead, Show,
};

#[component]
pub(super) fn Head(subject: Subject) -> impl IntoView {
    let name = subject.name().to_string();
    let (growing, purging, deleting) =
        (RwSignal::new(false), RwSignal::new(false), RwSignal::new(false));
    // Nothing can be done to a topic that is not there (yet).
    let why_not = Signal::derive(move || {
        let is_here = subject.followed.read().state == FollowState::Live;
        (!is_here).then(|| "The topic is not loaded".to_owned())
    });
    let guarded = move |action| {
        Signal::derive(move || subject.cluster.why_not(action).or_else(|| why_not.get()))
    };
    let item = move |label, action, open: RwSignal<bool>| MenuItem {
        label,
        is_danger: true,
        on_click: Callback::new(move |()| open.set(true)),
        why_not: guarded(action),
    };
    offer(
        &name,
        [("Add partitions…", growing), ("Delete records…", purging), ("Delete topic…", deleting)],
    );
    let actions = move || {
        view! {
            <Button on_click=move |()| growing.set(true) why_not=guarded(Action::TopicPartitions)>
                "Add partitions…"
            </Button>
            <Menu
                label="More"
                items=vec![
                    item("Delete records…", Action::TopicPurge, purging),
                    item("Delete topic…", Action::TopicDelete, deleting),
                ]
            />
        }
    };
    let badge = {
        let name = name.clone();
        move || view! { <State subject /> <CopyButton text=name.clone() label="Copy topic name" /> }
    };
    view! {
        <PageHead title=name badge facts=move || view! { <Facts subject /> } actions />
        <GrowDialog subject open=growing />
        <PurgeDialog subject open=purging />
        <DeleteDialog what="topic" open=deleting doomed=Callback::new(move |()| doomed(subject)) />
    }
}

/// Offers the topic's actions in the command palette while the page is shown.
fn offer(topic: &str, actions: [(&'static str, RwSignal<bool>); 3]) {
    let hint = topic.to_owned();
    expect_context::<Palette>().offer(move || {
        let item = |(label, open): (&str, RwSignal<bool>)| PaletteItem {
            group: PaletteGroup::Actions,
            label: label.to_owned(),
            hint: hint.clone(),
            target: PaletteTarget::Run(Callback::new(move |()| open.set(true))),
        };
        actions.map(item).into()
    });
}

#[component]
fn State(subject: Subject) -> impl IntoView {
    let health = Memo::new(move |_| subject.with(|detail| Health::of(&detail.topic)));
    let is_internal = move || subject.with(|detail| detail.topic.is_internal).unwrap_or(false);
    view! {
        <Show when=move || health.read().is_some()>
            <Badge
                role=Signal::derive(move || health.get().map(role).unwrap_or_default())
                text=Signal::derive(move || health.get().map(Health::words).unwrap_or_default())
            />
        </Show>
        <Show when=is_internal>
            <span class="tag">"internal"</span>
        </Show>
    }
}

#[component]
fn Facts(subject: Subject) -> impl IntoView {
    let topic = move |read: fn(&drawbridge_shared::view::TopicRow) -> Option<u64>| {
        Signal::derive(move || subject.with(|detail| read(&detail.topic)).flatten())
    };
    let observed = Signal::derive(move || subject.with(|detail| detail.observed_at_ms));
    view! {
        <Fact name="Partitions">
            <Count n=topic(|topic| Some(topic.n_partitions.into())) />
        </Fact>
        <Fact name="Replicas" hint="Copies of each partition">
            <Count n=topic(|topic| Some(topic.replication_factor.into())) />
        </Fact>
        <Fact name="Records" hint=ESTIMATE>
            <Estimate n=topic(|topic| topic.n_offsets) why=ESTIMATE />
        </Fact>
        <Fact name="Size" hint="Bytes on disk of the leader replicas">
            <Bytes n=topic(|topic| topic.size_bytes) />
        </Fact>
        <Freshness followed=subject.followed observed_at_ms=observed />
    }
}
