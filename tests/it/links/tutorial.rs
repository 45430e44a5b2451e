//! The hybrid tutorial, from the user that is created for the link to the deletion of both links.

use anyhow::{Result, ensure};
use drawbridge_kafka::{
    admin::{acls::AclOperation, users::ScramChange},
    settings::{ScramMechanism, Secret},
};
use drawbridge_tests::{
    bed::{Cluster, unique},
    wire::{Appended, Isolation, batch::Batch},
};
use serde_json::{Value, json};

use super::{
    bridge::{Bridge, admin, allow, carol, configs, fill, has_values, links, mirror, wire},
    portal::Portal,
};
use crate::support::{Version, eventually};

on_each_version!(every_step_of_the_tutorial_works_and_no_password_is_anywhere);

const TOPIC_AUTHORIZATION_FAILED: i16 = 29;

const USER: &str = "cp-to-cloud-link";
const PASSWORD: &str = "1LINK2RUL3TH3MALL";

struct Names {
    from_on_prem: String,
    from_cloud: String,
    on_prem_topic: String,
    cloud_topic: String,
}

async fn every_step_of_the_tutorial_works_and_no_password_is_anywhere(
    version: Version,
) -> Result<()> {
    walk(&Bridge::lease(version).await?).await
}

/// The whole tutorial between these clusters, with a gateway of its own.
pub(super) async fn walk(bridge: &Bridge) -> Result<()> {
    let portal = bridge.portal().await?;
    let names = Names {
        from_on_prem: unique("from-on-prem-link"),
        from_cloud: unique("from-cloud-link"),
        on_prem_topic: unique("from-on-prem"),
        cloud_topic: unique("cloud-topic"),
    };
    populate(bridge, &names).await?;
    link_to_the_cloud(bridge, &portal, &names).await?;
    mirror_to_the_cloud(bridge, &portal, &names).await?;
    mirror_to_on_prem(bridge, &portal, &names).await?;
    let (on_prem, cloud) = (bridge.on_prem(), bridge.cloud());
    promote(&portal, cloud, &names.from_on_prem, &names.on_prem_topic).await?;
    promote(&portal, on_prem, &names.from_cloud, &names.cloud_topic).await?;
    assert_no_password(bridge, &portal).await?;
    tear_down(bridge, &portal, &names).await?;
    assert_no_password(bridge, &portal).await?;
    portal.stop().await
}

/// "Populate the Confluent Platform cluster", and the user of the link with the rights it needs.
async fn populate(bridge: &Bridge, names: &Names) -> Result<()> {
    wire(bridge.on_prem()).await?.create_topic(&names.on_prem_topic, 1, 1, &[]).await?;
    fill(bridge.on_prem(), &names.on_prem_topic, 1..=5).await?;
    let client = admin(bridge.on_prem())?;
    let user = ScramChange::Upsert {
        user: USER.to_owned(),
        mechanism: ScramMechanism::Sha512,
        iterations: 8192,
        password: Secret::new(PASSWORD),
    };
    for outcome in client.alter_scram_users(&[user]).await?.into_values() {
        outcome?;
    }
    client.close().await;
    let needed = [AclOperation::Read, AclOperation::DescribeConfigs];
    allow(bridge.on_prem(), USER, &needed, &names.on_prem_topic).await
}

/// Both halves, in the order of the tutorial, with its files.
async fn link_to_the_cloud(bridge: &Bridge, portal: &Portal, names: &Names) -> Result<()> {
    let (on_prem, cloud, link) = (bridge.on_prem(), bridge.cloud(), &names.from_on_prem);
    let source_file = format!(
        "link.mode=SOURCE\n\
         connection.mode=OUTBOUND\n\
         {}\
         local.listener.name=SASL_PLAINTEXT\n\
         local.security.protocol=SASL_PLAINTEXT\n\
         local.sasl.mechanism=SCRAM-SHA-512\n\
         local.sasl.jaas.config=org.apache.kafka.common.security.scram.ScramLoginModule required username=\"{USER}\" password=\"{PASSWORD}\";\n",
        bridge.way_to_cloud()
    );
    let source = json!({"destination_cluster_id": cloud.id(), "configs": configs(&source_file)});
    let path = format!("{}?link_name={link}", links(on_prem));
    let alone = portal.ask("POST", &path, source.clone()).await?;
    let (status, code, words) = alone.error()?;
    assert_eq!((status, code), (400, 40002), "{words}");
    ensure!(words.contains("Create the destination half there first"), "{words}");

    let destination = json!({
        "source_cluster_id": on_prem.id(),
        "configs": configs("link.mode=DESTINATION\nconnection.mode=INBOUND\n"),
    });
    portal.create(cloud, link, destination).await?;
    portal.create(on_prem, link, source).await?;
    let here = portal.link_is(on_prem, link, "ACTIVE").await?.body;
    let there = portal.link_is(cloud, link, "ACTIVE").await?.body;
    assert_eq!(here["destination_cluster_id"], cloud.id());
    assert_eq!(there["source_cluster_id"], on_prem.id());
    assert_eq!(here["cluster_link_id"], there["cluster_link_id"], "two halves of one link");
    Ok(())
}

/// "Create topics and mirror data to Confluent Cloud".
async fn mirror_to_the_cloud(bridge: &Bridge, portal: &Portal, names: &Names) -> Result<()> {
    let (cloud, link, topic) = (bridge.cloud(), &names.from_on_prem, &names.on_prem_topic);
    portal.mirror(cloud, link, topic).await?;
    let listed = caught_up(portal, cloud, link, topic, 5).await?;
    assert_eq!(listed["mirror_status"], "ACTIVE");
    assert_eq!(listed["source_topic_name"], *topic);
    let all = portal.get(&format!("{}/-/mirrors", links(cloud))).await?;
    ensure!(all.each("mirror_topic_name").contains(&&json!(topic)), "{all:?}");
    has_values(cloud, topic, 1..=5).await?;
    fill(bridge.on_prem(), topic, 6..=7).await?;
    has_values(cloud, topic, 1..=7).await
}

/// "Mirror data from Confluent Cloud to on-premises".
async fn mirror_to_on_prem(bridge: &Bridge, portal: &Portal, names: &Names) -> Result<()> {
    let (on_prem, cloud) = (bridge.on_prem(), bridge.cloud());
    let (link, topic) = (&names.from_cloud, &names.cloud_topic);
    let source = json!({
        "source_cluster_id": cloud.id(),
        "configs": configs(&bridge.way_to_cloud()),
    });
    portal.create(on_prem, link, source).await?;
    portal.link_is(on_prem, link, "ACTIVE").await?;
    let listed = portal.get(&links(on_prem)).await?;
    for name in [link, &names.from_on_prem] {
        ensure!(listed.each("link_name").contains(&&json!(name)), "{listed:?}");
    }

    wire(cloud).await?.create_topic(topic, 1, 1, &[]).await?;
    let wines = ["Riesling", "Pinot Blanc", "Verdejo"];
    wire(cloud).await?.write(topic, &Batch::of_values(wines)).await?;
    portal.mirror(on_prem, link, topic).await?;
    let described = caught_up(portal, on_prem, link, topic, 3).await?;
    assert_eq!(described["num_partitions"], 1);
    assert_eq!(described["mirror_lags"][0]["partition"], 0);
    let read = super::bridge::consumed(on_prem, topic).await?;
    let expected: Vec<(i64, String)> = (0..).zip(wines.map(str::to_owned)).collect();
    assert_eq!(read, expected);

    let listed = portal.get(&format!("{}/{link}/configs", links(on_prem))).await?;
    let row = |name: &str| {
        let rows = listed.body["data"].as_array().into_iter().flatten();
        rows.clone().find(|row| row["name"] == name).cloned().unwrap_or_default()
    };
    assert_eq!(row("link.mode")["value"], "DESTINATION");
    assert_eq!(row("consumer.offset.sync.ms")["value"], "30000");
    assert_eq!(row("sasl.jaas.config")["value"], Value::Null);
    assert_eq!(row("sasl.jaas.config")["is_sensitive"], true);
    Ok(())
}

async fn caught_up(
    portal: &Portal,
    on: &Cluster,
    link: &str,
    topic: &str,
    end: i64,
) -> Result<Value> {
    let path = mirror(on, link, topic);
    let mirrored = portal.until(&path, |answer| {
        let lags = &answer.body["mirror_lags"];
        lags[0]["lag"] == 0 && lags[0]["last_source_fetch_offset"] == end
    });
    Ok(mirrored.await?.body)
}

/// Promotes; then the topic is an ordinary one.
async fn promote(portal: &Portal, on: &Cluster, link: &str, topic: &str) -> Result<()> {
    let row = portal.act(on, link, "promote", topic).await?;
    assert_eq!(row["mirror_topic_name"], topic);
    assert_eq!((&row["error_code"], &row["error_message"]), (&Value::Null, &Value::Null));
    assert_eq!(row["mirror_lags"][0]["partition"], 0, "a row per partition");
    assert_eq!(row["mirror_lags"][0]["lag"], 0);
    portal.mirror_is(on, link, topic, "STOPPED").await?;
    let end = wire(on).await?.latest(topic).await?;
    allow(on, "carol", &[AclOperation::Write], topic).await?;
    let batch = Batch::of_values(["mine"]);
    let mut carol = carol(on).await?;
    // Brokers take an ACL in a moment after it was written; what they refuse is not appended.
    let appended = eventually("carol may write", async || {
        let appended = carol.append(topic, &batch).await?;
        Ok((appended.error != TOPIC_AUTHORIZATION_FAILED).then_some(appended))
    });
    assert_eq!(appended.await?, Appended::at(end));
    let again = portal.act(on, link, "promote", topic).await?;
    assert_eq!(
        again["error_message"],
        format!("Topic '{topic}' has already stopped its mirror from '{link}'")
    );
    Ok(())
}

/// Topics first, then the links, on-prem before the cloud.
async fn tear_down(bridge: &Bridge, portal: &Portal, names: &Names) -> Result<()> {
    let (on_prem, cloud) = (bridge.on_prem(), bridge.cloud());
    for cluster in [cloud, on_prem] {
        for topic in [&names.on_prem_topic, &names.cloud_topic] {
            let path = format!("/kafka/v3/clusters/{}/topics/{topic}", cluster.id());
            let deleted = portal.ask("DELETE", &path, Value::Null).await?;
            ensure!(deleted.status == 204, "{deleted:?}");
        }
    }
    let halves = [
        (on_prem, &names.from_on_prem),
        (on_prem, &names.from_cloud),
        (cloud, &names.from_on_prem),
    ];
    for (cluster, link) in halves {
        let deleted = portal.delete(cluster, link, "").await?;
        ensure!(deleted.status == 204, "{deleted:?}");
        let path = format!("{}/{link}", links(cluster));
        assert_eq!(portal.get(&path).await?.status, 404);
    }
    Ok(())
}

/// Looks for passwords in everything that left the gateway: answers, metrics, notices, stored state.
async fn assert_no_password(bridge: &Bridge, portal: &Portal) -> Result<()> {
    ensure!(portal.get("/metrics").await?.status == 200);
    let mut seen = portal.said().into_bytes();
    for cluster in [bridge.on_prem(), bridge.cloud()] {
        let mut wire = wire(cluster).await?;
        for batch in wire.read_all("_drawbridge.state", Isolation::Uncommitted).await? {
            seen.extend(batch.bytes());
            for record in batch.records() {
                seen.extend(record.key.into_iter().chain(record.value).flatten());
            }
        }
    }
    ensure!(seen.len() > 10_000, "only {} bytes were looked at", seen.len());
    for secret in [PASSWORD, "admin-secret", "encoder-secret"] {
        let found = seen.windows(secret.len()).position(|window| window == secret.as_bytes());
        if let Some(at) = found {
            let around = &seen[at.saturating_sub(200)..at];
            anyhow::bail!("{secret} after {}", String::from_utf8_lossy(around));
        }
    }
    Ok(())
}
