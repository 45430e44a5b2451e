//! Every advertised version of every API, answered with a filled response and decoded again; and
//! arbitrary bytes, which must never do more than close a connection.

use std::sync::LazyLock;

use kafka_protocol::messages::*;
use kafka_protocol::protocol::{Decodable, StrBytes};
use proptest::prelude::*;
use tokio_util::sync::CancellationToken;

use super::*;
use crate::acl::{Acl, operation, resource};
use crate::batch::{self, Record};
use crate::clock::now_ms;
use crate::cluster::EmbeddedCluster;
use crate::codec::Codec;
use crate::scram::Mechanism;
use crate::spec::{ClusterSpec, ListenerSecurity, TopicSpec};

fn s(text: &str) -> StrBytes {
    StrBytes::from_string(text.to_owned())
}

fn topic(name: &str) -> TopicName {
    TopicName(s(name))
}

fn session(cluster: &EmbeddedCluster) -> Session {
    let gone = CancellationToken::new();
    Session::new(cluster.local().shared, 1, "127.0.0.1".into(), gone)
}

async fn cluster() -> EmbeddedCluster {
    let spec = ClusterSpec::new("test")
        .topic(TopicSpec::new("plain", 2, 1))
        .topic(TopicSpec::new("doomed", 1, 1))
        .user("ann", "pw")
        .acl(Acl::allow("User:ann", operation::READ, resource::TOPIC, "plain"))
        .super_user("User:ANONYMOUS");
    let cluster = EmbeddedCluster::start(spec).await.unwrap();
    let record = Record::new("k", "v").header("h", "x");
    cluster.append("plain", 0, &vec![record; 3]).unwrap();
    cluster
}

fn frame<R: Request>(request: &R, version: i16) -> Bytes {
    let mut out = BytesMut::new();
    let header = RequestHeader::default()
        .with_request_api_key(R::KEY)
        .with_request_api_version(version)
        .with_correlation_id(7)
        .with_client_id(Some(s("judge")));
    header.encode(&mut out, R::header_version(version)).unwrap();
    request.encode(&mut out, version).unwrap();
    out.freeze()
}

/// Sends a request through framing, dispatch and encoding, and decodes the whole response.
async fn ask<R: Request>(session: &mut Session, version: i16, request: R) -> R::Response {
    let outcome = handle(session, frame(&request, version)).await;
    let mut body = match outcome {
        Ok(Outcome::Answer(body) | Outcome::LastAnswer(body)) => body.freeze(),
        Ok(Outcome::Silent) => panic!("API {} version {version}: no answer", R::KEY),
        Err(error) => panic!("API {} version {version}: {error}", R::KEY),
    };
    assert_eq!(usize::try_from(body.get_i32()), Ok(body.len()));
    let header = R::Response::header_version(version);
    assert_eq!(ResponseHeader::decode(&mut body, header).unwrap().correlation_id, 7);
    let response = R::Response::decode(&mut body, version).unwrap();
    assert!(body.is_empty(), "API {} version {version} leaves bytes", R::KEY);
    response
}

fn range<R: Request>() -> std::ops::RangeInclusive<i16> {
    let api = all().into_iter().find(|a| a.key == R::KEY).unwrap();
    COVERED.lock().unwrap().insert(R::KEY);
    api.min..=api.max
}

static COVERED: LazyLock<std::sync::Mutex<std::collections::BTreeSet<i16>>> =
    LazyLock::new(Default::default);

fn batch_bytes() -> Bytes {
    batch::build(&[Record::new("k", "v")], Codec::None, now_ms()).unwrap()
}

async fn id_of(s: &mut Session) -> uuid::Uuid {
    let all = ask(s, 12, MetadataRequest::default().with_topics(None)).await;
    all.topics.iter().find(|t| t.name == Some(topic("plain"))).unwrap().topic_id
}

#[tokio::test]
async fn every_version_of_every_api_is_answered_with_a_filled_response() {
    let cluster = cluster().await;
    let s = &mut session(&cluster);
    connection_apis(s).await;
    metadata_apis(s).await;
    data_apis(s).await;
    group_apis(s).await;
    transaction_apis(s).await;
    admin_apis(s).await;
    security_apis(s).await;
    let missing: Vec<i16> =
        all().iter().map(|a| a.key).filter(|k| !COVERED.lock().unwrap().contains(k)).collect();
    assert_eq!(missing, Vec::<i16>::new(), "APIs without a version test");
    cluster.shutdown().await;
}

async fn connection_apis(s: &mut Session) {
    for v in range::<ApiVersionsRequest>() {
        let mut request = ApiVersionsRequest::default();
        if v >= 3 {
            request.client_software_name = self::s("judge");
            request.client_software_version = self::s("1");
        }
        let r = ask(s, v, request).await;
        assert_eq!((r.error_code, r.api_keys.len()), (0, all().len()));
    }
    let spec = ClusterSpec::new("sasl")
        .security(ListenerSecurity::sasl(&[Mechanism::Plain]))
        .user("ann", "pw");
    let cluster = EmbeddedCluster::start(spec).await.unwrap();
    for (v, handshake) in range::<SaslAuthenticateRequest>().zip([1; 3]) {
        range::<SaslHandshakeRequest>();
        let s = &mut session(&cluster);
        let request = SaslHandshakeRequest::default().with_mechanism(self::s("PLAIN"));
        assert_eq!(ask(s, handshake, request).await.mechanisms.len(), 1);
        let token = Bytes::from_static(b"\0ann\0pw");
        let r = ask(s, v, SaslAuthenticateRequest::default().with_auth_bytes(token)).await;
        assert_eq!(r.error_code, 0);
    }
    cluster.shutdown().await;
}

async fn metadata_apis(s: &mut Session) {
    for v in range::<MetadataRequest>() {
        let wanted = ["plain", "no-such-topic-yet", "bad/name"];
        let mut request = MetadataRequest::default().with_topics(Some(
            wanted
                .map(|n| {
                    metadata_request::MetadataRequestTopic::default().with_name(Some(topic(n)))
                })
                .into(),
        ));
        request.allow_auto_topic_creation = v < 4;
        if v >= 8 {
            request.include_topic_authorized_operations = true;
            request.include_cluster_authorized_operations = v <= 10;
        }
        let r = ask(s, v, request).await;
        assert_eq!((r.brokers.len(), r.topics.len(), r.topics[0].partitions.len()), (1, 3, 2));
        assert_eq!(r.topics[2].error_code, 17);
    }
    let id = id_of(s).await;
    for v in 12..=13 {
        let by_id = |id| {
            metadata_request::MetadataRequestTopic::default().with_name(None).with_topic_id(id)
        };
        let ids = vec![by_id(id), by_id(uuid::Uuid::from_u128(5))];
        let r = ask(s, v, MetadataRequest::default().with_topics(Some(ids))).await;
        assert_eq!((r.topics[0].name.clone(), r.topics[1].error_code), (Some(topic("plain")), 100));
    }
    for v in range::<FindCoordinatorRequest>() {
        let mut request = FindCoordinatorRequest::default();
        if v >= 4 {
            request.coordinator_keys = vec![self::s("g"), self::s("h")];
        } else {
            request.key = self::s("g");
        }
        let r = ask(s, v, request).await;
        assert_eq!(if v >= 4 { r.coordinators[1].node_id } else { r.node_id }, BrokerId(1));
    }
    for v in range::<DescribeClusterRequest>() {
        let request =
            DescribeClusterRequest::default().with_include_cluster_authorized_operations(true);
        assert_eq!(ask(s, v, request).await.brokers.len(), 1);
    }
    for v in range::<DescribeTopicPartitionsRequest>() {
        let request = DescribeTopicPartitionsRequest::default().with_response_partition_limit(1);
        assert!(ask(s, v, request).await.next_cursor.is_some());
    }
}

async fn data_apis(s: &mut Session) {
    let id = id_of(s).await;
    for v in range::<ProduceRequest>() {
        let one = |index| {
            produce_request::PartitionProduceData::default()
                .with_index(index)
                .with_records(Some(batch_bytes()))
        };
        let mut data =
            produce_request::TopicProduceData::default().with_partition_data(vec![one(0), one(99)]);
        if v >= 13 {
            data.topic_id = id
        } else {
            data.name = topic("plain")
        }
        let request = ProduceRequest::default()
            .with_acks(-1)
            .with_timeout_ms(1000)
            .with_topic_data(vec![data]);
        let r = ask(s, v, request).await;
        let codes: Vec<i16> =
            r.responses[0].partition_responses.iter().map(|p| p.error_code).collect();
        assert_eq!(codes, [0, 3]);
    }
    for v in range::<FetchRequest>() {
        let one = |index| {
            fetch_request::FetchPartition::default()
                .with_partition(index)
                .with_partition_max_bytes(1 << 20)
        };
        let mut wanted =
            fetch_request::FetchTopic::default().with_partitions(vec![one(0), one(99)]);
        if v >= 13 {
            wanted.topic_id = id
        } else {
            wanted.topic = topic("plain")
        }
        let mut request = FetchRequest::default()
            .with_max_wait_ms(1)
            .with_min_bytes(1)
            .with_max_bytes(1 << 20)
            .with_isolation_level(1)
            .with_topics(vec![wanted]);
        if v < 15 {
            request.replica_id = BrokerId(-1)
        }
        let r = ask(s, v, request).await;
        let parts = &r.responses[0].partitions;
        assert!(!parts[0].records.as_ref().unwrap().is_empty());
        assert_eq!(parts[1].error_code, 3);
    }
    for v in range::<ListOffsetsRequest>() {
        let one = |at| list_offsets_request::ListOffsetsPartition::default().with_timestamp(at);
        let wanted = list_offsets_request::ListOffsetsTopic::default()
            .with_name(topic("plain"))
            .with_partitions([-1, -2, -3, -4, -5, 0].map(one).into());
        let mut request =
            ListOffsetsRequest::default().with_replica_id(BrokerId(-1)).with_topics(vec![wanted]);
        if v >= 2 {
            request.isolation_level = 1
        }
        let r = ask(s, v, request).await;
        assert!(r.topics[0].partitions[0].offset > 0);
        assert_eq!(r.topics[0].partitions[5].offset, 0);
    }
    for v in range::<OffsetForLeaderEpochRequest>() {
        let one = offset_for_leader_epoch_request::OffsetForLeaderPartition::default();
        let wanted = offset_for_leader_epoch_request::OffsetForLeaderTopic::default()
            .with_topic(topic("plain"))
            .with_partitions(vec![one]);
        let r = ask(s, v, OffsetForLeaderEpochRequest::default().with_topics(vec![wanted])).await;
        assert!(r.topics[0].partitions[0].end_offset > 0);
    }
    for v in range::<DeleteRecordsRequest>() {
        let one = delete_records_request::DeleteRecordsPartition::default().with_offset(1);
        let wanted = delete_records_request::DeleteRecordsTopic::default()
            .with_name(topic("plain"))
            .with_partitions(vec![one]);
        let r = ask(s, v, DeleteRecordsRequest::default().with_topics(vec![wanted])).await;
        assert_eq!(r.topics[0].partitions[0].low_watermark, 1);
    }
}

async fn group_apis(s: &mut Session) {
    let g = || GroupId(self::s("group"));
    let mut member = (self::s(""), 0);
    for v in range::<JoinGroupRequest>() {
        let mut request = JoinGroupRequest::default()
            .with_group_id(g())
            .with_session_timeout_ms(10_000)
            .with_protocol_type(self::s("consumer"))
            .with_member_id(member.0.clone());
        request.rebalance_timeout_ms = if v >= 1 { 10_000 } else { -1 };
        request.protocols = vec![
            join_group_request::JoinGroupRequestProtocol::default()
                .with_name(self::s("range"))
                .with_metadata(Bytes::from_static(b"m")),
        ];
        if v >= 5 {
            request.group_instance_id = None
        }
        let r = ask(s, v, request).await;
        assert_eq!((r.error_code, r.members.len()), (0, 1), "version {v}");
        member = (r.member_id, r.generation_id);
    }
    for v in range::<SyncGroupRequest>() {
        let given = sync_group_request::SyncGroupRequestAssignment::default()
            .with_member_id(member.0.clone())
            .with_assignment(Bytes::from_static(b"a"));
        let mut request = SyncGroupRequest::default()
            .with_group_id(g())
            .with_generation_id(member.1)
            .with_member_id(member.0.clone())
            .with_assignments(vec![given]);
        if v >= 5 {
            request.protocol_type = Some(self::s("consumer"));
            request.protocol_name = Some(self::s("range"));
        }
        assert_eq!(ask(s, v, request).await.assignment, Bytes::from_static(b"a"), "version {v}");
    }
    for v in range::<HeartbeatRequest>() {
        let request = HeartbeatRequest::default()
            .with_group_id(g())
            .with_generation_id(member.1)
            .with_member_id(member.0.clone());
        assert_eq!(ask(s, v, request).await.error_code, 0);
    }
    for v in range::<OffsetCommitRequest>() {
        let mut one = offset_commit_request::OffsetCommitRequestPartition::default()
            .with_committed_offset(2)
            .with_committed_metadata(Some(self::s("note")));
        if v >= 6 {
            one.committed_leader_epoch = 4
        }
        let wanted = offset_commit_request::OffsetCommitRequestTopic::default()
            .with_name(topic("plain"))
            .with_partitions(vec![one]);
        let request = OffsetCommitRequest::default()
            .with_group_id(g())
            .with_generation_id_or_member_epoch(member.1)
            .with_member_id(member.0.clone())
            .with_topics(vec![wanted]);
        assert_eq!(ask(s, v, request).await.topics[0].partitions[0].error_code, 0);
    }
    for v in range::<OffsetFetchRequest>() {
        let mut request = OffsetFetchRequest::default();
        if v >= 8 {
            let wanted = offset_fetch_request::OffsetFetchRequestTopics::default()
                .with_name(topic("plain"))
                .with_partition_indexes(vec![0, 1]);
            request.groups = vec![
                offset_fetch_request::OffsetFetchRequestGroup::default()
                    .with_group_id(g())
                    .with_topics(Some(vec![wanted])),
            ];
        } else {
            request.group_id = g();
            let wanted = offset_fetch_request::OffsetFetchRequestTopic::default()
                .with_name(topic("plain"))
                .with_partition_indexes(vec![0, 1]);
            request.topics = Some(vec![wanted]);
        }
        let r = ask(s, v, request).await;
        let offset = if v >= 8 {
            r.groups[0].topics[0].partitions[0].committed_offset
        } else {
            r.topics[0].partitions[0].committed_offset
        };
        assert_eq!(offset, 2);
    }
    for v in range::<DescribeGroupsRequest>() {
        let mut request =
            DescribeGroupsRequest::default().with_groups(vec![g(), GroupId(self::s("none"))]);
        if v >= 3 {
            request.include_authorized_operations = true
        }
        let r = ask(s, v, request).await;
        assert_eq!((r.groups[0].members.len(), r.groups[1].group_state.as_str()), (1, "Dead"));
    }
    for v in range::<ListGroupsRequest>() {
        assert_eq!(ask(s, v, ListGroupsRequest::default()).await.groups.len(), 1);
    }
    for v in range::<OffsetDeleteRequest>() {
        let one = offset_delete_request::OffsetDeleteRequestPartition::default();
        let wanted = offset_delete_request::OffsetDeleteRequestTopic::default()
            .with_name(topic("plain"))
            .with_partitions(vec![one]);
        let r =
            ask(s, v, OffsetDeleteRequest::default().with_group_id(g()).with_topics(vec![wanted]))
                .await;
        assert_eq!(r.topics[0].partitions.len(), 1);
    }
    for v in range::<LeaveGroupRequest>() {
        let mut request = LeaveGroupRequest::default().with_group_id(g());
        if v >= 3 {
            request.members = vec![
                leave_group_request::MemberIdentity::default().with_member_id(member.0.clone()),
            ];
        } else {
            request.member_id = member.0.clone();
        }
        let r = ask(s, v, request).await;
        assert_eq!(r.members.len(), usize::from(v >= 3));
    }
    for v in range::<DeleteGroupsRequest>() {
        let r = ask(s, v, DeleteGroupsRequest::default().with_groups_names(vec![g()])).await;
        assert_eq!(r.results[0].error_code, if v == 0 { 0 } else { 69 });
    }
}

async fn transaction_apis(s: &mut Session) {
    let id = || TransactionalId(self::s("txn"));
    let mut producer = (ProducerId(-1), -1);
    for v in range::<InitProducerIdRequest>() {
        let request = InitProducerIdRequest::default()
            .with_transactional_id(Some(id()))
            .with_transaction_timeout_ms(60_000);
        let r = ask(s, v, request).await;
        assert_eq!(r.error_code, 0);
        producer = (r.producer_id, r.producer_epoch);
    }
    for v in range::<AddPartitionsToTxnRequest>() {
        let wanted = add_partitions_to_txn_request::AddPartitionsToTxnTopic::default()
            .with_name(topic("plain"))
            .with_partitions(vec![1]);
        let mut request = AddPartitionsToTxnRequest::default();
        if v <= 3 {
            request.v3_and_below_transactional_id = id();
            request.v3_and_below_producer_id = producer.0;
            request.v3_and_below_producer_epoch = producer.1;
            request.v3_and_below_topics = vec![wanted];
        } else {
            request.transactions = vec![
                add_partitions_to_txn_request::AddPartitionsToTxnTransaction::default()
                    .with_transactional_id(id())
                    .with_producer_id(producer.0)
                    .with_producer_epoch(producer.1)
                    .with_topics(vec![wanted]),
            ];
        }
        let r = ask(s, v, request).await;
        let topics = if v <= 3 {
            &r.results_by_topic_v3_and_below
        } else {
            &r.results_by_transaction[0].topic_results
        };
        assert_eq!(topics[0].results_by_partition[0].partition_error_code, 0);
    }
    for v in range::<AddOffsetsToTxnRequest>() {
        let request = AddOffsetsToTxnRequest::default()
            .with_transactional_id(id())
            .with_producer_id(producer.0)
            .with_producer_epoch(producer.1)
            .with_group_id(GroupId(self::s("g")));
        assert_eq!(ask(s, v, request).await.error_code, 0);
    }
    for v in range::<TxnOffsetCommitRequest>() {
        let one = txn_offset_commit_request::TxnOffsetCommitRequestPartition::default()
            .with_committed_offset(1);
        let wanted = txn_offset_commit_request::TxnOffsetCommitRequestTopic::default()
            .with_name(topic("plain"))
            .with_partitions(vec![one]);
        let request = TxnOffsetCommitRequest::default()
            .with_transactional_id(id())
            .with_group_id(GroupId(self::s("g")))
            .with_producer_id(producer.0)
            .with_producer_epoch(producer.1)
            .with_topics(vec![wanted]);
        assert_eq!(ask(s, v, request).await.topics[0].partitions[0].error_code, 0);
    }
    for v in range::<DescribeTransactionsRequest>() {
        let request = DescribeTransactionsRequest::default()
            .with_transactional_ids(vec![id(), TransactionalId(self::s("none"))]);
        let r = ask(s, v, request).await;
        assert_eq!(
            (r.transaction_states[0].topics.len(), r.transaction_states[1].error_code),
            (1, 105)
        );
    }
    for v in range::<ListTransactionsRequest>() {
        assert_eq!(ask(s, v, ListTransactionsRequest::default()).await.transaction_states.len(), 1);
    }
    for v in range::<EndTxnRequest>() {
        let request = EndTxnRequest::default()
            .with_transactional_id(id())
            .with_producer_id(producer.0)
            .with_producer_epoch(producer.1)
            .with_committed(true);
        assert_eq!(ask(s, v, request).await.error_code, 0);
    }
    for v in range::<WriteTxnMarkersRequest>() {
        let wanted = write_txn_markers_request::WritableTxnMarkerTopic::default()
            .with_name(topic("plain"))
            .with_partition_indexes(vec![0]);
        let marker = write_txn_markers_request::WritableTxnMarker::default()
            .with_producer_id(ProducerId(5))
            .with_topics(vec![wanted]);
        let r = ask(s, v, WriteTxnMarkersRequest::default().with_markers(vec![marker])).await;
        assert_eq!(r.markers[0].topics[0].partitions[0].error_code, 0);
    }
    for v in range::<DescribeProducersRequest>() {
        let wanted = describe_producers_request::TopicRequest::default()
            .with_name(topic("plain"))
            .with_partition_indexes(vec![0]);
        let r = ask(s, v, DescribeProducersRequest::default().with_topics(vec![wanted])).await;
        assert_eq!(r.topics[0].partitions[0].active_producers[0].producer_id, ProducerId(5));
    }
}

async fn admin_apis(s: &mut Session) {
    for v in range::<CreateTopicsRequest>() {
        let config = create_topics_request::CreatableTopicConfig::default()
            .with_name(self::s("retention.ms"))
            .with_value(Some(self::s("5")));
        let new = |name: &str| {
            create_topics_request::CreatableTopic::default()
                .with_name(topic(name))
                .with_num_partitions(1)
                .with_replication_factor(1)
                .with_configs(vec![config.clone()])
        };
        let request = CreateTopicsRequest::default()
            .with_timeout_ms(1000)
            .with_topics(vec![new(&format!("made-{v}")), new("plain")]);
        let r = ask(s, v, request).await;
        assert_eq!((r.topics[0].error_code, r.topics[1].error_code), (0, 36));
        assert_eq!(r.topics[0].configs.as_ref().map_or(0, Vec::len) > 20, v >= 5);
    }
    for v in range::<CreatePartitionsRequest>() {
        let more = create_partitions_request::CreatePartitionsTopic::default()
            .with_name(topic("plain"))
            .with_count(4 + i32::from(v))
            .with_assignments(None);
        let r = ask(s, v, CreatePartitionsRequest::default().with_topics(vec![more])).await;
        assert_eq!(r.results[0].error_code, 0);
    }
    for v in range::<ElectLeadersRequest>() {
        let wanted = elect_leaders_request::TopicPartitions::default()
            .with_topic(topic("plain"))
            .with_partitions(vec![0]);
        let r = ask(s, v, ElectLeadersRequest::default().with_topic_partitions(Some(vec![wanted])))
            .await;
        assert_eq!(r.replica_election_results[0].partition_result[0].error_code, 84);
    }
    for v in range::<DescribeQuorumRequest>() {
        let partition = describe_quorum_request::PartitionData::default();
        let metadata = describe_quorum_request::TopicData::default()
            .with_topic_name(topic("__cluster_metadata"))
            .with_partitions(vec![partition]);
        let r = ask(s, v, DescribeQuorumRequest::default().with_topics(vec![metadata])).await;
        let partition = &r.topics[0].partitions[0];
        assert_eq!((r.error_code, partition.error_code), (0, 0));
        assert_eq!(partition.current_voters[0].replica_id, partition.leader_id);
    }
    for v in range::<DescribeConfigsRequest>() {
        let one = |kind, name| {
            describe_configs_request::DescribeConfigsResource::default()
                .with_resource_type(kind)
                .with_resource_name(self::s(name))
                .with_configuration_keys(None)
        };
        let resources = vec![one(2, "plain"), one(4, "1"), one(2, "none"), one(9, "x")];
        let mut request =
            DescribeConfigsRequest::default().with_include_synonyms(true).with_resources(resources);
        if v >= 3 {
            request.include_documentation = true
        }
        let r = ask(s, v, request).await;
        assert_eq!(r.results.iter().map(|r| r.error_code).collect::<Vec<_>>(), [0, 0, 3, 42]);
        assert!(r.results[0].configs.len() > 30 && r.results[1].configs.len() > 30);
        assert!(r.results[1].configs.iter().any(|c| c.is_sensitive && c.value.is_none()));
        let documented = |t: &StrBytes| t.len() > 20;
        assert_eq!(v >= 3, r.results[0].configs[0].documentation.as_ref().is_some_and(documented));
    }
    for v in range::<AlterConfigsRequest>() {
        let set = alter_configs_request::AlterableConfig::default()
            .with_name(self::s("retention.ms"))
            .with_value(Some(self::s("soon")));
        let one = alter_configs_request::AlterConfigsResource::default()
            .with_resource_type(2)
            .with_resource_name(self::s("plain"))
            .with_configs(vec![set]);
        let r = ask(s, v, AlterConfigsRequest::default().with_resources(vec![one])).await;
        assert_eq!(r.responses[0].error_code, 40);
    }
    for v in range::<IncrementalAlterConfigsRequest>() {
        let set = incremental_alter_configs_request::AlterableConfig::default()
            .with_name(self::s("retention.ms"))
            .with_value(Some(self::s("77")));
        let one = incremental_alter_configs_request::AlterConfigsResource::default()
            .with_resource_type(2)
            .with_resource_name(self::s("plain"))
            .with_configs(vec![set]);
        let r =
            ask(s, v, IncrementalAlterConfigsRequest::default().with_resources(vec![one])).await;
        assert_eq!(r.responses[0].error_code, 0);
    }
    for v in range::<DescribeLogDirsRequest>() {
        let r = ask(s, v, DescribeLogDirsRequest::default().with_topics(None)).await;
        assert!(
            r.results[0].topics.iter().any(|t| t.partitions.iter().any(|p| p.partition_size > 0))
        );
    }
    for v in range::<DeleteTopicsRequest>() {
        let mut request = DeleteTopicsRequest::default().with_timeout_ms(1000);
        if v >= 6 {
            let named =
                |n| delete_topics_request::DeleteTopicState::default().with_name(Some(topic(n)));
            request.topics = vec![
                named("doomed"),
                delete_topics_request::DeleteTopicState::default()
                    .with_name(None)
                    .with_topic_id(uuid::Uuid::from_u128(3)),
            ];
        } else {
            request.topic_names = vec![topic("doomed"), topic("none")];
        }
        let r = ask(s, v, request).await;
        assert_eq!(r.responses[0].error_code, if v == 1 { 0 } else { 3 });
        assert_eq!(r.responses[1].error_code, if v >= 6 { 100 } else { 3 });
    }
}

async fn security_apis(s: &mut Session) {
    for v in range::<CreateAclsRequest>() {
        let one = create_acls_request::AclCreation::default()
            .with_resource_type(2)
            .with_resource_name(self::s("plain"))
            .with_resource_pattern_type(3)
            .with_principal(self::s("User:bob"))
            .with_host(self::s("*"))
            .with_operation(3)
            .with_permission_type(3);
        let bad = one.clone().with_operation(1);
        let r = ask(s, v, CreateAclsRequest::default().with_creations(vec![one, bad])).await;
        assert_eq!((r.results[0].error_code, r.results[1].error_code), (0, 42));
    }
    for v in range::<DescribeAclsRequest>() {
        let request = DescribeAclsRequest::default()
            .with_resource_type_filter(1)
            .with_resource_name_filter(None)
            .with_pattern_type_filter(1)
            .with_principal_filter(None)
            .with_host_filter(None)
            .with_operation(1)
            .with_permission_type(1);
        assert_eq!(ask(s, v, request).await.resources[0].acls.len(), 2);
    }
    for v in range::<DeleteAclsRequest>() {
        let all = delete_acls_request::DeleteAclsFilter::default()
            .with_resource_type_filter(1)
            .with_resource_name_filter(None)
            .with_pattern_type_filter(1)
            .with_principal_filter(Some(self::s("User:bob")))
            .with_host_filter(None)
            .with_operation(1)
            .with_permission_type(1);
        let r = ask(s, v, DeleteAclsRequest::default().with_filters(vec![all])).await;
        assert_eq!(r.filter_results[0].matching_acls.len(), usize::from(v == 1));
    }
    for v in range::<AlterUserScramCredentialsRequest>() {
        let up = alter_user_scram_credentials_request::ScramCredentialUpsertion::default()
            .with_name(self::s("bob"))
            .with_mechanism(1)
            .with_iterations(4096)
            .with_salt(Bytes::from_static(b"salt"))
            .with_salted_password(Bytes::from_static(&[1; 32]));
        let down = alter_user_scram_credentials_request::ScramCredentialDeletion::default()
            .with_name(self::s("nobody"))
            .with_mechanism(1);
        let r = ask(
            s,
            v,
            AlterUserScramCredentialsRequest::default()
                .with_upsertions(vec![up])
                .with_deletions(vec![down]),
        )
        .await;
        assert_eq!(r.results.iter().map(|r| r.error_code).collect::<Vec<_>>(), [0, 91]);
    }
    for v in range::<DescribeUserScramCredentialsRequest>() {
        let name =
            |n| describe_user_scram_credentials_request::UserName::default().with_name(self::s(n));
        let request = DescribeUserScramCredentialsRequest::default()
            .with_users(Some(vec![name("bob"), name("none")]));
        let r = ask(s, v, request).await;
        assert_eq!((r.results[0].credential_infos.len(), r.results[1].error_code), (1, 91));
    }
}

#[tokio::test]
async fn a_too_new_api_versions_request_gets_the_list_in_version_0() {
    let cluster = cluster().await;
    let mut frame = BytesMut::new();
    frame.put_slice(&[0, 18, 0, 99, 0, 0, 0, 7, 0xff, 0xff, 1, 2, 3]);
    let Ok(Outcome::Answer(body)) = handle(&mut session(&cluster), frame.freeze()).await else {
        panic!("no answer")
    };
    let mut body = body.freeze();
    body.advance(8);
    let response = ApiVersionsResponse::decode(&mut body, 0).unwrap();
    assert_eq!((response.error_code, response.api_keys.len()), (35, all().len()));
}

#[tokio::test]
async fn nothing_but_authentication_is_served_before_authentication() {
    let spec = ClusterSpec::new("sasl").security(ListenerSecurity::sasl(&[Mechanism::ScramSha256]));
    let cluster = EmbeddedCluster::start(spec).await.unwrap();
    let refused = handle(&mut session(&cluster), frame(&MetadataRequest::default(), 9)).await;
    assert!(refused.is_err());
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(400))]

    #[test]
    fn arbitrary_requests_never_panic(
        pick in any::<proptest::sample::Index>(),
        version in any::<proptest::sample::Index>(),
        body in proptest::collection::vec(prop_oneof![3 => Just(0_u8), 2 => 0_u8..4, 1 => any::<u8>()], 0..120),
    ) {
        let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build().unwrap();
        runtime.block_on(async {
            let cluster = cluster().await;
            let gone = CancellationToken::new();
            gone.cancel();
            let mut session = Session::new(cluster.local().shared, 1, "x".into(), gone);
            let apis = all();
            let api = apis[pick.index(apis.len())];
            let versions: Vec<i16> = (api.min..=api.max).collect();
            let mut frame = BytesMut::new();
            frame.put_i16(api.key);
            frame.put_i16(versions[version.index(versions.len())]);
            frame.put_i32(1);
            frame.put_slice(&body);
            drop(handle(&mut session, frame.freeze()).await);
            // Whatever happened, the cluster goes on serving.
            cluster.append("plain", 1, &[Record::new("k", "v")]).ok();
            assert!(cluster.local().offsets("plain", 0).is_none_or(|(start, end)| start <= end));
        });
    }
}
