//! Two clusters of three brokers, a link, writers, and gateways that come and go.

use std::time::Duration;

use anyhow::{Context as _, Result, ensure};
use drawbridge_tests::{
    bed::{Clock, Cluster, Door, Kafka, unique},
    checker::Log,
    wire::Wire,
};
use rand::{RngExt as _, rngs::StdRng};
use serde_json::{Value, json};

use super::{
    super::{
        bed::{Gateway, Link},
        faults::{in_sync, moving},
        traffic::Traffic,
    },
    Compared,
};
use crate::support::{Version, eventually};

/// Megabytes of a broker's disk: plenty for all that is written here.
const DISK: u32 = 1_000;

/// The gateway's way in: what is cut for it is not cut for writers and the checker.
pub(super) const DOOR: Door = Door::SaslPlain;

pub(super) struct Bridge {
    pub(super) source: Cluster,
    pub(super) destination: Cluster,
    /// Of all gateways.
    pub(super) clock: Clock,
    pub(super) gateways: Vec<Gateway>,
    pub(super) traffic: Traffic,
    pub(super) topic: String,
    path: String,
    done: Compared,
}

impl Bridge {
    /// A link between two releases, in an order that is drawn.
    pub(super) async fn build(rng: &mut StdRng) -> Result<Self> {
        let (from, to) = match rng.random() {
            true => (Version::V3_9, Version::V4),
            false => (Version::V4, Version::V3_9),
        };
        let cluster =
            |version| Kafka::new(version).door(DOOR).brokers(3).on_loose_ground(DISK).start();
        let (source, destination) = tokio::try_join!(cluster(from), cluster(to))?;
        let topic = topic(&source, 4).await?;
        let clock = Clock::right(destination.dir())?;
        let properties = destination.properties("admin");
        let gateway = Gateway::process_by(Some(&clock), &properties).await?;
        let links = format!("/kafka/v3/clusters/{}/links", destination.id());
        let file = source.properties("admin")
            + "topic.config.sync.ms=500\nrequest.timeout.ms=5000\navailability.check.ms=2000\n";
        let lines = file.lines().filter_map(|line| line.split_once('='));
        let configs: Value =
            lines.map(|(name, value)| json!({"name": name, "value": value})).collect();
        let body = json!({"source_cluster_id": source.id(), "configs": configs});
        gateway.surely("GET", &links, &Value::Null).await?;
        gateway.surely("POST", &format!("{links}?link_name=chaos"), &body).await?;
        let traffic = Traffic::start(&source.back_door(), &topic);
        let path = format!("{links}/chaos");
        let bridge = Self {
            source,
            destination,
            clock,
            gateways: vec![gateway],
            traffic,
            topic,
            path,
            done: Compared::default(),
        };
        bridge.mirror(&bridge.topic).await?;
        Ok(bridge)
    }

    /// One that runs the links or waits to.
    pub(super) async fn another_gateway(&self) -> Result<Gateway> {
        let properties = self.destination.properties("admin");
        Gateway::process_by(Some(&self.clock), &properties).await
    }

    /// Asks whoever runs the links until it does as it is told.
    pub(super) async fn surely(&self, method: &str, path: &str, body: &Value) -> Result<Value> {
        let path = format!("{}{path}", self.path);
        eventually(&path, async || {
            for gateway in &self.gateways {
                if let Ok((200..300, answer)) = gateway.ask(method, &path, body).await {
                    return Ok(Some(answer));
                }
            }
            Ok(None)
        })
        .await
    }

    pub(super) async fn mirror(&self, topic: &str) -> Result<()> {
        let body = json!({"source_topic_name": topic, "replication_factor": 3});
        self.surely("POST", "/mirrors", &body).await?;
        Ok(())
    }

    /// A topic of the source that is mirrored, with some records and no writers any more.
    pub(super) async fn other_topic(&self) -> Result<String> {
        let topic = topic(&self.source, 2).await?;
        self.mirror(&topic).await?;
        let mut traffic = Traffic::start(&self.source.back_door(), &topic);
        traffic.more(150).await?;
        traffic.stop().await?;
        Ok(topic)
    }

    /// Promotes or fails over, and waits until that is done.
    pub(super) async fn stop_mirror(&self, action: &str, topic: &str) -> Result<()> {
        let body = json!({"mirror_topic_names": [topic]});
        let mut last = Value::Null;
        // Refused while the source counts as unavailable, which a cut just before may have led to.
        eventually("the order is taken", async || {
            last = self.surely("POST", &format!("/mirrors:{action}"), &body).await?;
            Ok(last["data"][0]["error_code"].is_null().then_some(()))
        })
        .await
        .with_context(|| last.clone())?;
        eventually("the mirror is stopped", async || {
            last = self.surely("GET", &format!("/mirrors/{topic}"), &Value::Null).await?;
            Ok((last["mirror_status"] == "STOPPED").then_some(()))
        })
        .await
        .with_context(|| last)
    }

    /// Compares a stopped mirror with what its source had up to the mirror's end.
    pub(super) async fn compare_stopped(&mut self, topic: &str, whole: bool) -> Result<()> {
        let link = Link::known(&self.gateways[0], &self.source, &self.destination, &self.path);
        let (mut there, here) = link.read(topic, topic).await?;
        if !whole {
            for (log, copy) in there.iter_mut().zip(&here) {
                log.committed.retain(|offset, _| *offset < copy.end);
                log.stable = copy.end;
            }
        }
        drawbridge_tests::checker::compare(&there, &here, &[])?;
        self.count(&there);
        Ok(())
    }

    /// All brokers are back and the mirror grows.
    pub(super) async fn flowing(&mut self) -> Result<()> {
        for cluster in [&self.source, &self.destination] {
            cluster.settled().await?;
            in_sync(cluster, &self.topic).await?;
        }
        moving(&self.destination, &self.topic, &mut self.traffic).await
    }

    /// Ends the writers and compares the mirror that was there from the beginning.
    pub(super) async fn compare(mut self) -> Result<Compared> {
        let writers = std::mem::replace(&mut self.traffic, Traffic::none());
        writers.stop().await?;
        self.gateways.truncate(1);
        self.surely("GET", "", &Value::Null).await?;
        let link = Link::known(&self.gateways[0], &self.source, &self.destination, &self.path);
        let there = link.holds(&self.topic, &self.topic).await?;
        ensure!(there.iter().all(|log| log.stable == log.end), "a transaction is left open");
        self.count(&there);
        Ok(self.done)
    }

    fn count(&mut self, logs: &[Log]) {
        self.done.records += logs.iter().map(|log| log.committed.len()).sum::<usize>();
        self.done.offsets += logs.iter().map(|log| log.stable - log.start).sum::<i64>();
    }
}

async fn topic(source: &Cluster, partitions: i32) -> Result<String> {
    let topic = unique("chaos");
    let configs = [("min.insync.replicas", "2")];
    Wire::connect(source.broker(1).address())
        .await?
        .create_topic(&topic, partitions, 3, &configs)
        .await?;
    Ok(topic)
}

/// How long a fault lasts: anything from hardly noticed to longer than every timeout in between.
pub(super) async fn last(rng: &mut StdRng) {
    tokio::time::sleep(Duration::from_millis(rng.random_range(50..8_000))).await;
}
