//! REST about links, as far as no link has to run for it.

use std::collections::BTreeMap;

use serde_json::{Value, json};

use super::{
    rest::{CLUSTER, error, running},
    support::ask,
};

#[tokio::test]
async fn requests_about_links_that_make_no_sense_are_refused_with_words() {
    let (_cluster, app) = running().await;
    let links = format!("{CLUSTER}/links");
    let one = format!("{links}/link-1");
    let names = r#"{"mirror_topic_names":["a"]}"#;
    for (method, path, body, status, code, words) in [
        ("POST", links.clone(), "{}", 400, 40002, "link_name is missing"),
        ("POST", format!("{links}?link_name=a%20b"), "{}", 400, 40002, "link_name: `a b`"),
        ("POST", format!("{links}?link_name=l&validate_only=1"), "{}", 400, 40002, "neither true"),
        ("POST", format!("{links}?link_name=l"), "", 415, 415, "application/json"),
        (
            "POST",
            format!("{links}?link_name=l"),
            r#"{"destination_cluster_id":"other"}"#,
            400,
            40002,
            "source_cluster_id",
        ),
        ("GET", format!("{links}/a%20b"), "", 404, 40403, "link 'a b' does not exist"),
        ("DELETE", format!("{one}?force=maybe"), "", 400, 40002, "'maybe' is neither true nor"),
        ("POST", format!("{one}/configs:alter"), r#"{"data":[]}"#, 405, 405, "HTTP 405"),
        ("PUT", format!("{one}/configs:alter"), r#"{"data":[]}"#, 400, 40002, "name at least one"),
        ("PUT", format!("{one}/configs/client.id"), "{}", 400, 40002, "no value to set"),
        ("GET", format!("{one}/mirrors?mirror_status=UP"), "", 400, 40002, "mirror_status: `UP`"),
        ("GET", format!("{links}/-/mirrors?mirror_status=UP"), "", 400, 40002, "mirror_status: `"),
        ("GET", format!("{one}/mirrors/a%20b"), "", 404, 40403, "'a b' is not a mirror"),
        ("DELETE", format!("{one}/mirrors/topic-1"), "", 405, 405, "HTTP 405"),
        ("POST", format!("{one}/mirrors"), "{}", 400, 400, "source_topic_name"),
        ("POST", format!("{one}/mirrors:promote"), "{}", 400, 40002, "no mirror topic is named"),
        ("POST", format!("{one}/mirrors:nothing"), names, 404, 404, "HTTP 404"),
        ("POST", format!("{one}/mirrors:reverse-and-start-mirror"), names, 400, 40035, "bidirec"),
        ("POST", format!("{one}/mirrors:reverse-and-pause-mirror"), names, 400, 40035, "bidirec"),
        ("POST", format!("{one}/mirrors:truncate-and-restore"), names, 400, 40035, "bidirec"),
    ] {
        let (got_status, got_code, message) = error(&ask(&app, method, &path, body).await);
        assert_eq!((got_status, got_code), (status, code), "{method} {path}: {message}");
        assert!(message.contains(words), "{method} {path}: {message}");
    }
}

#[tokio::test]
async fn the_configs_of_a_topic_that_is_not_there_yet_can_be_asked_for() {
    let (_cluster, app) = running().await;
    let path = format!("{CLUSTER}/topics/new-topic/default-configs");
    let list = ask(&app, "GET", &path, "").await.json();
    assert_eq!(list["kind"], "KafkaTopicConfigList");
    let rows = list["data"].as_array().unwrap();
    let retention = rows.iter().find(|row| row["name"] == "retention.ms").unwrap();
    assert_eq!(retention["value"], "604800000", "topic-1's own setting is not the default");
    assert_eq!(
        (&retention["topic_name"], &retention["kind"]),
        (&json!("new-topic"), &json!("KafkaTopicConfig"))
    );
}

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
    if let Some(all) = schema["allOf"].as_array() {
        let mut properties = serde_json::Map::new();
        let mut required = Vec::new();
        for part in all {
            let part = resolve(document, part);
            properties.extend(part["properties"].as_object().unwrap().clone());
            required.extend(part["required"].as_array().into_iter().flatten().cloned());
        }
        let whole = json!({"type": "object", "properties": properties, "required": required});
        return fits(document, &whole, value, at);
    }
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
        (include_str!("golden/clusters.json"), "ClusterDataList"),
        (include_str!("golden/cluster.json"), "ClusterData"),
        (include_str!("golden/brokers.json"), "BrokerDataList"),
        (include_str!("golden/topics.json"), "TopicDataList"),
        (include_str!("golden/created.json"), "TopicData"),
        (include_str!("golden/topic_with_operations.json"), "TopicData"),
        (include_str!("golden/topic_config.json"), "TopicConfigData"),
        (include_str!("golden/partitions.json"), "PartitionDataList"),
        (include_str!("golden/replicas.json"), "ReplicaDataList"),
        (include_str!("golden/offset.json"), "PartitionOffsetData"),
        (include_str!("golden/links.json"), "LinkDataList"),
        (include_str!("golden/link_with_tasks.json"), "LinkData"),
        (include_str!("golden/link_source.json"), "LinkData"),
        (include_str!("golden/link_configs.json"), "LinkConfigDataList"),
        (include_str!("golden/mirrors.json"), "MirrorDataList"),
        (include_str!("golden/mirror_with_errors.json"), "MirrorData"),
        (include_str!("golden/mirror_action.json"), "AlterMirrorStatusDataList"),
    ] {
        let value: Value = serde_json::from_str(golden).unwrap();
        fits(&document, &json!({"$ref": format!("#/components/schemas/{schema}")}), &value, schema);
    }
}

#[test]
fn the_openapi_document_has_the_words_of_every_enumeration() {
    use drawbridge_shared::link;
    let document = document();
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
