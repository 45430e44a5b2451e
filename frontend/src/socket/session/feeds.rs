//! Feeds that somebody follows, and their subscriptions on the connection that is there now.
//!
//! Followers of the same feed share one subscription.

use std::sync::Arc;

use drawbridge_shared::view::RecordsChunk;
use drawbridge_shared::wire::{
    ClientMessage, EndReason, Feed, FeedData, FeedDelta, FeedKind, SubscriptionId,
};

use super::{Effect, send};
use crate::socket::codec::codec;
use crate::socket::{FollowState, Followed};

/// Frames of a log feed that may be under way; granted again when half of them came.
const CREDIT: u32 = 16;
/// Parts of a search that may be under way.
const SEARCH_CREDIT: u32 = 4;
/// Entries of a log feed that are kept.
const LOG_LENGTH: usize = 200;

#[derive(Debug)]
struct Entry {
    feed: Feed,
    followers: Vec<u64>,
    /// The subscription on this connection.
    id: Option<SubscriptionId>,
    /// Number of the last frame of this subscription; none before the snapshot.
    seq: Option<u64>,
    /// Frames received that were not yet granted again.
    n_spent: u32,
    shown: Followed,
}

/// Every feed that somebody follows.
#[derive(Debug, Default)]
pub(super) struct Feeds {
    entries: Vec<Entry>,
    next_id: u64,
}

impl Feeds {
    /// Adds a follower, who is shown at once what is known. A feed that had ended is tried again.
    pub(super) fn follow(&mut self, follower: u64, feed: Feed, effects: &mut Vec<Effect>) {
        if let Some(entry) = self.entries.iter_mut().find(|entry| entry.feed == feed) {
            entry.followers.push(follower);
            if matches!(entry.shown.state, FollowState::Ended(_)) {
                entry.shown = Followed::loading();
            }
            entry.show(effects);
        } else {
            self.entries.push(Entry {
                feed,
                followers: vec![follower],
                id: None,
                seq: None,
                n_spent: 0,
                shown: Followed::loading(),
            });
        }
    }

    /// Removes a follower; the last one ends the subscription.
    pub(super) fn unfollow(&mut self, follower: u64, is_live: bool, effects: &mut Vec<Effect>) {
        for entry in &mut self.entries {
            entry.followers.retain(|other| *other != follower);
        }
        self.entries.retain(|entry| {
            let is_wanted = !entry.followers.is_empty();
            if let (false, true, Some(id)) = (is_wanted, is_live, entry.id) {
                send(&ClientMessage::Unsubscribe { id }, effects);
            }
            is_wanted
        });
    }

    /// Subscribes what is wanted and not yet subscribed, as far as the gateway takes it.
    pub(super) fn subscribe(&mut self, max: u32, effects: &mut Vec<Effect>) {
        let n_open = self.entries.iter().filter(|entry| entry.id.is_some()).count();
        let room = usize::try_from(max).unwrap_or(usize::MAX).saturating_sub(n_open);
        let missing = self.entries.iter_mut().filter(|entry| {
            entry.id.is_none() && !matches!(entry.shown.state, FollowState::Ended(_))
        });
        for entry in missing.take(room) {
            self.next_id += 1;
            let id = SubscriptionId(self.next_id);
            entry.id = Some(id);
            entry.seq = None;
            entry.n_spent = 0;
            let credit = entry.credit();
            entry.resume();
            send(&ClientMessage::Subscribe { id, feed: entry.feed.clone(), credit }, effects);
        }
    }

    /// A whole state came.
    pub(super) fn snapshot(
        &mut self,
        id: SubscriptionId,
        seq: u64,
        data: FeedData,
        effects: &mut Vec<Effect>,
    ) {
        let Some(entry) = self.entry(id) else { return };
        entry.seq = Some(seq);
        match data {
            FeedData::Records(part) => entry.take(*part),
            data => entry.shown.data = Some(Arc::new(data)),
        }
        entry.shown.state = FollowState::Live;
        entry.shown.fresh = true;
        entry.spend(effects);
        entry.show(effects);
    }

    /// A change came. One that does not fit onto what we have means a lost frame: start over.
    pub(super) fn delta(
        &mut self,
        id: SubscriptionId,
        seq: u64,
        delta: FeedDelta,
        effects: &mut Vec<Effect>,
    ) {
        let Some(entry) = self.entry(id) else { return };
        let is_next = entry.seq.and_then(|last| last.checked_add(1)) == Some(seq);
        let is_applied = is_next
            && match (delta, entry.shown.data.as_mut()) {
                (FeedDelta::Records(part), None) => {
                    entry.take(*part);
                    true
                }
                (delta, Some(data)) => (codec().apply)(data, delta),
                (_, None) => false,
            };
        if is_applied {
            entry.seq = Some(seq);
            entry.shorten();
            entry.spend(effects);
            entry.show(effects);
        } else {
            entry.id = None;
            entry.shown.fresh = false;
            entry.show(effects);
            send(&ClientMessage::Unsubscribe { id }, effects);
        }
    }

    /// The gateway dropped entries.
    pub(super) fn gap(&mut self, id: SubscriptionId, missed: u64, effects: &mut Vec<Effect>) {
        if let Some(entry) = self.entry(id) {
            entry.shown.missed = entry.shown.missed.saturating_add(missed);
            entry.show(effects);
        }
    }

    /// The gateway ended a subscription.
    pub(super) fn ended(
        &mut self,
        id: SubscriptionId,
        reason: EndReason,
        effects: &mut Vec<Effect>,
    ) {
        if let Some(entry) = self.entry(id) {
            entry.id = None;
            entry.shown.fresh = false;
            entry.shown.state = FollowState::Ended(reason);
            entry.show(effects);
        }
    }

    /// The connection is gone: what is known stays, marked as old. What had ended is asked for
    /// again on the next connection: it may exist by then.
    pub(super) fn disconnected(&mut self, effects: &mut Vec<Effect>) {
        for entry in &mut self.entries {
            entry.id = None;
            entry.shown.fresh = false;
            // A search that was finished is; its records stay.
            if matches!(&entry.shown.state, FollowState::Ended(why) if *why != EndReason::Finished)
            {
                entry.shown = Followed::loading();
            }
            entry.show(effects);
        }
    }

    fn entry(&mut self, id: SubscriptionId) -> Option<&mut Entry> {
        self.entries.iter_mut().find(|entry| entry.id == Some(id))
    }
}

impl Entry {
    fn show(&self, effects: &mut Vec<Effect>) {
        effects.extend(
            self.followers
                .iter()
                .map(|follower| Effect::Show { follower: *follower, followed: self.shown.clone() }),
        );
    }

    /// Counts a frame of a log feed, and grants new ones when half of the credit is used.
    fn spend(&mut self, effects: &mut Vec<Effect>) {
        let credit = self.credit();
        if credit == 0 {
            return;
        }
        self.n_spent += 1;
        if let (true, Some(id)) = (self.n_spent >= credit / 2, self.id) {
            send(&ClientMessage::Credit { id, frames: self.n_spent }, effects);
            self.n_spent = 0;
        }
    }

    /// Frames that may be under way; none for states, which need no credit.
    fn credit(&self) -> u32 {
        match self.feed.kind() {
            FeedKind::State => 0,
            FeedKind::Log => CREDIT,
            FeedKind::Search => SEARCH_CREDIT,
        }
    }

    /// A part of a search came.
    fn take(&mut self, part: RecordsChunk) {
        self.shown.found.push(part);
    }

    /// After a reconnect a search goes on behind what came already.
    fn resume(&mut self) {
        if let (Feed::Records { query }, Some(last)) = (&mut self.feed, &self.shown.found.last) {
            query.resume.clone_from(&last.positions);
            self.shown.found.begin_run();
        }
    }

    fn shorten(&mut self) {
        let shorter = match self.shown.data.as_deref() {
            Some(FeedData::Notices(notices)) => newest(notices).map(FeedData::Notices),
            Some(FeedData::Activity(entries)) => newest(entries).map(FeedData::Activity),
            _ => None,
        };
        if let Some(shorter) = shorter {
            self.shown.data = Some(Arc::new(shorter));
        }
    }
}

/// The entries that are kept, if there are more.
fn newest<T: Clone>(entries: &[T]) -> Option<Vec<T>> {
    let excess = entries.len().checked_sub(LOG_LENGTH).filter(|excess| *excess > 0)?;
    entries.get(excess..).map(<[T]>::to_vec)
}
