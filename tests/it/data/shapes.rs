//! Records of all shapes.

use anyhow::{Result, ensure};
use bytes::Bytes;
use drawbridge_tests::wire::batch::{Batch, Compression, Entry};

use super::{
    bed::Bed,
    write::{CODECS, append, mixed},
};
use crate::support::Version;

on_each_version!(
    every_codec_header_and_null_arrives_at_its_offset,
    a_mirror_with_a_prefix_has_the_same_records,
    append_times_of_the_source_are_kept,
    records_larger_than_the_destination_takes_by_default_arrive,
);

async fn every_codec_header_and_null_arrives_at_its_offset(version: Version) -> Result<()> {
    let bed = Bed::shared(version).await?;
    let mut topic = bed.topic(6, &[]).await?;
    // Partition 5 stays empty.
    for (partition, codec) in (0..).zip(CODECS) {
        for size in [1, 3, 100] {
            append(&mut topic, partition, &Batch::build(&mixed(size, size), codec)).await?;
        }
    }
    let link = bed.link(&[]).await?;
    link.mirror(topic.name()).await?;
    let before = link.holds(topic.name(), topic.name()).await?;
    ensure!(before.iter().map(|log| log.committed.len()).sum::<usize>() == 520, "{before:?}");
    for (partition, codec) in (1..).zip(CODECS) {
        append(&mut topic, partition, &Batch::build(&mixed(7, 50), codec)).await?;
    }
    let after = link.holds(topic.name(), topic.name()).await?;
    assert_eq!(after.iter().map(|log| log.end).sum::<i64>(), 770);
    link.delete().await
}

async fn a_mirror_with_a_prefix_has_the_same_records(version: Version) -> Result<()> {
    let bed = Bed::shared(version).await?;
    let mut topic = bed.topic(2, &[]).await?;
    append(&mut topic, 1, &Batch::build(&mixed(1, 20), Compression::None)).await?;
    let link = bed.link(&[("cluster.link.prefix", "west.")]).await?;
    link.mirror(topic.name()).await?;
    link.holds(topic.name(), &format!("west.{}", topic.name())).await?;
    link.delete().await
}

async fn append_times_of_the_source_are_kept(version: Version) -> Result<()> {
    let bed = Bed::shared(version).await?;
    let mut topic = bed.topic(2, &[("message.timestamp.type", "LogAppendTime")]).await?;
    for codec in CODECS {
        append(&mut topic, 0, &Batch::build(&mixed(1, 20), codec)).await?;
    }
    let link = bed.link(&[]).await?;
    link.mirror(topic.name()).await?;
    link.holds(topic.name(), topic.name()).await?;
    append(&mut topic, 1, &Batch::build(&mixed(2, 20), Compression::Zstd)).await?;
    link.holds(topic.name(), topic.name()).await?;
    link.delete().await
}

async fn records_larger_than_the_destination_takes_by_default_arrive(
    version: Version,
) -> Result<()> {
    let bed = Bed::shared(version).await?;
    let mut topic = bed.topic(1, &[("max.message.bytes", "10000000")]).await?;
    let mut large = Entry::new(Some("large"), None);
    // Bytes that no codec makes smaller.
    let noise: Vec<u8> = (0..3_000_000).map(|_| rand::random()).collect();
    large.value = Some(Bytes::from(noise));
    let small = Entry::value("small");
    let batches = [vec![small.clone()], vec![large.clone(), small.clone(), large], vec![small]];
    for entries in &batches {
        append(&mut topic, 0, &Batch::build(entries, Compression::None)).await?;
    }
    let link = bed.link(&[]).await?;
    link.mirror(topic.name()).await?;
    link.holds(topic.name(), topic.name()).await?;
    append(&mut topic, 0, &Batch::build(&batches[1], Compression::Lz4)).await?;
    link.holds(topic.name(), topic.name()).await?;
    link.delete().await
}
