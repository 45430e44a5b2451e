//! Writers of test data.

use anyhow::{Result, ensure};
use drawbridge_tests::wire::{
    Routed, Wire,
    batch::{Batch, Compression, Entry, bits, now},
};

pub(crate) const CODECS: [Compression; 5] = [
    Compression::None,
    Compression::Gzip,
    Compression::Snappy,
    Compression::Lz4,
    Compression::Zstd,
];

/// `count` records with keys and values of all kinds, told apart by `seed`.
pub(crate) fn mixed(seed: usize, count: usize) -> Vec<Entry> {
    let time = now();
    (0..count)
        .map(|n| {
            let (key, value) =
                (format!("key-{seed}-{n}"), format!("value {n} of {seed} ").repeat(n % 7));
            let entry = match n % 5 {
                0 => Entry::new(None, Some(&value)),
                1 => Entry::new(Some(&key), None),
                2 => Entry::new(None, None),
                3 => Entry::new(Some(&key), Some(&value))
                    .header("empty", Some(""))
                    .header("none", None),
                _ => Entry::new(Some(""), Some(&value)).header("h", Some("x")),
            };
            entry.at(time - i64::try_from(n).unwrap_or(0) * 7)
        })
        .collect()
}

/// Appends and insists.
pub(crate) async fn append(topic: &mut Routed, partition: i32, batch: &Batch) -> Result<i64> {
    let answer = topic.append(partition, batch).await?;
    ensure!(answer.error == 0, "error {} from {}-{partition}", answer.error, topic.name());
    Ok(answer.base_offset)
}

/// A producer that writes in transactions.
pub(crate) struct Transactional {
    id: String,
    who: (i64, i16),
    sequences: Vec<i32>,
    coordinator: Wire,
}

impl Transactional {
    pub(crate) async fn new(bootstrap: &str, id: &str, partitions: i32) -> Result<Self> {
        let address = Wire::connect(bootstrap).await?.find_coordinator(id, 1).await?;
        let mut coordinator = Wire::connect(&address).await?;
        let who = coordinator.transactional_producer(id).await?;
        let sequences = vec![0; usize::try_from(partitions)?];
        Ok(Self { id: id.to_owned(), who, sequences, coordinator })
    }

    /// Writes into the open transaction, which begins with the first write.
    pub(crate) async fn write(
        &mut self,
        topic: &mut Routed,
        partition: i32,
        entries: &[Entry],
        codec: Compression,
    ) -> Result<()> {
        self.send(topic, partition, Batch::build(entries, codec)).await
    }

    /// As [`Transactional::write`], of a batch.
    pub(crate) async fn send(
        &mut self,
        topic: &mut Routed,
        partition: i32,
        batch: Batch,
    ) -> Result<()> {
        let name = topic.name().to_owned();
        self.coordinator
            .add_partitions_to_transaction(&self.id, self.who, &name, vec![partition])
            .await?;
        let sequence = &mut self.sequences[usize::try_from(partition)?];
        let (producer, epoch) = self.who;
        let batch = batch.by(producer, epoch, *sequence).with_bit(bits::TRANSACTIONAL);
        let answer = topic.append_in(&self.id, partition, &batch).await?;
        ensure!(answer.error == 0, "error {} from {name}-{partition}", answer.error);
        *sequence += batch.count();
        Ok(())
    }

    pub(crate) async fn end(&mut self, commit: bool) -> Result<()> {
        self.coordinator.end_transaction(&self.id, self.who, commit).await
    }
}
