//! Coordinators of groups and transactional ids.

use std::{
    collections::{BTreeMap, HashMap},
    future::Future,
    sync::{Mutex, PoisonError},
};

use futures_util::future::join_all;
use kafka_protocol::{messages::FindCoordinatorRequest, protocol::StrBytes};
use tokio::time::{Instant, timeout_at};

use super::{Client, Route};
use crate::{
    admin::PerItem,
    backoff::Backoff,
    error::{Asked, Error, ErrorCode, Result},
};

/// What a coordinator is for.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub(crate) enum Kind {
    Group,
    Transaction,
}

#[derive(Debug, Default)]
pub(super) struct Coordinators {
    known: Mutex<HashMap<(Kind, String), i32>>,
}

impl Coordinators {
    fn get(&self, kind: Kind, key: &str) -> Option<i32> {
        let known = self.known.lock().unwrap_or_else(PoisonError::into_inner);
        known.get(&(kind, key.to_owned())).copied()
    }

    fn put(&self, kind: Kind, key: &str, broker: i32) {
        let mut known = self.known.lock().unwrap_or_else(PoisonError::into_inner);
        known.insert((kind, key.to_owned()), broker);
    }

    pub(super) fn forget(&self, kind: Kind, key: &str) {
        let mut known = self.known.lock().unwrap_or_else(PoisonError::into_inner);
        known.remove(&(kind, key.to_owned()));
    }
}

impl Client {
    /// Notes the coordinator of a group that a broker listed.
    pub(crate) fn learn_group_coordinator(&self, group: &str, broker: i32) {
        self.inner.coordinators.put(Kind::Group, group, broker);
    }

    /// Sends each group's question to its coordinator. A group left out of the answer counts as not coordinated
    /// there.
    pub(crate) async fn per_coordinator<T, F, Fut>(
        &self,
        groups: &[&str],
        send: F,
    ) -> PerItem<String, T>
    where
        F: Fn(i32, Vec<String>) -> Fut,
        Fut: Future<Output = Result<PerItem<String, T>>>,
    {
        let deadline = Instant::now() + self.deadline;
        let retry = self.settings().retry;
        let mut backoff = Backoff::new(retry.backoff, retry.backoff_max);
        let mut done = PerItem::new();
        let mut open: Vec<String> = groups.iter().map(|group| (*group).to_owned()).collect();
        loop {
            let mut round = tokio::select! {
                () = self.inner.pool.closed.cancelled() => {
                    open.iter().map(|group| (group.clone(), Err(Error::Closed))).collect()
                }
                round = self.coordinated_round(&open, &send, deadline) => round,
            };
            let mut again = Vec::new();
            for group in open {
                let outcome = round.remove(&group).unwrap_or_else(|| {
                    let asked = Asked::new("The call").about(format!("group {group}"));
                    Err(Error::broker(ErrorCode::NOT_COORDINATOR.0, None, asked))
                });
                if let Err(error) = &outcome
                    && error.is_retriable()
                {
                    self.learn_from(Route::Group(&group), error);
                    again.push(group.clone());
                }
                done.insert(group, outcome);
            }
            let wait = backoff.next();
            if again.is_empty() || Instant::now() + wait >= deadline {
                return done;
            }
            tokio::time::sleep(wait).await;
            open = again;
        }
    }

    async fn coordinated_round<T, F, Fut>(
        &self,
        groups: &[String],
        send: &F,
        deadline: Instant,
    ) -> PerItem<String, T>
    where
        F: Fn(i32, Vec<String>) -> Fut,
        Fut: Future<Output = Result<PerItem<String, T>>>,
    {
        let mut round = PerItem::new();
        let mut by_broker: BTreeMap<i32, Vec<String>> = BTreeMap::new();
        let late = || Error::Timeout {
            asked: Asked::new("The call").about("a group's coordinator"),
            after: self.deadline,
        };
        let found = join_all(groups.iter().map(|group| async move {
            let found = timeout_at(deadline, self.coordinator(Kind::Group, group)).await;
            found.unwrap_or_else(|_| Err(late()))
        }))
        .await;
        for (group, coordinator) in groups.iter().zip(found) {
            match coordinator {
                Ok(broker) => by_broker.entry(broker).or_default().push(group.clone()),
                Err(error) => {
                    round.insert(group.clone(), Err(error));
                }
            }
        }
        let calls = by_broker.into_iter().map(|(broker, part)| {
            let call = timeout_at(deadline, send(broker, part.clone()));
            async move { (part, call.await.unwrap_or_else(|_| Err(late()))) }
        });
        for (part, answer) in join_all(calls).await {
            match answer {
                Ok(answer) => round.extend(answer),
                Err(error) => {
                    round.extend(part.into_iter().map(|group| (group, Err(error.clone()))));
                }
            }
        }
        round
    }

    /// Node id of a coordinator. One attempt: callers repeat.
    pub(crate) async fn coordinator(&self, kind: Kind, key: &str) -> Result<i32> {
        if let Some(broker) = self.inner.coordinators.get(kind, key) {
            return Ok(broker);
        }
        let (number, word) = match kind {
            Kind::Group => (0, "group"),
            Kind::Transaction => (1, "transactional id"),
        };
        let asked = Asked::new("FindCoordinator").about(format!("{word} {key}"));
        let connection = self.any().await?;
        let name = StrBytes::from_string(key.to_owned());
        let response = self
            .send::<FindCoordinatorRequest>(
                &connection,
                super::call::ANY_VERSION,
                &asked,
                |version| {
                    let request = FindCoordinatorRequest::default().with_key_type(number);
                    if version >= 4 {
                        request.with_coordinator_keys(vec![name])
                    } else {
                        request.with_key(name)
                    }
                },
            )
            .await?;
        let (code, message, id) = match response.coordinators.first() {
            Some(found) => (found.error_code, &found.error_message, found.node_id.0),
            None => (response.error_code, &response.error_message, response.node_id.0),
        };
        if let Some(code) = ErrorCode::from_wire(code) {
            let message = message.as_ref().map(ToString::to_string);
            return Err(Error::broker(code.0, message, asked.of(connection.target())));
        }
        self.inner.coordinators.put(kind, key, id);
        Ok(id)
    }
}
