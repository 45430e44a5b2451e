//! Configurations of topics and brokers.

use std::collections::BTreeMap;

use drawbridge_kafka::{
    Asked, Error,
    admin::{
        configs::{
            ConfigChange as Change, ConfigEntry, ConfigKind, ConfigOp, ConfigResource,
            ConfigSource as Source,
        },
        topics::NewTopic,
    },
};
use drawbridge_shared::{
    draft::{ConfigChange, FieldError},
    names::TopicName,
    view::{ConfigEntryView, ConfigSource},
};

use super::{
    only,
    topics::{changed, list},
};
use crate::{
    clusters::Cluster,
    notices::Notices,
    refusal::{Doing, Refusal, refuse},
};

/// A topic's configurations as Kafka has them, by name.
///
/// # Errors
/// `NotFound`, `Denied`, `Unavailable`.
pub async fn of_topic(cluster: &Cluster, topic: &str) -> Result<Vec<ConfigEntry>, Refusal> {
    let what = format!("read the configurations of topic '{topic}'");
    let doing = Doing::on_topic(what, "DESCRIBE_CONFIGS", topic);
    read(cluster, ConfigResource::Topic(topic.to_owned()), &doing).await
}

/// The configurations of several topics, by topic and name.
///
/// # Errors
/// `NotFound`, `Denied`, `Unavailable`, for the first topic that cannot be read.
pub async fn of_topics(
    cluster: &Cluster,
    topics: Vec<String>,
) -> Result<Vec<(String, Vec<ConfigEntry>)>, Refusal> {
    let resources: Vec<_> = topics.into_iter().map(ConfigResource::Topic).collect();
    let doing = Doing::on_cluster("read the configurations of its topics", "DESCRIBE_CONFIGS");
    let refused = |doing: &Doing, error| refuse(&cluster.spec().name, doing, &error);
    let answers = cluster.client()?.describe_configs(&resources).await;
    let mut all = Vec::new();
    for (resource, entries) in answers.map_err(|error| refused(&doing, error))? {
        let ConfigResource::Topic(topic) = resource else { continue };
        let what = format!("read the configurations of topic '{topic}'");
        let doing = Doing::on_topic(what, "DESCRIBE_CONFIGS", &topic);
        let mut entries = entries.map_err(|error| refused(&doing, error))?;
        entries.sort_by(|a, b| a.name.cmp(&b.name));
        all.push((topic, entries));
    }
    all.sort_by(|(a, _), (b, _)| a.cmp(b));
    Ok(all)
}

/// A broker's configurations as Kafka has them, by name.
///
/// # Errors
/// `NotFound`, `Denied`, `Unavailable`.
pub async fn of_broker(cluster: &Cluster, broker: i32) -> Result<Vec<ConfigEntry>, Refusal> {
    let what = format!("read the configurations of broker {broker}");
    let doing = Doing::on_cluster(what, "DESCRIBE_CONFIGS");
    read(cluster, ConfigResource::Broker(broker), &doing).await
}

async fn read(
    cluster: &Cluster,
    resource: ConfigResource,
    doing: &Doing,
) -> Result<Vec<ConfigEntry>, Refusal> {
    let answer = cluster.client()?.describe_configs(std::slice::from_ref(&resource)).await;
    let mut entries = answer
        .and_then(|mut answers| answers.remove(&resource).unwrap_or_else(no_answer))
        .map_err(|error| refuse(&cluster.spec().name, doing, &error))?;
    entries.sort_by(|a, b| a.name.cmp(&b.name));
    Ok(entries)
}

fn no_answer<T>() -> Result<T, Error> {
    Err(Error::Protocol {
        asked: Asked::new("Configs"),
        what: "the answer does not mention what was asked about".to_owned(),
        remedy: "Try again; if it stays, look into the brokers' logs.".to_owned(),
    })
}

/// The configurations a topic created now would get. Kafka is asked to check the creation of one; where
/// it refuses to, what an existing topic would have without its own settings is as good.
///
/// # Errors
/// `Denied`, `Unavailable`, when neither way works.
pub async fn defaults(cluster: &Cluster) -> Result<Vec<ConfigEntryView>, Refusal> {
    let known = match list(cluster).await?.iter().find(|topic| !topic.internal) {
        Some(existing) => of_topic(cluster, &existing.name).await.unwrap_or_default(),
        None => Vec::new(),
    };
    let probe = format!("drawbridge-defaults-{:08x}", rand::random::<u32>());
    let new = NewTopic { name: probe.clone(), ..NewTopic::default() };
    let checked = cluster
        .client()?
        .create_topics(&[new], true)
        .await
        .and_then(|answers| only(answers, &probe, "CreateTopics"));
    match checked {
        Ok(checked) if !checked.configs.is_empty() => {
            let documentation: BTreeMap<&str, &ConfigEntry> =
                known.iter().map(|entry| (entry.name.as_str(), entry)).collect();
            Ok(checked.configs.iter().map(|entry| default_view(entry, &documentation)).collect())
        }
        Ok(_) | Err(_) if !known.is_empty() => {
            Ok(known.iter().map(|entry| without_own_setting(view(entry))).collect())
        }
        Ok(_) => Ok(Vec::new()),
        Err(error) => {
            let doing = Doing::on_cluster("tell the defaults of new topics", "CREATE");
            Err(refuse(&cluster.spec().name, &doing, &error))
        }
    }
}

fn default_view(entry: &ConfigEntry, known: &BTreeMap<&str, &ConfigEntry>) -> ConfigEntryView {
    let mut view = view(entry);
    view.default.clone_from(&view.value);
    if let Some(known) = known.get(entry.name.as_str()) {
        let known = self::view(known);
        view.documentation = view.documentation.or(known.documentation);
        view.kind = view.kind.or(known.kind);
    }
    view
}

fn without_own_setting(mut view: ConfigEntryView) -> ConfigEntryView {
    if view.source == ConfigSource::DynamicTopicConfig {
        view.value.clone_from(&view.default);
        view.source = ConfigSource::Unknown;
    }
    view
}

/// Changes a topic's configurations, all or none, or lets the broker check whether they could be.
///
/// # Errors
/// `Invalid` with the broker's words; `NotFound`; `Denied`.
pub async fn alter(
    cluster: &Cluster,
    notices: &Notices,
    topic: &TopicName,
    changes: &[ConfigChange],
    validate_only: bool,
) -> Result<(), Refusal> {
    check(changes)?;
    let names = changes.iter().map(|change| change.name.as_str()).collect::<Vec<_>>().join(", ");
    let what = format!("change {names} of topic '{topic}'");
    let doing = Doing::on_topic(what, "ALTER_CONFIGS", topic.as_str());
    let resource = ConfigResource::Topic(topic.as_str().to_owned());
    let ops = changes.iter().map(|change| Change {
        name: change.name.clone(),
        op: change.value.clone().map_or(ConfigOp::Delete, ConfigOp::Set),
    });
    let asked = [(resource.clone(), ops.collect())];
    let client = cluster.confirmed().await?;
    client
        .incremental_alter_configs(&asked, validate_only)
        .await
        .and_then(|mut answers| answers.remove(&resource).unwrap_or_else(no_answer))
        .map_err(|error| refuse(&cluster.spec().name, &doing, &error))?;
    if !validate_only {
        changed(cluster, notices, topic, format!("{names} of topic '{topic}' changed"));
    }
    Ok(())
}

fn check(changes: &[ConfigChange]) -> Result<(), Refusal> {
    let wrong = |message: String| Refusal::of_fields(vec![FieldError::new("changes", message)]);
    if changes.is_empty() {
        return Err(wrong("no configuration is named; name at least one".to_owned()));
    }
    for (at, change) in changes.iter().enumerate() {
        if changes.iter().take(at).any(|earlier| earlier.name == change.name) {
            return Err(wrong(format!("{} is named twice; keep one", change.name)));
        }
    }
    Ok(())
}

/// A configuration for display.
#[must_use]
pub fn view(entry: &ConfigEntry) -> ConfigEntryView {
    let own = source(entry.source);
    let default = if entry.sensitive {
        None
    } else if entry.source == Source::Topic {
        entry.synonyms.iter().find(|s| s.source != Source::Topic).and_then(|s| s.value.clone())
    } else {
        entry.value.clone()
    };
    ConfigEntryView {
        name: entry.name.clone(),
        value: entry.value.clone().filter(|_| !entry.sensitive),
        default,
        source: own,
        is_read_only: entry.read_only,
        is_sensitive: entry.sensitive,
        kind: kind(entry.kind).map(str::to_owned),
        documentation: entry.documentation.clone(),
    }
}

/// Kafka's name of a source, as the console and REST have it.
#[must_use]
pub fn source(source: Source) -> ConfigSource {
    match source {
        Source::Topic => ConfigSource::DynamicTopicConfig,
        Source::Broker => ConfigSource::DynamicBrokerConfig,
        Source::BrokerDefaults => ConfigSource::DynamicDefaultBrokerConfig,
        Source::BrokerFile => ConfigSource::StaticBrokerConfig,
        Source::Default => ConfigSource::DefaultConfig,
        Source::BrokerLogger => ConfigSource::DynamicBrokerLoggerConfig,
        Source::ClientMetrics | Source::Group | Source::Unknown(_) => ConfigSource::Unknown,
    }
}

fn kind(kind: ConfigKind) -> Option<&'static str> {
    Some(match kind {
        ConfigKind::Boolean => "boolean",
        ConfigKind::String => "string",
        ConfigKind::Int => "int",
        ConfigKind::Short => "short",
        ConfigKind::Long => "long",
        ConfigKind::Double => "double",
        ConfigKind::List => "list",
        ConfigKind::Class => "class",
        ConfigKind::Password => "password",
        ConfigKind::Unknown => return None,
    })
}

#[cfg(test)]
mod tests {
    use super::*;
    use drawbridge_kafka::admin::configs::ConfigSynonym;

    fn entry(source: Source, synonyms: Vec<ConfigSynonym>) -> ConfigEntry {
        ConfigEntry {
            name: "retention.ms".into(),
            value: Some("60000".into()),
            source,
            read_only: false,
            sensitive: false,
            kind: ConfigKind::Long,
            documentation: None,
            synonyms,
        }
    }

    #[test]
    fn the_default_of_a_topics_own_setting_is_what_would_count_without_it() {
        let synonym = |source, value: &str| ConfigSynonym {
            name: "log.retention.ms".into(),
            value: Some(value.into()),
            source,
        };
        let own = entry(
            Source::Topic,
            vec![synonym(Source::Topic, "60000"), synonym(Source::BrokerFile, "604800000")],
        );
        assert_eq!(view(&own).default.as_deref(), Some("604800000"));
        assert_eq!(view(&entry(Source::Default, vec![])).default.as_deref(), Some("60000"));
    }

    #[test]
    fn a_secret_value_is_never_shown() {
        let secret = ConfigEntry { sensitive: true, ..entry(Source::Topic, vec![]) };
        assert_eq!((view(&secret).value, view(&secret).default), (None, None));
    }
}
