//! The store against an embedded cluster.

use drawbridge_embedded::{
    Acl, ApiKey, ClusterSpec, Cut, EmbeddedCluster, ListenerSecurity, Mechanism, Record, TopicSpec,
    operation, pattern, permission, resource,
};
use drawbridge_engine::{
    Millis,
    mirror::{MirrorPhase, MirrorRecord},
    partition::Memory,
};
use drawbridge_kafka::settings::Secret;
use drawbridge_shared::{link::LinkConfigs, view::ClusterOrigin};
use futures_util::future::join_all;
use uuid::Uuid;

use super::*;
use crate::clusters::ClusterSpec as Known;

const JAAS: &str = "org.apache.kafka.common.security.plain.PlainLoginModule required \
                    username=\"ada\" password=\"hunter22\";";

async fn cluster() -> EmbeddedCluster {
    EmbeddedCluster::start(ClusterSpec::new("c-1")).await.unwrap()
}

fn client_as(cluster: &EmbeddedCluster, user: Option<&str>) -> Client {
    let properties = cluster.properties(user);
    let name = "c".parse().unwrap();
    let spec = Known::from_text(name, ClusterOrigin::Configured, &properties, "the test").unwrap();
    Client::new(spec.settings).unwrap()
}

fn client(cluster: &EmbeddedCluster) -> Client {
    client_as(cluster, None)
}

fn encoder(secret: &str) -> Option<PasswordEncoder> {
    Some(PasswordEncoder::new(&Secret::new(secret), None))
}

async fn open(cluster: &EmbeddedCluster) -> (StateStore, Contents) {
    StateStore::open(client(cluster), None, "c-1", &Tasks::default()).await.unwrap()
}

async fn peek(cluster: &EmbeddedCluster) -> Contents {
    StateStore::peek(&client(cluster), None).await.unwrap()
}

fn link(name: &str, remote: &str) -> StoredLink {
    let configs = LinkConfigs::parse([("bootstrap.servers", "far:9092")]).unwrap();
    StoredLink::new(name.parse().unwrap(), Uuid::from_u128(1), Some(remote.to_owned()), configs, 1)
}

fn secret_link(name: &str) -> StoredLink {
    let configs = LinkConfigs::parse([
        ("bootstrap.servers", "far:9092"),
        ("security.protocol", "SASL_PLAINTEXT"),
        ("sasl.mechanism", "PLAIN"),
        ("sasl.jaas.config", JAAS),
    ]);
    StoredLink { configs: Ok(configs.unwrap()), ..link(name, "far") }
}

fn partition(number: i32, start: i64) -> Stored {
    Stored::Partition(StoredPartition {
        link: "l".parse().unwrap(),
        topic: "t".parse().unwrap(),
        partition: number,
        memory: Memory { start, ..Memory::default() },
    })
}

fn mirror() -> StoredMirror {
    StoredMirror {
        record: MirrorRecord {
            link: "l".parse().unwrap(),
            source_topic: "t".to_owned(),
            mirror_topic: "t".to_owned(),
            source_topic_id: Some([7; 16]),
            partitions: 3,
            phase: MirrorPhase::Stopped { ends: vec![i64::MAX, 0, 1 << 53] },
            since: Millis(5),
        },
        created: true,
        topic_id: Some(Uuid::from_u128(7)),
        denied: vec!["User:app".to_owned()],
        replication_factor: None,
        overrides: vec![("retention.ms".to_owned(), "1".to_owned())],
        source_configs: None,
    }
}

#[tokio::test]
async fn what_was_put_is_there_when_the_store_is_opened_again_and_what_was_removed_is_not() {
    let cluster = cluster().await;
    let (store, contents) = open(&cluster).await;
    assert_eq!(contents, Contents::default());
    let kept = link("l", "far");
    store.put(Stored::Link(link("l", "elsewhere"))).await.unwrap();
    store.put(Stored::Link(link("gone", "far"))).await.unwrap();
    store.put(Stored::Link(kept.clone())).await.unwrap();
    store.put(Stored::Mirror(mirror())).await.unwrap();
    store.put(partition(2, i64::MAX)).await.unwrap();
    store.remove(Key::Link("gone".parse().unwrap())).await.unwrap();
    drop(store);

    let (_store, contents) = open(&cluster).await;
    assert_eq!(contents.links, [kept]);
    assert_eq!(contents.mirrors, [mirror()]);
    assert_eq!(contents.partitions.len(), 1);
    assert_eq!(contents.partitions[0].memory.start, i64::MAX);
    assert_eq!(contents.unreadable, [""; 0]);
}

#[tokio::test]
async fn the_topic_is_compacted_and_has_one_partition_and_compaction_loses_nothing() {
    let spec = ClusterSpec::new("c-1").brokers(&[1, 2, 3, 4]);
    let cluster = EmbeddedCluster::start(spec).await.unwrap();
    let (store, _) = open(&cluster).await;
    for start in 0..20 {
        store.put(partition(0, start)).await.unwrap();
    }
    let topic = topic::find(&client(&cluster)).await.unwrap().unwrap();
    assert_eq!(topic.partitions.len(), 1);
    assert_eq!(topic.partitions[0].replicas.len(), 3);
    cluster.faults().compact(TOPIC).unwrap();
    drop(store);
    let (store, contents) = open(&cluster).await;
    assert_eq!(contents.partitions.len(), 1);
    assert_eq!(contents.partitions[0].memory.start, 19);
    store.put(partition(0, 20)).await.unwrap();
}

#[tokio::test]
async fn a_second_opening_shuts_out_the_first() {
    let cluster = cluster().await;
    let (first, _) = open(&cluster).await;
    first.put(partition(0, 1)).await.unwrap();
    let (second, contents) = open(&cluster).await;
    assert_eq!(contents.partitions.len(), 1);
    second.put(partition(0, 2)).await.unwrap();

    let refused = first.put(partition(0, 3)).await.unwrap_err();
    assert!(matches!(refused, StoreError::Fenced(_)), "{refused:?}");
    first.fenced().await;
    let refused = first.remove(Key::Link("l".parse().unwrap())).await.unwrap_err();
    assert!(matches!(refused, StoreError::Fenced(_)), "{refused:?}");
    second.put(partition(1, 4)).await.unwrap();
    let starts: Vec<i64> = peek(&cluster).await.partitions.iter().map(|p| p.memory.start).collect();
    assert_eq!(starts, [2, 4]);
}

/// The coordinator forgets a transactional id that was not used for some days and gives the next opening
/// another producer id; here another transactional id has the same effect.
#[tokio::test]
async fn a_handle_can_tell_whether_somebody_else_was_here_and_went() {
    let cluster = cluster().await;
    let (first, _) = open(&cluster).await;
    first.put(partition(0, 1)).await.unwrap();
    first.still_own().await.unwrap();
    let (second, _) = open(&cluster).await;
    drop(second);
    assert!(matches!(first.still_own().await, Err(StoreError::Fenced(_))));
}

#[tokio::test]
async fn an_opening_with_another_producer_id_shuts_out_the_first_too() {
    let cluster = cluster().await;
    let tasks = Tasks::default();
    let open = |id| StateStore::open(client(&cluster), None, id, &tasks);
    let (first, _) = open("c-1").await.unwrap();
    first.put(partition(0, 1)).await.unwrap();
    let (second, _) = open("c-2").await.unwrap();
    let refused = first.put(partition(0, 3)).await.unwrap_err();
    assert!(matches!(refused, StoreError::Fenced(_)), "{refused:?}");
    second.put(partition(0, 4)).await.unwrap();

    let (third, contents) = open("c-1").await.unwrap();
    assert_eq!(contents.partitions[0].memory.start, 4);
    assert_eq!(contents.unreadable, [""; 0]);
    third.put(partition(0, 5)).await.unwrap();
    assert!(matches!(second.put(partition(0, 6)).await, Err(StoreError::Fenced(_))));
    assert_eq!(peek(&cluster).await.partitions[0].memory.start, 5);
}

#[tokio::test]
async fn many_puts_at_once_keep_their_order_through_lost_answers() {
    let cluster = cluster().await;
    let (store, _) = open(&cluster).await;
    cluster.faults().cut_at(ApiKey::Produce, Cut::AfterProcessing, 2);
    cluster.faults().cut_at(ApiKey::Produce, Cut::BeforeProcessing, 1);
    cluster.faults().cut_at(ApiKey::Produce, Cut::MidResponse, 1);
    let puts = (0..300).map(|start| store.put(partition(start % 7, i64::from(start))));
    assert!(join_all(puts).await.iter().all(Result::is_ok));
    let starts: Vec<i64> = peek(&cluster).await.partitions.iter().map(|p| p.memory.start).collect();
    assert_eq!(starts, [294, 295, 296, 297, 298, 299, 293]);

    let mut log = Log::at_start(&client(&cluster)).await.unwrap();
    log.read_on(&client(&cluster)).await.unwrap();
    assert_eq!(log.next(), 301, "the owner's record and every put exactly once");
}

#[tokio::test]
async fn a_broker_error_that_may_hide_an_append_does_not_make_a_record_appear_twice() {
    let cluster = cluster().await;
    let (store, _) = open(&cluster).await;
    for code in [6, 7, 20] {
        cluster.faults().fail_with(ApiKey::Produce, code, 1);
        store.put(partition(0, i64::from(code))).await.unwrap();
    }
    assert_eq!(peek(&cluster).await.partitions[0].memory.start, 20);
}

#[tokio::test]
async fn a_refused_record_is_told_and_the_next_one_is_written() {
    let cluster = cluster().await;
    let (store, _) = open(&cluster).await;
    cluster.faults().fail_with(ApiKey::Produce, 29, 1);
    let refused = store.put(partition(0, 1)).await.unwrap_err();
    assert!(refused.to_string().contains("WRITE on topic _drawbridge.state"), "{refused}");
    store.put(partition(0, 2)).await.unwrap();
    assert_eq!(peek(&cluster).await.partitions[0].memory.start, 2);
}

#[tokio::test]
async fn a_wrong_secret_leaves_the_link_listed_with_its_reason_and_untouched() {
    let cluster = cluster().await;
    let tasks = Tasks::default();
    let open = |encoder| StateStore::open(client(&cluster), encoder, "c-1", &tasks);
    let (store, _) = open(encoder("right")).await.unwrap();
    store.put(Stored::Link(secret_link("l"))).await.unwrap();
    store.put(Stored::Link(link("open", "far"))).await.unwrap();

    let (store, contents) = open(encoder("wrong")).await.unwrap();
    let [broken, open_link] = contents.links.as_slice() else { panic!("{contents:?}") };
    let why = broken.configs.as_ref().unwrap_err();
    assert!(why.contains("sasl.jaas.config") && why.contains("password.encoder.secret"), "{why}");
    assert!(open_link.configs.is_ok());
    store.put(Stored::Link(broken.clone())).await.unwrap();

    let contents = StateStore::peek(&client(&cluster), encoder("right").as_ref()).await.unwrap();
    assert_eq!(contents.links[0], secret_link("l"));
}

#[tokio::test]
async fn a_link_with_secrets_is_not_stored_without_encoder() {
    let cluster = cluster().await;
    let (store, _) = open(&cluster).await;
    let refused = store.put(Stored::Link(secret_link("l"))).await.unwrap_err();
    assert!(matches!(refused, StoreError::NoEncoder { .. }), "{refused:?}");
    store.put(Stored::Link(link("m", "far"))).await.unwrap();
    assert_eq!(peek(&cluster).await.links.len(), 1);
}

#[tokio::test]
async fn records_that_are_not_understood_do_not_hide_the_others() {
    let cluster = cluster().await;
    let (store, _) = open(&cluster).await;
    store.put(partition(0, 1)).await.unwrap();
    let foreign = [
        Record::new("link/later", r#"{"v":2}"#),
        Record::new("mirror/l/t", "{"),
        Record::new("something", "else"),
    ];
    cluster.append(TOPIC, 0, &foreign).unwrap();
    let contents = peek(&cluster).await;
    assert_eq!(contents.partitions.len(), 1);
    let words = contents.unreadable.join("\n");
    for word in ["\"link/later\": its version is 2", "\"mirror/l/t\"", "\"something\""] {
        assert!(words.contains(word), "{words}");
    }
    let refused = store.put(partition(0, 2)).await.unwrap_err();
    assert!(refused.to_string().contains("somebody else writes"), "{refused}");
}

#[tokio::test]
async fn peeking_creates_nothing() {
    let cluster = cluster().await;
    assert_eq!(peek(&cluster).await, Contents::default());
    assert!(topic::find(&client(&cluster)).await.unwrap().is_none());
}

#[tokio::test]
async fn a_topic_that_would_forget_is_refused_with_the_remedy() {
    let topic = TopicSpec::new(TOPIC, 1, 1);
    let cluster = EmbeddedCluster::start(ClusterSpec::new("c-1").topic(topic)).await.unwrap();
    let opened = StateStore::open(client(&cluster), None, "c-1", &Tasks::default()).await;
    let words = opened.unwrap_err().to_string();
    assert!(words.contains("cleanup.policy") && words.contains("kafka-configs"), "{words}");
}

#[tokio::test]
async fn a_missing_permission_is_named_with_its_resource() {
    let allow = |kind, name: &str, operation| Acl {
        resource_type: kind,
        resource_name: name.to_owned(),
        pattern_type: pattern::LITERAL,
        principal: "User:ada".to_owned(),
        host: "*".to_owned(),
        operation,
        permission: permission::ALLOW,
    };
    let secured = ClusterSpec::new("c-1")
        .security(ListenerSecurity::sasl(&[Mechanism::Plain]))
        .user("ada", "pw")
        .super_user("User:root");
    let nothing = EmbeddedCluster::start(secured.clone()).await.unwrap();
    let open = async |cluster: &EmbeddedCluster| {
        let client = client_as(cluster, Some("ada"));
        let opened = StateStore::open(client, None, "c-1", &Tasks::default()).await;
        opened.unwrap_err().to_string()
    };
    let words = open(&nothing).await;
    assert!(words.contains("CREATE") && words.contains("topic _drawbridge.state"), "{words}");

    let topic_only = secured.acl(allow(resource::TOPIC, TOPIC, operation::ALL));
    let topic_only = EmbeddedCluster::start(topic_only).await.unwrap();
    let words = open(&topic_only).await;
    let id = "WRITE and DESCRIBE on transactional id _drawbridge.state.c-1";
    assert!(words.contains(id), "{words}");
}

#[tokio::test]
async fn a_store_ends_with_its_gateway() {
    let cluster = cluster().await;
    let tasks = Tasks::default();
    let (store, _) = StateStore::open(client(&cluster), None, "c-1", &tasks).await.unwrap();
    tasks.drain();
    store.put(partition(0, 1)).await.unwrap();
    assert_eq!(tasks.finish(Duration::from_secs(60)).await, [""; 0]);
    assert_eq!(store.put(partition(0, 2)).await, Err(StoreError::Closed));
    assert_eq!(peek(&cluster).await.partitions[0].memory.start, 1);
}
