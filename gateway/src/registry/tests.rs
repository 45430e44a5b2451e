//! A registry over HTTP: what is asked, how often, and what is told when it does not answer as it should.

use std::{
    collections::HashMap,
    sync::{Arc, Mutex},
    time::Duration,
};

use axum::{
    Router,
    extract::State,
    http::{HeaderMap, StatusCode, Uri, header},
    response::{IntoResponse, Response},
};
use drawbridge_kafka::settings::{RegistryLogin, RegistryUrl, Secret};
use serde_json::{Value, json};
use tokio::net::TcpListener;

use super::*;

type Answers = HashMap<String, (StatusCode, String)>;

/// A registry of the documented REST shapes, on a free port, that remembers what it was asked.
#[derive(Clone, Default)]
pub(crate) struct FakeRegistry {
    address: String,
    answers: Arc<Mutex<Answers>>,
    asked: Arc<Mutex<Vec<String>>>,
    /// What it wants to see in `Authorization`.
    login: Option<&'static str>,
    /// Whether it takes requests and never answers.
    hangs: bool,
}

impl FakeRegistry {
    pub(crate) async fn start() -> Self {
        Self::default().serve().await
    }

    async fn serve(mut self) -> Self {
        let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
        self.address = format!("http://{}", listener.local_addr().unwrap());
        let router = Router::new().fallback(answer).with_state(self.clone());
        tokio::spawn(async move { axum::serve(listener, router).await });
        self
    }

    pub(crate) fn url(&self) -> RegistryUrl {
        RegistryUrl::parse(&self.address).unwrap()
    }

    fn settings(&self) -> RegistrySettings {
        RegistrySettings::open(vec![self.url()])
    }

    fn registry(&self) -> Registry {
        Registry::new(self.settings(), Tasks::default())
    }

    pub(crate) fn answer(&self, path: &str, status: u16, body: impl Into<String>) {
        let status = StatusCode::from_u16(status).unwrap();
        self.answers.lock().unwrap().insert(path.to_owned(), (status, body.into()));
    }

    /// Has a schema under an id and a subject.
    pub(crate) fn put(&self, id: u32, subject: &str, kind: &str, schema: &str, references: &Value) {
        let mut body = json!({ "schema": schema, "references": references });
        // Avro goes without saying.
        if kind != "AVRO" {
            body["schemaType"] = json!(kind);
        }
        self.answer(&format!("/schemas/ids/{id}"), 200, body.to_string());
        let versions = json!([{ "subject": subject, "version": 3 }]);
        self.answer(&format!("/schemas/ids/{id}/versions"), 200, versions.to_string());
        body["id"] = json!(id);
        self.answer(&format!("/subjects/{subject}/versions/3"), 200, body.to_string());
    }

    pub(crate) fn asked(&self) -> Vec<String> {
        self.asked.lock().unwrap().clone()
    }
}

async fn answer(State(fake): State<FakeRegistry>, uri: Uri, headers: HeaderMap) -> Response {
    fake.asked.lock().unwrap().push(uri.path().to_owned());
    if fake.hangs {
        return std::future::pending().await;
    }
    let shown = headers.get(header::AUTHORIZATION).and_then(|value| value.to_str().ok());
    if fake.login.is_some() && shown != fake.login {
        return StatusCode::UNAUTHORIZED.into_response();
    }
    let found = fake.answers.lock().unwrap().get(uri.path()).cloned();
    match found {
        Some((status, there)) if status.is_redirection() => {
            (status, [(header::LOCATION, there)]).into_response()
        }
        Some(found) => found.into_response(),
        None => {
            let body = json!({ "error_code": 40403, "message": "Schema not found" });
            (StatusCode::NOT_FOUND, body.to_string()).into_response()
        }
    }
}

mod over_tls;

const LONG: &str = r#"{"type":"record","name":"N","fields":[{"name":"n","type":"long"}]}"#;

fn text(schema: &Schema, data: &[u8]) -> String {
    let measure = Measure { most: 1000, is_alone: true };
    schema.decode(data, None, measure).map(|content| content.text).unwrap_or_else(|t| t.cause)
}

#[tokio::test]
async fn a_schema_is_read_once_with_all_it_refers_to() {
    let fake = FakeRegistry::start().await;
    fake.put(1, "n-value", "AVRO", LONG, &json!([]));
    let outer = r#"{"type":"record","name":"O","fields":[{"name":"a","type":"N"},{"name":"b","type":"N"}]}"#;
    fake.put(
        2,
        "o-value",
        "AVRO",
        outer,
        &json!([{ "name": "N", "subject": "n-value", "version": 3 }]),
    );
    let registry = fake.registry();
    for _ in 0..3 {
        let schema = registry.schema(SchemaKey::Id(2)).await.unwrap();
        assert_eq!(text(&schema, &[2, 4]), r#"{"a":{"n":1},"b":{"n":2}}"#);
        let view = schema.view("o", false, None);
        assert_eq!((view.subject.as_deref(), view.version), (Some("o-value"), Some(3)));
    }
    assert_eq!(
        fake.asked(),
        ["/schemas/ids/2", "/subjects/n-value/versions/3", "/schemas/ids/2/versions"]
    );
}

#[tokio::test]
async fn a_message_that_imports_is_read_and_one_that_is_imported_twice() {
    let fake = FakeRegistry::start().await;
    let money = "syntax = \"proto3\"; message Money { int64 units = 1; }";
    fake.put(1, "money", "PROTOBUF", money, &json!([]));
    let cart = "syntax = \"proto3\"; import \"money.proto\"; message Cart { Money m = 1; }";
    let imports = json!([{ "name": "money.proto", "subject": "money", "version": 3 }]);
    fake.put(2, "cart", "PROTOBUF", cart, &imports);
    let order = "syntax = \"proto3\"; import \"cart.proto\"; import \"money.proto\"; message X {} message Order { Cart c = 1; Money m = 2; }";
    let both = json!([
        { "name": "cart.proto", "subject": "cart", "version": 3 },
        { "name": "money.proto", "subject": "money", "version": 3 },
    ]);
    fake.put(3, "order", "PROTOBUF", order, &both);
    let schema = fake.registry().schema(SchemaKey::Id(3)).await.unwrap();
    let data = [2, 2, 10, 4, 10, 2, 8, 7, 18, 2, 8, 9];
    assert_eq!(text(&schema, &data), r#"{"c":{"m":{"units":7}},"m":{"units":9}}"#);
    let measure = Measure { most: 1000, is_alone: false };
    let content = schema.decode(&data[2..], Some(&[2, 2]), measure).unwrap();
    assert_eq!(content.name.as_deref(), Some("Order"));
    assert!(
        text(&schema, &[2, 2, 0xff]).contains("the bytes are not of schema 3 (order version 3)")
    );
}

#[tokio::test]
async fn a_schema_named_by_its_guid_is_found() {
    let fake = FakeRegistry::start().await;
    let guid = uuid::Uuid::new_v4();
    fake.put(5, "n-value", "AVRO", LONG, &json!([]));
    fake.answer(&format!("/schemas/guids/{guid}"), 200, json!({ "schema": LONG }).to_string());
    fake.answer(&format!("/schemas/guids/{guid}/ids"), 200, r#"[{"context":".","id":5}]"#);
    let schema = fake.registry().schema(SchemaKey::Guid(guid)).await.unwrap();
    assert_eq!((schema.id(), text(&schema, &[2])), (Some(5), r#"{"n":1}"#.to_owned()));
    assert_eq!(schema.view("t", false, None).subject.as_deref(), Some("n-value"));
}

#[tokio::test]
async fn the_subject_of_the_topic_is_shown_of_several() {
    let fake = FakeRegistry::start().await;
    fake.put(1, "x", "JSON", "{}", &json!([]));
    let versions = json!([
        { "subject": "a-value", "version": 1 }, { "subject": "orders-value", "version": 2 },
        { "subject": "orders-value", "version": 4 }, { "subject": ":.eu:orders-key", "version": 9 },
    ]);
    fake.answer("/schemas/ids/1/versions", 200, versions.to_string());
    let schema = fake.registry().schema(SchemaKey::Id(1)).await.unwrap();
    let of = |topic, is_key| {
        let view = schema.view(topic, is_key, None);
        (view.subject.unwrap(), view.version.unwrap(), view.others)
    };
    assert_eq!(of("orders", false), ("orders-value".to_owned(), 4, 3));
    assert_eq!(of("orders", true), (":.eu:orders-key".to_owned(), 9, 3));
}

#[tokio::test]
async fn a_schema_that_is_not_there_is_asked_for_once() {
    let fake = FakeRegistry::start().await;
    let registry = fake.registry();
    for _ in 0..50 {
        let trouble = registry.schema(SchemaKey::Id(9)).await.unwrap_err();
        assert_eq!(trouble.kind, TroubleKind::Unknown);
        assert!(trouble.cause.contains("schema 9") && trouble.cause.contains(&fake.address));
    }
    assert_eq!(fake.asked().len(), 1);
}

#[tokio::test]
async fn a_login_is_shown_and_one_that_is_refused_is_told_without_its_password() {
    // ann:hunter2
    let login = Some("Basic YW5uOmh1bnRlcjI=");
    let fake = FakeRegistry { login, ..FakeRegistry::default() }.serve().await;
    fake.put(1, "n-value", "AVRO", LONG, &json!([]));
    let with = |password: &str| {
        let (username, password) = ("ann".to_owned(), Secret::new(password));
        let login = RegistryLogin::Basic { username, password };
        Registry::new(RegistrySettings { login, ..fake.settings() }, Tasks::default())
    };
    assert!(with("hunter2").schema(SchemaKey::Id(1)).await.is_ok());
    let registry = with("hunter3");
    let trouble = registry.schema(SchemaKey::Id(1)).await.unwrap_err();
    assert!(trouble.cause.contains("401") && trouble.remedy.contains("basic.auth.user.info"));
    assert!(!format!("{trouble:?}{registry:?}").contains("hunter"));
    let asked = fake.asked().len();
    assert!(registry.schema(SchemaKey::Id(2)).await.is_err());
    assert_eq!(fake.asked().len(), asked, "not asked again at once");
}

#[tokio::test]
async fn a_redirect_to_another_host_is_not_followed() {
    let (fake, other) = (FakeRegistry::start().await, FakeRegistry::start().await);
    other.put(1, "n-value", "AVRO", LONG, &json!([]));
    fake.answer("/schemas/ids/1", 307, format!("{}/schemas/ids/1", other.address));
    let trouble = fake.registry().schema(SchemaKey::Id(1)).await.unwrap_err();
    assert!(trouble.cause.contains("another address"), "{trouble:?}");
    assert!(other.asked().is_empty());
    fake.put(2, "n-value", "AVRO", LONG, &json!([]));
    fake.answer("/schemas/ids/3", 308, "/schemas/ids/2");
    assert!(fake.registry().schema(SchemaKey::Id(3)).await.is_ok());
    fake.answer("/schemas/ids/4", 308, "/schemas/ids/4");
    let trouble = fake.registry().schema(SchemaKey::Id(4)).await.unwrap_err();
    assert!(trouble.cause.contains("circle"), "{trouble:?}");
}

#[tokio::test]
async fn answers_that_are_none_of_a_registry_are_told() {
    let fake = FakeRegistry::start().await;
    let cause = async |body: String| {
        fake.answer("/schemas/ids/1", 200, body);
        fake.registry().schema(SchemaKey::Id(1)).await.unwrap_err().cause
    };
    assert!(cause("<html>".into()).await.contains("does not answer as a schema registry"));
    assert!(cause("x".repeat(5 << 20)).await.contains("more than 4 MiB"));
    let of = |schema: &str, kind: &str| json!({ "schema": schema, "schemaType": kind }).to_string();
    assert!(cause(of("{}", "XML")).await.contains("XML is none of"));
    assert!(cause(of("{", "AVRO")).await.contains("schema 1 cannot be used"));
    let refers = json!([{ "name": "N", "subject": "gone", "version": 1 }]);
    let gone = json!({ "schema": LONG, "references": refers }).to_string();
    assert!(cause(gone).await.contains("gone version 1"));
    fake.answer("/schemas/ids/1", 500, "");
    let trouble = fake.registry().schema(SchemaKey::Id(1)).await.unwrap_err();
    assert!(trouble.cause.contains("500"), "{trouble:?}");
}

#[tokio::test]
async fn schemas_that_refer_to_each_other_for_ever_come_to_an_end() {
    let fake = FakeRegistry::start().await;
    fake.put(1, "a", "AVRO", LONG, &json!([{ "name": "B", "subject": "b", "version": 3 }]));
    fake.put(2, "b", "AVRO", "\"int\"", &json!([{ "name": "A", "subject": "a", "version": 3 }]));
    let trouble = fake.registry().schema(SchemaKey::Id(1)).await.unwrap_err();
    assert_eq!(trouble.kind, TroubleKind::Schema);
}

#[tokio::test]
async fn the_next_address_is_asked_when_one_does_not_answer() {
    let fake = FakeRegistry::start().await;
    fake.put(1, "n-value", "AVRO", LONG, &json!([]));
    let nobody = TcpListener::bind("127.0.0.1:0").await.unwrap().local_addr().unwrap();
    let nobody = RegistryUrl::parse(&format!("http://{nobody}")).unwrap();
    let settings = RegistrySettings::open(vec![nobody.clone(), fake.url()]);
    assert!(Registry::new(settings, Tasks::default()).schema(SchemaKey::Id(1)).await.is_ok());
    let alone = Registry::new(RegistrySettings::open(vec![nobody]), Tasks::default());
    let trouble = alone.schema(SchemaKey::Id(1)).await.unwrap_err();
    assert!(trouble.cause.contains("cannot be reached"), "{trouble:?}");
}

#[tokio::test(flavor = "multi_thread")]
async fn a_search_does_not_wait_for_each_record_when_the_registry_hangs() {
    let fake = FakeRegistry { hangs: true, ..FakeRegistry::default() }.serve().await;
    let (connect, read) = (Duration::from_millis(50), Duration::from_millis(50));
    let settings = RegistrySettings { connect, read, ..fake.settings() };
    let lookups = Lookups::new(Registry::new(settings, Tasks::default()));
    let asking = tokio::task::spawn_blocking(move || {
        (1..10_000).filter(|id| lookups.schema(SchemaKey::Id(*id)).is_ok()).count()
    });
    assert_eq!(asking.await.unwrap(), 0);
    assert!(fake.asked().len() < 5, "{}", fake.asked().len());
}

#[tokio::test(flavor = "multi_thread")]
async fn a_search_over_what_only_looks_like_schema_ids_ends_asking() {
    let fake = FakeRegistry::start().await;
    fake.put(1, "n-value", "AVRO", LONG, &json!([]));
    let lookups = Lookups::new(fake.registry());
    let asking = tokio::task::spawn_blocking(move || {
        assert!(lookups.schema(SchemaKey::Id(1)).is_ok());
        let last = (1000..2000).map(|id| lookups.schema(SchemaKey::Id(id)).unwrap_err()).last();
        assert!(lookups.schema(SchemaKey::Id(1)).is_ok(), "what is known is still decoded");
        last.unwrap()
    });
    let last = asking.await.unwrap();
    assert!(last.cause.contains("not in the registry"), "{last:?}");
    assert!(fake.asked().len() < 110);
}
