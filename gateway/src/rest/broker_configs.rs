//! Configurations of brokers: of one, and the dynamic defaults of all.

use axum::{Json, http::StatusCode};
use drawbridge_kafka::admin::configs::ConfigEntry;
use drawbridge_shared::{draft::ConfigChange, view::ConfigSource};
use serde::{Deserialize, Serialize};

use super::{
    Answer,
    brokers::OfBroker,
    configs::{AlterConfigs, SynonymData, UpdateConfig, only, synonyms, to_set},
    extract::{Body, Named, Target},
    shapes::{Collection, Hrefs, Resource},
};
use crate::ops::{
    broker_configs::{self, Whose},
    configs,
};

/// A configuration of one broker, or, without its id, of all.
#[derive(Debug, Serialize)]
pub(super) struct BrokerConfigData {
    cluster_id: String,
    #[serde(skip_serializing_if = "Option::is_none")]
    broker_id: Option<i32>,
    #[serde(skip_serializing_if = "Option::is_none")]
    config_type: Option<&'static str>,
    name: String,
    value: Option<String>,
    is_default: bool,
    is_read_only: bool,
    is_sensitive: bool,
    source: ConfigSource,
    synonyms: Vec<SynonymData>,
}

#[derive(Debug, Deserialize)]
pub(super) struct OfBrokerConfig {
    broker_id: i32,
    name: String,
}

#[derive(Debug, Deserialize)]
pub(super) struct OfConfig {
    name: String,
}

pub(super) async fn list(
    target: Target,
    Named(OfBroker { broker_id }): Named<OfBroker>,
) -> Answer<Json<Collection<BrokerConfigData>>> {
    let id = target.cluster.cluster_id().unwrap_or_default();
    let entries = configs::of_broker(&target.cluster, broker_id).await?;
    let data = entries.iter().map(|entry| of_one(&target.hrefs, id, broker_id, entry)).collect();
    let path = [id, "brokers", &broker_id.to_string(), "configs"];
    Ok(Json(target.hrefs.collection("KafkaBrokerConfigList", &path, data)))
}

pub(super) async fn get(
    target: Target,
    Named(of): Named<OfBrokerConfig>,
) -> Answer<Json<Resource<BrokerConfigData>>> {
    let id = target.cluster.cluster_id().unwrap_or_default();
    let entries = configs::of_broker(&target.cluster, of.broker_id).await?;
    Ok(Json(of_one(&target.hrefs, id, of.broker_id, only(&entries, &of.name)?)))
}

pub(super) async fn put(
    target: Target,
    Named(of): Named<OfBrokerConfig>,
    Body(body): Body<UpdateConfig>,
) -> Answer<StatusCode> {
    let change = ConfigChange { value: Some(to_set(&of.name, body.value)?), name: of.name };
    change_of(&target, Whose::Broker(of.broker_id), vec![change], false).await
}

pub(super) async fn reset(target: Target, Named(of): Named<OfBrokerConfig>) -> Answer<StatusCode> {
    let change = ConfigChange { name: of.name, value: None };
    change_of(&target, Whose::Broker(of.broker_id), vec![change], false).await
}

pub(super) async fn alter(
    target: Target,
    Named(OfBroker { broker_id }): Named<OfBroker>,
    Body(body): Body<AlterConfigs>,
) -> Answer<StatusCode> {
    let validate_only = body.validate_only;
    change_of(&target, Whose::Broker(broker_id), body.changes()?, validate_only).await
}

/// What is set for all brokers; as everywhere, not what could be.
pub(super) async fn list_of_all(target: Target) -> Answer<Json<Collection<BrokerConfigData>>> {
    let id = target.cluster.cluster_id().unwrap_or_default();
    let entries = broker_configs::defaults_set(&target.cluster).await?;
    let data = entries.iter().map(|entry| of_all(&target.hrefs, id, entry)).collect();
    Ok(Json(target.hrefs.collection("KafkaClusterConfigList", &[id, "broker-configs"], data)))
}

pub(super) async fn get_of_all(
    target: Target,
    Named(of): Named<OfConfig>,
) -> Answer<Json<Resource<BrokerConfigData>>> {
    let id = target.cluster.cluster_id().unwrap_or_default();
    let entries = broker_configs::defaults_set(&target.cluster).await?;
    Ok(Json(of_all(&target.hrefs, id, only(&entries, &of.name)?)))
}

pub(super) async fn put_for_all(
    target: Target,
    Named(of): Named<OfConfig>,
    Body(body): Body<UpdateConfig>,
) -> Answer<StatusCode> {
    let change = ConfigChange { value: Some(to_set(&of.name, body.value)?), name: of.name };
    change_of(&target, Whose::All, vec![change], false).await
}

pub(super) async fn reset_for_all(
    target: Target,
    Named(of): Named<OfConfig>,
) -> Answer<StatusCode> {
    let change = ConfigChange { name: of.name, value: None };
    change_of(&target, Whose::All, vec![change], false).await
}

pub(super) async fn alter_all(
    target: Target,
    Body(body): Body<AlterConfigs>,
) -> Answer<StatusCode> {
    let validate_only = body.validate_only;
    change_of(&target, Whose::All, body.changes()?, validate_only).await
}

async fn change_of(
    target: &Target,
    whose: Whose,
    changes: Vec<ConfigChange>,
    validate_only: bool,
) -> Answer<StatusCode> {
    let notices = target.clusters.notices();
    broker_configs::alter(&target.cluster, notices, whose, &changes, validate_only).await?;
    Ok(StatusCode::NO_CONTENT)
}

fn of_one(hrefs: &Hrefs, id: &str, broker: i32, entry: &ConfigEntry) -> Resource<BrokerConfigData> {
    let data = BrokerConfigData { broker_id: Some(broker), ..data(id, entry) };
    let broker = broker.to_string();
    let name = format!("kafka={id}/broker={broker}/config={}", entry.name);
    let path = [id, "brokers", &broker, "configs", &entry.name];
    hrefs.resource("KafkaBrokerConfig", &path, &name, data)
}

fn of_all(hrefs: &Hrefs, id: &str, entry: &ConfigEntry) -> Resource<BrokerConfigData> {
    let data = BrokerConfigData { config_type: Some("BROKER"), ..data(id, entry) };
    let name = format!("kafka={id}/broker-config={}", entry.name);
    hrefs.resource("KafkaClusterConfig", &[id, "broker-configs", &entry.name], &name, data)
}

fn data(id: &str, entry: &ConfigEntry) -> BrokerConfigData {
    BrokerConfigData {
        cluster_id: id.to_owned(),
        broker_id: None,
        config_type: None,
        name: entry.name.clone(),
        value: entry.value.clone().filter(|_| !entry.sensitive),
        is_default: entry.is_default(),
        is_read_only: entry.read_only,
        is_sensitive: entry.sensitive,
        source: configs::source(entry.source),
        synonyms: synonyms(entry),
    }
}
