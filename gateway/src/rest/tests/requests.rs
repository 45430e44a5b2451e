//! What requests about links and mirrors are taken for.

use axum::{body::to_bytes, response::IntoResponse};
use futures_util::FutureExt;
use proptest::prelude::*;
use serde_json::{Value, json};

use crate::{
    links::LinkSpec,
    rest::{
        Answer, link_draft,
        mirror_actions::{self, ActOn, Pattern, Selection},
    },
};

fn spec(name: Option<&str>, body: Value) -> Answer<LinkSpec> {
    link_draft::spec("cluster-1", name, serde_json::from_value(body).unwrap())
}

/// Code and words of a refusal.
fn refusal<T>(answer: Answer<T>) -> (i64, String) {
    let response = answer.err().unwrap().into_response();
    let status = response.status().as_u16();
    let body = to_bytes(response.into_body(), 10_000).now_or_never();
    let body: Value = serde_json::from_slice(&body.unwrap().unwrap()).unwrap();
    assert_eq!(status, 400, "{body}");
    (body["error_code"].as_i64().unwrap(), body["message"].as_str().unwrap().to_owned())
}

#[test]
fn the_bodies_that_other_tools_send_are_understood() {
    let remote = |body: Value| spec(Some("link-1"), body).unwrap().remote_cluster_id;
    let modes = |mode: &str| json!([{"name": "link.mode", "value": mode}]);
    let other = Some("other".to_owned());
    assert_eq!(remote(json!({})), None);
    assert_eq!(remote(json!({"source_cluster_id": "other", "configs": null})), other);
    assert_eq!(remote(json!({"source_cluster_id": "other", "remote_cluster_id": ""})), other);
    let body = json!({"source_cluster_id": "other", "destination_cluster_id": "cluster-1"});
    assert_eq!(remote(body), other, "both ends may be named");
    let body = json!({"destination_cluster_id": "other", "configs": modes("SOURCE")});
    assert_eq!(remote(body), other);
    let body = json!({"remote_cluster_id": "other", "configs": modes("BIDIRECTIONAL")});
    assert_eq!(remote(body), other);
    let body = json!({"source_cluster_id": "other", "configs": modes("DESTINATION")});
    assert_eq!(remote(body), other);

    let spec = spec(
        Some("link-1"),
        json!({"cluster_link_id": "eEBkTffYSESld6EO898x3w", "unheard_of": 1, "configs": [
            {"name": "bootstrap.servers", "value": "other:9092"},
            {"name": "consumer.offset.sync.ms", "value": 1000},
            {"name": "consumer.offset.sync.enable", "value": true},
            {"name": "client.id", "value": null}
        ]}),
    )
    .unwrap();
    assert_eq!(spec.link_id.as_deref(), Some("eEBkTffYSESld6EO898x3w"));
    let configs: Vec<_> = spec.configs.iter().map(|(n, v)| (n.as_str(), v.as_str())).collect();
    assert_eq!(
        configs,
        [
            ("bootstrap.servers", "other:9092"),
            ("consumer.offset.sync.ms", "1000"),
            ("consumer.offset.sync.enable", "true"),
        ]
    );
}

#[test]
fn a_half_that_contradicts_itself_is_refused_with_the_field_and_the_remedy() {
    let source = json!([{"name": "link.mode", "value": "SOURCE"}]);
    for (name, body, words) in [
        (None, json!({}), "?link_name=NAME"),
        (Some(""), json!({}), "link_name is missing"),
        (Some("-"), json!({}), "stands for all links"),
        (Some("a b"), json!({}), "link_name: `a b` contains"),
        (
            Some("l"),
            json!({"destination_cluster_id": "other"}),
            "give the other cluster's id as source_cluster_id",
        ),
        (
            Some("l"),
            json!({"source_cluster_id": "other", "configs": source}),
            "as destination_cluster_id",
        ),
        (Some("l"), json!({"source_cluster_id": "a", "remote_cluster_id": "b"}), "leave one out"),
        (
            Some("l"),
            json!({"source_cluster_id": "cluster-1"}),
            "Cannot create cluster link to self",
        ),
        (Some("l"), json!({"cluster_link_id": "short"}), "cluster_link_id: 'short'"),
        (Some("l"), json!({"configs": [{"name": "link.mode", "value": "UP"}]}), "link.mode: `UP`"),
        (
            Some("l"),
            json!({"configs": [{"name": "a", "value": "1"}, {"name": "a", "value": "2"}]}),
            "a is given twice",
        ),
    ] {
        let (code, message) = refusal(spec(name, body));
        assert_eq!(code, 40002);
        assert!(message.contains(words), "{message}");
    }
}

#[test]
fn a_config_value_that_cannot_be_read_is_not_repeated() {
    let body = json!({"configs": [{"name": "sasl.jaas.config", "value": ["hidden"]}]});
    let error = serde_json::from_value::<link_draft::CreateLink>(body).err().unwrap();
    assert!(!error.to_string().contains("hidden"), "{error}");
}

fn selection(body: Value) -> Answer<Selection> {
    serde_json::from_value::<ActOn>(body).unwrap().selection()
}

#[test]
fn mirrors_are_named_or_described_but_not_both() {
    assert!(matches!(selection(json!({"mirror_topic_names": ["a"]})), Ok(Selection::Names(_))));
    for body in [
        json!({"mirror_topic_name_pattern": ".*"}),
        json!({"mirror_topic_name_pattern": ".*", "mirror_topic_names": null}),
        json!({"mirror_topic_name_pattern": ".*", "mirror_topic_names": []}),
    ] {
        assert!(matches!(selection(body), Ok(Selection::Pattern(_))));
    }
    for (body, words) in [
        (json!({"mirror_topic_names": ["a"], "mirror_topic_name_pattern": ".*"}), "keep one"),
        (json!({}), "no mirror topic is named"),
        (json!({"mirror_topic_names": []}), "no mirror topic is named"),
        (json!({"mirror_topic_name_pattern": "a("}), "'a(' is not a regular expression"),
        (json!({"mirror_topic_name_pattern": "a)|(b"}), "'a)|(b' is not a regular expression"),
    ] {
        let (code, message) = refusal(selection(body));
        assert_eq!(code, 40002);
        assert!(message.contains(words), "{message}");
    }
}

#[test]
fn each_topic_is_acted_on_once_and_an_impossible_name_has_a_row() {
    let names = ["b", "a", "b", "no such"].map(str::to_owned).to_vec();
    let (topics, rows) = mirror_actions::topics_of(&"link-1".parse().unwrap(), names);
    let topics: Vec<&str> = topics.iter().map(|topic| topic.as_str()).collect();
    assert_eq!(topics, ["a", "b"]);
    assert_eq!((rows.len(), rows[0].error_code), (1, Some(404)));
}

fn matches(pattern: &str, name: &str) -> bool {
    Pattern::read(pattern).unwrap().describes(name)
}

#[test]
fn a_pattern_describes_the_whole_name() {
    assert!(matches("orders|carts", "carts"));
    assert!(!matches("orders|carts", "carts-eu"), "an alternative ends where the name ends");
    assert!(!matches("orders|carts", "eu-orders"));
    assert!(matches("a|ab", "ab"), "the longer alternative counts");
    assert!(matches(r"orders-\d+", "orders-12"));
    assert!(!matches("orders", "orders\n"));
    assert!(!matches("", "orders"));
    assert!(matches("(?i)ORDERS", "orders"));
}

proptest! {
    #[test]
    fn a_name_with_its_dots_escaped_describes_itself_alone(name in "[a-zA-Z0-9._-]{1,20}", other in "[a-zA-Z0-9._-]{1,20}") {
        let pattern = regex_lite::escape(&name);
        prop_assert!(matches(&pattern, &name));
        prop_assert_eq!(matches(&pattern, &other), name == other);
        let (before, after) = (format!("x{name}"), format!("{name}x"));
        prop_assert!(!matches(&pattern, &before) && !matches(&pattern, &after));
    }

    #[test]
    fn all_and_a_prefix_describe_what_they_say(prefix in "[a-z-]{1,5}", rest in "[a-z-]{0,5}", other in "[a-z-]{1,8}") {
        let name = format!("{prefix}{rest}");
        let pattern = format!("{}.*", regex_lite::escape(&prefix));
        prop_assert!(matches(".*", &name));
        prop_assert!(matches(&pattern, &name));
        prop_assert_eq!(matches(&pattern, &other), other.starts_with(&prefix));
    }

    #[test]
    fn arbitrary_patterns_describe_only_what_they_describe_as_a_whole(text in "[a-c.*+?|()\\[\\]#x \n]{0,12}", name in "[a-c]{1,6}") {
        if let Ok(pattern) = Pattern::read(&text) {
            let whole = regex_lite::Regex::new(&text).unwrap();
            if pattern.describes(&name) {
                prop_assert!(whole.is_match(&name), "what the whole name matches, a part of it does");
            }
        }
    }
}
