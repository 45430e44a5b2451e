//! Verify: compares mirrors with their sources, record by record, in the gateway.
//!
//! ```text
//!   Links::verify ── one comparison per link, two per gateway
//!     └ run       partitions, a few at a time, over connections of its own
//!         ├ plan      which offsets: settled before the first record is read
//!         ├ reader    what a consumer sees of one side, a batch at a time, within a budget
//!         ├ compare   pure: two streams in, the first difference out
//!         └ board     progress and result, readable until the next comparison of the link
//! ```
//!
//! Offsets at which no consumer sees a record (markers, aborted transactions, padding) are equal to
//! nothing. It writes to neither cluster. People look closer with [`Links::compare`]: `beside` puts a stretch of both
//! sides on one line, `peek` reads what one side has at each offset, `marks` finds the bytes that differ.

mod beside;
mod board;
mod compare;
mod marks;
mod peek;
mod plan;
mod reader;
mod run;
mod words;

use std::{
    collections::BTreeMap,
    sync::{Arc, Mutex, MutexGuard, PoisonError},
};

use drawbridge_shared::{
    draft::FieldError,
    link::LinkName,
    names::{ClusterName, TopicName},
    view::{Severity, VerifyRange, VerifyState},
    wire::{ErrorCode, FeedData},
};
use tokio::sync::watch;
use tokio_util::sync::CancellationToken;

pub use beside::Stretch;

use super::{Links, budget::Budget, ends::Ends, half::Order, no_such_mirror};
use crate::{
    activity::{Change, as_whom, who},
    feeds::FeedState,
    refusal::Refusal,
};
use board::Board;
use run::Job;

/// Comparisons at a time.
const AT_ONCE: usize = 2;
/// Bytes of answers that all comparisons together hold.
const MEMORY: usize = 32 << 20;

type Place = (ClusterName, LinkName);

/// The comparisons of a gateway.
#[derive(Debug)]
pub(super) struct Verifications {
    slots: Mutex<Slots>,
    budget: Budget,
}

#[derive(Debug, Default)]
struct Slots {
    last_id: u64,
    by_link: BTreeMap<Place, Slot>,
}

/// The newest comparison of a link.
#[derive(Debug)]
struct Slot {
    feed: watch::Sender<FeedState>,
    /// Of the one under way.
    running: Option<(u64, CancellationToken)>,
}

impl Default for Slot {
    fn default() -> Self {
        let nothing = FeedData::Verify(Box::default());
        Self { feed: watch::Sender::new(FeedState::Data(Arc::new(nothing))), running: None }
    }
}

impl Default for Verifications {
    fn default() -> Self {
        Self { slots: Mutex::default(), budget: Budget::new(MEMORY) }
    }
}

impl Verifications {
    fn slots(&self) -> MutexGuard<'_, Slots> {
        self.slots.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// Takes the link's place, and makes the board of what begins now.
    fn begin(
        &self,
        place: &Place,
        range: VerifyRange,
        stop: &CancellationToken,
    ) -> Result<(u64, Arc<Board>), Refusal> {
        let mut slots = self.slots();
        let n_running = slots.by_link.values().filter(|slot| slot.running.is_some()).count();
        let id = slots.last_id + 1;
        let slot = slots.by_link.entry(place.clone()).or_default();
        if slot.running.is_some() {
            let message = format!("mirrors of link '{}' are being compared already", place.1);
            return Err(Refusal::new(ErrorCode::Conflict, message)
                .remedy("Wait for the result, or cancel it."));
        }
        if n_running >= AT_ONCE {
            let message = format!("{n_running} comparisons are under way on this gateway");
            return Err(Refusal::new(ErrorCode::Conflict, message)
                .remedy("Wait until one of them has ended, or cancel it."));
        }
        slot.running = Some((id, stop.clone()));
        let board = Arc::new(Board::new(id, range, slot.feed.clone()));
        slots.last_id = id;
        Ok((id, board))
    }

    fn ended(&self, place: &Place, id: u64) {
        if let Some(slot) = self.slots().by_link.get_mut(place) {
            slot.running.take_if(|(running, _)| *running == id);
        }
    }
}

/// Gives the link's place back, whatever becomes of the comparison.
struct Running {
    all: Arc<Verifications>,
    place: Place,
    id: u64,
}

impl Drop for Running {
    fn drop(&mut self) {
        self.all.ended(&self.place, self.id);
    }
}

impl Links {
    /// Starts comparing mirrors with their sources; all of the link when none is named.
    ///
    /// # Errors
    /// `NotFound`; `Invalid` for a range that is none; `Conflict` while another comparison is under way;
    /// `Unavailable` when the link does not know its ends.
    pub async fn verify(
        &self,
        cluster: &ClusterName,
        link: &LinkName,
        topics: &[TopicName],
        range: VerifyRange,
    ) -> Result<u64, Refusal> {
        let started = self.try_verify(cluster, link, topics, range).await;
        if started.is_err() {
            self.told(change(cluster, link, topics, range), false, &started);
        }
        started
    }

    async fn try_verify(
        &self,
        cluster: &ClusterName,
        link: &LinkName,
        topics: &[TopicName],
        range: VerifyRange,
    ) -> Result<u64, Refusal> {
        check(range)?;
        let half = self.half(cluster, link)?;
        let pairs = {
            let shown = half.now();
            let all = &shown.mirrors;
            if let Some(unknown) = topics.iter().find(|topic| !all.contains_key(*topic)) {
                return Err(no_such_mirror(link, unknown));
            }
            let wanted =
                all.iter().filter(|(topic, _)| topics.is_empty() || topics.contains(topic));
            let pair = |(topic, detail): (&TopicName, &drawbridge_shared::view::MirrorDetail)| {
                (topic.as_str().to_owned(), detail.mirror.source_topic.clone())
            };
            wanted.map(pair).collect::<Vec<_>>()
        };
        if pairs.is_empty() {
            let message = format!("link '{link}' has no mirrors here to compare");
            return Err(Refusal::new(ErrorCode::NotFound, message));
        }
        let ends: Ends = half.ask(|reply| Order::Ends { reply }).await?;
        // Clients of its own: their connections go when it has ended, and none waits behind a long poll.
        let (source, sink) = (own(&ends.source)?, own(&ends.sink)?);
        let stop = self.shared.tasks.stopping().child_token();
        let place = (cluster.clone(), link.clone());
        let (id, board) = self.verifying.begin(&place, range, &stop)?;
        let running = Running { all: Arc::clone(&self.verifying), place, id };
        let budget = self.verifying.budget.clone();
        let job = Job { source, sink, topics: pairs, range, budget, board: Arc::clone(&board) };
        let activity = self.shared.notices.activity().clone();
        let change = change(cluster, link, topics, range);
        self.shared.tasks.spawn(
            "verification",
            as_whom(who(), async move {
                let outcome = tokio::select! {
                    outcome = job.run() => Some(outcome),
                    () = stop.cancelled() => None,
                };
                let (state, error) = match outcome {
                    Some(Ok(())) => (VerifyState::Done, None),
                    Some(Err(why)) => (VerifyState::Failed, Some(why)),
                    None => (VerifyState::Cancelled, None),
                };
                drop(running);
                board.end(state, error);
                let severity = if state == VerifyState::Done && !board.is_equal()
                    || state == VerifyState::Failed
                {
                    Severity::Attention
                } else {
                    Severity::Info
                };
                activity.ended(change.from_to(None, Some(board.sentence())), severity);
                job.source.close().await;
                job.sink.close().await;
            }),
        );
        Ok(id)
    }

    /// Ends the comparison that is under way; what was found stays.
    ///
    /// # Errors
    /// `NotFound` when there is none.
    pub fn cancel_verify(&self, cluster: &ClusterName, link: &LinkName) -> Result<(), Refusal> {
        let slots = self.verifying.slots();
        let slot = slots.by_link.get(&(cluster.clone(), link.clone()));
        match slot.and_then(|slot| slot.running.as_ref()) {
            Some((_, stop)) => {
                stop.cancel();
                Ok(())
            }
            None => {
                let message = format!("no mirrors of link '{link}' are being compared");
                Err(Refusal::new(ErrorCode::NotFound, message))
            }
        }
    }

    /// Follows the newest comparison of a link.
    #[must_use]
    pub fn follow_verify(
        &self,
        cluster: &ClusterName,
        link: &LinkName,
    ) -> watch::Receiver<FeedState> {
        if let Err(refusal) = self.half(cluster, link)
            && refusal.code == ErrorCode::NotFound
        {
            return watch::channel(FeedState::not_found(refusal.message)).1;
        }
        let mut slots = self.verifying.slots();
        slots.by_link.entry((cluster.clone(), link.clone())).or_default().feed.subscribe()
    }
}

/// Why a link cannot be compared: it does not know where its ends are.
pub(super) fn no_ends(link: &LinkName, why: &str) -> Refusal {
    let why = if why.is_empty() { "it has not reached its clusters yet" } else { why };
    let message = format!("the mirrors of link '{link}' cannot be compared: {why}");
    Refusal::new(ErrorCode::Unavailable, message)
}

fn own(client: &drawbridge_kafka::Client) -> Result<drawbridge_kafka::Client, Refusal> {
    super::ends::client(drawbridge_kafka::ConnectionSettings::clone(&client.settings()))
}

fn check(range: VerifyRange) -> Result<(), Refusal> {
    let wrong = |field: &str, message: &str| {
        Err(Refusal::of_fields(vec![FieldError::new(field, message.to_owned())]))
    };
    match range {
        VerifyRange::Last { records } if records < 1 => {
            wrong("records", "give a number of records from 1 on")
        }
        VerifyRange::Offsets { from, .. } if from < 0 => wrong("from", "offsets begin at 0"),
        VerifyRange::Offsets { from, to: Some(to) } if to <= from => {
            wrong("to", "the end has to be above the first offset")
        }
        VerifyRange::Since { at_ms } if at_ms < 0 => wrong("at_ms", "give a time since 1970"),
        _ => Ok(()),
    }
}

fn change(
    cluster: &ClusterName,
    link: &LinkName,
    topics: &[TopicName],
    range: VerifyRange,
) -> Change {
    let what = match range {
        VerifyRange::All => "all records".to_owned(),
        VerifyRange::Last { records } => format!("the last {records} offsets"),
        VerifyRange::Offsets { from, to: Some(to) } => format!("offsets {from} to {to}"),
        VerifyRange::Offsets { from, to: None } => format!("offsets from {from}"),
        VerifyRange::Since { at_ms } => format!("records since {at_ms}"),
    };
    match topics {
        [one] => {
            Change::on(cluster, format!("verify mirror '{one}' ({what})")).link(link).topic(one)
        }
        [] => {
            Change::on(cluster, format!("verify all mirrors of link '{link}' ({what})")).link(link)
        }
        many => {
            let n = many.len();
            Change::on(cluster, format!("verify {n} mirrors of link '{link}' ({what})")).link(link)
        }
    }
}
