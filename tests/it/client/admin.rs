//! Every administrative call, through each kind of door, on each release.

use std::time::Duration;

use anyhow::Result;
use drawbridge_kafka::{
    Client, ErrorCode,
    admin::{
        TopicPartition,
        acls::{AclBinding, AclFilter, AclOperation, AclPattern, AclPermission, AclResource},
        configs::{ConfigChange, ConfigOp, ConfigResource, ConfigSource},
        elections::Election,
        group_offsets::CommittedOffset,
        groups::GroupKind,
        offsets::{EpochQuery, Isolation, OffsetSpec},
        producers::ProducerIdentity,
        topics::{NewPartitions, NewTopic},
        transactions::TxnMarker,
        users::ScramChange,
    },
    settings::{ScramMechanism, Secret},
};
use drawbridge_tests::{
    bed::{Door, Version, gallery, unique},
    wire::{
        Wire,
        batch::{Batch, Compression, Entry},
    },
};

use super::{client, only};
use crate::support::eventually;

/// A test per door and release of each function, which gets a client of a super user and a plaintext
/// connection of the bed's own to the same cluster.
macro_rules! through_each_door {
    ($($name:ident),* $(,)?) => {
        through_each_door!(@door plain Plain $($name)*);
        through_each_door!(@door scram Scram $($name)*);
        through_each_door!(@door sasl_ssl SaslSsl $($name)*);
        through_each_door!(@door mtls Mtls $($name)*);
    };
    (@door $module:ident $door:ident $($name:ident)*) => {
        mod $module {
            use super::{Door, Version};
            $(#[tokio::test]
            async fn $name() {
                for version in Version::ALL {
                    let (client, wire) = super::prepare(version, Door::$door).await.unwrap();
                    super::$name(client, wire, version).await.unwrap();
                }
            })*
        }
    };
}

through_each_door!(
    the_cluster_describes_itself,
    topics_are_created_described_grown_and_deleted,
    configs_are_described_and_altered,
    offsets_are_listed_and_records_deleted,
    groups_are_listed_described_reset_and_deleted,
    scram_users_are_made_and_removed,
    acls_are_made_listed_and_removed,
    producers_and_markers_are_seen,
    leaders_are_elected_and_disks_described,
);

async fn prepare(version: Version, door: Door) -> Result<(Client, Wire)> {
    let cluster = gallery(version).await?;
    Ok((client(cluster, door, "admin")?, Wire::connect(&cluster.back_door()).await?))
}

async fn new_topic(client: &Client, partitions: i32) -> Result<String> {
    let name = unique("topic");
    let topic = NewTopic {
        name: name.clone(),
        partitions: Some(partitions),
        replication_factor: Some(1),
        ..NewTopic::default()
    };
    only::<_, _, anyhow::Error>(client.create_topics(&[topic], false).await?)??;
    // The controller answers before the broker knows.
    eventually("the broker serves the topic", async || {
        Ok(offset(client, &name, OffsetSpec::Latest).await.ok())
    })
    .await?;
    Ok(name)
}

/// Offset of the wanted kind of partition 0.
async fn offset(client: &Client, topic: &str, spec: OffsetSpec) -> Result<Option<i64>> {
    let partition = [TopicPartition::new(topic, 0)];
    let answers = client.list_offsets(spec, &partition, Isolation::ReadUncommitted).await;
    Ok(only::<_, _, anyhow::Error>(answers)??.offset)
}

async fn the_cluster_describes_itself(client: Client, _: Wire, version: Version) -> Result<()> {
    let cluster = client.describe_cluster().await?;
    assert_eq!(cluster.cluster_id, gallery(version).await?.id());
    assert_eq!(cluster.controller, Some(1));
    assert_eq!(cluster.brokers.len(), 1);
    assert!(cluster.operations.is_some_and(|may| may.contains(&AclOperation::Alter)));
    let versions = client.broker_versions(1).await?;
    let release = &version.text()[..3];
    assert!(
        versions.kafka == release || versions.kafka.contains("or newer"),
        "{release} was taken for {}",
        versions.kafka
    );
    assert!(versions.apis.iter().any(|api| api.name == "Produce" && api.max >= 11));
    let metadata_version = versions.features.iter().find(|f| f.name == "metadata.version");
    assert!(metadata_version.is_some_and(|feature| feature.finalized.is_some()));
    Ok(())
}

async fn topics_are_created_described_grown_and_deleted(
    client: Client,
    _: Wire,
    _: Version,
) -> Result<()> {
    let name = unique("orders");
    let topic = NewTopic {
        name: name.clone(),
        partitions: Some(2),
        replication_factor: Some(1),
        configs: vec![("retention.ms".to_owned(), "86400000".to_owned())],
        ..NewTopic::default()
    };
    let wanted = std::slice::from_ref(&topic);
    only::<_, _, anyhow::Error>(client.create_topics(wanted, true).await?)??;
    let absent = only::<_, _, anyhow::Error>(client.describe_topics(&[&name]).await?)?;
    let error = absent.expect_err("validating creates nothing");
    assert_eq!(error.code(), Some(ErrorCode::UNKNOWN_TOPIC_OR_PARTITION));

    let made = only::<_, _, anyhow::Error>(client.create_topics(wanted, false).await?)??;
    assert_eq!((made.partitions, made.replication_factor), (Some(2), Some(1)));
    let retention = made.configs.iter().find(|entry| entry.name == "retention.ms");
    assert_eq!(retention.and_then(|entry| entry.value.as_deref()), Some("86400000"));
    let again = only::<_, _, anyhow::Error>(client.create_topics(wanted, false).await?)?;
    assert_eq!(again.unwrap_err().code(), Some(ErrorCode::TOPIC_ALREADY_EXISTS));

    let described = eventually("the topic is known", async || {
        let found = only::<_, _, anyhow::Error>(client.describe_topics(&[&name]).await?)?;
        Ok(found.ok().filter(|topic| topic.partitions.iter().all(|p| p.leader.is_some())))
    })
    .await?;
    assert_eq!((described.id, described.internal), (made.id, false));
    assert_eq!(described.partitions[1].replicas, [1]);
    assert_eq!(described.partitions[1].isr, [1]);
    assert!(described.operations.is_some_and(|may| may.contains(&AclOperation::Delete)));
    assert!(client.list_topics().await?.iter().any(|topic| topic.name == name));
    assert_eq!(client.leader(&name, 1).await?.broker, 1);

    let more = [NewPartitions { topic: name.clone(), total: 5, assignments: Vec::new() }];
    only::<_, _, anyhow::Error>(client.create_partitions(&more, true).await?)??;
    only::<_, _, anyhow::Error>(client.create_partitions(&more, false).await?)??;
    eventually("the topic has five partitions", async || {
        let found = only::<_, _, anyhow::Error>(client.describe_topics(&[&name]).await?)??;
        Ok((found.partitions.len() == 5).then_some(()))
    })
    .await?;
    let fewer = [NewPartitions { topic: name.clone(), total: 3, assignments: Vec::new() }];
    let refused = only::<_, _, anyhow::Error>(client.create_partitions(&fewer, false).await?)?;
    let error = refused.expect_err("a topic does not shrink").to_string();
    assert!(error.contains(&name) || error.contains('5'), "{error}");

    only::<_, _, anyhow::Error>(client.delete_topics(&[&name]).await?)??;
    eventually("the topic is gone", async || {
        Ok((!client.list_topics().await?.iter().any(|topic| topic.name == name)).then_some(()))
    })
    .await?;
    let gone = only::<_, _, anyhow::Error>(client.delete_topics(&[&name]).await?)?;
    assert_eq!(gone.unwrap_err().code(), Some(ErrorCode::UNKNOWN_TOPIC_OR_PARTITION));
    let bad = NewTopic { name: "no spaces".to_owned(), ..topic };
    let error = only::<_, _, anyhow::Error>(client.create_topics(&[bad], false).await?)?
        .expect_err("Kafka refuses the name");
    assert!(error.to_string().contains("no spaces"), "{error}");
    Ok(())
}

async fn configs_are_described_and_altered(client: Client, _: Wire, _: Version) -> Result<()> {
    let name = new_topic(&client, 1).await?;
    let resource = ConfigResource::Topic(name.clone());
    let read = async |key: &str| -> Result<_> {
        let all = client.describe_configs(std::slice::from_ref(&resource)).await?;
        let entries = only::<_, _, anyhow::Error>(all)??;
        Ok(entries.into_iter().find(|entry| entry.name == key).unwrap())
    };
    let before = read("retention.ms").await?;
    assert_eq!(before.value.as_deref(), Some("604800000"));
    assert!(before.is_default() && before.documentation.is_some_and(|text| text.len() > 40));
    let largest = read("max.message.bytes").await?;
    let below: Vec<_> = largest.synonyms.iter().map(|s| (s.name.as_str(), s.source)).collect();
    assert_eq!(below, [("message.max.bytes", ConfigSource::Default)]);

    let change = |name: &str, op: ConfigOp| ConfigChange { name: name.to_owned(), op };
    let set = vec![
        change("retention.ms", ConfigOp::Set("1000".to_owned())),
        change("cleanup.policy", ConfigOp::Append("compact".to_owned())),
    ];
    let set = [(resource.clone(), set)];
    only::<_, _, anyhow::Error>(client.incremental_alter_configs(&set, true).await?)??;
    assert!(read("retention.ms").await?.is_default(), "validating changes nothing");
    only::<_, _, anyhow::Error>(client.incremental_alter_configs(&set, false).await?)??;
    let now = eventually("the change is there", async || {
        Ok(Some(read("retention.ms").await?).filter(|entry| entry.source == ConfigSource::Topic))
    })
    .await?;
    assert_eq!(now.value.as_deref(), Some("1000"));
    assert_eq!(now.synonyms.first().map(|synonym| synonym.source), Some(ConfigSource::Topic));
    let policy = read("cleanup.policy").await?.value.unwrap();
    assert!(policy.contains("delete") && policy.contains("compact"), "{policy}");

    let undo = vec![
        change("retention.ms", ConfigOp::Delete),
        change("cleanup.policy", ConfigOp::Subtract("compact".to_owned())),
    ];
    let undo = [(resource.clone(), undo)];
    only::<_, _, anyhow::Error>(client.incremental_alter_configs(&undo, false).await?)??;
    eventually("the default is back", async || {
        Ok(read("retention.ms").await?.is_default().then_some(()))
    })
    .await?;

    let bad = vec![change("retention.ms", ConfigOp::Set("soon".to_owned()))];
    let refused = client.incremental_alter_configs(&[(resource.clone(), bad)], false).await?;
    let error = only::<_, _, anyhow::Error>(refused)?.expect_err("not a number").to_string();
    assert!(error.contains("retention.ms"), "{error}");

    let broker = client.describe_configs(&[ConfigResource::Broker(1)]).await?;
    let entries = only::<_, _, anyhow::Error>(broker)??;
    let secret = entries.iter().find(|entry| entry.name.ends_with("plain.sasl.jaas.config"));
    assert!(secret.is_some_and(|entry| entry.sensitive && entry.value.is_none()));
    let listeners = entries.iter().find(|entry| entry.name == "listeners").unwrap();
    assert_eq!(listeners.source, ConfigSource::BrokerFile);
    Ok(())
}

async fn offsets_are_listed_and_records_deleted(
    client: Client,
    mut wire: Wire,
    _: Version,
) -> Result<()> {
    let topic = new_topic(&client, 1).await?;
    assert_eq!(offset(&client, &topic, OffsetSpec::Earliest).await?, Some(0));
    assert_eq!(offset(&client, &topic, OffsetSpec::Latest).await?, Some(0));
    assert_eq!(offset(&client, &topic, OffsetSpec::MaxTimestamp).await?, None);
    let entries: Vec<Entry> =
        [3_000, 9_000, 5_000].iter().map(|time| Entry::value("x").at(*time)).collect();
    for entry in &entries {
        wire.write(&topic, &Batch::build(std::slice::from_ref(entry), Compression::None)).await?;
    }
    assert_eq!(offset(&client, &topic, OffsetSpec::Latest).await?, Some(3));
    assert_eq!(offset(&client, &topic, OffsetSpec::LogEnd).await?, Some(3));
    assert_eq!(offset(&client, &topic, OffsetSpec::MaxTimestamp).await?, Some(1));
    assert_eq!(offset(&client, &topic, OffsetSpec::Timestamp(3_001)).await?, Some(1));
    assert_eq!(offset(&client, &topic, OffsetSpec::Timestamp(9_001)).await?, None);

    let partition = TopicPartition::new(&topic, 0);
    let low = client.delete_records(&[(partition.clone(), 2)]).await;
    assert_eq!(only::<_, _, anyhow::Error>(low)??, 2);
    assert_eq!(offset(&client, &topic, OffsetSpec::Earliest).await?, Some(2));
    let all = client.delete_records(&[(partition.clone(), -1)]).await;
    assert_eq!(only::<_, _, anyhow::Error>(all)??, 3);
    let beyond = client.delete_records(&[(partition.clone(), 99)]).await;
    let error = only::<_, _, anyhow::Error>(beyond)?.expect_err("there is no offset 99");
    assert_eq!(error.code(), Some(ErrorCode::OFFSET_OUT_OF_RANGE));

    let query = EpochQuery { partition, epoch: 0, current: None };
    let end = only::<_, _, anyhow::Error>(client.offset_for_leader_epoch(&[query]).await)??;
    assert_eq!((end.epoch, end.end_offset), (0, 3));
    let nowhere = [TopicPartition::new("no-such-topic", 0)];
    let missing = client.list_offsets(OffsetSpec::Latest, &nowhere, Isolation::ReadUncommitted);
    let error = only::<_, _, anyhow::Error>(missing.await)?.expect_err("no such topic");
    assert_eq!(error.code(), Some(ErrorCode::UNKNOWN_TOPIC_OR_PARTITION));
    assert!(error.to_string().contains("no-such-topic"), "{error}");
    Ok(())
}

async fn groups_are_listed_described_reset_and_deleted(
    client: Client,
    mut wire: Wire,
    version: Version,
) -> Result<()> {
    let topic = new_topic(&client, 2).await?;
    let group = unique("group");
    let partitions = [TopicPartition::new(&topic, 0), TopicPartition::new(&topic, 1)];
    let offsets = [
        (partitions[0].clone(), CommittedOffset::new(7)),
        (
            partitions[1].clone(),
            CommittedOffset { metadata: "note".to_owned(), ..CommittedOffset::new(0) },
        ),
    ];
    for answer in client.commit_group_offsets(&group, &offsets).await?.into_values() {
        answer?;
    }
    let found = client.group_offsets(&group, None, true).await?;
    assert_eq!(found.len(), 2);
    assert_eq!(found[&partitions[0]].as_ref().unwrap().offset, 7);
    assert_eq!(found[&partitions[0]].as_ref().unwrap().leader_epoch, None);
    assert_eq!(found[&partitions[1]].as_ref().unwrap().metadata, "note");
    let some = client.group_offsets(&group, Some(&partitions[1..]), false).await?;
    assert_eq!(only::<_, _, anyhow::Error>(some)??.offset, 0);

    let listed = client.list_groups().await?;
    assert!(listed.failed.is_empty(), "{:?}", listed.failed);
    let entry = listed.groups.iter().find(|entry| entry.id == group).unwrap();
    assert_eq!((entry.state.as_str(), entry.coordinator), ("Empty", 1));

    wire.join_classic(&group).await?;
    let described = only::<_, _, anyhow::Error>(client.describe_groups(&[&group]).await)??;
    assert_eq!((described.kind, described.state.as_str()), (GroupKind::Classic, "Stable"));
    assert_eq!((described.assignor.as_str(), described.members.len()), ("range", 1));
    assert_eq!(described.members[0].client_id, "drawbridge-tests");
    let active = client.commit_group_offsets(&group, &offsets[..1]).await?;
    let error = only::<_, _, anyhow::Error>(active)?.expect_err("the group is active");
    assert_eq!(error.code(), Some(ErrorCode::UNKNOWN_MEMBER_ID));
    let busy = only::<_, _, anyhow::Error>(client.delete_groups(&[&group]).await)?;
    assert_eq!(busy.expect_err("it has a member").code(), Some(ErrorCode::NON_EMPTY_GROUP));

    if version == Version::V4 {
        let modern = unique("group");
        wire.consumer_heartbeat(&modern, "0123456789abcdefghij-_", 0, &topic).await?;
        let described = only::<_, _, anyhow::Error>(client.describe_groups(&[&modern]).await)??;
        assert_eq!((described.kind, described.members.len()), (GroupKind::Consumer, 1));
        assert!(described.epoch.is_some_and(|epoch| epoch > 0));
        assert_eq!(described.members[0].subscribed, [topic.as_str()]);
    }

    let idle = unique("group");
    client.commit_group_offsets(&idle, &offsets).await?;
    let removed = client.delete_group_offsets(&idle, &partitions[..1]).await?;
    only::<_, _, anyhow::Error>(removed)??;
    assert_eq!(client.group_offsets(&idle, None, true).await?.len(), 1);
    only::<_, _, anyhow::Error>(client.delete_groups(&[&idle]).await)??;
    assert!(!client.list_groups().await?.groups.iter().any(|entry| entry.id == idle));
    let gone = only::<_, _, anyhow::Error>(client.delete_groups(&[&idle]).await)?;
    assert_eq!(gone.expect_err("it is gone").code(), Some(ErrorCode::GROUP_ID_NOT_FOUND));
    Ok(())
}

async fn scram_users_are_made_and_removed(client: Client, _: Wire, version: Version) -> Result<()> {
    let user = unique("newcomer");
    let upsert = |mechanism| ScramChange::Upsert {
        user: user.clone(),
        mechanism,
        iterations: 8192,
        password: Secret::new("a password, \"quoted\""),
    };
    for mechanism in [ScramMechanism::Sha256, ScramMechanism::Sha512] {
        only::<_, _, anyhow::Error>(client.alter_scram_users(&[upsert(mechanism)]).await?)??;
    }
    let credentials = eventually("both credentials are there", async || {
        let found = client.describe_scram_users(Some(&[&user])).await?;
        let found = only::<_, _, anyhow::Error>(found)?.unwrap_or_default();
        Ok((found.len() == 2).then_some(found))
    })
    .await?;
    assert!(credentials.iter().all(|credential| credential.iterations == 8192));
    assert!(client.describe_scram_users(None).await?.contains_key("admin"));

    // Logging in proves that what was made is right.
    let cluster = gallery(version).await?;
    let template = cluster.properties_of(Door::Scram, "admin");
    for mechanism in ["SCRAM-SHA-256", "SCRAM-SHA-512"] {
        let text = template
            .replace("SCRAM-SHA-512", mechanism)
            .replace("username=\"admin\"", &format!("username=\"{user}\""))
            .replace("\"admin-secret\"", "\"a password, \\\\\"quoted\\\\\"\"");
        let newcomer = Client::new(super::settings(&text)?)?;
        newcomer.describe_cluster().await?;
    }
    let delete = ScramChange::Delete { user: user.clone(), mechanism: ScramMechanism::Sha256 };
    only::<_, _, anyhow::Error>(client.alter_scram_users(&[delete]).await?)??;
    eventually("one credential is left", async || {
        let found = client.describe_scram_users(Some(&[&user])).await?;
        let found = only::<_, _, anyhow::Error>(found)??;
        Ok((found.len() == 1 && found[0].mechanism == ScramMechanism::Sha512).then_some(()))
    })
    .await?;
    let nobody = client.describe_scram_users(Some(&["nobody"])).await?;
    let error = only::<_, _, anyhow::Error>(nobody)?.expect_err("no such user");
    assert_eq!(error.code(), Some(ErrorCode::RESOURCE_NOT_FOUND));
    Ok(())
}

async fn acls_are_made_listed_and_removed(client: Client, _: Wire, _: Version) -> Result<()> {
    let rule = |name: String, pattern, operation| AclBinding {
        resource: AclResource::Topic,
        name,
        pattern,
        principal: "User:somebody".to_owned(),
        host: "*".to_owned(),
        operation,
        permission: AclPermission::Allow,
    };
    let name = unique("topic");
    let rules = [
        rule(name.clone(), AclPattern::Literal, AclOperation::Read),
        rule(name.clone(), AclPattern::Prefixed, AclOperation::DescribeConfigs),
    ];
    for answer in client.create_acls(&rules).await? {
        answer?;
    }
    let filter = AclFilter {
        resource: AclResource::Topic,
        name: Some(name.clone()),
        pattern: AclPattern::Any,
        ..AclFilter::default()
    };
    let mut found = eventually("both rules are there", async || {
        Ok(Some(client.describe_acls(&filter).await?).filter(|found| found.len() == 2))
    })
    .await?;
    found.sort();
    let mut wanted = rules.to_vec();
    wanted.sort();
    assert_eq!(found, wanted);
    let matching =
        AclFilter { pattern: AclPattern::Match, name: Some(format!("{name}x")), ..filter.clone() };
    assert_eq!(client.describe_acls(&matching).await?, rules[1..]);
    let mut deleted = client.delete_acls(std::slice::from_ref(&filter)).await?;
    assert_eq!(deleted.remove(0)?.len(), 2);
    eventually("both rules are gone", async || {
        Ok(client.describe_acls(&filter).await?.is_empty().then_some(()))
    })
    .await?;
    let nonsense = rule(String::new(), AclPattern::Literal, AclOperation::Read);
    let answers = client.create_acls(&[nonsense]).await?;
    assert!(answers[0].is_err(), "a rule about no name");
    Ok(())
}

async fn producers_and_markers_are_seen(client: Client, mut wire: Wire, _: Version) -> Result<()> {
    let topic = new_topic(&client, 1).await?;
    let data = client.init_producer_id(None).await?;
    let marker = client.init_producer_id(None).await?;
    assert_ne!(data.id, marker.id);
    wire.write(&topic, &Batch::of_values(0..3).by(data.id, data.epoch, 0)).await?;
    let partition = TopicPartition::new(&topic, 0);
    let known = client.describe_producers(std::slice::from_ref(&partition)).await;
    let known = only::<_, _, anyhow::Error>(known)??;
    assert_eq!(known.len(), 1);
    assert_eq!((known[0].producer_id, known[0].last_sequence), (data.id, 2));
    assert_eq!(known[0].open_transaction, None);

    let markers: Vec<TxnMarker> = (0..3)
        .map(|n| TxnMarker {
            producer: ProducerIdentity { id: marker.id, epoch: marker.epoch },
            commit: n == 1,
            coordinator_epoch: 0,
            partitions: vec![partition.clone()],
        })
        .collect();
    let outcomes = client.write_txn_markers(1, &markers).await?;
    assert!(!outcomes.is_empty() && outcomes.iter().all(|outcome| outcome.result.is_ok()));
    assert_eq!(offset(&client, &topic, OffsetSpec::LogEnd).await?, Some(6));

    let id = unique("transaction");
    let init = drawbridge_kafka::admin::producers::TransactionalInit {
        id: id.clone(),
        timeout: Duration::from_secs(60),
        current: None,
    };
    let producer = client.init_producer_id(Some(&init)).await?;
    let added = client
        .add_partitions_to_transaction(&id, producer, std::slice::from_ref(&partition))
        .await?;
    only::<_, _, anyhow::Error>(added)??;
    client.end_transaction(&id, producer, true).await?;
    eventually("the empty transaction's marker is there", async || {
        Ok((offset(&client, &topic, OffsetSpec::LogEnd).await? == Some(7)).then_some(()))
    })
    .await
}

async fn leaders_are_elected_and_disks_described(
    client: Client,
    mut wire: Wire,
    _: Version,
) -> Result<()> {
    let topic = new_topic(&client, 1).await?;
    let entry = Entry::new(None, Some(&"x".repeat(1000)));
    wire.write(&topic, &Batch::build(&[entry], Compression::None)).await?;
    let partition = TopicPartition::new(&topic, 0);
    let needless =
        client.elect_leaders(Election::Preferred, Some(std::slice::from_ref(&partition))).await?;
    let error = only::<_, _, anyhow::Error>(needless)?.expect_err("it leads already");
    assert_eq!(error.code(), Some(ErrorCode::ELECTION_NOT_NEEDED));

    let mut dirs = client.describe_log_dirs(None).await?;
    let dirs = dirs.remove(&1).unwrap()?;
    assert_eq!(dirs.len(), 1);
    assert!(dirs[0].error.is_none() && dirs[0].total_bytes.is_some_and(|bytes| bytes > 0));
    let replica = dirs[0].replicas.iter().find(|replica| replica.partition == partition).unwrap();
    assert!(replica.size > 1000 && !replica.future);
    Ok(())
}
