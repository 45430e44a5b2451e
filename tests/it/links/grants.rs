//! The ready-made grants against real brokers: enough for everything a link does, and none too many.

use std::time::Duration;

use anyhow::{Context, Result, ensure};
use drawbridge_kafka::{
    Client, ConnectionSettings, Error, Properties,
    admin::{
        TopicPartition,
        acls::{AclFilter, AclPermission},
        configs::{ConfigChange, ConfigOp, ConfigResource},
        group_offsets::CommittedOffset,
        producers::{ProducerIdentity, TransactionalInit},
        topics::{NewPartitions, NewTopic},
        transactions::TxnMarker,
        users::ScramChange,
    },
    settings::{ScramMechanism, Secret},
};
use drawbridge_shared::access::{
    Acl, AclOperation as Op, AclPattern, AclResource, GrantScope, GrantSide, NamePattern, needed,
};
use drawbridge_tests::{
    bed::{Cluster, Door, gallery, unique},
    checker,
    wire::{
        Routed,
        batch::{Batch, Compression, now},
    },
};
use serde_json::{Value, json};

use super::{
    bridge::{Bridge, admin, configs, links, mirror, wire},
    portal::Portal,
};
use crate::{
    data::{
        compaction::{EAGER, UNCLEANED, clean, updates},
        write::{CODECS, Transactional, append, mixed},
    },
    experiments::appends::alter,
    support::{Version, eventually},
};

on_each_version!(
    users_with_only_the_ready_made_grants_carry_a_link_from_end_to_end,
    a_gateway_with_only_the_ready_made_grants_keeps_a_link,
    without_any_one_of_the_grants_something_is_refused,
);

const PASSWORD: &str = "granted-secret";

/// A user of a cluster without any rights yet.
async fn user(cluster: &Cluster, what: &str) -> Result<String> {
    let user = unique(what);
    let client = admin(cluster)?;
    let change = ScramChange::Upsert {
        user: user.clone(),
        mechanism: ScramMechanism::Sha512,
        iterations: 4096,
        password: Secret::new(PASSWORD),
    };
    for outcome in client.alter_scram_users(&[change]).await?.into_values() {
        outcome?;
    }
    client.close().await;
    Ok(user)
}

/// The client properties of a user.
fn login(cluster: &Cluster, user: &str) -> String {
    format!(
        "bootstrap.servers={}\n\
         security.protocol=SASL_PLAINTEXT\n\
         sasl.mechanism=SCRAM-SHA-512\n\
         sasl.jaas.config=org.apache.kafka.common.security.scram.ScramLoginModule required username=\"{user}\" password=\"{PASSWORD}\";\n",
        cluster.bootstrap_of(Door::Scram)
    )
}

fn scope(prefix: &str) -> GrantScope {
    let names = NamePattern::list(&format!("{prefix}*"));
    GrantScope { topics: names.clone(), groups: names }
}

fn acls(side: GrantSide, user: &str, scope: &GrantScope) -> Vec<Acl> {
    needed(side, &format!("User:{user}"), scope).into_iter().map(|grant| grant.acl).collect()
}

fn row(acl: &Acl) -> Value {
    json!({
        "resource_type": acl.resource, "resource_name": acl.name, "pattern_type": acl.pattern,
        "principal": acl.principal, "host": acl.host, "operation": acl.operation,
        "permission": acl.permission,
    })
}

async fn grant(portal: &Portal, on: &Cluster, acls: &[Acl]) -> Result<()> {
    let body = json!({"data": acls.iter().map(row).collect::<Vec<_>>()});
    let path = format!("/kafka/v3/clusters/{}/acls:batch", on.id());
    let created = portal.ask("POST", &path, body).await?;
    ensure!(created.status == 201, "{created:?}");
    Ok(())
}

/// Waits until a mirror holds what its source does, and compares them.
async fn holds(bridge: &Bridge, portal: &Portal, link: &str, topic: &str) -> Result<()> {
    let (there, here) = (bridge.on_prem().back_door(), bridge.cloud().back_door());
    let mut source = Routed::open(&there, topic).await?;
    let caught_up = eventually("the mirror has caught up", async || {
        let wanted: Vec<i64> =
            checker::ends(&mut source).await?.iter().map(|(_, stable)| *stable).collect();
        let Ok(mut mirror) = Routed::open(&here, topic).await else { return Ok(None) };
        let ends = checker::ends(&mut mirror).await.unwrap_or_default();
        let have: Vec<i64> = ends.iter().map(|(end, _)| *end).collect();
        Ok((wanted == have).then_some(()))
    });
    if caught_up.await.is_err() {
        let told = portal.get(&mirror(bridge.cloud(), link, topic)).await?;
        anyhow::bail!("{topic} lags: {told:?}\n{:?}", tasks(portal, bridge.cloud(), link).await);
    }
    let source = checker::read(&there, topic).await?;
    checker::compare(&source, &checker::read(&here, topic).await?, &[])
}

async fn tasks(portal: &Portal, on: &Cluster, link: &str) -> Result<Value> {
    let told = portal.get(&format!("{}/{link}?include_tasks=true", links(on))).await?;
    Ok(told.body["tasks"].clone())
}

/// Every task has run since, and none left anything undone.
async fn tasks_are_content(portal: &Portal, on: &Cluster, link: &str) -> Result<()> {
    let path = format!("{}/{link}?include_tasks=true", links(on));
    let content = portal.until(&path, |answer| {
        let tasks = answer.body["tasks"].as_array().cloned().unwrap_or_default();
        let clean = |task: &Value| task["errors"].as_array().is_none_or(Vec::is_empty);
        !tasks.is_empty() && tasks.iter().all(clean)
    });
    content.await.map(|_| ())
}

/// Topics of every kind, all beginning with `prefix`.
struct Topics {
    plain: String,
    transactional: String,
    compacted: String,
}

impl Topics {
    async fn create(source: &Cluster, prefix: &str) -> Result<Self> {
        let name = |kind: &str| format!("{prefix}.{kind}");
        let topics = Self {
            plain: name("plain"),
            transactional: name("transactional"),
            compacted: name("compacted"),
        };
        let address = source.back_door();
        let mut wire = wire(source).await?;

        wire.create_topic(&topics.plain, 2, 1, &[]).await?;
        let mut plain = Routed::open(&address, &topics.plain).await?;
        for n in 0..50 {
            for partition in 0..2 {
                append(&mut plain, partition, &Batch::build(&mixed(n, 10), CODECS[n % 5])).await?;
            }
        }
        // What is gone below is filled in the mirror, some of it with markers, much of it with padding.
        plain.delete_records(0, 23).await?;
        plain.delete_records(1, 480).await?;

        wire.create_topic(&topics.transactional, 1, 1, &[]).await?;
        let mut transactional = Routed::open(&address, &topics.transactional).await?;
        let mut producer = Transactional::new(&address, &unique("granted"), 1).await?;
        for n in 0..6 {
            producer.write(&mut transactional, 0, &mixed(n, 4), Compression::Lz4).await?;
            producer.end(n % 2 == 0).await?;
        }

        wire.create_topic(&topics.compacted, 1, 1, &EAGER).await?;
        let mut compacted = Routed::open(&address, &topics.compacted).await?;
        let time = now() - 3_600_000;
        for (round, codec) in (0..).zip(CODECS) {
            append(&mut compacted, 0, &Batch::build(&updates(round, time), codec)).await?;
        }
        clean(wire, &mut compacted, 0, time).await?;
        Ok(topics)
    }

    fn all(&self) -> [&str; 3] {
        [&self.plain, &self.transactional, &self.compacted]
    }
}

async fn users_with_only_the_ready_made_grants_carry_a_link_from_end_to_end(
    version: Version,
) -> Result<()> {
    let bridge = Bridge::lease(version).await?;
    let portal = bridge.portal().await?;
    let (on_prem, cloud) = (bridge.on_prem(), bridge.cloud());
    let (prefix, link) = (unique("granted"), unique("link"));
    let topics = Topics::create(on_prem, &prefix).await?;
    let (reader, writer) = (user(on_prem, "reader").await?, user(cloud, "writer").await?);
    grant(&portal, on_prem, &acls(GrantSide::Source, &reader, &scope(&prefix))).await?;
    grant(&portal, cloud, &acls(GrantSide::Destination, &writer, &scope(&prefix))).await?;

    let filter = format!(
        r#"{{"groupFilters":[{{"name":"{prefix}","patternType":"PREFIXED","filterType":"INCLUDE"}}]}}"#
    );
    let destination = json!({
        "source_cluster_id": on_prem.id(),
        "configs": configs(&format!(
            "link.mode=DESTINATION\nconnection.mode=INBOUND\n\
             consumer.offset.sync.enable=true\nconsumer.offset.sync.ms=1000\n\
             consumer.offset.group.filters={filter}\n\
             topic.config.sync.ms=500\n"
        )),
    });
    portal.create(cloud, &link, destination).await?;
    let local: String = login(on_prem, &reader)
        .lines()
        .filter(|line| !line.starts_with("bootstrap"))
        .map(|line| format!("local.{line}\n"))
        .collect();
    let way = login(cloud, &writer);
    let quick = "metadata.max.age.ms=500\nrequest.timeout.ms=5000\n";
    let source = format!("link.mode=SOURCE\nconnection.mode=OUTBOUND\n{quick}{way}{local}");
    let source = json!({"destination_cluster_id": cloud.id(), "configs": configs(&source)});
    portal.create(on_prem, &link, source).await?;
    portal.link_is(cloud, &link, "ACTIVE").await?;

    // Somebody who might write to the mirror is kept from it.
    let carol =
        Acl::allow("User:carol", AclResource::Topic, AclPattern::Prefixed, &prefix, Op::Write);
    grant(&portal, cloud, &[carol]).await?;
    let mirrors = format!("{}/{link}/mirrors", links(cloud));
    for topic in topics.all() {
        let (name, value) = UNCLEANED;
        let own = if topic == topics.compacted {
            json!([{"name": name, "value": value}])
        } else {
            json!([])
        };
        let body = json!({"source_topic_name": topic, "configs": own});
        let created = portal.ask("POST", &mirrors, body).await?;
        ensure!(created.status == 201, "{created:?}");
    }
    for topic in topics.all() {
        holds(&bridge, &portal, &link, topic).await.with_context(|| topic.to_owned())?;
    }
    denied(cloud, &topics.plain, "User:carol", true).await?;

    follows(&bridge, &portal, &link, &topics, &prefix).await?;
    tasks_are_content(&portal, cloud, &link).await?;

    for topic in topics.all() {
        let row = portal.act(cloud, &link, "promote", topic).await?;
        ensure!(row["error_message"].is_null(), "{row}");
        portal.mirror_is(cloud, &link, topic, "STOPPED").await?;
    }
    denied(cloud, &topics.plain, "User:carol", false).await?;
    for cluster in [on_prem, cloud] {
        ensure!(portal.delete(cluster, &link, "").await?.status == 204);
    }
    portal.stop().await
}

/// Configs, partitions and group offsets of the source arrive.
async fn follows(
    bridge: &Bridge,
    portal: &Portal,
    link: &str,
    topics: &Topics,
    prefix: &str,
) -> Result<()> {
    let (on_prem, cloud) = (bridge.on_prem(), bridge.cloud());
    let mut there = wire(on_prem).await?;
    assert_eq!(alter(&mut there, &topics.plain, "retention.ms", "86400123").await?, 0);
    let path =
        format!("/kafka/v3/clusters/{}/topics/{}/configs/retention.ms", cloud.id(), topics.plain);
    portal.until(&path, |answer| answer.body["value"] == "86400123").await?;

    let client = admin(on_prem)?;
    let three = NewPartitions { topic: topics.plain.clone(), total: 3, assignments: Vec::new() };
    for outcome in client.create_partitions(&[three], false).await?.into_values() {
        outcome?;
    }
    client.close().await;
    let path = mirror(cloud, link, &topics.plain);
    portal.until(&path, |answer| answer.body["num_partitions"] == 3).await?;

    let group = format!("{prefix}.group");
    there.find_coordinator(&group, 0).await?;
    assert_eq!(there.commit(&group, &topics.plain, 300).await?, 0);
    let mut here = wire(cloud).await?;
    here.find_coordinator(&group, 0).await?;
    eventually("the group's offset arrives", async || {
        Ok((here.committed(&group, &topics.plain).await?.0 == 300).then_some(()))
    })
    .await
}

/// Waits until there is, or is not, a DENY for a principal on a topic.
async fn denied(on: &Cluster, topic: &str, principal: &str, wanted: bool) -> Result<()> {
    let client = admin(on)?;
    let filter = AclFilter {
        name: Some(topic.to_owned()),
        principal: Some(principal.to_owned()),
        permission: AclPermission::Deny,
        ..AclFilter::default()
    };
    let what = format!("{principal} is denied: {wanted}");
    let seen = eventually(&what, async || {
        let found = client.describe_acls(&filter).await?;
        Ok((found.is_empty() != wanted).then_some(()))
    });
    seen.await?;
    client.close().await;
    Ok(())
}

async fn a_gateway_with_only_the_ready_made_grants_keeps_a_link(version: Version) -> Result<()> {
    let bridge = Bridge::lease(version).await?;
    let (on_prem, cloud) = (bridge.on_prem(), bridge.cloud());
    let (prefix, link) = (unique("kept"), unique("link"));
    let topics = Topics::create(on_prem, &prefix).await?;
    let (reader, keeper) = (user(on_prem, "reader").await?, user(cloud, "keeper").await?);
    let first = bridge.portal().await?;
    grant(&first, on_prem, &acls(GrantSide::Source, &reader, &scope(&prefix))).await?;
    for side in [GrantSide::Destination, GrantSide::Gateway] {
        grant(&first, cloud, &acls(side, &keeper, &scope(&prefix))).await?;
    }
    first.stop().await?;

    let portal = Portal::open(&[("cloud", login(cloud, &keeper))], "encoder-secret").await?;
    portal.until(&links(cloud), |answer| answer.status == 200).await?;
    let way = login(on_prem, &reader) + "request.timeout.ms=5000\n";
    portal.create(cloud, &link, json!({"configs": configs(&way)})).await?;
    portal.link_is(cloud, &link, "ACTIVE").await?;
    for topic in [&topics.plain, &topics.transactional] {
        portal.mirror(cloud, &link, topic).await?;
        holds(&bridge, &portal, &link, topic).await.with_context(|| topic.clone())?;
    }
    tasks_are_content(&portal, cloud, &link).await?;
    for topic in [&topics.plain, &topics.transactional] {
        portal.act(cloud, &link, "promote", topic).await?;
        portal.mirror_is(cloud, &link, topic, "STOPPED").await?;
    }
    ensure!(portal.delete(cloud, &link, "").await?.status == 204);
    portal.stop().await
}

/// A call that a grant is for, on names that it covers.
async fn attempt(client: &Client, acl: &Acl, topic: &str, group: &str) -> Result<(), Error> {
    let partition = [TopicPartition::new(topic, 0)];
    match (acl.resource, acl.operation) {
        (AclResource::Topic, Op::Read) => client
            .describe_producers(&partition)
            .await
            .into_values()
            .try_for_each(|one| one.map(drop)),
        (AclResource::Topic, Op::DescribeConfigs) => {
            let resource = ConfigResource::Topic(topic.to_owned());
            let all = client.describe_configs(&[resource]).await?;
            all.into_values().try_for_each(|one| one.map(drop))
        }
        (AclResource::Topic, Op::Create) => {
            let new = NewTopic {
                name: format!("{topic}.new"),
                partitions: Some(1),
                ..NewTopic::default()
            };
            let all = client.create_topics(&[new], true).await?;
            all.into_values().try_for_each(|one| one.map(drop))
        }
        (AclResource::Topic, Op::Write) => client.init_producer_id(None).await.map(drop),
        (AclResource::Topic, Op::Alter) => {
            let more = NewPartitions { topic: topic.to_owned(), total: 9, assignments: Vec::new() };
            client.create_partitions(&[more], true).await?.into_values().collect()
        }
        (AclResource::Topic, Op::AlterConfigs) => {
            let op = ConfigOp::Set("1".to_owned());
            let change = ConfigChange { name: "retention.ms".to_owned(), op };
            let changes = [(ConfigResource::Topic(topic.to_owned()), vec![change])];
            client.incremental_alter_configs(&changes, true).await?.into_values().collect()
        }
        (AclResource::Topic, Op::Delete) => client
            .delete_records(&[(partition[0].clone(), 0)])
            .await
            .into_values()
            .try_for_each(|one| one.map(drop)),
        (AclResource::Group, Op::Describe) => {
            client.group_offsets(group, None, true).await.map(drop)
        }
        (AclResource::Group, Op::Read) => {
            let offsets = [(partition[0].clone(), CommittedOffset::new(0))];
            client.commit_group_offsets(group, &offsets).await?.into_values().collect()
        }
        (AclResource::Cluster, Op::Alter) => {
            let marker = TxnMarker {
                producer: ProducerIdentity { id: 1, epoch: 0 },
                commit: true,
                coordinator_epoch: 0,
                partitions: partition.to_vec(),
            };
            let outcomes = client.write_txn_markers(1, &[marker]).await?;
            outcomes.into_iter().try_for_each(|outcome| outcome.result.map(drop))
        }
        (AclResource::Cluster, Op::Describe) => {
            client.describe_acls(&AclFilter::default()).await.map(drop)
        }
        (AclResource::TransactionalId, Op::Write) => {
            let init = TransactionalInit {
                id: group.to_owned(),
                timeout: Duration::from_secs(10),
                current: None,
            };
            client.init_producer_id(Some(&init)).await.map(drop)
        }
        other => panic!("no call is known for {other:?}"),
    }
}

async fn without_any_one_of_the_grants_something_is_refused(version: Version) -> Result<()> {
    let cluster = gallery(version).await?;
    let client = admin(cluster)?;
    for side in GrantSide::ALL {
        let prefix = match side {
            GrantSide::Gateway => unique("_drawbridge.granted"),
            GrantSide::Source | GrantSide::Destination => unique("granted"),
        };
        let (topic, group) = (format!("{prefix}.topic"), format!("{prefix}.group"));
        wire(cluster).await?.create_topic(&topic, 1, 1, &[]).await?;
        for left_out in 0..needed(side, "User:x", &scope(&prefix)).len() {
            let name = user(cluster, "granted").await?;
            let all = acls(side, &name, &scope(&prefix));
            let (missing, others) =
                (&all[left_out], all.iter().enumerate().filter(|(at, _)| *at != left_out));
            let others: Vec<_> =
                others.map(|(_, acl)| drawbridge::ops::acls::binding(acl)).collect();
            for outcome in client.create_acls(&others).await? {
                outcome?;
            }
            let text = login(cluster, &name);
            let settings = ConnectionSettings::from_properties(&Properties::parse(&text, "user")?);
            let granted = Client::new(settings.ok().context("valid settings")?)?;
            let refused = attempt(&granted, missing, &topic, &group).await;
            let code = refused.as_ref().err().and_then(Error::code);
            ensure!(
                code.is_some_and(drawbridge_kafka::ErrorCode::means_unauthorized),
                "without {missing}: {refused:?}"
            );
            for outcome in client.create_acls(&[drawbridge::ops::acls::binding(missing)]).await? {
                outcome?;
            }
            let mut last = None;
            let what = format!("with {missing} it is allowed");
            let allowed = eventually(&what, async || {
                let answer = attempt(&granted, missing, &topic, &group).await;
                last = answer.as_ref().err().map(ToString::to_string);
                Ok(answer.ok())
            });
            allowed.await.with_context(|| format!("{last:?}"))?;
            granted.close().await;
        }
    }
    client.close().await;
    Ok(())
}
