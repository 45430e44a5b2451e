//! The client against scripted brokers: routing, repetition, recovery.

mod broker;

use std::{
    sync::{
        Arc, Mutex, OnceLock,
        atomic::{AtomicUsize, Ordering},
    },
    time::Duration,
};

use kafka_protocol::{
    messages::{
        ApiKey, BrokerId, CreateTopicsResponse, DeleteRecordsRequest, DeleteRecordsResponse,
        DescribeClusterResponse, FindCoordinatorRequest, FindCoordinatorResponse,
        ListOffsetsResponse, MetadataResponse, OffsetCommitResponse, SaslAuthenticateRequest,
        SaslAuthenticateResponse, SaslHandshakeResponse, TopicName,
        create_topics_response::CreatableTopicResult,
        delete_records_response::{DeleteRecordsPartitionResult, DeleteRecordsTopicResult},
        find_coordinator_response::Coordinator,
        list_offsets_response::{ListOffsetsPartitionResponse, ListOffsetsTopicResponse},
        metadata_response::{MetadataResponsePartition, MetadataResponseTopic},
        offset_commit_response::{OffsetCommitResponsePartition, OffsetCommitResponseTopic},
    },
    protocol::StrBytes,
};

use self::broker::{FakeBroker, Reply, Seen, metadata};
use super::*;
use crate::{
    admin::{
        TopicPartition,
        group_offsets::CommittedOffset,
        offsets::{Isolation, OffsetSpec},
        topics::NewTopic,
    },
    settings::{HostPort, SaslSettings, Secret},
};

/// Addresses that a script needs before it can be started.
type Addresses = Arc<OnceLock<Vec<HostPort>>>;

fn addresses(known: &Addresses) -> &[HostPort] {
    known.get().map_or(&[], Vec::as_slice)
}

fn settings(bootstrap: &[&FakeBroker]) -> ConnectionSettings {
    let servers = bootstrap.iter().map(|broker| broker.address.clone()).collect();
    let mut settings = ConnectionSettings::plaintext(servers);
    settings.retry.backoff = Duration::from_millis(5);
    settings.retry.backoff_max = Duration::from_millis(20);
    settings.retry.reconnect = Duration::from_millis(5);
    settings.retry.reconnect_max = Duration::from_millis(20);
    settings
}

fn client(bootstrap: &[&FakeBroker]) -> Client {
    Client::new(settings(bootstrap)).unwrap()
}

fn name(text: &str) -> TopicName {
    TopicName(StrBytes::from_string(text.to_owned()))
}

/// A cluster of one broker that describes itself.
async fn simple() -> FakeBroker {
    scripted(|_| Reply::Close).await
}

/// A cluster of one broker with metadata, and `script` for the rest.
async fn scripted(script: impl Fn(&Seen) -> Reply + Send + Sync + 'static) -> FakeBroker {
    let known = Addresses::default();
    let told = Arc::clone(&known);
    let broker = FakeBroker::start(move |seen| match seen.api {
        ApiKey::Metadata => seen.answer(&metadata(addresses(&told))),
        ApiKey::DescribeCluster => {
            seen.answer(&DescribeClusterResponse::default().with_cluster_id("test".into()))
        }
        _ => script(seen),
    })
    .await;
    known.set(vec![broker.address.clone()]).unwrap();
    broker
}

#[tokio::test]
async fn a_connection_that_was_cut_is_replaced() {
    let broker = simple().await;
    let client = client(&[&broker]);
    client.describe_cluster().await.unwrap();
    broker.cut(false).await;
    assert_eq!(client.describe_cluster().await.unwrap().cluster_id, "test");
    assert_eq!(broker.connects(), 1, "one new connection after the cut");
}

#[tokio::test]
async fn when_all_known_brokers_are_gone_the_bootstrap_servers_are_asked_again() {
    let gone = simple().await;
    let second = simple().await;
    // The first server answers, and names only itself; the second takes over.
    let mut settings = settings(&[&gone]);
    settings.bootstrap.push(second.address.clone());
    let client = Client::new(settings).unwrap();
    client.describe_cluster().await.unwrap();
    gone.cut(true).await;
    client.describe_cluster().await.unwrap();
    gone.cut(true).await;
    second.cut(false).await;
    assert_eq!(client.describe_cluster().await.unwrap().cluster_id, "test");
}

#[tokio::test]
async fn a_change_is_not_repeated_once_it_may_have_reached_the_cluster() {
    let broker = scripted(|_| Reply::Close).await;
    let client = client(&[&broker]);
    let topic = NewTopic { name: "t".to_owned(), ..NewTopic::default() };
    let error = client.create_topics(&[topic], false).await.unwrap_err();
    assert!(error.outcome_unknown(), "{error:?}");
    assert_eq!(broker.count(ApiKey::CreateTopics), 1);
}

#[tokio::test]
async fn a_change_refused_by_a_broker_that_is_not_the_controller_is_repeated() {
    let calls = AtomicUsize::new(0);
    let broker = scripted(move |seen| {
        let first = calls.fetch_add(1, Ordering::Relaxed) == 0;
        let code = if first { ErrorCode::NOT_CONTROLLER.0 } else { 0 };
        let topic = CreatableTopicResult::default().with_name(name("t")).with_error_code(code);
        seen.answer(&CreateTopicsResponse::default().with_topics(vec![topic]))
    })
    .await;
    let topic = NewTopic { name: "t".to_owned(), ..NewTopic::default() };
    let created = client(&[&broker]).create_topics(&[topic], false).await.unwrap();
    assert!(created["t"].is_ok());
    assert_eq!(broker.count(ApiKey::CreateTopics), 2);
}

#[tokio::test]
async fn a_change_cut_off_by_the_deadline_is_not_told_with_an_earlier_refusal() {
    let calls = AtomicUsize::new(0);
    let broker = scripted(move |seen| {
        if calls.fetch_add(1, Ordering::Relaxed) > 0 {
            return Reply::Silence;
        }
        let code = ErrorCode::NOT_CONTROLLER.0;
        let topic = CreatableTopicResult::default().with_name(name("t")).with_error_code(code);
        seen.answer(&CreateTopicsResponse::default().with_topics(vec![topic]))
    })
    .await;
    let client = client(&[&broker]).with_deadline(Duration::from_secs(1));
    let topic = NewTopic { name: "t".to_owned(), ..NewTopic::default() };
    let error = client.create_topics(&[topic], false).await.unwrap_err();
    assert!(error.outcome_unknown(), "{error:?}");
}

#[tokio::test]
async fn a_change_cut_off_by_closing_may_have_been_made() {
    let broker = scripted(|_| Reply::Silence).await;
    let client = client(&[&broker]);
    let running = {
        let client = client.clone();
        let topic = NewTopic { name: "t".to_owned(), ..NewTopic::default() };
        tokio::spawn(async move { client.create_topics(&[topic], false).await })
    };
    while broker.count(ApiKey::CreateTopics) == 0 {
        tokio::task::yield_now().await;
    }
    client.close().await;
    let error = running.await.unwrap().unwrap_err();
    assert!(error.outcome_unknown(), "{error:?}");
}

#[tokio::test]
async fn an_api_the_broker_lacks_is_named() {
    let broker = simple().await;
    let client = client(&[&broker]);
    let connection = client.any().await.unwrap();
    let error = connection
        .versions()
        .choose::<kafka_protocol::messages::DescribeProducersRequest>(
            ANY_VERSION,
            &Asked::new("DescribeProducers"),
        )
        .unwrap_err();
    assert!(error.to_string().contains("DescribeProducers is not possible"), "{error}");
    assert!(!error.is_retriable());
}

#[tokio::test]
async fn a_broker_that_hangs_costs_no_more_than_the_deadline() {
    let broker = FakeBroker::start(|_| Reply::Silence).await;
    let client = client(&[&broker]).with_deadline(Duration::from_millis(100));
    let error = client.describe_cluster().await.unwrap_err();
    assert!(matches!(&error, Error::Timeout { .. }), "{error:?}");
    assert!(error.to_string().contains("DescribeCluster"), "{error}");
}

#[tokio::test]
async fn closing_ends_running_and_later_calls() {
    let broker = FakeBroker::start(|_| Reply::Silence).await;
    let client = client(&[&broker]);
    let running = {
        let client = client.clone();
        tokio::spawn(async move { client.describe_cluster().await })
    };
    while broker.count(ApiKey::Metadata) == 0 {
        tokio::task::yield_now().await;
    }
    client.close().await;
    assert_eq!(running.await.unwrap().unwrap_err(), Error::Closed);
    assert_eq!(client.describe_cluster().await.unwrap_err(), Error::Closed);
}

/// Metadata with topic `t`, whose one partition is led by `leader`.
fn led_by(brokers: &[HostPort], leader: i32) -> MetadataResponse {
    let partition = MetadataResponsePartition::default()
        .with_leader_id(BrokerId(leader))
        .with_leader_epoch(leader);
    let topic = MetadataResponseTopic::default()
        .with_name(Some(name("t")))
        .with_topic_id(uuid::Uuid::from_u128(1))
        .with_partitions(vec![partition]);
    metadata(brokers).with_topics(vec![topic])
}

fn offset(code: i16, offset: i64) -> ListOffsetsResponse {
    let partition =
        ListOffsetsPartitionResponse::default().with_error_code(code).with_offset(offset);
    let topic =
        ListOffsetsTopicResponse::default().with_name(name("t")).with_partitions(vec![partition]);
    ListOffsetsResponse::default().with_topics(vec![topic])
}

#[tokio::test]
async fn when_a_leader_moved_the_new_one_is_asked() {
    let known = Addresses::default();
    let moved = Arc::new(AtomicUsize::new(1));
    let (told, leader) = (Arc::clone(&known), Arc::clone(&moved));
    let first = FakeBroker::start(move |seen| match seen.api {
        ApiKey::Metadata => {
            let leader = i32::try_from(leader.load(Ordering::Relaxed)).unwrap();
            seen.answer(&led_by(addresses(&told), leader))
        }
        _ => {
            leader.store(2, Ordering::Relaxed);
            seen.answer(&offset(ErrorCode::NOT_LEADER_OR_FOLLOWER.0, -1))
        }
    })
    .await;
    let told = Arc::clone(&known);
    let second = FakeBroker::start(move |seen| match seen.api {
        ApiKey::Metadata => seen.answer(&led_by(addresses(&told), 2)),
        _ => seen.answer(&offset(0, 42)),
    })
    .await;
    known.set(vec![first.address.clone(), second.address.clone()]).unwrap();
    let client = client(&[&first]);
    let partition = TopicPartition::new("t", 0);
    let found = client
        .list_offsets(OffsetSpec::Latest, std::slice::from_ref(&partition), Isolation::default())
        .await;
    assert_eq!(found[&partition].as_ref().unwrap().offset, Some(42));
    assert_eq!(client.leader("t", 0).await.unwrap().epoch, 2);
    assert_eq!((first.count(ApiKey::ListOffsets), second.count(ApiKey::ListOffsets)), (1, 1));
}

/// A broker that leads `t`, whose high watermark grows with every look, and does `reply` with purges.
async fn growing(
    reply: impl Fn(usize) -> Option<DeleteRecordsResponse> + Send + Sync + 'static,
) -> (FakeBroker, Arc<Mutex<Vec<i64>>>) {
    let known = Addresses::default();
    let purged = Arc::new(Mutex::new(Vec::new()));
    let looks = AtomicUsize::new(0);
    let (told, log) = (Arc::clone(&known), Arc::clone(&purged));
    let broker = FakeBroker::start(move |seen| match seen.api {
        ApiKey::Metadata => seen.answer(&led_by(addresses(&told), 1)),
        ApiKey::ListOffsets => {
            let looked = i64::try_from(looks.fetch_add(1, Ordering::Relaxed)).unwrap();
            seen.answer(&offset(0, 5 + looked))
        }
        ApiKey::DeleteRecords => {
            let asked: DeleteRecordsRequest = seen.body();
            let mut log = log.lock().unwrap();
            log.push(asked.topics[0].partitions[0].offset);
            reply(log.len()).map_or(Reply::Close, |answer| seen.answer(&answer))
        }
        _ => Reply::Close,
    })
    .await;
    known.set(vec![broker.address.clone()]).unwrap();
    (broker, purged)
}

fn purged_up_to(code: i16, mark: i64) -> DeleteRecordsResponse {
    let partition =
        DeleteRecordsPartitionResult::default().with_error_code(code).with_low_watermark(mark);
    let topic =
        DeleteRecordsTopicResult::default().with_name(name("t")).with_partitions(vec![partition]);
    DeleteRecordsResponse::default().with_topics(vec![topic])
}

#[tokio::test]
async fn a_purge_that_is_repeated_takes_no_record_that_came_meanwhile() {
    let (broker, purged) = growing(|nth| (nth > 1).then(|| purged_up_to(0, 5))).await;
    let all = (TopicPartition::new("t", 0), -1);
    let answers = client(&[&broker]).delete_records(std::slice::from_ref(&all)).await;
    assert_eq!(answers[&all.0], Ok(5));
    assert_eq!(*purged.lock().unwrap(), [5, 5], "up to where the log ended when it was asked for");
}

#[tokio::test]
async fn a_purge_that_may_have_been_done_is_not_told_as_refused() {
    let denied = ErrorCode::TOPIC_AUTHORIZATION_FAILED.0;
    let (broker, _) = growing(move |nth| (nth > 1).then(|| purged_up_to(denied, -1))).await;
    let some = (TopicPartition::new("t", 0), 3);
    let answers = client(&[&broker]).delete_records(std::slice::from_ref(&some)).await;
    let error = answers[&some.0].clone().unwrap_err();
    assert!(error.outcome_unknown(), "{error:?}");
}

#[tokio::test]
async fn when_a_coordinator_moved_the_new_one_is_asked() {
    let known = Addresses::default();
    let coordinator = Arc::new(AtomicUsize::new(1));
    let script = |mine: usize, known: &Addresses, coordinator: &Arc<AtomicUsize>| {
        let (known, coordinator) = (Arc::clone(known), Arc::clone(coordinator));
        move |seen: &Seen| match seen.api {
            ApiKey::Metadata => seen.answer(&metadata(addresses(&known))),
            ApiKey::FindCoordinator => {
                let asked: FindCoordinatorRequest = seen.body();
                let id = i32::try_from(coordinator.load(Ordering::Relaxed)).unwrap();
                let found = Coordinator::default()
                    .with_key(asked.coordinator_keys[0].clone())
                    .with_node_id(BrokerId(id));
                seen.answer(&FindCoordinatorResponse::default().with_coordinators(vec![found]))
            }
            _ => {
                // The first broker has just handed the group over to the second.
                coordinator.store(2, Ordering::Relaxed);
                let code = if mine == 2 { 0 } else { ErrorCode::NOT_COORDINATOR.0 };
                let partition = OffsetCommitResponsePartition::default().with_error_code(code);
                let topic = OffsetCommitResponseTopic::default()
                    .with_name(name("t"))
                    .with_partitions(vec![partition]);
                seen.answer(&OffsetCommitResponse::default().with_topics(vec![topic]))
            }
        }
    };
    let first = FakeBroker::start(script(1, &known, &coordinator)).await;
    let second = FakeBroker::start(script(2, &known, &coordinator)).await;
    known.set(vec![first.address.clone(), second.address.clone()]).unwrap();
    let partition = TopicPartition::new("t", 0);
    let committed = client(&[&first])
        .commit_group_offsets("g", &[(partition.clone(), CommittedOffset::new(7))])
        .await
        .unwrap();
    assert_eq!(committed[&partition], Ok(()));
    assert_eq!((first.count(ApiKey::OffsetCommit), second.count(ApiKey::OffsetCommit)), (1, 1));
}

#[tokio::test]
async fn a_listener_that_demands_sasl_is_recognised() {
    let broker = FakeBroker::start(|seen| match seen.api {
        ApiKey::SaslHandshake => seen.answer(
            &SaslHandshakeResponse::default()
                .with_error_code(ErrorCode::UNSUPPORTED_SASL_MECHANISM.0)
                .with_mechanisms(vec!["SCRAM-SHA-256".into()]),
        ),
        _ => Reply::Close,
    })
    .await;
    let error = client(&[&broker]).describe_cluster().await.unwrap_err();
    let Error::Connect(connect) = &error else { panic!("{error:?}") };
    assert_eq!(connect.cause, crate::error::ConnectCause::SaslRequired);
    assert!(connect.detail.contains("SCRAM-SHA-256") && !error.is_retriable());
}

#[tokio::test]
async fn a_session_is_renewed_before_it_ends() {
    let broker = scripted(|seen| match seen.api {
        ApiKey::SaslHandshake => seen.answer(&SaslHandshakeResponse::default()),
        ApiKey::SaslAuthenticate => {
            seen.answer(&SaslAuthenticateResponse::default().with_session_lifetime_ms(20))
        }
        _ => Reply::Close,
    })
    .await;
    let mut settings = settings(&[&broker]);
    settings.security.sasl =
        Some(SaslSettings::Plain { username: "alice".to_owned(), password: Secret::new("secret") });
    let client = Client::new(settings).unwrap();
    client.describe_cluster().await.unwrap();
    let connects = broker.connects();
    while broker.count(ApiKey::SaslAuthenticate) < connects + 3 {
        tokio::task::yield_now().await;
        client.describe_cluster().await.unwrap();
    }
    assert_eq!(broker.connects(), connects, "on the same connections");
}

/// A broker that notes who logs in, by PLAIN.
async fn doorkeeper() -> (FakeBroker, Arc<Mutex<Vec<String>>>) {
    let guests = Arc::<Mutex<Vec<String>>>::default();
    let noted = Arc::clone(&guests);
    let broker = scripted(move |seen| match seen.api {
        ApiKey::SaslHandshake => seen.answer(&SaslHandshakeResponse::default()),
        ApiKey::SaslAuthenticate => {
            let token = seen.body::<SaslAuthenticateRequest>().auth_bytes;
            let user = token.split(|byte| *byte == 0).nth(1).unwrap_or_default().to_vec();
            noted.lock().unwrap().push(String::from_utf8(user).unwrap());
            seen.answer(&SaslAuthenticateResponse::default())
        }
        _ => Reply::Close,
    })
    .await;
    (broker, guests)
}

fn as_user(broker: &FakeBroker, user: &str) -> ConnectionSettings {
    let mut settings = settings(&[broker]);
    let password = Secret::new("secret");
    settings.security.sasl = Some(SaslSettings::Plain { username: user.to_owned(), password });
    settings
}

#[tokio::test]
async fn renewed_credentials_count_for_every_clone_from_the_next_call_on() {
    let (broker, guests) = doorkeeper().await;
    let client = Client::new(as_user(&broker, "alice")).unwrap();
    let clone = client.with_deadline(Duration::from_secs(30));
    client.describe_cluster().await.unwrap();
    assert!(guests.lock().unwrap().iter().all(|user| user == "alice"));
    client.renew(as_user(&broker, "bob"));
    let before = guests.lock().unwrap().len();
    clone.describe_cluster().await.unwrap();
    let after = guests.lock().unwrap()[before..].to_vec();
    assert!(!after.is_empty() && after.iter().all(|user| user == "bob"), "{after:?}");
    assert_eq!(clone.settings().principal().as_deref(), Some("User:bob"));
    let connects = broker.connects();
    client.describe_cluster().await.unwrap();
    assert_eq!(broker.connects(), connects, "what was renewed stays");
}

#[tokio::test]
async fn a_call_under_way_is_answered_on_the_connection_it_began_on() {
    let (broker, guests) = doorkeeper().await;
    let client = Client::new(as_user(&broker, "alice")).unwrap();
    client.describe_cluster().await.unwrap();
    let id = client.inner.pool.slots()[0].id();
    let held = client.broker(id, Use::Produce(0)).await.unwrap();
    client.renew(as_user(&broker, "bob"));
    let other = client.clone();
    let next = tokio::spawn(async move { other.broker(id, Use::Produce(0)).await.unwrap() });
    // The next one is authenticated, and still waits: what is under way must not be overtaken.
    while guests.lock().unwrap().last().is_none_or(|user| user != "bob") {
        tokio::task::yield_now().await;
    }
    for _ in 0..1_000 {
        tokio::task::yield_now().await;
    }
    assert!(!next.is_finished() && held.death().is_none());
    drop(held);
    assert!(next.await.unwrap().death().is_none());
}

#[tokio::test]
async fn when_a_coordinator_left_the_cluster_its_successor_is_asked() {
    let known = Addresses::default();
    let alive = Arc::new(AtomicUsize::new(2));
    let script = |known: &Addresses, alive: &Arc<AtomicUsize>| {
        let (known, alive) = (Arc::clone(known), Arc::clone(alive));
        move |seen: &Seen| match seen.api {
            ApiKey::Metadata => {
                let alive = alive.load(Ordering::Relaxed);
                seen.answer(&metadata(addresses(&known).get(..alive).unwrap_or_default()))
            }
            ApiKey::FindCoordinator => {
                let asked: FindCoordinatorRequest = seen.body();
                let id = i32::try_from(alive.load(Ordering::Relaxed)).unwrap();
                let found = Coordinator::default()
                    .with_key(asked.coordinator_keys[0].clone())
                    .with_node_id(BrokerId(id));
                seen.answer(&FindCoordinatorResponse::default().with_coordinators(vec![found]))
            }
            _ => {
                let partition = OffsetCommitResponsePartition::default();
                let topic = OffsetCommitResponseTopic::default()
                    .with_name(name("t"))
                    .with_partitions(vec![partition]);
                seen.answer(&OffsetCommitResponse::default().with_topics(vec![topic]))
            }
        }
    };
    let first = FakeBroker::start(script(&known, &alive)).await;
    let second = FakeBroker::start(script(&known, &alive)).await;
    known.set(vec![first.address.clone(), second.address.clone()]).unwrap();
    let client = client(&[&first]);
    let offsets = [(TopicPartition::new("t", 0), CommittedOffset::new(7))];
    client.commit_group_offsets("g", &offsets).await.unwrap();
    assert_eq!(second.count(ApiKey::OffsetCommit), 1);
    // The second broker leaves, and the cluster knows.
    alive.store(1, Ordering::Relaxed);
    second.cut(true).await;
    client.refresh(&[]).await.unwrap();
    let committed = client.commit_group_offsets("g", &offsets).await.unwrap();
    assert!(committed.values().all(Result::is_ok));
    assert_eq!(first.count(ApiKey::OffsetCommit), 1);
}

#[tokio::test]
async fn one_hanging_leader_does_not_spoil_the_answers_of_the_others() {
    let known = Addresses::default();
    let two_topics = |known: &Addresses| {
        let topic = |text: &str, leader| {
            let partition = MetadataResponsePartition::default().with_leader_id(BrokerId(leader));
            MetadataResponseTopic::default()
                .with_name(Some(name(text)))
                .with_partitions(vec![partition])
        };
        metadata(addresses(known)).with_topics(vec![topic("t", 1), topic("stuck", 2)])
    };
    let told = Arc::clone(&known);
    let first = FakeBroker::start(move |seen| match seen.api {
        ApiKey::Metadata => seen.answer(&two_topics(&told)),
        _ => seen.answer(&offset(0, 42)),
    })
    .await;
    let second = FakeBroker::start(|_| Reply::Silence).await;
    known.set(vec![first.address.clone(), second.address.clone()]).unwrap();
    let client = client(&[&first]).with_deadline(Duration::from_secs(2));
    let partitions = [TopicPartition::new("t", 0), TopicPartition::new("stuck", 0)];
    let found = client.list_offsets(OffsetSpec::Latest, &partitions, Isolation::default()).await;
    assert_eq!(found[&partitions[0]].as_ref().unwrap().offset, Some(42));
    assert!(matches!(found[&partitions[1]], Err(Error::Timeout { .. })));
}

#[tokio::test]
async fn closing_waits_for_no_call_that_is_dialling() {
    let silent = tokio::net::TcpListener::bind("127.0.0.1:0").await.unwrap();
    let at = HostPort::new("127.0.0.1", silent.local_addr().unwrap().port());
    let client = Client::new(ConnectionSettings::plaintext(vec![at])).unwrap();
    let mut call = std::pin::pin!(client.describe_cluster());
    // From here on nobody goes on with the call, and it is not dropped either.
    tokio::select! {
        _ = &mut call => panic!("nobody answers"),
        accepted = silent.accept() => drop(accepted.unwrap().1),
    }
    tokio::time::timeout(Duration::from_secs(20), client.close()).await.expect("it is closed");
    assert_eq!(call.await.unwrap_err(), Error::Closed);
}
