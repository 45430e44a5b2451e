//! Configs of topics, brokers and groups.

mod codes;

use futures_util::future::join_all;
use kafka_protocol::messages::{
    DescribeConfigsRequest, IncrementalAlterConfigsRequest,
    describe_configs_request::DescribeConfigsResource,
    incremental_alter_configs_request::AlterConfigsResource,
};

use self::codes::{alterable, entry};

use super::{PerItem, outcome, wire};
use crate::{
    client::{Call, Client, Route, ok},
    error::{Asked, Result},
};

/// What a config belongs to.
#[derive(Debug, Clone, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub enum ConfigResource {
    /// A topic.
    Topic(String),
    /// A broker by id.
    Broker(i32),
    /// The dynamic defaults of all brokers.
    BrokerDefaults,
    /// Log levels of a broker.
    BrokerLogger(i32),
    /// A consumer or share group (Kafka 4.0 on).
    Group(String),
    /// A client metrics subscription.
    ClientMetrics(String),
}

/// A config with its origin.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct ConfigEntry {
    /// Name.
    pub name: String,
    /// Value; `None` for secrets and for "not set".
    pub value: Option<String>,
    /// Where the value comes from.
    pub source: ConfigSource,
    /// Cannot be changed while the broker runs.
    pub read_only: bool,
    /// Its value is a secret and never sent.
    pub sensitive: bool,
    /// Type of the value.
    pub kind: ConfigKind,
    /// Kafka's documentation (HTML), if asked for.
    pub documentation: Option<String>,
    /// Where the value would come from if the first were removed, best first.
    pub synonyms: Vec<ConfigSynonym>,
}

impl ConfigEntry {
    /// Whether the value is Kafka's own default.
    #[must_use]
    pub fn is_default(&self) -> bool {
        self.source == ConfigSource::Default
    }
}

/// One place a value can come from.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct ConfigSynonym {
    /// Name of the config there (`log.retention.ms` for `retention.ms`).
    pub name: String,
    /// Value there.
    pub value: Option<String>,
    /// The place.
    pub source: ConfigSource,
}

/// Where a value comes from.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum ConfigSource {
    /// Set on the topic.
    Topic,
    /// Set on the broker at run time.
    Broker,
    /// Set on all brokers at run time.
    BrokerDefaults,
    /// The broker's file.
    BrokerFile,
    /// Kafka's default.
    Default,
    /// A log level.
    BrokerLogger,
    /// Set on the client metrics subscription.
    ClientMetrics,
    /// Set on the group.
    Group,
    /// A number newer than this client.
    Unknown(i8),
}

/// Type of a value.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum ConfigKind {
    /// `true` or `false`.
    Boolean,
    /// Text.
    String,
    /// 32-bit number.
    Int,
    /// 16-bit number.
    Short,
    /// 64-bit number.
    Long,
    /// Floating point number.
    Double,
    /// Comma-separated list.
    List,
    /// Class name.
    Class,
    /// Secret.
    Password,
    /// Not told, or newer than this client.
    Unknown,
}

/// A change of one config.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct ConfigChange {
    /// Name.
    pub name: String,
    /// What to do with it.
    pub op: ConfigOp,
}

/// What to do with a config.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum ConfigOp {
    /// Set the value.
    Set(String),
    /// Remove it, so that the next synonym counts.
    Delete,
    /// Add to a list.
    Append(String),
    /// Take from a list.
    Subtract(String),
}

impl Client {
    /// Configs with documentation and synonyms.
    ///
    /// # Errors
    /// When no broker answers; per resource, the broker's error.
    pub async fn describe_configs(
        &self,
        resources: &[ConfigResource],
    ) -> Result<PerItem<ConfigResource, Vec<ConfigEntry>>> {
        self.configs_of(resources, Detail::Full, None).await
    }

    /// Configs without documentation and synonyms: a tenth of the bytes.
    ///
    /// # Errors
    /// As for [`Client::describe_configs`].
    pub async fn config_values(
        &self,
        resources: &[ConfigResource],
    ) -> Result<PerItem<ConfigResource, Vec<ConfigEntry>>> {
        self.configs_of(resources, Detail::Values, None).await
    }

    /// Configs with synonyms, without documentation.
    ///
    /// # Errors
    /// As for [`Client::describe_configs`].
    pub async fn config_origins(
        &self,
        resources: &[ConfigResource],
    ) -> Result<PerItem<ConfigResource, Vec<ConfigEntry>>> {
        self.configs_of(resources, Detail::Origins, None).await
    }

    /// One config of each resource, with the value in force.
    ///
    /// # Errors
    /// As for [`Client::describe_configs`].
    pub async fn config_value(
        &self,
        resources: &[ConfigResource],
        name: &str,
    ) -> Result<PerItem<ConfigResource, Option<String>>> {
        let all = self.configs_of(resources, Detail::Values, Some(name)).await?;
        let value = |entries: Vec<ConfigEntry>| {
            entries.into_iter().find(|entry| entry.name == name).and_then(|entry| entry.value)
        };
        Ok(all.into_iter().map(|(resource, entries)| (resource, entries.map(value))).collect())
    }

    async fn configs_of(
        &self,
        resources: &[ConfigResource],
        detail: Detail,
        only: Option<&str>,
    ) -> Result<PerItem<ConfigResource, Vec<ConfigEntry>>> {
        let groups = by_home(resources.iter().map(|resource| (resource, ())));
        let calls = groups.into_iter().map(|(home, part)| async move {
            let asked = Asked::new("DescribeConfigs").about(several(part.iter().map(|(r, ())| *r)));
            let response = self
                .call::<DescribeConfigsRequest>(
                    &Call::ask(home.map_or(Route::Any, Route::Broker), asked),
                    |_| {
                        let resources = part.iter().map(|(resource, ())| {
                            let (kind, name) = resource.wire();
                            DescribeConfigsResource::default()
                                .with_resource_type(kind)
                                .with_resource_name(wire(&name))
                                .with_configuration_keys(only.map(|name| vec![wire(name)]))
                        });
                        DescribeConfigsRequest::default()
                            .with_resources(resources.collect())
                            .with_include_synonyms(detail != Detail::Values)
                            .with_include_documentation(detail == Detail::Full)
                    },
                    ok,
                )
                .await;
            (part, response)
        });
        let mut found = PerItem::new();
        let mut failure = None;
        for (part, response) in join_all(calls).await {
            match response {
                Ok(response) => {
                    for result in &response.results {
                        let resource =
                            ConfigResource::from_wire(result.resource_type, &result.resource_name);
                        let asked = || Asked::new("DescribeConfigs").about(resource.to_string());
                        let done = outcome(result.error_code, result.error_message.as_ref(), asked);
                        let entries = || result.configs.iter().map(entry).collect();
                        found.insert(resource.clone(), done.map(|()| entries()));
                    }
                }
                Err(error) => {
                    for (resource, ()) in part {
                        found.insert(resource.clone(), Err(error.clone()));
                    }
                    failure = Some(error);
                }
            }
        }
        all_or(found, failure)
    }

    /// Changes configs, or only checks whether they could be changed. All changes of a resource happen or none.
    ///
    /// # Errors
    /// When no broker answers; per resource, the broker's error.
    pub async fn incremental_alter_configs(
        &self,
        changes: &[(ConfigResource, Vec<ConfigChange>)],
        validate_only: bool,
    ) -> Result<PerItem<ConfigResource, ()>> {
        let groups = by_home(changes.iter().map(|(resource, changes)| (resource, changes)));
        let calls = groups.into_iter().map(|(home, part)| async move {
            let asked = Asked::new("IncrementalAlterConfigs")
                .about(several(part.iter().map(|(resource, _)| *resource)));
            let response = self
                .call::<IncrementalAlterConfigsRequest>(
                    &Call::change(home.map_or(Route::Controller, Route::Broker), asked),
                    |_| {
                        let resources = part.iter().map(|(resource, changes)| {
                            let (kind, name) = resource.wire();
                            AlterConfigsResource::default()
                                .with_resource_type(kind)
                                .with_resource_name(wire(&name))
                                .with_configs(changes.iter().map(alterable).collect())
                        });
                        IncrementalAlterConfigsRequest::default()
                            .with_resources(resources.collect())
                            .with_validate_only(validate_only)
                    },
                    ok,
                )
                .await;
            (part, response)
        });
        let mut done = PerItem::new();
        let mut failure = None;
        for (part, response) in join_all(calls).await {
            match response {
                Ok(response) => {
                    for result in &response.responses {
                        let resource =
                            ConfigResource::from_wire(result.resource_type, &result.resource_name);
                        let asked =
                            || Asked::new("IncrementalAlterConfigs").about(resource.to_string());
                        let message = result.error_message.as_ref();
                        let outcome = outcome(result.error_code, message, asked);
                        done.insert(resource.clone(), outcome);
                    }
                }
                Err(error) => {
                    for (resource, _) in part {
                        done.insert(resource.clone(), Err(error.clone()));
                    }
                    failure = Some(error);
                }
            }
        }
        all_or(done, failure)
    }
}

/// How much of each config is asked for.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Detail {
    /// The value in force.
    Values,
    /// And where it would come from without it.
    Origins,
    /// And what it is for.
    Full,
}

/// The answers, or the one reason why there is none at all.
fn all_or<T>(
    found: PerItem<ConfigResource, T>,
    failure: Option<crate::error::Error>,
) -> Result<PerItem<ConfigResource, T>> {
    match failure {
        Some(error) if found.values().all(Result::is_err) => Err(error),
        _ => Ok(found),
    }
}

/// Resources with what is asked about them, by the broker that must be asked.
type Homes<'a, T> = Vec<(Option<i32>, Vec<(&'a ConfigResource, T)>)>;

/// Resources by the broker that must be asked; `None` for those that any can tell.
fn by_home<'a, T>(items: impl Iterator<Item = (&'a ConfigResource, T)>) -> Homes<'a, T> {
    let mut groups: Homes<'a, T> = Vec::new();
    for (resource, item) in items {
        let home = match resource {
            ConfigResource::Broker(id) | ConfigResource::BrokerLogger(id) => Some(*id),
            _ => None,
        };
        match groups.iter_mut().find(|(other, _)| *other == home) {
            Some((_, group)) => group.push((resource, item)),
            None => groups.push((home, vec![(resource, item)])),
        }
    }
    groups
}

fn several<'a>(mut resources: impl Iterator<Item = &'a ConfigResource>) -> String {
    match (resources.next(), resources.count()) {
        (Some(one), 0) => one.to_string(),
        (_, more) => format!("{} resources", more + 1),
    }
}
