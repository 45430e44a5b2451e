//! Mirrors that do not begin at offset 0.

use anyhow::{Result, ensure};
use drawbridge_tests::{
    checker,
    wire::{
        Isolation, Routed,
        batch::{Batch, Compression},
    },
};

use super::{
    bed::Bed,
    write::{append, mixed},
};
use crate::support::Version;

on_each_version!(
    a_trimmed_source_is_mirrored_from_its_log_start,
    a_mirror_from_latest_begins_with_what_comes_next,
    a_mirror_from_a_time_begins_with_the_first_record_of_it,
    records_deleted_while_mirroring_change_nothing_that_is_mirrored,
);

/// `batches` batches of ten records each.
async fn fill(topic: &mut Routed, partition: i32, batches: usize) -> Result<()> {
    for n in 0..batches {
        append(topic, partition, &Batch::build(&mixed(n, 10), Compression::Lz4)).await?;
    }
    Ok(())
}

async fn a_trimmed_source_is_mirrored_from_its_log_start(version: Version) -> Result<()> {
    let bed = Bed::shared(version).await?;
    // Few offsets are filled with markers, many with padding; a log start may lie inside of a batch, and
    // everything may be gone.
    let mut topic = bed.topic(4, &[]).await?;
    for (partition, before) in [(0, 23), (1, 4_995), (2, 5_000), (3, 300)] {
        fill(&mut topic, partition, 500).await?;
        topic.delete_records(partition, before).await?;
    }
    let link = bed.link(&[]).await?;
    link.mirror(topic.name()).await?;
    let source = link.holds(topic.name(), topic.name()).await?;
    let starts: Vec<i64> = source.iter().map(|log| log.start).collect();
    assert_eq!(starts, [23, 4_995, 5_000, 300]);
    fill(&mut topic, 2, 3).await?;
    link.holds(topic.name(), topic.name()).await?;
    link.delete().await
}

async fn a_mirror_from_latest_begins_with_what_comes_next(version: Version) -> Result<()> {
    let bed = Bed::shared(version).await?;
    let mut topic = bed.topic(2, &[]).await?;
    fill(&mut topic, 0, 70).await?;
    fill(&mut topic, 1, 3).await?;
    let link = bed.link(&[("mirror.start.offset.spec", "latest")]).await?;
    link.mirror(topic.name()).await?;
    fill(&mut topic, 0, 5).await?;
    link.caught_up(topic.name(), topic.name()).await?;
    let (there, here) = link.read(topic.name(), topic.name()).await?;
    checker::compare(&there, &here, &[700, 30])?;
    link.delete().await
}

async fn a_mirror_from_a_time_begins_with_the_first_record_of_it(version: Version) -> Result<()> {
    let bed = Bed::shared(version).await?;
    let mut topic = bed.topic(3, &[]).await?;
    let time = 1_700_000_000_000;
    for partition in 0..2 {
        for n in 0..80_i64 {
            let batch: Vec<_> =
                mixed(1, 10).into_iter().zip(0..).map(|(e, i)| e.at(time + n * 10 + i)).collect();
            append(&mut topic, partition, &Batch::build(&batch, Compression::Gzip)).await?;
        }
    }
    // In the middle of a batch: 2023-11-14T22:13:20.655Z.
    let from = topic.offset(0, time + 655, -1, Isolation::Uncommitted).await?;
    assert_eq!(from, 655);
    let link = bed.link(&[("mirror.start.offset.spec", "2023-11-14T22:13:20.655Z")]).await?;
    link.mirror(topic.name()).await?;
    link.caught_up(topic.name(), topic.name()).await?;
    let (there, here) = link.read(topic.name(), topic.name()).await?;
    checker::compare(&there, &here, &[655, 655, 0])?;
    link.delete().await
}

async fn records_deleted_while_mirroring_change_nothing_that_is_mirrored(
    version: Version,
) -> Result<()> {
    let bed = Bed::shared(version).await?;
    let mut topic = bed.topic(2, &[]).await?;
    fill(&mut topic, 0, 30).await?;
    let link = bed.link(&[]).await?;
    link.mirror(topic.name()).await?;
    let before = link.holds(topic.name(), topic.name()).await?;
    topic.delete_records(0, 155).await?;
    fill(&mut topic, 0, 30).await?;
    fill(&mut topic, 1, 3).await?;
    topic.delete_records(1, 30).await?;
    link.caught_up(topic.name(), topic.name()).await?;
    let (mut there, here) = link.read(topic.name(), topic.name()).await?;
    ensure!(here[0].start <= 155, "the mirror begins at {}", here[0].start);
    there[0] = there[0].clone().with_earlier(&before[0]);
    // Of partition 1 some may have been mirrored before they were deleted, and some not.
    checker::compare(&there[..1], &here[..1], &[here[0].start])?;
    assert_eq!(here[1].end, 30);
    link.delete().await
}
