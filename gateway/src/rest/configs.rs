//! Configurations of topics, and what those of brokers share with them.

use axum::{Json, http::StatusCode};
use drawbridge_kafka::admin::configs::ConfigEntry;
use drawbridge_shared::{
    draft::ConfigChange,
    view::{ConfigEntryView, ConfigSource},
};
use serde::{Deserialize, Serialize};

use super::{
    Answer, RestError,
    extract::{Body, Named, Target, text},
    shapes::{Collection, Hrefs, Resource},
    topics::OfTopic,
};
use crate::ops::{configs, topics};

#[derive(Debug, Serialize)]
pub(super) struct ConfigData {
    cluster_id: String,
    #[serde(skip_serializing_if = "Option::is_none")]
    topic_name: Option<String>,
    name: String,
    value: Option<String>,
    is_default: bool,
    is_read_only: bool,
    is_sensitive: bool,
    source: ConfigSource,
    synonyms: Vec<SynonymData>,
}

#[derive(Debug, Serialize)]
pub(super) struct SynonymData {
    name: String,
    value: Option<String>,
    source: ConfigSource,
}

#[derive(Debug, Deserialize)]
pub(super) struct OfTopicConfig {
    topic: String,
    name: String,
}

/// No `Debug` on what may hold secrets of links.
#[derive(Deserialize)]
pub(super) struct UpdateConfig {
    #[serde(default, deserialize_with = "text")]
    pub(super) value: Option<String>,
}

#[derive(Deserialize)]
pub(super) struct AlterConfigs {
    data: Vec<AlterConfig>,
    #[serde(default)]
    pub(super) validate_only: bool,
}

#[derive(Deserialize)]
struct AlterConfig {
    name: String,
    #[serde(default, deserialize_with = "text")]
    value: Option<String>,
    operation: Option<Operation>,
}

#[derive(Default, Deserialize)]
#[serde(rename_all = "SCREAMING_SNAKE_CASE")]
enum Operation {
    #[default]
    Set,
    Delete,
}

impl AlterConfigs {
    /// What shall change.
    pub(super) fn changes(self) -> Answer<Vec<ConfigChange>> {
        let change = |config: AlterConfig| -> Answer<ConfigChange> {
            let value = match config.operation.unwrap_or_default() {
                Operation::Set => Some(to_set(&config.name, config.value)?),
                Operation::Delete => None,
            };
            Ok(ConfigChange { name: config.name, value })
        };
        self.data.into_iter().map(change).collect()
    }
}

pub(super) async fn list(
    target: Target,
    Named(of): Named<OfTopic>,
) -> Answer<Json<Collection<ConfigData>>> {
    let id = target.cluster.cluster_id().unwrap_or_default();
    let entries = configs::of_topic(&target.cluster, of.name()?.as_str()).await?;
    let data = entries.iter().map(|entry| of_topic(&target.hrefs, id, &of.topic, entry)).collect();
    let path = [id, "topics", &of.topic, "configs"];
    Ok(Json(target.hrefs.collection("KafkaTopicConfigList", &path, data)))
}

pub(super) async fn list_of_all_topics(target: Target) -> Answer<Json<Collection<ConfigData>>> {
    let id = target.cluster.cluster_id().unwrap_or_default();
    let mut data = Vec::new();
    let all = topics::list(&target.cluster).await?;
    let names = all.into_iter().map(|topic| topic.name).collect();
    for (topic, entries) in configs::of_topics(&target.cluster, names).await? {
        data.extend(entries.iter().map(|entry| of_topic(&target.hrefs, id, &topic, entry)));
    }
    let path = [id, "topics", "-", "configs"];
    Ok(Json(target.hrefs.collection("KafkaTopicConfigList", &path, data)))
}

pub(super) async fn get(
    target: Target,
    Named(of): Named<OfTopicConfig>,
) -> Answer<Json<Resource<ConfigData>>> {
    let id = target.cluster.cluster_id().unwrap_or_default();
    let topic = OfTopic { topic: of.topic };
    let entries = configs::of_topic(&target.cluster, topic.name()?.as_str()).await?;
    let entry = only(&entries, &of.name)?;
    Ok(Json(of_topic(&target.hrefs, id, &topic.topic, entry)))
}

pub(super) async fn put(
    target: Target,
    Named(of): Named<OfTopicConfig>,
    Body(body): Body<UpdateConfig>,
) -> Answer<StatusCode> {
    let change = ConfigChange { value: Some(to_set(&of.name, body.value)?), name: of.name };
    change_topic(&target, of.topic, vec![change], false).await
}

pub(super) async fn reset(target: Target, Named(of): Named<OfTopicConfig>) -> Answer<StatusCode> {
    change_topic(&target, of.topic, vec![ConfigChange { name: of.name, value: None }], false).await
}

pub(super) async fn alter(
    target: Target,
    Named(of): Named<OfTopic>,
    Body(body): Body<AlterConfigs>,
) -> Answer<StatusCode> {
    let validate_only = body.validate_only;
    change_topic(&target, of.topic, body.changes()?, validate_only).await
}

/// The value to set. A missing one is not taken for a reset: that may shorten retention and so delete records.
pub(super) fn to_set(name: &str, value: Option<String>) -> Answer<String> {
    value.ok_or_else(|| {
        RestError::invalid(format!("{name} has no value to set; to reset it, DELETE it"))
    })
}

async fn change_topic(
    target: &Target,
    topic: String,
    changes: Vec<ConfigChange>,
    validate_only: bool,
) -> Answer<StatusCode> {
    let name = OfTopic { topic }.name()?;
    let notices = target.clusters.notices();
    configs::alter(&target.cluster, notices, &name, &changes, validate_only).await?;
    Ok(StatusCode::NO_CONTENT)
}

/// What a topic of this name would have if it were created now.
pub(super) async fn defaults(
    target: Target,
    Named(of): Named<OfTopic>,
) -> Answer<Json<Collection<ConfigData>>> {
    let id = target.cluster.cluster_id().unwrap_or_default();
    let topic = of.name()?;
    let views = configs::defaults(&target.cluster).await?;
    let data = views.into_iter().map(|view| of_new_topic(&target.hrefs, id, topic.as_str(), view));
    let path = [id, "topics", topic.as_str(), "default-configs"];
    Ok(Json(target.hrefs.collection("KafkaTopicConfigList", &path, data.collect())))
}

pub(super) fn only<'a>(entries: &'a [ConfigEntry], name: &str) -> Answer<&'a ConfigEntry> {
    entries.iter().find(|entry| entry.name == name).ok_or_else(|| {
        RestError::plain(StatusCode::NOT_FOUND, format!("Config {name} cannot be found."))
    })
}

fn of_topic(hrefs: &Hrefs, id: &str, topic: &str, entry: &ConfigEntry) -> Resource<ConfigData> {
    let data = ConfigData { topic_name: Some(topic.to_owned()), ..data(id, entry) };
    let name = format!("kafka={id}/topic={topic}/config={}", entry.name);
    let path = [id, "topics", topic, "configs", &entry.name];
    hrefs.resource("KafkaTopicConfig", &path, &name, data)
}

fn of_new_topic(
    hrefs: &Hrefs,
    id: &str,
    topic: &str,
    view: ConfigEntryView,
) -> Resource<ConfigData> {
    let name = format!("kafka={id}/topic={topic}/config={}", view.name);
    let path = [id, "topics", topic, "default-configs", &view.name];
    let data = ConfigData {
        cluster_id: id.to_owned(),
        topic_name: Some(topic.to_owned()),
        value: view.value,
        is_default: view.source == ConfigSource::DefaultConfig,
        is_read_only: view.is_read_only,
        is_sensitive: view.is_sensitive,
        source: view.source,
        synonyms: Vec::new(),
        name: view.name.clone(),
    };
    hrefs.resource("KafkaTopicConfig", &path, &name, data)
}

fn data(id: &str, entry: &ConfigEntry) -> ConfigData {
    ConfigData {
        cluster_id: id.to_owned(),
        topic_name: None,
        name: entry.name.clone(),
        value: entry.value.clone().filter(|_| !entry.sensitive),
        is_default: entry.is_default(),
        is_read_only: entry.read_only,
        is_sensitive: entry.sensitive,
        source: configs::source(entry.source),
        synonyms: synonyms(entry),
    }
}

/// Where a value comes from, and would come from without it.
pub(super) fn synonyms(entry: &ConfigEntry) -> Vec<SynonymData> {
    let each = entry.synonyms.iter().map(|synonym| SynonymData {
        name: synonym.name.clone(),
        value: synonym.value.clone().filter(|_| !entry.sensitive),
        source: configs::source(synonym.source),
    });
    each.collect()
}
