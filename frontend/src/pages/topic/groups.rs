//! The tab of groups: who reads this topic, and how far.

use drawbridge_shared::view::{GroupRow, GroupTopic};
use drawbridge_shared::wire::Feed;
use leptos::prelude::*;

use super::Subject;
use super::gate::Gate;
use crate::model::{groups as model, lag};
use crate::pages::groups::{GroupBadge, view};
use crate::routes::Route;
use crate::socket::Socket;
use crate::ui::{EmptyState, Show};

/// More groups than this are not drawn; the list of groups finds the others.
const MAX_ROWS: usize = 300;

#[component]
pub(super) fn Groups(subject: Subject) -> impl IntoView {
    let feed = Feed::Groups { cluster: Some(subject.cluster.name()) };
    let followed = expect_context::<Socket>().follow(move || feed.clone());
    let rows = Memo::new(move |_| {
        let (followed, name) = (followed.read(), subject.name());
        let rows = view(&followed).map(|view| view.rows.as_slice()).unwrap_or_default();
        let mut found: Vec<(GroupRow, GroupTopic)> = rows
            .iter()
            .filter_map(|row| {
                let topic = row.topics.iter().find(|topic| topic.topic == name.as_str())?;
                Some((row.clone(), topic.clone()))
            })
            .collect();
        drawbridge_shared::order::sort_by(&mut found, |a, b| {
            (model::trouble(&b.0), b.1.lag).cmp(&(model::trouble(&a.0), a.1.lag))
        });
        found
    });
    // Lags come a moment after the names: nothing is claimed before.
    let is_read = Memo::new(move |_| {
        let followed = followed.read();
        let reads = view(&followed).map(|view| view.reads.as_slice()).unwrap_or_default();
        reads.iter().any(|read| read.measured_at_ms.is_some() || read.fault.is_some())
    });
    Effect::new(move |_| {
        if is_read.get() {
            subject.n_groups.set(u64::try_from(rows.read().len()).ok());
        }
    });
    let fault = Memo::new(move |_| {
        let followed = followed.read();
        view(&followed)?.reads.iter().find_map(|read| read.fault.clone())
    });
    let none = move || {
        let text = match fault.get() {
            Some(fault) => fault,
            None => "A consumer group appears here as soon as it has committed an offset of this topic or has members that read it.".to_owned(),
        };
        view! { <EmptyState title="No group reads this topic" text /> }
    };
    let back = Route::groups_of(subject.cluster.name());
    let loading = || view! { <crate::ui::Skeleton label="Loading groups" /> };
    view! {
        <Gate followed label="Loading groups" back back_label="All groups">
            <Show when=move || is_read.get() fallback=loading>
                <Show when=move || !rows.read().is_empty() fallback=none>
                    <div class="table-scroll" tabindex="0" role="group" aria-label="Groups of this topic">
                        <table class="table table--auto topic-groups">
                            <caption class="visually-hidden">"Groups that read this topic"</caption>
                            <thead>
                                <tr>
                                    <th scope="col">"Group"</th>
                                    <th scope="col">"State"</th>
                                    <th scope="col" class="right">"Members here"</th>
                                    <th scope="col" class="right">"Lag here"</th>
                                    <th scope="col" class="wide">"Type"</th>
                                </tr>
                            </thead>
                            <tbody>
                                {move || rows.get().into_iter().take(MAX_ROWS).map(line).collect_view()}
                            </tbody>
                        </table>
                    </div>
                </Show>
            </Show>
        </Gate>
    }
}

fn line((row, topic): (GroupRow, GroupTopic)) -> impl IntoView {
    let route = Route::of_group(row.cluster.clone(), row.group.clone());
    let (name, kind) = (row.group.clone(), row.kind.words());
    view! {
        <tr>
            <th scope="row" class="wrap"><a class="link" href=route.path()>{name}</a></th>
            <td><GroupBadge row=Signal::stored(Some(row)) plain=true /></td>
            <td class="right num">{topic.n_members}</td>
            <td class="right num">{lag::records(topic.lag)}</td>
            <td class="wide">{kind}</td>
        </tr>
    }
}
