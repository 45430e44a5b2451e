//! Faults, as a client on the other side of a socket sees them.
#![allow(
    clippy::unwrap_used,
    clippy::indexing_slicing,
    reason = "the helpers of these tests fail the test that calls them"
)]

use std::time::Duration;

use bytes::{Bytes, BytesMut};
use drawbridge_embedded::{
    Acl, ApiKey, ClusterSpec, Cut, EmbeddedCluster, ListenerSecurity, Mechanism, Record, TopicSpec,
    operation, resource,
};
use kafka_protocol::messages::*;
use kafka_protocol::protocol::{Decodable, Encodable, HeaderVersion, Request, StrBytes};
use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::TcpStream;

fn s(text: &str) -> StrBytes {
    StrBytes::from_string(text.to_owned())
}

fn topic() -> TopicName {
    TopicName(s("t"))
}

async fn cluster() -> EmbeddedCluster {
    let spec = ClusterSpec::new("faulty").brokers(&[1, 2]).topic(TopicSpec::new("t", 1, 2));
    EmbeddedCluster::start(spec).await.unwrap()
}

struct Client(TcpStream);

impl Client {
    async fn to(cluster: &EmbeddedCluster, broker: usize) -> std::io::Result<Self> {
        let servers = cluster.bootstrap_servers();
        let address = servers.split(',').nth(broker - 1).unwrap();
        Ok(Self(TcpStream::connect(address).await?))
    }

    async fn ask<R: Request>(&mut self, version: i16, request: R) -> std::io::Result<R::Response> {
        let mut out = BytesMut::new();
        RequestHeader::default()
            .with_request_api_key(R::KEY)
            .with_request_api_version(version)
            .encode(&mut out, R::header_version(version))
            .unwrap();
        request.encode(&mut out, version).unwrap();
        self.0.write_i32(i32::try_from(out.len()).unwrap()).await?;
        self.0.write_all(&out).await?;
        let size = self.0.read_i32().await?;
        let mut body = vec![0; usize::try_from(size).unwrap()];
        self.0.read_exact(&mut body).await?;
        let mut body = Bytes::from(body);
        ResponseHeader::decode(&mut body, R::Response::header_version(version)).unwrap();
        Ok(R::Response::decode(&mut body, version).unwrap())
    }

    async fn end(&mut self, replica: i32) -> i64 {
        let one = list_offsets_request::ListOffsetsPartition::default().with_timestamp(-1);
        let wanted = list_offsets_request::ListOffsetsTopic::default()
            .with_name(topic())
            .with_partitions(vec![one]);
        let request = ListOffsetsRequest::default()
            .with_replica_id(BrokerId(replica))
            .with_topics(vec![wanted]);
        self.ask(5, request).await.unwrap().topics[0].partitions[0].offset
    }

    async fn produce(
        &mut self,
        acks: i16,
    ) -> std::io::Result<produce_response::PartitionProduceResponse> {
        let one = produce_request::PartitionProduceData::default().with_records(Some(batch()));
        let data = produce_request::TopicProduceData::default()
            .with_name(topic())
            .with_partition_data(vec![one]);
        let request = ProduceRequest::default()
            .with_acks(acks)
            .with_timeout_ms(50)
            .with_topic_data(vec![data]);
        let mut answer = self.ask(11, request).await?;
        Ok(answer.responses.remove(0).partition_responses.remove(0))
    }

    async fn fetch(&mut self, offset: i64, last_epoch: i32) -> fetch_response::PartitionData {
        let one = fetch_request::FetchPartition::default()
            .with_fetch_offset(offset)
            .with_last_fetched_epoch(last_epoch)
            .with_partition_max_bytes(1 << 20);
        let wanted =
            fetch_request::FetchTopic::default().with_topic(topic()).with_partitions(vec![one]);
        let request = FetchRequest::default()
            .with_replica_id(BrokerId(-1))
            .with_max_bytes(1 << 20)
            .with_topics(vec![wanted]);
        self.ask(12, request).await.unwrap().responses.remove(0).partitions.remove(0)
    }
}

fn batch() -> Bytes {
    let record = kafka_protocol::records::Record {
        transactional: false,
        control: false,
        delete_horizon: false,
        partition_leader_epoch: -1,
        producer_id: -1,
        producer_epoch: -1,
        timestamp_type: kafka_protocol::records::TimestampType::Creation,
        offset: 0,
        sequence: -1,
        timestamp: 5,
        key: Some(Bytes::from_static(b"k")),
        value: Some(Bytes::from_static(b"v")),
        headers: Default::default(),
    };
    let mut out = BytesMut::new();
    let options = kafka_protocol::records::RecordEncodeOptions {
        version: 2,
        compression: kafka_protocol::records::Compression::None,
    };
    kafka_protocol::records::RecordBatchEncoder::encode(&mut out, [&record], &options).unwrap();
    out.freeze()
}

fn records(n: usize) -> Vec<Record> {
    vec![Record::new("k", "v"); n]
}

#[tokio::test]
async fn a_moved_leader_refuses_and_points_to_the_new_one() {
    let cluster = cluster().await;
    cluster.faults().move_leader("t", 0, 2).unwrap();
    let mut old = Client::to(&cluster, 1).await.unwrap();
    let refused = old.produce(1).await.unwrap();
    assert_eq!((refused.error_code, refused.current_leader.leader_id), (6, BrokerId(2)));
    assert_eq!(refused.current_leader.leader_epoch, 1);
    assert_eq!(Client::to(&cluster, 2).await.unwrap().produce(1).await.unwrap().error_code, 0);
    assert!(cluster.faults().move_leader("t", 0, 9).is_err());
}

#[tokio::test]
async fn a_reader_of_truncated_records_is_told_where_it_diverged() {
    let cluster = cluster().await;
    cluster.append("t", 0, &records(3)).unwrap();
    cluster.faults().move_leader("t", 0, 2).unwrap();
    cluster.append("t", 0, &records(3)).unwrap();
    assert_eq!(cluster.faults().truncate("t", 0, 4).unwrap(), 3);
    cluster.append("t", 0, &records(5)).unwrap();
    let mut leader = Client::to(&cluster, 1).await.unwrap();
    let told = leader.fetch(6, 1).await;
    assert_eq!((told.diverging_epoch.epoch, told.diverging_epoch.end_offset), (0, 3));
    assert!(told.records.is_none_or(|r| r.is_empty()));
    assert!(!leader.fetch(3, 0).await.records.unwrap().is_empty());
}

#[tokio::test]
async fn a_held_high_watermark_shows_only_to_debugging_reads_and_fails_acks_all() {
    let cluster = cluster().await;
    cluster.append("t", 0, &records(2)).unwrap();
    cluster.faults().hold_high_watermark("t", 0, true).unwrap();
    let mut client = Client::to(&cluster, 1).await.unwrap();
    assert_eq!(client.produce(1).await.unwrap().error_code, 0);
    assert_eq!(client.produce(-1).await.unwrap().error_code, 7);
    assert_eq!((client.end(-1).await, client.end(-2).await), (2, 4));
    assert_eq!(client.fetch(2, -1).await.high_watermark, 2);
    cluster.faults().hold_high_watermark("t", 0, false).unwrap();
    assert_eq!(client.end(-1).await, 4);
    assert_eq!(client.produce(-1).await.unwrap().error_code, 0);
}

#[tokio::test]
async fn a_lost_response_may_or_may_not_mean_a_lost_write() {
    let cluster = cluster().await;
    for (cut, end) in [(Cut::BeforeProcessing, 0), (Cut::AfterProcessing, 1), (Cut::MidResponse, 2)]
    {
        cluster.faults().cut_at(ApiKey::Produce, cut, 1);
        let mut client = Client::to(&cluster, 1).await.unwrap();
        assert!(client.produce(-1).await.is_err());
        assert_eq!(cluster.local().offsets("t", 0), Some((0, end)), "{cut:?}");
    }
    assert_eq!(Client::to(&cluster, 1).await.unwrap().produce(-1).await.unwrap().base_offset, 2);
}

#[tokio::test]
async fn scripted_errors_come_as_often_as_asked() {
    let cluster = cluster().await;
    cluster.faults().fail_with(ApiKey::Produce, 19, 2);
    let mut client = Client::to(&cluster, 1).await.unwrap();
    let mut codes = Vec::new();
    for _ in 0..3 {
        codes.push(client.produce(-1).await.unwrap().error_code);
    }
    assert_eq!(codes, [19, 19, 0]);
}

#[tokio::test]
async fn throttling_is_reported_in_every_response() {
    let cluster = cluster().await;
    cluster.faults().throttle(Duration::from_millis(20));
    let mut client = Client::to(&cluster, 1).await.unwrap();
    let metadata = client.ask(9, MetadataRequest::default()).await.unwrap();
    assert_eq!(metadata.throttle_time_ms, 20);
    assert_eq!(client.ask(2, DeleteGroupsRequest::default()).await.unwrap().throttle_time_ms, 20);
    let produced = client.ask(9, ProduceRequest::default().with_acks(1)).await.unwrap();
    assert_eq!(produced.throttle_time_ms, 20);
    cluster.faults().throttle(Duration::ZERO);
    let metadata = client.ask(9, MetadataRequest::default()).await.unwrap();
    assert_eq!(metadata.throttle_time_ms, 0);
}

#[tokio::test]
async fn a_cut_broker_refuses_connections_and_comes_back_on_its_port() {
    let cluster = cluster().await;
    let mut client = Client::to(&cluster, 1).await.unwrap();
    cluster.faults().cut_broker(1).await;
    assert!(client.produce(1).await.is_err());
    assert!(Client::to(&cluster, 1).await.is_err());
    cluster.faults().restore_broker(1).await.unwrap();
    // Nobody else was told: the broker still leads.
    assert_eq!(Client::to(&cluster, 1).await.unwrap().produce(1).await.unwrap().error_code, 0);
}

#[tokio::test]
async fn a_stopped_broker_hands_over_and_rejoins() {
    let cluster = cluster().await;
    cluster.faults().stop_broker(1).await;
    let mut other = Client::to(&cluster, 2).await.unwrap();
    let all = || MetadataRequest::default().with_topics(None);
    let seen = other.ask(9, all()).await.unwrap();
    let partition = &seen.topics[0].partitions[0];
    assert_eq!((seen.brokers.len(), seen.controller_id), (1, BrokerId(2)));
    assert_eq!((partition.leader_id, partition.leader_epoch), (BrokerId(2), 1));
    assert_eq!(
        (&partition.isr_nodes, &partition.offline_replicas),
        (&vec![BrokerId(2)], &vec![BrokerId(1)])
    );
    assert_eq!(other.produce(-1).await.unwrap().error_code, 0);
    cluster.faults().start_broker(1).await.unwrap();
    let seen = other.ask(9, all()).await.unwrap();
    assert_eq!((seen.brokers.len(), seen.topics[0].partitions[0].isr_nodes.len()), (2, 2));
    // The preferred leader comes back when it is asked for.
    let elected =
        other.ask(2, ElectLeadersRequest::default().with_topic_partitions(None)).await.unwrap();
    assert_eq!(elected.replica_election_results[0].partition_result[0].error_code, 0);
    assert_eq!(Client::to(&cluster, 1).await.unwrap().produce(1).await.unwrap().error_code, 0);
}

#[tokio::test]
async fn too_few_in_sync_replicas_refuse_acks_all() {
    let topic = TopicSpec::new("t", 1, 2).config("min.insync.replicas", "2");
    let spec = ClusterSpec::new("safe").brokers(&[1, 2]).topic(topic);
    let cluster = EmbeddedCluster::start(spec).await.unwrap();
    cluster.faults().stop_broker(2).await;
    let mut client = Client::to(&cluster, 1).await.unwrap();
    assert_eq!(client.produce(-1).await.unwrap().error_code, 19);
    assert_eq!(client.produce(1).await.unwrap().error_code, 0);
}

#[tokio::test]
async fn everyone_is_disconnected_once() {
    let cluster = cluster().await;
    let mut client = Client::to(&cluster, 1).await.unwrap();
    assert!(client.produce(1).await.is_ok());
    cluster.faults().disconnect_everyone();
    assert!(client.produce(1).await.is_err());
    assert!(Client::to(&cluster, 1).await.unwrap().produce(1).await.is_ok());
}

async fn log_in(cluster: &EmbeddedCluster, user: &str, password: &str) -> (Client, i16) {
    let mut client = Client::to(cluster, 1).await.unwrap();
    let handshake = SaslHandshakeRequest::default().with_mechanism(s("PLAIN"));
    client.ask(1, handshake).await.unwrap();
    let token = Bytes::from(format!("\0{user}\0{password}"));
    let request = SaslAuthenticateRequest::default().with_auth_bytes(token);
    let answer = client.ask(1, request).await.unwrap();
    (client, answer.error_code)
}

#[tokio::test]
async fn authentication_fails_while_the_fault_lasts() {
    let spec = ClusterSpec::new("locked")
        .security(ListenerSecurity::sasl(&[Mechanism::Plain]))
        .user("ann", "pw");
    let cluster = EmbeddedCluster::start(spec).await.unwrap();
    assert_eq!(log_in(&cluster, "ann", "wrong").await.1, 58);
    assert_eq!(log_in(&cluster, "ann", "pw").await.1, 0);
    cluster.faults().fail_authentication(true);
    let (mut refused, code) = log_in(&cluster, "ann", "pw").await;
    assert_eq!(code, 58);
    assert!(refused.ask(9, MetadataRequest::default()).await.is_err(), "the connection is closed");
    cluster.faults().fail_authentication(false);
    assert_eq!(log_in(&cluster, "ann", "pw").await.1, 0);
}

#[tokio::test]
async fn what_a_user_may_not_do_is_refused() {
    let spec = ClusterSpec::new("guarded")
        .security(ListenerSecurity::sasl(&[Mechanism::Plain]))
        .topic(TopicSpec::new("t", 1, 1))
        .user("reader", "pw")
        .user("root", "pw")
        .super_user("User:root")
        .acl(Acl::allow("User:reader", operation::READ, resource::TOPIC, "t"));
    let cluster = EmbeddedCluster::start(spec).await.unwrap();
    let (mut reader, _) = log_in(&cluster, "reader", "pw").await;
    assert_eq!(reader.produce(1).await.unwrap().error_code, 29);
    assert_eq!(reader.fetch(0, -1).await.error_code, 0);
    let marker = write_txn_markers_request::WritableTxnMarker::default().with_topics(vec![
        write_txn_markers_request::WritableTxnMarkerTopic::default()
            .with_name(topic())
            .with_partition_indexes(vec![0]),
    ]);
    let request = || WriteTxnMarkersRequest::default().with_markers(vec![marker.clone()]);
    let code = |r: WriteTxnMarkersResponse| r.markers[0].topics[0].partitions[0].error_code;
    assert_eq!(code(reader.ask(1, request()).await.unwrap()), 31);
    let (mut root, _) = log_in(&cluster, "root", "pw").await;
    assert_eq!(code(root.ask(1, request()).await.unwrap()), 0);
}

#[tokio::test]
async fn memory_stays_within_its_limit_and_the_oldest_records_go_first() {
    let spec =
        ClusterSpec::new("small").topic(TopicSpec::new("t", 1, 1)).memory_limit_bytes(100_000);
    let cluster = EmbeddedCluster::start(spec).await.unwrap();
    for _ in 0..500 {
        cluster.append("t", 0, &[Record::new("k", vec![7; 1_000])]).unwrap();
    }
    assert!(cluster.record_bytes() <= 100_000);
    let (start, end) = cluster.local().offsets("t", 0).unwrap();
    assert_eq!(end, 500);
    assert!(start > 350, "{start}");
}

#[tokio::test]
async fn a_frame_of_garbage_closes_only_its_own_connection() {
    let cluster = cluster().await;
    let mut good = Client::to(&cluster, 1).await.unwrap();
    for garbage in [&b"GET / HTTP/1.1\r\n\r\n"[..], &[0, 0, 0, 4, 9, 9, 9, 9], &[0xff; 8]] {
        let mut bad = Client::to(&cluster, 1).await.unwrap();
        bad.0.write_all(garbage).await.unwrap();
        assert_eq!(bad.0.read(&mut [0; 10]).await.unwrap_or(0), 0);
    }
    assert_eq!(good.produce(1).await.unwrap().error_code, 0);
}

#[tokio::test]
async fn properties_name_protocol_mechanism_and_trust() {
    let spec = ClusterSpec::new("tls")
        .security(ListenerSecurity::sasl(&[Mechanism::Plain, Mechanism::ScramSha512]).with_tls())
        .user("ann", "p\"w");
    let cluster = EmbeddedCluster::start(spec).await.unwrap();
    let text = cluster.properties(Some("ann"));
    assert!(text.contains("security.protocol=SASL_SSL\n"));
    assert!(text.contains("sasl.mechanism=SCRAM-SHA-512\n"));
    assert!(text.contains("username=\"ann\""));
    assert!(text.contains("ssl.truststore.certificates=-----BEGIN CERTIFICATE-----\\n"));
    assert!(EmbeddedCluster::start(ClusterSpec::new("none").brokers(&[])).await.is_err());
    assert!(EmbeddedCluster::start(ClusterSpec::new("twice").brokers(&[1, 1])).await.is_err());
}
