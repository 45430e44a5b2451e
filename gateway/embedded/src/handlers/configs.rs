//! DescribeConfigs, AlterConfigs, IncrementalAlterConfigs for topics and brokers.

use std::collections::BTreeMap;

use kafka_protocol::ResponseError as Code;
use kafka_protocol::messages::{
    AlterConfigsRequest, AlterConfigsResponse, DescribeConfigsRequest, DescribeConfigsResponse,
    IncrementalAlterConfigsRequest, IncrementalAlterConfigsResponse, alter_configs_response,
    describe_configs_request::DescribeConfigsResource,
    describe_configs_response::{
        DescribeConfigsResourceResult, DescribeConfigsResult, DescribeConfigsSynonym,
    },
    incremental_alter_configs_request::AlterableConfig,
    incremental_alter_configs_response as incremental,
};

use super::{explained, text};
use crate::acl::operation;
use crate::configs::{self, BROKER_KEYS, Key, Kind, TOPIC_KEYS};
use crate::incoming::Refusal;
use crate::session::Context;
use crate::state::State;

const TOPIC: i8 = 2;
const BROKER: i8 = 4;

/// Where a value comes from, as numbered on the wire.
mod source {
    pub(super) const TOPIC: i8 = 1;
    pub(super) const BROKER: i8 = 2;
    pub(super) const ALL_BROKERS: i8 = 3;
    pub(super) const STATIC: i8 = 4;
    pub(super) const DEFAULT: i8 = 5;
}

/// A key with its value in force and where it comes from.
pub(crate) struct Entry {
    pub(crate) key: &'static Key,
    pub(crate) value: Option<String>,
    pub(crate) source: i8,
    /// Name, value, source: first the one in force.
    synonyms: Vec<(&'static str, String, i8)>,
}

fn entry(key: &'static Key, synonyms: Vec<(&'static str, String, i8)>) -> Entry {
    let first = synonyms.first();
    let secret = matches!(key.kind, Kind::Password);
    Entry {
        key,
        value: first.map(|(_, v, _)| v.clone()).filter(|_| !secret),
        source: first.map_or(source::DEFAULT, |(_, _, s)| *s),
        synonyms,
    }
}

/// Everything in force for a topic on which `set` is set.
pub(crate) fn topic_entries(state: &State, set: &BTreeMap<String, String>) -> Vec<Entry> {
    let keys = TOPIC_KEYS.iter().map(|key| {
        let mut synonyms = Vec::new();
        if let Some(value) = set.get(key.name) {
            synonyms.push((key.name, value.clone(), source::TOPIC));
        }
        let broker = configs::broker_key(key.synonym);
        if let Some(broker) = broker {
            synonyms.extend(broker_synonyms(state, -1, broker));
        } else {
            synonyms.push((key.name, key.default.to_owned(), source::DEFAULT));
        }
        entry(key, synonyms)
    });
    keys.collect()
}

fn broker_synonyms(
    state: &State,
    broker: i32,
    key: &'static Key,
) -> Vec<(&'static str, String, i8)> {
    let set = |id: i32| state.broker_configs.get(&id).and_then(|c| c.get(key.name)).cloned();
    let own = if broker >= 0 { set(broker) } else { None };
    [
        own.map(|v| (key.name, v, source::BROKER)),
        set(-1).map(|v| (key.name, v, source::ALL_BROKERS)),
        fixed(state, broker, key.name).map(|v| (key.name, v, source::STATIC)),
        Some((key.name, key.default.to_owned(), source::DEFAULT)),
    ]
    .into_iter()
    .flatten()
    .collect()
}

/// Values the cluster was started with.
fn fixed(state: &State, broker: i32, name: &str) -> Option<String> {
    let this = state.brokers.get(&broker);
    let address = |b: &crate::state::Broker| {
        format!("{}://127.0.0.1:{}", state.spec.security.protocol(), b.port)
    };
    match name {
        "broker.id" | "node.id" => this.map(|_| broker.to_string()),
        "broker.rack" => this.and_then(|b| b.rack.clone()),
        "listeners" | "advertised.listeners" => this.map(address),
        "log.dirs" => Some("memory".to_owned()),
        "super.users" => Some(state.spec.super_users.join(";")).filter(|s| !s.is_empty()),
        "auto.create.topics.enable" => Some(state.spec.auto_create_topics.to_string()),
        "authorizer.class.name" => state.authorizer.enabled.then(|| "embedded".to_owned()),
        "sasl.enabled.mechanisms" => {
            let names: Vec<&str> = state.spec.security.sasl.iter().map(|m| m.name()).collect();
            Some(names.join(",")).filter(|s| !s.is_empty())
        }
        _ => state.spec.broker_configs.get(name).cloned(),
    }
}

pub(crate) async fn describe_configs(
    cx: &Context,
    request: DescribeConfigsRequest,
) -> DescribeConfigsResponse {
    let state = cx.shared.lock();
    let results = request.resources.iter().map(|resource| {
        let entries = entries_of(cx, &state, resource);
        let (error_code, message) = explained(&entries);
        let wanted = |e: &Entry| {
            let keys = resource.configuration_keys.as_ref();
            keys.is_none_or(|keys| keys.is_empty() || keys.iter().any(|k| k.as_str() == e.key.name))
        };
        let configs = entries.unwrap_or_default().into_iter().filter(wanted).map(|e| {
            let mut out = DescribeConfigsResourceResult::default()
                .with_name(text(e.key.name))
                .with_value(e.value.map(text))
                .with_read_only(e.key.read_only)
                .with_config_source(e.source)
                .with_is_sensitive(matches!(e.key.kind, Kind::Password));
            if request.include_synonyms {
                let synonyms = e.synonyms.into_iter().map(|(name, value, source)| {
                    DescribeConfigsSynonym::default()
                        .with_name(text(name))
                        .with_value(Some(text(value)))
                        .with_source(source)
                });
                out.synonyms = synonyms.collect();
            }
            if cx.version >= 3 {
                out.config_type = e.key.type_code();
                out.documentation = request.include_documentation.then(|| text(e.key.doc));
            }
            out
        });
        DescribeConfigsResult::default()
            .with_error_code(error_code)
            .with_error_message(message)
            .with_resource_type(resource.resource_type)
            .with_resource_name(resource.resource_name.clone())
            .with_configs(configs.collect())
    });
    let results = results.collect();
    DescribeConfigsResponse::default().with_results(results)
}

fn entries_of(
    cx: &Context,
    state: &State,
    resource: &DescribeConfigsResource,
) -> Result<Vec<Entry>, Refusal> {
    let name = resource.resource_name.as_str();
    match resource.resource_type {
        TOPIC => {
            cx.may_on_topic(state, operation::DESCRIBE_CONFIGS, name)?;
            let topic = state.topics.get(name).ok_or(Code::UnknownTopicOrPartition)?;
            Ok(topic_entries(state, &topic.configs))
        }
        BROKER => {
            cx.may_on_cluster(state, operation::DESCRIBE_CONFIGS)?;
            let id = broker_id(state, name)?;
            let keys = BROKER_KEYS.iter().map(|key| entry(key, broker_synonyms(state, id, key)));
            // Asked for the cluster-wide default, a broker lists only what is set there.
            Ok(keys.filter(|e| id >= 0 || e.source == source::ALL_BROKERS).collect())
        }
        other => Err(unsupported(other)),
    }
}

fn unsupported(resource_type: i8) -> Refusal {
    Refusal::new(
        Code::InvalidRequest,
        format!(
            "resource type {resource_type} has no configuration here; topics (2) and brokers (4) have"
        ),
    )
}

fn broker_id(state: &State, name: &str) -> Result<i32, Refusal> {
    if name.is_empty() {
        return Ok(-1);
    }
    name.parse()
        .ok()
        .filter(|id| state.brokers.contains_key(id))
        .ok_or_else(|| Refusal::new(Code::InvalidRequest, format!("there is no broker \"{name}\"")))
}

/// One change of one key.
enum Change<'a> {
    Set(&'a str),
    Delete,
    Append(&'a str),
    Subtract(&'a str),
}

fn alter(
    cx: &Context,
    state: &mut State,
    (resource_type, name): (i8, &str),
    replace: bool,
    changes: &[(&str, Change<'_>)],
    validate_only: bool,
) -> Result<(), Refusal> {
    let broker = match resource_type {
        TOPIC => {
            cx.may_on_topic(state, operation::ALTER_CONFIGS, name)?;
            None
        }
        BROKER => {
            cx.may_on_cluster(state, operation::ALTER_CONFIGS)?;
            Some(broker_id(state, name)?)
        }
        other => return Err(unsupported(other)),
    };
    let current = match broker {
        None => state.topics.get(name).ok_or(Code::UnknownTopicOrPartition)?.configs.clone(),
        Some(id) => state.broker_configs.get(&id).cloned().unwrap_or_default(),
    };
    let mut next = if replace { BTreeMap::new() } else { current };
    let invalid = |message: String| Refusal::new(Code::InvalidConfig, message);
    for (index, (key, change)) in changes.iter().enumerate() {
        if changes.iter().skip(index + 1).any(|(other, _)| other == key) {
            let message = format!("Configuration {key} is given more than once");
            return Err(Refusal::new(Code::InvalidRequest, message));
        }
        let known = match broker {
            None => configs::topic_key(key).map_err(invalid)?,
            Some(-1) if configs::is_per_broker(key) => {
                let message = format!(
                    "Cannot update these configs at default cluster level, broker id must be specified: {key}"
                );
                return Err(Refusal::new(Code::InvalidRequest, message));
            }
            Some(_) => configs::broker_key(key).filter(|k| !k.read_only).ok_or_else(|| {
                Refusal::new(
                    Code::InvalidRequest,
                    format!("Cannot update these configs dynamically: {key}"),
                )
            })?,
        };
        apply(&mut next, known, change).map_err(invalid)?;
    }
    match broker {
        None => {
            configs::check_topic(&next).map_err(invalid)?;
            if !validate_only {
                state.set_topic_configs(name, next);
            }
        }
        Some(id) => {
            for (key, value) in &next {
                configs::broker_key(key).map_or(Ok(()), |k| k.check(value)).map_err(invalid)?;
            }
            if !validate_only {
                state.set_broker_configs(id, next);
            }
        }
    }
    Ok(())
}

fn apply(
    next: &mut BTreeMap<String, String>,
    key: &Key,
    change: &Change<'_>,
) -> Result<(), String> {
    let now = next.get(key.name).cloned().unwrap_or_else(|| key.default.to_owned());
    let list_only =
        || format!("Config value append or subtract is not allowed for config key: {}", key.name);
    match change {
        Change::Set(value) => {
            key.check(value)?;
            next.insert(key.name.to_owned(), (*value).to_owned());
        }
        Change::Delete => {
            next.remove(key.name);
        }
        Change::Append(_) | Change::Subtract(_) if !key.is_list() => return Err(list_only()),
        Change::Append(value) => {
            let mut items: Vec<&str> = configs::items(&now).collect();
            for item in configs::items(value) {
                if !items.contains(&item) {
                    items.push(item);
                }
            }
            next.insert(key.name.to_owned(), items.join(","));
        }
        Change::Subtract(value) => {
            let gone: Vec<&str> = configs::items(value).collect();
            let left: Vec<&str> = configs::items(&now).filter(|i| !gone.contains(i)).collect();
            next.insert(key.name.to_owned(), left.join(","));
        }
    }
    Ok(())
}

pub(crate) async fn incremental_alter_configs(
    cx: &Context,
    request: IncrementalAlterConfigsRequest,
) -> IncrementalAlterConfigsResponse {
    let mut state = cx.shared.lock();
    let responses = request.resources.iter().map(|resource| {
        let changes: Result<Vec<_>, Refusal> =
            resource.configs.iter().map(|c| Ok((c.name.as_str(), change(c)?))).collect();
        let target = (resource.resource_type, resource.resource_name.as_str());
        let done = changes.and_then(|changes| {
            alter(cx, &mut state, target, false, &changes, request.validate_only)
        });
        let (error_code, message) = explained(&done);
        incremental::AlterConfigsResourceResponse::default()
            .with_error_code(error_code)
            .with_error_message(message)
            .with_resource_type(resource.resource_type)
            .with_resource_name(resource.resource_name.clone())
    });
    let responses = responses.collect();
    IncrementalAlterConfigsResponse::default().with_responses(responses)
}

fn change(config: &AlterableConfig) -> Result<Change<'_>, Refusal> {
    let value = || {
        config.value.as_deref().ok_or_else(|| {
            let message = format!("Null value not supported for {}", config.name.as_str());
            Refusal::new(Code::InvalidConfig, message)
        })
    };
    Ok(match config.config_operation {
        0 => Change::Set(value()?),
        1 => Change::Delete,
        2 => Change::Append(value()?),
        3 => Change::Subtract(value()?),
        other => {
            let message = format!("there is no config operation {other}");
            return Err(Refusal::new(Code::InvalidRequest, message));
        }
    })
}

pub(crate) async fn alter_configs(
    cx: &Context,
    request: AlterConfigsRequest,
) -> AlterConfigsResponse {
    let mut state = cx.shared.lock();
    let responses = request.resources.iter().map(|resource| {
        let changes: Vec<_> = resource
            .configs
            .iter()
            .map(|c| {
                (
                    c.name.as_str(),
                    c.value.as_ref().map_or(Change::Delete, |v| Change::Set(v.as_str())),
                )
            })
            .collect();
        let target = (resource.resource_type, resource.resource_name.as_str());
        let done = alter(cx, &mut state, target, true, &changes, request.validate_only);
        let (error_code, message) = explained(&done);
        alter_configs_response::AlterConfigsResourceResponse::default()
            .with_error_code(error_code)
            .with_error_message(message)
            .with_resource_type(resource.resource_type)
            .with_resource_name(resource.resource_name.clone())
    });
    let responses = responses.collect();
    AlterConfigsResponse::default().with_responses(responses)
}
