//! Scripted faults: what goes wrong, when, for tests and for the demo.

use std::collections::BTreeMap;
use std::sync::Arc;
use std::time::Duration;

use kafka_protocol::ResponseError as Code;
use kafka_protocol::messages::ApiKey;

use crate::clock::now_ms;
use crate::cluster::Shared;
use crate::net;

/// Where in the life of a request the connection breaks.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Cut {
    /// The request is read but not carried out.
    BeforeProcessing,
    /// The request is carried out, its response is lost.
    AfterProcessing,
    /// The request is carried out, half of its response arrives.
    MidResponse,
}

/// A fault that could not be arranged.
#[derive(Debug, thiserror::Error)]
pub enum FaultError {
    /// The cluster refused, for the protocol's reason.
    #[error("{0}")]
    Refused(String),
    /// The broker's port could not be opened again.
    #[error("broker {broker} cannot listen again: {source}")]
    Listen {
        /// The broker.
        broker: i32,
        /// The system's reason.
        source: std::io::Error,
    },
}

impl From<Code> for FaultError {
    fn from(code: Code) -> Self {
        Self::Refused(code.to_string())
    }
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Action {
    Cut(Cut),
    Fail(i16),
}

#[derive(Debug)]
struct Scripted {
    api: i16,
    action: Action,
    left: u32,
}

/// What is scripted at the moment.
#[derive(Debug, Default)]
pub(crate) struct Plan {
    latency: BTreeMap<Option<i32>, Duration>,
    pub(crate) throttle_ms: i32,
    pub(crate) fail_authentication: bool,
    scripted: Vec<Scripted>,
}

impl Plan {
    pub(crate) fn latency(&self, broker: i32) -> Duration {
        self.latency
            .get(&Some(broker))
            .or_else(|| self.latency.get(&None))
            .copied()
            .unwrap_or_default()
    }

    /// The next scripted action for this request, used up by asking.
    pub(crate) fn take(&mut self, api: i16, wanted: impl Fn(Action) -> bool) -> Option<Action> {
        let index = self.scripted.iter().position(|s| s.api == api && wanted(s.action))?;
        let found = self.scripted.get_mut(index)?;
        found.left = found.left.saturating_sub(1);
        let action = found.action;
        if found.left == 0 {
            self.scripted.remove(index);
        }
        Some(action)
    }
}

/// Handle to the faults of a running cluster. Cheap to clone.
#[derive(Clone)]
pub struct Faults {
    pub(crate) shared: Arc<Shared>,
}

impl Faults {
    /// Delays every response, of one broker or of all.
    pub fn latency(&self, broker: Option<i32>, delay: Duration) {
        let mut plan = self.shared.plan();
        if delay.is_zero() {
            plan.latency.remove(&broker);
        } else {
            plan.latency.insert(broker, delay);
        }
    }

    /// Answers every request with this throttle time and holds the connection back for as long;
    /// zero ends it.
    pub fn throttle(&self, time: Duration) {
        self.shared.plan().throttle_ms = i32::try_from(time.as_millis()).unwrap_or(i32::MAX);
    }

    /// Refuses every authentication from now on, or no longer.
    pub fn fail_authentication(&self, fail: bool) {
        self.shared.plan().fail_authentication = fail;
    }

    /// Breaks the connection at the next `times` requests of this kind.
    pub fn cut_at(&self, api: ApiKey, cut: Cut, times: u32) {
        self.script(api, Action::Cut(cut), times);
    }

    /// Answers the next `times` requests of this kind with an error code. Understood by Produce,
    /// Fetch, ListOffsets, FindCoordinator, OffsetCommit, CreateTopics and InitProducerId.
    pub fn fail_with(&self, api: ApiKey, code: i16, times: u32) {
        self.script(api, Action::Fail(code), times);
    }

    fn script(&self, api: ApiKey, action: Action, times: u32) {
        if times > 0 {
            self.shared.plan().scripted.push(Scripted { api: api as i16, action, left: times });
        }
    }

    /// Cuts a broker off the network: connections close, new ones are refused. The cluster does not
    /// notice, so leaders stay. Returns when the last connection is gone.
    pub async fn cut_broker(&self, broker: i32) {
        net::close(&self.shared, broker).await;
    }

    /// Connects a broker to the network again, on the same port.
    ///
    /// # Errors
    /// [`FaultError::Listen`] when the port was taken meanwhile.
    pub async fn restore_broker(&self, broker: i32) -> Result<(), FaultError> {
        net::reopen(&self.shared, broker)
            .await
            .map_err(|source| FaultError::Listen { broker, source })
    }

    /// Cuts the whole cluster off the network.
    pub async fn cut_network(&self) {
        for broker in self.shared.broker_ids() {
            self.cut_broker(broker).await;
        }
    }

    /// Connects the whole cluster again.
    ///
    /// # Errors
    /// As [`Faults::restore_broker`].
    pub async fn restore_network(&self) -> Result<(), FaultError> {
        for broker in self.shared.broker_ids() {
            self.restore_broker(broker).await?;
        }
        Ok(())
    }

    /// Closes every connection once; clients may come back at once.
    pub fn disconnect_everyone(&self) {
        self.shared.drop_connections();
    }

    /// Stops a broker: it is cut off and the cluster elects other leaders.
    pub async fn stop_broker(&self, broker: i32) {
        self.shared.lock().broker_stopped(broker);
        net::close(&self.shared, broker).await;
    }

    /// Starts a stopped broker again, on the same port.
    ///
    /// # Errors
    /// As [`Faults::restore_broker`].
    pub async fn start_broker(&self, broker: i32) -> Result<(), FaultError> {
        self.restore_broker(broker).await?;
        self.shared.lock().broker_started(broker);
        Ok(())
    }

    /// Makes another replica the leader, in a new leader epoch.
    ///
    /// # Errors
    /// When the partition does not exist or the broker is no live replica of it.
    pub fn move_leader(&self, topic: &str, partition: i32, to: i32) -> Result<(), FaultError> {
        Ok(self.shared.lock().move_leader(topic, partition, to)?)
    }

    /// An unclean election: another replica leads, without the records at or above `offset`.
    /// Batches are cut as wholes; the new log end is returned.
    ///
    /// # Errors
    /// When the partition does not exist.
    pub fn truncate(&self, topic: &str, partition: i32, offset: i64) -> Result<i64, FaultError> {
        Ok(self.shared.lock().truncate(topic, partition, offset)?)
    }

    /// Holds the high watermark, as stopped followers do: records are appended but neither shown nor
    /// acknowledged with acks=all. `false` lets it go.
    ///
    /// # Errors
    /// When the partition does not exist.
    pub fn hold_high_watermark(
        &self,
        topic: &str,
        partition: i32,
        hold: bool,
    ) -> Result<(), FaultError> {
        self.shared.lock().partition(topic, partition)?.log.hold_high_watermark(hold);
        Ok(())
    }

    /// Compacts a topic now. Returns the number of records removed.
    ///
    /// # Errors
    /// When the topic does not exist.
    pub fn compact(&self, topic: &str) -> Result<usize, FaultError> {
        let removed = self.shared.lock().compact_topic(topic, now_ms());
        removed.ok_or_else(|| Code::UnknownTopicOrPartition.into())
    }

    /// Runs retention, compaction and expiry now.
    pub fn maintain(&self) {
        self.shared.lock().maintain(now_ms());
    }
}
