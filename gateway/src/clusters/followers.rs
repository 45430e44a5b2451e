//! Feeds that are worked on only while somebody follows them.

use std::{
    collections::HashMap,
    future::Future,
    hash::Hash,
    sync::{Arc, Mutex, PoisonError},
    time::Duration,
};

use drawbridge_shared::{
    view::{BrokersView, GroupDetail, TopicDetail, TopicsView, TroubledView},
    wire::FeedData,
};
use tokio::sync::watch;

use crate::feeds::FeedState;

/// The feeds of a cluster that are followed now, each with one task behind it.
#[derive(Debug)]
pub(super) struct Followers<K> {
    active: Mutex<HashMap<K, watch::Sender<FeedState>>>,
}

impl<K> Default for Followers<K> {
    fn default() -> Self {
        Self { active: Mutex::default() }
    }
}

impl<K: Eq + Hash + Clone> Followers<K> {
    /// Follows a feed; the first follower starts the work.
    pub(super) fn follow(
        &self,
        key: &K,
        start: impl FnOnce(watch::Sender<FeedState>),
    ) -> watch::Receiver<FeedState> {
        let mut active = self.active.lock().unwrap_or_else(PoisonError::into_inner);
        if let Some(sender) = active.get(key) {
            return sender.subscribe();
        }
        let (sender, receiver) = watch::channel(FeedState::Pending);
        active.insert(key.clone(), sender.clone());
        start(sender);
        receiver
    }

    /// Whether the work on a feed may stop, because nobody follows it any more; then it is forgotten.
    pub(super) fn release(&self, key: &K) -> bool {
        let mut active = self.active.lock().unwrap_or_else(PoisonError::into_inner);
        let unused = active.get(key).is_none_or(|sender| sender.receiver_count() == 0);
        if unused {
            active.remove(key);
        }
        unused
    }

    /// Ends a feed for all its followers; the next one starts it anew.
    pub(super) fn end(&self, key: &K, state: FeedState) {
        let sender = self.active.lock().unwrap_or_else(PoisonError::into_inner).remove(key);
        if let Some(sender) = sender {
            sender.send_replace(state);
        }
    }

    /// Ends all feeds.
    pub(super) fn end_all(&self, state: &FeedState) {
        let all = std::mem::take(&mut *self.active.lock().unwrap_or_else(PoisonError::into_inner));
        for sender in all.into_values() {
            sender.send_replace(state.clone());
        }
    }
}

/// Publishes a state, if it is another one and the feed is not over.
pub(super) fn publish(sender: &watch::Sender<FeedState>, state: FeedState) {
    sender.send_if_modified(|old| {
        if matches!(old, FeedState::Ended(_)) {
            return false;
        }
        let changed = *old != state;
        *old = state;
        changed
    });
}

/// Says at the state shown that it could not be read again, and why. Returns whether there is one.
pub(super) fn tell_fault(sender: &watch::Sender<FeedState>, why: &str) -> bool {
    let told = match &*sender.borrow() {
        FeedState::Data(data) => FeedData::clone(data),
        FeedState::Pending | FeedState::Ended(_) => return false,
    };
    let fault = Some(why.to_owned());
    let told = match told {
        FeedData::Brokers(view) => FeedData::Brokers(BrokersView { fault, ..view }),
        FeedData::TroubledPartitions(view) => {
            FeedData::TroubledPartitions(TroubledView { fault, ..view })
        }
        FeedData::Topics(view) => FeedData::Topics(TopicsView { measure_fault: fault, ..view }),
        FeedData::Topic(detail) => FeedData::Topic(TopicDetail { measure_fault: fault, ..detail }),
        FeedData::Group(detail) => FeedData::Group(Box::new(GroupDetail { fault, ..*detail })),
        other => other,
    };
    publish(sender, FeedState::Data(Arc::new(told)));
    true
}

/// Waits for the next turn: the time, a poke, or that the last follower left.
pub(super) async fn rest(
    sender: &watch::Sender<FeedState>,
    pause: Duration,
    poked: impl Future<Output = ()>,
) {
    tokio::select! {
        () = tokio::time::sleep(pause) => {}
        () = poked => {}
        () = sender.closed() => {}
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn one_task_serves_all_followers_and_may_stop_after_the_last() {
        let followers = Followers::<u8>::default();
        let mut n_started = 0;
        let first = followers.follow(&1, |_| n_started += 1);
        let second = followers.follow(&1, |_| n_started += 1);
        assert_eq!(n_started, 1);
        drop(first);
        assert!(!followers.release(&1));
        drop(second);
        assert!(followers.release(&1));
        drop(followers.follow(&1, |_| n_started += 1));
        assert_eq!(n_started, 2);
    }

    #[test]
    fn a_state_that_cannot_be_read_again_stays_and_says_so() {
        let (sender, follower) = watch::channel(FeedState::Pending);
        assert!(!tell_fault(&sender, "no answer"), "there is nothing to say it at");
        let view = TopicsView {
            observed_at_ms: 7,
            measured_at_ms: None,
            measure_fault: None,
            rows: vec![],
        };
        let state = |view| FeedState::Data(Arc::new(FeedData::Topics(view)));
        publish(&sender, state(view.clone()));
        assert!(tell_fault(&sender, "no answer"));
        let told = TopicsView { measure_fault: Some("no answer".into()), ..view };
        assert_eq!(*follower.borrow(), state(told));
    }

    #[test]
    fn an_ended_feed_tells_its_followers_and_starts_anew() {
        let followers = Followers::<u8>::default();
        let follower = followers.follow(&1, |_| {});
        followers.end(&1, FeedState::not_found("gone"));
        assert_eq!(*follower.borrow(), FeedState::not_found("gone"));
        let next = followers.follow(&1, |_| {});
        assert_eq!(*next.borrow(), FeedState::Pending);
    }
}
