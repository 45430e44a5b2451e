//! The partitions of a cluster that lack something, read while somebody follows them.

use std::{sync::Arc, time::Duration};

use drawbridge_shared::{
    view::TroubledView,
    wire::{EndReason, FeedData},
};
use tokio::sync::watch;

use super::{
    Cluster,
    followers::{publish, rest, tell_fault},
    measure::fault_words,
    replication::{MinIsrs, look},
};
use crate::{
    clock::now_ms,
    feeds::FeedState,
    refusal::{Doing, refuse},
};

/// Between two readings.
const READ: Duration = Duration::from_secs(3);
/// A list that was never read and cannot be read this often in a row is given up.
const FAILED: u32 = 3;

/// Keeps the feed up to date until nobody follows it or the cluster is retired.
pub(super) async fn run(cluster: Arc<Cluster>, sender: watch::Sender<FeedState>) {
    let retired = cluster.retired().clone();
    let work = async {
        let mut min_isrs = MinIsrs::default();
        let mut n_failed = 0;
        while !cluster.troubled_followers().release(&()) {
            let mut poked = std::pin::pin!(cluster.asked_to_read());
            // Registered before reading: a change made meanwhile is not missed.
            futures_util::poll!(&mut poked).is_ready();
            if let Some(reason) = read(&cluster, &sender, &mut min_isrs, &mut n_failed).await {
                cluster.troubled_followers().end(&(), FeedState::Ended(reason));
                return;
            }
            rest(&sender, READ, poked).await;
        }
    };
    retired.run_until_cancelled(work).await;
}

/// Reads and publishes; returns why the feed is over, if it is.
async fn read(
    cluster: &Cluster,
    sender: &watch::Sender<FeedState>,
    min_isrs: &mut MinIsrs,
    n_failed: &mut u32,
) -> Option<EndReason> {
    let client = cluster.usable_client().ok()?;
    let name = &cluster.spec().name;
    let topics = match client.list_topics().await {
        Ok(topics) => topics,
        Err(error) => {
            let doing = Doing::on_cluster("list its partitions", "DESCRIBE");
            let message = fault_words(refuse(name, &doing, &error));
            *n_failed = n_failed.saturating_add(1);
            let is_over = !tell_fault(sender, &message) && *n_failed >= FAILED;
            return is_over.then_some(EndReason::NotFound { message });
        }
    };
    *n_failed = 0;
    let observed_at_ms = now_ms();
    min_isrs.read(name, client, &topics).await;
    let (counts, rows) = look(&topics, min_isrs);
    let view = TroubledView { observed_at_ms, fault: min_isrs.fault.clone(), counts, rows };
    publish(sender, FeedState::Data(Arc::new(FeedData::TroubledPartitions(view))));
    None
}
