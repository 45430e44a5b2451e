//! Live searches while more is written than a console reads: nothing is lost that is not counted.

use std::collections::BTreeMap;

use anyhow::{Context as _, Result, ensure};
use drawbridge_shared::{
    view::{RecordFilter, RecordQuery, RecordsChunk, Seek},
    wire::SubscriptionId,
};
use drawbridge_tests::{
    bed::{gallery, unique},
    wire::{
        Routed, Wire,
        batch::{Batch, Compression, Entry},
    },
};
use tokio::sync::watch;

use super::{browse::query, console::Console, over_gallery};
use crate::support::Version;

on_each_version!(
    what_a_slow_console_is_shown_and_what_it_is_told_to_have_missed_is_all_that_was_written,
);

const PARTITIONS: i32 = 3;
const BATCH: i64 = 1000;
/// Batches of each partition.
const BATCHES: i64 = 40;

/// A console and what it was shown of one live search.
struct Watcher {
    console: Console,
    search: SubscriptionId,
    credit: u32,
    shown: u64,
    skipped: u64,
    last: BTreeMap<i32, i64>,
    at: BTreeMap<i32, i64>,
}

impl Watcher {
    /// Follows from the end on; the search stands there when this returns.
    async fn new(mut console: Console, query: RecordQuery, credit: u32) -> Result<Self> {
        let search = console.follow(RecordQuery { live: true, ..query }, credit).await?;
        let (last, at) = (BTreeMap::new(), BTreeMap::new());
        let mut watcher = Self { console, search, credit, shown: 0, skipped: 0, last, at };
        let part = watcher.console.part(search).await?;
        watcher.take(&part)?;
        Ok(watcher)
    }

    fn take(&mut self, part: &RecordsChunk) -> Result<()> {
        ensure!(part.end.is_none(), "{:?}", part.end);
        for record in &part.records {
            let before = self.last.insert(record.partition, record.offset);
            ensure!(before < Some(record.offset), "{record:?} after {before:?}");
        }
        for position in &part.positions {
            let before = self.at.insert(position.partition, position.offset);
            ensure!(before <= Some(position.offset), "{position:?} after {before:?}");
        }
        self.shown += u64::try_from(part.records.len())?;
        self.skipped += part.skipped;
        Ok(())
    }

    /// Reads on until the search has passed everything.
    async fn read_on(&mut self) -> Result<()> {
        while (0..PARTITIONS).any(|at| self.at.get(&at) < Some(&(BATCHES * BATCH))) {
            self.console.pay(self.search, self.credit).await?;
            let part = self.console.part(self.search).await?;
            self.take(&part)?;
        }
        Ok(())
    }
}

/// Every tenth record has a mark.
fn batch(from: i64) -> Batch {
    let entries: Vec<Entry> = (from..from + BATCH)
        .map(|n| Entry::value(if n % 10 == 0 { format!("{n} marked") } else { n.to_string() }))
        .collect();
    Batch::build(&entries, Compression::Lz4)
}

/// Writes all, and tells after each round how many batches each partition has.
async fn write(mut topic: Routed, written: watch::Sender<i64>) -> Result<()> {
    for round in 0..BATCHES {
        let batch = batch(round * BATCH);
        for partition in 0..PARTITIONS {
            let appended = topic.append(partition, &batch).await?;
            ensure!(appended.error == 0, "{appended:?}");
        }
        written.send_replace(round + 1);
    }
    Ok(())
}

async fn what_a_slow_console_is_shown_and_what_it_is_told_to_have_missed_is_all_that_was_written(
    version: Version,
) -> Result<()> {
    let address = gallery(version).await?.back_door();
    let name = unique("live");
    Wire::connect(&address).await?.create_topic(&name, PARTITIONS, 1, &[]).await?;
    let topic = Routed::open(&address, &name).await?;
    let (app, _) = over_gallery(version, "admin").await?;
    let all = query(&name, Seek::Newest);
    let filter = RecordFilter::Text { text: "marked".into(), case_sensitive: true };
    let marked = RecordQuery { filter, ..all.clone() };
    let mut slow = Watcher::new(Console::open(&app).await?, all.clone(), 1).await?;
    let mut slow_marked = Watcher::new(Console::open(&app).await?, marked, 1).await?;
    let mut eager = Watcher::new(Console::open(&app).await?, all, 100).await?;

    let (written, mut seen) = watch::channel(0);
    let writing = tokio::spawn(write(topic, written));
    let reading = tokio::spawn(async move {
        eager.read_on().await?;
        anyhow::Ok(eager)
    });
    // The slow ones pay for nothing until half of it is written.
    seen.wait_for(|rounds| *rounds >= BATCHES / 2).await.context("the writer failed")?;
    slow.read_on().await?;
    slow_marked.read_on().await?;
    writing.await??;
    let eager = reading.await??;

    let produced = u64::try_from(i64::from(PARTITIONS) * BATCHES * BATCH)?;
    assert_eq!(slow.shown + slow.skipped, produced, "{} shown", slow.shown);
    assert!(slow.skipped >= produced / 4, "{} skipped", slow.skipped);
    assert_eq!(slow_marked.shown + slow_marked.skipped, produced / 10, "of what is looked for");
    assert_eq!(eager.shown + eager.skipped, produced, "{} shown", eager.shown);
    for watcher in [&slow, &slow_marked, &eager] {
        assert!(watcher.shown > 0);
    }
    Ok(())
}
