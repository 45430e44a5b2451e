//! Fetch: <https://kafka.apache.org/protocol#The_Messages_Fetch>.

mod answer;
mod question;

use std::time::Duration;

use bytes::Bytes;
use kafka_protocol::{messages::FetchRequest as WireRequest, protocol::Request};
use uuid::Uuid;

use crate::{
    admin::offsets::{EpochEnd, Isolation},
    client::{Client, Leader, Use, unreadable},
    error::{Asked, Error, ErrorCode, Result},
    wire,
};

/// The first version with flexible encoding, `last_fetched_epoch` and the rest of what is offered here.
const FIRST: i16 = 12;
/// The last version that goes by topic names.
const LAST_BY_NAME: i16 = 12;

/// A fetch from one broker.
#[derive(Debug, Clone, PartialEq)]
pub struct FetchRequest {
    /// Which records.
    pub isolation: Isolation,
    /// How long the broker may wait for `min_bytes`.
    pub max_wait: Duration,
    /// Least size of an answer that is worth sending at once.
    pub min_bytes: i32,
    /// Largest size of the answer; the first batch comes even if it is larger.
    pub max_bytes: i32,
    /// Full fetch, or a fetch session (KIP-227).
    pub session: FetchSession,
    /// What to fetch; within a session, only what changed.
    pub partitions: Vec<FetchPartition>,
    /// Partitions to take out of the session.
    pub forgotten: Vec<FetchPartition>,
    /// `client.rack`, so that a leader can name a nearer replica (KIP-392); empty for none.
    pub rack: String,
}

impl Default for FetchRequest {
    fn default() -> Self {
        Self {
            isolation: Isolation::ReadUncommitted,
            max_wait: Duration::from_millis(500),
            min_bytes: 1,
            max_bytes: 8 * 1024 * 1024,
            session: FetchSession::SESSIONLESS,
            partitions: Vec::new(),
            forgotten: Vec::new(),
            rack: String::new(),
        }
    }
}

/// A fetch session's id and epoch.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct FetchSession {
    /// Session id, 0 for none.
    pub id: i32,
    /// 0 asks for a new session, -1 for none, other numbers count the fetches of the session.
    pub epoch: i32,
    /// Its partitions have no topic ids. A session goes by names or by ids from its first fetch to its last, and a
    /// fetch that changes no partition does not tell which.
    pub by_name: bool,
}

impl FetchSession {
    /// No session.
    pub const SESSIONLESS: Self = Self { id: 0, epoch: -1, by_name: false };
    /// A full fetch that opens a session, going by topic ids.
    pub const NEW: Self = Self { id: 0, epoch: 0, by_name: false };
    /// A full fetch that opens a session, going by topic names.
    pub const NEW_BY_NAME: Self = Self { id: 0, epoch: 0, by_name: true };

    /// The session's next fetch.
    #[must_use]
    pub fn next(self, id: i32) -> Self {
        Self { id, epoch: if self.epoch == i32::MAX { 1 } else { self.epoch + 1 }, ..self }
    }
}

/// A partition to fetch.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct FetchPartition {
    /// Topic name.
    pub topic: String,
    /// Topic id, which newer versions go by; without it an older version is used.
    pub topic_id: Option<Uuid>,
    /// Partition number.
    pub partition: i32,
    /// First offset wanted.
    pub offset: i64,
    /// Most bytes for this partition.
    pub max_bytes: i32,
    /// The leader epoch the client believes in, -1 for no check.
    pub current_leader_epoch: i32,
    /// Epoch of the last record read, so that the broker can tell divergence (KIP-595); -1 for none.
    pub last_fetched_epoch: i32,
}

/// A broker's answer to a fetch.
#[derive(Debug, Clone, PartialEq)]
pub struct FetchResponse {
    /// Error of the whole fetch (`FETCH_SESSION_ID_NOT_FOUND`, …).
    pub error: Option<Error>,
    /// Session id, 0 if the broker keeps none.
    pub session_id: i32,
    /// How long the broker asked us to hold back; honoured already.
    pub throttle: Duration,
    /// Partitions; within a session, those with news.
    pub partitions: Vec<FetchedPartition>,
    /// Size of the whole answer in bytes. All records of it share one buffer of this size.
    pub size: usize,
}

/// What a fetch brought for one partition.
#[derive(Debug, Clone, PartialEq)]
pub struct FetchedPartition {
    /// Topic name; empty if the answer names an id this client has never seen.
    pub topic: String,
    /// Topic id, if the version has them.
    pub topic_id: Option<Uuid>,
    /// Partition number.
    pub partition: i32,
    /// The broker's error.
    pub error: Option<Error>,
    /// High watermark, -1 if unknown.
    pub high_watermark: i64,
    /// Last stable offset, -1 if unknown.
    pub last_stable_offset: i64,
    /// Log start offset, -1 if unknown.
    pub log_start_offset: i64,
    /// Aborted transactions that overlap the records (with `ReadCommitted`).
    pub aborted: Vec<AbortedTransaction>,
    /// Where the log parts from ours (KIP-595).
    pub diverging: Option<EpochEnd>,
    /// The leader now, when the broker is not (KIP-951).
    pub current_leader: Option<Leader>,
    /// A replica nearer to us (KIP-392).
    pub preferred_replica: Option<i32>,
    /// Whole record batches, the last one perhaps cut off: a slice of the answer's buffer.
    pub records: Bytes,
}

/// An aborted transaction.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct AbortedTransaction {
    /// Producer id.
    pub producer_id: i64,
    /// First offset of the transaction.
    pub first_offset: i64,
}

impl Client {
    /// Fetches from `broker` over connection number `lane` (fetches of a lane run one after the other).
    /// Sent once, never repeated here.
    ///
    /// # Errors
    /// When the broker cannot be reached or its answer cannot be read.
    pub async fn fetch(
        &self,
        broker: i32,
        lane: u16,
        request: &FetchRequest,
    ) -> Result<FetchResponse> {
        let asked = Asked::new("Fetch").about(format!("{} partitions", request.partitions.len()));
        let outcome = self.once(&asked, self.fetch_at(broker, lane, request, &asked)).await;
        match &outcome {
            Err(error) if error.is_retriable() => self.distrust(broker),
            Err(_) => {}
            Ok(response) => {
                for partition in &response.partitions {
                    let code = partition.error.as_ref().and_then(Error::code);
                    if code.is_some_and(ErrorCode::means_stale_leader) {
                        self.forget_topic(&partition.topic);
                    }
                }
            }
        }
        outcome
    }

    async fn fetch_at(
        &self,
        broker: i32,
        lane: u16,
        request: &FetchRequest,
        asked: &Asked,
    ) -> Result<FetchResponse> {
        let connection = self.broker(broker, Use::Fetch(lane)).await?;
        let asked = asked.clone().of(connection.target());
        let (known_min, known_max) = wire::client_versions::<WireRequest>();
        let session = request.session;
        let mut max = if session.by_name { LAST_BY_NAME } else { known_max };
        for partition in request.partitions.iter().chain(&request.forgotten) {
            match partition.topic_id.filter(|id| !id.is_nil()) {
                Some(id) => self.learn_topic_name(id, &partition.topic),
                None if session.epoch >= 0 && !session.by_name => {
                    let reason = format!(
                        "topic {} has no id, but the fetch session goes by topic ids. Open it by name",
                        partition.topic
                    );
                    return Err(Error::InvalidRequest { asked, reason });
                }
                None => max = LAST_BY_NAME,
            }
        }
        let versions = connection.versions();
        let version = versions.choose_in(WireRequest::KEY, known_min.max(FIRST), max, &asked)?;
        let question = question::build(request, version > LAST_BY_NAME);
        let frame = wire::encode(&self.settings().client_id, version, &question)
            .map_err(|reason| Error::InvalidRequest { asked: asked.clone(), reason })?;
        let bytes = self.exchange(&connection, frame, request.max_wait, &asked).await?;
        let size = bytes.len();
        let name_of = |id: &Uuid| self.topic_name(id);
        let response = answer::decode(bytes, version, &name_of, &asked).ok_or_else(|| {
            let what = format!("its body of {size} bytes does not have the announced shape");
            unreadable(&connection, &asked, what)
        })?;
        connection.throttle(response.throttle);
        Ok(response)
    }
}
