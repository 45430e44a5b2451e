//! What a connection still has to be told, and in which order.
//!
//! Pure: time is an argument, nothing is awaited. One slot per subscription bounds the memory:
//! a state slot holds the last state sent and the newest one waiting, a log slot at most
//! [`LOG_BACKLOG`] entries ([`ACTIVITY_BACKLOG`] of the activity). Slots take turns, so a busy feed cannot starve a quiet one.
//!
//! * State feeds are conflated: a newer state replaces an unsent one, and a slot sends at most one frame
//!   per [`STATE_INTERVAL`], as the difference from the state it sent last.
//! * Log feeds are paid for with credit, one per `Snapshot` or `Delta`. When entries had to be dropped,
//!   a `Gap` that costs nothing stands before the next frame.

mod slot;

use std::{
    collections::{BTreeMap, VecDeque},
    sync::Arc,
    time::Duration,
};

use drawbridge_shared::view::RecordsChunk;
use drawbridge_shared::wire::{EndReason, FeedData, FeedKind, ServerMessage, SubscriptionId};
use tokio::sync::OwnedSemaphorePermit;

use slot::Slot;

/// A state feed sends at most one frame in this time.
pub const STATE_INTERVAL: Duration = Duration::from_millis(250);
/// Entries of a log feed that wait for credit; older ones are dropped and reported as a gap.
pub const LOG_BACKLOG: usize = 100;
/// The same for the activity.
pub const ACTIVITY_BACKLOG: usize = 200;

/// The frames waiting for one connection.
#[derive(Debug, Default)]
pub struct Outbox {
    direct: VecDeque<ServerMessage>,
    slots: BTreeMap<SubscriptionId, Slot>,
    /// Whose turn is next, each subscription once.
    turns: VecDeque<SubscriptionId>,
}

impl Outbox {
    /// Queues a frame that belongs to no subscription; it goes before all feeds.
    ///
    /// The caller bounds these: one per request or ping of the client.
    pub fn direct(&mut self, message: ServerMessage) {
        self.direct.push_back(message);
    }

    /// Opens a slot. Returns false, and changes nothing, when the id is in use.
    #[must_use]
    pub fn open(&mut self, id: SubscriptionId, kind: FeedKind, credit: u32) -> bool {
        if self.slots.contains_key(&id) {
            return false;
        }
        self.slots.insert(id, Slot::new(kind, credit));
        self.turns.push_back(id);
        true
    }

    /// Subscriptions that have not sent their `Ended` yet.
    #[must_use]
    pub fn n_open(&self) -> usize {
        self.slots.len()
    }

    /// The newest state of a feed. Ignored for a subscription that is not open.
    pub fn offer(&mut self, id: SubscriptionId, data: Arc<FeedData>) {
        if let Some(slot) = self.slots.get_mut(&id) {
            slot.offer(data);
        }
    }

    /// A part of a search; the permit is dropped when it is sent, or will not be.
    pub fn offer_part(
        &mut self,
        id: SubscriptionId,
        part: Box<RecordsChunk>,
        permit: OwnedSemaphorePermit,
    ) {
        if let Some(slot) = self.slots.get_mut(&id) {
            slot.offer_part(part, permit);
        }
    }

    /// Grants a log feed more frames. Ignored for a subscription that is not open.
    pub fn credit(&mut self, id: SubscriptionId, frames: u32) {
        if let Some(slot) = self.slots.get_mut(&id) {
            slot.credit(frames);
        }
    }

    /// Ends a subscription: what waits for it is dropped, and `Ended` is its last frame.
    pub fn end(&mut self, id: SubscriptionId, reason: EndReason) {
        if let Some(slot) = self.slots.get_mut(&id) {
            slot.end(reason);
        }
    }

    /// The next frame that may go out at `now`, counted from any fixed moment.
    pub fn next(&mut self, now: Duration) -> Option<ServerMessage> {
        if let Some(message) = self.direct.pop_front() {
            return Some(message);
        }
        for _ in 0..self.turns.len() {
            let id = self.turns.pop_front()?;
            let Some(slot) = self.slots.get_mut(&id) else { continue };
            let message = slot.next(id, now);
            if matches!(message, Some(ServerMessage::Ended { .. })) {
                self.slots.remove(&id);
            } else if matches!(message, Some(ServerMessage::Gap { .. })) {
                // The frame that the gap announces follows at once.
                self.turns.push_front(id);
            } else {
                self.turns.push_back(id);
            }
            if message.is_some() {
                return message;
            }
        }
        None
    }

    /// When [`Outbox::next`] may have something although nothing new is offered; none while it has
    /// to wait for an offer or for credit.
    #[must_use]
    pub fn due(&self) -> Option<Duration> {
        if !self.direct.is_empty() {
            return Some(Duration::ZERO);
        }
        self.slots.values().filter_map(Slot::due).min()
    }
}

#[cfg(test)]
mod tests;
