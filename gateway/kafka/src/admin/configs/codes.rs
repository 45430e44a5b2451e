//! Kafka's numbers for resources, sources and types.

use kafka_protocol::messages::{
    describe_configs_response::DescribeConfigsResourceResult,
    incremental_alter_configs_request::AlterableConfig,
};

use super::{
    ConfigChange, ConfigEntry, ConfigKind, ConfigOp, ConfigResource, ConfigSource, ConfigSynonym,
};
use crate::admin::wire;

impl std::fmt::Display for ConfigResource {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        match self {
            Self::Topic(name) => write!(f, "topic {name}"),
            Self::Broker(id) => write!(f, "broker {id}"),
            Self::BrokerDefaults => f.write_str("all brokers"),
            Self::BrokerLogger(id) => write!(f, "the loggers of broker {id}"),
            Self::Group(name) => write!(f, "group {name}"),
            Self::ClientMetrics(name) => write!(f, "client metrics {name}"),
        }
    }
}

impl ConfigResource {
    pub(super) fn wire(&self) -> (i8, String) {
        match self {
            Self::Topic(name) => (2, name.clone()),
            Self::Broker(id) => (4, id.to_string()),
            Self::BrokerDefaults => (4, String::new()),
            Self::BrokerLogger(id) => (8, id.to_string()),
            Self::ClientMetrics(name) => (16, name.clone()),
            Self::Group(name) => (32, name.clone()),
        }
    }

    /// Answers repeat what was asked, so other kinds do not occur.
    pub(super) fn from_wire(kind: i8, name: &str) -> Self {
        match (kind, name.parse()) {
            (4, Ok(id)) => Self::Broker(id),
            (4, Err(_)) => Self::BrokerDefaults,
            (8, Ok(id)) => Self::BrokerLogger(id),
            (16, _) => Self::ClientMetrics(name.to_owned()),
            (32, _) => Self::Group(name.to_owned()),
            _ => Self::Topic(name.to_owned()),
        }
    }
}

impl ConfigSource {
    pub(crate) fn from_code(code: i8) -> Self {
        match code {
            1 => Self::Topic,
            2 => Self::Broker,
            3 => Self::BrokerDefaults,
            4 => Self::BrokerFile,
            5 => Self::Default,
            6 => Self::BrokerLogger,
            7 => Self::ClientMetrics,
            8 => Self::Group,
            other => Self::Unknown(other),
        }
    }
}

impl ConfigKind {
    fn from_code(code: i8) -> Self {
        match code {
            1 => Self::Boolean,
            2 => Self::String,
            3 => Self::Int,
            4 => Self::Short,
            5 => Self::Long,
            6 => Self::Double,
            7 => Self::List,
            8 => Self::Class,
            9 => Self::Password,
            _ => Self::Unknown,
        }
    }
}

/// An entry of an answer.
pub(super) fn entry(config: &DescribeConfigsResourceResult) -> ConfigEntry {
    let synonyms = config.synonyms.iter().map(|synonym| ConfigSynonym {
        name: synonym.name.to_string(),
        value: synonym.value.as_ref().map(ToString::to_string),
        source: ConfigSource::from_code(synonym.source),
    });
    ConfigEntry {
        name: config.name.to_string(),
        value: config.value.as_ref().map(ToString::to_string),
        source: ConfigSource::from_code(config.config_source),
        read_only: config.read_only,
        sensitive: config.is_sensitive,
        kind: ConfigKind::from_code(config.config_type),
        documentation: config.documentation.as_ref().map(ToString::to_string),
        synonyms: synonyms.collect(),
    }
}

/// A change for the codec.
pub(super) fn alterable(change: &ConfigChange) -> AlterableConfig {
    let (op, value) = match &change.op {
        ConfigOp::Set(value) => (0, Some(value)),
        ConfigOp::Delete => (1, None),
        ConfigOp::Append(value) => (2, Some(value)),
        ConfigOp::Subtract(value) => (3, Some(value)),
    };
    AlterableConfig::default()
        .with_name(wire(&change.name))
        .with_config_operation(op)
        .with_value(value.map(|value| wire(value)))
}
