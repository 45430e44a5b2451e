//! Links and mirrors in the public shapes, and what requests about them are taken for.

use axum::{body::to_bytes, http::HeaderMap, response::IntoResponse};
use drawbridge_shared::{
    link::{
        ConnectionMode, LinkConfigs, LinkError, LinkMode, LinkState, MirrorState, MirrorTopicError,
        TaskErrorCode, TaskName, TaskState,
    },
    view::{
        LagView, LinkDetail, LinkRow, MirrorActionRow, MirrorDetail, MirrorLagRow,
        MirrorPartitionView, MirrorRow, MirrorStance, RateView, RemoteView, TaskErrorView,
        TaskView,
    },
};
use proptest::prelude::*;
use serde::Serialize;
use serde_json::{Value, json};

use super::{
    Answer, link_configs, link_draft, links, mirror_actions,
    mirror_actions::{ActOn, Pattern, Selection},
    mirrors,
    shapes::Hrefs,
};
use crate::{links::LinkSpec, tests::golden::check};

fn hrefs() -> Hrefs {
    let mut headers = HeaderMap::new();
    headers.insert("host", "HOST:PORT".parse().unwrap());
    Hrefs::of(&headers)
}

fn same(name: &str, answer: impl Serialize) {
    check(name, serde_json::to_value(answer).unwrap(), &[]);
}

fn mirror(topic: &str, state: MirrorState, partitions: i32) -> MirrorRow {
    MirrorRow {
        cluster: "cloud".parse().unwrap(),
        link: "link-1".parse().unwrap(),
        topic: topic.parse().unwrap(),
        source_topic: topic.to_owned(),
        partitions,
        state,
        since_ms: 1_612_550_939_300,
        error: MirrorTopicError::NoError,
        trouble: None,
        lag: LagView::default(),
        rate: RateView::default(),
    }
}

fn partition(number: i32, log_end: Option<i64>, lag: Option<i64>) -> MirrorPartitionView {
    MirrorPartitionView {
        partition: number,
        stance: MirrorStance::Copying,
        log_end,
        source_high_watermark: None,
        source_last_stable: None,
        lag,
        behind_ms: None,
        last_fetch_ms: None,
        records: 0,
        bytes: 0,
        batches_passed: 0,
        batches_rebuilt: 0,
        filled: 0,
        error: None,
    }
}

fn error(code: TaskErrorCode, message: &str) -> TaskErrorView {
    TaskErrorView { code, message: message.to_owned() }
}

fn link(mode: LinkMode) -> LinkDetail {
    let task = |name, state, errors| TaskView {
        name,
        state,
        errors,
        last_run_ms: None,
        interval_ms: 5_000,
    };
    let in_use = error(TaskErrorCode::ConsumerGroupInUse, "group 'g' has members here");
    let has_mirrors = mode != LinkMode::Source;
    LinkDetail {
        link: LinkRow {
            cluster: "cloud".parse().unwrap(),
            name: "link-1".parse().unwrap(),
            link_id: "eEBkTffYSESld6EO898x3w".to_owned(),
            mode,
            connection: ConnectionMode::Outbound,
            remote: RemoteView {
                cluster_id: Some("other-cluster".to_owned()),
                cluster: None,
                bootstrap: Some("other:9092".to_owned()),
                security: None,
            },
            state: LinkState::Unavailable,
            since_ms: 1_612_550_939_000,
            error: LinkError::Authentication,
            error_message: Some("other-cluster refused the credentials".to_owned()),
            last_contact_ms: None,
            mirrors: Vec::new(),
            tasks_in_error: 1,
            lag: LagView::default(),
            rate: RateView::default(),
        },
        tasks: if has_mirrors {
            vec![
                task(TaskName::ConsumerOffsetSync, TaskState::InError, vec![in_use]),
                task(TaskName::AutoCreateMirror, TaskState::NotConfigured, Vec::new()),
                task(TaskName::TopicConfigsSync, TaskState::Active, Vec::new()),
            ]
        } else {
            Vec::new()
        },
        mirrors: if has_mirrors {
            vec![
                mirror("topic-1", MirrorState::Active, 3),
                mirror("topic-2", MirrorState::SourceUnavailable, 2),
                mirror("topic-3", MirrorState::PendingStopped, 4),
                mirror("topic-4", MirrorState::Stopped, 1),
                mirror("topic-5", MirrorState::Failed, 5),
                mirror("topic-6", MirrorState::LinkPaused, 6),
            ]
        } else {
            Vec::new()
        },
        twin: None,
        standby: None,
        protection: None,
    }
}

#[test]
fn a_link_has_the_public_shape_on_either_half() {
    let hrefs = hrefs();
    let destination = link(LinkMode::Destination);
    same("link", links::resource(&hrefs, "cluster-1", &destination, false));
    same("link_with_tasks", links::resource(&hrefs, "cluster-1", &destination, true));
    same("link_source", links::resource(&hrefs, "cluster-1", &link(LinkMode::Source), true));
    let all = vec![links::resource(&hrefs, "cluster-1", &destination, false)];
    same("links", hrefs.collection("KafkaLinkDataList", &["cluster-1", "links"], all));
}

#[test]
fn the_other_cluster_is_named_by_the_part_it_plays() {
    for (mode, field) in [
        (LinkMode::Destination, "source_cluster_id"),
        (LinkMode::Source, "destination_cluster_id"),
        (LinkMode::Bidirectional, "remote_cluster_id"),
    ] {
        let answer = links::resource(&hrefs(), "cluster-1", &link(mode), false);
        let answer = serde_json::to_value(answer).unwrap();
        for name in ["source_cluster_id", "destination_cluster_id", "remote_cluster_id"] {
            let expected = if name == field { json!("other-cluster") } else { Value::Null };
            assert_eq!(answer[name], expected, "{name} with {mode}");
        }
    }
}

#[test]
fn every_mirror_state_counts_once_in_some_category() {
    for &state in MirrorState::ALL {
        let mut detail = link(LinkMode::Destination);
        detail.mirrors = vec![mirror("topic-1", state, 7)];
        let answer = links::resource(&hrefs(), "cluster-1", &detail, false);
        let answer = serde_json::to_value(answer).unwrap();
        let counts = answer["category_counts"].as_array().unwrap();
        assert_eq!((counts.len(), &counts[0]["count"]), (1, &json!(7)), "{state}");
    }
}

#[test]
fn a_mirror_has_the_public_shape() {
    let hrefs = hrefs();
    let mut detail = MirrorDetail {
        mirror: mirror("topic-1", MirrorState::PendingStopped, 3),
        partitions: vec![
            partition(0, Some(100), Some(0)),
            partition(1, Some(7), Some(1000)),
            partition(2, None, None),
        ],
        transition_errors: vec![error(TaskErrorCode::Authorization, "WRITE is missing")],
    };
    detail.mirror.source_topic = "source-1".to_owned();
    same("mirror", mirrors::resource(&hrefs, "cluster-1", &detail, false));
    same("mirror_with_errors", mirrors::resource(&hrefs, "cluster-1", &detail, true));
    let all = vec![mirrors::resource(&hrefs, "cluster-1", &detail, false)];
    let path = ["cluster-1", "links", "-", "mirrors"];
    same("mirrors", hrefs.collection("KafkaMirrorDataList", &path, all));
}

#[test]
fn rows_of_an_action_have_the_public_shape() {
    let hrefs = hrefs();
    let lag =
        |partition, lag, offset| MirrorLagRow { partition, lag, last_source_fetch_offset: offset };
    let done = MirrorActionRow {
        topic: "topic-1".to_owned(),
        error_code: None,
        error_message: None,
        lags: vec![lag(0, 0, 100), lag(1, -1, -1)],
    };
    let refused = MirrorActionRow {
        topic: "topic-2".to_owned(),
        error_code: Some(400),
        error_message: Some(
            "Topic 'topic-2' has already stopped its mirror from 'link-1'".to_owned(),
        ),
        lags: Vec::new(),
    };
    let name = "link-1".parse().unwrap();
    let rows = [done, refused].map(|row| mirror_actions::resource(&hrefs, "cluster-1", &name, row));
    let path = ["cluster-1", "links", "link-1", "mirrors"];
    same("mirror_action", hrefs.collection("KafkaPromoteMirror", &path, rows.into()));
}

#[test]
fn a_config_of_a_link_has_the_public_shape_and_no_secret() {
    let configs = LinkConfigs::parse([
        ("bootstrap.servers", "other:9092"),
        ("security.protocol", "SASL_PLAINTEXT"),
        ("sasl.mechanism", "PLAIN"),
        ("sasl.jaas.config", "org.apache.kafka.common.security.plain.PlainLoginModule required username=\"u\" password=\"hidden\";"),
    ])
    .unwrap();
    let name = "link-1".parse().unwrap();
    let wanted = ["bootstrap.servers", "consumer.offset.sync.ms", "link.mode", "sasl.jaas.config"];
    let rows = configs.rows().into_iter().filter(|row| wanted.contains(&row.name.as_str()));
    let rows = rows.map(|row| link_configs::resource(&hrefs(), "cluster-1", &name, row)).collect();
    let path = ["cluster-1", "links", "link-1", "configs"];
    let list = hrefs().collection("KafkaLinkConfigDataList", &path, rows);
    let text = serde_json::to_string(&list).unwrap();
    assert!(!text.contains("hidden"), "{text}");
    same("link_configs", list);
}

fn spec(name: Option<&str>, body: Value) -> Answer<LinkSpec> {
    link_draft::spec("cluster-1", name, serde_json::from_value(body).unwrap())
}

/// Code and words of a refusal.
fn refusal<T>(answer: Answer<T>) -> (i64, String) {
    let response = answer.err().unwrap().into_response();
    let status = response.status().as_u16();
    let body = futures_util::FutureExt::now_or_never(to_bytes(response.into_body(), 10_000));
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
