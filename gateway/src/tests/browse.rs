//! Searches over the WebSocket, against the embedded cluster.

use drawbridge_embedded::{ClusterSpec as EmbeddedSpec, EmbeddedCluster, Record, TopicSpec};
use drawbridge_shared::{
    view::{
        Decoding, PartitionPosition, RecordFilter, RecordQuery, RecordView, RecordsChunk,
        SearchEnd, Seek,
    },
    wire::{
        ClientMessage, EndReason, ErrorCode, Feed, FeedData, FeedDelta, Request, Response,
        ServerMessage, SubscriptionId, WireError,
    },
};

use rdkafka::producer::{BaseProducer, BaseRecord, Producer};
use std::time::Duration;

use super::support::{Console, embedded, gateway, in_time};
use crate::app::App;

pub(super) fn query(seek: Seek, limit: u32) -> RecordQuery {
    RecordQuery {
        cluster: "one".parse().unwrap(),
        topic: "orders".parse().unwrap(),
        partitions: vec![],
        seek,
        filter: RecordFilter::None,
        limit,
        live: false,
        key_decoding: Decoding::Auto,
        value_decoding: Decoding::Auto,
        paths: vec![],
        resume: vec![],
    }
}

async fn bed(n_records: i64) -> (EmbeddedCluster, App) {
    let cluster = embedded(
        EmbeddedSpec::new("id-one").brokers(&[1, 2]).topic(TopicSpec::new("orders", 3, 1)),
    )
    .await;
    for partition in 0..3 {
        let records: Vec<Record> = (0..n_records)
            .map(|at| {
                let value = format!("{{\"n\":{at},\"partition\":{partition}}}");
                Record::new(format!("key-{at}"), value)
            })
            .collect();
        for chunk in records.chunks(500) {
            cluster.append("orders", partition, chunk).unwrap();
        }
    }
    let app = gateway(&[&cluster]).await;
    let mut console = Console::open(&app).await;
    console
        .until(
            Feed::Clusters,
            |state| matches!(state, FeedData::Clusters(all) if all[0].n_topics.is_some()),
        )
        .await;
    (cluster, app)
}

async fn follow(console: &mut Console, id: u64, query: RecordQuery, credit: u32) {
    let feed = Feed::Records { query: Box::new(query) };
    console.say(&ClientMessage::Subscribe { id: SubscriptionId(id), feed, credit }).await;
}

async fn next(console: &mut Console) -> Result<RecordsChunk, EndReason> {
    loop {
        match console.hear().await {
            ServerMessage::Snapshot { data: FeedData::Records(part), .. } => return Ok(*part),
            ServerMessage::Delta { delta: FeedDelta::Records(part), .. } => return Ok(*part),
            ServerMessage::Ended { reason, .. } => return Err(reason),
            ServerMessage::Ping { nonce } => console.say(&ClientMessage::Pong { nonce }).await,
            _ => {}
        }
    }
}

/// Runs a search to its end.
pub(super) async fn search(
    app: &App,
    query: RecordQuery,
) -> Result<(Vec<RecordView>, RecordsChunk), WireError> {
    let mut console = Console::open(app).await;
    follow(&mut console, 1, query, 10_000).await;
    let (mut records, mut last) = (Vec::new(), None);
    loop {
        match next(&mut console).await {
            Ok(part) => {
                records.extend(part.records.clone());
                last = Some(part);
            }
            Err(EndReason::Finished) => return Ok((records, last.expect("a part"))),
            Err(EndReason::Refused(error)) => return Err(*error),
            Err(other) => panic!("{other:?}"),
        }
    }
}

fn offsets(records: &[RecordView], partition: i32) -> Vec<i64> {
    records.iter().filter(|r| r.partition == partition).map(|r| r.offset).collect()
}

#[tokio::test(flavor = "multi_thread")]
async fn a_search_goes_both_ways_and_on_from_where_it_stood() {
    let (_cluster, app) = bed(400).await;
    let (records, last) = search(&app, query(Seek::Oldest, 10_000)).await.unwrap();
    assert_eq!((records.len(), last.end), (1200, Some(SearchEnd::Complete)));
    for partition in 0..3 {
        assert_eq!(offsets(&records, partition), (0..400).collect::<Vec<_>>());
    }
    assert_eq!(records[0].value.as_ref().unwrap().decoding, Decoding::Json);

    let mut again = query(Seek::Newest, 500);
    let mut found = Vec::new();
    for end in [SearchEnd::Limit, SearchEnd::Limit, SearchEnd::Complete] {
        let (records, last) = search(&app, again.clone()).await.unwrap();
        assert_eq!(last.end, Some(end), "{:?}", last.positions);
        found.extend(records);
        again.resume = last.positions;
    }
    for partition in 0..3 {
        assert_eq!(offsets(&found, partition), (0..400).rev().collect::<Vec<_>>());
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn a_filter_finds_what_is_far_back() {
    let (_cluster, app) = bed(3000).await;
    for filter in [
        RecordFilter::Text { text: "\"N\":3,".into(), case_sensitive: false },
        RecordFilter::Cel { expression: "value.n == 3".into() },
    ] {
        for seek in [Seek::Newest, Seek::Oldest] {
            let asked = RecordQuery { filter: filter.clone(), ..query(seek, 100) };
            let (records, last) = search(&app, asked).await.unwrap();
            assert_eq!(records.iter().map(|r| r.offset).collect::<Vec<_>>(), [3, 3, 3]);
            assert_eq!(last.end, Some(SearchEnd::Complete));
            assert_eq!((last.progress.scanned, last.progress.matched), (9000, 3));
        }
    }
    let expression = "value.missing > 1".into();
    let asked = RecordQuery { filter: RecordFilter::Cel { expression }, ..query(Seek::Oldest, 5) };
    let (_, last) = search(&app, asked).await.unwrap();
    assert_eq!(last.progress.filter_errors, 9000);
    assert!(last.progress.filter_error.unwrap().message.contains("missing"));
}

#[tokio::test(flavor = "multi_thread")]
async fn what_cannot_be_searched_is_refused_in_words() {
    let (_cluster, app) = bed(1).await;
    let expression = "valu.n > 1".into();
    let asked = RecordQuery { filter: RecordFilter::Cel { expression }, ..query(Seek::Oldest, 5) };
    let error = search(&app, asked).await.unwrap_err();
    assert_eq!((error.code, error.fields[0].field.as_str()), (ErrorCode::Invalid, "filter"));
    let error = search(&app, query(Seek::Oldest, 0)).await.unwrap_err();
    assert_eq!(error.fields[0].field, "limit");
    let asked = RecordQuery { partitions: vec![7], ..query(Seek::Oldest, 5) };
    let error = search(&app, asked).await.unwrap_err();
    assert!(error.message.contains("no partition 7"), "{}", error.message);
    let asked = RecordQuery { topic: "none".parse().unwrap(), ..query(Seek::Oldest, 5) };
    assert_eq!(search(&app, asked).await.unwrap_err().code, ErrorCode::NotFound);
}

#[tokio::test(flavor = "multi_thread")]
async fn a_search_waits_for_credit_and_loses_nothing() {
    let (_cluster, app) = bed(3000).await;
    let mut console = Console::open(&app).await;
    follow(&mut console, 1, query(Seek::Oldest, 9000), 0).await;
    let (mut n_records, mut n_parts) = (0, 0);
    loop {
        console.say(&ClientMessage::Credit { id: SubscriptionId(1), frames: 1 }).await;
        match next(&mut console).await {
            Ok(part) => {
                n_records += part.records.len();
                n_parts += 1;
            }
            Err(reason) => {
                assert_eq!(reason, EndReason::Finished);
                break;
            }
        }
    }
    assert!(n_records == 9000 && n_parts >= 18, "{n_records} in {n_parts}");
}

#[tokio::test(flavor = "multi_thread")]
async fn a_live_search_counts_what_it_leaves_out() {
    let (cluster, app) = bed(1).await;
    let mut console = Console::open(&app).await;
    follow(&mut console, 1, RecordQuery { live: true, ..query(Seek::Newest, 1) }, 1).await;
    // The first part tells that the search stands at the end.
    let mut seen = next(&mut console).await.unwrap().records.len();
    let records: Vec<Record> = (0..500).map(|at| Record::new("k", format!("{at}"))).collect();
    for _ in 0..40 {
        cluster.append("orders", 1, &records).unwrap();
    }
    let mut skipped = 0;
    loop {
        console.say(&ClientMessage::Credit { id: SubscriptionId(1), frames: 1 }).await;
        let part = next(&mut console).await.unwrap();
        seen += part.records.len();
        skipped += usize::try_from(part.skipped).unwrap();
        let stands = part.positions.iter().find(|at| at.partition == 1).unwrap().offset;
        if stands == 20_001 {
            break;
        }
    }
    assert_eq!(seen + skipped, 20_000);
}

#[tokio::test(flavor = "multi_thread")]
async fn records_are_read_again_by_their_places_and_those_that_are_gone_are_said_to_be() {
    let (_cluster, app) = bed(2000).await;
    let mut console = Console::open(&app).await;
    let ask = |places: &[(i32, i64)], paths: &[&str]| Request::ReadRecords {
        cluster: "one".parse().unwrap(),
        topic: "orders".parse().unwrap(),
        places: places
            .iter()
            .map(|(partition, offset)| PartitionPosition { partition: *partition, offset: *offset })
            .collect(),
        key_decoding: Decoding::Auto,
        value_decoding: Decoding::Auto,
        paths: paths.iter().map(|path| (*path).to_owned()).collect(),
    };
    let purge = Request::PurgeTopic {
        cluster: "one".parse().unwrap(),
        topic: "orders".parse().unwrap(),
        topic_id: None,
        before: vec![(1, 50)],
    };
    assert!(console.ask(purge).await.is_ok());
    let places =
        [(2, 7), (0, 1999), (1, 49), (1, 50), (0, 3), (0, 2000), (1, 1200), (2, 7), (0, 4)];
    let Ok(Response::Records(found)) = console.ask(ask(&places, &["$.n"])).await else {
        panic!("no records")
    };
    assert_eq!(found.len(), places.len());
    for (place, record) in places.iter().zip(&found) {
        let is_gone = matches!(place, (1, 49) | (0, 2000));
        let Some(record) = record else {
            assert!(is_gone, "{place:?}");
            continue;
        };
        assert_eq!((record.partition, record.offset), *place);
        assert_eq!(record.picked, [Some(place.1.to_string())]);
    }
    assert_eq!(found.iter().flatten().count(), 7);
    let wrong = console.ask(ask(&[(0, 0)], &["n"])).await.unwrap_err();
    assert_eq!(wrong.fields[0].field, "paths");
    let many: Vec<(i32, i64)> = (0..201).map(|offset| (0, offset)).collect();
    assert_eq!(console.ask(ask(&many, &[])).await.unwrap_err().fields[0].field, "places");
}

#[tokio::test(flavor = "multi_thread")]
async fn one_record_is_read_whole() {
    let (cluster, app) = bed(3).await;
    cluster.append("orders", 0, &[Record::new("big", "x".repeat(100_000))]).unwrap();
    let mut console = Console::open(&app).await;
    let ask = |offset| Request::ReadRecord {
        cluster: "one".parse().unwrap(),
        topic: "orders".parse().unwrap(),
        partition: 0,
        offset,
        key_decoding: Decoding::Auto,
        value_decoding: Decoding::Auto,
        header_decoding: Decoding::Auto,
    };
    let Ok(Response::Record(record)) = console.ask(ask(3)).await else { panic!("no record") };
    let value = record.value.unwrap();
    assert_eq!((value.text.len(), value.truncated), (100_000, false));
    assert!(value.why.is_some());
    assert_eq!(console.ask(ask(99)).await.unwrap_err().code, ErrorCode::NotFound);
}

/// A transaction on partition 0 of `orders` that nobody ends, with a record in it.
async fn open_transaction(cluster: &EmbeddedCluster) -> BaseProducer {
    let servers = cluster.bootstrap_servers();
    let begun = tokio::task::spawn_blocking(move || {
        let producer: BaseProducer = rdkafka::ClientConfig::new()
            .set("bootstrap.servers", servers)
            .set("transactional.id", "t")
            .create()
            .unwrap();
        let patience = Duration::from_secs(30);
        producer.init_transactions(patience).unwrap();
        producer.begin_transaction().unwrap();
        let record = BaseRecord::to("orders").partition(0).key("k").payload("undecided");
        producer.send::<str, str>(record).map_err(|(error, _)| error).unwrap();
        producer.flush(patience).unwrap();
        producer
    });
    in_time(begun).await.unwrap()
}

#[tokio::test(flavor = "multi_thread")]
async fn what_an_open_transaction_holds_back_is_said_not_to_be_there() {
    let (cluster, app) = bed(3).await;
    let producer = open_transaction(&cluster).await;
    let mut console = Console::open(&app).await;
    for offset in [3, 4] {
        let ask = Request::ReadRecord {
            cluster: "one".parse().unwrap(),
            topic: "orders".parse().unwrap(),
            partition: 0,
            offset,
            key_decoding: Decoding::Auto,
            value_decoding: Decoding::Auto,
            header_decoding: Decoding::Auto,
        };
        let refused = console.ask(ask).await.unwrap_err();
        assert_eq!(refused.code, ErrorCode::NotFound, "{refused:?}");
        assert!(refused.remedy.unwrap().contains("transaction that was aborted or is open"));
    }
    let places = [2, 3].map(|offset| PartitionPosition { partition: 0, offset }).to_vec();
    let ask = Request::ReadRecords {
        cluster: "one".parse().unwrap(),
        topic: "orders".parse().unwrap(),
        places,
        key_decoding: Decoding::Auto,
        value_decoding: Decoding::Auto,
        paths: vec![],
    };
    let Ok(Response::Records(records)) = console.ask(ask).await else { panic!("no records") };
    let there: Vec<bool> = records.iter().map(Option::is_some).collect();
    assert_eq!(there, [true, false]);
    tokio::task::spawn_blocking(move || drop(producer)).await.unwrap();
}

#[tokio::test(flavor = "multi_thread")]
async fn records_of_a_time_are_found_behind_newer_ones() {
    let (cluster, app) = bed(0).await;
    let times = [1_000, 5_000, 2_000, 9_000, 3_000];
    let records = times.map(|at| Record::new("k", at.to_string()).at(at));
    cluster.append("orders", 0, &records).unwrap();
    let seek = Seek::Time { from_ms: 1_500, to_ms: Some(3_500) };
    let (found, last) = search(&app, query(seek, 100)).await.unwrap();
    assert_eq!(last.end, Some(SearchEnd::Complete));
    assert_eq!(offsets(&found, 0), [2, 4]);
}
