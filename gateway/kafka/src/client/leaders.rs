//! Calls about partitions, split by leader, and repeated for the partitions whose leader moved.

use std::{collections::BTreeMap, future::Future, time::Duration};

use futures_util::future::join_all;
use tokio::time::{Instant, timeout_at};

use super::{Client, Leader};
use crate::{
    admin::{PerPartition, TopicPartition},
    backoff::Backoff,
    error::{Asked, Error, ErrorCode, Result},
};

/// How long a topic nobody knows is asked for again: a topic that was just created may not be known everywhere.
const UNKNOWN_PATIENCE: Duration = Duration::from_secs(1);

/// A partition with what is asked of it and its leader.
pub(crate) type Led<I> = (TopicPartition, I, Leader);

impl Client {
    /// Sends each partition's question to its leader. `send` asks one broker about its partitions; a partition it
    /// leaves out of its answer counts as not hosted there.
    pub(crate) async fn per_leader<I, T, F, Fut>(
        &self,
        items: Vec<(TopicPartition, I)>,
        send: F,
    ) -> PerPartition<T>
    where
        I: Clone,
        F: Fn(i32, Vec<Led<I>>) -> Fut,
        Fut: Future<Output = Result<PerPartition<T>>>,
    {
        let started = Instant::now();
        let deadline = started + self.deadline;
        let retry = self.settings().retry;
        let mut backoff = Backoff::new(retry.backoff, retry.backoff_max);
        let mut done = PerPartition::new();
        let mut open = items;
        loop {
            let mut round = tokio::select! {
                () = self.inner.pool.closed.cancelled() => fail_all(&open, &Error::Closed),
                round = self.one_round(&open, &send, deadline) => round,
            };
            let mut again = Vec::new();
            for (partition, item) in open {
                let outcome = round.remove(&partition).unwrap_or_else(|| Err(unhosted(&partition)));
                match outcome {
                    Err(error) if self.should_repeat(&error, started) => {
                        if error.code().is_none_or(ErrorCode::means_stale_leader) {
                            self.forget_topic(&partition.topic);
                        }
                        done.insert(partition.clone(), Err(error));
                        again.push((partition, item));
                    }
                    outcome => {
                        done.insert(partition, outcome);
                    }
                }
            }
            let wait = backoff.next();
            if again.is_empty() || Instant::now() + wait >= deadline {
                return done;
            }
            tokio::time::sleep(wait).await;
            open = again;
        }
    }

    fn should_repeat(&self, error: &Error, started: Instant) -> bool {
        let unknown = matches!(
            error.code(),
            Some(ErrorCode::UNKNOWN_TOPIC_OR_PARTITION | ErrorCode::UNKNOWN_TOPIC_ID)
        );
        error.is_retriable() && (!unknown || started.elapsed() < UNKNOWN_PATIENCE)
    }

    async fn one_round<I, T, F, Fut>(
        &self,
        items: &[(TopicPartition, I)],
        send: &F,
        deadline: Instant,
    ) -> PerPartition<T>
    where
        I: Clone,
        F: Fn(i32, Vec<Led<I>>) -> Fut,
        Fut: Future<Output = Result<PerPartition<T>>>,
    {
        let mut topics: Vec<&str> = items.iter().map(|(p, _)| p.topic.as_str()).collect();
        topics.sort_unstable();
        topics.dedup();
        let late = || Error::Timeout {
            asked: Asked::new("The call").about("a partition's leader"),
            after: self.deadline,
        };
        let known = timeout_at(deadline, self.ensure_topics(&topics)).await;
        if let Err(error) = known.unwrap_or_else(|_| Err(late())) {
            return fail_all(items, &error);
        }
        let mut outcome = PerPartition::new();
        let mut by_broker: BTreeMap<i32, Vec<Led<I>>> = BTreeMap::new();
        for (partition, item) in items {
            match self.leader(&partition.topic, partition.partition).await {
                Ok(leader) => by_broker.entry(leader.broker).or_default().push((
                    partition.clone(),
                    item.clone(),
                    leader,
                )),
                Err(error) => {
                    outcome.insert(partition.clone(), Err(error));
                }
            }
        }
        let calls = by_broker.into_iter().map(|(broker, part)| {
            let names: Vec<TopicPartition> = part.iter().map(|(p, ..)| p.clone()).collect();
            let call = timeout_at(deadline, send(broker, part));
            async move { (broker, names, call.await.unwrap_or_else(|_| Err(late()))) }
        });
        for (broker, names, answer) in join_all(calls).await {
            match answer {
                Ok(answer) => outcome.extend(answer),
                Err(error) => {
                    tracing::debug!(broker, %error, "a leader could not be asked");
                    self.distrust(broker);
                    outcome.extend(names.into_iter().map(|name| (name, Err(error.clone()))));
                }
            }
        }
        outcome
    }
}

fn fail_all<I, T>(items: &[(TopicPartition, I)], error: &Error) -> PerPartition<T> {
    items.iter().map(|(partition, _)| (partition.clone(), Err(error.clone()))).collect()
}

fn unhosted(partition: &TopicPartition) -> Error {
    let asked = Asked::new("The call").about(format!("partition {partition}"));
    Error::broker(ErrorCode::NOT_LEADER_OR_FOLLOWER.0, None, asked)
}
