//! Committed, aborted, interleaved and open transactions.

use anyhow::{Result, ensure};
use drawbridge_tests::{
    bed::unique,
    wire::batch::{Batch, Compression},
};

use super::{
    bed::Bed,
    write::{CODECS, Transactional, append, mixed},
};
use crate::support::Version;

on_each_version!(
    of_transactions_only_what_was_committed_is_seen,
    an_open_transaction_is_mirrored_once_it_is_committed,
);

async fn of_transactions_only_what_was_committed_is_seen(version: Version) -> Result<()> {
    let bed = Bed::shared(version).await?;
    let mut topic = bed.topic(3, &[]).await?;
    let address = bed.source.back_door();
    let mut one = Transactional::new(&address, &unique("one"), 3).await?;
    let mut two = Transactional::new(&address, &unique("two"), 3).await?;
    let link = bed.link(&[]).await?;
    for (round, codec) in (0..).zip(CODECS) {
        if round == 2 {
            // What follows is mirrored as it comes.
            link.mirror(topic.name()).await?;
        }
        for partition in 0..3 {
            one.write(&mut topic, partition, &mixed(round, 4), codec).await?;
            two.write(&mut topic, partition, &mixed(round + 100, 3), codec).await?;
            append(&mut topic, partition, &Batch::build(&mixed(round, 2), codec)).await?;
            one.write(&mut topic, partition, &mixed(round, 5), codec).await?;
        }
        two.end(round % 3 == 0).await?;
        one.end(round % 2 == 0).await?;
        // Nothing but an aborted transaction.
        two.write(&mut topic, 0, &mixed(round, 30), codec).await?;
        two.end(false).await?;
    }
    let seen = link.holds(topic.name(), topic.name()).await?;
    ensure!(seen[0].uncommitted.len() > seen[0].committed.len(), "nothing was aborted");
    link.delete().await
}

async fn an_open_transaction_is_mirrored_once_it_is_committed(version: Version) -> Result<()> {
    let bed = Bed::shared(version).await?;
    let mut topic = bed.topic(1, &[]).await?;
    let mut open = Transactional::new(&bed.source.back_door(), &unique("open"), 1).await?;
    append(&mut topic, 0, &Batch::build(&mixed(1, 5), Compression::None)).await?;
    open.write(&mut topic, 0, &mixed(2, 5), Compression::Gzip).await?;
    append(&mut topic, 0, &Batch::build(&mixed(3, 5), Compression::None)).await?;
    let link = bed.link(&[]).await?;
    link.mirror(topic.name()).await?;
    let before = link.holds(topic.name(), topic.name()).await?;
    assert_eq!((before[0].stable, before[0].end), (5, 15));
    open.end(true).await?;
    let after = link.holds(topic.name(), topic.name()).await?;
    assert_eq!((after[0].stable, after[0].end, after[0].committed.len()), (16, 16, 15));
    link.delete().await
}
