//! Searches for records that a schema registry's serializers wrote, against the embedded cluster.

use drawbridge_embedded::{ClusterSpec as EmbeddedSpec, EmbeddedCluster, Record, TopicSpec};
use drawbridge_kafka::settings::RegistrySettings;
use drawbridge_shared::view::{
    Decoding, RecordFilter, RecordQuery, RecordView, RecordsChunk, SchemaKind, Seek,
};
use serde_json::json;

use super::{
    browse::{query, search},
    support::{embedded, start},
};
use crate::{
    app::{App, Parts},
    demo,
    registry::tests::FakeRegistry,
};

const ORDER: &str = r#"{"type":"record","name":"shop.Order","fields":[
    {"name":"id","type":"long"},{"name":"city","type":"string"},
    {"name":"total","type":{"type":"bytes","logicalType":"decimal","precision":9,"scale":2}}]}"#;

/// Magic byte, schema id, data.
fn framed(id: u32, data: &[u8]) -> Vec<u8> {
    [&[0], &id.to_be_bytes()[..], data].concat()
}

/// An order: its id, a city of four letters, a total in hundredths.
fn order(id: i8, city: &str, total: i16) -> Vec<u8> {
    let id = u8::try_from(id).unwrap() * 2;
    [&[id, 8], city.as_bytes(), &[4], &total.to_be_bytes()].concat()
}

async fn bed(registry: &FakeRegistry, records: &[Record]) -> (EmbeddedCluster, App) {
    let spec = EmbeddedSpec::new("id-one").brokers(&[1]).topic(TopicSpec::new("orders", 1, 1));
    let cluster = embedded(spec).await;
    cluster.append("orders", 0, records).unwrap();
    let mut spec = demo::spec("one", &cluster).unwrap();
    spec.settings.schema_registry = Some(RegistrySettings::open(vec![registry.url()]));
    let app = start(Parts { clusters: vec![spec], ..Parts::default() }).await;
    (cluster, app)
}

async fn find(app: &App, asked: RecordQuery) -> (Vec<RecordView>, RecordsChunk) {
    search(app, asked).await.unwrap()
}

fn values(records: &[RecordView]) -> Vec<&str> {
    records.iter().map(|record| record.value.as_ref().unwrap().text.as_str()).collect()
}

#[tokio::test(flavor = "multi_thread")]
async fn records_are_decoded_filtered_and_looked_into_by_their_schema() {
    let registry = FakeRegistry::start().await;
    registry.put(7, "orders-value", "AVRO", ORDER, &json!([]));
    let records = [
        Record::new("a", framed(7, &order(1, "Bern", 1250))),
        Record::new("b", framed(7, &order(2, "Genf", -5))),
        Record::new("c", r#"{"id":3,"city":"Chur"}"#),
    ];
    let (_cluster, app) = bed(&registry, &records).await;
    let (found, _) = find(&app, query(Seek::Oldest, 10)).await;
    assert_eq!(
        values(&found),
        [
            r#"{"id":1,"city":"Bern","total":12.50}"#,
            r#"{"id":2,"city":"Genf","total":-0.05}"#,
            r#"{"id":3,"city":"Chur"}"#,
        ]
    );
    let value = found[0].value.as_ref().unwrap();
    assert_eq!((value.decoding, value.schema_id), (Decoding::Registry, Some(7)));
    let schema = value.schema.as_ref().unwrap();
    assert_eq!(
        (schema.kind, schema.subject.as_deref(), schema.version, schema.name.as_deref()),
        (SchemaKind::Avro, Some("orders-value"), Some(3), Some("shop.Order"))
    );
    let filters = [
        RecordFilter::Cel { expression: "value.total > 10.0".into() },
        RecordFilter::Text { text: "\"total\":12.5".into(), case_sensitive: false },
        RecordFilter::Cel { expression: "value.city == 'Bern'".into() },
    ];
    for filter in filters {
        let (found, last) = find(&app, RecordQuery { filter, ..query(Seek::Newest, 10) }).await;
        assert_eq!(values(&found), [r#"{"id":1,"city":"Bern","total":12.50}"#]);
        assert_eq!(last.progress.scanned, 3);
    }
    let paths = vec!["$.city".to_owned(), "$.total".to_owned()];
    let (found, _) = find(&app, RecordQuery { paths, ..query(Seek::Oldest, 10) }).await;
    let picked: Vec<_> = found.iter().map(|record| record.picked.clone()).collect();
    let some = |text: &str| Some(text.to_owned());
    assert_eq!(picked[0], [some("Bern"), some("12.50")]);
    assert_eq!(picked[2], [some("Chur"), None]);
    let wanted = ["/schemas/ids/7", "/schemas/ids/7/versions"];
    assert_eq!(registry.asked(), wanted, "read once for five searches");
}

#[tokio::test(flavor = "multi_thread")]
async fn what_cannot_be_decoded_is_shown_with_the_reason_and_the_others_are_not_touched() {
    let registry = FakeRegistry::start().await;
    registry.put(7, "orders-value", "AVRO", ORDER, &json!([]));
    let good = order(1, "Bern", 1250);
    let records = [
        Record::new("unknown", framed(99, &good)),
        Record::new("poison", framed(7, &[2, 200, 1, 0])),
        Record::new("cut", framed(7, &good[..5])),
        Record::new("good", framed(7, &good)),
        Record::new("number", 7_i64.to_be_bytes().to_vec()),
        Record::new("time", 1_790_000_000_000_i64.to_be_bytes().to_vec()),
    ];
    let (_cluster, app) = bed(&registry, &records).await;
    let (found, _) = find(&app, query(Seek::Oldest, 10)).await;
    let cause = |at: usize| found[at].value.as_ref().unwrap().trouble.clone().unwrap().cause;
    assert!(cause(0).contains("has no schema 99"), "{}", cause(0));
    assert!(cause(1).contains("not of schema 7 (orders-value version 3)"), "{}", cause(1));
    assert!(cause(2).contains("missing"), "{}", cause(2));
    let texts = values(&found);
    assert_eq!(texts[1], "02 c8 01 00");
    assert_eq!(texts[3], r#"{"id":1,"city":"Bern","total":12.50}"#);
    assert_eq!(texts[4..], ["7", "1790000000000"], "numbers stay numbers");
    assert!(found[3..].iter().all(|record| record.value.as_ref().unwrap().trouble.is_none()));
    let filter = RecordFilter::Cel { expression: "value.city == 'Bern'".into() };
    let (found, last) = find(&app, RecordQuery { filter, ..query(Seek::Oldest, 10) }).await;
    assert_eq!((found.len(), last.progress.filter_errors), (1, 5));
}

#[tokio::test(flavor = "multi_thread")]
async fn an_id_in_a_header_is_taken_and_another_decoding_can_be_asked_for() {
    let registry = FakeRegistry::start().await;
    registry.put(7, "orders-value", "AVRO", ORDER, &json!([]));
    let guid = uuid::Uuid::from_u128(0x1234_5678);
    registry.answer(&format!("/schemas/guids/{guid}"), 200, json!({ "schema": ORDER }).to_string());
    registry.answer(&format!("/schemas/guids/{guid}/ids"), 200, "[{\"id\":7}]");
    let header = [&[1], &guid.as_bytes()[..]].concat();
    let data = order(1, "Bern", 1250);
    let records = [
        Record::new("a", data.clone()).header("__value_schema_id", header),
        Record::new("b", data.clone()),
        Record::new("c", framed(7, &data)),
    ];
    let (_cluster, app) = bed(&registry, &records).await;
    let (found, _) = find(&app, query(Seek::Oldest, 10)).await;
    let value = found[0].value.as_ref().unwrap();
    assert_eq!(value.text, r#"{"id":1,"city":"Bern","total":12.50}"#);
    assert_eq!(value.schema_id, Some(7));
    assert_eq!(found[1].value.as_ref().unwrap().decoding, Decoding::Hex);
    let hex = RecordQuery { value_decoding: Decoding::Hex, ..query(Seek::Oldest, 10) };
    let (found, _) = find(&app, hex).await;
    assert!(values(&found)[2].starts_with("00 00 00 00 07 02 08"), "{:?}", values(&found));
    let asked = RecordQuery { value_decoding: Decoding::Registry, ..query(Seek::Oldest, 10) };
    let (found, _) = find(&app, asked).await;
    assert_eq!(values(&found)[2], r#"{"id":1,"city":"Bern","total":12.50}"#);
    assert_eq!(found[1].value.as_ref().unwrap().decoding, Decoding::Hex);
}
