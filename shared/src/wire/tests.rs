//! Golden frames: a change that breaks a tab left open shows here first.

use super::*;
use crate::access::{
    Acl, AclOperation, AclPattern, AclResource, AclSelection, ScramMechanism, UserDraft,
};
use crate::draft::{ClusterDraft, ConfigChange};
use crate::guard::{Guards, Rule};
use crate::names::ClusterName;
use crate::record::{BytesDraft, Encoding, HeaderDraft, ProduceCodec, RecordDraft};
use crate::view::{
    AclResultRow, AclsView, ActivityEntry, ActivityResult, BrokerRole, BrokerRow, BrokerState,
    BrokersView, ClusterKind, ClusterOrigin, ClusterStatus, ClusterView, CredentialRow, Decoding,
    ElectionKind, ElectionOutcome, ElectionRow, FeatureView, GroupDetail, GroupKind, GroupRow,
    GroupState, GroupTopic, GroupsRead, GroupsView, LagTrend, LogDirView, PartitionPosition,
    PayloadView, QuorumView, RecordFilter, RecordQuery, RecordView, RecordsChunk,
    ReplicationCounts, ResetMove, ResetPlan, ResetRow, ResetScope, ResetTarget, SchemaKind,
    SchemaView, SearchEnd, SearchProgress, Seek, Severity, TimestampKind, TroubleView,
    TroubledPartition, TroubledView, UserRow, UsersView,
};
use proptest::prelude::*;

fn cluster(name: &str) -> ClusterName {
    name.parse().unwrap()
}

fn activity(seq: u64, result: ActivityResult) -> ActivityEntry {
    ActivityEntry {
        seq,
        at_ms: 1_790_000_000_000,
        who: "console".into(),
        action: "alter the configs of topic 'orders'".into(),
        cluster: cluster("cloud"),
        link: None,
        topic: Some("orders".parse().unwrap()),
        before: Some("retention.ms=1".into()),
        after: Some("retention.ms=2".into()),
        result,
        severity: Severity::Info,
    }
}

fn guarded() -> ClusterView {
    ClusterView {
        name: cluster("cloud"),
        kind: ClusterKind::Kafka,
        origin: ClusterOrigin::Configured,
        status: ClusterStatus::Connecting,
        observed_at_ms: None,
        cluster_id: None,
        version: None,
        bootstrap: "h:1".into(),
        security: "PLAINTEXT".into(),
        controller: None,
        n_brokers: None,
        n_topics: None,
        n_partitions: None,
        under_replicated: None,
        offline: None,
        latency_micros: None,
        gateways: Vec::new(),
        guards: Box::new(Guards {
            read_only: true,
            deny: vec![Rule::parse("topic.*").unwrap()],
            everywhere: vec![Rule::parse("cluster.add").unwrap()],
        }),
    }
}

fn client_frames() -> Vec<ClientMessage> {
    vec![
        ClientMessage::Hello { protocol: PROTOCOL },
        ClientMessage::Request {
            id: RequestId(1),
            body: Request::TestConnection {
                draft: ClusterDraft {
                    name: "cloud".into(),
                    properties: "bootstrap.servers=h:1".into(),
                },
            },
        },
        ClientMessage::Request {
            id: RequestId(2),
            body: Request::PurgeTopic {
                cluster: cluster("cloud"),
                topic: "orders".parse().unwrap(),
                topic_id: None,
                before: vec![(0, 9_007_199_254_740_993)],
            },
        },
        ClientMessage::Subscribe { id: SubscriptionId(1), feed: Feed::Clusters, credit: 0 },
        ClientMessage::Subscribe {
            id: SubscriptionId(2),
            feed: Feed::Topics { cluster: cluster("a") },
            credit: 0,
        },
        ClientMessage::Subscribe { id: SubscriptionId(3), feed: Feed::Notices, credit: 16 },
        ClientMessage::Unsubscribe { id: SubscriptionId(1) },
        ClientMessage::Credit { id: SubscriptionId(3), frames: 8 },
        ClientMessage::Ping { nonce: 7 },
        ClientMessage::Pong { nonce: 7 },
        ClientMessage::Subscribe {
            id: SubscriptionId(4),
            feed: Feed::Activity {
                cluster: Some(cluster("cloud")),
                link: Some("from-on-prem".parse().unwrap()),
                topic: None,
            },
            credit: 16,
        },
        ClientMessage::Subscribe {
            id: SubscriptionId(5),
            feed: Feed::Records { query: Box::new(query()) },
            credit: 2,
        },
        ClientMessage::Request {
            id: RequestId(3),
            body: Request::ReadRecord {
                cluster: cluster("cloud"),
                topic: "orders".parse().unwrap(),
                partition: 3,
                offset: 9_007_199_254_740_993,
                key_decoding: Decoding::Auto,
                value_decoding: Decoding::Hex,
                header_decoding: Decoding::Text,
            },
        },
        ClientMessage::Request {
            id: RequestId(4),
            body: Request::Produce {
                cluster: cluster("cloud"),
                topic: "orders".parse().unwrap(),
                records: vec![RecordDraft {
                    partition: None,
                    key: Some(BytesDraft { text: "k".into(), encoding: Encoding::Text }),
                    value: None,
                    headers: vec![HeaderDraft { name: "h".into(), value: None }],
                    timestamp_ms: None,
                }],
                copies: 1,
                codec: ProduceCodec::Lz4,
            },
        },
        ClientMessage::Request {
            id: RequestId(5),
            body: Request::CompareRecords {
                cluster: cluster("cloud"),
                link: "from-on-prem".parse().unwrap(),
                topic: "orders".parse().unwrap(),
                partition: 3,
                from: Some(9_007_199_254_740_993),
                count: 50,
            },
        },
        ClientMessage::Subscribe {
            id: SubscriptionId(6),
            feed: Feed::Groups { cluster: None },
            credit: 0,
        },
        ClientMessage::Subscribe {
            id: SubscriptionId(7),
            feed: Feed::Group { cluster: cluster("cloud"), group: "billing/eu".into() },
            credit: 0,
        },
        ClientMessage::Request {
            id: RequestId(4),
            body: Request::PlanGroupReset {
                cluster: cluster("cloud"),
                group: "billing/eu".into(),
                scope: vec![ResetScope { topic: "orders".parse().unwrap(), partitions: vec![3] }],
                target: ResetTarget::OtherSide {
                    cluster: cluster("cloud"),
                    link: "from-on-prem".parse().unwrap(),
                },
            },
        },
        ClientMessage::Request {
            id: RequestId(5),
            body: Request::ResetGroup {
                cluster: cluster("cloud"),
                group: "billing/eu".into(),
                moves: vec![ResetMove {
                    topic: "orders".parse().unwrap(),
                    partition: 3,
                    from: Some(9_007_199_254_740_993),
                    to: 7,
                }],
            },
        },
        ClientMessage::Request {
            id: RequestId(4),
            body: Request::SetUser {
                cluster: cluster("cloud"),
                draft: UserDraft {
                    name: "link".into(),
                    mechanism: ScramMechanism::Sha512,
                    iterations: "8192".into(),
                    password: "p".into(),
                },
                replace: false,
            },
        },
        ClientMessage::Request {
            id: RequestId(5),
            body: Request::Acls {
                cluster: cluster("cloud"),
                selection: AclSelection {
                    principal: Some("User:link".into()),
                    ..AclSelection::default()
                },
            },
        },
        ClientMessage::Request {
            id: RequestId(6),
            body: Request::CreateAcls { cluster: cluster("cloud"), acls: vec![acl()] },
        },
        ClientMessage::Subscribe {
            id: SubscriptionId(8),
            feed: Feed::Brokers { cluster: cluster("cloud") },
            credit: 0,
        },
        ClientMessage::Subscribe {
            id: SubscriptionId(9),
            feed: Feed::TroubledPartitions { cluster: cluster("cloud") },
            credit: 0,
        },
        ClientMessage::Request {
            id: RequestId(7),
            body: Request::AlterBrokerConfigs {
                cluster: cluster("cloud"),
                broker: None,
                changes: vec![ConfigChange { name: "max.connections".into(), value: None }],
                validate_only: true,
            },
        },
        ClientMessage::Request {
            id: RequestId(8),
            body: Request::ElectLeaders {
                cluster: cluster("cloud"),
                election: ElectionKind::Unclean,
                partitions: vec![("orders".into(), 3)],
            },
        },
        ClientMessage::Request {
            id: RequestId(9),
            body: Request::ReadRecords {
                cluster: cluster("cloud"),
                topic: "orders".parse().unwrap(),
                places: vec![PartitionPosition { partition: 3, offset: 9_007_199_254_740_993 }],
                key_decoding: Decoding::Auto,
                value_decoding: Decoding::Json,
                paths: vec!["$.amount".into()],
            },
        },
    ]
}

fn counts() -> ReplicationCounts {
    ReplicationCounts {
        n_partitions: 12,
        under_replicated: 4,
        under_min_isr: None,
        offline: 1,
        not_preferred: 3,
    }
}

fn broker() -> BrokerRow {
    BrokerRow {
        id: 2,
        state: BrokerState::Up,
        fault: None,
        host: Some("b2.example".into()),
        port: Some(9092),
        rack: Some("b".into()),
        role: Some(BrokerRole::ActiveController),
        version: Some("4.1".into()),
        features: vec![FeatureView {
            name: "metadata.version".into(),
            min: 7,
            max: 27,
            finalized: Some(27),
        }],
        n_leaders: 4,
        n_preferred: 4,
        n_replicas: 12,
        n_out_of_sync: 0,
        log_dirs: Some(vec![LogDirView {
            path: "/data".into(),
            error: None,
            total_bytes: Some(9_007_199_254_740_993),
            usable_bytes: Some(1),
            used_bytes: Some(2),
            n_replicas: 12,
            n_moving: 0,
        }]),
    }
}

fn group() -> GroupRow {
    GroupRow {
        cluster: cluster("cloud"),
        group: "billing/eu".into(),
        kind: GroupKind::Consumer,
        state: GroupState::Stable,
        protocol: "consumer".into(),
        coordinator: 1,
        n_members: Some(2),
        lag: Some(1_204),
        trend: Some(LagTrend::Rising),
        topics: vec![GroupTopic { topic: "orders".into(), n_members: 2, lag: Some(1_204) }],
    }
}

fn acl() -> Acl {
    let (literal, read) = (AclPattern::Literal, AclOperation::Read);
    Acl::allow("User:link", AclResource::Topic, literal, "orders", read)
}

fn query() -> RecordQuery {
    RecordQuery {
        cluster: cluster("cloud"),
        topic: "orders".parse().unwrap(),
        partitions: vec![0, 3],
        seek: Seek::Time { from_ms: 1_790_000_000_000, to_ms: None },
        filter: RecordFilter::Cel { expression: "value.amount > 100".into() },
        limit: 50,
        live: false,
        key_decoding: Decoding::Auto,
        value_decoding: Decoding::Json,
        paths: vec!["$.amount".into()],
        resume: vec![PartitionPosition { partition: 3, offset: 9_007_199_254_740_993 }],
    }
}

fn by_schema() -> PayloadView {
    PayloadView {
        size: 9,
        text: "{\"id\":7}".into(),
        decoding: Decoding::Registry,
        why: None,
        schema_id: Some(42),
        schema: Some(SchemaView {
            kind: SchemaKind::Avro,
            subject: Some("orders-key".into()),
            version: Some(3),
            others: 1,
            name: Some("shop.Key".into()),
        }),
        trouble: Some(TroubleView { cause: "c".into(), remedy: "r".into() }),
        truncated: false,
    }
}

fn chunk(end: Option<SearchEnd>) -> RecordsChunk {
    let value = PayloadView {
        size: 15,
        text: "{\"amount\": 120}".into(),
        decoding: Decoding::Json,
        why: None,
        schema_id: None,
        schema: None,
        trouble: None,
        truncated: false,
    };
    RecordsChunk {
        records: vec![RecordView {
            partition: 3,
            offset: 9_007_199_254_740_993,
            timestamp_ms: Some(1_790_000_000_001),
            timestamp_kind: TimestampKind::Create,
            key: end.is_some().then(by_schema),
            value: Some(value),
            headers: vec![],
            n_headers: 0,
            picked: if end.is_some() { vec![Some("120".into()), None] } else { vec![] },
        }],
        progress: SearchProgress { scanned: 2, bytes: 30, matched: 1, ..SearchProgress::default() },
        skipped: 0,
        positions: vec![PartitionPosition { partition: 3, offset: 9_007_199_254_740_994 }],
        end,
    }
}

fn server_frames() -> Vec<ServerMessage> {
    vec![
        ServerMessage::Welcome(Welcome {
            protocol: PROTOCOL,
            build: "b1".into(),
            version: "0.1.0".into(),
            demo: true,
            now_ms: 1_790_000_000_000,
            limits: Limits {
                max_frame_bytes: 1,
                max_subscriptions: 2,
                max_requests: 3,
                heartbeat_ms: 4,
            },
            deny: Vec::new(),
        }),
        ServerMessage::Reply { id: RequestId(1), result: Ok(Response::Done) },
        ServerMessage::Reply {
            id: RequestId(2),
            result: Err(WireError {
                code: ErrorCode::Denied,
                message: "m".into(),
                cause: None,
                remedy: Some("r".into()),
                fields: vec![],
                trace: "t".into(),
            }),
        },
        ServerMessage::Snapshot { id: SubscriptionId(1), seq: 0, data: FeedData::Clusters(vec![]) },
        ServerMessage::Delta {
            id: SubscriptionId(1),
            seq: 1,
            delta: FeedDelta::Clusters { upsert: vec![], remove: vec![cluster("a")] },
        },
        ServerMessage::Gap { id: SubscriptionId(3), missed: 12 },
        ServerMessage::Ended { id: SubscriptionId(1), reason: EndReason::Unsubscribed },
        ServerMessage::Ping { nonce: 1 },
        ServerMessage::Pong { nonce: 1 },
        ServerMessage::Snapshot {
            id: SubscriptionId(4),
            seq: 0,
            data: FeedData::Activity(vec![activity(1, ActivityResult::Done)]),
        },
        ServerMessage::Delta {
            id: SubscriptionId(4),
            seq: 1,
            delta: FeedDelta::Activity(vec![activity(2, ActivityResult::Refused("no".into()))]),
        },
        ServerMessage::Snapshot {
            id: SubscriptionId(5),
            seq: 0,
            data: FeedData::Records(Box::new(chunk(None))),
        },
        ServerMessage::Delta {
            id: SubscriptionId(5),
            seq: 1,
            delta: FeedDelta::Records(Box::new(chunk(Some(SearchEnd::Limit)))),
        },
        ServerMessage::Ended { id: SubscriptionId(5), reason: EndReason::Finished },
        ServerMessage::Snapshot {
            id: SubscriptionId(6),
            seq: 0,
            data: FeedData::Groups(GroupsView {
                reads: vec![GroupsRead {
                    cluster: cluster("cloud"),
                    observed_at_ms: Some(1_790_000_000_000),
                    measured_at_ms: None,
                    fault: None,
                }],
                rows: vec![group()],
            }),
        },
        ServerMessage::Delta {
            id: SubscriptionId(7),
            seq: 1,
            delta: FeedDelta::Group {
                head: Box::new(GroupDetail {
                    observed_at_ms: 1_790_000_000_000,
                    group: group(),
                    assignor: "uniform".into(),
                    epoch: Some(3),
                    members: vec![],
                    partitions: vec![],
                    behind_ms: Some(3_100),
                    fault: None,
                }),
                upsert_members: vec![],
                remove_members: vec!["m-1".into()],
                upsert: vec![],
                remove: vec![("orders".into(), 3)],
            },
        },
        ServerMessage::Reply {
            id: RequestId(4),
            result: Ok(Response::ResetPlanned(ResetPlan {
                planned_at_ms: 1_790_000_000_000,
                rows: vec![ResetRow {
                    topic: "orders".into(),
                    partition: 3,
                    from: Some(9_007_199_254_740_993),
                    to: Some(7),
                    log_start: Some(7),
                    log_end: Some(9_007_199_254_740_994),
                    moves: Some(-9_007_199_254_740_986),
                    note: None,
                }],
                refusal: None,
            })),
        },
        ServerMessage::Reply {
            id: RequestId(3),
            result: Ok(Response::Users(UsersView {
                users: vec![UserRow {
                    name: "link".into(),
                    credentials: vec![CredentialRow {
                        mechanism: ScramMechanism::Sha512,
                        iterations: 8192,
                    }],
                }],
                offered: Some(vec![ScramMechanism::Sha512]),
                gateway: None,
            })),
        },
        ServerMessage::Reply {
            id: RequestId(5),
            result: Ok(Response::Acls(Box::new(AclsView {
                has_authorizer: true,
                acls: vec![acl()],
                total: 1,
                n_unknown: 0,
                gateway: Some("User:admin".into()),
            }))),
        },
        ServerMessage::Reply {
            id: RequestId(6),
            result: Ok(Response::AclResults(vec![AclResultRow { acl: acl(), error: None }])),
        },
        ServerMessage::Welcome(Welcome {
            protocol: PROTOCOL,
            build: "b1".into(),
            version: "0.1.0".into(),
            demo: false,
            now_ms: 1_790_000_000_000,
            limits: Limits {
                max_frame_bytes: 1,
                max_subscriptions: 2,
                max_requests: 3,
                heartbeat_ms: 4,
            },
            deny: vec![Rule::parse("cluster.add").unwrap()],
        }),
        ServerMessage::Snapshot {
            id: SubscriptionId(8),
            seq: 0,
            data: FeedData::Clusters(vec![guarded()]),
        },
        ServerMessage::Snapshot {
            id: SubscriptionId(8),
            seq: 0,
            data: FeedData::Brokers(BrokersView {
                observed_at_ms: 1_790_000_000_000,
                measured_at_ms: None,
                fault: None,
                counts: counts(),
                quorum: Some(QuorumView { leader: Some(2), voters: vec![(1, None), (2, Some(0))] }),
                rows: vec![broker()],
            }),
        },
        ServerMessage::Delta {
            id: SubscriptionId(9),
            seq: 1,
            delta: FeedDelta::TroubledPartitions {
                head: Box::new(TroubledView {
                    observed_at_ms: 1_790_000_000_000,
                    fault: None,
                    counts: counts(),
                    rows: vec![],
                }),
                upsert: vec![TroubledPartition {
                    topic: "orders".into(),
                    partition: 3,
                    leader: None,
                    replicas: vec![1, 2],
                    isr: vec![1],
                    down: vec![1],
                    min_isr: Some(1),
                }],
                remove: vec![("orders".into(), 4)],
            },
        },
        ServerMessage::Reply {
            id: RequestId(8),
            result: Ok(Response::Elected(vec![ElectionRow {
                topic: "orders".into(),
                partition: 3,
                outcome: ElectionOutcome::Elected,
                error: None,
            }])),
        },
        ServerMessage::Reply {
            id: RequestId(9),
            result: Ok(Response::Records(vec![chunk(None).records.pop(), None])),
        },
    ]
}

#[test]
fn client_frames_read_as_they_always_did() {
    let text: Vec<String> =
        client_frames().iter().map(|frame| encode_client(frame).unwrap()).collect();
    assert_eq!(text.join("\n") + "\n", include_str!("golden/client.jsonl"));
    for (frame, line) in client_frames().iter().zip(&text) {
        assert_eq!(&decode_client(line).unwrap(), frame);
    }
}

#[test]
fn server_frames_read_as_they_always_did() {
    let text: Vec<String> =
        server_frames().iter().map(|frame| encode_server(frame).unwrap()).collect();
    assert_eq!(text.join("\n") + "\n", include_str!("golden/server.jsonl"));
    for (frame, line) in server_frames().iter().zip(&text) {
        assert_eq!(&decode_server(line).unwrap(), frame);
    }
}

#[test]
fn the_first_pages_frames_read_and_write_as_with_the_whole_protocol() {
    for (frame, line) in server_frames().iter().zip(include_str!("golden/server.jsonl").lines()) {
        let is_first = match frame {
            ServerMessage::Reply { .. } => false,
            ServerMessage::Snapshot { data, .. } => {
                matches!(data, FeedData::Clusters(_) | FeedData::Links(_) | FeedData::Notices(_))
            }
            ServerMessage::Delta { delta, .. } => matches!(
                delta,
                FeedDelta::Clusters { .. } | FeedDelta::Links { .. } | FeedDelta::Notices(_)
            ),
            _ => true,
        };
        assert_eq!(decode_first(line).ok().as_ref(), is_first.then_some(frame), "{line}");
    }
    for (frame, line) in client_frames().iter().zip(include_str!("golden/client.jsonl").lines()) {
        let is_first = match frame {
            ClientMessage::Request { .. } => false,
            ClientMessage::Subscribe { feed, .. } => {
                matches!(feed, Feed::Clusters | Feed::Links | Feed::Notices)
            }
            _ => true,
        };
        assert_eq!(encode_first(frame).ok().as_deref(), is_first.then_some(line), "{line}");
    }
}

#[test]
fn a_name_that_breaks_the_rules_is_refused_while_reading_the_frame() {
    let error = decode_client(r#"{"subscribe":{"id":1,"feed":{"cluster":{"cluster":"a/b"}}}}"#)
        .unwrap_err();
    assert!(error.to_string().contains("'/'"), "{error}");
}

proptest! {
    #[test]
    fn arbitrary_text_is_refused_without_panic(text in ".{0,200}") {
        prop_assert!(decode_client(&text).is_err());
        prop_assert!(decode_server(&text).is_err());
    }

    #[test]
    fn a_damaged_frame_never_panics(which in 0usize..10, at in 0usize..200, with in any::<char>()) {
        let mut text: Vec<char> = encode_client(&client_frames()[which]).unwrap().chars().collect();
        let at = at % text.len();
        text[at] = with;
        let text: String = text.into_iter().collect();
        decode_client(&text).ok();
    }

    #[test]
    fn offsets_survive_exactly(partition in any::<i32>(), offset in any::<i64>()) {
        let frame = ClientMessage::Request {
            id: RequestId(u64::MAX),
            body: Request::PurgeTopic {
                cluster: cluster("c"),
                topic: "t".parse().unwrap(),
                topic_id: None,
                before: vec![(partition, offset)],
            },
        };
        prop_assert_eq!(decode_client(&encode_client(&frame).unwrap()).unwrap(), frame);
    }
}
