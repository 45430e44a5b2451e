//! The state of links: records of one compacted topic, `_drawbridge.state`, on the cluster the links are on.
//!
//! ```text
//!   put ──▶ queue ──▶ actor: takes what waits ──▶ writer: one batch at a time ──▶ topic
//!   open ─▶ topic is there · epoch raised · `owner` written · read to the end · strangers shut out
//! ```
//!
//! One gateway writes at a time. Opening raises the epoch of the store's producer and writes with it; the
//! partition then refuses whoever wrote before, so that nothing of an earlier writer can come after what was
//! read. Where the producer id is another one than before (the coordinator forgets transactional ids after
//! some days), the earlier one is shut out by a record in its own name, with its next epoch.

mod actor;
mod codec;
mod error;
mod log;
mod records;
mod secrets;
mod shared;
mod topic;
mod writer;

use std::{future::Future, sync::Arc, time::Duration};

use drawbridge_kafka::{Client, admin::producers::TransactionalInit};
use tokio::sync::{
    mpsc::{self, error::TrySendError},
    oneshot,
};

pub use error::StoreError;
pub use records::{
    Contents, Key, Producers, Stored, StoredLink, StoredMirror, StoredPartition, UnknownKey,
};
pub use secrets::{PasswordEncoder, SecretError};
pub use topic::TOPIC;

use self::{
    actor::{Actor, What, Write, owner},
    log::{Fence, Log},
    shared::Shared,
    writer::Writer,
};
use crate::shutdown::Tasks;

/// Writes that wait; further ones wait for a place, from when they are waited for.
const QUEUE: usize = 4096;
/// Nothing is ever written in a transaction, but the protocol wants a timeout.
const TRANSACTION_TIMEOUT: Duration = Duration::from_secs(60);
/// Openings that may hit an epoch that was used already, one after the other.
const EPOCHS: usize = 3;

/// Handle to the state of the links of one cluster, open for writing; cheap to clone. When the last handle
/// is gone, what waits is written and the store is closed.
#[derive(Debug, Clone)]
pub struct StateStore {
    queue: mpsc::Sender<Write>,
    shared: Arc<Shared>,
}

impl StateStore {
    /// Opens the store for writing: creates the topic if it is missing, shuts out whoever wrote before, then
    /// reads everything. `cluster_id` is Kafka's. Takes as long as the client's calls may take.
    ///
    /// # Errors
    /// A missing permission, named; a topic that is not safe to use; a cluster that does not answer; another
    /// gateway that opens the store at the same time.
    pub async fn open(
        client: Client,
        encoder: Option<PasswordEncoder>,
        cluster_id: &str,
        tasks: &Tasks,
    ) -> Result<(Self, Contents), StoreError> {
        topic::ensure(&client).await?;
        let (mut writer, owned) = take_over(&client, cluster_id, tasks).await?;
        let log = read_all(&client, &mut writer, owned).await?;
        writer.expect(log.next());
        let contents = understand(log, encoder.clone()).await?;
        let (queue, waiting) = mpsc::channel(QUEUE);
        let shared = Arc::new(Shared::default());
        let actor = Actor {
            writer,
            encoder,
            shared: Arc::clone(&shared),
            stopping: tasks.stopping().clone(),
        };
        tasks.spawn("state of links", actor.run(waiting));
        Ok((Self { queue, shared }, contents))
    }

    /// Reads without creating the topic or shutting anybody out. A topic that is not there is empty.
    ///
    /// # Errors
    /// A missing permission, named; a cluster that does not answer.
    pub async fn peek(
        client: &Client,
        encoder: Option<&PasswordEncoder>,
    ) -> Result<Contents, StoreError> {
        let Some(mut reader) = StateReader::open(client).await? else {
            return Ok(Contents::default());
        };
        Ok(reader.read_on(client, encoder).await?.unwrap_or_default())
    }

    /// Stores a record in place of the earlier one of its key. `Ok` means that all in-sync replicas have it.
    ///
    /// The record is queued by the call, not by waiting for it: records are written in the order of the calls,
    /// and giving up waiting does not take one back. While the outcome of a write is unknown (a lost
    /// connection, a timeout) it is repeated, for as long as it takes.
    ///
    /// # Errors
    /// [`StoreError::NoEncoder`] for a link with secrets that cannot be encrypted, [`StoreError::Fenced`]
    /// once another gateway has taken over, what the cluster refuses, or that it could not be reached for
    /// `default.api.timeout.ms`: then nothing was written. [`StoreError::Closed`] when the gateway stops.
    pub fn put(
        &self,
        record: Stored,
    ) -> impl Future<Output = Result<(), StoreError>> + Send + use<> {
        let queued = record.key().map(|key| self.queue(What::Record(key, Box::new(record))));
        async move { queued?.await }
    }

    /// Removes a record.
    ///
    /// # Errors
    /// As [`Self::put`].
    pub fn remove(&self, key: Key) -> impl Future<Output = Result<(), StoreError>> + Send + use<> {
        self.queue(What::Removal(key))
    }

    /// Makes sure that nobody has written since this handle was opened.
    ///
    /// # Errors
    /// [`StoreError::Fenced`] if somebody has; otherwise as [`Self::put`].
    pub fn still_own(&self) -> impl Future<Output = Result<(), StoreError>> + Send + use<> {
        self.queue(What::SignOfLife)
    }

    /// Resolves when another gateway has taken over the store: what is put from then on is refused. Noticed
    /// at the next write, or within the hour.
    pub async fn fenced(&self) {
        self.shared.fenced().await;
    }

    fn queue(&self, what: What) -> impl Future<Output = Result<(), StoreError>> + Send + use<> {
        let (done, answer) = oneshot::channel();
        let overflow = match self.queue.try_send(Write { what, done }) {
            // Where the store is closed, `done` is dropped with the write.
            Ok(()) | Err(TrySendError::Closed(_)) => None,
            Err(TrySendError::Full(write)) => Some((self.queue.clone(), write)),
        };
        let shared = Arc::clone(&self.shared);
        async move {
            if let Some((queue, write)) = overflow {
                queue.send(write).await.map_err(|_| shared.ended())?;
            }
            answer.await.unwrap_or_else(|_| Err(shared.ended()))
        }
    }
}

/// Follows the state that another gateway writes.
#[derive(Debug)]
pub struct StateReader {
    log: Log,
    told: Option<i64>,
}

impl StateReader {
    /// A reader that has read nothing yet; `None` while there is no topic.
    ///
    /// # Errors
    /// As [`StateStore::peek`].
    pub async fn open(client: &Client) -> Result<Option<Self>, StoreError> {
        if topic::find(client).await?.is_none() {
            return Ok(None);
        }
        Ok(Some(Self { log: Log::at_start(client).await?, told: None }))
    }

    /// Reads to what is the end now. Returns everything when there was something new; being cancelled loses
    /// nothing.
    ///
    /// # Errors
    /// As [`StateStore::peek`]; a topic that was made anew is one that ends before what was read.
    pub async fn read_on(
        &mut self,
        client: &Client,
        encoder: Option<&PasswordEncoder>,
    ) -> Result<Option<Contents>, StoreError> {
        self.log.read_on(client).await?;
        if self.told == Some(self.log.next()) {
            return Ok(None);
        }
        let contents = understand(self.log.clone(), encoder.cloned()).await?;
        self.told = Some(self.log.next());
        Ok(Some(contents))
    }
}

/// Raises the epoch and writes with it. Returns the offset of what was written.
async fn take_over(
    client: &Client,
    cluster_id: &str,
    tasks: &Tasks,
) -> Result<(Writer, i64), StoreError> {
    let id = format!("{TOPIC}.{cluster_id}");
    let init = TransactionalInit { id: id.clone(), timeout: TRANSACTION_TIMEOUT, current: None };
    for _ in 0..EPOCHS {
        let producer = client.init_producer_id(Some(&init)).await;
        let producer = producer.map_err(|error| StoreError::of(error, Some(&id)))?;
        let end = log::end(client).await?;
        let stopping = tasks.stopping().clone();
        let mut writer = Writer::new(client.clone(), producer, id.clone(), stopping);
        let record = owner(&writer)?;
        let base = writer.write(&[record]).await?;
        if base >= end {
            return Ok((writer, base));
        }
        // The epoch was taken by a record that shut this producer out, and ours passed for its duplicate.
    }
    Err(StoreError::Fenced("others raise the epoch of its producer at the same time".to_owned()))
}

/// Reads everything, beyond the record at `owned`, until only the owner can write.
async fn read_all(client: &Client, writer: &mut Writer, owned: i64) -> Result<Log, StoreError> {
    let mut log = Log::at_start(client).await?;
    loop {
        log.read_on(client).await?;
        let strangers = log.strangers(writer.producer().id);
        if strangers.is_empty() && log.next() > owned {
            return Ok(log);
        }
        for (id, epoch) in strangers {
            let (key, value) = Fence::record(id, epoch.saturating_add(1))?;
            writer.write_as_next_of((id, epoch), (key, Some(value))).await?;
        }
    }
}

async fn understand(log: Log, encoder: Option<PasswordEncoder>) -> Result<Contents, StoreError> {
    tokio::task::spawn_blocking(move || log.contents(encoder.as_ref()))
        .await
        .map_err(|error| StoreError::Unwritable(error.to_string()))
}

#[cfg(test)]
mod tests;
