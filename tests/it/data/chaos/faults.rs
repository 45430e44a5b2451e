//! What can happen.

use std::time::Duration;

use anyhow::{Context as _, Result, ensure};
use drawbridge_kafka::{Client, ConnectionSettings, Properties, admin::elections::Election};
use drawbridge_tests::{
    bed::{Broker, Cluster},
    wire::{Wire, admin::text},
};
use kafka_protocol::messages::{
    AlterClientQuotasRequest,
    alter_client_quotas_request::{EntityData, EntryData, OpData},
};
use rand::{RngExt as _, rngs::StdRng};

use super::{
    bridge::{Bridge, last},
    network::{Cut, Slow},
};

/// A kind of fault. Each ends by itself or is mended before the next one.
#[derive(Clone, Copy, Debug)]
pub(super) enum Fault {
    GatewayKilled,
    TwoGateways,
    SourceBrokerKilled,
    DestinationBrokerKilled,
    BrokerAndGatewayKilled,
    SourceBrokerFrozen,
    DestinationBrokerFrozen,
    SourceCutOff,
    DestinationCutOff,
    BothCutOff,
    LeadersMoved,
    Throttled,
    SourceSlow,
    DestinationSlow,
    SourceDiskFull,
    DestinationDiskFull,
    GatewayClockStepped,
    SourceClockStepped,
    DestinationClockStepped,
    PromotedAsABrokerDies,
    FailedOverWithTheSourceCutOff,
}

impl Fault {
    pub(super) const ALL: [Self; 21] = [
        Self::GatewayKilled,
        Self::TwoGateways,
        Self::SourceBrokerKilled,
        Self::DestinationBrokerKilled,
        Self::BrokerAndGatewayKilled,
        Self::SourceBrokerFrozen,
        Self::DestinationBrokerFrozen,
        Self::SourceCutOff,
        Self::DestinationCutOff,
        Self::BothCutOff,
        Self::LeadersMoved,
        Self::Throttled,
        Self::SourceSlow,
        Self::DestinationSlow,
        Self::SourceDiskFull,
        Self::DestinationDiskFull,
        Self::GatewayClockStepped,
        Self::SourceClockStepped,
        Self::DestinationClockStepped,
        Self::PromotedAsABrokerDies,
        Self::FailedOverWithTheSourceCutOff,
    ];

    pub(super) const fn name(self) -> &'static str {
        match self {
            Self::GatewayKilled => "gateway killed and restarted",
            Self::TwoGateways => "second gateway beside the first, which is killed",
            Self::SourceBrokerKilled => "broker of the source killed and restarted",
            Self::DestinationBrokerKilled => "broker of the destination killed and restarted",
            Self::BrokerAndGatewayKilled => "broker of the destination and gateway killed",
            Self::SourceBrokerFrozen => "broker of the source frozen",
            Self::DestinationBrokerFrozen => "broker of the destination frozen",
            Self::SourceCutOff => "network to the source cut",
            Self::DestinationCutOff => "network to the destination cut",
            Self::BothCutOff => "network to both cut",
            Self::LeadersMoved => "leaders moved on both sides",
            Self::Throttled => "gateway throttled on both sides",
            Self::SourceSlow => "network to the source slow",
            Self::DestinationSlow => "network to the destination slow",
            Self::SourceDiskFull => "disk of a source's broker full",
            Self::DestinationDiskFull => "disk of a destination's broker full",
            Self::GatewayClockStepped => "clock of the gateway stepped",
            Self::SourceClockStepped => "clock of a source's broker stepped",
            Self::DestinationClockStepped => "clock of a destination's broker stepped",
            Self::PromotedAsABrokerDies => "mirror promoted while a broker is killed",
            Self::FailedOverWithTheSourceCutOff => "mirror failed over with the source cut off",
        }
    }

    pub(super) async fn happen(self, on: &mut Bridge, rng: &mut StdRng) -> Result<()> {
        match self {
            Self::GatewayKilled => kill_gateway(on, rng).await,
            Self::TwoGateways => {
                on.gateways.push(on.another_gateway().await?);
                last(rng).await;
                on.gateways.remove(0).kill().await
            }
            Self::SourceBrokerKilled => {
                let broker = any(&on.source, rng);
                broker.kill().await?;
                last(rng).await;
                broker.start().await
            }
            Self::DestinationBrokerKilled => {
                let broker = any(&on.destination, rng);
                broker.kill().await?;
                last(rng).await;
                broker.start().await
            }
            Self::BrokerAndGatewayKilled => {
                let id = any(&on.destination, rng).id();
                on.destination.broker(id).kill().await?;
                kill_gateway(on, rng).await?;
                on.destination.broker(id).start().await
            }
            Self::SourceBrokerFrozen => freeze(any(&on.source, rng), rng).await,
            Self::DestinationBrokerFrozen => freeze(any(&on.destination, rng), rng).await,
            Self::SourceCutOff => cut(&[&on.source], rng).await,
            Self::DestinationCutOff => cut(&[&on.destination], rng).await,
            Self::BothCutOff => cut(&[&on.source, &on.destination], rng).await,
            Self::LeadersMoved => {
                move_leaders(&on.source, rng).await?;
                move_leaders(&on.destination, rng).await
            }
            Self::Throttled => {
                quota(&on.source, Some(2_000.0)).await?;
                quota(&on.destination, Some(2_000.0)).await?;
                last(rng).await;
                quota(&on.source, None).await?;
                quota(&on.destination, None).await
            }
            Self::SourceSlow => slow(&on.source, rng).await,
            Self::DestinationSlow => slow(&on.destination, rng).await,
            Self::SourceDiskFull => fill_disk(any(&on.source, rng)).await,
            Self::DestinationDiskFull => fill_disk(any(&on.destination, rng)).await,
            Self::GatewayClockStepped => {
                on.clock.step(step(rng))?;
                last(rng).await;
                on.clock.step(0)
            }
            Self::SourceClockStepped => step_clock(any(&on.source, rng), rng).await,
            Self::DestinationClockStepped => step_clock(any(&on.destination, rng), rng).await,
            Self::PromotedAsABrokerDies => promote(on, rng).await,
            Self::FailedOverWithTheSourceCutOff => fail_over(on).await,
        }
    }
}

async fn kill_gateway(on: &mut Bridge, rng: &mut StdRng) -> Result<()> {
    on.gateways.remove(0).kill().await?;
    last(rng).await;
    on.gateways.push(on.another_gateway().await?);
    Ok(())
}

fn any<'a>(of: &'a Cluster, rng: &mut StdRng) -> &'a Broker {
    let brokers = of.brokers();
    &brokers[rng.random_range(0..brokers.len())]
}

async fn freeze(broker: &Broker, rng: &mut StdRng) -> Result<()> {
    broker.freeze()?;
    last(rng).await;
    broker.thaw()
}

/// Nothing comes or goes between the gateway and these clusters; nobody is told.
async fn cut(clusters: &[&Cluster], rng: &mut StdRng) -> Result<()> {
    let _cut = Cut::make(clusters)?;
    last(rng).await;
    Ok(())
}

/// What comes and goes between the gateway and a cluster is late, by a tenth of a second or by more than a fetch waits.
async fn slow(cluster: &Cluster, rng: &mut StdRng) -> Result<()> {
    let _slow = Slow::make(cluster, Duration::from_millis(rng.random_range(50..700))).await?;
    last(rng).await;
    Ok(())
}

async fn fill_disk(broker: &Broker) -> Result<()> {
    broker.run_out_of_disk().await?;
    broker.start().await
}

/// Seconds, forward or back. Brokers refuse records of more than an hour ahead.
fn step(rng: &mut StdRng) -> i64 {
    rng.random_range(2..3_000) * if rng.random() { 1 } else { -1 }
}

async fn step_clock(broker: &Broker, rng: &mut StdRng) -> Result<()> {
    broker.step_clock(step(rng))?;
    last(rng).await;
    broker.step_clock(0)
}

/// A broker that stops in good order gives its leaders away; at the end every replica leads what it should.
async fn move_leaders(cluster: &Cluster, rng: &mut StdRng) -> Result<()> {
    let broker = any(cluster, rng);
    broker.stop().await?;
    broker.start().await?;
    cluster.settled().await?;
    let properties = Properties::parse(&cluster.properties("admin"), "admin")?;
    let settings = ConnectionSettings::from_properties(&properties).ok().context("settings")?;
    let client = Client::new(settings)?;
    // Partitions whose first replica is not back in sync yet are moved in a later round.
    client.elect_leaders(Election::Preferred, None).await?;
    client.close().await;
    Ok(())
}

/// Bytes per second that the gateway may fetch and produce.
async fn quota(cluster: &Cluster, rate: Option<f64>) -> Result<()> {
    let who =
        EntityData::default().with_entity_type(text("user")).with_entity_name(Some(text("admin")));
    let limit = |key| {
        OpData::default()
            .with_key(text(key))
            .with_value(rate.unwrap_or_default())
            .with_remove(rate.is_none())
    };
    let entry = EntryData::default()
        .with_entity(vec![who])
        .with_ops(vec![limit("producer_byte_rate"), limit("consumer_byte_rate")]);
    let request = AlterClientQuotasRequest::default().with_entries(vec![entry]);
    let answer = Wire::connect(cluster.broker(1).address()).await?.call(&request).await?;
    ensure!(answer.entries.iter().all(|entry| entry.error_code == 0), "{answer:?}");
    Ok(())
}

async fn promote(on: &mut Bridge, rng: &mut StdRng) -> Result<()> {
    let topic = on.other_topic().await?;
    let cluster = if rng.random() { &on.source } else { &on.destination };
    let broker = any(cluster, rng);
    broker.kill().await?;
    on.stop_mirror("promote", &topic).await?;
    broker.start().await?;
    on.compare_stopped(&topic, true).await
}

async fn fail_over(on: &mut Bridge) -> Result<()> {
    let topic = on.other_topic().await?;
    let cut = Cut::make(&[&on.source])?;
    on.stop_mirror("failover", &topic).await?;
    drop(cut);
    on.compare_stopped(&topic, false).await
}
