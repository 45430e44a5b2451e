//! One group with its members and partitions, read while somebody follows it.

use std::{
    collections::BTreeMap,
    sync::Arc,
    time::{Duration, Instant},
};

use drawbridge_engine::batch::Header;
use drawbridge_kafka::{
    Client,
    admin::{TopicPartition, groups::GroupListing},
    data::fetch::{FetchPartition, FetchRequest},
};
use drawbridge_shared::{
    view::GroupDetail,
    wire::{EndReason, ErrorCode, FeedData},
};
use futures_util::{StreamExt, stream};
use tokio::sync::watch;

use super::{
    Cluster,
    followers::{publish, rest, tell_fault},
    group_views::{Trend, lag_of, listed, members, partitions},
    measure::fault_words,
};
use crate::{
    clock::now_ms,
    feeds::FeedState,
    ops::groups::{self, Committed, Ends},
};

/// Between two readings.
const READ: Duration = Duration::from_secs(2);
/// A group that is missing this often in a row is gone.
const MISSING: u32 = 3;
/// Partitions whose oldest unread batch is looked at in one reading; the others in the next ones.
const LOOKS: usize = 32;
/// Looks at a time.
const AT_ONCE: usize = 8;

/// Keeps the feed up to date until nobody follows it, the group is gone or the cluster is retired.
pub(super) async fn run(cluster: Arc<Cluster>, group: String, sender: watch::Sender<FeedState>) {
    let retired = cluster.retired().clone();
    let work = async {
        let mut reader = Reader {
            group: group.clone(),
            trend: Trend::default(),
            ages: Ages::default(),
            n_missing: 0,
        };
        while !cluster.group_followers().release(&group) {
            let mut poked = std::pin::pin!(cluster.asked_to_read());
            futures_util::poll!(&mut poked).is_ready();
            if let Some(reason) = reader.read(&cluster, &sender).await {
                cluster.group_followers().end(&group, FeedState::Ended(reason));
                return;
            }
            rest(&sender, READ, poked).await;
        }
    };
    retired.run_until_cancelled(work).await;
}

struct Reader {
    group: String,
    trend: Trend,
    ages: Ages,
    n_missing: u32,
}

impl Reader {
    /// Reads and publishes; returns why the feed is over, if it is.
    async fn read(
        &mut self,
        cluster: &Cluster,
        sender: &watch::Sender<FeedState>,
    ) -> Option<EndReason> {
        let client = cluster.usable_client().ok()?;
        let (described, offsets, ends) = match groups::one(cluster, &self.group).await {
            Ok(read) => read,
            Err(refusal) => match refusal.code {
                ErrorCode::NotFound => {
                    self.n_missing += 1;
                    let over = EndReason::NotFound { message: refusal.in_full() };
                    return (self.n_missing >= MISSING).then_some(over);
                }
                ErrorCode::Denied => {
                    return Some(EndReason::Denied { message: fault_words(refusal) });
                }
                _ => {
                    tell_fault(sender, &fault_words(refusal));
                    return None;
                }
            },
        };
        self.n_missing = 0;
        if let Some(lag) = lag_of(&offsets, &ends) {
            self.trend.note(Instant::now(), lag);
        }
        // Which records of a share group wait is not told: those behind its offset may be finished.
        if ends.told.is_empty() {
            self.ages.look(client, &offsets, &ends).await;
        }
        let now = now_ms();
        let listing = GroupListing {
            id: self.group.clone(),
            kind: described.kind.clone(),
            protocol_type: described.protocol_type.clone(),
            state: described.state.clone(),
            coordinator: described.coordinator,
        };
        let name = &cluster.spec().name;
        let row =
            listed(name, &listing, Some(&described), Some(&offsets), &ends, self.trend.told());
        let places = partitions(&described, &offsets, &ends, |at| self.ages.behind_ms(at, now));
        let behind = places.iter().filter(|place| place.committed.is_some());
        let behind = behind.map(|place| place.behind_ms).collect::<Option<Vec<i64>>>();
        let detail = GroupDetail {
            observed_at_ms: now,
            group: row,
            assignor: described.assignor.clone(),
            epoch: described.epoch,
            members: members(&described, &offsets, &ends),
            partitions: places,
            behind_ms: behind.and_then(|each| each.into_iter().max()),
            fault: ends.faults.iter().next().cloned(),
        };
        publish(sender, FeedState::Data(Arc::new(FeedData::Group(Box::new(detail)))));
        None
    }
}

/// When the oldest unread record of each partition was written, by the committed offset it was looked up for.
#[derive(Default)]
struct Ages {
    known: BTreeMap<TopicPartition, (i64, i64)>,
}

impl Ages {
    fn behind_ms(&self, at: &TopicPartition, now: i64) -> Option<i64> {
        self.known.get(at).map(|(_, written)| now.saturating_sub(*written).max(0))
    }

    /// Looks at the batch behind each committed offset that something waits behind. Those that moved on keep their
    /// old time until they are looked at again: a lag that shrinks is never told too small.
    async fn look(&mut self, client: &Client, offsets: &Committed, ends: &Ends) {
        let waits = |(at, offset): &(&TopicPartition, &i64)| {
            ends.lag(at, **offset).is_some_and(|lag| lag > 0)
        };
        let waiting: Vec<(&TopicPartition, i64)> =
            offsets.iter().filter(waits).map(|(at, offset)| (at, *offset)).collect();
        self.known.retain(|at, _| waiting.iter().any(|(waits, _)| *waits == at));
        let mut unseen: Vec<(TopicPartition, i64)> = waiting
            .into_iter()
            .filter(|(at, offset)| self.known.get(*at).is_none_or(|(seen, _)| seen != offset))
            .map(|(at, offset)| (at.clone(), offset))
            .collect();
        // Those never looked at come first.
        unseen.sort_by_key(|(at, _)| self.known.contains_key(at));
        unseen.truncate(LOOKS);
        let found = stream::iter(unseen)
            .map(|(at, offset)| async move {
                let written = written_at(client, &at, offset).await;
                (at, offset, written)
            })
            .buffer_unordered(AT_ONCE)
            .collect::<Vec<_>>()
            .await;
        for (at, offset, written) in found {
            match written {
                Some(written) => {
                    self.known.insert(at, (offset, written));
                }
                None => {
                    self.known.remove(&at);
                }
            }
        }
    }
}

/// When the first batch that ends at an offset or behind it was written: the newest of its timestamps, or the oldest
/// when it begins at the offset. None when it cannot be read, e.g. without READ on the topic.
async fn written_at(client: &Client, at: &TopicPartition, offset: i64) -> Option<i64> {
    let leader = client.leader(&at.topic, at.partition).await.ok()?;
    let request = FetchRequest {
        max_wait: Duration::ZERO,
        // The first batch comes whole whatever its size.
        max_bytes: 1,
        partitions: vec![FetchPartition {
            topic: at.topic.clone(),
            topic_id: None,
            partition: at.partition,
            offset,
            max_bytes: 1,
            current_leader_epoch: -1,
            last_fetched_epoch: -1,
        }],
        ..FetchRequest::default()
    };
    let response = client.fetch(leader.broker, 0, &request).await.ok()?;
    let fetched = response.partitions.first().filter(|fetched| fetched.error.is_none())?;
    let header = Header::parse(&fetched.records).ok()?;
    let written = if header.base_offset >= offset && !header.attributes.log_append_time() {
        header.base_timestamp
    } else {
        header.max_timestamp
    };
    (written >= 0).then_some(written)
}
