//! Writers that go on until they are told to stop, whatever happens to the brokers.
//!
//! A request whose answer was lost is made again, and a transaction that broke is given up: what the source
//! holds is what counts.

use std::time::Duration;

use anyhow::{Context, Result};
use drawbridge_tests::{
    bed::unique,
    wire::{Routed, batch::Batch},
};
use tokio::{sync::watch, task::JoinHandle};

use super::write::{CODECS, Transactional, append, mixed};

/// Between two rounds of a writer.
const BEAT: Duration = Duration::from_millis(15);

/// Writers of a topic.
pub(crate) struct Traffic {
    stop: watch::Sender<bool>,
    writers: Vec<JoinHandle<Result<()>>>,
    written: watch::Receiver<usize>,
}

impl Traffic {
    /// One plain and one transactional writer for all partitions of a topic.
    pub(crate) fn start(bootstrap: &str, topic: &str) -> Self {
        let stop = watch::Sender::new(false);
        let (count, written) = watch::channel(0);
        let own = || (bootstrap.to_owned(), topic.to_owned(), stop.subscribe());
        let writers = vec![tokio::spawn(plain(own(), count)), tokio::spawn(transactional(own()))];
        Self { stop, writers, written }
    }

    /// No writers.
    pub(super) fn none() -> Self {
        Self { stop: watch::Sender::new(true), writers: Vec::new(), written: watch::channel(0).1 }
    }

    /// Waits until the plain writer has written so many records more.
    pub(crate) async fn more(&mut self, records: usize) -> Result<()> {
        let wanted = *self.written.borrow() + records;
        let waited = self.written.wait_for(|written| *written >= wanted);
        tokio::time::timeout(Duration::from_secs(120), waited)
            .await
            .context("nothing is written")??;
        Ok(())
    }

    /// Ends the writers; transactions are over then.
    pub(crate) async fn stop(self) -> Result<()> {
        self.stop.send_replace(true);
        for writer in self.writers {
            writer.await??;
        }
        Ok(())
    }
}

type Own = (String, String, watch::Receiver<bool>);

async fn plain((bootstrap, topic, stop): Own, count: watch::Sender<usize>) -> Result<()> {
    let mut topic = Routed::open(&bootstrap, &topic).await?;
    let mut round = 0;
    while !*stop.borrow() {
        for partition in 0..topic.partitions() {
            let batch = Batch::build(&mixed(round, 1 + round % 20), CODECS[round % CODECS.len()]);
            append(&mut topic, partition, &batch).await?;
            count.send_modify(|count| *count += 1 + round % 20);
            round += 1;
        }
        tokio::time::sleep(BEAT).await;
    }
    Ok(())
}

async fn transactional((bootstrap, topic, stop): Own) -> Result<()> {
    let id = unique("traffic");
    let mut topic = Routed::open(&bootstrap, &topic).await?;
    let mut producer = None;
    let mut round = 0;
    // After the last round nothing is open: a new producer of that id ends what the old one left.
    while !*stop.borrow() || producer.is_none() {
        let mut open = match producer.take() {
            Some(open) => open,
            None => match fresh(&bootstrap, &id, topic.partitions()).await {
                Some(open) => open,
                None => continue,
            },
        };
        if transaction(&mut open, &mut topic, round).await.is_ok() {
            producer = Some(open);
        }
        round += 1;
        tokio::time::sleep(BEAT).await;
    }
    Ok(())
}

async fn fresh(bootstrap: &str, id: &str, partitions: i32) -> Option<Transactional> {
    for broker in bootstrap.split(',') {
        if let Ok(producer) = Transactional::new(broker, id, partitions).await {
            return Some(producer);
        }
    }
    tokio::time::sleep(BEAT * 10).await;
    None
}

async fn transaction(of: &mut Transactional, topic: &mut Routed, round: usize) -> Result<()> {
    for partition in 0..topic.partitions() {
        if !(round + usize::try_from(partition)?).is_multiple_of(3) {
            let entries = mixed(round, 1 + round % 9);
            of.write(topic, partition, &entries, CODECS[round % CODECS.len()]).await?;
        }
    }
    of.end(round % 4 != 1).await
}
