//! Brokers.

use axum::{Json, http::StatusCode};
use drawbridge_kafka::admin::cluster::Broker;
use serde::{Deserialize, Serialize};

use super::{
    Answer, RestError,
    extract::{Named, Target},
    shapes::{Collection, Hrefs, Related, Resource},
};
use crate::refusal::{Doing, refuse};

#[derive(Debug, Serialize)]
pub(super) struct BrokerData {
    cluster_id: String,
    broker_id: i32,
    host: String,
    port: u16,
    rack: Option<String>,
    configs: Related,
    partition_replicas: Related,
}

#[derive(Debug, Deserialize)]
pub(super) struct OfBroker {
    pub(super) broker_id: i32,
}

pub(super) async fn list(target: Target) -> Answer<Json<Collection<BrokerData>>> {
    let id = target.cluster.cluster_id().unwrap_or_default();
    let brokers = read(&target).await?;
    let data = brokers.iter().map(|broker| resource(&target.hrefs, id, broker)).collect();
    Ok(Json(target.hrefs.collection("KafkaBrokerList", &[id, "brokers"], data)))
}

pub(super) async fn get(
    target: Target,
    Named(OfBroker { broker_id }): Named<OfBroker>,
) -> Answer<Json<Resource<BrokerData>>> {
    let id = target.cluster.cluster_id().unwrap_or_default();
    let brokers = read(&target).await?;
    let broker = brokers.iter().find(|broker| broker.id == broker_id).ok_or_else(|| {
        let message =
            format!("Broker not found. Broker: {broker_id} not found in the cluster: {id}");
        RestError::new(StatusCode::NOT_FOUND, 40403, message)
    })?;
    Ok(Json(resource(&target.hrefs, id, broker)))
}

async fn read(target: &Target) -> Answer<Vec<Broker>> {
    let doing = Doing::on_cluster("describe itself", "DESCRIBE");
    let client = target.cluster.client()?;
    let described = client.describe_cluster().await;
    let mut brokers =
        described.map_err(|error| refuse(&target.cluster.spec().name, &doing, &error))?.brokers;
    brokers.sort_by_key(|broker| broker.id);
    Ok(brokers)
}

fn resource(hrefs: &Hrefs, id: &str, broker: &Broker) -> Resource<BrokerData> {
    let broker_id = broker.id.to_string();
    let data = BrokerData {
        cluster_id: id.to_owned(),
        broker_id: broker.id,
        host: broker.host.clone(),
        port: broker.port,
        rack: broker.rack.clone(),
        configs: hrefs.related(&[id, "brokers", &broker_id, "configs"]),
        partition_replicas: hrefs.related(&[id, "brokers", &broker_id, "partition-replicas"]),
    };
    let name = format!("kafka={id}/broker={broker_id}");
    hrefs.resource("KafkaBroker", &[id, "brokers", &broker_id], &name, data)
}
