//! Writing records, over the WebSocket and over REST, on embedded clusters.

use drawbridge_shared::{
    record::{BytesDraft, Encoding, HeaderDraft, ProduceCodec, ProducedRow, RecordDraft},
    view::{ActivityResult, Decoding, RecordView},
    wire::{ErrorCode, Feed, FeedData, Request, Response, WireError},
};
use serde_json::{Value, json};
use tokio::{
    io::{AsyncReadExt, AsyncWriteExt},
    net::TcpStream,
};

use super::{
    support::{Console, ask, in_time},
    verify::{failed_over, linked},
};
use crate::app::App;

const RECORDS: &str = "/kafka/v3/clusters/cloud/topics/orders/records";

async fn failed_over_pair() -> (impl Sized, App) {
    let (on_prem, cloud, app) = linked(1).await;
    failed_over(&app).await;
    ((on_prem, cloud), app)
}

fn text(text: &str) -> Option<BytesDraft> {
    Some(BytesDraft { text: text.to_owned(), encoding: Encoding::Text })
}

async fn produce(app: &App, records: Vec<RecordDraft>) -> Result<Vec<ProducedRow>, WireError> {
    let request = Request::Produce {
        cluster: "two".parse().unwrap(),
        topic: "orders".parse().unwrap(),
        records,
        copies: 1,
        codec: ProduceCodec::Lz4,
    };
    match Console::open(app).await.ask(request).await? {
        Response::Produced(rows) => Ok(rows),
        other => panic!("{other:?}"),
    }
}

async fn record(app: &App, partition: i32, offset: i64) -> RecordView {
    let request = Request::ReadRecord {
        cluster: "two".parse().unwrap(),
        topic: "orders".parse().unwrap(),
        partition,
        offset,
        key_decoding: Decoding::Auto,
        value_decoding: Decoding::Auto,
        header_decoding: Decoding::Auto,
    };
    let answer = Console::open(app).await.ask(request).await;
    let Ok(Response::Record(record)) = answer else { panic!("{answer:?}") };
    *record
}

#[tokio::test(flavor = "multi_thread")]
async fn records_are_written_as_typed_and_the_activity_tells_of_them_without_their_content() {
    let (_clusters, app) = failed_over_pair().await;
    let full = RecordDraft {
        partition: Some(1),
        key: text("k"),
        value: Some(BytesDraft { text: "00ff".to_owned(), encoding: Encoding::Hex }),
        headers: vec![
            HeaderDraft { name: "h".to_owned(), value: text("v") },
            HeaderDraft { name: "n".to_owned(), value: None },
        ],
        timestamp_ms: Some(1_790_000_000_000),
    };
    let tombstone = RecordDraft { partition: Some(1), key: text("k"), ..RecordDraft::default() };
    let rows = produce(&app, vec![full, tombstone]).await.unwrap();
    let places: Vec<_> = rows.iter().map(|row| (row.partition, row.offset)).collect();
    assert_eq!(places, [(1, 1), (1, 2)], "{rows:?}");
    let written = record(&app, 1, 1).await;
    assert_eq!(written.value.unwrap().text, "00 ff");
    assert_eq!(written.timestamp_ms, Some(1_790_000_000_000));
    assert_eq!(written.headers.len(), 2);
    assert!(written.headers[1].value.is_none());
    assert!(record(&app, 1, 2).await.value.is_none());

    let feed = Feed::Activity {
        cluster: Some("two".parse().unwrap()),
        link: None,
        topic: Some("orders".parse().unwrap()),
    };
    let told = |data: &FeedData| match data {
        FeedData::Activity(entries) => entries.iter().any(|entry| {
            entry.action == "produce 2 records to topic 'orders'"
                && entry.after.as_deref() == Some("partition 1: offsets 1 to 2")
        }),
        _ => false,
    };
    Console::open(&app).await.until(feed, told).await;
}

#[tokio::test(flavor = "multi_thread")]
async fn mistakes_are_told_at_their_fields_and_nothing_is_written() {
    let (_clusters, app) = failed_over_pair().await;
    let json = Some(BytesDraft { text: "{".to_owned(), encoding: Encoding::Json });
    let wrong = RecordDraft { value: json, ..RecordDraft::default() };
    let refused = produce(&app, vec![RecordDraft::default(), wrong]).await.unwrap_err();
    assert_eq!((refused.code, &*refused.fields[0].field), (ErrorCode::Invalid, "records.1.value"));
    let far = RecordDraft { partition: Some(7), ..RecordDraft::default() };
    let refused = produce(&app, vec![far]).await.unwrap_err();
    assert_eq!(refused.fields[0].field, "records.0.partition");
    assert_eq!(produce(&app, vec![]).await.unwrap_err().code, ErrorCode::Invalid);
}

#[tokio::test(flavor = "multi_thread")]
async fn nobody_but_the_link_writes_to_a_mirror() {
    let (_on_prem, _cloud, app) = linked(1).await;
    let refused = produce(&app, vec![RecordDraft::default()]).await.unwrap_err();
    assert_eq!(refused.code, ErrorCode::Denied);
    assert!(refused.message.contains("is a mirror of link 'l'"), "{refused:?}");
    let body = json!({"value": {"type": "STRING", "data": "x"}}).to_string();
    let answer = ask(&app, "POST", RECORDS, &body).await;
    assert_eq!((answer.status, &answer.json()["error_code"]), (403, &json!(40301)), "{answer:?}");
    let batch = json!({"entries": [{"id": "1"}]}).to_string();
    assert_eq!(ask(&app, "POST", &format!("{RECORDS}:batch"), &batch).await.status, 403);

    let feed = Feed::Activity { cluster: Some("two".parse().unwrap()), link: None, topic: None };
    let told = |data: &FeedData| match data {
        FeedData::Activity(entries) => entries.iter().any(|entry| {
            entry.who == "rest"
                && matches!(&entry.result, ActivityResult::Refused(why) if why.contains("mirror"))
        }),
        _ => false,
    };
    Console::open(&app).await.until(feed, told).await;
}

#[tokio::test(flavor = "multi_thread")]
async fn rest_takes_a_stream_of_records_and_answers_each_in_its_place() {
    let (_clusters, app) = failed_over_pair().await;
    let first = json!({"partition_id": 0, "key": {"type": "BINARY", "data": "aw=="}, "value": {"type": "JSON", "data": {"n": 1}}, "headers": [{"name": "h", "value": "dg=="}], "timestamp": "2026-09-21T13:33:20Z"});
    let second = json!({"partition_id": 9, "value": {"type": "STRING", "data": "x"}});
    let third = json!({"partition_id": 0, "value": {"type": "STRING", "data": "ä"}});
    let body = format!("{first}{second}\n{third}");
    let answer = ask(&app, "POST", RECORDS, &body).await;
    assert_eq!(answer.status, 200, "{answer:?}");
    let told: Vec<Value> = serde_json::Deserializer::from_str(&answer.body)
        .into_iter()
        .collect::<Result<_, _>>()
        .unwrap();
    let codes: Vec<u64> = told.iter().map(|one| one["error_code"].as_u64().unwrap()).collect();
    assert_eq!(codes, [200, 40002, 200], "{told:?}");
    let expected = json!({
        "error_code": 200, "cluster_id": "cloud", "topic_name": "orders", "partition_id": 0,
        "offset": 1, "timestamp": "2026-09-21T13:33:20.000Z",
        "key": {"type": "BINARY", "size": 1}, "value": {"type": "JSON", "size": 7},
    });
    assert_eq!(told[0], expected);
    let written = record(&app, 0, 1).await;
    assert_eq!(written.value.unwrap().text, "{\"n\":1}");
    assert_eq!(written.headers[0].value.as_ref().unwrap().text, "v");
    assert_eq!(record(&app, 0, 2).await.value.unwrap().text, "ä");

    let alone = json!({"partition_id": 9}).to_string();
    let answer = ask(&app, "POST", RECORDS, &alone).await;
    assert_eq!((answer.status, &answer.json()["error_code"]), (400, &json!(40002)), "{answer:?}");
    assert_eq!(ask(&app, "POST", RECORDS, " ").await.status, 422);
    assert_eq!(ask(&app, "POST", RECORDS, "").await.status, 415);
    assert_eq!(ask(&app, "POST", RECORDS, "{\"value\":").await.status, 400);
}

#[tokio::test(flavor = "multi_thread")]
async fn rest_takes_a_batch_and_answers_by_id() {
    let (_clusters, app) = failed_over_pair().await;
    let batch = json!({"entries": [
        {"id": "a", "partition_id": 1, "value": {"type": "STRING", "data": "x"}},
        {"id": "b", "value": {"type": "AVRO", "data": "x"}},
    ]});
    let path = format!("{RECORDS}:batch");
    let answer = ask(&app, "POST", &path, &batch.to_string()).await;
    assert_eq!(answer.status, 207, "{answer:?}");
    let told = answer.json();
    assert_eq!(told["successes"][0]["id"], "a");
    assert_eq!(told["successes"][0]["offset"], 1);
    assert_eq!(told["failures"][0]["id"], "b");
    assert_eq!(told["failures"][0]["error_code"], 40002);
    let twice = json!({"entries": [{"id": "a"}, {"id": "a"}]}).to_string();
    assert_eq!(ask(&app, "POST", &path, &twice).await.status, 400);
}

/// Sends records one by one to REST, each only when the one before was answered.
async fn in_lock_step(app: &App, kinds: [&str; 2]) -> String {
    let mut stream = TcpStream::connect(app.address()).await.unwrap();
    let head = format!(
        "POST {RECORDS} HTTP/1.1\r\nHost: localhost\r\nConnection: close\r\nContent-Type: application/json\r\nTransfer-Encoding: chunked\r\n\r\n"
    );
    stream.write_all(head.as_bytes()).await.unwrap();
    let mut answer = String::new();
    for (n, kind) in (1..).zip(kinds) {
        let record = json!({"value": {"type": kind, "data": n.to_string()}}).to_string();
        let chunk = format!("{:x}\r\n{record}\r\n", record.len());
        stream.write_all(chunk.as_bytes()).await.unwrap();
        in_time(async {
            while answer.matches("\"error_code\":").count() < n {
                let mut bytes = [0; 4096];
                let read = stream.read(&mut bytes).await.unwrap();
                assert_ne!(read, 0, "it ended: {answer}");
                answer.push_str(std::str::from_utf8(&bytes[..read]).unwrap());
            }
        })
        .await;
    }
    stream.write_all(b"0\r\n\r\n").await.unwrap();
    answer
}

#[tokio::test(flavor = "multi_thread")]
async fn rest_answers_a_record_before_the_next_one_is_sent() {
    let (_clusters, app) = failed_over_pair().await;
    for (kinds, written) in [(["STRING", "STRING"], 2), (["NONSENSE", "STRING"], 1)] {
        let answer = in_lock_step(&app, kinds).await;
        assert!(answer.starts_with("HTTP/1.1 200"), "{answer}");
        assert_eq!(answer.matches("\"offset\":").count(), written, "{answer}");
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn copies_are_written_in_portions_and_each_is_answered() {
    let (_clusters, app) = failed_over_pair().await;
    let large = RecordDraft {
        partition: Some(0),
        value: text(&"x".repeat(300_000)),
        ..RecordDraft::default()
    };
    let small = RecordDraft { partition: Some(1), value: text("y"), ..RecordDraft::default() };
    let request = Request::Produce {
        cluster: "two".parse().unwrap(),
        topic: "orders".parse().unwrap(),
        records: vec![large, small],
        copies: 40,
        codec: ProduceCodec::None,
    };
    let answer = Console::open(&app).await.ask(request).await;
    let Ok(Response::Produced(rows)) = answer else { panic!("{answer:?}") };
    let expected: Vec<(i32, i64)> = (1..=40).flat_map(|at| [(0, at), (1, at)]).collect();
    let places: Vec<_> = rows.iter().map(|row| (row.partition, row.offset)).collect();
    assert_eq!(places, expected);
}
