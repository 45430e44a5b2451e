//! Searches that are long enough for several consumers.

use std::collections::BTreeMap;

use super::*;

on_each_version!(a_long_search_finds_all_once_and_keeps_the_order_of_each_partition);

const PARTITIONS: i32 = 6;
const EACH: i64 = 20_000;

async fn a_long_search_finds_all_once_and_keeps_the_order_of_each_partition(
    version: Version,
) -> Result<()> {
    let mut stage = Stage::new(version, PARTITIONS).await?;
    let n_partitions = i64::from(PARTITIONS);
    for partition in 0..PARTITIONS {
        for part in 0..4 {
            let numbers = (part * EACH / 4..(part + 1) * EACH / 4)
                .map(|at| at * n_partitions + i64::from(partition));
            let entry =
                |n: i64| Entry::new(None, Some(&format!("{{\"n\":{n}}}"))).at(*START + n / 100);
            let entries: Vec<Entry> = numbers.map(entry).collect();
            stage.append(partition, &Batch::build(&entries, Compression::Lz4)).await?;
        }
    }
    let all = EACH * n_partitions;
    let wanted: Vec<i64> = (0..all).filter(|n| n.to_string().contains("77")).collect();
    for seek in [Seek::Oldest, Seek::Newest] {
        let filter = RecordFilter::Text { text: "77".to_owned(), case_sensitive: false };
        let whole = RecordQuery { filter, limit: 700, ..stage.query(seek.clone()) };
        let (mut found, mut scanned, mut resume) = (Vec::new(), 0, Vec::new());
        loop {
            let query = RecordQuery { resume: std::mem::take(&mut resume), ..whole.clone() };
            let (records, last) = stage.search(query).await?;
            ensure!(records.len() <= 700, "{} records", records.len());
            found.extend(records);
            scanned += last.progress.scanned;
            resume = last.positions;
            match last.end {
                Some(SearchEnd::Limit) => {}
                Some(SearchEnd::Complete) => break,
                other => anyhow::bail!("{other:?}"),
            }
        }
        let mut numbers = numbers(&found);
        numbers.sort_unstable();
        ensure!(numbers == wanted, "{} found, {} wanted", numbers.len(), wanted.len());
        let mut offsets: BTreeMap<i32, Vec<i64>> = BTreeMap::new();
        for record in &found {
            offsets.entry(record.partition).or_default().push(record.offset);
        }
        let is_forward = seek == Seek::Oldest;
        let in_order = |of: &Vec<i64>| of.is_sorted_by(|a, b| (a < b) == is_forward);
        ensure!(offsets.values().all(in_order), "a partition lost its order");
        // Newest first reads again what had no room.
        ensure!(!is_forward || scanned == all.unsigned_abs(), "{scanned} scanned of {all}");
    }
    Ok(())
}
