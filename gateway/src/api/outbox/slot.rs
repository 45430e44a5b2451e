//! One subscription's place in the outbox.

use std::{collections::VecDeque, sync::Arc, time::Duration};

use drawbridge_shared::{
    diff::diff,
    view::{ActivityEntry, Notice, RecordsChunk},
    wire::{EndReason, FeedData, FeedDelta, FeedKind, ServerMessage, SubscriptionId},
};
use tokio::sync::OwnedSemaphorePermit;

use super::{ACTIVITY_BACKLOG, LOG_BACKLOG, STATE_INTERVAL};

/// What waits for one subscription.
#[derive(Debug)]
pub(super) enum Slot {
    State(StateSlot),
    Log(LogSlot),
    Search(SearchSlot),
    Ending(EndReason),
}

#[derive(Debug, Default)]
pub(super) struct StateSlot {
    sent: Option<Arc<FeedData>>,
    pending: Option<Arc<FeedData>>,
    not_before: Duration,
    next_seq: u64,
}

/// Parts of a search; those that wait keep it from finding more.
#[derive(Debug, Default)]
pub(super) struct SearchSlot {
    credit: u32,
    queue: VecDeque<(Box<RecordsChunk>, OwnedSemaphorePermit)>,
    next_seq: u64,
}

#[derive(Debug, Default)]
pub(super) struct LogSlot {
    credit: u32,
    queue: VecDeque<LogEntry>,
    is_activity: bool,
    /// Number of the last entry that was offered.
    last: Option<u64>,
    missed: u64,
    is_offered: bool,
    next_seq: u64,
}

/// An entry of one of the log feeds; a slot has those of one.
#[derive(Debug)]
enum LogEntry {
    Notice(Notice),
    Activity(Box<ActivityEntry>),
}

impl Slot {
    pub(super) fn new(kind: FeedKind, credit: u32) -> Self {
        match kind {
            FeedKind::State => Self::State(StateSlot::default()),
            FeedKind::Log => Self::Log(LogSlot { credit, ..LogSlot::default() }),
            FeedKind::Search => Self::Search(SearchSlot { credit, ..SearchSlot::default() }),
        }
    }

    pub(super) fn offer(&mut self, data: Arc<FeedData>) {
        match self {
            Self::State(slot) => slot.pending = Some(data),
            Self::Log(slot) => slot.offer(&data),
            Self::Search(_) | Self::Ending(_) => {}
        }
    }

    pub(super) fn offer_part(&mut self, part: Box<RecordsChunk>, permit: OwnedSemaphorePermit) {
        if let Self::Search(slot) = self {
            slot.queue.push_back((part, permit));
        }
    }

    pub(super) fn credit(&mut self, frames: u32) {
        match self {
            Self::Log(slot) => slot.credit = slot.credit.saturating_add(frames),
            Self::Search(slot) => slot.credit = slot.credit.saturating_add(frames),
            Self::State(_) | Self::Ending(_) => {}
        }
    }

    pub(super) fn end(&mut self, reason: EndReason) {
        if !matches!(self, Self::Ending(_)) {
            *self = Self::Ending(reason);
        }
    }

    pub(super) fn next(&mut self, id: SubscriptionId, now: Duration) -> Option<ServerMessage> {
        match self {
            Self::State(slot) => slot.next(id, now),
            Self::Log(slot) => slot.next(id),
            Self::Search(slot) => slot.next(id),
            Self::Ending(reason) => Some(ServerMessage::Ended { id, reason: reason.clone() }),
        }
    }

    pub(super) fn due(&self) -> Option<Duration> {
        match self {
            Self::State(slot) => slot.pending.as_ref().map(|_| slot.not_before),
            Self::Log(slot) => slot.is_ready().then_some(Duration::ZERO),
            Self::Search(slot) => slot.is_ready().then_some(Duration::ZERO),
            Self::Ending(_) => Some(Duration::ZERO),
        }
    }
}

impl StateSlot {
    fn next(&mut self, id: SubscriptionId, now: Duration) -> Option<ServerMessage> {
        if now < self.not_before {
            return None;
        }
        let data = self.pending.take()?;
        let seq = self.next_seq;
        let message = match &self.sent {
            None => ServerMessage::Snapshot { id, seq, data: FeedData::clone(&data) },
            Some(sent) => ServerMessage::Delta { id, seq, delta: diff(sent, &data)? },
        };
        self.sent = Some(data);
        self.not_before = now.saturating_add(STATE_INTERVAL);
        self.next_seq += 1;
        Some(message)
    }
}

impl SearchSlot {
    fn is_ready(&self) -> bool {
        self.credit > 0 && !self.queue.is_empty()
    }

    fn next(&mut self, id: SubscriptionId) -> Option<ServerMessage> {
        if self.credit == 0 {
            return None;
        }
        let (part, _permit) = self.queue.pop_front()?;
        let seq = self.next_seq;
        self.credit -= 1;
        self.next_seq += 1;
        Some(match seq {
            0 => ServerMessage::Snapshot { id, seq, data: FeedData::Records(part) },
            _ => ServerMessage::Delta { id, seq, delta: FeedDelta::Records(part) },
        })
    }
}

impl LogSlot {
    fn offer(&mut self, data: &FeedData) {
        match data {
            FeedData::Notices(entries) => {
                self.is_offered = true;
                for entry in entries {
                    self.take(entry.seq, LOG_BACKLOG, || LogEntry::Notice(entry.clone()));
                }
            }
            FeedData::Activity(entries) => {
                (self.is_offered, self.is_activity) = (true, true);
                for entry in entries {
                    let taken = || LogEntry::Activity(Box::new(entry.clone()));
                    self.take(entry.seq, ACTIVITY_BACKLOG, taken);
                }
            }
            _ => {}
        }
    }

    fn take(&mut self, seq: u64, backlog: usize, entry: impl FnOnce() -> LogEntry) {
        match self.last {
            Some(last) if seq <= last => return,
            // The source kept fewer entries than happened since the last offer.
            Some(last) => self.missed += seq - last - 1,
            None => {}
        }
        self.last = Some(seq);
        self.queue.push_back(entry());
        if self.queue.len() > backlog {
            self.queue.pop_front();
            self.missed += 1;
        }
    }

    /// The first frame tells that there is nothing, if there is nothing.
    fn is_ready(&self) -> bool {
        self.credit > 0 && self.is_offered && (self.next_seq == 0 || !self.queue.is_empty())
    }

    fn next(&mut self, id: SubscriptionId) -> Option<ServerMessage> {
        if !self.is_ready() {
            return None;
        }
        if self.missed > 0 {
            return Some(ServerMessage::Gap { id, missed: std::mem::take(&mut self.missed) });
        }
        let (mut notices, mut activity) = (Vec::new(), Vec::new());
        for entry in std::mem::take(&mut self.queue) {
            match entry {
                LogEntry::Notice(notice) => notices.push(notice),
                LogEntry::Activity(entry) => activity.push(*entry),
            }
        }
        let seq = self.next_seq;
        self.credit -= 1;
        self.next_seq += 1;
        Some(match (seq, self.is_activity) {
            (0, false) => ServerMessage::Snapshot { id, seq, data: FeedData::Notices(notices) },
            (0, true) => ServerMessage::Snapshot { id, seq, data: FeedData::Activity(activity) },
            (_, false) => ServerMessage::Delta { id, seq, delta: FeedDelta::Notices(notices) },
            (_, true) => ServerMessage::Delta { id, seq, delta: FeedDelta::Activity(activity) },
        })
    }
}
