//! A search as the page holds it: what it found, whether it runs, and how it goes on.

use drawbridge_shared::view::{PartitionPosition, RecordQuery, SearchEnd};
use drawbridge_shared::wire::{EndReason, Feed, WireError};
use leptos::prelude::*;

use crate::model::messages::buffer::{Buffer, MOST};
use crate::socket::{FollowState, Socket};

/// Bytes of records after which a search that goes on by itself is asked about again.
const MUCH: u64 = 8 << 30;

/// One run of a search.
#[derive(Debug, Clone, PartialEq, Eq)]
struct Run {
    number: u32,
    /// Where it begins; nothing for where the query says.
    resume: Vec<PartitionPosition>,
    limit: u32,
}

/// A search with all that it found.
#[derive(Clone, Copy)]
pub(super) struct Search {
    pub(super) buffer: RwSignal<Buffer>,
    state: RwSignal<FollowState>,
    /// The run under way or ended; none when it was stopped.
    run: RwSignal<Option<Run>>,
    /// Bytes that may be read in all before it stops going on by itself; none if it does not.
    until: RwSignal<Option<u64>>,
    limit_of_many: u32,
}

impl Search {
    /// Starts; `limit_of_many` is for the runs when it goes on by itself.
    pub(super) fn start(limit: u32, limit_of_many: u32) -> Self {
        let mut buffer = Buffer::default();
        let run = Run { number: buffer.begin_run(), resume: Vec::new(), limit };
        let search = Self {
            buffer: RwSignal::new(buffer),
            state: RwSignal::new(FollowState::Loading),
            run: RwSignal::new(Some(run)),
            until: RwSignal::new(None),
            limit_of_many,
        };
        Effect::new(move |_| search.go_on_by_itself());
        search
    }

    fn go_on_by_itself(self) {
        let Some(until) = self.until.get().filter(|_| self.is_over()) else { return };
        // The last part may be of the run before: one that is refused has none.
        let is_finished =
            self.state.with(|state| *state == FollowState::Ended(EndReason::Finished));
        let goes_on = is_finished
            && self.end() == Some(SearchEnd::Limit)
            && self
                .buffer
                .with_untracked(|buffer| buffer.len() < MOST && buffer.totals().bytes < until);
        if goes_on {
            self.go_on(self.limit_of_many);
        } else {
            self.until.set(None);
        }
    }

    fn is_over(self) -> bool {
        self.state.with(|state| matches!(state, FollowState::Ended(_)))
    }

    /// Whether it looks for records now.
    pub(super) fn is_running(self) -> bool {
        self.run.read().is_some() && !self.is_over()
    }

    fn end(self) -> Option<SearchEnd> {
        self.buffer.with(|buffer| buffer.last().and_then(|part| part.end.clone()))
    }

    /// Whether it can be continued.
    pub(super) fn can_go_on(self) -> bool {
        let is_done = matches!(self.end(), None | Some(SearchEnd::Complete));
        !self.is_running() && !is_done || self.run.read().is_none()
    }

    /// Why it was not run.
    pub(super) fn refused(self) -> Option<WireError> {
        self.state.with(|state| match state {
            FollowState::Ended(EndReason::Refused(error)) => Some((**error).clone()),
            _ => None,
        })
    }

    pub(super) fn stop(self) {
        self.until.set(None);
        self.state.set(FollowState::Loading);
        self.run.set(None);
    }

    /// Goes on for so many records more.
    pub(super) fn go_on(self, limit: u32) {
        let resume = self.buffer.with_untracked(|buffer| {
            buffer.last().map(|part| part.positions.clone()).unwrap_or_default()
        });
        let number = self.buffer.try_update(Buffer::begin_run).unwrap_or_default();
        self.state.set(FollowState::Loading);
        self.run.set(Some(Run { number, resume, limit }));
    }

    /// Goes on by itself until the page is full, much was read, or there is nothing more.
    pub(super) fn go_on_to_the_end(self) {
        let bytes = self.buffer.with_untracked(|buffer| buffer.totals().bytes);
        self.until.set(Some(bytes.saturating_add(MUCH)));
        self.go_on(self.limit_of_many);
    }

    /// Follows the run there is.
    pub(super) fn following(self, query: &RecordQuery) -> impl IntoView + use<> {
        let query = query.clone();
        move || {
            let Run { number, resume, limit } = self.run.get()?;
            let query = RecordQuery { resume, limit, ..query.clone() };
            Some(view! { <Follow search=self number query /> })
        }
    }
}

/// Follows one run as long as it is there.
#[component]
fn Follow(search: Search, number: u32, query: RecordQuery) -> impl IntoView {
    let feed = Feed::Records { query: Box::new(query) };
    let followed = expect_context::<Socket>().follow(move || feed.clone());
    Effect::new(move |_| {
        let followed = followed.read();
        search.buffer.update(|buffer| buffer.take(number, &followed.found));
        if search.state.with_untracked(|state| *state != followed.state) {
            search.state.set(followed.state.clone());
        }
    });
}
