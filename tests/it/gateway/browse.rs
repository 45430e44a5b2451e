//! Searches for records of real topics: every beginning, every filter, and what topics can be like.

mod long;

use std::sync::LazyLock;

use anyhow::{Result, ensure};
use drawbridge::app::App;
use drawbridge_shared::{
    view::{
        Decoding, PartitionPosition, RecordFilter, RecordQuery, RecordView, RecordsChunk,
        SearchEnd, Seek,
    },
    wire::{ErrorCode, Request, Response},
};
use drawbridge_tests::{
    bed::{gallery, unique},
    checker::Log,
    wire::{
        Routed, Wire,
        batch::{Batch, Compression, Entry, now},
    },
};

use super::{bed, console::Console, over_gallery, web::exchange};
use crate::{
    data::{
        compaction::{EAGER, clean, updates},
        write::{CODECS, Transactional},
    },
    support::Version,
};

on_each_version!(
    every_beginning_finds_its_records,
    filters_find_what_they_say,
    holes_aborted_and_open_records_are_not_shown,
    records_are_read_again_and_those_that_are_gone_are_not_replaced,
    topics_that_are_empty_or_missing_say_so,
    strange_bytes_and_large_records_are_shown,
    compacted_topics_are_read_across_their_holes,
    a_record_of_fifty_megabytes_is_previewed_read_in_part_and_exported_whole,
);

/// When the first record was made: lately, or retention would delete it.
static START: LazyLock<i64> = LazyLock::new(|| now() / 1000 * 1000 - 7_200_000);

pub(super) fn query(topic: &str, seek: Seek) -> RecordQuery {
    RecordQuery {
        cluster: bed(),
        topic: topic.parse().unwrap(),
        partitions: vec![],
        seek,
        filter: RecordFilter::None,
        limit: 1000,
        live: false,
        key_decoding: Decoding::Auto,
        value_decoding: Decoding::Auto,
        paths: vec![],
        resume: vec![],
    }
}

struct Stage {
    app: App,
    topic: Routed,
    address: String,
}

impl Stage {
    async fn new(version: Version, partitions: i32) -> Result<Self> {
        Self::with(version, partitions, &[]).await
    }

    async fn with(version: Version, partitions: i32, configs: &[(&str, &str)]) -> Result<Self> {
        let address = gallery(version).await?.back_door();
        let name = unique("browsed");
        Wire::connect(&address).await?.create_topic(&name, partitions, 1, configs).await?;
        let topic = Routed::open(&address, &name).await?;
        let (app, _) = over_gallery(version, "admin").await?;
        Ok(Self { app, topic, address })
    }

    /// Records with times a second apart, the partitions by turns.
    async fn fill(&mut self, each: i64) -> Result<()> {
        let n_partitions = i64::from(self.topic.partitions());
        for partition in 0..n_partitions {
            let entries: Vec<Entry> = (0..each)
                .map(|at| {
                    let n = at * n_partitions + partition;
                    let value = format!("{{\"n\":{n},\"city\":\"Bern\"}}");
                    Entry::new(Some(&format!("key-{n}")), Some(&value)).at(*START + n * 1000)
                })
                .collect();
            let batch = Batch::build(&entries, Compression::Lz4);
            self.append(i32::try_from(partition)?, &batch).await?;
        }
        Ok(())
    }

    async fn append(&mut self, partition: i32, batch: &Batch) -> Result<()> {
        let appended = self.topic.append(partition, batch).await?;
        ensure!(appended.error == 0, "{appended:?}");
        Ok(())
    }

    async fn search(&self, query: RecordQuery) -> Result<(Vec<RecordView>, RecordsChunk)> {
        let found = Console::open(&self.app).await?.search(query).await?;
        found.map_err(|error| anyhow::anyhow!("{error:?}"))
    }

    /// Reads records again by their places.
    async fn again(&self, places: &[PartitionPosition]) -> Result<Vec<Option<RecordView>>> {
        let ask = Request::ReadRecords {
            cluster: bed(),
            topic: self.topic.name().parse()?,
            places: places.to_vec(),
            key_decoding: Decoding::Auto,
            value_decoding: Decoding::Auto,
            paths: vec![],
        };
        match Console::open(&self.app).await?.ask(ask).await? {
            Ok(Response::Records(records)) => Ok(records),
            other => anyhow::bail!("{other:?}"),
        }
    }

    fn query(&self, seek: Seek) -> RecordQuery {
        query(self.topic.name(), seek)
    }
}

fn at_offset(offset: i64) -> PartitionPosition {
    PartitionPosition { partition: 0, offset }
}

/// The number in each record's value.
fn numbers(records: &[RecordView]) -> Vec<i64> {
    let number = |record: &RecordView| {
        let text = &record.value.as_ref().unwrap().text;
        serde_json::from_str::<serde_json::Value>(text).unwrap()["n"].as_i64().unwrap()
    };
    records.iter().map(number).collect()
}

async fn every_beginning_finds_its_records(version: Version) -> Result<()> {
    let mut stage = Stage::new(version, 3).await?;
    stage.fill(100).await?;
    let all: Vec<i64> = (0..300).collect();
    let (records, last) = stage.search(stage.query(Seek::Oldest)).await?;
    assert_eq!((numbers(&records), last.end), (all.clone(), Some(SearchEnd::Complete)));
    let back: Vec<i64> = all.iter().rev().copied().collect();
    let (records, _) = stage.search(stage.query(Seek::Newest)).await?;
    assert_eq!(numbers(&records), back);

    let mut asked = RecordQuery { limit: 70, ..stage.query(Seek::Newest) };
    let mut seen = Vec::new();
    loop {
        let (records, last) = stage.search(asked.clone()).await?;
        seen.extend(numbers(&records));
        asked.resume = last.positions;
        if last.end == Some(SearchEnd::Complete) {
            break;
        }
    }
    assert_eq!(seen, back, "continued from where it stood");

    let at = |partition, offset| PartitionPosition { partition, offset };
    let offsets = Seek::Offsets(vec![at(0, 99), at(1, 100), at(2, 98)]);
    let (records, _) = stage.search(stage.query(offsets)).await?;
    assert_eq!(numbers(&records), [296, 297, 299]);
    let from_ms = *START + 100_000;
    let between = Seek::Time { from_ms, to_ms: Some(from_ms + 4000) };
    let (records, _) = stage.search(stage.query(between)).await?;
    assert_eq!(numbers(&records), [100, 101, 102, 103, 104]);
    let (records, _) =
        stage.search(stage.query(Seek::Time { from_ms: *START + 297_000, to_ms: None })).await?;
    assert_eq!(numbers(&records), [297, 298, 299]);
    let one = RecordQuery { partitions: vec![1], limit: 2, ..stage.query(Seek::Oldest) };
    assert_eq!(numbers(&stage.search(one).await?.0), [1, 4]);

    let group = unique("readers");
    Wire::connect(&stage.address).await?.commit(&group, stage.topic.name(), 95).await?;
    let asked = RecordQuery { partitions: vec![0], ..stage.query(Seek::Group { group }) };
    assert_eq!(numbers(&stage.search(asked).await?.0), [285, 288, 291, 294, 297]);
    let nobody = stage.query(Seek::Group { group: unique("nobody") });
    assert!(stage.search(nobody).await.is_err());
    Ok(())
}

async fn filters_find_what_they_say(version: Version) -> Result<()> {
    let mut stage = Stage::new(version, 2).await?;
    stage.fill(2000).await?;
    let filters = [
        RecordFilter::Text { text: "KEY-77".into(), case_sensitive: false },
        RecordFilter::Cel {
            expression: "key == 'key-77' || key.startsWith('key-77') && size(key) >= 7".into(),
        },
    ];
    for filter in filters {
        let asked = RecordQuery { filter, ..stage.query(Seek::Oldest) };
        let (records, last) = stage.search(asked.clone()).await?;
        assert_eq!(records.len(), 11);
        assert_eq!(last.progress.scanned, 4000);
        let (back, _) = stage.search(RecordQuery { seek: Seek::Newest, ..asked }).await?;
        let mut expected = numbers(&records);
        expected.sort_by_key(|n| std::cmp::Reverse(*n));
        assert_eq!(numbers(&back), expected);
    }
    let wrong = RecordFilter::Cel { expression: "value.n >".into() };
    let asked = RecordQuery { filter: wrong, ..stage.query(Seek::Oldest) };
    let refused = Console::open(&stage.app).await?.search(asked).await?.unwrap_err();
    assert_eq!((refused.code, refused.fields[0].field.as_str()), (ErrorCode::Invalid, "filter"));
    assert!(refused.message.contains("line 1"), "{}", refused.message);
    Ok(())
}

async fn holes_aborted_and_open_records_are_not_shown(version: Version) -> Result<()> {
    let mut stage = Stage::new(version, 1).await?;
    let entries = |n: i64| -> Vec<Entry> {
        (n..n + 5)
            .map(|n| Entry::new(None, Some(&format!("{{\"n\":{n}}}"))).at(*START + n))
            .collect()
    };
    let mut producer = Transactional::new(&stage.address, &unique("tx"), 1).await?;
    let mut open = Transactional::new(&stage.address, &unique("open"), 1).await?;
    stage.append(0, &Batch::build(&entries(0), Compression::None)).await?;
    producer.write(&mut stage.topic, 0, &entries(100), Compression::None).await?;
    producer.end(false).await?;
    producer.write(&mut stage.topic, 0, &entries(5), Compression::Zstd).await?;
    producer.end(true).await?;
    let committed: Vec<i64> = (0..10).collect();
    let back: Vec<i64> = committed.iter().rev().copied().collect();
    for is_open in [false, true] {
        if is_open {
            open.write(&mut stage.topic, 0, &entries(200), Compression::None).await?;
        }
        let (records, last) = stage.search(stage.query(Seek::Oldest)).await?;
        assert_eq!((numbers(&records), last.end), (committed.clone(), Some(SearchEnd::Complete)));
        let (records, last) = stage.search(stage.query(Seek::Newest)).await?;
        assert_eq!((numbers(&records), last.end), (back.clone(), Some(SearchEnd::Complete)));
    }
    open.end(false).await
}

async fn records_are_read_again_and_those_that_are_gone_are_not_replaced(
    version: Version,
) -> Result<()> {
    let mut stage = Stage::new(version, 3).await?;
    stage.fill(1000).await?;
    let at = |partition, offset| PartitionPosition { partition, offset };
    let mut places: Vec<_> =
        (0..60).map(|n| at(i32::try_from(n % 3).unwrap(), 999 - n * 7)).collect();
    let number = |place: &PartitionPosition| place.offset * 3 + i64::from(place.partition);
    let found: Vec<RecordView> = stage.again(&places).await?.into_iter().flatten().collect();
    assert_eq!(numbers(&found), places.iter().map(number).collect::<Vec<_>>());

    stage.topic.delete_records(1, 900).await?;
    places.extend([at(1, 0), at(1, 899), at(1, 900), at(0, 1000), at(2, 50_000)]);
    let found = stage.again(&places).await?;
    for (place, record) in places.iter().zip(&found) {
        let is_gone = place.offset >= 1000 || (place.partition == 1 && place.offset < 900);
        let found = record.as_ref().map(|record| (record.partition, record.offset));
        assert_eq!(found, (!is_gone).then_some((place.partition, place.offset)));
    }
    Ok(())
}

async fn topics_that_are_empty_or_missing_say_so(version: Version) -> Result<()> {
    let stage = Stage::new(version, 2).await?;
    for seek in [Seek::Oldest, Seek::Newest, Seek::Time { from_ms: 0, to_ms: None }] {
        let (records, last) = stage.search(stage.query(seek)).await?;
        assert_eq!((records.len(), last.end), (0, Some(SearchEnd::Complete)));
    }
    let missing = query(&unique("missing"), Seek::Oldest);
    let refused = Console::open(&stage.app).await?.search(missing).await?.unwrap_err();
    assert_eq!(refused.code, ErrorCode::NotFound);
    Ok(())
}

async fn compacted_topics_are_read_across_their_holes(version: Version) -> Result<()> {
    let mut stage = Stage::with(version, 1, &EAGER).await?;
    let time = now() - 3_600_000;
    for round in 0..6 {
        stage.append(0, &Batch::build(&updates(round, time), CODECS[round % 5])).await?;
    }
    clean(Wire::connect(&stage.address).await?, &mut stage.topic, 0, time).await?;
    let left: Vec<i64> = Log::read(&mut stage.topic, 0).await?.committed.keys().copied().collect();
    ensure!(left.len() < 100 && left.len() > 5, "{left:?}");
    let offsets = |records: &[RecordView]| records.iter().map(|r| r.offset).collect::<Vec<_>>();
    let (records, last) = stage.search(stage.query(Seek::Oldest)).await?;
    assert_eq!((offsets(&records), last.end), (left.clone(), Some(SearchEnd::Complete)));
    let mut asked = RecordQuery { limit: 4, ..stage.query(Seek::Newest) };
    let mut seen = Vec::new();
    loop {
        let (records, last) = stage.search(asked.clone()).await?;
        seen.extend(offsets(&records));
        asked.resume = last.positions;
        if last.end == Some(SearchEnd::Complete) {
            break;
        }
    }
    seen.reverse();
    assert_eq!(seen, left);
    let end = left.last().unwrap() + 2;
    let places: Vec<i64> = (0..end).rev().collect();
    let places: Vec<_> = places.iter().map(|at| at_offset(*at)).collect();
    for places in places.chunks(200) {
        for (place, record) in places.iter().zip(stage.again(places).await?) {
            let found = record.map(|record| record.offset);
            assert_eq!(found, left.contains(&place.offset).then_some(place.offset), "{place:?}");
        }
    }
    // From inside of a hole it goes on behind it.
    let hole = (0..*left.last().unwrap()).find(|at| !left.contains(at)).unwrap();
    let from = Seek::Offsets(vec![PartitionPosition { partition: 0, offset: hole }]);
    let (records, _) = stage.search(stage.query(from)).await?;
    let behind: Vec<i64> = left.into_iter().filter(|at| *at > hole).collect();
    assert_eq!(offsets(&records), behind);
    Ok(())
}

async fn a_record_of_fifty_megabytes_is_previewed_read_in_part_and_exported_whole(
    version: Version,
) -> Result<()> {
    const SIZE: usize = 50 << 20;
    let mut stage = Stage::with(version, 1, &[("max.message.bytes", "60000000")]).await?;
    let large = Entry::new(Some("large"), Some(&"x".repeat(SIZE)));
    stage.append(0, &Batch::build(&[large], Compression::None)).await?;
    stage.append(0, &Batch::of_values(["after"])).await?;
    for seek in [Seek::Oldest, Seek::Newest] {
        let (mut records, _) = stage.search(stage.query(seek)).await?;
        records.sort_by_key(|record| record.offset);
        let value = records[0].value.as_ref().unwrap();
        assert_eq!((records.len(), value.size, value.truncated), (2, SIZE as u64, true));
        assert!(value.text.len() <= 2048);
    }
    let ask = Request::ReadRecord {
        cluster: bed(),
        topic: stage.topic.name().parse()?,
        partition: 0,
        offset: 0,
        key_decoding: Decoding::Auto,
        value_decoding: Decoding::Auto,
        header_decoding: Decoding::Auto,
    };
    let answer = Console::open(&stage.app).await?.ask(ask).await?;
    let Ok(Response::Record(record)) = answer else { anyhow::bail!("{answer:?}") };
    let value = record.value.unwrap();
    assert_eq!((value.text.len(), value.truncated), (8 << 20, true));
    let path = format!(
        "/export/bed/{}?from=offset&at=0&partitions=0&limit=1&format=jsonl",
        stage.topic.name()
    );
    let (status, body) = exchange(stage.app.address(), "GET", &path, "").await?;
    assert_eq!(status, 200);
    assert_eq!(body.matches('x').count() / 1000, SIZE / 1000, "all of it is there");
    Ok(())
}

async fn strange_bytes_and_large_records_are_shown(version: Version) -> Result<()> {
    let mut stage = Stage::new(version, 1).await?;
    let big = "x".repeat(700_000);
    let entries = [
        Entry::new(Some("gone"), None).header("from", Some("test")),
        Entry::new(None, Some("\u{1}\u{2}\u{0}")),
        Entry::new(Some("big"), Some(&big)),
    ];
    stage.append(0, &Batch::build(&entries, Compression::Gzip)).await?;
    let (records, _) = stage.search(stage.query(Seek::Oldest)).await?;
    assert!(records[0].value.is_none() && records[0].headers[0].name == "from");
    assert_eq!(records[1].value.as_ref().unwrap().text, "01 02 00");
    let preview = records[2].value.as_ref().unwrap();
    assert!(preview.truncated && preview.size == 700_000 && preview.text.len() <= 2048);
    let ask = |offset| Request::ReadRecord {
        cluster: bed(),
        topic: stage.topic.name().parse().unwrap(),
        partition: 0,
        offset,
        key_decoding: Decoding::Auto,
        value_decoding: Decoding::Auto,
        header_decoding: Decoding::Auto,
    };
    let mut console = Console::open(&stage.app).await?;
    let answer = console.ask(ask(2)).await?.map_err(|error| anyhow::anyhow!("{error:?}"))?;
    let Response::Record(record) = answer else { anyhow::bail!("no record") };
    assert_eq!(record.value.unwrap().text.len(), 700_000);
    assert_eq!(console.ask(ask(3)).await?.unwrap_err().code, ErrorCode::NotFound);
    Ok(())
}
