//! What somebody without rights is told: the operation and the resource, never just "no".

use anyhow::{Context, Result};
use drawbridge_kafka::{
    Client, Error, ErrorCode,
    admin::{
        TopicPartition,
        acls::AclFilter,
        configs::{ConfigChange, ConfigOp, ConfigResource},
        elections::Election,
        group_offsets::CommittedOffset,
        offsets::{Isolation, OffsetSpec},
        producers::ProducerIdentity,
        topics::{NewPartitions, NewTopic},
        transactions::TxnMarker,
    },
    probe::{Step, probe},
};
use drawbridge_tests::bed::{Door, gallery};

use super::{client, only, settings};
use crate::support::{Version, fresh_topic};

on_each_version!(
    every_refused_call_names_what_was_asked_and_of_what,
    a_login_without_rights_sees_a_cluster_without_topics,
    the_probe_says_that_the_login_works_and_the_right_is_missing,
);

/// A client of the user who has no rights, over SASL and over TLS alike.
async fn alices(version: Version) -> Result<[Client; 2]> {
    let cluster = gallery(version).await?;
    Ok([client(cluster, Door::Scram, "alice")?, client(cluster, Door::Mtls, "alice")?])
}

/// `error` is the authorisation error `code`, and its words contain all of `words`.
fn refused(error: &Error, code: ErrorCode, words: &[&str]) {
    assert_eq!(error.code(), Some(code), "{error:?}");
    let said = error.to_string();
    for word in words {
        assert!(said.contains(word), "{word:?} is missing in: {said}");
    }
    assert!(error.remedy().is_some_and(|remedy| remedy.len() > 10), "{error:?} has no remedy");
    assert!(!error.is_retriable());
}

/// The one answer, which is an error.
fn denied<K: Ord, T>(
    answers: Result<std::collections::BTreeMap<K, Result<T, Error>>, Error>,
) -> Result<Error> {
    match answers {
        Ok(answers) => only::<_, _, anyhow::Error>(answers)?.err().context("it was allowed"),
        Err(error) => Ok(error),
    }
}

async fn every_refused_call_names_what_was_asked_and_of_what(version: Version) -> Result<()> {
    use ErrorCode as Code;
    let topic = fresh_topic(version, &[]).await?.1;
    let partition = [TopicPartition::new(&topic, 0)];
    let config = ConfigResource::Topic(topic.clone());
    let about_topic = [topic.as_str()];
    for alice in alices(version).await? {
        let error = denied(alice.describe_topics(&[&topic]).await)?;
        refused(&error, Code::TOPIC_AUTHORIZATION_FAILED, &about_topic);
        let new = NewTopic {
            name: "alices-own".to_owned(),
            partitions: Some(1),
            replication_factor: Some(1),
            ..NewTopic::default()
        };
        let error = denied(alice.create_topics(&[new], false).await)?;
        refused(&error, Code::TOPIC_AUTHORIZATION_FAILED, &["CreateTopics", "alices-own"]);
        let error = denied(alice.delete_topics(&[&topic]).await)?;
        refused(&error, Code::TOPIC_AUTHORIZATION_FAILED, &["DeleteTopics", &topic]);
        let more = NewPartitions { topic: topic.clone(), total: 2, assignments: Vec::new() };
        let error = denied(alice.create_partitions(&[more], false).await)?;
        refused(&error, Code::TOPIC_AUTHORIZATION_FAILED, &["CreatePartitions", &topic]);
        let error = denied(alice.describe_configs(std::slice::from_ref(&config)).await)?;
        refused(&error, Code::TOPIC_AUTHORIZATION_FAILED, &["DescribeConfigs", &topic]);
        let change =
            ConfigChange { name: "retention.ms".to_owned(), op: ConfigOp::Set("1".to_owned()) };
        let changes = [(config.clone(), vec![change])];
        let error = denied(alice.incremental_alter_configs(&changes, false).await)?;
        refused(&error, Code::TOPIC_AUTHORIZATION_FAILED, &["IncrementalAlterConfigs", &topic]);
        let offsets =
            alice.list_offsets(OffsetSpec::Latest, &partition, Isolation::ReadUncommitted).await;
        refused(&denied(Ok(offsets))?, Code::TOPIC_AUTHORIZATION_FAILED, &about_topic);
        let records = alice.delete_records(&[(partition[0].clone(), 0)]).await;
        refused(&denied(Ok(records))?, Code::TOPIC_AUTHORIZATION_FAILED, &about_topic);
        let producers = alice.describe_producers(&partition).await;
        refused(&denied(Ok(producers))?, Code::TOPIC_AUTHORIZATION_FAILED, &about_topic);

        let groups = alice.describe_groups(&["a-group"]).await;
        refused(&denied(Ok(groups))?, Code::GROUP_AUTHORIZATION_FAILED, &["a-group"]);
        let offsets = [(partition[0].clone(), CommittedOffset::new(0))];
        let error = denied(alice.commit_group_offsets("a-group", &offsets).await)?;
        refused(&error, Code::GROUP_AUTHORIZATION_FAILED, &["a-group"]);
        let error = alice.group_offsets("a-group", None, true).await.unwrap_err();
        refused(&error, Code::GROUP_AUTHORIZATION_FAILED, &["a-group"]);
        let groups = alice.delete_groups(&["a-group"]).await;
        refused(&denied(Ok(groups))?, Code::GROUP_AUTHORIZATION_FAILED, &["a-group"]);

        let cluster = Code::CLUSTER_AUTHORIZATION_FAILED;
        let error = alice.describe_acls(&AclFilter::default()).await.unwrap_err();
        refused(&error, cluster, &["DescribeAcls"]);
        let error = denied(alice.describe_scram_users(None).await)?;
        refused(&error, cluster, &["DescribeUserScramCredentials"]);
        let error = alice.elect_leaders(Election::Preferred, Some(&partition)).await.unwrap_err();
        refused(&error, cluster, &["ElectLeaders"]);
        let marker = TxnMarker {
            producer: ProducerIdentity { id: 1, epoch: 0 },
            commit: true,
            coordinator_epoch: 0,
            partitions: partition.to_vec(),
        };
        let error = match alice.write_txn_markers(1, &[marker]).await {
            Ok(outcomes) => outcomes[0].result.clone().unwrap_err(),
            Err(error) => error,
        };
        refused(&error, cluster, &["WriteTxnMarkers"]);
    }
    Ok(())
}

async fn a_login_without_rights_sees_a_cluster_without_topics(version: Version) -> Result<()> {
    fresh_topic(version, &[]).await?;
    for alice in alices(version).await? {
        assert_eq!(alice.list_topics().await?, []);
        assert_eq!(alice.list_groups().await?.groups, []);
        let cluster = alice.describe_cluster().await?;
        assert_eq!(cluster.operations, Some(Vec::new()));
    }
    Ok(())
}

async fn the_probe_says_that_the_login_works_and_the_right_is_missing(
    version: Version,
) -> Result<()> {
    let cluster = gallery(version).await?;
    let report = probe(&settings(&cluster.properties_of(Door::Scram, "alice"))?).await;
    let failed = report.failure().context("a step that failed")?;
    assert_eq!(failed.step, Step::Authorize, "{report:?}");
    let said = format!("{:?}", failed.outcome);
    assert!(said.to_uppercase().contains("DESCRIBE"), "{said}");
    Ok(())
}
