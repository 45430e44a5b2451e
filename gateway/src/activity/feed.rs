//! Following the activity: the newest entries first, then each as it happens.

use std::{
    collections::HashSet,
    sync::{Arc, atomic::Ordering},
    time::Duration,
};

use drawbridge_shared::{
    link::LinkName,
    names::{ClusterName, TopicName},
    view::ActivityEntry,
    wire::FeedData,
};
use futures_util::{StreamExt, stream::BoxStream};
use tokio::sync::watch;

use super::{Activity, journal::Journal};
use crate::feeds::FeedState;

/// Entries at the start.
pub(crate) const NEWEST: usize = 200;
/// What the clusters have not told by then comes later.
const PATIENCE: Duration = Duration::from_secs(5);

/// Which entries are wanted; none of a kind means all.
#[derive(Debug, Clone, Default)]
pub struct Wanted {
    /// On which cluster.
    pub cluster: Option<ClusterName>,
    /// About which link.
    pub link: Option<LinkName>,
    /// About which topic.
    pub topic: Option<TopicName>,
}

impl Wanted {
    fn has(&self, entry: &ActivityEntry) -> bool {
        self.cluster.as_ref().is_none_or(|cluster| *cluster == entry.cluster)
            && self.link.as_ref().is_none_or(|link| entry.link.as_ref() == Some(link))
            && self.topic.as_ref().is_none_or(|topic| entry.topic.as_ref() == Some(topic))
    }
}

impl Activity {
    /// Follows what is wanted. Each state holds the entries after those of the state before.
    #[must_use]
    pub fn follow(&self, wanted: Wanted) -> BoxStream<'static, FeedState> {
        self.inner.followers.fetch_add(1, Ordering::Relaxed);
        let follower = Follower {
            activity: self.clone(),
            changes: self.inner.changes.subscribe(),
            wanted,
            seen: HashSet::new(),
            last: 0,
            is_started: false,
        };
        futures_util::stream::unfold(follower, |mut follower| async {
            let entries = follower.next().await?;
            Some((FeedState::Data(Arc::new(FeedData::Activity(entries))), follower))
        })
        .boxed()
    }
}

struct Follower {
    activity: Activity,
    changes: watch::Receiver<u64>,
    wanted: Wanted,
    /// Entries that were looked at.
    seen: HashSet<u64>,
    last: u64,
    is_started: bool,
}

impl Drop for Follower {
    fn drop(&mut self) {
        self.activity.inner.followers.fetch_sub(1, Ordering::Relaxed);
    }
}

impl Follower {
    async fn next(&mut self) -> Option<Vec<ActivityEntry>> {
        if !self.is_started {
            self.is_started = true;
            tokio::time::timeout(PATIENCE, self.until_read()).await.ok();
            return Some(self.news(NEWEST));
        }
        loop {
            self.changes.changed().await.ok()?;
            let news = self.news(usize::MAX);
            if !news.is_empty() {
                return Some(news);
            }
        }
    }

    async fn until_read(&mut self) {
        self.journals().iter().for_each(|journal| journal.work.notify_one());
        while !self.journals().iter().all(|journal| journal.is_read()) {
            if self.changes.changed().await.is_err() {
                return;
            }
        }
    }

    fn journals(&self) -> Vec<Arc<Journal>> {
        let journals = self.activity.journals();
        let wanted = journals.iter().filter(|(name, _)| {
            self.wanted.cluster.as_ref().is_none_or(|cluster| cluster == *name)
        });
        let mut all: Vec<_> = wanted.map(|(_, journal)| Arc::clone(journal)).collect();
        all.push(Arc::clone(&self.activity.inner.homeless));
        all
    }

    /// The newest of what was not seen, numbered on.
    fn news(&mut self, most: usize) -> Vec<ActivityEntry> {
        self.changes.mark_unchanged();
        let (mut now, mut news) = (HashSet::new(), Vec::new());
        for journal in self.journals() {
            journal.each(|kept| {
                now.insert(kept.id);
                if !self.seen.contains(&kept.id) && self.wanted.has(&kept.entry) {
                    news.push(kept.entry.clone());
                }
            });
        }
        self.seen = now;
        news.sort_by_key(|entry| entry.at_ms);
        let surplus = news.len().saturating_sub(most);
        news.drain(..surplus);
        for entry in &mut news {
            self.last += 1;
            entry.seq = self.last;
        }
        news
    }
}
