//! The producers of a link: asked for once, stored before anything is written with them.

use std::time::Duration;

use drawbridge_engine::{Millis, partition::Producer};
use drawbridge_kafka::{
    Client, Error,
    admin::{
        configs::ConfigResource,
        producers::{ProducerIdentity, TransactionalInit},
    },
};
use futures_util::FutureExt;
use tokio::sync::oneshot;

use super::{Runner, jobs::Done};
use crate::{
    clock::now_ms,
    links::{
        mover::{self, words},
        store::{Producers, StoreError, Stored, StoredLink},
    },
};

/// Between two tries to get producers.
const AGAIN_MS: i64 = 5_000;
/// Kafka's default of `producer.id.expiration.ms`.
pub(super) const EXPIRY_MS: i64 = 86_400_000;

/// Producers that are to be stored.
#[derive(Debug)]
pub(super) enum Kept {
    /// The link's first, and the time after which brokers forget them, ms.
    First(Producers, i64),
    /// Another id of the transactions that fill offsets, and who waits for it to be known.
    Another(i64, oneshot::Sender<()>),
}

impl Runner {
    pub(super) fn ask_producers(&mut self, now: Millis) {
        let Some(ends) = self.ends.clone() else { return };
        if self.asking_producers || now < self.next_producers {
            return;
        }
        self.asking_producers = true;
        let known = self.stored.producers.clone();
        let id = mover::transactional_id(self.name().as_str());
        let work = async move {
            let expiry = producer_expiry(&ends.sink).await;
            match known {
                Some(producers) => Ok((producers, expiry)),
                None => match producers(&ends.sink, &id).await {
                    Ok(producers) => Ok((producers, expiry)),
                    Err(error) => Err(words(&error)),
                },
            }
        };
        self.running.push(work.map(Done::Producers).boxed());
    }

    pub(super) fn producers_known(&mut self, result: Result<(Producers, i64), String>) {
        match result {
            Ok((producers, expiry)) if self.stored.producers.is_none() => {
                self.keep(Kept::First(producers, expiry));
            }
            Ok((_, expiry)) => self.may_produce(expiry),
            Err(why) => self.no_producers(&why),
        }
    }

    fn may_produce(&mut self, expiry: i64) {
        self.asking_producers = false;
        self.producer_expiry_ms = Some(expiry);
        self.hindrance = None;
        self.start_moving(Millis(now_ms()));
    }

    fn no_producers(&mut self, why: &str) {
        self.asking_producers = false;
        self.next_producers = Millis(now_ms()).plus(AGAIN_MS);
        self.hindrance = Some(format!("the destination gives the link no producer id: {why}"));
    }

    /// Stores producers before they are used: what they write is to be known for the link's own by whichever gateway.
    pub(super) fn keep(&mut self, kept: Kept) {
        if self.altering {
            self.unkept.push_back(kept);
            return;
        }
        let mut record = self.stored.clone();
        match &kept {
            Kept::First(producers, _) => record.producers = Some(producers.clone()),
            Kept::Another(id, _) => {
                // Movers exist with producers alone.
                let Some(producers) = &mut record.producers else { return };
                if !producers.own.contains(id) {
                    producers.own.push(*id);
                }
            }
        }
        self.altering = true;
        let store = self.store.clone();
        let work = async move {
            let stored = store.put(Stored::Link(record.clone())).await;
            Done::Kept { record: Box::new(record), kept, stored }
        };
        self.running.push(work.boxed());
    }

    pub(super) fn kept(&mut self, record: StoredLink, kept: Kept, stored: Result<(), StoreError>) {
        if stored.is_ok() {
            self.stored = record;
        }
        match (kept, stored) {
            (Kept::First(_, expiry), Ok(())) => self.may_produce(expiry),
            (Kept::First(..), Err(error)) => self.no_producers(&error.to_string()),
            (Kept::Another(id, known), Ok(())) => {
                self.order_all(|_| mover::Order::Own(id));
                known.send(()).ok();
            }
            // Whoever waits is told by the end of its wait.
            (Kept::Another(..), Err(error)) => {
                tracing::warn!(link = %self.name(), %error, "a producer of the link was not stored");
            }
        }
        self.alter_next();
    }
}

/// Producers of a link: one for data, another for markers; and the ids of everything it will ever write with.
async fn producers(sink: &Client, transactional_id: &str) -> Result<Producers, Error> {
    let producer = |identity: ProducerIdentity| Producer { id: identity.id, epoch: identity.epoch };
    let data = producer(sink.init_producer_id(None).await?);
    let marker = producer(sink.init_producer_id(None).await?);
    let init = TransactionalInit {
        id: transactional_id.to_owned(),
        timeout: Duration::from_secs(60),
        current: None,
    };
    let mut own = vec![data.id, marker.id];
    // Only needed where markers are not permitted; whether it may be used shows then.
    if let Ok(identity) = sink.init_producer_id(Some(&init)).await {
        own.push(identity.id);
    }
    Ok(Producers { data, marker, own })
}

/// `producer.id.expiration.ms` of the destination: the smallest of its brokers'.
async fn producer_expiry(sink: &Client) -> i64 {
    let Ok(description) = sink.describe_cluster().await else { return EXPIRY_MS };
    let brokers: Vec<ConfigResource> =
        description.brokers.iter().map(|broker| ConfigResource::Broker(broker.id)).collect();
    // Without the permission to look, Kafka's default is what is known.
    let Ok(found) = sink.config_values(&brokers).await else { return EXPIRY_MS };
    found
        .into_values()
        .filter_map(Result::ok)
        .flatten()
        .filter(|entry| entry.name == "producer.id.expiration.ms")
        .filter_map(|entry| entry.value?.parse().ok())
        .min()
        .unwrap_or(EXPIRY_MS)
}
