//! Many records of all kinds at once.
//!
//! `DRAWBRIDGE_TEST_RECORDS=1000000` makes it a million; records per second are printed.

use std::{io::Write as _, time::Instant};

use anyhow::{Result, ensure};
use drawbridge_tests::{
    bed::unique,
    checker,
    wire::{
        Routed,
        batch::{Batch, Compression, Entry, now},
    },
};

use super::{
    bed::Bed,
    compaction::{EAGER, UNCLEANED, clean, updates},
    write::{CODECS, Transactional, append, mixed},
};
use crate::support::Version;

on_each_version!(many_records_of_all_kinds_arrive_at_their_offsets);

/// Records of one batch.
const BATCH: usize = 500;

/// Batches made once and given times of their own each time: making them takes longer than mirroring them.
struct Stock {
    batches: Vec<Batch>,
    next: i64,
}

impl Stock {
    fn new() -> Self {
        let batches = CODECS.iter().enumerate();
        let batches = batches.map(|(seed, codec)| Batch::build(&mixed(seed, BATCH), *codec));
        Self { batches: batches.collect(), next: 0 }
    }

    fn next(&mut self) -> Batch {
        self.next += 1;
        let batch = self.batches[usize::try_from(self.next).unwrap() % self.batches.len()].clone();
        let (base, max) = (batch.base_timestamp(), batch.max_timestamp());
        batch.with_base_timestamp(base - self.next).with_max_timestamp(max - self.next)
    }

    /// Appends at least so many records to each of these partitions.
    async fn pour(
        &mut self,
        topic: &mut Routed,
        partitions: std::ops::Range<i32>,
        records: usize,
    ) -> Result<()> {
        for partition in partitions {
            for _ in 0..records.div_ceil(BATCH) {
                append(topic, partition, &self.next()).await?;
            }
        }
        Ok(())
    }
}

async fn many_records_of_all_kinds_arrive_at_their_offsets(version: Version) -> Result<()> {
    let wanted = std::env::var("DRAWBRIDGE_TEST_RECORDS").ok().and_then(|n| n.parse().ok());
    let each = wanted.unwrap_or(100_000_usize) / 12 + 1;
    let bed = Bed::shared(version).await?;
    let mut stock = Stock::new();
    let mut plain = bed.topic(6, &[]).await?;
    stock.pour(&mut plain, 0..6, each).await?;

    let mut trimmed = bed.topic(2, &[]).await?;
    stock.pour(&mut trimmed, 0..2, each + each / 5).await?;
    let start = i64::try_from(each / 5)?;
    trimmed.delete_records(0, start).await?;
    trimmed.delete_records(1, start + 123).await?;

    let mut transactional = bed.topic(3, &[]).await?;
    let address = bed.source.back_door();
    let mut producer = Transactional::new(&address, &unique("bulk"), 3).await?;
    for round in 0..each.div_ceil(BATCH) {
        for partition in 0..3 {
            let batch = stock.next();
            producer.send(&mut transactional, partition, batch).await?;
            if round % 4 == 0 {
                let few = Batch::build(&mixed(round, 3), Compression::None);
                append(&mut transactional, partition, &few).await?;
            }
        }
        if round % 3 == 2 {
            producer.end(round % 2 == 0).await?;
        }
    }
    producer.end(true).await?;

    let mut compacted = bed.topic(1, &EAGER).await?;
    let time = now() - 3_600_000;
    for round in 0..each / 60 {
        let few = usize::min(10, round % 11);
        let own =
            (0..few).map(|n| Entry::new(Some(&format!("{round}-{n}")), Some("stays")).at(time));
        let entries: Vec<Entry> = updates(round, time).into_iter().chain(own).collect();
        append(&mut compacted, 0, &Batch::build(&entries, CODECS[round % 5])).await?;
    }
    clean(bed.source().await?, &mut compacted, 0, time).await?;

    let topics = [plain, trimmed, transactional, compacted];
    let link = bed.link(&[]).await?;
    let begun = Instant::now();
    for topic in &topics {
        link.mirror_with(topic.name(), &[UNCLEANED]).await?;
    }
    for topic in &topics {
        link.caught_up(topic.name(), topic.name()).await?;
    }
    let took = begun.elapsed();
    let mut compared = 0;
    let mut offsets = 0;
    for mut source in topics {
        let mut mirror = Routed::open(&bed.destination.back_door(), source.name()).await?;
        compared += checker::check(&mut source, &mut mirror).await?;
        let ends = checker::ends(&mut mirror).await?;
        offsets += ends.iter().map(|(end, _)| *end).sum::<i64>();
    }
    ensure!(compared * 12 > each * 12 * 8, "only {compared} records were compared");
    let per_second = u128::from(offsets.unsigned_abs()) * 1000 / took.as_millis().max(1);
    let line = format!(
        "{version:?}: {compared} records at {offsets} offsets in {took:?}: {per_second} offsets/s\n"
    );
    std::io::stdout().write_all(line.as_bytes())?;
    link.delete().await
}
