//! Records as files, on embedded clusters.

use std::time::Duration;

use drawbridge_embedded::{
    ApiKey, ClusterSpec as EmbeddedSpec, EmbeddedCluster, Record, TopicSpec,
};
use drawbridge_shared::wire::{Feed, FeedData};
use serde_json::Value;
use tokio::{io::AsyncWriteExt, net::TcpStream};

use super::support::{Answer, Console, ask, ask_raw, embedded, gateway, in_time};
use crate::app::App;

async fn bed() -> (EmbeddedCluster, App) {
    let spec = EmbeddedSpec::new("one");
    let spec = spec.topic(TopicSpec::new("orders", 2, 1)).topic(TopicSpec::new("copies", 2, 1));
    let cluster = embedded(spec).await;
    let app = gateway(&[&cluster]).await;
    in_time(async {
        while ask(&app, "GET", "/kafka/v3/clusters/one/links", "").await.status != 200 {
            tokio::task::yield_now().await;
        }
    })
    .await;
    (cluster, app)
}

fn lines(answer: &Answer) -> Vec<Value> {
    answer.body.lines().map(|line| serde_json::from_str(line).unwrap()).collect()
}

fn importing(app: &App, query: &str, body: &str) -> String {
    format!(
        "POST /import/one/copies{query} HTTP/1.1\r\nHost: {}\r\nConnection: close\r\nContent-Type: application/x-ndjson\r\nContent-Length: {}\r\n\r\n{body}",
        app.address(),
        body.len()
    )
}

async fn import(app: &App, query: &str, body: &str) -> Answer {
    ask_raw(app, &importing(app, query, body)).await
}

#[tokio::test(flavor = "multi_thread")]
async fn what_is_exported_can_be_imported_and_is_the_same() {
    let (cluster, app) = bed().await;
    for n in 0..20 {
        let value = format!("{{\"n\": {n}, \"id\": 9007199254740993.10}}");
        cluster.append("orders", n % 2, &[Record::new(format!("k{n}"), value)]).unwrap();
    }
    let exported = ask(&app, "GET", "/export/one/orders", "").await;
    assert_eq!(exported.status, 200, "{exported:?}");
    assert!(exported.headers.contains("filename=\"orders.jsonl\""), "{}", exported.headers);
    let all = lines(&exported);
    assert_eq!(all.len(), 21);
    let end = &all[20]["export"];
    assert_eq!((&end["end"], &end["records"]), (&"complete".into(), &20.into()));
    assert!(exported.body.contains("\"value\":{\"n\": 3, \"id\": 9007199254740993.10}"));

    let looked = import(&app, "?validate_only=true", &exported.body).await.json();
    assert_eq!((&looked["records"], &looked["written"]), (&20.into(), &0.into()), "{looked}");
    assert_eq!(cluster.local().offsets("copies", 0), Some((0, 0)));
    let written = import(&app, "?keep_partitions=true", &exported.body).await.json();
    assert_eq!((&written["written"], &written["mistakes"]), (&20.into(), &0.into()), "{written}");
    let again = ask(&app, "GET", "/export/one/copies", "").await;
    let sorted = |answer: &Answer| {
        let mut lines: Vec<String> = answer.body.lines().map(str::to_owned).collect();
        lines.sort();
        lines
    };
    assert_eq!(sorted(&again), sorted(&exported));
}

#[tokio::test(flavor = "multi_thread")]
async fn an_export_has_what_the_search_finds_and_says_when_there_is_more() {
    let (cluster, app) = bed().await;
    for n in 0..30 {
        cluster.append("orders", 0, &[Record::new("a,\"b\"", format!("n={n}"))]).unwrap();
    }
    let found = ask(&app, "GET", "/export/one/orders?filter=n%3D7&partitions=0", "").await;
    assert_eq!(lines(&found).len(), 2, "{found:?}");
    assert_eq!(lines(&found)[0]["value"], "n=7");
    let cel = "/export/one/orders?cel=true&filter=offset%20%3E%2027&format=csv";
    let csv = ask(&app, "GET", cel, "").await.body;
    let rows: Vec<&str> = csv.split("\r\n").collect();
    assert_eq!(rows[0], "partition,offset,timestamp,key,value,headers,encoding");
    assert!(rows[1].starts_with("0,28,") && rows[1].ends_with(",\"a,\"\"b\"\"\",n=28,,"), "{csv}");
    assert_eq!(rows[3], "# complete; 2 records; 30 scanned; 0 filter errors");
    let some = ask(&app, "GET", "/export/one/orders?from=offset&at=10&limit=5", "").await;
    assert_eq!(lines(&some)[0]["offset"], 10);
    assert_eq!(lines(&some)[5]["export"]["end"], "limit");
    let wrong = ask(&app, "GET", "/export/one/orders?from=offset&at=x", "").await;
    assert_eq!((wrong.status, &wrong.json()["code"]), (400, &"invalid".into()), "{wrong:?}");
    assert_eq!(ask(&app, "GET", "/export/one/nothing", "").await.status, 404);
}

#[tokio::test(flavor = "multi_thread")]
async fn lines_that_are_no_records_are_left_out_and_told() {
    let (cluster, app) = bed().await;
    let body = "{\"value\":\"a\"}\n\nno json\n{\"value_base64\":\"AP8=\",\"headers\":[{\"name\":\"h\",\"value\":null}]}\n{\"partition\":7,\"value\":null}\n{\"key_base64\":\"?\"}";
    let report = import(&app, "?keep_partitions=true", body).await.json();
    assert_eq!((&report["records"], &report["written"]), (&2.into(), &2.into()), "{report}");
    assert_eq!(report["mistakes"], 3);
    assert_eq!(report["first"][0]["line"], 3);
    assert_eq!(report["first"][1]["message"], "the topic has no partition 7");
    let n: i64 = (0..2).filter_map(|at| cluster.local().offsets("copies", at)).map(|at| at.1).sum();
    assert_eq!(n, 2);
    // What a page of another site could send unasked.
    let plain = ask(&app, "POST", "/import/one/copies", "{}").await;
    assert_eq!(plain.status, 400, "{plain:?}");
}

#[tokio::test(flavor = "multi_thread")]
async fn whoever_may_not_write_is_told_what_it_takes_instead_of_each_line() {
    const TOPIC_AUTHORIZATION_FAILED: i16 = 29;
    let (cluster, app) = bed().await;
    cluster.faults().fail_with(ApiKey::Produce, TOPIC_AUTHORIZATION_FAILED, 1);
    let body = "{\"partition\":0,\"value\":\"a\"}\n{\"partition\":0,\"value\":\"b\"}\n";
    let refused = import(&app, "?keep_partitions=true", body).await;
    assert_eq!(refused.status, 403, "{refused:?}");
    let remedy = refused.json()["remedy"].as_str().unwrap().to_owned();
    assert!(remedy.contains("WRITE") && remedy.contains("copies"), "{remedy}");
    assert_eq!(cluster.local().offsets("copies", 0), Some((0, 0)));
}

#[tokio::test(flavor = "multi_thread")]
async fn what_an_import_wrote_is_in_the_activity_even_if_its_client_went() {
    let (cluster, app) = bed().await;
    cluster.faults().latency(None, Duration::from_millis(100));
    let body = "{\"value\":\"a\"}\n".repeat(3_000);
    let mut client = TcpStream::connect(app.address()).await.unwrap();
    client.write_all(importing(&app, "", &body).as_bytes()).await.unwrap();
    let n_written = || {
        let ends = (0..2).filter_map(|at| cluster.local().offsets("copies", at)).map(|at| at.1);
        ends.sum::<i64>()
    };
    let until = async |n| {
        in_time(async {
            while n_written() < n {
                tokio::task::yield_now().await;
            }
        })
        .await;
    };
    until(1).await;
    drop(client);
    until(3_000).await;
    let feed = Feed::Activity { cluster: None, link: None, topic: None };
    let is_told = |state: &FeedData| match state {
        FeedData::Activity(all) => all.iter().any(|entry| entry.action.contains("3000 records")),
        _ => false,
    };
    Console::open(&app).await.until(feed, is_told).await;
}
