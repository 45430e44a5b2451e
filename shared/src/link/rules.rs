//! What a value may be, and which configs go together.

use super::{
    ConnectionMode, Filters, LinkConfigs, LinkMode, LinkPrefix, StartOffset,
    catalogue::{ConfigKey, ConfigKind, Side},
    config::ConfigFault,
    topic_config::{ALWAYS, TopicConfigClass, class_of},
};

/// Judges one value.
pub(super) fn value(key: &ConfigKey, value: &str) -> Result<(), String> {
    match key.kind {
        ConfigKind::Text => Ok(()),
        ConfigKind::Bool => match value {
            "true" | "false" => Ok(()),
            _ => Err(format!("`{value}` is neither `true` nor `false`")),
        },
        ConfigKind::Int { min, max } => match value.trim().parse::<i64>() {
            Ok(number) if (min..=max).contains(&number) => Ok(()),
            Ok(number) if number < min => Err(format!("{number} is too small: at least {min}")),
            Ok(number) => Err(format!("{number} is too large: at most {max}")),
            Err(_) => Err(format!("`{value}` is not a whole number")),
        },
        ConfigKind::OneOf(words) if words.contains(&value) => Ok(()),
        ConfigKind::OneOf(words) => Err(format!("`{value}` is not one of {}", words.join(", "))),
        ConfigKind::Servers => servers(value),
        ConfigKind::Prefix => value.parse::<LinkPrefix>().map(drop).map_err(|e| e.to_string()),
        ConfigKind::TopicFilters => Filters::topics(value).map(drop).map_err(|e| e.to_string()),
        ConfigKind::GroupFilters => Filters::groups(value).map(drop).map_err(|e| e.to_string()),
        ConfigKind::Start => value.parse::<StartOffset>().map(drop).map_err(|e| e.to_string()),
        ConfigKind::TopicConfigs => topic_configs(value),
    }
}

fn servers(value: &str) -> Result<(), String> {
    for server in value.split(',').map(str::trim) {
        if let Some((protocol, rest)) = server.split_once("://") {
            return Err(format!(
                "`{server}` has the protocol in front: write `{rest}` here and set security.protocol={protocol}"
            ));
        }
        let port = server.rsplit_once(':').filter(|(host, _)| !host.is_empty());
        let valid = port.and_then(|(_, port)| port.parse::<u16>().ok()).filter(|port| *port > 0);
        if valid.is_none() {
            return Err(format!("`{server}` is not host:port"));
        }
    }
    Ok(())
}

fn topic_configs(value: &str) -> Result<(), String> {
    let names: Vec<&str> =
        value.split(',').map(str::trim).filter(|name| !name.is_empty()).collect();
    if let Some(name) = names.iter().find(|name| class_of(name) == TopicConfigClass::Independent) {
        return Err(format!("`{name}` is never taken from the source: leave it out"));
    }
    if let Some(name) = ALWAYS.iter().find(|name| !names.contains(name)) {
        return Err(format!("`{name}` is always taken from the source and has to be in the list"));
    }
    Ok(())
}

/// Judges the configs of one half together.
pub(super) fn together(configs: &LinkConfigs) -> Vec<ConfigFault> {
    let mut faults = Vec::new();
    let mut fault = |name: &str, message: String| {
        faults.push(ConfigFault { name: name.to_owned(), message });
    };
    let (mode, connection) = (configs.mode(), configs.connection_mode());
    match (mode, connection) {
        (LinkMode::Bidirectional, _) => fault(
            "link.mode",
            "bidirectional links are not offered by this version: create one link for each direction".to_owned(),
        ),
        (LinkMode::Source, ConnectionMode::Inbound) => fault(
            "connection.mode",
            "the SOURCE half is the one that dials: it needs connection.mode=OUTBOUND".to_owned(),
        ),
        (LinkMode::Source | LinkMode::Destination, _) => {}
    }
    for (key, _) in configs.set() {
        if let Some(message) = misplaced(key, mode, connection) {
            fault(key.name, message);
        }
    }
    if connection == ConnectionMode::Outbound && configs.get("bootstrap.servers").is_none() {
        fault(
            "bootstrap.servers",
            "it is missing: this half dials the remote cluster and has to know where".to_owned(),
        );
    }
    if configs.is_true("consumer.group.prefix.enable") && configs.prefix().is_none() {
        fault(
            "consumer.group.prefix.enable",
            "there is no cluster.link.prefix to put before the group ids".to_owned(),
        );
    }
    faults
}

fn misplaced(key: &ConfigKey, mode: LinkMode, connection: ConnectionMode) -> Option<String> {
    match key.side {
        Side::Every => None,
        Side::Mirrors => (mode == LinkMode::Source).then(|| {
            "it decides what is mirrored and how, and belongs on the destination's half of the link".to_owned()
        }),
        Side::Dialling => (connection == ConnectionMode::Inbound).then(|| {
            "this half never dials (connection.mode=INBOUND): it belongs on the other half".to_owned()
        }),
        Side::Local => (mode == LinkMode::Destination).then(|| {
            "`local.` settings say how a source half reaches its own cluster: they belong there".to_owned()
        }),
    }
}
