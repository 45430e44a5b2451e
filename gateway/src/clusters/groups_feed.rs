//! The groups of a cluster, and of all clusters, read while somebody follows them.

use std::{
    collections::{BTreeMap, BTreeSet},
    sync::Arc,
    time::{Duration, Instant},
};

use drawbridge_kafka::{
    Client,
    admin::{
        TopicPartition,
        groups::{GroupDescription, GroupKind, GroupListing},
    },
};
use drawbridge_shared::{
    names::ClusterName,
    view::{GroupsRead, GroupsView},
    wire::FeedData,
};
use futures_util::{
    FutureExt, StreamExt,
    future::select_all,
    stream::{self, BoxStream},
};
use tokio::sync::watch;

use super::{
    Cluster, Clusters,
    followers::{publish, rest},
    group_views::{Trend, lag_of, listed},
    measure::fault_words,
};
use crate::{
    clock::now_ms,
    feeds::FeedState,
    ops::groups::{self, Committed, Ends},
};

/// Between two readings; at least as long as a reading takes three times.
const READ: Duration = Duration::from_secs(5);
/// Groups whose offsets are asked for at a time.
const AT_ONCE: usize = 8;
/// Groups described by one request.
const AT_A_TIME: usize = 500;

/// Keeps the feed up to date until nobody follows it or the cluster is retired.
///
/// While the cluster cannot be read the last state stays, and says why.
pub(super) async fn run(cluster: Arc<Cluster>, sender: watch::Sender<FeedState>) {
    let retired = cluster.retired().clone();
    let work = async {
        let mut reader = Reader::new(cluster.spec().name.clone());
        while !cluster.groups_followers().release(&()) {
            let mut poked = std::pin::pin!(cluster.asked_to_read());
            // Registered before reading: a change made meanwhile is not missed.
            futures_util::poll!(&mut poked).is_ready();
            let since = Instant::now();
            reader.read(&cluster, &sender).await;
            rest(&sender, READ.max(since.elapsed().saturating_mul(3)), poked).await;
        }
    };
    retired.run_until_cancelled(work).await;
}

/// What was read of all groups.
#[derive(Default)]
struct Known {
    described: BTreeMap<String, GroupDescription>,
    offsets: BTreeMap<String, Committed>,
    ends: Ends,
    /// Those of share groups, each with its own lags.
    of_shares: BTreeMap<String, Ends>,
}

impl Known {
    fn ends_of(&self, group: &str) -> &Ends {
        self.of_shares.get(group).unwrap_or(&self.ends)
    }
}

struct Reader {
    read: GroupsRead,
    listed: Vec<GroupListing>,
    known: Known,
    trends: BTreeMap<String, Trend>,
}

impl Reader {
    fn new(cluster: ClusterName) -> Self {
        let read = GroupsRead { cluster, observed_at_ms: None, measured_at_ms: None, fault: None };
        Self { read, listed: Vec::new(), known: Known::default(), trends: BTreeMap::new() }
    }

    async fn read(&mut self, cluster: &Cluster, sender: &watch::Sender<FeedState>) {
        // That the cluster is down is its own feed's to tell.
        let Ok(client) = cluster.usable_client() else { return };
        let mut faults = BTreeSet::new();
        match groups::list(cluster).await {
            Ok(list) => {
                for (broker, error) in &list.failed {
                    faults.insert(format!("the groups of broker {broker} are missing: {error}"));
                }
                self.listed = list.groups;
                self.read.observed_at_ms = Some(now_ms());
            }
            Err(refusal) => {
                self.read.fault = Some(fault_words(refusal));
                self.publish(sender);
                return;
            }
        }
        self.trends.retain(|id, _| self.listed.iter().any(|group| group.id == *id));
        self.publish(sender);
        self.known = self.measure(cluster, client, &mut faults).await;
        let now = Instant::now();
        for (id, offsets) in &self.known.offsets {
            if let Some(lag) = lag_of(offsets, self.known.ends_of(id)) {
                self.trends.entry(id.clone()).or_default().note(now, lag);
            }
        }
        self.read.measured_at_ms = Some(now_ms());
        self.read.fault = words(&faults);
        self.publish(sender);
    }

    async fn measure(
        &self,
        cluster: &Cluster,
        client: &Client,
        faults: &mut BTreeSet<String>,
    ) -> Known {
        let mut known = Known::default();
        let ids: Vec<&str> = self.listed.iter().map(|group| group.id.as_str()).collect();
        for part in ids.chunks(AT_A_TIME) {
            for (id, described) in client.describe_groups(part).await {
                match described {
                    Ok(described) => {
                        known.described.insert(id, described);
                    }
                    // One that went meanwhile is gone from the next list.
                    Err(error) => {
                        tracing::debug!(cluster = %self.read.cluster, group = id, %error, "not described");
                    }
                }
            }
        }
        let each =
            self.listed.iter().map(|group| (group.id.clone(), group.kind == GroupKind::Share));
        let read = stream::iter(each.collect::<Vec<_>>())
            .map(|(id, is_share)| async move {
                let offsets = if is_share {
                    let shared = groups::shared(cluster, client, &id).await;
                    shared.map(|(offsets, told)| (offsets, Some(told)))
                } else {
                    groups::committed(cluster, client, &id).await.map(|offsets| (offsets, None))
                };
                (id, offsets)
            })
            .buffer_unordered(AT_ONCE)
            .collect::<Vec<_>>()
            .await;
        for (id, offsets) in read {
            match offsets {
                Ok((offsets, told)) => {
                    if let Some(told) = told {
                        known.of_shares.insert(id.clone(), Ends { told, ..Ends::default() });
                    }
                    known.offsets.insert(id, offsets);
                }
                Err(refusal) => {
                    faults.insert(fault_words(refusal));
                }
            }
        }
        let all: BTreeSet<&TopicPartition> =
            known.offsets.values().flat_map(BTreeMap::keys).collect();
        let all: Vec<TopicPartition> = all.into_iter().cloned().collect();
        known.ends = groups::ends(cluster, client, &all).await;
        faults.extend(known.ends.faults.iter().cloned());
        known
    }

    fn publish(&self, sender: &watch::Sender<FeedState>) {
        let row = |listing: &GroupListing| {
            let trend = self.trends.get(&listing.id).and_then(Trend::told);
            let described = self.known.described.get(&listing.id);
            let offsets = self.known.offsets.get(&listing.id);
            let ends = self.known.ends_of(&listing.id);
            listed(&self.read.cluster, listing, described, offsets, ends, trend)
        };
        let rows = self.listed.iter().map(row).collect();
        let view = GroupsView { reads: vec![self.read.clone()], rows };
        publish(sender, FeedState::Data(Arc::new(FeedData::Groups(view))));
    }
}

/// Reasons told at once; the others are counted.
const REASONS: usize = 3;

fn words(faults: &BTreeSet<String>) -> Option<String> {
    if faults.is_empty() {
        return None;
    }
    let mut words = faults.iter().take(REASONS).cloned().collect::<Vec<_>>().join(" ");
    if faults.len() > REASONS {
        words.push_str(&format!(" And {} more reasons.", faults.len() - REASONS));
    }
    Some(words)
}

/// Follows the groups of all clusters, those that come later too.
pub(super) fn follow_all(clusters: Clusters) -> BoxStream<'static, FeedState> {
    let list = clusters.follow_list();
    let all = All { clusters, list, each: BTreeMap::new(), is_started: false };
    stream::unfold(all, |mut all| async { Some((all.next().await?, all)) }).boxed()
}

struct All {
    clusters: Clusters,
    list: watch::Receiver<FeedState>,
    each: BTreeMap<ClusterName, watch::Receiver<FeedState>>,
    is_started: bool,
}

impl All {
    async fn next(&mut self) -> Option<FeedState> {
        if self.is_started {
            let mut changes: Vec<_> = self
                .each
                .values_mut()
                .map(|each| async { each.changed().await.is_ok() }.boxed())
                .collect();
            changes.push(self.list.changed().map(|change| change.is_ok()).boxed());
            let (is_alive, at, rest) = select_all(changes).await;
            let is_list = at == rest.len();
            drop(rest);
            if !is_alive && is_list {
                return None;
            }
            if !is_alive {
                // A feed that is over is followed anew if its cluster is still there.
                self.each.retain(|_, each| each.has_changed().is_ok());
            }
        }
        self.is_started = true;
        let known = self.clusters.all();
        self.each.retain(|name, _| known.iter().any(|cluster| cluster.spec().name == *name));
        for cluster in known {
            let name = cluster.spec().name.clone();
            self.each.entry(name).or_insert_with(|| cluster.follow_groups());
        }
        self.list.mark_unchanged();
        let mut view = GroupsView { reads: Vec::new(), rows: Vec::new() };
        for each in self.each.values_mut() {
            if let FeedState::Data(data) = &*each.borrow_and_update()
                && let FeedData::Groups(own) = &**data
            {
                view.reads.extend(own.reads.iter().cloned());
                view.rows.extend(own.rows.iter().cloned());
            }
        }
        if view.reads.is_empty() && !self.each.is_empty() {
            return Some(FeedState::Pending);
        }
        Some(FeedState::Data(Arc::new(FeedData::Groups(view))))
    }
}
