//! Links and mirrors in the public shapes.

mod requests;

use axum::http::HeaderMap;
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
use serde::Serialize;
use serde_json::{Value, json};

use super::{link_configs, links, mirror_actions, mirrors, shapes::Hrefs};
use crate::tests::golden::check;

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
