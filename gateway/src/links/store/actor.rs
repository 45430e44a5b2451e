//! The task that owns the writer: it takes what waits, writes it as one batch, and tells who asked.

use std::{sync::Arc, time::Duration};

use serde::Serialize;
use tokio::{
    sync::{mpsc, oneshot},
    time::MissedTickBehavior,
};
use tokio_util::sync::CancellationToken;

use super::{
    Key, PasswordEncoder, StoreError, Stored, codec,
    log::OWNER,
    shared::Shared,
    writer::{Record, Writer},
};
use crate::clock::now_ms;

/// Most records in one batch.
const RECORDS: usize = 200;
/// A batch gets no further record from this size on; brokers take 1 MiB.
const BYTES: usize = 256 * 1024;
/// A partition forgets a producer that has not written for a day (`producer.id.expiration.ms`), and with
/// it whom it shut out. So the owner writes before that; it also finds out that it is none any more.
const SIGN_OF_LIFE: Duration = Duration::from_secs(3_600);
/// When the gateway stops, what others still want to store is waited for this long.
const LAST_MOMENT: Duration = Duration::from_secs(1);

/// Something to write, and who waits for it.
pub(super) struct Write {
    pub(super) what: What,
    pub(super) done: oneshot::Sender<Result<(), StoreError>>,
}

pub(super) enum What {
    /// In place of the earlier one of its key.
    Record(Key, Box<Stored>),
    Removal(Key),
    /// That the owner is still there.
    SignOfLife,
}

pub(super) struct Actor {
    pub(super) writer: Writer,
    pub(super) encoder: Option<PasswordEncoder>,
    pub(super) shared: Arc<Shared>,
    pub(super) stopping: CancellationToken,
}

type Waiting = Vec<oneshot::Sender<Result<(), StoreError>>>;

impl Actor {
    /// Runs until nobody has a handle, the gateway stops, or another gateway takes over.
    pub(super) async fn run(mut self, mut queue: mpsc::Receiver<Write>) {
        let mut alive = tokio::time::interval(SIGN_OF_LIFE);
        alive.set_missed_tick_behavior(MissedTickBehavior::Delay);
        alive.reset();
        let mut taken = Vec::new();
        while !self.shared.has_ended() {
            tokio::select! {
                count = queue.recv_many(&mut taken, RECORDS) => {
                    if count == 0 {
                        return;
                    }
                    self.write_all(taken.drain(..)).await;
                }
                _ = alive.tick() => self.sign_of_life().await,
                () = last_moment(&self.stopping) => break,
            }
        }
        queue.close();
        while let Some(write) = queue.recv().await {
            drop(write.done.send(Err(self.shared.ended())));
        }
    }

    async fn write_all(&mut self, writes: impl Iterator<Item = Write>) {
        let (mut records, mut waiting, mut size) = (Vec::new(), Waiting::new(), 0);
        for write in writes {
            match self.encode(write.what).await {
                Ok(record) => {
                    size += record.0.len() + record.1.as_ref().map_or(0, Vec::len);
                    records.push(record);
                    waiting.push(write.done);
                }
                Err(error) => drop(write.done.send(Err(error))),
            }
            if size >= BYTES {
                self.flush(&mut records, &mut waiting).await;
                size = 0;
            }
        }
        self.flush(&mut records, &mut waiting).await;
    }

    async fn encode(&self, what: What) -> Result<Record, StoreError> {
        match what {
            What::SignOfLife => owner(&self.writer),
            What::Removal(key) => Ok((key.to_string(), None)),
            // Its secrets take a while to encrypt.
            What::Record(key, link) if matches!(*link, Stored::Link(_)) => {
                let encoder = self.encoder.clone();
                let work = move || codec::encode(*link, encoder.as_ref());
                let done = tokio::task::spawn_blocking(work).await;
                let bytes = done.map_err(|error| StoreError::Unwritable(error.to_string()))??;
                Ok((key.to_string(), Some(bytes)))
            }
            What::Record(key, stored) => Ok((key.to_string(), Some(codec::encode(*stored, None)?))),
        }
    }

    async fn flush(&mut self, records: &mut Vec<Record>, waiting: &mut Waiting) {
        if records.is_empty() {
            return;
        }
        let result = if self.shared.has_ended() {
            Err(self.shared.ended())
        } else {
            self.write(records).await
        };
        records.clear();
        for done in waiting.drain(..) {
            drop(done.send(result.clone()));
        }
    }

    async fn write(&mut self, records: &[Record]) -> Result<(), StoreError> {
        let result = self.writer.write(records).await.map(|_| ());
        match &result {
            Err(StoreError::Fenced(why)) => {
                tracing::warn!(why, "another gateway has taken over the state of the links");
                self.shared.fence(why);
            }
            // What was under way may be there: its sequence must not be used for anything else.
            Err(StoreError::Closed) => self.shared.close(),
            _ => {}
        }
        result
    }

    async fn sign_of_life(&mut self) {
        let result = match owner(&self.writer) {
            Ok(record) => self.write(&[record]).await,
            Err(error) => Err(error),
        };
        if let Err(error) = result {
            tracing::warn!(%error, "no sign of life was written to the state of the links");
        }
    }
}

async fn last_moment(stopping: &CancellationToken) {
    stopping.cancelled().await;
    tokio::time::sleep(LAST_MOMENT).await;
}

#[derive(Serialize)]
struct Owner {
    v: u32,
    host: Option<String>,
    process: u32,
    producer_id: i64,
    epoch: i16,
    at_ms: i64,
}

/// The record that says who writes, for people who look into the topic.
pub(super) fn owner(writer: &Writer) -> Result<Record, StoreError> {
    let producer = writer.producer();
    let owner = Owner {
        v: 1,
        host: std::fs::read_to_string("/etc/hostname").ok().map(|name| name.trim().to_owned()),
        process: std::process::id(),
        producer_id: producer.id,
        epoch: producer.epoch,
        at_ms: now_ms(),
    };
    let value =
        serde_json::to_vec(&owner).map_err(|error| StoreError::Unwritable(error.to_string()))?;
    Ok((OWNER.to_owned(), Some(value)))
}
