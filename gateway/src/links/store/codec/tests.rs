use std::sync::LazyLock;

use drawbridge_kafka::settings::Secret;
use drawbridge_shared::{link::MirrorTopicError, names::TopicName};
use proptest::prelude::*;

use super::*;

const JAAS: &str = "org.apache.kafka.common.security.plain.PlainLoginModule required \
                    username=\"ada\" password=\"hunter22\";";

static ENCODER: LazyLock<PasswordEncoder> =
    LazyLock::new(|| PasswordEncoder::new(&Secret::new("s3cret"), None));

fn configs() -> LinkConfigs {
    LinkConfigs::parse([
        ("bootstrap.servers", "far:9092"),
        ("security.protocol", "SASL_PLAINTEXT"),
        ("sasl.mechanism", "PLAIN"),
        ("sasl.jaas.config", JAAS),
    ])
    .unwrap()
}

fn a_link() -> StoredLink {
    StoredLink::new("l".parse().unwrap(), Uuid::from_u128(7), None, configs(), 5)
}

fn name() -> impl Strategy<Value = String> {
    "[a-zA-Z0-9_-]{1,12}"
}

fn producer() -> impl Strategy<Value = Producer> {
    (any::<i64>(), any::<i16>()).prop_map(|(id, epoch)| Producer { id, epoch })
}

fn link_strategy() -> impl Strategy<Value = Stored> {
    let producers = (producer(), producer(), prop::collection::vec(any::<i64>(), 0..4))
        .prop_map(|(data, marker, own)| Producers { data, marker, own });
    (
        name(),
        any::<u128>(),
        prop::option::of(".{0,20}"),
        any::<bool>(),
        prop::option::of(producers),
        any::<i64>(),
    )
        .prop_map(|(name, id, remote, secret, producers, created_ms)| {
            let plain = LinkConfigs::parse([("bootstrap.servers", "far:9092")]).unwrap();
            Stored::Link(StoredLink {
                name: name.parse().unwrap(),
                id: Uuid::from_u128(id),
                remote_cluster_id: remote,
                configs: Ok(if secret { configs() } else { plain }),
                producers,
                created_ms,
                raw: None,
            })
        })
}

fn phase() -> impl Strategy<Value = MirrorPhase> {
    prop_oneof![
        Just(MirrorPhase::Mirroring),
        Just(MirrorPhase::Paused),
        Just(MirrorPhase::Draining),
        Just(MirrorPhase::Stopping),
        prop::collection::vec(any::<i64>(), 0..5).prop_map(|ends| MirrorPhase::Stopped { ends }),
        (prop::sample::select(MirrorTopicError::ALL), ".{0,20}")
            .prop_map(|(error, detail)| MirrorPhase::Failed { error, detail }),
    ]
}

fn mirror_strategy() -> impl Strategy<Value = Stored> {
    (
        (name(), name(), ".{0,20}", prop::option::of(any::<[u8; 16]>()), any::<i32>(), phase()),
        any::<i64>(),
        any::<bool>(),
        (prop::collection::vec(".{0,10}", 0..3), prop::option::of(any::<i16>())),
        prop::collection::vec((".{0,10}", ".{0,10}"), 0..3),
        prop::option::of(prop::collection::btree_map(".{0,10}", ".{0,10}", 0..3)),
    )
        .prop_map(
            |(
                (link, topic, source, id, partitions, phase),
                since,
                created,
                (denied, replication_factor),
                overrides,
                source_configs,
            )| {
                Stored::Mirror(StoredMirror {
                    record: MirrorRecord {
                        link: link.parse().unwrap(),
                        source_topic: source,
                        mirror_topic: topic,
                        source_topic_id: id,
                        partitions,
                        phase,
                        since: Millis(since),
                    },
                    created,
                    topic_id: id.map(Uuid::from_bytes),
                    denied,
                    replication_factor,
                    overrides,
                    source_configs,
                })
            },
        )
}

fn partition_strategy() -> impl Strategy<Value = Stored> {
    let sent = prop::sample::select(vec![Sent::Nothing, Sent::Sequenced, Sent::Unsequenced]);
    let mark = (any::<i32>(), any::<i64>()).prop_map(|(epoch, start)| EpochMark { epoch, start });
    let memory =
        (any::<i64>(), prop::option::of(any::<i64>()), sent, prop::collection::vec(mark, 0..5))
            .prop_map(|(start, trim_to, sent, epochs)| Memory { start, trim_to, sent, epochs });
    (name(), name(), any::<i32>(), memory).prop_map(|(link, topic, partition, memory)| {
        Stored::Partition(StoredPartition {
            link: link.parse().unwrap(),
            topic: topic.parse::<TopicName>().unwrap(),
            partition,
            memory,
        })
    })
}

fn stored() -> impl Strategy<Value = Stored> {
    prop_oneof![link_strategy(), mirror_strategy(), partition_strategy()]
}

proptest! {
    #[test]
    fn what_is_written_is_read(stored in stored()) {
        let key = stored.key().unwrap();
        let value = encode(stored.clone(), Some(&ENCODER)).unwrap();
        let again: Key = key.to_string().parse().unwrap();
        prop_assert_eq!(&again, &key);
        prop_assert_eq!(decode(&again, &value, Some(&ENCODER)).unwrap(), stored);
    }

    #[test]
    fn garbage_is_told_in_words_and_never_panics(
        stored in stored(), bytes in prop::collection::vec(any::<u8>(), 0..60), cut in 0_usize..400,
    ) {
        let key = stored.key().unwrap();
        prop_assert!(decode(&key, &bytes, Some(&ENCODER)).is_err());
        let value = encode(stored, Some(&ENCODER)).unwrap();
        if cut < value.len() {
            prop_assert!(decode(&key, &value[..cut], Some(&ENCODER)).is_err());
        }
    }

    #[test]
    fn a_text_is_at_most_one_key(text in "(link|mirror|partition|owner|.{0,5})(/[a-z0-9+.]{0,5}){0,4}") {
        if let Ok(key) = text.parse::<Key>() {
            prop_assert_eq!(key.to_string(), text);
        }
    }
}

#[test]
fn another_version_is_named() {
    let key: Key = "link/l".parse().unwrap();
    let words = decode(&key, br#"{"v":2,"something":"new"}"#, None).unwrap_err();
    assert!(words.contains("version is 2") && words.contains("knows 1"), "{words}");
}

#[test]
fn no_secret_is_stored_in_the_clear() {
    let value = encode(Stored::Link(a_link()), Some(&ENCODER)).unwrap();
    let text = String::from_utf8(value).unwrap();
    assert!(!text.contains("hunter22") && !text.contains("ada"), "{text}");
    assert!(text.contains("far:9092"), "{text}");
}

#[test]
fn a_secret_without_encoder_says_which_setting_is_missing() {
    let error = encode(Stored::Link(a_link()), None).unwrap_err().to_string();
    for word in
        ["sasl.jaas.config", "password_encoder_secret", "DRAWBRIDGE_PASSWORD_ENCODER_SECRET"]
    {
        assert!(error.contains(word), "{error}");
    }
    assert!(!error.contains("hunter22"), "{error}");
}

#[test]
fn secrets_that_cannot_be_read_survive_every_change_of_the_link() {
    let key: Key = "link/l".parse().unwrap();
    let value = encode(Stored::Link(a_link()), Some(&ENCODER)).unwrap();
    for other in [None, Some(PasswordEncoder::new(&Secret::new("another"), None))] {
        let Stored::Link(mut link) = decode(&key, &value, other.as_ref()).unwrap() else {
            panic!("not a link");
        };
        let why = link.configs.clone().unwrap_err();
        assert!(why.contains("password.encoder.secret"), "{why}");
        link.remote_cluster_id = Some("far".to_owned());
        let value = encode(Stored::Link(link), other.as_ref()).unwrap();
        let Stored::Link(link) = decode(&key, &value, Some(&ENCODER)).unwrap() else {
            panic!("not a link");
        };
        assert_eq!(link.configs, Ok(configs()));
        assert_eq!(link.remote_cluster_id.as_deref(), Some("far"));
    }
}

#[test]
fn configs_of_a_later_version_are_kept_and_told() {
    let key: Key = "link/l".parse().unwrap();
    let id = Uuid::from_u128(1);
    let value = format!(
        r#"{{"v":1,"id":"{id}","configs":{{"bootstrap.servers":"a:1","new.config":"x"}},"created_ms":1}}"#
    );
    let Stored::Link(link) = decode(&key, value.as_bytes(), None).unwrap() else {
        panic!("not a link");
    };
    assert!(link.configs.clone().unwrap_err().contains("new.config"));
    let again = String::from_utf8(encode(Stored::Link(link), None).unwrap()).unwrap();
    assert!(again.contains("new.config"), "{again}");
}
