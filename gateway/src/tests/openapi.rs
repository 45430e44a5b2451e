//! The OpenAPI document against the routes, the answers and the vocabulary.

use std::collections::BTreeMap;

use serde_json::{Value, json};

use super::{rest::running, support::ask};

/// A path with its parts in braces made equal: their names are the reader's business.
fn plain(path: &str) -> String {
    let mut plain = String::new();
    for (at, part) in path.split('{').enumerate() {
        match part.split_once('}') {
            Some((_, rest)) if at > 0 => plain.extend(["{}", rest]),
            _ => plain.push_str(part),
        }
    }
    plain
}

fn sorted(methods: impl Iterator<Item = String>) -> Vec<String> {
    let mut methods: Vec<String> = methods.collect();
    methods.sort();
    methods
}

#[tokio::test]
async fn the_openapi_document_describes_every_route_and_no_other() {
    let (_cluster, app) = running().await;
    let document = ask(&app, "GET", "/kafka/v3/openapi.json", "").await;
    assert!(document.headers.contains("content-type: application/json"), "{}", document.headers);
    let document = document.json();
    let described: BTreeMap<String, Vec<String>> = document["paths"]
        .as_object()
        .unwrap()
        .iter()
        .map(|(path, item)| {
            let methods = item.as_object().unwrap().keys().filter(|key| *key != "parameters");
            (plain(path), sorted(methods.cloned()))
        })
        .collect();
    let mut offered = BTreeMap::new();
    for path in crate::rest::paths() {
        // TRACE is offered nowhere, so the answer lists what is.
        let path = plain(path);
        let answer = ask(&app, "TRACE", &format!("/kafka/v3{}", path.replace("{}", "1")), "").await;
        let allowed = answer.headers.lines().find_map(|line| line.strip_prefix("allow: "));
        let methods = allowed.unwrap_or_else(|| panic!("{path}: {answer:?}")).split(',');
        let methods = methods.filter(|method| *method != "head").map(str::to_owned);
        offered.insert(path, sorted(methods));
    }
    assert_eq!(described, offered);
}

/// Follows a reference inside the document.
fn resolve<'a>(document: &'a Value, schema: &'a Value) -> &'a Value {
    match schema["$ref"].as_str() {
        Some(path) => {
            let found = document.pointer(path.strip_prefix('#').unwrap());
            found.unwrap_or_else(|| panic!("{path} is not in the document"))
        }
        None => schema,
    }
}

fn walk(document: &Value, at: &Value) {
    match at {
        Value::Object(fields) => {
            resolve(document, at);
            fields.values().for_each(|field| walk(document, field));
        }
        Value::Array(items) => items.iter().for_each(|item| walk(document, item)),
        _ => {}
    }
}

#[test]
fn every_reference_in_the_openapi_document_leads_somewhere_and_every_path_parameter_is_declared() {
    let document = document();
    walk(&document, &document);
    for (path, item) in document["paths"].as_object().unwrap() {
        let parts = path.split('{').skip(1).map(|part| part.split('}').next().unwrap().to_owned());
        let declared = item["parameters"].as_array().into_iter().flatten();
        let declared = declared.map(|parameter| resolve(&document, parameter));
        let declared = declared.filter(|parameter| parameter["in"] == "path");
        let declared = declared.map(|parameter| parameter["name"].as_str().unwrap().to_owned());
        assert_eq!(sorted(parts), sorted(declared), "{path}");
    }
}

fn document() -> Value {
    serde_json::from_str(include_str!("../rest/openapi.json")).unwrap()
}

/// Says where `value` is not of `schema`; fields that the schema does not know are a fault too.
fn fits(document: &Value, schema: &Value, value: &Value, at: &str) {
    let schema = resolve(document, schema);
    if value.is_null() {
        assert_eq!(schema["nullable"], true, "{at} is null");
        return;
    }
    match schema["type"].as_str() {
        Some("object") => {
            let fields = value.as_object().unwrap_or_else(|| panic!("{at}: {value}"));
            for name in schema["required"].as_array().into_iter().flatten() {
                assert!(fields.contains_key(name.as_str().unwrap()), "{at} lacks {name}");
            }
            for (name, field) in fields {
                let property = schema["properties"].get(name);
                let property = property.unwrap_or_else(|| panic!("{at}.{name} is not described"));
                fits(document, property, field, &format!("{at}.{name}"));
            }
        }
        Some("array") => {
            for (index, item) in value.as_array().unwrap().iter().enumerate() {
                fits(document, &schema["items"], item, &format!("{at}[{index}]"));
            }
        }
        Some("string") => assert!(value.is_string(), "{at}: {value}"),
        Some("integer") => assert!(value.is_i64() || value.is_u64(), "{at}: {value}"),
        Some("boolean") => assert!(value.is_boolean(), "{at}: {value}"),
        other => panic!("{at}: type {other:?}"),
    }
    if let Some(words) = schema["enum"].as_array() {
        assert!(words.contains(value), "{at}: {value} is not one of {words:?}");
    }
}

#[test]
fn answers_are_as_the_openapi_document_describes_them() {
    let document = document();
    for (golden, schema) in [
        ("clusters", "ClusterDataList"),
        ("cluster", "ClusterData"),
        ("brokers", "BrokerDataList"),
        ("broker_config", "BrokerConfigData"),
        ("cluster_configs", "ClusterConfigDataList"),
        ("cluster_config", "ClusterConfigData"),
        ("topics", "TopicDataList"),
        ("created", "TopicData"),
        ("topic_with_operations", "TopicData"),
        ("topic_config", "TopicConfigData"),
        ("partitions", "PartitionDataList"),
        ("replicas", "ReplicaDataList"),
        ("offset", "PartitionOffsetData"),
        ("consumer_groups", "ConsumerGroupDataList"),
        ("consumer_group", "ConsumerGroupData"),
        ("consumers_of_an_empty_group", "ConsumerDataList"),
        ("consumer_lags", "ConsumerLagDataList"),
        ("consumer_lag", "ConsumerLagData"),
        ("consumer_lag_summary", "ConsumerGroupLagSummaryData"),
        ("acls", "AclDataList"),
        ("acls_deleted", "DeletedAcls"),
        ("links", "LinkDataList"),
        ("link_with_tasks", "LinkData"),
        ("link_source", "LinkData"),
        ("link_configs", "LinkConfigDataList"),
        ("mirrors", "MirrorDataList"),
        ("mirror_with_errors", "MirrorData"),
        ("mirror_action", "AlterMirrorStatusDataList"),
    ] {
        let path = format!("{}/src/tests/golden/{golden}.json", env!("CARGO_MANIFEST_DIR"));
        let value: Value = serde_json::from_slice(&std::fs::read(&path).unwrap()).unwrap();
        fits(&document, &json!({"$ref": format!("#/components/schemas/{schema}")}), &value, schema);
    }
}

#[test]
fn the_openapi_document_has_the_words_of_every_enumeration() {
    use drawbridge_shared::link;
    let document = document();
    let states = drawbridge_shared::view::GroupState::ALL.map(|state| state.as_str());
    let group = &document["components"]["schemas"]["ConsumerGroupData"];
    assert_eq!(group["properties"]["state"]["enum"], json!(states));
    let same = |schema: &str, words: Vec<&str>| {
        assert_eq!(document["components"]["schemas"][schema]["enum"], json!(words), "{schema}");
    };
    same("MirrorStatus", link::MirrorState::ALL.iter().map(|word| word.as_str()).collect());
    same(
        "MirrorTopicError",
        link::MirrorTopicError::ALL.iter().map(|word| word.as_str()).collect(),
    );
    same("LinkState", link::LinkState::ALL.iter().map(|word| word.as_str()).collect());
    same("LinkError", link::LinkError::ALL.iter().map(|word| word.as_str()).collect());
    same("LinkTaskName", link::TaskName::ALL.iter().map(|word| word.as_str()).collect());
    same("LinkTaskState", link::TaskState::ALL.iter().map(|word| word.as_str()).collect());
    same("LinkTaskErrorCode", link::TaskErrorCode::ALL.iter().map(|word| word.as_str()).collect());
}
