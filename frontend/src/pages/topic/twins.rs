//! What a topic has to do with links: the mirror that it is, and the mirrors of it.

use drawbridge_shared::link::MirrorState;
use drawbridge_shared::view::MirrorRow;
use drawbridge_shared::wire::{Feed, FeedData};
use leptos::prelude::*;

use super::Subject;
use crate::model::compare;
use crate::routes::{CompareQuery, Route};
use crate::socket::Socket;
use crate::state::Links;

/// Follows it as long as the part of the page that asks is shown.
#[derive(Clone, Copy)]
pub(super) struct Twins {
    found: Memo<(Option<MirrorRow>, Vec<MirrorRow>)>,
}

impl Twins {
    pub(super) fn start(subject: Subject) -> Self {
        let followed = expect_context::<Socket>().follow(|| Feed::Mirrors);
        let links = expect_context::<Links>();
        let (cluster, topic) = (subject.cluster.name(), subject.name());
        let found = Memo::new(move |_| match followed.read().data.as_deref() {
            Some(FeedData::Mirrors(rows)) => links
                .with(|links| compare::twins(rows, links.unwrap_or_default(), &cluster, &topic)),
            _ => (None, Vec::new()),
        });
        Self { found }
    }

    /// The mirror that the topic is, unless it is an ordinary one (again).
    pub(super) fn mirror(self) -> Option<MirrorRow> {
        self.found.read().0.clone()
    }

    /// What becomes of the mirrors of the topic when it is deleted; none when nothing mirrors it.
    pub(super) fn orphaned(self) -> Option<String> {
        let found = self.found.read();
        let live = found.1.iter().filter(|row| row.state != MirrorState::Stopped);
        let names: Vec<String> =
            live.map(|row| format!("{} on {}", row.topic, row.cluster)).collect();
        (!names.is_empty()).then(|| {
            let verb = if names.len() == 1 { "fails" } else { "fail" };
            let mirrors = if names.len() == 1 { "Its mirror" } else { "Its mirrors" };
            format!(
                "{mirrors} {} {verb}: what was copied stays and can be failed over.",
                names.join(", ")
            )
        })
    }

    /// Where a record can be compared: words and the place.
    pub(super) fn comparisons(self, partition: i32, offset: i64) -> Vec<(String, String)> {
        let found = self.found.read();
        let place = |row: &MirrorRow| {
            let query = CompareQuery { partition, offset: offset.to_string() };
            let (cluster, link) = (row.cluster.clone(), row.link.clone());
            Route::Compare { cluster, link, topic: row.topic.clone(), query }.path()
        };
        let own = found.0.iter().map(|row| ("Compare with its source".to_owned(), place(row)));
        let others = found
            .1
            .iter()
            .map(|row| (format!("Compare with {} on {}", row.topic, row.cluster), place(row)));
        own.chain(others).collect()
    }
}
