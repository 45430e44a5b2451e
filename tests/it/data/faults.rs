//! Brokers restart, leaders move, gateways are killed, while data flows. Nothing is lost, repeated or shifted.

use anyhow::{Context, Result, ensure};
use drawbridge_kafka::{Client, ConnectionSettings, Properties};
use drawbridge_tests::{
    bed::{Cluster, Kafka, three_brokers, unique},
    wire::{Routed, Wire},
};
use serde_json::{Value, json};

use super::{
    bed::{Bed, Gateway, Link},
    traffic::Traffic,
};
use crate::support::{Version, eventually};

on_each_version!(
    a_restarted_source_loses_nothing,
    a_restarted_destination_loses_nothing,
    leaders_of_the_destination_that_die_lose_nothing,
    leaders_of_the_source_that_die_lose_nothing,
    killed_gateways_lose_and_repeat_nothing,
    of_two_gateways_one_moves_and_the_other_takes_over,
    a_gateway_that_hangs_and_comes_back_late_shifts_nothing,
    a_gateway_that_comes_back_writes_to_nothing_that_another_one_failed_over,
);

/// A topic of `partitions` partitions with a link that mirrors it and writers.
async fn flowing<'a>(
    gateway: &'a Gateway,
    source: &Cluster,
    destination: &Cluster,
    partitions: i32,
) -> Result<(String, Link<'a>, Traffic)> {
    let topic = unique("faults");
    let bootstrap = source.back_door();
    let replicas = i16::try_from(source.brokers().len())?;
    let configs = [("min.insync.replicas", if replicas > 1 { "2" } else { "1" })];
    Wire::connect(&bootstrap).await?.create_topic(&topic, partitions, replicas, &configs).await?;
    let link = Link::create(gateway, source, destination, &[]).await?;
    link.mirror(&topic).await?;
    let mut traffic = Traffic::start(&bootstrap, &topic);
    traffic.more(500).await?;
    Ok((topic, link, traffic))
}

/// Ends the traffic and compares.
async fn settle(link: &Link<'_>, topic: &str, mut traffic: Traffic) -> Result<()> {
    traffic.more(200).await?;
    traffic.stop().await?;
    let there = link.holds(topic, topic).await?;
    let open = there.iter().any(|log| log.stable != log.end);
    ensure!(!open, "a transaction is left open: the test does not know what it compares");
    ensure!(there.iter().all(|log| log.committed.len() > 100), "hardly anything was written");
    Ok(())
}

async fn a_restarted_source_loses_nothing(version: Version) -> Result<()> {
    let lease = three_brokers(version).await?;
    let destination = Kafka::plain(version).start().await?;
    let gateway = Gateway::start(&destination.bootstrap()).await?;
    let (topic, link, mut traffic) = flowing(&gateway, &lease, &destination, 4).await?;
    for broker in lease.brokers() {
        broker.stop().await?;
        traffic.more(100).await.ok();
        broker.start().await?;
        lease.settled().await?;
        in_sync(&lease, &topic).await?;
    }
    settle(&link, &topic, traffic).await
}

async fn a_restarted_destination_loses_nothing(version: Version) -> Result<()> {
    let bed = Bed::alone(version).await?;
    let (topic, link, mut traffic) = flowing(&bed.gateway, bed.source, &bed.destination, 4).await?;
    let broker = bed.destination.broker(1);
    for hard in [false, true] {
        if hard {
            broker.kill().await?;
        } else {
            broker.stop().await?;
        }
        traffic.more(100).await?;
        broker.start().await?;
        traffic.more(500).await?;
    }
    settle(&link, &topic, traffic).await
}

async fn leaders_of_the_destination_that_die_lose_nothing(version: Version) -> Result<()> {
    let lease = three_brokers(version).await?;
    let source = Kafka::plain(version).start().await?;
    let gateway = Gateway::start(&lease.bootstrap()).await?;
    let (topic, link, mut traffic) = flowing(&gateway, &source, &lease, 4).await?;
    kill_each(&lease, &topic, &mut traffic).await?;
    settle(&link, &topic, traffic).await?;
    link.delete().await
}

async fn leaders_of_the_source_that_die_lose_nothing(version: Version) -> Result<()> {
    let lease = three_brokers(version).await?;
    let destination = Kafka::plain(version).start().await?;
    let gateway = Gateway::start(&destination.bootstrap()).await?;
    let (topic, link, mut traffic) = flowing(&gateway, &lease, &destination, 4).await?;
    kill_each(&lease, &topic, &mut traffic).await?;
    settle(&link, &topic, traffic).await
}

/// Kills each broker in turn, and lets it come back.
async fn kill_each(cluster: &Cluster, topic: &str, traffic: &mut Traffic) -> Result<()> {
    for broker in cluster.brokers() {
        broker.kill().await?;
        traffic.more(200).await?;
        broker.start().await?;
        cluster.settled().await?;
        in_sync(cluster, topic).await?;
        traffic.more(100).await?;
    }
    Ok(())
}

/// Waits until every replica of a topic is in sync: otherwise the next broker to go takes data along.
pub(super) async fn in_sync(cluster: &Cluster, topic: &str) -> Result<()> {
    for topic in [topic, "__transaction_state", "__consumer_offsets"] {
        eventually("all replicas are in sync", async || {
            let mut wire = Wire::connect(cluster.broker(1).address()).await?;
            let seen = wire.topic(topic).await?;
            let all = seen.partitions.iter().all(|p| p.isr_nodes.len() == p.replica_nodes.len());
            Ok(all.then_some(()))
        })
        .await?;
    }
    Ok(())
}

async fn killed_gateways_lose_and_repeat_nothing(version: Version) -> Result<()> {
    let bed = Bed::alone(version).await?;
    let Bed { source, destination, gateway } = bed;
    gateway.kill().await?;
    let mut gateway = Gateway::process(&destination.properties("admin")).await?;
    let (topic, link, mut traffic) = flowing(&gateway, source, &destination, 6).await?;
    let path = link.path.clone();
    for _ in 0..5 {
        gateway.surely("GET", &path, &Value::Null).await?;
        moving(&destination, &topic, &mut traffic).await?;
        gateway.kill().await?;
        traffic.more(50).await?;
        gateway = Gateway::process(&destination.properties("admin")).await?;
    }
    gateway.surely("GET", &path, &Value::Null).await?;
    settle(&Link::known(&gateway, source, &destination, &path), &topic, traffic).await
}

/// Waits until every partition of the mirror grows.
async fn moving_everywhere(
    destination: &Cluster,
    topic: &str,
    traffic: &mut Traffic,
) -> Result<()> {
    let mut here = Routed::open(&destination.back_door(), topic).await?;
    let before = drawbridge_tests::checker::ends(&mut here).await?;
    traffic.more(20).await?;
    eventually("all of the mirror grows", async || {
        let now = drawbridge_tests::checker::ends(&mut here).await?;
        Ok(now.iter().zip(&before).all(|(now, before)| now.0 > before.0).then_some(()))
    })
    .await
}

/// Waits until the mirror grows.
pub(super) async fn moving(
    destination: &Cluster,
    topic: &str,
    traffic: &mut Traffic,
) -> Result<()> {
    let mut here = Routed::open(&destination.back_door(), topic).await?;
    let total = async |here: &mut Routed| -> Result<i64> {
        Ok(drawbridge_tests::checker::ends(here).await?.iter().map(|(end, _)| end).sum())
    };
    let before = total(&mut here).await?;
    eventually("the mirror grows", async || {
        Ok((total(&mut here).await? > before + 50).then_some(()))
    })
    .await?;
    traffic.more(20).await
}

async fn of_two_gateways_one_moves_and_the_other_takes_over(version: Version) -> Result<()> {
    let bed = Bed::alone(version).await?;
    let (topic, link, mut traffic) = flowing(&bed.gateway, bed.source, &bed.destination, 4).await?;
    let path = link.path;
    let second = Gateway::start(&bed.destination.bootstrap()).await?;
    let told = eventually("the second gateway says who runs the links", async || {
        let (status, told) = second.ask("GET", &path, &Value::Null).await?;
        Ok((status != 200 && told.to_string().contains("(process ")).then_some(told))
    })
    .await?;
    ensure!(told.to_string().contains("are run by"), "{told}");
    traffic.more(300).await?;
    let Bed { source, destination, gateway } = bed;
    gateway.kill().await?;
    second.surely("GET", &path, &Value::Null).await?;
    moving(&destination, &topic, &mut traffic).await?;
    settle(&Link::known(&second, source, &destination, &path), &topic, traffic).await
}

async fn a_gateway_that_hangs_and_comes_back_late_shifts_nothing(version: Version) -> Result<()> {
    let bed = Bed::alone(version).await?;
    let (topic, link, mut traffic) = flowing(&bed.gateway, bed.source, &bed.destination, 6).await?;
    let path = link.path;
    let second = Gateway::start(&bed.destination.bootstrap()).await?;
    let [mut owner, mut other] = [&bed.gateway, &second];
    for _ in 0..3 {
        moving(&bed.destination, &topic, &mut traffic).await?;
        let hanging = owner.hang()?;
        // Its lease runs out, and the other one takes over while it still has things to do.
        other.surely("GET", &path, &Value::Null).await?;
        // Whatever it was about to send when it stopped, nobody waits for any more.
        moving_everywhere(&bed.destination, &topic, &mut traffic).await?;
        drop(hanging);
        moving(&bed.destination, &topic, &mut traffic).await?;
        eventually("the one that hung stands by", async || {
            let told = owner.ask("GET", &path, &Value::Null).await?.1;
            Ok(told.to_string().contains("are run by").then_some(()))
        })
        .await?;
        std::mem::swap(&mut owner, &mut other);
    }
    settle(&Link::known(owner, bed.source, &bed.destination, &path), &topic, traffic).await
}

async fn a_gateway_that_comes_back_writes_to_nothing_that_another_one_failed_over(
    version: Version,
) -> Result<()> {
    let bed = Bed::alone(version).await?;
    let (topic, link, mut traffic) = flowing(&bed.gateway, bed.source, &bed.destination, 2).await?;
    moving(&bed.destination, &topic, &mut traffic).await?;
    let hanging = bed.gateway.hang()?;
    let second = Gateway::start(&bed.destination.bootstrap()).await?;
    let mirrors = format!("{}/mirrors", link.path);
    second.surely("GET", &link.path, &Value::Null).await?;
    second
        .surely("POST", &format!("{mirrors}:failover"), &json!({"mirror_topic_names": [topic]}))
        .await?;
    let mirror = format!("{mirrors}/{topic}");
    let stopped = async |gateway: &Gateway| {
        eventually("the mirror is stopped", async || {
            let (_, told) = gateway.ask("GET", &mirror, &Value::Null).await?;
            Ok((told["mirror_status"] == "STOPPED").then_some(()))
        })
        .await
    };
    stopped(&second).await?;
    let mut ordinary = Routed::open(&bed.destination.back_door(), &topic).await?;
    let end = drawbridge_tests::checker::ends(&mut ordinary).await?;
    second.kill().await?;
    // Nobody runs the links now: the one that hung becomes the owner again without having stood by.
    let properties = Properties::parse(&bed.destination.properties("admin"), "admin")?;
    let settings = ConnectionSettings::from_properties(&properties).ok().context("settings")?;
    let asking = Client::new(settings)?;
    eventually("the second has left", async || {
        let group = asking.describe_groups(&["_drawbridge.links"]).await;
        Ok(group
            .into_iter()
            .all(|(_, group)| group.is_ok_and(|group| group.members.is_empty()))
            .then_some(()))
    })
    .await?;
    drop(hanging);
    stopped(&bed.gateway).await?;
    traffic.more(500).await?;
    traffic.stop().await?;
    ensure!(
        drawbridge_tests::checker::ends(&mut ordinary).await? == end,
        "written to after it was failed over"
    );
    Ok(())
}
