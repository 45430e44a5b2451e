//! The feed of things that happened: the newest hundred, kept in memory, shown as messages.
//!
//! What is kept for good goes on to the [`Activity`], by the same handle.

use std::sync::Arc;

use drawbridge_shared::{
    link::LinkName,
    names::{ClusterName, TopicName},
    view::{Notice, Severity},
    wire::FeedData,
};
use tokio::sync::watch;

use crate::{
    activity::{Activity, Change},
    clock::now_ms,
    feeds::FeedState,
};

/// Entries kept for those who come later.
const KEPT: usize = 100;

/// Handle to the feed; cheap to clone.
#[derive(Debug, Clone)]
pub struct Notices {
    sender: watch::Sender<FeedState>,
    activity: Activity,
}

impl Default for Notices {
    fn default() -> Self {
        let nothing = FeedState::Data(Arc::new(FeedData::Notices(Vec::new())));
        Self { sender: watch::Sender::new(nothing), activity: Activity::default() }
    }
}

impl Notices {
    /// Something happened, to a cluster and perhaps a topic of it.
    pub fn push(
        &self,
        severity: Severity,
        cluster: &ClusterName,
        topic: Option<&TopicName>,
        message: impl Into<String>,
    ) {
        let message = message.into();
        self.sender.send_modify(|state| {
            let mut entries = match state {
                FeedState::Data(data) => match &**data {
                    FeedData::Notices(entries) => entries.clone(),
                    _ => Vec::new(),
                },
                FeedState::Pending | FeedState::Ended(_) => Vec::new(),
            };
            let seq = entries.last().map_or(1, |last| last.seq + 1);
            if entries.len() >= KEPT {
                entries.remove(0);
            }
            entries.push(Notice {
                seq,
                at_ms: now_ms(),
                severity,
                cluster: Some(cluster.clone()),
                topic: topic.cloned(),
                message,
            });
            *state = FeedState::Data(Arc::new(FeedData::Notices(entries)));
        });
    }

    /// Something became of a link or of a mirror of it: told now, and kept.
    pub fn happened(
        &self,
        severity: Severity,
        cluster: &ClusterName,
        link: &LinkName,
        topic: Option<&TopicName>,
        message: String,
    ) {
        let change = Change::on(cluster, message.clone()).link(link);
        let change = match topic {
            Some(topic) => change.topic(topic),
            None => change,
        };
        self.activity.happened(change, severity);
        self.push(severity, cluster, topic, message);
    }

    /// What is kept.
    #[must_use]
    pub fn activity(&self) -> &Activity {
        &self.activity
    }

    /// Follows the feed.
    #[must_use]
    pub fn follow(&self) -> watch::Receiver<FeedState> {
        self.sender.subscribe()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_newest_hundred_are_kept_in_order() {
        let notices = Notices::default();
        let cluster = "a".parse().unwrap();
        for n in 0..250 {
            notices.push(Severity::Info, &cluster, None, n.to_string());
        }
        let FeedState::Data(data) = notices.follow().borrow().clone() else { panic!("no data") };
        let FeedData::Notices(entries) = &*data else { panic!("another feed") };
        assert_eq!(entries.len(), 100);
        assert_eq!((entries[0].seq, entries[99].seq), (151, 250));
        assert_eq!(entries[99].message, "249");
    }
}
