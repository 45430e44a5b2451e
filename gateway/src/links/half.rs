//! One half of a link, as everybody but its runner sees it.

use std::{collections::BTreeMap, sync::Arc};

use drawbridge_engine::Millis;
use drawbridge_kafka::SendGuard;
use drawbridge_shared::{
    draft::{ConfigChange, MirrorDraft},
    link::{LinkConfigs, LinkMode, LinkName},
    names::TopicName,
    view::{
        GroupOffsetRow, HistoryPoint, LinkDetail, MirrorAction, MirrorActionRow, MirrorDetail,
        SourceTopicRow,
    },
};
use tokio::{
    sync::{mpsc, oneshot, watch},
    time::Instant,
};
use tokio_util::sync::CancellationToken;

use super::{
    ends::Ends,
    stats::{MirrorStats, Throttled},
};
use crate::{clock::now_ms, clusters::Cluster, refusal::Refusal};

/// Where the answer to an order goes.
pub(super) type Reply<T> = oneshot::Sender<Result<T, Refusal>>;

/// What a runner is asked to do.
#[derive(Debug)]
pub(super) enum Order {
    /// Change configs, all or none.
    Alter { changes: Vec<ConfigChange>, validate_only: bool, reply: Reply<()> },
    /// Create a mirror topic.
    CreateMirror { draft: MirrorDraft, reply: Reply<()> },
    /// Act on mirror topics.
    Act {
        action: MirrorAction,
        topics: Vec<TopicName>,
        validate_only: bool,
        reply: Reply<Vec<MirrorActionRow>>,
    },
    /// End everything; mirrors that are not stopped yet are failed over first.
    Retire { force: bool, validate_only: bool, reply: Reply<()> },
    /// The source's topics.
    SourceTopics { reply: Reply<Vec<SourceTopicRow>> },
    /// Clients of the two ends.
    Ends { reply: Reply<Ends> },
    /// Where groups stand on both sides.
    Groups { topic: Option<TopicName>, reply: Reply<Vec<GroupOffsetRow>> },
}

/// What the halves of a cluster are told; only the newest counts.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) struct News {
    /// The links may write until then.
    pub(super) lease: Millis,
    /// The same by the clock that nobody sets.
    pub(super) until: Instant,
    /// Counts when any half appears, goes or changes.
    pub(super) peers: u64,
    /// Counts when topics of the cluster were created or deleted.
    pub(super) topics: u64,
}

impl News {
    /// Whether the lease lasts, by both clocks: one of them stands still while the machine sleeps, the other can be set.
    pub(super) fn may_write(self) -> bool {
        Millis(now_ms()) < self.lease && Instant::now() < self.until
    }
}

/// Lets requests go while the lease lasts.
pub(super) fn leased(news: &watch::Receiver<News>) -> SendGuard {
    let news = news.clone();
    SendGuard::new(move || news.borrow().may_write())
}

/// What a half shows; made by its runner.
#[derive(Debug, Clone, PartialEq)]
pub(super) struct Shown {
    pub(super) detail: LinkDetail,
    pub(super) mirrors: BTreeMap<TopicName, MirrorDetail>,
    pub(super) stats: BTreeMap<TopicName, MirrorStats>,
    pub(super) throttled: Throttled,
    /// None while they cannot be read; holds secrets, and its `Debug` shows none.
    pub(super) configs: Option<LinkConfigs>,
    pub(super) history: Arc<Histories>,
}

/// The last half hour of the link (under no topic) and of each mirror.
pub(super) type Histories = BTreeMap<Option<TopicName>, Vec<HistoryPoint>>;

/// A half.
#[derive(Debug)]
pub(super) struct Half {
    pub(super) cluster: Arc<Cluster>,
    pub(super) name: LinkName,
    pub(super) mode: LinkMode,
    pub(super) remote_cluster_id: Option<String>,
    pub(super) orders: mpsc::Sender<Order>,
    pub(super) shown: watch::Receiver<Arc<Shown>>,
    /// Ends the runner.
    pub(super) stop: CancellationToken,
}

impl Half {
    /// What it shows now.
    pub(super) fn now(&self) -> Arc<Shown> {
        Arc::clone(&self.shown.borrow())
    }

    /// Asks the runner for something.
    ///
    /// # Errors
    /// The refusal; `Unavailable` when the link is just ending.
    pub(super) async fn ask<T>(&self, order: impl FnOnce(Reply<T>) -> Order) -> Result<T, Refusal> {
        let (reply, answer) = oneshot::channel();
        // It fails when the runner has ended; then there is no answer either.
        self.orders.send(order(reply)).await.ok();
        answer.await.unwrap_or_else(|_| Err(ending(&self.name)))
    }
}

fn ending(link: &LinkName) -> Refusal {
    Refusal::new(
        drawbridge_shared::wire::ErrorCode::Unavailable,
        format!("link '{link}' is being taken down or handed over"),
    )
    .remedy("Look at the link again in a moment.")
}

#[cfg(test)]
mod tests {
    use std::time::Duration;

    use super::*;

    #[test]
    fn a_lease_that_has_ended_by_either_clock_lets_nothing_go() {
        let (now, until) = (now_ms(), Instant::now());
        let later = Duration::from_secs(60);
        let news = |ms: i64, until| News { lease: Millis(now + ms), until, peers: 0, topics: 0 };
        assert!(news(60_000, until + later).may_write());
        assert!(!news(-1, until + later).may_write(), "the machine slept");
        assert!(!news(60_000, until).may_write(), "somebody set the clock back");
    }
}
