//! Is the link ready to be cut over? What stands in the way, how many groups would go on where they were, and
//! whether the lag is on its way to zero.

use leptos::prelude::*;

use super::Move;
use crate::model::cut_over as model;
use crate::model::links;
use crate::model::number::count;
use crate::model::trend::{to_zero, trend};
use crate::pages::past::past;
use crate::ui::{Badge, Panel, StateRole};

/// More blockers than this are only counted.
const MAX_LINES: usize = 8;

#[component]
pub(super) fn Readiness(moving: Move) -> impl IntoView {
    let blockers = Memo::new(move |_| {
        let names = moving.names.read();
        moving.subject.with(|link| model::blockers(link, &names, MAX_LINES)).unwrap_or_default()
    });
    let lines = move || {
        let (found, n) = blockers.get();
        let more = n.saturating_sub(found.len());
        let rest = (more > 0).then(|| {
            let more = count(more.try_into().unwrap_or(u64::MAX));
            view! { <p class="muted num">{format!("and {more} more")}</p> }
        });
        let none = (n == 0).then(|| {
            view! { <p><Badge plain=true role=StateRole::Ok text="Link and mirrors are ready" /></p> }
        });
        let shown = found.into_iter().map(|text| {
            view! { <p class="wrap"><Badge plain=true role=StateRole::Attention text /></p> }
        });
        view! { {none} {shown.collect_view()} {rest} }
    };
    let groups = move || moving.of_groups(model::groups_ready).unwrap_or_else(|why| why);
    let subject = moving.subject;
    let past = past(subject.cluster.name(), subject.link(), None, subject.followed, move || {
        subject.row(|row| (row.lag, row.rate))
    });
    let lag = Memo::new(move |_| to_zero(trend(&past.read())));
    // What mirrors that do not copy lack is in no sum.
    let whose = Memo::new(move |_| {
        let all = subject.row(|row| (links::n_unstopped(row), links::mirror_counts(row).0));
        match all {
            Some((all, active)) if active < all => "Lag of the mirrors that copy: ",
            _ => "Lag of the link: ",
        }
    });
    view! {
        <Panel title="Readiness">
            {move || lines()}
            <p class="num">{move || groups()}</p>
            <p class="num">{whose} {lag}</p>
        </Panel>
    }
}
