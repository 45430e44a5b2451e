//! The tab of groups: where each stands on both sides, and what moving over would mean for it.

use std::collections::BTreeSet;

use drawbridge_shared::names::TopicName;
use drawbridge_shared::order;
use drawbridge_shared::view::GroupOffsetRow;
use drawbridge_shared::wire::{Request, Response};
use leptos::prelude::*;

use super::Subject;
use crate::model::cut_over::Gap;
use crate::model::filter::Needles;
use crate::model::lag::offset;
use crate::model::number::counted;
use crate::pages::topic::ask::{Ask, Refusal};
use crate::state::Clock;
use crate::ui::{Age, Badge, Button, EmptyState, SearchField, Show, Skeleton, StateRole};

/// More rows than this are not drawn; the search finds the others.
const MAX_ROWS: usize = 400;

/// Groups as they were read from both sides, of all of a link's mirrors or of one of them.
#[derive(Clone, Copy)]
pub(in crate::pages) struct GroupsRead {
    subject: Subject,
    topic: StoredValue<Option<TopicName>>,
    ask: Ask,
    clock: Clock,
    rows: RwSignal<Option<Vec<GroupOffsetRow>>>,
    at_ms: RwSignal<i64>,
}

impl GroupsRead {
    pub(in crate::pages) fn new(subject: Subject, topic: Option<TopicName>) -> Self {
        Self {
            subject,
            topic: StoredValue::new(topic),
            ask: Ask::new(),
            clock: expect_context::<Clock>(),
            rows: RwSignal::new(None),
            at_ms: RwSignal::new(0),
        }
    }

    /// Reads them anew.
    pub(in crate::pages) fn again(self) {
        let request = Request::LinkGroups {
            cluster: self.subject.cluster.name(),
            link: self.subject.link(),
            topic: self.topic.get_value(),
        };
        self.ask.send(request, move |response| {
            if let Response::GroupOffsets(mut found) = response {
                order::sort_by(&mut found, |a, b| {
                    (Gap::of(a) == Gap::Same).cmp(&(Gap::of(b) == Gap::Same))
                });
                self.rows.try_set(Some(found));
                self.at_ms.try_set(self.clock.read_ms());
            }
        });
    }

    /// How many groups there are; none before they were read.
    pub(super) fn n_groups(self) -> Option<u64> {
        let rows = self.rows.read();
        let names: BTreeSet<&str> = rows.as_ref()?.iter().map(|row| row.group.as_str()).collect();
        u64::try_from(names.len()).ok()
    }
}

/// What was read, as a table.
#[component]
pub(in crate::pages) fn GroupTable(
    /// The groups.
    read: GroupsRead,
) -> impl IntoView {
    let GroupsRead { ask, clock, rows, at_ms: read_at, .. } = read;
    let read = Callback::new(move |()| read.again());
    let search = RwSignal::new(String::new());
    let shown = Memo::new(move |_| {
        let needles = Needles::new(&search.read());
        let rows = rows.read();
        let found = rows.iter().flatten().filter(|row| {
            needles.matches(&format!("{} {} {}", row.group, row.mirror_group, row.topic))
        });
        found.cloned().collect::<Vec<_>>()
    });
    let n = move || shown.read().len();
    let said = move || {
        let all = counted(n().try_into().unwrap_or(u64::MAX), "line", "lines");
        if n() > MAX_ROWS {
            format!("first {MAX_ROWS} of {all}: search for the others")
        } else {
            all
        }
    };
    let is_here = Memo::new(move |_| rows.read().is_some());
    let is_empty = Memo::new(move |_| rows.read().as_ref().is_some_and(Vec::is_empty));
    view! {
        <Refusal error=ask.error() retry=read />
        <Show when=move || ask.busy().get() && !is_here.get()>
            <Skeleton label="Loading groups" />
        </Show>
        <Show when=move || is_empty.get()>
            <EmptyState
                title="No groups read these topics"
                text="Consumer groups that commit offsets on the source's topics appear here. Their offsets are copied when consumer.offset.sync.enable is true and consumer.offset.group.filters includes them."
            />
        </Show>
        <Show when=move || is_here.get() && !is_empty.get()>
            <div class="toolbar" role="search">
                <SearchField label="Search groups" value=search on_search=move |text| search.set(text) />
                <span class="toolbar-count">
                    <span class="muted num" role="status">{move || said()}</span>
                    <span class="muted">"read " <Age now_ms=clock.now() at_ms=read_at /></span>
                    <Button on_click=read busy=ask.busy()>"Read again"</Button>
                </span>
            </div>
            <div class="table-scroll" tabindex="0" role="group" aria-label="Groups">
                <table class="table table--auto groups">
                    <caption class="visually-hidden">"Consumer groups on both sides"</caption>
                    <thead>
                        <tr>
                            <th scope="col">"Group"</th>
                            <th scope="col">"Mirror topic"</th>
                            <th scope="col" class="right">"Partition"</th>
                            <th scope="col" class="right wide">"On the source"</th>
                            <th scope="col" class="right wide">"Here"</th>
                            <th scope="col">"After moving"</th>
                            <th scope="col" class="wide">"Members"</th>
                        </tr>
                    </thead>
                    <tbody>{move || shown.get().into_iter().take(MAX_ROWS).map(line).collect_view()}</tbody>
                </table>
            </div>
        </Show>
    }
}

fn line(row: GroupOffsetRow) -> impl IntoView {
    let gap = Gap::of(&row);
    let members = match (row.source_active, row.destination_active) {
        (false, false) => "none",
        (true, false) => "on the source",
        (false, true) => "here: not synced meanwhile",
        (true, true) => "on both sides",
    };
    let renamed = (row.group != row.mirror_group).then(|| format!("{} here", row.mirror_group));
    let filtered = (!row.synced).then_some("not synced: the link's filters leave it out");
    view! {
        <tr>
            <th scope="row">
                {row.group}
                <span class="words">{renamed}</span>
                <span class="words">{filtered}</span>
            </th>
            <td>{row.topic}</td>
            <td class="right num">{row.partition}</td>
            <td class="right num wide">{offset(row.source)}</td>
            <td class="right num wide">{offset(row.destination)}</td>
            <td><Badge plain=true role=gap.role() text=gap.words() /></td>
            <td class="wide">
                {if row.destination_active {
                    view! { <Badge plain=true role=StateRole::Attention text=members /> }.into_any()
                } else {
                    view! { <span class="muted">{members}</span> }.into_any()
                }}
            </td>
        </tr>
    }
}
